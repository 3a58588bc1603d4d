# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs any module without showing its options and its result."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.options import validated_options
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    command_output_hidden,
    module_options_hidden,
)

_SPEC = {
    "module": {"type": "str", "required": True},
    # Checked in run(), since Ansible would quote a value that is not a dictionary.
    "options": {"type": "raw", "default": {}},
}


class ActionModule(ActionBase):
    """Run a module as Ansible runs a module without an action plugin."""

    _supports_check_mode = True
    # The result of a background task would be stored in a file on the host.
    _supports_async = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module."""
        result = super().run(tmp, task_vars)
        args = validated_options(self, _SPEC)
        if not isinstance(args["options"], dict):
            return {**result, "failed": True, "msg": "options: must be a dictionary with the options of the module."}
        # Prevents the module from logging its options on the host. Only the process of this task uses the task object.
        self._task.no_log = True
        with command_output_hidden(self), module_options_hidden(self):
            module_result: dict[str, Any] = self._execute_module(
                module_name=args["module"], module_args=args["options"], task_vars=task_vars
            )
        # It contains the options, and a registered result may be printed.
        module_result.pop("invocation", None)
        return {**result, **module_result, "_ansible_no_log": True}
