# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state folder of a stand-alone simulator: who lives there, and how to make it leave."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from .tls import CA_FILE, SERVER_FILE

# All begin with the same word, so that nothing of somebody else's is ever removed.
_FILES = ("simulator.json", "simulator.json.new", "simulator.log", CA_FILE, SERVER_FILE)
_LOCK = "simulator.lock"
_POLL = 0.02


class Busy(Exception):
    """Another simulator lives in the folder."""


class Residence:
    """One folder. A lock on a file in it says that somebody lives there.

    The lock ends with the process, however that ends, so an old process id is never mistaken for a simulator.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._lock: int | None = None
        self._made_folder = False

    @property
    def log_file(self) -> Path:
        """What a daemon says."""
        return self._folder / "simulator.log"

    def enter(self) -> None:
        """Move in; Busy if somebody is there."""
        self._made_folder = not self._folder.exists()
        lock = self._lock_made_folder()
        if lock is None:
            where = (self.facts() or {}).get("endpoint", "an unknown port")
            raise Busy(f"one runs in {self._folder} already, on {where}; end it with --stop")
        self._lock = lock
        # Left by one that was killed; the folder it made is then ours to remove.
        self._made_folder = self._made_folder or bool((self.facts() or {}).get("made_folder"))
        self._remove_files()

    def publish(self, facts: dict[str, Any]) -> None:
        """Write simulator.json, whole or not at all, for the owner's eyes."""
        new = self._folder / "simulator.json.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump({**facts, "made_folder": self._made_folder}, stream, indent=2)
            stream.write("\n")
        new.replace(self._folder / "simulator.json")

    def facts(self) -> dict[str, Any] | None:
        """What simulator.json says, if it is there."""
        try:
            facts = json.loads((self._folder / "simulator.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None

    def leave(self) -> None:
        """Move out, leaving nothing behind."""
        if self._lock is not None:
            self._clean()
            os.close(self._lock)
            self._lock = None

    def stop(self, timeout: float = 15.0) -> bool:
        """Make whoever lives here leave, wait until they have, and clean up; False if they do not go."""
        if not self._folder.is_dir():
            return True
        deadline = time.monotonic() + timeout
        asked = 0
        while True:
            try:
                lock = self._try_lock()
            except FileNotFoundError:
                return True  # they took the folder with them
            if lock is not None:
                break
            now = time.monotonic()
            if now > deadline + 5.0:
                return False
            pid = (self.facts() or {}).get("pid")
            # Somebody holds the lock, so the process id is theirs. One who does not listen is not asked a third time.
            if isinstance(pid, int) and (asked == 0 or (asked == 1 and now > deadline)):
                self._signal(pid, signal.SIGTERM if asked == 0 else signal.SIGKILL)
                asked += 1
            time.sleep(_POLL)
        self._lock = lock
        self._made_folder = bool((self.facts() or {}).get("made_folder"))
        self.leave()
        return True

    def _lock_made_folder(self) -> int | None:
        while True:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return self._try_lock()
            except FileNotFoundError:
                self._made_folder = True  # the one before left just now, and took the folder with them

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
                pass  # somebody put something there
