# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a time limit on the control node for a command that runs on a host."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class TimeLimitExceeded(BaseException):
    """The command did not end in time. Connection plugins repeat a command after most exceptions, but not this one."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after a number of seconds, and end the programs that it waits for.

    A connection plugin waits without a limit for a command that does not end. The time-out of the task itself uses the
    same signal; it is set again after the block, and if it ends earlier, the block is left to it. Programs are ended
    then as well.

    :raises TimeLimitExceeded: if the block was interrupted.
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

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimitExceeded

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TimeLimitExceeded as exc:
        _kill_programs(exc.__traceback__)
        raise
    finally:
        passed = seconds - signal.getitimer(signal.ITIMER_REAL)[0]
        signal.setitimer(signal.ITIMER_REAL, max(remaining - passed, 0.001) if remaining else 0)
        signal.signal(signal.SIGALRM, before)


def _kill_programs(traceback: TracebackType | None) -> None:
    """End the programs that the interrupted functions were waiting for, such as ssh. Nobody else knows them."""
    while traceback is not None:
        for value in list(traceback.tb_frame.f_locals.values()):
            if isinstance(value, subprocess.Popen) and value.poll() is None:
                value.kill()
                value.wait()
        traceback = traceback.tb_next
