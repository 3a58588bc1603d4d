# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubectl_objects, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl_objects
short_description: Make and delete Kubernetes objects with the kubectl of a managed host
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Applies Kubernetes objects, or deletes them, with the kubectl that a control-plane host has. The host needs no
    Python, and the control node neither kubectl nor a way to the API server.
  - Objects go over standard input. They stand in no argument list, and nothing is left on the host's disk.
  - What changes is what the API server says would change. It is asked to try each object that is there already and to
    keep nothing (C(--dry-run=server)), in check mode as in a real run. The data of Secrets is compared in memory and
    never shown.
options:
  objects:
    description:
      - The objects, each with C(apiVersion), C(kind) and C(metadata.name). A C(List) counts as what is in it.
      - Namespaces and CustomResourceDefinitions are made first and deleted last, wherever they stand.
      - With O(state=absent), only what says which object it is.
    type: list
    elements: dict
    default: []
  state:
    description:
      - V(present) makes them and brings them to what is given, as C(kubectl apply) does. Fields that others have set
        stay.
      - V(absent) deletes them, and what is in a namespace that is deleted.
    type: str
    choices:
      - present
      - absent
    default: present
  selector:
    description:
      - With O(state=absent), also delete the cluster-scoped objects of O(kinds) that match this label selector, such as
        V(app.kubernetes.io/part-of=hss). What is in a namespace goes with the namespace.
    type: str
  kinds:
    description: Cluster-scoped kinds for O(selector), such as V(ClusterRole).
    type: list
    elements: str
    default: []
  wait_timeout:
    description:
      - Seconds to wait until what is deleted is gone. V(0) does not wait.
      - With O(state=present), until an object or a namespace is gone that somebody is deleting just then.
    type: int
    default: 120
extends_documentation_fragment:
  - huaweicloud.hss.kubectl
  - huaweicloud.hss.attributes
requirements:
  - PyYAML (on the control node)
notes:
  - A task that fails may have made some of the objects; run again, it makes the others.
seealso:
  - module: huaweicloud.hss.kubectl_preflight
  - module: huaweicloud.hss.kubeconfig_info
"""

EXAMPLES = r"""
- name: Let the registry's password be known in the cluster
  huaweicloud.hss.kubectl_objects:
    kubeconfig: /etc/kubernetes/admin.conf
    objects:
      - apiVersion: v1
        kind: Namespace
        metadata:
          name: hss
      - apiVersion: v1
        kind: Secret
        metadata:
          name: registry
          namespace: hss
        stringData:
          password: "{{ registry_password }}"
  become: true

- name: Take away everything that was made for HSS
  huaweicloud.hss.kubectl_objects:
    kubeconfig: /etc/kubernetes/admin.conf
    state: absent
    objects:
      - apiVersion: v1
        kind: Namespace
        metadata:
          name: hss
    selector: app.kubernetes.io/part-of=hss
    kinds:
      - ClusterRole
      - ClusterRoleBinding
  become: true
"""

RETURN = r"""
objects:
  description:
    - What became of each object, or would in check mode, in the order given. Those found by O(selector) follow.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: Its kind.
      type: str
    name:
      description: Its name.
      type: str
    namespace:
      description:
        - Its namespace. Null for a cluster-scoped object, and for one to be made in the kubeconfig's own namespace.
      type: str
    action:
      description: V(created), V(updated), V(deleted) or V(unchanged).
      type: str
  sample:
    - kind: Namespace
      name: hss
      namespace: null
      action: created
kubectl:
  description: The kubectl that was used. Null if there was nothing to do.
  returned: success
  type: str
  sample: k3s kubectl
answered:
  description:
    - Whether the API server has answered a question before something went wrong. If not, the cluster may be gone.
  returned: failure
  type: bool
  sample: false
diff:
  description:
    - For each object that changes its YAML before and after, without status and without the data of Secrets.
    - The same in check mode.
  returned: success
  type: list
  elements: dict
"""
