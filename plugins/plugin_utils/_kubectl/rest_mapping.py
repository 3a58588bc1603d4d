# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: REST mapping of the kinds that are part of every cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"


@dataclass(frozen=True)
class Resource:
    """Resource of a kind, to which RBAC grants permissions."""

    name: str
    group: str
    namespaced: bool


def _built_in_resources() -> dict[tuple[str, str], Resource]:
    namespaced = {
        "": "ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController"
        " ResourceQuota Secret Service ServiceAccount",
        "apps": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
        "autoscaling": "HorizontalPodAutoscaler",
        "batch": "CronJob Job",
        "coordination.k8s.io": "Lease",
        "networking.k8s.io": "Ingress NetworkPolicy",
        "policy": "PodDisruptionBudget",
        _RBAC: "Role RoleBinding",
    }
    cluster_scoped = {
        "": "Namespace Node PersistentVolume",
        _ADMISSION: "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "apiregistration.k8s.io": "APIService",
        "networking.k8s.io": "IngressClass",
        "node.k8s.io": "RuntimeClass",
        "policy": "PodSecurityPolicy",
        _RBAC: "ClusterRole ClusterRoleBinding",
        "scheduling.k8s.io": "PriorityClass",
        "storage.k8s.io": "StorageClass",
    }
    return {
        (group, kind): Resource(_plural(kind), group, is_namespaced)
        for table, is_namespaced in ((namespaced, True), (cluster_scoped, False))
        for group, kinds in table.items()
        for kind in kinds.split()
    }


def _plural(kind: str) -> str:
    name = kind.lower()
    if name == "endpoints":
        return name
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x")) else f"{name}s"


# By group and kind.
BUILT_IN_RESOURCES = _built_in_resources()


def require_kinds(kinds: Iterable[str], namespaced: bool = False) -> list[str]:
    """Check the values of the option C(kinds), and return them unchanged.

    :arg namespaced: whether namespaced kinds are accepted.
    :raises KubectlError: for a value that cannot be a kind, and for a kind that is known to be namespaced.
    """
    checked = []
    known = {kind.lower() for (_group, kind), resource in BUILT_IN_RESOURCES.items() if resource.namespaced}
    known |= {resource.name for resource in BUILT_IN_RESOURCES.values() if resource.namespaced}
    for kind in kinds:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", kind):
            raise KubectlError(f"kinds: {kind!r} is not a kind of object.")
        if kind.lower() in known and not namespaced:
            raise KubectlError(f"kinds: {kind} is namespaced, but selector can be used for cluster-scoped kinds only.")
        checked.append(kind)
    return checked
