# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that a task names, and a task that names none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.stages import stage_of


def action(**arguments):
    return SimpleNamespace(_task=SimpleNamespace(args=arguments, action="huaweicloud.hss.hss_audit_stage"))


def test_a_stage_is_found_by_its_name():
    stages = {"read": dict, "audit": dict.copy}
    assert stage_of(action(stage="audit"), stages, "the playbook audit") is dict.copy


@pytest.mark.parametrize("arguments", [{}, {"stage": "write"}, {"stage": ["read"]}])
def test_a_task_of_somebody_else_is_told_what_the_plugin_is_for(arguments):
    message = r"^hss_audit_stage is a part of the playbook audit and of no use outside of it\.$"
    with pytest.raises(AnsibleActionFail, match=message):
        stage_of(action(**arguments), {"read": dict}, "the playbook audit")
