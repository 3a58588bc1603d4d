# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: knows the secret values of a run and takes them, or any piece of them, out of a text.

A value is kept in one spelling; it is the text, of which only the beginning counts, that is read in every way in
which a server might quote one.
"""

from __future__ import annotations

import base64
import binascii
import threading
from array import array
from collections.abc import Iterator

from .decodings import TooMuchWork, folded, joined, readings

MASK = "********"
# Shorter values are words like "admin" that would star out half of every message; Ansible still hides them where they
# are whole parameters.
SHORTEST = 8

# Any 8 characters in a row of a value hold 7 that begin at an even place, so half of the pieces are enough; and the
# last ones, so that of a whole value nothing is left.
_PIECE = SHORTEST - 1
_STEP = 2
# Of a text so much is shown, and so much after it looked at: what begins before the end and goes on is seen whole.
_LONGEST = 6_000
_BEYOND = 1_000


class Secrets:
    """A set of secret values. It costs nothing until something has to be scrubbed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[str, None] = {}
        self._known: list[_Pieces] = []

    def add(self, *values: str | None) -> None:
        """Registers values; None and values shorter than 8 characters are passed over."""
        with self._lock:
            self._new.update((value, None) for value in values if value and len(value) >= SHORTEST)

    def scrub(self, text: str, longest: int = _LONGEST) -> str:
        """The text with every piece of a secret replaced by asterisks: no 8 characters in a row of any are left.

        Of a text that was made to take long nothing is left.

        :arg longest: so many characters of the text are shown, and dots for the rest.
        """
        known = self._pieces()
        if not known:
            return text
        text, more = text[: longest + _BEYOND], len(text) > longest
        hidden = bytearray(len(text))
        try:
            for reading in readings(text):
                for pieces in known:
                    for at in pieces.places(reading.text):
                        start, end = reading.starts[at], reading.ends[at + _PIECE - 1]
                        hidden[start:end] = b"\1" * (end - start)
        except TooMuchWork:
            return MASK
        shown: list[str] = []
        for at, character in enumerate(text[:longest]):
            if not hidden[at]:
                shown.append(character)
            elif not at or not hidden[at - 1]:
                shown.append(MASK)
        return "".join(shown) + ("…" if more else "")

    def _pieces(self) -> list[_Pieces]:
        with self._lock:
            if self._new:
                values = [text for value in self._new for text in _spellings(value)]
                # Few tables, however values and texts take turns: a text is looked up in each.
                while self._known and self._known[-1].count <= 2 * sum(map(len, values)):
                    values += self._known.pop().values
                self._known.append(_Pieces(values))
                self._new = {}
            return list(self._known)


class _Pieces:
    """The pieces of some values: their hashes in a table of which half is empty, 8 bytes for each."""

    def __init__(self, values: list[str]) -> None:
        self.values = values
        self.count = sum(map(len, values))
        count = sum(len(value) // _STEP + 1 for value in values)
        self._mask = (1 << (2 * count).bit_length()) - 1
        self._marks = array("I", bytes(4 * (self._mask + 1)))
        marks, mask = self._marks, self._mask
        for value in values:
            last = len(value) - _PIECE
            for at in (*range(0, last, _STEP), last):
                number = hash(value[at : at + _PIECE])
                place, mark = number & mask, _mark(number)
                while marks[place] not in (0, mark):
                    place = (place + 1) & mask
                marks[place] = mark

    def places(self, text: str) -> Iterator[int]:
        """Where pieces begin in a text."""
        marks, mask = self._marks, self._mask
        for at in range(len(text) - _PIECE + 1):
            number = hash(text[at : at + _PIECE])
            place = number & mask
            if marks[place]:
                mark = _mark(number)
                while marks[place] not in (0, mark):
                    place = (place + 1) & mask
                if marks[place]:
                    yield at


def _mark(number: int) -> int:
    return (number >> 32 ^ number) & 0xFFFFFFFF or 1


# --- values -----------------------------------------------------------------------------------------------------------


def _spellings(value: str) -> set[str]:
    """The value as readings show it, and if it is base64 of a text, as a kubeconfig's keys are, that text too."""
    texts = [value]
    try:
        inner = base64.b64decode("".join(value.split()), validate=True).decode("utf-8")
        # The lines around a PEM are everybody's, and it would be no help to hide each "certificate" in a message.
        texts.append("".join(line for line in inner.splitlines() if not line.startswith("-----")))
    except (binascii.Error, ValueError):
        pass
    return {folded(form) for text in texts for form in (text, joined(text))}
