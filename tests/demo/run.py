# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a simulated HSS, five hosts with real kubeconfigs, and the playbooks of the collection."""

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

AUDIT = TESTS.parent / ".cache" / "demo" / "audit.html"
INVENTORY = """\
k8s:
  vars:
    ansible_connection: local        # for real hosts: ssh
    hss_onboard_become: false        # for real hosts: true, as kubeconfigs belong to root
  hosts:
    kubeadm-1:
      hss_onboard_kubeconfig_path: {folder}/kubeadm-1.conf
    k3s-1:                           # its file contains https://127.0.0.1:6443
      hss_onboard_kubeconfig_path: {folder}/k3s-1.yaml
      hss_onboard_server: k3s-1.example.com
    shop-cp-1:                       # two control planes of one cluster
      hss_onboard_kubeconfig_path: {folder}/shop-cp-1.conf
      hss_onboard_name: shop
    shop-cp-2:
      hss_onboard_kubeconfig_path: {folder}/shop-cp-2.conf
      hss_onboard_name: shop
    legacy-1:                        # its certificate has expired
      hss_onboard_kubeconfig_path: {folder}/legacy-1.conf
"""


def make_hosts(folder: Path) -> None:
    """Writes the kubeconfigs that distributions would have written on five hosts."""
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
    """Prints a heading, and a paragraph below it."""
    print(f"\n\033[1m=== {title} ===\033[0m" if sys.stdout.isatty() else f"\n=== {title} ===")
    if text:
        print(textwrap.fill(" ".join(text.split()), 100))
    sys.stdout.flush()


def run(playbook: str, folder: Path, simulator: Simulator, code: int, *arguments: str) -> str:
    """Runs a playbook, and returns its output.

    :arg code: the exit code with which it should end; 2 if a host fails.
    """
    command = ["ansible-playbook", f"huaweicloud.hss.{playbook}", "-i", str(folder / "inventory.yml"), *arguments]
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
    if process.wait() != code:
        sys.exit(f"demo: ansible-playbook ended with exit code {process.returncode} instead of {code}")
    return "".join(lines)


def show_clusters(simulator: Simulator) -> list[str]:
    """Prints the registered clusters as a table, and returns their ids."""
    row = "{:<12} {:<16} {:<34} {:<12} {}"
    print(row.format("NAME", "PROVIDER", "SERVER", "STATUS", "CLUSTER ID"))
    for cluster in simulator.clusters():
        print(row.format(cluster.name, cluster.provider, cluster.server, cluster.status, cluster.cluster_id))
    return [cluster.cluster_id for cluster in simulator.clusters()]


def main() -> None:
    """Runs the demo, and checks its results."""
    with tempfile.TemporaryDirectory(prefix="hss-demo-") as name, Simulator() as simulator:
        folder = Path(name)
        make_hosts(folder)
        say(
            "Five hosts, four clusters, and a simulated HSS",
            f"""The simulator of HSS listens at {simulator.endpoint} and checks signatures as HSS does. The playbook
            gets its address and the credentials from HW_ variables, as for the real service. The inventory:""",
        )
        print(f"\n{(folder / 'inventory.yml').read_text()}")

        say("First run: the clusters are registered")
        run("onboard", folder, simulator, 2)
        say("Registered clusters")
        first = show_clusters(simulator)
        creates = simulator.count("CreateMultiCloudClusters")

        say("Second run: nothing changes")
        second_output = run("onboard", folder, simulator, 2)
        say("Registered clusters")
        second = show_clusters(simulator)

        same = first == second and simulator.count("CreateMultiCloudClusters") == creates
        if not (same and len(first) == 3 and "changed=1" not in second_output):
            sys.exit("demo: the second run changed something")
        say("The certificate of kubeadm-1 is renewed, and sent to HSS")
        (folder / "kubeadm-1.conf").write_text(kubeconfigs.kubeadm("https://10.20.0.11:6443", days=730))
        run("rotate", folder, simulator, 2)
        if simulator.count("UpdateMultiCloudClusters") != 1:
            sys.exit("demo: the renewed certificate was not sent")

        say("What is registered, and what should be: an audit as a page")
        AUDIT.parent.mkdir(parents=True, exist_ok=True)
        run("audit", folder, simulator, 0, "-e", f"hss_audit_html={AUDIT}")

        say("All registrations are removed")
        run("offboard", folder, simulator, 0)
        if simulator.clusters():
            sys.exit("demo: a registration remains")
        say(
            "Summary",
            f"""The first run registered {creates} clusters; the second only listed them. The two control planes of
            shop are one cluster. Only legacy-1 failed, and its message gives the reason and the remedy. Then one
            renewed certificate was sent, and everything was removed. The page of the audit remains: {AUDIT}""",
        )
        print("\nTo use the real service, set HW_ACCESS_KEY, HW_SECRET_KEY and HW_REGION_NAME, write an inventory, and")
        print("run the same command. See the section Use Cases in README.md.")


if __name__ == "__main__":
    main()
