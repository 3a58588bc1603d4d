# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controllers of the stand-in's cluster: they end namespaces and write tokens, some time later."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from .store import Store

_ACCOUNT = "kubernetes.io/service-account.name"

Object = dict[str, Any]


def control(store: Store) -> None:
    """Do what the controllers have done since the last call."""
    for item in list(store.objects):
        if item["kind"] in ("Deployment", "DaemonSet"):
            _run_pods(item, store)
        if item["kind"] == "Secret" and item.get("type") == "kubernetes.io/service-account-token":
            _add_token(item, store)
        if not item.get("deleted_at") or time.time() - item["deleted_at"] < float(store.settings["delay"]):
            continue
        if item["kind"] == "Namespace":
            _end_namespace(item, store)
        elif not item["metadata"].get("finalizers") and item in store.objects:
            store.objects.remove(item)


def is_old_enough(item: Object, store: Store) -> bool:
    """Whether the controllers have already processed an object."""
    return time.time() - float(item.get("made_at", 0)) >= float(store.settings["delay"])


def now() -> str:
    """The time as objects have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _add_token(secret: Object, store: Store) -> None:
    metadata = secret["metadata"]
    account, namespace = (metadata.get("annotations") or {}).get(_ACCOUNT), metadata["namespace"]
    if not is_old_enough(secret, store) or "token" in (secret.get("data") or {}):
        return
    owner = ("ServiceAccount", namespace, account)
    if not any(
        (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) == owner for item in store.objects
    ):
        store.objects.remove(secret)
        return
    claims = {"iss": "kubernetes/serviceaccount", "sub": f"system:serviceaccount:{namespace}:{account}"}
    parts = [json.dumps({"alg": "RS256"}), json.dumps(claims), metadata["uid"]]
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    values = {"token": token, "namespace": namespace, "ca.crt": "a CA"}
    secret["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def _run_pods(workload: Object, store: Store) -> None:
    """Write the status of a workload: its pods run some time later, or not, as the settings say.

    The setting C(pods): C(run), C(replicas) and C(ready) for the numbers, and C(conditions).
    """
    pods = store.settings["pods"]
    wanted = pods.get("replicas", workload["spec"].get("replicas", 2))
    ready = wanted if pods.get("run") and is_old_enough({"made_at": workload.get("changed_at", 0)}, store) else 0
    ready = pods.get("ready", ready)
    status: Object = {"observedGeneration": workload["metadata"].get("generation", 1)}
    if workload["kind"] == "DaemonSet":
        status |= {"desiredNumberScheduled": wanted, "updatedNumberScheduled": ready, "numberAvailable": ready}
    else:
        status |= {"replicas": ready, "updatedReplicas": ready, "availableReplicas": ready}
    workload["status"] = {**status, "conditions": pods.get("conditions", [])}


def _end_namespace(namespace: Object, store: Store) -> None:
    name = namespace["metadata"]["name"]
    for item in list(store.objects):
        if item["metadata"].get("namespace") == name:
            if item["metadata"].get("finalizers"):
                item["metadata"].setdefault("deletionTimestamp", now())
                item.setdefault("deleted_at", time.time())
            else:
                store.objects.remove(item)
    if conditions := _conditions(name, store):
        namespace["status"]["conditions"] = conditions
    else:
        store.objects.remove(namespace)


def _conditions(namespace: str, store: Store) -> list[dict[str, str]]:
    """The conditions of a namespace that remains, or an empty list if it can be removed."""
    left = [item for item in store.objects if item["metadata"].get("namespace") == namespace]
    if not left and namespace not in store.settings["stuck"]:
        return []
    finalizers = sorted({name for item in left for name in item["metadata"]["finalizers"]}) or ["example.com/stuck"]
    message = f"Some content in the namespace has finalizers remaining: {finalizers[0]} in 1 resource instances"
    return [
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content deleted"},
        {"type": "NamespaceFinalizersRemaining", "status": "True", "message": message},
    ]
