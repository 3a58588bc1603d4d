# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: list of the registered multi-cloud clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_cluster_info
short_description: List the Kubernetes clusters registered with Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Lists the registered multi-cloud clusters, from all pages, with the number of days until their credentials expire.
  - If several filters are set, a cluster is returned only if it matches all of them. An empty list matches no cluster.
options:
  cluster_id:
    description: Return only the cluster with this id.
    type: str
  name:
    description: Return only clusters with these names.
    type: list
    elements: str
  provider:
    description: Return only clusters of these providers.
    type: list
    elements: str
    choices: [ali, tencent, azure, aws, self_built_hw, self_built_idc]
  status:
    description: Return only clusters with these connection statuses.
    type: list
    elements: str
    choices: [not_connect, connect_success, connect_fail, connect_disruption]
  expires_within_days:
    description:
      - Return only clusters whose credential has expired, or expires within this number of days.
      - The earlier of the two dates in HSS counts. Clusters without a date are not returned.
    type: int
  include:
    description:
      - Additional information to request from HSS, with one more request for each cluster.
      - V(permissions) is the list of what HSS may and may not do in the cluster, with its advice. V(daemonset) is the
        node agent.
    type: list
    elements: str
    choices: [permissions, daemonset]
    default: []
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
seealso:
  - module: huaweicloud.hss.hss_multicloud_cluster
"""

EXAMPLES = r"""
- name: Find the clusters whose credentials expire within a month
  huaweicloud.hss.hss_multicloud_cluster_info:
    expires_within_days: 30
  delegate_to: localhost
  register: expiring

- name: Show these clusters
  ansible.builtin.debug:
    msg: "{{ item.cluster_name }} has {{ item.days_left }} days left"
  loop: "{{ expiring.clusters }}"
  loop_control:
    label: "{{ item.cluster_name }}"

- name: Get the permissions of HSS in the clusters to which it is connected
  huaweicloud.hss.hss_multicloud_cluster_info:
    status: [connect_success]
    include: [permissions]
  delegate_to: localhost
"""

RETURN = r"""
clusters:
  description: The clusters, with the field names of the API and dates in epoch milliseconds.
  returned: success
  type: list
  elements: dict
  contains:
    cluster_id:
      description: Id of the cluster.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster_name:
      description: Name of the cluster.
      type: str
      sample: shop-prod
    provider:
      description: Provider of the cluster.
      type: str
      sample: aws
    server:
      description: Address of the API server.
      type: str
      sample: https://shop.example.com:6443
    status:
      description: Status of the connection between HSS and the cluster.
      type: str
      sample: connect_success
    days_left:
      description:
        - Whole days until the earlier of the two dates. Negative if the date has passed, null if there is no date.
      type: int
      sample: 364
    permissions:
      description: What HSS may and may not do in the cluster. Null if HSS could not report it.
      returned: if requested with O(include)
      type: list
      elements: dict
      sample: [{resources: pods, function: container check, is_authed: false, advice: grant get and list}]
    daemonset:
      description: The node agent. Null if there is none, or if HSS could not report it.
      returned: if requested with O(include)
      type: dict
      sample: {installed_status: install_success, ds_info: {desired_num: 3, current_num: 3, ready_num: 3}}
"""

import time
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.filters import require_id, selects_nothing
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.listing import (
    include_details,
    list_registrations,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import PROVIDERS, STATUSES
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "cluster_id": {"type": "str"},
            "name": {"type": "list", "elements": "str"},
            "provider": {"type": "list", "elements": "str", "choices": list(PROVIDERS)},
            "status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
            "expires_within_days": {"type": "int"},
            "include": {
                "type": "list",
                "elements": "str",
                "choices": ["permissions", "daemonset"],
                "default": [],
            },
        }
    )

    def work() -> dict[str, Any]:
        require_id(module.params)
        if selects_nothing(module.params):
            return {"changed": False, "clusters": []}
        api = module.session.api()
        clusters = list_registrations(api, module.params, int(time.time() * 1000))
        include_details(api, clusters, module.params["include"], module.ansible.warn)
        return {"changed": False, "clusters": clusters}

    module.run(work)


if __name__ == "__main__":
    main()
