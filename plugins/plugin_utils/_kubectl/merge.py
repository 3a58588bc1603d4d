# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what applying an object would make of it, for clusters that cannot say so themselves.

This is the three-way merge of kubectl: fields that were applied before and are no longer given are removed, given
fields are set, and all others are kept.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.ownership import last_applied


def predicted(live: KubeObject, desired: KubeObject) -> KubeObject:
    """Return a live object as it would be after applying."""
    return KubeObject(_merged(live.content, last_applied(live) or {}, desired.content))


def _merged(live: Any, before: Any, desired: Any) -> Any:
    if isinstance(desired, dict) and isinstance(live, dict):
        old = before if isinstance(before, dict) else {}
        kept = {key: value for key, value in live.items() if key in desired or key not in old}
        for key, value in desired.items():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = _merged(kept.get(key), old.get(key), value)
        return kept
    if isinstance(desired, list) and isinstance(live, list):
        if _is_named(desired) and _is_named(live):
            return _merged_by_name(live, before, desired)
        if len(desired) == len(live):
            olds = before if isinstance(before, list) and len(before) == len(desired) else [None] * len(desired)
            return [_merged(*values) for values in zip(live, olds, desired)]
    # The API server leaves out what is empty, and normalizes quantities.
    if _is_empty(desired) and _is_empty(live):
        return live
    return live if _is_same_quantity(live, desired) else desired


def _merged_by_name(live: list[Any], before: Any, desired: list[Any]) -> list[Any]:
    old = {entry["name"]: entry for entry in before} if _is_named(before) else {}
    current = {entry["name"]: entry for entry in live}
    names = {entry["name"] for entry in desired}
    others = [entry for entry in live if entry["name"] not in names and entry["name"] not in old]
    return [*(_merged(current.get(entry["name"]), old.get(entry["name"]), entry) for entry in desired), *others]


def _is_named(value: Any) -> bool:
    """Return whether a value is a list of objects that are identified by name, such as containers."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in value)
    )


def _is_empty(value: Any) -> bool:
    return value is None or value in ({}, [], "")


_QUANTITY = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_DECIMAL = {"m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def _is_same_quantity(first: Any, second: Any) -> bool:
    quantities = [_quantity(value) for value in (first, second)]
    return None not in quantities and quantities[0] == quantities[1]


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    unit = found[2] or ""
    factor = Decimal(1024) ** _BINARY[unit] if unit in _BINARY else Decimal(10) ** _DECIMAL[unit]
    try:
        return Decimal(found[1]) * factor
    except InvalidOperation:
        return None
