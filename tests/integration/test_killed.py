# Copyright: (c) 2026, the huaweicloud.hss collection authors
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

from playbooks import ROOT, play

CLUSTERS = 10
LATENCY = 0.15  # seconds


@pytest.mark.parametrize("part", range(6))
def test_a_killed_run_is_completed_by_the_next_run(simulator, tmp_path, part):
    """All processes of the run are killed at a random moment.

    The moments cover the complete run: before the first request, or some time after a number of the twelve requests
    that a run with ten clusters sends.
    """
    asked = random.randint(2 * part - 1, 2 * part) if part else 0
    later = random.uniform(0, 2 * LATENCY if asked else 2.5)
    print(f"killed {later:.3f} s after {asked} requests")  # pytest shows it if the test fails
    simulator.configure(latency=LATENCY)
    members = {}
    ca = kubeconfigs.Authority()
    for number in range(CLUSTERS):
        path = tmp_path / f"c{number}.conf"
        path.write_text(kubeconfigs.kubeadm(f"https://10.0.0.{number + 1}:6443", ca=ca))
        members[f"c{number}"] = {"hss_onboard_kubeconfig_path": str(path)}
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
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(simulator.requests()) < asked:
        time.sleep(0.01)
    time.sleep(later)
    os.killpg(process.pid, signal.SIGKILL)
    # The worker processes of Ansible have their own sessions.
    subprocess.run(["pkill", "-KILL", "-f", str(tmp_path)], check=False)
    process.wait(30)
    simulator.settle()
    before = {cluster.cluster_id for cluster in simulator.clusters()}

    simulator.configure(latency=0.0)
    again = play("huaweicloud.hss.onboard", inventory, tmp_path, simulator.environment())
    assert again.code == 0, again.output
    registered = [cluster.name for cluster in simulator.clusters()]
    assert sorted(registered) == sorted(members)
    assert before <= {cluster.cluster_id for cluster in simulator.clusters()}
    assert play("huaweicloud.hss.onboard", inventory, tmp_path, simulator.environment()).hosts_with("changed") == set()
