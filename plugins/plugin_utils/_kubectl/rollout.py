# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: whether pods run with what was applied, and why they do not. Pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import printable_text
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject

# The annotation of a pod template. If it changes, the pods are replaced.
CHECKSUM = "huaweicloud.hss/checksum"
# Whoever may read pods, but no Secrets, must not be able to guess a short password from the checksum in a hurry.
_ROUNDS = 100_000
_WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet")
_MAX_REASONS = 5
_MAX_REASON = 600


def is_workload(item: KubeObject) -> bool:
    """Return whether the object is a controller of pods whose rollout can be watched."""
    return item.group == "apps" and item.kind in _WORKLOADS


def with_checksums(objects: Sequence[KubeObject]) -> list[KubeObject]:
    """Return the objects with a checksum of the ConfigMaps and Secrets among them in each pod template that uses them.

    Pods read most of them when they start only. Without the checksum they would keep the old values.
    """
    contents = {
        (item.kind, item.namespace, item.name): [
            item.content.get(part) for part in ("data", "binaryData", "stringData")
        ]
        for item in objects
        if item.has_hidden_data
    }
    return [_with_checksum(item, contents) if is_workload(item) else item for item in objects]


def _with_checksum(item: KubeObject, contents: Mapping[tuple[str, str | None, str], Any]) -> KubeObject:
    spec = item.content.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(template, dict):
        return item
    names = sorted(set(_references(template.get("spec"))))
    used = [[kind, name, contents[key]] for kind, name in names if (key := (kind, item.namespace, name)) in contents]
    if not used:
        return item
    text, name = json.dumps(used, sort_keys=True), f"{item.kind}/{item.namespace}/{item.name}"
    checksum = hashlib.pbkdf2_hmac("sha256", text.encode(), name.encode(), _ROUNDS).hex()[:32]
    metadata = template.get("metadata") if isinstance(template.get("metadata"), dict) else {}
    annotations = {**((metadata or {}).get("annotations") or {}), CHECKSUM: checksum}
    template = {**template, "metadata": {**(metadata or {}), "annotations": annotations}}
    return KubeObject({**item.content, "spec": {**spec, "template": template}})


_REFERENCES = {
    "configMapRef": ("ConfigMap", "name"),
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMap": ("ConfigMap", "name"),
    "secretRef": ("Secret", "name"),
    "secretKeyRef": ("Secret", "name"),
    "secret": ("Secret", "secretName"),
}


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each ConfigMap and Secret to which a pod's spec refers."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            for key, inner in current.items():
                if key in _REFERENCES and isinstance(inner, dict):
                    kind, field = _REFERENCES[key]
                    # A projected volume names its Secrets as it names its ConfigMaps.
                    name = inner.get(field) or inner.get("name")
                    if isinstance(name, str):
                        yield kind, name
                stack.append(inner)
        elif isinstance(current, list):
            stack.extend(current)


@dataclass(frozen=True)
class Rollout:
    """The pods of a workload: how many there should be, how many run with the current template, and whether it is done.

    :arg reasons: why it is not done, as far as the workload itself says so.
    """

    item: KubeObject
    desired: int
    ready: int
    done: bool
    reasons: tuple[str, ...] = ()

    def result(self) -> dict[str, Any]:
        """Return the entry for the result of the task."""
        item = self.item
        names = {"kind": item.kind, "name": item.name, "namespace": item.namespace}
        return {**names, "desired": self.desired, "ready": self.ready, "done": self.done}


def rollout_of(live: KubeObject) -> Rollout:
    """Return the rollout of a live workload."""
    status, spec = _mapping(live.content.get("status")), _mapping(live.content.get("spec"))
    seen = _number(status.get("observedGeneration")) >= _number(live.content["metadata"].get("generation"))
    if live.kind == "DaemonSet":
        desired = _number(status.get("desiredNumberScheduled"))
        ready = min(_number(status.get("updatedNumberScheduled")), _number(status.get("numberAvailable")))
        others = 0
    else:
        desired = _number(spec.get("replicas", 1))
        available = status.get("availableReplicas", status.get("readyReplicas"))
        ready = min(_number(status.get("updatedReplicas")), _number(available))
        others = _number(status.get("replicas")) - _number(status.get("updatedReplicas"))
    reasons = tuple(
        str(condition.get("message"))
        for condition in _list(status.get("conditions"))
        if _is_failure(condition) and condition.get("message")
    )
    return Rollout(live, desired, ready, seen and ready >= desired and others <= 0, reasons)


def _is_failure(condition: Mapping[str, Any]) -> bool:
    kind, status = condition.get("type"), condition.get("status")
    return (kind, status) == ("ReplicaFailure", "True")


def reasons(rollout: Rollout, pods: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return why the pods of a workload do not run, each reason once, the most specific first.

    :arg pods: the pods in the namespace.
    :arg events: the warnings in the namespace.
    """
    selector = _mapping(_mapping(_mapping(rollout.item.content.get("spec")).get("selector")).get("matchLabels"))
    mine = [pod for pod in pods if selector and selector.items() <= _mapping(_metadata(pod).get("labels")).items()]
    found = [*rollout.reasons, *(reason for pod in mine for reason in _pod_reasons(pod))]
    names = {rollout.item.name, *(str(_metadata(pod).get("name")) for pod in mine)}
    for event in events:
        about = _mapping(event.get("involvedObject"))
        name = str(about.get("name"))
        # A ReplicaSet has the name of its Deployment with a suffix.
        if name in names or (about.get("kind") == "ReplicaSet" and name.startswith(f"{rollout.item.name}-")):
            found.append(f"{event.get('reason')}: {event.get('message')}")
    if not found and not mine and rollout.desired:
        found.append("no pods were created, and there is no event that says why")
    cut = (text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}..." for text in found)
    return list(dict.fromkeys(" ".join(printable_text(text).split()) for text in cut))[:_MAX_REASONS]


def _pod_reasons(pod: Mapping[str, Any]) -> Iterator[str]:
    name, status = _metadata(pod).get("name"), _mapping(pod.get("status"))
    for condition in _list(status.get("conditions")):
        if (condition.get("type"), condition.get("status")) == ("PodScheduled", "False") and condition.get("message"):
            yield f"pod {name} is not scheduled: {condition['message']}"
    for part in ("initContainerStatuses", "containerStatuses"):
        for container in _list(status.get(part)):
            state = _mapping(container.get("state"))
            waiting, ended = (
                _mapping(state.get("waiting")),
                _mapping(_mapping(container.get("lastState")).get("terminated")),
            )
            if waiting.get("reason") in (None, "PodInitializing", "ContainerCreating"):
                continue
            details = [waiting.get("message"), f"exit code {ended['exitCode']}" if "exitCode" in ended else None]
            text = ": ".join([str(waiting["reason"]), *(str(detail) for detail in details if detail)])
            yield f"pod {name}, container {container.get('name')}: {text}"


def _metadata(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(item.get("metadata"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
