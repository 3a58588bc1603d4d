# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the stand-in's cluster: built-in ones, and those of CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
DEFINITION = "customresourcedefinitions"


@dataclass(frozen=True)
class Kind:
    """A kind of objects."""

    kind: str
    plural: str
    group: str
    version: str
    namespaced: bool
    short: str = ""

    @property
    def api_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """Its name in error messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def object_name(self, name: str) -> str:
        """An object of this kind in kubectl's output."""
        singular = self.kind.lower()
        return f"{singular}.{self.group}/{name}" if self.group else f"{singular}/{name}"


BUILT_IN = [
    Kind("Namespace", "namespaces", "", "v1", False, "ns"),
    Kind("Node", "nodes", "", "v1", False, "no"),
    Kind("ConfigMap", "configmaps", "", "v1", True, "cm"),
    Kind("Secret", "secrets", "", "v1", True),
    Kind("ServiceAccount", "serviceaccounts", "", "v1", True, "sa"),
    Kind("Service", "services", "", "v1", True, "svc"),
    Kind("Pod", "pods", "", "v1", True, "po"),
    Kind("Event", "events", "", "v1", True, "ev"),
    Kind("Deployment", "deployments", "apps", "v1", True, "deploy"),
    Kind("DaemonSet", "daemonsets", "apps", "v1", True, "ds"),
    Kind("StatefulSet", "statefulsets", "apps", "v1", True, "sts"),
    Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io", "v1", True, "netpol"),
    Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy", "v1", True, "pdb"),
    Kind("Job", "jobs", "batch", "v1", True),
    Kind("Role", "roles", RBAC, "v1", True),
    Kind("RoleBinding", "rolebindings", RBAC, "v1", True),
    Kind("ClusterRole", "clusterroles", RBAC, "v1", False),
    Kind("ClusterRoleBinding", "clusterrolebindings", RBAC, "v1", False),
    Kind("CustomResourceDefinition", DEFINITION, "apiextensions.k8s.io", "v1", False, "crd"),
    Kind("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", ADMISSION, "v1", False),
    Kind("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", ADMISSION, "v1", False),
    Kind("PriorityClass", "priorityclasses", "scheduling.k8s.io", "v1", False, "pc"),
    Kind("SelfSubjectAccessReview", "selfsubjectaccessreviews", "authorization.k8s.io", "v1", False),
]


class Kinds:
    """The kinds of a cluster."""

    def __init__(self, definitions: Iterable[Mapping[str, Any]]) -> None:
        self.all = [*BUILT_IN, *(kind for definition in definitions for kind in _defined(definition))]

    def of(self, content: Mapping[str, Any]) -> Kind | None:
        """The kind of an object."""
        key = (content.get("apiVersion"), content.get("kind"))
        return next((kind for kind in self.all if (kind.api_version, kind.kind) == key), None)

    def named(self, text: str) -> Kind | None:
        """The kind of a name on the command line: plural, singular or short, with or without group."""
        name, _dot, group = text.lower().partition(".")
        for kind in self.all:
            if name in (kind.plural, kind.kind.lower(), kind.short) and group in ("", kind.group):
                return kind
        return None


def _defined(definition: Mapping[str, Any]) -> list[Kind]:
    spec = definition["spec"]
    return [
        Kind(spec["names"]["kind"], spec["names"]["plural"], spec["group"], version["name"], spec["scope"] != "Cluster")
        for version in spec["versions"]
    ]
