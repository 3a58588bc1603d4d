# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of ansible-playbook, or of ansible-runner as AWX uses it, all of whose output is kept and searched."""

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
# `./dev test-canary` sets it; where that put ansible.posix.
COLLECTIONS = Path(os.environ["HSS_CANARY_COLLECTIONS"]) if "HSS_CANARY_COLLECTIONS" in os.environ else None
SYSLOG = syslog.available()

ARGUMENTS, ENVIRONMENT, EXPOSED = "arguments", "environment", "files others can read"
# Each is a folder below the one of the run, or a file in it.
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
# Where Ansible itself puts files while it runs; the others are there because somebody wanted them.
WATCHED = ("tmp", "remote", "home", "cwd")
PLACES = ("stdout", "stderr", "syslog", ARGUMENTS, ENVIRONMENT, EXPOSED, *LEFT)


@dataclass(frozen=True)
class Manner:
    """How a playbook is run, beside what is in it."""

    arguments: tuple[str, ...] = ("-vvvvvv", "--diff")
    debug: bool = True
    stdout_callback: str = "ansible.builtin.default"
    result_format: str = "json"
    runner: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    # A signal after so many seconds.
    interrupt: tuple[int, float] | None = None

    def __str__(self) -> str:
        words = ["runner" if self.runner else self.stdout_callback.rpartition(".")[2], *self.arguments]
        return "-".join(
            [*words, *(["debug"] if self.debug else []), *([self.result_format] * (self.result_format == "yaml"))]
        )


@dataclass
class Run:
    """The end of a run."""

    code: int
    found: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """Everything printed."""
        return "".join(
            text.decode("utf-8", "replace") for place in ("stdout", "stderr") for _, text in self.found[place]
        )

    def results(self, *ends: str) -> list[dict[str, Any]]:
        """What callbacks were told of tasks that ended so: C(ok), C(failed)."""
        lines = b"".join(data for _path, data in self.found["every callback"]).decode().splitlines()
        events = [json.loads(line) for line in lines]
        wanted = {f"v2_runner_on_{end}" for end in ends}
        return [one["result"] for name, *told in events if name in wanted for one in told if isinstance(one, dict)]

    def hits(self, canaries: Canaries) -> list[Hit]:
        """The secrets that came out."""
        return [
            Hit(name, place, where, around)
            for place, texts in self.found.items()
            for where, text in texts
            # What the file is called may tell it too.
            for name, around in canaries.found_in(where.encode() + b"\n" + text)
        ]

    def size(self) -> int:
        """How many bytes were searched."""
        return sum(len(text) for texts in self.found.values() for _where, text in texts)


class Surroundings:
    """Where runs take place.

    :arg folder: empty; what goes in comes from elsewhere, so that all that is here afterwards came out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("home", "cwd", "tmp", "remote", "facts", "junit", "tree", "retry"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def play(self, playbook: str, inventory: Path, manner: Manner, variables: Path, hosts: Sequence[Path] = ()) -> Run:
        """Runs a playbook, by path or by its name in the collection.

        :arg variables: a file for all hosts and tasks.
        :arg hosts: folders that managed hosts write into.
        """
        arguments = [*manner.arguments, "-i", str(inventory), "-e", f"@{variables}"]
        if manner.runner:
            command = self._runner(playbook, arguments)
        else:
            command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, *arguments]
        code, texts = self._run(command, manner)
        texts |= {place: list(_files(self.folder / path)) for place, path in LEFT.items()}
        texts["temporary files of hosts"] += [one for folder in hosts for one in _files(folder)]
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
                saw = json.loads(watching.communicate(b"")[0])
        found = {place: [(where, base64.b64decode(data)) for data, where in seen] for place, seen in saw.items()}
        found |= {"stdout": [("", stdout)], "stderr": [("", stderr)], "syslog": [("", one) for one in log.messages]}
        return process.returncode, found

    def _runner(self, playbook: str, arguments: list[str]) -> list[str]:
        """ansible-runner with its defaults, which keep more than AWX does."""
        private = self.folder / "runner"
        (private / "project").mkdir(parents=True, exist_ok=True)
        (private / "env").mkdir(exist_ok=True)
        (private / "env" / "settings").write_text(json.dumps({"fact_cache_type": "jsonfile"}))
        words = ["run", str(private), "--playbook", playbook, "--ident", "1", f"--cmdline={' '.join(arguments)}"]
        return [sys.executable, "-m", "ansible_runner", *words]

    def _environment(self, manner: Manner) -> dict[str, str]:
        folder = self.folder
        strangers = ("ANSIBLE_", "HW_", "HUAWEICLOUD_", "CLOUD_SDK_", "OS_", "JUNIT_")
        collections = [ROOT / ".collections", *([COLLECTIONS] if COLLECTIONS else [])]
        enabled = ["ansible.builtin.junit", "ansible.builtin.tree", "everything"]
        if COLLECTIONS:
            enabled += ["ansible.posix.profile_tasks", "ansible.posix.timer"]
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(strangers)},
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
            # ansible-runner would store rendered options; what the user chooses so is not kept from him.
            "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "0" if manner.runner else "1",
            "ANSIBLE_SHOW_TASK_PATH_ON_FAILURE": "1",
            # Unknown to older ones, which do both anyway.
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
    """What a process printed until its end, whichever end that was."""
    try:
        if interrupt:
            number, after = interrupt
            time.sleep(after)
            # As the terminal does it: to everybody in the foreground.
            os.killpg(process.pid, number)
        return process.communicate(timeout=TIMEOUT)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _files(place: Path) -> Iterator[tuple[str, bytes]]:
    """The names of the files in a folder, or of the one, with what is in them. A name can tell something too."""
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
