# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin hidden_module, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hidden_module
short_description: Run a module so that its options and its result are shown nowhere
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - With C(ANSIBLE_DEBUG=1) Ansible prints the options and the result of every module, C(no_log) or not, and writes the
    options into a file on the host unless it pipelines. This runs a module without any of that.
  - Made for the login to a registry, with a password on a command's standard input.
options:
  module:
    description:
      - Name of the module, such as V(ansible.builtin.command).
      - Its action plugin, if it has one, is not used, without which C(ansible.builtin.copy) and the like do not work.
    type: str
    required: true
  options:
    description: Its options.
    type: dict
    default: {}
extends_documentation_fragment:
  - huaweicloud.hss.attributes
attributes:
  check_mode:
    support: partial
    description: As the module does.
  diff_mode:
    support: none
    description: A difference would be shown.
  action_group:
    support: none
    description: Does not talk to HSS, so it needs no connection options.
    membership: []
  action:
    support: full
    description: An action plugin runs the module.
  async:
    support: none
    description: The result would lie in a file.
notes:
  - From ansible-core 2.19 on, the message of a failure is shown all the same. Where it may hold a secret, use
    C(failed_when=false) and look at the registered result.
"""

EXAMPLES = r"""
- name: Log in to the registry
  huaweicloud.hss.hidden_module:
    module: ansible.builtin.command
    options:
      argv: [skopeo, login, --authfile=/run/hss/auth.json, --username=robot, --password-stdin, registry.example.com]
      stdin: "{{ registry_password }}"
  register: logged_in
  failed_when: false
"""

RETURN = r"""
"""
