# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a shell command that prints files of a host, and the parser of its output.

The command needs a POSIX shell, C(head) and C(stat). It uses C(base64) if it is installed, since a terminal changes
line ends and a kubeconfig may be UTF-16. Each file is printed between two lines with a random mark, so that banners and
messages of the shell do not matter. Each file is opened once: what is examined is what is read. Whatever happens to the
file meanwhile, no more than the limit is read, and the command ends.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import secrets
import shlex
from dataclasses import dataclass, field

from .ownership import Step, link_problem, parse_way

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
    # A link was in its place when it was opened, and no longer is.
    "moved": "was replaced while it was read; run again, and check who can change it",
    "broken": "could not be read completely",
}


# Lines that ssh adds to stderr with -vvvv. A list of its channels goes on in further lines.
_SSH_DEBUG_LINE = re.compile(r"debug[123]: |OpenSSH_|\s+#\d+ ")
# What follows the mark in the lines that the command prints. A terminal adds CRs to each line end.
_BEGIN = re.compile(r"(\w+) (\S+) (\d*)\r*(?:\n|\Z)")
_WAY_FIELDS = re.compile(r"(\S+) (\d+)\r*(?:\n|\Z)")


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
    """File on a host: either its content, or the problem that prevented reading it.

    :arg owner: the user id of the owner; None if the host does not tell it.
    """

    path: str
    content: bytes | None = field(default=None, repr=False)
    problem: str = ""
    owner: int | None = None


def resolve_path(kubeconfig: str, name: str) -> str:
    """Return the path of a file that a kubeconfig names relative to its own directory."""
    if kubeconfig.startswith("~/") and not name.startswith("/"):
        # Only the host knows the home directory, so leading ".." must be kept.
        return f"~/{posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig[2:]), name))}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig), name))


# Prints the owner and the mode of each folder and link on the way to a file. The kernel follows 40 links as well.
_WAY = r"""
way() { r=${1#/}; c=/; k=0; stat -c 'd:%u:%a' /
while [ -n "$r" ]; do h=${r%%/*}; case $r in */*) r=${r#*/} ;; *) r= ;; esac
case $h in ''|.) continue ;; ..) c=$(dirname -- "$c"); continue ;; esac
q=${c%/}/$h
if [ -L "$q" ]; then k=$((k+1)); [ "$k" -gt 40 ] && return; stat -c 'l:%u:%a' "$q"
d=$(readlink -- "$q"); case $d in /*) c=/; d=${d#/} ;; esac; r=$d${r:+/$r}
else c=$q; stat -c 'd:%u:%a' "$q"; fi; done; }
linked() { p=${1%/}; while [ -n "$p" ]; do [ -L "$p" ] && return 0; case $p in */*) p=${p%/*} ;; *) p= ;; esac; done
return 1; }
"""
_HOST_SECONDS = 60


def files_command(
    paths: list[str], first_only: bool, max_bytes: int, judged_path: str | None = None
) -> tuple[str, str]:
    """Return the command that prints the files, and the mark in its output.

    :arg first_only: stop after the first file that can be read.
    :arg judged_path: a further path, of which only the owners on the way to it are printed, with the reader's id.
    """
    mark = f"hss-{secrets.token_hex(8)}"
    names = " ".join(quote_path(path) for path in paths)
    # The path that the file has if no link is on the way to it. Only the host knows its home directory.
    names_without_links = " ".join(
        f"{number}) g={shlex.quote('/' + posixpath.normpath(path).lstrip('/'))} ;;"
        for number, path in enumerate(paths, start=1)
        if path.startswith("/")
    )
    judged = ""
    if judged_path:
        judged = f"printf '\\n%s way %s %s\\n' {mark} \"$(way {quote_path(judged_path)} | tr '\\n' ,)\" \"$(id -u)\""
    script = f"""n=0{_WAY}for f in {names}; do n=$((n+1)); o= w=-
if [ -d "$f" ]; then s=directory
elif [ ! -e "$f" ]; then s=missing; d=$f
while [ -n "$d" ] && [ ! -d "$d" ]; do d=$(dirname -- "$d"); done; [ -n "$d" ] && [ ! -x "$d" ] && s=denied
elif [ ! -f "$f" ]; then s=special
elif [ ! -r "$f" ]; then s=denied
elif [ ! -s "$f" ]; then s=empty
elif ! {{ command exec 3<"$f"; }} 2>/dev/null; then s=denied
elif [ -e /dev/fd/3 ] && [ ! -f /dev/fd/3 ]; then s=special
else s=plain; command -v base64 >/dev/null 2>&1 && s=base64
set -- $(stat -L -c '%u %s' /dev/fd/3 2>/dev/null); o=$1; [ "${{2:-0}}" -gt {max_bytes} ] && s=large
linked "$f" && w=$(way "$f" | tr '\\n' ,)
case $w in *l:*) ;; *) w=-; case $n in {names_without_links} *) g=$f ;; esac
case $g in *//*|*/./*|*/../*) ;; *)
case $(readlink /proc/self/fd/3 2>/dev/null) in ''|"$g") ;; *) w=moved ;; esac ;; esac ;; esac
fi
printf '\\n%s begin %s %s %s %s\\n' {mark} "$n" "$s" "$w" "$o"
case $s in base64) head -c {max_bytes + 1} <&3 | base64 ;; plain) head -c {max_bytes + 1} <&3 ;; *) continue ;; esac
exec 3<&-; printf '\\n%s end %s\\n' {mark} "$n"; {"break" if first_only else ":"}
done
{judged}"""
    limited = f'command -v timeout >/dev/null 2>&1 && exec timeout {_HOST_SECONDS} /bin/sh -c "$0"; eval "$0"'
    return f"/bin/sh -c {shlex.quote(limited)} {shlex.quote(script)}", mark


def quote_path(path: str) -> str:
    """Return a path quoted for the shell. A leading tilde becomes the home directory of the user on the host."""
    return '"$HOME"/' + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)


def parse_files(
    stdout: str, mark: str, paths: list[str], rc: int | None, stderr: str, max_bytes: int
) -> list[HostFile]:
    """Return the files in the order of the paths. Paths after the last one in the output are left out.

    :raises HostFileError: if the output contains nothing that the command prints.
    """
    found = []
    for number, path in enumerate(paths, start=1):
        begin = _marked_line(stdout, f"{mark} begin {number} ", _BEGIN)
        if begin is None:
            continue
        fields, start = begin
        status = fields[1]
        if status not in ("plain", "base64"):
            found.append(HostFile(path, None, _FILE_PROBLEMS[status]))
            continue
        # Not a search for the CRs that a terminal adds before the line end: a file may have millions of them.
        end = stdout.find(f"\n{mark} end {number}", start)
        content = _decode_content(stdout[start:end].rstrip("\r"), status) if end >= 0 else None
        owner = int(fields[3]) if fields[3] else None
        problem = "" if fields[2] in ("-", "moved") else link_problem(parse_way(fields[2]), owner)
        if fields[2] == "moved":
            problem = _FILE_PROBLEMS["moved"]
        if content is None:
            problem = _FILE_PROBLEMS["broken"]
        elif len(content) > max_bytes:
            problem = _FILE_PROBLEMS["large"]
        elif not content:
            problem = _FILE_PROBLEMS["empty"]
        found.append(HostFile(path, None if problem else content, problem, owner))
    if not found:
        # stderr contains messages of sudo or the shell, such as a missing password. Files are printed on stdout only.
        lines = [line for line in stderr.splitlines() if not _SSH_DEBUG_LINE.match(line)]
        message = " ".join(" ".join(lines).split())[-200:]
        raise HostFileError(
            f"The host did not run the command that reads files (exit code {rc}{f', {message}' if message else ''}). "
            "Check the connection, become and the become password."
        )
    return found


def parse_judged_way(stdout: str, mark: str) -> tuple[tuple[Step, ...], int | None]:
    """Return the way to the judged path, and the user id of the reader; nothing if they are not in the output."""
    found = _marked_line(stdout, f"{mark} way ", _WAY_FIELDS)
    return (parse_way(found[0][1]), int(found[0][2])) if found else ((), None)


def _marked_line(stdout: str, beginning: str, rest: re.Pattern[str]) -> tuple[re.Match[str], int] | None:
    """Return the fields of the line that begins with a mark, and the position after the line; None if there is none.

    The search is for a constant text: the file between the lines may have millions of anything else.
    """
    at = stdout.find(f"\n{beginning}")
    fields = rest.match(stdout, at + 1 + len(beginning)) if at >= 0 else None
    return (fields, fields.end()) if fields else None


def _decode_content(text: str, encoding: str) -> bytes | None:
    if encoding == "base64":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error:
            return None
    # A terminal turns each line end into CR LF.
    *lines, last = text.split("\n")
    return "\n".join([*(line.rstrip("\r") for line in lines), last]).encode("utf-8", "surrogateescape")
