# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: knows the secret values of a run and takes them, or any piece of them, out of a text.

A value is kept in one spelling; it is the text, which is short, that is read in every way in which a server might quote
one: in other case, broken by spaces or line breaks, escaped as in URLs, JSON or HTML, and in base64, several of them at
once.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import threading
from array import array
from collections.abc import Iterator

MASK = "********"
# Shorter values are words like "admin" that would star out half of every message; Ansible still hides them where they
# are whole parameters.
SHORTEST = 8

# Any 8 characters in a row of a value hold 7 that begin at an even place, so half of the pieces are enough; and the
# last ones, so that of a whole value nothing is left.
_PIECE = SHORTEST - 1
_STEP = 2
# How many ways of writing are seen through at once: base64 of JSON in a URL.
_DEPTH = 3


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

    def scrub(self, text: str) -> str:
        """The text with every piece of a secret replaced by asterisks: no 8 characters in a row of any are left."""
        known = self._pieces()
        if not known:
            return text
        hidden = bytearray(len(text))
        for reading in _readings(text):
            for pieces in known:
                for at in pieces.places(reading.text):
                    start, end = reading.starts[at], reading.ends[at + _PIECE - 1]
                    hidden[start:end] = b"\1" * (end - start)
        shown: list[str] = []
        for at, character in enumerate(text):
            if not hidden[at]:
                shown.append(character)
            elif not at or not hidden[at - 1]:
                shown.append(MASK)
        return "".join(shown)

    def _pieces(self) -> list[_Pieces]:
        with self._lock:
            if self._new:
                self._known.append(_Pieces([text for value in self._new for text in _spellings(value)]))
                self._new = {}
            return list(self._known)


class _Pieces:
    """The pieces of some values: their hashes in a table of which half is empty, 8 bytes for each."""

    def __init__(self, values: list[str]) -> None:
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
    return {_folded(form) for text in texts for form in (text, _joined(text))}


def _joined(text: str) -> str:
    """Without white space, and without what is not seen."""
    return "".join(filter(_is_seen, text))


def _is_seen(letter: str) -> bool:
    # Halves of characters are seen once they are put together.
    return letter.isprintable() and letter != " " or "\ud800" <= letter <= "\udfff"


def _folded(text: str) -> str:
    """In one case, and in halves, as JSON escapes it, what is beyond 16 bits."""
    text = text.casefold()
    if max(text, default="") <= "\uffff":
        return text
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))


# --- ways to read a text ----------------------------------------------------------------------------------------------

_ESCAPE = re.compile(
    r"(?P<url>(?:%[0-9A-Fa-f]{2})+)|\\u(?P<json>[0-9A-Fa-f]{4})|\\(?P<letter>.)|(?P<html>&#?\w{1,8};)", re.DOTALL
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}")


class _Reading:
    """A text that was read out of another one, and for each of its characters where it stands there."""

    def __init__(self, text: str, starts: list[int], ends: list[int]) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends

    @classmethod
    def of(cls, text: str) -> _Reading:
        """The text as it stands."""
        return cls(text, list(range(len(text))), list(range(1, len(text) + 1)))

    def joined(self) -> _Reading:
        """Without white space, and without what is not seen."""
        kept = [at for at, letter in enumerate(self.text) if _is_seen(letter)]
        if len(kept) == len(self.text):
            return self
        return _Reading(
            "".join(self.text[at] for at in kept), [self.starts[at] for at in kept], [self.ends[at] for at in kept]
        )

    def folded(self) -> _Reading:
        """In one case; see L(_folded)."""
        text = _folded(self.text)
        if len(text) == len(self.text):
            return _Reading(text, self.starts, self.ends)
        parts = [_folded(letter) for letter in self.text]
        starts = [start for part, start in zip(parts, self.starts) for _letter in part]
        return _Reading("".join(parts), starts, [end for part, end in zip(parts, self.ends) for _letter in part])

    def unescaped(self) -> Iterator[_Reading]:
        """Without the escapes of URLs, JSON and HTML, if there are any; in URLs, a plus may be a space."""
        for text in dict.fromkeys((self.text, self.text.replace("+", " "))):
            escapes = [part for found in _ESCAPE.finditer(text) for part in _meant(found)]
            if escapes or text != self.text:
                yield self._with(text, escapes)

    def _with(self, text: str, changes: list[tuple[int, int, str]]) -> _Reading:
        """Of as long a text, in which some places are read as something else."""
        letters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, meant in [*changes, (len(text), len(text), "")]:
            letters += text[done:start]
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            for letter in meant:
                letters.append(letter)
                starts.append(self.starts[start])
                ends.append(self.ends[end - 1])
            done = end
        return _Reading("".join(letters), starts, ends)

    def out_of_base64(self) -> Iterator[_Reading]:
        """What its words are base64 of, wherever in them it begins."""
        for found in _BASE64.finditer(self.text):
            last = found.end() - 1
            for first in range(found.start(), found.start() + 4):
                word = self.text[first : found.end()].replace("-", "+").replace("_", "/")
                letters = list(_characters(base64.b64decode(word + "A" * (-len(word) % 4))))
                # Each 3 bytes stand in 4 letters, each byte in 2 of them.
                starts = [first + start // 3 * 4 + start % 3 for _letter, start, _end in letters]
                ends = [first + (end - 1) // 3 * 4 + (end - 1) % 3 + 1 for _letter, _start, end in letters]
                yield _Reading(
                    "".join(letter for letter, _start, _end in letters),
                    [self.starts[min(at, last)] for at in starts],
                    [self.ends[min(at, last)] for at in ends],
                )


def _characters(data: bytes) -> Iterator[tuple[str, int, int]]:
    """UTF-8 to its characters, each with its first byte and the one after it; what is no UTF-8, byte by byte."""
    at = 0
    for letter in data.decode("utf-8", "surrogateescape"):
        size = 1 if letter < "\x80" or "\udc80" <= letter <= "\udcff" else len(letter.encode("utf-8"))
        yield letter, at, at + size
        at += size


def _meant(escape: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """What an escape stands for, with the place of each part."""
    start, end = escape.span()
    if escape["url"]:
        for letter, first, after in _characters(bytes.fromhex(escape["url"].replace("%", ""))):
            yield start + 3 * first, start + 3 * after, letter
    elif escape["json"]:
        yield start, end, chr(int(escape["json"], 16))
    elif escape["html"]:
        yield start, end, html.unescape(escape["html"])
    else:
        yield start, end, _LETTERS.get(escape["letter"], escape["letter"])


def _readings(text: str) -> Iterator[_Reading]:
    level = [_Reading.of(text)]
    for depth in range(_DEPTH, -1, -1):
        deeper: list[_Reading] = []
        for reading in level:
            joined = reading.joined()
            for one in (reading,) if joined is reading else (reading, joined):
                yield one.folded()
                deeper += one.unescaped() if depth else ()
            deeper += joined.out_of_base64() if depth else ()
        level = deeper
