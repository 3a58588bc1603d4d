# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done so that a cluster has objects or has them no more."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import Hidden, KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.plan import (
    batches,
    complaints_that_count,
    deletion_order,
    doomed,
    implied_namespaces,
    plan_absent,
    plan_present,
    reason_to_remain,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import (
    WELL_KNOWN,
    Resource,
    require_cluster_scoped,
)

CRD = "apiextensions.k8s.io/v1"


def thing(kind="ConfigMap", name="a", namespace="n", api_version="v1", going=False, **content):
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    if going:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return KubeObject({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content})


def namespace(name, **more):
    return thing("Namespace", name, None, **more)


def definition(kind="Widget", group="example.com"):
    spec = {"group": group, "names": {"kind": kind, "plural": f"{kind.lower()}s"}, "scope": "Namespaced"}
    return thing("CustomResourceDefinition", f"{kind.lower()}s.{group}", None, CRD, spec=spec)


WIDGET = thing("Widget", "w", "n", "example.com/v1")


def test_what_is_there_is_compared_and_what_is_not_is_made():
    new, same, other = thing(name="new"), thing(name="same", data={"a": "1"}), thing(name="other", data={"a": "2"})
    before = thing(name="other", data={"a": "1"})
    changes = plan_present([new, same, other], [None, copy.deepcopy(same), before], [None, copy.deepcopy(same), other])
    assert [change.action for change in changes] == ["created", "unchanged", "updated"]
    assert [change.changed for change in changes] == [True, False, True]
    diff = changes[2].diff(Hidden())
    assert "a: '1'" in diff["before"] and "a: '2'" in diff["after"]


def test_the_namespace_is_told_once_it_is_known():
    wanted = thing(namespace=None)
    assert plan_present([wanted], [None], [None])[0].result()["namespace"] is None
    assert plan_absent([wanted], [thing(namespace="default")])[0].result() == {
        "kind": "ConfigMap",
        "name": "a",
        "namespace": "default",
        "action": "deleted",
    }


def test_namespaces_that_are_only_named_are_looked_at():
    wanted = [namespace("own"), thing(namespace="own"), thing(namespace="other"), thing("Secret", namespace="other")]
    assert [one.name for one in implied_namespaces([*wanted, thing(namespace=None)])] == ["other"]


def test_what_goes_with_its_namespace_counts_as_gone():
    wanted = [thing(), thing(name="b", namespace="m"), thing(name="c", going=True), thing(name="d", namespace=None)]
    live = [thing(), thing(name="b", namespace="m"), thing(name="c", going=True), None]
    assert doomed(wanted, live, [namespace("m", going=True), namespace("n")]) == {1, 2}
    # Of an object that is not there as well: it could not be made now.
    assert doomed(wanted[:1], [None], [namespace("n", going=True)]) == {0}


COMPLAINTS = [
    'Error from server (Forbidden): namespaces "n" is forbidden: User "u" cannot get resource "namespaces"',
    'Error from server (Forbidden): configmaps "a" is forbidden: User "u" cannot get resource "configmaps"',
    'error: resource mapping not found for name: "w": no matches for kind "Widget" in version "example.com/v1"',
    'unable to recognize "STDIN": no matches for kind "Gadget" in version "example.com/v1"',
]


@pytest.mark.parametrize(
    "wanted, implied, absent, counting",
    [
        ([thing()], [namespace("n")], False, [1, 2, 3]),
        ([thing(), namespace("n")], [], False, [0, 1, 2, 3]),
        ([WIDGET, definition()], [namespace("n")], False, [1, 3]),
        ([WIDGET, definition(group="example.org")], [namespace("n")], False, [1, 2, 3]),
        ([WIDGET], [], True, [0, 1]),
    ],
)
def test_complaints_that_may_be_passed_over(wanted, implied, absent, counting):
    found = complaints_that_count(COMPLAINTS, wanted, implied, absent)
    assert found == [COMPLAINTS[number] for number in counting]


def test_namespaces_and_definitions_come_first():
    large = thing(name="large", data={"x": "x" * 300_000})
    objects = [WIDGET, thing(), large, definition(), namespace("n"), thing("Secret")]
    first, second, third = batches(objects)
    assert [one.kind for one in first.objects] == ["Namespace", "CustomResourceDefinition", "ConfigMap", "Secret"]
    assert (first.flags, first.after_definitions) == ([], False)
    assert second.objects == [large] and second.flags == ["--server-side", "--force-conflicts"]
    assert third.objects == [WIDGET] and third.after_definitions
    # Without a definition beside it, it is like any other.
    assert [len(batch.objects) for batch in batches([WIDGET, thing()])] == [2]


KINDS = [
    WIDGET,
    thing(),
    thing("Secret"),
    definition(),
    namespace("n"),
    namespace("m"),
    thing("Role", api_version="r/v1"),
]


@given(st.permutations(KINDS))
def test_no_object_gets_lost_and_none_is_deleted_after_what_holds_it(objects):
    made = [one for batch in batches(objects) for one in batch.objects]
    gone = deletion_order(objects)
    assert sorted(map(id, made)) == sorted(map(id, gone)) == sorted(map(id, objects))
    for order in (made, gone[::-1]):
        places = {one.label: number for number, one in enumerate(order)}
        assert places["Namespace n"] < places["ConfigMap n/a"] and places["Namespace n"] < places["Widget n/w"]
        assert places["CustomResourceDefinition widgets.example.com"] < places["Widget n/w"]


@pytest.mark.parametrize(
    "one, why",
    [
        (
            namespace(
                "n",
                going=True,
                spec={"finalizers": ["kubernetes"]},
                status={
                    "conditions": [
                        {
                            "type": "NamespaceDeletionContentFailure",
                            "status": "False",
                            "message": "All content deleted",
                        },
                        {"type": "NamespaceContentRemaining", "status": "True", "message": "1 widget remains"},
                        {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "x in 1 instances"},
                    ]
                },
            ),
            "1 widget remains; x in 1 instances",
        ),
        (namespace("n", going=True, spec={"finalizers": ["kubernetes"]}, status={}), "it waits for kubernetes"),
        (thing(going=True), "it is still being deleted"),
        (thing(), "something made it anew, or keeps it"),
    ],
)
def test_why_an_object_remains(one, why):
    assert reason_to_remain(one) == why


def test_the_names_of_well_known_kinds():
    assert WELL_KNOWN[("networking.k8s.io", "NetworkPolicy")] == Resource("networkpolicies", "networking.k8s.io", True)
    assert WELL_KNOWN[("networking.k8s.io", "IngressClass")].name == "ingressclasses"
    assert WELL_KNOWN[("", "Endpoints")].name == "endpoints"
    assert WELL_KNOWN[("rbac.authorization.k8s.io", "ClusterRoleBinding")].namespaced is False


@pytest.mark.parametrize(
    "kind", ["Pod", "pods", "networkpolicies", "-A", "--all", "a b", "", "x/y", "ClusterRole,pods"]
)
def test_kinds_that_a_label_must_not_find(kind):
    with pytest.raises(KubectlError):
        require_cluster_scoped([kind])


def test_kinds_that_a_label_may_find():
    kinds = ["ClusterRole", "clusterroles.rbac.authorization.k8s.io", "Namespace", "Widget"]
    assert require_cluster_scoped(kinds) == kinds
