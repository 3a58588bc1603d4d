# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: registration of one multi-cloud cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_cluster
short_description: Register a Kubernetes cluster with Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Registers any Kubernetes cluster with Host Security Service (HSS) as a multi-cloud cluster, updates the
    registration, or removes it.
  - A renewed kubeconfig is sent again. If the cluster is registered and nothing differs, nothing is changed.
  - A cluster is never registered twice, even if the network fails.
  - The kubeconfig is checked before anything is sent. If HSS could not log in with it, it is refused with the reason.
options:
  state:
    description: Whether the cluster is registered.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.cluster
  - huaweicloud.hss.connection
notes:
  - HSS does not return O(image_repo_username), O(image_repo_password), O(organization), O(image_repo_type),
    O(image_arch), O(anp_proxy), O(hostguard_proxy), O(container_name), O(dns_policy) and O(dns_config). The module does
    not notice that one of them has changed for a registered cluster. To apply such a change, remove the registration
    and register the cluster again.
  - HSS can only change the kubeconfig and its dates; see O(on_drift) for the other fields.
  - If the response to a registration is lost, the module lists the clusters for about 15 seconds to find out whether
    the cluster was registered. If this gives no answer, it fails with RV(failure.outcome=unknown). It is then safe to
    run it again.
  - If two runs register the same name at the same time, one registration remains.
seealso:
  - module: huaweicloud.hss.hss_multicloud_clusters
  - module: huaweicloud.hss.kubeconfig_info
  - name: HSS API, creating a multi-cloud cluster
    description: The documentation of the API request that this module sends.
    link: https://support.huaweicloud.com/api-hss2.0/CreateMultiCloudClusters.html
"""

EXAMPLES = r"""
- name: Register a cluster, with the credential from HW_ACCESS_KEY, HW_SECRET_KEY and HW_REGION_NAME
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
    provider: aws
    kube_config: "{{ lookup('ansible.builtin.file', 'shop-prod.kubeconfig') }}"
  delegate_to: localhost

- name: Register a k3s cluster with an address that HSS can reach and images from a private registry
  huaweicloud.hss.hss_multicloud_cluster:
    name: edge-7
    provider: self_built_idc
    server: edge-7.example.com
    kube_config: "{{ lookup('ansible.builtin.file', 'edge-7.kubeconfig') }}"
    image_repo: registry.example.com
    image_repo_type: harbor
    image_repo_username: hss
    image_repo_password: "{{ registry_password }}"
    organization: security
    dns_policy: none
    dns_config: [192.0.2.53, 192.0.2.54]
  delegate_to: localhost

- name: Send the kubeconfig if it was renewed, and warn if the cluster has another address
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
    kube_config: "{{ lookup('ansible.builtin.file', 'shop-prod.kubeconfig') }}"
    on_drift: warn
    update_kube_config: on_change
  delegate_to: localhost

- name: Remove a registration
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
cluster_id:
  description: Id of the cluster. Null if it is not registered, and in check mode if it would be registered.
  returned: always
  type: str
  sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
cluster:
  description:
    - The cluster as HSS reports it, with the field names of the API and dates in epoch milliseconds. Null if it is not
      registered.
    - In check mode, the values that are known in advance of a cluster that would be registered.
  returned: success
  type: dict
  sample:
    cluster_id: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    cluster_name: shop-prod
    provider: aws
    server: https://shop.example.com:6443
    image_repo: ""
    status: not_connect
    version: ""
    current_expiration_date: 1814079596667
    certificate_expiration_date: 1814079596667
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
  sample: ["0 s: not_connect", "22 s: connect_success"]
failure:
  description: Cause of the failure in machine-readable form.
  returned: failure
  type: dict
  contains:
    operation:
      description: Name that the API gives to the request that failed; null if none was sent.
      type: str
      sample: CreateMultiCloudClusters
    http_status:
      description: HTTP status of the response.
      type: int
      sample: 400
    error_code:
      description: Error code of HSS, its gateway or IAM.
      type: str
      sample: HSS.1002
    error_msg:
      description: Error message of the service, without secrets.
      type: str
      sample: quota insufficient
    request_id:
      description: Id of the request, which the support of the vendor asks for.
      type: str
      sample: 3f1d0c7be1d34d0d9c0b3c8a4d7ac0de
    hint:
      description: How to solve the problem.
      type: str
      sample: The HSS quota is used up. Buy quota in this region, or remove clusters that are gone.
    outcome:
      description:
        - V(not_sent) means that no request was sent to HSS, V(rejected) that HSS did not carry it out, V(unknown) that
          HSS may have carried it out, and V(timeout) that the awaited status was not reached in time.
      type: str
      sample: rejected
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import (
    cluster_spec,
    policy_spec,
    wait_spec,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.summary import result
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **cluster_spec(),
            **policy_spec(),
            **wait_spec(),
        },
        required_one_of=[("name", "cluster_id")],
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
