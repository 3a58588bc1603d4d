# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All objects of a cluster, and their removal after a test."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .apiserver import ApiServer
from .debian import KubeError

Key = tuple[str, str | None, str]

# Only metadata: the contents may be secret and are not needed.
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
# Objects of these kinds appear and disappear without a request.
_TRANSIENT = {"ComponentStatus", "Event"}


@dataclass(frozen=True)
class Found:
    """An object; `automatic` ones are made again by a controller when they are removed."""

    kind: str
    namespace: str | None
    name: str
    path: str
    finalizers: bool
    automatic: bool

    @property
    def key(self) -> Key:
        """Kind, namespace (or None) and name."""
        return self.kind, self.namespace, self.name


class Objects:
    """The objects of a cluster. Those at the time of its creation belong to the cluster itself."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._own = {found.key for found in self._all()}

    def everything(self) -> set[Key]:
        """All objects made since, without automatic ones."""
        return {found.key for found in self._made() if not found.automatic}

    def clean(self, patience: float = 60) -> None:
        """Remove all objects made since, and wait until they are removed."""
        until = time.monotonic() + patience
        while made := self._made():
            namespaces = {found.name for found in made if found.kind == "Namespace"}
            left = [found for found in made if not found.automatic or found.namespace in namespaces]
            if not left:
                return
            if time.monotonic() > until:
                raise KubeError(f"these objects are not removed: {', '.join(sorted(found.path for found in left))}")
            used = {found.namespace for found in left}
            for found in left:
                self._remove(found)
                if found.kind == "Namespace" and found.name not in used:
                    self._finish(found)

    def _remove(self, found: Found) -> None:
        if found.finalizers:
            patch = {"Content-Type": "application/merge-patch+json"}
            self._request("PATCH", found.path, json={"metadata": {"finalizers": None}}, headers=patch)
        # No grace period: there is no kubelet that could end a pod.
        self._request("DELETE", found.path, json={"gracePeriodSeconds": 0, "propagationPolicy": "Background"})

    def _finish(self, namespace: Found) -> None:
        """Remove an empty namespace at once; its controller would wait five seconds."""
        empty = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.name}, "spec": {}}
        self._request("PUT", f"{namespace.path}/finalize", json=empty)

    def _made(self) -> list[Found]:
        return [found for found in self._all() if found.key not in self._own]

    def _all(self) -> Iterator[Found]:
        for base, resource in self._resources():
            listed = self._request("GET", f"{base}/{resource['name']}", headers={"Accept": _METADATA})
            for item in listed.get("items") or []:
                metadata = item["metadata"]
                namespace, name = metadata.get("namespace"), metadata["name"]
                place = f"/namespaces/{namespace}" if namespace else ""
                yield Found(
                    resource["kind"],
                    namespace,
                    name,
                    f"{base}{place}/{resource['name']}/{name}",
                    bool(metadata.get("finalizers")),
                    _automatic(resource["kind"], metadata),
                )

    def _resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        groups = self._request("GET", "/apis")["groups"]
        for base in ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]:
            for resource in self._request("GET", base).get("resources", []):
                if {"list", "delete"} <= set(resource["verbs"]) and resource["kind"] not in _TRANSIENT:
                    yield base, resource

    def _request(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        answer = self._server.request(method, path, **how)
        # The object may be removed already (404), or about to be (409).
        if not answer.ok and answer.status_code not in (404, 409):
            raise KubeError(f"{method} {path}: {answer.status_code} {answer.reason}")
        return answer.json() if answer.ok else {}


def _automatic(kind: str, metadata: dict[str, Any]) -> bool:
    """Whether controllers make an object: some in every namespace, and a token for every account."""
    name = metadata["name"]
    if kind == "Secret":
        account = metadata.get("annotations", {}).get("kubernetes.io/service-account.name")
        return account is not None and re.fullmatch(re.escape(account) + r"-token-[a-z0-9]{5}", name) is not None
    return (kind, name) in {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
