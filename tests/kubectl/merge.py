# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three-way merge of kubectl apply: last applied, live and desired value."""

from __future__ import annotations

import copy
from typing import Any


def merge(live: Any, before: Any, desired: Any) -> Any:
    """The live value with the desired one merged in, without what was applied before and is no longer desired."""
    if isinstance(desired, dict) and isinstance(live, dict):
        old = before if isinstance(before, dict) else {}
        kept = {key: value for key, value in live.items() if key in desired or key not in old}
        for key, value in desired.items():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = merge(kept.get(key), old.get(key), value)
        return kept
    if _named(desired) and _named(live):
        old_entries = {entry["name"]: entry for entry in before} if _named(before) else {}
        names = [entry["name"] for entry in desired]
        entries = {entry["name"]: entry for entry in live}
        others = [entry for entry in live if entry["name"] not in names and entry["name"] not in old_entries]
        return [
            *(merge(entries.get(entry["name"]), old_entries.get(entry["name"]), entry) for entry in desired),
            *others,
        ]
    return copy.deepcopy(desired)


def _named(value: Any) -> bool:
    """Whether a value is a list of objects that are identified by name, such as containers."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(entry, dict) and "name" in entry for entry in value)
    )
