# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: reads a text in every way in which a server might quote a secret.

In other case, broken by spaces or line breaks, escaped as in URLs, JSON or HTML, and in base64, several of them at
once. Whatever a text of some thousand characters holds, to read it takes a part of a second.
"""

from __future__ import annotations

import base64
import html
import html.entities
import re
from collections.abc import Iterator
from typing import NamedTuple

# How many ways of writing are seen through at once: base64 of JSON in a URL.
_DEPTH = 3
# So many characters are read at most, in all the ways together. 7,000 characters of prose take a third of it; what
# takes more was made to take long.
MOST_WORK = 600_000
_READING_WORK = 50  # to begin a reading takes as long as so many of its characters


class TooMuchWork(Exception):
    """There are more ways to read a text than anybody has time for."""


# --- spelling ---------------------------------------------------------------------------------------------------------


def joined(text: str) -> str:
    """Without white space, and without what is not seen."""
    return "".join(filter(_is_seen, text))


def _is_seen(letter: str) -> bool:
    # Halves of characters are seen once they are put together.
    return letter.isprintable() and letter != " " or "\ud800" <= letter <= "\udfff"


def folded(text: str) -> str:
    """In one case, and in halves, as JSON escapes it, what is beyond 16 bits."""
    text = text.casefold()
    if max(text, default="") <= "\uffff":
        return text
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))


# --- ways to read a text ----------------------------------------------------------------------------------------------

# In HTML the semicolon after a number or an old name may be missing.
_OLD_NAMES = "|".join(sorted((name for name in html.entities.html5 if name[-1] != ";"), key=len, reverse=True))
_ESCAPE = re.compile(
    r"(?P<url>(?:%[0-9A-Fa-f]{2})+)|\\u(?P<json>[0-9A-Fa-f]{4})|\\(?P<letter>.)"
    rf"|(?P<html>&#?\w{{1,8}};|(?P<open>&(?:#[0-9]{{1,8}}|#[Xx][0-9A-Fa-f]{{1,8}}|(?:{_OLD_NAMES}))))",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}")
# What is base64 by chance becomes bytes by chance, which are hardly ever a few bytes of text in a row. Fewer than these
# hold nothing that anybody looks for, even where a letter of 2 bytes stands for 3 letters in the other case.
_TEXT = re.compile(rb"(?:[\x00-\x7f]|[\xc2-\xf4][\x80-\xbf]{1,3}){5,}")


class _Reading(NamedTuple):
    """A text that was read out of another one, and for each of its characters where it stands there."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> _Reading:
        """The text as it stands."""
        return cls(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))

    def joined(self) -> _Reading:
        """Without white space, and without what is not seen."""
        if self.text.isprintable() and " " not in self.text:
            return self
        return self._only([at for at, letter in enumerate(self.text) if _is_seen(letter)])

    def _only(self, kept: list[int]) -> _Reading:
        text, starts, ends = self
        return _Reading(
            "".join([text[at] for at in kept]), tuple([starts[at] for at in kept]), tuple([ends[at] for at in kept])
        )

    def folded(self) -> _Reading:
        """In one case; see L(folded)."""
        text = folded(self.text)
        if len(text) == len(self.text):
            return _Reading(text, self.starts, self.ends)
        parts = [folded(letter) for letter in self.text]
        starts = tuple(start for part, start in zip(parts, self.starts) for _letter in part)
        return _Reading("".join(parts), starts, tuple(end for part, end in zip(parts, self.ends) for _letter in part))

    def unescaped(self) -> Iterator[_Reading]:
        """Without the escapes of URLs, JSON and HTML, if there are any; in URLs, a plus may be a space."""
        for text in dict.fromkeys((self.text, self.text.replace("+", " "))):
            escapes = list(_ESCAPE.finditer(text))
            # What is HTML with no semicolon may end later, in what another escape stands for.
            ended = [found for found in escapes if not found["open"]]
            for some in (escapes, ended) if len(ended) < len(escapes) else (escapes,):
                if some or text != self.text:
                    yield self._with(text, [part for found in some for part in _meant(found)])

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
        return _Reading("".join(letters), tuple(starts), tuple(ends))

    def out_of_base64(self) -> Iterator[_Reading]:
        """What its words are base64 of, wherever in them it begins, as far as that is text."""
        for found in _BASE64.finditer(self.text):
            for first in range(found.start(), found.start() + 4):
                word = self.text[first : found.end()].replace("-", "+").replace("_", "/")
                data = base64.b64decode(word + "A" * (-len(word) % 4))
                for part in _TEXT.finditer(data):
                    yield self._out_of(part, first, found.end() - 1)

    def _out_of(self, part: re.Match[bytes], first: int, last: int) -> _Reading:
        """A part of what the letters from C(first) to C(last) are base64 of."""
        letters = list(_characters(part[0], part.start()))
        # Each 3 bytes stand in 4 letters, each byte in 2 of them.
        starts = [first + start // 3 * 4 + start % 3 for _letter, start, _end in letters]
        ends = [first + (end - 1) // 3 * 4 + (end - 1) % 3 + 1 for _letter, _start, end in letters]
        return _Reading(
            "".join([letter for letter, _start, _end in letters]),
            tuple([self.starts[min(at, last)] for at in starts]),
            tuple([self.ends[min(at, last)] for at in ends]),
        )


def _characters(data: bytes, at: int = 0) -> Iterator[tuple[str, int, int]]:
    """UTF-8 to its characters, each with its first byte and the one after it; what is no UTF-8, byte by byte."""
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


def readings(text: str) -> Iterator[_Reading]:
    """A text in every way in which it can be read, each once.

    :raises TooMuchWork: if there are too many.
    """
    level = [_Reading.of(text)]
    seen = set(level)
    work = 0
    for depth in range(_DEPTH, -1, -1):
        deeper: list[_Reading] = []
        for reading in level:
            together = reading.joined()
            yield reading.folded()
            if together is not reading:
                yield together.folded()
            for one in _deeper(reading, together) if depth else ():
                work += len(one.text) + _READING_WORK
                if work > MOST_WORK:
                    raise TooMuchWork
                if one not in seen:
                    seen.add(one)
                    deeper.append(one)
        level = deeper


def _deeper(reading: _Reading, together: _Reading) -> Iterator[_Reading]:
    """The next ways to read a text, given as it stands and joined."""
    yield from reading.unescaped()
    if together is not reading:
        yield from together.unescaped()
    yield from together.out_of_base64()
