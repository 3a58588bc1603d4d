# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the stages in which HSS installs or removes node agents, for all clusters at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.desired import identity
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.outcome import ClusterOutcome
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.plan import Plan
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.wait import wait_connected
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.polling import Wait
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.execute import AgentOutcome
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.status import node_counts

from . import protection
from .clusters import OnboardedCluster, fail_all
from .protection import CONNECTED, SLEEP
from .register import CONCURRENCY, Connected

_MAX_RIGHTS = 20
_MAX_RIGHT = 500  # characters


def connect(connected: Connected, check_mode: bool) -> None:
    """Waits until HSS is connected to the clusters whose variables say so."""
    by_wait: dict[int, list[OnboardedCluster]] = {}
    for cluster in connected.clusters:
        variables = cluster.speaker.variables if cluster.active else None
        if variables and cluster.cluster_id and variables.needs_cluster and variables.wait and not check_mode:
            by_wait.setdefault(variables.wait_timeout, []).append(cluster)
    for seconds, clusters in sorted(by_wait.items()):
        outcomes = [ClusterOutcome(Plan(identity(_ids(cluster), "present")), dict(cluster.row)) for cluster in clusters]
        try:
            wait_connected(outcomes, connected.session.api(), Wait(seconds, min(SLEEP, seconds)), connected.progress)
        except HssError as error:
            fail_all(clusters, connected.text(error))
            continue
        for cluster, outcome in zip(clusters, outcomes):
            cluster.row = connected.redacted(dict(outcome.observed or cluster.row))
            if outcome.error:
                cluster.fail(connected.text(outcome.error))


def _ids(cluster: OnboardedCluster) -> dict[str, Any]:
    return {"name": cluster.name, "cluster_id": cluster.cluster_id}


def check_permissions(connected: Connected) -> None:
    """Asks HSS which rights it lacks in the connected clusters: a warning, or a failure on request."""
    for cluster in connected.clusters:
        if not (cluster.active and cluster.speaker.variables.needs_cluster and _is_connected(cluster)):
            continue
        try:
            rows = connected.session.api().list_permissions(str(cluster.cluster_id))
        except HssError as error:
            problem = f"HSS did not say what it may do in the cluster: {connected.text(error)}"
        else:
            missing = [row for row in rows if not row.get("is_authed")]
            if not missing:
                continue
            shown = [connected.text(sanitize(_missing(row), _MAX_RIGHT)) for row in missing[:_MAX_RIGHTS]]
            if len(missing) > len(shown):
                shown.append(f"and {len(missing) - len(shown)} more")
            problem = f"HSS has not all the rights it needs in the cluster: {'; '.join(shown)}"
        if cluster.speaker.variables.require_permissions:
            cluster.fail(problem)
        else:
            cluster.warnings.append(f"{cluster.name}: {problem}")


def _missing(row: Mapping[str, Any]) -> str:
    group = f".{row['api_groups']}" if row.get("api_groups") else ""
    advice = f": {row['advice']}" if row.get("advice") else ""
    return f"{row.get('resources')}{group} for {row.get('function')}{advice}"


def _is_connected(cluster: OnboardedCluster) -> bool:
    return cluster.row.get("status") == CONNECTED


def install_node_agents(connected: Connected, check_mode: bool) -> None:
    """Installs node agents in the connected clusters whose variables say so, waits for them, and opens protection.

    A cluster that cannot be protected gets no agents.
    """
    going = []
    for cluster in connected.clusters:
        if not (cluster.active and cluster.speaker.variables.protect_nodes):
            continue
        if _is_connected(cluster):
            going.append(cluster)
        elif check_mode:
            cluster.did("protect", "node agents would be installed once it is connected")
            protection.tell_opening(cluster, None)
        else:
            cluster.fail("its nodes are not protected yet: HSS is not connected to it; run again once it is")
    counts = _require_quota(connected, going)
    going = [cluster for cluster in going if cluster.active]
    _reconcile(connected, going, "present", check_mode, _record_installed)
    new = [cluster for cluster in going if check_mode and cluster.active and not cluster.nodes]
    for cluster in new:
        protection.tell_opening(cluster, counts.get(str(cluster.cluster_id)))
    protection.open_protection(connected, [cluster for cluster in going if cluster not in new], check_mode)
    # A node that is down must not keep the others of its cluster unprotected.
    partial = [cluster for cluster in going if cluster.problem and cluster.nodes.get("agents") and not check_mode]
    protection.open_where_agents_run(connected, [cluster for cluster in partial if "protected" not in cluster.nodes])


def _require_quota(connected: Connected, clusters: list[OnboardedCluster]) -> dict[str, int]:
    """Fails the clusters for whose nodes there are not enough quotas.

    :returns: the number of nodes by the clusters' ids, as far as it was asked for and is known.
    """
    taking = [cluster for cluster in clusters if protection.takes_quotas(cluster)]
    try:
        counts = protection.node_counts_of(connected, taking)
    except HssError as error:
        fail_all(taking, connected.text(error))
        return {}
    protection.admit(connected, taking, counts)
    return counts


def _record_installed(connected: Connected, cluster: OnboardedCluster, outcome: AgentOutcome, check_mode: bool) -> None:
    ready, desired = node_counts(outcome.observed)
    status = f"agents on {ready} of {desired} nodes" if desired else "node agents not counted yet"
    if not (check_mode and "create" in outcome.actions):
        cluster.nodes = {"desired": desired, "agents": ready, "protected": 0}
    if not outcome.actions:
        cluster.notes.append(status)
        return
    verb = "changed" if outcome.actions == ["update"] else "installed"
    note = f"node agents would be {verb}" if check_mode else f"node agents {verb}, {status}"
    cluster.did("protect", note)


def remove_node_agents(connected: Connected, check_mode: bool) -> None:
    """Closes protection, removes node agents, and uninstalls what stays on the nodes.

    It must come before the registrations go, while HSS can still reach the clusters.
    """
    going = [cluster for cluster in connected.clusters if cluster.active and cluster.speaker.variables.protect_nodes]
    if not going:
        return
    try:
        rows = connected.session.api().list_clusters()
    except HssError as error:
        fail_all(going, connected.text(error))
        return
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(str(row.get("cluster_name")), []).append(row)
    for cluster in going:
        given = cluster.speaker.variables.cluster.get("cluster_id")
        found = [row for row in rows if row["cluster_id"] == given] if given else by_name.get(cluster.name, [])
        # Several registrations of one name are an error when the registration is removed.
        if len(found) == 1:
            cluster.cluster_id, cluster.row = found[0]["cluster_id"], connected.redacted(dict(found[0]))
    going = [cluster for cluster in going if cluster.cluster_id]
    protection.close_protection(connected, going, check_mode)
    confirmed: list[OnboardedCluster] = []

    def record(connected: Connected, cluster: OnboardedCluster, outcome: AgentOutcome, check_mode: bool) -> None:
        _record_removed(connected, cluster, outcome, check_mode)
        if not outcome.warnings:
            confirmed.append(cluster)

    _reconcile(connected, [cluster for cluster in going if cluster.active], "absent", check_mode, record)
    protection.remove_agents_left(connected, confirmed, check_mode)
    protection.look_for_agents_of(connected, [cluster for cluster in going if cluster not in confirmed])


def _record_removed(connected: Connected, cluster: OnboardedCluster, outcome: AgentOutcome, check_mode: bool) -> None:
    if outcome.actions:
        # With a warning, it is not known whether HSS could do it.
        unconfirmed, would = bool(outcome.warnings), "would be " if check_mode else ""
        note = "removal of the node agents requested" if unconfirmed else f"node agents {would}removed"
        cluster.did("unprotect", note)


Record = Callable[[Connected, OnboardedCluster, AgentOutcome, bool], None]


def _reconcile(
    connected: Connected, clusters: list[OnboardedCluster], state: str, check_mode: bool, record: Record
) -> None:
    """Installs or removes node agents, in one call for all clusters with the same time to wait."""
    by_wait: dict[tuple[bool, int], list[OnboardedCluster]] = {}
    for cluster in clusters:
        variables = cluster.speaker.variables
        by_wait.setdefault((variables.wait, variables.node_wait_timeout), []).append(cluster)
    for (wait, seconds), group in by_wait.items():
        # Removed node agents are always waited for: without the registration, they could not be removed.
        params = {
            "state": state,
            "wait": wait or state == "absent",
            "wait_timeout": seconds,
            "wait_sleep": min(SLEEP, seconds),
        }
        entries = [{**cluster.speaker.variables.daemonset, "cluster_id": cluster.cluster_id} for cluster in group]
        try:
            outcomes = reconcile(connected.session, entries, params, check_mode, CONCURRENCY, connected.progress)
        except HssError as error:
            fail_all(group, connected.text(error))
            continue
        for cluster, outcome in zip(group, outcomes):
            cluster.warnings += [f"{cluster.name}: {connected.text(text)}" for text in outcome.warnings]
            if outcome.error:
                cluster.actions += [] if not outcome.actions else ["protect" if state == "present" else "unprotect"]
                if state == "present" and outcome.observed:
                    ready, desired = node_counts(outcome.observed)
                    cluster.nodes = {"desired": desired, "agents": ready}  # what is protected is counted later
                cluster.fail(connected.text(outcome.error))
            else:
                record(connected, cluster, outcome, check_mode)
