# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `./dev test` prints: a line when a step begins and when it ends, and what the running steps are doing."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from types import TracebackType

from work import ROOT, Work

CLEAR = "\r\033[K"
# Seconds between two lines about the running steps. On a terminal, one line is replaced again and again.
PAUSE = {True: 1, False: 15}


class Display:
    """Prints while its context is active."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._lock = threading.Lock()
        self._running: list[Work] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self) -> Display:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(5)
        with self._lock:
            self._print("")

    def begin(self, work: Work, purpose: str) -> None:
        """Prints that a step begins."""
        with self._lock:
            self._running.append(work)
            self._print(f"begin {work.name:<12} {purpose}")

    def end(self, work: Work, error: str | None) -> None:
        """Prints the result of a step, and the reason if it failed."""
        details = [f"{time.monotonic() - work.started:6.1f} s"]
        if work.note:
            details.append(work.note)
        if error:
            details.append(f"{error}, see {work.log_path.relative_to(ROOT)}")
        lines = [f"{'FAIL' if error else 'ok':<5} {work.name:<12} {'  '.join(details)}"]
        if error:
            lines += [f"      | {line}" for line in work.excerpt(40)]
        with self._lock:
            self._running.remove(work)
            self._print("\n".join(lines))

    def _repeat(self) -> None:
        while not self._over.wait(PAUSE[self._terminal]):
            with self._lock:
                line = "; ".join(map(_state, self._running))
                if line and self._terminal:
                    columns = shutil.get_terminal_size().columns
                    print(f"{CLEAR}{line[: columns - 1]}", end="", flush=True)
                elif line:
                    print(f"  ... {line}", flush=True)

    def _print(self, text: str) -> None:
        # On a terminal, the line about the running steps is in the way.
        print((CLEAR if self._terminal else "") + text, end="\n" if text else "", flush=True)


def _state(work: Work) -> str:
    """Returns what a step is doing, such as C(integration 340/1035, 2 failed, 95 s)."""
    parts = [f"{work.name} {work.activity()[:60]}".strip(), f"{time.monotonic() - work.started:.0f} s"]
    return ", ".join(parts)
