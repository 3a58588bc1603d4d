# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubectl_preflight, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl_preflight
short_description: Check whether the agents of HSS can be installed in a cluster
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Uses the kubectl of a control-plane host to check in advance what would make an installation fail. It checks the
    version of Kubernetes, the nodes, the permissions of the account in the kubeconfig, and whether the host can reach
    the given addresses.
  - Runs one command on the host, another one to read the kubeconfig unless O(kubeconfig_content) is given, and another
    one if O(objects) contains kinds that are not part of every cluster. Changes nothing there. The host needs no
    Python.
options:
  objects:
    description:
      - Kubernetes objects that are going to be created, as for M(huaweicloud.hss.kubectl_objects). For each kind, the
        module checks whether the account may get, create and patch it in its namespace.
    type: list
    elements: dict
    default: []
  addresses:
    description:
      - Addresses as C(host:port) that must be reachable over TCP. The host tries all of them at the same time, with
        C(bash), C(nc) or C(curl), depending on what is installed. A connection is closed as soon as it is established.
      - Put an IPv6 address into brackets.
    type: list
    elements: str
    default: []
  minimum_version:
    description: Oldest version of Kubernetes to accept. Put it into quotes, since YAML reads 1.20 as the number 1.2.
    type: str
    default: '1.19'
  tolerations:
    description:
      - Tolerations of the agents, as in the specification of a pod. If every ready node has a taint that they do not
        tolerate, or is cordoned, this is a warning.
    type: list
    elements: dict
    default: []
  image_arch:
    description:
      - Architecture of the images of the agents. If no ready node has it, this is a problem; if only some have it, a
        warning.
    type: str
    choices: [x86, arm]
  runtime_info:
    description:
      - Container runtimes for which a node agent is going to be installed, as for
        O(huaweicloud.hss.hss_cluster_daemonset#module:runtime_info). An empty list stands for the template of HSS.
      - A warning names the nodes whose container runtime has its socket elsewhere, as that of k3s, RKE2, k0s and
        MicroK8s, and virtual nodes, on which no DaemonSet runs. By default this is not checked.
      - Another warning names the nodes with fewer than 2 vCPU or less than 4 GiB of memory, which a node agent needs.
        Up to 0.5 GiB may be missing, since Kubernetes does not count what the kernel keeps for itself.
    type: list
    elements: dict
    suboptions:
      runtime_name:
        description: Type of the runtime.
        type: str
        required: true
        choices: [containerd_endpoint, docker_endpoint, crio_endpoint, isulad_endpoint, podman_endpoint]
      runtime_path:
        description: Path of the socket of the runtime.
        type: str
  timeout:
    description: Seconds for each request to the API server, and for each of the O(addresses).
    type: int
    default: 10
  fail:
    description: Whether to fail if there are RV(problems). Otherwise they are only returned.
    type: bool
    default: true
extends_documentation_fragment:
  - huaweicloud.hss.kubectl
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
notes:
  - The agents run on the nodes, but the addresses are tried from the host. If the host can reach an address, a node may
    still be unable to. If the host cannot, the nodes most likely cannot either.
seealso:
  - module: huaweicloud.hss.kubectl_objects
  - module: huaweicloud.hss.hss_multicloud_agent_info
"""

EXAMPLES = r"""
- name: Fail if the agents could not be installed
  huaweicloud.hss.kubectl_preflight:
    kubeconfig: /etc/kubernetes/admin.conf
    minimum_version: '1.21'
    objects:
      - apiVersion: v1
        kind: Namespace
        metadata:
          name: hss
      - apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: proxy-agent
          namespace: hss
  become: true

- name: Collect the problems, and continue
  huaweicloud.hss.kubectl_preflight:
    kubeconfig: /etc/kubernetes/admin.conf
    addresses:
      - 192.0.2.80:8091
    timeout: 3
    fail: false
  become: true
  register: preflight
"""

RETURN = r"""
problems:
  description: The problems, each with a remedy.
  returned: always
  type: list
  elements: str
  sample:
    - The cluster has no nodes. Add a node on which the agents can run.
version:
  description: Version of the API server. Null if it could not be determined.
  returned: always
  type: str
  sample: v1.29.4+k3s1
nodes:
  description: The nodes of the cluster.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node.
      type: str
    os:
      description: Operating system, such as V(linux) or V(windows).
      type: str
    architecture:
      description: Architecture, such as V(amd64).
      type: str
    ready:
      description: Whether the node is ready.
      type: bool
    schedulable:
      description: Whether the node is not cordoned.
      type: bool
    taints:
      description: Taints of the node.
      type: list
      elements: str
    runtime:
      description: Container runtime of the node, with its version.
      type: str
    addresses:
      description: Internal IP addresses of the node.
      type: list
      elements: str
  sample:
    - name: cp-1
      os: linux
      architecture: amd64
      ready: true
      schedulable: true
      taints: []
      runtime: containerd://1.7.11
denied:
  description: Permissions that the account needs to create O(objects) and does not have.
  returned: always
  type: list
  elements: str
  sample:
    - create deployments.apps in namespace hss
unreachable_addresses:
  description: The O(addresses) that the host cannot reach.
  returned: always
  type: list
  elements: str
  sample:
    - 192.0.2.80:8091
kubectl:
  description: The kubectl command that was used. Null if there is none.
  returned: always
  type: str
  sample: k3s kubectl
"""
