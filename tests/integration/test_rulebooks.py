# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source in a real ansible-rulebook. It needs Java, so there is a test only where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK = shutil.which("ansible-rulebook")


def run_rulebook(folder, environment):
    """Starts ansible-rulebook with a rulebook that runs a playbook for a lost connection."""
    attack = "{{ ansible_eda.event.hss.cluster.cluster_name }}"
    playbook = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "connection": "local",
            "tasks": [{"ansible.builtin.debug": {"msg": f"LOST {attack}"}}],
        }
    ]
    lost = 'event.hss.type == "status_changed" and event.hss.cluster.status == "connect_disruption"'
    rulebook = [
        {
            "name": "Watch",
            "hosts": "localhost",
            "sources": [{"huaweicloud.hss.hss_multicloud": {"interval": 1, "state_file": str(folder / "state.json")}}],
            "rules": [
                {
                    "name": "expiring",
                    "condition": 'event.hss.type == "expiring"',
                    "action": {"debug": {"msg": "EXPIRING {{ event.hss.cluster.cluster_name }}"}},
                },
                {"name": "lost", "condition": lost, "action": {"run_playbook": {"name": str(folder / "lost.yml")}}},
                {"name": "end", "condition": 'event.hss.type == "registered"', "action": {"shutdown": {"delay": 1}}},
            ],
        }
    ]
    (folder / "lost.yml").write_text(json.dumps(playbook))
    (folder / "rulebook.yml").write_text(json.dumps(rulebook))
    (folder / "hosts").write_text("localhost ansible_connection=local\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HW_", "ANSIBLE_"))}
    return subprocess.Popen(
        [RULEBOOK, "--rulebook", str(folder / "rulebook.yml"), "-i", str(folder / "hosts")],
        cwd=folder,
        env={
            **clean,
            **environment,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "HOME": str(folder),
            "PATH": f"{Path(RULEBOOK).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition):
    """Waits for a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


if RULEBOOK:

    def test_a_rulebook_reacts_to_events_and_evaluates_no_name(simulator, tmp_path):
        attack = f"{{{{ lookup('pipe', 'touch {tmp_path}/pwned') }}}}"
        soon = int((time.time() + 3 * 86_400) * 1000)
        lost, _ending = simulator.seed_clusters(
            [{"name": attack}, {"name": "ending", "certificate_expiration_date": soon}]
        )
        with run_rulebook(tmp_path, simulator.environment()) as process:
            state = tmp_path / "state.json"
            wait_for(lambda: state.exists() or process.poll() is not None)
            simulator.set_status(lost, "connect_disruption")
            wait_for(lambda: "connect_disruption" in state.read_text())
            simulator.seed_clusters([{"name": "new"}])
            output, _errors = process.communicate(timeout=60)
        assert output.count("EXPIRING ending") == 1, output
        assert output.count("LOST { { lookup") == 1 and not (tmp_path / "pwned").exists()
        assert simulator.secret_key not in output
