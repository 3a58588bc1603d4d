# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubectl_preflight with the stand-in for a cluster. `./dev test-kube` runs this file with a real cluster."""

from __future__ import annotations

import socket

import pytest

MODULE = "huaweicloud.hss.kubectl_preflight"


def thing(api_version, kind, name="hss", namespace=None):
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


OBJECTS = [
    thing("v1", "Namespace"),
    thing("v1", "Secret", namespace="hss"),
    thing("apps/v1", "Deployment", namespace="hss"),
    thing("rbac.authorization.k8s.io/v1", "ClusterRole"),
]


@pytest.fixture
def ports():
    """A port on which a server listens, and a closed port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1], closed.getsockname()[1]


def test_a_suitable_cluster_has_no_problems(cluster, tasks, ports):
    before = cluster.everything()
    options = {"objects": OBJECTS, "addresses": [f"127.0.0.1:{ports[0]}", f"localhost:{ports[0]}"]}
    for arguments in ((), ("--check",)):
        played, (result,) = tasks(MODULE, options, arguments=arguments)
        assert not result.get("failed"), result
        assert result["problems"] == result["denied"] == result["unreachable_addresses"] == []
        assert result["changed"] is False and result["kubectl"] == cluster.kubectl
        assert result["version"].startswith("v1.")
        assert len(result["nodes"]) == 2
        node = {"name": "node-1", "os": "linux", "architecture": "amd64", "ready": True, "schedulable": True}
        assert result["nodes"][0].items() >= node.items() and result["nodes"][0]["taints"] == []
        assert played.hosts_with("changed") <= {"cp-1"}
    assert cluster.everything() == before


def test_all_problems_are_reported_at_once(cluster, tasks, ports):
    """With fail=false they are returned, and the task does not fail."""
    closed = f"127.0.0.1:{ports[1]}"
    options = {
        "objects": [*OBJECTS, thing("example.com/v1", "Widget", namespace="hss")],
        "addresses": [f"127.0.0.1:{ports[0]}", closed, "no-such-host.invalid:443"],
        "minimum_version": "1.99",
        "timeout": 5,
    }
    _played, (failed, returned) = tasks(MODULE, options, {**options, "fail": False})
    assert failed["failed"] and not returned.get("failed")
    assert failed["problems"] == returned["problems"] and len(failed["problems"]) == 3
    assert failed["msg"] == " ".join(failed["problems"])
    version, widget, reach = failed["problems"]
    assert "but 1.99 or newer is required. Upgrade it, or lower minimum_version." in version
    assert "does not know the kind Widget of example.com/v1" in widget
    assert failed["unreachable_addresses"] == [closed, "no-such-host.invalid:443"]
    assert f"{closed} (connection refused)" in reach and "no-such-host.invalid:443 (unknown host name" in reach
    assert str(ports[0]) not in reach


REFUSED = [
    ({"addresses": ["https://192.0.2.1:443"]}, "addresses: 'https://192.0.2.1:443' is not host:port"),
    ({"addresses": ["192.0.2.1"]}, "is not host:port"),
    ({"addresses": ["192.0.2.1:0"]}, "is not host:port"),
    ({"addresses": ["$(reboot):1"]}, "is not host:port"),
    ({"minimum_version": "new"}, "minimum_version: 'new' is not a version such as 1.19"),
    ({"timeout": 0}, "timeout: must be 1 or more seconds"),
    ({"objects": [{"kind": "Pod"}]}, "objects[0]: apiVersion is missing"),
    ({"kubectl": "/no/such/kubectl"}, "there is no /no/such/kubectl on this host"),
    ({"kubeconfig": "/no/such/config"}, "/no/such/config does not exist"),
    ({"kubectl": "/bin/false"}, "While getting the version, kubectl failed with exit code 1"),
    ({"kubectl": "/bin/echo"}, "is it really a kubectl?"),
    ({"kubectl": "/bin/true"}, "is it really a kubectl?"),
]


def test_invalid_options_are_refused(cluster, tasks):
    _played, results = tasks(MODULE, *(options for options, _words in REFUSED))
    for result, (options, words) in zip(results, REFUSED, strict=True):
        assert result.get("failed") and words in result["msg"], (options, result)


def test_addresses_are_checked_without_a_kubectl(cluster, tasks, ports):
    addresses = [f"127.0.0.1:{port}" for port in ports]
    _played, (result,) = tasks(MODULE, {"kubectl": "/no/such/kubectl", "addresses": addresses})
    assert len(result["problems"]) == 2 and result["unreachable_addresses"] == addresses[1:]
    assert result["kubectl"] is None and result["version"] is None
