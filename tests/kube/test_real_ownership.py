# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a real API server proves about objects of others: uids, labels, dry runs, and namespaces that go away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.deletion import delete_call
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import BUILT_IN_RESOURCES

from .cluster import Cluster

OBJECTS = "huaweicloud.hss.kubectl_objects"
RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
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
        assert refused.returncode == 1 and "Precondition failed: UID" in refused.stderr, refused.stderr
        assert cluster.get(kind, name, namespace)
        call = delete_call(item, resource)
        assert cluster.run(*call.arguments, stdin=call.text).returncode == 0
        again = cluster.run(*call.arguments, stdin=call.text)
        assert again.returncode == 1 and "(NotFound)" in again.stderr, again.stderr


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


def test_labels_that_somebody_else_applied_stay(cluster: Cluster, tasks: Any) -> None:
    """kubectl removes what was applied last and is no longer given, whoever applied it."""
    namespace = thing("Namespace", "hss-test")
    apply(cluster, {**namespace, "metadata": {"name": "hss-test", "labels": {PSA: "baseline"}}})
    _played, (plain, taken) = tasks(
        OBJECTS, {"objects": [namespace]}, {"objects": [namespace], **ONE, "take_over": ["unlabelled"]}
    )
    assert not plain["changed"] and taken["changed"]
    labels = (cluster.get("namespace", "hss-test") or {})["metadata"]["labels"]
    assert labels[PSA] == "baseline" and labels["huaweicloud.hss/cluster-id"] == "one"


def test_a_webhook_without_dry_run(cluster: Cluster, tasks: Any) -> None:
    """The API server refuses the dry run itself, and ignores that the webhook does not answer."""
    webhook = {
        "name": "old.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1/validate"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["*"]}],
        "failurePolicy": "Ignore",
        "sideEffects": "Unknown",
        "admissionReviewVersions": ["v1beta1"],
    }
    # The newer version of the API does not accept such a webhook.
    apply(cluster, thing("ValidatingWebhookConfiguration", "old", None, f"{ADMISSION}/v1beta1", webhooks=[webhook]))
    changed = [*manifests()[:2], thing("ConfigMap", "config", "hss-test", data={"CLUSTER_ID": "one", "x": "1"})]
    played, (made, again, check, update) = tasks(
        OBJECTS,
        {"objects": manifests()},
        {"objects": manifests()},
        {"objects": changed, "check_mode": True},
        {"objects": changed},
    )
    assert made["changed"] and not again["changed"], again
    assert "sideEffects: NoneOnDryRun" in played.output
    assert check["objects"] == update["objects"] and update["changed"]


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
