# Copyright (c) 2026, the huaweicloud.hss collection authors
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
_IMAGE_ARCHITECTURES = {"x86": "amd64", "arm": "arm64"}
# The option of the node agent for each container runtime.
_RUNTIMES = {"containerd": "containerd_endpoint", "docker": "docker_endpoint", "cri-o": "crio_endpoint"}
_MAX_LISTED_NODES = 5
# What a node needs according to the vendor. Kubernetes counts without the memory that the kernel keeps for itself.
_MIN_CPUS = 2
_MIN_GIB, _MIN_COUNTED_GIB = 4, 3.5
_QUANTITY = re.compile(r"(\d{1,30}(?:\.\d{1,30})?)(m|[kMGTPE]|[KMGTPE]i|[eE]\d{1,2})?")
_PREFIXES = "kMGTPE"


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


@dataclass(frozen=True)
class AgentPods:
    """What is known about the pods that are going to run.

    :arg tolerations: as in the specification of a pod.
    :arg image_arch: architecture of the images, C(x86) or C(arm); None if unknown.
    :arg runtimes: paths of sockets by the type of the runtime, None for the default path; None without a node agent.
    """

    tolerations: Sequence[Mapping[str, Any]] = ()
    image_arch: str | None = None
    runtimes: Mapping[str, str | None] | None = None


def check_nodes(items: Iterable[Mapping[str, Any]], findings: Findings, pods: AgentPods | None = None) -> None:
    """Check whether there is a node on which agents can run."""
    pods = pods or AgentPods()
    items = list(items)
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
        _check_scheduling(ready, items, findings, pods)
        if pods.runtimes is not None and (virtual := [{"name": _name(item)} for item in items if _is_virtual(item)]):
            findings.warnings.append(f"Node agents do not run on virtual nodes: {_list_nodes(virtual)}.")
        _check_architectures(ready, findings, pods)
    unsupported = [node for node in linux if node["architecture"] not in _ARCHITECTURES]
    if unsupported:
        findings.warnings.append(
            f"HSS provides agents only for {' and '.join(_ARCHITECTURES)}, not for "
            f"{_list_nodes(unsupported, 'architecture')}."
        )
    if pods.runtimes is not None:
        _check_runtimes(items, findings, pods.runtimes)
        _check_sizes(items, findings)


def _check_scheduling(
    ready: Sequence[Mapping[str, Any]], items: Iterable[Mapping[str, Any]], findings: Findings, pods: AgentPods
) -> None:
    """Warn if no pod of an agent could be scheduled. The tolerations of the agents may not be known."""
    specs = {_name(item): _mapping(item.get("spec")) for item in items}
    obstacles = {}
    for node in ready:
        taints = [taint for taint in _list(specs[node["name"]].get("taints")) if not _is_tolerated(taint, pods)]
        hard = [_taint_text(taint) for taint in taints if taint.get("effect") in ("NoSchedule", "NoExecute")]
        if not node["schedulable"] or hard:
            obstacles[node["name"]] = "cordoned" if not node["schedulable"] else f"taint {hard[0]}"
    if len(obstacles) == len(ready):
        names = _list_nodes([{"name": name, "why": why} for name, why in obstacles.items()], "why")
        findings.warnings.append(
            f"No pod without the right toleration is scheduled on any ready node: {names}. Uncordon a node, or remove "
            "a taint, unless the agents tolerate it."
        )


def _is_tolerated(taint: Mapping[str, Any], pods: AgentPods) -> bool:
    return any(
        (not toleration.get("effect") or toleration["effect"] == taint.get("effect"))
        and (not toleration.get("key") or toleration["key"] == taint.get("key"))
        and (toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or ""))
        for toleration in pods.tolerations
    )


def _check_architectures(ready: Sequence[Mapping[str, Any]], findings: Findings, pods: AgentPods) -> None:
    found = {str(node["architecture"]) for node in ready}
    wanted = _IMAGE_ARCHITECTURES.get(pods.image_arch or "")
    without = [node for node in ready if node["architecture"] != wanted] if wanted else []
    if wanted and len(without) == len(ready):
        findings.problems.append(
            f"No ready node has the architecture {wanted} of the images (image_arch: {pods.image_arch}): "
            f"{_list_nodes(without, 'architecture')}. Set image_arch to that of the nodes."
        )
    elif without:
        findings.warnings.append(
            f"The images are for {wanted} (image_arch: {pods.image_arch}) and do not run on "
            f"{_list_nodes(without, 'architecture')}."
        )
    elif len(found) > 1:
        findings.warnings.append(f"The nodes have several architectures: {_list_nodes(ready, 'architecture')}.")


def _check_runtimes(items: Sequence[Mapping[str, Any]], findings: Findings, runtimes: Mapping[str, str | None]) -> None:
    """Warn if the socket of a node's container runtime is elsewhere than the node agent looks for it."""
    elsewhere: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in items:
        known = runtime_of(item)
        if known is None:
            continue
        name, path = known
        given = runtimes.get(name)
        # Without a path, the agent has the one of the template of HSS.
        if (name not in runtimes and (runtimes or path)) or (path and given != path):
            elsewhere.setdefault((name, path or ""), []).append({"name": item["metadata"]["name"]})
    for (name, path), nodes in elsewhere.items():
        entry = f"runtime_name: {name}" + (f", runtime_path: {path}" if path else "")
        findings.warnings.append(
            f"The container runtime of {_list_nodes(nodes)} is not where the node agent looks for it. Set runtime_info "
            f"to {entry}."
        )


def _check_sizes(items: Iterable[Mapping[str, Any]], findings: Findings) -> None:
    """Warn of Linux nodes that are smaller than the node agent needs. A size that is not known is no warning."""
    small = []
    for item, node in zip(items, findings.nodes):
        capacity = _mapping(_mapping(item.get("status")).get("capacity"))
        cpus, size = quantity(capacity.get("cpu")), quantity(capacity.get("memory"))
        gib = None if size is None else size / 2**30
        if node["os"] != "linux":
            continue
        if (cpus is not None and cpus < _MIN_CPUS) or (gib is not None and gib < _MIN_COUNTED_GIB):
            parts = [f"{cpus:g} vCPU" if cpus is not None else "", f"{gib:.1f} GiB" if gib is not None else ""]
            small.append({"name": node["name"], "size": ", ".join(filter(None, parts))})
    if small:
        findings.warnings.append(
            f"The node agent needs {_MIN_CPUS} vCPU and {_MIN_GIB} GiB of memory, and may not run on smaller nodes: "
            f"{_list_nodes(small, 'size')}."
        )


def quantity(value: Any) -> float | None:
    """Return a quantity of Kubernetes, such as 1500m or 4Gi, as a number; None if it is not one."""
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    number, suffix = float(found[1]), found[2] or ""
    if suffix == "m":
        return number / 1000
    if suffix[1:].isdigit():
        return number * 10.0 ** int(suffix[1:])
    base = 1024 if suffix.endswith("i") else 1000
    return number * base ** (_PREFIXES.index(suffix[0].replace("K", "k")) + 1) if suffix else number


def runtime_of(item: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Return the type of a node's container runtime, and the path of its socket if that is not the usual one.

    None if the node does not say which runtime it has.
    """
    info = _mapping(_mapping(item.get("status")).get("nodeInfo"))
    runtime, kubelet = _text(info.get("containerRuntimeVersion")), _text(info.get("kubeletVersion"))
    name = _RUNTIMES.get(runtime.partition("://")[0])
    if name is None:
        return None
    if name != "containerd_endpoint":
        return name, None
    if "k3s" in runtime or "+k3s" in kubelet or "+rke2" in kubelet:
        return name, "/run/k3s/containerd/containerd.sock"
    if "+k0s" in kubelet:
        return name, "/run/k0s/containerd.sock"
    if "microk8s.io/cluster" in _mapping(_mapping(item.get("metadata")).get("labels")):
        return name, "/var/snap/microk8s/common/run/containerd.sock"
    return name, None


def _is_virtual(item: Mapping[str, Any]) -> bool:
    """Return whether a node stands for a service that runs pods, and has no machine for a DaemonSet."""
    labels = _mapping(_mapping(item.get("metadata")).get("labels"))
    taints = _list(_mapping(item.get("spec")).get("taints"))
    return (
        "virtual-kubelet" in (labels.get("type"), labels.get("kubernetes.io/role"))
        or labels.get("eks.amazonaws.com/compute-type") == "fargate"
        or any(taint.get("key") == "virtual-kubelet.io/provider" for taint in taints)
    )


def _node_summary(item: Mapping[str, Any]) -> dict[str, Any]:
    status, spec = _mapping(item.get("status")), _mapping(item.get("spec"))
    info = _mapping(status.get("nodeInfo"))
    return {
        "name": _name(item),
        "os": info.get("operatingSystem"),
        "architecture": info.get("architecture"),
        "ready": any(
            condition.get("type") == "Ready" and condition.get("status") == "True"
            for condition in _list(status.get("conditions"))
        ),
        "schedulable": not spec.get("unschedulable"),
        "taints": [_taint_text(taint) for taint in _list(spec.get("taints"))],
        "runtime": info.get("containerRuntimeVersion"),
        "addresses": [
            _text(address.get("address"))
            for address in _list(status.get("addresses"))
            if address.get("type") == "InternalIP"
        ],
    }


def _taint_text(taint: Mapping[str, Any]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _name(item: Mapping[str, Any]) -> str:
    return _text(_mapping(item.get("metadata")).get("name"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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
