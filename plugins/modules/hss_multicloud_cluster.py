# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: one multi-cloud cluster of HSS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_cluster
short_description: Register a Kubernetes cluster with Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Registers any Kubernetes cluster with Host Security Service (HSS) as a multi-cloud cluster, or removes it.
  - A renewed kubeconfig is sent; registered once and unchanged, the cluster is only looked up.
  - It is never registered twice, whatever the network does.
  - The kubeconfig is checked before anything is sent. One that HSS could not log in with is refused with the reason.
options:
  state:
    description: Whether the cluster is to be registered.
    type: str
    choices: [present, absent]
    default: present
  cluster_id:
    description:
      - Id that HSS gave to a registered cluster. It identifies the cluster; without it O(name) does.
      - With O(state=present), a cluster of this id must exist.
    type: str
  name:
    description:
      - Name of the cluster. Identifies it, if O(cluster_id) is not given.
      - HSS lets names repeat. If several clusters have the name, the module fails and lists their ids.
    type: str
  provider:
    description:
      - Who provides the cluster.
      - V(ali) is Alibaba Cloud, V(tencent) Tencent Cloud, V(azure) Microsoft Azure, V(aws) Amazon Web Services,
        V(self_built_hw) built on Huawei Cloud, V(self_built_idc) built in a data centre.
    type: str
    choices: [ali, tencent, azure, aws, self_built_hw, self_built_idc]
  server:
    description:
      - Address of the API server as HSS can reach it. By default the one in O(kube_config).
      - It is also written into the kubeconfig that is uploaded. A host without C(https://) keeps the port and the path.
    type: str
  image_repo:
    description: Address of the private registry that the cluster pulls the agent's images from.
    type: str
  image_repo_username:
    description: User name for O(image_repo).
    type: str
  image_repo_password:
    description: Password for O(image_repo).
    type: str
  organization:
    description: Organization or project in O(image_repo).
    type: str
  image_repo_type:
    description: Kind of O(image_repo).
    type: str
    choices: [harbor, quay, jfrog, other]
  current_expiration_date:
    description:
      - Until when HSS is to use the credential, in epoch milliseconds. By default O(certificate_expiration_date).
    type: int
  certificate_expiration_date:
    description:
      - When the credential in O(kube_config) ends, in epoch milliseconds. By default it is read from there.
    type: int
  kube_config:
    description:
      - Text of the kubeconfig, YAML or JSON, not base64. Needed to register, not to look up or remove.
      - Only the chosen context with its cluster and user is uploaded.
      - It must hold everything in itself. M(huaweicloud.hss.kubeconfig_info) reads such a text from a host.
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
    description:
      - DNS policy of the agent's pods. V(default) inherits the node's, V(clusterfirst) asks the cluster's CoreDNS,
        V(clusterfirstwithhostnet) does so in the host's network, V(none) uses O(dns_config).
    type: str
    choices: [default, clusterfirst, clusterfirstwithhostnet, none]
  dns_config:
    description:
      - IP addresses of the name servers, as a list or as one string with semicolons.
      - Goes with O(dns_policy=none) alone.
    type: list
    elements: str
  kube_config_context:
    description: Context in O(kube_config) to use. By default its C(current-context).
    type: str
  kube_config_tls_server_name:
    description: Name to expect in the API server's certificate, where it is not the host of O(server).
    type: str
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.policy
  - huaweicloud.hss.connection
notes:
  - HSS can change the kubeconfig and its dates alone; see O(on_drift) for the rest.
  - If the answer to a registration is lost, the module lists the clusters for about 15 seconds to find out. If that
    does not tell, it fails with RV(failure.outcome=unknown); running it again is safe.
  - Two runs that register the same name at the same time end with one registration.
seealso:
  - module: huaweicloud.hss.hss_multicloud_clusters
  - module: huaweicloud.hss.kubeconfig_info
  - name: HSS API, creating a multi-cloud cluster
    description: The vendor's page about the call that this module wraps.
    link: https://support.huaweicloud.com/api-hss2.0/CreateMultiCloudClusters.html
"""

EXAMPLES = r"""
- name: Register a cluster, with the credential from HW_ACCESS_KEY, HW_SECRET_KEY and HW_REGION_NAME
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
    provider: aws
    kube_config: "{{ lookup('ansible.builtin.file', 'shop-prod.kubeconfig') }}"
  delegate_to: localhost

- name: Register a k3s cluster under the address that HSS can reach, with images from a private registry
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

- name: Send a renewed kubeconfig if it is renewed, and say so if the cluster has moved
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
  description: Id of the cluster; null where none is registered, and in check mode where it would be.
  returned: always
  type: str
  sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
cluster:
  description:
    - The cluster as HSS lists it, by the API's names; dates in epoch milliseconds. Null if it is not registered.
    - In check mode, where it would be registered, what is known of it beforehand.
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
  description: What was done, in order; in check mode, what would be done. Of V(create), V(update) and V(delete).
  returned: always
  type: list
  elements: str
  sample: [create]
progress:
  description: What waiting has seen, each status with the seconds until then.
  returned: if it was waited for
  type: list
  elements: str
  sample: ["0 s: not_connect", "22 s: connect_success"]
failure:
  description: Why it failed, for programs.
  returned: failure
  type: dict
  contains:
    operation:
      description: The API's name of the call that failed; null if none was made.
      type: str
      sample: CreateMultiCloudClusters
    http_status:
      description: Status of the answer.
      type: int
      sample: 400
    error_code:
      description: Code of HSS, its gateway or IAM.
      type: str
      sample: HSS.1002
    error_msg:
      description: The service's own words, without secrets.
      type: str
      sample: quota insufficient
    request_id:
      description: What the vendor's support asks for.
      type: str
      sample: 3f1d0c7be1d34d0d9c0b3c8a4d7ac0de
    hint:
      description: What to do about it.
      type: str
      sample: The HSS quota is used up. Buy quota in this region, or remove clusters that are gone.
    outcome:
      description:
        - V(not_sent), nothing was asked of HSS; V(rejected), HSS did not do it; V(unknown), HSS may have
          done it; V(timeout), what was waited for did not come.
      type: str
      sample: rejected
"""

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

    def work():
        (outcome,) = reconcile(module.session, [module.params], module.params, module.check_mode)
        for text in outcome.warnings:
            module.ansible.warn(text)
        if outcome.error:
            module.fail(outcome.error, **result(outcome))
        return result(outcome)

    module.run(work)


if __name__ == "__main__":
    main()
