# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long onboarding takes, compared with alternatives. Run it with ./dev benchmark [HOSTS]."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import kubeconfigs  # noqa: E402

from playbooks import play  # noqa: E402
from simulator import Simulator  # noqa: E402

FORKS = "--forks=10"


def main(hosts: int) -> None:
    """Prints a line with the duration of each way."""
    with tempfile.TemporaryDirectory(prefix="hss-benchmark-") as name, Simulator() as simulator:
        folder = Path(name)
        inventory = make_hosts(folder, hosts)
        cat = 'cat "{{ hss_onboard_kubeconfig_path }}"'
        read = book(folder, "read", [{"ansible.builtin.raw": cat, "no_log": True}])
        looped = book(
            folder,
            "loop",
            [
                {
                    "huaweicloud.hss.hss_multicloud_cluster": {
                        "name": "{{ item }}",
                        "kube_config": "{{ lookup('ansible.builtin.file', folder ~ '/' ~ item) }}",
                    },
                    "loop": "{{ groups['all'] }}",
                    "vars": {"folder": str(folder)},
                    "run_once": True,
                    "delegate_to": "localhost",
                }
            ],
        )
        print(f"{hosts} hosts with a local connection, {FORKS[2:].replace('=', ' ')}, simulator on the same machine")
        for title, playbook, arguments in (
            ("ansible.builtin.raw: cat of each kubeconfig, nothing else", read, {}),
            ("onboard, first run: read, checked, registered", "huaweicloud.hss.onboard", {}),
            ("onboard, second run: unchanged", "huaweicloud.hss.onboard", {}),
            ("onboard with hss_onboard_state=absent", "huaweicloud.hss.onboard", {"hss_onboard_state": "absent"}),
            ("a loop of hss_multicloud_cluster over the same files", looped, {}),
        ):
            simulator.clear_requests()
            start = time.monotonic()
            played = play(playbook, inventory, folder, simulator.environment(), FORKS, **arguments)
            seconds = time.monotonic() - start
            if played.code:
                sys.exit(played.output[-3000:])
            print(f"{seconds:7.1f} s  {len(simulator.requests()):5} requests  {title}", flush=True)


def new_cluster() -> None:
    """Prints the requests and the duration of the plan for a new cluster, with many registered clusters."""
    for registered in (1000, 5000, 10000):
        with tempfile.TemporaryDirectory(prefix="hss-benchmark-") as name, Simulator() as simulator:
            folder = Path(name)
            simulator.seed_clusters(registered)
            (folder / "one").write_text(kubeconfigs.kubeadm("https://192.0.2.1:6443"))
            kube_config = "{{ lookup('ansible.builtin.file', folder ~ '/one') }}"
            task = {"huaweicloud.hss.hss_multicloud_cluster": {"name": "one-more", "kube_config": kube_config}}
            playbook = book(folder, "one", [{**task, "vars": {"folder": str(folder)}}])
            (folder / "inventory").write_text("localhost ansible_connection=local\n")
            start = time.monotonic()
            played = play(playbook, folder / "inventory", folder, simulator.environment(), "--check")
            seconds = time.monotonic() - start
            if played.code:
                sys.exit(played.output[-3000:])
            print(
                f"{seconds:7.1f} s  {len(simulator.requests()):5} requests  a new cluster beside {registered}",
                flush=True,
            )


def fleet() -> None:
    """Prints the duration and the memory of ansible-inventory with many registered clusters."""
    for registered in (450, 5000):
        with tempfile.TemporaryDirectory(prefix="hss-benchmark-") as name, Simulator() as simulator:
            simulator.seed_clusters(registered)
            file = Path(name) / "hss_multicloud.yml"
            file.write_text("plugin: huaweicloud.hss.hss_multicloud\n")
            command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(file), "--list"]
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": name,
                "ANSIBLE_COLLECTIONS_PATH": str(TESTS.parent / ".collections"),
                "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
                "LC_ALL": "C.UTF-8",
                **simulator.environment(),
            }
            start = time.monotonic()
            with tempfile.TemporaryFile() as output:
                process = subprocess.Popen(command, env=environment, stdout=output)
                _pid, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - start
            if process.returncode:
                sys.exit(f"{' '.join(command)} failed")
            print(
                f"{seconds:7.1f} s  {len(simulator.requests()):5} requests  ansible-inventory --list of {registered} "
                f"clusters, {usage.ru_maxrss // 1024} MiB",
                flush=True,
            )


def make_hosts(folder: Path, count: int) -> Path:
    """Writes an inventory of hosts, and their kubeconfigs, into the folder."""
    members = {}
    ca = kubeconfigs.Authority()
    for number in range(count):
        host = f"host-{number:04}"
        (folder / host).write_text(kubeconfigs.kubeadm(f"https://10.0.{number // 250}.{number % 250 + 1}:6443", ca=ca))
        members[host] = {"hss_onboard_kubeconfig_path": str(folder / host)}
    variables = {"ansible_connection": "local", "hss_onboard_become": False}
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": members, "vars": variables}}))
    return inventory


def book(folder: Path, name: str, tasks: list[dict]) -> str:
    """Writes a playbook with these tasks for all hosts, and returns its path."""
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    return str(path)


if __name__ == "__main__":
    fleet()
    new_cluster()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
