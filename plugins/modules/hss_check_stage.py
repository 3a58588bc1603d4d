# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin hss_check_stage, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_check_stage
short_description: Run a stage of the playbook check
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - This is a part of the playbook C(huaweicloud.hss.check) and of no use outside of it.
  - It runs on the control node, in the process of Ansible itself, and changes nothing.
options:
  stage:
    description: The stage to run.
    type: str
    required: true
    choices: [host, connection, verdict]
  not_ok:
    description: The names that the stage V(connection) returned.
    type: list
    elements: str
"""

EXAMPLES = r"""
# Use the playbook instead: ansible-playbook huaweicloud.hss.check
- name: Run a stage as the playbook does
  huaweicloud.hss.hss_check_stage:
    stage: connection
"""

RETURN = r"""
"""
