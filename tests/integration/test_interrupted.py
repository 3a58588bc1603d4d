# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role interrupted after every stage, on two control planes of one cluster that are reached by ssh.

Whichever stage fails, each host's result says why, and the next run continues without doing anything twice.
"""

from __future__ import annotations

import json

import pytest

from hosts import SshHosts
from playbooks import play
from simulator import Fault

NAMES = ("shop-1", "shop-2")
PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.include_role:
            name: huaweicloud.hss.hss_onboard
      always:
        - ansible.builtin.copy:
            content: "{{ hss_onboard_result | to_json }}"
            dest: "{{ results }}/{{ inventory_hostname }}.json"
            mode: "0600"
          delegate_to: localhost
          check_mode: false
          diff: false
          changed_when: false
          vars:
            ansible_connection: local
            ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""
# The stage that fails: an operation that HSS refuses, or a right that the kubeconfig's account does not have.
ONBOARD = [
    {"hss": "CreateMultiCloudClusters"},
    {"hss": "ShowMultiCloudClusterProxyScript"},
    # The preflight would find out before anything is done. Here a part of the manifests is applied.
    {"kubectl": "create deployments.apps", "message": "the connection agent", "hss_onboard_preflight": False},
    {"hss": "SyncMultiCloudClusterStatus"},
    {"hss": "ShowMultiCloudClusterAuth"},
    {"hss": "CreateAgentDaemonset"},
]
OFFBOARD = [
    {"hss": "DeleteAgentDaemonset"},
    {"hss": "RemoveMultiCloudClusters"},
    {"kubectl": "delete namespaces", "message": "forbidden"},
]


@pytest.fixture(scope="module")
def inventory():
    with SshHosts(names=NAMES) as hosts:
        yield hosts.inventory_path


@pytest.fixture
def role(cluster, simulator, inventory, tmp_path):
    """Runs the role on both hosts; returns the run and each host's result."""
    simulator.configure(agent_auto_applied=False)
    cluster.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file})
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    results = tmp_path / "results"

    def run(*arguments, **variables):
        results.mkdir()
        played = play(
            str(tmp_path / "play.yml"),
            inventory,
            tmp_path,
            simulator.environment(),
            *arguments,
            hss_onboard_name="shop",
            hss_onboard_become=False,
            hss_onboard_kubeconfig_path=cluster.kubeconfig,
            hss_onboard_kubectl=cluster.kubectl,
            hss_onboard_install_agent=True,
            hss_onboard_protect_nodes=True,
            hss_onboard_require_permissions=True,
            hss_onboard_wait_timeout=60,
            results=str(results),
            **variables,
        )
        found = {}
        for path in results.iterdir():
            found[path.stem] = json.loads(path.read_text())
            path.unlink()
        results.rmdir()
        assert found.keys() == set(NAMES), played.output
        return played, found

    return run


@pytest.fixture
def interrupted(role, cluster, simulator):
    """Runs the role while HSS or the cluster refuses something, and checks that every host says so."""

    def run(hss=None, kubectl=None, message="HSS.0010", **variables):
        if hss:
            simulator.fault(hss, Fault.status(400, error_code="HSS.0010"), times=9)
        cluster.configure(denied=[kubectl] if kubectl else [])
        played, results = role(**variables)
        assert played.hosts_with("failed") == set(NAMES), (hss or kubectl, played.output)
        for name, result in results.items():
            expected = message if name == NAMES[0] else f"see the error of host {NAMES[0]}"
            assert result["failed"] and expected in result["msg"], (hss or kubectl, name, result)
        simulator.clear_faults()
        cluster.configure(denied=[])

    return run


def _case(stage):
    """The first stage stands for all in ./dev test."""
    marks = () if stage == ONBOARD[0] else pytest.mark.long
    return pytest.param(stage, id=stage.get("hss") or stage["kubectl"], marks=marks)


@pytest.mark.parametrize("stage", [_case(stage) for stage in ONBOARD])
def test_onboarding_continues_after_every_stage(role, interrupted, cluster, simulator, stage):
    interrupted(**stage)
    played, _results = role()
    assert played.code == 0, played.output
    again, _results = role()
    assert (again.code, again.hosts_with("changed")) == (0, set()), again.output

    (registered,) = simulator.clusters()
    assert (registered.name, registered.status) == ("shop", "connect_success")
    assert registered.daemonset.history == ["create"]
    assert cluster.get("Deployment", "proxy-agent", "hss")


@pytest.mark.long
def test_offboarding_continues_after_every_stage(role, interrupted, cluster, simulator):
    played, _results = role()
    assert played.code == 0, played.output
    for stage in OFFBOARD:
        interrupted(**stage, hss_onboard_state="absent")
    played, _results = role(hss_onboard_state="absent")
    assert played.code == 0, played.output
    again, results = role(hss_onboard_state="absent")
    assert (again.code, again.hosts_with("changed")) == (0, set()), again.output
    for result in results.values():
        assert not (result["changed"] or result["failed"] or result.get("warnings")), result
    assert (simulator.clusters(), cluster.everything()) == ([], set())
