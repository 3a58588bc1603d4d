# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: list of the agents on the nodes of clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_daemonset_info
short_description: List the Huawei Cloud HSS agents on the nodes of clusters
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Lists all clusters that HSS knows, from all pages, with the status of the agent on their nodes and the reason for a
    failure. Clusters without an agent are included.
  - If several filters are set, a cluster is returned only if it matches all of them.
options:
  cluster_id:
    description:
      - Return only the cluster with this id. If it has an agent, its runtimes and nodes are returned as well.
    type: str
  type:
    description:
      - Return only clusters of this provider. V(cce) is Cloud Container Engine of Huawei Cloud.
    type: str
    choices: [cce, ali, tencent, azure, aws, self_built_hw, self_built_idc]
  access_status:
    description: Return only clusters to which HSS is connected (V(true)) or not connected (V(false)).
    type: bool
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
notes:
  - HSS requires the region in a header of its requests, so O(region) is needed even if O(endpoint) is set.
seealso:
  - module: huaweicloud.hss.hss_cluster_daemonset
  - module: huaweicloud.hss.hss_multicloud_cluster_info
"""

EXAMPLES = r"""
- name: Get the status of the agents in the clusters to which HSS is connected
  huaweicloud.hss.hss_cluster_daemonset_info:
    access_status: true
  delegate_to: localhost
  register: agents

- name: Show the clusters whose agents do not run as they should
  ansible.builtin.debug:
    msg: "{{ item.cluster_name }}, {{ item.combined_status }}. {{ item.failed_message | default('', true) }}"
  loop: "{{ agents.daemonsets | rejectattr('combined_status', '==', 'running') }}"
  loop_control:
    label: "{{ item.cluster_id }}"
"""

RETURN = r"""
daemonsets:
  description: The clusters with their agents, with the field names of the API.
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
    cluster_type:
      description: Provider of the cluster.
      type: str
      sample: aws
    access_status:
      description: Status of the connection between HSS and the cluster.
      type: str
      sample: connect_success
    installed_status:
      description: Installation status of the agent; V(none) if there is none.
      type: str
      sample: install_success
    combined_status:
      description:
        - Combination of both statuses, which is V(accessing), V(access_error), V(running), V(run_error), V(upgrading)
          or V(upgrade_error).
      type: str
      sample: running
    failed_message:
      description: Reason that HSS gives for a failure.
      type: str
      sample: ""
    agent_version:
      description: Version of the agent.
      type: str
      sample: 3.2.20
    latest_version:
      description: Whether this is the latest version.
      type: bool
      sample: true
    node_num:
      description: Number of nodes in the cluster.
      type: int
      sample: 3
    ds_info:
      description: Numbers of desired, current and ready pods.
      type: dict
      sample: {desired_num: 3, current_num: 3, ready_num: 3}
    resource_info:
      description: Resources that the agent can use.
      type: dict
      sample: {mode: default}
    runtime_info:
      description: Container runtimes that the agent monitors.
      returned: if O(cluster_id) is set and there is an agent
      type: list
      elements: dict
      sample: [{runtime_name: containerd_endpoint, runtime_path: /run/containerd/containerd.sock}]
    schedule_info:
      description: Nodes on which the agent runs.
      returned: if O(cluster_id) is set and there is an agent
      type: dict
      sample: {node_selector: [], pod_tolerances: []}
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.filters import require_id
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import PROVIDERS
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.summary import returned_fields


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "cluster_id": {"type": "str"},
            "type": {"type": "str", "choices": ["cce", *PROVIDERS]},
            "access_status": {"type": "bool"},
        }
    )

    def work() -> dict[str, Any]:
        require_id(module.params)
        cluster_id = module.params["cluster_id"]
        api = module.session.api()
        api.require_region()
        rows = api.list_daemonsets(module.params["type"], module.params["access_status"])
        if cluster_id is not None:
            rows = [row for row in rows if row["cluster_id"] == cluster_id]
            rows = [{**row, **(returned_fields(api.show_daemonset(cluster_id)) or {})} for row in rows]
        return {"changed": False, "daemonsets": rows}

    module.run(work)


if __name__ == "__main__":
    main()
