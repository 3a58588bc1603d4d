# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step gets to work with: a log, a time limit, and a way to run commands that outlive neither."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
# A cell of the matrix has a folder of its own.
CACHE = Path(os.environ.get("HSS_CACHE", ROOT / ".cache"))

# Colours and links would only be noise in a log.
PLAIN = {"ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1", "PY_COLORS": "0", "TERM": "dumb"}

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_stopping = False


class Failed(Exception):
    """The step did not pass; the text says why in a few words."""


class Work:
    """One run of one step."""

    def __init__(self, name: str, pytest_args: list[str], limit: float | None = None) -> None:
        self.name = name
        self.pytest_args = pytest_args
        self.pytest_counts: tuple[int, int] | None = None
        self.note = ""
        self.telling = ""  # a pattern for the lines of the log that say what failed, if its end does not
        self.log_path = CACHE / "logs" / f"{name}.log"
        self._deadline = time.monotonic() + (limit or float(os.environ.get("HSS_STEP_TIMEOUT", "3000")))

    def __enter__(self) -> Work:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._log = self.log_path.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._log.close()

    def say(self, text: str) -> None:
        """Write a line of our own into the log."""
        self._log.write(f"{text}\n".encode())
        self._log.flush()

    def run(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
        """Run a command into the log; a non-zero exit, or the step's time limit, fails the step."""
        code = self.exit_code(*command, cwd=cwd, env=env)
        if code:
            raise Failed(f"{Path(command[0]).name} exited {code}")

    def exit_code(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> int:
        """The same, for a caller that knows what the exit codes mean."""
        words = [str(word) for word in command]
        self.say(f"$ {' '.join(words)}")
        with _lock:
            if _stopping:
                raise Failed("interrupted")
            process = subprocess.Popen(
                words,
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
            raise Failed("took too long (HSS_STEP_TIMEOUT seconds is the limit)") from None
        finally:
            _stop(process)
            with _lock:
                _running.discard(process)

    def pytest(self, *paths: str, env: Mapping[str, str] | None = None) -> None:
        """Run the tests of folders or files on all cores and keep pytest's own count."""
        try:
            self.run("python", "-m", "pytest", "-n", "auto", *paths, *self.pytest_args, env=env)
        finally:
            # "=== 1 failed, 12 passed, 1 skipped in 0.31s ===", or the same without the frame (-q)
            summary = re.search(r"(\d+ \w+(?:, \d+ \w+)*) in [\d.]+s", "\n".join(self.last_lines(3)))
            if summary:
                self.note = summary[1]
                counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", self.note)}
                broken = sum(counts.get(word, 0) for word in ("failed", "error", "errors"))
                self.pytest_counts = counts.get("passed", 0), broken

    def last_lines(self, count: int) -> list[str]:
        """The end of the log."""
        return self.log_path.read_text(errors="replace").splitlines()[-count:]

    def excerpt(self, count: int) -> list[str]:
        """What of the log is worth a look after a failure."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [line for line in lines if re.search(self.telling, line)][-count:] or lines[-count:]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it left behind in its process group."""
    for kind, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, kind)
        except (ProcessLookupError, PermissionError):
            return
        until = time.monotonic() + patience
        while time.monotonic() < until and _group_lives(process):
            time.sleep(0.05)


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reaps the leader, which otherwise counts as a member
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def stop_all() -> None:
    """End every command of every step, and start no more."""
    global _stopping
    with _lock:
        _stopping = True
        processes = list(_running)
    for process in processes:
        _stop(process)
