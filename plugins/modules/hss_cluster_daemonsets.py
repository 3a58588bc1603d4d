# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: the agents on the nodes of many clusters at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_daemonsets
short_description: Have Huawei Cloud HSS protect the nodes of many clusters
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Does for a list of clusters what M(huaweicloud.hss.hss_cluster_daemonset) does for one, with one listing for all,
    several requests at a time, and waiting for all together.
  - A cluster that fails does not keep the others from being done; the module fails in the end and says which.
options:
  state:
    description: Whether the agents are to be installed.
    type: str
    choices: [present, absent]
    default: present
  daemonsets:
    description:
      - The agents. See M(huaweicloud.hss.hss_cluster_daemonset) for the fields.
      - Each cluster must be given once.
    type: list
    elements: dict
    required: true
    suboptions:
      cluster_id:
        description: Id of the cluster.
        type: str
        required: true
      cluster_name:
        description: Name that HSS is told. By default the name that the cluster is registered by.
        type: str
      auto_upgrade:
        description:
          - Whether HSS is to upgrade the agent by itself.
          - By default V(true), and V(false) if O(daemonsets[].agent_version) is given, which would not last otherwise.
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
  concurrency:
    description: How many clusters HSS is asked about at a time, from 1 to 32.
    type: int
    default: 8
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.daemonset
  - huaweicloud.hss.connection
seealso:
  - module: huaweicloud.hss.hss_cluster_daemonset
  - module: huaweicloud.hss.hss_cluster_daemonset_info
"""

EXAMPLES = r"""
- name: Find the clusters that HSS is connected to
  huaweicloud.hss.hss_multicloud_cluster_info:
    status: [connect_success]
  delegate_to: localhost
  register: connected

- name: Protect the nodes of all of them, and wait until they are
  huaweicloud.hss.hss_cluster_daemonsets:
    daemonsets: "{{ dict(ids | zip(names)) | dict2items('cluster_id', 'cluster_name') }}"
    wait: true
  vars:
    ids: "{{ connected.clusters | map(attribute='cluster_id') | list }}"
    names: "{{ connected.clusters | map(attribute='cluster_name') | list }}"
  delegate_to: localhost

- name: Remove the agents
  huaweicloud.hss.hss_cluster_daemonsets:
    daemonsets: "{{ dict(ids | zip(names)) | dict2items('cluster_id', 'cluster_name') }}"
    state: absent
  vars:
    ids: "{{ connected.clusters | map(attribute='cluster_id') | list }}"
    names: "{{ connected.clusters | map(attribute='cluster_name') | list }}"
  delegate_to: localhost
"""

RETURN = r"""
results:
  description: What became of each, in the order of O(daemonsets).
  returned: unless nothing could be looked at at all
  type: list
  elements: dict
  contains:
    cluster_id:
      description: Id of the cluster.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster_name:
      description: Name that it is registered by; null if that is not known.
      type: str
      sample: shop-prod
    changed:
      description: Whether something was done, or would be in check mode.
      type: bool
      sample: true
    failed:
      description: Whether this cluster failed.
      type: bool
      sample: false
    msg:
      description: What became of it in words, or why it failed.
      type: str
      sample: installed, install_success, 3 of 3 ready
    failure:
      description: Why it failed, for programs, as in M(huaweicloud.hss.hss_multicloud_cluster).
      returned: failure
      type: dict
      sample: {operation: ShowAgentDaemonsetDetailInfo, outcome: timeout}
    status:
      description: How far HSS is with it; null if none is installed.
      type: str
      sample: install_success
    daemonset:
      description: The agent as HSS shows it, as in M(huaweicloud.hss.hss_cluster_daemonset).
      type: dict
      sample: {installed_status: install_success, ds_info: {desired_num: 3, current_num: 3, ready_num: 3}}
    warnings:
      description: What to be aware of.
      type: list
      elements: str
      sample: []
    progress:
      description: What waiting has seen, with the seconds until then.
      returned: if it was waited for
      type: list
      elements: str
      sample: ["0 s: installing, 0 of 3 ready", "22 s: install_success, 3 of 3 ready"]
    actions:
      description: What was done, in order; in check mode, what would be done.
      type: list
      elements: str
      sample: [create]
failure:
  description: Why nothing could be done at all, as in M(huaweicloud.hss.hss_multicloud_cluster).
  returned: if no cluster could be looked at
  type: dict
  sample: {error_code: APIGW.0301, http_status: 401, outcome: rejected}
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import failure_summary, list_result
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.options import daemonset_spec, wait_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.summary import entry


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "daemonsets": {"type": "list", "elements": "dict", "required": True, "options": daemonset_spec()},
            "concurrency": {"type": "int", "default": 8},
            **wait_spec(),
        }
    )

    def work() -> dict[str, Any]:
        params = module.params
        outcomes = reconcile(module.session, params["daemonsets"], params, module.check_mode, params["concurrency"])
        for outcome in outcomes:
            for text in outcome.warnings:
                module.ansible.warn(text)
        result = list_result([entry(outcome, module.check_mode) for outcome in outcomes])
        if any(outcome.error for outcome in outcomes):
            module.ansible.fail_json(msg=failure_summary("node agents failed", outcomes, "results"), **result)
        return result

    module.run(work)


if __name__ == "__main__":
    main()
