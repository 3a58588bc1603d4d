# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what became of the protection of nodes, as the result of the module."""

from __future__ import annotations

from typing import Any

from .._core.diff import diff_text
from .._core.outcome import list_entry
from .execute import HostOutcome
from .plan import is_switched, problem
from .reconcile import Protection

_PAST = {"open": "protection opened", "close": "protection closed", "uninstall": "agent uninstalled"}
_FUTURE = {name: text.replace(" ", " would be ", 1) for name, text in _PAST.items()}


def result(protection: Protection, check_mode: bool) -> dict[str, Any]:
    """What the module returns, without the error."""
    outcomes = protection.outcomes
    done = [action for action in _PAST if any(action in outcome.actions for outcome in outcomes)]
    return {
        "changed": bool(done),
        "actions": done,
        "nodes": [entry(outcome, check_mode) for outcome in outcomes],
        "quota": protection.quota.as_dict() if protection.quota else None,
        "diff": {
            side: diff_text({key: text for outcome in outcomes for key, text in getattr(outcome.plan, side).items()})
            for side in ("before", "after")
        },
    }


def entry(outcome: HostOutcome, check_mode: bool) -> dict[str, Any]:
    """What the module returns about a node."""
    host = outcome.observed or outcome.plan.host or {}
    return {
        **{
            name: host.get(name)
            for name in ("host_id", "host_name", "private_ip", "cluster_id", "agent_status", "protect_status")
        },
        "host_name": host.get("host_name") or outcome.plan.node,
        "changed": bool(outcome.actions),
        "actions": list(outcome.actions),
        **list_entry(outcome, lambda: _summary(outcome, check_mode)),
        **({"progress": list(outcome.progress)} if outcome.progress else {}),
    }


def _summary(outcome: HostOutcome, check_mode: bool) -> str:
    words = _FUTURE if check_mode else _PAST
    done = ", ".join(words[action] for action in outcome.actions) or "unchanged"
    host = outcome.observed or {}
    status = host.get("protect_status")
    if check_mode or not status:
        return done
    reason = problem(host)
    if outcome.actions and not is_switched(host, opened="open" in outcome.actions):
        return (
            f"{'opening' if 'open' in outcome.actions else 'closing'} protection was requested, its status is {status}"
        )
    return f"{done}, {status}{f': {reason}' if reason else ''}"
