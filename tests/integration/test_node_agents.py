# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node agents with the simulator, which responds to everything with 200: installation, change, waiting, removal."""

from __future__ import annotations

import time
from collections import Counter

import pytest
import yaml
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_daemonset,
    hss_cluster_daemonset_info,
    hss_cluster_daemonsets,
)
from playbooks import play
from simulator import Fault

CREATE, READ, UPDATE, DELETE, LIST, ROWS, TEMPLATE = (
    "CreateAgentDaemonset",
    "ShowAgentDaemonsetDetailInfo",
    "UpdateAgentDaemonset",
    "DeleteAgentDaemonset",
    "ListMultiCloudClusters",
    "ListAgentDaemonsetInfo",
    "ShowAgentDaemonsetDeployTemplate",
)
SELECTED = {"node_selector": ["disk=ssd", "pool=a"]}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda seconds: time.sleep(seconds / 200)))


@pytest.fixture
def agent(simulator):
    """Runs the module for a node agent, or another module with main=."""
    connection = {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 2,
        "timeout": 5,
    }

    def call(main=hss_cluster_daemonset.main, *, check=False, **options):
        return run(main, {**connection, **options}, check=check)

    return call


@pytest.fixture
def shop(simulator):
    """The id of a connected cluster."""
    return simulator.seed_clusters([{"name": "shop", "provider": "aws"}])[0]


def history(simulator, cluster_id):
    daemonset = simulator.cluster(cluster_id).daemonset
    return daemonset.history if daemonset else None


def asked(simulator):
    """Returns how often each operation was requested."""
    return dict(Counter(entry.operation for entry in simulator.requests()))


def test_installation_and_removal(simulator, agent, shop):
    simulator.configure(daemonset_polls=4)
    checked = agent(cluster_id=shop, wait=True, check=True)
    assert history(simulator, shop) is None
    first = agent(cluster_id=shop, wait=True)
    assert [first.result[key] for key in ("changed", "actions", "diff")] == [
        checked.result[key] for key in ("changed", "actions", "diff")
    ]
    assert first.result["progress"][-1].endswith("install_success, 3 of 3 ready") and len(first.result["progress"]) > 2
    stored = simulator.cluster(shop).daemonset
    assert (stored.fields["cluster_name"], stored.fields["auto_upgrade"]) == ("shop", True)
    second = agent(cluster_id=shop, wait=True)
    assert (second.result["changed"], history(simulator, shop)) == (False, ["create"])
    gone = agent(cluster_id=shop, state="absent")
    assert (gone.result["actions"], history(simulator, shop)) == (["delete"], None)
    assert agent(cluster_id=shop, state="absent").result["changed"] is False


def test_only_given_options_are_changed(simulator, agent, shop):
    full = {
        "runtime_info": [{"runtime_name": "crio_endpoint"}, {"runtime_name": "docker_endpoint"}],
        "schedule_info": SELECTED,
        "resource_info": {"cpu_limit": "500m", "mem_limit": "1Gi"},
    }
    agent(cluster_id=shop, **full)
    before = dict(simulator.cluster(shop).daemonset.fields)
    for options in ({}, full, {"schedule_info": {"node_selector": ["pool=a", "disk=ssd"]}}, {"auto_upgrade": True}):
        assert agent(cluster_id=shop, **options).result["changed"] is False
    options = {"schedule_info": {"pod_tolerances": []}, "resource_info": {"mem_limit": "2Gi"}}
    checked = agent(cluster_id=shop, check=True, **options)
    changed = agent(cluster_id=shop, **options)
    assert checked.result["diff"] == changed.result["diff"] and changed.result["actions"] == ["update"]
    assert simulator.cluster(shop).daemonset.fields == {
        **before,
        "schedule_info": {**before["schedule_info"], "pod_tolerances": []},
        "resource_info": {**before["resource_info"], "mem_limit": "2Gi"},
    }
    assert agent(cluster_id=shop, **options).result["changed"] is False


def test_a_version(simulator, agent, shop):
    assert agent(cluster_id=shop, agent_version="9.9.9", wait=True).result["actions"] == ["create", "update"]
    assert simulator.cluster(shop).daemonset.agent_version == "9.9.9"
    assert agent(cluster_id=shop, agent_version="9.9.9", wait=True).result["changed"] is False
    upgraded = agent(cluster_id=shop, agent_version="9.9.10", wait=True)
    assert upgraded.result["actions"] == ["update"] and "upgrade_success" in upgraded.result["progress"][-1]


@pytest.mark.parametrize("status", ["install_failed", "partially_success", "upgrade_failed"])
def test_a_failure_quotes_the_reason_from_hss(simulator, agent, shop, status):
    agent(cluster_id=shop)
    simulator.set_daemonset_status(shop, status, failed_message="the image cannot be pulled")
    ran = agent(cluster_id=shop, wait=True)
    assert ran.failed and status in ran.msg and "the image cannot be pulled" in ran.msg
    (row,) = agent(hss_cluster_daemonset_info.main, cluster_id=shop).result["daemonsets"]
    assert row["failed_message"] == "the image cannot be pulled" and row["runtime_info"]
    simulator.set_daemonset_status(shop, None)
    assert not agent(cluster_id=shop, wait=True).failed


def test_a_time_out_reports_the_progress(simulator, agent, shop):
    simulator.configure(daemonset_polls=1000)
    ran = agent(cluster_id=shop, wait=True, wait_timeout=30)
    assert ran.failed and ran.result["failure"]["outcome"] == "timeout" and "of 3 ready" in ran.msg
    assert ran.result["actions"] == ["create"] and ran.result["daemonset"]["installed_status"] == "installing"


@pytest.mark.parametrize("timeout, polls", [(600, range(6, 12)), (30, range(3, 6))])
def test_a_cluster_without_nodes_is_done_with_a_warning(simulator, agent, shop, timeout, polls):
    simulator.configure(node_num=0)
    for actions in (["create"], []):
        simulator.clear_requests()
        ran = agent(cluster_id=shop, wait=True, wait_timeout=timeout)
        assert not ran.failed and ran.result["actions"] == actions, ran.msg
        assert any("HSS counts no node on which the node agent" in text for text in ran.warnings)
        # HSS counts none at first either, so it is not believed at once.
        assert simulator.count(READ) - len(actions) in polls


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("status", ["not_connect", "connect_fail", "connect_disruption"])
def test_nothing_is_requested_without_a_connection(simulator, agent, status, check):
    """HSS would respond with 200, but never install the agent."""
    (cluster_id,) = simulator.seed_clusters([{"status": status}])
    ran = agent(cluster_id=cluster_id, check=check)
    assert ran.failed and status in ran.msg and ran.result["failure"]["outcome"] == "not_sent"
    assert (simulator.count(CREATE), history(simulator, cluster_id)) == (0, None)


def test_an_unknown_cluster(simulator, agent, shop):
    simulator.seed_clusters([{"enterprise_project_id": "ep-1", "cluster_id": "elsewhere"}])
    for cluster_id in ("nobody", "elsewhere"):
        assert "is registered" in agent(cluster_id=cluster_id).msg
        assert agent(cluster_id=cluster_id, state="absent").result["changed"] is False
    assert agent(cluster_id="elsewhere", enterprise_project_id="ep-1").result["actions"] == ["create"]
    assert simulator.count(CREATE) == 1 and simulator.count(DELETE) == 0


def test_a_response_with_200_is_verified(simulator, agent, shop):
    simulator.fault(CREATE, Fault.ignored())
    ran = agent(cluster_id=shop)
    assert ran.failed and "there is none" in ran.msg and ran.result["changed"] is False
    agent(cluster_id=shop, wait=True)
    simulator.fault(UPDATE, Fault.ignored())
    ran = agent(cluster_id=shop, schedule_info=SELECTED)
    assert ran.failed and "node_selector is not set, the options say disk=ssd, pool=a" in ran.msg
    simulator.fault(DELETE, Fault.ignored())
    ran = agent(cluster_id=shop, state="absent", wait_timeout=30)
    assert ran.failed and "still there 30 seconds after" in ran.msg
    assert agent(cluster_id=shop, state="absent").result["actions"] == ["delete"]


def test_a_removal_while_disconnected_is_a_warning(simulator, agent, shop):
    agent(cluster_id=shop, wait=True)
    simulator.set_status(shop, "connect_disruption")
    before = time.monotonic()
    ran = agent(cluster_id=shop, state="absent")
    assert not ran.failed and ran.result["actions"] == ["delete"] and time.monotonic() - before < 5
    assert "connect_disruption" in ran.warnings[0] and "kubectl delete namespace hss" in ran.warnings[0]
    # When the cluster is connected again, the agent is removed.
    simulator.set_status(shop, "connect_success")
    agent(cluster_id=shop, state="absent")
    assert history(simulator, shop) is None


ONCE = {
    "429": Fault.throttle(),
    "503 before": Fault.status(503),
    "504 after": Fault.status(504, commit=True),
    "lost before": Fault.lost(commit="never"),
    "lost after": Fault.lost(commit="before"),
    "late": Fault.lost(commit="late", delay=0.01),
    "cut": Fault.truncated(),
    "HTML before": Fault.html(),
    "HTML after": Fault.html(commit=True),
}


@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
def test_a_fault_on_a_create(simulator, agent, shop, fault):
    """One node agent is installed, and the result reports its creation, even if the response is lost."""
    simulator.fault(CREATE, fault, times=1)
    ran = agent(cluster_id=shop)
    assert simulator.settle()
    assert (ran.failed, ran.result.get("actions")) == (False, ["create"]), ran.msg
    assert history(simulator, shop) == ["create"]
    assert agent(cluster_id=shop).result["changed"] is False


@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
@pytest.mark.parametrize("operation", [UPDATE, DELETE])
def test_a_fault_on_a_change(simulator, agent, shop, operation, fault):
    options = {"schedule_info": SELECTED} if operation == UPDATE else {"state": "absent"}
    agent(cluster_id=shop, wait=True)
    simulator.fault(operation, fault, times=1)
    ran = agent(cluster_id=shop, **options)
    if ran.failed:  # after an HTML page the request is not repeated
        assert fault.kind == "html"
        assert ran.result["failure"]["outcome"] == "unknown"
        agent(cluster_id=shop, **options)
    assert agent(cluster_id=shop, **options).result["changed"] is False


def test_a_create_that_is_refused(simulator, agent, shop):
    simulator.fault(CREATE, Fault.status(400, error_code="HSS.1002"))
    ran = agent(cluster_id=shop)
    assert ran.failed and "HSS.1002" in ran.msg and ran.result["failure"]["outcome"] == "rejected"


def test_a_create_whose_responses_are_all_lost_is_unknown(simulator, agent, shop):
    simulator.fault(CREATE, Fault.lost(), times=None)
    ran = agent(cluster_id=shop)
    assert ran.failed and ran.result["failure"]["outcome"] == "unknown" and simulator.count(CREATE) == 2


# --- Several clusters -------------------------------------------------------------------------------------------------


def test_each_cluster_has_its_own_result_in_order(simulator, agent):
    good, failing, away, late = simulator.seed_clusters(
        [{"name": "good"}, {"name": "failing"}, {"name": "away", "status": "connect_fail"}, {"name": "late"}]
    )
    agent(cluster_id=failing)
    simulator.set_daemonset_status(failing, "install_failed", failed_message="no space left")
    agent(cluster_id=late)
    simulator.set_daemonset_status(late, "installing")
    daemonsets = [{"cluster_id": each} for each in (late, "nobody", good, failing, away)]
    ran = agent(hss_cluster_daemonsets.main, daemonsets=daemonsets, wait=True, wait_timeout=60)
    results = ran.result["results"]
    assert [entry["cluster_name"] for entry in results] == ["late", None, "good", "failing", "away"]
    assert [entry["failed"] for entry in results] == [True, True, False, True, True]
    assert [(entry.get("failure") or {}).get("outcome") for entry in results] == [
        "timeout",
        "not_sent",
        None,
        "rejected",
        "not_sent",
    ]
    assert results[2]["daemonset"]["ds_info"]["ready_num"] == 3 and results[2]["changed"]
    assert "no space left" in results[3]["msg"] and "connect_fail" in results[4]["msg"]
    assert ran.failed and ran.msg.startswith("4 of 5 node agents failed. 'late'")


def test_waiting_for_many_lasts_as_long_as_the_slowest(simulator, agent, monkeypatch):
    slept = []
    monkeypatch.setattr(Session, "sleep", staticmethod(slept.append))
    simulator.configure(daemonset_polls=4)
    daemonsets = [{"cluster_id": each} for each in simulator.seed_clusters(40)]
    ran = agent(hss_cluster_daemonsets.main, daemonsets=daemonsets, wait=True)
    assert not ran.failed and slept == [10, 12.5, 15.625]


@pytest.mark.parametrize("count", [1, 40])
def test_number_of_requests(simulator, agent, count):
    """One listing, one template, and for each cluster a read, a create and a read; then one request for each poll."""
    ids = simulator.seed_clusters(count)
    daemonsets = [{"cluster_id": each} for each in ids]

    def requests(**options):
        simulator.clear_requests()
        ran = agent(hss_cluster_daemonsets.main, daemonsets=daemonsets, **options)
        assert not ran.failed, ran.msg
        return asked(simulator)

    assert requests(check=True) == {LIST: 1, READ: count, TEMPLATE: 1}
    assert requests() == {LIST: 1, READ: 2 * count, TEMPLATE: 1, CREATE: count}
    # Each is ready after two reads, of which the first one in this run counts.
    assert requests(wait=True) == {LIST: 1, READ: count}
    assert requests(wait=True) == {LIST: 1, READ: count}
    assert requests(state="absent") == {LIST: 1, READ: 3 * count, DELETE: count}
    assert requests(state="absent") == {LIST: 1, READ: count}


def test_a_single_cluster_needs_no_complete_listing(simulator, agent):
    simulator.seed_clusters(450)
    (shop,) = simulator.seed_clusters(1)
    agent(cluster_id=shop)
    assert simulator.count(LIST) == 1


def test_info_filters(simulator, agent):
    rows = [{"name": "a", "provider": "aws"}, {"name": "b", "provider": "ali"}, {"name": "c", "status": "not_connect"}]
    ids = dict(zip("abc", simulator.seed_clusters(rows), strict=True))
    agent(cluster_id=ids["a"], wait=True)

    def names(**filters):
        return [row["cluster_name"] for row in info(**filters)]

    def info(**filters):
        return agent(hss_cluster_daemonset_info.main, **filters).result["daemonsets"]

    assert (names(type="ali"), names(access_status=False), names(cluster_id="nobody")) == (["b"], ["c"], [])
    assert names(access_status=True) == ["a", "b"] and names(cluster_id=ids["b"], type="aws") == []
    assert [row["combined_status"] for row in info(cluster_id=ids["a"])] == ["running"]
    assert "yaml_content" not in str(info(cluster_id=ids["a"]))


# --- With ansible-playbook --------------------------------------------------------------------------------------------


def test_diff_and_progress_are_shown(simulator, shop, tmp_path):
    """With ansible-playbook, check mode, --diff, and the defaults of the action group."""
    task = {"huaweicloud.hss.hss_cluster_daemonset": {"cluster_id": shop, "wait": True, "wait_sleep": 1}}
    plays = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    plays[0]["module_defaults"] = {
        "group/huaweicloud.hss.hss": {"access_key": simulator.access_key, "secret_key": simulator.secret_key}
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
    (tmp_path / "hosts").write_text("somewhere\n")
    environment = {key: value for key, value in simulator.environment().items() if "_KEY" not in key}

    def played(*arguments):
        return play(str(tmp_path / "play.yml"), tmp_path / "hosts", tmp_path, environment, *arguments)

    checked = played("--check", "--diff")
    assert (checked.code, checked.hosts_with("changed"), history(simulator, shop)) == (0, {"localhost"}, None)
    assert "+runtime_info.containerd_endpoint: /run/containerd/containerd.sock" in checked.output
    real = played("--diff", "-v")
    assert (real.code, real.hosts_with("changed"), history(simulator, shop)) == (0, {"localhost"}, ["create"])
    assert "+runtime_info.containerd_endpoint: /run/containerd/containerd.sock" in real.output
    assert "install_success, 3 of 3 ready" in real.output
    again = played("--diff")
    assert (again.code, again.hosts_with("changed")) == (0, set()) and "runtime_info" not in again.output
    for ran in (checked, real, again):
        assert simulator.secret_key not in ran.output + ran.log
