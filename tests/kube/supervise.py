# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor of a cluster's processes: starts them, and at the end kills them and removes their folder.

Each line on its standard input is a program to start: {"name", "command"}. It ends when that input ends, which happens
however its creator ends; when a program ends, which it then reports on standard output; or on SIGTERM.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
REPORTED = 3000  # characters of a program's log


def supervise(folder: Path) -> None:
    """Run until the creator or a program ends, or a signal arrives."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    running: dict[str, subprocess.Popen[bytes]] = {}
    buffer = b""
    try:
        while True:
            if select.select([0], [], [], 0.2)[0]:
                received = os.read(0, 65536)
                if not received:
                    return
                *lines, buffer = (buffer + received).split(b"\n")
                for order in map(json.loads, lines):
                    running[order["name"]] = _start(folder, **order)
            for name, process in running.items():
                if process.poll() is not None:
                    log = _log(folder, name).read_text(errors="replace")[-REPORTED:]
                    print(f"{name} ended with {process.returncode}:\n{log}", flush=True)
                    return
    finally:
        # Nothing is kept, so that the programs need not end in order.
        for process in running.values():
            process.kill()
        for process in running.values():
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, name: str, command: list[str]) -> subprocess.Popen[bytes]:
    with _log(folder, name).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,
        )


def _log(folder: Path, name: str) -> Path:
    return folder / f"{name}.log"


def _die_with_parent() -> None:
    # The children end even if this process is killed; only the folder remains then, until the creator removes it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
