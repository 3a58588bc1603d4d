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


class Secrets:
    """A set of secret values. A server may quote a part of one, so every run of 8 characters of it is hidden."""

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
                self._pieces.update(text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1))

    def scrub(self, text: str) -> str:
        """The text with every piece of a secret replaced by asterisks."""
        shown: list[str] = []
        at = hidden_until = 0
        while at < len(text):
            if text[at : at + SHORTEST] in self._pieces:
                if hidden_until < at or not shown or shown[-1] != MASK:
                    shown.append(MASK)
                hidden_until = at + SHORTEST
            elif at >= hidden_until:
                shown.append(text[at])
            at += 1
        return "".join(shown)
