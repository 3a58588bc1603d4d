# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of real kubectls and a real API server, and the plugins' messages about them."""

from __future__ import annotations

import base64
import copy
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubeconfigs
import pytest
import yaml

from .cluster import Cluster

OBJECTS = "huaweicloud.hss.kubectl_objects"
PREFLIGHT = "huaweicloud.hss.kubectl_preflight"
SECRET = "canary-pässword-0123456789"
RBAC = "rbac.authorization.k8s.io"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss-test"}}
TOKEN = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "token", "namespace": "default"},
    "stringData": {"password": SECRET},
}


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Callable[..., str]:
    """A kubeconfig like the cluster's own, with another server, CA or user."""

    def write(server: str | None = None, ca: bytes | None = None, user: dict[str, str] | None = None) -> str:
        own = yaml.safe_load(Path(cluster.kubeconfig).read_text())
        there, admin = own["clusters"][0]["cluster"], own["users"][0]["user"]
        ca = ca or base64.b64decode(there["certificate-authority-data"])
        path = tmp_path / "other-kubeconfig"
        path.touch(0o600)
        path.write_text(yaml.safe_dump(kubeconfigs.document(server or there["server"], ca, user or admin)))
        return str(path)

    return write


@pytest.fixture
def silent() -> Any:
    """The address of a server that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


UNREACHABLE = "the API server cannot be reached from this host"
DISTRUST = "kubectl and the API server do not trust each other's certificates"
NO_LOGIN = "the API server does not accept the credential in the kubeconfig"
TROUBLES = {
    "closed": ({"server": "https://127.0.0.1:1"}, UNREACHABLE),
    "unknown": ({"server": "https://no-such-host.invalid:6443"}, UNREACHABLE),
    "silent": ({"server": "silent"}, UNREACHABLE),
    "other CA": ({"ca": kubeconfigs.Authority().pem}, DISTRUST),
    "other client CA": ({"user": kubeconfigs.certificate_user(kubeconfigs.Authority().issue("me"))}, NO_LOGIN),
    "token": ({"user": {"token": "no-such-token"}}, NO_LOGIN),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_api_server_that_does_not_answer(
    tasks: Any, kubeconfig: Callable[..., str], silent: str, trouble: str
) -> None:
    how, meaning = TROUBLES[trouble]
    how = {name: silent if value == "silent" else value for name, value in how.items()}
    options = {"objects": [NAMESPACE], "kubeconfig": kubeconfig(**how)}
    _played, (preflight,) = tasks(PREFLIGHT, {**options, "timeout": 5})
    asked = [preflight]
    if trouble != "silent":  # which kubectl_objects would wait for half a minute with each call
        asked += tasks(OBJECTS, options)[1]
    for result in asked:
        assert result["failed"] and not result["changed"] and meaning in result["msg"], result
        assert "kubectl reported: " in result["msg"]
    assert len(preflight["problems"]) == 1


@pytest.fixture
def limited(cluster: Cluster, kubeconfig: Callable[..., str]) -> Callable[..., str]:
    """A function that returns the kubeconfig of a user with only the given rights."""

    def make(*rules: dict[str, list[str]]) -> str:
        path = kubeconfig(user=kubeconfigs.certificate_user(cluster.server.ca.issue("jane")))
        role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "jane"}, "rules": list(rules)}
        binding = {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "jane"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "jane"},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "jane"}],
        }
        done = cluster.run("apply", "-f", "-", stdin=f"{json.dumps(role)}\n{json.dumps(binding)}")
        assert done.returncode == 0, done.stderr
        return path

    return make


def rule(groups: str, resources: str, verbs: str) -> dict[str, list[str]]:
    return {"apiGroups": groups.split(","), "resources": resources.split(","), "verbs": verbs.split(",")}


def test_missing_rights_are_named_and_nothing_of_a_refused_patch(
    cluster: Cluster, tasks: Any, limited: Callable[..., str]
) -> None:
    """kubectl prints the whole patch when it is refused, with the values of Secrets."""
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(TOKEN)).returncode == 0
    kubeconfig = limited(rule("", "secrets", "get,list,create"), rule("", "namespaces", "get,create"))
    changed = copy.deepcopy(TOKEN)
    changed["stringData"] = {"password": SECRET + "-2", "other": "another-canary-0987654321"}
    options = {"objects": [changed, NAMESPACE], "kubeconfig": kubeconfig}
    played, (result,) = tasks(OBJECTS, options, arguments=("-vvvvvv", "--diff"))
    assert "the account in the kubeconfig does not have the permission for this" in result["msg"], result["msg"]
    assert 'cannot patch resource "secrets"' in result["msg"] and not result["changed"]
    said = played.output + played.log + str(result)
    for value in (SECRET, "another-canary-0987654321"):
        encoded = base64.b64encode(value.encode()).decode()
        assert value not in said and value[:12] not in said and encoded[:12] not in said
    _played, (preflight,) = tasks(PREFLIGHT, options)
    assert preflight["denied"] == ["patch secrets in namespace default", "patch namespaces"]
    assert preflight["version"] == "v1.20.2"


def test_rights_that_nobody_may_hand_out_without_having_them(tasks: Any, limited: Callable[..., str]) -> None:
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "more"}}
    role["rules"] = [rule("", "pods", "delete")]
    kubeconfig = limited(rule(RBAC, "clusterroles", "get,create,patch"))
    _played, (result,) = tasks(OBJECTS, {"objects": [role], "kubeconfig": kubeconfig})
    assert "cannot grant permissions that it does not have itself" in result["msg"]


def test_a_webhook_that_does_not_answer(cluster: Cluster, tasks: Any) -> None:
    """The API server can be reached, but a webhook of the cluster cannot."""
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "broken"},
        "webhooks": [
            {
                "name": "broken.example.com",
                "clientConfig": {"url": "https://127.0.0.1:1/validate"},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["*"]}],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    assert cluster.run("apply", "-f", "-", stdin=json.dumps(webhook)).returncode == 0
    played, (result,) = tasks(OBJECTS, {"objects": [TOKEN], "wait_timeout": 5}, arguments=("-vvvvvv",))
    assert result["failed"] and "an admission webhook of the cluster does not answer" in result["msg"], result["msg"]
    assert 'webhook "broken.example.com"' in result["msg"]
    assert SECRET not in played.output + played.log
