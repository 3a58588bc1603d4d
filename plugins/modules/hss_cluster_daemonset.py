# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: agent on the nodes of one cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_daemonset
short_description: Manage the Huawei Cloud HSS agent on the nodes of a cluster
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Installs, changes or removes the agent of Host Security Service (HSS) on the nodes of a registered cluster. HSS runs
    the agent with a DaemonSet.
  - If the agent is already installed, only the options that are set are compared and changed.
options:
  state:
    description: Whether the agent is installed.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.daemonset
  - huaweicloud.hss.connection
seealso:
  - module: huaweicloud.hss.hss_cluster_daemonsets
  - module: huaweicloud.hss.hss_cluster_daemonset_info
  - module: huaweicloud.hss.hss_multicloud_cluster
"""

EXAMPLES = r"""
- name: Look up the cluster
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
  delegate_to: localhost
  register: shop

- name: Install the agent with the defaults of HSS, and wait until it runs on all nodes
  huaweicloud.hss.hss_cluster_daemonset:
    cluster_id: "{{ shop.cluster_id }}"
    wait: true
  delegate_to: localhost

- name: Run the agent only on nodes with a label, and limit its resources
  huaweicloud.hss.hss_cluster_daemonset:
    cluster_id: "{{ shop.cluster_id }}"
    runtime_info:
      - runtime_name: containerd_endpoint
        runtime_path: /run/k3s/containerd/containerd.sock
    schedule_info:
      node_selector: [protection=hss]
    resource_info:
      cpu_limit: 500m
      mem_limit: 512Mi
  delegate_to: localhost

- name: Remove the agent before the registration
  huaweicloud.hss.hss_cluster_daemonset:
    cluster_id: "{{ shop.cluster_id }}"
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
cluster_id:
  description: Id of the cluster.
  returned: always
  type: str
  sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
daemonset:
  description:
    - The agent as HSS reports it, with the field names of the API and without its manifest. Null if there is none.
    - In check mode, the values that are known in advance of an agent that would be installed.
  returned: always
  type: dict
  contains:
    installed_status:
      description: Installation status of the agent.
      type: str
      sample: install_success
    ds_info:
      description: Numbers of desired, current and ready pods.
      type: dict
      sample: {desired_num: 3, current_num: 3, ready_num: 3}
    node_num:
      description: Number of nodes in the cluster.
      type: int
      sample: 3
    cluster_status:
      description: Status of the cluster.
      type: str
      sample: Available
    runtime_info:
      description: Container runtimes that the agent monitors.
      type: list
      elements: dict
      sample: [{runtime_name: containerd_endpoint, runtime_path: /run/containerd/containerd.sock}]
    schedule_info:
      description: Nodes on which the agent runs.
      type: dict
      sample: {node_selector: [], pod_tolerances: []}
    resource_info:
      description: Resources that the agent can use.
      type: dict
      sample: {mode: default}
actions:
  description:
    - Actions that were taken, in order. In check mode, actions that would be taken.
    - An action is V(create), V(update) or V(delete).
  returned: always
  type: list
  elements: str
  sample: [create]
progress:
  description: Statuses observed while waiting, each with the seconds until then.
  returned: when the module waited
  type: list
  elements: str
  sample: ["0 s: installing, 0 of 3 ready", "22 s: install_success, 3 of 3 ready"]
failure:
  description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
  returned: failure
  type: dict
  sample: {operation: ShowAgentDaemonsetDetailInfo, outcome: timeout}
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.options import daemonset_spec, wait_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.summary import result


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **daemonset_spec(),
            **wait_spec(),
        }
    )

    def work() -> dict[str, Any]:
        (outcome,) = reconcile(module.session, [module.params], module.params, module.check_mode)
        for text in outcome.warnings:
            module.ansible.warn(text)
        if outcome.error:
            module.fail(outcome.error, **result(outcome))
        return result(outcome)

    module.run(work)


if __name__ == "__main__":
    main()
