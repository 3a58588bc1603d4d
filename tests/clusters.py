# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for a Kubernetes cluster, for its kubectl on hosts, and for tasks that use it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubectl.standin import StandIn

from hosts import SshHosts
from playbooks import play

# `./dev test-kube` provides a fixture of the same name, with a real API server and a real kubectl.
REAL = os.environ.get("HSS_KUBE") == "real"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[StandIn]:
    """An empty cluster for each test."""
    with StandIn(tmp_path / "cluster") as standin:
        yield standin


@pytest.fixture
def on_host(cluster: Any) -> Callable[..., None]:
    """Installs the cluster's kubectl and kubeconfig on a host that has its own root directory."""

    def install(hosts: SshHosts, name: str, kubectl: str = "/opt/bin/kubectl") -> None:
        hosts.put(name, "/etc/kubernetes/admin.conf", Path(cluster.kubeconfig).read_text())
        if hasattr(cluster, "install"):
            cluster.install(lambda path, content, mode: hosts.put(name, path, content, mode), kubectl)
        else:
            place = hosts.root(name) / kubectl[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(cluster.kubectl, place)
            place.chmod(0o755)

    return install


@pytest.fixture
def tasks(cluster: Any, tmp_path: Path) -> Callable[..., Any]:
    """Runs tasks with a local connection, and returns the run and the results."""

    def run(module: str, *options: dict[str, Any], arguments: tuple[str, ...] = (), **variables: Any) -> Any:
        results = tmp_path / "results.json"
        steps: list[dict[str, Any]] = []
        for number, given in enumerate(options):
            # These are keywords of the task, not options of the module.
            keywords = {name: given[name] for name in ("check_mode",) if name in given}
            target = {"kubectl": cluster.kubectl, "kubeconfig": cluster.kubeconfig, **given}
            target = {name: value for name, value in target.items() if name not in keywords}
            steps.append({module: target, "register": f"result_{number}", "ignore_errors": True, **keywords})
        listed = ", ".join(f"result_{number}" for number in range(len(options)))
        steps.append({"keep": {"content": f"{{{{ [{listed}] | to_json }}}}", "dest": str(results)}, "no_log": True})
        (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": steps}]))
        local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"cp-1": {**local, **variables}}}}))
        played = play(str(tmp_path / "play.yml"), inventory, tmp_path, {}, *arguments)
        assert results.exists(), played.output
        answers = json.loads(results.read_text())
        results.unlink()
        return played, answers

    return run


def account_with_token(namespace: str) -> list[dict[str, Any]]:
    """Returns a ServiceAccount, and the Secret into which a controller writes its token."""
    account = {"name": "hss", "namespace": namespace}
    annotations = {"kubernetes.io/service-account.name": "hss"}
    token = {"name": "hss-token", "namespace": namespace, "annotations": annotations}
    kind = {"kind": "Secret", "type": "kubernetes.io/service-account-token"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {"apiVersion": "v1", **kind, "metadata": token},
    ]
