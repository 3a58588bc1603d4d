# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster itself: its mirror and programs, and that nothing of it remains, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .apiserver import ApiServer
from .cluster import Cluster
from .debian import KubeError, mirror

HOLD = """\
import json, sys
sys.path.insert(0, sys.argv[1])
from kube import ApiServer
with ApiServer() as server:
    print(json.dumps([str(server.folder), server._supervisor.pid]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder() -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """A process with its own cluster, the cluster's folder, and its supervisor's process id."""
    tests = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tests)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        folder, supervisor = json.loads(process.stdout.readline())
        yield process, Path(folder), supervisor
        process.kill()


def members(folder: Path) -> list[str]:
    """The names of the processes that run in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == str(folder):
                found.append((process / "comm").read_text().strip())
        except OSError:  # it has just ended, or belongs to another user
            continue
    return sorted(found)


def becomes_true(condition: Callable[[], bool], patience: float = 10) -> bool:
    until = time.monotonic() + patience
    while not (true := condition()) and time.monotonic() < until:
        time.sleep(0.05)
    return true


def test_nothing_stays_when_its_creator_is_killed(holder: tuple[subprocess.Popen[str], Path, int]) -> None:
    process, folder, _supervisor = holder
    assert len(members(folder)) == 3
    process.kill()
    assert becomes_true(lambda: not folder.exists())
    assert members(folder) == []


def test_nothing_runs_on_when_its_supervisor_is_killed(holder: tuple[subprocess.Popen[str], Path, int]) -> None:
    process, folder, supervisor = holder
    os.kill(supervisor, signal.SIGKILL)
    assert becomes_true(lambda: members(folder) == [])
    process.communicate()
    assert not folder.exists()


def test_it_ends_when_its_creator_is_told_to(holder: tuple[subprocess.Popen[str], Path, int]) -> None:
    process, folder, _supervisor = holder
    process.communicate()
    assert process.returncode == 0
    assert not folder.exists()
    assert members(folder) == []


def test_it_says_what_the_program_said_that_did_not_start(api_server: ApiServer, tmp_path: Path) -> None:
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho no luck today >&2\nexit 3\n")
    broken.chmod(0o755)
    server = ApiServer(made={**api_server.programs, "etcd": broken})
    with pytest.raises(KubeError, match=r"etcd ended with 3:\nno luck today"):
        server.start()
    assert server.folder
    assert not server.folder.exists()


def test_everything_that_a_test_makes_is_seen_and_removed(cluster: Cluster) -> None:
    documents = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "left"}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "left", "namespace": "left"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "left", "namespace": "left"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "left", "image": "left"}]},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "left", "namespace": "default", "finalizers": ["example.com/never"]},
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "left"},
            "rules": [],
        },
    ]
    script = "\n".join(map(json.dumps, documents))
    assert cluster.run("apply", "--filename", "-", stdin=script).returncode == 0
    made = {(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in documents}
    assert cluster.everything() == made
    cluster.clean()
    assert cluster.everything() == set()
    # The objects do not reappear with the namespace.
    assert cluster.run("create", "namespace", "left").returncode == 0
    assert cluster.everything() == {("Namespace", None, "left")}


def test_kinds_of_ones_own(cluster: Cluster) -> None:
    """Custom kinds use the library that the build replaces: the API server crashes with the old one."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"a": {"b": "c"}}}
    assert cluster.run("apply", "--filename", "-", stdin=json.dumps(definition)).returncode == 0
    known = cluster.run("wait", "--for", "condition=established", "crd/widgets.example.com", "--timeout", "60s")
    assert known.returncode == 0, known.stderr
    for what in ("created", "unchanged"):
        done = cluster.run("apply", "--filename", "-", stdin=json.dumps(widget))
        assert (done.stdout, done.stderr) == (f"widget.example.com/w {what}\n", "")
    found = cluster.get("widget", "w")
    assert found and found["spec"] == widget["spec"]


@pytest.mark.parametrize(
    ("name", "text", "address"),
    [
        ("sources.list", "deb http://near.example/debian bookworm main\n", "http://near.example/debian"),
        ("sources.list.d/a.list", "deb [arch=amd64 trusted=no] https://b.example/x/debian/ sid main", "https://b.example/x/debian"),
        ("sources.list.d/a.sources", "Types: deb\nURIs: http://c.example/debian\nSuites: trixie\n", "http://c.example/debian"),
        ("sources.list", "# deb http://old.example/debian bookworm main\n", "http://deb.debian.org/debian"),
        ("sources.list", "deb http://d.example/debian-security bookworm main\n", "http://deb.debian.org/debian"),
        ("sources.list.d/a.off", "deb http://e.example/debian bookworm main\n", "http://deb.debian.org/debian"),
    ],
)  # fmt: skip
def test_debian_comes_from_where_the_machine_gets_it(tmp_path: Path, name: str, text: str, address: str) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    assert mirror(tmp_path) == address
