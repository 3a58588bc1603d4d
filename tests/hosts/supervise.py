# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor of the hosts: accepts connections, starts an sshd for each, and ends all of them."""

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
from typing import Any

from .roots import assemble, dismantle, unshare

PR_SET_CHILD_SUBREAPER = 36


def supervise(directory: Path) -> None:
    """Serve until SIGTERM, the end of the creator, or the end of the lifetime."""
    private = directory / "private"
    plan = json.loads((private / "plan.json").read_text())
    lock = (private / "supervisor.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write(str(os.getpid()))
    lock.flush()

    # Processes that outlive their session's sshd become children of this process, which can then end them.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    selector = selectors.DefaultSelector()
    for server in plan["servers"]:
        selector.register(socket.socket(fileno=server["fd"]), selectors.EVENT_READ, server)
    # Signals arrive as bytes on a socket, so that none interrupts the start of an sshd.
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    selector.register(woken, selectors.EVENT_READ)
    if not plan["detached"]:
        selector.register(sys.stdin, selectors.EVENT_READ)  # a pipe from the creator, readable when the creator ends

    deadline = time.monotonic() + plan["lifetime"]
    sessions: list[subprocess.Popen[bytes]] = []
    roots = None
    try:
        if private_roots := [server for server in plan["servers"] if "root" in server]:
            roots = _namespace()
            for server in private_roots:
                unpacked = Path(server["unpacked"]) if server["unpacked"] else None
                server["chroot"] = str(assemble(roots, server["name"], server["root"], unpacked, server["files"]))
        while (remaining := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(min(remaining, 60)):
                if key.data is None:
                    return
                connection, _ = key.fileobj.accept()  # type: ignore[union-attr]
                with connection:
                    sessions.append(_session(key.data, connection))
            sessions = [session for session in sessions if session.poll() is None]
    finally:
        for session in sessions:
            session.kill()
        _end_orphans()
        if roots:
            dismantle(roots)
        shutil.rmtree(plan["control"], ignore_errors=True)
        if plan["temporary"]:  # its creator may have ended without a clean-up
            shutil.rmtree(directory, ignore_errors=True)


def _namespace() -> Path:
    try:
        return unshare()
    except OSError as error:
        sys.exit(
            f"A host with a private root needs a mount namespace, which this kernel refuses ({error.strerror}): "
            "start it as root, or allow user namespaces."
        )


def _session(server: dict[str, Any], connection: socket.socket) -> subprocess.Popen[bytes]:
    def enter() -> None:
        # Not with the program chroot: in the namespace of an ordinary user only this process may do it.
        if root := server.get("chroot"):
            os.chroot(root)
            os.chdir("/")

    with open(server["log"], "ab") as log:
        return subprocess.Popen(
            server["command"],
            env={**os.environ, **server["environment"]},
            stdin=connection,
            stdout=connection,
            stderr=log,
            start_new_session=True,
            preexec_fn=enter,
        )


def _end_orphans() -> None:
    """End all descendants. A process whose parent was killed becomes a child of this one: repeat until none is left."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    until = time.monotonic() + 5
    while children.exists() and (pids := children.read_text().split()) and time.monotonic() < until:
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
            os.waitpid(int(pid), 0)
