# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: agents on the nodes of many clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_daemonsets
short_description: Manage the Huawei Cloud HSS agents on the nodes of many clusters
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Does the same as M(huaweicloud.hss.hss_cluster_daemonset) for a list of clusters. It lists the clusters once, sends
    several requests at a time, and waits for all clusters together.
  - If a cluster fails, the others are processed all the same. In the end the module fails and names the clusters that
    failed.
options:
  state:
    description: Whether the agents are installed.
    type: str
    choices: [present, absent]
    default: present
  daemonsets:
    description:
      - The agents, with the same options as in M(huaweicloud.hss.hss_cluster_daemonset).
      - Each cluster must be listed once. Entries with the same cluster fail, the others are processed.
    type: list
    elements: dict
    required: true
  concurrency:
    description: Number of clusters that are processed at a time, from 1 to 32.
    type: int
    default: 8
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.daemonset.list
  - huaweicloud.hss.connection
seealso:
  - module: huaweicloud.hss.hss_cluster_daemonset
  - module: huaweicloud.hss.hss_cluster_daemonset_info
"""

EXAMPLES = r"""
- name: Find the clusters to which HSS is connected
  huaweicloud.hss.hss_multicloud_cluster_info:
    status: [connect_success]
  delegate_to: localhost
  register: connected

- name: Install the agents on the nodes of all of them, and wait until they run
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
  description: Result for each cluster, in the order of O(daemonsets).
  returned: unless the module failed before any cluster was examined
  type: list
  elements: dict
  contains:
    cluster_id:
      description: Id of the cluster.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster_name:
      description: Name with which the cluster is registered; null if it is not known.
      type: str
      sample: shop-prod
    changed:
      description: Whether something was changed, or would be in check mode.
      type: bool
      sample: true
    failed:
      description: Whether this cluster failed.
      type: bool
      sample: false
    msg:
      description: Summary of the result, or the reason for the failure.
      type: str
      sample: installed, install_success, 3 of 3 ready
    failure:
      description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
      returned: failure
      type: dict
      sample: {operation: ShowAgentDaemonsetDetailInfo, outcome: timeout}
    status:
      description: Installation status of the agent; null if there is none.
      type: str
      sample: install_success
    daemonset:
      description: The agent as HSS reports it, as in M(huaweicloud.hss.hss_cluster_daemonset).
      type: dict
      sample: {installed_status: install_success, ds_info: {desired_num: 3, current_num: 3, ready_num: 3}}
    warnings:
      description: Warnings about this cluster.
      type: list
      elements: str
      sample: []
    progress:
      description: Statuses observed while waiting, each with the seconds until then.
      returned: when the module waited
      type: list
      elements: str
      sample: ["0 s: installing, 0 of 3 ready", "22 s: install_success, 3 of 3 ready"]
    actions:
      description: Actions that were taken, in order. In check mode, actions that would be taken.
      type: list
      elements: str
      sample: [create]
failure:
  description: Reason why no cluster could be examined, as in M(huaweicloud.hss.hss_multicloud_cluster).
  returned: if no cluster could be examined
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
