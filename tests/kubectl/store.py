# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the stand-in's cluster: its objects and its settings, as JSON in a folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTINGS: dict[str, Any] = {
    # The version of kubectl, which its messages depend on.
    "kubectl": "1.29",
    # The version of the API server.
    "version": "v1.29.4",
    # Rights that the account does not have: verb and resource, such as "create deployments.apps"; * is any.
    "denied": [],
    # How every command fails: refused, timeout, unknown, certificate, unauthorized; None if it does not fail.
    "unreachable": None,
    # Namespaces whose deletion never ends.
    "stuck": [],
    # Seconds until a deleted namespace is removed, and until a token is made.
    "delay": 0.3,
    # Commands that fail: command (such as get or apply), stderr, times, and optionally text that must be in the input.
    "faults": [],
    # Warnings that the API server sends with every object that is applied, by kind.
    "warnings": {},
    # Whether a webhook of the cluster does not support dry run.
    "no_dry_run": False,
    # Whether the pods of workloads run; otherwise their number, conditions, pods and events, see `control.py`.
    "pods": {"run": True},
    # The control address of the HSS simulator and its CA, for the connection agent.
    "hss": None,
}


class Store:
    """The folder with the state."""

    def __init__(self, folder: Path) -> None:
        self._objects_file = folder / "objects.json"
        self._settings_file = folder / "settings.json"
        self._lock_file = folder / "lock"
        self.objects: list[dict[str, Any]] = []
        self.settings = dict(SETTINGS)
        self.next_version = 1

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """Lock and read the state; write the changed objects at the end."""
        with self._lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._objects_file.exists():
                stored = json.loads(self._objects_file.read_text())
                self.objects, self.next_version = stored["objects"], stored["next_version"]
            if self._settings_file.exists():
                self.settings = {**SETTINGS, **json.loads(self._settings_file.read_text())}
            yield self
            stored = {"objects": self.objects, "next_version": self.next_version}
            self._objects_file.write_text(json.dumps(stored))

    def take_fault(self, command: str, stdin: str) -> str | None:
        """The error of a command that is to fail now; None if it is not. The store must be open."""
        for fault in self.settings["faults"]:
            if fault["times"] > 0 and fault["command"] == command and fault.get("text", "") in stdin:
                fault["times"] -= 1
                self._settings_file.write_text(json.dumps(self.settings))
                return str(fault["stderr"])
        return None

    def configure(self, **settings: Any) -> None:
        """Change settings."""
        if unknown := settings.keys() - SETTINGS.keys():
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        with self.opened():
            self._settings_file.write_text(json.dumps({**self.settings, **settings}))
