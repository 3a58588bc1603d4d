# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifests that the collection applies, on a real cluster: its ServiceAccount, and HSS's install script."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path
from typing import Any

import kubeconfigs
import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.account import (
    account_binding_options,
    service_account_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables
from simulator import Simulator
from simulator.caller import Caller

from .cluster import Cluster

ROLE = Path(__file__).resolve().parents[2] / "roles" / "hss_onboard"
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
ACCESS = DEFAULTS["hss_onboard_service_account_namespace"]
VARIABLES = Variables(
    "shop",
    service_account=True,
    service_account_namespace=ACCESS,
    service_account_rules=DEFAULTS["hss_onboard_service_account_rules"],
    install_agent=True,
)


def apply(cluster: Cluster, manifest: str) -> list[str]:
    """Apply a manifest; returns what kubectl reports for each object."""
    done = cluster.run("apply", "--filename", "-", stdin=manifest)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return [line.split()[-1] for line in done.stdout.splitlines()]


def identity(document: dict[str, Any]) -> tuple[str, str | None, str]:
    return document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]


def contains(found: Any, expected: Any) -> bool:
    """Whether an object has all expected fields; the API server adds others."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(contains(found.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(contains, found, expected))
    return found == expected


def check_applied(cluster: Cluster, manifest: str, documents: list[dict[str, Any]]) -> None:
    """Apply a manifest twice; afterwards all its objects exist, and no others."""
    assert apply(cluster, manifest) == ["created"] * len(documents)
    for document in documents:
        kind, namespace, name = identity(document)
        assert contains(cluster.get(kind, name, namespace), document), name
    assert cluster.everything() == {identity(document) for document in documents}
    assert apply(cluster, manifest) == ["unchanged"] * len(documents)


def check_no_difference(cluster: Cluster, manifest: str) -> None:
    apply(cluster, manifest)
    compared = cluster.run("diff", "--filename", "-", stdin=manifest)
    assert (compared.returncode, compared.stdout, compared.stderr) == (0, "", "")


# --- The role's ServiceAccount ----------------------------------------------------------------------------------------


@pytest.fixture
def account() -> str:
    """The manifest of the ServiceAccount with the role's defaults."""
    return "\n".join(map(json.dumps, service_account_objects(VARIABLES)))


def token(cluster: Cluster) -> str:
    """The token, read as the role does: repeatedly, since a controller makes it."""
    for _attempt in range(10):
        done = cluster.run("-n", ACCESS, "get", "secret", "hss-token", "-o", "jsonpath=[{.data.token}]")
        assert done.returncode == 0, done.stderr
        if found := done.stdout.strip("[]"):
            return base64.b64decode(found, validate=True).decode()
        time.sleep(1)
    raise AssertionError("no token after ten seconds")


def login(cluster: Cluster, user: dict[str, str], folder: Path) -> str:
    """A kubeconfig for the same cluster with another user."""
    own = yaml.safe_load(Path(cluster.kubeconfig).read_text())["clusters"][0]["cluster"]
    ca = base64.b64decode(own["certificate-authority-data"])
    path = folder / "kubeconfig"
    path.touch(0o600)
    path.write_text(yaml.safe_dump(kubeconfigs.document(own["server"], ca, user)))
    return str(path)


def test_the_account_is_made_once(cluster: Cluster, account: str) -> None:
    check_applied(cluster, account, objects(account))


def test_nothing_differs_from_the_account(cluster: Cluster, account: str) -> None:
    check_no_difference(cluster, account)


def test_the_token_logs_in_and_may_only_look(cluster: Cluster, account: str, tmp_path: Path) -> None:
    apply(cluster, account)
    kubeconfig = login(cluster, {"token": token(cluster)}, tmp_path)
    for words in (["list", "pods"], ["watch", "daemonsets.apps"], ["get", "clusterroles.rbac.authorization.k8s.io"]):
        done = cluster.run_as(kubeconfig, "auth", "can-i", *words, "--all-namespaces")
        assert (done.returncode, done.stdout) == (0, "yes\n"), (words, done.stderr)
    for words in (["delete", "pods"], ["list", "secrets"], ["create", "deployments.apps"], ["impersonate", "users"]):
        done = cluster.run_as(kubeconfig, "auth", "can-i", *words, "--all-namespaces")
        assert (done.returncode, done.stdout) == (1, "no\n"), (words, done.stderr)
    assert cluster.run_as(kubeconfig, "get", "pods", "--all-namespaces").returncode == 0
    done = cluster.run_as(kubeconfig, "delete", "namespace", ACCESS)
    assert done.returncode == 1
    assert f'User "system:serviceaccount:{ACCESS}:hss" cannot delete resource "namespaces"' in done.stderr


def test_deleting_the_namespace_takes_the_credential_away(cluster: Cluster, account: str, tmp_path: Path) -> None:
    apply(cluster, account)
    kubeconfig = login(cluster, {"token": token(cluster)}, tmp_path)
    assert cluster.run_as(kubeconfig, "get", "nodes").returncode == 0
    done = cluster.run("delete", "namespace", ACCESS)
    assert done.returncode == 0, done.stderr
    # The cluster-wide role and binding remain, but the account does not exist any more.
    assert cluster.everything() == {("ClusterRole", None, ACCESS), ("ClusterRoleBinding", None, ACCESS)}
    deadline = time.monotonic() + 30  # for so long the API server may cache a token
    while (done := cluster.run_as(kubeconfig, "get", "nodes")).returncode == 0 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert "You must be logged in to the server" in done.stderr


def test_without_its_rights_the_token_may_not_look(cluster: Cluster, account: str, tmp_path: Path) -> None:
    apply(cluster, account)
    kubeconfig = login(cluster, {"token": token(cluster)}, tmp_path)
    assert cluster.run("delete", "clusterrolebinding", ACCESS).returncode == 0
    done = cluster.run_as(kubeconfig, "get", "pods", "--all-namespaces")
    assert done.returncode == 1
    assert "Forbidden" in done.stderr


def test_with_agents_the_token_may_change_what_the_role_of_hss_permits_in_its_namespace(
    cluster: Cluster, account: str, tmp_path: Path
) -> None:
    with Simulator(seed=1) as simulator:
        call = Caller(simulator)
        try:
            cluster_id = call.create("shop").json()["cluster_id"]
            text = call("GET", f"multi-cloud/clusters/{cluster_id}/agent/install-script").json()["install_script"]
        finally:
            call.close()
    apply(cluster, str(text))
    apply(cluster, account)
    apply(cluster, yaml.safe_dump_all(account_binding_options(VARIABLES)["objects"]))
    kubeconfig = login(cluster, {"token": token(cluster)}, tmp_path)
    for answer, *words in (
        ("yes", "create", "daemonsets.apps", "-n", "hss"),
        ("yes", "patch", "configmaps", "-n", "hss"),
        ("no", "get", "secrets", "-n", "hss"),
        ("no", "create", "daemonsets.apps", "-n", "default"),
        ("no", "create", "rolebindings.rbac.authorization.k8s.io", "-n", "hss"),
    ):
        assert cluster.run_as(kubeconfig, "auth", "can-i", *words).stdout == f"{answer}\n", words


# --- The install script -----------------------------------------------------------------------------------------------


@pytest.fixture(params=["json", "yaml"])
def script(request: pytest.FixtureRequest) -> str:
    """The connection agent's manifests as HSS returns them."""
    # With a seed the ids are the same in every run, and so are the transcripts of both kubectls.
    with Simulator(install_script=request.param, seed=1) as simulator:
        call = Caller(simulator)
        try:
            cluster_id = call.create("shop", image_repo_username="puller").json()["cluster_id"]
            return str(call("GET", f"multi-cloud/clusters/{cluster_id}/agent/install-script").json()["install_script"])
        finally:
            call.close()


def objects(script: str) -> list[dict[str, Any]]:
    if script.startswith("{"):
        return [json.loads(line) for line in script.splitlines()]
    return list(yaml.safe_load_all(script))


def test_the_install_script_is_applied_once(cluster: Cluster, script: str) -> None:
    check_applied(cluster, script, objects(script))


def test_nothing_differs_from_the_install_script(cluster: Cluster, script: str) -> None:
    check_no_difference(cluster, script)


def test_nothing_of_the_install_script_stays(cluster: Cluster, script: str) -> None:
    apply(cluster, script)
    done = cluster.run("delete", "namespace", "hss")
    assert done.returncode == 0, done.stderr
    assert {kind for kind, _namespace, _name in cluster.everything()} == {"ClusterRole", "ClusterRoleBinding"}
    done = cluster.run("delete", "--ignore-not-found", "--filename", "-", stdin=script)
    assert done.returncode == 0, done.stderr
    assert cluster.everything() == set()


def test_what_somebody_changed_is_put_right(cluster: Cluster, script: str) -> None:
    apply(cluster, script)
    done = cluster.run("-n", "hss", "patch", "deployment", "proxy-agent", "--patch", '{"spec": {"replicas": 0}}')
    assert done.returncode == 0, done.stderr
    compared = cluster.run("diff", "--filename", "-", stdin=script)
    assert compared.returncode == 1
    changed = {line for line in compared.stdout.splitlines() if re.match(r"[-+] ", line)}
    # Other changed lines are metadata: the generation, and in old versions the managed fields.
    assert {"-  replicas: 0", "+  replicas: 2"} <= changed
    assert sorted(apply(cluster, script)) == ["configured"] + ["unchanged"] * (len(objects(script)) - 1)


# --- Nodes ------------------------------------------------------------------------------------------------------------


def test_the_nodes_are_ready(cluster: Cluster) -> None:
    done = cluster.run("get", "nodes", "--output", "json")
    assert done.returncode == 0, done.stderr
    nodes = json.loads(done.stdout)["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["node-1", "node-2"]
    for node in nodes:
        found = node["status"]["nodeInfo"]
        assert (found["operatingSystem"], found["architecture"], found["kubeletVersion"]) == (
            "linux",
            "amd64",
            "v1.20.2",
        )
        assert {"type": "Ready", "status": "True"}.items() <= node["status"]["conditions"][0].items()
        assert "taints" not in node["spec"]
