# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubectl_preflight, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl_preflight
short_description: Ask whether a cluster is fit for the agents of HSS
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Looks through the kubectl of a control-plane host at what would make an installation fail later. The version of
    Kubernetes, the nodes, the rights of the account in the kubeconfig, and whether the host reaches given addresses.
  - Takes one command on the host, or two if O(objects) are of kinds that not every cluster has. Changes nothing there.
    The host needs no Python.
options:
  objects:
    description:
      - Kubernetes objects that are to be made, as for M(huaweicloud.hss.kubectl_objects). It is asked whether the
        account may get, create and patch each kind of them, in its namespace.
    type: list
    elements: dict
    default: []
  addresses:
    description:
      - Addresses, each as C(host:port), that have to be reached over TCP. Tried from the host, all at once, with
        what it has of C(bash), C(nc) and C(curl). The connection is closed as soon as it stands.
      - An IPv6 address stands in brackets.
    type: list
    elements: str
    default: []
  minimum_version:
    description: Oldest version of Kubernetes to accept. Put it into quotes, since YAML takes 1.20 for 1.2.
    type: str
    default: '1.19'
  timeout:
    description: Seconds for each request to the API server, and for each of the O(addresses).
    type: int
    default: 10
  fail:
    description: Fail if there are RV(problems). Otherwise they are returned only.
    type: bool
    default: true
extends_documentation_fragment:
  - huaweicloud.hss.kubectl
  - huaweicloud.hss.attributes
attributes:
  diff_mode:
    support: none
    description: Changes nothing, so there is no difference to show.
notes:
  - That the host reaches an address says little about the nodes, where agents run; that it does not, says enough.
seealso:
  - module: huaweicloud.hss.kubectl_objects
  - module: huaweicloud.hss.hss_multicloud_agent_info
"""

EXAMPLES = r"""
- name: Stop here if the agents could not be installed
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

- name: Collect what is wrong, and go on
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
  description: What is wrong, each in a sentence with what to do about it.
  returned: always
  type: list
  elements: str
  sample:
    - The cluster has no nodes. Agents need one to run on; join one first.
version:
  description: Version of the API server. Null if it could not be asked.
  returned: always
  type: str
  sample: v1.29.4+k3s1
nodes:
  description: The nodes.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name.
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
  sample:
    - name: cp-1
      os: linux
      architecture: amd64
      ready: true
denied:
  description: What the account may not do that making O(objects) needs.
  returned: always
  type: list
  elements: str
  sample:
    - create deployments.apps in namespace hss
unreachable_addresses:
  description: Those of O(addresses) that the host does not reach.
  returned: always
  type: list
  elements: str
  sample:
    - 192.0.2.80:8091
kubectl:
  description: The kubectl that was used. Null if there is none.
  returned: always
  type: str
  sample: k3s kubectl
"""
