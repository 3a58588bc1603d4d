# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what a namespace contains, and what would be lost with it. Pure functions.

Only names, labels and owners are read. The objects themselves may be large, and may be secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import Call
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.ownership import APPLIED_BY, OWNER_LABEL
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import BUILT_IN_RESOURCES

LIST_RESOURCES = Call(["api-resources", "--namespaced", "--verbs=list,delete", "--output=name"])
# Each call discovers the API again. The names of so many resources fit into an argument.
_RESOURCES_AT_ONCE = 200
_MAX_LISTED = 5
# A pod belongs to a Job, which belongs to a CronJob, which may belong to an object of an operator.
_MAX_GENERATIONS = 6
_RESOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9.-]{0,252})?")
# What happens in a namespace, and where its Services lead: controllers write them for other objects.
_DERIVED = {
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "pods.metrics.k8s.io",
}
# What controllers create in every namespace: Kubernetes, OpenShift and Istio.
_AUTOMATIC = {
    ("", "ConfigMap"): {"kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"},
    ("", "ServiceAccount"): {"builder", "default", "deployer"},
    ("rbac.authorization.k8s.io", "RoleBinding"): {
        "system:deployers",
        "system:image-builders",
        "system:image-pullers",
    },
}
# Kubernetes before 1.24 and OpenShift create them for each ServiceAccount.
_ACCOUNT_SECRET = re.compile(r"(.+)-(?:token|dockercfg)-[a-z0-9]{5}")
# Errors about a resource that cannot be listed, although the API server says so, or that has just been removed.
_NO_LIST = re.compile(r"\(MethodNotAllowed\)|\(NotFound\)|could not find the requested resource")

# The fields of an object, in their order in the output.
_FIELDS = {
    "apiVersion": ".apiVersion",
    "kind": ".kind",
    "name": ".metadata.name",
    "namespace": ".metadata.namespace",
    "uid": ".metadata.uid",
    "deleted": ".metadata.deletionTimestamp",
    "owner": f".metadata.labels.{OWNER_LABEL.replace('.', chr(92) + '.')}",
    "applied_by": f".metadata.labels.{APPLIED_BY[0].replace('.', chr(92) + '.')}",
    "owner_versions": ".metadata.ownerReferences[*].apiVersion",
    "owner_kinds": ".metadata.ownerReferences[*].kind",
    "owner_uids": ".metadata.ownerReferences[*].uid",
}


def list_calls(resources: str, namespace: str, mark: str) -> list[Call]:
    """Return the calls that list the objects in a namespace.

    :arg resources: the output of L(LIST_RESOURCES).
    :arg mark: a random text, which no name and no other value of an object can contain.
    """
    names = [
        name
        for name in dict.fromkeys(map(str.strip, resources.splitlines()))
        if _RESOURCE.fullmatch(name) and name not in _DERIVED
    ]
    fields = f"{mark}f".join(f"{{{path}}}" for path in _FIELDS.values())
    template = f"jsonpath={{range .items[*]}}{mark}i{fields}{{end}}"
    return [
        Call(["get", ",".join(names[start : start + _RESOURCES_AT_ONCE]), f"--namespace={namespace}", "-o", template])
        for start in range(0, len(names), _RESOURCES_AT_ONCE)
    ]


def parse_contents(output: str, mark: str) -> list[KubeObject]:
    """Return the objects that one of these calls has printed, each with its metadata alone."""
    found = []
    for record in output.split(f"{mark}i")[1:]:
        values = dict(zip(_FIELDS, record.split(f"{mark}f")))
        if len(values) == len(_FIELDS):
            found.append(_object(values))
    return found


def _object(values: dict[str, str]) -> KubeObject:
    metadata: dict[str, Any] = {key: values[key] for key in ("name", "namespace", "uid")}
    if values["deleted"]:
        metadata["deletionTimestamp"] = values["deleted"]
    labels = {OWNER_LABEL: values["owner"], APPLIED_BY[0]: values["applied_by"]}
    metadata["labels"] = {key: value for key, value in labels.items() if value}
    columns = [values[key].split() for key in ("owner_versions", "owner_kinds", "owner_uids")]
    if len({len(column) for column in columns}) == 1:
        metadata["ownerReferences"] = [dict(zip(("apiVersion", "kind", "uid"), row)) for row in zip(*columns)]
    return KubeObject({"apiVersion": values["apiVersion"], "kind": values["kind"], "metadata": metadata})


def relevant_errors(messages: Iterable[str]) -> list[str]:
    """Return the error messages of L(list_calls) after which it is not known what is in the namespace."""
    return [message for message in messages if not _NO_LIST.search(message)]


def split_contents(
    items: Iterable[KubeObject], owners: Collection[str], deleted: Collection[str] = ()
) -> tuple[list[KubeObject], list[KubeObject]]:
    """Return the objects in a namespace that were created for one of the owners, and those of somebody else.

    Neither has what follows from others: what controllers make in every namespace, what belongs to an object that was
    created for the owners or no longer exists, and what is being deleted anyway.

    :arg deleted: uids of objects that are going to be deleted, whether or not they have a label.
    """
    distinct = list({item.uid: item for item in items}.values())
    own = [item for item in distinct if _is_own(item, owners)]
    harmless = {item.uid for item in distinct if item.is_terminating or _is_automatic(item)}
    harmless |= {*deleted, *(item.uid for item in own)}
    accounts = {item.name for item in distinct if item.uid in harmless and _kind(item) == ("", "ServiceAccount")}
    harmless |= {item.uid for item in distinct if item.is_secret and _account_of(item) in accounts}
    present = {item.uid for item in distinct}
    rest = [item for item in distinct if item.uid not in harmless]
    for _generation in range(_MAX_GENERATIONS):
        following = {item.uid for item in rest if _follows(item, harmless, present)}
        harmless |= following
        rest = [item for item in rest if item.uid not in following]
    return own, rest


def reason_to_keep(others: Sequence[KubeObject], owner: str) -> str:
    """Return why a namespace with objects of somebody else is kept; an empty text if there are none."""
    if not others:
        return ""
    listed = ", ".join(item.label for item in others[:_MAX_LISTED])
    more = f" and {len(others) - _MAX_LISTED} more" if len(others) > _MAX_LISTED else ""
    return f"it contains objects that were not created for {owner}: {listed}{more}."


def _is_own(item: KubeObject, owners: Collection[str]) -> bool:
    if owner := item.labels.get(OWNER_LABEL):
        return owner in owners
    # The older label has no owner.
    return item.labels.get(APPLIED_BY[0]) == APPLIED_BY[1]


def _is_automatic(item: KubeObject) -> bool:
    return item.name in _AUTOMATIC.get(_kind(item), ())


def _account_of(secret: KubeObject) -> str | None:
    found = _ACCOUNT_SECRET.fullmatch(secret.name)
    return found[1] if found else None


def _follows(item: KubeObject, harmless: Collection[str], present: Collection[str]) -> bool:
    """Return whether all owners of an object are harmless, or gone."""
    owners: Sequence[dict[str, str]] = item.content["metadata"].get("ownerReferences") or ()
    return bool(owners) and all(
        owner["uid"] in harmless or (owner["uid"] not in present and _would_be_listed(owner)) for owner in owners
    )


def _would_be_listed(owner: dict[str, str]) -> bool:
    group, slash, _version = owner["apiVersion"].partition("/")
    resource = BUILT_IN_RESOURCES.get((group if slash else "", owner["kind"]))
    return resource is not None and resource.namespaced


def _kind(item: KubeObject) -> tuple[str, str]:
    return item.group, item.kind
