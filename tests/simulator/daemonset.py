# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemonset that installs the HSS agent on every node, and its progress, which a client sees by polling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .contract import DAEMONSET_FIELDS
from .settings import Settings

AGENT_VERSION = "3.2.20"


@dataclass
class Daemonset:
    """A daemonset. While the cluster is connected, every poll is a step of its progress."""

    fields: dict[str, Any]
    agent_version: str = AGENT_VERSION
    upgrading: bool = False
    steps: int = 0
    deleted: bool = False
    steps_since_deletion: int = 0
    held_status: str | None = None  # set by a test
    failed_message: str | None = None
    history: list[str] = field(default_factory=list)

    def change(self, fields: dict[str, Any]) -> None:
        """Update it; it is rolled out again."""
        new_version = fields.get("agent_version")
        self.fields = {name: fields[name] for name in DAEMONSET_FIELDS if fields.get(name) is not None}
        self.upgrading = bool(new_version and new_version != self.agent_version)
        self.agent_version = new_version or self.agent_version
        self.steps = 0
        self.deleted = False
        self.history.append("update")

    def delete(self) -> None:
        """Start its deletion."""
        self.deleted = True
        self.steps_since_deletion = 0
        self.history.append("delete")

    def poll(self, connected: bool) -> None:
        """Make a step of progress, which needs a connected cluster."""
        if not connected:
            return
        if self.deleted:
            self.steps_since_deletion += 1
        elif self.held_status is None:
            self.steps += 1

    def gone(self, settings: Settings) -> bool:
        """Whether the deletion is complete, which is at once if no node ever had an agent."""
        return self.deleted and (self.steps == 0 or self.steps_since_deletion > settings.daemonset_removal_polls)

    def numbers(self, settings: Settings) -> dict[str, int]:
        """The numbers of desired, current and ready pods."""
        desired = settings.node_num
        if self.deleted:
            return {"desired_num": desired, "current_num": 0, "ready_num": 0}
        if self.steps >= settings.daemonset_polls and not self._failed:
            return {"desired_num": desired, "current_num": desired, "ready_num": desired}
        ready = desired * self.steps // max(settings.daemonset_polls, 1)
        ready = max(0, min(ready, desired - 1))
        current = min(desired, ready + 1) if self.steps else 0
        return {"desired_num": desired, "current_num": current, "ready_num": ready}

    def installed_status(self, settings: Settings) -> str:
        """The status of the installation."""
        if self.held_status is not None:
            return self.held_status
        done = self.steps >= settings.daemonset_polls and not self.deleted
        if self.upgrading:
            return "upgrade_success" if done else "upgrading"
        return "install_success" if done else "installing"

    def as_dict(self) -> dict[str, Any]:
        """All its values, for tests."""
        return {
            **self.fields,
            "agent_version": self.agent_version,
            "deleted": self.deleted,
            "steps": self.steps,
            "held_status": self.held_status,
            "failed_message": self.failed_message,
            "history": list(self.history),
        }

    @property
    def _failed(self) -> bool:
        return self.held_status in ("install_failed", "partially_success", "upgrade_failed")
