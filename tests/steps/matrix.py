# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev matrix [CELL…]`: runs sanity, unit, integration and canary tests with every ansible-core, cell by cell."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import time

from cells import CORES, STEPS, Cell, cell, outermost
from work import ROOT, Failed, Work, stop_all

ROW = "{:<10} {:<13} {:<8} {:<10} {:<28} {:<28} {:<28} {:>7}"
# On a small machine, parallel steps take longer than the usual limit for a step.
STEP_TIMEOUT = 3600


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev matrix")
    parser.add_argument(
        "cells",
        nargs="*",
        metavar="CELL",
        help="such as 2.18-3.11 (default: each ansible-core with the oldest and the newest installed Python)",
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
            found = cell(name)
            chosen += [found] if found else []
            missing += [] if found else [name]
    except Failed as failed:
        parser.error(str(failed))

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    os.environ.setdefault("HSS_STEP_TIMEOUT", str(STEP_TIMEOUT))
    print(ROW.format("cell", "ansible-core", "Python", *STEPS, "time"), flush=True)
    totals = [0, 0]
    try:
        for chosen_cell in chosen:
            totals = [total + count for total, count in zip(totals, run(chosen_cell), strict=True)]
    except KeyboardInterrupt:
        stop_all()
        print("interrupted", file=sys.stderr)
        return 130
    if missing:
        print(f"not run, because their Python is not installed: {', '.join(missing)}")
    print("{} passed, {} failed".format(*totals))
    return 1 if totals[1] else 0


def run(tested: Cell) -> tuple[int, int]:
    """Runs the steps in a cell, prints its row, and returns the number of checks that passed and that failed."""
    started = time.monotonic()
    error, versions = "", ("?", tested.python)
    with Work(f"matrix-{tested.name}", [], len(STEPS) * float(os.environ["HSS_STEP_TIMEOUT"])) as work:
        try:
            with tested.environment(work) as env:
                versions = tested.versions()
                work.run("python", ROOT / "tests" / "steps", *STEPS, env=env)
        except Failed as failed:
            error = str(failed)
    log = work.log_path.read_text(errors="replace")
    results = {found[2]: found for found in re.finditer(r"^(ok|FAIL) +(\w+) +([\d.]+) s(.*)$", log, re.MULTILINE)}
    columns = [_summary(results.get(step)) for step in STEPS]
    print(ROW.format(tested.name, *versions, *columns, _minutes(time.monotonic() - started)), flush=True)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", log, re.MULTILINE)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    if error:
        print(f"    {error}, see {work.log_path.relative_to(ROOT)} and {tested.folder.relative_to(ROOT)}/logs")
        failed = max(failed, 1)
    return passed, failed


def _summary(line: re.Match[str] | None) -> str:
    """Returns the result of a step, or its counts, and its duration."""
    if not line:
        return "-"
    counts = ", ".join(re.findall(r"\d+ (?:passed|failed|errors?)", line[4]))
    return f"{counts or line[1]} {_minutes(float(line[3]))}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


if __name__ == "__main__":
    sys.exit(main())
