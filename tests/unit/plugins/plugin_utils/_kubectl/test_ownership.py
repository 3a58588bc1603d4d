# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose the objects in a cluster are: by label, by the agent's ConfigMap, and what remains of others."""

from __future__ import annotations

import json

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import LAST_APPLIED, KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.ownership import (
    OWNER_LABEL,
    UNLABELLED,
    conflict_error,
    conflicts,
    owned,
    require_own_namespaces,
    validated_owner,
    with_kept_metadata,
)

OLD = {"huaweicloud.hss/applied-by": "ansible"}


def thing(kind="ConfigMap", name="a", namespace="hss", labels=None, **content):
    metadata = {"name": name, "labels": labels or {}, **({"namespace": namespace} if namespace else {})}
    return KubeObject({"apiVersion": "v1", "kind": kind, "metadata": metadata, **content})


def config(cluster_id, **more):
    return thing(name="proxy-agent-config", data={"CLUSTER_ID": cluster_id}, **more)


MINE, OTHER = {OWNER_LABEL: "one"}, {OWNER_LABEL: "two"}
ROLE = thing("ClusterRole", "r", None)
CASES = [
    ([None, None], [], []),
    ([thing(labels=MINE), thing("ClusterRole", "r", None, MINE)], [], []),
    ([thing(labels=OTHER)], [], ["two"]),
    ([thing(labels=OTHER)], ["two"], []),
    ([thing(labels=OTHER)], ["three"], ["two"]),
    ([ROLE], [], [None]),
    ([ROLE], [UNLABELLED], []),
    ([ROLE, thing(labels=OTHER)], [UNLABELLED], ["two"]),
    # Created by a release that did not note the id, also in another namespace.
    ([thing("ClusterRole", "r", None, OLD), thing(labels=OLD)], [], []),
    # Installed by hand: the agent's ConfigMap says whose it is, in its namespace.
    ([config("one"), thing("Deployment", "d")], [], []),
    ([config("two"), thing("Deployment", "d")], [], ["two", "two"]),
    ([config("two"), thing("Deployment", "d")], ["two"], []),
    ([config("one"), thing("Deployment", "d", "prod")], [], [None]),
    ([config("one"), ROLE, thing("Namespace", "hss", None)], [], [None, None]),
    ([thing(data={"cluster_id": "two"})], [], ["two"]),
    ([thing(data={"CLUSTER_ID": "\x1b[31m"})], [], [None]),
    ([thing(data=["CLUSTER_ID"])], [], [None]),
]


@pytest.mark.parametrize("live, take_over, expected", CASES)
def test_objects_of_others_are_found(live, take_over, expected):
    assert [conflict.owner for conflict in conflicts(live, "one", take_over)] == expected


def test_the_message_names_both_registrations_and_the_objects():
    found = conflicts([thing(labels=OTHER), ROLE, *(thing(name=f"x{n}", labels=OTHER) for n in range(6))], "one")
    message = str(conflict_error(found, "one"))
    assert "ConfigMap hss/a, ConfigMap hss/x0" in message and "and 2 more belong to the registration two" in message
    assert "would be turned to the registration one" in message and "set take_over to two" in message
    assert "ClusterRole r already exists, and was not created for HSS" in message
    assert found[0].result() == {"kind": "ConfigMap", "name": "a", "namespace": "hss", "owner": "two"}


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "openshift", "openshift-infra"])
def test_namespaces_of_kubernetes_are_refused(name):
    with pytest.raises(KubectlError, match=f"the Namespace {name} belongs to Kubernetes itself"):
        require_own_namespaces([thing("Namespace", name, None)])
    require_own_namespaces([thing("Namespace", f"{name}x"[1:], None), thing(name=name)])


@pytest.mark.parametrize("owner", ["a b", "x" * 64, "-a", "a\n", UNLABELLED, "é"])
def test_an_owner_that_cannot_be_a_label_is_refused(owner):
    with pytest.raises(KubectlError, match="owner: must be an id"):
        validated_owner(owner)


def test_an_owner():
    assert validated_owner("0bb3dbac-aa29-4e4c") == "0bb3dbac-aa29-4e4c" and validated_owner(None) == ""
    item = thing(labels={"app": "x", OWNER_LABEL: "two"})
    assert owned(item, "one").labels == {**OLD, "app": "x", OWNER_LABEL: "one"} and item.labels[OWNER_LABEL] == "two"


def applied(last, **current):
    live = thing("Namespace", "hss", None)
    live.content["metadata"].update(current)
    annotations = live.content["metadata"].setdefault("annotations", {})
    annotations[LAST_APPLIED] = last if isinstance(last, str) else json.dumps(last)
    return live


@pytest.mark.parametrize(
    "live, expected",
    [
        # Applied by somebody else with kubectl: without its labels in the object, kubectl would remove them.
        (applied({"metadata": {"labels": {"pod-security": "x"}}}, labels={"pod-security": "x"}), {"pod-security": "x"}),
        (applied({"metadata": {"labels": {"a": "1"}}}, labels={"a": "2", "b": "3"}), {"a": "2"}),
        (applied({"metadata": {"labels": {"mine": "old"}}}, labels={"mine": "old"}), {}),
        (applied({"metadata": {"labels": {"gone": "1"}}}), {}),
        (applied("no json"), {}),
        (applied("[1]"), {}),
        (applied({"metadata": {"labels": [1]}}, labels={"a": "1"}), {}),
        (None, {}),
    ],
)
def test_labels_of_others_are_kept(live, expected):
    item = thing("Namespace", "hss", None, {"mine": "1"})
    assert with_kept_metadata(item, live).labels == {"mine": "1", **expected}
    assert item.labels == {"mine": "1"}
