# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a simulated HSS, five hosts with real kubeconfigs, and the onboard playbook run twice as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import kubeconfigs  # noqa: E402

from simulator import Simulator  # noqa: E402

INVENTORY = """\
k8s:
  vars:
    ansible_connection: local        # your hosts: ssh, as always
    hss_onboard_become: false        # your hosts: true, kubeconfigs are root's
  hosts:
    kubeadm-1:
      hss_onboard_kubeconfig_path: {folder}/kubeadm-1.conf
    k3s-1:                           # its file says https://127.0.0.1:6443
      hss_onboard_kubeconfig_path: {folder}/k3s-1.yaml
      hss_onboard_server: k3s-1.example.com
    shop-cp-1:                       # two control planes of one cluster
      hss_onboard_kubeconfig_path: {folder}/shop-cp-1.conf
      hss_onboard_name: shop
    shop-cp-2:
      hss_onboard_kubeconfig_path: {folder}/shop-cp-2.conf
      hss_onboard_name: shop
    legacy-1:                        # nobody renewed its certificates
      hss_onboard_kubeconfig_path: {folder}/legacy-1.conf
"""


def make_hosts(folder: Path) -> None:
    """What the distributions would have written on five hosts."""
    shop = kubeconfigs.Authority()
    files = {
        "kubeadm-1.conf": kubeconfigs.kubeadm("https://10.20.0.11:6443"),
        "k3s-1.yaml": kubeconfigs.k3s(),
        "shop-cp-1.conf": kubeconfigs.kubeadm("https://shop.example.com:6443", ca=shop),
        "shop-cp-2.conf": kubeconfigs.kubeadm("https://shop.example.com:6443", ca=shop),
        "legacy-1.conf": kubeconfigs.kubeadm("https://10.20.0.99:6443", days=-12),
    }
    for name, text in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
    (folder / "inventory.yml").write_text(INVENTORY.format(folder=folder))


def say(title: str, text: str = "") -> None:
    """A heading, and a paragraph under it."""
    print(f"\n\033[1m=== {title} ===\033[0m" if sys.stdout.isatty() else f"\n=== {title} ===")
    if text:
        print(textwrap.fill(" ".join(text.split()), 100))
    sys.stdout.flush()


def onboard(folder: Path, simulator: Simulator) -> str:
    """Runs the playbook and returns what it printed."""
    command = ["ansible-playbook", "huaweicloud.hss.onboard", "-i", str(folder / "inventory.yml")]
    print(f"\n$ {' '.join(command)}\n", flush=True)
    environment = {**os.environ, **simulator.environment()}
    if sys.stdout.isatty():
        environment["ANSIBLE_FORCE_COLOR"] = "1"
    environment.setdefault("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "false")
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        print(line, end="", flush=True)
    if process.wait() != 2:  # what ansible-playbook answers when hosts failed: one of them is meant to
        sys.exit(f"demo: ansible-playbook ended with {process.returncode}, expected was 2")
    return "".join(lines)


def show_clusters(simulator: Simulator) -> list[str]:
    """The clusters that HSS has, as a table; returns their ids."""
    row = "{:<12} {:<16} {:<34} {:<12} {}"
    print(row.format("NAME", "PROVIDER", "SERVER", "STATUS", "CLUSTER ID"))
    for cluster in simulator.clusters():
        print(row.format(cluster.name, cluster.provider, cluster.server, cluster.status, cluster.cluster_id))
    return [cluster.cluster_id for cluster in simulator.clusters()]


def main() -> None:
    """Runs the story and checks that it is true."""
    with tempfile.TemporaryDirectory(prefix="hss-demo-") as name, Simulator() as simulator:
        folder = Path(name)
        make_hosts(folder)
        say(
            "Five hosts, four clusters, and a simulated HSS",
            f"""The simulator of HSS listens at {simulator.endpoint} and checks signatures as HSS does. The playbook
            finds it, and the credentials, in HW_ variables, as it would find the real service. The inventory:""",
        )
        print(f"\n{(folder / 'inventory.yml').read_text()}")

        say("First run: the clusters are registered")
        onboard(folder, simulator)
        say("What HSS has now")
        first = show_clusters(simulator)
        creates = simulator.count("CreateMultiCloudClusters")

        say("Second run: nothing changes")
        second_output = onboard(folder, simulator)
        say("What HSS has now")
        second = show_clusters(simulator)

        same = first == second and simulator.count("CreateMultiCloudClusters") == creates
        if not (same and len(first) == 3 and "changed=1" not in second_output):
            sys.exit("demo: the second run changed something")
        say(
            "That was it",
            f"""{creates} clusters were registered in the first run; the second sent nothing but a listing. The two
            control planes of shop are one cluster. legacy-1 failed alone, and its message says why and what to do.""",
        )
        print("\nTo do it for real: set HW_ACCESS_KEY, HW_SECRET_KEY and HW_REGION_NAME, write an inventory, and run")
        print("the same command. README.md, section Use Cases, has the details.")


if __name__ == "__main__":
    main()
