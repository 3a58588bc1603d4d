# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed is completed by the next run, and nothing is registered twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import kubeconfigs
import pytest
from modules import run, start

from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_clusters
from playbooks import ROOT, play

CLUSTERS = 10
LATENCY = 0.15  # seconds
CA = kubeconfigs.Authority()
TEXTS = {f"c{number}": kubeconfigs.kubeadm(f"https://10.0.0.{number + 1}:6443", ca=CA) for number in range(CLUSTERS)}


def wait_for_a_moment(simulator, part, before):
    """Waits for a random moment in a part of the run.

    The moments of the six parts cover the complete run: until the first request, for which a run needs C(before)
    seconds, or some time after a number of the twelve requests that a run with ten clusters sends.
    """
    asked = random.randint(2 * part - 1, 2 * part) if part else 0
    later = random.uniform(0, 2 * LATENCY if asked else before)
    print(f"killed {later:.3f} s after {asked} requests")  # pytest shows it if the test fails
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(simulator.requests()) < asked:
        time.sleep(0.01)
    time.sleep(later)


def registered(simulator):
    return {cluster.name: cluster.cluster_id for cluster in simulator.clusters()}


@pytest.mark.parametrize("part", range(6))
def test_a_killed_module_is_completed_by_the_next_run(simulator, part):
    args = {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "clusters": [{"name": name, "kube_config": text} for name, text in TEXTS.items()],
    }
    simulator.configure(latency=LATENCY)
    with start("hss_multicloud_clusters", args) as process:
        wait_for_a_moment(simulator, part, 0.6)
        process.kill()
    # As long as a playbook needs to start at least: the service carries out the requests that are on their way.
    time.sleep(4 * LATENCY)
    simulator.settle()
    before = registered(simulator)

    simulator.configure(latency=0.0)
    again = run(hss_multicloud_clusters.main, args)
    assert not again.failed, again.msg
    assert registered(simulator).keys() == TEXTS.keys() and len(simulator.clusters()) == CLUSTERS
    assert before.items() <= registered(simulator).items()
    assert run(hss_multicloud_clusters.main, args).result["changed"] is False


@pytest.mark.parametrize("part", [0, random.randint(1, 5)], ids=["before", "between"])
def test_a_killed_playbook_is_completed_by_the_next_run(simulator, tmp_path, part):
    """All processes of the run are killed: before the first request, or between two of them."""
    simulator.configure(latency=LATENCY)
    members = {}
    for name, text in TEXTS.items():
        path = tmp_path / f"{name}.conf"
        path.write_text(text)
        members[name] = {"hss_onboard_kubeconfig_path": str(path)}
    variables = {"ansible_connection": "local", "hss_onboard_become": False}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": members, "vars": variables}}))

    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("ansible-playbook")), "huaweicloud.hss.onboard", "-i", str(inventory)],
        env={
            **os.environ,
            **simulator.environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(tmp_path / "ansible-home"),
        },
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for_a_moment(simulator, part, 2.5)
    os.killpg(process.pid, signal.SIGKILL)
    # The worker processes of Ansible have their own sessions.
    subprocess.run(["pkill", "-KILL", "-f", str(tmp_path)], check=False)
    process.wait(30)
    simulator.settle()
    before = registered(simulator)

    simulator.configure(latency=0.0)
    again = play("huaweicloud.hss.onboard", inventory, tmp_path, simulator.environment())
    assert again.code == 0, again.output
    assert registered(simulator).keys() == members.keys() and len(simulator.clusters()) == CLUSTERS
    assert before.items() <= registered(simulator).items()
    assert play("huaweicloud.hss.onboard", inventory, tmp_path, simulator.environment()).hosts_with("changed") == set()
