# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a shell command that runs the kubectl of a host, and the parser of its output.

The command needs a POSIX shell and C(cat). The data for kubectl is passed over standard input. On stdout and on stderr,
the output of kubectl is printed between lines with a random mark, so that banners and messages of the shell do not
matter.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import WELL_KNOWN_KUBECONFIGS, quote_path

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

_TARGET_PROBLEMS = {
    "kubectl": "there is no {kubectl} on this host. Set the option kubectl (hss_onboard_kubectl in the role) to the "
    "command, with its path if needed",
    "missing": "kubeconfig: {kubeconfig} does not exist on this host",
    "denied": "kubeconfig: {kubeconfig} cannot be read by this user; use become",
    "directory": "kubeconfig: {kubeconfig} is a directory",
}


class KubectlError(Exception):
    """Error with a message that contains the cause and the remedy, but no secrets."""


@dataclass(frozen=True)
class Call:
    """Call of kubectl.

    :arg reads_stdin: whether the call reads the data from standard input.
    :arg required: whether the following calls are skipped if this call fails, since they would fail too, and slowly.
    """

    arguments: Sequence[str]
    reads_stdin: bool = False
    required: bool = False


@dataclass(frozen=True)
class CallResult:
    """Result of a call of kubectl."""

    rc: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)


@dataclass(frozen=True)
class Target:
    """The kubectl command and the cluster to use."""

    kubectl: str | None = None
    kubeconfig: str | None = None
    request_timeout: int = 30

    def __post_init__(self) -> None:
        if self.kubeconfig is not None and not self.kubeconfig.startswith(("/", "~/")):
            raise KubectlError(f"kubeconfig: {self.kubeconfig} is not an absolute path on the host.")

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
    """Return the shell command that makes the calls, and the mark in its output.

    :arg extra_script: shell code to run after the calls, or if there is no kubectl. It can use the function C(report).
    """
    mark = f"hss-{secrets.token_hex(8)}"
    lines = [f"m={mark}", "report() { printf '\\n%s %s\\n' $m \"$*\"; printf '\\n%s %s\\n' $m \"$*\" >&2; }"]
    # The messages and the defaults of kubectl must not depend on the language of the host or preferences of its user.
    lines += [f"PATH=$PATH:{_ADDITIONAL_PATH}", "LC_ALL=C KUBERC=off", "export PATH LC_ALL KUBERC"]
    lines += _find_kubectl_script(target.commands())
    kubeconfig = target.kubeconfig
    # kubectl must not store discovery data on the disk of the host. Without a cache directory it works all the same.
    flags = f"--cache-dir=/dev/null --request-timeout={target.request_timeout}s"
    if kubeconfig:
        lines.append(f"c={quote_path(kubeconfig)}")
        flags += ' --kubeconfig="$c"'
        lines.append('t=; [ -e "$c" ] || t=missing; [ -d "$c" ] && t=directory')
        # In a directory that the user cannot access, an existing file looks like a missing one.
        lines.append('d=$c; while [ -n "$t" ] && [ -n "$d" ] && [ ! -d "$d" ]; do d=${d%/*}; done')
        lines.append('[ "$t" = missing ] && [ -n "$d" ] && [ ! -x "$d" ] && t=denied')
        lines.append('[ -z "$t" ] && [ ! -r "$c" ] && t=denied')
    else:
        # The kubectl of k3s and others finds its kubeconfig. A plain kubectl on a kubeadm control plane does not.
        paths = " ".join(quote_path(path) for path in WELL_KNOWN_KUBECONFIGS)
        lines.append(f'c=; [ -n "$KUBECONFIG" ] || for f in {paths}; do')
        lines.append('if [ -f "$f" ] && [ -r "$f" ]; then c=$f; break; fi; done')
        flags += ' ${c:+"--kubeconfig=$c"}'
    lines.append('if [ -z "$n" ]; then report problem kubectl')
    if kubeconfig:
        lines.append('elif [ -n "$t" ]; then report problem $t')
    lines.append("else report kubectl $n")
    for number, call in enumerate(calls):
        arguments = " ".join(shlex.quote(argument) for argument in call.arguments)
        stdin = "" if call.reads_stdin else " </dev/null"
        lines.append(f"report begin {number}; run {flags} {arguments}{stdin}; r=$?; report end {number} $r")
        if call.required:
            lines.append("[ $r = 0 ] && {")
    # Data that no call has read is read here. Otherwise the sender would get a broken pipe.
    lines += [":", *["}"] * sum(call.required for call in calls), "fi", extra_script, "cat >/dev/null; exit 0"]
    return f"/bin/sh -c {shlex.quote(chr(10).join(filter(None, lines)))}", mark


def _find_kubectl_script(commands: Iterable[Sequence[str]]) -> list[str]:
    lines = ["n="]
    for number, command in enumerate(commands):
        keyword = "elif" if number else "if"
        quoted = " ".join(shlex.quote(argument) for argument in command)
        lines.append(f"{keyword} command -v {shlex.quote(command[0])} >/dev/null 2>&1; then n={number}")
        lines.append(f'run() {{ {quoted} "$@"; }}')
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
        raise KubectlError(_TARGET_PROBLEMS[found[2]].format(kubectl=commands, kubeconfig=target.kubeconfig) + ".")
    results: list[CallResult] = []
    for number, call in enumerate(calls):
        call_stdout, rc = _output_of_call(stdout, mark, number)
        call_stderr, _rc = _output_of_call(stderr, mark, number)
        if rc is None and any(earlier.required and result.rc for earlier, result in zip(calls, results)):
            break
        if rc is None:
            raise KubectlError(f"The connection to the host was lost while kubectl {call.arguments[0]} was running.")
        results.append(CallResult(rc, call_stdout, call_stderr))
    return HostResult(" ".join(target.commands()[int(found[2])]), results)


def _output_of_call(output: str, mark: str, number: int) -> tuple[str, int | None]:
    begin = re.search(rf"^{mark} begin {number}\r*\n", output, re.MULTILINE)
    end = re.search(rf"\r*\n{mark} end {number} (\d+)\r*$", output, re.MULTILINE)
    if begin is None or end is None:
        return "", None
    # If the output is empty, the line end before the end mark is the one after the begin mark.
    return output[begin.end() : max(begin.end(), end.start())], int(end[1])


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
    output = output.strip()
    while output:
        try:
            document, end = decoder.raw_decode(output)
        except ValueError:
            raise KubectlError("kubectl printed something that is not JSON; is it really a kubectl?") from None
        if not isinstance(document, dict):
            raise KubectlError("kubectl printed JSON that is not an object; is it really a kubectl?")
        objects += document["items"] if isinstance(document.get("items"), list) else [document]
        output = output[end:].lstrip()
    return objects


def parse_object(output: str) -> dict[str, Any]:
    """Return the single object that C(-o json) printed.

    :raises KubectlError: if the output is something else.
    """
    objects = parse_objects(output)
    if len(objects) != 1:
        raise KubectlError("kubectl did not print exactly one object, as expected; is it really a kubectl?")
    return objects[0]
