# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the playbooks with the Ansible of another environment: first_run.py ENVIRONMENT COLLECTIONS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import kubeconfigs  # noqa: E402

from simulator import Simulator  # noqa: E402


def main(environment: Path, collections: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hss-first-run-") as name, Simulator() as simulator:
        folder = Path(name)
        (folder / "admin.conf").write_text(kubeconfigs.kubeadm("https://10.0.0.5:6443"))
        variables = {
            "ansible_connection": "local",
            "hss_onboard_become": False,
            "hss_onboard_kubeconfig_path": str(folder / "admin.conf"),
        }
        (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": {"shop": variables}}}))
        env = {
            **os.environ,
            **simulator.environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible-home"),
        }
        (folder / "ansible.cfg").touch()
        for playbook, expected in (("onboard", ["shop"]), ("rotate", ["shop"]), ("offboard", [])):
            command = [environment / "bin" / "ansible-playbook", f"huaweicloud.hss.{playbook}", "-i", "hosts.json"]
            subprocess.run(command, cwd=folder, env=env, timeout=240, check=True)
            registered = [cluster.name for cluster in simulator.clusters()]
            if registered != expected:
                raise SystemExit(f"after {playbook}: registered {registered}, expected {expected}")


if __name__ == "__main__":
    main(*(Path(argument).absolute() for argument in sys.argv[1:3]))
