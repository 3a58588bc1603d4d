# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: what HSS knows of the agents on the nodes of clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_daemonset_info
short_description: List what protects the nodes of clusters in Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Lists the clusters that HSS knows, all pages of them, with the state of the agents on their nodes and the reason of
    a failure. Clusters without an agent are among them.
  - Filters are applied together; a cluster is returned if it passes all of them.
options:
  cluster_id:
    description:
      - Return the cluster of this id alone. If it has an agent, its runtimes and nodes are returned as well.
    type: str
  type:
    description:
      - Return clusters of this provider alone. V(cce) is Huawei Cloud's own Cloud Container Engine.
    type: str
    choices: [cce, ali, tencent, azure, aws, self_built_hw, self_built_idc]
  access_status:
    description: Return clusters alone that HSS is connected to, or that it is not connected to.
    type: bool
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
attributes:
  diff_mode:
    support: none
    description: Changes nothing, so there is no difference to show.
notes:
  - HSS wants the region in a header of its calls, so O(region) is needed beside O(endpoint), too.
seealso:
  - module: huaweicloud.hss.hss_cluster_daemonset
  - module: huaweicloud.hss.hss_multicloud_cluster_info
"""

EXAMPLES = r"""
- name: See how far HSS is on the nodes of the clusters that it is connected to
  huaweicloud.hss.hss_cluster_daemonset_info:
    access_status: true
  delegate_to: localhost
  register: agents

- name: Name the clusters that are not protected as they should be
  ansible.builtin.debug:
    msg: "{{ item.cluster_name }}, {{ item.combined_status }}. {{ item.failed_message | default('', true) }}"
  loop: "{{ agents.daemonsets | rejectattr('combined_status', '==', 'running') }}"
  loop_control:
    label: "{{ item.cluster_id }}"
"""

RETURN = r"""
daemonsets:
  description: The clusters with their agents, by the API's names.
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
      description: Who provides it.
      type: str
      sample: aws
    access_status:
      description: State of HSS's connection to it.
      type: str
      sample: connect_success
    installed_status:
      description: How far HSS is with the agent; V(none) if there is none.
      type: str
      sample: install_success
    combined_status:
      description: Both in one. V(accessing), V(access_error), V(running), V(run_error), V(upgrading), V(upgrade_error).
      type: str
      sample: running
    failed_message:
      description: HSS's reason, if something failed.
      type: str
      sample: ""
    agent_version:
      description: Version of the agent.
      type: str
      sample: 3.2.20
    latest_version:
      description: Whether that is the latest.
      type: bool
      sample: true
    node_num:
      description: How many nodes the cluster has.
      type: int
      sample: 3
    ds_info:
      description: How many pods there are to be, are, and are ready.
      type: dict
      sample: {desired_num: 3, current_num: 3, ready_num: 3}
    resource_info:
      description: What the agent may use.
      type: dict
      sample: {mode: default}
    runtime_info:
      description: The container runtimes that it watches.
      returned: if O(cluster_id) is given and there is an agent
      type: list
      elements: dict
      sample: [{runtime_name: containerd_endpoint, runtime_path: /run/containerd/containerd.sock}]
    schedule_info:
      description: Which nodes it is put on.
      returned: if O(cluster_id) is given and there is an agent
      type: dict
      sample: {node_selector: [], pod_tolerances: []}
"""

from typing import Any

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
