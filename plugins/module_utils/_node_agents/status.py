# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what HSS shows of a node agent, compared with what is wanted, and in words. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

SCHEDULE_FIELDS = ("node_selector", "pod_tolerances")
RESOURCE_FIELDS = ("mode", "cpu_limit", "mem_limit")
SUCCEEDED = ("install_success", "upgrade_success")
# The vendor's pages spell one of them in two ways.
FAILED = ("install_failed", "partially_success", "partically_success", "upgrade_failed")


def differences(
    daemonset: Mapping[str, Any],
    runtimes: Mapping[str, str | None] | None,
    schedule: Mapping[str, Sequence[str]],
    resources: Mapping[str, str],
) -> list[str]:
    """The fields, of those that are wanted in a certain way, that are not so. The order in lists means nothing.

    :arg runtimes: the paths by name, None for any; None if any runtimes will do.
    """
    found = []
    present = {str(item.get("runtime_name")): item.get("runtime_path") for item in daemonset.get("runtime_info") or ()}
    if runtimes is not None and not (
        set(runtimes) == set(present) and all(path in (None, present[name]) for name, path in runtimes.items())
    ):
        found.append("runtime_info")
    shown = daemonset.get("schedule_info") or {}
    found += [f"schedule_info.{name}" for name, words in schedule.items() if set(words) != set(shown.get(name) or ())]
    shown = daemonset.get("resource_info") or {}
    found += [
        f"resource_info.{name}" for name, value in resources.items() if _quantity(value) != _quantity(shown.get(name))
    ]
    return found


_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))?")
_FACTORS = {
    **{letter: Decimal(10) ** power for letter, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18))},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def _quantity(text: Any) -> Any:
    """Kubernetes has many spellings of one quantity, 1Gi and 1024Mi; what is none is compared as text."""
    found = _QUANTITY.fullmatch(str(text))
    if not found:
        return text
    number, unit, exponent = found.groups()
    return Decimal(number) * _FACTORS.get(unit, Decimal(1)) * Decimal(10) ** int(exponent or 0)


def readable(daemonset: Mapping[str, Any] | None, agent_version: str | None) -> dict[str, Any]:
    """A line for each thing, in an order of its own, for the diff."""
    if daemonset is None:
        return {}
    lines = {
        f"runtime_info.{item.get('runtime_name')}": item.get("runtime_path") or "its usual path"
        for item in sorted(daemonset.get("runtime_info") or (), key=lambda item: str(item.get("runtime_name")))
    }
    schedule = daemonset.get("schedule_info") or {}
    lines.update(
        (f"schedule_info.{name}", ", ".join(sorted(schedule[name]))) for name in SCHEDULE_FIELDS if schedule.get(name)
    )
    resources = daemonset.get("resource_info") or {}
    lines.update((f"resource_info.{name}", resources[name]) for name in RESOURCE_FIELDS if resources.get(name))
    if agent_version:
        lines["agent_version"] = agent_version
    return lines


def numbers(daemonset: Mapping[str, Any] | None) -> tuple[int, int]:
    """On how many nodes the agent is ready, and on how many it is wanted."""
    counted = (daemonset or {}).get("ds_info") or {}
    ready, desired = counted.get("ready_num"), counted.get("desired_num")
    return ready if isinstance(ready, int) else 0, desired if isinstance(desired, int) else 0


def installed_status(daemonset: Mapping[str, Any] | None) -> str:
    """How far HSS is with it."""
    return str((daemonset or {}).get("installed_status"))


def progress_of(daemonset: Mapping[str, Any] | None) -> str:
    """Both in words."""
    if daemonset is None:
        return "absent"
    ready, desired = numbers(daemonset)
    return f"{installed_status(daemonset)}, {ready} of {desired} ready"


def is_ready(daemonset: Mapping[str, Any] | None) -> bool:
    """Whether it runs wherever it is wanted, and HSS is content."""
    ready, desired = numbers(daemonset)
    return ready >= desired > 0 and installed_status(daemonset) in SUCCEEDED
