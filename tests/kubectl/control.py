# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controllers of the stand-in's cluster: what happens by itself, a moment later."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from .store import Store

_ACCOUNT = "kubernetes.io/service-account.name"

Object = dict[str, Any]


def control(store: Store) -> None:
    """What they did meanwhile."""
    for one in list(store.objects):
        if one["kind"] == "Secret" and one.get("type") == "kubernetes.io/service-account-token":
            _give_token(one, store)
        if not one.get("deleted") or time.time() - one["deleted"] < float(store.settings["delay"]):
            continue
        if one["kind"] == "Namespace":
            _end(one, store)
        elif not one["metadata"].get("finalizers") and one in store.objects:
            store.objects.remove(one)


def is_old_enough(one: Object, store: Store) -> bool:
    """Whether they have had the time to see it."""
    return time.time() - float(one.get("born", 0)) >= float(store.settings["delay"])


def now() -> str:
    """As objects note it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _give_token(secret: Object, store: Store) -> None:
    metadata = secret["metadata"]
    account, namespace = (metadata.get("annotations") or {}).get(_ACCOUNT), metadata["namespace"]
    if not is_old_enough(secret, store) or "token" in (secret.get("data") or {}):
        return
    wanted = ("ServiceAccount", namespace, account)
    if not any(
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) == wanted for one in store.objects
    ):
        store.objects.remove(secret)
        return
    claims = {"iss": "kubernetes/serviceaccount", "sub": f"system:serviceaccount:{namespace}:{account}"}
    parts = [json.dumps({"alg": "RS256"}), json.dumps(claims), metadata["uid"]]
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    values = {"token": token, "namespace": namespace, "ca.crt": "a CA"}
    secret["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def _end(namespace: Object, store: Store) -> None:
    name = namespace["metadata"]["name"]
    for one in list(store.objects):
        if one["metadata"].get("namespace") == name:
            if one["metadata"].get("finalizers"):
                one["metadata"].setdefault("deletionTimestamp", now())
                one.setdefault("deleted", time.time())
            else:
                store.objects.remove(one)
    if conditions := _conditions(name, store):
        namespace["status"]["conditions"] = conditions
    else:
        store.objects.remove(namespace)


def _conditions(namespace: str, store: Store) -> list[dict[str, str]]:
    """Why a namespace stays."""
    left = [one for one in store.objects if one["metadata"].get("namespace") == namespace]
    if not left and namespace not in store.settings["stuck"]:
        return []
    finalizers = sorted({name for one in left for name in one["metadata"]["finalizers"]}) or ["example.com/stuck"]
    message = f"Some content in the namespace has finalizers remaining: {finalizers[0]} in 1 resource instances"
    return [
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content deleted"},
        {"type": "NamespaceFinalizersRemaining", "status": "True", "message": message},
    ]
