# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a real API server proves about objects of others: uids, labels, dry runs, and namespaces that go away."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import CallResult
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.deletion import delete_call, is_gone
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import BUILT_IN_RESOURCES

from .cluster import Cluster

OBJECTS = "huaweicloud.hss.kubectl_objects"
RBAC = "rbac.authorization.k8s.io"
ONE, TWO = {"owner": "one"}, {"owner": "two"}
PSA = "pod-security.kubernetes.io/enforce"


def thing(kind: str, name: str, namespace: str | None = None, version: str = "v1", **content: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def manifests(cluster_id: str = "one") -> list[dict[str, Any]]:
    return [
        thing("Namespace", "hss-test"),
        thing("ClusterRole", "hss-test", None, f"{RBAC}/v1", rules=[]),
        thing("ConfigMap", "config", "hss-test", data={"CLUSTER_ID": cluster_id}),
    ]


def apply(cluster: Cluster, *objects: dict[str, Any]) -> None:
    done = cluster.run("apply", "-f", "-", stdin="\n".join(map(json.dumps, objects)))
    assert done.returncode == 0, done.stderr


def test_another_object_with_the_same_name_is_not_deleted(cluster: Cluster) -> None:
    """In a namespace and outside of any, of the core group and of others."""
    apply(cluster, *manifests())
    for kind, name, namespace in (("configmap", "config", "hss-test"), ("clusterrole", "hss-test", None)):
        item = KubeObject(cluster.get(kind, name, namespace) or {})
        resource = BUILT_IN_RESOURCES[(item.group, item.kind)]
        other = KubeObject({**item.content, "metadata": {**item.content["metadata"], "uid": "another-uid"}})
        call = delete_call(other, resource)
        refused = cluster.run(*call.arguments, stdin=call.text)
        assert refused.returncode == 1 and "the UID in the precondition" in refused.stderr, refused.stderr
        assert is_gone(CallResult(1, "", refused.stderr))
        assert cluster.get(kind, name, namespace)
        call = delete_call(item, resource)
        assert cluster.run(*call.arguments, stdin=call.text).returncode == 0
        again = cluster.run(*call.arguments, stdin=call.text)
        assert again.returncode == 1 and "(NotFound)" in again.stderr, again.stderr


def test_an_object_that_is_replaced_before_it_is_deleted_stays(cluster: Cluster, tasks: Any, tmp_path: Path) -> None:
    """Somebody deletes it and creates another one, after the collection has looked and before it deletes."""
    _played, (made,) = tasks(OBJECTS, {"objects": manifests(), **ONE})
    assert made["changed"]
    (tmp_path / "theirs.json").write_text(json.dumps(thing("ConfigMap", "config", "hss-test", data={"a": "1"})))
    kubectl = shlex.join([cluster.kubectl, "--kubeconfig", cluster.kubeconfig])
    replace = f"{kubectl} delete configmap config -n hss-test && {kubectl} apply -f {tmp_path}/theirs.json"
    wrapper = tmp_path / "slow-kubectl"
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *"delete --raw"*) [ -e {tmp_path}/done ] || '
        f'{{ : >{tmp_path}/done; {replace}; }} >&2 </dev/null ;; esac\nexec {cluster.kubectl} "$@"\n'
    )
    wrapper.chmod(0o755)
    absent = {"objects": manifests()[1:], **ONE, "state": "absent", "kubectl": str(wrapper)}
    _played, (gone,) = tasks(OBJECTS, absent)
    assert gone["changed"] and not gone.get("failed"), gone
    assert (cluster.get("configmap", "config", "hss-test") or {})["data"] == {"a": "1"}
    assert cluster.get("clusterrole", "hss-test") is None


def test_the_life_of_an_agent_with_an_owner(cluster: Cluster, tasks: Any) -> None:
    customer = thing("ClusterRole", "customer", None, f"{RBAC}/v1", rules=[])
    apply(cluster, customer)
    kinds = ["ClusterRole", "Namespace", "ConfigMap"]
    _played, (made, again, refused, taken, foreign, gone) = tasks(
        OBJECTS,
        {"objects": manifests(), **ONE},
        {"objects": manifests(), **ONE},
        {"objects": manifests("two"), **TWO},
        {"objects": manifests("two"), **TWO, "take_over": ["one"]},
        {"objects": [customer], **TWO},
        {"objects": [customer, *manifests()], **TWO, "kinds": kinds, "state": "absent"},
    )
    assert made["changed"] and not again["changed"], again
    assert len(refused["conflicts"]) == 3 and taken["changed"], refused
    assert "was not created for HSS" in foreign["msg"]
    assert [item["action"] for item in gone["objects"]] == ["kept", "deleted", "deleted", "deleted"], gone
    assert cluster.everything() == {("ClusterRole", None, "customer")}


def test_a_namespace_with_objects_of_others_is_kept(cluster: Cluster, tasks: Any) -> None:
    """They are found among all kinds of a real API server. What controllers create does not count."""
    account = thing("ServiceAccount", "agent", "hss-test")
    objects = {"objects": [*manifests(), account], **ONE}
    absent = {"objects": manifests()[:1], **ONE, "state": "absent"}
    _played, (made,) = tasks(OBJECTS, objects)
    assert made["changed"]
    config = cluster.get("configmap", "config", "hss-test") or {}
    references = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "config", "uid": config["metadata"]["uid"]}]
    derived = thing("Role", "derived", "hss-test", f"{RBAC}/v1", rules=[])
    derived["metadata"]["ownerReferences"] = references
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    theirs = thing("PersistentVolumeClaim", "data", "hss-test", spec=claim)
    apply(cluster, derived, theirs, thing("Lease", "leader", "hss-test", "coordination.k8s.io/v1", spec={}))
    _played, (check, kept, again) = tasks(OBJECTS, {**absent, "check_mode": True}, absent, absent)
    why = "The Namespace hss-test is kept, since it contains objects that were not created for one: "
    assert kept["warnings"] == [f"{why}PersistentVolumeClaim hss-test/data."], kept
    assert check["objects"] == kept["objects"] and kept["changed"] and not again["changed"]
    actions = {(item["kind"], item["name"]): item["action"] for item in kept["objects"]}
    assert actions == {
        ("Namespace", "hss-test"): "kept",
        ("ConfigMap", "config"): "deleted",
        ("ServiceAccount", "agent"): "deleted",
    }
    assert cluster.get("persistentvolumeclaim", "data", "hss-test") is not None
    assert cluster.get("configmap", "config", "hss-test") is None
    request = {"metadata": {"finalizers": None}}
    path = "/api/v1/namespaces/hss-test/persistentvolumeclaims/data"
    cluster.server.request(
        "PATCH", path, json=request, headers={"Content-Type": "application/merge-patch+json"}
    ).raise_for_status()
    cluster.server.request("DELETE", path).raise_for_status()
    _played, (gone,) = tasks(OBJECTS, absent)
    assert gone["changed"] and "warnings" not in gone, gone
    assert cluster.everything() == {("ClusterRole", None, "hss-test")}


def test_labels_that_somebody_else_applied_stay(cluster: Cluster, tasks: Any) -> None:
    """kubectl removes what was applied last and is no longer given, whoever applied it."""
    namespace, config = thing("Namespace", "hss-test"), thing("ConfigMap", "c", "hss-test", data={"a": "1"})
    metadata = {"labels": {PSA: "baseline"}, "annotations": {"field.cattle.io/projectId": "c-1:p-1"}}
    apply(cluster, *({**item, "metadata": {**item["metadata"], **metadata}} for item in (namespace, config)))
    # Not with kubectl apply: the API server knows who has set it, kubectl does not.
    assert cluster.run("label", "namespace", "hss-test", "istio-injection=enabled").returncode == 0
    _played, (plain, taken, again) = tasks(
        OBJECTS,
        {"objects": [namespace, config]},
        {"objects": [namespace, config], **ONE, "take_over": ["unlabelled"]},
        {"objects": [namespace, config], **ONE},
    )
    assert not plain["changed"] and taken["changed"] and not again["changed"]
    for kind, name, place in (("namespace", "hss-test", None), ("configmap", "c", "hss-test")):
        found = (cluster.get(kind, name, place) or {})["metadata"]
        assert found["labels"].items() >= {PSA: "baseline", "huaweicloud.hss/cluster-id": "one"}.items(), found
        assert found["annotations"].items() >= metadata["annotations"].items(), found
    assert (cluster.get("namespace", "hss-test") or {})["metadata"]["labels"]["istio-injection"] == "enabled"


def test_warnings_of_the_api_server_are_shown(cluster: Cluster, tasks: Any) -> None:
    """The API server warns about a version of a kind that later versions of Kubernetes do not have."""
    budget = thing("Ingress", "old", "default", "extensions/v1beta1", spec={"backend": {"serviceName": "a"}})
    budget["spec"]["backend"]["servicePort"] = 80
    _played, (result,) = tasks(OBJECTS, {"objects": [budget]})
    assert any("extensions/v1beta1 Ingress is deprecated" in text for text in result.get("warnings", ())), result


def test_kubectl_runs_no_program_of_the_kubeconfig_or_of_the_home(cluster: Cluster, tasks: Any, tmp_path: Path) -> None:
    """Neither an exec plugin of the current context, nor the one of a file that appears in HOME."""
    trap = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "/bin/touch", "args": [f"{tmp_path}/ran"]}
    document = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    good = document["current-context"]
    document["users"].append({"name": "trap", "user": {"exec": trap}})
    context = {**document["contexts"][0]["context"], "user": "trap"}
    document["contexts"].append({"name": "trap", "context": context})
    document["current-context"] = "trap"
    path = tmp_path / "home" / ".kube" / "config"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(document))
    path.chmod(0o600)
    options = {"objects": [thing("ConfigMap", "c", "default", data={})]}
    _played, (refused, chosen) = tasks(
        OBJECTS, {**options, "kubeconfig": str(path)}, {**options, "kubeconfig": str(path), "context": good}
    )
    assert "exec" in refused["msg"] and chosen["changed"]
    assert not (tmp_path / "ran").exists()
