# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the role hss_onboard knows of each cluster, stage by stage. Pure functions, no I/O.

Hosts become clusters, each stage notes with a cluster what became of it, and in the end each host gets its cluster's
result. Several hosts may be one cluster: one of them speaks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Optional

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.summary import summary as in_words

Cluster = dict[str, Any]
Clusters = dict[str, Cluster]
Result = Mapping[str, Any]
Entry = Optional[Mapping[str, Any]]

# Beyond the registration: the connection agent, to be connected, all rights, the node agents.
_NO_WISHES = {"agent": False, "connection": False, "permissions": False, "nodes": False, "daemonset": {}}


def clusters_of(hosts: Iterable[Mapping[str, Any]]) -> Clusters:
    """The clusters that hosts speak for, by name.

    :arg hosts: what each notes of itself: C(host), C(name), whether it is C(good) and C(why) not, C(server),
        C(identity) (what the hosts of one cluster must agree on), C(options) to register the cluster with, C(wishes).
    """
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for host in hosts:
        by_name.setdefault(str(host["name"]), []).append(host)
    return {name: _cluster_of(name, members) for name, members in by_name.items()}


def _cluster_of(name: str, hosts: Sequence[Mapping[str, Any]]) -> Cluster:
    good = [host for host in hosts if host["good"]]
    trouble = _contradiction(name, good)
    speaker: Mapping[str, Any] = good[0] if good else {}
    return {
        "name": name,
        "host": speaker.get("host"),
        # Which may do what that one cannot.
        "others": [host["host"] for host in good[1:]],
        "options": speaker.get("options"),
        "wishes": {**_NO_WISHES, **(speaker.get("wishes") or {})},
        # Where no host is good, each says why itself.
        "ok": bool(good) and not trouble,
        "trouble": trouble,
        "cluster_id": None,
        "registration": None,
        "row": {},
        "changed": False,
        "actions": [],
        "words": [],
        "warnings": [],
    }


def _contradiction(name: str, good: Sequence[Mapping[str, Any]]) -> str:
    different: dict[str, Mapping[str, Any]] = {}
    for host in good:
        different.setdefault(host["identity"], host)
    if len(different) < 2:
        return ""
    hosts, servers = (" and ".join(str(host[key]) for host in different.values()) for key in ("host", "server"))
    return (
        f"the hosts {hosts} are both called {name}, but their kubeconfigs name different servers or CAs: {servers}. "
        "Give each cluster a hss_onboard_name of its own, or all its hosts the same hss_onboard_server."
    )


def noted(clusters: Mapping[str, Cluster], stage: str, result: Any, check_mode: bool = False) -> Clusters:
    """The clusters with what a stage did to them. Those that were in trouble before stay as they are.

    :arg stage: one of C(STAGES).
    :arg result: what the stage's module returned; of a stage on the hosts themselves, the result of each host by name.
    """
    listed, theirs, ours, note = STAGES[stage]
    entries: dict[Any, Entry] = {} if listed else dict(result)
    for entry in (result.get(listed) or ()) if listed else ():
        # What cannot be told apart is no answer.
        entries[entry.get(theirs)] = None if entry.get(theirs) in entries else entry

    def one(cluster: Cluster) -> Cluster:
        if not cluster["ok"]:
            return cluster
        answers = [entries.get(key) for key in (cluster[ours], *(() if listed else cluster["others"]))]
        # On hosts, that of the first that has come to an end.
        entry = next((answer for answer in answers if (answer or {}).get("objects") is not None), answers[0])
        return note(cluster, entry, check_mode, _why(cluster, result))

    return {name: one(cluster) for name, cluster in clusters.items()}


def _why(cluster: Cluster, result: Result) -> str:
    """Why a module said nothing of a cluster: its failure, or its warnings of this cluster."""
    mine = f"{cluster['name']}: "
    warned = [str(text)[len(mine) :] for text in result.get("warnings") or () if str(text).startswith(mine)]
    return str(result.get("msg") or "; ".join(warned) or "HSS could not be asked; hss_onboard_no_log=false shows more")


def results(clusters: Mapping[str, Cluster], hosts: Iterable[Mapping[str, Any]], check_mode: bool) -> dict[str, Result]:
    """C(hss_onboard_result) of each host, by host.

    :arg hosts: as for L(clusters_of), with C(days_left).
    """
    return {host["host"]: _result(clusters[str(host["name"])], host, check_mode) for host in hosts}


def _result(cluster: Cluster, host: Mapping[str, Any], check_mode: bool) -> Result:
    msg, failed = _line(cluster, check_mode), not cluster["ok"]
    if not cluster["host"]:
        msg = host["why"]
    elif not host["good"]:
        msg = f"host {host['host']} was passed over: {host['why']}"
    return {
        "name": cluster["name"],
        "cluster_id": cluster["cluster_id"],
        "changed": cluster["changed"],
        "actions": cluster["actions"],
        "status": cluster["row"].get("status"),
        "days_left": host.get("days_left"),
        "failed": failed,
        "msg": msg,
        "warnings": cluster["warnings"],
    }


def _line(cluster: Cluster, check_mode: bool) -> str:
    """What became of a cluster, in one line."""
    if cluster["registration"] is None:
        return str(cluster["trouble"] or "nothing was done")
    words = [in_words(cluster["registration"], cluster["row"], check_mode), *cluster["words"]]
    if cluster["changed"] and words[0].startswith("unchanged"):
        words[0] = f"registration {words[0]}"
    trouble = cluster["trouble"]
    # A sentence of a module's own, or the rest of this one.
    return ", ".join(words) + (f"{'. ' if trouble[0].isupper() else '; but '}{trouble}" if trouble else "")


# --- what each stage means for a cluster ------------------------------------------------------------------------------


def _fail(cluster: Cluster, why: Any) -> Cluster:
    return {**cluster, "ok": False, "trouble": str(why)}


def _did(cluster: Cluster, action: str, words: str) -> Cluster:
    done = {"changed": True, "actions": [*cluster["actions"], action]}
    return {**cluster, **done, "words": [*cluster["words"], words]}


def _begun(cluster: Cluster, action: str, answer: Mapping[str, Any]) -> Cluster:
    """What failed may have done a part of it."""
    return {**cluster, "changed": True, "actions": [*cluster["actions"], action]} if answer.get("changed") else cluster


def _said(cluster: Cluster, words: str) -> Cluster:
    return {**cluster, "words": [*cluster["words"], words]}


def _listed(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """Before a removal: which registration it is. Whether there is one, and only one, is said when it is removed."""
    return _identified(cluster, entry["cluster_id"]) if entry else cluster


def _identified(cluster: Cluster, cluster_id: str | None) -> Cluster:
    """With what later stages call the cluster in the modules' options."""
    known = {"cluster_id": cluster_id}
    return {**cluster, **known, "reference": known, "daemonset": {**cluster["wishes"]["daemonset"], **known}}


def _unprotected(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """The node agents are taken away, while HSS can still reach them."""
    if not cluster["wishes"]["nodes"] or not cluster["cluster_id"]:
        return cluster
    if entry is None:
        return _fail(cluster, why)
    if entry["failed"]:
        return _fail(cluster, entry["msg"])
    cluster = {**cluster, "warnings": [*cluster["warnings"], *(entry.get("warnings") or ())]}
    would = "would be " if check_mode else ""
    # With a warning nobody knows whether HSS could do it.
    words = "removal of the node agents asked for" if entry.get("warnings") else f"node agents {would}removed"
    return _did(cluster, "unprotect", words) if entry["changed"] else cluster


def _registered(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    if entry is None:
        return _fail(cluster, "not looked at, since HSS could not be asked")
    actions = list(entry.get("actions") or ())
    cluster = {
        **_identified(cluster, entry.get("cluster_id")),
        "options": None,
        "registration": actions,
        "row": dict(entry.get("cluster") or {}),
        "changed": cluster["changed"] or bool(entry.get("changed")),
        "actions": [*cluster["actions"], *actions],
    }
    # Then the module's own words say all there is to say.
    return {**_fail(cluster, entry["msg"]), "registration": None} if entry["failed"] else cluster


def _manifests(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """HSS gives the connection agent's manifests; there are none of a cluster that is only planned."""
    if not cluster["wishes"]["agent"] or not cluster["cluster_id"]:
        return cluster
    if entry is None:
        return _fail(cluster, why)
    return _fail(cluster, entry["msg"]) if entry.get("failed") else cluster


def _images(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """The images are in the private registry, or somebody is told to put them there."""
    if not entry:
        return cluster
    if entry["changed"]:
        cluster = _did(cluster, "load_images", f"images {'would be ' if check_mode else ''}loaded")
    if entry["failed"]:
        return _fail(cluster, entry["msg"])
    return _warned(cluster, entry["msg"]) if entry["msg"] else cluster


def _applied(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """The connection agent is in the cluster, applied on the host that speaks for it."""
    if not cluster["wishes"]["agent"]:
        return cluster
    would = "would be " if check_mode else ""
    if not cluster["cluster_id"]:
        return _did(cluster, "connect", "connection agent would be installed")
    answer = entry or {}
    if answer.get("objects") is None:
        why = answer.get("msg") or f"the host {cluster['host']} could not be reached"
        return _fail(_begun(cluster, "connect", answer), f"the connection agent could not be installed: {why}")
    if not answer.get("changed"):
        return cluster
    new = any(item["kind"] == "Deployment" and item["action"] == "created" for item in answer["objects"])
    return _did(cluster, "connect", f"connection agent {would}{'installed' if new else 'updated'}")


def _connected(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    if not cluster["cluster_id"]:
        return cluster
    if entry is None:
        return _fail(cluster, why)
    cluster = {**cluster, "row": dict(entry.get("cluster") or cluster["row"])}
    return _fail(cluster, entry["msg"]) if entry["failed"] else cluster


def _permissions(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """What HSS may not do is a warning, or, on request, the end."""
    if not cluster["cluster_id"] or cluster["row"].get("status") != "connect_success":
        return cluster
    if entry is None or entry.get("permissions") is None:
        why = f"HSS did not say what it may do in the cluster: {why}"
        return _fail(cluster, why) if cluster["wishes"]["permissions"] else _warned(cluster, why)
    missing = [_missing(row) for row in entry["permissions"] if not row.get("is_authed")]
    if not missing:
        return cluster
    why = f"HSS has not all the rights it needs in the cluster: {'; '.join(missing)}"
    return _fail(cluster, why) if cluster["wishes"]["permissions"] else _warned(cluster, why)


def _warned(cluster: Cluster, why: str) -> Cluster:
    return {**cluster, "warnings": [*cluster["warnings"], f"{cluster['name']}: {why}"]}


def _missing(row: Mapping[str, Any]) -> str:
    group = f".{row['api_groups']}" if row.get("api_groups") else ""
    advice = f": {row['advice']}" if row.get("advice") else ""
    return f"{row.get('resources')}{group} for {row.get('function')}{advice}"


def _protected(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """The node agents run."""
    if not cluster["wishes"]["nodes"]:
        return cluster
    if cluster["row"].get("status") != "connect_success":
        if check_mode:
            return _did(cluster, "protect", "node agents would be installed once it is connected")
        return _fail(cluster, "its nodes are not protected yet: HSS is not connected to it; run again once it is")
    if entry is None:
        return _fail(cluster, why)
    if entry["failed"]:
        return _fail(cluster, entry["msg"])
    numbers = (entry.get("daemonset") or {}).get("ds_info") or {}
    ready, desired = numbers.get("ready_num"), numbers.get("desired_num")
    words = f"{ready} of {desired} nodes protected" if desired else "node agents not counted yet"
    if not entry["changed"]:
        return _said(cluster, words)
    verb = "changed" if entry.get("actions") == ["update"] else "installed"
    if check_mode:
        return _did(cluster, "protect", f"node agents would be {verb}")
    return _did(cluster, "protect", f"node agents {verb}, {words.removeprefix('node agents ')}")


def _removed(cluster: Cluster, entry: Entry, check_mode: bool, why: str) -> Cluster:
    """What stands in the cluster itself is taken away. A cluster that is gone has nothing more to take away."""
    answer = entry or {}
    what = "connection agent" if cluster["wishes"]["agent"] else "ServiceAccount"
    if answer.get("objects") is None:
        why = answer.get("msg") or f"the host {cluster['host']} could not be reached"
        if answer.get("answered"):
            return _fail(_begun(cluster, "disconnect", answer), f"the {what} could not be removed altogether: {why}")
        return _warned(cluster, f"nothing was removed in the cluster itself, which may be gone: {why}")
    would = "would be " if check_mode else ""
    return _did(cluster, "disconnect", f"{what} {would}removed") if answer.get("changed") else cluster


# Where a stage's module lists its results, what they and the clusters are told apart by, and what is noted.
STAGES: dict[str, tuple[str, str, str, Callable[[Cluster, Entry, bool, str], Cluster]]] = {
    "listed": ("clusters", "cluster_name", "name", _listed),
    "unprotected": ("results", "cluster_id", "cluster_id", _unprotected),
    "registered": ("results", "name", "name", _registered),
    "manifests": ("clusters", "cluster_id", "cluster_id", _manifests),
    "images": ("", "", "host", _images),
    "applied": ("", "", "host", _applied),
    "connected": ("results", "cluster_id", "cluster_id", _connected),
    "permissions": ("clusters", "cluster_id", "cluster_id", _permissions),
    "protected": ("results", "cluster_id", "cluster_id", _protected),
    "removed": ("", "", "host", _removed),
}
