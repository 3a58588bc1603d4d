# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of the role that open protection and take it back, with the simulator and without Ansible's processes."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter

import kubeconfigs
import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.client import HttpClient
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import protect, protection
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import group_by_cluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.register import connections_of, register
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.report import host_results, report_lines
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import read_variables
from simulator import Fault

SWITCH, HOSTS, QUOTAS, UNINSTALL = (
    "SwitchContainerProtectStatus",
    "ListHostStatus",
    "ShowResourceQuotas",
    "UninstallAgents",
)
CREATE, DELETE, REMOVE = "CreateAgentDaemonset", "DeleteAgentDaemonset", "RemoveMultiCloudClusters"
PACKETS = {"charging_mode": "packet_cycle"}
NAMES = ("shop", "bank", "post")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda seconds: time.sleep(seconds / 1000)))


@pytest.fixture(scope="module")
def configs():
    """A kubeconfig of each cluster."""
    return {
        name: canonicalize(kubeconfigs.kubeadm(f"https://10.0.0.{number}:6443"), KubeconfigPolicy())
        for number, name in enumerate(NAMES, 1)
    }


@dataclasses.dataclass
class Played:
    """What became of a play: the results of the hosts, each named like its cluster, the report, and the progress."""

    results: dict
    lines: list
    progress: list
    requests: Counter

    def line(self, name="shop"):
        return next(line for line in self.lines if line.startswith(f"{name}: "))


@pytest.fixture
def role(simulator, configs):
    """Runs the stages of the role for clusters that differ in some variables."""
    connection = {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 0,
    }

    def reading(name, variables):
        given = {
            "name": name,
            "connection": connection,
            "protect_nodes": True,
            "wait_timeout": 100,
            **variables,
        }
        nodes = tuple(map(tuple, given.pop("nodes", ())))
        known = read_variables({f"hss_onboard_{key}": value for key, value in given.items()})
        config = configs[name]
        found = HostReading(name, known, nodes=nodes)
        if not known.present:
            return found
        values = {"kube_config": config.text, "server": config.server, "ca": config.ca, "days_left": config.days_left}
        return dataclasses.replace(found, **values)

    def run(*names, check=False, **variables):
        """variables: of every cluster; a mapping with a cluster's name is of that cluster alone."""
        names = names or ("shop",)
        common = {key: value for key, value in variables.items() if key not in NAMES}
        clusters = group_by_cluster([reading(name, {**common, **variables.get(name, {})}) for name in names])
        progress = []
        simulator.clear_requests()
        for connected in connections_of(clusters, {}, progress.append):
            going = [cluster for cluster in connected.clusters if not cluster.speaker.variables.present]
            protect.remove_node_agents(dataclasses.replace(connected, clusters=going), check)
            register(connected, check)
            protection.require_any_quota(protection.with_freed_quotas(connected, clusters))
        present = [cluster for cluster in clusters if cluster.active and cluster.speaker.variables.present]
        for connected in connections_of(present, {}, progress.append):
            protect.connect(connected, check)
            protect.install_node_agents(protection.with_freed_quotas(connected, clusters), check)
        requests = Counter(entry.operation for entry in simulator.requests())
        return Played(host_results(clusters, check), report_lines(clusters, [], check), progress, requests)

    return run


def ok(played):
    assert not any(result["failed"] for result in played.results.values()), played.results
    return played


def counts(simulator):
    """Return on how many hosts agents are, and on how many protection is open."""
    hosts = simulator.hosts()
    return sum(host.agent_status == "online" for host in hosts), sum(host.protected for host in hosts)


# The requests of a run that protects a cluster with so many nodes, of an unchanged one, and of a removal.
SIZES = {1: (19, 11, 15), 12: (19, 11, 15), 450: (27, 15, 31)}


@pytest.mark.parametrize("nodes", SIZES)
def test_the_whole_way_and_back(simulator, role, nodes):
    simulator.configure(node_num=nodes, quotas=nodes)
    opened = ok(role(**PACKETS))
    assert counts(simulator) == (nodes, nodes)
    assert f"agents on {nodes} of {nodes} nodes, protection opened on {nodes}, open on {nodes}" in opened.line()
    assert opened.results["shop"]["nodes"] == {"desired": nodes, "agents": nodes, "protected": nodes}
    assert opened.results["shop"]["actions"] == ["create", "protect", "open"] and opened.progress

    again = ok(role(**PACKETS))
    assert again.line().endswith(f", agents on {nodes} of {nodes} nodes, protection open on {nodes}")
    assert (again.results["shop"]["changed"], again.requests[SWITCH]) == (False, 0)
    assert again.results["shop"]["nodes"] == {"desired": nodes, "agents": nodes, "protected": nodes}

    foretold = ok(role(state="absent", uninstall_agents=True, check=True))
    assert counts(simulator) == (nodes, nodes)
    back = ok(role(state="absent", uninstall_agents=True))
    assert back.results["shop"]["actions"] == ["close", "unprotect", "uninstall", "delete"]
    assert foretold.results["shop"]["actions"] == back.results["shop"]["actions"]
    assert (counts(simulator), simulator.clusters()) == ((0, 0), [])
    assert not back.results["shop"]["warnings"]
    assert tuple(played.requests.total() for played in (opened, again, back)) == SIZES[nodes]
    assert ok(role(state="absent", uninstall_agents=True)).results["shop"]["changed"] is False


def test_nothing_is_opened_unless_it_was_said(simulator, role):
    checked = ok(role(check=True))
    assert "protection would stay closed: set hss_onboard_charging_mode" in checked.line()
    played = ok(role())
    assert played.line().endswith("agents on 3 of 3 nodes, protection is closed: set hss_onboard_charging_mode")
    assert played.results["shop"]["nodes"] == {"desired": 3, "agents": 3, "protected": 0}
    assert (counts(simulator), played.requests[SWITCH], played.requests[QUOTAS]) == ((3, 0), 0, 0)
    # What somebody else has opened is told, and stays.
    ok(role(charging_mode="on_demand"))
    assert {host.charging_mode for host in simulator.hosts()} == {"on_demand"}
    assert ok(role()).line().endswith("agents on 3 of 3 nodes, protection open on 3")
    assert simulator.count(SWITCH) == 0 and counts(simulator) == (3, 3)


def test_check_mode_tells_what_a_run_does(simulator, role):
    new = ok(role(**PACKETS, check=True))
    assert "protection would be opened with packet_cycle" in new.line() and counts(simulator) == (0, 0)
    ok(role(protect_nodes=False))
    ok(role(protect_nodes=False, require_permissions=True))
    connected = ok(role(**PACKETS, check=True))
    assert connected.line().endswith(
        "node agents would be installed, protection would be opened on 3 with packet_cycle"
    )
    ok(role())
    installed = ok(role(**PACKETS, check=True))
    assert installed.line().endswith("agents on 3 of 3 nodes, protection would be opened on 3")
    assert (counts(simulator), installed.results["shop"]["nodes"]["protected"]) == ((3, 0), 0)
    assert installed.results["shop"]["actions"] == ok(role(**PACKETS)).results["shop"]["actions"] == ["open"]
    assert ok(role(**PACKETS, check=True)).results["shop"]["changed"] is False


# --- Quotas -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nodes", [1, 12, 450])
def test_a_quota_that_is_short_by_one_installs_nothing(simulator, role, nodes):
    simulator.configure(node_num=nodes, quotas=nodes)
    ok(role(protect_nodes=False, require_permissions=True))
    simulator.configure(quotas=nodes - 1)
    need = f"{nodes} nodes need" if nodes > 1 else "1 node needs"
    for check in (True, False):
        played = role(**PACKETS, check=check)
        assert f"{need} a quota, and {nodes - 1} are left of {nodes - 1}" in played.results["shop"]["msg"]
        assert (played.results["shop"]["failed"], played.requests[CREATE], played.requests[SWITCH]) == (True, 0, 0)
    simulator.configure(quotas=nodes)
    ok(role(**PACKETS))
    assert counts(simulator) == (nodes, nodes)
    # Nodes that are protected need no further quota.
    assert ok(role(**PACKETS)).results["shop"]["changed"] is False


def test_without_any_quota_not_even_the_connection_is_waited_for(simulator, role):
    simulator.configure(quotas=0)
    for check in (True, False):
        played = role(**PACKETS, check=check)
        assert "at least 1 node needs a quota, and 0 are left of 0" in played.results["shop"]["msg"], played
        assert played.requests["SyncMultiCloudClusterStatus"] == 0 and not simulator.hosts()
    assert [cluster.name for cluster in simulator.clusters()] == ["shop"]
    ok(role(charging_mode="on_demand"))
    assert counts(simulator) == (3, 3)


def test_the_clusters_of_a_play_share_the_quota(simulator, role):
    simulator.configure(quotas=7)
    played = role(*NAMES, **PACKETS)
    assert [played.results[name]["failed"] for name in NAMES] == [False, False, True]
    text = (
        "3 nodes need a quota, and 1 is left of 7 for container protection; the clusters before it in this play take 6"
    )
    assert text in played.results["post"]["msg"]
    assert counts(simulator) == (6, 6) and {host.cluster_name for host in simulator.hosts()} == {"shop", "bank"}
    # The protection of all clusters is opened at once.
    assert (played.requests[SWITCH], played.requests[CREATE]) == (1, 2)
    again = role(*NAMES, **PACKETS)
    assert [again.results[name]["changed"] for name in NAMES] == [False] * 3
    assert "3 nodes need a quota, and 1 is left of 7" in again.results["post"]["msg"]


def test_quotas_that_are_too_few_after_all_protect_as_many_clusters_as_they_can(simulator, role):
    """A schedule of one's own says nothing about the number of nodes before agents run."""
    simulator.configure(quotas=4)
    scheduled = {"daemonset": {"schedule_info": {"node_selector": ["pool=web"]}}}
    played = role("shop", "bank", **PACKETS, **scheduled)
    assert [played.results[name]["failed"] for name in ("shop", "bank")] == [False, True]
    assert "3 nodes need a quota, and 1 is left of 4" in played.results["bank"]["msg"]
    assert counts(simulator) == (6, 3)


@pytest.mark.parametrize("agents", [False, True])
def test_check_mode_counts_the_quotas_that_the_removals_of_the_play_free(simulator, role, agents):
    """In a real run, they are free when the clusters that stay are compared with them."""
    simulator.configure(quotas=4)
    ok(role("shop", **PACKETS))
    ok(role("bank", "post", require_permissions=True, protect_nodes=False, bank={"protect_nodes": agents}))
    moved = {**PACKETS, "shop": {"state": "absent"}}
    checked = ok(role("shop", "bank", **moved, check=True))
    assert "protection would be closed on 3 nodes" in checked.line()
    short = role("shop", "bank", "post", **moved, check=True).results["post"]["msg"]
    assert "left of 4 for container protection" in short and "the removals in this play free 3 of them" in short
    assert counts(simulator) == ((3 + 3 * agents), 3)
    played = ok(role("shop", "bank", **moved))
    assert [played.results[name]["actions"] for name in ("shop", "bank")] == [
        checked.results[name]["actions"] for name in ("shop", "bank")
    ]
    assert {host.cluster_name for host in simulator.hosts() if host.protected} == {"bank"}
    # What was paid for by use frees no quota.
    ok(role("post", charging_mode="on_demand"))
    simulator.configure(quotas=3)
    paid = role("post", "shop", **PACKETS, post={"state": "absent"}, check=True).results["shop"]
    assert paid["failed"] and "free" not in paid["msg"]


def test_one_account_pays_in_two_ways(simulator, role):
    simulator.configure(quotas=3)
    ok(role("shop", "bank", **PACKETS, bank={"charging_mode": "on_demand"}))
    modes = {(host.cluster_name, host.charging_mode) for host in simulator.hosts()}
    assert modes == {("shop", "packet_cycle"), ("bank", "on_demand")}


# --- Nodes that are not protected -------------------------------------------------------------------------------------


def test_a_node_that_is_not_protected_fails_its_cluster_alone(simulator, role):
    ok(role("shop", "bank"))
    simulator.hold_host("shop-node-2", protect_status="protection_exception")
    simulator.hold_host("shop-node-3", agent_status="install_failed", install_result_code="package_unavailable")
    played = role("shop", "bank", **PACKETS)
    shop, bank = played.results["shop"], played.results["bank"]
    assert (shop["failed"], bank["failed"], bank["nodes"]["protected"]) == (True, False, 3)
    assert "2 of 3 nodes failed" in shop["msg"] and "protection_exception" in shop["msg"]
    assert shop["msg"].count("package_unavailable") == 1 and shop["nodes"]["protected"] == 1
    assert "protection opened on 2, open on 1, open but not working on 1; but 2 of 3 nodes failed." in shop["msg"]
    assert [shop["msg"].count(f"shop-node-{number}") for number in (1, 2, 3)] == [0, 1, 1]
    # Nodes that fail for the same reason share it.
    simulator.hold_host("shop-node-1", protect_status="protection_exception")
    same = role("shop", **PACKETS).results["shop"]["msg"]
    assert same.count("protection_exception") == 1 and "shop-node-2 (10.0.0." in same


def test_a_node_that_is_down_does_not_keep_the_others_unprotected(simulator, role, monkeypatch):
    from simulator.daemonset import Daemonset

    real = Daemonset.numbers
    monkeypatch.setattr(
        Daemonset, "numbers", lambda self, settings: {**real(self, settings), "ready_num": min(2, self.steps)}
    )
    played = role(**PACKETS, wait_timeout=8)
    result = played.results["shop"]
    assert result["failed"] and "not ready on every node" in result["msg"] and counts(simulator)[1] == 2, result
    assert "protection requested on 2" in result["msg"] and "not opened yet on 1" in result["msg"]
    again = role(**PACKETS, wait_timeout=8).results["shop"]
    assert (again["failed"], again["changed"]) == (True, False)
    assert again["nodes"] == {"desired": 3, "agents": 2, "protected": 2}


def test_an_installation_that_takes_a_quarter_of_an_hour_is_waited_for_by_default(simulator, role):
    simulator.configure(daemonset_polls=75)
    played = ok(role(**PACKETS, wait_timeout=None))
    seconds = [int(text.split(", ")[1].split()[0]) for text in played.progress if "node agents done" in text]
    assert 700 < seconds[-1] < 1200 and counts(simulator) == (3, 3)


def test_without_waiting_the_next_run_continues(simulator, role):
    simulator.configure(daemonset_polls=6)
    ok(role(protect_nodes=False, require_permissions=True))
    first = ok(role(**PACKETS, wait=False))
    assert "run again" in first.line() and counts(simulator)[1] < 3
    for _attempt in range(8):
        played = ok(role(**PACKETS, wait=False))
    assert counts(simulator) == (3, 3) and played.line().endswith("protection open on 3")
    assert {host.switches for host in simulator.hosts()} == {1}


def test_hosts_that_hss_lists_without_their_cluster_are_a_failure(simulator, role):
    simulator.configure(hosts_name_cluster=False)
    played = role(**PACKETS)
    assert "should run on 3 nodes, but HSS lists 0 hosts" in played.results["shop"]["msg"]
    assert simulator.count(SWITCH) == 0


def hosts_of(simulator, name="shop"):
    return [host for host in simulator.hosts() if host.cluster_name == name]


def nodes_of(simulator, name="shop"):
    """Returns name and address of each node, as kubectl does."""
    return [(host.host_name, host.private_ip) for host in hosts_of(simulator, name)]


def test_hosts_without_their_cluster_are_recognized_as_nodes_by_name_and_address(simulator, role):
    simulator.configure(node_num=120, hosts_name_cluster=False)
    # Nodes have several addresses, and their names have another spelling.
    ok(role("shop", "bank"))
    nodes = [(name.upper(), "192.168.7.7", address) for name, address in nodes_of(simulator)]
    bastion = simulator.add_host("bastion", private_ip=nodes[0][-1])
    opened = ok(role(**PACKETS, nodes=nodes))
    assert "protection opened on 120, open on 120" in opened.line()
    assert opened.results["shop"]["nodes"] == {"desired": 120, "agents": 120, "protected": 120}
    assert ok(role(**PACKETS, nodes=nodes)).results["shop"]["changed"] is False
    assert ok(role(nodes=nodes)).line().endswith("protection open on 120")
    foretold = role(state="absent", uninstall_agents=True, nodes=nodes, check=True).results["shop"]["actions"]
    back = ok(role(state="absent", uninstall_agents=True, nodes=nodes))
    assert back.results["shop"]["actions"] == foretold == ["close", "unprotect", "uninstall", "delete"]
    assert not any(host.protected or host.agent_status == "online" for host in hosts_of(simulator))
    assert {host.switches for host in (*hosts_of(simulator, "bank"), bastion)} == {0}


def test_a_host_that_may_be_another_clusters_is_never_switched(simulator, role):
    simulator.configure(node_num=4, hosts_name_cluster=False)
    ok(role("shop", "bank"))
    (one, address), two, three, four = nodes_of(simulator)
    bank = nodes_of(simulator, "bank")
    # The same name with the address of another cluster's node, and a node that is listed twice.
    nodes = [(one, bank[0][1]), (bank[1][0], address), two, three, four]
    simulator.hold_host(three[0], cluster_id=hosts_of(simulator, "bank")[0].cluster_id)
    twin = simulator.add_host(four[0], private_ip=four[1])
    played = role("shop", **PACKETS, nodes=nodes)
    result = played.results["shop"]
    assert result["failed"] and "should run on 4 nodes, but HSS lists 1 host under the cluster" in result["msg"]
    assert [host.host_name for host in simulator.hosts() if host.switches] == [two[0]]
    assert f"HSS lists several hosts with the name and the address of {four[0]}" in "".join(result["warnings"])
    assert not twin.switches
    # Two clusters of a play that have the same node: nobody knows whose it is.
    lone = simulator.add_host("lone", private_ip="10.9.9.9")
    both = role("shop", "bank", **PACKETS, nodes=[("lone", "10.9.9.9")])
    assert all(both.results[name]["failed"] for name in ("shop", "bank")) and not lone.switches
    # Where HSS lists hosts under the cluster, others are not looked for.
    simulator.configure(hosts_name_cluster=True)
    ok(role("bank", **PACKETS, nodes=[(twin.host_name, twin.private_ip)]))
    assert not twin.switches and all(host.switches == 1 for host in hosts_of(simulator, "bank"))


def test_a_removal_says_that_it_does_not_know_the_nodes(simulator, role):
    ok(role("shop", "bank", **PACKETS))
    simulator.configure(hosts_name_cluster=False)
    back = ok(role("shop", "bank", state="absent", bank={"uninstall_agents": True}))
    for name in ("shop", "bank"):
        (warning,) = back.results[name]["warnings"]
        assert "HSS lists no host under the cluster. So it is not known whether protection is still open" in warning
    assert all(host.protected for host in simulator.hosts())


# --- The way back -----------------------------------------------------------------------------------------------------


def test_agents_that_stay_are_named(simulator, role):
    ok(role(**PACKETS))
    checked = ok(role(state="absent", check=True))
    assert "agents would stay on 3 nodes (shop-node-1, shop-node-2 and shop-node-3)" in checked.line()
    assert "hss_onboard_uninstall_agents: true uninstalls them" in checked.results["shop"]["warnings"][0]
    back = ok(role(state="absent"))
    assert "protection closed on 3 nodes" in back.line() and "agents stay on 3 nodes (shop-node-1, " in back.line()
    assert (back.requests[UNINSTALL], counts(simulator), simulator.clusters()) == (0, (3, 0), [])


class Killed(BaseException):
    """The end of a run, as with SIGKILL."""


def killed_after(count, play):
    """Runs a play that ends after so many requests. Returns whether it had more to do."""
    real, lock, left = HttpClient.request, threading.Lock(), [count]

    def request(*arguments, **options):
        with lock:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return real(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpClient, "request", request)
        try:
            play()
        except Killed:
            return True
    return False


def test_a_run_that_ends_after_any_request_is_completed_by_the_next_in_both_directions(simulator, role):
    """Nothing is done twice, nothing out of its order, and no quota is lost."""
    count, unfinished = 0, True
    away = {"state": "absent", "uninstall_agents": True}
    while unfinished:
        simulator.reset()
        simulator.configure(quotas=3)
        unfinished = killed_after(count, lambda: role(**PACKETS))
        ok(role(**PACKETS))
        assert (counts(simulator), len(simulator.clusters())) == ((3, 3), 1), count
        assert ok(role(**PACKETS)).results["shop"]["changed"] is False
        unfinished |= killed_after(count, lambda: role(**away))
        if any(host.protected or host.agent_status == "online" for host in simulator.hosts()):
            assert len(simulator.clusters()) == 1, count
        ok(role(**away))
        assert (counts(simulator), simulator.clusters()) == ((0, 0), []), count
        assert {(host.switches, host.uninstalled) for host in simulator.hosts()} == {(2, 1)}, count
        count += 1
    assert count > 15


@pytest.mark.parametrize("step", [SWITCH, HOSTS, DELETE, UNINSTALL])
def test_a_refused_step_keeps_what_the_next_one_needs(simulator, role, step):
    ok(role("shop", "bank", **PACKETS))
    simulator.fault(step, Fault.status(400, error_code="HSS.0010"), times=9)
    played = role("shop", "bank", state="absent", uninstall_agents=True)
    assert all(result["failed"] for result in played.results.values())
    assert len(simulator.clusters()) == 2 and played.requests[REMOVE] == 0
    assert (counts(simulator)[1] == 6) is (step in (SWITCH, HOSTS))
    simulator.clear_faults()
    ok(role("shop", "bank", state="absent", uninstall_agents=True))
    assert (counts(simulator), simulator.clusters()) == ((0, 0), [])


def test_a_dead_cluster_is_removed(simulator, role):
    ok(role(**PACKETS))
    (registered,) = simulator.clusters()
    simulator.set_status(registered.cluster_id, "connect_disruption")
    for number in (1, 2, 3):
        simulator.hold_host(f"shop-node-{number}", agent_status="offline")
    back = ok(role(state="absent", uninstall_agents=True))
    assert (counts(simulator)[1], simulator.clusters(), back.requests[UNINSTALL]) == (0, [], 0)
    assert "agents stay on 3 nodes" in back.line()
    assert any("cannot be confirmed" in text for text in back.results["shop"]["warnings"])


def test_protection_of_a_dead_cluster_that_cannot_be_closed_is_a_warning(simulator, role):
    ok(role(**PACKETS))
    (registered,) = simulator.clusters()
    simulator.set_status(registered.cluster_id, "connect_disruption")
    simulator.fault(SWITCH, Fault.status(400, error_code="HSS.1007"), times=9)
    back = ok(role(state="absent"))
    assert any("protection is still open on shop-node-1" in text for text in back.results["shop"]["warnings"])
    assert simulator.clusters() == []
