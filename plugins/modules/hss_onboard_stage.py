# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin hss_onboard_stage, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_onboard_stage
short_description: Run a stage of the role hss_onboard
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - This is a part of the role P(huaweicloud.hss.hss_onboard#role) and of no use outside of it.
  - It runs on the control node, in the process of Ansible itself. Only what a stage does on a host runs there.
options:
  stage:
    description: The stage to run.
    type: str
    required: true
    choices: [read, register, images, agent, agent_retry, protect, report]
  rotate:
    description: Whether to send renewed kubeconfigs only, and to register and remove nothing.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Use the role instead
  ansible.builtin.import_role:
    name: huaweicloud.hss.hss_onboard
"""

RETURN = r"""
"""
