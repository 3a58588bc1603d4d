# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: whether a cluster is fit for agents. Judges what kubectl said; does nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import WELL_KNOWN, Resource

VERBS = ("get", "create", "patch")
# For which HSS has images of its agents.
_ARCHITECTURES = ("amd64", "arm64")


@dataclass
class Findings:
    """What was found, and what is wrong with it."""

    version: str | None = None
    nodes: list[dict[str, Any]] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


# --- version ---


def version_number(text: str) -> tuple[int, ...]:
    """The numbers in a version such as v1.29.4+k3s1, 1.19+ or 1.19.

    :raises KubectlError: if there are none.
    """
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text.strip())
    if found is None:
        raise KubectlError(f"minimum_version: {text!r} is no version such as 1.19.")
    return tuple(int(number) for number in found.groups() if number is not None)


def judge_version(answer: Mapping[str, Any], minimum: tuple[int, ...], findings: Findings) -> None:
    """The version of the API server."""
    server = answer.get("serverVersion") or {}
    text = str(server.get("gitVersion") or f"{server.get('major', '')}.{server.get('minor', '')}")
    try:
        number = version_number(text)
    except KubectlError:
        findings.warnings.append(f"The API server's version could not be understood: {text!r}.")
        return
    findings.version = text
    if number < minimum[: len(number)]:
        wanted = ".".join(map(str, minimum))
        findings.problems.append(
            f"The cluster has Kubernetes {text}, and {wanted} or newer is wanted. Upgrade it, or lower minimum_version."
        )


# --- nodes ---


def judge_nodes(items: Iterable[Mapping[str, Any]], findings: Findings) -> None:
    """Whether there is a node on which agents can run."""
    findings.nodes = [_node(item) for item in items]
    linux = [node for node in findings.nodes if node["os"] == "linux"]
    ready = [node for node in linux if node["ready"]]
    others = [node for node in findings.nodes if node["os"] != "linux"]
    if not findings.nodes:
        findings.problems.append("The cluster has no nodes. Agents need one to run on; join one first.")
    elif not linux:
        shown = _shown(others, "os")
        findings.problems.append(f"No node runs Linux, which the agents need: {shown}. Join a Linux node first.")
    elif not ready:
        shown = _shown(linux)
        findings.problems.append(f"No Linux node is ready: {shown}. kubectl describe node says why.")
    else:
        if others:
            findings.warnings.append(f"Agents do not run on nodes without Linux: {_shown(others, 'os')}.")
        if len(ready) < len(linux):
            findings.warnings.append(f"Not ready: {_shown([node for node in linux if not node['ready']])}.")
    foreign = [node for node in linux if node["architecture"] not in _ARCHITECTURES]
    if foreign:
        findings.warnings.append(
            f"HSS has agents for {' and '.join(_ARCHITECTURES)} alone, not for {_shown(foreign, 'architecture')}."
        )


def _node(item: Mapping[str, Any]) -> dict[str, Any]:
    status = item.get("status") or {}
    info = status.get("nodeInfo") or {}
    return {
        "name": item["metadata"]["name"],
        "os": info.get("operatingSystem"),
        "architecture": info.get("architecture"),
        "ready": any(
            one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions") or []
        ),
    }


def _shown(nodes: Sequence[Mapping[str, Any]], part: str | None = None) -> str:
    # Of hundreds a few say enough.
    named = [f"{node['name']} ({node[part]})" if part else str(node["name"]) for node in nodes[:5]]
    more = [f"{len(nodes) - 5} more"] if len(nodes) > 5 else []
    return ", ".join([*named, *more])


# --- rights ---


def unknown_kinds(objects: Iterable[KubeObject]) -> list[KubeObject]:
    """An object of each kind that only the cluster can tell about."""
    objects = list(objects)
    known = {**WELL_KNOWN, **_defined(objects)}
    return list({(one.group, one.kind): one for one in objects if (one.group, one.kind) not in known}.values())


def resources_in(listing: Mapping[str, Any], kinds: Iterable[KubeObject]) -> dict[tuple[str, str], Resource]:
    """What the API's list of a group's resources says of these kinds."""
    wanted = {one.kind: one.group for one in kinds if one.content["apiVersion"] == listing.get("groupVersion")}
    return {
        (wanted[entry["kind"]], entry["kind"]): Resource(entry["name"], wanted[entry["kind"]], entry["namespaced"])
        for entry in listing.get("resources") or []
        # A subresource has the kind of what it is about.
        if entry.get("kind") in wanted and "/" not in entry["name"]
    }


def reviews(objects: Sequence[KubeObject], more: Mapping[tuple[str, str], Resource]) -> list[dict[str, Any]]:
    """The questions to ask so that each object can be made: each once."""
    known = {**WELL_KNOWN, **_defined(objects), **more}
    asked: dict[tuple[str, str, str, str], None] = {}
    for one in objects:
        resource = known.get((one.group, one.kind))
        if resource is None:
            continue
        for verb in VERBS:
            namespace = (one.namespace or "default") if resource.namespaced else ""
            asked[(verb, resource.group, resource.name, namespace)] = None
    return [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": name, "namespace": namespace}},
        }
        for verb, group, name, namespace in asked
    ]


def _defined(objects: Iterable[KubeObject]) -> dict[tuple[str, str], Resource]:
    """The kinds that definitions among the objects bring."""
    found = {}
    for one in objects:
        spec = one.content.get("spec")
        if one.is_definition and isinstance(spec, dict) and isinstance(spec.get("names"), dict):
            group, names = str(spec.get("group")), spec["names"]
            resource = Resource(str(names.get("plural")), group, spec.get("scope") != "Cluster")
            found[(group, str(names.get("kind")))] = resource
    return found


def judge_reviews(answers: Iterable[Mapping[str, Any]], findings: Findings) -> None:
    """What the account may not do."""
    missing: dict[str, list[str]] = {}
    for answer in answers:
        attributes = answer["spec"]["resourceAttributes"]
        if not (answer.get("status") or {}).get("allowed"):
            group, namespace = attributes.get("group"), attributes.get("namespace")
            resource = f"{attributes['resource']}.{group}" if group else attributes["resource"]
            where = f"{resource} in namespace {namespace}" if namespace else resource
            findings.denied.append(f"{attributes['verb']} {where}")
            missing.setdefault(where, []).append(attributes["verb"])
    if missing:
        rights = "; ".join(f"{', '.join(verbs)} {where}" for where, verbs in missing.items())
        findings.problems.append(
            f"The kubeconfig's account has not the right to: {rights}. Use a cluster admin's kubeconfig, or grant it "
            "these rights."
        )
