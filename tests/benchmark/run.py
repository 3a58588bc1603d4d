# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long onboarding takes, compared with alternatives. Run it with ./dev benchmark [HOSTS…]."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import kubeconfigs  # noqa: E402
import one_task  # noqa: E402
import shipped  # noqa: E402

from playbooks import play  # noqa: E402
from simulator import Simulator  # noqa: E402

FORKS = "--forks=10"


@dataclass(frozen=True)
class Cost:
    """What a run took: seconds, and seconds of the processors, for Ansible and all that it started."""

    seconds: float
    cpu: float

    def beside(self, other: Cost) -> str:
        """Returns both as multiples of another run."""
        return f"{self.seconds / other.seconds:5.2f} x  {self.cpu / other.cpu:5.2f} x"


def main(hosts: int) -> None:
    """Prints a line with the duration of each way, and how much longer it takes than reading the files."""
    with tempfile.TemporaryDirectory(prefix="hss-benchmark-") as name, Simulator() as simulator:
        folder = Path(name)
        inventory = make_hosts(folder, hosts)
        cat = 'cat "{{ hss_onboard_kubeconfig_path }}"'
        read = book(folder, "read", [{"ansible.builtin.raw": cat, "no_log": True}])
        used = folder / "roles.yml"
        role = {"hosts": "all", "gather_facts": False, "roles": ["huaweicloud.hss.hss_onboard"]}
        used.write_text(yaml.safe_dump([role]))
        loop = {
            "huaweicloud.hss.hss_multicloud_cluster": {
                "name": "{{ item }}",
                "kube_config": "{{ lookup('ansible.builtin.file', folder ~ '/' ~ item) }}",
            },
            "loop": "{{ groups['all'] }}",
            "vars": {"folder": str(folder)},
            "run_once": True,
            "delegate_to": "localhost",
        }
        print(f"{hosts} hosts with a local connection, {FORKS[2:].replace('=', ' ')}, simulator on the same machine")
        print(" seconds  CPU     requests  compared with raw")

        def measure(title: str, playbook: str, raw: Cost | None = None, **extra: Any) -> Cost:
            simulator.clear_requests()
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            played = play(playbook, inventory, folder, simulator.environment(), FORKS, **extra)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if played.code:
                sys.exit(played.output[-3000:])
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            cost = Cost(time.monotonic() - start, cpu)
            ratio = cost.beside(raw) if raw else " " * 17
            requests = len(simulator.requests())
            print(f"{cost.seconds:7.1f} s {cost.cpu:6.1f} s {requests:5}   {ratio}  {title}", flush=True)
            return cost

        raw = measure("ansible.builtin.raw: cat of each kubeconfig, nothing else", read)
        measure("onboard, first run: read, checked, registered", "huaweicloud.hss.onboard", raw)
        measure("onboard, second run: unchanged", "huaweicloud.hss.onboard", raw)
        measure("rotate: unchanged", "huaweicloud.hss.rotate", raw)
        measure("the role in roles: of a play, unchanged", str(used), raw)
        measure("offboard", "huaweicloud.hss.offboard", raw)
        looped = book(folder, "loop", [loop])
        measure("a loop of hss_multicloud_cluster over the same files", looped, raw)


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
    shipped.main(TESTS.parent / "plugins")
    one_task.main()
    fleet()
    new_cluster()
    for number in sys.argv[1:] or ("200", "1000"):
        main(int(number))
