# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: decodes a text in every way in which a server might have encoded a secret in it.

A secret may be in another case, interrupted by spaces or line breaks, escaped as in URLs, JSON, HTML or the string
literals of programming languages and shells, written with compatibility characters such as fullwidth letters, in
base64, or in a combination of these. Decoding any text of a few thousand characters takes less than a second.

The set of decodings is complete. Anything else, such as hexadecimal dumps, base32, compression, encryption, reversed
text, or pieces of fewer than 8 characters, is not decoded, and the security guide says so.
"""

from __future__ import annotations

import base64
import html
import html.entities
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from .characters import are_visible, is_visible

# Nested encodings are decoded to this depth, such as base64 of JSON in a URL.
_MAX_DEPTH = 3
# The limit of characters in all decodings of a text together. 7,000 characters of prose need a third of it; a text that
# needs more was made to exhaust the limit.
MAX_WORK = 600_000
_DECODING_WORK = 50  # the fixed cost of a decoding, in characters


class TooMuchWork(Exception):
    """A text has so many decodings that they exceed L(MAX_WORK)."""


# --- normalization ----------------------------------------------------------------------------------------------------


def compact(text: str) -> str:
    """Removes white space and invisible characters."""
    return text if are_visible(text) and " " not in text else "".join(filter(_is_visible, text))


def _is_visible(character: str) -> bool:
    # Two surrogates together are a visible character.
    return is_visible(character) and character != " " or "\ud800" <= character <= "\udfff"


def folded(text: str) -> str:
    """Folds the case, and replaces compatibility characters, such as fullwidth letters, by the usual ones.

    It also splits characters beyond 16 bits into surrogates, as JSON escapes them. Each character is folded on its own,
    so that a composed letter and its decomposed form become the same.
    """
    return text.casefold() if text.isascii() else "".join(map(_folded_character, text))


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    text = _decomposed(_decomposed(character).casefold())
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


# --- decodings --------------------------------------------------------------------------------------------------------

# In HTML the semicolon is optional after a number and after some of the names.
_OPTIONAL_SEMICOLON = "|".join(sorted((name for name in html.entities.html5 if name[-1] != ";"), key=len, reverse=True))
_ESCAPE = re.compile(
    r"(?P<url>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)|(?P<octal>(?:\\[0-3][0-7]{2})+)"
    r"|\\(?:u(?P<json>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})|u\{(?P<braced>[0-9A-Fa-f]{1,6})\})"
    r"|\\(?P<letter>.)"
    rf"|(?P<html>&#?\w{{1,8}};|(?P<open>&(?:#[0-9]{{1,8}}|#[Xx][0-9A-Fa-f]{{1,8}}|(?:{_OPTIONAL_SEMICOLON}))))",
    re.DOTALL,
)
_MAX_CODE_POINT = 0x10FFFF
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}")
# A word that only looks like base64 decodes to random bytes, which are rarely valid text for several bytes in a row.
# A shorter run of text cannot hold a secret's piece, even where case folding turns 2 bytes into 3 letters.
_TEXT = re.compile(rb"(?:[\x00-\x7f]|[\xc2-\xf4][\x80-\xbf]{1,3}){5,}")


class _Decoding(NamedTuple):
    """A decoded text, and for each of its characters the start and the end of its encoded form in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> _Decoding:
        """Returns the text itself as a decoding."""
        return cls(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))

    def compact(self) -> _Decoding:
        """Removes white space and invisible characters."""
        if are_visible(self.text) and " " not in self.text:
            return self
        return self._select([at for at, character in enumerate(self.text) if _is_visible(character)])

    def _select(self, kept: list[int]) -> _Decoding:
        text, starts, ends = self
        return _Decoding(
            "".join([text[at] for at in kept]), tuple([starts[at] for at in kept]), tuple([ends[at] for at in kept])
        )

    def folded(self) -> _Decoding:
        """Folds the case; see L(folded)."""
        text = folded(self.text)
        if len(text) == len(self.text):
            return _Decoding(text, self.starts, self.ends)
        return self._with_parts([folded(character) for character in self.text])

    def _with_parts(self, parts: list[str]) -> _Decoding:
        """Replaces each character by a text."""
        starts = tuple(start for part, start in zip(parts, self.starts) for _character in part)
        return _Decoding(
            "".join(parts), starts, tuple(end for part, end in zip(parts, self.ends) for _character in part)
        )

    def decomposed(self) -> Iterator[_Decoding]:
        """Replaces compatibility characters, if there are any: an escape or base64 may be written with them."""
        if not self.text.isascii():
            parts = [_decomposed(character) for character in self.text]
            if "".join(parts) != self.text:
                yield self._with_parts(parts)

    def unescaped(self) -> Iterator[_Decoding]:
        """Resolves the escapes of URLs, JSON and HTML, if there are any. In a URL, a plus may stand for a space."""
        for text in dict.fromkeys((self.text, self.text.replace("+", " "))):
            escapes = list(_ESCAPE.finditer(text))
            # An HTML escape without its semicolon may continue in the result of another escape.
            terminated = [escape for escape in escapes if not escape["open"]]
            for selected in (escapes, terminated) if len(terminated) < len(escapes) else (escapes,):
                if selected or text != self.text:
                    yield self._with_replacements(text, [part for escape in selected for part in _unescape(escape)])

    def _with_replacements(self, text: str, replacements: list[tuple[int, int, str]]) -> _Decoding:
        """Replaces parts of a text that is as long as this one.

        :arg replacements: start, end and replacement of each part.
        """
        characters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, replacement in [*replacements, (len(text), len(text), "")]:
            characters += text[done:start]
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            for character in replacement:
                characters.append(character)
                starts.append(self.starts[start])
                ends.append(self.ends[end - 1])
            done = end
        return _Decoding("".join(characters), tuple(starts), tuple(ends))

    def base64_decoded(self) -> Iterator[_Decoding]:
        """Decodes each word as base64, from each of its first 4 characters on, where the result is text."""
        for found in _BASE64.finditer(self.text):
            for first in range(found.start(), found.start() + 4):
                word = self.text[first : found.end()].replace("-", "+").replace("_", "/")
                data = base64.b64decode(word + "A" * (-len(word) % 4))
                for part in _TEXT.finditer(data):
                    yield self._decoded_part(part, first, found.end() - 1)

    def _decoded_part(self, part: re.Match[bytes], first: int, last: int) -> _Decoding:
        """Returns a part of the bytes that are encoded in the base64 digits from C(first) to C(last)."""
        characters = list(_characters(part[0], part.start()))
        # 4 digits encode 3 bytes, and each byte is spread over 2 digits.
        starts = [first + start // 3 * 4 + start % 3 for _character, start, _end in characters]
        ends = [first + (end - 1) // 3 * 4 + (end - 1) % 3 + 1 for _character, _start, end in characters]
        return _Decoding(
            "".join([character for character, _start, _end in characters]),
            tuple([self.starts[min(at, last)] for at in starts]),
            tuple([self.ends[min(at, last)] for at in ends]),
        )


def _characters(data: bytes, at: int = 0) -> Iterator[tuple[str, int, int]]:
    """Decodes UTF-8 to characters with the start and the end of their bytes; invalid bytes become one each."""
    for character in data.decode("utf-8", "surrogateescape"):
        size = 1 if character < "\x80" or "\udc80" <= character <= "\udcff" else len(character.encode("utf-8"))
        yield character, at, at + size
        at += size


def _unescape(escape: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """Resolves an escape to start, end and text of each part."""
    start, end = escape.span()
    if escape["url"]:
        yield from _unescape_bytes(bytes.fromhex(escape["url"].replace("%", "")), start, 3)
    elif escape["bytes"]:
        yield from _unescape_bytes(bytes.fromhex(escape["bytes"].replace(r"\x", "")), start, 4)
    elif escape["octal"]:
        yield from _unescape_bytes(bytes(int(digits, 8) for digits in escape["octal"].split("\\")[1:]), start, 4)
    elif number := escape["json"] or escape["long"] or escape["braced"]:
        code = int(number, 16)
        yield start, end, chr(code) if code <= _MAX_CODE_POINT else ""
    elif escape["html"]:
        yield start, end, html.unescape(escape["html"])
    else:
        yield start, end, _LETTERS.get(escape["letter"], escape["letter"])


def _unescape_bytes(data: bytes, start: int, width: int) -> Iterator[tuple[int, int, str]]:
    """Decodes a run of escaped bytes. A byte that is not part of UTF-8 is the character of its number.

    :arg width: the length of the escape of a byte.
    """
    for character, first, after in _characters(data):
        if "\udc80" <= character <= "\udcff":
            character = chr(ord(character) - 0xDC00)
        yield start + width * first, start + width * after, character


def decodings(text: str) -> Iterator[_Decoding]:
    """Yields every decoding of a text once, each normalized for comparison.

    :raises TooMuchWork: if there are too many.
    """
    level = [_Decoding.of(text)]
    seen = set(level)
    work = 0
    for depth in range(_MAX_DEPTH, -1, -1):
        next_level: list[_Decoding] = []
        for decoding in level:
            compacted = decoding.compact()
            yield decoding.folded()
            if compacted is not decoding:
                yield compacted.folded()
            for inner in _decode_once(decoding, compacted) if depth else ():
                work += len(inner.text) + _DECODING_WORK
                if work > MAX_WORK:
                    raise TooMuchWork
                if inner not in seen:
                    seen.add(inner)
                    next_level.append(inner)
        level = next_level


def _decode_once(decoding: _Decoding, compacted: _Decoding) -> Iterator[_Decoding]:
    """Removes one layer of encoding from a text and from its compact form."""
    yield from decoding.decomposed()
    yield from decoding.unescaped()
    if compacted is not decoding:
        yield from compacted.unescaped()
    yield from compacted.base64_decoded()
