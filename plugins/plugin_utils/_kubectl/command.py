# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a shell command that runs the kubectl of a host, and the parser of its output.

The command needs a POSIX shell, C(cat), C(head), C(mktemp) and C(rm). Standard input has the environment of the task,
the kubeconfig, and the data for kubectl, so that none of them appears in an argument list. kubectl reads its kubeconfig
from a file, which only the user who runs it can read, and which exists as long as the command runs. On stdout and on
stderr, the output of kubectl is printed between lines with a random mark, so that banners and messages of the shell do
not matter.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

# In the order in which they are tried. RKE2 does not install its kubectl in a directory of PATH.
CANDIDATES = (
    "kubectl",
    "k3s kubectl",
    "/var/lib/rancher/rke2/bin/kubectl",
    "k0s kubectl",
    "microk8s kubectl",
    "oc",
)
# Directories that may be missing in the PATH of a shell without a profile, or in secure_path of sudo.
_ADDITIONAL_PATH = "/usr/local/bin:/usr/local/sbin:/snap/bin:/opt/bin"

# Where the kubeconfig is stored while kubectl runs: in memory if possible, so that nothing is written to a disk.
_PRIVATE_FOLDERS = "/dev/shm /run /tmp /var/tmp"
# The name of the only context in the kubeconfig that kubectl gets.
CONTEXT = "hss"
# The longest output of a call, in bytes: many more than those of a cluster with thousands of objects of HSS.
MAX_STDOUT = 32 * 1024 * 1024
MAX_STDERR = 64 * 1024
# The exit code of a program that was killed, as C(timeout) does.
_KILLED = 137

_TARGET_PROBLEMS = {
    "kubectl": "there is no {kubectl} on this host. Set the option kubectl (hss_onboard_kubectl in the role) to the "
    "command, with its path if needed",
    "folder": "this user cannot create a private folder in any of {folders} on this host, as kubectl needs one for its "
    "kubeconfig; check that mktemp is installed, and that one of the folders is writable",
}


class KubectlError(Exception):
    """Error with a message that contains the cause and the remedy, but no secrets."""


@dataclass(frozen=True)
class Call:
    """Call of kubectl.

    :arg reads_stdin: whether the call reads the data from standard input.
    :arg required: whether the following calls are skipped if this call fails, since they would fail too, and slowly.
    :arg text: standard input of this call alone. It is part of the command, so it must not be secret.
    """

    arguments: Sequence[str]
    reads_stdin: bool = False
    required: bool = False
    text: str = ""


@dataclass(frozen=True)
class CallResult:
    """Result of a call of kubectl."""

    rc: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)

    @property
    def was_stopped(self) -> bool:
        """Whether the call was stopped at its time limit."""
        return self.rc == _KILLED


@dataclass(frozen=True)
class Target:
    """The kubectl command and the cluster to use.

    :arg kubeconfig: text of a kubeconfig whose only context is L(CONTEXT). It has passed all checks.
    :arg request_timeout: seconds for each request of kubectl.
    :arg time_limit: seconds for each call of kubectl.
    :arg exports: shell code that sets the environment of the task.
    """

    kubectl: str | None = None
    kubeconfig: str = field(default="", repr=False)
    request_timeout: int = 30
    time_limit: int = 120
    exports: str = field(default="", repr=False)

    def commands(self) -> list[list[str]]:
        """Return the kubectl commands to try, each split into its arguments.

        :raises KubectlError: if the option kubectl is not a command.
        """
        given = [self.kubectl] if self.kubectl else list(CANDIDATES)
        try:
            commands = [shlex.split(command) for command in given]
        except ValueError:
            commands = [[]]
        if not all(commands):
            raise KubectlError(f"kubectl: {self.kubectl!r} is not a command.")
        return commands


def host_command(target: Target, calls: Sequence[Call], extra_script: str = "") -> tuple[str, str]:
    """Return the shell command that makes the calls, and the mark in its input and its output.

    :arg extra_script: shell code to run after the calls, or if there is no kubectl. It can use the function C(report).
    """
    mark = f"hss-{secrets.token_hex(8)}"
    lines = ["umask 077", f"m={mark} d= e=", *_PREAMBLE.strip().split("\n")]
    # The messages and the defaults of kubectl must not depend on the language of the host or the preferences of its
    # user. Preferences and plugins can also run programs.
    lines += [
        f"PATH=$PATH:{_ADDITIONAL_PATH}",
        "LC_ALL=C KUBERC=off KUBECTL_KUBERC=false KUBECTL_ENABLE_CMD_SHADOW=false",
        "export PATH LC_ALL KUBERC KUBECTL_KUBERC KUBECTL_ENABLE_CMD_SHADOW",
        "unset KUBECONFIG",
    ]
    lines += _find_kubectl_script(target.commands(), target.time_limit)
    # kubectl stores discovery data, which must not remain on the host. Without a cache, old versions discover the API
    # again for each kind of a call, and limit the rate of their requests: a list of ten kinds takes minutes.
    flags = f'--cache-dir="$d/cache" --request-timeout={target.request_timeout}s'
    flags += f' --kubeconfig="$c" --context={CONTEXT}'
    lines += [_CALL.strip().replace("FLAGS", flags)]
    lines += ['if [ -z "$n" ]; then report problem kubectl', 'elif [ -z "$d" ]; then report problem folder']
    lines.append("else report kubectl $n")
    for number, call in enumerate(calls):
        arguments = " ".join(shlex.quote(argument) for argument in call.arguments)
        before = f"printf %s {shlex.quote(call.text)} | " if call.text else ""
        after = "" if call.reads_stdin or call.text else " </dev/null"
        lines.append(f"{before}call {number} {arguments}{after}")
        if call.required:
            lines.append('[ "$r" = 0 ] && {')
    # Data that no call has read is read here. Otherwise the sender would get a broken pipe.
    lines += [":", *["}"] * sum(call.required for call in calls), "fi", extra_script, "cat >/dev/null; exit 0"]
    return f"/bin/sh -c {shlex.quote(chr(10).join(filter(None, lines)))}", mark


def host_input(target: Target, mark: str, data: bytes) -> bytes:
    """Return the standard input of the shell command.

    :arg data: standard input of the call that reads it. It is never empty, since without any, a connection may use a
        terminal, which would mix stdout and stderr.
    """
    head = f"{target.exports}{mark}\n{target.kubeconfig.rstrip(chr(10))}\n{mark}\n"
    return head.encode("utf-8", "surrogateescape") + (data or b"\n")


# The shell's read takes single bytes from a pipe, so the rest of standard input remains for kubectl.
_PREAMBLE = r"""
report() { printf '\n%s %s\n' $m "$*"; printf '\n%s %s\n' $m "$*" >&2; }
trap '[ -z "$d" ] || rm -rf "$d"' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 141' PIPE; trap 'exit 143' TERM
while IFS= read -r l && [ "$l" != "$m" ]; do e="$e$l
"; done
eval "$e"
for p in FOLDERS; do
[ -d "$p" ] && [ -w "$p" ] && d=$(mktemp -d "$p/hss-XXXXXXXXXX" 2>/dev/null) && break; d=
done
c=/dev/null; [ -z "$d" ] || c=$d/config
while IFS= read -r l && [ "$l" != "$m" ]; do printf '%s\n' "$l"; done >"$c"
if timeout -s KILL 5 true 2>/dev/null; then limit() { timeout -s KILL "$@"; }
elif timeout -s KILL -t 5 true 2>/dev/null; then limit() { timeout -s KILL -t "$@"; }
else limit() { shift; "$@"; }; fi
exec 5>&1
""".replace("FOLDERS", _PRIVATE_FOLDERS)
# Both outputs are cut by head. The pipelines hide the exit code, so it takes a way of its own.
_CALL = r"""
call() {
report begin $1; i=$1; shift
r=$({ { { run FLAGS "$@" 3>&- 4>&- 5>&-; echo $? >&3; } 2>&1 >&4 |
head -c STDERR >&2; } 4>&1 | head -c STDOUT >&5; } 3>&1)
report end $i "${r:-255}"
}
""".replace("STDERR", str(MAX_STDERR)).replace("STDOUT", str(MAX_STDOUT))


def _find_kubectl_script(commands: Iterable[Sequence[str]], time_limit: int) -> list[str]:
    lines = ["n="]
    for number, command in enumerate(commands):
        keyword = "elif" if number else "if"
        quoted = " ".join(shlex.quote(argument) for argument in command)
        lines.append(f"{keyword} command -v {shlex.quote(command[0])} >/dev/null 2>&1; then n={number}")
        lines.append(f'run() {{ limit {time_limit} {quoted} "$@"; }}')
    return [*lines, "fi"]


@dataclass(frozen=True)
class HostResult:
    """Result of the shell command: the kubectl command that was used, and the results of the calls."""

    kubectl: str
    results: list[CallResult]


def parse_result(target: Target, calls: Sequence[Call], mark: str, executed: dict[str, Any]) -> HostResult:
    """Return the result of the shell command.

    :arg executed: its C(rc), C(stdout) and C(stderr), as returned by Ansible.
    :raises KubectlError: if the command was not run, or if the host has no kubectl or no such kubeconfig.
    """
    stdout, stderr = str(executed.get("stdout") or ""), str(executed.get("stderr") or "")
    found = re.search(rf"^{mark} (kubectl|problem) (\w+)\r*$", stdout, re.MULTILINE)
    if found is None:
        raise KubectlError(_not_run_message(executed.get("rc"), stderr or stdout))
    if found[1] == "problem":
        commands = ", ".join(" ".join(command) for command in target.commands())
        raise KubectlError(_TARGET_PROBLEMS[found[2]].format(kubectl=commands, folders=_PRIVATE_FOLDERS) + ".")
    results: list[CallResult] = []
    for number, call in enumerate(calls):
        call_stdout, rc = _output_of_call(stdout, mark, number)
        call_stderr, _rc = _output_of_call(stderr, mark, number)
        if rc is None and any(earlier.required and result.rc for earlier, result in zip(calls, results)):
            break
        if rc is None:
            raise KubectlError(f"The connection to the host was lost while kubectl {call.arguments[0]} was running.")
        if len(call_stdout) >= MAX_STDOUT // 4 and len(call_stdout.encode("utf-8", "surrogateescape")) >= MAX_STDOUT:
            raise KubectlError(
                f"kubectl {call.arguments[0]} printed more than {MAX_STDOUT // 1024 // 1024} MiB, which is not read."
            )
        results.append(CallResult(rc, call_stdout, call_stderr))
    return HostResult(" ".join(target.commands()[int(found[2])]), results)


def _output_of_call(output: str, mark: str, number: int) -> tuple[str, int | None]:
    """Return what a call printed, and its exit code; None if a mark is missing. A terminal adds CR to line ends."""
    begin = re.search(rf"^{mark} begin {number}\r*\n", output, re.MULTILINE)
    end = re.search(rf"^{mark} end {number} (\d+)\r*$", output, re.MULTILINE)
    if begin is None or end is None:
        return "", None
    # The line end before the end mark was printed with it.
    return output[begin.end() : max(begin.end(), end.start() - 1)].rstrip("\r"), int(end[1])


def _not_run_message(rc: Any, output: str) -> str:
    if "must have a tty" in output or "no tty present" in output:
        return (
            "sudo on this host requires a terminal (requiretty), which a command that reads data from standard input "
            "cannot have. Remove 'Defaults requiretty' for this user from the sudoers file of the host, or log in as "
            "root."
        )
    message = " ".join(printable_text(output).split())[-200:]
    return (
        f"The host did not run the command that calls kubectl (exit code {rc}{f', {message}' if message else ''}). "
        "Check the connection, become and the become password."
    )


_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")


def printable_text(text: str) -> str:
    """Return a text without terminal escape sequences and other invisible characters. Line ends are kept."""
    text = _ESCAPE_SEQUENCE.sub("", text)
    return "".join(character for character in text if character == "\n" or character.isprintable())


def parse_objects(output: str) -> list[dict[str, Any]]:
    """Return the objects that C(-o json) printed: none, one or several in a row, or the items of a List.

    :raises KubectlError: if the output is something else.
    """
    decoder = json.JSONDecoder()
    objects: list[dict[str, Any]] = []
    at = _after_space(output, 0)
    while at < len(output):
        try:
            document, at = decoder.raw_decode(output, at)
        except (ValueError, RecursionError):
            raise KubectlError("kubectl printed something that is not JSON; is it really a kubectl?") from None
        if not isinstance(document, dict):
            raise KubectlError("kubectl printed JSON that is not an object; is it really a kubectl?")
        items = document["items"] if isinstance(document.get("items"), list) else [document]
        if not all(isinstance(item, dict) for item in items):
            raise KubectlError("kubectl printed a list of something that is not an object; is it really a kubectl?")
        objects += items
        at = _after_space(output, at)
    return objects


_SPACE = re.compile(r"\s*")


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def parse_object(output: str) -> dict[str, Any]:
    """Return the single object that C(-o json) printed.

    :raises KubectlError: if the output is something else.
    """
    objects = parse_objects(output)
    if len(objects) != 1:
        raise KubectlError("kubectl did not print exactly one object, as expected; is it really a kubectl?")
    return objects[0]
