# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: knows the secret values of a run and takes them, or any piece of them, out of a text."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

MASK = "********"
# Shorter values are words like "admin" that would star out half of every message; Ansible still hides them where they
# are whole parameters.
SHORTEST = 8


# Of longer values, such as keys, every eighth piece is kept: enough to notice any 15 characters of them, and the values
# of hundreds of clusters fit into memory.
_LONG = 200


class Secrets:
    """A set of secret values. A server may quote a part of one, so its pieces are hidden too."""

    def __init__(self) -> None:
        self._pieces: set[str] = set()

    def add(self, *values: str | None) -> None:
        """Registers values; None and values shorter than 8 characters are passed over."""
        for value in values:
            if not value or len(value) < SHORTEST:
                continue
            # As it may stand in a JSON body or in a URL.
            spellings = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
            spellings |= {quote(value, safe=""), quote_plus(value)}
            for text in spellings:
                step = SHORTEST if len(text) > _LONG else 1
                self._pieces.update(text[at : at + SHORTEST] for at in range(0, len(text) - SHORTEST + 1, step))

    def scrub(self, text: str) -> str:
        """The text with every piece of a secret replaced by asterisks.

        Of a value up to 200 characters, no 8 in a row are left; of a longer one neither, if 15 in a row were there.
        """
        hidden = bytearray(len(text))
        for at in range(len(text) - SHORTEST + 1):
            piece = text[at : at + SHORTEST]
            if piece in self._pieces:
                hidden[at : at + SHORTEST] = b"\1" * SHORTEST
        shown: list[str] = []
        for at, character in enumerate(text):
            if not hidden[at]:
                shown.append(character)
            elif not at or not hidden[at - 1]:
                shown.append(MASK)
        return "".join(shown)
