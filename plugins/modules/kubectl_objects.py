# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubectl_objects, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl_objects
short_description: Create, update and delete Kubernetes objects with the kubectl of a managed host
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Applies or deletes Kubernetes objects with the kubectl of a control-plane host. The host needs no Python. The
    control node needs neither kubectl nor access to the API server.
  - Objects are passed over standard input. They do not appear in any argument list, and are not written to the disk of
    the host.
  - The API server determines what changes. It is asked to apply the existing objects without storing the result
    (C(--dry-run=server)), in check mode and in a real run. The data of Secrets is compared in memory and is never
    shown.
options:
  objects:
    description:
      - The objects, each with C(apiVersion), C(kind) and C(metadata.name). A C(List) stands for its items.
      - Namespaces and CustomResourceDefinitions are created first and deleted last, regardless of their position.
      - With O(state=absent), only the fields that identify the object are used.
    type: list
    elements: dict
    default: []
  state:
    description:
      - V(present) creates the objects or updates them as C(kubectl apply) does. Fields that others have set are kept.
      - V(absent) deletes the objects. If a namespace is deleted, the objects in it are deleted too.
    type: str
    choices:
      - present
      - absent
    default: present
  selector:
    description:
      - With O(state=absent), also delete the cluster-scoped objects of O(kinds) that match this label selector, such as
        V(app.kubernetes.io/part-of=hss). Namespaced objects are deleted with their namespace.
    type: str
  kinds:
    description: Cluster-scoped kinds for O(selector), such as V(ClusterRole).
    type: list
    elements: str
    default: []
  wait_timeout:
    description:
      - Seconds to wait until deleted objects are gone. V(0) does not wait.
      - With O(state=present), seconds to wait until an object or a namespace is gone that is already being deleted.
    type: int
    default: 120
extends_documentation_fragment:
  - huaweicloud.hss.kubectl
  - huaweicloud.hss.attributes
notes:
  - A task that fails may have created some of the objects. If it is run again, it creates the others.
seealso:
  - module: huaweicloud.hss.kubectl_preflight
  - module: huaweicloud.hss.kubeconfig_info
"""

EXAMPLES = r"""
- name: Store the password for the registry in the cluster
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

- name: Delete all objects that were created for HSS
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
    - Result for each object, or what it would be in check mode, in the order given. Objects found with O(selector)
      follow.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: Kind of the object.
      type: str
    name:
      description: Name of the object.
      type: str
    namespace:
      description:
        - Namespace of the object. Null for a cluster-scoped object, and for an object that is to be created in the
          namespace of the kubeconfig.
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
  description: The kubectl command that was used. Null if there was nothing to do.
  returned: success
  type: str
  sample: k3s kubectl
answered:
  description:
    - Whether the API server responded to a request before the failure. If not, the cluster may no longer exist.
  returned: failure
  type: bool
  sample: false
diff:
  description:
    - YAML of each object that changes, before and after, without its status and without the data of Secrets.
    - The same in check mode.
  returned: success
  type: list
  elements: dict
"""
