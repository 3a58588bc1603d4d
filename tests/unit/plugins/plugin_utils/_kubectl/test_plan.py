# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of the changes that create, update or delete objects."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject, ObjectRedactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.plan import (
    batches,
    deletion_order,
    implied_namespaces,
    plan_absent,
    plan_present,
    reason_for_remaining,
    relevant_errors,
    terminating_indexes,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import (
    BUILT_IN_RESOURCES,
    Resource,
    require_kinds,
)

CRD = "apiextensions.k8s.io/v1"


def thing(kind="ConfigMap", name="a", namespace="n", api_version="v1", terminating=False, **content):
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    if terminating:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return KubeObject({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content})


def namespace(name, **more):
    return thing("Namespace", name, None, **more)


def crd(kind="Widget", group="example.com"):
    spec = {"group": group, "names": {"kind": kind, "plural": f"{kind.lower()}s"}, "scope": "Namespaced"}
    return thing("CustomResourceDefinition", f"{kind.lower()}s.{group}", None, CRD, spec=spec)


WIDGET = thing("Widget", "w", "n", "example.com/v1")


def test_missing_objects_are_created_and_existing_objects_compared():
    new, same, other = thing(name="new"), thing(name="same", spec={"a": "1"}), thing(name="other", spec={"a": "2"})
    before = thing(name="other", spec={"a": "1"})
    changes = plan_present([new, same, other], [None, copy.deepcopy(same), before], [None, copy.deepcopy(same), other])
    assert [change.action for change in changes] == ["created", "unchanged", "updated"]
    assert [change.changed for change in changes] == [True, False, True]
    diff = changes[2].diff(ObjectRedactor())
    assert "a: '1'" in diff["before"] and "a: '2'" in diff["after"]


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_what_a_webhook_writes_with_each_request_is_no_change(part):
    """Kyverno, for example, notes the time of the request."""
    desired, live, applied = (thing(data={"x": "1"}) for _number in range(3))
    live.content["metadata"][part] = {"example.com/last-request": "1", "mine": "1"}
    applied.content["metadata"][part] = {"example.com/last-request": "2", "mine": "1"}
    assert plan_present([desired], [live], [applied])[0].action == "unchanged"
    desired.content["metadata"][part] = {"mine": "1"}
    assert plan_present([desired], [live], [applied])[0].action == "unchanged"
    applied.content["metadata"][part]["mine"] = "2"
    assert plan_present([desired], [live], [applied])[0].action == "updated"
    del live.content["metadata"][part]
    assert plan_present([desired], [live], [applied])[0].action == "updated"


def test_the_namespace_is_returned_if_it_is_known():
    desired = thing(namespace=None)
    assert plan_present([desired], [None], [None])[0].result()["namespace"] is None
    assert plan_absent([desired], [thing(namespace="default")])[0].result() == {
        "kind": "ConfigMap",
        "name": "a",
        "namespace": "default",
        "action": "deleted",
    }


def test_namespaces_that_are_not_among_the_objects_are_implied():
    desired = [namespace("own"), thing(namespace="own"), thing(namespace="other"), thing("Secret", namespace="other")]
    assert [item.name for item in implied_namespaces([*desired, thing(namespace=None)])] == ["other"]


def test_objects_in_a_terminating_namespace_are_terminating():
    desired = [
        thing(),
        thing(name="b", namespace="m"),
        thing(name="c", terminating=True),
        thing(name="d", namespace=None),
    ]
    live = [thing(), thing(name="b", namespace="m"), thing(name="c", terminating=True), None]
    assert terminating_indexes(desired, live, [namespace("m", terminating=True), namespace("n")]) == {1, 2}
    # The same for an object that does not exist, since it cannot be created now.
    assert terminating_indexes(desired[:1], [None], [namespace("n", terminating=True)]) == {0}


ERRORS = [
    'Error from server (Forbidden): namespaces "n" is forbidden: User "u" cannot get resource "namespaces"',
    'Error from server (Forbidden): configmaps "a" is forbidden: User "u" cannot get resource "configmaps"',
    'error: resource mapping not found for name: "w": no matches for kind "Widget" in version "example.com/v1"',
    'unable to recognize "STDIN": no matches for kind "Gadget" in version "example.com/v1"',
]


@pytest.mark.parametrize(
    "desired, implied, absent, relevant",
    [
        ([thing()], [namespace("n")], False, [1, 2, 3]),
        ([thing(), namespace("n")], [], False, [0, 1, 2, 3]),
        ([WIDGET, crd()], [namespace("n")], False, [1, 3]),
        ([WIDGET, crd(group="example.org")], [namespace("n")], False, [1, 2, 3]),
        ([WIDGET], [], True, [0, 1]),
    ],
)
def test_some_errors_are_not_relevant(desired, implied, absent, relevant):
    found = relevant_errors(ERRORS, desired, implied, absent)
    assert found == [ERRORS[number] for number in relevant]


def test_namespaces_and_crds_come_first():
    large = thing(name="large", data={"x": "x" * 300_000})
    objects = [WIDGET, thing(), large, crd(), namespace("n"), thing("Secret")]
    first, second, third = batches(objects)
    assert [item.kind for item in first.objects] == ["Namespace", "CustomResourceDefinition", "ConfigMap", "Secret"]
    assert (first.flags, first.after_crds) == ([], False)
    assert second.objects == [large] and second.flags == ["--server-side", "--force-conflicts"]
    assert third.objects == [WIDGET] and third.after_crds
    # Without its CustomResourceDefinition, the order does not matter.
    assert [len(batch.objects) for batch in batches([WIDGET, thing()])] == [2]


KINDS = [
    WIDGET,
    thing(),
    thing("Secret"),
    crd(),
    namespace("n"),
    namespace("m"),
    thing("Role", api_version="r/v1"),
]


@given(st.permutations(KINDS))
def test_no_object_is_lost_and_containers_are_deleted_last(objects):
    created = [item for batch in batches(objects) for item in batch.objects]
    deleted = deletion_order(objects)
    assert sorted(map(id, created)) == sorted(map(id, deleted)) == sorted(map(id, objects))
    for order in (created, deleted[::-1]):
        positions = {item.label: number for number, item in enumerate(order)}
        assert (
            positions["Namespace n"] < positions["ConfigMap n/a"] and positions["Namespace n"] < positions["Widget n/w"]
        )
        assert positions["CustomResourceDefinition widgets.example.com"] < positions["Widget n/w"]


@pytest.mark.parametrize(
    "item, reason",
    [
        (
            namespace(
                "n",
                terminating=True,
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
        (
            namespace("n", terminating=True, spec={"finalizers": ["kubernetes"]}, status={}),
            "it waits for its finalizers kubernetes",
        ),
        (thing(terminating=True), "it is still being deleted"),
        (thing(), "something created it again, or keeps it"),
    ],
)
def test_reasons_why_an_object_remains(item, reason):
    assert reason_for_remaining(item) == reason


def test_names_of_built_in_resources():
    assert BUILT_IN_RESOURCES[("networking.k8s.io", "NetworkPolicy")] == Resource(
        "networkpolicies", "networking.k8s.io", True
    )
    assert BUILT_IN_RESOURCES[("networking.k8s.io", "IngressClass")].name == "ingressclasses"
    assert BUILT_IN_RESOURCES[("", "Endpoints")].name == "endpoints"
    assert BUILT_IN_RESOURCES[("rbac.authorization.k8s.io", "ClusterRoleBinding")].namespaced is False


@pytest.mark.parametrize(
    "kind", ["Pod", "pods", "networkpolicies", "-A", "--all", "a b", "", "x/y", "ClusterRole,pods"]
)
def test_kinds_that_cannot_be_selected(kind):
    with pytest.raises(KubectlError):
        require_kinds([kind])


def test_kinds_that_can_be_selected():
    kinds = ["ClusterRole", "clusterroles.rbac.authorization.k8s.io", "Namespace", "Widget"]
    assert require_kinds(kinds) == kinds
