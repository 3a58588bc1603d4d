# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the text of a diff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import sanitize


def diff_text(fields: Mapping[str, Any]) -> str:
    """One side of a diff, a line for each field.

    It is a text, not a mapping, because Ansible would sort a mapping's keys and show it as JSON.
    """
    return "".join(f"{key}: {sanitize(str(value))}\n" for key, value in fields.items())
