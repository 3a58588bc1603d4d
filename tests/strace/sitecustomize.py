# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the connections, the opened files and the started programs of a Python process, see C(strace).

Python imports this module at its start because its folder is in PYTHONPATH, which all child processes inherit.
"""

from __future__ import annotations

import os
import socket
import sys

_MODES = {os.O_RDONLY: "O_RDONLY", os.O_WRONLY: "O_WRONLY", os.O_RDWR: "O_RDWR"}
_FAMILIES = {socket.AF_INET: ("AF_INET", "sin"), socket.AF_INET6: ("AF_INET6", "sin6")}


def _line(event: str, args: tuple[object, ...]) -> str | None:
    """Returns a line as strace prints it, or None if the event is of no interest."""
    if event == "open" and isinstance(args[0], str | bytes | os.PathLike) and isinstance(args[2], int):
        return f'openat(AT_FDCWD, "{os.fsdecode(args[0])}", {_MODES.get(args[2] & os.O_ACCMODE, "?")}) = 3'
    if event == "socket.connect":
        family = getattr(args[0], "family", None)
        if family in _FAMILIES:
            name, prefix = _FAMILIES[family]
            host, port = args[1][:2]  # type: ignore[index]
            return f'connect(3, {{sa_family={name}, {prefix}_port=htons({port}), inet_addr("{host}")}}, 16) = 0'
        return f'connect(3, {{sa_family=AF_UNIX, sun_path="{args[1]}"}}, 110) = 0'
    if event == "subprocess.Popen":
        return f"execve({args[0]!r}, {args[1]!r})"
    if event in ("os.exec", "os.posix_spawn"):
        return f"execve({args[0]!r}, {args[1]!r})"
    return None


def _record(event: str, args: tuple[object, ...]) -> None:
    line = _line(event, args)
    if line:
        # os.open raises an event itself, which is of no interest because of its path.
        if event == "open" and args[0] == _LOG:
            return
        log = os.open(_LOG, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(log, f"{os.getpid()} {line}\n".encode("utf-8", "surrogateescape"))
        finally:
            os.close(log)


_LOG = os.environ["HSS_STRACE_LOG"]
sys.addaudithook(_record)
