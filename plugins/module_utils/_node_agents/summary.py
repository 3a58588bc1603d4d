# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what became of a node agent, as a result and as a line of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.outcome import list_entry, single_result
from .execute import AgentOutcome
from .status import installed_status, status_text

_PAST = {"create": "installed", "update": "changed", "delete": "removed"}
# The manifest that HSS reports as well is left out, since it may hold secrets.
_RETURNED = (
    "installed_status",
    "ds_info",
    "node_num",
    "cluster_status",
    "runtime_info",
    "schedule_info",
    "resource_info",
)


def result(outcome: AgentOutcome) -> dict[str, Any]:
    """What the module of one node agent returns, without the error."""
    return {
        **single_result(outcome, header=outcome.label),
        "cluster_id": outcome.cluster_id,
        "daemonset": returned_fields(outcome.observed),
    }


def entry(outcome: AgentOutcome, check_mode: bool) -> dict[str, Any]:
    """An entry of what the module of many node agents returns."""
    observed = outcome.observed or {}
    return {
        "cluster_name": outcome.plan.cluster_name,
        "status": installed_status(observed) if observed.get("installed_status") else None,
        **list_entry(outcome, lambda: summary(outcome, check_mode)),
        **result(outcome),
    }


def returned_fields(daemonset: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The fields of a node agent that modules return."""
    return None if daemonset is None else {name: daemonset[name] for name in _RETURNED if name in daemonset}


def summary(outcome: AgentOutcome, check_mode: bool) -> str:
    """A line of a report: what was done, or would be, and the node agent's state."""
    if not outcome.actions:
        return "no node agent" if outcome.observed is None else f"unchanged, {status_text(outcome.observed)}"
    verb = _PAST[outcome.actions[0]]
    if check_mode:
        return f"would be {verb}"
    if outcome.observed is None:
        return verb
    return f"{'removal requested' if verb == 'removed' else verb}, {status_text(outcome.observed)}"
