# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugins that call kubectl, with clusters in states that are hard to reproduce with a real one."""

from __future__ import annotations

import base64
import copy
import json
import time

import pytest
from clusters import account_with_token
from kubectl.standin import StandIn

OBJECTS = "huaweicloud.hss.kubectl_objects"
PREFLIGHT = "huaweicloud.hss.kubectl_preflight"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "proxy-agent-config", "namespace": "hss"},
    "data": {"CLUSTER_ID": "an-id"},
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "proxy-agent", "namespace": "hss"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "i"}]}},
    },
}

UNREACHABLE = {
    "refused": "the API server cannot be reached from this host",
    "timeout": "the API server cannot be reached from this host",
    "unknown": "the API server cannot be reached from this host",
    "certificate": "do not trust each other's certificates",
    "unauthorized": "does not accept the credential in the kubeconfig",
}


@pytest.fixture
def another(tmp_path):
    """Makes further clusters, each in a state of its own, so that one play can run tasks with all of them."""

    def make(name, **state):
        standin = StandIn(tmp_path / name)
        standin.configure(**state)
        return {"kubectl": standin.kubectl, "kubeconfig": standin.kubeconfig}

    return make


def test_an_api_server_that_does_not_respond(another, tasks):
    servers = {how: another(how, unreachable=how) for how in UNREACHABLE}
    options = [{**server, "objects": [NAMESPACE]} for server in servers.values()]
    without_waiting = [{**given, "wait_timeout": 0} for given in options]
    played = [tasks(OBJECTS, *without_waiting)[1], tasks(PREFLIGHT, *options)[1]]
    for how, present, preflight in zip(UNREACHABLE, *played, strict=True):
        for result in (present, preflight):
            assert result["failed"] and UNREACHABLE[how] in result["msg"], how
            assert "kubectl reported: " in result["msg"]
            # The log lines before kubectl's message are skipped.
            assert "memcache" not in result["msg"]
        assert not present["answered"]
        # Each problem is reported once.
        assert (how, len(preflight["problems"])) == (how, 1)


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["", "check"])
def test_missing_rights_are_named_before_anything_is_changed(cluster, tasks, arguments):
    cluster.configure(denied=["get deployments.apps", "create configmaps", "list nodes"])
    objects = {"objects": [NAMESPACE, CONFIG, DEPLOYMENT]}
    _played, (result,) = tasks(OBJECTS, objects, arguments=arguments)
    assert "does not have the permission for this" in result["msg"] and "cannot get resource" in result["msg"]
    assert not result["changed"] and cluster.everything() == set()
    played, (preflight,) = tasks(PREFLIGHT, objects, arguments=arguments)
    assert preflight["denied"] == ["create configmaps in namespace hss", "get deployments.apps in namespace hss"]
    assert "does not have the permission to: create configmaps in namespace hss; get deployments" in preflight["msg"]
    assert preflight["nodes"] == []
    assert "While getting the nodes, the account in the kubeconfig does not have" in played.output


def test_changes_before_a_failure_are_reported(cluster, tasks):
    cluster.configure(denied=["create deployments.apps"])
    options = {"objects": [NAMESPACE, CONFIG, DEPLOYMENT]}
    _played, (first, second) = tasks(OBJECTS, options, options)
    assert [first["changed"], second["changed"]] == [True, False]
    assert first["answered"] and second["answered"]
    assert cluster.get("configmap", "proxy-agent-config", "hss")
    cluster.configure(denied=[])
    _played, (result,) = tasks(OBJECTS, options)
    assert [one["action"] for one in result["objects"]] == ["unchanged", "unchanged", "created"]


def test_objects_are_created_without_permission_to_read_namespaces(cluster, tasks):
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(NAMESPACE)).returncode == 0
    cluster.configure(denied=["get namespaces"])
    _played, (inside, itself) = tasks(OBJECTS, {"objects": [CONFIG]}, {"objects": [NAMESPACE]})
    assert [one["action"] for one in inside["objects"]] == ["created"]
    assert "does not have the permission" in itself["msg"]


def test_a_namespace_that_is_not_deleted(cluster, tasks):
    cluster.configure(stuck=["hss"])
    objects = [NAMESPACE, CONFIG]
    _played, (_made, gone, present, check) = tasks(
        OBJECTS,
        {"objects": objects},
        {"objects": objects, "state": "absent", "wait_timeout": 2},
        {"objects": objects, "wait_timeout": 1},
        {"objects": [CONFIG], "wait_timeout": 1},
    )
    said = "Some content in the namespace has finalizers remaining: example.com/stuck"
    assert gone["changed"] and f"Namespace hss was deleted, but still exists: {said}" in gone["msg"]
    # Its objects are deleted already. The namespace also matters if only its objects are given.
    assert "ConfigMap" not in gone["msg"]
    for result in (present, check):
        assert f"Namespace hss is still being deleted: {said}" in result["msg"] and not result["changed"]


def test_objects_together_with_the_definition_of_their_kind(cluster, tasks):
    """The definition is created first, and the plugin waits until it is established. Check mode predicts both."""
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": names,
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
    }
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "default"}}
    options = {"objects": [widget, definition]}
    _played, (check,) = tasks(OBJECTS, options, arguments=("--check",))
    _played, (preflight,) = tasks(PREFLIGHT, options)
    _played, (made, again, gone, absent) = tasks(
        OBJECTS, options, options, {**options, "state": "absent"}, {**options, "state": "absent"}
    )
    assert preflight["problems"] == []
    assert check["objects"] == made["objects"] and [one["action"] for one in made["objects"]] == ["created"] * 2
    assert not again["changed"] and gone["changed"] and not absent["changed"]
    # There are no objects of an unknown kind to delete.
    assert [one["action"] for one in absent["objects"]] == ["unchanged"] * 2


def test_the_preflight_looks_up_optional_kinds(cluster, tasks):
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgetries.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"plural": "gadgetries", "kind": "Gadget"},
            "scope": "Cluster",
            "versions": [{"name": "v1"}],
        },
    }
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(crd)).returncode == 0
    cluster.configure(denied=["patch gadgetries.example.com"])
    time.sleep(0.4)
    gadget = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}}
    _played, (result,) = tasks(PREFLIGHT, {"objects": [gadget, NAMESPACE]})
    assert result["denied"] == ["patch gadgetries.example.com"]


VERSIONS = {"v1.18.20": True, "v1.19.6-eks-49a6c0": False, "v1.29.4+k3s1": False, "v1.19.0-rc.1": False}


def test_versions_as_distributions_write_them(another, tasks):
    """Only the first one is too old."""
    _played, results = tasks(PREFLIGHT, *(another(version, version=version) for version in VERSIONS))
    assert {result["version"]: bool(result.get("failed")) for result in results} == VERSIONS


def test_the_token_of_a_service_account_is_created_late(cluster):
    account, secret = account_with_token("default")
    orphan = copy.deepcopy(secret)
    orphan["metadata"] |= {"name": "other", "annotations": {"kubernetes.io/service-account.name": "nobody"}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [account, secret, orphan]}
    cluster.configure(delay=3600)
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(listed)).returncode == 0
    question = ("-n", "default", "get", "secret", "hss-token", "-o", "jsonpath=[{.data.token}]")
    assert cluster.run(*question).stdout.strip() == "[]"
    cluster.configure(delay=0)
    token = base64.b64decode(cluster.run(*question).stdout.strip()[1:-1]).decode()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == "system:serviceaccount:default:hss"
    assert cluster.get("secret", "other", "default") is None


def test_a_token_is_waited_for(cluster, tasks):
    cluster.configure(delay=3600)
    listed = {"apiVersion": "v1", "kind": "List", "items": account_with_token("default")}
    applied = time.time()
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(listed)).returncode == 0
    options = {"name": "hss-token", "namespace": "default", "keys": ["token"]}
    _played, (now,) = tasks("huaweicloud.hss.kubectl_secret_info", {**options, "wait_timeout": 0})
    cluster.configure(delay=time.time() - applied + 3)
    _played, (later,) = tasks("huaweicloud.hss.kubectl_secret_info", options)
    assert now["msg"].startswith("name: the Secret hss-token in namespace default has no token, even after 0 s")
    assert later["data"]["token"]


def test_the_agent_connects_the_cluster_to_hss(cluster, simulator, tasks):
    (cluster_id,) = simulator.seed_clusters(1)
    config = copy.deepcopy(CONFIG)
    config["data"]["CLUSTER_ID"] = cluster_id
    cluster.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file})
    _played, (result,) = tasks(OBJECTS, {"objects": [NAMESPACE, config, DEPLOYMENT]})
    assert result["changed"]
    assert simulator.cluster(cluster_id).agent_applied


def test_the_stand_in_refuses_unknown_calls(cluster):
    for words in (("exec", "pod", "--", "sh"), ("get", "pods", "--bogus"), ("get", "nonsense"), ("get", "-f", "a.yml")):
        done = cluster.run(*words)
        assert done.returncode == 1 and done.stderr.startswith("error: ")


def test_the_preflight_foretells_what_keeps_pods_from_running(cluster, tasks):
    """Taints, cordons, architectures and sockets, also after an API server that restarts."""
    info = {"operatingSystem": "linux", "architecture": "amd64", "kubeletVersion": "v1.29.4+k3s1"}
    status = {
        "nodeInfo": {**info, "containerRuntimeVersion": "containerd://1.7.11-k3s2"},
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    cluster.change("Node", "node-1", status=status, spec={"taints": [taint]})
    cluster.change("Node", "node-2", status=status, spec={"unschedulable": True})
    refused = "The connection to the server 10.0.0.5:6443 was refused - did you specify the right host or port?"
    cluster.configure(faults=[{"command": "version", "stderr": refused, "times": 1}])
    played, (result, arm) = tasks(PREFLIGHT, {"runtime_info": []}, {"image_arch": "arm"})
    assert result["problems"] == [] and arm["failed"]
    assert "No ready node has the architecture arm64 of the images (image_arch: arm)" in arm["msg"]
    said = " ".join(result["warnings"])
    assert "node-1 (taint node-role.kubernetes.io/control-plane:NoSchedule), node-2 (cordoned)" in said
    assert "runtime_path: /run/k3s/containerd/containerd.sock" in said and "of node-1, node-2 is not where" in said
    assert "/run/k3s/" not in str(arm["warnings"])
