# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: action plugins whose tasks are stages of a role or a playbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

# Takes the variables of the task, and returns a part of its result.
Stage = Callable[[dict[str, Any]], dict[str, Any]]


def stage_of(action: ActionBase, stages: Mapping[str, Stage], user: str) -> Stage:
    """Return the stage that the task names.

    :arg user: what the stages are made for, such as C(the playbook audit).
    :raises AnsibleActionFail: if there is no such stage.
    """
    stage = stages.get(str(action._task.args.get("stage")))
    if stage is None:
        name = str(action._task.action).rpartition(".")[2]
        raise AnsibleActionFail(f"{name} is a part of {user} and of no use outside of it.")
    return stage
