# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process behind the hosts: accepts connections, starts an sshd for each, and leaves none behind."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def supervise(directory: Path) -> None:
    """Serve until SIGTERM, the end of the creator, or the end of the lifetime."""
    private = directory / "private"
    plan = json.loads((private / "plan.json").read_text())
    lock = (private / "supervisor.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write(str(os.getpid()))
    lock.flush()

    # What a session leaves running when its sshd ends becomes our child, and so can be found and ended.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    selector = selectors.DefaultSelector()
    for server in plan["servers"]:
        selector.register(socket.socket(fileno=server["fd"]), selectors.EVENT_READ, server)
    # Signals arrive as bytes on a socket, so that none can interrupt the start of an sshd half-way.
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    selector.register(woken, selectors.EVENT_READ)
    if not plan["detached"]:
        selector.register(sys.stdin, selectors.EVENT_READ)  # a pipe from the creator: readable when that is gone

    deadline = time.monotonic() + plan["lifetime"]
    sessions: list[subprocess.Popen[bytes]] = []
    try:
        while (remaining := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(min(remaining, 60)):
                if key.data is None:
                    return
                connection, _ = key.fileobj.accept()  # type: ignore[union-attr]
                with connection:
                    sessions.append(_session(plan, key.data, connection))
            sessions = [session for session in sessions if session.poll() is None]
    finally:
        for session in sessions:
            session.kill()
        _end_orphans()
        shutil.rmtree(plan["control"], ignore_errors=True)
        if plan["temporary"]:  # its creator may be gone without a clean-up
            shutil.rmtree(directory, ignore_errors=True)


def _session(plan: dict[str, object], server: dict[str, str], connection: socket.socket) -> subprocess.Popen[bytes]:
    with open(server["log"], "ab") as log:
        return subprocess.Popen(
            [str(plan["binary"]), "-i", "-e", "-f", server["config"]],
            env={**os.environ, **plan["environment"]},  # type: ignore[dict-item]
            stdin=connection,
            stdout=connection,
            stderr=log,
            start_new_session=True,
        )


def _end_orphans() -> None:
    """End all descendants: whose parent we kill comes to us, so a few rounds find them all."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    until = time.monotonic() + 5
    while children.exists() and (pids := children.read_text().split()) and time.monotonic() < until:
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
            os.waitpid(int(pid), 0)
