# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: from the options of protection to the outcome of each node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .._api.hss import HssApi
from .._connection.session import Session
from .._core import outcome as core
from .._core.errors import REJECTED, TIMEOUT, HssError
from .._core.polling import wait_options
from .execute import HostOutcome, switch, uninstall
from .hosts import LIST_OPERATION, Found, find, not_listed
from .options import CONTAINER_VERSION, PACKET_CYCLE, Desired, desire
from .plan import Plan, Quota, agent_is_gone, plan_host, quota_of, quota_shortage
from .wait import Waiter

# Seconds after which the list of hosts shows what another run has switched.
_SHORTAGE_PAUSE = 5.0


@dataclass
class Protection:
    """What became of the nodes of clusters.

    :arg quota: what was left before anything was switched; None if no quota is needed.
    :arg incomplete: why not all nodes are known; None if they are.
    :arg error: the same if it is a failure, because all of them were waited for.
    """

    outcomes: list[HostOutcome] = field(default_factory=list)
    quota: Quota | None = None
    incomplete: HssError | None = None
    error: HssError | None = None
    warnings: list[str] = field(default_factory=list)


def reconcile(
    session: Session,
    params: Mapping[str, Any],
    check_mode: bool,
    progress: Callable[[str], None] | None = None,
) -> Protection:
    """Opens or closes the protection of the nodes of clusters, and waits for all of them at once.

    :arg params: the options of the module.
    :arg progress: gets a text after each poll.
    :raises HssError: if the options cannot work, the hosts cannot be listed, or the quota is not enough. Nothing is
        switched then.
    """
    desired = desire(params)
    wait = wait_options(params, enabled=params["wait"])
    api = session.api()
    api.require_region()
    counts = _node_counts(api, desired)
    found = find(api, desired)
    _require_hosts(desired, found, counts)
    waits = wait is not None and not check_mode
    found, quota = _require_quota(api, desired, found, counts, agents_may_come=wait is not None)
    waiter = Waiter(api, desired, wait if waits else None, progress)
    if desired.opens and waits:
        found, listed_again = waiter.until_agents_run(found, counts)
        if listed_again:
            found, quota = _require_quota(api, desired, found, counts, agents_may_come=False)
    outcomes = _planned(desired, found, agents_may_come=check_mode and wait is not None)
    incomplete = _incomplete(desired, found, counts)
    protection = Protection(outcomes, quota, incomplete, warnings=list(found.warnings))
    if waits or not outcomes:
        protection.error = incomplete

    def carry_out(valid: list[HostOutcome]) -> None:
        for outcome in valid:
            outcome.observed = outcome.plan.host  # From here on, only the listing counts, not the expectation.
        if not switch(api, desired, valid):
            return
        waiter.until_switched(valid)
        if desired.uninstall_agents:
            uninstall(api, valid)
            waiter.until_uninstalled(valid)

    core.reconcile(outcomes, lambda _valid: None, carry_out, check_mode)
    return protection


def remaining_agents(
    api: HssApi,
    cluster_ids: Sequence[str],
    nodes: Sequence[str] = (),
    known_nodes: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> list[dict[str, Any]]:
    """The hosts of clusters on which an agent is left, as HSS lists them; what L(reconcile) can uninstall.

    :arg nodes: names or private addresses of nodes that HSS may list without their cluster.
    :arg known_nodes: see L(Desired).
    :raises HssError: if the hosts cannot be listed.
    """
    found = find(api, Desired("closed", tuple(cluster_ids), tuple(nodes), known_nodes=known_nodes or {}))
    return [host for host in found.hosts.values() if not agent_is_gone(host)]


def compare_quota(api: HssApi, desired: Desired, needed: int) -> tuple[Quota, HssError | None]:
    """Reads the quotas for container protection that were bought, and compares them with the nodes that need one.

    :arg needed: the number of nodes whose protection is still to be opened, also before they have an agent.
    :returns: the quotas, and the error if they are not enough.
    :raises HssError: if the quotas cannot be read.
    """
    quota = quota_of(api.show_quotas(CONTAINER_VERSION, PACKET_CYCLE))
    return quota, quota_shortage(desired, quota, needed)


def _node_counts(api: HssApi, desired: Desired) -> dict[str, int]:
    """On how many nodes of each cluster the node agent should run.

    :raises HssError: if agents are to be uninstalled while HSS still installs them.
    """
    counts = {}
    for cluster_id in desired.cluster_ids if desired.opens or desired.uninstall_agents else ():
        daemonset = api.show_daemonset(cluster_id)
        if desired.uninstall_agents and daemonset is not None:
            raise HssError(
                f"uninstall_agents: the cluster {cluster_id} still has the DaemonSet of the node agent, which would "
                "install the agents again",
                operation="ShowAgentDaemonsetDetailInfo",
                hint="Remove it first (hss_cluster_daemonset with state: absent). To close protection before that, "
                "leave uninstall_agents out.",
            )
        count = ((daemonset or {}).get("ds_info") or {}).get("desired_num")
        counts[cluster_id] = count if isinstance(count, int) else 0
    return counts


def _require_hosts(desired: Desired, found: Found, counts: Mapping[str, int]) -> None:
    """:raises HssError: if there is nothing to protect, and nothing to wait for."""
    if desired.opens and not (found.hosts or found.unlisted or found.refused or any(counts.values())):
        raise HssError(
            f"HSS lists no host under {', '.join(desired.cluster_ids)}, and no node agent is installed there",
            operation=LIST_OPERATION,
            hint="Install the node agents first, see hss_cluster_daemonset, and check cluster_id and "
            "enterprise_project_id.",
            outcome=REJECTED,
        )


def _require_quota(
    api: HssApi, desired: Desired, found: Found, counts: Mapping[str, int], agents_may_come: bool
) -> tuple[Found, Quota | None]:
    """Reads the quotas, if they are needed.

    Another run may have taken quotas for the same nodes since they were listed, so they are listed once more before
    the task fails.

    :returns: the nodes as they were listed last, and the quotas.
    :raises HssError: if fewer are left than nodes need one.
    """
    if not desired.opens or desired.charging_mode != PACKET_CYCLE:
        return found, None
    retried = False
    while True:
        needed = sum("open" in outcome.plan.actions for outcome in _planned(desired, found, agents_may_come))
        if agents_may_come:
            needed += max(0, sum(counts.values()) - len(found.hosts) - len(found.unlisted))
        quota, shortage = compare_quota(api, desired, max(0, needed - desired.freed_quotas))
        if not shortage:
            return found, quota
        if retried:
            raise shortage
        api.sleep(_SHORTAGE_PAUSE)
        found, retried = find(api, desired), True


def _planned(desired: Desired, found: Found, agents_may_come: bool) -> list[HostOutcome]:
    """An outcome with a plan or an error for each node."""
    outcomes = []
    for host in sorted(found.hosts.values(), key=lambda host: (str(host.get("host_name")), host["host_id"])):
        try:
            outcomes.append(HostOutcome(plan_host(desired, host, agents_may_come), observed=host))
        except HssError as error:
            outcomes.append(HostOutcome(Plan(str(host.get("host_name")), host), observed=host, error=error))
    if desired.opens:
        outcomes += [
            # A node that HSS does not list yet will need a quota like the others.
            HostOutcome(Plan(node, actions=("open",)), error=None if agents_may_come else not_listed(node))
            for node in found.unlisted
        ]
    outcomes += [HostOutcome(Plan(node), error=error) for node, error in found.refused.items()]
    return outcomes


def _incomplete(desired: Desired, found: Found, counts: Mapping[str, int]) -> HssError | None:
    """The error if HSS lists fewer hosts than there are nodes with an agent; None if it lists all."""
    expected, listed = sum(counts.values()), len(found.hosts)
    if not desired.opens or listed + len(found.unlisted) >= expected:
        return None
    return HssError(
        f"The node agent should run on {expected} nodes, but HSS lists {listed} hosts under "
        f"{', '.join(desired.cluster_ids)}; the other nodes are not protected",
        operation=LIST_OPERATION,
        hint="HSS may list hosts without their cluster: look for them with hss_host_info, and name them in nodes. "
        "Otherwise check enterprise_project_id, and run again when all agents are online.",
        outcome=TIMEOUT,
    )
