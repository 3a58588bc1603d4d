# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: manifests of the agent that connects a cluster to HSS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_agent_info
short_description: Get the manifests of the agent that connects a cluster to Huawei Cloud HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Gets from HSS the manifests that connect a registered cluster to HSS when they are applied in it, and the addresses
    to which the agents connect.
  - One task can get the manifests for many clusters. If HSS provides none for a cluster, the others still get theirs.
options:
  cluster_id:
    description: Id of the cluster to get the manifests for.
    type: str
  cluster_ids:
    description: Ids of several clusters, in place of O(cluster_id).
    type: list
    elements: str
  concurrency:
    description: Number of clusters that are processed at a time, from 1 to 32.
    type: int
    default: 8
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
attributes:
  action:
    support: full
    description: An action plugin runs the module and hides the result.
  async:
    support: none
    description: The result would be stored in a file.
notes:
  - A result with manifests is hidden from output, since it contains the token of the agent. It can be registered in a
    variable all the same.
  - Error messages, and warnings about clusters of O(cluster_ids) without manifests, never contain a secret and are not
    hidden.
  - The manifests are valid for one cluster only. If they are applied in another cluster, HSS is connected to the wrong
    one.
seealso:
  - module: huaweicloud.hss.hss_multicloud_cluster
  - module: huaweicloud.hss.hss_multicloud_image_command_info
"""

EXAMPLES = r"""
- name: Find the clusters that need the connection agent
  huaweicloud.hss.hss_multicloud_cluster_info:
    status: [not_connect]
  delegate_to: localhost
  register: waiting

- name: Get the manifests for them
  huaweicloud.hss.hss_multicloud_agent_info:
    cluster_ids: "{{ waiting.clusters | map(attribute='cluster_id') }}"
  delegate_to: localhost
  register: agents

- name: Show the kinds of the objects, but no secrets
  ansible.builtin.debug:
    msg: "{{ item.manifests | map(attribute='kind') }}"
  loop: "{{ agents.clusters }}"
  loop_control:
    label: "{{ item.cluster_id }}"

- name: Get the addresses that the agents must be able to reach through a firewall
  huaweicloud.hss.hss_multicloud_agent_info:
  delegate_to: localhost
  register: addresses
"""

RETURN = r"""
network:
  description: Addresses to which the agents connect.
  returned: success
  type: dict
  contains:
    anp_address:
      description: Address for the connection agent.
      type: str
      sample: hss-anp.cn-north-4.example.com:8091
    agent_address:
      description: Address for the agents on the nodes.
      type: str
      sample: hss-agent.cn-north-4.example.com:10180
    region_id:
      description: Region of both addresses.
      type: str
      sample: cn-north-4
manifests:
  description: The Kubernetes objects to apply, in order.
  returned: if O(cluster_id) is set
  type: list
  elements: dict
  sample: [{apiVersion: v1, kind: Namespace, metadata: {name: hss}}]
clusters:
  description: The manifests for each cluster, in the order of O(cluster_ids).
  returned: if O(cluster_ids) is set
  type: list
  elements: dict
  contains:
    cluster_id:
      description: Id as given.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    manifests:
      description: The Kubernetes objects to apply, in order. Empty if HSS provides none.
      type: list
      elements: dict
      sample: [{apiVersion: v1, kind: Namespace, metadata: {name: hss}}]
    failed:
      description: Whether HSS provides no manifests for this cluster.
      type: bool
      sample: false
    msg:
      description: Reason for the failure.
      returned: failure
      type: str
      sample: Could not read the connection agent's manifests for the cluster 6f2b
    failure:
      description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
      returned: failure
      type: dict
      sample: {error_code: HSS.0011, outcome: rejected}
failure:
  description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
  returned: failure
  type: dict
  sample: {error_code: APIGW.0301, http_status: 401, outcome: rejected}
"""

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.hss import HssApi
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.batch import Batch
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import REJECTED, HssError, invalid_option
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import failure_summary
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.parse import (
    ManifestError,
    manifest_secret_values,
    parse_manifests,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule

_NETWORK = ("anp_address", "agent_address", "region_id")


@dataclass
class _Agent:
    """The connection agent of one cluster.

    :arg label: the cluster's id.
    """

    label: str
    manifests: list[dict[str, Any]] = field(default_factory=list)
    error: HssError | None = None


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "cluster_id": {"type": "str"},
            "cluster_ids": {"type": "list", "elements": "str"},
            "concurrency": {"type": "int", "default": 8},
        },
        mutually_exclusive=[("cluster_id", "cluster_ids")],
    )

    def work() -> dict[str, Any]:
        batch = Batch(module.params["concurrency"])
        single_id, ids = module.params["cluster_id"], module.params["cluster_ids"]
        for option, given in (("cluster_id", [] if single_id is None else [single_id]), ("cluster_ids", ids or [])):
            if not all(cluster_id.strip() for cluster_id in given):
                raise invalid_option(option, "must not be empty.")
        api = module.session.api()
        network = api.show_agent_network()
        result: dict[str, Any] = {"changed": False, "network": {name: network.get(name) for name in _NETWORK}}
        if single_id is not None:
            result["manifests"] = _manifests(module, api, single_id)
        if ids is not None:
            agents = [_Agent(cluster_id) for cluster_id in ids]
            batch.run_each(agents, lambda agent: agent.manifests.extend(_manifests(module, api, agent.label)))
            if any(agent.error for agent in agents):
                # The result is hidden, so nobody would see the failures in it.
                module.ansible.warn(
                    failure_summary("clusters have no usable manifests", agents, "clusters in the result")
                )
            result["clusters"] = [_entry(agent) for agent in agents]
        return result

    module.run(work)


def _manifests(module: HssModule, api: HssApi, cluster_id: str) -> list[dict[str, Any]]:
    script = api.show_install_script(cluster_id)
    try:
        objects = parse_manifests(script)
    except ManifestError as exc:
        raise HssError(
            f"Could not read the connection agent's manifests for the cluster {cluster_id}: {exc}",
            operation="ShowMultiCloudClusterProxyScript",
            hint="HSS did not send Kubernetes objects. Please report this as a bug, without the text of the manifests: "
            "it may hold a token.",
            outcome=REJECTED,
        ) from None
    # Ansible does not learn these secrets, because it would put asterisks into the manifests, which must be applied as
    # they are. The action plugin hides the whole result instead.
    module.session.redactor.add(*manifest_secret_values(objects))
    return objects


def _entry(agent: _Agent) -> dict[str, Any]:
    return {
        "cluster_id": agent.label,
        "manifests": agent.manifests,
        "failed": agent.error is not None,
        **({"msg": str(agent.error), "failure": agent.error.failure()} if agent.error else {}),
    }


if __name__ == "__main__":
    main()
