# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: the agent on the nodes of one cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_daemonset
short_description: Have Huawei Cloud HSS protect the nodes of a cluster
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Has HSS install its agent on the nodes of a registered cluster with a DaemonSet, change it, or remove it.
  - Of an agent that is installed, only what is given is compared and changed.
options:
  state:
    description: Whether the agent is to be installed.
    type: str
    choices: [present, absent]
    default: present
  cluster_id:
    description:
      - Id of the cluster. With O(state=present) it must be registered, and HSS connected to it.
      - With O(state=absent), a cluster that is not registered has no agent.
    type: str
    required: true
  cluster_name:
    description: Name that HSS is told. By default the name that the cluster is registered by.
    type: str
  auto_upgrade:
    description:
      - Whether HSS is to upgrade the agent by itself.
      - By default V(true), and V(false) if O(agent_version) is given, which would not last otherwise.
    type: bool
  runtime_info:
    description:
      - The container runtimes on the nodes, in any order.
      - By default those of HSS's template, and for an agent that is installed those that it has.
    type: list
    elements: dict
    suboptions:
      runtime_name:
        description: Kind of runtime.
        type: str
        required: true
        choices: [containerd_endpoint, docker_endpoint, crio_endpoint, isulad_endpoint, podman_endpoint]
      runtime_path:
        description: Path of its socket. By default the one that it has, or that in HSS's template.
        type: str
  schedule_info:
    description:
      - Which nodes the agent is put on.
      - What is not given comes from HSS's template, and for an agent that is installed stays as it is.
    type: dict
    suboptions:
      node_selector:
        description: Labels that a node must have, in any order. An empty list is every node.
        type: list
        elements: str
      pod_tolerances:
        description: Taints that keep the agent off no node, in any order.
        type: list
        elements: str
  resource_info:
    description: What the agent may use on a node. By default HSS decides, and what is installed stays as it is.
    type: dict
    suboptions:
      mode:
        description: By default V(customized), if a limit is given.
        type: str
        choices: [default, customized, adaptive]
      cpu_limit:
        description: The most it may use of the CPU, such as V(500m).
        type: str
      mem_limit:
        description: The most it may use of memory, such as V(512Mi).
        type: str
  agent_version:
    description:
      - Version of the agent. By default the one that HSS chooses.
      - A new agent is installed first, and then changed to it.
    type: str
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
- name: Look the cluster up
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
  delegate_to: localhost
  register: shop

- name: Protect its nodes as HSS proposes, and wait until all of them are
  huaweicloud.hss.hss_cluster_daemonset:
    cluster_id: "{{ shop.cluster_id }}"
    wait: true
  delegate_to: localhost

- name: Leave the nodes without the label out, and limit what the agent uses on the others
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
    - The agent as HSS shows it, by the API's names, without its manifest. Null if there is none.
    - In check mode, where it would be installed, what is known of it beforehand.
  returned: always
  type: dict
  contains:
    installed_status:
      description: How far HSS is with it.
      type: str
      sample: install_success
    ds_info:
      description: How many pods there are to be, are, and are ready.
      type: dict
      sample: {desired_num: 3, current_num: 3, ready_num: 3}
    node_num:
      description: How many nodes the cluster has.
      type: int
      sample: 3
    cluster_status:
      description: State of the cluster.
      type: str
      sample: Available
    runtime_info:
      description: The container runtimes that it watches.
      type: list
      elements: dict
      sample: [{runtime_name: containerd_endpoint, runtime_path: /run/containerd/containerd.sock}]
    schedule_info:
      description: Which nodes it is put on.
      type: dict
      sample: {node_selector: [], pod_tolerances: []}
    resource_info:
      description: What it may use.
      type: dict
      sample: {mode: default}
actions:
  description: What was done, in order; in check mode, what would be done. Of V(create), V(update) and V(delete).
  returned: always
  type: list
  elements: str
  sample: [create]
progress:
  description: What waiting has seen, with the seconds until then.
  returned: if it was waited for
  type: list
  elements: str
  sample: ["0 s: installing, 0 of 3 ready", "22 s: install_success, 3 of 3 ready"]
failure:
  description: Why it failed, for programs, as in M(huaweicloud.hss.hss_multicloud_cluster).
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
