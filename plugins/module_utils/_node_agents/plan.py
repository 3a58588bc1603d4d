# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a node agent as wanted + as HSS has it -> a plan. Pure functions, no I/O.

Check mode is a plan that is not carried out, so C(changed), C(actions) and C(diff) of both agree by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import HssError, invalid
from .status import RESOURCE_FIELDS, SCHEDULE_FIELDS, differences, readable

RUNTIMES = ("containerd_endpoint", "docker_endpoint", "crio_endpoint", "isulad_endpoint", "podman_endpoint")
RESOURCE_MODES = ("default", "customized", "adaptive")
LIMITS = ("cpu_limit", "mem_limit")
# The first three the service demands, although its page calls them optional.
CREATE_FIELDS = ("cluster_name", "auto_upgrade", "runtime_info", "schedule_info", "resource_info")

CONNECTED = "connect_success"

_LONGEST_LIMIT = 32
_LONGEST_ID = 256


@dataclass(frozen=True)
class Desired:
    """The node agent of one cluster as it is wanted; None for what the user did not give.

    :arg runtimes: the paths by name, None for a path that was not given.
    :arg schedule: C(node_selector) and C(pod_tolerances), as far as given; C(resources) likewise.
    """

    state: str
    cluster_id: str
    cluster_name: str | None = None
    auto_upgrade: bool | None = None
    runtimes: Mapping[str, str | None] | None = None
    schedule: Mapping[str, Sequence[str]] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    agent_version: str | None = None

    @property
    def upgrades(self) -> bool:
        """Whether HSS is to upgrade by itself: not away from a version that is asked for."""
        return self.agent_version is None if self.auto_upgrade is None else self.auto_upgrade

    def differences(self, daemonset: Mapping[str, Any]) -> list[str]:
        """What the user gave and HSS shows otherwise."""
        return differences(daemonset, self.runtimes, self.schedule, self.resources)


@dataclass(frozen=True)
class Observed:
    """What HSS has.

    :arg cluster: the registration, as listed; None if there is none.
    :arg daemonset: the node agent, as its own call shows it; None if there is none.
    :arg agent_version: as the list of node agents shows it.
    """

    cluster: Mapping[str, Any] | None = None
    daemonset: Mapping[str, Any] | None = None
    agent_version: str | None = None

    @property
    def status(self) -> str:
        """The connection's."""
        return str((self.cluster or {}).get("status"))

    @property
    def connected(self) -> bool:
        """Whether HSS can reach the cluster."""
        return self.status == CONNECTED


@dataclass(frozen=True)
class Plan:
    """What has to be done so that a node agent is as wanted.

    :arg actions: of C(create), C(update) and C(delete), in order; empty if nothing has to be done.
    :arg body: what a create sends.
    :arg changes: what an update sends.
    :arg daemonset: the node agent as it will be shown, as far as that is known beforehand; None if it will not be.
    :arg before: the readable fields for the diff; C(after) likewise.
    """

    desired: Desired
    observed: Observed = Observed()
    actions: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    daemonset: Mapping[str, Any] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def cluster_name(self) -> str | None:
        """As registered."""
        name = (self.observed.cluster or {}).get("cluster_name") or self.desired.cluster_name
        return str(name) if name else None

    @property
    def label(self) -> str:
        """For messages."""
        return f"'{self.cluster_name}' ({self.desired.cluster_id})" if self.cluster_name else self.desired.cluster_id

    def unlike(self, daemonset: Mapping[str, Any]) -> str:
        """What HSS shows of a node agent where it is not as planned, in words; empty if it is."""
        shown, wanted = readable(daemonset, None), self.after
        names = self.desired.differences(daemonset)
        lines = [key for key in {**wanted, **shown} if any(key == name or key.startswith(f"{name}.") for name in names)]
        return "; ".join(
            f"{key} is {shown.get(key, 'not set')}, wanted is {wanted.get(key, 'none')}"
            for key in lines
            if shown.get(key) != wanted.get(key)
        )


# --- options to what is wanted ----------------------------------------------------------------------------------------


def desire(options: Mapping[str, Any], state: str) -> Desired:
    """Checks the options of one node agent.

    :arg options: the module's, C(None) for what is not given.
    :raises HssError: naming the option and the remedy; nothing has been sent.
    """
    cluster_id = options["cluster_id"]
    if not cluster_id.strip() or len(cluster_id) > _LONGEST_ID or not cluster_id.isprintable():
        raise invalid("cluster_id", "is not an id. The modules that register and list clusters return it.")
    if state == "absent":
        return Desired(state, cluster_id)
    schedule = options.get("schedule_info") or {}
    return Desired(
        state,
        cluster_id,
        cluster_name=options.get("cluster_name") or None,
        auto_upgrade=options.get("auto_upgrade"),
        runtimes=_runtimes(options.get("runtime_info")),
        schedule={name: _words(name, schedule[name]) for name in SCHEDULE_FIELDS if schedule.get(name) is not None},
        resources=_resources(options.get("resource_info") or {}),
        agent_version=options.get("agent_version") or None,
    )


def _runtimes(given: Sequence[Mapping[str, Any]] | None) -> dict[str, str | None] | None:
    if given is None:
        return None
    if not given:
        raise invalid("runtime_info", "names no runtime. Leave it out to have those of HSS's template.")
    found: dict[str, str | None] = {}
    for item in given:
        name = item["runtime_name"]
        if name in found:
            raise invalid("runtime_info", f"names {name} twice.")
        found[name] = item.get("runtime_path") or None
    return found


def _words(name: str, given: Sequence[str]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in given))
    if "" in words:
        raise invalid(f"schedule_info.{name}", "has an empty entry.")
    return words


def _resources(given: Mapping[str, Any]) -> dict[str, str]:
    found = {name: str(given[name]).strip() for name in RESOURCE_FIELDS if given.get(name) not in (None, "")}
    for name in LIMITS:
        if len(found.get(name, "")) > _LONGEST_LIMIT:
            raise invalid(f"resource_info.{name}", f"has more than {_LONGEST_LIMIT} characters.")
    limits = [name for name in LIMITS if name in found]
    if limits and found.setdefault("mode", "customized") == "default":
        raise invalid(f"resource_info.{limits[0]}", "does not go with mode=default.")
    return found


def check_unique(wanted: Iterable[Desired]) -> None:
    """:raises HssError: if a list asks for one cluster twice."""
    seen: dict[str, int] = {}
    for index, desired in enumerate(wanted):
        first = seen.setdefault(desired.cluster_id, index)
        if first != index:
            place = f"daemonsets[{index}].cluster_id"
            raise invalid(place, f"'{desired.cluster_id}' is already given by daemonsets[{first}].")


# --- what is wanted and what HSS has, to a plan -----------------------------------------------------------------------


def needs_template(desired: Desired, observed: Observed) -> bool:
    """Whether L(plan) needs HSS's template."""
    if desired.state == "absent" or observed.cluster is None or observed.daemonset is not None:
        return False
    paths = (desired.runtimes or {"": None}).values()
    return None in paths or any(name not in desired.schedule for name in SCHEDULE_FIELDS)


def plan(desired: Desired, observed: Observed, template: Mapping[str, Any] | None = None) -> Plan:
    """What to do. Sends nothing.

    :arg template: HSS's own values for what the user did not give.
    :raises HssError: if it cannot be done.
    """
    before = readable(observed.daemonset, observed.agent_version)
    nothing = Plan(desired, observed, daemonset=observed.daemonset, before=before, after=before)
    if desired.state == "absent":
        # Of a cluster that is not registered, HSS answers anything.
        if observed.cluster is None or observed.daemonset is None:
            return Plan(desired, observed)
        return Plan(desired, observed, ("delete",), before=before)
    if observed.cluster is None:
        raise HssError(
            f"cluster_id: no multi-cloud cluster {desired.cluster_id} is registered",
            hint="HSS would answer that all is well, and do nothing. Register the cluster first, and check region, "
            "project_id and enterprise_project_id.",
        )
    if observed.daemonset is None:
        return _require_connection(_create(nothing, template or {}))
    differing = desired.differences(observed.daemonset)
    if desired.agent_version not in (None, observed.agent_version):
        differing.append("agent_version")
    return _require_connection(_update(nothing) if differing else nothing)


def _require_connection(the_plan: Plan) -> Plan:
    observed = the_plan.observed
    if observed.connected:
        return the_plan
    if not the_plan.actions:
        warning = f"HSS is not connected to the cluster {the_plan.label}: what it says of its node agent may be old"
        return replace(the_plan, warnings=(f"{warning} (status {observed.status})",))
    raise HssError(
        f"The node agent of the cluster {the_plan.label} cannot be {_PAST[the_plan.actions[0]]}: HSS is not connected "
        f"to the cluster, its status is {observed.status}",
        hint="Nothing was sent: HSS would answer that all is well, and do nothing. The connection agent has to run in "
        "the cluster, see hss_multicloud_agent_info; hss_multicloud_cluster with wait=true waits for the connection.",
    )


_PAST = {"create": "installed", "update": "changed"}


def _create(the_plan: Plan, template: Mapping[str, Any]) -> Plan:
    desired = the_plan.desired
    offered = {str(item.get("runtime_name")): item for item in template.get("runtime_info") or ()}
    names = desired.runtimes if desired.runtimes is not None else dict.fromkeys(offered)
    if not names:
        raise invalid("runtime_info", "is needed: HSS's template names no container runtime.")
    schedule = {**_given(template.get("schedule_info"), SCHEDULE_FIELDS), **_lists(desired.schedule)}
    body: dict[str, Any] = {
        "cluster_name": desired.cluster_name or the_plan.cluster_name or desired.cluster_id,
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
    shown: dict[str, Any] = {
        name: body[name] for name in ("runtime_info", "schedule_info", "resource_info") if name in body
    }
    return replace(
        the_plan,
        actions=tuple(actions),
        body=body,
        changes=changes,
        daemonset=shown,
        after=readable(shown, desired.agent_version),
    )


def _update(the_plan: Plan) -> Plan:
    """What the user did not give stays as it is, as far as HSS tells what it is."""
    desired, now = the_plan.desired, the_plan.observed.daemonset or {}
    present = {str(item.get("runtime_name")): item for item in now.get("runtime_info") or ()}
    names = desired.runtimes if desired.runtimes is not None else dict.fromkeys(present)
    if not names:
        raise invalid("runtime_info", "is needed to change the node agent: HSS does not show which runtimes it has.")
    schedule = {**_given(now.get("schedule_info"), SCHEDULE_FIELDS), **_lists(desired.schedule)}
    kept = _given(now.get("resource_info"), RESOURCE_FIELDS)
    if desired.resources.get("mode") not in (None, kept.get("mode")):
        kept = {}  # limits belong to a mode
    resources = {**kept, **desired.resources}
    fields: dict[str, Any] = {
        "runtime_info": [_runtime(name, path, present.get(name)) for name, path in names.items()],
        **({"schedule_info": schedule} if schedule else {}),
        **({"resource_info": resources} if resources else {}),
    }
    changes = {
        "cluster_name": desired.cluster_name or the_plan.cluster_name or desired.cluster_id,
        "auto_upgrade": desired.upgrades,
        **fields,
        **({"agent_version": desired.agent_version} if desired.agent_version else {}),
    }
    shown = {**now, **fields}
    version = desired.agent_version or the_plan.observed.agent_version
    return replace(the_plan, actions=("update",), changes=changes, daemonset=shown, after=readable(shown, version))


def _runtime(name: str, path: str | None, known: Mapping[str, Any] | None) -> dict[str, str]:
    path = path or (known or {}).get("runtime_path")
    return {"runtime_name": name, **({"runtime_path": path} if path else {})}


def _lists(given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(words) for name, words in given.items()}


def _given(record: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: record[name] for name in names if (record or {}).get(name) is not None}
