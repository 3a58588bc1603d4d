# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the manifests of an agent may contain. Pure functions, no I/O.

Whoever answers in place of HSS could otherwise install anything, with the rights of a cluster admin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_RBAC = "rbac.authorization.k8s.io"

# The kinds that need no permission, by API group. The guide and the modules list them.
KINDS = {
    "": ("Namespace", "ServiceAccount", "ConfigMap", "Secret", "Service"),
    "apps": ("Deployment", "DaemonSet", "StatefulSet"),
    _RBAC: ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    "policy": ("PodDisruptionBudget",),
    "networking.k8s.io": ("NetworkPolicy",),
}
# The namespace of HSS's agents. It may be used even if the manifests do not bring it.
NAMESPACE = "hss"
# What needs a permission, with its meaning.
PERMISSIONS = {
    "cluster_admin": "has the rights of a cluster admin",
    "subjects": "grants rights to others than the service accounts in its own namespaces",
    "privileged": "has a privileged container",
    "host_namespaces": "uses the network, the processes or the ports of the node",
    "host_path": "mounts a folder of the node",
    "exposed_services": "is a Service that can be reached from outside the cluster",
}
# Permissions with a name: kind:PriorityClass, namespace:monitoring.
_NAMED = re.compile(r"(?:kind:[A-Za-z]+(?:\.[a-z0-9.-]+)?|namespace:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)")
_SAFE_VOLUMES = {"configMap", "secret", "emptyDir", "projected", "downwardAPI", "persistentVolumeClaim", "ephemeral"}
_POWERFUL_ROLES = re.compile(r"cluster-admin|admin|edit|system:.*")
_POWERFUL_VERBS = {"escalate", "bind", "impersonate"}
# The resources for which Kubernetes asks for these verbs, which "*" includes.
_POWERFUL_RESOURCES = {
    _RBAC: {"roles", "clusterroles"},
    "": {"users", "groups", "serviceaccounts"},
    "authentication.k8s.io": {"uids", "userextras"},
}
# Kubernetes adds the rules of a ClusterRole with such a label to its own roles, which others have.
_AGGREGATION_LABEL = f"{_RBAC}/aggregate-to-"
_MAX_LISTED = 10


class LimitError(Exception):
    """Manifests that contain more than they may, or permissions that do not exist. The text has no values."""


@dataclass(frozen=True)
class Violation:
    """Something that needs a permission.

    :arg label: kind and name of the object.
    :arg permission: the entry of the option that allows it.
    """

    label: str
    permission: str
    meaning: str

    def __str__(self) -> str:
        return f"{self.label} {self.meaning} ({self.permission})"


def require_permissions(option: str, allow: Iterable[str]) -> set[str]:
    """Returns the permissions.

    :arg option: the name of the option, for the message.
    :raises LimitError: for one that does not exist.
    """
    permissions = {str(entry) for entry in allow}
    for entry in sorted(permissions):
        if entry not in PERMISSIONS and not _NAMED.fullmatch(entry):
            raise LimitError(
                f"{option}: {entry!r} is not one of {', '.join(PERMISSIONS)}, kind:KIND and namespace:NAME."
            )
    return permissions


def check_limits(objects: Sequence[Mapping[str, Any]], option: str, allow: Iterable[str]) -> None:
    """Checks that manifests contain only what they may.

    :arg option: the name of the option with the permissions, for the message.
    :raises LimitError: with the first objects that need further permissions.
    """
    permissions = require_permissions(option, allow)
    found = [violation for violation in violations(objects) if violation.permission not in permissions]
    if not found:
        return
    listed = "; ".join(map(str, found[:_MAX_LISTED]))
    more = f"; and {len(found) - _MAX_LISTED} more" if len(found) > _MAX_LISTED else ""
    needed = ", ".join(dict.fromkeys(violation.permission for violation in found))
    raise LimitError(
        f"The manifests contain what an agent normally does not need: {listed}{more}. Nothing was applied. If HSS "
        f"documents it, and you agree, add to {option}: {needed}."
    )


def violations(objects: Sequence[Mapping[str, Any]]) -> list[Violation]:
    """Returns what needs a permission, in the order of the objects."""
    brought = {NAMESPACE} | {
        str(item["metadata"]["name"]) for item in objects if (_group(item), item["kind"]) == ("", "Namespace")
    }
    # A namespace of Kubernetes itself is not the agent's, even if the manifests bring it.
    own = {name for name in brought if not _is_system(name)}
    roles = {str(item["metadata"]["name"]) for item in objects if item["kind"] == "ClusterRole"}
    found: list[Violation] = []
    for item in objects:
        for permission, meaning in dict(_needed(item, own, roles)).items():
            found.append(Violation(_label(item), permission, meaning))
    return found


def _needed(item: Mapping[str, Any], own: set[str], roles: set[str]) -> Iterator[tuple[str, str]]:
    """Yields the permissions that an object needs, with their meanings."""
    group, kind = _group(item), str(item["kind"])
    if kind not in KINDS.get(group, ()):
        yield f"kind:{kind}{f'.{group}' if group else ''}", "is of a kind that is not listed"
    metadata = item["metadata"]
    namespace = metadata["name"] if (group, kind) == ("", "Namespace") else metadata.get("namespace")
    if namespace is not None and namespace not in own:
        yield f"namespace:{namespace}", "is in a namespace that the manifests do not bring"
    elif namespace is None and (group, kind) in _NAMESPACED:
        yield "namespace:default", "is in a namespace that the manifests do not bring"
    if group == _RBAC:
        yield from ((name, PERMISSIONS[name]) for name in _rights(item, own, roles))
    if (group, kind) == ("", "Service") and _is_exposed(item.get("spec")):
        yield "exposed_services", PERMISSIONS["exposed_services"]
    for name in ("privileged", "host_namespaces", "host_path"):
        if any(name in _pod_permissions(pod) for pod in _pods(item)):
            yield name, PERMISSIONS[name]


_NAMESPACED = {
    (group, kind)
    for group, kinds in KINDS.items()
    for kind in kinds
    if kind not in ("Namespace", "ClusterRole", "ClusterRoleBinding")
}


def _rights(item: Mapping[str, Any], own: set[str], roles: set[str]) -> Iterator[str]:
    if item["kind"] == "ClusterRole":
        rules = [rule for rule in _list(item.get("rules")) if isinstance(rule, Mapping)]
        # Who may change roles can have every right. An aggregation rule collects the rules of other roles.
        # Of one of Kubernetes' own roles, what the manifests do not say remains.
        own_role = _POWERFUL_ROLES.fullmatch(str(item["metadata"]["name"]))
        if own_role or item.get("aggregationRule") or any(_is_powerful(rule) for rule in rules):
            yield "cluster_admin"
        labels = item["metadata"].get("labels")
        if isinstance(labels, Mapping) and any(str(label).startswith(_AGGREGATION_LABEL) for label in labels):
            yield "subjects"
    reference = item.get("roleRef")
    if isinstance(reference, Mapping) and reference.get("kind") == "ClusterRole":
        name = str(reference.get("name"))
        inside = item["kind"] == "RoleBinding" and name in ("admin", "edit")
        if name not in roles and _POWERFUL_ROLES.fullmatch(name) and not inside:
            yield "cluster_admin"
    for subject in _list(item.get("subjects")):
        if not isinstance(subject, Mapping) or (
            subject.get("kind") != "ServiceAccount" or str(subject.get("namespace")) not in own
        ):
            yield "subjects"


def _is_powerful(rule: Mapping[str, Any]) -> bool:
    verbs = {str(verb) for verb in _list(rule.get("verbs"))}
    resources, groups = _list(rule.get("resources")), _list(rule.get("apiGroups"))
    if verbs & _POWERFUL_VERBS:
        return True
    if "*" in verbs and any(
        {"*", group} & set(map(str, groups)) and {"*", *powerful} & set(map(str, resources))
        for group, powerful in _POWERFUL_RESOURCES.items()
    ):
        return True
    tokens = {"serviceaccounts/token", "*/token"} & set(map(str, resources)) and {"", "*"} & set(map(str, groups))
    if tokens and {"create", "*"} & verbs:
        return True  # of every ServiceAccount, also those with every right
    changes = verbs - {"get", "list", "watch"}
    everything = "*" in resources and ("*" in groups or _RBAC in groups)
    return bool(changes) and everything


def _is_exposed(spec: Any) -> bool:
    if not isinstance(spec, Mapping):
        return False
    return bool(spec.get("externalIPs")) or str(spec.get("type") or "ClusterIP") != "ClusterIP"


def _pods(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yields everything in an object that has containers, wherever it is."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            if any(isinstance(current.get(name), list) for name in _CONTAINERS):
                yield current
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)


_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def _pod_permissions(pod: Mapping[str, Any]) -> set[str]:
    found = set()
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        found.add("host_namespaces")
    for volume in _list(pod.get("volumes")):
        if not isinstance(volume, Mapping) or set(volume) - {"name"} - _SAFE_VOLUMES:
            found.add("host_path")
    if _windows_host_process(pod):
        found.add("privileged")
    for container in (each for name in _CONTAINERS for each in _list(pod.get(name))):
        if not isinstance(container, Mapping):
            continue
        context = container.get("securityContext")
        context = context if isinstance(context, Mapping) else {}
        capabilities = context.get("capabilities")
        added = _list(capabilities.get("add")) if isinstance(capabilities, Mapping) else []
        unmasked = context.get("procMount") not in (None, "Default")
        if context.get("privileged") or unmasked or set(map(str, added)) - {"NET_BIND_SERVICE"}:
            found.add("privileged")
        if _windows_host_process(container):
            found.add("privileged")
        if any(isinstance(port, Mapping) and port.get("hostPort") for port in _list(container.get("ports"))):
            found.add("host_namespaces")
    return found


def _windows_host_process(record: Mapping[str, Any]) -> bool:
    context = record.get("securityContext")
    windows = context.get("windowsOptions") if isinstance(context, Mapping) else None
    return isinstance(windows, Mapping) and bool(windows.get("hostProcess"))


def _is_system(name: str) -> bool:
    return bool(re.fullmatch(r"default|kube-.*|openshift|openshift-.*", name))


def _group(item: Mapping[str, Any]) -> str:
    group, slash, _version = str(item["apiVersion"]).partition("/")
    return group if slash else ""


def _label(item: Mapping[str, Any]) -> str:
    metadata = item["metadata"]
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{item['kind']} {place}{metadata['name']}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
