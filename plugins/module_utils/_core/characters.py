# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: tells visible characters from those that a terminal would interpret or not show."""

from __future__ import annotations

import re
import unicodedata

# Python calls these printable, but they have no form of their own: the combining grapheme joiner, fillers, the blank
# Braille pattern, and variation selectors.
_WITHOUT_FORM = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_FORMLESS = re.compile(f"[{_WITHOUT_FORM}]")


def is_visible(character: str) -> bool:
    """Whether a character is visible, or the ordinary space.

    Control characters, bidirectional controls, characters without width, and unusual spaces are not.
    """
    return character.isprintable() and not _FORMLESS.match(character)


def are_visible(text: str) -> bool:
    """Whether every character of a text is visible, see L(is_visible)."""
    return text.isprintable() and (text.isascii() or not _FORMLESS.search(text))


def visible_data(text: str, max_length: int) -> str:
    """Returns a value from an untrusted source with a space in place of each character that is not visible.

    A value that is visible stays as it is, so that it can be compared and given to another task. A longer text is
    truncated, with an ellipsis at the end.
    """
    if len(text) > max_length:
        text = f"{text[: max_length - 1]}…"
    if are_visible(text):
        return text
    return "".join(
        character if is_visible(character) or unicodedata.category(character) == "Zs" else " " for character in text
    )
