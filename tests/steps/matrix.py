# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev matrix [CELL…]`: sanity, unit, integration and canary tests with every ansible-core, cell by cell."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import time

from cells import CORES, Cell, cell, outermost
from work import ROOT, Failed, Work, stop_all

STEPS = ("sanity", "unit", "integration", "canary")
ROW = "{:<10} {:<13} {:<8} {:<10} {:<28} {:<28} {:<28} {:>7}"
# Beside each other on a small machine, they take longer than one may take alone.
STEP_TIMEOUT = 3600


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev matrix")
    parser.add_argument(
        "cells",
        nargs="*",
        metavar="CELL",
        help="such as 2.18-3.11 (default: each ansible-core with the oldest and the newest Python that are here)",
    )
    names = parser.parse_args().cells
    missing: list[str] = []
    chosen: list[Cell] = []
    try:
        for core in () if names else CORES:
            cells, lacking = outermost(core)
            chosen += cells
            missing += lacking
        for name in names:
            one = cell(name)
            chosen += [one] if one else []
            missing += [] if one else [name]
    except Failed as failed:
        parser.error(str(failed))

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    os.environ.setdefault("HSS_STEP_TIMEOUT", str(STEP_TIMEOUT))
    print(ROW.format("cell", "ansible-core", "Python", *STEPS, "time"), flush=True)
    totals = [0, 0]
    try:
        for one in chosen:
            totals = [total + count for total, count in zip(totals, run(one), strict=True)]
    except KeyboardInterrupt:
        stop_all()
        print("interrupted", file=sys.stderr)
        return 130
    if missing:
        print(f"not tried, for their Python is not here: {', '.join(missing)}")
    print("{} passed, {} failed".format(*totals))
    return 1 if totals[1] else 0


def run(one: Cell) -> tuple[int, int]:
    """Run the steps in a cell, print its row, and return how many checks passed and failed in it."""
    started = time.monotonic()
    trouble, versions = "", ("?", one.python)
    with Work(f"matrix-{one.name}", [], len(STEPS) * float(os.environ["HSS_STEP_TIMEOUT"])) as work:
        try:
            with one.environment(work) as env:
                versions = one.versions()
                work.run("python", ROOT / "tests" / "steps", *STEPS, env=env)
        except Failed as failed:
            trouble = str(failed)
    said = work.log_path.read_text(errors="replace")
    results = {found[2]: found for found in re.finditer(r"^(ok|FAIL) +(\w+) +([\d.]+) s(.*)$", said, re.MULTILINE)}
    columns = [_shown(results.get(step)) for step in STEPS]
    print(ROW.format(one.name, *versions, *columns, _minutes(time.monotonic() - started)), flush=True)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", said, re.MULTILINE)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    if trouble:
        print(f"    {trouble}, see {work.log_path.relative_to(ROOT)} and {one.folder.relative_to(ROOT)}/logs")
        failed = max(failed, 1)
    return passed, failed


def _shown(line: re.Match[str] | None) -> str:
    """A step's line in short: how it went or what it counted, and its time."""
    if not line:
        return "-"
    counts = ", ".join(re.findall(r"\d+ (?:passed|failed|errors?)", line[4]))
    return f"{counts or line[1]} {_minutes(float(line[3]))}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


if __name__ == "__main__":
    sys.exit(main())
