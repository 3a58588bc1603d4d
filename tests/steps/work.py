# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a step: a log, a time limit, and functions that run commands."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
# A cell of the matrix has its own folder.
CACHE = Path(os.environ.get("HSS_CACHE", ROOT / ".cache"))

# Colours and links make a log unreadable.
PLAIN = {"ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1", "PY_COLORS": "0", "TERM": "dumb"}

# In seconds.
STEP_TIMEOUT = 1800

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_stopping = False


class Failed(Exception):
    """The step failed, for the reason in the text."""


class Work:
    """A run of a step."""

    def __init__(self, name: str, pytest_args: list[str], limit: float | None = None) -> None:
        self.name = name
        self.pytest_args = pytest_args
        self.pytest_counts: tuple[int, int] | None = None
        self.note = ""
        self.failure_pattern = ""  # matches the lines of the log that describe the failure; if empty, the last lines do
        # Matches the lines of the log that say what the step is doing; its group is shown while the step runs.
        self.activity_pattern = r"^\$ (.*)"
        self.started = time.monotonic()
        self.log_path = CACHE / "logs" / f"{name}.log"
        self._counts_path = self.log_path.with_suffix(".progress")
        self._deadline = self.started + (limit or float(os.environ.get("HSS_STEP_TIMEOUT", STEP_TIMEOUT)))

    def __enter__(self) -> Work:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._counts_path.unlink(missing_ok=True)
        self._log = self.log_path.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._log.close()
        self._counts_path.unlink(missing_ok=True)

    def activity(self) -> str:
        """Returns what the step is doing: how many tests have run, or the last line of the log that tells it."""
        try:
            done, total, failed = map(int, self._counts_path.read_text().split())
        except FileNotFoundError:
            found = re.findall(self.activity_pattern, self.log_path.read_text(errors="replace"), re.MULTILINE)
            return found[-1] if found else ""
        return f"{done}/{total}" + (f", {failed} failed" if failed else "")

    def say(self, text: str) -> None:
        """Writes a line to the log."""
        self._log.write(f"{text}\n".encode())
        self._log.flush()

    def run(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
        """Runs a command, and writes its output to the log. If it fails or takes too long, the step fails."""
        code = self.exit_code(*command, cwd=cwd, env=env)
        if code:
            raise Failed(f"{Path(command[0]).name} exited {code}")

    def exit_code(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> int:
        """Runs a command like run(), and returns its exit code."""
        arguments = [str(argument) for argument in command]
        self.say(f"$ {' '.join(arguments)}")
        with _lock:
            if _stopping:
                raise Failed("interrupted")
            process = subprocess.Popen(
                arguments,
                cwd=cwd,
                env={**os.environ, **PLAIN, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            _running.add(process)
        try:
            return process.wait(max(self._deadline - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            raise Failed("reached the time limit (HSS_STEP_TIMEOUT, in seconds)") from None
        finally:
            _stop(process)
            with _lock:
                _running.discard(process)

    def pytest(self, *paths: str, env: Mapping[str, str] | None = None) -> None:
        """Runs the tests of folders or files on all cores, and stores the counts of pytest."""
        command = ["python", "-m", "pytest", "-n", "auto", "--dist", "loadgroup", "--durations", "20"]
        try:
            self.run(*command, *paths, *self.pytest_args, env={**(env or {}), "HSS_PROGRESS": str(self._counts_path)})
        finally:
            self._counts_path.unlink(missing_ok=True)
            # "=== 1 failed, 12 passed, 1 skipped in 0.31s ===", or without "===" (-q)
            summary = re.search(r"(\d+ \w+(?:, \d+ \w+)*) in [\d.]+s", "\n".join(self.last_lines(3)))
            if summary:
                self.note = summary[1]
                counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", self.note)}
                broken = sum(counts.get(word, 0) for word in ("failed", "error", "errors"))
                self.pytest_counts = counts.get("passed", 0), broken

    def build_collection(self, place: Path) -> Path:
        """Builds the artefact from a copy of the checkout, and returns its path in the folder.

        `manifest` in galaxy.yml makes Ansible search all files. In the checkout, other steps create and remove some.
        """
        source = place / "source"
        self.copy_checkout(source, lambda _name: True)
        self.run("ansible-galaxy", "collection", "build", "--output-path", place, cwd=source)
        shutil.rmtree(source)
        (artefact,) = place.glob("*.tar.gz")
        return artefact

    def copy_checkout(self, target: Path, wanted: Callable[[str], bool]) -> None:
        """Replaces a folder with the files that git would commit, as far as they are wanted."""
        # In a container, the checkout may belong to another user. The git configuration of the caller is not available.
        git = ["git", "-c", f"safe.directory={ROOT}"]
        listed = subprocess.run(
            [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        shutil.rmtree(target, ignore_errors=True)
        for name in filter(wanted, filter(None, listed.stdout.decode().split("\0"))):
            source, copy = ROOT / name, target / name
            if source.is_symlink() or source.exists():  # git also lists files whose deletion is not committed yet
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copy, follow_symlinks=False)

    def last_lines(self, count: int) -> list[str]:
        """Returns the last lines of the log."""
        return self.log_path.read_text(errors="replace").splitlines()[-count:]

    def excerpt(self, count: int) -> list[str]:
        """Returns the lines of the log that describe a failure."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [line for line in lines if re.search(self.failure_pattern, line)][-count:] or lines[-count:]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stops a command and all processes in its group."""
    for number, grace_period in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            return
        until = time.monotonic() + grace_period
        while time.monotonic() < until and _group_lives(process):
            time.sleep(0.05)


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reaps the leader, or else it counts as a member of the group
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def stop_all() -> None:
    """Stops all commands of all steps, and prevents new ones."""
    global _stopping
    with _lock:
        _stopping = True
        processes = list(_running)
    for process in processes:
        _stop(process)
