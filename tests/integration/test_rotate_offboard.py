# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks rotate and offboard."""

from __future__ import annotations

import json

import kubeconfigs
import pytest
import yaml

from playbooks import play

SERVER = "https://10.0.0.5:6443"


@pytest.fixture
def run(simulator, tmp_path):
    """Runs a playbook of the collection for hosts {name: kubeconfig}."""

    def run(playbook, hosts, *arguments, **connection):
        members = {}
        for name, text in hosts.items():
            (tmp_path / f"{name}.conf").write_text(text)
            members[name] = {"hss_onboard_kubeconfig_path": str(tmp_path / f"{name}.conf")}
        variables = {"ansible_connection": "local", "hss_onboard_become": False, **connection}
        inventory = tmp_path / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": members, "vars": variables}}))
        return play(f"huaweicloud.hss.{playbook}", inventory, tmp_path, simulator.environment(), *arguments)

    return run


def test_rotate_sends_renewed_kubeconfigs_and_registers_nothing(simulator, run):
    servers = {name: f"https://10.0.0.{number}:6443" for number, name in enumerate(("shop", "bank", "new"), 5)}
    old = {name: kubeconfigs.kubeadm(servers[name], days=20) for name in ("shop", "bank")}
    assert run("onboard", old).code == 0
    now = {**{name: kubeconfigs.kubeadm(server) for name, server in servers.items()}, "bank": old["bank"]}
    checked = run("rotate", now, "--check")
    assert checked.hosts_with("changed") == {"shop"} and simulator.count("UpdateMultiCloudClusters") == 0

    played = run("rotate", now)
    assert (played.code, played.hosts_with("changed"), played.hosts_with("failed")) == (0, {"shop"}, set())
    stored = {cluster.name: cluster.kube_config for cluster in simulator.clusters()}
    assert set(stored) == {"shop", "bank"}
    keys = {name: yaml.safe_load(text)["users"][0]["user"]["client-key-data"] for name, text in stored.items()}
    assert keys == {name: yaml.safe_load(now[name])["users"][0]["user"]["client-key-data"] for name in stored}
    assert [line.split(",")[0] for line in played.report] == [
        "shop: updated",
        "bank: unchanged",
        "new: left out: not registered",
        "1 updated",
    ]
    assert run("rotate", now).hosts_with("changed") == set()


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["real", "check mode"])
def test_a_host_that_fails_after_a_change_counts_as_changed_and_failed(simulator, run, arguments):
    other = kubeconfigs.kubeadm("https://10.0.0.6:6443")
    assert run("onboard", {"shop": kubeconfigs.kubeadm(SERVER, days=5), "bank": other}).code == 0
    hosts = {"shop": kubeconfigs.kubeadm(SERVER, days=20), "bank": other}
    played = run("rotate", hosts, *arguments, hss_onboard_min_days_left=30)
    assert (played.code, played.hosts_with("changed"), played.hosts_with("failed")) == (2, {"shop"}, {"shop"})
    assert "hss_onboard_min_days_left (30)" in played.failure("shop")
    assert simulator.count("UpdateMultiCloudClusters") == (0 if arguments else 1)


def test_rotate_warns_about_credentials_that_expire_soon(run):
    hosts = {"shop": kubeconfigs.kubeadm(SERVER, days=20)}
    run("onboard", hosts)
    played = run("rotate", hosts)
    assert "19 days from now" in played.text


def test_offboard_removes_registrations_and_ignores_unregistered_clusters(simulator, run):
    hosts = {name: kubeconfigs.kubeadm(SERVER) for name in ("shop", "bank")}
    run("onboard", {"shop": hosts["shop"]})
    checked = run("offboard", hosts, "--check")
    assert checked.hosts_with("changed") == {"shop"} and len(simulator.clusters()) == 1
    played = run("offboard", dict.fromkeys(hosts, "not: a kubeconfig"))
    assert (played.code, played.hosts_with("changed"), simulator.clusters()) == (0, {"shop"}, [])
    shop, bank, tally = played.report
    assert shop.startswith(f"shop: removed, {SERVER}, ") and (bank, tally) == (
        "bank: not registered",
        "1 removed, 1 not registered",
    )


def test_offboard_does_not_need_the_hosts(simulator, run):
    run("onboard", {"shop": kubeconfigs.kubeadm(SERVER)})
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    assert run("offboard", {"shop": ""}, **gone).code == 0
    assert simulator.clusters() == []
