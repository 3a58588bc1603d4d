# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the connection agent and the ServiceAccount in a cluster, and what became of them. No I/O.

The objects of Kubernetes are made and removed with kubectl_objects on a host that speaks for the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .agent_objects import APPLIED_BY, agent_objects
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
# Kinds outside of namespaces of which manifests may have left objects.
CLUSTER_KINDS = (
    "clusterrolebindings",
    "clusterroles",
    "customresourcedefinitions",
    "mutatingwebhookconfigurations",
    "priorityclasses",
    "validatingwebhookconfigurations",
)
_NAMESPACE = ASSUMED_OBJECTS[0]
_TOKEN_SECRET = "hss-token"


def desired_objects(
    manifests: Sequence[Mapping[str, Any]], variables: Variables, secret_name: str
) -> list[dict[str, Any]]:
    """The objects of the connection agent, with the Secret to pull its images from a private registry.

    :arg secret_name: the Secret's name if the manifests do not say it.
    """
    cluster = variables.cluster
    registry = {
        "server": cluster.get("image_repo"),
        "username": cluster.get("image_repo_username") or "",
        "password": cluster.get("image_repo_password") or "",
        "secret_name": secret_name,
    }
    return agent_objects(manifests, registry if registry["server"] else None)


def removal_options(variables: Variables) -> dict[str, Any]:
    """The options of kubectl_objects that remove what was made in a cluster."""
    options: dict[str, Any] = {"state": "absent", "objects": [], "wait_timeout": variables.wait_timeout}
    if variables.install_agent:
        ((label, value),) = APPLIED_BY.items()
        options.update(objects=[_NAMESPACE], selector=f"{label}={value}", kinds=list(CLUSTER_KINDS))
    if variables.service_account:
        options["objects"] = [*options["objects"], *service_account_objects(variables)]
    return options


def service_account_objects(variables: Variables) -> list[dict[str, Any]]:
    """A ServiceAccount for HSS with its rights, and a token that does not end by itself.

    HSS keeps the kubeconfig and cannot fetch a new token. The account is revoked by deleting its namespace.
    """
    name = variables.service_account_namespace
    rbac = "rbac.authorization.k8s.io"
    account = {"name": "hss", "namespace": name}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account, "automountServiceAccountToken": False},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": _TOKEN_SECRET,
                "namespace": name,
                "annotations": {"kubernetes.io/service-account.name": "hss"},
            },
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": variables.service_account_rules,
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", **account}],
        },
    ]


def token_secret_options(variables: Variables) -> dict[str, Any]:
    """The options of kubectl_secret_info that read the ServiceAccount's token."""
    return {"name": _TOKEN_SECRET, "namespace": variables.service_account_namespace, "keys": ["token"]}


def image_job(reading: HostReading) -> tuple[Any, ...] | None:
    """Equal for hosts whose clusters need the same images in the same registry; None if none are needed."""
    variables, cluster = reading.variables, reading.variables.cluster
    if not cluster.get("image_repo"):
        return None
    names = ("image_repo", "organization", "image_repo_username", "image_repo_password")
    tool = (variables.image_tool, variables.image_host, variables.image_checksum)
    return (reading.connection_key, *(cluster.get(name) for name in names), *tool)


def image_loader(clusters: Sequence[OnboardedCluster], job: tuple[Any, ...]) -> OnboardedCluster:
    """The cluster that loads the images for all that need the same; if possible, one that still waits for them."""
    same = [cluster for cluster in clusters if image_job(cluster.speaker) == job]
    return next((cluster for cluster in same if cluster.row.get("status") != "connect_success"), same[0])


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
    if not cluster.active or not cluster.speaker.variables.install_agent:
        return
    would = "would be " if check_mode else ""
    result = result or {}
    if result.get("objects") is None:
        if result.get("changed"):
            cluster.actions.append("connect")
        cluster.fail(f"the connection agent could not be installed: {result.get('msg') or 'its host was lost'}")
    elif not cluster.cluster_id:
        cluster.did("connect", "connection agent would be installed")
    elif result.get("changed"):
        new = any(item["kind"] == "Deployment" and item["action"] == "created" for item in result["objects"])
        cluster.did("connect", f"connection agent {would}{'installed' if new else 'updated'}")


def record_removed(cluster: OnboardedCluster, result: Mapping[str, Any] | None, check_mode: bool) -> None:
    """What stands in the cluster itself is removed. In a cluster that is gone there is nothing to remove."""
    if not cluster.active:
        return
    what = "connection agent" if cluster.speaker.variables.install_agent else "ServiceAccount"
    result = result or {}
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
    if result.get("changed"):
        cluster.did("disconnect", f"{what} {'would be ' if check_mode else ''}removed")
