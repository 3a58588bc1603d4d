# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs the module of the same name and hides the manifests, which hold the connection agent's token."""

from __future__ import annotations

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.hidden_result import HiddenResultAction


class ActionModule(HiddenResultAction):
    """Hide results with manifests. The addresses of the agents are not secret."""

    def is_secret(self, result: dict[str, Any]) -> bool:
        return "manifests" in result or "clusters" in result
