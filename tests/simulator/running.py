# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-alone simulator in the foreground or as a daemon, until a signal, a lifetime or another process's end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .service import Simulator
from .state_dir import StateDir

Announce = Callable[[dict[str, Any]], None]

_WATCH_INTERVAL = 0.5


def run_here(
    simulator: Simulator,
    state_dir: Path | None,
    clusters: int,
    lifetime: float,
    parent_pid: int | None,
    announce: Announce,
) -> int:
    """Serve in this process until a signal or another end."""
    with contextlib.ExitStack() as stack:
        stopper = stack.enter_context(_Stopper())
        state = stack.enter_context(_acquired(state_dir))
        stack.enter_context(simulator)
        simulator.seed_clusters(clusters)
        if state is not None:
            state.publish(_facts(simulator))
        announce(_facts(simulator))
        stopper.wait(lifetime, parent_pid)
    return 0


def run_daemon(
    simulator: Simulator, state_dir: Path, clusters: int, lifetime: float, parent_pid: int | None, announce: Announce
) -> int:
    """Serve in another process; returns when that serves or could not start."""
    state = StateDir(state_dir)
    state.acquire()
    try:
        simulator.bind()
    except BaseException:
        state.release()
        raise
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork() == 0:
        os.close(reading)
        os._exit(_be_daemon(simulator, state, clusters, lifetime, parent_pid, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        ready = pipe.read() == b"ready"
    if not ready:
        print(f"simulator: the daemon did not start, see {state.log_file}", file=sys.stderr)
        return 1
    announce(state.facts() or {})
    return 0


def _be_daemon(
    simulator: Simulator, state: StateDir, clusters: int, lifetime: float, parent_pid: int | None, writing: int
) -> int:
    try:
        os.setsid()
        _redirect(state.log_file)
        with contextlib.ExitStack() as stack:
            stopper = stack.enter_context(_Stopper())
            stack.enter_context(simulator)
            simulator.seed_clusters(clusters)
            state.publish(_facts(simulator))
            os.write(writing, b"ready")
            os.close(writing)
            stopper.wait(lifetime, parent_pid)
    except BaseException:  # noqa: BLE001 - this process ends here, and only its log remains
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        return 1
    state.release()
    return 0


def _facts(simulator: Simulator) -> dict[str, Any]:
    user = simulator.user
    return {
        "pid": os.getpid(),
        "endpoint": simulator.endpoint,
        "auth_url": simulator.endpoint + "/v3",
        "ca_file": simulator.ca_file,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "project_name": simulator.project_name,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "temporary": simulator.temporary._asdict(),
        "user": user._asdict(),
        "environment": simulator.environment(),
    }


@contextlib.contextmanager
def _acquired(state_dir: Path | None) -> Iterator[StateDir | None]:
    if state_dir is None:
        yield None
        return
    state = StateDir(state_dir)
    state.acquire()
    try:
        yield state
    finally:
        state.release()


def _redirect(log_file: Path) -> None:
    # A daemon that kept these open would block everybody who waits for the end of its starter's output.
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)


class _Stopper:
    """Ends the simulator in order on SIGTERM and SIGINT."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def __enter__(self) -> _Stopper:
        # Already now, so that a signal during the start is handled as well.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_dummy: self._stop.set())
        return self

    def __exit__(self, *_dummy: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    def wait(self, lifetime: float, parent_pid: int | None) -> None:
        """Wait for a signal, the end of the lifetime or the end of the other process."""
        end = time.monotonic() + lifetime if lifetime > 0 else None
        while not self._stop.is_set():
            left = _WATCH_INTERVAL if end is None else min(_WATCH_INTERVAL, end - time.monotonic())
            if left <= 0 or (parent_pid is not None and not _alive(parent_pid)):
                return
            self._stop.wait(left)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
