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
    "cluster_changes": "may change objects in every namespace",
    "cluster_secrets": "may read the Secrets of every namespace",
    "cluster_exec": "may run commands in containers of every namespace, or connect to them",
    "subjects": "grants rights to others than the service accounts in its own namespaces",
    "privileged": "has a privileged or less confined container",
    "host_namespaces": "uses the network, the processes or the ports of the node",
    "host_path": "mounts a folder of the node",
    "exposed_services": "is a Service that can be reached from outside the cluster",
}
# Permissions with a name: kind:PriorityClass, namespace:monitoring.
_NAMED = re.compile(r"(?:kind:[A-Za-z]+(?:\.[a-z0-9.-]+)?|namespace:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)")
_SAFE_VOLUMES = {"configMap", "secret", "emptyDir", "projected", "downwardAPI", "persistentVolumeClaim", "ephemeral"}
_POWERFUL_ROLES = re.compile(r"cluster-admin|admin|edit|system:.*")
_POWERFUL_VERBS = {"escalate", "bind", "impersonate"}
_READING = {"get", "list", "watch"}
# Getting them is enough to run commands in containers; on nodes, in every container of the node.
_CONNECTIONS = {
    *(f"pods/{name}" for name in ("attach", "exec", "ephemeralcontainers", "portforward", "proxy")),
    *(f"*/{name}" for name in ("attach", "exec", "ephemeralcontainers", "portforward", "proxy")),
    "nodes/proxy",
    "services/proxy",
}
# What may be made everywhere, since it changes nothing that anything else depends on, by API group.
_HARMLESS = {
    "": {"events"},
    "events.k8s.io": {"events"},
    "authentication.k8s.io": {"tokenreviews"},
    "authorization.k8s.io": {"subjectaccessreviews", "localsubjectaccessreviews", "selfsubjectaccessreviews"},
}
# Whoever makes or changes one of these obtains every right: the API server or a node does what it says.
_POWERFUL_OBJECTS = {
    "": {"persistentvolumes"},
    "admissionregistration.k8s.io": {
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    },
    "apiextensions.k8s.io": {"customresourcedefinitions"},
    "apiregistration.k8s.io": {"apiservices"},
    "certificates.k8s.io": {"certificatesigningrequests/approval", "certificatesigningrequests/status", "signers"},
}
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
        else:
            # In the order of the names above.
            yield from sorted({name for rule in rules for name in _rights_everywhere(rule, own)})
        labels = item["metadata"].get("labels")
        if isinstance(labels, Mapping) and any(str(label).startswith(_AGGREGATION_LABEL) for label in labels):
            yield "subjects"
    reference = item.get("roleRef")
    if isinstance(reference, Mapping) and reference.get("kind") == "ClusterRole":
        name = str(reference.get("name"))
        inside = item["kind"] == "RoleBinding"
        powerful = name not in ("admin", "edit") and _POWERFUL_ROLES.fullmatch(name) if inside else name != "view"
        # What a role of the cluster itself permits is not known here.
        if name not in roles and powerful:
            yield "cluster_admin"
    for subject in _list(item.get("subjects")):
        if not isinstance(subject, Mapping) or (
            subject.get("kind") != "ServiceAccount" or str(subject.get("namespace")) not in own
        ):
            yield "subjects"


def _is_powerful(rule: Mapping[str, Any]) -> bool:
    verbs, resources, groups = _parts(rule)
    if verbs & _POWERFUL_VERBS:
        return True
    if "*" in verbs and _covers(groups, resources, _POWERFUL_RESOURCES):
        return True
    tokens = {"serviceaccounts/token", "*/token"} & resources and {"", "*"} & groups
    if tokens and {"create", "*"} & verbs:
        return True  # of every ServiceAccount, also those with every right
    if not verbs - _READING:
        return False
    everything = "*" in resources and ("*" in groups or _RBAC in groups)
    return everything or _covers(groups, resources, _POWERFUL_OBJECTS)


def _rights_everywhere(rule: Mapping[str, Any], own: set[str]) -> Iterator[str]:
    """Yields the permissions that a rule of a ClusterRole needs, unless it needs cluster_admin."""
    verbs, resources, groups = _parts(rule)
    core = bool({"", "*"} & groups)
    named = {str(name) for name in _list(rule.get("resourceNames"))}
    if core and resources <= {"namespaces", "namespaces/status", "namespaces/finalize"} and named and named <= own:
        return
    if core and {"secrets", "*"} & resources and {"*", *_READING} & verbs:
        yield "cluster_secrets"
    if core and verbs and {"*", *_CONNECTIONS} & resources:
        yield "cluster_exec"
    harmless = all(resources <= _HARMLESS.get(group, set()) for group in groups)
    if verbs - _READING and ((resources - _CONNECTIONS and not harmless) or _list(rule.get("nonResourceURLs"))):
        yield "cluster_changes"


def _parts(rule: Mapping[str, Any]) -> tuple[set[str], set[str], set[str]]:
    """The verbs, the resources and the API groups of a rule."""
    verbs, resources, groups = ({str(each) for each in _list(rule.get(name))} for name in _RULE)
    return verbs, resources, groups


_RULE = ("verbs", "resources", "apiGroups")


def _covers(groups: set[str], resources: set[str], known: Mapping[str, set[str]]) -> bool:
    """Whether a rule is about one of the resources, by API group."""
    return any({"*", group} & groups and {"*", *names} & resources for group, names in known.items())


def _is_exposed(spec: Any) -> bool:
    if not isinstance(spec, Mapping):
        return False
    return bool(spec.get("externalIPs")) or str(spec.get("type") or "ClusterIP") != "ClusterIP"


def _pods(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yields everything in an object that has containers, or annotations for them, wherever it is."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            if any(isinstance(current.get(name), list) for name in _CONTAINERS) or current.get("annotations"):
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
    annotations = pod.get("annotations")
    for name, value in annotations.items() if isinstance(annotations, Mapping) else ():
        if str(name).startswith(_APPARMOR) and value == "unconfined":
            found.add("privileged")
    if _is_less_confined(pod):
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
        if _is_less_confined(container):
            found.add("privileged")
        if any(isinstance(port, Mapping) and port.get("hostPort") for port in _list(container.get("ports"))):
            found.add("host_namespaces")
        if any(_has_host(container.get(name)) for name in _HANDLERS):
            found.add("host_namespaces")
    return found


_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
# The types that container runtimes use anyway.
_SELINUX = (None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


# What the node itself does for a container. With an address, it connects to any server that the node can reach.
_HANDLERS = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")


def _has_host(value: Any) -> bool:
    """Whether a probe or a handler has an address of its own, other than that of its pod."""
    if not isinstance(value, Mapping):
        return False
    return bool(value.get("host")) or any(map(_has_host, value.values()))


def _is_less_confined(record: Mapping[str, Any]) -> bool:
    """Whether a pod or a container switches off what confines others, as in the baseline of Kubernetes' standards."""
    context = record.get("securityContext")
    if not isinstance(context, Mapping):
        return False
    windows, selinux = context.get("windowsOptions"), context.get("seLinuxOptions")
    profiles = [context.get(name) for name in ("seccompProfile", "appArmorProfile")]
    return bool(
        context.get("sysctls")
        or (isinstance(windows, Mapping) and windows.get("hostProcess"))
        or (isinstance(selinux, Mapping) and (set(selinux) - {"type", "level"} or selinux.get("type") not in _SELINUX))
        or any(isinstance(profile, Mapping) and profile.get("type") == "Unconfined" for profile in profiles)
    )


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
