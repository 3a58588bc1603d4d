# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the connection agent and the ServiceAccount in a cluster, and what became of them. No I/O.

The objects of Kubernetes are made and removed with kubectl_objects on a host that speaks for the cluster.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.characters import visible_data

from .account import AGENT_ROLE
from .agent_objects import agent_objects, enumerate_objects, label_of
from .clusters import OnboardedCluster
from .reading import HostReading
from .variables import Variables

# The objects that the connection agent's manifests are assumed to hold; the preflight asks whether they may be made.
ASSUMED_OBJECTS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}},
    *(
        {"apiVersion": version, "kind": kind, "metadata": {"name": "hss", "namespace": "hss"}}
        for version, kind in (
            ("v1", "ServiceAccount"),
            ("v1", "ConfigMap"),
            ("v1", "Secret"),
            ("apps/v1", "Deployment"),
            ("rbac.authorization.k8s.io/v1", "Role"),
            ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        )
    ),
    *(
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "hss"}}
        for kind in ("ClusterRole", "ClusterRoleBinding")
    ),
]
# Kinds of which objects of the connection agent are looked for when it is removed.
CLUSTER_KINDS = (
    "clusterrolebindings",
    "clusterroles",
    "customresourcedefinitions",
    "mutatingwebhookconfigurations",
    "namespaces",
    "priorityclasses",
    "validatingwebhookconfigurations",
)
# In a namespace that is somebody else's, the objects of the agent are removed one by one.
KINDS = (
    *CLUSTER_KINDS,
    "configmaps",
    "daemonsets",
    "deployments",
    "networkpolicies",
    "poddisruptionbudgets",
    "rolebindings",
    "roles",
    "secrets",
    "serviceaccounts",
    "services",
    "statefulsets",
)
NAMESPACE_OBJECT = ASSUMED_OBJECTS[0]
# Identifies the registrations of one name in one project, whatever their ids.
_REGISTRATION_LABEL = "huaweicloud.hss/registration"


def registration_labels(project_id: str, name: str) -> dict[str, str]:
    """The labels that prove to which cluster of a project an object belongs, whatever the id of its registration."""
    return {_REGISTRATION_LABEL: hashlib.sha256(f"{project_id}/{name}".encode()).hexdigest()[:40]}


def desired_objects(
    manifests: Sequence[Mapping[str, Any]], variables: Variables, secret_name: str, labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The objects of the connection agent, with the Secret to pull its images from a private registry.

    :arg labels: for every object.
    :arg secret_name: the Secret's name if the manifests do not say it.
    """
    cluster = variables.cluster
    registry = {
        "server": cluster.get("image_repo"),
        "username": cluster.get("image_repo_username") or "",
        "password": cluster.get("image_repo_password") or "",
        "secret_name": secret_name,
    }
    return agent_objects(manifests, registry if registry["server"] else None, labels)


def preflight_options(variables: Variables) -> dict[str, Any]:
    """The options of kubectl_preflight that foretell whether the agents would run."""
    options: dict[str, Any] = {"objects": ASSUMED_OBJECTS}
    if variables.cluster.get("image_arch"):
        options["image_arch"] = variables.cluster["image_arch"]
    if variables.protect_nodes:
        options["runtime_info"] = variables.daemonset.get("runtime_info") or []
    return options


def through_proxies(cluster: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The addresses to which the agents connect instead of those of HSS, by the names that HSS uses, and warnings.

    :arg cluster: the options of the registration.
    """
    found, warnings = {}, []
    for option, name in _PROXIES.items():
        text = str(cluster.get(option) or "").strip()
        if not text:
            continue
        try:
            parts = urlsplit(text if "://" in text else f"//{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        if host and port:
            found[name] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        else:
            # It may have a password, so it is not quoted.
            warnings.append(f"{option} in hss_onboard_cluster has no host and port, so it is not checked.")
            found[name] = ""
    return found, warnings


_PROXIES = {"anp_proxy": "anp_address", "hostguard_proxy": "agent_address"}


def conflict_message(conflicts: Sequence[Mapping[str, Any]], cluster_id: str, names: Mapping[str, str]) -> str:
    """Why the connection agent was not applied: objects belong to somebody else.

    :arg cluster_id: of the registration for which it was to be applied; empty if there is none yet.
    :arg names: the names of the registrations that HSS lists, by id.
    """
    parts = _whose(conflicts, names)
    target = f" for the registration {cluster_id}" if cluster_id else ""
    return (
        f"{'; '.join(parts)}. Nothing was applied{target}. Rename or delete what is in the way, or let the role "
        "take it over with hss_onboard_agent_take_over: true."
    )


def take_over_messages(conflicts: Sequence[Mapping[str, Any]], cluster_id: str, names: Mapping[str, str]) -> list[str]:
    """A warning if objects of somebody else were taken over."""
    parts = _whose(conflicts, names, past=True)
    return [f"taken over for the registration {cluster_id}: {'; '.join(parts)}"] if parts else []


def _whose(conflicts: Sequence[Mapping[str, Any]], names: Mapping[str, str], past: bool = False) -> list[str]:
    """For each owner, which objects belong to it, or did."""
    parts = []
    verbs = ("belonged", "belonged") if past else ("belongs", "belong")
    for owner in dict.fromkeys(conflict["owner"] for conflict in conflicts):
        labels = [label_of(conflict) for conflict in conflicts if conflict["owner"] == owner]
        listed, several = enumerate_objects(labels), len(labels) > 1
        if owner is None:
            parts.append(f"{listed} {'were' if several else 'was'} not created for HSS")
        else:
            name = f" ({names[owner]})" if owner in names else ""
            parts.append(f"{listed} {verbs[several]} to the registration {owner}{name}")
    return parts


def visible_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows about objects, in whose names an API server may have put anything."""
    return [
        {key: visible_data(value, _MAX_NAME) if isinstance(value, str) else value for key, value in row.items()}
        for row in rows
    ]


def waiting_of(result: Mapping[str, Any]) -> dict[str, bool]:
    """Whether kubectl_objects has waited until the time was up, and whether that was for pods of what it had applied.

    Pods that do not run do not run on the next host either, and it would wait for them again.
    """
    text = str(result.get("msg"))
    if not (result.get("changed") or result.get("answered")) or not text.startswith("After "):
        return {}
    # Until what is being deleted is gone, nothing is applied.
    return {"final": True, "waited": "is still being deleted" not in text}


def object_lines(result: Mapping[str, Any]) -> list[str]:
    """A line for each object that was changed, or would be."""
    objects = result.get("objects") or ()
    return [f"{label_of(item)}: {item['action']}" for item in objects if item["action"] != "unchanged"]


def in_terms_of_the_role(text: str) -> str:
    """A message of kubectl_objects in which options have the names of the role's variables."""
    for pattern, replacement in _VARIABLES:
        text = pattern.sub(replacement, text)
    return text


_MAX_NAME = 253  # characters, as in Kubernetes
_VARIABLES = (
    (re.compile(r"Set the option kubectl \(hss_onboard_kubectl in the role\)"), "Set hss_onboard_kubectl"),
    (re.compile(r"(?<![\w.])add to allow:"), "add to hss_onboard_agent_allow:"),
    (re.compile(r"(?<![\w.])wait_timeout(?!\w)"), "hss_onboard_wait_timeout"),
    (re.compile(r"Set runtime_info to"), "Set runtime_info in hss_onboard_daemonset to"),
)


def image_loaders(clusters: Iterable[OnboardedCluster]) -> dict[str, str]:
    """The host that loads the images of a cluster, by the host that speaks for the cluster.

    Of several clusters that need the same images in the same registry, one loads them for all; if possible, one that
    still waits for them.
    """
    jobs: dict[tuple[Any, ...], list[OnboardedCluster]] = {}
    for cluster in clusters:
        job = _image_job(cluster.speaker) if cluster.active else None
        if job is not None:
            jobs.setdefault(job, []).append(cluster)
    loaders = {}
    for same in jobs.values():
        first = next((cluster for cluster in same if cluster.row.get("status") != "connect_success"), same[0])
        loaders.update({cluster.speaker.host: first.speaker.host for cluster in same})
    return loaders


def _image_job(reading: HostReading) -> tuple[Any, ...] | None:
    """Equal for hosts whose clusters need the same images in the same registry; None if none are needed."""
    variables, cluster = reading.variables, reading.variables.cluster
    if not (variables.present and variables.install_agent and cluster.get("image_repo")):
        return None
    names = ("image_repo", "organization", "image_repo_username", "image_repo_password")
    tool = (variables.image_tool, variables.image_host, variables.image_checksum)
    return (reading.connection_key, *(cluster.get(name) for name in names), *tool)


# --- What became of it ------------------------------------------------------------------------------------------------


def record_images(cluster: OnboardedCluster, outcome: Mapping[str, Any] | None, check_mode: bool) -> None:
    """The images are in the private registry, or the user is told how to load them."""
    if not outcome or not cluster.active:
        return
    if outcome["changed"]:
        count = len(outcome["images"])
        images = "1 image" if count == 1 else f"{count} images"
        cluster.did("load_images", f"{images} {'would be ' if check_mode else ''}loaded")
    if outcome["failed"]:
        cluster.fail(str(outcome["msg"]))
    elif outcome["msg"]:
        cluster.warnings.append(f"{cluster.name}: {outcome['msg']}")


def record_applied(cluster: OnboardedCluster, result: Mapping[str, Any] | None, check_mode: bool) -> None:
    """The connection agent is in the cluster.

    :arg result: of kubectl_objects on the first host that could do it, else on the one that speaks for the cluster.
    """
    if not cluster.active:
        return
    variables, result = cluster.speaker.variables, result or {}
    _record_objects(cluster, result)
    if variables.install_agent:
        _record_agent(cluster, result, check_mode)
    elif variables.binds_account and result.get("objects") is None:
        reason = result.get("msg") or "its host was lost"
        cluster.warnings.append(
            f"{cluster.name}: the ServiceAccount did not get the rights of the Role {AGENT_ROLE}: {reason}"
        )
    if result.get("bound"):
        if "account" not in cluster.actions:
            cluster.actions.append("account")
        cluster.notes.append(f"ServiceAccount {'would be ' if check_mode else ''}bound to the Role {AGENT_ROLE}")


def _record_agent(cluster: OnboardedCluster, result: Mapping[str, Any], check_mode: bool) -> None:
    would = "would be " if check_mode else ""
    if result.get("objects") is None:
        if result.get("changed"):
            cluster.actions.append("connect")
        reason = result.get("msg") or "its host was lost"
        if result.get("waited"):
            cluster.fail(f"the connection agent was applied, but does not run. {reason}")
        else:
            cluster.fail(f"the connection agent could not be installed: {reason}")
    elif not cluster.cluster_id:
        # Which objects that means cannot be told: HSS has no manifests for a cluster that it does not know.
        cluster.did("connect", "connection agent would be installed, with objects that HSS names once it is registered")
    elif result.get("changed"):
        new = any(item["kind"] == "Deployment" and item["action"] == "created" for item in result["objects"])
        cluster.did("connect", f"connection agent {would}{'installed' if new else 'updated'}")


def record_removed(cluster: OnboardedCluster, result: Mapping[str, Any] | None, check_mode: bool) -> None:
    """What stands in the cluster itself is removed. In a cluster that is gone there is nothing to remove."""
    if not cluster.active:
        return
    what = "connection agent" if cluster.speaker.variables.install_agent else "ServiceAccount"
    result = result or {}
    _record_objects(cluster, result)
    if result.get("objects") is None:
        reason = result.get("msg") or "its host was lost"
        if result.get("answered"):
            if result.get("changed"):
                cluster.actions.append("disconnect")
            cluster.fail(f"the {what} could not be removed completely: {reason}")
        else:
            cluster.warnings.append(
                f"{cluster.name}: nothing was removed in the cluster itself, which may be gone: {reason}"
            )
        return
    kept = [label_of(conflict) for conflict in result.get("conflicts") or ()]
    if kept:
        remain, them = ("remain", "them") if len(kept) > 1 else ("remains", "it")
        cluster.warnings.append(
            f"{cluster.name}: {enumerate_objects(kept)} {remain} in the cluster, since this registration did not "
            f"create {them}"
        )
    if result.get("changed"):
        cluster.did("disconnect", f"{what} {'would be ' if check_mode else ''}removed")


def _record_objects(cluster: OnboardedCluster, result: Mapping[str, Any]) -> None:
    cluster.objects = [dict(item) for item in result.get("objects") or ()]
    cluster.warnings += [f"{cluster.name}: {text}" for text in result.get("warnings") or ()]
