# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the kinds that every cluster has, and what the API calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"


@dataclass(frozen=True)
class Resource:
    """A kind as rights are given to it."""

    name: str
    group: str
    namespaced: bool


def _table() -> dict[tuple[str, str], Resource]:
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
    cluster = {
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
        (group, kind): Resource(_plural(kind), group, scoped)
        for table, scoped in ((namespaced, True), (cluster, False))
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


WELL_KNOWN = _table()


def require_cluster_scoped(kinds: Iterable[str]) -> list[str]:
    """The kinds as given.

    :raises KubectlError: for what cannot be one, and for those that are known to be in namespaces.
    """
    checked = []
    namespaced = {kind.lower() for (_group, kind), found in WELL_KNOWN.items() if found.namespaced}
    namespaced |= {found.name for found in WELL_KNOWN.values() if found.namespaced}
    for kind in kinds:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", kind):
            raise KubectlError(f"kinds: {kind!r} is no kind of object.")
        if kind.lower() in namespaced:
            raise KubectlError(f"kinds: {kind} is in a namespace; selector is for cluster-scoped kinds alone.")
        checked.append(kind)
    return checked
