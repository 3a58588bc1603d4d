# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs the module of the same name and hides the commands where they hold the registry's password."""

from __future__ import annotations

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import unseal
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.hidden_result import HiddenResultAction


class ActionModule(HiddenResultAction):
    """The commands arrive sealed if they hold the password."""

    def is_secret(self, answer: dict[str, Any]) -> bool:
        sealed = answer.pop("sealed", None)
        answer.update((name, unseal(text)) for name, text in (sealed or {}).items())
        return sealed is not None
