# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that the modules for one node agent and for a list of node agents have in common."""

from __future__ import annotations

from ansible_collections.huaweicloud.hss.plugins.doc_fragments._list_fragment import list_fragment

_WAIT = ("wait", "wait_timeout", "wait_sleep")


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cluster_id:
    description:
      - Id of the cluster. With O(state=present), the cluster must be registered, and HSS must be connected to it.
      - With O(state=absent), a cluster that is not registered counts as a cluster without an agent.
    type: str
    required: true
  cluster_name:
    description: Name of the cluster that is sent to HSS. By default the name with which the cluster is registered.
    type: str
  auto_upgrade:
    description:
      - Whether HSS upgrades the agent automatically.
      - By default V(true), or V(false) if O(agent_version) is set, since an upgrade would replace that version.
    type: bool
  runtime_info:
    description:
      - Container runtimes on the nodes, in any order.
      - By default the runtimes of the template of HSS. An installed agent keeps its runtimes by default.
    type: list
    elements: dict
    suboptions:
      runtime_name:
        description: Type of the runtime.
        type: str
        required: true
        choices: [containerd_endpoint, docker_endpoint, crio_endpoint, isulad_endpoint, podman_endpoint]
      runtime_path:
        description:
          - Path of the socket of the runtime. By default the path that the agent uses already, or else the path in the
            template of HSS.
        type: str
  schedule_info:
    description:
      - Nodes on which the agent runs.
      - By default the values of the template of HSS. An installed agent keeps its values by default.
    type: dict
    suboptions:
      node_selector:
        description: Labels that a node must have, in any order. An empty list selects all nodes.
        type: list
        elements: str
      pod_tolerances:
        description: Taints that the agent tolerates, in any order.
        type: list
        elements: str
  resource_info:
    description:
      - Resources that the agent can use on a node. By default HSS chooses them. An installed agent keeps its values by
        default.
    type: dict
    suboptions:
      mode:
        description: Mode in which the limits are determined. By default V(customized) if a limit is set.
        type: str
        choices: [default, customized, adaptive]
      cpu_limit:
        description: CPU limit, such as V(500m).
        type: str
      mem_limit:
        description: Memory limit, such as V(512Mi).
        type: str
  agent_version:
    description:
      - Version of the agent. By default HSS chooses it.
      - A new agent is installed first, and is then changed to this version.
    type: str
  wait:
    description:
      - With O(state=present), wait until the agent runs on every node that it is meant for. With O(state=absent), wait
        until HSS no longer reports it. Not used in check mode.
      - By default V(true) with O(state=absent) only. If a registration is removed before its agents, the agents are
        left on the nodes.
    type: bool
  wait_timeout:
    description: Seconds to wait in total.
    type: int
    default: 600
  wait_sleep:
    description: Seconds between two polls. The interval grows gradually, up to three times this value.
    type: int
    default: 10
notes:
  - HSS reports success for almost every request. The module therefore reads each change back, and fails if HSS does not
    report it. The version changes only when the agents have been replaced, so it is verified only if the module waits.
  - HSS must be connected to a cluster to change anything in it. Without a connection, installing or changing an agent
    fails, and a removal can only be requested, with a warning.
  - HSS does not return the name of the cluster and C(auto_upgrade). They are sent together with other changes, but
    never cause a change by themselves.
  - HSS requires the region in a header of its requests, so O(region) is needed even if O(endpoint) is set.
"""

    # Annotated, since ansible-test's yamllint takes the value of any other assignment here for literal text.
    LIST: str = list_fragment(DOCUMENTATION, "daemonsets", module_options=_WAIT, policies=())
