# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a shell command that runs the kubectl of a host, and the reading of its output.

The command needs a POSIX shell and C(cat). What kubectl reads comes over standard input; what it says stands between
lines with a random mark, on stdout as on stderr, so that banners and the shell's own noise do not matter.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import WELL_KNOWN

# In this order; RKE2 keeps its kubectl out of everybody's way.
CANDIDATES = (
    "kubectl",
    "k3s kubectl",
    "/var/lib/rancher/rke2/bin/kubectl",
    "k0s kubectl",
    "microk8s kubectl",
    "oc",
)
# Where programs are that the PATH of a login without a profile, or sudo's secure_path, may lack.
_MORE_PATH = "/usr/local/bin:/usr/local/sbin:/snap/bin:/opt/bin"

_TROUBLE = {
    "kubectl": "there is no {kubectl} on this host. Name the command with the option kubectl (hss_onboard_kubectl of "
    "the role), with its path if it has to be",
    "missing": "kubeconfig: {kubeconfig} does not exist on this host",
    "denied": "kubeconfig: {kubeconfig} cannot be read by this user; use become",
    "directory": "kubeconfig: {kubeconfig} is a directory",
}


class KubectlError(Exception):
    """What went wrong, in one or two sentences with the remedy, and without secrets."""


@dataclass(frozen=True)
class Call:
    """One call of kubectl.

    :arg reads: whether it gets what comes over standard input.
    :arg vital: whether there is no point in those after it if it fails, which may take long.
    """

    words: Sequence[str]
    reads: bool = False
    vital: bool = False


@dataclass(frozen=True)
class Reply:
    """What a call of kubectl came to."""

    rc: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)


@dataclass(frozen=True)
class Target:
    """Which kubectl, and which cluster."""

    kubectl: str | None = None
    kubeconfig: str | None = None
    request_timeout: int = 30

    def __post_init__(self) -> None:
        if self.kubeconfig is not None and not self.kubeconfig.startswith(("/", "~/")):
            raise KubectlError(f"kubeconfig: {self.kubeconfig} is no absolute path on the host.")

    def commands(self) -> list[list[str]]:
        """The commands to look for, each as words.

        :raises KubectlError: if the one that was given is no command.
        """
        given = [self.kubectl] if self.kubectl else list(CANDIDATES)
        try:
            commands = [shlex.split(command) for command in given]
        except ValueError:
            commands = [[]]
        if not all(commands):
            raise KubectlError(f"kubectl: {self.kubectl!r} is not a command.")
        return commands


def host_command(target: Target, calls: Sequence[Call], more: str = "") -> tuple[str, str]:
    """The command that makes these calls, and the mark that its lines bear.

    :arg more: shell code to run after them, or if there is no kubectl; it may call C(say).
    """
    mark = f"hss-{secrets.token_hex(8)}"
    lines = [f"m={mark}", "say() { printf '\\n%s %s\\n' $m \"$*\"; printf '\\n%s %s\\n' $m \"$*\" >&2; }"]
    # What decides about the words and the defaults of kubectl is not the host's language or its user's preferences.
    lines += [f"PATH=$PATH:{_MORE_PATH}", "LC_ALL=C KUBERC=off", "export PATH LC_ALL KUBERC"]
    lines += _find(target.commands())
    given = target.kubeconfig
    # Discovery is not kept on the host's disk; kubectl does without where it cannot have a folder.
    flags = f"--cache-dir=/dev/null --request-timeout={target.request_timeout}s"
    if given:
        lines.append(f"c={_quoted(given)}")
        flags += ' --kubeconfig="$c"'
        lines.append('t=; [ -e "$c" ] || t=missing; [ -d "$c" ] && t=directory')
        # Whether it is there cannot be seen in a folder that is closed.
        lines.append('d=$c; while [ -n "$t" ] && [ -n "$d" ] && [ ! -d "$d" ]; do d=${d%/*}; done')
        lines.append('[ "$t" = missing ] && [ -n "$d" ] && [ ! -x "$d" ] && t=denied')
        lines.append('[ -z "$t" ] && [ ! -r "$c" ] && t=denied')
    else:
        # Only k3s and the like know by themselves where it is; on a control plane of kubeadm kubectl does not.
        places = " ".join(_quoted(path) for path in WELL_KNOWN)
        lines.append(f'c=; [ -n "$KUBECONFIG" ] || for f in {places}; do')
        lines.append('if [ -f "$f" ] && [ -r "$f" ]; then c=$f; break; fi; done')
        flags += ' ${c:+"--kubeconfig=$c"}'
    lines.append('if [ -z "$n" ]; then say trouble kubectl')
    if given:
        lines.append('elif [ -n "$t" ]; then say trouble $t')
    lines.append("else say kubectl $n")
    for number, call in enumerate(calls):
        words = " ".join(shlex.quote(word) for word in call.words)
        source = "" if call.reads else " </dev/null"
        lines.append(f"say begin {number}; run {flags} {words}{source}; r=$?; say end {number} $r")
        if call.vital:
            lines.append("[ $r = 0 ] && {")
    # What nobody has read: whoever sends it would otherwise find the pipe broken.
    lines += [":", *["}"] * sum(call.vital for call in calls), "fi", more, "cat >/dev/null; exit 0"]
    return f"/bin/sh -c {shlex.quote(chr(10).join(filter(None, lines)))}", mark


def _find(commands: Iterable[Sequence[str]]) -> list[str]:
    lines = ["n="]
    for number, words in enumerate(commands):
        word = "elif" if number else "if"
        quoted = " ".join(shlex.quote(part) for part in words)
        lines.append(f"{word} command -v {shlex.quote(words[0])} >/dev/null 2>&1; then n={number}")
        lines.append(f'run() {{ {quoted} "$@"; }}')
    return [*lines, "fi"]


def _quoted(path: str) -> str:
    """The path as one word; a leading tilde stays the home of whoever runs the command."""
    return '"$HOME"/' + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)


@dataclass(frozen=True)
class Answer:
    """What the host said: the kubectl it has, and what the calls came to."""

    kubectl: str
    replies: list[Reply]


def read_answer(target: Target, calls: Sequence[Call], mark: str, done: dict[str, Any]) -> Answer:
    """The answer out of what the command has printed.

    :arg done: the result of running it: rc, stdout, stderr.
    :raises KubectlError: if there is none, or no kubectl or kubeconfig on the host.
    """
    stdout, stderr = str(done.get("stdout") or ""), str(done.get("stderr") or "")
    found = re.search(rf"^{mark} (kubectl|trouble) (\w+)\r*$", stdout, re.MULTILINE)
    if found is None:
        raise KubectlError(_not_run(done.get("rc"), stderr or stdout))
    if found[1] == "trouble":
        looked_for = ", ".join(" ".join(words) for words in target.commands())
        raise KubectlError(_TROUBLE[found[2]].format(kubectl=looked_for, kubeconfig=target.kubeconfig) + ".")
    replies: list[Reply] = []
    for number, call in enumerate(calls):
        said, rc = _between(stdout, mark, number)
        complained, _rc = _between(stderr, mark, number)
        if rc is None and any(before.vital and reply.rc for before, reply in zip(calls, replies)):
            break
        if rc is None:
            raise KubectlError(f"The connection to the host broke off while kubectl {call.words[0]} was running.")
        replies.append(Reply(rc, said, complained))
    return Answer(" ".join(target.commands()[int(found[2])]), replies)


def _between(text: str, mark: str, number: int) -> tuple[str, int | None]:
    begin = re.search(rf"^{mark} begin {number}\r*\n", text, re.MULTILINE)
    end = re.search(rf"\r*\n{mark} end {number} (\d+)\r*$", text, re.MULTILINE)
    if begin is None or end is None:
        return "", None
    # The line end before the mark may be the same one.
    return text[begin.end() : max(begin.end(), end.start())], int(end[1])


def _not_run(rc: Any, said: str) -> str:
    if "must have a tty" in said or "no tty present" in said:
        return (
            "sudo on this host wants a terminal (requiretty), which a command that gets data over standard input "
            "cannot have. Take 'Defaults requiretty' away for this user in the host's sudoers, or log in as root."
        )
    words = " ".join(plain_text(said).split())[-200:]
    return (
        f"The host did not run the command that calls kubectl (exit code {rc}{f', {words}' if words else ''}). "
        "Check the connection, become and its password."
    )


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")


def plain_text(text: str) -> str:
    """The text without terminal escape sequences and other invisible characters; line ends stay."""
    text = _ESCAPES.sub("", text)
    return "".join(character for character in text if character == "\n" or character.isprintable())


def documents(text: str) -> list[dict[str, Any]]:
    """The objects that C(-o json) printed: nothing, one, one after another, or a List of them.

    :raises KubectlError: if it is something else.
    """
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    text = text.strip()
    while text:
        try:
            document, end = decoder.raw_decode(text)
        except ValueError:
            raise KubectlError("kubectl printed something that is not JSON; is it really a kubectl?") from None
        if not isinstance(document, dict):
            raise KubectlError("kubectl printed JSON that is no object; is it really a kubectl?")
        found += document["items"] if isinstance(document.get("items"), list) else [document]
        text = text[end:].lstrip()
    return found


def document(text: str) -> dict[str, Any]:
    """The one object that C(-o json) printed.

    :raises KubectlError: if it is something else.
    """
    found = documents(text)
    if len(found) != 1:
        raise KubectlError("kubectl printed nothing where an object was expected; is it really a kubectl?")
    return found[0]
