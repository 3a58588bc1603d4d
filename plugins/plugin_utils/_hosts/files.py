# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a shell command that prints files of a host, and the parser of its output.

The command needs a POSIX shell, C(cat) and C(wc). It uses C(base64) if it is installed, since a terminal changes line
ends and a kubeconfig may be UTF-16. Each file is printed between two lines with a random mark, so that banners and
messages of the shell do not matter.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import secrets
import shlex
from dataclasses import dataclass, field

# Paths at which the Kubernetes distributions store the kubeconfig of the admin, in the order in which they are tried.
WELL_KNOWN_KUBECONFIGS = (
    "/etc/kubernetes/admin.conf",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/rancher/rke2/rke2.yaml",
    "/var/lib/k0s/pki/admin.conf",
    "/var/snap/microk8s/current/credentials/client.config",
    "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/lb-ext.kubeconfig",
    "~/.kube/config",
)

_FILE_PROBLEMS = {
    "missing": "does not exist",
    "denied": "cannot be read by this user; use become",
    "directory": "is a directory",
    "special": "is not a regular file",
    "large": "is larger than 4 MiB",
    "empty": "is empty",
    "broken": "could not be read completely",
}


# Lines that ssh adds to stderr with -vvvv.
_SSH_DEBUG_LINE = re.compile(r"debug[123]: |OpenSSH_")


class HostFileError(Exception):
    """Error for files that cannot be read. The message lists the paths that were tried."""

    @classmethod
    def none_readable(cls, files: list[HostFile], path_given: bool) -> HostFileError:
        """Return the error for the case that none of the files can be read.

        :arg path_given: whether the user specified the path.
        """
        tried = "; ".join(f"{file.path} {file.problem}" for file in files)
        remedy = "" if path_given else ". Set path to the path of the kubeconfig"
        return cls(f"path: no kubeconfig could be read on this host: {tried}{remedy}.")


@dataclass(frozen=True)
class HostFile:
    """File on a host: either its content, or the problem that prevented reading it."""

    path: str
    content: bytes | None = field(default=None, repr=False)
    problem: str = ""


def resolve_path(kubeconfig: str, name: str) -> str:
    """Return the path of a file that a kubeconfig names relative to its own directory."""
    if kubeconfig.startswith("~/") and not name.startswith("/"):
        # Only the host knows the home directory, so leading ".." must be kept.
        return f"~/{posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig[2:]), name))}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig), name))


def files_command(paths: list[str], first_only: bool, max_bytes: int) -> tuple[str, str]:
    """Return the command that prints the files, and the mark in its output.

    :arg first_only: stop after the first file that can be read.
    """
    mark = f"hss-{secrets.token_hex(8)}"
    names = " ".join(quote_path(path) for path in paths)
    script = f"""n=0
for f in {names}; do n=$((n+1))
if [ -d "$f" ]; then s=directory
elif [ ! -e "$f" ]; then s=missing; d=$f
while [ -n "$d" ] && [ ! -d "$d" ]; do d=$(dirname -- "$d"); done; [ -n "$d" ] && [ ! -x "$d" ] && s=denied
elif [ ! -f "$f" ]; then s=special
elif [ ! -r "$f" ]; then s=denied
elif [ ! -s "$f" ]; then s=empty
elif [ "$(wc -c <"$f")" -gt {max_bytes} ]; then s=large
else s=plain; command -v base64 >/dev/null 2>&1 && s=base64; fi
printf '\\n%s begin %s %s\\n' {mark} "$n" "$s"
case $s in base64) base64 <"$f" ;; plain) cat <"$f" ;; esac && printf '\\n%s end %s\\n' {mark} "$n"
case $s in base64|plain) {"break" if first_only else ":"} ;; esac
done"""
    return f"/bin/sh -c {shlex.quote(script)}", mark


def quote_path(path: str) -> str:
    """Return a path quoted for the shell. A leading tilde becomes the home directory of the user on the host."""
    return '"$HOME"/' + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)


def parse_files(stdout: str, mark: str, paths: list[str], rc: int | None, stderr: str) -> list[HostFile]:
    """Return the files in the order of the paths. Paths after the last one in the output are left out.

    :raises HostFileError: if the output contains nothing that the command prints.
    """
    found = []
    for number, path in enumerate(paths, start=1):
        begin = re.search(rf"^{mark} begin {number} (\w+)\r*$", stdout, re.MULTILINE)
        if begin is None:
            continue
        status = begin[1]
        if status not in ("plain", "base64"):
            found.append(HostFile(path, None, _FILE_PROBLEMS[status]))
            continue
        end = re.search(rf"\r*\n{mark} end {number}\r*$", stdout[begin.end() :], re.MULTILINE)
        content = _decode_content(stdout[begin.end() :][: end.start()].lstrip("\r")[1:], status) if end else None
        found.append(HostFile(path, content, "" if content is not None else _FILE_PROBLEMS["broken"]))
    if not found:
        # stderr contains messages of sudo or the shell, such as a missing password. Files are printed on stdout only.
        lines = [line for line in stderr.splitlines() if not _SSH_DEBUG_LINE.match(line)]
        message = " ".join(" ".join(lines).split())[-200:]
        raise HostFileError(
            f"The host did not run the command that reads files (exit code {rc}{f', {message}' if message else ''}). "
            "Check the connection, become and the become password."
        )
    return found


def _decode_content(text: str, encoding: str) -> bytes | None:
    if encoding == "base64":
        try:
            return base64.b64decode(re.sub(r"\s", "", text), validate=True)
        except binascii.Error:
            return None
    # A terminal turns each line end into CR LF.
    return re.sub(r"\r+\n", "\n", text).encode("utf-8", "surrogateescape")
