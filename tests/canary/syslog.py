# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private /dev/log for a command and its child processes."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType

# Creates another /dev in a separate mount namespace, with the devices of the machine and a different log.
_SCRIPT = """
set -eu
new=$1 log=$2
shift 2
mount -t tmpfs tmpfs "$new"
for device in null zero full random urandom tty; do
    : >"$new/$device"
    mount --bind "/dev/$device" "$new/$device"
done
for folder in pts shm; do
    mkdir "$new/$folder"
    if [ -d "/dev/$folder" ]; then mount --rbind "/dev/$folder" "$new/$folder"; fi
done
ln -s pts/ptmx "$new/ptmx"
ln -s /proc/self/fd "$new/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$new/${number#*:}"; done
ln -s "$log" "$new/log"
mount --move "$new" /dev
exec "$@"
"""
_UNSHARE = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]


def available() -> bool:
    """Returns whether the machine allows this, which needs root, or a kernel with user namespaces."""
    try:
        done = subprocess.run([*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


class Syslog:
    """Collects messages while its context is active."""

    def __init__(self) -> None:
        # The path of a socket may have only about 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="hss-log-"))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self.messages: list[bytes] = []
        (self._folder / "dev").mkdir()

    @property
    def wrapper(self) -> list[str]:
        """The prefix for a command whose messages are to be collected."""
        return [*_UNSHARE, "sh", "-c", _SCRIPT, "sh", str(self._folder / "dev"), str(self._folder / "log")]

    def __enter__(self) -> Syslog:
        self._socket.bind(str(self._folder / "log"))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()
        (self._folder / "log").unlink()
        (self._folder / "dev").rmdir()
        self._folder.rmdir()

    def _listen(self) -> None:
        while True:
            try:
                self.messages.append(self._socket.recv(1 << 20))
            except TimeoutError:
                if self._over.is_set():
                    return
