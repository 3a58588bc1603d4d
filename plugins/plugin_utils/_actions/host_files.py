# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: runs a command that reads files on a host."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.environment import (
    task_environment,
    with_file_environment,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import command_output_hidden
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.time_limit import time_limit

_SECONDS = 120


def run_reading_command(action: ActionBase, command: str) -> dict[str, Any]:
    """Run a command with the task's C(HOME) and C(PATH), and hide its output.

    :raises LimitExceeded: if the host does not answer in time, or sends too much.
    """
    with command_output_hidden(action), time_limit(_SECONDS):
        return dict(action._low_level_execute_command(with_file_environment(command, task_environment(action))))
