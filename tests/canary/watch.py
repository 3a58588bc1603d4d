# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the arguments and environments of all processes, and the files that other users can read.

It prints them as JSON when its standard input ends.

    python tests/canary/watch.py FOLDER…
"""

from __future__ import annotations

import base64
import json
import os
import select
import stat
import sys
from pathlib import Path

PAUSE = 0.004
LARGEST = 4 << 20


def processes(seen: dict[str, set[bytes]]) -> None:
    """Adds the arguments and environments of all processes of this user, as far as they are readable."""
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read()
            # A process that was just forked still has the arguments of its parent.
            if arguments in seen["arguments"]:
                continue
            with open(f"/proc/{pid}/environ", "rb") as file:
                environment = file.read()
        except OSError:
            continue
        seen["arguments"].add(arguments)
        seen["environment"].add(environment)


def exposed(folders: list[str], seen: dict[tuple[str, int], bytes]) -> None:
    """Adds the files below the given folders that another user can read, if the folders themselves are accessible."""
    waiting = list(folders)
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode) and status.st_mode & 0o011:
                    waiting.append(entry.path)
                elif stat.S_ISREG(status.st_mode) and status.st_mode & 0o044 and status.st_size < LARGEST:
                    if (entry.path, status.st_mtime_ns) not in seen:
                        seen[entry.path, status.st_mtime_ns] = Path(entry.path).read_bytes()
            except OSError:
                continue


def main() -> None:
    folders = sys.argv[1:]
    ran: dict[str, set[bytes]] = {"arguments": set(), "environment": set()}
    files: dict[tuple[str, int], bytes] = {}
    while True:
        processes(ran)
        exposed(folders, files)
        if select.select([sys.stdin], [], [], PAUSE)[0]:
            break
    found = {place: [(base64.b64encode(data).decode(), "") for data in sorted(ran[place])] for place in ran}
    found["files others can read"] = [(base64.b64encode(data).decode(), path) for (path, _time), data in files.items()]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
