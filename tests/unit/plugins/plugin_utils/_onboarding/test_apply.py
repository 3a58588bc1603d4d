# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose objects the role changes and removes in a cluster."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import agents
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.apply import AgentObjects, merged
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables

LABELS = agents.registration_labels("project", "shop")
SELECTOR = ",".join(f"{key}={value}" for key, value in LABELS.items())
NAMESPACE = ("Namespace", None, "hss")
ROLE = ("ClusterRole", None, "hssClusterRole")
DEPLOYMENT = ("Deployment", "hss", "proxy-agent")
AGENT = (NAMESPACE, ROLE, DEPLOYMENT)


def manifest(kind, namespace, name):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace, "labels": LABELS}}


MANIFESTS = [manifest(*each) for each in AGENT]


class Cluster:
    """Plays kubectl_objects: each object has an owner, None for nobody, and perhaps this cluster's label.

    :arg objects: (owner, labelled) by object.
    """

    def __init__(self, objects=()):
        self.objects = dict(objects)
        self.calls = []

    def __call__(self, options, check_mode):
        self.calls.append(options)
        assert options["wait_timeout"] > 0
        act = self._absent if options.get("state") == "absent" else self._present
        return act(options, check_mode)

    def _present(self, options, check_mode):
        owner, allowed = options["owner"], {options["owner"], *options.get("take_over", ())}
        desired = [self._key(item) for item in options["objects"]]
        used = [
            key
            for key in desired
            if options.get("existing_namespaces") and key[0] == "Namespace" and self._owner(key) not in (owner, "")
        ]
        conflicts = [key for key in desired if key not in used and self._owner(key) not in {"", *allowed}]
        if conflicts:
            return {"failed": True, "msg": "somebody else's", "conflicts": list(map(self._conflict, conflicts))}
        for key in desired:
            if key not in used and not check_mode:
                self.objects[key] = (owner, True)
        return {"changed": True, "objects": [self._row(key, "updated") for key in desired], "conflicts": []}

    def _absent(self, options, check_mode):
        keys = [self._key(item) for item in options["objects"]] if "objects" in options else []
        allowed = {options["owner"], *options.get("take_over", ())}
        for key, (owner, labelled) in self.objects.items():
            selected = labelled if options.get("selector") == SELECTOR else owner in allowed
            if "kinds" in options and selected and key not in keys:
                keys.append(key)
        keys = [key for key in keys if key in self.objects]
        mine = [key for key in keys if self._owner(key) in allowed]
        rows = [self._row(key, "deleted" if key in mine else "kept") for key in keys]
        others = [self._conflict(key) for key in keys if key not in mine]
        for key in mine if not check_mode else ():
            del self.objects[key]
        return {"changed": bool(mine), "objects": rows, "conflicts": others}

    def _owner(self, key):
        if key not in self.objects:
            return ""
        return self.objects[key][0] or "unlabelled"

    def _conflict(self, key):
        return {"kind": key[0], "namespace": key[1], "name": key[2], "owner": self.objects[key][0]}

    @staticmethod
    def _key(item):
        return item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]

    @staticmethod
    def _row(key, action):
        return {"kind": key[0], "namespace": key[1], "name": key[2], "action": action}


def agent_of(cluster, listed=(), **variables):
    return AgentObjects(cluster, Variables("shop", **variables), LABELS, lambda: dict(listed))


def owners(cluster):
    return {key: owner for key, (owner, _labelled) in cluster.objects.items()}


LISTED = {"one": "shop", "two": "bank"}


@pytest.mark.parametrize(
    "before, take_over, after",
    [
        ({}, False, ("one", "one", "one")),
        (dict.fromkeys(AGENT, ("one", True)), False, ("one", "one", "one")),
        # An earlier registration of this cluster: HSS does not list it any more, and the label proves whose it was.
        (dict.fromkeys(AGENT, ("zero", True)), False, ("one", "one", "one")),
        # On request, everything but a namespace of nobody.
        (dict.fromkeys(AGENT, ("two", True)), True, ("one", "one", "one")),
        (dict.fromkeys(AGENT, (None, False)), True, (None, "one", "one")),
        # The next run needs no request.
        ({NAMESPACE: (None, False), ROLE: ("one", True), DEPLOYMENT: ("one", True)}, False, (None, "one", "one")),
    ],
)
def test_what_is_applied_belongs_to_the_registration(before, take_over, after):
    cluster = Cluster(before)
    result = agent_of(cluster, LISTED, agent_take_over=take_over).apply(MANIFESTS, "one")
    assert not result.get("failed") and tuple(owners(cluster).get(key) for key in AGENT) == after
    taken = [key for key, owner in zip(AGENT, after, strict=True) if key in before and before[key][0] != owner]
    warnings = result.get("warnings") or []
    assert len(warnings) == bool(taken)
    assert all(text.startswith("taken over for the registration one: ") for text in warnings)
    limits = {"owner": "one", "restricted": True, "allow": [], "restart_pods": True, "wait_for_pods": True}
    assert limits.items() <= cluster.calls[0].items()


@pytest.mark.parametrize(
    "before, words",
    [
        ({ROLE: (None, False)}, "ClusterRole hssClusterRole was not created for HSS. Nothing was applied"),
        ({NAMESPACE: (None, False)}, "Namespace hss was not created for HSS"),
        ({DEPLOYMENT: ("two", True)}, "Deployment hss/proxy-agent belongs to the registration two (bank)"),
        (
            dict.fromkeys(AGENT, ("two", False)),
            "hssClusterRole, Deployment hss/proxy-agent belong to the registration two (bank)",
        ),
        # Nothing proves that it was an earlier registration of this cluster.
        (
            {DEPLOYMENT: ("zero", False)},
            "belongs to the registration zero. Nothing was applied for the registration one",
        ),
        ({DEPLOYMENT: ("zero", True), ROLE: (None, False)}, "was not created for HSS"),
        (
            {NAMESPACE: (None, False), ROLE: (None, False), DEPLOYMENT: ("one", True)},
            "Namespace hss, ClusterRole hssClusterRole were not created for HSS",
        ),
    ],
)
def test_what_belongs_to_somebody_else_is_refused(before, words):
    cluster = Cluster(before)
    result = agent_of(cluster, LISTED).apply(MANIFESTS, "one")
    assert result["failed"] and result["final"] and words in result["msg"], result["msg"]
    assert result["msg"].endswith("with hss_onboard_agent_take_over: true.")
    assert cluster.objects == before


def test_newer_manifests_lead_the_agent_into_no_other_namespace():
    """Whoever answers in place of HSS could use the Secrets and ServiceAccounts there."""
    namespace, deployment = ("Namespace", None, "prod"), ("Deployment", "prod", "proxy-agent")
    for hss in ("one", None):
        before = {NAMESPACE: (hss, True), ROLE: ("one", True), DEPLOYMENT: ("one", True), namespace: (None, False)}
        cluster = Cluster(before)
        result = agent_of(cluster, LISTED).apply([*MANIFESTS, manifest(*namespace), manifest(*deployment)], "one")
        assert result["failed"] and "Namespace prod" in result["msg"]
        assert cluster.objects == before


@pytest.mark.parametrize(
    "before, take_over, refused",
    [
        ({}, False, False),
        ({NAMESPACE: ("zero", True)}, False, False),
        ({NAMESPACE: ("two", True)}, False, True),
        ({NAMESPACE: (None, False)}, False, True),
        ({NAMESPACE: (None, False)}, True, False),
    ],
)
def test_before_the_registration_the_namespace_is_looked_at(before, take_over, refused):
    cluster = Cluster(before)
    result = agent_of(cluster, LISTED, agent_take_over=take_over).foretell()
    assert bool(result.get("failed")) == refused and ("objects" in result) != refused
    assert cluster.objects == before


OTHER = ("ClusterRole", None, "other")


@pytest.mark.parametrize(
    "before, cluster_id, left",
    [
        (dict.fromkeys(AGENT, ("one", True)), "one", []),
        # The registration is gone already, or was replaced.
        (dict.fromkeys(AGENT, ("zero", True)), None, []),
        (dict.fromkeys(AGENT, ("zero", True)), "one", []),
        ({NAMESPACE: ("one", True), ROLE: ("zero", True)}, "one", []),
        # Somebody else's, whatever its name.
        (dict.fromkeys(AGENT, (None, False)), "one", list(AGENT)),
        (dict.fromkeys(AGENT, (None, False)), None, list(AGENT)),
        (dict.fromkeys(AGENT, ("two", True)), None, list(AGENT)),
        (dict.fromkeys(AGENT, ("zero", False)), None, list(AGENT)),
        ({NAMESPACE: (None, False), DEPLOYMENT: ("one", True), OTHER: ("two", False)}, "one", [NAMESPACE, OTHER]),
    ],
)
def test_only_what_is_ours_is_removed(before, cluster_id, left):
    cluster = Cluster(before)
    result = agent_of(cluster, LISTED).remove(cluster_id)
    assert list(cluster.objects) == left
    assert bool(result["changed"]) == (len(before) > len(left))
    named = NAMESPACE in left
    assert [(item["kind"], item["name"]) for item in result["conflicts"]][:1] == (
        [("Namespace", "hss")] if named else []
    )


@pytest.mark.parametrize(
    "said, shown",
    [
        ("Set the option kubectl (hss_onboard_kubectl in the role) to the", "Set hss_onboard_kubectl to the"),
        ("and you agree, add to allow: privileged.", "and you agree, add to hss_onboard_agent_allow: privileged."),
        ("Increase wait_timeout.", "Increase hss_onboard_wait_timeout."),
        ("Set runtime_info to runtime_name: x", "Set runtime_info in hss_onboard_daemonset to runtime_name: x"),
        ("increase hss_onboard_wait_timeout", "increase hss_onboard_wait_timeout"),
    ],
)
def test_messages_name_the_variables_that_users_have(said, shown):
    assert agents.in_terms_of_the_role(said) == shown


def test_names_are_shown_without_control_characters():
    row = {"kind": "Role", "namespace": None, "name": "a\x1b[31m\u202eb\nc" + "d" * 300, "action": "kept"}
    (shown,) = agents.visible_rows([row])
    assert shown["name"].startswith("a [31m b cddd") and len(shown["name"]) == 253
    assert {**shown, "name": row["name"]} == row


def test_several_results_are_one():
    rows = [Cluster._row(ROLE, "kept"), Cluster._row(NAMESPACE, "deleted")]
    conflict = {"kind": ROLE[0], "namespace": None, "name": ROLE[2], "owner": "zero"}
    first = {"changed": True, "objects": rows, "conflicts": [conflict], "warnings": ["a"]}
    second = {"changed": False, "objects": [Cluster._row(ROLE, "deleted")], "conflicts": []}
    both = merged([first, second])
    assert (both["changed"], both["conflicts"], both["warnings"]) == (True, [], ["a"])
    assert [item["action"] for item in both["objects"]] == ["deleted", "deleted"]
    failed = merged([first, {"failed": True, "answered": False, "msg": "no"}])
    assert (failed["failed"], failed["answered"], failed["msg"]) == (True, True, "no") and "objects" not in failed
