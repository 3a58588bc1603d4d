# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubectl_objects with the stand-in for a cluster. `./dev test-kube` runs this file with a real cluster."""

from __future__ import annotations

import base64
import copy
from pathlib import Path

import pytest
from ansible.release import __version__

MODULE = "huaweicloud.hss.kubectl_objects"
RBAC = "rbac.authorization.k8s.io"
SECRET = "canary-pässword-0123456789"
LABELS = {"app.kubernetes.io/part-of": "hss-test"}


def thing(api_version, kind, name, namespace=None, **content):
    metadata = {"name": name, "labels": LABELS} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def deployment(image="registry.example.com/agent:1"):
    labels = {"app": "agent"}
    container = {"name": "agent", "image": image, "env": [{"name": "DEBUG", "value": "no"}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return thing("apps/v1", "Deployment", "agent", "hss-test", spec=spec)


def manifests():
    """Returns manifests like those of an agent, in which the namespace is not the first object."""
    account = {"kind": "ServiceAccount", "name": "agent", "namespace": "hss-test"}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "hss-test"}
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    return [
        deployment(),
        thing("v1", "ServiceAccount", "agent", "hss-test"),
        thing("v1", "ConfigMap", "settings", "hss-test", data={"level": "1", "greeting": "Grüße 世界 🙂\n"}),
        thing("v1", "Secret", "token", "hss-test", stringData={"password": SECRET}),
        thing("v1", "Namespace", "hss-test"),
        thing(f"{RBAC}/v1", "ClusterRole", "hss-test", rules=rules),
        thing(f"{RBAC}/v1", "ClusterRoleBinding", "hss-test", roleRef=role, subjects=[account]),
    ]


def keys(objects):
    return {(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in objects}


def actions(result):
    assert not result.get("failed"), result["msg"]
    return [item["action"] for item in result["objects"]]


def same(result):
    """Returns the parts of a result that check mode must predict."""
    return {name: result[name] for name in ("changed", "objects", "diff", "kubectl")}


def test_the_life_of_objects_and_check_mode_predicts_each_step(cluster, tasks):
    """Created, unchanged, updated in part, deleted, absent. Each step first runs in check mode without changes."""
    objects = manifests()
    changed = copy.deepcopy(objects)
    changed[0] = deployment("registry.example.com/agent:2")
    changed[2]["data"] = {"greeting": "Grüße", "more": "true"}
    expected = [
        ({"objects": objects}, ["created"] * 7),
        ({"objects": objects}, ["unchanged"] * 7),
        ({"objects": changed}, ["updated", "unchanged", "updated", *["unchanged"] * 4]),
        ({"objects": changed}, ["unchanged"] * 7),
        ({"objects": changed, "state": "absent"}, ["deleted"] * 7),
        ({"objects": changed, "state": "absent"}, ["unchanged"] * 7),
    ]
    # If check mode changed anything, the second task of a step would find nothing to do.
    for steps in (expected[:4], expected[4:]):
        twice = [given for options, _actions in steps for given in ({**options, "check_mode": True}, options)]
        played, results = tasks(MODULE, *twice, arguments=("--diff",))
        assert played.code == 0 and not leaked(played.output + played.log)
        for number, (_options, expected_actions) in enumerate(steps):
            check, result = results[2 * number : 2 * number + 2]
            assert (number, actions(result)) == (number, expected_actions)
            assert result["changed"] is (expected_actions != ["unchanged"] * 7)
            assert len(result["diff"]) == sum(action != "unchanged" for action in expected_actions)
            assert (number, same(check)) == (number, same(result))
        if steps[0] is expected[0]:
            assert keys(objects) <= cluster.everything()
            data = cluster.get("configmap", "settings", "hss-test")["data"]
            # A key that is no longer given is removed.
            assert data == {"greeting": "Grüße", "more": "true"}
    assert cluster.everything() == set()


def leaked(text):
    encoded = base64.b64encode(SECRET.encode()).decode()
    return [value for value in (SECRET, SECRET[-12:], encoded, encoded[:12]) if value in text]


@pytest.mark.parametrize("part", ["data", "stringData"])
def test_a_secret_is_compared_and_not_shown(cluster, tasks, part):
    def secret(value, **more):
        text = value if part == "stringData" else base64.b64encode(value.encode()).decode()
        return thing("v1", "Secret", "token", "default", type="Opaque", **{part: {"password": text, **more}})

    other = "another-canary-value-42"
    _played, results = tasks(
        MODULE,
        {"objects": [secret(SECRET)]},
        {"objects": [secret(SECRET)]},
        {"objects": [secret(other)]},
        {"objects": [secret(other, short="YQ==")]},
        {"objects": [secret(other)]},
        {"objects": [secret(other)]},
    )
    # A value that is no longer given is removed, although the API server would keep an empty value of stringData.
    expected = ["created", "unchanged", "updated", "updated", "updated", "unchanged"]
    assert [actions(result) for result in results] == [[action] for action in expected]
    assert "password: (hidden, changed)" in results[2]["diff"][0]["after"]
    assert "short: (hidden)" in results[3]["diff"][0]["after"]
    data = cluster.get("secret", "token", "default")["data"]
    assert {key: base64.b64decode(value).decode() for key, value in data.items()} == {"password": other}
    value = data["password"]
    shown = str([result["diff"] for result in results])
    assert not leaked(shown) and other not in shown and value not in shown


def test_objects_are_not_leaked_at_any_verbosity_or_in_arguments(cluster, tasks, tmp_path):
    """Neither with success nor if the API server quotes an object that it refuses."""
    watched = tmp_path / "watched" / "kubectl"
    watched.parent.mkdir()
    # Records all command lines on the machine while kubectl runs.
    watched.write_text(
        f'#!/bin/sh\ncat /proc/[0-9]*/cmdline >>{tmp_path}/commands 2>/dev/null\nexec {cluster.kubectl} "$@"\n'
    )
    watched.chmod(0o755)
    good = thing("v1", "Secret", "token", "default", stringData={"password": SECRET})
    bad = thing("v1", "Secret", "other", "default", data={"password": SECRET})
    other_type = {**copy.deepcopy(good), "type": "example.com/other", "stringData": {"password": SECRET + "2"}}
    nowhere = thing("v1", "Secret", "token", "no-such-namespace", stringData={"password": SECRET})
    options = [{"objects": [item], "kubectl": str(watched)} for item in (good, bad, other_type, nowhere)]
    # A task that is refused before kubectl is run.
    options.append({"objects": [{"kind": "Secret", "stringData": {"password": SECRET}}]})
    played, results = tasks(MODULE, *options, arguments=("-vvvvvv", "--diff"))
    assert [bool(result.get("failed")) for result in results] == [False, True, True, True, True]
    assert not leaked(played.output + played.log), played.output
    commands = (tmp_path / "commands").read_bytes().decode(errors="replace")
    assert not leaked(commands) and "apply" in commands


def test_values_arrive_unchanged(cluster, tasks):
    """Numbers, booleans, texts that look like them, values from templates, and objects without a namespace."""
    config = thing("v1", "ConfigMap", "settings", data={"number": "{{ 8080 | string }}", "truth": "yes", "null": ""})
    probe = {"tcpSocket": {"port": "{{ port }}"}, "periodSeconds": 7}
    changed = deployment()
    changed["metadata"] = {"name": "agent", "namespace": "default"}
    changed["spec"]["template"]["spec"] |= {"hostNetwork": True, "dnsPolicy": "{{ 'Default' }}"}
    changed["spec"]["template"]["spec"]["containers"][0] |= {"livenessProbe": probe, "ports": [{"containerPort": 80}]}
    options = {"objects": [config, changed]}
    _played, results = tasks(MODULE, options, options, port="{{ 1000 + 24 }}")
    assert [actions(result) for result in results] == [["created"] * 2, ["unchanged"] * 2]
    assert cluster.get("configmap", "settings", "default")["data"] == {"number": "8080", "truth": "yes", "null": ""}
    spec = cluster.get("deployment", "agent", "default")["spec"]["template"]["spec"]
    assert spec["hostNetwork"] is True and spec["dnsPolicy"] == "Default"
    # Before ansible-core 2.19, the result of a template is a text.
    native = tuple(int(part) for part in __version__.split(".")[:2]) >= (2, 19)
    assert spec["containers"][0]["livenessProbe"]["tcpSocket"] == {"port": 1024 if native else "1024"}


def test_large_manifests(cluster, tasks):
    """A megabyte in many objects, and single objects that are too large for the last-applied annotation of kubectl."""
    many = [thing("v1", "ConfigMap", f"part-{number}", "default", data={"x": "ö" * 10_000}) for number in range(60)]
    large = [thing("v1", "ConfigMap", f"large-{number}", "default", data={"x": "x" * 400_000}) for number in range(2)]
    changed = copy.deepcopy(large)
    changed[0]["data"]["x"] += "y"
    _played, results = tasks(
        MODULE, {"objects": many + large}, {"objects": many + large}, {"objects": many + changed}, {"objects": changed}
    )
    assert [set(actions(result)) for result in results] == [
        {"created"},
        {"unchanged"},
        {"updated", "unchanged"},
        {"unchanged"},
    ]
    assert len(cluster.get("configmap", "large-0", "default")["data"]["x"]) == 400_001


def test_a_label_selects_further_objects_to_delete(cluster, tasks):
    role = thing(f"{RBAC}/v1", "ClusterRole", "hss-test-old", rules=[])
    kept = thing(f"{RBAC}/v1", "ClusterRole", "hss-test-kept", rules=[])
    kept["metadata"]["labels"] = {"app.kubernetes.io/part-of": "something-else"}
    made, (_result,) = tasks(MODULE, {"objects": [*manifests(), role, kept]})
    assert made.code == 0
    options = {
        "state": "absent",
        "objects": [thing("v1", "Namespace", "hss-test"), thing(f"{RBAC}/v1", "ClusterRole", "hss-test")],
        "selector": "app.kubernetes.io/part-of=hss-test",
        "kinds": ["ClusterRole", "clusterrolebindings", "Namespace"],
    }
    _played, (check, result, again) = tasks(MODULE, {**options, "check_mode": True}, options, options)
    assert same(check) == same(result)
    # Each object is deleted once, even if it is given and also has the label.
    assert [(item["kind"], item["name"], item["action"]) for item in result["objects"]] == [
        ("Namespace", "hss-test", "deleted"),
        ("ClusterRole", "hss-test", "deleted"),
        ("ClusterRole", "hss-test-old", "deleted"),
        ("ClusterRoleBinding", "hss-test", "deleted"),
    ]
    assert actions(again) == ["unchanged"] * 2
    assert cluster.everything() == {("ClusterRole", None, "hss-test-kept")}


def test_an_object_that_is_being_deleted_is_created_again(cluster, tasks):
    objects = [thing("v1", "Namespace", "hss-test"), thing("v1", "ConfigMap", "settings", "hss-test", data={"a": "1"})]
    _played, (_made, gone, check, again) = tasks(
        MODULE,
        {"objects": objects},
        {"objects": objects[:1], "state": "absent", "wait_timeout": 0},
        {"objects": objects},
        {"objects": objects},
        arguments=(),
    )
    assert actions(gone) == ["deleted"]
    assert [actions(check), actions(again)] == [["created"] * 2, ["unchanged"] * 2]
    assert cluster.get("namespace", "hss-test")["status"]["phase"] == "Active"


@pytest.mark.long
def test_a_deletion_that_does_not_end_names_the_reason(cluster, tasks):
    held = thing("v1", "ConfigMap", "held", "hss-test", data={})
    held["metadata"]["finalizers"] = ["example.com/hold"]
    objects = [thing("v1", "Namespace", "hss-test"), held]
    absent = {"objects": objects, "state": "absent", "wait_timeout": 8}
    played, (_made, result, present) = tasks(
        MODULE, {"objects": objects}, absent, {"objects": objects, "wait_timeout": 2}
    )
    assert result["failed"] and "After 8 seconds" in result["msg"] and result["changed"] and result["answered"]
    assert "Namespace hss-test was deleted, but still exists: " in result["msg"]
    remaining = "ConfigMap hss-test/held was deleted, but still exists: it waits for its finalizers example.com/hold"
    assert remaining in result["msg"]
    assert "Namespace hss-test is still being deleted: " in present["msg"] and not present["changed"]
    assert "finalizers remaining: example.com/hold" in present["msg"]
    # Removes the finalizer, as its controller would do.
    done = cluster.run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=_freed(held))
    assert done.returncode == 0, done.stderr


def _freed(held):
    import json

    return json.dumps({**held, "metadata": {**held["metadata"], "finalizers": []}})


REFUSED = [
    (
        {"objects": [thing("example.com/v1", "Widget", "w", "default")]},
        ["does not know this kind", 'no matches for kind "Widget" in version "example.com/v1"'],
    ),
    (
        {"objects": [thing("v1", "ConfigMap", "c", "no-such-namespace")]},
        ["the namespace does not exist", "Add it to objects", 'namespaces "no-such-namespace" not found'],
    ),
    ({"kubectl": "/no/such/kubectl", "objects": manifests()}, ["there is no /no/such/kubectl on this host"]),
    (
        {"kubeconfig": "/no/such/folder/config", "objects": manifests()},
        ["kubeconfig: /no/such/folder/config does not exist"],
    ),
    ({"kubeconfig": "/etc", "objects": manifests()}, ["kubeconfig: /etc is a directory"]),
    ({"kubeconfig": "relative/config", "objects": manifests()}, ["is not an absolute path"]),
    ({"kubectl": "'", "objects": manifests()}, ["is not a command"]),
    ({"kubectl": "/bin/true", "objects": manifests()[:1], "state": "absent"}, None),
    ({"kubectl": "/bin/echo", "objects": manifests()}, ["not JSON; is it really a kubectl?"]),
    ({"kubectl": "/bin/false", "objects": manifests()}, ["kubectl failed with exit code 1"]),
    ({"selector": "a=b", "objects": manifests()}, ["selector: can be used with state=absent only"]),
    ({"selector": "a=b", "state": "absent"}, ["selector and kinds: must be used together"]),
    ({"selector": "a=b", "kinds": ["Pod"], "state": "absent"}, ["kinds: Pod is namespaced"]),
    ({"selector": "a=b", "kinds": ["--all"], "state": "absent"}, ["'--all' is not a kind"]),
    (
        {"selector": "a=b", "kinds": ["Gadget"], "state": "absent"},
        ["does not know this kind", 'the server doesn\'t have a resource type "Gadget"'],
    ),
    ({"objects": ["text"]}, ["objects[0]: must be a Kubernetes object"]),
    ({"objects": [{"kind": "Secret"}]}, ["objects[0]: apiVersion is missing"]),
    ({"objects": [{**manifests()[1], "metadata": {"generateName": "a-"}}]}, ["without metadata.name"]),
    ({"objects": [manifests()[1], manifests()[1]]}, ["ServiceAccount hss-test/agent is given twice"]),
    ({"objects": manifests(), "wait_timeout": -1}, ["wait_timeout: must be 0 or more seconds"]),
    ({"objects": []}, None),
]


def test_invalid_options_are_refused(cluster, tasks):
    _played, results = tasks(MODULE, *(options for options, _words in REFUSED))
    for result, (options, words) in zip(results, REFUSED, strict=True):
        if words is None:
            assert not result.get("failed") and not result["changed"], (options, result)
            continue
        assert result.get("failed") and not result["changed"], (options, result)
        for word in words:
            assert word in result["msg"], options
    assert cluster.everything() == set()


def test_immutable_fields(cluster, tasks):
    objects = manifests()[-3:]
    other = copy.deepcopy(objects)
    other[2]["roleRef"]["name"] = "another"
    _played, (made, *results) = tasks(
        MODULE, {"objects": objects}, {"objects": other, "check_mode": True}, {"objects": other}
    )
    for result in results:
        assert "Kubernetes does not allow this change. Delete the object" in result["msg"], result
        assert not result["changed"]
    assert made["changed"]


def test_kubectl_leaves_nothing_in_the_home(cluster, tasks, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    script = tmp_path / "kubectl"
    script.write_text(f'#!/bin/sh\nHOME={home} TMPDIR={home} exec {cluster.kubectl} "$@"\n')
    script.chmod(0o755)
    _played, results = tasks(MODULE, *[{"objects": manifests(), "kubectl": str(script)}] * 2)
    assert [set(actions(result)) for result in results] == [{"created"}, {"unchanged"}]
    assert list(Path(home).rglob("*")) == []
