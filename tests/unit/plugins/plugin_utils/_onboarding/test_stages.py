# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's ledger: hosts to clusters, what each stage notes, and the results of the hosts."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import stages as _onboarding

ROW = {
    "cluster_id": "id-shop",
    "cluster_name": "shop",
    "server": "https://10.0.0.9:6443",
    "status": "not_connect",
    "certificate_expiration_date": 1_800_000_000_000,
}
CONNECTED = {**ROW, "status": "connect_success"}


def host(name="shop-1", cluster="shop", good=True, **more):
    return {
        "host": name,
        "name": cluster,
        "good": good,
        "why": "" if good else f"{name} is not good",
        "server": "https://10.0.0.9:6443",
        "identity": "same",
        "days_left": 300,
        "options": {"name": cluster, "kube_config": "secret"},
        "wishes": {"agent": True, "nodes": True, "connection": True, "daemonset": {"auto_upgrade": True}},
        **more,
    }


def registration(**more):
    entry = {
        "name": "shop",
        "failed": False,
        "changed": True,
        "actions": ["create"],
        "cluster_id": "id-shop",
        "cluster": ROW,
    }
    return {"results": [{**entry, **more}]}


def answers(name="shop-1", **answer):
    return {name: answer}


def ledger(*stages, hosts=None, check_mode=False):
    clusters = _onboarding.clusters_of(hosts or [host()])
    for stage, result in stages:
        clusters = _onboarding.noted(clusters, stage, result, check_mode)
    return clusters


REGISTERED = ("registered", registration())
MANIFESTS = ("manifests", {"clusters": [{"cluster_id": "id-shop", "manifests": []}]})
DEPLOYMENT = {"kind": "Deployment", "name": "proxy-agent", "namespace": "hss", "action": "created"}
APPLIED = ("applied", answers(changed=True, objects=[DEPLOYMENT]))
STANDING = ("connected", {"results": [{"cluster_id": "id-shop", "failed": False, "cluster": CONNECTED}]})
ALLOWED = ("permissions", {"clusters": [{"cluster_id": "id-shop", "permissions": []}]})
DAEMONSET = {
    "cluster_id": "id-shop",
    "failed": False,
    "changed": True,
    "daemonset": {"ds_info": {"desired_num": 3, "ready_num": 3}},
}
PROTECTED = ("protected", {"results": [DAEMONSET]})


def result(*stages, hosts=None, check_mode=False, of="shop-1"):
    hosts = hosts or [host()]
    return _onboarding.results(ledger(*stages, hosts=hosts, check_mode=check_mode), hosts, check_mode)[of]


def test_the_whole_way():
    told = result(REGISTERED, MANIFESTS, APPLIED, STANDING, ALLOWED, PROTECTED)
    assert told == {
        "name": "shop",
        "cluster_id": "id-shop",
        "changed": True,
        "actions": ["create", "connect", "protect"],
        "status": "connect_success",
        "days_left": 300,
        "failed": False,
        "msg": "registered, https://10.0.0.9:6443, connect_success, credential until 2027-01-15 08:00 UTC, id id-shop, "
        "connection agent installed, node agents installed, 3 of 3 nodes protected",
        "warnings": [],
    }


def test_a_second_run_is_unchanged():
    told = result(
        ("registered", registration(changed=False, actions=[], cluster=CONNECTED)),
        MANIFESTS,
        ("applied", answers(changed=False, objects=[{**DEPLOYMENT, "action": "unchanged"}])),
        STANDING,
        ALLOWED,
        ("protected", {"results": [{**DAEMONSET, "changed": False}]}),
    )
    assert (told["changed"], told["actions"], told["failed"]) == (False, [], False)
    assert told["msg"].startswith("unchanged, ") and told["msg"].endswith(", 3 of 3 nodes protected")


UNCHANGED = ("registered", registration(changed=False, actions=[], cluster=CONNECTED))
ASKED = ("registered", registration(changed=False, actions=[], cluster=None))
REMOVED = registration(actions=["delete"], cluster=None)


@pytest.mark.parametrize(
    "stages, beginning, end",
    [
        ([("applied", answers(changed=True, objects=[]))], "registration unchanged, ", "connection agent updated"),
        ([STANDING, PROTECTED], "registration unchanged, ", "node agents installed, 3 of 3 nodes protected"),
        (
            [STANDING, ("protected", {"results": [{**DAEMONSET, "actions": ["update"]}]})],
            "registration unchanged, ",
            "node agents changed, 3 of 3 nodes protected",
        ),
        (
            [STANDING, ("protected", {"results": [{**DAEMONSET, "daemonset": None}]})],
            "registration unchanged, ",
            "node agents installed, not counted yet",
        ),
        ([STANDING, ("protected", {"results": [{**DAEMONSET, "changed": False}]})], "unchanged, ", "nodes protected"),
    ],
)
def test_unchanged_is_said_of_what_is_unchanged(stages, beginning, end):
    told = result(UNCHANGED, MANIFESTS, *stages)
    assert told["msg"].startswith(beginning) and told["msg"].endswith(end)


def test_what_was_applied_before_something_went_wrong_is_a_change():
    told = result(UNCHANGED, MANIFESTS, ("applied", answers(failed=True, changed=True, msg="forbidden")))
    assert (told["failed"], told["changed"], told["actions"]) == (True, True, ["connect"])
    assert told["msg"].endswith("; but the connection agent could not be installed: forbidden")


def test_a_trouble_that_is_a_sentence_stands_as_one():
    late = {"cluster_id": "id-shop", "failed": True, "msg": "The cluster was not connected in time."}
    told = result(REGISTERED, ("connected", {"results": [late]}))
    assert told["msg"].endswith("id id-shop. The cluster was not connected in time.")


def test_check_mode_of_a_cluster_that_is_not_registered_yet():
    planned = ("registered", registration(cluster_id=None, cluster={"server": "https://10.0.0.9:6443"}))
    nothing = {"results": [], "clusters": []}
    stages = [planned, ("manifests", nothing), ("applied", {}), ("connected", nothing), ("permissions", nothing)]
    told = result(*stages, ("protected", nothing), check_mode=True)
    assert (told["changed"], told["actions"], told["failed"]) == (True, ["create", "connect", "protect"], False)
    assert told["msg"].startswith("would be registered, ") and "connection agent would be installed" in told["msg"]


@pytest.mark.parametrize(
    "stages, words",
    [
        ([("registered", registration(failed=True, msg="HSS refused"))], "HSS refused"),
        ([("registered", {"msg": "no listing"})], "not looked at, since HSS could not be asked"),
        ([REGISTERED, ("manifests", {"msg": "no addresses"})], "no addresses"),
        (
            [REGISTERED, ("manifests", {"clusters": [{"cluster_id": "id-shop", "failed": True, "msg": "no script"}]})],
            "no script",
        ),
        ([REGISTERED, MANIFESTS, ("applied", answers(msg="no kubectl"))], "could not be installed: no kubectl"),
        ([REGISTERED, MANIFESTS, ("applied", {})], "the host shop-1 could not be reached"),
        (
            [REGISTERED, ("connected", {"results": [{"cluster_id": "id-shop", "failed": True, "msg": "not in time"}]})],
            "not in time",
        ),
        ([REGISTERED, ("protected", {"results": []})], "its nodes are not protected yet"),
        (
            [REGISTERED, STANDING, ("protected", {"results": [{**DAEMONSET, "failed": True, "msg": "image pull"}]})],
            "image pull",
        ),
    ],
)
def test_the_first_trouble_ends_the_way_and_is_told(stages, words):
    told = result(*stages, ("protected", {"msg": "never asked"}))
    assert told["failed"] and words in told["msg"] and "never asked" not in told["msg"]
    assert ("but" in told["msg"]) is (stages[0] is REGISTERED)


@pytest.mark.parametrize(
    "images, expected",
    [
        ({}, (False, [], "")),
        ({"failed": False, "changed": True, "msg": ""}, (False, ["load_images"], ", images loaded")),
        ({"failed": True, "changed": False, "msg": "login refused"}, (True, [], "but login refused")),
        ({"failed": True, "changed": True, "msg": "push refused"}, (True, ["load_images"], "; but push refused")),
        ({"failed": False, "changed": False, "msg": "do this by hand"}, (False, [], "")),
    ],
)
def test_what_became_of_the_images(images, expected):
    unchanged = ("registered", registration(changed=False, actions=[]))
    told = result(unchanged, MANIFESTS, ("images", answers(**images)))
    assert (told["failed"], told["actions"]) == expected[:2] and told["msg"].endswith(expected[2])
    assert told["warnings"] == (["shop: do this by hand"] if "by hand" in str(images) else [])


@pytest.mark.parametrize("required", [False, True])
def test_missing_rights_are_a_warning_or_the_end(required):
    rows = [
        {"resources": "pods", "api_groups": "", "function": "check", "is_authed": False, "advice": "grant get"},
        {"resources": "nodes", "api_groups": "", "function": "asset", "is_authed": True, "advice": ""},
    ]
    missing = ("permissions", {"clusters": [{"cluster_id": "id-shop", "permissions": rows}]})
    wishes = {"agent": False, "nodes": True, "permissions": required}
    told = result(REGISTERED, STANDING, missing, PROTECTED, hosts=[host(wishes=wishes)])
    said = told["msg"] if required else "".join(told["warnings"])
    assert told["failed"] is required and ("protect" in told["actions"]) is not required
    assert "pods for check: grant get" in said and "nodes" not in said.replace("3 of 3 nodes", "")


def test_why_the_permissions_are_not_known_is_told():
    entry = {"cluster_id": "id-shop", "permissions": None}
    unknown = ("permissions", {"clusters": [entry], "warnings": ["shop: access denied", "bank: gone"]})
    told = result(REGISTERED, STANDING, unknown)
    assert told["warnings"] == ["shop: HSS did not say what it may do in the cluster: access denied"]


def test_permissions_are_not_asked_of_a_cluster_that_is_not_connected():
    wishes = {"permissions": True}
    told = result(REGISTERED, ("permissions", {"clusters": []}), hosts=[host(wishes=wishes)])
    assert not told["failed"]


def test_the_way_back():
    hosts = [host(options={"name": "shop"})]
    told = result(
        ("listed", {"clusters": [CONNECTED]}),
        ("unprotected", {"results": [{"cluster_id": "id-shop", "failed": False, "changed": True, "warnings": []}]}),
        ("registered", REMOVED),
        ("removed", answers(changed=True, objects=[])),
        hosts=hosts,
    )
    assert told["actions"] == ["unprotect", "delete", "disconnect"] and not told["failed"]
    assert told["msg"] == "removed, node agents removed, connection agent removed"


def test_a_registration_is_not_removed_while_its_node_agents_may_still_run():
    failed = {"cluster_id": "id-shop", "failed": True, "msg": "still there"}
    clusters = ledger(("listed", {"clusters": [CONNECTED]}), ("unprotected", {"results": [failed]}))
    assert not clusters["shop"]["ok"] and clusters["shop"]["trouble"] == "still there"


def test_two_registrations_of_a_name_are_none_to_work_on():
    clusters = ledger(("listed", {"clusters": [CONNECTED, {**CONNECTED, "cluster_id": "another"}]}))
    assert clusters["shop"]["cluster_id"] is None and clusters["shop"]["ok"]


def test_through_a_tunnel_that_is_gone_the_node_agents_are_not_said_to_be_removed():
    asked = {"cluster_id": "id-shop", "failed": False, "changed": True, "warnings": ["nobody can tell"]}
    told = result(("listed", {"clusters": [CONNECTED]}), ("unprotected", {"results": [asked]}), ("registered", REMOVED))
    assert told["msg"] == "removed, removal of the node agents asked for" and told["warnings"] == ["nobody can tell"]


def test_a_cluster_that_is_gone_is_a_warning_on_the_way_back():
    told = result(("registered", REMOVED), ("removed", answers(msg="refused", answered=False)))
    assert not told["failed"] and told["msg"] == "removed"
    assert told["warnings"] == ["shop: nothing was removed in the cluster itself, which may be gone: refused"]


@pytest.mark.parametrize("begun, actions", [(False, []), (True, ["disconnect"])])
def test_a_cluster_that_answers_and_keeps_something_is_no_success(begun, actions):
    kept = answers(failed=True, changed=begun, answered=True, msg="forbidden")
    told = result(ASKED, ("removed", kept))
    assert (told["failed"], told["changed"], told["actions"]) == (True, begun, actions)
    assert told["msg"] == "not registered; but the connection agent could not be removed altogether: forbidden"
    assert told["warnings"] == []


def test_what_one_host_of_a_cluster_cannot_remove_another_one_does():
    hosts = [host("shop-1"), host("shop-2"), host("shop-3")]
    said = {"shop-1": {"msg": "no kubectl"}, "shop-2": {}, "shop-3": {"changed": True, "objects": []}}
    told = result(("registered", REMOVED), ("removed", said), hosts=hosts)
    assert (told["actions"], told["warnings"]) == (["delete", "disconnect"], [])
    said["shop-3"] = {}
    told = result(("registered", REMOVED), ("removed", said), hosts=hosts)
    assert told["warnings"] == ["shop: nothing was removed in the cluster itself, which may be gone: no kubectl"]


def test_of_an_account_alone_not_the_agent_is_said_to_be_removed():
    told = result(ASKED, ("removed", answers(changed=True, objects=[])), hosts=[host(wishes={})])
    assert told["msg"] == "not registered, ServiceAccount removed"


def test_the_first_good_host_speaks_and_the_others_say_why_they_do_not():
    hosts = [host("shop-1", good=False), host("shop-2"), host("shop-3")]
    clusters = ledger(REGISTERED, hosts=hosts)
    assert clusters["shop"]["host"] == "shop-2"
    told = _onboarding.results(clusters, hosts, False)
    assert told["shop-1"]["msg"] == "host shop-1 was passed over: shop-1 is not good"
    assert told["shop-2"]["msg"] == told["shop-3"]["msg"] and not told["shop-1"]["failed"]


def test_where_no_host_is_good_each_says_why():
    hosts = [host("shop-1", good=False), host("shop-2", good=False)]
    told = _onboarding.results(ledger(REGISTERED, hosts=hosts), hosts, False)
    assert [(each["failed"], each["msg"]) for each in told.values()] == [
        (True, "shop-1 is not good"),
        (True, "shop-2 is not good"),
    ]


def test_hosts_that_contradict_each_other_are_no_cluster():
    hosts = [host("shop-1"), host("shop-2", identity="other", server="https://10.0.0.8:6443"), host("shop-3")]
    told = _onboarding.results(ledger(REGISTERED, hosts=hosts), hosts, False)
    assert all(
        each["failed"] and "the hosts shop-1 and shop-2 are both called shop" in each["msg"] for each in told.values()
    )


def test_the_secrets_are_let_go_with_the_registration():
    assert "secret" in str(ledger()) and "secret" not in str(ledger(REGISTERED))
