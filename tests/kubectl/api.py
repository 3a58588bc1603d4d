# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server of the stand-in's cluster: requests, checks and defaults."""

from __future__ import annotations

import base64
import binascii
import copy
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from .control import control, is_old_enough, now
from .kinds import DEFINITION, Kind, Kinds
from .merge import merge
from .store import Store

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_USER = "kubernetes-admin"

Object = dict[str, Any]


class ApiError(Exception):
    """An error response of the API server, with its reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Api:
    """The requests of an account to the API server."""

    def __init__(self, store: Store, on_apply: Callable[[Api, Object], None] = lambda _api, _content: None) -> None:
        self._store = store
        self._on_apply = on_apply
        if not store.objects:
            self._bootstrap()
        control(store)

    @property
    def kinds(self) -> Kinds:
        """The kinds that the API server knows now."""
        definitions = [item for item in self._store.objects if item["kind"] == "CustomResourceDefinition"]
        return Kinds(item for item in definitions if is_old_enough(item, self._store))

    # --- requests ---

    def get(self, kind: Kind, name: str, namespace: str | None) -> Object:
        """An object."""
        self._require("get", kind, name, namespace)
        found = self._find(kind, name, namespace)
        if found is None:
            raise ApiError("NotFound", f'{kind.resource} "{name}" not found')
        return copy.deepcopy(found)

    def list(self, kind: Kind, namespace: str | None) -> list[Object]:
        """The objects of a kind in a namespace, or in all of them."""
        self._require("list", kind, None, namespace)
        found = [item for item in self._store.objects if self._is(item, kind)]
        return copy.deepcopy([item for item in found if namespace in (None, item["metadata"].get("namespace"))])

    def apply(
        self, kind: Kind, desired: Object, *, server_side: bool = False, dry_run: bool = False
    ) -> tuple[Object, str]:
        """Apply an object; returns the result, and whether it is created, configured or unchanged."""
        name, namespace = desired["metadata"]["name"], desired["metadata"].get("namespace")
        self._require("get", kind, name, namespace)
        if dry_run and self._store.settings["no_dry_run"]:
            raise ApiError("BadRequest", 'admission webhook "admission.example.com" does not support dry run')
        live = self._find(kind, name, namespace)
        last_applied = json.dumps(desired, separators=(",", ":"), sort_keys=True)
        if live is None:
            self._require("create", kind, name, namespace)
            self._check_namespace(kind, name, namespace)
            result, what = self._new_object(kind, desired), "created"
        else:
            self._require("patch", kind, name, namespace)
            before = json.loads((live["metadata"].get("annotations") or {}).get(LAST_APPLIED, "{}"))
            result, what = merge(copy.deepcopy(live), before, desired), "configured"
            # Keys that were removed from stringData become empty: kubectl does not know where a value came from.
            removed = (before.get("stringData") or {}).keys() - (desired.get("stringData") or {}).keys()
            result.get("data", {}).update(dict.fromkeys(removed, ""))
            self._check_immutable(kind, live, result)
        if not server_side:
            if len(last_applied) > 262144:
                detail = "metadata.annotations: Too long: must have at most 262144 bytes"
                raise ApiError("Invalid", f'The {kind.kind} "{name}" is invalid: {detail}')
            result["metadata"].setdefault("annotations", {})[LAST_APPLIED] = last_applied
        self._complete(kind, result)
        if live == result:
            return copy.deepcopy(result), "unchanged"
        if not dry_run:
            self._save(live, result)
            self._on_apply(self, result)
        return copy.deepcopy(result), what

    def delete(self, kind: Kind, name: str, namespace: str | None, uid: str = "") -> None:
        """Delete an object. It remains while it has finalizers; a namespace remains while it has objects.

        :arg uid: precondition.
        """
        self._require("delete", kind, name, namespace)
        found = self._find(kind, name, namespace)
        if found is None:
            raise ApiError("NotFound", f'{kind.resource} "{name}" not found')
        if uid and found["metadata"]["uid"] != uid:
            detail = (
                f"the UID in the precondition ({uid}) does not match the UID in record ({found['metadata']['uid']})"
            )
            message = f'Operation cannot be fulfilled on {kind.kind} "{name}": {detail}. '
            raise ApiError("Conflict", f"{message}The object might have been deleted and then recreated")
        if found["metadata"].get("finalizers") or kind.kind == "Namespace":
            found["metadata"].setdefault("deletionTimestamp", now())
            found["deleted_at"] = found.get("deleted_at") or time.time()
            if kind.kind == "Namespace":
                # The controllers remove its objects later.
                found["status"] = {"phase": "Terminating"}
        else:
            self._store.objects.remove(found)
            if kind.plural == DEFINITION:
                group, defined = found["spec"]["group"], found["spec"]["names"]["kind"]
                self._remove(lambda item: item["kind"] == defined and item["apiVersion"].startswith(f"{group}/"))

    def wait_until_gone(self, kind: Kind, name: str, namespace: str | None, patience: float = 30) -> None:
        """Wait until an object is removed, as kubectl does by default, but not without limit."""
        until = time.monotonic() + patience
        while self._find(kind, name, namespace) and time.monotonic() < until:
            time.sleep(0.05)
            control(self._store)

    def review(self, attributes: Mapping[str, Any]) -> bool:
        """Whether the account has a right."""
        resource = attributes["resource"]
        if attributes.get("group"):
            resource = f"{resource}.{attributes['group']}"
        return not self._denied(attributes["verb"], resource)

    # --- checks and defaults ---

    def _denied(self, verb: str, resource: str) -> bool:
        for rule in self._store.settings["denied"]:
            denied_verb, denied_resource = rule.split()
            if denied_verb in ("*", verb) and denied_resource in ("*", resource):
                return True
        return False

    def _require(self, verb: str, kind: Kind, name: str | None, namespace: str | None) -> None:
        if self._denied(verb, kind.resource):
            # A request for a namespace counts as one in that namespace.
            inside = name if kind.kind == "Namespace" and name else namespace
            where = f'in the namespace "{inside}"' if inside else "at the cluster scope"
            what = f'{kind.resource} "{name}"' if name else kind.resource
            message = (
                f'{what} is forbidden: User "{_USER}" cannot {verb} resource "{kind.plural}" '
                f'in API group "{kind.group}" {where}'
            )
            raise ApiError("Forbidden", message)

    def _check_namespace(self, kind: Kind, name: str, namespace: str | None) -> None:
        if not kind.namespaced:
            return
        found = next((item for item in self._store.objects if _is_namespace(item, str(namespace))), None)
        if found is None:
            raise ApiError("NotFound", f'namespaces "{namespace}" not found')
        if found["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise ApiError("Forbidden", f'{kind.resource} "{name}" is forbidden: {why}')

    def _check_immutable(self, kind: Kind, live: Object, result: Object) -> None:
        name = live["metadata"]["name"]
        if live.get("roleRef") != result.get("roleRef"):
            fields = {"APIGroup": "apiGroup", "Kind": "kind", "Name": "name"}
            role = ", ".join(f'{field}:"{result["roleRef"].get(key, "")}"' for field, key in fields.items())
            detail = f"roleRef: Invalid value: rbac.RoleRef{{{role}}}: cannot change roleRef"
            raise ApiError("Invalid", f'The {kind.kind} "{name}" is invalid: {detail}')
        if kind.kind == "Secret" and live.get("type") != result.get("type"):
            detail = f'type: Invalid value: "{result.get("type")}": field is immutable'
            raise ApiError("Invalid", f'The Secret "{name}" is invalid: {detail}')

    def _complete(self, kind: Kind, result: Object) -> None:
        """Check the fields of an object and set defaults."""
        if kind.kind == "Secret":
            self._complete_secret(result)
        if kind.kind == "ConfigMap" and not all(
            isinstance(value, str) for value in (result.get("data") or {}).values()
        ):
            raise ApiError("BadRequest", 'ConfigMap in version "v1" cannot be handled as a ConfigMap: data is no text')
        if kind.kind in ("ConfigMap", "Secret") and not result.get("data"):
            result.pop("data", None)
        if kind.kind in ("ClusterRole", "Role"):
            result["rules"] = result.get("rules") or None
        if kind.plural in ("deployments", "daemonsets"):
            if kind.plural == "deployments":
                result["spec"].setdefault("replicas", 1)
            pod = result["spec"]["template"]["spec"]
            for container in pod.get("containers", []):
                container.setdefault("imagePullPolicy", "IfNotPresent")
                for port in container.get("ports", []) if pod.get("hostNetwork") else []:
                    port.setdefault("hostPort", port["containerPort"])
        if kind.kind == "Namespace":
            result.setdefault("spec", {"finalizers": ["kubernetes"]})
            result.setdefault("status", {"phase": "Active"})

    @staticmethod
    def _complete_secret(result: Object) -> None:
        result.setdefault("type", "Opaque")
        for key, value in (result.pop("stringData", None) or {}).items():
            result.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
        for value in (result.get("data") or {}).values():
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                raise ApiError(
                    "BadRequest",
                    # The message of API servers before 1.23; newer ones do not quote the value.
                    'Secret in version "v1" cannot be handled as a Secret: v1.Secret.ObjectMeta: '
                    "v1.ObjectMeta.TypeMeta: Kind: Data: decode base64: illegal base64 data at input byte 0, error "
                    f'found in #10 byte of ...|{value[-9:]}"|..., bigger context ...|"{value}"|...',
                ) from None

    # --- stored objects ---

    def _new_object(self, kind: Kind, desired: Object) -> Object:
        content = copy.deepcopy(desired)
        metadata = content["metadata"]
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        return content

    def _save(self, live: Object | None, result: Object) -> None:
        result["metadata"]["resourceVersion"] = str(self._store.next_version)
        generation = result["metadata"].get("generation", 0)
        if live is None or live.get("spec") != result.get("spec"):
            generation, result["changed_at"] = generation + 1, time.time()
        result["metadata"]["generation"] = generation
        self._store.next_version += 1
        if live is None:
            result["made_at"] = time.time()
            self._store.objects.append(result)
            if result["kind"] == "Namespace":
                self._add_defaults(result["metadata"]["name"])
        else:
            self._store.objects[self._store.objects.index(live)] = result

    def _bootstrap(self) -> None:
        """Make the objects of a new cluster."""
        for name in ("default", "kube-node-lease", "kube-public", "kube-system"):
            self._add("v1", "Namespace", name, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
            self._add_defaults(name)
        for number in (1, 2):
            info = {"operatingSystem": "linux", "architecture": "amd64", "kubeletVersion": "v1.29.4"}
            conditions = [{"type": "Ready", "status": "True"}]
            status = {"nodeInfo": info, "conditions": conditions}
            labels = {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": f"node-{number}",
                "kubernetes.io/os": "linux",
            }
            self._add("v1", "Node", f"node-{number}", spec={}, status=status)
            self._store.objects[-1]["metadata"]["labels"] = labels

    def _add_defaults(self, namespace: str) -> None:
        """Make the objects that every namespace has."""
        self._add("v1", "ServiceAccount", "default", namespace)
        self._add("v1", "ConfigMap", "kube-root-ca.crt", namespace, data={"ca.crt": "a CA"})

    def _add(self, api_version: str, kind: str, name: str, namespace: str | None = None, **more: Any) -> None:
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        known = next(item for item in self.kinds.all if item.kind == kind)
        content = self._new_object(known, {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more})
        self._store.objects.append({**content, "made_at": 0})

    def _remove(self, condition: Callable[[Object], bool]) -> None:
        self._store.objects[:] = [item for item in self._store.objects if not condition(item)]

    def _find(self, kind: Kind, name: str, namespace: str | None) -> Object | None:
        place = namespace if kind.namespaced else None
        for item in self._store.objects:
            metadata = item["metadata"]
            if self._is(item, kind) and (metadata["name"], metadata.get("namespace")) == (name, place):
                return item
        return None

    @staticmethod
    def _is(item: Object, kind: Kind) -> bool:
        return item["kind"] == kind.kind and item["apiVersion"].rpartition("/")[0] == kind.group


def public(content: Object) -> Object:
    """An object without the stand-in's own fields."""
    return {key: value for key, value in content.items() if key not in ("made_at", "changed_at", "deleted_at")}


def _is_namespace(item: Object, name: str) -> bool:
    return item["kind"] == "Namespace" and item["metadata"]["name"] == name
