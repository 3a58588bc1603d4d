# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: base class of the action plugins that run a module and hide its result.

A module cannot hide its own result: Ansible ignores what a module says about logging. If a value is declared secret,
Ansible replaces it in the result as well, which is then of no use.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    command_output_hidden,
    module_options_hidden,
    show_warnings,
)


class HiddenResultAction(ActionBase):
    """Action plugin that runs the module of the same name on the host of the task."""

    _supports_check_mode = True
    # The result of a background task would be stored in a file on the host.
    _supports_async = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module. Its result is hidden unless it is a failure or contains no secret."""
        result = super().run(tmp, task_vars)
        with command_output_hidden(self), module_options_hidden(self):
            module_result: dict[str, Any] = self._execute_module(task_vars=task_vars)
        self._remove_tmp_path(self._connection._shell.tmpdir)
        if module_result.get("failed"):
            # The message of a failure contains no secret, but the output of a module that crashed may.
            module_result.pop("module_stdout", None)
        elif self.is_secret(module_result):
            module_result["_ansible_no_log"] = True
            show_warnings(module_result)
        return {**result, **module_result}

    def is_secret(self, result: dict[str, Any]) -> bool:
        """Return whether a successful result must be hidden. The method can also complete the result."""
        raise NotImplementedError
