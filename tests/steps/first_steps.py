# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step that does what `./dev play` proposes to somebody who has never seen the collection."""

from __future__ import annotations

import re

from work import ROOT, Failed, Work

README = ROOT / "tests" / "demo" / "play" / "README.txt"
# Where the commands begin in a line.
COLUMN = 35
# Exit codes of ansible-playbook if a host failed, which legacy-1 should until its certificate is replaced.
EXPECTED = {1: 2, 2: 2}


def commands() -> list[tuple[int, str]]:
    """Returns the proposed commands, each with the number of its paragraph."""
    number, found = 0, []
    for line in README.read_text().replace("\\\n", "").splitlines():
        if match := re.match(r" (\d)  ", line):
            number = int(match[1])
        if number and (command := line[COLUMN:].strip()) and not line[COLUMN - 1 : COLUMN].strip():
            if re.match(r"(ansible|cp)", command):
                found.append((number, command))
    return found


def play(work: Work) -> None:
    """every command that ./dev play proposes"""
    lines = ["set -u"]
    for number, command in commands():
        expected = EXPECTED.get(number, 0) if command.startswith("ansible-playbook") else 0
        lines.append(f"{command}; code=$?; [ $code -eq {expected} ] || {{ echo '{number} failed:' $code; exit 1; }}")
    if len(lines) < 10:
        raise Failed(f"only {len(lines) - 1} commands were found in {README.name}")
    work.run(ROOT / "dev", "play", "\n".join(lines))
    work.note = f"{len(lines) - 1} commands"
