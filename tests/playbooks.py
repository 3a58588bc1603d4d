# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook as a user does, and keeps what it prints and logs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Played:
    """A finished run."""

    code: int
    output: str
    log: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """The counts of each host in the recap."""
        lines = re.findall(r"^(\S+)\s+: (ok=.*)$", self.output, re.MULTILINE)
        return {host: {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}

    def hosts_with(self, count: str) -> set[str]:
        """The hosts whose count, such as C(changed), is not 0."""
        return {host for host, counts in self.recap.items() if counts[count]}

    @property
    def report(self) -> list[str]:
        """The lines of the role's last report: a line for each cluster and each lost host, and the tally."""
        found = re.findall(r"\"msg\": (\[.*?\n    \])", self.output, re.DOTALL)
        return json.loads(found[-1]) if found else []

    @property
    def text(self) -> str:
        """The output without line ends, with which ansible-core 2.18 wraps warnings, also after a hyphen in a word."""
        return " ".join(re.sub(r"(?<=\w-)\n(?=\w)", "", self.output).split())

    def failure(self, host: str) -> str:
        """The message of the last task that failed on a host; empty if none did."""
        found = re.findall(rf"^(?:fatal|failed): \[{re.escape(host)}\]: \w+! => (\{{.*\}})$", self.output, re.MULTILINE)
        return str(json.loads(found[-1])["msg"]) if found else ""


def play(
    playbook: str, inventory: Path, folder: Path, environment: dict[str, str], *arguments: str, **extra: Any
) -> Played:
    """Runs a playbook, by path or by its name in the collection.

    :arg folder: contains the log and the files of Ansible.
    :arg extra: extra variables.
    """
    log = folder / "ansible.log"
    log.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, "-i", str(inventory), *arguments]
    if extra:
        # In a file, because Ansible prints its command line at -vvvv.
        (folder / "extra.json").write_text(json.dumps(extra))
        command += ["-e", f"@{folder / 'extra.json'}"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HW_", "ANSIBLE_"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **clean,
            "ANSIBLE_ACTION_PLUGINS": str(ROOT / "tests" / "actions"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(folder / "ansible-home"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "ansible-local-tmp"),
            "ANSIBLE_LOG_PATH": str(log),
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return Played(done.returncode, done.stdout, log.read_text() if log.exists() else "")
