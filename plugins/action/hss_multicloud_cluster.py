# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs the module of the task without printing or storing its options.

C(meta/runtime.yml) redirects all modules here that have no action plugin of their own, not only hss_multicloud_cluster.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubeconfig_options import (
    with_kubeconfigs_as_text,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    module_options_hidden,
    show_warnings,
)


class ActionModule(NormalAction):
    """Run a module as Ansible runs a module without an action plugin."""

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module."""
        self._task.args = with_kubeconfigs_as_text(self._task.args)
        with module_options_hidden(self):
            result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.no_log:
            show_warnings(result)
        return result
