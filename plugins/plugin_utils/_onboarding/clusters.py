# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the clusters that the hosts of a play speak for. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import enumerate_some, sanitize

from .reading import HostReading

_MAX_NAME = 200


@dataclass
class OnboardedCluster:
    """A cluster, its hosts, and what became of it so far.

    :arg members: the hosts of the cluster in the order of the play.
    :arg speakers: the hosts that can speak for the cluster, the one that does first.
    :arg problem: why no more is done for the cluster; empty if all is well.
    :arg told_by: the host that reports a problem of several clusters for all of them.
    :arg left_out: why nothing is done for the cluster, although nothing is wrong; empty if something is.
    :arg row: the cluster as HSS lists it; empty if it is not registered.
    :arg registered: the actions on the registration; None if HSS was not asked.
    :arg actions: everything that was done for the cluster, in order.
    :arg notes: texts about what was done, for the report.
    :arg credential: the kind of credential that HSS has, as far as it is known.
    :arg account_note: what the cluster has to note about the ServiceAccount's token; empty if that is noted already.
    :arg objects: kind, name, namespace and action of each object in the cluster itself.
    :arg known_nodes: name and internal addresses of each node, as the cluster itself has them. Nodes that two clusters
        have in the same way are left out.
    :arg freed: the quotas that its removal would free, in check mode.
    :arg nodes: on how many nodes agents should run (C(desired)) and run (C(agents)), and protection works
        (C(protected)); empty if they were not counted.
    """

    name: str
    members: list[HostReading]
    speakers: list[HostReading] = field(default_factory=list)
    problem: str = ""
    told_by: str = ""
    left_out: str = ""
    cluster_id: str | None = None
    row: dict[str, Any] = field(default_factory=dict)
    registered: list[str] | None = None
    actions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    diff: dict[str, str] | None = None
    credential: str = ""
    account_note: str = ""
    objects: list[dict[str, Any]] = field(default_factory=list)
    known_nodes: list[list[str]] = field(default_factory=list)
    freed: int = 0
    nodes: dict[str, int] = field(default_factory=dict)

    @property
    def speaker(self) -> HostReading:
        """The host whose kubeconfig and variables count."""
        return self.speakers[0]

    @property
    def active(self) -> bool:
        """Whether there is more to do for the cluster."""
        return bool(self.speakers) and not self.problem and not self.left_out

    def fail(self, problem: str) -> None:
        """Records why no more is done for the cluster."""
        self.problem = self.problem or problem

    @property
    def reporter(self) -> str:
        """The host that reports the cluster's problem in full."""
        return self.told_by or (self.speakers or self.members)[0].host

    def did(self, action: str, note: str) -> None:
        """Records an action beyond the registration."""
        self.actions.append(action)
        self.notes.append(note)


def fail_all(clusters: Sequence[OnboardedCluster], problem: str) -> None:
    """Fails clusters for the same reason, which one host reports for all of them."""
    reporter = next((cluster.reporter for cluster in clusters if cluster.active), "")
    for cluster in clusters:
        if cluster.active:
            cluster.told_by = reporter
            cluster.fail(problem)


def group_by_cluster(readings: Iterable[HostReading]) -> list[OnboardedCluster]:
    """The clusters in the order of their first hosts. A contradiction is a C(problem) of every cluster it concerns."""
    by_name: dict[str, OnboardedCluster] = {}
    for reading in readings:
        name = reading.variables.name
        by_name.setdefault(name, OnboardedCluster(name, [])).members.append(reading)
    clusters = list(by_name.values())
    for cluster in clusters:
        cluster.speakers = _speakers(cluster.members)
        cluster.problem = _disagreement(cluster) or _different_clusters(cluster)
        if cluster.active:
            cluster.warnings += _different_users(cluster)
    _note_nodes(clusters)
    for same_server in _groups(clusters, lambda cluster: cluster.speaker.server):
        _refuse_shared_server(same_server)
    return clusters


def _note_nodes(clusters: Iterable[OnboardedCluster]) -> None:
    """Notes the nodes of each cluster, by which hosts are recognized that HSS lists without their cluster."""
    having = [cluster for cluster in clusters if cluster.speakers]
    for cluster in having:
        nodes = next((speaker.nodes for speaker in cluster.speakers if speaker.nodes), ())
        cluster.known_nodes = [list(node) for node in nodes]
    owners = Counter(
        (name, address) for cluster in having for name, *addresses in cluster.known_nodes for address in addresses
    )
    for cluster in having:
        cluster.known_nodes = [
            [name, *addresses]
            for name, *addresses in cluster.known_nodes
            if all(owners[name, address] == 1 for address in addresses)
        ]


def _speakers(members: Sequence[HostReading]) -> list[HostReading]:
    """The usable hosts, the one whose credential lasts longest first; the play's order decides between equals."""
    usable = [member for member in members if member.usable]
    unlimited = max((member.days_left or 0 for member in usable), default=0) + 1

    def preference(member: HostReading) -> tuple[bool, bool, int]:
        days = unlimited if member.days_left is None else member.days_left
        return not member.local_kube_config, bool(member.account_problem), -days

    return sorted(usable, key=preference)


def _disagreement(cluster: OnboardedCluster) -> str:
    """A message if the hosts of a cluster have different values of a variable that is about the cluster."""
    first, *others = [member for member in cluster.members if member.variables_valid] or cluster.members[:1]
    for member in others:
        ours, theirs = first.variables.of_the_cluster(), member.variables.of_the_cluster()
        names = [name for name, value in ours.items() if theirs[name] != value]
        if not names and first.connection_key != member.connection_key:
            names = ["hss_onboard_connection (or module_defaults, or environment)"]
        if names:
            return (
                f"the hosts {first.host} and {member.host} are both called {cluster.name}, but differ in "
                f"{', '.join(names)}, so nothing was done. Give all hosts of a cluster the same values, or each "
                "cluster a hss_onboard_name of its own."
            )
    return ""


def _different_clusters(cluster: OnboardedCluster) -> str:
    """A message if hosts of the same name have kubeconfigs of different clusters."""
    if not cluster.speakers or not cluster.speaker.server:
        return ""
    for other in cluster.speakers[1:]:
        if (other.server, other.ca) != (cluster.speaker.server, cluster.speaker.ca):
            hosts = sorted((cluster.speaker, other), key=cluster.members.index)
            return (
                f"the hosts {' and '.join(host.host for host in hosts)} are both called {cluster.name}, but their "
                f"kubeconfigs name different servers or CAs: {' and '.join(host.server for host in hosts)}. Give each "
                "cluster a hss_onboard_name of its own, or all its hosts the same hss_onboard_server."
            )
    return ""


def _different_users(cluster: OnboardedCluster) -> list[str]:
    """A warning if the hosts of a cluster have credentials of different users: it matters which one HSS gets."""
    known = [speaker for speaker in cluster.speakers if speaker.user]
    identities = {(speaker.user, speaker.holder) for speaker in known}
    if len(identities) < 2:
        return []
    # Of different credentials, a file can say the same name.
    alike = len({user for user, _holder in identities}) < len(identities)
    names = [f"{speaker.user}: {speaker.holder}" if alike else speaker.user for speaker in known]
    shown = [sanitize(name, _MAX_NAME) for name in names]
    users = enumerate_some(sorted(set(shown)))
    return [
        f"{cluster.name}: its hosts have credentials of different users ({users}); that of {cluster.speaker.host} "
        f"({shown[0]}) is used"
    ]


def _refuse_shared_server(clusters: Sequence[OnboardedCluster]) -> None:
    """Refuses clusters of different names that have the same server."""
    first = clusters[0]
    for other in clusters[1:]:
        problem = _shared_server_problem(first.name, first.speaker, other.name, other.speaker)
        if problem:
            other.told_by = first.reporter
            first.fail(problem)
            other.fail(problem)


def _shared_server_problem(name: str, host: HostReading, other_name: str, other: HostReading) -> str:
    hosts = f"{host.host} ({name}) and {other.host} ({other_name})"
    if host.ca != other.ca:
        return (
            f"the hosts {hosts} have the same server, {host.server}, but different CAs, so they are different clusters "
            "at one address. Give each its own address with hss_onboard_server."
        )
    if host.variables.allow_several_names and other.variables.allow_several_names:
        return ""
    return (
        f"the hosts {hosts} have the same server and CA, so they are one cluster, and it would be registered twice. "
        "Give them the same hss_onboard_name, or set hss_onboard_allow_several_names: true on both."
    )


def _groups(
    clusters: Iterable[OnboardedCluster], key: Callable[[OnboardedCluster], str]
) -> list[list[OnboardedCluster]]:
    """The active clusters that share a key that is not empty, in groups of more than one."""
    groups: dict[tuple[str, str], list[OnboardedCluster]] = {}
    for cluster in clusters:
        if cluster.active and cluster.speaker.variables.present and key(cluster):
            groups.setdefault((cluster.speaker.connection_key, key(cluster)), []).append(cluster)
    return [group for group in groups.values() if len(group) > 1]
