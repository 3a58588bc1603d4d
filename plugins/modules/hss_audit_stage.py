# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin hss_audit_stage, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_audit_stage
short_description: Run a stage of the playbook audit
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - This is a part of the playbook C(huaweicloud.hss.audit) and of no use outside of it.
  - It runs on the control node, in the process of Ansible itself, and changes nothing but the files of the report.
options:
  stage:
    description: The stage to run.
    type: str
    required: true
    choices: [read, audit]
  hosts:
    description: Names of the hosts that the audit compares with the registrations.
    type: list
    elements: str
"""

EXAMPLES = r"""
# Use the playbook instead: ansible-playbook huaweicloud.hss.audit
- name: Run a stage as the playbook does
  huaweicloud.hss.hss_audit_stage:
    stage: audit
"""

RETURN = r"""
"""
