# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state folder of a stand-alone simulator: its files, its lock, and how to stop the simulator that uses it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from .tls import CA_FILE, SERVER_FILE

# Only these files are ever removed from the folder.
_FILES = ("simulator.json", "simulator.json.new", "simulator.log", CA_FILE, SERVER_FILE)
_LOCK = "simulator.lock"
_POLL = 0.02


class AlreadyRunning(Exception):
    """Another simulator uses the folder."""


class StateDir:
    """A folder. A simulator that uses it holds a lock on a file in it.

    The lock ends with the process, however that ends, so that an old process id is never taken for a simulator.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._lock: int | None = None
        self._made_folder = False

    @property
    def log_file(self) -> Path:
        """The output of a daemon."""
        return self._folder / "simulator.log"

    def acquire(self) -> None:
        """Take the folder; raises AlreadyRunning if another simulator uses it."""
        self._made_folder = not self._folder.exists()
        lock = self._lock_made_folder()
        if lock is None:
            where = (self.facts() or {}).get("endpoint", "an unknown port")
            raise AlreadyRunning(f"a simulator runs in {self._folder} already, on {where}; stop it with --stop")
        self._lock = lock
        # The files of a simulator that was killed. If it had made the folder, this one removes it.
        self._made_folder = self._made_folder or bool((self.facts() or {}).get("made_folder"))
        self._remove_files()

    def publish(self, facts: dict[str, Any]) -> None:
        """Write simulator.json atomically, readable for the owner only."""
        new = self._folder / "simulator.json.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump({**facts, "made_folder": self._made_folder}, stream, indent=2)
            stream.write("\n")
        new.replace(self._folder / "simulator.json")

    def facts(self) -> dict[str, Any] | None:
        """The content of simulator.json, or None."""
        try:
            facts = json.loads((self._folder / "simulator.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None

    def release(self) -> None:
        """Remove the files and release the lock."""
        if self._lock is not None:
            self._clean()
            os.close(self._lock)
            self._lock = None

    def stop(self, timeout: float = 15.0) -> bool:
        """Stop the simulator that uses the folder, wait for its end, and clean up; False if it does not end."""
        if not self._folder.is_dir():
            return True
        deadline = time.monotonic() + timeout
        signals_sent = 0
        while True:
            try:
                lock = self._try_lock()
            except FileNotFoundError:
                return True  # it has removed the folder
            if lock is not None:
                break
            now = time.monotonic()
            if now > deadline + 5.0:
                return False
            pid = (self.facts() or {}).get("pid")
            # The lock is held, so the process id is that of its holder. SIGTERM first, SIGKILL after the timeout.
            if isinstance(pid, int) and (signals_sent == 0 or (signals_sent == 1 and now > deadline)):
                self._signal(pid, signal.SIGTERM if signals_sent == 0 else signal.SIGKILL)
                signals_sent += 1
            time.sleep(_POLL)
        self._lock = lock
        self._made_folder = bool((self.facts() or {}).get("made_folder"))
        self.release()
        return True

    def _lock_made_folder(self) -> int | None:
        while True:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return self._try_lock()
            except FileNotFoundError:
                self._made_folder = True  # the previous simulator has just ended and removed the folder

    def _try_lock(self) -> int | None:
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    @staticmethod
    def _signal(pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def _remove_files(self) -> None:
        for name in _FILES:
            (self._folder / name).unlink(missing_ok=True)

    def _clean(self) -> None:
        self._remove_files()
        (self._folder / _LOCK).unlink(missing_ok=True)
        if self._made_folder:
            try:
                self._folder.rmdir()
            except OSError:
                pass  # it holds other files
