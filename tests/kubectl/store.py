# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in's cluster remembers: its objects and its settings, as JSON in a folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTINGS: dict[str, Any] = {
    # Version of kubectl, whose words differ.
    "kubectl": "1.29",
    # Version of the API server.
    "version": "v1.29.4",
    # What the account may not do: verb and resource, such as "create deployments.apps"; * is any.
    "denied": [],
    # How kubectl fails if the API server does not answer: refused, timeout, unknown, certificate, unauthorized.
    "unreachable": None,
    # Namespaces that never go away once they are deleted.
    "stuck": [],
    # Seconds that a namespace takes to go away, and a token to come.
    "delay": 0.3,
    # The control address of the HSS simulator and its CA, for the connection agent.
    "hss": None,
}


class Store:
    """The folder; nobody else reads or writes it meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._objects_file = folder / "objects.json"
        self._settings_file = folder / "settings.json"
        self._lock_file = folder / "lock"
        self.objects: list[dict[str, Any]] = []
        self.settings = dict(SETTINGS)
        self.next_version = 1

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """What is changed inside is kept."""
        with self._lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._objects_file.exists():
                kept = json.loads(self._objects_file.read_text())
                self.objects, self.next_version = kept["objects"], kept["next_version"]
            if self._settings_file.exists():
                self.settings = {**SETTINGS, **json.loads(self._settings_file.read_text())}
            yield self
            kept = {"objects": self.objects, "next_version": self.next_version}
            self._objects_file.write_text(json.dumps(kept))

    def configure(self, **settings: Any) -> None:
        """Change settings."""
        if unknown := settings.keys() - SETTINGS.keys():
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        with self.opened():
            self._settings_file.write_text(json.dumps({**self.settings, **settings}))
