# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The encodings in which a server may return a secret, and a search that decodes them."""

from __future__ import annotations

import base64
import functools
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from hypothesis import strategies as st

SHORTEST = 8


def broken(text: str, width: int, between: str) -> str:
    """Splits a text into pieces."""
    return between.join(text[at : at + width] for at in range(0, len(text), width))


def in_base64(text: str, before: str = "", urlsafe: bool = False) -> str:
    """Encodes a text in base64, with other text around it."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(f"{before}{text} and so on".encode()).decode().rstrip("=")


def in_numbers(text: str, end: str = ";") -> str:
    """Encodes a text as numeric HTML entities. Browsers accept them without the semicolon as well."""
    return "".join(f"&#{ord(character)}{end}" for character in text)


# The encodings without parameters. WAYS combines them with the others.
PLAIN_WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper": str.upper,
    "lower": str.lower,
    "swapped": str.swapcase,
    "repr": repr,
    "quote": quote,
    "quote_plus": quote_plus,
    "all quoted": lambda text: quote(text, safe=""),
    "every byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "JSON": json.dumps,
    "JSON in a body": lambda text: json.dumps({"kube_config": f"users:\n- {text}\n"}, ensure_ascii=False),
    "JSON's escapes": lambda text: "".join(f"\\u{ord(c):04x}" if c <= "\uffff" else c for c in text),
    "a literal's bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "a literal's Latin-1 bytes": lambda text: "".join(f"\\x{ord(c):02x}" if c <= "\xff" else c for c in text),
    "a shell's octal bytes": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "a literal's long escapes": lambda text: "".join(f"\\U{ord(c):08X}" for c in text),
    "a literal's braced escapes": lambda text: "".join(f"\\u{{{ord(c):x}}}" for c in text),
    "fullwidth": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "variation selectors": lambda text: broken(text, 1, "\ufe0f"),
    "HTML": html.escape,
    "HTML's numbers": in_numbers,
    "HTML's hexadecimal numbers": lambda text: "".join(f"&#x{ord(c):x};" for c in text),
    "HTML's numbers with no end": functools.partial(in_numbers, end=""),
    "HTML's numbers with no end, broken in a repr": lambda text: repr(broken(in_numbers(text, ""), 3, "\u200b")),
    "HTML's names with no end": lambda text: "".join(html.escape(c, quote=c != "'").rstrip(";") for c in text),
    "words": lambda text: broken(text, 4, " "),
    "lines": lambda text: broken(text, 3, "\r\n    "),
    "letters": lambda text: broken(text, 1, "\u200b"),
    **{f"base64 after {before!r}": functools.partial(in_base64, before=before) for before in ("", "a", "ab")},
    "base64 for URLs": functools.partial(in_base64, urlsafe=True),
}
WAYS = st.one_of(
    st.sampled_from(list(PLAIN_WAYS.values())),
    st.builds(
        lambda width, between: lambda text: broken(text, width, between),
        st.integers(1, 9),
        st.sampled_from([" ", "\n", "\r\n  ", "\u200b", "\t", "\x1b", "\u00a0"]),
    ),
    st.builds(
        lambda before, urlsafe: lambda text: in_base64(text, before, urlsafe),
        st.text(alphabet="abc ", max_size=4),
        st.booleans(),
    ),
)


def meanings(text: str, depth: int = 3) -> Iterator[str]:
    """Yields a text in every decoding that a determined reader would try. Shares no code with the redaction."""
    yield text
    whole = re.sub(r"[\s\u200b\x1b\u00a0\ufe0f]", "", text)
    yield whole
    if not depth:
        return
    undone = [
        unquote(text),
        unquote_plus(text),
        unquote(whole),
        html.unescape(text),
        html.unescape(whole),
        *(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), form) for form in (text, whole)),
        *(_undo_literal(form) for form in (text, whole) if "\\" in form),
        unicodedata.normalize("NFKC", text),
        re.sub(r"\\([\"\\/'])", r"\1", text),
    ]
    for word in re.findall(r"[A-Za-z0-9+/_-]{11,}", whole):
        for first in range(4):
            part = word[first:].replace("-", "+").replace("_", "/")
            undone.append(base64.b64decode(part + "A" * (-len(part) % 4)).decode("utf-8", "replace"))
    for decoded in dict.fromkeys(undone):
        if decoded not in (text, whole):
            yield from meanings(decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), depth - 1)


def _undo_literal(text: str) -> str:
    """Resolves the escapes of string literals: bytes, octal numbers and code points."""
    for pattern, base in ((r"\\x([0-9a-fA-F]{2})", 16), (r"\\([0-3][0-7]{2})", 8)):
        text = re.sub(
            f"(?:{pattern})+",
            lambda found, pattern=pattern, base=base: bytes(  # type: ignore[misc]
                int(digits, base) for digits in re.findall(pattern, found[0])
            ).decode("utf-8", "replace"),
            text,
        )
    return re.sub(
        r"\\(?:U([0-9a-fA-F]{8})|u\{([0-9a-fA-F]{1,6})\})",
        lambda found: chr(min(int(found[1] or found[2], 16), 0x10FFFF)),
        text,
    )


def found_in(secrets: str | Iterable[str], text: str, depth: int = 3) -> list[tuple[str, str]]:
    """Returns the pieces of secrets in a text, each with the decoding in which it was found."""
    values = [secrets] if isinstance(secrets, str) else list(secrets)
    pieces = {value[at : at + SHORTEST].lower() for value in values for at in range(len(value) - SHORTEST + 1)}
    found = []
    for meaning in {meaning.lower() for meaning in meanings(text, depth)}:
        contained = {meaning[at : at + SHORTEST] for at in range(len(meaning) - SHORTEST + 1)}
        found += [(meaning, piece) for piece in contained & pieces]
    return found
