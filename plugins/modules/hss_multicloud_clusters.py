# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: many multi-cloud clusters of HSS at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_clusters
short_description: Register many Kubernetes clusters with Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Does for a list of clusters what M(huaweicloud.hss.hss_multicloud_cluster) does for one, with one listing for all
    and several registrations at a time. Hundreds of clusters take seconds.
  - A cluster that fails does not keep the others from being done; the module fails in the end and says which.
options:
  state:
    description: Whether the clusters are to be registered.
    type: str
    choices: [present, absent]
    default: present
  clusters:
    description:
      - The clusters. See M(huaweicloud.hss.hss_multicloud_cluster) for the fields.
      - Each must be given once.
    type: list
    elements: dict
    required: true
    suboptions:
      cluster_id:
        description: Id that HSS gave to a registered cluster.
        type: str
      name:
        description: Name of the cluster. Identifies it, if O(clusters[].cluster_id) is not given.
        type: str
      provider:
        description: Who provides the cluster.
        type: str
        choices: [ali, tencent, azure, aws, self_built_hw, self_built_idc]
      server:
        description: Address of the API server as HSS can reach it. By default the one in the kubeconfig.
        type: str
      image_repo:
        description: Address of the private registry that the cluster pulls the agent's images from.
        type: str
      image_repo_username:
        description: User name for the registry.
        type: str
      image_repo_password:
        description: Password for the registry.
        type: str
      organization:
        description: Organization or project in the registry.
        type: str
      image_repo_type:
        description: Kind of the registry.
        type: str
        choices: [harbor, quay, jfrog, other]
      current_expiration_date:
        description: Until when HSS is to use the credential, in epoch milliseconds.
        type: int
      certificate_expiration_date:
        description: When the credential in the kubeconfig ends, in epoch milliseconds. By default read from it.
        type: int
      kube_config:
        description: Text of the kubeconfig. Needed to register, not to look up or remove.
        type: str
        aliases: [kubeconfig]
      image_arch:
        description: Architecture of the agent's images.
        type: str
        choices: [x86, arm]
      anp_proxy:
        description: Address of a proxy for the connection agent.
        type: str
      hostguard_proxy:
        description: Address of a proxy for the node agent.
        type: str
      container_name:
        description: Name of the container.
        type: str
      dns_policy:
        description: DNS policy of the agent's pods.
        type: str
        choices: [default, clusterfirst, clusterfirstwithhostnet, none]
      dns_config:
        description: IP addresses of the name servers. Goes with O(clusters[].dns_policy=none) alone.
        type: list
        elements: str
      kube_config_context:
        description: Context in the kubeconfig to use. By default its C(current-context).
        type: str
      kube_config_tls_server_name:
        description: Name to expect in the API server's certificate, where it is not the host of the server.
        type: str
      kube_config_allow_insecure:
        description: As O(kube_config_allow_insecure), for this cluster.
        type: bool
      expiry_warning_days:
        description: As O(expiry_warning_days), for this cluster.
        type: int
      update_kube_config:
        description: As O(update_kube_config), for this cluster.
        type: str
        choices: [on_change, always, on_create]
      on_drift:
        description: As O(on_drift), for this cluster.
        type: str
        choices: [fail, warn, recreate]
      upgrade:
        description: As O(upgrade), for this cluster.
        type: bool
  concurrency:
    description: How many clusters are registered or removed at a time, from 1 to 32.
    type: int
    default: 8
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.policy
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
  description:
    - What became of each cluster, in the order of O(clusters).
  returned: unless nothing could be looked at at all
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
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
      sample: registered, https://shop.example.com:6443, not_connect
    failure:
      description: Why it failed, for programs, as in M(huaweicloud.hss.hss_multicloud_cluster).
      returned: failure
      type: dict
      sample: {error_code: HSS.1002, outcome: rejected}
    status:
      description: State of HSS's connection to the cluster; null if it is not registered.
      type: str
      sample: not_connect
    warnings:
      description: What to be aware of.
      type: list
      elements: str
      sample: []
    cluster_id:
      description: Id of the cluster.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster:
      description: The cluster as HSS lists it; null if it is not registered.
      type: dict
      sample: {cluster_name: shop-prod, status: not_connect}
    progress:
      description: What waiting has seen, each status with the seconds until then.
      returned: if it was waited for
      type: list
      elements: str
      sample: ["0 s: not_connect", "22 s: connect_success"]
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
