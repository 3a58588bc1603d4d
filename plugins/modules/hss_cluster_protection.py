# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: container protection of the nodes of clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_cluster_protection
short_description: Open or close the Huawei Cloud HSS protection of the nodes of clusters
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Opens or closes container protection of Host Security Service (HSS) on the nodes of registered clusters. An agent on
    a node protects nothing as long as protection is closed.
  - B(Open protection costs money.) O(charging_mode) decides whether it takes a quota that was bought, or is paid for by
    use.
  - Nodes whose protection is already open, or already closed, are left as they are.
options:
  state:
    description:
      - Whether protection is open on every node of the clusters. Closing it gives the quotas back.
    type: str
    choices: [opened, closed]
    default: opened
  cluster_id:
    description: Id of the cluster. Either this or O(clusters) is required.
    type: str
  clusters:
    description: Ids of several clusters.
    type: list
    elements: str
  nodes:
    description:
      - Names or private addresses of nodes that HSS lists without their cluster. They are switched B(in addition) to
        the hosts that HSS lists under the clusters.
      - A host that HSS lists under another cluster is never switched, also if it is named here.
      - With O(state=opened), the module waits for nodes that HSS does not list yet, and then fails for them. With
        O(state=closed) they are passed over.
    type: list
    elements: str
    default: []
  charging_mode:
    description:
      - What pays for open protection. Required with O(state=opened), and not used with O(state=closed).
      - V(packet_cycle) takes one quota for each node. If there are fewer free quotas than nodes that need one, the
        module fails before anything is switched.
      - V(on_demand) costs money by use, for as long as protection is open.
      - If protection is already open in the other mode, it is left as it is, with a warning.
    type: str
    choices: [packet_cycle, on_demand]
  resource_id:
    description:
      - Id of the quota to take, as listed by M(huaweicloud.hss.hss_quota_info). By default HSS chooses free quotas.
      - Only used when protection is opened.
    type: str
  tags:
    description:
      - Tags of the resource that pays, as a mapping of names and values. Only used when protection is opened.
    type: dict
  uninstall_agents:
    description:
      - With O(state=closed), afterwards uninstall the agents that are left on the nodes. The agent is installed onto
        the hosts themselves, so it stays there after its DaemonSet is removed.
      - First remove the DaemonSet with M(huaweicloud.hss.hss_cluster_daemonset), which would install the agents again.
        As long as it exists, the module fails before anything is switched.
      - HSS can only uninstall an agent that is online. For other agents there is a warning.
    type: bool
    default: false
  wait:
    description:
      - With O(state=opened), wait until the agents of all nodes are online, and after that until protection is open and
        works. With O(state=closed), wait until it is closed, and until agents are uninstalled. Not used in check mode.
      - Without waiting, a node whose agent is not online is a failure.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait in total. HSS says that installing an agent takes about 10 minutes.
    type: int
    default: 1200
  wait_sleep:
    description: Seconds between two polls. The interval grows gradually, up to three times this value.
    type: int
    default: 10
extends_documentation_fragment:
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
notes:
  - Several nodes are switched with one request, up to 200. HSS reports success before protection is open, so the module
    reads the list of hosts to find out.
  - A request to open protection is never sent again if its response was lost, since it costs money. The list of hosts
    shows whether HSS carried it out.
  - A node that another edition of HSS protects is a failure with O(state=opened), because opening container protection
    would replace that edition. With O(state=closed) it is left as it is, with a warning.
  - HSS requires the region in a header of its requests, so O(region) is needed even if O(endpoint) is set.
seealso:
  - module: huaweicloud.hss.hss_host_info
  - module: huaweicloud.hss.hss_quota_info
  - module: huaweicloud.hss.hss_cluster_daemonset
"""

EXAMPLES = r"""
- name: Look up the cluster
  huaweicloud.hss.hss_multicloud_cluster:
    name: shop-prod
  delegate_to: localhost
  register: shop

- name: Open protection on all nodes of the cluster, with quotas that were bought
  huaweicloud.hss.hss_cluster_protection:
    cluster_id: "{{ shop.cluster_id }}"
    charging_mode: packet_cycle
  delegate_to: localhost

- name: Close protection before the agents are removed, so that the quotas are free again
  huaweicloud.hss.hss_cluster_protection:
    cluster_id: "{{ shop.cluster_id }}"
    state: closed
  delegate_to: localhost

- name: Remove the DaemonSet of the agents
  huaweicloud.hss.hss_cluster_daemonset:
    cluster_id: "{{ shop.cluster_id }}"
    state: absent
  delegate_to: localhost

- name: Uninstall the agents that are left on the nodes
  huaweicloud.hss.hss_cluster_protection:
    cluster_id: "{{ shop.cluster_id }}"
    state: closed
    uninstall_agents: true
  delegate_to: localhost
"""

RETURN = r"""
nodes:
  description: The nodes, sorted by name.
  returned: if the hosts could be listed
  type: list
  elements: dict
  contains:
    host_id:
      description: Id of the host; null if HSS does not list the node.
      type: str
      sample: 7a2f0d4b-0f4e-4f0e-9a52-5a6ad3d0a7f1
    host_name:
      description: Name of the host, or the entry of O(nodes) that HSS does not list.
      type: str
      sample: worker-1
    private_ip:
      description: Private address of the host.
      type: str
      sample: 192.0.2.11
    cluster_id:
      description: Id of the cluster under which HSS lists the host.
      type: str
      sample: 6f2b5593-7855-4dbd-aebe-4f736708b8db
    agent_status:
      description: Status of the agent.
      type: str
      sample: online
    protect_status:
      description: Status of protection, which is V(closed), V(opened) or V(protection_exception).
      type: str
      sample: opened
    changed:
      description: Whether something was changed.
      type: bool
      sample: true
    actions:
      description: Actions that were taken, or in check mode would be taken, as in RV(actions).
      type: list
      elements: str
      sample: [open]
    failed:
      description: Whether the node is not protected as desired.
      type: bool
      sample: false
    msg:
      description: Summary of the result, or the reason for the failure.
      type: str
      sample: protection opened, opened
    failure:
      description: Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster).
      returned: failure
      type: dict
      sample: {operation: ListHostStatus, outcome: rejected}
    warnings:
      description: Warnings about this node.
      type: list
      elements: str
      sample: []
    progress:
      description: Statuses observed while waiting, each with the seconds until then.
      returned: when the module waited
      type: list
      elements: str
      sample: ["0 s: closed", "10 s: opened"]
quota:
  description:
    - Quotas for container protection before anything was switched. Null unless O(charging_mode=packet_cycle) is used to
      open protection.
  returned: if the hosts could be listed
  type: dict
  sample: {total_num: 20, used_num: 8, available_num: 12}
actions:
  description:
    - Actions that were taken on any node, in order. In check mode, actions that would be taken.
    - An action is V(open), V(close) or V(uninstall).
  returned: if the hosts could be listed
  type: list
  elements: str
  sample: [open]
failure:
  description:
    - Cause of the failure in machine-readable form, as in M(huaweicloud.hss.hss_multicloud_cluster). If single nodes
      failed, it is the cause of the first of them.
  returned: failure
  type: dict
  sample: {operation: ShowResourceQuotas, outcome: not_sent}
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import combined_warnings, failure_summary
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import protection_spec, wait_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.summary import result


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {**protection_spec(), **wait_spec()},
        mutually_exclusive=[("cluster_id", "clusters")],
        required_one_of=[("cluster_id", "clusters")],
    )

    def work() -> dict[str, Any]:
        protection = reconcile(module.session, module.params, module.check_mode)
        outcomes = protection.outcomes
        incomplete = [protection.incomplete.message] if protection.incomplete and not protection.error else []
        for text in [*protection.warnings, *incomplete, *combined_warnings(outcomes)]:
            module.ansible.warn(text)
        done = result(protection, module.check_mode)
        errors = [outcome.error for outcome in outcomes if outcome.error]
        if errors or protection.error:
            messages = [failure_summary("nodes failed", outcomes, "nodes")] if errors else []
            messages += [str(protection.error)] if protection.error else []
            failure = (protection.error or errors[0]).failure()
            module.ansible.fail_json(msg=" ".join(messages), failure=failure, **done)
        return done

    module.run(work)


if __name__ == "__main__":
    main()
