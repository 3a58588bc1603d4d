# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of protection, hosts and quotas run over strict transcripts: every exchange, in order, nothing else."""

from __future__ import annotations

import json

import pytest
import requests
from modules import run
from responses import matchers

from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_protection,
    hss_host_info,
    hss_quota_info,
)

BASE = "https://hss.example.com/v5/project-1"
HOSTS, SWITCH = f"{BASE}/host-management/hosts", f"{BASE}/container/switch-version"
QUOTAS, AUTO = f"{BASE}/billing/quotas", f"{BASE}/setting/config/auto-open-quota"
UNINSTALL = f"{BASE}/host-management/uninstall"
ID = "6f2b5593"
CONNECTION = {
    "endpoint": "https://hss.example.com",
    "project_id": "project-1",
    "region": "cn-north-4",
    "access_key": "AKAKAKAKAKAKAKAKAKAK",
    "secret_key": "SKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSK",
    "max_retries": 1,
}
PAGE = {"offset": "0", "limit": "200"}
REGION = matchers.header_matcher({"region": "cn-north-4"})
CONTAINER, NULL = "hss.version.container.enterprise", "hss.version.null"


def module(main=hss_cluster_protection.main, *, check=False, **options):
    if main is hss_cluster_protection.main:
        if "clusters" not in options:
            options.setdefault("cluster_id", ID)
        if options.get("state") != "closed":
            options.setdefault("charging_mode", "packet_cycle")
    given = {name: value for name, value in {**CONNECTION, **options}.items() if value is not None}
    return run(main, given, check=check)


def host(number=1, status="closed", agent="online", **fields):
    is_open = status != "closed"
    return {
        "host_id": f"host-{number}",
        "host_name": f"node-{number}",
        "private_ip": f"192.0.2.{number}",
        "cluster_id": ID,
        "cluster_name": "shop",
        "agent_status": agent,
        "protect_status": status,
        "version": CONTAINER if is_open else NULL,
        "charging_mode": "packet_cycle" if is_open else None,
        **fields,
    }


class Transcript:
    """The requests that HSS receives, and its responses."""

    def __init__(self, transcript):
        self.raw = transcript

    def agents(self, count=1, cluster_id=ID):
        detail = {"yaml_content": "kind: DaemonSet", "runtime_info": [], "ds_info": {"desired_num": count}}
        nothing = {"yaml_content": None, "runtime_info": None}
        url = f"{BASE}/container/kubernetes/clusters/{cluster_id}/daemonsets"
        self.raw.get(url, json=detail if count is not None else nothing)
        return self

    def hosts(self, *rows, **filters):
        filters = filters or {"cluster_id": ID}
        self.raw.get(
            HOSTS,
            json={"total_num": len(rows), "data_list": list(rows)},
            match=[REGION, matchers.query_param_matcher({**PAGE, **filters})],
        )
        return self

    def again(self, *rows):
        return self.hosts(*rows, host_id_list=",".join(row["host_id"] for row in rows))

    def quota(self, free=9, ids=None):
        row = {"version": CONTAINER, "total_num": 10, "used_num": 10 - free, "available_num": free}
        if ids is not None:
            row["available_resources_list"] = [{"resource_id": each} for each in ids]
        query = matchers.query_param_matcher({"version": CONTAINER, "charging_mode": "packet_cycle"})
        self.raw.get(QUOTAS, json={"data_list": [row]}, match=[query])
        return self

    def opens(self, *ids, extra=None, **answer):
        wanted = {"version": CONTAINER, "charging_mode": "packet_cycle", **(extra or {}), "host_id_list": list(ids)}
        self.raw.post(SWITCH, match=[matchers.json_params_matcher(wanted)], **answer)
        return self

    def closes(self, *ids, **answer):
        self.raw.post(
            SWITCH, match=[matchers.json_params_matcher({"version": NULL, "host_id_list": list(ids)})], **answer
        )
        return self

    def uninstalls(self, *ids, **answer):
        self.raw.post(UNINSTALL, match=[matchers.json_params_matcher({"host_id_list": list(ids)})], **answer)
        return self


@pytest.fixture
def hss(transcript):
    return Transcript(transcript)


def nodes(ran, *keys):
    """Return these values of each node."""
    return [tuple(node.get(key) for key in keys) for node in ran.result["nodes"]]


# --- opening ----------------------------------------------------------------------------------------------------------


def test_closed_nodes_are_opened_and_waited_for(hss, pauses):
    hss.agents(2).hosts(host(1), host(2, "opened")).quota()
    hss.opens("host-1").again(host(1)).again(host(1, "opened"))
    ran = module()
    assert (ran.failed, ran.result["changed"], ran.result["actions"], pauses) == (False, True, ["open"], [10])
    assert nodes(ran, "host_name", "protect_status", "changed", "failed", "msg") == [
        ("node-1", "opened", True, False, "protection opened, opened"),
        ("node-2", "opened", False, False, "unchanged, opened"),
    ]
    assert ran.result["nodes"][0]["progress"] == ["0 s: closed", "10 s: opened"]
    assert ran.result["quota"] == {"total_num": 10, "used_num": 1, "available_num": 9}
    assert ran.result["diff"] == {
        "before": "node-1 (192.0.2.1) of the cluster shop: closed\n"
        "node-2 (192.0.2.2) of the cluster shop: opened, packet_cycle\n",
        "after": "node-1 (192.0.2.1) of the cluster shop: opened, packet_cycle\n"
        "node-2 (192.0.2.2) of the cluster shop: opened, packet_cycle\n",
    }


def test_open_nodes_are_left_as_they_are(hss):
    hss.agents(1).hosts(host(1, "opened")).quota(free=0)
    ran = module()
    assert (ran.failed, ran.result["changed"], ran.result["actions"], ran.warnings) == (False, False, [], [])


def test_check_mode_reports_the_same_and_sends_nothing(hss):
    hss.agents(2).hosts(host(1), host(2, "opened")).quota()
    checked = module(check=True).result
    hss.agents(2).hosts(host(1), host(2, "opened")).quota().opens("host-1").again(host(1, "opened"))
    real = module().result
    for key in ("changed", "actions", "diff", "quota"):
        assert checked[key] == real[key], key
    assert checked["nodes"][0]["msg"] == "protection would be opened"


def test_on_demand_needs_no_quota_and_everything_given_is_sent(hss):
    extra = {"charging_mode": "on_demand", "resource_id": "r-1", "tags": [{"key": "team", "value": "shop"}]}
    hss.agents(1).hosts(host(1)).opens("host-1", extra=extra).again(host(1, "opened", charging_mode="on_demand"))
    ran = module(charging_mode="on_demand", resource_id="r-1", tags={"team": "shop"})
    assert (ran.failed, ran.result["quota"]) == (False, None)


@pytest.mark.parametrize("check", [True, False])
def test_too_small_a_quota_is_refused_with_both_numbers_before_anything_is_switched(hss, check):
    rows = host(1), host(2), host(3)
    hss.agents(3).hosts(*rows).quota(free=2).hosts(*rows).quota(free=2)
    ran = module(check=check)
    assert ran.failed and "3 nodes need one, and 2 are left of 10" in ran.msg
    assert ran.result["failure"]["outcome"] == "not_sent"


def test_a_quota_that_another_run_took_for_the_same_nodes_is_no_shortage(hss, pauses):
    hss.agents(2).hosts(host(1), host(2)).quota(free=0).hosts(host(1, "opened"), host(2, "opened")).quota(free=0)
    ran = module()
    assert (ran.failed, ran.result["changed"], pauses) == (False, False, [5])


def test_a_quota_that_is_just_enough(hss):
    hss.agents(2).hosts(host(1), host(2)).quota(free=2).opens("host-1", "host-2")
    hss.again(host(1, "opened"), host(2, "opened"))
    assert not module().failed


def test_a_quota_that_is_not_free_is_refused(hss):
    hss.agents(1).hosts(host(1)).quota(ids=["r-2"]).hosts(host(1)).quota(ids=["r-2"])
    assert "resource_id: HSS lists no free quota r-1" in module(resource_id="r-1").msg


def test_without_waiting_the_state_is_read_once(hss):
    hss.agents(1).hosts(host(1)).quota().opens("host-1").again(host(1))
    ran = module(wait=False)
    assert (ran.failed, ran.result["changed"]) == (False, True)
    assert nodes(ran, "protect_status", "msg") == [("closed", "opening protection was requested, its status is closed")]


def test_a_mode_other_than_the_paying_one_is_a_warning(hss):
    hss.agents(1).hosts(host(1, "opened", charging_mode="on_demand")).quota()
    ran = module()
    assert not ran.result["changed"] and "paid for with on_demand, not with packet_cycle" in ran.warnings[0]


def test_another_edition_is_never_replaced(hss):
    hss.agents(1).hosts(host(1, "opened", version="hss.version.premium")).quota()
    ran = module()
    assert ran.failed and "another edition of HSS, hss.version.premium" in ran.msg and not ran.result["changed"]


# --- which hosts ------------------------------------------------------------------------------------------------------

OTHER = {"cluster_id": "another", "cluster_name": "bank"}


def test_a_host_of_another_cluster_is_never_switched_although_the_filter_returns_it(hss):
    hss.agents(1).hosts(host(1), host(2, **OTHER), host(3, cluster_id="")).quota()
    hss.opens("host-1").again(host(1, "opened"))
    ran = module()
    assert nodes(ran, "host_id") == [("host-1",)] and not ran.failed
    assert "returned 2 hosts" in ran.warnings[0] and "node-2 (192.0.2.2) of the cluster bank" in ran.warnings[0]


def test_named_nodes_are_found_where_hss_does_not_say_their_cluster(hss):
    hss.agents(3).hosts().hosts(host(1, cluster_id=None), host_name_list="NODE-1")
    hss.hosts(host(2, cluster_id=""), host(9, **OTHER), private_ip_list="192.0.2.2,2001:db8::3")
    hss.quota().opens("host-1", "host-2").again(host(1, "opened"), host(2, "opened"))
    ran = module(nodes=["NODE-1", "192.0.2.2", "2001:db8::3"], wait=True, wait_timeout=1)
    assert nodes(ran, "host_name", "failed") == [("node-1", False), ("node-2", False), ("2001:db8::3", True)]
    assert "HSS lists no host with the name or private address 2001:db8::3" in ran.msg


def test_nodes_that_are_listed_under_the_cluster_are_not_looked_for(hss):
    hss.agents(1).hosts(host(1, "opened")).quota()
    assert not module(nodes=["node-1", "192.0.2.1"]).failed


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([host(1, **OTHER)], "HSS lists node-1 under another cluster: node-1 (192.0.2.1) of the cluster bank"),
        ([host(1, cluster_id=None), host(2, host_name="node-1", cluster_id=None)], "lists 2 hosts as node-1"),
    ],
    ids=["another cluster", "ambiguous"],
)
def test_a_named_node_that_is_not_surely_the_clusters_is_refused(hss, rows, message):
    hss.agents(0).hosts().hosts(*rows, host_name_list="node-1").quota()
    ran = module(nodes=["node-1"], wait=False)
    assert ran.failed and message in ran.msg and ran.result["nodes"][0]["failure"]["outcome"] == "not_sent"


def test_a_cluster_without_hosts_and_agents(hss):
    hss.agents(None).hosts()
    ran = module()
    assert ran.failed and "no host under 6f2b5593, and no node agent is installed there" in ran.msg
    hss.hosts()
    assert not module(state="closed").failed


def test_fewer_hosts_than_agents_is_an_error_after_waiting_and_a_warning_without(hss):
    opened = host(1, "opened")
    hss.agents(2).hosts(opened).quota().hosts(opened).quota()
    ran = module(wait_timeout=12)
    assert ran.failed and "should run on 2 nodes, but HSS lists 1 hosts" in ran.msg
    assert ran.result["failure"]["outcome"] == "timeout"
    hss.agents(2).hosts(opened).quota()
    ran = module(wait=False)
    assert not ran.failed and "should run on 2 nodes" in ran.warnings[0]


def test_several_clusters(hss):
    hss.agents(1).agents(1, "other").hosts(host(1)).hosts(host(2, cluster_id="other"), cluster_id="other").quota()
    hss.opens("host-1", "host-2").again(host(1, "opened"), host(2, "opened", cluster_id="other"))
    assert nodes(module(clusters=[ID, "other", ID]), "host_id") == [("host-1",), ("host-2",)]


# --- agents -----------------------------------------------------------------------------------------------------------


def test_agents_that_come_up_are_waited_for(hss):
    coming = host(2, agent="installing")
    hss.agents(2).hosts(host(1)).quota().hosts(host(1), coming).hosts(host(1), host(2)).quota()
    hss.opens("host-1", "host-2").again(host(1, "opened"), host(2, "opened"))
    assert not module().failed


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (host(1, agent="offline"), "the agent is offline"),
        (host(1, agent="not_installed"), "the agent is not_installed"),
        (host(1, agent="install_failed", install_result_code="auth_failed"), "could not be installed: auth_failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_an_agent_nothing_is_switched(hss, row, message):
    hss.agents(1).hosts(row).quota()
    ran = module(wait=False)
    assert ran.failed and message in ran.msg and not ran.result["changed"]


def test_an_installation_that_failed_is_not_waited_for(hss, pauses):
    hss.agents(1).hosts(host(1, agent="install_failed", install_result_code="package_unavailable")).quota()
    ran = module()
    assert ran.failed and "package_unavailable" in ran.msg and pauses == []


def test_an_offline_agent_is_waited_for_a_minute(hss, pauses):
    row = host(1, agent="offline")
    hss.agents(1).hosts(row).quota().hosts(row).hosts(row).hosts(row).hosts(row).hosts(row).quota()
    ran = module()
    assert ran.failed and "the agent is offline" in ran.msg and sum(pauses) < 100


# --- protection that does not work ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"status": "protection_exception"}, "its status is protection_exception"),
        ({"protect_interrupt": True, "interrupt_reason": "kernel"}, "it is interrupted (kernel)"),
        (
            {"status": "protection_exception", "agent": "offline"},
            "its status is protection_exception and the agent is offline",
        ),
    ],
)
def test_protection_that_does_not_work_is_an_error_that_says_why(hss, fields, message):
    broken = host(1, **{"status": "opened", **fields})
    hss.agents(1).hosts(host(1)).quota().opens("host-1")
    for _poll in range(3):
        hss.again(broken)
    ran = module()
    assert ran.failed and message in ran.msg and ran.result["actions"] == ["open"]


def test_a_problem_that_passes_is_none(hss):
    broken = host(1, "protection_exception")
    hss.agents(1).hosts(broken).quota().again(broken).again(host(1, "opened"))
    ran = module()
    assert not ran.failed and not ran.result["changed"]


def test_degraded_protection_is_a_warning(hss):
    hss.agents(1).hosts(host(1, "opened", protect_degradation=True, degradation_reason="memory")).quota()
    ran = module()
    assert not ran.failed and "Protection is degraded (memory)" in ran.warnings[0]


def test_a_time_out(hss):
    hss.agents(1).hosts(host(1)).quota().opens("host-1").again(host(1)).again(host(1))
    ran = module(wait_timeout=11)
    assert ran.failed and "is not opened after 10 seconds: its status is closed, the agent is online" in ran.msg
    assert ran.result["failure"]["outcome"] == "timeout" and ran.result["actions"] == ["open"]


# --- requests that fail -----------------------------------------------------------------------------------------------

LOST = {
    "time-out": {"body": requests.exceptions.ReadTimeout()},
    "reset": {"body": ConnectionResetError()},
    "503": {"status": 503},
    "HTML": {"body": "<html>"},
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_an_opening_whose_response_is_lost_is_looked_for_and_never_sent_again(hss, answer):
    hss.agents(1).hosts(host(1)).quota().opens("host-1", **answer).again(host(1)).again(host(1, "opened"))
    hss.again(host(1, "opened"))
    ran = module()
    assert (ran.failed, ran.result["actions"]) == (False, ["open"])


def test_an_opening_without_any_effect_is_unknown(hss, pauses):
    hss.agents(1).hosts(host(1)).quota().opens("host-1", **LOST["reset"])
    for _look in range(4):
        hss.again(host(1))
    ran = module()
    assert ran.failed and ran.result["failure"]["outcome"] == "unknown" and pauses == [1, 2, 4]
    assert ran.result["changed"] is False and nodes(ran, "protect_status") == [("closed",)]


def test_a_refused_opening_may_have_opened_some(hss):
    answer = {"status": 400, "json": {"error_code": "HSS.1002", "error_msg": "quota insufficient"}}
    hss.agents(2).hosts(host(1), host(2)).quota().opens("host-1", "host-2", **answer)
    hss.again(host(1, "opened"), host(2)).again(host(1, "opened"))
    ran = module()
    assert ran.failed and "1 of 2 nodes failed" in ran.msg and "HSS.1002" in ran.msg
    assert nodes(ran, "changed", "failed") == [(True, False), (False, True)]


def test_no_more_is_sent_after_the_quota_is_used_up(hss):
    rows = [host(number, host_id=f"h-{number:03}", host_name=f"n-{number:03}") for number in range(201)]
    hss.agents(201)
    for at in (0, 200):
        query = matchers.query_param_matcher({"cluster_id": ID, "limit": "200", "offset": str(at)})
        hss.raw.get(HOSTS, json={"total_num": 201, "data_list": rows[at : at + 200]}, match=[query])
    hss.raw.get(QUOTAS, json={"data_list": [{"version": CONTAINER, "available_num": 300}]})
    hss.opens(*[row["host_id"] for row in rows[:200]], status=400, json={"error_code": "HSS.1002"})
    for at in (0, 100):
        hss.again(*rows[at : at + 100])
    ran = module()
    assert ran.failed and "201 of 201 nodes failed" in ran.msg
    assert "an earlier request was refused" in ran.result["nodes"][200]["msg"]


def test_refused_credentials_end_it_at_once(hss):
    hss.agents(1).hosts(host(1)).quota().opens("host-1", status=401, json={"error_code": "APIGW.0301"})
    ran = module()
    assert ran.failed and "credentials were refused" in ran.msg and not ran.result["changed"]


def test_an_effect_that_cannot_be_read_is_unknown(hss):
    hss.agents(1).hosts(host(1)).quota().opens("host-1")
    hss.raw.get(HOSTS, status=400, json={"error_code": "HSS.0010"})
    ran = module()
    assert ran.failed and ran.result["failure"]["outcome"] == "unknown" and ran.result["changed"] is True


def test_an_incomplete_list_of_hosts_switches_nothing(hss):
    hss.agents(1)
    for _listing in range(4):
        hss.raw.get(HOSTS, json={"total_num": 2, "data_list": [host(1)]})
        hss.raw.get(HOSTS, json={"total_num": 2, "data_list": []})
    ran = module()
    assert ran.failed and "1 hosts were received, total_num is 2" in ran.msg and "Nothing is switched" in ran.msg


# --- closing ----------------------------------------------------------------------------------------------------------


def test_open_nodes_are_closed(hss):
    hss.hosts(host(1, "opened"), host(2, "protection_exception", agent="offline"), host(3))
    hss.closes("host-1", "host-2").again(host(1), host(2))
    ran = module(state="closed")
    assert (ran.failed, ran.result["actions"], ran.result["quota"]) == (False, ["close"], None)
    assert nodes(ran, "protect_status", "changed") == [("closed", True), ("closed", True), ("closed", False)]


def test_a_closing_is_sent_again(hss):
    hss.hosts(host(1, "opened")).closes("host-1", status=503).closes("host-1").again(host(1))
    assert not module(state="closed").failed


def test_another_edition_is_left_open(hss):
    hss.hosts(host(1, "opened", version="hss.version.premium"))
    ran = module(state="closed")
    assert not ran.failed and not ran.result["changed"] and "hss.version.premium" in ran.warnings[0]


def test_unlisted_nodes_are_passed_over_when_closing(hss):
    hss.hosts().hosts(host_name_list="node-7")
    assert module(state="closed", nodes=["node-7"]).result["nodes"] == []


def test_agents_are_uninstalled_after_protection_is_closed(hss):
    hss.agents(None).hosts(host(1, "opened"), host(2), host(3, agent="offline"), host(4, agent="not_installed"))
    hss.closes("host-1").again(host(1)).uninstalls("host-1", "host-2")
    hss.hosts(host(1), host_id_list="host-1,host-2").again(host(1, agent="not_installed"))
    ran = module(state="closed", uninstall_agents=True)
    assert (ran.failed, ran.result["actions"]) == (False, ["close", "uninstall"])
    assert nodes(ran, "actions") == [(["close", "uninstall"],), (["uninstall"],), ([],), ([],)]
    assert len(ran.warnings) == 1 and "cannot uninstall the agent, because it is offline" in ran.warnings[0]


def test_agents_are_not_uninstalled_while_the_daemonset_installs_them(hss):
    hss.agents(3)
    ran = module(state="closed", uninstall_agents=True)
    assert ran.failed and "still has the DaemonSet" in ran.msg and ran.result["failure"]["outcome"] == "not_sent"


def test_an_agent_that_stays_is_an_error(hss):
    hss.agents(None).hosts(host(1)).uninstalls("host-1").again(host(1)).again(host(1))
    ran = module(state="closed", uninstall_agents=True, wait_timeout=11)
    assert ran.failed and "asked to uninstall the agent" in ran.msg and ran.result["failure"]["outcome"] == "timeout"


def test_a_refused_uninstallation(hss):
    hss.agents(None).hosts(host(1)).uninstalls("host-1", status=400, json={"error_code": "HSS.1007"})
    ran = module(state="closed", uninstall_agents=True)
    assert ran.failed and "HSS.1007" in ran.msg and "agent is offline" in ran.msg


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"charging_mode": None}, "charging_mode: is needed to open protection"),
        ({"cluster_id": " "}, "cluster_id: is not an id"),
        ({"cluster_id": "x" * 65}, "cluster_id: is not an id"),
        ({"clusters": []}, "clusters: names no cluster"),
        ({"clusters": ["a", ""]}, "clusters: is not an id"),
        ({"clusters": ["a"] * 501}, "clusters: names more than 500"),
        ({"cluster_id": None}, "one of the following is required: cluster_id, clusters"),
        ({"clusters": ["a"], "cluster_id": "b"}, "mutually exclusive"),
        ({"nodes": ["a,b"]}, "nodes: has an entry"),
        ({"nodes": [""]}, "nodes: has an entry"),
        ({"nodes": [str(number) for number in range(5001)]}, "nodes: names more than 5000"),
        ({"uninstall_agents": True}, "uninstall_agents: cannot be combined with state=opened"),
        ({"resource_id": " "}, "resource_id: is not an id"),
        ({"tags": {"": "x"}}, "tags: has a key"),
        ({"tags": {"a": "x" * 256}}, "tags: has a value"),
        ({"tags": {str(number): "" for number in range(21)}}, "tags: has more than 20"),
        ({"wait_timeout": 0}, "wait_timeout: must be more than 0"),
        ({"region": None}, "region: is needed here"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_options_that_cannot_work_are_refused_before_any_request(hss, options, message):
    ran = module(**{"cluster_id": None, **options} if "clusters" in options else options)
    assert ran.failed and message in ran.msg


# --- hosts and quotas -------------------------------------------------------------------------------------------------


def info(**options):
    return module(hss_host_info.main, **options)


@pytest.mark.parametrize(
    ("options", "query", "expected"),
    [
        ({}, {}, [1, 2, 3]),
        ({"cluster_id": ID}, {"cluster_id": ID}, [1, 2]),
        ({"name": ["NODE-2", "node-9"]}, {"host_name_list": "NODE-2,node-9"}, [2]),
        ({"private_ip": ["192.0.2.3"]}, {"private_ip_list": "192.0.2.3"}, [3]),
        ({"agent_status": ["installed"]}, {"agent_status": "installed"}, [1, 2]),
        ({"protect_status": ["opened"]}, {"protect_status": "opened"}, [2]),
        ({"protect_status": ["opened", "closed"], "agent_status": ["online"]}, {"agent_status": "online"}, [1]),
    ],
)
def test_hosts_are_filtered_whether_or_not_hss_does_it(hss, options, query, expected):
    rows = [host(1), host(2, "opened", "offline"), host(3, agent="not_installed", **OTHER)]
    hss.raw.get(
        HOSTS,
        json={"total_num": 3, "data_list": rows},
        match=[REGION, matchers.query_param_matcher({**PAGE, **query})],
    )
    ran = info(**options)
    assert [row["host_id"] for row in ran.result["hosts"]] == [f"host-{number}" for number in expected]
    assert ran.result["changed"] is False


def test_an_empty_list_matches_no_host_and_many_names_take_several_requests(hss):
    assert info(name=[]).result["hosts"] == []
    names = [f"n{number}" for number in range(61)]
    hss.hosts(host_name_list=",".join(names[:60])).hosts(host_name_list="n60")
    assert info(name=names).result["hosts"] == []


@pytest.mark.parametrize("options", [{"cluster_id": ""}, {"name": ["a,b"]}, {"private_ip": [" "]}])
def test_filters_that_hss_would_misunderstand_are_refused(hss, options):
    assert info(**options).failed


def test_quotas(hss):
    rows = [{"version": version, "total_num": 5, "used_num": 2, "available_num": 3} for version in (NULL, CONTAINER)]
    hss.raw.get(QUOTAS, json={"data_list": rows}, match=[matchers.query_param_matcher({})])
    hss.raw.get(AUTO, json={"enabled": True})
    ran = module(hss_quota_info.main)
    assert (ran.result["quotas"], ran.result["auto_open"], ran.result["changed"]) == (rows, True, False)
    hss.raw.get(QUOTAS, json={"data_list": rows}, match=[matchers.query_param_matcher({"version": CONTAINER})])
    hss.raw.get(AUTO, json={})
    ran = module(hss_quota_info.main, version=CONTAINER)
    assert (ran.result["quotas"], ran.result["auto_open"]) == (rows[1:], None)


def test_a_request_body_is_json_without_what_was_not_given(hss):
    hss.agents(1).hosts(host(1)).quota().opens("host-1").again(host(1, "opened"))
    module()
    assert json.loads(hss.raw.calls[3].request.body).keys() == {"version", "charging_mode", "host_id_list"}
