# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs a module of others so that its options and its result are shown nowhere."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import discreet, silent

_SPEC = {
    "module": {"type": "str", "required": True},
    # Ansible would quote what is no dict.
    "options": {"type": "raw", "default": {}},
}


class ActionModule(ActionBase):
    """As Ansible runs a module that has no action plugin."""

    _supports_check_mode = True
    # The result of a background task would lie in a file on the host.
    _supports_async = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(_SPEC)
        if not isinstance(args["options"], dict):
            return {**result, "failed": True, "msg": "options: is not a dictionary of the module's options."}
        # The module then logs nothing on the host. This task object is that of the task's own process.
        self._task.no_log = True
        with silent(self), discreet(self):
            answer: dict[str, Any] = self._execute_module(
                module_name=args["module"], module_args=args["options"], task_vars=task_vars
            )
        # It has the options, and people print what they registered.
        answer.pop("invocation", None)
        return {**result, **answer, "_ansible_no_log": True}
