# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubectl_objects when somebody else was there: their objects, their labels, their policies, and a busy API server."""

from __future__ import annotations

import copy
import json

import pytest

MODULE = "huaweicloud.hss.kubectl_objects"
RBAC = "rbac.authorization.k8s.io"
OWNER = "huaweicloud.hss/cluster-id"
ONE, TWO = {"owner": "one"}, {"owner": "two"}


def thing(kind, name, namespace=None, api_version="v1", **content):
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def role(name="agent"):
    return thing("ClusterRole", name, None, f"{RBAC}/v1", rules=[])


def manifests(cluster_id="one"):
    labels = {"app": "agent"}
    container = {"name": "agent", "image": "i", "envFrom": [{"configMapRef": {"name": "config"}}], "args": ["--canary"]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return [
        thing("Namespace", "hss"),
        role(),
        thing("ConfigMap", "config", "hss", data={"CLUSTER_ID": cluster_id, "x": "canary-value"}),
        thing("Deployment", "agent", "hss", "apps/v1", spec=spec),
    ]


KINDS = ["ClusterRole", "Namespace", "ConfigMap", "Deployment"]


def apply(cluster, *objects):
    listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(listed)).returncode == 0


def actions(result):
    assert not result.get("failed"), result["msg"]
    return {item["kind"]: item["action"] for item in result["objects"]}


def test_an_agent_belongs_to_one_registration(cluster, tasks):
    """Another one takes it over only if it is told to. Removal touches only what belongs to it, and names the rest."""
    foreign = role("customer")
    apply(cluster, foreign)
    created = {"objects": manifests(), **ONE}
    other = {"objects": manifests("two"), **TWO}
    played, (made, again, refused, taken, unowned, gone_one, gone_two, absent) = tasks(
        MODULE,
        created,
        created,
        other,
        {**other, "take_over": ["one"]},
        {**TWO, "objects": [foreign]},
        {**ONE, "objects": manifests(), "kinds": KINDS, "state": "absent"},
        {**TWO, "objects": [foreign], "kinds": KINDS, "state": "absent"},
        {**TWO, "objects": manifests(), "kinds": KINDS, "state": "absent"},
        arguments=("--diff", "-vvv"),
    )
    assert set(actions(made).values()) == {"created"} and set(actions(again).values()) == {"unchanged"}
    assert refused["failed"] and not refused["changed"] and len(refused["conflicts"]) == 4
    assert "belong to the registration one, and would be turned to the registration two" in refused["msg"]
    assert {conflict["owner"] for conflict in refused["conflicts"]} == {"one"}
    assert actions(taken)["ConfigMap"] == "updated" and "belonged to the registration one" in played.output
    assert "ClusterRole customer already exists, and was not created for HSS" in unowned["msg"]
    assert set(actions(gone_one).values()) == {"kept"} and not gone_one["changed"]
    assert len(gone_two["objects"]) == 5 and gone_two["changed"]
    assert [item["kind"] for item in gone_two["objects"] if item["action"] == "kept"] == ["ClusterRole"]
    assert gone_two["conflicts"] == [{"kind": "ClusterRole", "name": "customer", "namespace": None, "owner": None}]
    assert set(actions(absent).values()) == {"unchanged"}
    assert cluster.everything() == {("ClusterRole", None, "customer")}
    # Neither values of ConfigMaps nor arguments are shown.
    assert "canary" not in played.output + played.log


def test_the_labels_and_namespaces_of_others_stay(cluster, tasks):
    """A namespace that exists is used as it is, and remains; one of Kubernetes is refused."""
    namespace = thing("Namespace", "hss")
    namespace["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "privileged"}
    apply(cluster, namespace)
    objects = {"objects": manifests(), **ONE}
    system = [thing("Namespace", "kube-system"), thing("ServiceAccount", "a", "kube-system")]
    _played, (refused, used, gone, plain, kube) = tasks(
        MODULE,
        objects,
        {**objects, "existing_namespaces": True},
        {**ONE, "objects": manifests()[:1], "kinds": KINDS, "state": "absent"},
        {"objects": [thing("Namespace", "hss")]},
        {"objects": system, "existing_namespaces": True, "take_over": ["unlabelled"], **ONE},
    )
    assert "Namespace hss already exists, and was not created for HSS" in refused["msg"]
    assert actions(used) == {**dict.fromkeys(KINDS, "created"), "Namespace": "unchanged"}
    assert {item["action"] for item in gone["objects"]} == {"kept", "deleted"} and gone["changed"]
    assert not plain["changed"] and "kube-system belongs to Kubernetes itself" in kube["msg"]
    live = cluster.get("namespace", "hss")
    assert live["metadata"]["labels"] == namespace["metadata"]["labels"]
    assert cluster.everything() == {("Namespace", None, "hss")}


def test_a_namespace_with_objects_of_others_is_kept_and_they_are_named(cluster, tasks):
    """What is the owner's is removed from it. Once the others are gone, the namespace is removed as well."""
    apply(cluster, thing("ConfigMap", "theirs", "default", data={"x": "1"}))
    options = {"objects": manifests()[:1], **ONE, "state": "absent", "wait_timeout": 30}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "agent", "uid": "gone"}
    pod = thing("Pod", "agent-1", "hss")
    pod["metadata"]["ownerReferences"] = [deployment]
    _played, (made,) = tasks(MODULE, {"objects": manifests(), **ONE})
    cluster.add(pod, thing("Event", "e", "hss"))
    apply(cluster, thing("Secret", "theirs", "hss", stringData={"x": "canary-value"}), thing("Service", "s", "hss"))
    two = thing("ConfigMap", "two", "hss", data={})
    two["metadata"]["labels"] = {OWNER: "two"}
    apply(cluster, two)
    played, (check, kept, again, denied) = tasks(
        MODULE,
        {**options, "check_mode": True},
        options,
        options,
        {**options, "take_over": ["two"]},
        arguments=("-vvv",),
    )
    assert made["changed"] and check["objects"] == kept["objects"] and kept["changed"] and not again["changed"]
    assert actions(kept) == {"Namespace": "kept", "ConfigMap": "deleted", "Deployment": "deleted"}
    why = "The Namespace hss is kept, since it contains objects that were not created for one: "
    assert kept["warnings"] == [f"{why}ConfigMap hss/two, Secret hss/theirs, Service hss/s."] == again["warnings"]
    assert actions(denied) == {"Namespace": "kept", "ConfigMap": "deleted"}
    assert "canary" not in played.output + played.log
    assert {item for item in cluster.everything() if item[1] == "hss"} == {
        ("Secret", "hss", "theirs"),
        ("Service", "hss", "s"),
        ("Pod", "hss", "agent-1"),
        ("Event", "hss", "e"),
    }
    assert cluster.run("delete", "secret", "theirs", "-n", "hss").returncode == 0
    assert cluster.run("delete", "service", "s", "-n", "hss").returncode == 0
    # If it is not known what is in it, it is kept as well.
    cluster.configure(denied=["list services"])
    _played, (unknown,) = tasks(MODULE, options)
    assert not unknown["changed"] and "is kept, since what is in it is not known. " in unknown["warnings"][0]
    assert 'cannot list resource "services"' in unknown["warnings"][0]
    cluster.configure(denied=[])
    _played, (gone,) = tasks(MODULE, options)
    assert actions(gone) == {"Namespace": "deleted"} and "warnings" not in gone
    assert cluster.everything() == {("ConfigMap", "default", "theirs"), ("ClusterRole", None, "agent")}


def test_pods_run_with_what_was_applied_or_the_reason_is_reported(cluster, tasks):
    objects, changed = manifests(), manifests()
    changed[2]["data"]["x"] = "other"
    wait = {"restart_pods": True, "wait_for_pods": True, "wait_timeout": 10}
    warning = 'would violate PodSecurity "restricted:latest": x'
    cluster.configure(warnings={"Deployment": [warning]})
    played, (made, again, restarted) = tasks(
        MODULE, {"objects": objects, **wait}, {"objects": objects, **wait}, {"objects": changed, **wait}
    )
    assert made["rollouts"] == restarted["rollouts"] and made["rollouts"][0]["ready"] == 2
    assert set(actions(again).values()) == {"unchanged"}
    assert (actions(restarted)["ConfigMap"], actions(restarted)["Deployment"]) == ("updated", "updated")
    assert "would violate PodSecurity" in played.output and warning in made["warnings"][0]
    labels = {"name": "agent-1", "namespace": "hss", "labels": {"app": "agent"}}
    condition = {"type": "PodScheduled", "status": "False", "message": "0/2 nodes are available: untolerated taint"}
    event = {"involvedObject": {"kind": "ReplicaSet", "name": "agent-abc"}, "type": "Warning", "reason": "FailedCreate"}
    cluster.add(
        thing("Pod", "agent-1", "hss", status={"conditions": [condition]}) | {"metadata": labels},
        thing("Event", "e", "hss", **event, message="exceeded quota: \x1b[31mpods=2"),
    )
    cluster.configure(pods={"run": False})
    _played, (stuck,) = tasks(MODULE, {"objects": objects, **wait, "wait_timeout": 1})
    assert stuck["failed"] and stuck["changed"]
    assert "After 1 seconds: 0 of 2 pods of Deployment hss/agent run with what was applied" in stuck["msg"]
    assert "untolerated taint" in stuck["msg"] and "exceeded quota: pods=2" in stuck["msg"]


LEADER = "Error from server: etcdserver: leader changed"
CONFLICT = 'Error from server (Conflict): error when applying patch:\n{"a":1}\nto:\nfor: "STDIN": it has been modified'
REFUSED = "The connection to the server 10.0.0.5:6443 was refused - did you specify the right host or port?"
DENIED = """Error from server: admission webhook "validate.kyverno.svc-fail" denied the request:

resource ConfigMap/hss/config was blocked due to the following policies

disallow-latest-tag:
  autogen-validate-image-tag: not allowed: canary-value"""


@pytest.mark.long
def test_patience_and_the_words_of_the_cluster(cluster, tasks):
    objects = {"objects": manifests()[:3]}
    cluster.configure(
        faults=[
            {"command": "get", "stderr": LEADER, "times": 1},
            {"command": "apply", "stderr": CONFLICT, "times": 1},
        ]
    )
    _played, (made,) = tasks(MODULE, objects)
    assert set(actions(made).values()) == {"created"}
    cluster.configure(no_dry_run=True)
    changed = copy.deepcopy(objects)
    changed["objects"][2]["data"]["y"] = "1"
    played, (check, again, update) = tasks(MODULE, {**changed, "check_mode": True}, objects, changed)
    assert actions(again)["ConfigMap"] == "unchanged" and "sideEffects: NoneOnDryRun" in played.output
    assert check["objects"] == update["objects"] and actions(update)["ConfigMap"] == "updated"
    cluster.configure(no_dry_run=False, faults=[{"command": "delete", "stderr": DENIED, "times": 3}])
    _played, (denied,) = tasks(MODULE, {**objects, "state": "absent"})
    for words in ("the policies of the cluster do not allow it", "disallow-latest-tag: autogen", "not allowed: ****"):
        assert words in denied["msg"]
    cluster.configure(
        delay=2, faults=[{"command": "get", "stderr": REFUSED, "times": 1, "text": '"Namespace"'}], stuck=["never"]
    )
    _played, (gone,) = tasks(MODULE, {**objects, "state": "absent"})
    assert gone["changed"] and not gone.get("failed") and cluster.everything() == set()


def test_manifests_have_limits(cluster, tasks):
    """Refused before anything is done, also in check mode."""
    pod = {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}]}
    evil = thing("DaemonSet", "evil", "kube-system", "apps/v1", spec={"template": {"spec": pod}})
    options = {"objects": [*manifests(), evil], "restricted": True}
    played, (refused, check, allowed, unknown) = tasks(
        MODULE,
        options,
        {**options, "check_mode": True},
        {**options, "allow": ["privileged", "namespace:kube-system"], "check_mode": True},
        {**options, "allow": ["everything"]},
        arguments=("--diff",),
    )
    assert refused["msg"] == check["msg"] and "evil has a privileged or less confined container" in refused["msg"]
    assert "add to allow: namespace:kube-system, privileged" in refused["msg"]
    assert actions(allowed)["DaemonSet"] == "created" and "'everything' is not one of" in unknown["msg"]
    assert cluster.everything() == set() and "canary" not in played.output
