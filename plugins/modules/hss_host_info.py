# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: list of the hosts that HSS knows."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_host_info
short_description: List the hosts in Huawei Cloud HSS, with their agents and their protection
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Lists the hosts that Host Security Service (HSS) knows, from all pages. The nodes of a cluster are hosts.
  - If several filters are set, a host is returned only if it matches all of them. An empty list matches no host.
options:
  cluster_id:
    description: Return only the hosts that HSS lists under this cluster.
    type: str
  name:
    description: Return only hosts with these names. Case does not matter.
    type: list
    elements: str
  private_ip:
    description: Return only hosts with these private addresses.
    type: list
    elements: str
  agent_status:
    description: Return only hosts whose agent has one of these statuses.
    type: list
    elements: str
    choices: [installed, not_installed, online, offline, install_failed, installing]
  protect_status:
    description: Return only hosts whose protection has one of these statuses.
    type: list
    elements: str
    choices: [closed, opened, protection_exception]
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
notes:
  - Whether HSS lists the nodes of multi-cloud clusters under their cluster is not documented. If it does not, find them
    with O(name) or O(private_ip).
  - HSS requires the region in a header of its requests, so O(region) is needed even if O(endpoint) is set.
seealso:
  - module: huaweicloud.hss.hss_cluster_protection
  - module: huaweicloud.hss.hss_quota_info
"""

EXAMPLES = r"""
- name: List the hosts whose protection is closed or does not work
  huaweicloud.hss.hss_host_info:
    protect_status: [closed, protection_exception]
  delegate_to: localhost
  register: unprotected

- name: Show these hosts
  ansible.builtin.debug:
    msg: "{{ item.host_name }} of {{ item.cluster_name }}: agent {{ item.agent_status }}, {{ item.protect_status }}"
  loop: "{{ unprotected.hosts }}"
  loop_control:
    label: "{{ item.host_id }}"
"""

RETURN = r"""
hosts:
  description: The hosts, with all fields that HSS returns, under the field names of the API.
  returned: success
  type: list
  elements: dict
  contains:
    host_id:
      description: Id of the host.
      type: str
      sample: 7a2f0d4b-0f4e-4f0e-9a52-5a6ad3d0a7f1
    host_name:
      description: Name of the host.
      type: str
      sample: worker-1
    private_ip:
      description: Private address.
      type: str
      sample: 192.0.2.11
    cluster_id:
      description: Id of the cluster under which HSS lists the host.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster_name:
      description: Name of the cluster.
      type: str
      sample: shop-prod
    agent_status:
      description: Status of the agent.
      type: str
      sample: online
    agent_version:
      description: Version of the agent.
      type: str
      sample: 3.2.20
    install_result_code:
      description: Result of the installation of the agent.
      type: str
      sample: install_succeed
    version:
      description: Edition of HSS that protects the host. V(hss.version.null) means none.
      type: str
      sample: hss.version.container.enterprise
    protect_status:
      description: Status of protection.
      type: str
      sample: opened
    protect_interrupt:
      description: Whether protection is interrupted; RV(hosts[].interrupt_reason) says why.
      type: bool
      sample: false
    interrupt_reason:
      description: Reason of an interruption.
      type: str
      sample: ""
    protect_degradation:
      description: Whether protection is degraded; RV(hosts[].degradation_reason) says why.
      type: bool
      sample: false
    degradation_reason:
      description: Reason of a degradation.
      type: str
      sample: ""
    charging_mode:
      description: What pays for protection, V(packet_cycle) or V(on_demand).
      type: str
      sample: packet_cycle
    resource_id:
      description: Id of the quota that is taken.
      type: str
      sample: 0b1e9a5c-4ea5-4d08-8bd4-6b1a2f1c9d11
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.filters import (
    check_filters,
    filtered,
    list_filtered,
    selects_nothing,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import (
    AGENT_STATUSES,
    PROTECT_STATUSES,
)


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "cluster_id": {"type": "str"},
            "name": {"type": "list", "elements": "str"},
            "private_ip": {"type": "list", "elements": "str"},
            "agent_status": {"type": "list", "elements": "str", "choices": list(AGENT_STATUSES)},
            "protect_status": {"type": "list", "elements": "str", "choices": list(PROTECT_STATUSES)},
        }
    )

    def work() -> dict[str, Any]:
        check_filters(module.params)
        if selects_nothing(module.params):
            return {"changed": False, "hosts": []}
        api = module.session.api()
        api.require_region()
        return {"changed": False, "hosts": filtered(list_filtered(api, module.params), module.params)}

    module.run(work)


if __name__ == "__main__":
    main()
