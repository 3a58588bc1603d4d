# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubectl apply makes out of what was applied before, what is there, and what is wanted."""

from __future__ import annotations

import copy
from typing import Any


def merge(live: Any, before: Any, wanted: Any) -> Any:
    """The live value with what is wanted in it, and without what was wanted before and is no more."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        old = before if isinstance(before, dict) else {}
        kept = {key: value for key, value in live.items() if key in wanted or key not in old}
        for key, value in wanted.items():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = merge(kept.get(key), old.get(key), value)
        return kept
    if _named(wanted) and _named(live):
        old_entries = {entry["name"]: entry for entry in before} if _named(before) else {}
        names = [entry["name"] for entry in wanted]
        entries = {entry["name"]: entry for entry in live}
        others = [entry for entry in live if entry["name"] not in names and entry["name"] not in old_entries]
        return [
            *(merge(entries.get(entry["name"]), old_entries.get(entry["name"]), entry) for entry in wanted),
            *others,
        ]
    return copy.deepcopy(wanted)


def _named(value: Any) -> bool:
    """Containers and their like, which are told apart by name."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(entry, dict) and "name" in entry for entry in value)
    )
