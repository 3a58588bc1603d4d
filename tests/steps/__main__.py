# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev test` and `./dev test-long`: run the steps, two at a time, each with its own log, and print their results."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from display import Display
from steps import LONG, SHORT, STEPS, purpose
from work import Failed, Work, stop_all


def run(name: str, pytest_args: list[str], display: Display) -> tuple[int, int]:
    """Runs a step, prints its result, and returns the number of checks that passed and that failed."""
    with Work(name, pytest_args) as work:
        display.begin(work, purpose(name))
        error = None
        try:
            STEPS[name](work)
        except Failed as failed:
            error = str(failed)
        except Exception as bug:  # a step with a bug must not count as passed
            error = f"{type(bug).__name__}: {bug}"
        display.end(work, error)
    passed, failed = work.pytest_counts or (0 if error else 1, 0)
    return passed, max(failed, 1) if error else failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"any of: {', '.join(STEPS)} (default: the short)")
    parser.add_argument("--list", action="store_true", help="list the steps with a description")
    parser.add_argument("--long", action="store_true", help="run the long steps, as ./dev test-long does")
    own, pytest_args = _split(sys.argv[1:])
    args = parser.parse_args(own)
    if args.list:
        for title, names in (("./dev test", SHORT), ("./dev test-long", LONG)):
            print(f"{title}:")
            for name in names:
                print(f"  {name:<12} {purpose(name)}")
        return 0
    unknown = [name for name in args.steps if name not in STEPS]
    if unknown:
        parser.error(f"no such step: {', '.join(unknown)} (the steps are: {', '.join(STEPS)})")

    # An interrupt must also stop the steps, which run in separate process groups. A shell that starts this in the
    # background makes it ignore SIGINT, which the steps would inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    totals = [0, 0]
    started = time.monotonic()
    with Display() as display, ThreadPoolExecutor(max_workers=int(os.environ.get("HSS_JOBS", "2"))) as pool:
        try:
            chosen = args.steps or (LONG if args.long else SHORT)
            futures = [pool.submit(run, name, pytest_args, display) for name in chosen]
            for future in as_completed(futures):
                totals = [total + count for total, count in zip(totals, future.result(), strict=True)]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            print("interrupted", file=sys.stderr)
            return 130
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"{len(chosen)} steps in {minutes} min {seconds} s")
    print("{} passed, {} failed".format(*totals))
    return 1 if totals[1] else 0


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


if __name__ == "__main__":
    sys.exit(main())
