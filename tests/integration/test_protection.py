# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection with the simulator: the whole way and back, what runs out, what is lost, and what is never switched."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from modules import finish, run, start

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.client import HttpClient
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.reconcile import remaining_agents
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_daemonset,
    hss_cluster_protection,
    hss_host_info,
    hss_quota_info,
)
from simulator import Fault

SWITCH, HOSTS, QUOTAS, READ, UNINSTALL = (
    "SwitchContainerProtectStatus",
    "ListHostStatus",
    "ShowResourceQuotas",
    "ShowAgentDaemonsetDetailInfo",
    "UninstallAgents",
)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda seconds: time.sleep(seconds / 1000)))


@pytest.fixture
def connection(simulator):
    return {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 2,
        "timeout": 5,
    }


@pytest.fixture
def protect(connection):
    """Runs the module of protection, or another module with main=."""

    def call(main=hss_cluster_protection.main, *, check=False, **options):
        if main is hss_cluster_protection.main:
            options = {"charging_mode": "packet_cycle", **({} if "clusters" in options else {"cluster_id": "shop"})} | (
                options
            )
        return run(main, {**connection, **options}, check=check)

    return call


@pytest.fixture
def cluster(simulator, protect):
    """Registers a cluster, and installs the agents of its nodes."""

    def make(nodes=3, name="shop", wait=True):
        simulator.configure(node_num=nodes)
        simulator.seed_clusters([{"name": name, "cluster_id": name}])
        ran = protect(hss_cluster_daemonset.main, cluster_id=name, wait=wait)
        assert not ran.failed, ran.msg
        return name

    return make


def counted(simulator, function, *arguments, **options):
    """Return the result of a run, and how often it requested each operation."""
    simulator.clear_requests()
    ran = function(*arguments, **options)
    assert not any(entry.ignored_fields for entry in simulator.requests())
    return ran, dict(Counter(entry.operation for entry in simulator.requests()))


def open_nodes(simulator):
    return sum(host.protected for host in simulator.hosts())


# The requests for a cluster with so many nodes: listings and switches take 200 hosts, and looking again takes 100.
SIZES = {
    1: ({READ: 1, HOSTS: 2, QUOTAS: 1, SWITCH: 1}, {READ: 1, HOSTS: 1, QUOTAS: 1}, {HOSTS: 2, SWITCH: 1}),
    12: ({READ: 1, HOSTS: 2, QUOTAS: 1, SWITCH: 1}, {READ: 1, HOSTS: 1, QUOTAS: 1}, {HOSTS: 2, SWITCH: 1}),
    450: ({READ: 1, HOSTS: 8, QUOTAS: 1, SWITCH: 3}, {READ: 1, HOSTS: 3, QUOTAS: 1}, {HOSTS: 8, SWITCH: 3}),
}


@pytest.mark.parametrize("nodes", SIZES)
def test_the_whole_way_and_back(simulator, protect, cluster, nodes):
    opening, unchanged, closing = SIZES[nodes]
    cluster(nodes)
    checked = protect(check=True)
    assert open_nodes(simulator) == 0
    ran, requests = counted(simulator, protect)
    assert (ran.failed, open_nodes(simulator), requests) == (False, nodes, opening), ran.msg
    for key in ("changed", "actions", "diff", "quota"):
        assert checked.result[key] == ran.result[key], key
    assert [(node["protect_status"], node["changed"]) for node in ran.result["nodes"]] == [("opened", True)] * nodes
    again, requests = counted(simulator, protect)
    assert (again.failed, again.result["changed"], requests) == (False, False, unchanged)
    assert again.result["quota"] == {"total_num": 1000, "used_num": nodes, "available_num": 1000 - nodes}

    ran, requests = counted(simulator, protect, state="closed")
    assert (ran.failed, open_nodes(simulator), requests) == (False, 0, closing), ran.msg
    early = protect(state="closed", uninstall_agents=True)
    assert early.failed and "still has the DaemonSet" in early.msg and simulator.count(UNINSTALL) == 0
    assert not protect(hss_cluster_daemonset.main, cluster_id="shop", state="absent").failed
    assert {host.agent_status for host in simulator.hosts()} == {"online"}
    ran = protect(state="closed", uninstall_agents=True)
    assert (ran.failed, ran.result["actions"]) == (False, ["uninstall"]), ran.msg
    assert {host.agent_status for host in simulator.hosts()} == {"not_installed"}
    assert protect(state="closed", uninstall_agents=True).result["changed"] is False
    assert {(host.switches, host.uninstalled) for host in simulator.hosts()} == {(2, 1)}
    (row,) = protect(hss_quota_info.main, version="hss.version.container.enterprise").result["quotas"]
    assert row["available_num"] == 1000


def test_the_module_waits_for_agents_that_come_up(simulator, protect, cluster):
    simulator.configure(daemonset_polls=8)
    cluster(12, wait=False)
    ran = protect()
    assert (ran.failed, open_nodes(simulator), simulator.count(SWITCH)) == (False, 12, 1), ran.msg
    assert len(ran.result["nodes"]) == 12 and ran.warnings == []


@pytest.mark.parametrize("nodes", [1, 12, 450])
def test_a_quota_that_is_short_by_one(simulator, protect, cluster, nodes):
    simulator.configure(quotas=nodes - 1)
    cluster(nodes)
    for check in (True, False):
        ran = protect(check=check)
        assert ran.failed and f"need{'s' * (nodes == 1)} one, and {nodes - 1} are left of {nodes - 1}" in ran.msg
        assert (simulator.count(SWITCH), ran.result["failure"]["outcome"]) == (0, "not_sent")
    simulator.configure(quotas=nodes)
    assert not protect().failed


def test_a_quota_that_is_short_is_refused_before_agents_are_waited_for(simulator, protect, cluster):
    simulator.configure(quotas=1, daemonset_polls=1000)
    cluster(12, wait=False)
    protect(hss_host_info.main)
    for options in ({}, {"nodes": ["shop-node-11", "shop-node-12"]}):
        simulator.clear_requests()
        ran = protect(**options)
        assert ran.failed and "12 nodes need one, and 1 is left of 1" in ran.msg
        assert simulator.count(HOSTS) <= 4


@pytest.mark.parametrize("split", [False, True])
def test_a_quota_that_runs_out_half_way(simulator, protect, cluster, split):
    """Another run takes quotas between the comparison and the second of three requests."""
    cluster(450)
    simulator.configure(quotas_split=split)
    real = HttpClient.request

    def request(self, operation, *arguments, **options):
        if operation == SWITCH and simulator.count(SWITCH) == 1:
            simulator.configure(quotas=300)
        return real(self, operation, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpClient, "request", request)
        ran = protect()
    opened = 300 if split else 200
    assert ran.failed and f"{450 - opened} of 450 nodes failed" in ran.msg and "HSS.1002" in ran.msg
    assert (open_nodes(simulator), simulator.count(SWITCH)) == (opened, 2)
    assert Counter((node["changed"], node["failed"]) for node in ran.result["nodes"]) == {
        (True, False): opened,
        (False, True): 450 - opened,
    }
    simulator.configure(quotas=450)
    ran = protect()
    assert not ran.failed and sum(node["changed"] for node in ran.result["nodes"]) == 450 - opened
    assert {host.switches for host in simulator.hosts()} == {1}


def test_nodes_that_are_not_protected_say_why(simulator, protect, cluster):
    cluster(5)
    simulator.hold_host("shop-node-1", protect_status="protection_exception")
    simulator.hold_host("shop-node-2", protect_interrupt=True, interrupt_reason="the kernel is not supported")
    simulator.hold_host("shop-node-3", protect_degradation=True, degradation_reason="little memory")
    simulator.hold_host("shop-node-4", agent_status="install_failed", install_result_code="package_unavailable")
    ran = protect()
    by_name = {node["host_name"]: node for node in ran.result["nodes"]}
    assert ran.failed and "3 of 5 nodes failed" in ran.msg
    for number, text in (
        (1, "its status is protection_exception"),
        (2, "it is interrupted (the kernel is not supported)"),
        (4, "could not be installed: package_unavailable"),
    ):
        node = by_name[f"shop-node-{number}"]
        assert node["failed"] and text in node["msg"], node
    assert "Protection is degraded (little memory)" in ran.warnings[0] and not by_name["shop-node-3"]["failed"]
    assert (by_name["shop-node-5"]["protect_status"], by_name["shop-node-5"]["changed"]) == ("opened", True)
    assert not simulator.hosts()[3].protected


# --- which hosts ------------------------------------------------------------------------------------------------------


def test_nodes_that_hss_lists_without_their_cluster_are_found_by_name_and_address(simulator, protect, cluster):
    simulator.configure(hosts_name_cluster=False)
    cluster(70)
    bastion = simulator.add_host("bastion")
    names = [host.host_name for host in simulator.hosts("shop")]
    addresses = [host.private_ip for host in simulator.hosts("shop")]
    ran = protect(wait_timeout=300)
    assert ran.failed and "should run on 70 nodes, but HSS lists 0 hosts" in ran.msg and "name them in nodes" in ran.msg
    ran, requests = counted(simulator, protect, nodes=names[:65] + addresses[60:])
    assert (ran.failed, open_nodes(simulator)) == (False, 70), ran.msg
    assert requests == {READ: 1, HOSTS: 1 + 2 + 1 + 1, QUOTAS: 1, SWITCH: 1}
    assert not bastion.protected
    ran = protect(state="closed", nodes=addresses)
    assert (ran.failed, open_nodes(simulator)) == (False, 0)


def test_hosts_of_other_clusters_are_never_switched(simulator, protect, cluster):
    cluster(2)
    cluster(2, name="bank")
    for state, status in (("opened", None), ("closed", None)):
        ran = protect(nodes=["bank-node-1", simulator.hosts("bank")[1].private_ip], state=state, wait_timeout=60)
        assert ran.failed and "2 of 4 nodes failed" in ran.msg and "under another cluster" in ran.msg, (state, status)
        assert all(host.switches == 0 for host in simulator.hosts("bank"))
    assert {host.switches for host in simulator.hosts("shop")} == {2}


def test_a_filter_that_hss_ignores_switches_nothing_else(simulator, protect, cluster, monkeypatch):
    from simulator import hosts

    cluster(2)
    cluster(2, name="bank")
    simulator.add_host("bastion", cluster_id="")
    monkeypatch.setattr(hosts, "_EQUAL", ())
    ran = protect()
    assert not ran.failed and "HSS returned 3 hosts for the cluster shop" in ran.warnings[0]
    assert [host.host_name for host in simulator.hosts() if host.switches] == ["shop-node-1", "shop-node-2"]


def test_several_clusters_share_requests(simulator, protect, cluster):
    cluster(3)
    cluster(3, name="till")
    ran, requests = counted(simulator, protect, clusters=["shop", "till"])
    assert (ran.failed, open_nodes(simulator)) == (False, 6), ran.msg
    assert requests == {READ: 2, HOSTS: 3, QUOTAS: 1, SWITCH: 1}


# --- interrupted, twice, lost -----------------------------------------------------------------------------------------


class Interrupted(BaseException):
    """A run that ends in the middle, as with SIGKILL."""


def interrupted_after(monkeypatch, count, function):
    """Runs a module that ends after so many of its requests; returns whether it had more to do."""
    real, left = HttpClient.request, [count]

    def request(*arguments, **options):
        if not left[0]:
            raise Interrupted
        left[0] -= 1
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(HttpClient, "request", request)
        try:
            function()
        except Interrupted:
            return True
    return False


@pytest.mark.parametrize("options", [{}, {"charging_mode": "on_demand"}], ids=["packet_cycle", "on_demand"])
def test_a_run_that_ends_after_any_request_is_completed_by_the_next(simulator, protect, cluster, monkeypatch, options):
    cluster(201)
    simulator.configure(quotas=201)
    count, unfinished = 0, True
    while unfinished:
        unfinished = interrupted_after(monkeypatch, count, lambda: protect(**options))
        ran = protect(**options)
        assert (ran.failed, open_nodes(simulator)) == (False, 201), (count, ran.msg)
        assert {host.switches % 2 for host in simulator.hosts()} == {1}
        unfinished |= interrupted_after(monkeypatch, count, lambda: protect(state="closed"))
        ran = protect(state="closed")
        assert (ran.failed, open_nodes(simulator)) == (False, 0), (count, ran.msg)
        count += 1
    # Nothing was switched more often than it was opened and closed.
    assert {host.switches for host in simulator.hosts()} == {2 * count} and count > 8


def test_the_way_out_is_completed_after_any_request(simulator, protect, cluster, monkeypatch):
    count, unfinished = 0, True
    while unfinished:
        cluster(3, name="shop") if count == 0 else protect(hss_cluster_daemonset.main, cluster_id="shop", wait=True)
        assert not protect().failed

        def leave():
            assert not protect(state="closed").failed
            assert not protect(hss_cluster_daemonset.main, cluster_id="shop", state="absent").failed
            assert not protect(state="closed", uninstall_agents=True).failed

        unfinished = interrupted_after(monkeypatch, count, leave)
        leave()
        assert {(host.protected, host.agent_status) for host in simulator.hosts()} == {(False, "not_installed")}
        count += 1
    assert count > 10


@pytest.mark.parametrize("state", ["opened", "closed"])
def test_two_runs_at_once(simulator, protect, cluster, connection, state):
    cluster(12)
    if state == "closed":
        protect()
    before = {host.switches for host in simulator.hosts()}
    simulator.configure(quotas=12, latency=0.05)
    options = {**connection, "cluster_id": "shop", "state": state, "charging_mode": "packet_cycle"}
    runs = [start("hss_cluster_protection", options, speed=100) for _run in range(2)]
    results = [finish(process) for process in runs]
    assert not any(result.get("failed") for result in results), [result.get("msg") for result in results]
    assert open_nodes(simulator) == (12 if state == "opened" else 0)
    assert {host.switches for host in simulator.hosts()} == {number + 1 for number in before}


def test_two_runs_for_two_clusters_and_a_quota_for_one(simulator, protect, cluster, connection):
    cluster(5)
    cluster(5, name="till")
    simulator.configure(quotas=5, latency=0.05)
    options = {**connection, "charging_mode": "packet_cycle"}
    runs = [start("hss_cluster_protection", {**options, "cluster_id": name}, speed=100) for name in ("shop", "till")]
    results = [finish(process) for process in runs]
    assert sorted(bool(result.get("failed")) for result in results) == [False, True]
    assert open_nodes(simulator) == 5
    (failed,) = [result for result in results if result.get("failed")]
    assert "HSS.1002" in failed["msg"] or "5 nodes need one, and 0 are left of 5" in failed["msg"]


FAULTS = {
    "lost before": Fault.lost(commit="never"),
    "lost after": Fault.lost(commit="before"),
    "late": Fault.lost(commit="late", delay=0.02),
    "503 and nothing": Fault.status(503),
    "503 and done": Fault.status(503, commit=True),
    "HTML": Fault.html(commit=True),
    "cut": Fault.truncated(commit=True),
    "ignored": Fault.ignored(),
    "throttled": Fault.throttle(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("state", ["opened", "closed"])
def test_after_any_fault_the_next_run_is_right_and_nothing_is_switched_twice(simulator, protect, cluster, fault, state):
    cluster(3)
    if state == "closed":
        protect()
    before = simulator.hosts()[0].switches
    simulator.fault(SWITCH, fault)
    ran = protect(state=state, wait_timeout=60)
    if ran.failed:
        assert ran.result["failure"]["outcome"] in ("unknown", "timeout"), ran.msg
    assert simulator.settle()
    again = protect(state=state)
    assert not again.failed and open_nodes(simulator) == (3 if state == "opened" else 0), again.msg
    assert {host.switches for host in simulator.hosts()} == {before + 1}


def test_faults_of_the_listing(simulator, protect, cluster):
    cluster(12)
    for fault in (Fault.short_listing(), Fault.changing_total(), Fault.duplicate_row()):
        simulator.fault(HOSTS, fault)
    ran = protect()
    assert (ran.failed, open_nodes(simulator)) == (False, 12), ran.msg
    simulator.fault(HOSTS, Fault.short_listing(), times=None)
    ran = protect(state="closed")
    assert ran.failed and "no complete list" in ran.msg and open_nodes(simulator) == 12


def test_refused_credentials_are_used_once_more_at_most(simulator, protect, cluster):
    cluster(3)
    simulator.fault(SWITCH, Fault.status(401, error_code="APIGW.0301"))
    simulator.clear_requests()
    ran = protect()
    assert ran.failed and "credentials were refused" in ran.msg
    assert simulator.requests()[-1].operation == SWITCH


def test_the_agents_that_are_left_on_the_nodes(simulator, protect, cluster, connection):
    cluster(3)
    protect(hss_host_info.main)
    protect(hss_cluster_daemonset.main, cluster_id="shop", state="absent")
    options = {**connection, "validate_certs": True}
    api = Session(options, {}, Redactor(), print).api()
    assert len(remaining_agents(api, ["shop"])) == 3
    assert not protect(state="closed", uninstall_agents=True).failed
    assert remaining_agents(api, ["shop"]) == []
    simulator.add_host("till-node", private_ip="192.0.2.7")
    (left,) = remaining_agents(api, ["shop"], ["192.0.2.7"])
    assert (left["host_name"], left["agent_status"]) == ("till-node", "online")


def test_enterprise_projects(simulator, protect, cluster):
    simulator.configure(node_num=2)
    simulator.seed_clusters([{"name": "shop", "cluster_id": "shop", "enterprise_project_id": "ep-1"}])
    protect(hss_cluster_daemonset.main, cluster_id="shop", wait=True, enterprise_project_id="ep-1")
    ran = protect()
    assert ran.failed and "enterprise_project_id" in ran.msg
    assert not protect(enterprise_project_id="ep-1").failed
    assert not protect(enterprise_project_id="all_granted_eps", state="closed").failed
