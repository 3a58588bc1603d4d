# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs the module of the same name, and puts the registry's password into the commands."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import COMMANDS, with_password
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.hidden_result import HiddenResultAction


class ActionModule(HiddenResultAction):
    """The module cannot do that itself: Ansible would put asterisks where the password is in its result."""

    def is_secret(self, result: dict[str, Any]) -> bool:
        options = self._task.args
        if boolean(options.get("show_commands", False)):
            return False
        username = str(options.get("image_repo_username", options.get("username")))
        password = str(options.get("image_repo_password"))
        result.update((name, with_password(str(result.get(name) or ""), username, password)) for name in COMMANDS)
        return True
