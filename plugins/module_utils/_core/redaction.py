# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: removes the secret values of a run, and any piece of them, from a text.

Each value is stored in a normalized form. The text is decoded in every way in which a server might quote a value; only
its beginning is examined and returned.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from array import array
from collections.abc import Iterator

MASK = "********"
# Shorter values are words such as "admin", and redacting them would make messages unreadable. Ansible still hides them
# where they are the whole value of a parameter.
MIN_SECRET_LENGTH = 8

# Any 8 consecutive characters of a value contain 7 that begin at an even index, so that every second piece is enough.
# The last piece is always included, so that a complete value is redacted to its end.
_PIECE_LENGTH = MIN_SECRET_LENGTH - 1
_STEP = 2
# The maximum length of the returned text. The characters after it that are examined as well, so that a secret is found
# which begins before the end and continues beyond it.
_MAX_TEXT = 6_000
_LOOKAHEAD = 1_000
# An id that HSS assigned. Between the pieces of keys of hundreds of clusters, one may equal a part of it by chance.
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Redactor:
    """A set of secret values, and the redaction of texts. Nothing is computed before the first text is redacted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, None] = {}
        self._allowed: set[str] = set()
        self._tables: list[_PieceTable] = []

    def add(self, *values: str | None) -> None:
        """Registers values. None and values shorter than 8 characters are ignored."""
        with self._lock:
            self._pending.update((value, None) for value in values if value and len(value) >= MIN_SECRET_LENGTH)

    def allow(self, *values: str | None) -> None:
        """Registers values that may be shown, since the user gave them openly or they are documented.

        A text that equals one of them is not examined, so that most runs do not examine any text.
        """
        with self._lock:
            self._allowed.update(value for value in values if value)

    def examines(self, text: str) -> bool:
        """Whether a text has to be searched for secrets; False if it is known to hold none."""
        return len(text) >= MIN_SECRET_LENGTH and text not in self._allowed and not _UUID.fullmatch(text)

    def redact(self, text: str, max_length: int = _MAX_TEXT) -> str:
        """Replaces every piece of a secret with asterisks, so that no 8 consecutive characters of any are left.

        A text that was made to exhaust the decoding limit is replaced as a whole.

        :arg max_length: a longer text that is examined is truncated, with an ellipsis at the end.
        """
        tables = self._current_tables() if self.examines(text) else []
        if not tables:
            return text
        # Most runs have nothing to redact, so they do not load this.
        from .decodings import TooMuchWork, decodings

        text, truncated = text[: max_length + _LOOKAHEAD], len(text) > max_length
        hidden = bytearray(len(text))
        try:
            for decoding in decodings(text):
                for table in tables:
                    for at in table.find(decoding.text):
                        start, end = decoding.starts[at], decoding.ends[at + _PIECE_LENGTH - 1]
                        hidden[start:end] = b"\1" * (end - start)
        except TooMuchWork:
            return MASK
        visible: list[str] = []
        for at, character in enumerate(text[:max_length]):
            if not hidden[at]:
                visible.append(character)
            elif not at or not hidden[at - 1]:
                visible.append(MASK)
        return "".join(visible) + ("…" if truncated else "")

    def _current_tables(self) -> list[_PieceTable]:
        with self._lock:
            if self._pending:
                values = [form for value in self._pending for form in _normalized_forms(value)]
                # Smaller tables are merged, so that there are few: each text is looked up in all of them.
                while self._tables and self._tables[-1].count <= 2 * sum(map(len, values)):
                    values += self._tables.pop().values
                self._tables.append(_PieceTable(values))
                self._pending = {}
            return list(self._tables)


class _PieceTable:
    """A hash table of the pieces of some values, at most half full, with 8 bytes for each piece."""

    def __init__(self, values: list[str]) -> None:
        self.values = values
        self.count = sum(map(len, values))
        count = sum(len(value) // _STEP + 1 for value in values)
        self._mask = (1 << (2 * count).bit_length()) - 1
        self._marks = array("I", bytes(4 * (self._mask + 1)))
        marks, mask = self._marks, self._mask
        for value in values:
            last = len(value) - _PIECE_LENGTH
            for at in (*range(0, last, _STEP), last):
                number = hash(value[at : at + _PIECE_LENGTH])
                place, mark = number & mask, _mark(number)
                while marks[place] not in (0, mark):
                    place = (place + 1) & mask
                marks[place] = mark

    def find(self, text: str) -> Iterator[int]:
        """Yields the index of each piece in a text."""
        marks, mask = self._marks, self._mask
        for at in range(len(text) - _PIECE_LENGTH + 1):
            number = hash(text[at : at + _PIECE_LENGTH])
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


def _normalized_forms(value: str) -> set[str]:
    """Returns the value as decodings are normalized, and the decoded text if it is base64, as a kubeconfig's keys."""
    texts = [value]
    try:
        inner = base64.b64decode("".join(value.split()), validate=True).decode("utf-8")
        # The lines around PEM data are not secret, and redacting "certificate" would make messages unreadable.
        texts.append("".join(line for line in inner.splitlines() if not line.startswith("-----")))
    except (binascii.Error, ValueError):
        pass
    from .decodings import compact, folded

    return {folded(form) for text in texts for form in (text, compact(text))}
