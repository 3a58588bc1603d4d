# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The onboard playbook on real sshd hosts: changes, messages, and no leaked secrets."""

from __future__ import annotations

import json
import re
import shutil

import kubeconfigs
import pytest
import yaml

from hosts import SshHosts
from playbooks import play
from simulator import Fault

ONBOARD = "huaweicloud.hss.onboard"
CREATE, LIST = "CreateMultiCloudClusters", "ListMultiCloudClusters"
REGISTRY_PASSWORD = "canary-registry-password-7d1f"


@pytest.fixture(scope="module")
def ssh_hosts(tmp_path_factory):
    """Hosts with kubeconfigs in the home directory: kubeadm, k3s, two control planes of a cluster, an expired one."""
    with SshHosts(names=["kubeadm-1", "k3s-1", "shop-1", "shop-2", "old-1"]) as hosts:
        shop = kubeconfigs.Authority()
        texts = {
            "kubeadm-1": kubeconfigs.kubeadm("https://10.0.0.1:6443"),
            "k3s-1": kubeconfigs.k3s(),
            "shop-1": kubeconfigs.kubeadm("https://10.0.0.9:6443", ca=shop),
            "shop-2": kubeconfigs.kubeadm("https://10.0.0.9:6443", ca=shop),
            "old-1": kubeconfigs.kubeadm("https://10.0.0.7:6443", days=-3),
        }
        inventory = json.loads(hosts.inventory_path.read_text())
        members = inventory["all"]["children"]["ssh_hosts"]["hosts"]
        for name, text in texts.items():
            path = hosts.home(name) / "admin.conf"
            path.write_text(text)
            path.chmod(0o600)
            members[name] |= {"hss_onboard_kubeconfig_path": str(path), "hss_onboard_become": False}
        members["k3s-1"]["hss_onboard_server"] = "10.0.0.2"
        members["shop-1"]["hss_onboard_name"] = members["shop-2"]["hss_onboard_name"] = "shop"
        members["kubeadm-1"]["hss_onboard_cluster"] = {
            "image_repo": "registry.example.com",
            "image_repo_password": REGISTRY_PASSWORD,
        }
        folder = tmp_path_factory.mktemp("inventory")
        (folder / "hosts.json").write_text(json.dumps(inventory))
        yield folder / "hosts.json", texts


@pytest.fixture
def onboard(ssh_hosts, simulator, tmp_path):
    """Runs the playbook on these hosts with the test's simulator."""
    inventory, _texts = ssh_hosts

    def run(*arguments, environment=None, **extra):
        return play(
            ONBOARD, inventory, tmp_path, {**simulator.environment(), **(environment or {})}, *arguments, **extra
        )

    return run


GOOD = {"kubeadm-1", "k3s-1", "shop-1", "shop-2"}


def test_the_life_of_a_registration(onboard, simulator):
    checked = onboard("--check", "--diff")
    assert (simulator.clusters(), checked.hosts_with("changed"), checked.hosts_with("failed")) == ([], GOOD, {"old-1"})
    assert [line.split(",")[0] for line in checked.report[:3]] == [
        "kubeadm-1: would be registered",
        "k3s-1: would be registered",
        "shop: would be registered",
    ]

    first = onboard()
    assert (first.code, first.hosts_with("changed"), first.hosts_with("failed")) == (2, GOOD, {"old-1"})
    registered = {cluster.name: cluster.server for cluster in simulator.clusters()}
    assert registered == {
        "kubeadm-1": "https://10.0.0.1:6443",
        "k3s-1": "https://10.0.0.2:6443",
        "shop": "https://10.0.0.9:6443",
    }
    assert [cluster.provider for cluster in simulator.clusters()] == ["self_built_idc"] * 3
    assert [cluster.name for cluster in simulator.clusters() if "127.0.0.1" in cluster.kube_config] == []
    assert (simulator.count(CREATE), simulator.count(LIST)) == (3, 3)
    assert first.report[3:] == ["old-1: failed, see the error of host old-1", "3 registered, 1 failed"]
    # In the result, and as an error of ansible-core 2.19 and later.
    assert first.output.count("the certificate expired on") in (1, 2)
    assert "kubeadm certs renew" in first.output

    second = onboard()
    assert (second.hosts_with("changed"), simulator.count(CREATE), simulator.count(LIST)) == (set(), 3, 4)
    assert all(": unchanged, " in line for line in second.report[:3])

    removed = onboard(hss_onboard_state="absent")
    assert (removed.code, removed.hosts_with("changed"), simulator.clusters()) == (0, GOOD, [])
    again = onboard(hss_onboard_state="absent")
    assert (again.code, again.hosts_with("changed")) == (0, set())


def inner_secrets(texts):
    for text in texts.values():
        for user in yaml.safe_load(text)["users"]:
            yield from user["user"].values()


def leaked(played, secrets):
    """Returns the secrets of which any 20 consecutive characters are in the output or the log."""
    said = re.sub(r"\\[rn]|\s", "", played.output + played.log)
    return [
        secret[:12] for secret in secrets if any(secret[at : at + 20] in said for at in range(0, len(secret) - 20, 7))
    ]


@pytest.mark.parametrize("no_log", [True, False], ids=["no_log", "log"])
@pytest.mark.parametrize(
    "what",
    ["success", "check", "echo on list", "echo on create", "lost", "refused", "wrong option", "wrong type"],
)
def test_no_secret_at_the_highest_verbosity(ssh_hosts, onboard, simulator, what, no_log):
    _inventory, texts = ssh_hosts
    secrets = {simulator.access_key, simulator.secret_key, REGISTRY_PASSWORD, *inner_secrets(texts)}
    extra, arguments, environment = {}, [], {}
    if what == "check":
        arguments = ["--check"]
    elif what.startswith("echo"):
        simulator.fault(CREATE if "create" in what else LIST, Fault.echo(), times=9)
    elif what == "lost":
        simulator.fault(CREATE, Fault.throttle(retry_after=9999), times=9)
    elif what == "refused":
        environment = {"HW_SECRET_KEY": "a-wrong-secret-canary-0123456789"}
        secrets.add(environment["HW_SECRET_KEY"])
    elif what == "wrong option":
        extra = {"hss_onboard_cluster": {"image_repo_pasword": REGISTRY_PASSWORD}}
    elif what == "wrong type":
        extra = {"hss_onboard_cluster": {"provider": "unknown", "image_repo_password": REGISTRY_PASSWORD}}
    played = onboard("-vvvv", "--diff", *arguments, environment=environment, hss_onboard_no_log=no_log, **extra)
    assert played.recap, played.output[-2000:]
    assert leaked(played, secrets) == []


def test_a_failure_is_reported_once_with_a_remedy(onboard, simulator):
    played = onboard(environment={"HW_SECRET_KEY": "a-wrong-secret-canary-0123456789"})
    assert played.code == 2 and simulator.clusters() == []
    assert played.hosts_with("failed") == {"kubeadm-1", "k3s-1", "shop-1", "shop-2", "old-1"}
    assert played.output.count('"msg": "Could not list the registered clusters') == 1
    assert played.report == [
        "kubeadm-1: failed, see the error of host kubeadm-1",
        "k3s-1: failed, see the error of host kubeadm-1",
        "shop: failed, see the error of host kubeadm-1",
        "old-1: failed, see the error of host old-1",
        "4 failed",
    ]
    assert "APIGW.0301" in played.output and "check access_key, secret_key" in played.output


def test_one_cluster_that_hss_refuses_fails_alone(onboard, simulator):
    simulator.configure(max_clusters=2)
    played = onboard()
    assert len(simulator.clusters()) == 2
    assert len(played.hosts_with("failed") - {"old-1"}) in (1, 2)  # shop has two hosts
    assert "HSS.1002" in played.output


def test_an_unreachable_host_does_not_affect_the_others(ssh_hosts, simulator, tmp_path):
    inventory, _texts = ssh_hosts
    document = json.loads(inventory.read_text())
    document["all"]["children"]["ssh_hosts"]["hosts"]["kubeadm-1"]["ansible_port"] = 1
    (tmp_path / "hosts.json").write_text(json.dumps(document))
    played = play(ONBOARD, tmp_path / "hosts.json", tmp_path, simulator.environment())
    assert played.hosts_with("unreachable") == {"kubeadm-1"}
    assert {cluster.name for cluster in simulator.clusters()} == {"k3s-1", "shop"}


def test_module_defaults_and_hss_onboard_connection(ssh_hosts, simulator, tmp_path):
    """The module_defaults of the play apply to the role, and hss_onboard_connection overrides them."""
    inventory, _texts = ssh_hosts
    good = {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
    }

    def run(defaults, connection):
        book = [
            {
                "hosts": "kubeadm-1",
                "gather_facts": False,
                "module_defaults": {"group/huaweicloud.hss.hss": defaults},
                "roles": [{"role": "huaweicloud.hss.hss_onboard", "hss_onboard_connection": connection}],
            }
        ]
        (tmp_path / "play.yml").write_text(yaml.safe_dump(book))
        return play(str(tmp_path / "play.yml"), inventory, tmp_path, {})

    assert run(good, {}).code == 0
    assert run({**good, "project_id": "another"}, good).code == 0
    assert run(good, {**good, "project_id": "another"}).code == 2


def test_localhost_in_the_inventory_does_not_matter(ssh_hosts, simulator, tmp_path):
    inventory, _texts = ssh_hosts
    document = json.loads(inventory.read_text())
    document["all"]["hosts"] = {
        "localhost": {"ansible_connection": "ssh", "ansible_port": 1, "ansible_python_interpreter": "/nonexistent"}
    }
    (tmp_path / "hosts.json").write_text(json.dumps(document))
    played = play(ONBOARD, tmp_path / "hosts.json", tmp_path, simulator.environment(), hss_onboard_hosts="kubeadm-1")
    assert played.code == 0, played.output
    assert [cluster.name for cluster in simulator.clusters()] == ["kubeadm-1"]


def test_become_applies_to_the_host_and_not_to_the_control_node(ssh_hosts, simulator, tmp_path):
    """With a become method that always fails, the read fails with its message, but registering does not use it."""
    inventory, _texts = ssh_hosts
    become = {
        "ansible_become_method": "sudo",
        "ansible_become_exe": shutil.which("false"),
        "ansible_become_user": "daemon",
    }
    refused = play(
        ONBOARD,
        inventory,
        tmp_path,
        simulator.environment(),
        hss_onboard_hosts="kubeadm-1",
        hss_onboard_become=True,
        **become,
    )
    assert refused.code == 2 and "did not run the command" in refused.output and "become" in refused.output
    assert simulator.requests() == []


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "directory"])
def test_a_missing_file_is_reported_with_its_path(ssh_hosts, simulator, tmp_path, missing):
    inventory, _texts = ssh_hosts
    path = str(tmp_path / "nowhere") if missing else str(tmp_path)
    played = play(
        ONBOARD,
        inventory,
        tmp_path,
        simulator.environment(),
        hss_onboard_hosts="kubeadm-1",
        hss_onboard_kubeconfig_path=path,
    )
    assert played.code == 2 and simulator.requests() == []
    assert f"{path} {'does not exist' if missing else 'is a directory'}" in played.output
