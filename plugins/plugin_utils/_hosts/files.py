# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a shell command that prints files, and the reading of its output.

The command needs a POSIX shell, C(cat), and C(wc); C(base64) is used where it is there, since a terminal changes line
ends and a kubeconfig may be UTF-16. Each file stands between two lines with a random mark, so that banners and the
shell's own noise do not matter.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import secrets
import shlex
from dataclasses import dataclass, field

# Where the distributions of Kubernetes keep their admin's kubeconfig, in the order in which they are looked at.
WELL_KNOWN = (
    "/etc/kubernetes/admin.conf",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/rancher/rke2/rke2.yaml",
    "/var/lib/k0s/pki/admin.conf",
    "/var/snap/microk8s/current/credentials/client.config",
    "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/lb-ext.kubeconfig",
    "~/.kube/config",
)

_TROUBLE = {
    "missing": "does not exist",
    "denied": "cannot be read by this user; use become",
    "directory": "is a directory",
    "special": "is not a regular file",
    "large": "is larger than 1 MiB",
    "empty": "is empty",
    "broken": "could not be read completely",
}


# What ssh says of itself at -vvvv, between the words of others.
_SSH_TALK = re.compile(r"debug[123]: |OpenSSH_")


class HostFileError(Exception):
    """No file to go on with; says what was tried."""

    @classmethod
    def none_readable(cls, answers: list[Found], asked_for: bool) -> HostFileError:
        """:arg asked_for: whether the user named the path."""
        tried = "; ".join(f"{answer.path} {answer.trouble}" for answer in answers)
        remedy = "" if asked_for else ". Give the kubeconfig's place with path"
        return cls(f"path: no kubeconfig could be read on this host: {tried}{remedy}.")


@dataclass(frozen=True)
class Found:
    """What the host said of a path: the content, or the trouble with it."""

    path: str
    content: bytes | None = field(default=None, repr=False)
    trouble: str = ""


def resolve_path(kubeconfig: str, name: str) -> str:
    """Paths in a kubeconfig are relative to its folder."""
    if kubeconfig.startswith("~/") and not name.startswith("/"):
        # Only the host knows where this is, so what leads up from it has to stay.
        return f"~/{posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig[2:]), name))}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig), name))


def read_command(paths: list[str], first_only: bool, max_bytes: int) -> tuple[str, str]:
    """The command, and the mark that its lines bear.

    :arg first_only: stop after the first file that can be read.
    """
    mark = f"hss-{secrets.token_hex(8)}"
    names = " ".join(_quoted(path) for path in paths)
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


def _quoted(path: str) -> str:
    """The path as one word; a leading tilde stays the home of whoever runs the command."""
    return '"$HOME"/' + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)


def parse_answer(stdout: str, mark: str, paths: list[str], rc: int | None, stderr: str) -> list[Found]:
    """The files in the order asked for, up to the last that the host spoke of.

    :raises HostFileError: if the host said nothing that the command would have said.
    """
    found = []
    for number, path in enumerate(paths, start=1):
        begin = re.search(rf"^{mark} begin {number} (\w+)\r*$", stdout, re.MULTILINE)
        if begin is None:
            continue
        status = begin[1]
        if status not in ("plain", "base64"):
            found.append(Found(path, None, _TROUBLE[status]))
            continue
        end = re.search(rf"\r*\n{mark} end {number}\r*$", stdout[begin.end() :], re.MULTILINE)
        content = _content(stdout[begin.end() :][: end.start()].lstrip("\r")[1:], status) if end else None
        found.append(Found(path, content, "" if content is not None else _TROUBLE["broken"]))
    if not found:
        # The shell's own words: sudo asking for a password, no such shell. The files' contents go to stdout alone.
        words = " ".join(" ".join(line for line in stderr.splitlines() if not _SSH_TALK.match(line)).split())[-200:]
        raise HostFileError(
            f"The host did not run the command that reads files (exit code {rc}{f', {words}' if words else ''}). "
            "Check the connection, become and its password."
        )
    return found


def _content(text: str, status: str) -> bytes | None:
    if status == "base64":
        try:
            return base64.b64decode(re.sub(r"\s", "", text), validate=True)
        except binascii.Error:
            return None
    # A terminal turns each line end into CR LF.
    return re.sub(r"\r+\n", "\n", text).encode("utf-8", "surrogateescape")
