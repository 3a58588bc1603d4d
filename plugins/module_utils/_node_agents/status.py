# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the state of a node agent as HSS reports it, and how it differs from options. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .options import RESOURCE_FIELDS, SCHEDULE_FIELDS

SUCCEEDED = ("install_success", "upgrade_success")
# The vendor's pages have two spellings of the second status.
FAILED = ("install_failed", "partially_success", "partically_success", "upgrade_failed")


def differences(
    daemonset: Mapping[str, Any],
    runtimes: Mapping[str, str | None] | None,
    schedule: Mapping[str, Sequence[str]],
    resources: Mapping[str, str],
) -> list[str]:
    """The names of the fields that differ from their desired values. The order of lists does not matter.

    :arg runtimes: paths by runtime, None for any path; None for any runtimes.
    """
    differing = []
    present = {str(item.get("runtime_name")): item.get("runtime_path") for item in daemonset.get("runtime_info") or ()}
    if runtimes is not None and not (
        set(runtimes) == set(present) and all(path in (None, present[name]) for name, path in runtimes.items())
    ):
        differing.append("runtime_info")
    info = daemonset.get("schedule_info") or {}
    differing += [
        f"schedule_info.{name}"
        for name, values in schedule.items()
        if set(values) != set(info.get(name) or ())
        # What HSS does not report is unknown, and would otherwise differ for ever.
        and not (name == "pod_tolerances" and tolerances_are_missing(daemonset, schedule))
    ]
    info = daemonset.get("resource_info") or {}
    differing += [
        f"resource_info.{name}" for name, value in resources.items() if _quantity(value) != _quantity(info.get(name))
    ]
    return differing


_QUANTITY = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))?")
_MAX_QUANTITY = 64  # characters
_FACTORS = {
    **{letter: Decimal(10) ** power for letter, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18))},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def _quantity(text: Any) -> Any:
    """A Kubernetes quantity as a number, since 1Gi and 1024Mi are the same; other texts are compared as they are."""
    match = _QUANTITY.fullmatch(str(text)) if len(str(text)) <= _MAX_QUANTITY else None
    if not match:
        return text
    number, unit, exponent = match.groups()
    return Decimal(number) * _FACTORS.get(unit, Decimal(1)) * Decimal(10) ** int(exponent or 0)


def is_quantity(text: str) -> bool:
    """Whether a text is a quantity of Kubernetes that is more than zero."""
    value = _quantity(text)
    return isinstance(value, Decimal) and value > 0


def readable(daemonset: Mapping[str, Any] | None, agent_version: str | None) -> dict[str, Any]:
    """The fields of a node agent for the diff, in a fixed order."""
    if daemonset is None:
        return {}
    lines = {
        f"runtime_info.{item.get('runtime_name')}": item.get("runtime_path") or "default path"
        for item in sorted(daemonset.get("runtime_info") or (), key=lambda item: str(item.get("runtime_name")))
    }
    schedule = daemonset.get("schedule_info") or {}
    for name in SCHEDULE_FIELDS:
        if schedule.get(name):
            lines[f"schedule_info.{name}"] = ", ".join(sorted(schedule[name]))
    resources = daemonset.get("resource_info") or {}
    for name in RESOURCE_FIELDS:
        if resources.get(name):
            lines[f"resource_info.{name}"] = resources[name]
    if agent_version:
        lines["agent_version"] = agent_version
    return lines


def in_transition(daemonset: Mapping[str, Any] | None) -> bool:
    """Whether HSS reports one half of a node agent, while it is being installed or removed."""
    if daemonset is None:
        return False
    return (daemonset.get("runtime_info") is None) is not (daemonset.get("yaml_content") is None)


def tolerances_are_missing(daemonset: Mapping[str, Any] | None, schedule: Mapping[str, Sequence[str]]) -> bool:
    """Whether HSS does not report the tolerances of a node agent, so that they cannot be compared with the options."""
    if daemonset is None or in_transition(daemonset) or not schedule.get("pod_tolerances"):
        return False
    return (daemonset.get("schedule_info") or {}).get("pod_tolerances") is None


def accepts_limits(daemonset: Mapping[str, Any] | None) -> bool:
    """Whether HSS changes the resources of a node agent in its status, as far as that is known."""
    return (daemonset or {}).get("installed_status") in (*SUCCEEDED, "upgrade_failed", None)


# What the vendor's pages allow. They say MB, so both readings of it are accepted.
_RANGES = {
    "cpu_limit": (Decimal("0.2"), Decimal(8), "from 0.2 to 8 cores"),
    "mem_limit": (Decimal(500) * 1000**2, Decimal(1200) * 1024**2, "from 500 to 1200 MB"),
}


def range_warnings(resources: Mapping[str, str]) -> list[str]:
    """A warning for each limit outside of the range that HSS documents."""
    warnings = []
    for name, (least, most, text) in _RANGES.items():
        value = _quantity(resources[name]) if name in resources else None
        if isinstance(value, Decimal) and not least <= value <= most:
            warnings.append(
                f"resource_info.{name}: {resources[name]} is outside of what HSS documents, {text}. HSS may refuse or "
                "ignore it"
            )
    return warnings


def node_counts(daemonset: Mapping[str, Any] | None) -> tuple[int, int]:
    """The number of nodes on which the agent is ready, and on which it should run."""
    counts = (daemonset or {}).get("ds_info") or {}
    ready, desired = counts.get("ready_num"), counts.get("desired_num")
    return ready if isinstance(ready, int) else 0, desired if isinstance(desired, int) else 0


def installed_status(daemonset: Mapping[str, Any] | None) -> str:
    """The status of the installation; the text C(None) if HSS reports none."""
    return str((daemonset or {}).get("installed_status"))


def status_text(daemonset: Mapping[str, Any] | None) -> str:
    """The status and the numbers of nodes, for messages."""
    if daemonset is None:
        return "absent"
    ready, desired = node_counts(daemonset)
    transition = "in transition, " if in_transition(daemonset) else ""
    return f"{transition}{installed_status(daemonset)}, {ready} of {desired} ready"


def is_ready(daemonset: Mapping[str, Any] | None) -> bool:
    """Whether the agent runs on every node on which it should, and HSS reports success."""
    ready, desired = node_counts(daemonset)
    return not in_transition(daemonset) and ready >= desired > 0 and installed_status(daemonset) in SUCCEEDED


def has_no_nodes(daemonset: Mapping[str, Any] | None) -> bool:
    """Whether HSS reports success, and that there is no node on which the agent should run."""
    desired = ((daemonset or {}).get("ds_info") or {}).get("desired_num")
    return not in_transition(daemonset) and desired == 0 and installed_status(daemonset) in SUCCEEDED


def has_failed(daemonset: Mapping[str, Any] | None) -> bool:
    """Whether HSS reports a failure."""
    return installed_status(daemonset) in FAILED
