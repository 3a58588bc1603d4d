# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of a run, and the search for pieces of them in all usual encodings."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import secrets
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# The number of consecutive characters of a secret that count as a leak.
WINDOW = 8
# Line ends, indentation, and the characters that quoting adds.
_BETWEEN = re.compile(r"""[\s\\"']+""")
# A character that is escaped as in HTML or a URL, or a part of such an escape.
_QUOTED = re.compile(r"&[#\w]*;?|^[#\w]*;|%[0-9A-Fa-f]{0,2}")


@dataclass(frozen=True)
class Hit:
    """A piece of a secret that was found."""

    secret: str
    place: str
    where: str
    around: str

    def __str__(self) -> str:
        return f"{self.secret} in {self.place} ({self.where}): …{self.around}…"


class Canaries:
    """A set of named secrets, and the search for pieces of them."""

    def __init__(self) -> None:
        self._pieces: dict[str, str] = {}

    def new(self, name: str, length: int = 24, *, awkward: bool = False) -> str:
        """Creates a secret. If it is awkward, it contains characters that each way of quoting escapes differently."""
        letters = string.ascii_letters + string.digits
        value = "".join(secrets.choice(letters) for _ in range(length))
        if awkward:
            marks = itertools.cycle("/ +\"&'=<é\\%@")
            value = "".join(value[at : at + 4] + next(marks) for at in range(0, length, 4))
        self.add(name, value)
        return value

    def add(self, name: str, *values: str) -> None:
        """Adds secrets that were created elsewhere."""
        for value in values:
            for form in _forms(value):
                for piece in _windows(_bare(form)):
                    # A piece that consists mostly of escapes is not specific to the secret.
                    if len(_QUOTED.sub("", piece)) > WINDOW // 2:
                        self._pieces.setdefault(piece, name)

    def add_key(self, name: str, pem: bytes) -> None:
        """Adds a private key in PEM, also in base64 as in kubeconfigs, without the parts that all such keys share."""
        # In PKCS#8, the first 36 bytes are the same in all keys, and the end is the public key.
        lines = "".join(pem.decode().splitlines()[1:-1])
        part = lines[52:92]
        at = pem.decode().replace("\n", "").index(part)
        inside = base64.b64encode(pem).decode()
        self.add(name, part, inside[at * 4 // 3 + 8 : (at + len(part)) * 4 // 3 - 8])

    def found_in(self, text: str | bytes) -> Iterator[tuple[str, str]]:
        """Yields the name of each secret of which the text contains a piece, with the text around the first piece."""
        searched = _bare(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
        found: set[str] = set()
        for at, piece in enumerate(_windows(searched)):
            name = self._pieces.get(piece)
            if name and name not in found:
                found.add(name)
                yield name, searched[max(at - 60, 0) : at + WINDOW + 40]


def _bare(text: str) -> str:
    return _BETWEEN.sub("", text)


def _windows(text: str) -> Iterable[str]:
    last = len(text) - WINDOW + 1
    return map(text.__getitem__, map(slice, range(last), range(WINDOW, last + WINDOW)))


def _forms(value: str) -> Iterator[str]:
    """Yields a text unchanged, escaped as in JSON, HTML and URLs, and in base64 at every offset."""
    yield from {value, json.dumps(value)[1:-1], repr(value)[1:-1], html.escape(value)}
    yield from {quote(value), quote(value, safe=""), quote_plus(value), quote(value, safe="").lower()}
    data = value.encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        # The characters that do not depend on the data before and after it.
        certain = encoded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        yield from {certain, certain.replace("+", "-").replace("/", "_"), quote(certain, safe="")}
