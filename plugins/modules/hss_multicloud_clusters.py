# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: registration of many multi-cloud clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_clusters
short_description: Register many Kubernetes clusters with Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Does the same as M(huaweicloud.hss.hss_multicloud_cluster) for a list of clusters. It lists the registered clusters
    once and registers several clusters at a time, so that hundreds of clusters take seconds.
  - If a cluster fails, the others are processed all the same. In the end the module fails and names the clusters that
    failed.
options:
  state:
    description: Whether the clusters are registered.
    type: str
    choices: [present, absent]
    default: present
  clusters:
    description:
      - The clusters, with the same options as in M(huaweicloud.hss.hss_multicloud_cluster).
      - Each cluster must be listed once. Entries with the same O(clusters[].cluster_id), the same
        O(clusters[].name), or kubeconfigs with the same server and CA fail, and the others are processed.
    type: list
    elements: dict
    required: true
  concurrency:
    description: Number of clusters that are registered or removed at a time, from 1 to 32.
    type: int
    default: 8
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.cluster.list
  - huaweicloud.hss.connection
seealso:
  - module: huaweicloud.hss.hss_multicloud_cluster
  - module: huaweicloud.hss.kubeconfig_info
"""

EXAMPLES = r"""
- name: Register two clusters
  huaweicloud.hss.hss_multicloud_clusters:
    clusters:
      - name: shop-prod
        provider: aws
        kube_config: "{{ lookup('ansible.builtin.file', 'shop-prod.kubeconfig') }}"
      - name: shop-test
        provider: aws
        kube_config: "{{ lookup('ansible.builtin.file', 'shop-test.kubeconfig') }}"
  delegate_to: localhost

- name: Remove them
  huaweicloud.hss.hss_multicloud_clusters:
    clusters:
      - name: shop-prod
      - name: shop-test
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
results:
  description: Result for each cluster, in the order of O(clusters).
  returned: unless the module failed before any cluster was examined
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
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
      sample: registered, https://shop.example.com:6443, not_connect
    failure:
      description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
      returned: failure
      type: dict
      sample: {error_code: HSS.1002, outcome: rejected}
    status:
      description: Status of the connection between HSS and the cluster; null if it is not registered.
      type: str
      sample: not_connect
    warnings:
      description: Warnings about this cluster.
      type: list
      elements: str
      sample: []
    cluster_id:
      description: Id of the cluster.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster:
      description: The cluster as HSS reports it; null if it is not registered.
      type: dict
      sample: {cluster_name: shop-prod, status: not_connect}
    progress:
      description: Statuses observed while waiting, each with the seconds until then.
      returned: when the module waited
      type: list
      elements: str
      sample: ["0 s: not_connect", "22 s: connect_success"]
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

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import (
    cluster_spec,
    policy_spec,
    wait_spec,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.summary import entry
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.batch import check_concurrency
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import (
    combined_warnings,
    failure_summary,
    list_result,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "clusters": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {**cluster_spec(), **policy_spec(defaults=False)},
                "required_one_of": [("name", "cluster_id")],
            },
            "concurrency": {"type": "int", "default": 8},
            **policy_spec(),
            **wait_spec(),
        },
    )

    def work() -> dict[str, Any]:
        params = module.params
        check_concurrency(params["concurrency"])
        outcomes = reconcile(module.session, params["clusters"], params, module.check_mode, params["concurrency"])
        for text in combined_warnings(outcomes):
            module.ansible.warn(text)
        result = list_result([entry(outcome, module.check_mode) for outcome in outcomes])
        if any(outcome.error for outcome in outcomes):
            module.ansible.fail_json(msg=failure_summary("clusters failed", outcomes, "results"), **result)
        return result

    module.run(work)


if __name__ == "__main__":
    main()
