# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: checks of a cluster before agents are installed, on the output of kubectl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import BUILT_IN_RESOURCES, Resource

VERBS = ("get", "create", "patch")
# The architectures for which HSS provides images of its agents.
_ARCHITECTURES = ("amd64", "arm64")
_MAX_LISTED_NODES = 5


@dataclass
class Findings:
    """Results of the checks, with problems and warnings for the user."""

    version: str | None = None
    nodes: list[dict[str, Any]] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


# --- version ---


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers of a version such as v1.29.4+k3s1, 1.19+ or 1.19.

    :raises KubectlError: if the text is not a version.
    """
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text.strip())
    if found is None:
        raise KubectlError(f"minimum_version: {text!r} is not a version such as 1.19.")
    return tuple(int(number) for number in found.groups() if number is not None)


def check_version(response: Mapping[str, Any], minimum: tuple[int, ...], findings: Findings) -> None:
    """Check the version of the API server."""
    server = response.get("serverVersion") or {}
    text = str(server.get("gitVersion") or f"{server.get('major', '')}.{server.get('minor', '')}")
    try:
        version = parse_version(text)
    except KubectlError:
        findings.warnings.append(f"The version of the API server could not be parsed: {text!r}.")
        return
    findings.version = text
    if version < minimum[: len(version)]:
        required = ".".join(map(str, minimum))
        findings.problems.append(
            f"The cluster runs Kubernetes {text}, but {required} or newer is required. Upgrade it, or lower "
            "minimum_version."
        )


# --- nodes ---


def check_nodes(items: Iterable[Mapping[str, Any]], findings: Findings) -> None:
    """Check whether there is a node on which agents can run."""
    findings.nodes = [_node_summary(item) for item in items]
    linux = [node for node in findings.nodes if node["os"] == "linux"]
    ready = [node for node in linux if node["ready"]]
    others = [node for node in findings.nodes if node["os"] != "linux"]
    if not findings.nodes:
        findings.problems.append("The cluster has no nodes. Add a node on which the agents can run.")
    elif not linux:
        names = _list_nodes(others, "os")
        findings.problems.append(f"No node runs Linux, which the agents need: {names}. Add a Linux node.")
    elif not ready:
        names = _list_nodes(linux)
        findings.problems.append(f"No Linux node is ready: {names}. kubectl describe node shows the reason.")
    else:
        if others:
            findings.warnings.append(f"Agents do not run on nodes without Linux: {_list_nodes(others, 'os')}.")
        if len(ready) < len(linux):
            findings.warnings.append(f"Not ready: {_list_nodes([node for node in linux if not node['ready']])}.")
    unsupported = [node for node in linux if node["architecture"] not in _ARCHITECTURES]
    if unsupported:
        findings.warnings.append(
            f"HSS provides agents only for {' and '.join(_ARCHITECTURES)}, not for "
            f"{_list_nodes(unsupported, 'architecture')}."
        )


def _node_summary(item: Mapping[str, Any]) -> dict[str, Any]:
    status = item.get("status") or {}
    info = status.get("nodeInfo") or {}
    return {
        "name": item["metadata"]["name"],
        "os": info.get("operatingSystem"),
        "architecture": info.get("architecture"),
        "ready": any(
            condition.get("type") == "Ready" and condition.get("status") == "True"
            for condition in status.get("conditions") or []
        ),
    }


def _list_nodes(nodes: Sequence[Mapping[str, Any]], detail: str | None = None) -> str:
    """Return the names of the first nodes, each with a detail in parentheses, and the number of the others."""
    listed = nodes[:_MAX_LISTED_NODES]
    names = [f"{node['name']} ({node[detail]})" if detail else str(node["name"]) for node in listed]
    others = len(nodes) - len(listed)
    return ", ".join([*names, *([f"{others} more"] if others else [])])


# --- permissions ---


def objects_to_map(objects: Iterable[KubeObject]) -> list[KubeObject]:
    """Return an object of each kind whose REST mapping only the API server knows."""
    objects = list(objects)
    known = {**BUILT_IN_RESOURCES, **crd_resources(objects)}
    return list({(item.group, item.kind): item for item in objects if (item.group, item.kind) not in known}.values())


def map_resources(resource_list: Mapping[str, Any], objects: Iterable[KubeObject]) -> dict[tuple[str, str], Resource]:
    """Return the resources for the kinds of the objects.

    :arg resource_list: APIResourceList of the API server for one group and version.
    """
    groups = {
        item.kind: item.group for item in objects if item.content["apiVersion"] == resource_list.get("groupVersion")
    }
    return {
        (groups[entry["kind"]], entry["kind"]): Resource(entry["name"], groups[entry["kind"]], entry["namespaced"])
        for entry in resource_list.get("resources") or []
        # A subresource can have the same kind as its resource.
        if entry.get("kind") in groups and "/" not in entry["name"]
    }


def access_reviews(objects: Sequence[KubeObject], mapped: Mapping[tuple[str, str], Resource]) -> list[dict[str, Any]]:
    """Return the SelfSubjectAccessReviews for the permissions that creating the objects needs, without duplicates.

    :arg mapped: resources for the kinds that are not part of every cluster.
    """
    known = {**BUILT_IN_RESOURCES, **crd_resources(objects), **mapped}
    permissions: dict[tuple[str, str, str, str], None] = {}
    for item in objects:
        resource = known.get((item.group, item.kind))
        if resource is None:
            continue
        for verb in VERBS:
            namespace = (item.namespace or "default") if resource.namespaced else ""
            permissions[(verb, resource.group, resource.name, namespace)] = None
    return [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": name, "namespace": namespace}},
        }
        for verb, group, name, namespace in permissions
    ]


def crd_resources(objects: Iterable[KubeObject]) -> dict[tuple[str, str], Resource]:
    """Return the resources that CustomResourceDefinitions among the objects define."""
    resources = {}
    for item in objects:
        spec = item.content.get("spec")
        if item.is_crd and isinstance(spec, dict) and isinstance(spec.get("names"), dict):
            group, names = str(spec.get("group")), spec["names"]
            resource = Resource(str(names.get("plural")), group, spec.get("scope") != "Cluster")
            resources[(group, str(names.get("kind")))] = resource
    return resources


def check_access(reviews: Iterable[Mapping[str, Any]], findings: Findings) -> None:
    """Check the SelfSubjectAccessReviews that the API server has answered for missing permissions."""
    missing: dict[str, list[str]] = {}
    for review in reviews:
        attributes = review["spec"]["resourceAttributes"]
        if not (review.get("status") or {}).get("allowed"):
            group, namespace = attributes.get("group"), attributes.get("namespace")
            resource = f"{attributes['resource']}.{group}" if group else attributes["resource"]
            target = f"{resource} in namespace {namespace}" if namespace else resource
            findings.denied.append(f"{attributes['verb']} {target}")
            missing.setdefault(target, []).append(attributes["verb"])
    if missing:
        permissions = "; ".join(f"{', '.join(verbs)} {target}" for target, verbs in missing.items())
        findings.problems.append(
            f"The account in the kubeconfig does not have the permission to: {permissions}. Use the kubeconfig of a "
            "cluster admin, or grant these permissions."
        )
