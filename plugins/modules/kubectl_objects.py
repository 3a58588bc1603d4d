# Copyright (c) 2026, the huaweicloud.hss collection authors
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
    (C(--dry-run=server)), in check mode and in a real run. If an admission webhook of the cluster does not support
    this, the objects are compared with what was applied last.
  - Data of Secrets and ConfigMaps, and the environment and the arguments of containers, are compared in memory and are
    never shown.
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
        Labels and annotations are never removed.
      - V(absent) deletes the objects. If a namespace is deleted, the objects in it are deleted too. With O(owner), a
        namespace that contains objects of others is kept. An object that was deleted and created again in the meantime
        is another one, and is not deleted.
    type: str
    choices:
      - present
      - absent
    default: present
  selector:
    description:
      - With O(state=absent), also delete the objects of O(kinds) that match this label selector, such as
        V(app.kubernetes.io/part-of=hss).
      - By default, with O(owner) and O(kinds), the objects that were created for this owner.
    type: str
  kinds:
    description:
      - Kinds for O(selector), such as V(ClusterRole). Without O(owner), they must be cluster-scoped. With it,
        namespaced kinds are searched in all namespaces.
    type: list
    elements: str
    default: []
  owner:
    description:
      - Id for which the objects exist, such as a C(cluster_id). What is created gets the labels
        C(huaweicloud.hss/cluster-id) with this id and C(huaweicloud.hss/applied-by).
      - With O(state=present), the task fails before any change if an object exists without these labels, or with
        another id, and RV(conflicts) lists such objects. In a namespace with the ConfigMap of a connection agent
        (C(CLUSTER_ID)), the objects without labels belong to the id there. Namespaces of Kubernetes itself are
        refused.
      - With O(state=absent), only objects of this owner are deleted. Others are V(kept), and RV(conflicts) lists them.
        A namespace of this owner is V(kept) if it contains an object without these labels, or if its objects could not
        be listed. A warning says why, and the owner's objects in it are deleted. What controllers create in every
        namespace does not count, nor what belongs to a deleted object, such as its pods.
    type: str
  take_over:
    description:
      - Owners whose objects O(owner) takes over, as in RV(conflicts). V(unlabelled) stands for objects that have no
        owner.
      - With O(state=absent), objects of these owners are deleted as well. Those that have no owner are not.
    type: list
    elements: str
    default: []
  existing_namespaces:
    description:
      - Whether a namespace that exists and does not belong to O(owner) may be used. It is not changed, and not deleted
        later.
    type: bool
    default: false
  restricted:
    description:
      - Whether to refuse O(objects) that an agent normally does not need, before anything is applied.
      - Accepted are C(Namespace), C(ServiceAccount), C(ConfigMap), C(Secret), C(Service), C(Deployment), C(DaemonSet),
        C(StatefulSet), C(Role), C(RoleBinding), C(ClusterRole), C(ClusterRoleBinding), C(PodDisruptionBudget) and
        C(NetworkPolicy), in the namespace C(hss) and in the namespaces that are among the objects. Anything else needs
        an entry in O(allow).
    type: bool
    default: false
  allow:
    description:
      - What O(restricted) accepts in addition.
      - V(cluster_admin) accepts ClusterRoles that can change everything or can obtain every right, ClusterRoles with
        the names C(cluster-admin), C(admin), C(edit) and C(system:*), and bindings to those. It also accepts the
        ClusterRoleBinding of a ClusterRole that is not among the objects, except C(view).
      - Every right is obtained with the verbs C(bind), C(escalate) and C(impersonate); with tokens of service accounts;
        by approving certificates; and by changes to webhooks, APIServices, CustomResourceDefinitions and
        PersistentVolumes.
      - V(cluster_changes) accepts ClusterRoles with other verbs than C(get), C(list) and C(watch), such as the creation
        of pods in every namespace. Events, reviews of tokens and rights, and the namespaces of the objects themselves
        need no entry.
      - V(cluster_secrets) accepts ClusterRoles that read Secrets. V(cluster_exec) accepts ClusterRoles that may run
        commands in containers or connect to them, such as with C(pods/exec) and C(nodes/proxy). C(*) for the resources
        of the core group includes both.
      - V(subjects) accepts bindings to users, to groups such as C(system:unauthenticated), and to the service accounts
        of other namespaces, and ClusterRoles that Kubernetes adds to its own (C(aggregate-to-*)).
      - V(privileged) accepts privileged containers, additional capabilities, C(sysctls), C(Unconfined) profiles of
        seccomp and AppArmor, and other SELinux types than those of containers. V(host_namespaces) accepts
        C(hostNetwork), C(hostPID), C(hostIPC), C(hostPort), and probes with an address of their own. V(host_path)
        accepts C(hostPath) and other volumes
        of the node.
      - V(exposed_services) accepts Services of other types than C(ClusterIP), or with external addresses.
      - V(kind:KIND.GROUP) accepts a kind, such as V(kind:PriorityClass.scheduling.k8s.io), and V(namespace:NAME)
        accepts objects in a namespace.
    type: list
    elements: str
    default: []
  restart_pods:
    description:
      - Whether pods are replaced if a ConfigMap or a Secret changes that they use. Pods read most of them only when
        they start.
      - A checksum of those among O(objects) is added as an annotation (C(huaweicloud.hss/checksum)) to the pod template
        of each Deployment, DaemonSet and StatefulSet.
    type: bool
    default: false
  wait_for_pods:
    description:
      - Whether to wait until the pods of the Deployments, DaemonSets and StatefulSets run with what was applied. If
        they do not in time, the task fails and reports why, as far as the cluster says so.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds for everything that the task waits for, as a whole. V(0) does not wait.
      - These are deleted objects until they are gone; with O(state=present), an object or a namespace that is already
        being deleted; O(wait_for_pods); and errors of the API server that pass by themselves, such as a leader
        election, a conflict, or an API server that restarts.
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
      description:
        - V(created), V(updated), V(deleted), V(unchanged), or V(kept) for an object that was not deleted because it
          belongs to somebody else, or contains what does.
      type: str
  sample:
    - kind: Namespace
      name: hss
      namespace: null
      action: created
conflicts:
  description:
    - Objects that exist and do not belong to O(owner). If there are any with O(state=present), the task has failed.
    - Empty without O(owner).
  returned: always
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
      description: Namespace of the object. Null for a cluster-scoped object.
      type: str
    owner:
      description: The owner of the object. Null if it was not created for HSS.
      type: str
  sample:
    - kind: Deployment
      name: proxy-agent
      namespace: hss
      owner: 0bb3dbac-aa29-4e4c-9d6f-0c2a4f3b2f10
rollouts:
  description: The pods of each workload among O(objects), if O(wait_for_pods) has waited for them.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: Kind of the workload.
      type: str
    name:
      description: Name of the workload.
      type: str
    namespace:
      description: Namespace of the workload.
      type: str
    desired:
      description: Number of the pods that should run.
      type: int
    ready:
      description: Number of the pods that run with what was applied.
      type: int
    done:
      description: Whether all pods run, and none is left of before.
      type: bool
  sample:
    - kind: Deployment
      name: proxy-agent
      namespace: hss
      desired: 2
      ready: 2
      done: true
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
    - YAML of each object that changes, before and after, without its status and without values that may be secret.
    - The same in check mode.
  returned: success
  type: list
  elements: dict
"""
