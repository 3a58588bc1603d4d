# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook, or ansible-runner as AWX uses it, and collects all output for the search."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import syslog
from .canaries import Canaries, Hit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TIMEOUT = 240
# The folder with ansible.posix, which `./dev test-canary` sets.
COLLECTIONS = Path(os.environ["HSS_CANARY_COLLECTIONS"]) if "HSS_CANARY_COLLECTIONS" in os.environ else None
SYSLOG = syslog.available()

ARGUMENTS, ENVIRONMENT, EXPOSED = "arguments", "environment", "files others can read"
# Files and folders below the folder of the run, by the name of the place.
LEFT = {
    "ansible.log": "ansible.log",
    "every callback": "everything.jsonl",
    "fact cache": "facts",
    "junit": "junit",
    "tree": "tree",
    "retry files": "retry",
    "temporary files": "tmp",
    "temporary files of hosts": "remote",
    "home": "home",
    "current folder": "cwd",
    "runner artifacts": "runner/artifacts",
}
# The folders in which Ansible creates files during a run without being asked to.
WATCHED = ("tmp", "remote", "home", "cwd")
PLACES = ("stdout", "stderr", "syslog", ARGUMENTS, ENVIRONMENT, EXPOSED, *LEFT)


@dataclass(frozen=True)
class Manner:
    """The arguments and settings with which a playbook is run."""

    arguments: tuple[str, ...] = ("-vvvvvv", "--diff")
    debug: bool = True
    stdout_callback: str = "ansible.builtin.default"
    result_format: str = "json"
    runner: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    # A signal, and the seconds after which it is sent.
    interrupt: tuple[int, float] | None = None

    def __str__(self) -> str:
        parts = ["runner" if self.runner else self.stdout_callback.rpartition(".")[2], *self.arguments]
        return "-".join(
            [*parts, *(["debug"] if self.debug else []), *([self.result_format] * (self.result_format == "yaml"))]
        )


@dataclass
class Run:
    """A finished run.

    :arg found: the collected texts by place, each with the path of the file.
    """

    code: int
    found: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """Everything that was printed."""
        return "".join(
            text.decode("utf-8", "replace") for place in ("stdout", "stderr") for _, text in self.found[place]
        )

    def results(self, *ends: str) -> list[dict[str, Any]]:
        """Returns the results, as callbacks receive them, of tasks that ended with C(ok) or C(failed)."""
        lines = b"".join(data for _path, data in self.found["every callback"]).decode().splitlines()
        events = [json.loads(line) for line in lines]
        names = {f"v2_runner_on_{end}" for end in ends}
        arguments = [argument for name, *received in events if name in names for argument in received]
        return [argument["result"] for argument in arguments if isinstance(argument, dict)]

    def hits(self, canaries: Canaries) -> list[Hit]:
        """Returns the secrets that were found in the collected texts."""
        return [
            Hit(name, place, where, around)
            for place, texts in self.found.items()
            for where, text in texts
            # The path of a file may contain a secret as well.
            for name, around in canaries.found_in(where.encode() + b"\n" + text)
        ]

    def size(self) -> int:
        """Returns the number of bytes that are searched."""
        return sum(len(text) for texts in self.found.values() for _where, text in texts)


class Surroundings:
    """The folder and the environment of runs.

    :arg folder: an empty folder. The input is elsewhere, so everything that is in it afterwards is output.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("home", "cwd", "tmp", "remote", "facts", "junit", "tree", "retry"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def play(self, playbook: str, inventory: Path, manner: Manner, variables: Path, hosts: Sequence[Path] = ()) -> Run:
        """Runs a playbook, by path or by its name in the collection.

        :arg variables: a file with extra variables.
        :arg hosts: folders into which managed hosts write.
        """
        arguments = [*manner.arguments, "-i", str(inventory), "-e", f"@{variables}"]
        if manner.runner:
            command = self._runner(playbook, arguments)
        else:
            command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, *arguments]
        code, texts = self._run(command, manner)
        texts |= {place: list(_files(self.folder / path)) for place, path in LEFT.items()}
        texts["temporary files of hosts"] += [file for folder in hosts for file in _files(folder)]
        return Run(code, texts)

    def _run(self, command: list[str], manner: Manner) -> tuple[int, dict[str, list[tuple[str, bytes]]]]:
        with syslog.Syslog() as log:
            watching = subprocess.Popen(
                [sys.executable, str(HERE / "watch.py"), *(str(self.folder / name) for name in WATCHED)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            try:
                process = subprocess.Popen(
                    [*(log.wrapper if SYSLOG else []), *command],
                    cwd=self.folder / "cwd",
                    env=self._environment(manner),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
                stdout, stderr = _ended(process, manner.interrupt)
            finally:
                watched = json.loads(watching.communicate(b"")[0])
        found = {place: [(where, base64.b64decode(data)) for data, where in texts] for place, texts in watched.items()}
        found |= {"stdout": [("", stdout)], "stderr": [("", stderr)]}
        found["syslog"] = [("", message) for message in log.messages]
        return process.returncode, found

    def _runner(self, playbook: str, arguments: list[str]) -> list[str]:
        """Returns a command for ansible-runner with its default settings, with which it stores more than in AWX."""
        private = self.folder / "runner"
        (private / "project").mkdir(parents=True, exist_ok=True)
        (private / "env").mkdir(exist_ok=True)
        (private / "env" / "settings").write_text(json.dumps({"fact_cache_type": "jsonfile"}))
        options = ["--playbook", playbook, "--ident", "1", f"--cmdline={' '.join(arguments)}"]
        return [sys.executable, "-m", "ansible_runner", "run", str(private), *options]

    def _environment(self, manner: Manner) -> dict[str, str]:
        folder = self.folder
        removed = ("ANSIBLE_", "HW_", "HUAWEICLOUD_", "CLOUD_SDK_", "OS_", "JUNIT_")
        collections = [ROOT / ".collections", *([COLLECTIONS] if COLLECTIONS else [])]
        enabled = ["ansible.builtin.junit", "ansible.builtin.tree", "everything"]
        if COLLECTIONS:
            enabled += ["ansible.posix.profile_tasks", "ansible.posix.timer"]
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(removed)},
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, collections)),
            "ANSIBLE_HOME": str(folder / "home" / ".ansible"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
            "ANSIBLE_ASYNC_DIR": str(folder / "remote" / "async"),
            "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DEBUG": "1" if manner.debug else "0",
            "ANSIBLE_STDOUT_CALLBACK": manner.stdout_callback,
            "ANSIBLE_CALLBACK_RESULT_FORMAT": manner.result_format,
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins" / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": ",".join(enabled),
            # With 1, ansible-runner stores the rendered options of all tasks. This is documented as a limit.
            "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "0" if manner.runner else "1",
            "ANSIBLE_SHOW_TASK_PATH_ON_FAILURE": "1",
            # Older versions do not know these two settings, and always behave like this.
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "ANSIBLE_INJECT_INVOCATION": "1",
            "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            "ANSIBLE_LIBRARY": str(HERE / "plugins" / "library"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
            "ANSIBLE_RETRY_FILES_ENABLED": "1",
            "ANSIBLE_RETRY_FILES_SAVE_PATH": str(folder / "retry"),
            "ANSIBLE_CALLBACK_TREE_DIR": str(folder / "tree"),
            "JUNIT_OUTPUT_DIR": str(folder / "junit"),
            "JUNIT_INCLUDE_SETUP_TASKS_IN_REPORT": "1",
            "HSS_CANARY_FOLDER": str(folder),
            "HSS_CANARY_EVERYTHING": str(folder / "everything.jsonl"),
            **dict(manner.environment),
        }


def _ended(process: subprocess.Popen[bytes], interrupt: tuple[int, float] | None) -> tuple[bytes, bytes]:
    """Returns what a process printed until it ended, or was interrupted."""
    try:
        if interrupt:
            number, after = interrupt
            time.sleep(after)
            # A terminal also sends the signal to all processes in the foreground.
            os.killpg(process.pid, number)
        return process.communicate(timeout=TIMEOUT)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yields the path and the content of a file, or of all files in a folder."""
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
