# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands in the security guide with which readers verify it. They must also be able to detect a leak.

The guide uses strace. These tests use a stand-in for it, see C(tests/strace), so that they need no ptrace and no root.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import kubeconfigs
import pytest
import yaml

from playbooks import ROOT
from simulator import Simulator

GUIDE = ROOT / "docs" / "docsite" / "rst" / "security_guide.rst"

PROGRAMS = {"sh", "ldconfig"}
LEAK = """\
#!/usr/bin/python
import json, socket
open({path!r}, "w").close()
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 9))
print(json.dumps(dict(changed=False)))
"""


def commands(word: str) -> list[str]:
    """Returns the commands of the code block that contains a word."""
    guide = GUIDE.read_text(encoding="utf-8")
    blocks = re.findall(r"^\.\. code-block:: console\n\n((?:    .+\n)+)", guide, re.MULTILINE)
    (found,) = [block for block in blocks if word in block]
    return [line.strip().replace("INVENTORY", "hosts.yml") for line in found.splitlines()]


@pytest.fixture
def enter(tmp_path: Path, simulator: Simulator):
    """Runs a command as a reader would, in a folder with an inventory and a kubeconfig."""
    (tmp_path / "admin.conf").write_text(kubeconfigs.kubeadm("https://10.0.0.5:6443"))
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "hss_onboard_become": False,
        "hss_onboard_kubeconfig_path": str(tmp_path / "admin.conf"),
        "hss_onboard_wait": False,
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"shop": host}}}))
    environ = {
        "PATH": f"{ROOT / 'tests' / 'strace'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "ANSIBLE_REMOTE_TMP": str(tmp_path / ".ansible" / "tmp"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        **simulator.environment(),
    }

    def enter(line: str) -> str:
        done = subprocess.run(
            line, shell=True, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0 or line.startswith("grep"), done.stdout + done.stderr
        return done.stdout

    return enter


def test_the_search_for_pieces_of_a_kubeconfig(enter, simulator, tmp_path):
    play, count = commands("run.log")
    enter(play)
    assert [cluster.name for cluster in simulator.clusters()] == ["shop"]
    found = re.fullmatch(r"admin\.conf:([1-9][0-9]*)\nrun\.log:0\n", enter(count))
    assert found
    with (tmp_path / "run.log").open("a") as log:
        log.write((tmp_path / "admin.conf").read_text())
    assert enter(count).split()[1] == f"run.log:{found[1]}"


def ports_and_paths(enter, tmp_path):
    """Runs the commands of the guide, and returns the ports of connections and the files opened for writing."""
    trace, called, written = commands("calls.log")
    assert trace.startswith("strace ")
    enter(trace)
    ports = set(re.findall(r"sin_port=htons\((\d+)\)", enter(called)))
    paths = set(re.findall(r'openat\([^,]+, "([^"]+)"', enter(written)))
    return ports, {str(Path(path).relative_to(tmp_path)) for path in paths if path.startswith(f"{tmp_path}/")}


def test_the_record_of_connections_and_files(enter, simulator, tmp_path):
    ports, inside = ports_and_paths(enter, tmp_path)
    assert ports == {simulator.endpoint.rpartition(":")[2]} and simulator.clusters() == []
    assert inside and all(path.startswith(".ansible/") for path in inside), inside
    # The stand-in does not see what other programs open. Only shells, and the programs that they start, are run.
    programs = set(re.findall(r"execve\('([^']+)'", (tmp_path / "calls.log").read_text()))
    assert {Path(program).name for program in programs} <= PROGRAMS, programs


def test_the_record_shows_a_connection_and_a_file_of_a_module(enter, tmp_path):
    """A module of a collection beside this one, which the record must not overlook."""
    module = tmp_path / "library" / "leak.py"
    module.parent.mkdir()
    module.write_text(LEAK.format(path=str(tmp_path / "leaked")))
    (tmp_path / "leak.yml").write_text("- {hosts: all, gather_facts: false, tasks: [{leak: {}}]}\n")
    trace, *_others = commands("calls.log")
    enter(trace.replace("huaweicloud.hss.onboard", "leak.yml").replace("--check", ""))
    log = (tmp_path / "calls.log").read_text()
    assert "sin_port=htons(9)" in log and re.search(r'/leaked", O_WRONLY', log)
