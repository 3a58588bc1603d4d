# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin hidden_module, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hidden_module
short_description: Run a module without showing its options and its result
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - With C(ANSIBLE_DEBUG=1), Ansible prints the options and the result of every module, even with C(no_log). Without
    pipelining, it also writes the options to a file on the host. This action runs a module without any of that.
  - It is made for the login to a registry, with the password on the standard input of a command.
options:
  module:
    description:
      - Name of the module, such as V(ansible.builtin.command).
      - If the module has an action plugin, the plugin is not used. Modules that depend on it, such as
        C(ansible.builtin.copy), do not work.
    type: str
    required: true
  options:
    description: Options of the module.
    type: dict
    default: {}
extends_documentation_fragment:
  - huaweicloud.hss.attributes
attributes:
  check_mode:
    support: partial
    description: Depends on the module that is run.
  diff_mode:
    support: none
    description: A difference would be shown.
  action_group:
    support: none
    description: Does not connect to HSS, so it needs no connection options.
    membership: []
  action:
    support: full
    description: An action plugin runs the module.
  async:
    support: none
    description: The result would be stored in a file.
notes:
  - With ansible-core 2.19 and later, the message of a failure is shown all the same. If it may contain a secret, use
    C(failed_when=false) and check the registered result.
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
