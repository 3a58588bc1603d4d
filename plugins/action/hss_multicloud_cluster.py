# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs the module of the task's name, whose options are printed and stored nowhere.

That is not only hss_multicloud_cluster: C(meta/runtime.yml) sends all the modules here that have no other one.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import discreet, warn


class ActionModule(NormalAction):
    """As for a module without an action plugin."""

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        with discreet(self):
            result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.no_log:
            warn(result)
        return result
