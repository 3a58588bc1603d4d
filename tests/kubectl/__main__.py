# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in as a program: python tests/kubectl STATE ARGUMENTS, where STATE is the cluster's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kubectl.cli import run  # noqa: E402

# What a test may want to know of the environment that kubectl got.
_NOTED = ("HOME", "HTTPS_PROXY", "KUBECONFIG", "KUBERC", "KUBECTL_KUBERC", "PATH")


def _kubeconfig(arguments: list[str]) -> Path:
    """The kubeconfig, as kubectl finds it."""
    given = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
    for number, argument in enumerate(arguments):
        if argument.startswith("--kubeconfig"):
            given = argument.partition("=")[2] or arguments[number + 1]
    return Path(given)


def _log_in(text: str, arguments: list[str]) -> None:
    """Run the program that the user in the kubeconfig logs in with, as kubectl does."""
    import yaml

    document = yaml.safe_load(text)
    chosen = next((word.partition("=")[2] for word in arguments if word.startswith("--context=")), None)
    chosen = chosen or document["current-context"]
    names = {entry["name"]: entry["context"]["user"] for entry in document["contexts"]}
    users = {entry["name"]: entry["user"] for entry in document["users"]}
    login = users[names[chosen]].get("exec")
    if login:
        subprocess.run([login["command"], *login.get("args", ())], stdout=subprocess.DEVNULL, check=False)


def _note(state: Path, arguments: list[str], kubeconfig: Path, text: str) -> None:
    """Note a call for the test."""
    call = {
        "args": arguments,
        "environment": {name: os.environ[name] for name in _NOTED if name in os.environ},
        "kubeconfig": text,
        "mode": kubeconfig.stat().st_mode & 0o777 if text else None,
    }
    with (state / "calls.jsonl").open("a") as file:
        file.write(json.dumps(call) + "\n")


def main() -> int:
    """Run a command."""
    state, *arguments = sys.argv[1:]
    kubeconfig = _kubeconfig(arguments)
    text = kubeconfig.read_text() if kubeconfig.exists() else ""
    _note(Path(state), arguments, kubeconfig, text)
    if "exec:" in text:
        _log_in(text, arguments)
    stdin = sys.stdin.read() if "-" in arguments else ""
    code, stdout, stderr = run(Path(state) if text else None, arguments, stdin)
    sys.stdout.write(stdout)
    sys.stderr.write(stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
