# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what is applied in a cluster for HSS's connection agent. Pure functions, no I/O."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MAX_LISTED = 5


def agent_objects(
    manifests: Sequence[Mapping[str, Any]],
    registry: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """HSS's manifests and what they take for granted: their namespaces, and the secret to pull images with.

    :arg manifests: as HSS gives them.
    :arg registry: C(server), C(username), C(password) and C(secret_name), where the images are in a private registry.
    :arg labels: for every object, so that it is found when HSS no longer tells which they were.
    """
    namespaces = [dict(item) for item in manifests if item["kind"] == "Namespace"]
    others = [dict(item) for item in manifests if item["kind"] != "Namespace"]
    named = {item["metadata"]["name"] for item in namespaces}
    used = dict.fromkeys(item["metadata"]["namespace"] for item in others if item["metadata"].get("namespace"))
    namespaces += [_object("v1", "Namespace", {"name": name}) for name in used if name not in named]
    secrets = []
    if registry and registry.get("password"):
        # The manifests know best what they call it.
        places = _pull_secrets(others) or {(str(name), str(registry.get("secret_name") or "")) for name in used}
        secrets = [_pull_secret(namespace, name, registry) for namespace, name in sorted(places) if name]
    return [_labelled(item, labels) if labels else item for item in namespaces + secrets + others]


def _labelled(item: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    metadata = item["metadata"]
    return {**item, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}}


def _object(api_version: str, kind: str, metadata: Mapping[str, Any], **content: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": dict(metadata), **content}


def _pull_secrets(objects: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """(namespace, name) of the secrets that pods and ServiceAccounts want to pull with."""
    found = set()
    for item in objects:
        pod = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
        for named in [*(pod.get("imagePullSecrets") or ()), *(item.get("imagePullSecrets") or ())]:
            found.add((str(item["metadata"].get("namespace") or "default"), str(named.get("name"))))
    return found


def _pull_secret(namespace: str, name: str, registry: Mapping[str, Any]) -> dict[str, Any]:
    username, password = str(registry.get("username") or ""), str(registry["password"])
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    login = {"username": username, "password": password, "auth": auth}
    config = json.dumps({"auths": {str(registry["server"]): login}})
    return _object(
        "v1",
        "Secret",
        {"name": name, "namespace": namespace},
        type="kubernetes.io/dockerconfigjson",
        data={".dockerconfigjson": base64.b64encode(config.encode()).decode()},
    )


def enumerate_objects(labels: Sequence[str]) -> str:
    """The first labels, and how many more there are."""
    more = f" and {len(labels) - _MAX_LISTED} more" if len(labels) > _MAX_LISTED else ""
    return f"{', '.join(labels[:_MAX_LISTED])}{more}"


def label_of(item: Mapping[str, Any]) -> str:
    """Kind and name of an object in the results of kubectl_objects."""
    return f"{item['kind']} {item['namespace'] + '/' if item.get('namespace') else ''}{item['name']}"
