# Copyright (c) 2026, the huaweicloud.hss collection authors
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
      - The documentation of HSS says that it upgrades the agents of CCE clusters only. Agents in other clusters are
        removed and installed again to get a new version.
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
        description:
          - Labels that a node must have, in any order. An empty list selects all nodes.
          - Write a label as V(KEY=VALUE), or as a mapping from keys to values.
        type: list
        elements: raw
      pod_tolerances:
        description:
          - Taints that the agent tolerates, in any order.
          - If HSS does not report them, they are not compared, with a warning. If HSS reports others after a change,
            that is a warning as well.
          - Write a toleration as V(KEY=VALUE:EFFECT), V(KEY:EFFECT) or V(KEY), or as a mapping with C(key),
            C(operator), C(value) and C(effect) as in the specification of a pod. C(tolerationSeconds) and a toleration
            without a key are refused, because HSS has no form for them.
        type: list
        elements: raw
  resource_info:
    description:
      - Resources that the agent can use on a node. By default HSS chooses them. An installed agent keeps its values by
        default.
      - HSS changes them only while the agent runs, or after a failed upgrade. In any other status they are left as they
        are, with a warning.
    type: dict
    suboptions:
      mode:
        description: Mode in which the limits are determined. By default V(customized) if a limit is set.
        type: str
        choices: [default, customized, adaptive]
      cpu_limit:
        description: CPU limit, such as V(500m). A value that is not from 0.2 to 8 cores is a warning.
        type: str
      mem_limit:
        description: Memory limit, such as V(512Mi). A value that is not from 500 to 1200 MB is a warning.
        type: str
  agent_version:
    description:
      - Version of the agent. By default HSS chooses it.
      - A new agent is installed first, and is then changed to this version.
      - The documentation of HSS says that it upgrades the agents of CCE clusters only. If O(wait=true) and the agent
        has another version afterwards, the module fails. If HSS reports no version, it is not compared, with a warning.
    type: str
  wait:
    description:
      - With O(state=present), wait until the agent runs on every node that it is meant for. With O(state=absent), wait
        until HSS no longer reports it. Not used in check mode.
      - By default V(true) with O(state=absent) only. If a registration is removed before its agents, the agents are
        left on the nodes.
    type: bool
  wait_timeout:
    description: Seconds to wait in total. HSS says that an installation takes about 10 minutes.
    type: int
    default: 1200
  wait_sleep:
    description: Seconds between two polls. The interval grows gradually, up to three times this value.
    type: int
    default: 10
notes:
  - HSS reports success for almost every request. The module therefore reads each change back, and fails if HSS does not
    report it. The version changes only when the agents have been replaced, so it is verified only if the module waits.
  - An agent of which HSS reports only a part is being installed or removed. The module waits until that is settled, a
    few seconds, or up to O(wait_timeout) if it waits, and otherwise fails without changing anything.
  - If the agent is as desired, but its installation or upgrade has failed, the module asks HSS for it once more.
    Without O(wait), a failure that HSS reports is a warning. With O(wait), it ends waiting if it remains for 60
    seconds.
  - HSS must be connected to a cluster to change anything in it. Without a connection, installing or changing an agent
    fails, and a removal can only be requested, with a warning.
  - HSS does not return the name of the cluster and C(auto_upgrade). They are sent together with other changes, but
    never cause a change by themselves.
  - HSS requires the region in a header of its requests, so O(region) is needed even if O(endpoint) is set.
"""

    # Annotated, since ansible-test's yamllint takes the value of any other assignment here for literal text.
    LIST: str = list_fragment(DOCUMENTATION, "daemonsets", module_options=_WAIT, policies=())
