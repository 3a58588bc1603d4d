# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what is to be done so that a cluster has objects, or has them no more. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.diff import difference
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    Hidden,
    KubeObject,
    comparable,
    namespace_named,
)

# kubectl apply notes what it applied in an annotation, and Kubernetes lets annotations have 256 KiB.
_LARGE = 200_000


@dataclass(frozen=True)
class Change:
    """What becomes of an object.

    :arg live: what the cluster has now.
    :arg merged: what it would have afterwards, where the API server was asked.
    """

    wanted: KubeObject
    action: str
    live: KubeObject | None = None
    merged: KubeObject | None = None

    @property
    def changed(self) -> bool:
        """Whether anything does."""
        return self.action != "unchanged"

    def result(self) -> dict[str, Any]:
        """The entry in the result."""
        namespace = self.wanted.namespace or (self.live.namespace if self.live else None)
        return {
            "kind": self.wanted.kind,
            "name": self.wanted.name,
            "namespace": namespace,
            "action": self.action,
        }

    def diff(self, hidden: Hidden) -> dict[str, str]:
        """The entry in the diff."""
        if self.action == "created":
            return difference(None, self.wanted, hidden)
        if self.action == "deleted":
            return difference(self.live or self.wanted, None, hidden)
        return difference(self.live, self.merged, hidden)


def implied_namespaces(wanted: Sequence[KubeObject]) -> list[KubeObject]:
    """The namespaces that objects are in, without being among them."""
    own = {one.name for one in wanted if one.is_namespace}
    names = dict.fromkeys(one.namespace for one in wanted if one.namespace)
    return [namespace_named(name) for name in names if name and name not in own]


def complaints_that_count(
    lines: Iterable[str], wanted: Sequence[KubeObject], implied: Iterable[KubeObject], absent: bool
) -> list[str]:
    """Of what kubectl said while it looked for objects, what it may not be passed over.

    Whether a namespace is there may be nobody's business; a kind may be brought by a definition among the objects; and
    of a kind that does not exist there are no objects to delete.
    """
    names = {one.name for one in implied}
    brought = {(spec.get("group"), (spec.get("names") or {}).get("kind")) for spec in _definitions(wanted)}
    counting = []
    for line in lines:
        forbidden = re.search(r'namespaces "([^"]+)" is forbidden', line)
        unknown = re.search(r'no matches for kind "([^"]+)" in version "([^"/]+)', line)
        if forbidden and forbidden[1] in names:
            continue
        if unknown and (absent or (unknown[2], unknown[1]) in brought):
            continue
        counting.append(line)
    return counting


def _definitions(wanted: Iterable[KubeObject]) -> list[dict[str, Any]]:
    return [one.content.get("spec") or {} for one in wanted if one.is_definition]


def doomed(
    wanted: Sequence[KubeObject], live: Sequence[KubeObject | None], namespaces: Iterable[KubeObject]
) -> set[int]:
    """The places of the objects that are being deleted, or are in a namespace that is."""
    going = {one.name for one in namespaces if one.going}
    return {
        number
        for number, (one, has) in enumerate(zip(wanted, live))
        if (has is not None and has.going) or one.namespace in going
    }


def plan_present(
    wanted: Sequence[KubeObject], live: Sequence[KubeObject | None], merged: Sequence[KubeObject | None]
) -> list[Change]:
    """What to do so that they are there.

    :arg merged: what applying them would give, as the API server says, for those that are there already.
    """
    changes = []
    for one, has, would in zip(wanted, live, merged):
        if has is None:
            changes.append(Change(one, "created"))
        elif would is None or comparable(has) == comparable(would):
            changes.append(Change(one, "unchanged", has))
        else:
            changes.append(Change(one, "updated", has, would))
    return changes


def plan_absent(wanted: Sequence[KubeObject], live: Sequence[KubeObject | None]) -> list[Change]:
    """What to do so that they are gone."""
    return [Change(one, "deleted" if has is not None else "unchanged", has) for one, has in zip(wanted, live)]


@dataclass(frozen=True)
class Batch:
    """Objects that go to kubectl apply together."""

    objects: list[KubeObject]
    large: bool = False
    after_definitions: bool = False

    @property
    def flags(self) -> list[str]:
        """Large ones cannot be noted in an annotation, so the API server has to know by itself who wants what."""
        return ["--server-side", "--force-conflicts"] if self.large else []


def batches(objects: Iterable[KubeObject]) -> list[Batch]:
    """The objects in an order in which they can be made: namespaces first, kinds before what is of them."""
    ordered = sorted(objects, key=lambda one: 0 if one.is_namespace else 1 if one.is_definition else 2)
    kinds = [one for one in ordered if one.is_definition]
    brought = {(spec.get("group"), (spec.get("names") or {}).get("kind")) for spec in _definitions(kinds)}
    stages: dict[tuple[bool, bool], list[KubeObject]] = {}
    for one in ordered:
        stages.setdefault(((one.group, one.kind) in brought, one.size > _LARGE), []).append(one)
    return [Batch(stages[key], large=key[1], after_definitions=key[0]) for key in sorted(stages)]


def deletion_order(objects: Iterable[KubeObject]) -> list[KubeObject]:
    """The other way round: what is in a namespace before it, and objects before the definition of their kind."""
    ordered = list(objects)[::-1]
    return sorted(ordered, key=lambda one: 2 if one.is_namespace else 1 if one.is_definition else 0)


def reason_to_remain(one: KubeObject) -> str:
    """Why an object that was deleted is still there."""
    status = one.content.get("status") or {}
    said = [
        str(condition.get("message"))
        for condition in status.get("conditions") or []
        if condition.get("status") == "True" and condition.get("message")
    ]
    if one.is_namespace and said:
        return "; ".join(said)
    finalizers = one.content["metadata"].get("finalizers") or (one.content.get("spec") or {}).get("finalizers") or []
    if finalizers:
        return f"it waits for {', '.join(map(str, finalizers))}"
    return "it is still being deleted" if one.going else "something made it anew, or keeps it"
