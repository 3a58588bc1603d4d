# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in as tests use it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import kubeconfigs

from .cli import run
from .relay import Relay
from .store import Store

_AUTOMATIC = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}


class StandIn:
    """A cluster with its kubectl and its kubeconfig."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._relay: Relay | None = None
        state = folder / "state"
        state.mkdir(parents=True)
        self._store = Store(state)
        self.kubectl = str(folder / "kubectl")
        program = shlex.join([sys.executable, str(Path(__file__).parent), str(state)])
        Path(self.kubectl).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        Path(self.kubectl).chmod(0o755)
        self.kubeconfig = str(folder / "kubeconfig")
        Path(self.kubeconfig).write_text(kubeconfigs.kubeadm("https://10.0.0.5:6443"))
        Path(self.kubeconfig).chmod(0o600)
        # The first command makes the objects of a new cluster.
        done = self.run("version", "-o", "json")
        assert done.returncode == 0, done.stderr
        self._own = self._keys()

    def __enter__(self) -> StandIn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._relay:
            self._relay.stop()

    def configure(self, **settings: Any) -> None:
        """Change settings, see `store.py`."""
        self._store.configure(**settings)

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator, without a process."""
        command = [self.kubectl, "--kubeconfig", self.kubeconfig, *arguments]
        return subprocess.CompletedProcess(command, *run(self._folder / "state", command[1:], stdin or ""))

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """An object as the API server returns it; None if there is none."""
        place = ["--namespace", namespace] if namespace else []
        done = self.run("get", kind, name, *place, "--output", "json", "--ignore-not-found")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def everything(self) -> set[tuple[str, str | None, str]]:
        """Kind, namespace (or None) and name of all objects, except those that a new cluster has."""
        return self._keys() - self._own

    def calls(self) -> list[dict[str, Any]]:
        """The calls of this kubectl until now: args, environment, and the text and the mode of the kubeconfig."""
        path = self._folder / "state" / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def add(self, *objects: dict[str, Any]) -> None:
        """Add objects that controllers make, such as pods and events, as they are."""
        with self._store.opened() as store:
            for number, item in enumerate(objects):
                item["metadata"].setdefault("uid", f"uid-{len(store.objects)}-{number}")
                store.objects.append(item)

    def change(self, kind: str, name: str, **content: Any) -> None:
        """Change an object as somebody else would, such as a node."""
        with self._store.opened() as store:
            for item in store.objects:
                if (item["kind"], item["metadata"]["name"]) == (kind, name):
                    item.update(content)

    def install(self, put: Callable[[str, str, int], Any], path: str = "/opt/bin/kubectl") -> None:
        """Install this kubectl on a host with a private root.

        :arg put: writes a file on that host: path, content, mode.
        """
        self._relay = self._relay or Relay(self._folder / "state")
        put(path, self._relay.script, 0o755)

    def _keys(self) -> set[tuple[str, str | None, str]]:
        with self._store.opened() as store:
            keys = {
                (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in store.objects
            }
        return {key for key in keys if (key[0], key[2]) not in _AUTOMATIC}
