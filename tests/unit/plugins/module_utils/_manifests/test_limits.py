# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the manifests of an agent may contain: each rule with an accepted neighbour."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.limits import (
    PERMISSIONS,
    LimitError,
    check_limits,
    violations,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.parse import parse_manifests
from simulator import manifests

RBAC = "rbac.authorization.k8s.io/v1"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}}


def thing(kind, api_version="v1", name="x", namespace="hss", **content):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def workload(kind="Deployment", container=None, **pod):
    containers = [{"name": "c", "image": "i", **(container or {})}]
    return thing(kind, "apps/v1", spec={"template": {"spec": {"containers": containers, **pod}}})


def security(**context):
    return workload(container={"securityContext": context})


def probe(**handlers):
    return workload(container=handlers)


def annotated(name, value):
    item = workload()
    item["spec"]["template"]["metadata"] = {"annotations": {name: value}}
    return item


def role(**rule):
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], **rule}]
    return thing("ClusterRole", RBAC, namespace=None, rules=rules)


def labelled_role(label):
    named = role()
    named["metadata"]["labels"] = {label: "true"}
    return named


def binding(kind="ClusterRoleBinding", name="view", role_kind="ClusterRole", subjects=None):
    account = {"kind": "ServiceAccount", "name": "a", "namespace": "hss"}
    namespace = None if kind == "ClusterRoleBinding" else "hss"
    reference = {"apiGroup": RBAC[:-3], "kind": role_kind, "name": name}
    return thing(kind, RBAC, namespace=namespace, roleRef=reference, subjects=subjects or [account])


GROUP = {"kind": "Group", "name": "system:unauthenticated"}
FOREIGN = {"kind": "ServiceAccount", "name": "a", "namespace": "prod"}
CASES = [
    (NAMESPACE, []),
    (thing("Namespace", name="kube-system", namespace=None), ["namespace:kube-system"]),
    (thing("ConfigMap", namespace="kube-system"), ["namespace:kube-system"]),
    (thing("ConfigMap", namespace="prod"), ["namespace:prod"]),
    (thing("ConfigMap", namespace=None), ["namespace:default"]),
    (thing("ConfigMap"), []),
    (thing("Pod"), ["kind:Pod"]),
    (thing("Deployment", "extensions/v1beta1"), ["kind:Deployment.extensions"]),
    (thing("DeploymentList", "apps/v1"), ["kind:DeploymentList.apps"]),
    (
        thing("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", namespace=None),
        ["kind:ValidatingWebhookConfiguration.admissionregistration.k8s.io"],
    ),
    (thing("APIService", "apiregistration.k8s.io/v1", namespace=None), ["kind:APIService.apiregistration.k8s.io"]),
    (workload(), []),
    (workload("DaemonSet", volumes=[{"name": "v", "emptyDir": {}}, {"name": "w", "secret": {}}]), []),
    (workload(volumes=[{"name": "v", "hostPath": {"path": "/"}}]), ["host_path"]),
    (workload(volumes=[{"name": "v", "csi": {"driver": "d"}}]), ["host_path"]),
    (workload(hostNetwork=True), ["host_namespaces"]),
    (workload(hostPID=True), ["host_namespaces"]),
    (workload(hostIPC=False), []),
    (workload(container={"ports": [{"containerPort": 1, "hostPort": 1}]}), ["host_namespaces"]),
    (workload(container={"ports": [{"containerPort": 1}]}), []),
    (probe(livenessProbe={"httpGet": {"port": 1, "host": "169.254.169.254"}}), ["host_namespaces"]),
    (probe(lifecycle={"preStop": {"tcpSocket": {"port": 1, "host": "10.0.0.1"}}}), ["host_namespaces"]),
    (probe(livenessProbe={"httpGet": {"port": 1, "path": "/"}}, lifecycle={"preStop": {"exec": {}}}), []),
    (security(privileged=True), ["privileged"]),
    (security(privileged=False, runAsNonRoot=True), []),
    (security(capabilities={"add": ["SYS_ADMIN"]}), ["privileged"]),
    (security(capabilities={"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}), []),
    (security(procMount="Unmasked"), ["privileged"]),
    (workload(securityContext={"windowsOptions": {"hostProcess": True}}), ["privileged"]),
    (security(seLinuxOptions={"type": "spc_t"}), ["privileged"]),
    (security(seLinuxOptions={"user": "system_u"}), ["privileged"]),
    (security(seLinuxOptions={"type": "container_t", "level": "s0:c1"}), []),
    (security(seccompProfile={"type": "Unconfined"}), ["privileged"]),
    (security(seccompProfile={"type": "RuntimeDefault"}, appArmorProfile={"type": "RuntimeDefault"}), []),
    (workload(securityContext={"appArmorProfile": {"type": "Unconfined"}}), ["privileged"]),
    (workload(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}), ["privileged"]),
    (annotated("container.apparmor.security.beta.kubernetes.io/c", "unconfined"), ["privileged"]),
    (annotated("container.apparmor.security.beta.kubernetes.io/c", "runtime/default"), []),
    (workload(initContainers=[{"name": "i", "securityContext": {"privileged": True}}]), ["privileged"]),
    (workload(initContainers="x", volumes={"a": 1}), []),
    (role(), []),
    (role(apiGroups=["apps", "batch", RBAC[:-3]], resources=["*"], verbs=["get", "list", "watch"]), []),
    # Both of them are in everything of the core group.
    (role(apiGroups=["*"], resources=["*"], verbs=["get", "list", "watch"]), ["cluster_exec", "cluster_secrets"]),
    (role(resources=["*"], verbs=["get"]), ["cluster_exec", "cluster_secrets"]),
    (role(resources=["secrets"], verbs=["list"]), ["cluster_secrets"]),
    (role(resources=["secrets"], verbs=["delete"]), ["cluster_changes"]),
    (role(resources=["configmaps", "nodes", "services"]), []),
    (role(resources=["nodes/proxy"]), ["cluster_exec"]),
    (role(resources=["pods/exec"]), ["cluster_exec"]),
    (role(resources=["pods/exec"], verbs=["create"]), ["cluster_exec"]),
    (role(resources=["*/attach"], verbs=["create"]), ["cluster_exec"]),
    (role(resources=["pods/log", "pods/status", "nodes/stats"]), []),
    (role(verbs=["create"]), ["cluster_changes"]),
    (role(resources=["pods", "pods/exec"], verbs=["create"]), ["cluster_changes", "cluster_exec"]),
    (role(apiGroups=["batch"], resources=["cronjobs"], verbs=["patch"]), ["cluster_changes"]),
    (role(apiGroups=["", "events.k8s.io"], resources=["events"], verbs=["create", "patch"]), []),
    (role(apiGroups=["authentication.k8s.io"], resources=["tokenreviews"], verbs=["create"]), []),
    (role(resources=["namespaces"], resourceNames=["hss"], verbs=["update", "delete"]), []),
    (role(resources=["namespaces"], resourceNames=["hss", "prod"], verbs=["update"]), ["cluster_changes"]),
    (role(resources=["pods"], resourceNames=["hss"], verbs=["update"]), ["cluster_changes"]),
    (role(resources=["persistentvolumes"], verbs=["create"]), ["cluster_admin"]),
    (
        role(apiGroups=["admissionregistration.k8s.io"], resources=["mutatingwebhookconfigurations"], verbs=["update"]),
        ["cluster_admin"],
    ),
    (
        role(apiGroups=["certificates.k8s.io"], resources=["certificatesigningrequests/approval"], verbs=["update"]),
        ["cluster_admin"],
    ),
    (role(apiGroups=["*"], resources=["*"], verbs=["*"]), ["cluster_admin"]),
    (role(verbs=["impersonate"]), ["cluster_admin"]),
    (role(verbs=["bind"]), ["cluster_admin"]),
    # What "*" includes: binding and escalating roles, and impersonating anybody.
    (role(apiGroups=[RBAC[:-3]], resources=["clusterroles"], verbs=["*"]), ["cluster_admin"]),
    (role(apiGroups=["*"], resources=["roles"], verbs=["*"]), ["cluster_admin"]),
    (role(resources=["users"], verbs=["*"]), ["cluster_admin"]),
    (role(resources=["*"], verbs=["*"]), ["cluster_admin"]),
    (role(resources=["serviceaccounts/token"], verbs=["create"]), ["cluster_admin"]),
    (role(resources=["serviceaccounts"], verbs=["create"]), ["cluster_changes"]),
    (role(resources=["pods"], verbs=["*"]), ["cluster_changes"]),
    (role(apiGroups=[RBAC[:-3]], resources=["clusterroles"], verbs=["get", "create"]), ["cluster_changes"]),
    (role(apiGroups=["apps"], resources=["*"], verbs=["*"]), ["cluster_changes"]),
    (thing("ClusterRole", RBAC, namespace=None, rules=[{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]), []),
    (
        thing("ClusterRole", RBAC, namespace=None, rules=[{"nonResourceURLs": ["*"], "verbs": ["*"]}]),
        ["cluster_changes"],
    ),
    (thing("ClusterRole", RBAC, namespace=None, rules="x"), []),
    (thing("ClusterRole", RBAC, name="cluster-admin", namespace=None), ["cluster_admin"]),
    (labelled_role("rbac.authorization.k8s.io/aggregate-to-view"), ["subjects"]),
    (labelled_role("app"), []),
    (thing("ClusterRole", RBAC, namespace=None, aggregationRule={"clusterRoleSelectors": [{}]}), ["cluster_admin"]),
    (thing("Role", RBAC, rules=[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]), []),
    (binding(), []),
    (binding(name="cluster-admin"), ["cluster_admin"]),
    (binding(name="system:node"), ["cluster_admin"]),
    (binding(name="admin"), ["cluster_admin"]),
    # Nobody knows what it permits.
    (binding(name="customer"), ["cluster_admin"]),
    (binding("RoleBinding", "customer"), []),
    (binding("RoleBinding", "admin"), []),
    (binding("RoleBinding", "cluster-admin"), ["cluster_admin"]),
    (binding("RoleBinding", "cluster-admin", "Role"), []),
    (binding(subjects=[GROUP]), ["subjects"]),
    (binding(subjects=[FOREIGN]), ["subjects"]),
    (thing("Service", spec={"ports": []}), []),
    (thing("Service", spec={"type": "NodePort"}), ["exposed_services"]),
    (thing("Service", spec={"externalIPs": ["192.0.2.1"]}), ["exposed_services"]),
]


@pytest.mark.parametrize("item, expected", CASES)
def test_what_needs_a_permission(item, expected):
    assert [violation.permission for violation in violations([NAMESPACE, item])] == expected
    if not expected:
        check_limits([NAMESPACE, item], "allow", [])
        return
    with pytest.raises(LimitError) as error:
        check_limits([NAMESPACE, item], "hss_onboard_agent_allow", [])
    assert f"add to hss_onboard_agent_allow: {', '.join(expected)}" in str(error.value)
    assert item["metadata"]["name"] in str(error.value)
    check_limits([NAMESPACE, item], "allow", expected)


def test_a_namespace_that_the_manifests_bring_is_theirs():
    objects = [thing("Namespace", name="agents", namespace=None), thing("ConfigMap", namespace="agents")]
    assert violations(objects) == []


def test_a_role_of_the_manifests_is_judged_by_its_rules_only():
    named = role()
    named["metadata"]["name"] = "editor"
    assert violations([named, binding(name="editor")]) == []


def test_a_role_of_kubernetes_is_not_brought_by_manifests():
    named = role()
    named["metadata"]["name"] = "cluster-admin"
    assert [each.permission for each in violations([named, binding(name="cluster-admin")])] == ["cluster_admin"]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_connection_agent_needs_no_permission(form):
    cluster = SimpleNamespace(
        cluster_id="an-id",
        container_name=None,
        image_repo=None,
        image_repo_username=None,
        organization=None,
        image_arch="x86",
        dns_policy=None,
        dns_config=None,
        anp_proxy=None,
    )
    assert violations(parse_manifests(manifests.install_script(cluster, "token", "r", form))) == []


def test_many_violations_are_listed_in_part():
    with pytest.raises(LimitError, match=r"Pod hss/x9 .*; and 15 more\. Nothing was applied"):
        check_limits([thing("Pod", name=f"x{number}") for number in range(25)], "allow", [])


@pytest.mark.parametrize("entry", ["privilegd", "kind:", "namespace:Kube", "all", ""])
def test_an_unknown_permission_is_refused(entry):
    with pytest.raises(LimitError, match="allow: .* is not one of cluster_admin"):
        check_limits([], "allow", [entry])


def test_the_objects_are_not_changed():
    objects = [NAMESPACE, workload(hostPID=True)]
    before = copy.deepcopy(objects)
    violations(objects)
    assert objects == before and set(PERMISSIONS) >= {"privileged"}
