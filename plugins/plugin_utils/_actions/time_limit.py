# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: limits on the control node for a command that runs on a host."""

from __future__ import annotations

import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

# Bytes of memory for what a host sends. A host that is asked for little may send as much as it likes.
MAX_GROWTH = 512 << 20
_TICK = 0.25  # seconds


class LimitExceeded(BaseException):
    """The command did not end in time, or printed too much; the text says which, after the name of the command.

    Connection plugins repeat a command after most exceptions, but not after this one.
    """


@contextmanager
def time_limit(seconds: float, max_growth: int = MAX_GROWTH) -> Iterator[None]:
    """Interrupt the block after a number of seconds, and end the programs that it waits for.

    A connection plugin waits without a limit for a command that does not end, and keeps all that it prints. The
    time-out of the task itself uses the same signal; it is set again after the block, and if it ends earlier, the block
    is left to it. Programs are ended then as well.

    :arg max_growth: by how many bytes the memory of this process may grow meanwhile.
    :raises LimitExceeded: if the block was interrupted.
    """
    remaining, _interval = signal.getitimer(signal.ITIMER_REAL)
    if threading.current_thread() is not threading.main_thread() or 0 < remaining <= seconds:
        try:
            yield
        except BaseException as exc:
            # After any other exception, the connection plugin itself has ended its program.
            if not isinstance(exc, Exception):
                _kill_programs(exc.__traceback__)
            raise
        return

    started, memory = time.monotonic(), _resident_memory()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if time.monotonic() >= started + seconds:
            raise LimitExceeded(f"did not end within {seconds:g} seconds")
        if _resident_memory() > memory + max_growth:
            raise LimitExceeded(f"printed more than this process may keep ({max_growth >> 20} MiB)")

    before = signal.signal(signal.SIGALRM, interrupt)
    tick = min(seconds, _TICK)
    signal.setitimer(signal.ITIMER_REAL, tick, tick)
    try:
        yield
    except LimitExceeded as exc:
        _kill_programs(exc.__traceback__)
        raise
    finally:
        passed = time.monotonic() - started
        signal.setitimer(signal.ITIMER_REAL, max(remaining - passed, 0.001) if remaining else 0)
        signal.signal(signal.SIGALRM, before)


def _resident_memory() -> int:
    """Return the bytes of memory that this process has; 0 where the system does not tell it as Linux does."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


def _kill_programs(traceback: TracebackType | None) -> None:
    """End the programs that the interrupted functions were waiting for, such as ssh. Nobody else knows them."""
    while traceback is not None:
        for value in list(traceback.tb_frame.f_locals.values()):
            if isinstance(value, subprocess.Popen) and value.poll() is None:
                value.kill()
                value.wait()
        traceback = traceback.tb_next
