# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what changed between two listings of the registered clusters, as events. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.listing import documented_fields
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize

# What is known of each cluster, by its id: C(cluster_name), C(status), and C(limits), the numbers of days for which an
# event was sent.
State = dict[str, dict[str, Any]]
Event = dict[str, Any]

_MAX_TEXT = 1_000


def changes(
    before: State | None, clusters: Iterable[Mapping[str, Any]], limits: Sequence[int]
) -> tuple[list[Event], State]:
    """Returns the events, and the state after them.

    :arg before: None if nothing is known, so that only credentials that end soon are reported.
    :arg clusters: the complete list, with C(days_left).
    :arg limits: numbers of days, from the greatest to the least.
    """
    events: list[Event] = []
    after: State = {}
    for cluster in clusters:
        known = (before or {}).get(cluster["cluster_id"])
        status = cluster.get("status")
        description = {**describe(documented_fields(cluster)), "days_left": cluster["days_left"]}
        if known is None:
            if before is not None:
                events.append({"type": "registered", "cluster": description})
        elif known["status"] != status:
            events.append(
                {"type": "status_changed", "cluster": description, "previous_status": defused(known["status"])}
            )
        days = cluster["days_left"]
        reached = [limit for limit in limits if days is not None and days < limit]
        # After a renewal, the limits count again.
        sent = [limit for limit in (known or {}).get("limits", ()) if limit in reached]
        new = [limit for limit in reached if limit not in sent]
        if new:
            # A cluster that falls under several limits at once is reported for the least of them only.
            events.append({"type": "expiring", "cluster": description, "limit": new[-1]})
        after[cluster["cluster_id"]] = {
            "cluster_name": cluster.get("cluster_name"),
            "status": status,
            "limits": reached,
        }
    for cluster_id, known in (before or {}).items():
        if cluster_id not in after:
            gone = {"cluster_id": cluster_id, "cluster_name": known["cluster_name"]}
            events.append({"type": "removed", "cluster": describe(gone), "previous_status": defused(known["status"])})
    return events, after


def describe(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in which every text is defused."""
    return {name: defused(value) for name, value in values.items()}


def defused(value: Any) -> Any:
    """A text from HSS in which no template is left; other values as they are.

    ansible-rulebook passes events to playbooks as extra variables, in which Ansible evaluates templates. Whoever can
    register a cluster could have code executed by the name of the cluster.
    """
    if not isinstance(value, str):
        return value
    text = sanitize(value, _MAX_TEXT)
    text = re.sub(r"\{(?=[{%#])", "{ ", text)
    return re.sub(r"^#(?=jinja2)", "# ", text, flags=re.IGNORECASE)
