# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: quotas of HSS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_quota_info
short_description: Show the quotas of Huawei Cloud HSS that are used and left
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Shows for each edition of Host Security Service (HSS) how many quotas there are, how many of them are used, and how
    many are left.
  - Also shows whether HSS takes a quota by itself when a host with an agent appears.
options:
  version:
    description:
      - Return only the quotas of this edition. V(hss.version.container.enterprise) is container protection.
    type: str
    choices:
      - hss.version.null
      - hss.version.basic
      - hss.version.advanced
      - hss.version.enterprise
      - hss.version.premium
      - hss.version.wtp
      - hss.version.container.enterprise
  charging_mode:
    description: Return only quotas that were bought (V(packet_cycle)), or that are paid for by use (V(on_demand)).
    type: str
    choices: [packet_cycle, on_demand]
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
notes:
  - Quotas belong to an enterprise project. O(enterprise_project_id=all_granted_eps) shows those of all of them.
seealso:
  - module: huaweicloud.hss.hss_cluster_protection
  - module: huaweicloud.hss.hss_host_info
"""

EXAMPLES = r"""
- name: Get the quotas for container protection that were bought
  huaweicloud.hss.hss_quota_info:
    version: hss.version.container.enterprise
    charging_mode: packet_cycle
  delegate_to: localhost
  register: bought

- name: Show how many are left
  ansible.builtin.debug:
    msg: "{{ bought.quotas | sum(attribute='available_num') }} quotas are left"
"""

RETURN = r"""
quotas:
  description: The quotas, with the field names of the API.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: Edition of HSS.
      type: str
      sample: hss.version.container.enterprise
    total_num:
      description: Number of quotas.
      type: int
      sample: 20
    used_num:
      description: Number of quotas that are used.
      type: int
      sample: 8
    available_num:
      description: Number of quotas that are left.
      type: int
      sample: 12
    available_resources_list:
      description: Ids of the quotas that are left.
      type: list
      elements: dict
      sample: [{resource_id: 0b1e9a5c-4ea5-4d08-8bd4-6b1a2f1c9d11, shared_quota: unshared}]
auto_open:
  description:
    - Whether HSS takes a quota by itself when a host with an agent appears, so that protection is open without
      M(huaweicloud.hss.hss_cluster_protection). Null if HSS does not say.
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import CHARGING_MODES, VERSIONS


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "version": {"type": "str", "choices": list(VERSIONS)},
            "charging_mode": {"type": "str", "choices": list(CHARGING_MODES)},
        }
    )

    def work() -> dict[str, Any]:
        version = module.params["version"]
        api = module.session.api()
        rows = api.show_quotas(version, module.params["charging_mode"])
        quotas = [row for row in rows if version in (None, row.get("version"))]
        return {"changed": False, "quotas": quotas, "auto_open": api.show_auto_open_quota()}

    module.run(work)


if __name__ == "__main__":
    main()
