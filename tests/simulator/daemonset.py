# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemonset that puts the HSS agent on every node: its life, which a client sees only by looking again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .contract import DAEMONSET_FIELDS
from .settings import Settings

AGENT_VERSION = "3.2.20"


@dataclass
class Daemonset:
    """One daemonset. Every look at it, connected, is a step of its progress."""

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
        """An update: it rolls out again."""
        new_version = fields.get("agent_version")
        self.fields = {name: fields[name] for name in DAEMONSET_FIELDS if fields.get(name) is not None}
        self.upgrading = bool(new_version and new_version != self.agent_version)
        self.agent_version = new_version or self.agent_version
        self.steps = 0
        self.deleted = False
        self.history.append("update")

    def delete(self) -> None:
        """A deletion: it takes a while."""
        self.deleted = True
        self.steps_since_deletion = 0
        self.history.append("delete")

    def look(self, connected: bool) -> None:
        """Time passes for a daemonset only through the tunnel, and only when somebody looks."""
        if not connected:
            return
        if self.deleted:
            self.steps_since_deletion += 1
        elif self.held_status is None:
            self.steps += 1

    def gone(self, settings: Settings) -> bool:
        """Whether a deletion is through. One that never reached a node has nothing to take away."""
        return self.deleted and (self.steps == 0 or self.steps_since_deletion > settings.daemonset_removal_polls)

    def numbers(self, settings: Settings) -> dict[str, int]:
        """Desired, current and ready pods."""
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
        """How far the installation is."""
        if self.held_status is not None:
            return self.held_status
        done = self.steps >= settings.daemonset_polls and not self.deleted
        if self.upgrading:
            return "upgrade_success" if done else "upgrading"
        return "install_success" if done else "installing"

    def as_dict(self) -> dict[str, Any]:
        """Everything about it, for tests."""
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
