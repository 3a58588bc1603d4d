# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a cluster on the output of kubectl, before agents are installed."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.preflight import (
    AgentPods,
    Findings,
    access_reviews,
    check_access,
    check_nodes,
    check_version,
    map_resources,
    objects_to_map,
    parse_version,
    quantity,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import Resource


@pytest.mark.parametrize(
    "text, number",
    [
        ("v1.29.4", (1, 29, 4)),
        ("v1.29.4+k3s1", (1, 29, 4)),
        ("v1.19.6-eks-49a6c0", (1, 19, 6)),
        ("1.19+", (1, 19)),
        ("v1.32.0-rc.1", (1, 32, 0)),
        ("1.19", (1, 19)),
        ("1.20.0", (1, 20, 0)),
    ],
)
def test_versions_of_distributions_are_parsed(text, number):
    assert parse_version(text) == number


@pytest.mark.parametrize("text", ["", "new", "1", "v1", "x1.19"])
def test_an_invalid_version_is_refused(text):
    with pytest.raises(KubectlError, match="is not a version"):
        parse_version(text)


@pytest.mark.parametrize(
    "server, minimum, problem",
    [
        ({"gitVersion": "v1.18.20"}, "1.19", True),
        ({"gitVersion": "v1.19.0"}, "1.19", False),
        ({"gitVersion": "v1.19.3"}, "1.19.4", True),
        ({"gitVersion": "v2.0.0"}, "1.30", False),
        ({"major": "1", "minor": "19+"}, "1.19", False),
        ({"major": "1", "minor": "9"}, "1.19", True),
        ({"major": "1", "minor": "19"}, "1.19.4", False),
        ({"major": "1", "minor": "18"}, "1.19.4", True),
    ],
)
def test_versions_are_compared_as_numbers(server, minimum, problem):
    findings = Findings()
    check_version({"serverVersion": server}, parse_version(minimum), findings)
    assert bool(findings.problems) is problem and findings.version and not findings.warnings


@pytest.mark.parametrize("response", [{}, {"serverVersion": None}, {"serverVersion": {"gitVersion": "unknown"}}])
def test_a_version_that_cannot_be_parsed_gives_a_warning(response):
    findings = Findings()
    check_version(response, (1, 19), findings)
    assert findings.version is None and not findings.problems and "could not be parsed" in findings.warnings[0]


def node(name, os="linux", architecture="amd64", ready="True"):
    status = {"nodeInfo": {"operatingSystem": os, "architecture": architecture}}
    return {"metadata": {"name": name}, "status": {**status, "conditions": [{"type": "Ready", "status": ready}]}}


TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
GPU = {"key": "gpu", "value": "a", "effect": "NoExecute"}
SOFT = {"key": "gpu", "effect": "PreferNoSchedule"}


def tainted(name, *taints, cordoned=False):
    return {**node(name), "spec": {"taints": list(taints), "unschedulable": cordoned}}


@pytest.mark.parametrize(
    "text, number",
    [
        ("2", 2),
        (2, 2),
        ("1500m", 1.5),
        ("0.5", 0.5),
        ("4Ki", 4096),
        ("4Gi", 4 * 2**30),
        ("3.5Gi", 3.5 * 2**30),
        ("4k", 4000),
        ("4G", 4e9),
        ("4e9", 4e9),
        ("1Ei", 2**60),
        ("", None),
        (None, None),
        ("-4Gi", None),
        ("4 Gi", None),
        ("4ki", None),
        ("many", None),
        ({"cpu": 4}, None),
    ],
)
def test_quantities_of_kubernetes(text, number):
    assert quantity(text) == number


def sized(name, cpu=None, memory=None, os="linux"):
    item = node(name, os=os)
    item["status"]["capacity"] = {"cpu": cpu, "memory": memory}
    return item


def test_nodes_that_are_too_small_for_the_node_agent_are_a_warning():
    fits = [
        sized("a", "2", "4026060Ki"),
        sized("b", "96", "1Ti"),
        sized("c"),
        node("d"),
        sized("e", "1", "1Gi", "windows"),
    ]
    small = [sized("f", "1", "8Gi"), sized("g", "4000m", "3145728Ki"), sized("h", "1500m")]
    for runtimes, nodes, expected in (
        ({}, fits, ""),
        (None, small, ""),
        ({}, [*fits, *small], "smaller nodes: f (1 vCPU, 8.0 GiB), g (4 vCPU, 3.0 GiB), h (1.5 vCPU)."),
        ({}, [sized(f"n{number}", "1") for number in range(450)], "n4 (1 vCPU), 445 more."),
    ):
        findings = Findings()
        check_nodes(nodes, findings, AgentPods(runtimes=runtimes))
        found = [text for text in findings.warnings if "The node agent needs 2 vCPU and 4 GiB" in text]
        assert len(found) == bool(expected) and "".join(found).endswith(expected), findings.warnings
        assert findings.problems == []


@pytest.mark.parametrize(
    "nodes, tolerations, warning",
    [
        (
            [tainted("a", TAINT), tainted("b", cordoned=True)],
            [],
            "a (taint node-role.kubernetes.io/control-plane:NoSch",
        ),
        ([tainted("a", TAINT), tainted("b")], [], None),
        ([tainted("a", SOFT)], [], None),
        ([tainted("a", cordoned=True)], [{"operator": "Exists"}], "a (cordoned)"),
        ([tainted("a", TAINT)], [{"operator": "Exists"}], None),
        ([tainted("a", TAINT)], [{"key": TAINT["key"], "operator": "Exists", "effect": "NoSchedule"}], None),
        ([tainted("a", GPU)], [{"key": "gpu", "value": "a"}], None),
        ([tainted("a", GPU)], [{"key": "gpu", "value": "b"}], "a (taint gpu=a:NoExecute)"),
        ([tainted("a", GPU)], [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}], "a (taint gpu=a"),
    ],
)
def test_taints_and_cordons_that_keep_pods_from_every_node(nodes, tolerations, warning):
    findings = Findings()
    check_nodes(nodes, findings, AgentPods(tolerations))
    assert findings.problems == [] and len(findings.warnings) == (warning is not None)
    assert warning is None or warning in findings.warnings[0]


@pytest.mark.parametrize(
    "architectures, image_arch, problem, warning",
    [
        (["amd64"], "x86", None, None),
        (["arm64", "arm64"], "x86", "No ready node has the architecture amd64 of the images (image_arch: x86)", None),
        (["amd64", "arm64"], "arm", None, "The images are for arm64 (image_arch: arm) and do not run on n0 (amd64)"),
        (["amd64"], None, None, None),
    ],
)
def test_the_architecture_of_the_images(architectures, image_arch, problem, warning):
    findings = Findings()
    nodes = [node(f"n{number}", architecture=name) for number, name in enumerate(architectures)]
    check_nodes(nodes, findings, AgentPods(image_arch=image_arch))
    for text, messages in ((problem, findings.problems), (warning, findings.warnings)):
        assert len(messages) == (text is not None) and (text is None or text in messages[0])


def running(runtime, kubelet="v1.29.4", **labels):
    found = node("a")
    found["status"]["nodeInfo"] |= {"containerRuntimeVersion": runtime, "kubeletVersion": kubelet}
    found["metadata"]["labels"] = labels
    return found


K3S = "/run/k3s/containerd/containerd.sock"


def virtual(labels=None, taint=None):
    item = node("v")
    item["metadata"]["labels"] = labels or {}
    item["spec"] = {"taints": [{"key": taint, "effect": "NoSchedule"}] if taint else []}
    return item


VIRTUAL = [
    ({"type": "virtual-kubelet"}, None),
    ({"kubernetes.io/role": "virtual-kubelet"}, None),
    ({"eks.amazonaws.com/compute-type": "fargate"}, None),
    ({}, "virtual-kubelet.io/provider"),
]


@pytest.mark.parametrize("labels, taint", VIRTUAL)
def test_no_daemonset_runs_on_a_virtual_node(labels, taint):
    findings, without = Findings(), Findings()
    check_nodes([virtual(labels, taint), node("b")], findings, AgentPods(runtimes={}))
    assert findings.warnings == ["Node agents do not run on virtual nodes: v."]
    check_nodes([virtual(labels, taint), node("b")], without, AgentPods())
    check_nodes([virtual({"type": "x"}, "other"), node("b")], without, AgentPods(runtimes={}))
    assert without.warnings == []


@pytest.mark.parametrize(
    "item, runtimes, expected",
    [
        (running("containerd://1.7.11"), {}, None),
        (running("containerd://1.7.11-k3s2", "v1.29.4+k3s1"), {}, f"containerd_endpoint, runtime_path: {K3S}"),
        (running("containerd://1.7.11", "v1.29.4+rke2r1"), {}, K3S),
        (running("containerd://1.7.11-k3s2"), {"containerd_endpoint": K3S}, None),
        (running("containerd://1.7.11-k3s2"), {"containerd_endpoint": "/run/containerd/containerd.sock"}, K3S),
        (running("containerd://1.7.11", "v1.29.4+k0s"), {}, "/run/k0s/containerd.sock"),
        (
            running("containerd://1", **{"microk8s.io/cluster": "true"}),
            {},
            "/var/snap/microk8s/common/run/containerd.sock",
        ),
        (running("cri-o://1.29"), {"containerd_endpoint": None}, "Set runtime_info to runtime_name: crio_endpoint."),
        (running("docker://24"), {"docker_endpoint": None}, None),
        (running("containerd://1.7.11-k3s2"), None, None),
        (running("future://1"), {}, None),
        ({"metadata": {"name": "a"}, "status": []}, {}, None),
    ],
)
def test_the_socket_of_the_container_runtime(item, runtimes, expected):
    findings = Findings()
    check_nodes([item, node("b")], findings, AgentPods(runtimes=runtimes))
    said = [text for text in findings.warnings if "container runtime" in text]
    assert len(said) == (expected is not None) and (expected is None or expected in said[0])


@pytest.mark.parametrize(
    "nodes, problem, warning",
    [
        ([node("a"), node("b")], None, None),
        ([node("a"), node("b", architecture="arm64")], None, "several architectures: a (amd64), b (arm64)"),
        ([], "has no nodes", None),
        ([node("a", "windows")], "No node runs Linux, which the agents need: a (windows)", None),
        ([node("a"), node("b", "windows")], None, "do not run on nodes without Linux: b (windows)"),
        ([node("a", ready="False"), node("b", ready="Unknown")], "No Linux node is ready: a, b.", None),
        ([node("a", ready="False"), node("b", "windows")], "No Linux node is ready: a.", None),
        ([node("a"), node("b", ready="Unknown")], None, "Not ready: b."),
        ([node("a", architecture="s390x")], None, "not for a (s390x)"),
        ([node(str(number), "windows") for number in range(99)], "4 (windows), 94 more", None),
        ([{"metadata": {"name": "a"}}], "No node runs Linux, which the agents need: a (None)", None),
    ],
)
def test_nodes(nodes, problem, warning):
    findings = Findings()
    check_nodes(nodes, findings)
    for text, messages in ((problem, findings.problems), (warning, findings.warnings)):
        assert len(messages) == (text is not None)
        assert text is None or text in messages[0]
    assert len(findings.nodes) == len(nodes)


def thing(api_version, kind, namespace=None, **content):
    metadata = {"name": "a"} | ({"namespace": namespace} if namespace else {})
    return KubeObject({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content})


def permissions(reviews):
    return ["{verb} {group}/{resource} {namespace}".format(**item["spec"]["resourceAttributes"]) for item in reviews]


def test_each_permission_is_reviewed_once():
    objects = [
        thing("v1", "ConfigMap", "x"),
        thing("v1", "ConfigMap", "x"),
        thing("v1", "ConfigMap"),
        # The namespace of a cluster-scoped kind is ignored.
        thing("rbac.authorization.k8s.io/v1", "ClusterRole", "x"),
    ]
    kinds = ["/configmaps x", "/configmaps default", "rbac.authorization.k8s.io/clusterroles "]
    assert permissions(access_reviews(objects, {})) == [
        f"{verb} {kind}" for kind in kinds for verb in ("get", "create", "patch")
    ]


CRD = thing(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    spec={"group": "example.com", "names": {"kind": "Widget", "plural": "widgetry"}, "scope": "Namespaced"},
)


def test_kinds_that_are_not_part_of_every_cluster_are_mapped():
    widget, gadget = thing("example.com/v1", "Widget", "x"), thing("example.com/v1", "Gadget")
    assert objects_to_map([widget, widget, gadget, CRD]) == [gadget]
    assert objects_to_map([widget, thing("v1", "Secret")]) == [widget]
    assert "get example.com/widgetry x" in permissions(access_reviews([widget, CRD], {}))
    listing = {
        "groupVersion": "example.com/v1",
        "resources": [
            {"name": "gadgetries/status", "kind": "Gadget", "namespaced": False},
            {"name": "gadgetries", "kind": "Gadget", "namespaced": False},
            {"name": "gadgetries/scale", "kind": "Gadget", "namespaced": False},
            {"name": "others", "kind": "Other", "namespaced": True},
        ],
    }
    found = map_resources(listing, [widget, gadget])
    assert found == {("example.com", "Gadget"): Resource("gadgetries", "example.com", False)}
    assert permissions(access_reviews([gadget], found))[0] == "get example.com/gadgetries "
    assert access_reviews([gadget], {}) == [] and map_resources({}, [gadget]) == {}


def test_denied_permissions_are_listed():
    answered = [
        {**item, "status": {"allowed": number % 2 == 0}} for number, item in enumerate(access_reviews([CRD], {}))
    ]
    findings = Findings()
    check_access(answered, findings)
    assert findings.denied == ["create customresourcedefinitions.apiextensions.k8s.io"]
    assert "does not have the permission to: create customresource" in findings.problems[0]
    none = Findings()
    check_access([], none)
    assert none.problems == []
