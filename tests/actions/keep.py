# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action for playbooks of tests: writes results into a file of this machine, for C(json.loads) in the test.

Unlike ansible.builtin.copy, it starts no processes, on which a test with many hosts would spend most of its time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Writes C(content) to C(dest)."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Writes the file, also in check mode."""
        dest = Path(self._task.args["dest"])
        dest.touch(mode=0o600)
        dest.write_text(self._task.args["content"])
        return {"changed": False}
