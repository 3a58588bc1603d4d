# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: compares the desired node agent of a cluster with HSS's state and makes a plan. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import HssError, invalid_option
from .desired import Desired
from .options import RESOURCE_FIELDS, SCHEDULE_FIELDS
from .status import (
    accepts_limits,
    has_failed,
    in_transition,
    installed_status,
    range_warnings,
    readable,
    tolerances_are_missing,
)

CONNECTED = "connect_success"
_PAST = {"create": "installed", "update": "changed"}


@dataclass(frozen=True)
class Observed:
    """The state that HSS reports.

    :arg cluster: the registration, as listed; None if there is none.
    :arg daemonset: the node agent, as its own call reports it; None if there is none.
    :arg agent_version: as the list of node agents reports it.
    """

    cluster: Mapping[str, Any] | None = None
    daemonset: Mapping[str, Any] | None = None
    agent_version: str | None = None

    @property
    def status(self) -> str:
        """The status of the connection."""
        return str((self.cluster or {}).get("status"))

    @property
    def connected(self) -> bool:
        """Whether HSS is connected to the cluster."""
        return self.status == CONNECTED


@dataclass(frozen=True)
class Plan:
    """The requests that make a node agent what it should be.

    :arg actions: C(create), C(update) and C(delete) in order; empty if there is nothing to do.
    :arg body: the body of the create request.
    :arg changes: the body of the update request.
    :arg expected: the node agent as HSS will report it, as far as that is known beforehand; None if there will be none.
    :arg before: the readable fields, for the diff; C(after) likewise.
    """

    desired: Desired
    observed: Observed = Observed()
    actions: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def cluster_name(self) -> str | None:
        """The name with which the cluster is registered, or else the given one."""
        name = (self.observed.cluster or {}).get("cluster_name") or self.desired.cluster_name
        return str(name) if name else None

    @property
    def label(self) -> str:
        """The cluster's name and id, for messages."""
        return f"'{self.cluster_name}' ({self.desired.cluster_id})" if self.cluster_name else self.desired.cluster_id

    def deviations(self, daemonset: Mapping[str, Any]) -> str:
        """The fields in which a reported node agent deviates from the plan, as a text; empty if there are none."""
        reported, planned = readable(daemonset, None), self.after
        names = self.desired.differences(daemonset)
        lines = [
            key for key in {**planned, **reported} if any(key == name or key.startswith(f"{name}.") for name in names)
        ]
        return "; ".join(
            f"{key} is {reported.get(key, 'not set')}, the options say {planned.get(key, 'none')}"
            for key in lines
            if reported.get(key) != planned.get(key)
        )


def needs_template(desired: Desired, observed: Observed) -> bool:
    """Whether L(plan) needs HSS's template."""
    if desired.state == "absent" or observed.cluster is None or observed.daemonset is not None:
        return False
    paths = (desired.runtimes or {"": None}).values()
    return None in paths or any(name not in desired.schedule for name in SCHEDULE_FIELDS)


def plan(desired: Desired, observed: Observed, template: Mapping[str, Any] | None = None) -> Plan:
    """Makes the plan for one node agent.

    :arg template: HSS's own values for what the user did not give.
    :raises HssError: if the options cannot be fulfilled.
    """
    before = readable(observed.daemonset, observed.agent_version)
    unchanged = Plan(desired, observed, expected=observed.daemonset, before=before, after=before)
    if desired.state == "absent":
        # For a cluster that is not registered, HSS answers 200 to any request, so the listing decides.
        if observed.cluster is None or observed.daemonset is None:
            return Plan(desired, observed)
        return Plan(desired, observed, ("delete",), before=before)
    if observed.cluster is None:
        raise HssError(
            f"cluster_id: no multi-cloud cluster {desired.cluster_id} is registered",
            hint="Nothing was sent, because HSS would report success without doing anything. Register the cluster "
            "first, and check region, project_id and enterprise_project_id.",
        )
    if observed.daemonset is None:
        made = _require_connection(_create(unchanged, template or {}))
        return replace(made, warnings=tuple(range_warnings(desired.resources)))
    if in_transition(observed.daemonset):
        raise HssError(
            f"HSS reports only a part of the node agent of the cluster {unchanged.label}: it is being installed or "
            "removed",
            operation="ShowAgentDaemonsetDetailInfo",
            hint="Nothing was sent. Run again when it is settled, or increase wait_timeout.",
        )
    warnings = [] if observed.connected else [_outdated(unchanged)]
    differing = desired.differences(observed.daemonset)
    if any(name.startswith("resource_info.") for name in differing) and not accepts_limits(observed.daemonset):
        warnings.append(
            f"The resources of the node agent of the cluster {unchanged.label} are left as they are, because HSS "
            "changes them only while it runs or after a failed upgrade, and its status is "
            f"{installed_status(observed.daemonset)}. Run again later"
        )
        differing = [name for name in differing if not name.startswith("resource_info.")]
        unchanged = replace(unchanged, desired=replace(desired, resources={}))
    if tolerances_are_missing(observed.daemonset, desired.schedule):
        warnings.append(_not_compared("pod_tolerances", unchanged))
    if desired.agent_version and observed.agent_version is None:
        warnings.append(_not_compared("agent_version", unchanged))
    elif desired.agent_version not in (None, observed.agent_version):
        differing.append("agent_version")
    made = _require_connection(_update(unchanged) if differing else unchanged)
    return replace(made, warnings=(*range_warnings(desired.resources), *warnings))


def _outdated(made: Plan) -> str:
    return (
        f"HSS is not connected to the cluster {made.label} (status {made.observed.status}): what it reports about the "
        "node agent may be outdated"
    )


def _not_compared(option: str, made: Plan) -> str:
    return (
        f"HSS does not report the {option} of the node agent of the cluster {made.label}, so it is not compared with "
        "the option, and does not cause a change"
    )


def _require_connection(made: Plan) -> Plan:
    observed = made.observed
    if observed.connected:
        return made
    if not made.actions:
        return made
    raise HssError(
        f"The node agent of the cluster {made.label} cannot be {_PAST[made.actions[0]]}: HSS is not connected "
        f"to the cluster, its status is {observed.status}",
        hint="Nothing was sent, because HSS would report success without doing anything. Install the connection agent, "
        "see hss_multicloud_agent_info; hss_multicloud_cluster with wait=true waits for the connection.",
    )


def _create(made: Plan, template: Mapping[str, Any]) -> Plan:
    desired = made.desired
    offered = {str(item.get("runtime_name")): item for item in template.get("runtime_info") or ()}
    names = desired.runtimes if desired.runtimes is not None else dict.fromkeys(offered)
    if not names:
        raise invalid_option("runtime_info", "is needed: HSS's template names no container runtime.")
    schedule = {**_present(template.get("schedule_info"), SCHEDULE_FIELDS), **_as_lists(desired.schedule)}
    body: dict[str, Any] = {
        "cluster_name": desired.cluster_name or made.cluster_name or desired.cluster_id,
        "auto_upgrade": desired.upgrades,
        "runtime_info": [_runtime(name, path, offered.get(name)) for name, path in names.items()],
        **({"schedule_info": schedule} if schedule else {}),
        **({"resource_info": dict(desired.resources)} if desired.resources else {}),
    }
    actions, changes = ["create"], {}
    if desired.agent_version:
        # The create call has no field for it.
        actions.append("update")
        changes = {**body, "agent_version": desired.agent_version}
    expected: dict[str, Any] = {
        name: body[name] for name in ("runtime_info", "schedule_info", "resource_info") if name in body
    }
    return replace(
        made,
        actions=tuple(actions),
        body=body,
        changes=changes,
        expected=expected,
        after=readable(expected, desired.agent_version),
    )


def _update(made: Plan) -> Plan:
    """Keeps the values that the user did not give, as far as HSS reports them."""
    desired, now = made.desired, made.observed.daemonset or {}
    present = {str(item.get("runtime_name")): item for item in now.get("runtime_info") or ()}
    names = desired.runtimes if desired.runtimes is not None else dict.fromkeys(present)
    if not names:
        raise invalid_option("runtime_info", "is needed to change the node agent: HSS does not report its runtimes.")
    schedule = {**_present(now.get("schedule_info"), SCHEDULE_FIELDS), **_as_lists(desired.schedule)}
    kept = _present(now.get("resource_info"), RESOURCE_FIELDS)
    if desired.resources.get("mode") not in (None, kept.get("mode")):
        kept = {}  # The limits belong to the old mode.
    resources = {**kept, **desired.resources}
    fields: dict[str, Any] = {
        "runtime_info": [_runtime(name, path, present.get(name)) for name, path in names.items()],
        **({"schedule_info": schedule} if schedule else {}),
        **({"resource_info": resources} if resources else {}),
    }
    changes = {
        "cluster_name": desired.cluster_name or made.cluster_name or desired.cluster_id,
        "auto_upgrade": desired.upgrades,
        **fields,
        **({"agent_version": desired.agent_version} if desired.agent_version else {}),
    }
    expected = {**now, **fields}
    version = desired.agent_version or made.observed.agent_version
    return replace(made, actions=("update",), changes=changes, expected=expected, after=readable(expected, version))


def _runtime(name: str, path: str | None, known: Mapping[str, Any] | None) -> dict[str, str]:
    path = path or (known or {}).get("runtime_path")
    return {"runtime_name": name, **({"runtime_path": path} if path else {})}


def _as_lists(schedule: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in schedule.items()}


def _present(record: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: record[name] for name in names if (record or {}).get(name) is not None}


def with_retry(made: Plan) -> Plan:
    """Returns the plan, with an update if the node agent is as desired, but its installation or upgrade has failed.

    The failure may be from before the reason was removed, and HSS does not try again by itself. The update has the
    values that the node agent has.
    """
    daemonset = made.observed.daemonset
    if made.desired.state == "absent" or made.actions or not made.observed.connected or not has_failed(daemonset):
        return made
    if not (made.desired.runtimes or (daemonset or {}).get("runtime_info")):
        # HSS requires the runtimes in an update, and does not report them.
        return made
    retried = _update(made)
    status = installed_status(daemonset)
    return replace(
        retried,
        before={**retried.before, "installed_status": status},
        after={**retried.after, "installed_status": f"requested again after {status}"},
    )
