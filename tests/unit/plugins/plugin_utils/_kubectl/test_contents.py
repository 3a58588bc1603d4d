# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a namespace that is to be deleted, and what of it belongs to somebody else."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.contents import (
    list_calls,
    parse_contents,
    reason_to_keep,
    relevant_errors,
    split_contents,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.ownership import OWNER_LABEL

MARK = "hss-0123"
MINE, OLD, OTHER = {OWNER_LABEL: "one"}, {"huaweicloud.hss/applied-by": "ansible"}, {OWNER_LABEL: "two"}


def thing(kind, name, labels=None, version="v1", owners=(), **metadata):
    references = [{"apiVersion": each[0], "kind": each[1], "uid": each[2]} for each in owners]
    metadata = {"name": name, "namespace": "hss", "uid": f"uid-{kind}-{name}", "labels": labels or {}, **metadata}
    metadata = {**metadata, **({"ownerReferences": references} if references else {})}
    return KubeObject({"apiVersion": version, "kind": kind, "metadata": metadata})


DEPLOYMENT = thing("Deployment", "agent", MINE, "apps/v1")
REPLICAS = thing("ReplicaSet", "agent-1", None, "apps/v1", [("apps/v1", "Deployment", DEPLOYMENT.uid)])
POD = thing("Pod", "agent-1-x", None, "v1", [("apps/v1", "ReplicaSet", REPLICAS.uid)])
THEIR_SET = thing("DaemonSet", "theirs", None, "apps/v1")
THEIR_POD = thing("Pod", "theirs-x", None, "v1", [("apps/v1", "DaemonSet", THEIR_SET.uid)])
CASES = [
    ([DEPLOYMENT, thing("ConfigMap", "a", OLD)], []),
    ([POD, REPLICAS, DEPLOYMENT], []),
    # The set was deleted a moment ago.
    ([thing("Pod", "p", owners=[("apps/v1", "DaemonSet", "gone")])], []),
    # Objects of these kinds are not listed, so the owner may well exist.
    ([thing("Pod", "p", owners=[("v1", "Node", "n")])], ["Pod hss/p"]),
    ([thing("ConfigMap", "c", owners=[("example.com/v1", "Deployment", "n")])], ["ConfigMap hss/c"]),
    ([POD, thing("ConfigMap", "c", owners=[("v1", "Pod", POD.uid), ("v1", "Node", "n")])], ["ConfigMap hss/c"]),
    ([THEIR_POD, THEIR_SET], ["Pod hss/theirs-x", "DaemonSet hss/theirs"]),
    ([thing("ConfigMap", "c", OTHER)], ["ConfigMap hss/c"]),
    ([thing("ConfigMap", "c", {**OTHER, **OLD})], ["ConfigMap hss/c"]),
    ([thing("PersistentVolumeClaim", "data")], ["PersistentVolumeClaim hss/data"]),
    ([thing("PersistentVolumeClaim", "data", deletionTimestamp="2026-01-01T00:00:00Z")], []),
    ([thing("ConfigMap", "kube-root-ca.crt"), thing("ServiceAccount", "default")], []),
    ([thing("Secret", "kube-root-ca.crt")], ["Secret hss/kube-root-ca.crt"]),
    ([thing("ServiceAccount", "default"), thing("Secret", "default-token-x7k2p")], []),
    ([thing("ServiceAccount", "mine", MINE), thing("Secret", "mine-dockercfg-x7k2p")], []),
    (
        [thing("ServiceAccount", "a"), thing("Secret", "a-token-x7k2p")],
        ["ServiceAccount hss/a", "Secret hss/a-token-x7k2p"],
    ),
    ([thing("Secret", "default-token-x7k2p")], ["Secret hss/default-token-x7k2p"]),
]


@pytest.mark.parametrize("items, expected", CASES)
def test_objects_of_others_are_found(items, expected):
    own, others = split_contents([*items, *items], ["one", "zero"])
    assert own == [item for item in items if item.labels in (MINE, OLD)]
    assert [item.label for item in others] == expected


def test_objects_that_are_deleted_anyway_are_not_those_of_others():
    assert split_contents([THEIR_POD, THEIR_SET], ["one"], [THEIR_SET.uid]) == ([], [])


def test_every_kind_is_listed_except_what_controllers_derive_from_others():
    resources = ["configmaps", "events", "events.events.k8s.io", "endpoints", "a b", "--raw", "pods.metrics.k8s.io"]
    widgets = [f"widgets{number}.example.com" for number in range(250)]
    first, second = list_calls("\n".join([*resources, *widgets, "configmaps"]), "hss", MARK)
    assert first.arguments[:1] == ["get"] and first.arguments[1].split(",") == ["configmaps", *widgets[:199]]
    assert second.arguments[1].split(",") == widgets[199:] and "--namespace=hss" in second.arguments
    assert list_calls("events\n", "hss", MARK) == []


def record(*values):
    return f"{MARK}i" + f"{MARK}f".join(values)


def test_contents_are_read_with_their_owners():
    pod = record("v1", "Pod", "p", "hss", "u-1", "", "one", "", "apps/v1 v1", "DaemonSet Node", "u-2 u-3")
    gone = record("v1", "Secret", "s\n\t", "hss", "u-4", "2026-01-01T00:00:00Z", "", "ansible", "", "", "")
    # Somebody who puts a space into a reference hides it, so that the object is not one that follows from others.
    odd = record("v1", "ConfigMap", "c", "hss", "u-5", "", "", "", "v1", "Pod Pod", "u-1")
    first, second, third = parse_contents(f"noise\n{pod}{gone}{odd}{record('v1')}", MARK)
    assert first.labels == MINE and first.uid == "u-1" and not first.is_terminating
    assert first.content["metadata"]["ownerReferences"][1] == {"apiVersion": "v1", "kind": "Node", "uid": "u-3"}
    assert second.is_terminating and second.labels == OLD and second.name == "s\n\t"
    assert "ownerReferences" not in third.content["metadata"] and parse_contents("", MARK) == []


def test_a_kind_that_cannot_be_listed_at_all_does_not_count():
    denied = 'Error from server (Forbidden): secrets is forbidden: User "a" cannot list resource "secrets"'
    useless = "Error from server (MethodNotAllowed): the server does not allow this method on the requested resource"
    assert relevant_errors([useless, denied]) == [denied]


def test_the_reason_names_the_first_objects():
    items = [thing("ConfigMap", f"c{number}") for number in range(7)]
    assert reason_to_keep([], "one") == ""
    reason = reason_to_keep(items, "one")
    assert reason.startswith("it contains objects that were not created for one: ConfigMap hss/c0, ")
    assert reason.endswith("ConfigMap hss/c4 and 2 more.")
