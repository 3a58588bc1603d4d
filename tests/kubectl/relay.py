# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in on hosts without Python and this checkout: a shell script that sends its call to a thread here."""

from __future__ import annotations

import shlex
import socketserver
import threading
from pathlib import Path

from .cli import run

# It reads standard input only if kubectl would. The response is a line with the exit code, then the lines of stdout and
# stderr, marked with O and E. Hosts without bash have busybox and thus nc.
_SCRIPT = """#!/bin/sh
LC_ALL=C; export LC_ALL; file= before=
for word in "$@"; do
case $before$word in --kubeconfig=*) file=${word#*=} ;; --kubeconfig*) file=$word ;; esac
before=; [ "$word" != --kubeconfig ] || before=$word
done
if [ -n "$file" ] && [ ! -e "$file" ]; then echo "error: stat $file: no such file or directory" >&2; exit 1; fi
case " $* " in *" - "*) data=$(cat; echo .) ;; *) data=. ;; esac
send() { printf '%s\\n' $# "$@"; printf '%s' "${#data}"; printf '\\n%s' "$data"; }
if command -v bash >/dev/null 2>&1; then
answer=$(send "$@" | bash -c 'exec 3<>/dev/tcp/127.0.0.1/PORT; cat >&3; cat <&3')
else answer=$(send "$@" | nc 127.0.0.1 PORT); fi
code=${answer%%"
"*}; answer=${answer#*"
"}
printf '%s' "$answer" | sed -n 's/^O//p'
printf '%s' "$answer" | sed -n 's/^E//p' >&2
exit "${code:-1}"
"""


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        count = int(self.rfile.readline())
        arguments = [self.rfile.readline().decode().rstrip("\n") for _ in range(count)]
        stdin = self.rfile.read(int(self.rfile.readline())).decode()[:-1]
        code, stdout, stderr = run(self.server.folder, arguments, stdin)  # type: ignore[attr-defined]
        lines = [f"O{line}" for line in stdout.splitlines()] + [f"E{line}" for line in stderr.splitlines()]
        self.wfile.write("".join(f"{line}\n" for line in [str(code), *lines]).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    folder: Path


class Relay:
    """Listens on loopback, which hosts with a private root share with this machine."""

    def __init__(self, folder: Path) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.folder = folder
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def script(self) -> str:
        """The shell script that is such a host's kubectl."""
        return _SCRIPT.replace("PORT", shlex.quote(str(self._server.server_address[1])))

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
