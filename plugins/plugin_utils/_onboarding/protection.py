# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: opens the protection of nodes and takes it back, for all clusters of a connection at once.

An agent protects nothing as long as the protection of its node is closed. Opening it takes quotas or costs money, so
nothing here opens it unless the variables say what pays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.hss import HssApi
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.batch import Batch
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, enumerate_some
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import failure_summary
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.execute import HostOutcome
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.hosts import described, find
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import (
    CONTAINER_VERSION,
    PACKET_CYCLE,
    Desired,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.plan import (
    agent_is_gone,
    counted,
    is_switched,
    problem,
    quota_of,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.reconcile import (
    Protection,
    reconcile,
    remaining_agents,
)

from .clusters import OnboardedCluster, fail_all
from .register import CONCURRENCY, Connected

CONNECTED = "connect_success"
# Seconds between the first polls. The pauses grow to three times as much, and each poll shows a line.
SLEEP = 4
# As many clusters as one call may name, and fewer.
_MAX_CLUSTERS = 200
_QUOTA_OPERATION = "ShowResourceQuotas"
_SET_CHARGING_MODE = "set hss_onboard_charging_mode"


@dataclass
class _Nodes:
    """The hosts that HSS lists under a cluster."""

    cluster: OnboardedCluster
    hosts: list[dict[str, Any]] = field(default_factory=list)
    error: HssError | None = None

    @property
    def label(self) -> str:
        """The cluster for messages."""
        return self.cluster.name

    @property
    def open(self) -> int:
        """On how many protection takes a quota already."""
        return sum(is_switched(host, opened=True) for host in self.hosts)


def warn_about_variables(cluster: OnboardedCluster) -> None:
    """Warns of variables that have no effect as long as the nodes are not to be protected."""
    if not cluster.speakers:
        return
    variables = cluster.speaker.variables
    given = {"hss_onboard_charging_mode": variables.charging_mode, "hss_onboard_uninstall_agents": None}
    if not variables.present:
        given = {"hss_onboard_uninstall_agents": "true" if variables.uninstall_agents else None}
    names = [name for name, value in given.items() if value]
    if names and not variables.protect_nodes:
        cluster.warnings.append(f"{cluster.name}: {names[0]} has no effect without hss_onboard_protect_nodes: true")


# --- Quotas -----------------------------------------------------------------------------------------------------------


def require_any_quota(connected: Connected) -> None:
    """Fails clusters that HSS is not connected to yet if no quota is left for them, before anything is installed.

    How many nodes they have is not known yet, so each needs one quota at least.
    """
    new = [
        cluster
        for cluster in connected.clusters
        if takes_quotas(cluster) and cluster.row.get("status") != CONNECTED and not cluster.problem
    ]
    admit(connected, new, {})


def with_freed_quotas(connected: Connected, clusters: Iterable[OnboardedCluster]) -> Connected:
    """Adds the quotas that the removals of the play would free: in a real run they are free by now.

    :arg clusters: all clusters of the play, in check mode with what their removal would free.
    """
    keys = {cluster.speaker.connection_key for cluster in connected.clusters if cluster.speakers}
    freed = sum(cluster.freed for cluster in clusters if cluster.speakers and cluster.speaker.connection_key in keys)
    return replace(connected, freed_quotas=freed)


def takes_quotas(cluster: OnboardedCluster) -> bool:
    """Whether protection is to be opened with quotas that were bought."""
    if not (cluster.active and cluster.speaker.variables.present):
        return False
    variables = cluster.speaker.variables
    return variables.protect_nodes and variables.charging_mode == PACKET_CYCLE


def node_counts_of(connected: Connected, clusters: Sequence[OnboardedCluster]) -> dict[str, int]:
    """On how many nodes agents will run, by the clusters' ids, as far as HSS knows before they are installed.

    :raises HssError: if HSS does not say it.
    """
    if not clusters:
        return {}
    rows = {row["cluster_id"]: row for row in connected.session.api().list_daemonsets()}
    counts = {}
    for cluster in clusters:
        row = rows.get(str(cluster.cluster_id)) or {}
        count = (row.get("ds_info") or {}).get("desired_num")
        # A schedule of one's own may leave out nodes, so that their number alone says nothing.
        if not count and not cluster.speaker.variables.daemonset.get("schedule_info"):
            count = row.get("node_num")
        if isinstance(count, int) and count > 0:
            counts[str(cluster.cluster_id)] = count
    return counts


def admit(connected: Connected, clusters: Sequence[OnboardedCluster], counts: Mapping[str, int]) -> None:
    """Fails each cluster whose nodes need more quotas than the clusters before it leave.

    :arg counts: the number of nodes by the clusters' ids; of another cluster, one node at least is assumed.
    """
    taking = [cluster for cluster in clusters if takes_quotas(cluster)]
    if not taking:
        return
    api = connected.session.api()
    try:
        api.require_region()
        quota = quota_of(api.show_quotas(CONTAINER_VERSION, PACKET_CYCLE))
    except HssError as error:
        fail_all(taking, connected.text(error))
        return
    needs = {cluster.name: counts.get(str(cluster.cluster_id), 1) for cluster in taking}
    free = quota.available_num + connected.freed_quotas
    if sum(needs.values()) > free:
        # Nodes that are protected already need no other quota.
        for nodes in _listed(api, taking):
            if nodes.error:
                nodes.cluster.fail(connected.text(nodes.error))
            needs[nodes.cluster.name] = max(0, needs[nodes.cluster.name] - nodes.open)
    left, before = free, 0
    for cluster in taking:
        need = needs[cluster.name]
        if not cluster.active:
            continue
        if need <= left:
            left, before = left - need, before + need
            continue
        least = "" if str(cluster.cluster_id) in counts else "at least "
        nodes_need = counted(need, "node needs", "nodes need")
        others = f"; the clusters before it in this play take {before}" if before else ""
        if connected.freed_quotas:
            others += f"; the removals in this play free {connected.freed_quotas} of them"
        cluster.fail(
            f"its nodes cannot be protected, so nothing is changed on them: {least}{nodes_need} a quota, and "
            f"{counted(left, 'is', 'are')} left of {quota.total_num} for container protection{others}. Buy quota in "
            "this region, close protection elsewhere, or check enterprise_project_id in hss_onboard_connection. If "
            "agents are to run on some nodes only, say so in hss_onboard_daemonset.schedule_info"
        )


def _listed(api: HssApi, clusters: Iterable[OnboardedCluster]) -> list[_Nodes]:
    """The hosts that HSS lists under each cluster that is registered."""
    entries = [_Nodes(cluster) for cluster in clusters]

    def read(entry: _Nodes) -> None:
        cluster_id = entry.cluster.cluster_id
        if cluster_id:
            known = _targets([entry.cluster])["known_nodes"]
            entry.hosts = list(find(api, Desired("closed", (cluster_id,), known_nodes=known)).hosts.values())

    Batch(CONCURRENCY).run_each(entries, read)
    return entries


# --- Opening ----------------------------------------------------------------------------------------------------------


def open_protection(connected: Connected, clusters: Sequence[OnboardedCluster], check_mode: bool) -> None:
    """Opens protection on the nodes of clusters that have node agents, if the variables say what pays for it.

    :arg clusters: their C(nodes) are counted. In check mode, clusters that would get agents are none of them.
    """
    clusters = [cluster for cluster in clusters if cluster.active]
    told = [cluster for cluster in clusters if not cluster.speaker.variables.charging_mode]
    _report_state(connected, told)
    groups: dict[tuple[str, bool, int], list[OnboardedCluster]] = {}
    for cluster in clusters:
        variables = cluster.speaker.variables
        if variables.charging_mode:
            key = (variables.charging_mode, variables.wait, variables.node_wait_timeout)
            groups.setdefault(key, []).append(cluster)
    for (mode, wait, seconds), group in groups.items():
        if not wait and not check_mode:
            group = _with_hosts(connected, group)
        for start in range(0, len(group), _MAX_CLUSTERS):
            params = {**_params("opened", wait, seconds), "charging_mode": mode}
            _open(connected, group[start : start + _MAX_CLUSTERS], params, check_mode)


def open_where_agents_run(connected: Connected, clusters: Sequence[OnboardedCluster]) -> None:
    """Opens protection in clusters that have failed because agents run on some of their nodes only."""
    groups: dict[tuple[str, int], list[OnboardedCluster]] = {}
    for cluster in clusters:
        variables = cluster.speaker.variables
        if variables.charging_mode:
            groups.setdefault((variables.charging_mode, variables.node_wait_timeout), []).append(cluster)
    for (mode, seconds), group in groups.items():
        found = _with_hosts(connected, group)
        for start in range(0, len(found), _MAX_CLUSTERS):
            params = {**_params("opened", False, seconds), "charging_mode": mode}
            _open(connected, found[start : start + _MAX_CLUSTERS], params, check_mode=False)


def tell_opening(cluster: OnboardedCluster, count: int | None) -> None:
    """Tells in check mode what would become of the nodes of a cluster that has no agents yet.

    :arg count: the number of nodes, if it is known.
    """
    mode = cluster.speaker.variables.charging_mode
    if mode:
        cluster.did("open", f"protection would be opened{f' on {count}' if count else ''} with {mode}")
    else:
        cluster.notes.append(f"protection would stay closed: {_SET_CHARGING_MODE}")


def _report_state(connected: Connected, clusters: Sequence[OnboardedCluster]) -> None:
    for entry in _listed(connected.session.api(), clusters):
        cluster = entry.cluster
        if entry.error:
            cluster.warnings.append(
                f"{cluster.name}: whether protection is open is not known: {connected.text(entry.error)}"
            )
            cluster.nodes.pop("protected", None)
            continue
        working = sum(map(_works, entry.hosts))
        _count(cluster, working)
        if not working:
            cluster.notes.append(f"protection is closed: {_SET_CHARGING_MODE}")
        elif working < cluster.nodes.get("desired", 0):
            cluster.notes.append(f"protection open on {working}, closed on the others: {_SET_CHARGING_MODE}")
        else:
            cluster.notes.append(f"protection open on {working}")


def _with_hosts(connected: Connected, clusters: Sequence[OnboardedCluster]) -> list[OnboardedCluster]:
    """The clusters of which HSS lists hosts; for the others, there is nothing to switch yet."""
    found = []
    for entry in _listed(connected.session.api(), clusters):
        if entry.error:
            entry.cluster.fail(connected.text(entry.error))
        elif entry.hosts:
            found.append(entry.cluster)
        else:
            _count(entry.cluster, 0)
            entry.cluster.notes.append("protection is not open yet, since HSS lists no node: run again")
    return found


def _open(
    connected: Connected, clusters: list[OnboardedCluster], params: dict[str, Any], check_mode: bool, again: bool = True
) -> None:
    if not clusters:
        return
    params = {**params, **_targets(clusters), "freed_quotas": connected.freed_quotas}
    try:
        protection = reconcile(connected.session, params, check_mode, connected.progress)
    except HssError as error:
        if again and error.operation == _QUOTA_OPERATION:
            # Not all nodes could be counted before they had agents: some clusters may still have enough.
            admit(connected, clusters, {str(cluster.cluster_id): _desired(cluster) for cluster in clusters})
            _open(connected, [cluster for cluster in clusters if cluster.active], params, check_mode, again=False)
        else:
            fail_all(clusters, connected.text(error))
        return
    waits = params["wait"] and not check_mode
    for cluster in clusters:
        _record_opened(connected, cluster, _own(protection, cluster), waits, check_mode)
    _warn(connected, protection, clusters)


def _record_opened(
    connected: Connected, cluster: OnboardedCluster, own: list[HostOutcome], waits: bool, check_mode: bool
) -> None:
    """Records what became of the nodes of one cluster."""
    opened = sum("open" in outcome.actions for outcome in own)
    missing = max(0, _desired(cluster) - len(own))
    failed = [outcome for outcome in own if outcome.error]
    if check_mode:
        _count(cluster, sum(_works(outcome.plan.host) for outcome in own))
        if opened + missing:
            cluster.did("open", f"protection would be opened on {opened + missing}")
        elif not failed:
            cluster.notes.append(f"protection open on {cluster.nodes['protected']}")
        _fail_nodes(connected, cluster, failed, own)
        return
    working = sum(_works(outcome.observed) for outcome in own)
    broken = sum(is_switched(outcome.observed or {}, opened=True) for outcome in own) - working
    _count(cluster, working)
    state = f"open on {working}{f', open but not working on {broken}' if broken else ''}"
    if opened:
        # Without waiting, HSS may not have carried it out yet.
        done = f"opened on {opened}" if waits else f"requested on {opened}"
        cluster.did("open", f"protection {done}, {state}")
    else:
        cluster.notes.append(f"protection {state}")
    if not waits:
        late = [outcome for outcome in failed if _agent_may_come(outcome.plan.host)]
        failed = [outcome for outcome in failed if outcome not in late]
        if len(late) + missing:
            cluster.notes.append(f"not opened yet on {len(late) + missing}, whose agents do not run: run again")
    elif missing:
        cluster.fail(
            f"the node agent should run on {_desired(cluster)} nodes, but HSS lists "
            f"{counted(len(own), 'host', 'hosts')} under the cluster, so the others are not protected. Run again when "
            "all agents are online, and check enterprise_project_id in hss_onboard_connection. A host that HSS lists "
            "without its cluster must have the name and the internal address of a node; for others, use "
            "hss_cluster_protection and its option nodes"
        )
    _fail_nodes(connected, cluster, failed, own)


def _fail_nodes(
    connected: Connected, cluster: OnboardedCluster, failed: Sequence[HostOutcome], own: Sequence[HostOutcome]
) -> None:
    if failed:
        every = [*failed, *(outcome for outcome in own if outcome not in failed and not outcome.error)]
        cluster.fail(connected.text(failure_summary("nodes failed", every, "hss_host_info")))


def _agent_may_come(host: Mapping[str, Any] | None) -> bool:
    return (host or {}).get("agent_status") in ("not_installed", "installing", None, "")


def _works(host: Mapping[str, Any] | None) -> bool:
    """Whether protection of a host is open, and HSS reports nothing that is wrong with it."""
    return host is not None and is_switched(host, opened=True) and problem(host) is None


def _has_quota(host: Mapping[str, Any] | None) -> bool:
    return (host or {}).get("charging_mode") == PACKET_CYCLE


def _count(cluster: OnboardedCluster, protected: int) -> None:
    cluster.nodes = {"desired": 0, "agents": 0, **cluster.nodes, "protected": protected}


def _desired(cluster: OnboardedCluster) -> int:
    return int(cluster.nodes.get("desired", 0))


# --- Taking back ------------------------------------------------------------------------------------------------------


def close_protection(connected: Connected, clusters: Sequence[OnboardedCluster], check_mode: bool) -> None:
    """Closes the protection of the nodes of clusters whose registrations are removed, so that quotas are free again."""
    for group, params in _removals(clusters):
        try:
            protection = reconcile(connected.session, {**params, **_targets(group)}, check_mode, connected.progress)
        except HssError as error:
            fail_all(group, connected.text(error))
            continue
        for cluster in group:
            own = _own(protection, cluster)
            closed = sum("close" in outcome.actions for outcome in own)
            if check_mode:
                cluster.freed = sum("close" in outcome.actions and _has_quota(outcome.plan.host) for outcome in own)
            if closed:
                cluster.did("close", f"protection {'would be ' if check_mode else ''}closed on {_nodes(closed)}")
            _judge(connected, cluster, own, "protection is still open")
        _warn(connected, protection, group)


def remove_agents_left(connected: Connected, clusters: Sequence[OnboardedCluster], check_mode: bool) -> None:
    """Names the agents that stay on the nodes after their DaemonSets are gone, and uninstalls them on request.

    :arg clusters: whose DaemonSets are gone; in check mode, would be.
    """
    clusters = [cluster for cluster in clusters if cluster.active]
    uninstalling = [cluster for cluster in clusters if cluster.speaker.variables.uninstall_agents]
    # In check mode the DaemonSets are still there, so that the plan would be refused.
    for group, params in _removals([] if check_mode else uninstalling):
        options = {**params, **_targets(group), "uninstall_agents": True}
        try:
            protection = reconcile(connected.session, options, check_mode, connected.progress)
        except HssError as error:
            fail_all(group, connected.text(error))
            continue
        for cluster in group:
            own = _own(protection, cluster)
            gone = sum("uninstall" in outcome.actions and agent_is_gone(outcome.observed) for outcome in own)
            if any("uninstall" in outcome.actions for outcome in own):
                cluster.did("uninstall", f"agents uninstalled from {_nodes(gone)}")
            _judge(connected, cluster, own, "their agents are still installed")
            if cluster.active:
                _warn_if_unlisted(connected, cluster, own)
                _name_remaining(connected, cluster, [outcome.observed for outcome in own], check_mode)
        _warn(connected, protection, group)
    for cluster in clusters if check_mode else [each for each in clusters if each not in uninstalling]:
        _look_for_agents(connected, cluster, check_mode)


def look_for_agents_of(connected: Connected, clusters: Iterable[OnboardedCluster]) -> None:
    """Names the agents of clusters whose DaemonSets may still be there, so that nothing can be uninstalled."""
    for cluster in clusters:
        if cluster.active:
            _look_for_agents(connected, cluster, check_mode=False)


def _look_for_agents(connected: Connected, cluster: OnboardedCluster, check_mode: bool) -> None:
    try:
        known = _targets([cluster])["known_nodes"]
        hosts = remaining_agents(connected.session.api(), list(known), known_nodes=known)
    except HssError as error:
        cluster.warnings.append(f"{cluster.name}: which agents stay on the nodes is not known: {connected.text(error)}")
        return
    _warn_if_unlisted(connected, cluster, hosts)
    online = [host for host in hosts if host.get("agent_status") in ("online", "installed")]
    if check_mode and cluster.speaker.variables.uninstall_agents and online:
        cluster.did("uninstall", f"agents would be uninstalled from {_nodes(len(online))}")
        hosts = [host for host in hosts if host not in online]
    _name_remaining(connected, cluster, hosts, check_mode)


def _warn_if_unlisted(connected: Connected, cluster: OnboardedCluster, found: Sequence[Any]) -> None:
    """Warns if there were agents, and HSS lists no host on which they could be."""
    if found or "unprotect" not in cluster.actions:
        return
    problem = next((member.local_problem for member in cluster.members if member.local_problem), "")
    nodes = " or as one of its nodes" if cluster.known_nodes else ""
    why = f", and its nodes are not known: {connected.text(problem)}" if problem and not nodes else ""
    cluster.warnings.append(
        f"{cluster.name}: HSS lists no host under the cluster{nodes}{why}. So it is not known whether protection is "
        "still open on its nodes, and whether agents stay there. Look for them with hss_host_info"
    )


def _name_remaining(
    connected: Connected, cluster: OnboardedCluster, hosts: Iterable[Mapping[str, Any] | None], check_mode: bool
) -> None:
    remaining = [host for host in hosts if host is not None and not agent_is_gone(host)]
    if not remaining:
        return
    would = "would " if check_mode else ""
    names = connected.text(enumerate_some(str(host.get("host_name") or host["host_id"]) for host in remaining))
    cluster.notes.append(f"agents {would}stay on {_nodes(len(remaining))} ({names})")
    if cluster.speaker.variables.uninstall_agents:
        remedy = "HSS can uninstall only agents that are online. Remove these on the nodes themselves"
    elif check_mode:
        remedy = "hss_onboard_uninstall_agents: true uninstalls them before the registration is removed"
    else:
        remedy = (
            "uninstall them with hss_cluster_protection: state closed, uninstall_agents true, and cluster_id "
            f"{cluster.cluster_id}. hss_onboard_uninstall_agents: true does it before a registration is removed"
        )
    cluster.warnings.append(f"{cluster.name}: agents {would}stay on {_nodes(len(remaining))}; {remedy}")


def _judge(connected: Connected, cluster: OnboardedCluster, own: Sequence[HostOutcome], what: str) -> None:
    """Fails a cluster whose nodes are not as they should be; of a cluster that HSS has lost, that is a warning."""
    failed = [outcome for outcome in own if outcome.error]
    if not failed:
        return
    text = connected.text(failure_summary("nodes failed", own, "hss_host_info"))
    if cluster.row.get("status") == CONNECTED:
        cluster.fail(text)
    else:
        names = connected.text(enumerate_some(described(outcome.plan.host or {}) for outcome in failed))
        cluster.warnings.append(f"{cluster.name}: HSS is not connected to the cluster, and {what} on {names}: {text}")


def _removals(clusters: Sequence[OnboardedCluster]) -> list[tuple[list[OnboardedCluster], dict[str, Any]]]:
    """The clusters in groups that are waited for equally long, with the options of the module for each."""
    by_wait: dict[int, list[OnboardedCluster]] = {}
    for cluster in clusters:
        if cluster.active:
            by_wait.setdefault(cluster.speaker.variables.node_wait_timeout, []).append(cluster)
    return [
        # It is always waited for: the next step takes away what this one needs.
        (group[start : start + _MAX_CLUSTERS], _params("closed", True, seconds))
        for seconds, group in by_wait.items()
        for start in range(0, len(group), _MAX_CLUSTERS)
    ]


def _params(state: str, wait: bool, seconds: int) -> dict[str, Any]:
    return {
        "state": state,
        "cluster_id": None,
        "nodes": [],
        "charging_mode": None,
        "resource_id": None,
        "tags": None,
        "uninstall_agents": False,
        "wait": wait,
        "wait_timeout": seconds,
        "wait_sleep": min(SLEEP, seconds),
    }


def _targets(clusters: Iterable[OnboardedCluster]) -> dict[str, Any]:
    """The clusters and their nodes, as options."""
    known = {str(cluster.cluster_id): cluster.known_nodes for cluster in clusters}
    return {"clusters": list(known), "known_nodes": known}


def _own(protection: Protection, cluster: OnboardedCluster) -> list[HostOutcome]:
    return [
        outcome for outcome in protection.outcomes if (outcome.plan.host or {}).get("cluster_id") == cluster.cluster_id
    ]


def _warn(connected: Connected, protection: Protection, clusters: Sequence[OnboardedCluster]) -> None:
    for text in protection.warnings:
        about = [cluster for cluster in clusters if str(cluster.cluster_id) in text]
        (about or clusters)[0].warnings.append(connected.text(text))
    for cluster in clusters:
        nodes: dict[str, list[str]] = {}
        for outcome in _own(protection, cluster):
            for text in outcome.warnings:
                nodes.setdefault(text, []).append(outcome.plan.node)
        cluster.warnings += [
            connected.text(f"{cluster.name}: {enumerate_some(names)}: {text}") for text, names in nodes.items()
        ]


def _nodes(count: int) -> str:
    return "1 node" if count == 1 else f"{count} nodes"
