# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the role's report: lines for clusters, a tally, and the results of hosts. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.summary import (
    REGISTERED_AGAIN,
    registered_again,
    summary,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.characters import visible_data

from .clusters import OnboardedCluster
from .reading import HostReading
from .variables import in_terms_of_the_role

_MAX_LINE = 8_000  # characters
_CHANGES = ("registered", REGISTERED_AGAIN, "updated", "removed")
_TALLY_ORDER = (
    *_CHANGES,
    "unchanged",
    "not registered",
    "left out",
    "failed",
    "unreachable",
)
_NEXT_STEPS = {
    "not_connect": "not connected yet: install the connection agent with hss_onboard_install_agent: true",
    "connect_fail": "HSS could not connect to it: see its status in HSS's console",
    "connect_disruption": "HSS has lost the connection to it: check the connection agent, proxy-agent in namespace hss",
    "connect_success": "not protected yet: install the node agents with hss_onboard_protect_nodes: true",
}


def cluster_line(cluster: OnboardedCluster, check_mode: bool) -> str:
    """What became of a cluster, without its problem."""
    parts = []
    if cluster.registered is not None:
        text = summary(cluster.registered, cluster.row, check_mode)
        if cluster.actions and cluster.row and not cluster.registered:
            text = f"registration {text}"
        parts.append(text)
    parts += cluster.notes
    if cluster.left_out:
        parts.append(f"left out: {cluster.left_out}")
    elif cluster.active and (ending := _ends_soon(cluster.speaker)):
        parts.append(ending)
    step = _NEXT_STEPS.get(str(cluster.row.get("status")))
    if step and cluster.active and not check_mode and not cluster.speaker.variables.needs_cluster:
        parts[-1] = f"{parts[-1]}; {step}"
    return ", ".join(parts)


def report_lines(clusters: Sequence[OnboardedCluster], lost: Iterable[str], check_mode: bool) -> list[str]:
    """A line for each cluster, a line for each host that was lost on the way, and the tally.

    :arg lost: hosts of the play that failed, became unreachable or were ended before their clusters were read. Ansible
        does not tell which.
    """
    lines, tally = [], Counter[str]()
    for cluster in clusters:
        outcome = _outcome(cluster)
        tally[outcome] += 1
        line = cluster_line(cluster, check_mode)
        if outcome in ("failed", "unreachable"):
            reference = f"{outcome}, see the error of host {cluster.reporter}"
            line = f"{line}; {reference}" if line else reference
        else:
            short = [member.host for member in cluster.members if _too_few_days(member)]
            if short:
                tally["with too few days left"] += 1
                line = f"{line}; fewer days left than hss_onboard_min_days_left, see the error of host {short[0]}"
        lines.append(f"{cluster.name}: {line or 'nothing to do'}")
        for member in cluster.members:
            if not member.usable and cluster.speakers:
                lines.append(f"{cluster.name}: host {member.host} was passed over: {member.problem}")
    for host in lost:
        tally["lost before"] += 1
        lines.append(
            f"{host}: lost before its cluster was read (failed, unreachable or ended), so nothing was done for it"
        )
    order = [name for name in _TALLY_ORDER if name in tally] + [name for name in tally if name not in _TALLY_ORDER]
    would = "would be " if check_mode else ""
    counts = [f"{tally[name]} {would if name in _CHANGES else ''}{name}" for name in order]
    # A name may be anything, since it is shown before it is refused.
    return [visible_data(line, _MAX_LINE) for line in [*lines, ", ".join(counts) if counts else "no clusters"]]


def host_results(clusters: Iterable[OnboardedCluster], check_mode: bool) -> dict[str, dict[str, Any]]:
    """C(hss_onboard_result) of each host, by host, with C(unreachable) and C(diff) for Ansible itself."""
    return {
        member.host: _host_result(cluster, member, check_mode) for cluster in clusters for member in cluster.members
    }


def _host_result(cluster: OnboardedCluster, member: HostReading, check_mode: bool) -> dict[str, Any]:
    failed, unreachable = False, False
    message = cluster_line(cluster, check_mode) or "nothing to do"
    if not member.usable and (not cluster.speakers or member.unreachable):
        failed, unreachable, message = not member.unreachable, member.unreachable, member.problem
    elif not member.usable and not cluster.problem:
        message = f"host {member.host} was passed over: {member.problem}"
    elif cluster.problem:
        failed = True
        done = f"{message}; but " if cluster.registered is not None or cluster.notes else ""
        message = f"{done}{cluster.problem}"
        if member.host != cluster.reporter:
            message = f"the cluster {cluster.name} failed, see the error of host {cluster.reporter}"
    if not failed and not unreachable:
        short = _too_few_days(member)
        failed, message = bool(short), f"{message}; {short}" if short else message
    return {
        "name": cluster.name,
        "cluster_id": cluster.cluster_id,
        "changed": bool(cluster.actions),
        "actions": list(cluster.actions),
        "status": cluster.row.get("status"),
        "days_left": member.days_left,
        "failed": failed,
        "msg": visible_data(in_terms_of_the_role(message), _MAX_LINE),
        "warnings": warnings_of([cluster]),
        **({"credential": cluster.credential} if cluster.credential else {}),
        **({"objects": cluster.objects} if cluster.objects else {}),
        **({"nodes": dict(cluster.nodes)} if cluster.nodes else {}),
        **({"unreachable": True} if unreachable else {}),
        **({"diff": cluster.diff} if cluster.diff and member is (cluster.speakers or cluster.members)[0] else {}),
    }


def _too_few_days(member: HostReading) -> str:
    least = member.variables.min_days_left
    if not member.usable or not member.variables.present or least is None:
        return ""
    if member.days_left is None or member.days_left >= least:
        return ""
    return (
        f"its credential has {member.days_left} days left, fewer than hss_onboard_min_days_left ({least}): renew it on "
        "the cluster and run again"
    )


def _ends_soon(member: HostReading) -> str:
    if member.days_left is None or member.days_left >= member.variables.expiry_warning_days:
        return ""
    return f"ENDS IN {member.days_left} DAYS"


def _outcome(cluster: OnboardedCluster) -> str:
    if not cluster.speakers:
        return "unreachable" if all(member.unreachable for member in cluster.members) else "failed"
    if cluster.problem:
        return "failed"
    if cluster.left_out:
        return "left out"
    if not cluster.registered:
        if cluster.actions:
            return "updated" if cluster.row else "removed"
        return "unchanged" if cluster.row else "not registered"
    if registered_again(cluster.registered):
        return REGISTERED_AGAIN
    return {"create": "registered", "update": "updated", "delete": "removed"}[cluster.registered[-1]]


def warnings_of(clusters: Iterable[OnboardedCluster]) -> list[str]:
    """The warnings about all clusters, each once."""
    texts = (text for cluster in clusters for text in cluster.warnings)
    return list(dict.fromkeys(visible_data(in_terms_of_the_role(text), _MAX_LINE) for text in texts))
