# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process above a cluster's processes: starts those it is told to, and leaves neither them nor their folder behind.

Each line on its standard input is a program to start: {"name", "command"}. It ends them all when that input ends, since
who wrote it is then gone, however it went; when one of them ends, after saying so on standard output; or by SIGTERM.
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
TOLD = 3000  # characters of a log that are worth telling


def supervise(folder: Path) -> None:
    """Serve until the creator, a program, or a signal ends it."""
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
                    said = _log(folder, name).read_text(errors="replace")[-TOLD:]
                    print(f"{name} ended with {process.returncode}:\n{said}", flush=True)
                    return
    finally:
        # Nothing of it is to be kept, so nothing has to be asked to finish.
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
    # What no process can do for its folder it can do for its children: be killed without leaving them.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
