# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the changes that create, update or delete Kubernetes objects. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.diff import object_diff
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    ObjectRedactor,
    comparable_content,
    namespace_object,
)

# kubectl apply stores the applied object in an annotation, and Kubernetes limits annotations to 256 KiB.
_LARGE = 200_000


@dataclass(frozen=True)
class Change:
    """Planned change of an object.

    :arg live: the object in the cluster.
    :arg applied: result of the dry run, if the API server was asked for one.
    """

    desired: KubeObject
    action: str
    live: KubeObject | None = None
    applied: KubeObject | None = None

    @property
    def changed(self) -> bool:
        """Whether the object is changed."""
        return self.action not in ("unchanged", "kept")

    def result(self) -> dict[str, Any]:
        """Return the entry for the result of the task."""
        namespace = self.desired.namespace or (self.live.namespace if self.live else None)
        return {
            "kind": self.desired.kind,
            "name": self.desired.name,
            "namespace": namespace,
            "action": self.action,
        }

    def diff(self, redactor: ObjectRedactor) -> dict[str, str]:
        """Return the entry for the diff of the task."""
        if self.action == "created":
            return object_diff(None, self.desired, redactor)
        if self.action == "deleted":
            return object_diff(self.live or self.desired, None, redactor)
        return object_diff(self.live, self.applied, redactor)


def implied_namespaces(desired: Sequence[KubeObject]) -> list[KubeObject]:
    """Return the namespaces that the objects name, but that are not among the objects."""
    given = {item.name for item in desired if item.is_namespace}
    names = dict.fromkeys(item.namespace for item in desired if item.namespace)
    return [namespace_object(name) for name in names if name and name not in given]


def relevant_errors(
    lines: Iterable[str], desired: Sequence[KubeObject], implied: Iterable[KubeObject], absent: bool
) -> list[str]:
    """Return the error messages of C(kubectl get) that are a reason to fail.

    These errors are ignored: the account cannot read a namespace that is not among the objects; a kind is unknown, but
    its CustomResourceDefinition is among the objects; a kind is unknown, but its objects are to be deleted.
    """
    implied_names = {item.name for item in implied}
    defined = {(spec.get("group"), (spec.get("names") or {}).get("kind")) for spec in _crd_specs(desired)}
    relevant = []
    for line in lines:
        forbidden = re.search(r'namespaces "([^"]+)" is forbidden', line)
        unknown = re.search(r'no matches for kind "([^"]+)" in version "([^"/]+)', line)
        if forbidden and forbidden[1] in implied_names:
            continue
        if unknown and (absent or (unknown[2], unknown[1]) in defined):
            continue
        relevant.append(line)
    return relevant


def _crd_specs(objects: Iterable[KubeObject]) -> list[dict[str, Any]]:
    return [item.content.get("spec") or {} for item in objects if item.is_crd]


def distinct(objects: Iterable[KubeObject]) -> list[KubeObject]:
    """Return the objects, each once."""
    return list({item.key: item for item in objects}.values())


def terminating_indexes(
    desired: Sequence[KubeObject], live: Sequence[KubeObject | None], namespaces: Iterable[KubeObject]
) -> set[int]:
    """Return the indexes of the objects that are being deleted, or whose namespace is being deleted."""
    terminating = {item.name for item in namespaces if item.is_terminating}
    return {
        index
        for index, (item, live_object) in enumerate(zip(desired, live))
        if (live_object is not None and live_object.is_terminating) or item.namespace in terminating
    }


def plan_present(
    desired: Sequence[KubeObject], live: Sequence[KubeObject | None], applied: Sequence[KubeObject | None]
) -> list[Change]:
    """Return the changes that create or update the objects.

    :arg applied: results of the dry run, for the objects that exist.
    """
    changes = []
    for item, live_object, applied_object in zip(desired, live, applied):
        if live_object is None:
            changes.append(Change(item, "created"))
        elif applied_object is None or _own_content(live_object, item) == _own_content(applied_object, item):
            changes.append(Change(item, "unchanged", live_object))
        else:
            changes.append(Change(item, "updated", live_object, applied_object))
    return changes


def _own_content(item: KubeObject, desired: KubeObject) -> dict[str, Any]:
    """Return the content that applying can change: without labels and annotations of others.

    A webhook can write one with each request, such as the time of the request.
    """
    content = comparable_content(item)
    given = desired.content["metadata"]
    metadata = {
        key: {name: value[name] for name in value if name in (given.get(key) or {})}
        if key in ("labels", "annotations") and isinstance(value, dict)
        else value
        for key, value in content["metadata"].items()
    }
    return {**content, "metadata": {key: value for key, value in metadata.items() if value != {}}}


def plan_absent(
    desired: Sequence[KubeObject], live: Sequence[KubeObject | None], kept: Iterable[KubeObject] = ()
) -> list[Change]:
    """Return the changes that delete the objects.

    :arg kept: live objects that belong to somebody else.
    """
    others = {id(item) for item in kept}
    return [Change(item, _absent_action(live_object, others), live_object) for item, live_object in zip(desired, live)]


def _absent_action(live: KubeObject | None, others: set[int]) -> str:
    if live is None:
        return "unchanged"
    return "kept" if id(live) in others else "deleted"


@dataclass(frozen=True)
class Batch:
    """Objects that are applied with one call of kubectl."""

    objects: list[KubeObject]
    large: bool = False
    after_crds: bool = False

    @property
    def flags(self) -> list[str]:
        """Flags for kubectl. Large objects do not fit into the annotation, so they need server-side apply."""
        return ["--server-side", "--force-conflicts"] if self.large else []


def batches(objects: Iterable[KubeObject]) -> list[Batch]:
    """Return the objects in an order in which they can be created: namespaces and CustomResourceDefinitions first."""
    ordered = sorted(objects, key=lambda item: 0 if item.is_namespace else 1 if item.is_crd else 2)
    defined = {(spec.get("group"), (spec.get("names") or {}).get("kind")) for spec in _crd_specs(ordered)}
    stages: dict[tuple[bool, bool], list[KubeObject]] = {}
    for item in ordered:
        stages.setdefault(((item.group, item.kind) in defined, item.size > _LARGE), []).append(item)
    return [Batch(stages[key], large=key[1], after_crds=key[0]) for key in sorted(stages)]


def deletion_order(objects: Iterable[KubeObject]) -> list[KubeObject]:
    """Return the objects in reverse order, with CustomResourceDefinitions and namespaces last."""
    ordered = list(objects)[::-1]
    return sorted(ordered, key=lambda item: 2 if item.is_namespace else 1 if item.is_crd else 0)


def reason_for_remaining(item: KubeObject) -> str:
    """Return the reason why a deleted object still exists."""
    status = item.content.get("status") or {}
    messages = [
        str(condition.get("message"))
        for condition in status.get("conditions") or []
        if condition.get("status") == "True" and condition.get("message")
    ]
    if item.is_namespace and messages:
        return "; ".join(messages)
    finalizers = item.content["metadata"].get("finalizers") or (item.content.get("spec") or {}).get("finalizers") or []
    if finalizers:
        return f"it waits for its finalizers {', '.join(map(str, finalizers))}"
    return "it is still being deleted" if item.is_terminating else "something created it again, or keeps it"
