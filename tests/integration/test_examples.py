# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs everything that users copy from the documentation: EXAMPLES of modules, and playbooks in the READMEs."""

from __future__ import annotations

import importlib
import json
import re

import kubeconfigs
import pytest
import yaml
from clusters import account_with_token

from hosts import SshHosts
from playbooks import ROOT, play

MODULES = ("hss_multicloud_cluster", "hss_multicloud_clusters")
INFO_MODULES = (
    "hss_cluster_daemonset_info",
    "hss_host_info",
    "hss_multicloud_agent_info",
    "hss_multicloud_cluster_info",
    "hss_multicloud_config_info",
    "hss_multicloud_image_command_info",
    "hss_quota_info",
)


def examples(module):
    """Returns the tasks in the EXAMPLES of a module."""
    documented = importlib.import_module(f"ansible_collections.huaweicloud.hss.plugins.modules.{module}")
    return yaml.safe_load(documented.EXAMPLES)


def snippets():
    """Yields a test parameter for every YAML block in the READMEs that is a playbook."""
    for path in [ROOT / "README.md", *sorted((ROOT / "roles").glob("*/README.md"))]:
        blocks = re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
        for number, block in enumerate(blocks, start=1):
            plays = yaml.safe_load(block)
            if isinstance(plays, list) and all("hosts" in item for item in plays):
                yield pytest.param(plays, id=f"{path.parent.name}-{number}")


@pytest.fixture
def run(simulator, cluster, tmp_path):
    """Runs plays with the files and the hosts that the documentation uses."""
    cluster.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file})
    for name in ("shop-prod", "shop-test", "edge-7"):
        (tmp_path / f"{name}.kubeconfig").write_text(kubeconfigs.kubeadm(f"https://{name}.example.com:6443"))
    host = {
        "ansible_connection": "local",
        "ansible_host": "192.0.2.10",
        "ansible_become": False,
        "hss_onboard_become": False,
        "hss_onboard_kubeconfig_path": cluster.kubeconfig,
        "hss_onboard_kubectl": cluster.kubectl,
        # The README of the role has a play without an address.
        "hss_onboard_server": "192.0.2.10",
    }
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"control_planes": {"hosts": {"cp-1": host}}}))

    def run(plays):
        (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
        variables = {"registry_password": "a-registry-password"}
        return play(
            str(tmp_path / "play.yml"), tmp_path / "inventory.yml", tmp_path, simulator.environment(), **variables
        )

    return run


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_change_something(run, simulator, module):
    tasks = examples(module)
    for task in tasks:
        played = run([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}])
        assert played.code == 0, f"{task['name']}\n{played.output}"
        # Only the example with a renewed kubeconfig changes nothing, because the kubeconfig is not renewed here.
        assert (played.hosts_with("changed") == {"localhost"}) is ("renewed" not in task["name"]), task["name"]
    # The last example of each module removes the registration of the first one.
    assert {cluster.name for cluster in simulator.clusters()} <= {"edge-7"}


@pytest.mark.parametrize("module", INFO_MODULES)
def test_the_examples_of_an_info_module_change_nothing(run, simulator, module):
    simulator.seed_clusters(3)
    played = run([{"hosts": "localhost", "gather_facts": False, "tasks": examples(module)}])
    assert played.code == 0, played.output
    assert played.hosts_with("changed") == set() and len(simulator.clusters()) == 3


@pytest.mark.parametrize("module", ["hss_cluster_daemonset", "hss_cluster_daemonsets"])
def test_the_examples_of_node_agents_in_sequence(run, simulator, module):
    simulator.configure(daemonset_polls=1, daemonset_removal_polls=0)
    ids = simulator.seed_clusters([{"name": "shop-prod"}, {"name": "shop-test"}])
    look, *changing, last = examples(module)
    # The first example looks up the clusters, all others change something, and the last one removes the agents.
    for tasks, there in (([look, *changing], True), ([look, last], False)):
        played = run([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
        assert played.code == 0, played.output
        assert played.recap["localhost"]["changed"] == len(tasks) - 1
        assert bool(simulator.cluster(ids[0]).daemonset) is there


def test_the_examples_of_protection_in_sequence(run, simulator):
    simulator.configure(daemonset_polls=1, daemonset_removal_polls=0, protection_polls=0)
    simulator.seed_clusters([{"name": "shop-prod", "provider": "aws"}])
    look, opened, closed, removed, uninstalled = examples("hss_cluster_protection")
    install = examples("hss_cluster_daemonset")[1]
    tasks = [look, install, opened, closed, removed, uninstalled]
    played = run([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    assert played.code == 0, played.output
    assert played.recap["localhost"]["changed"] == len(tasks) - 1
    hosts = simulator.hosts()
    assert len(hosts) == 3 and {(host.switches, host.agent_status) for host in hosts} == {(2, "not_installed")}


def test_the_examples_of_kubeconfig_info_register_a_cluster(simulator, tmp_path):
    """Uses a host like a k3s server, on which the user is root, so become is not used."""
    with SshHosts(names=["k3s-1"], traits={"k3s-1": {"root": True}}, group="k3s_servers") as hosts:
        hosts.put("k3s-1", "/etc/rancher/k3s/k3s.yaml", kubeconfigs.k3s().encode(), 0o600)
        inventory = json.loads(hosts.inventory_path.read_text())
        port = inventory["all"]["children"]["k3s_servers"]["hosts"]["k3s-1"]["ansible_port"]
        # The example registers the cluster with the address in ansible_host, which must not be loopback.
        inventory["all"]["children"]["k3s_servers"]["vars"] |= {
            "ansible_become": False,
            "ansible_host": "k3s-1.example.com",
            "ansible_ssh_extra_args": f"-o HostName=127.0.0.1 -o 'HostKeyAlias=[127.0.0.1]:{port}'",
        }
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        (tmp_path / "play.yml").write_text(yaml.safe_dump(examples("kubeconfig_info")))
        played = play(str(tmp_path / "play.yml"), tmp_path / "hosts.json", tmp_path, simulator.environment())
    assert played.code == 0, played.output
    assert [(cluster.name, cluster.server) for cluster in simulator.clusters()] == [
        ("k3s-1", "https://k3s-1.example.com:6443")
    ]


def test_the_examples_of_the_modules_that_call_kubectl(cluster, on_host, tmp_path):
    """Uses a host like a kubeadm control plane, on which the user is root, so become is not used."""
    names = ("kubectl_preflight", "kubectl_objects", "kubectl_secret_info")
    modules = {f"huaweicloud.hss.{name}": {"kubectl": "hss-kubectl"} for name in names}
    tasks = [task for name in names for task in examples(name)]
    # The last example reads a Secret that must exist.
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss-access"}}
    made = [namespace, *account_with_token("hss-access")]
    assert cluster.run("apply", "-f", "-", stdin="\n".join(map(json.dumps, made))).returncode == 0
    before = cluster.everything()
    plays = [{"hosts": "all", "gather_facts": False, "module_defaults": modules, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
    with SshHosts(names=["cp-1"], traits={"cp-1": {"root": True}}) as hosts:
        on_host(hosts, "cp-1", "/opt/bin/hss-kubectl")
        variables = {"ansible_become": False, "registry_password": "a-registry-password"}
        played = play(str(tmp_path / "play.yml"), hosts.inventory_path, tmp_path, {}, **variables)
    assert played.code == 0, played.output
    # The objects of the first example are deleted by a later one.
    assert played.recap["cp-1"]["changed"] == 2 and cluster.everything() == before
    assert "a-registry-password" not in played.output


@pytest.mark.parametrize("plays", list(snippets()))
def test_a_playbook_of_a_readme_registers_a_cluster(run, simulator, plays):
    played = run(plays)
    assert played.code == 0, played.output
    assert len(simulator.clusters()) == 1


def test_there_are_playbooks_in_the_readmes():
    assert len(list(snippets())) >= 3
