# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time limit on the control node for a command that runs on a host."""

from __future__ import annotations

import signal
import subprocess
import threading
import time

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.time_limit import LimitExceeded, time_limit


@pytest.fixture(autouse=True)
def timer():
    """The timer and its handler, which pytest's own time-out uses as well, as they were before."""
    before = signal.getsignal(signal.SIGALRM), signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.signal(signal.SIGALRM, before[0])
    signal.setitimer(signal.ITIMER_REAL, *before[1])


@pytest.fixture
def run():
    """Wait for a program, as a connection plugin does."""
    programs = []

    def run(*command):
        # Two streams, since Python reads a single one where no signal arrives.
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        programs.append(program)
        return program.communicate()

    run.programs = programs
    yield run
    for program in programs:
        program.kill()
        program.wait()
        program.stdout.close()
        program.stderr.close()


def test_a_program_that_does_not_end_is_ended(run):
    started = time.monotonic()
    with pytest.raises(LimitExceeded), time_limit(0.3):
        run("sleep", "60")
    assert time.monotonic() - started < 20 and run.programs[0].returncode == -signal.SIGKILL
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_program_that_ends_is_left_alone(run):
    with time_limit(30):
        assert run("echo", "x")[0] == b"x\n"
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_program_that_prints_without_end_is_ended(run):
    with pytest.raises(LimitExceeded, match=r"printed more than this process may keep \(64 MiB\)"):
        with time_limit(60, max_growth=64 << 20):
            run("yes", "x" * 99)
    assert run.programs[0].returncode == -signal.SIGKILL


def test_the_limit_is_named(run):
    with pytest.raises(LimitExceeded, match=r"^did not end within 0\.1 seconds$"), time_limit(0.1):
        run("sleep", "60")


def test_the_time_out_of_the_task_continues(run):
    def handler(_signal, _frame):
        raise KeyError

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 100)
    with time_limit(30):
        pass
    assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    assert signal.getsignal(signal.SIGALRM) is handler
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyError), time_limit(30):
        run("sleep", "60")


def test_the_time_out_of_the_task_ends_programs_too(run):
    class TaskTimeoutError(BaseException):
        pass

    def handler(_signal, _frame):
        raise TaskTimeoutError

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(TaskTimeoutError), time_limit(30):
        run("sleep", "60")
    assert run.programs[0].returncode == -signal.SIGKILL


def test_another_thread_is_not_interrupted():
    found = []

    def work():
        with time_limit(0.01):
            time.sleep(0.1)
            found.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [1]
