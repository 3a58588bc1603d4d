# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what became of a cluster, as a result and as a line of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.dates import NO_END, utc_text
from .._core.outcome import list_entry, single_result
from .outcome import ClusterOutcome

_PAST = {"create": "registered", "update": "updated", "delete": "removed"}
REGISTERED_AGAIN = "removed and registered again"


def result(outcome: ClusterOutcome) -> dict[str, Any]:
    """What the module of one cluster returns, without the error."""
    cluster = dict(outcome.observed) if outcome.observed else None
    desired = outcome.plan.desired
    return {
        **single_result(outcome, header=desired.name or str(desired.cluster_id)),
        "cluster": cluster,
        "cluster_id": (cluster or {}).get("cluster_id") or outcome.own_id or outcome.plan.cluster_id,
    }


def entry(outcome: ClusterOutcome, check_mode: bool) -> dict[str, Any]:
    """An entry of what the module of many clusters returns."""
    return {
        "name": outcome.plan.desired.name,
        "status": (outcome.observed or {}).get("status"),
        **list_entry(outcome, lambda: summary(outcome.actions, outcome.observed, check_mode)),
        **result(outcome),
    }


def registered_again(actions: Sequence[str]) -> bool:
    """Whether a registration was removed and created again, since HSS cannot change it."""
    return "delete" in actions and actions[-1] == "create"


def summary(actions: Sequence[str], cluster: Mapping[str, Any] | None, check_mode: bool) -> str:
    """A line of a report: what was done, or would be, and the cluster's state.

    :arg cluster: as listed.
    """
    cluster = cluster or {}
    if actions:
        verb = REGISTERED_AGAIN if registered_again(actions) else _PAST[actions[-1]]
        parts = [f"would be {verb}" if check_mode else verb]
    else:
        parts = ["unchanged" if cluster else "not registered"]
    parts += [str(cluster[name]) for name in ("server", "status") if cluster.get(name)]
    expiry = cluster.get("certificate_expiration_date") or cluster.get("current_expiration_date")
    if isinstance(expiry, int) and expiry < NO_END:
        parts.append(f"credential until {utc_text(expiry)}")
    if cluster.get("cluster_id"):
        parts.append(f"id {cluster['cluster_id']}")
    return ", ".join(parts)
