# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: runs a module whose result holds secrets, and hides it from output.

A module cannot do so itself: Ansible drops what it says about its own logging, and where a value is declared a secret,
Ansible replaces it in the result as well, which is then of no use.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import discreet, silent, warn


class HiddenResultAction(ActionBase):
    """Runs the module of its own name where the task runs."""

    _supports_check_mode = True
    # The result of a background task would lie in a file on the host.
    _supports_async = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result. It is shown only if it is a failure, or holds nothing secret."""
        result = super().run(tmp, task_vars)
        with silent(self), discreet(self):
            answer: dict[str, Any] = self._execute_module(task_vars=task_vars)
        self._remove_tmp_path(self._connection._shell.tmpdir)
        if answer.get("failed"):
            # A failure's own words hold no secret. This is what a module printed that did not come that far.
            answer.pop("module_stdout", None)
        elif self.is_secret(answer):
            answer["_ansible_no_log"] = True
            warn(answer)
        return {**result, **answer}

    def is_secret(self, answer: dict[str, Any]) -> bool:
        """Whether a result that is no failure must be hidden. It may be put into its final form here."""
        raise NotImplementedError
