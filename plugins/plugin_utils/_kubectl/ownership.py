# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: whose the objects in a cluster are. Pure functions.

An object that was created for an owner, which is a registration in HSS, has labels that say so. A name alone proves
nothing: a customer's own ClusterRole can have the same one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import LAST_APPLIED, KubeObject

# The owner of an object. The older label has no id.
OWNER_LABEL = "huaweicloud.hss/cluster-id"
APPLIED_BY = ("huaweicloud.hss/applied-by", "ansible")
# The entry of the option take_over for objects that have no owner.
UNLABELLED = "unlabelled"
# The key of the connection agent's ConfigMap with the id of its registration.
_REGISTRATION_KEY = "CLUSTER_ID"
_SYSTEM_NAMESPACE = re.compile(r"default|kube-.*|openshift|openshift-.*")
_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_MAX_LISTED = 5


def validated_owner(owner: str | None) -> str:
    """Return the value of the option C(owner); an empty text if there is none.

    :raises KubectlError: if it cannot be the value of a label.
    """
    if owner and (not _LABEL_VALUE.fullmatch(owner) or owner == UNLABELLED):
        raise KubectlError("owner: must be an id of at most 63 letters, digits, -, _ and ., such as a cluster_id.")
    # ansible-core tags strings, which makes them a subclass that the YAML dumper refuses.
    return str(json.loads(json.dumps(owner or "")))


def validated_owners(owner: str, take_over: Iterable[str]) -> list[str]:
    """Return the owner and the entries of the option C(take_over); nothing without an owner.

    :raises KubectlError: if one of them cannot be the value of a label.
    """
    for entry in take_over:
        if entry != UNLABELLED and not _LABEL_VALUE.fullmatch(entry):
            raise KubectlError(f"take_over: {entry!r} is neither an id, as in conflicts, nor {UNLABELLED}.")
    return [owner, *(str(json.loads(json.dumps(entry))) for entry in take_over)] if owner else []


def is_system_namespace(name: str) -> bool:
    """Return whether a namespace belongs to Kubernetes itself."""
    return bool(_SYSTEM_NAMESPACE.fullmatch(name))


def require_own_namespaces(desired: Iterable[KubeObject]) -> None:
    """Check that none of the objects is a namespace of Kubernetes itself.

    :raises KubectlError: if one is.
    """
    for item in desired:
        if item.is_namespace and is_system_namespace(item.name):
            raise KubectlError(
                f"objects: the Namespace {item.name} belongs to Kubernetes itself. Use a namespace of its own."
            )


def owned(item: KubeObject, owner: str) -> KubeObject:
    """Return an object with the labels of the owner."""
    key, value = APPLIED_BY
    metadata = item.content["metadata"]
    labels = {**item.labels, key: value, OWNER_LABEL: owner}
    return KubeObject({**item.content, "metadata": {**metadata, "labels": labels}})


def selector_of(owners: Sequence[str]) -> str:
    """Return the selector of the owners' objects."""
    return f"{OWNER_LABEL}={owners[0]}" if len(owners) == 1 else f"{OWNER_LABEL} in ({','.join(owners)})"


@dataclass(frozen=True)
class Conflict:
    """An object that exists and belongs to somebody else.

    :arg owner: the other owner; None if there is no label.
    """

    item: KubeObject
    owner: str | None

    def result(self) -> dict[str, Any]:
        """Return the entry for the result of the task."""
        item = self.item
        return {"kind": item.kind, "name": item.name, "namespace": item.namespace, "owner": self.owner}


def owner_of(item: KubeObject, registrations: dict[str, str]) -> str | None:
    """Return the owner of a live object; an empty text if it was created for HSS, but not for which registration.

    :arg registrations: the registration of the agent in each namespace, see L(registrations_of).
    """
    if label := item.labels.get(OWNER_LABEL):
        return str(label)
    if item.labels.get(APPLIED_BY[0]) == APPLIED_BY[1]:
        return ""
    # The agent may have been installed by hand, or by a release that did not label it.
    return registrations.get(item.namespace) if item.namespace else None


def registrations_of(live: Iterable[KubeObject | None]) -> dict[str, str]:
    """Return the registration of the agent that is installed in each namespace, as its ConfigMap has it."""
    found = {}
    for item in live:
        data = item.content.get("data") if item is not None else None
        if item is None or (item.group, item.kind) != ("", "ConfigMap") or not isinstance(data, dict):
            continue
        ids = [value for key, value in data.items() if key.upper() == _REGISTRATION_KEY and isinstance(value, str)]
        if item.namespace and ids and _LABEL_VALUE.fullmatch(ids[0]):
            found[item.namespace] = ids[0]
    return found


def conflicts(live: Sequence[KubeObject | None], owner: str, take_over: Iterable[str] = ()) -> list[Conflict]:
    """Return the live objects that belong to somebody else.

    :arg take_over: the owners whose objects are not listed.
    """
    allowed = {"", owner, *take_over}
    registrations = registrations_of(live)
    found = [Conflict(item, owner_of(item, registrations)) for item in live if item is not None]
    return [each for each in found if (UNLABELLED if each.owner is None else each.owner) not in allowed]


def conflict_error(found: Sequence[Conflict], owner: str) -> KubectlError:
    """Return the error for objects that belong to somebody else."""
    parts = []
    for other in dict.fromkeys(conflict.owner for conflict in found):
        labels = [conflict.item.label for conflict in found if conflict.owner == other]
        listed = ", ".join(labels[:_MAX_LISTED]) + (
            f" and {len(labels) - _MAX_LISTED} more" if len(labels) > _MAX_LISTED else ""
        )
        several = len(labels) > 1
        if other is None:
            exist, they = ("already exist, and were", "them") if several else ("already exists, and was", "it")
            parts.append(
                f"{listed} {exist} not created for HSS. Rename or delete {they}, or set take_over to {UNLABELLED} to "
                f"change {they}"
            )
        else:
            parts.append(
                f"{listed} {'belong' if several else 'belongs'} to the registration {other}, and would be turned to "
                f"the registration {owner}. If nobody needs the agent of {other} any longer, set take_over to {other}"
            )
    return KubectlError(f"owner: {'; '.join(parts)}.")


def with_kept_metadata(item: KubeObject, live: KubeObject | None) -> KubeObject:
    """Return a desired object with the labels and annotations that kubectl would remove from the live object.

    kubectl removes those that were in the object that was applied last. That may have been somebody else's, such as a
    namespace with the labels of PodSecurity.
    """
    if live is None:
        return item
    last = _last_applied_metadata(live)
    metadata = dict(item.content["metadata"])
    for part in ("labels", "annotations"):
        current, applied = live.content["metadata"].get(part), last.get(part)
        if isinstance(current, dict) and isinstance(applied, dict):
            kept = {key: current[key] for key in applied if key in current and key != LAST_APPLIED}
            merged = {**kept, **(metadata.get(part) or {})}
            if merged:
                metadata[part] = merged
    return KubeObject({**item.content, "metadata": metadata})


def _last_applied_metadata(live: KubeObject) -> dict[str, Any]:
    last = last_applied(live)
    metadata = last.get("metadata") if last else None
    return metadata if isinstance(metadata, dict) else {}


def last_applied(live: KubeObject) -> dict[str, Any] | None:
    """Return the object that kubectl applied last, as it noted it; None if there is no such note."""
    annotations = live.content["metadata"].get("annotations")
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
    try:
        last = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return last if isinstance(last, dict) else None
