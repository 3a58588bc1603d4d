# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server and the controllers of the stand-in's cluster, as far as kubectl's users can tell."""

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
    """What the API server refuses, with its reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Api:
    """The objects, for who may see and change them."""

    def __init__(self, store: Store, on_apply: Callable[[Api, Object], None] = lambda _api, _content: None) -> None:
        self._store = store
        self._on_apply = on_apply
        if not store.objects:
            self._found()
        control(store)

    @property
    def kinds(self) -> Kinds:
        """The kinds it knows now."""
        definitions = [one for one in self._store.objects if one["kind"] == "CustomResourceDefinition"]
        return Kinds(one for one in definitions if is_old_enough(one, self._store))

    # --- what requests do ---

    def get(self, kind: Kind, name: str, namespace: str | None) -> Object:
        """One object."""
        self._require("get", kind, name, namespace)
        found = self._find(kind, name, namespace)
        if found is None:
            raise ApiError("NotFound", f'{kind.resource} "{name}" not found')
        return copy.deepcopy(found)

    def list(self, kind: Kind, namespace: str | None) -> list[Object]:
        """All of a kind, in one namespace or in all."""
        self._require("list", kind, None, namespace)
        found = [one for one in self._store.objects if self._is(one, kind)]
        return copy.deepcopy([one for one in found if namespace in (None, one["metadata"].get("namespace"))])

    def apply(
        self, kind: Kind, wanted: Object, *, server_side: bool = False, dry_run: bool = False
    ) -> tuple[Object, str]:
        """The object as it is then, and whether it was created, configured or unchanged."""
        name, namespace = wanted["metadata"]["name"], wanted["metadata"].get("namespace")
        self._require("get", kind, name, namespace)
        live = self._find(kind, name, namespace)
        noted = json.dumps(wanted, separators=(",", ":"), sort_keys=True)
        if live is None:
            self._require("create", kind, name, namespace)
            self._check_namespace(kind, name, namespace)
            would, what = self._born(kind, wanted), "created"
        else:
            self._require("patch", kind, name, namespace)
            before = json.loads((live["metadata"].get("annotations") or {}).get(LAST_APPLIED, "{}"))
            would, what = merge(copy.deepcopy(live), before, wanted), "configured"
            # It does not know where a value came from: what is in stringData no more becomes empty.
            lost = (before.get("stringData") or {}).keys() - (wanted.get("stringData") or {}).keys()
            would.get("data", {}).update(dict.fromkeys(lost, ""))
            self._check_fixed(kind, live, would)
        if not server_side:
            if len(noted) > 262144:
                detail = "metadata.annotations: Too long: must have at most 262144 bytes"
                raise ApiError("Invalid", f'The {kind.kind} "{name}" is invalid: {detail}')
            would["metadata"].setdefault("annotations", {})[LAST_APPLIED] = noted
        self._complete(kind, would)
        if live == would:
            return copy.deepcopy(would), "unchanged"
        if not dry_run:
            self._keep(live, would)
            self._on_apply(self, would)
        return copy.deepcopy(would), what

    def delete(self, kind: Kind, name: str, namespace: str | None) -> None:
        """Ask for its end; what has finalizers waits for them, and a namespace for what is in it."""
        self._require("delete", kind, name, namespace)
        found = self._find(kind, name, namespace)
        if found is None:
            raise ApiError("NotFound", f'{kind.resource} "{name}" not found')
        if found["metadata"].get("finalizers") or kind.kind == "Namespace":
            found["metadata"].setdefault("deletionTimestamp", now())
            found["deleted"] = found.get("deleted") or time.time()
            if kind.kind == "Namespace":
                # What is in it stays for a while.
                found["status"] = {"phase": "Terminating"}
        else:
            self._store.objects.remove(found)
            if kind.plural == DEFINITION:
                group, plural = found["spec"]["group"], found["spec"]["names"]["kind"]
                self._forget(lambda one: one["kind"] == plural and one["apiVersion"].startswith(f"{group}/"))

    def wait_until_gone(self, kind: Kind, name: str, namespace: str | None, patience: float = 30) -> None:
        """As kubectl does unless it is told not to; the real one's patience has no end."""
        until = time.monotonic() + patience
        while self._find(kind, name, namespace) and time.monotonic() < until:
            time.sleep(0.05)
            control(self._store)

    def review(self, attributes: Mapping[str, Any]) -> bool:
        """Whether the account may do this."""
        resource = attributes["resource"]
        if attributes.get("group"):
            resource = f"{resource}.{attributes['group']}"
        return not self._denied(attributes["verb"], resource)

    # --- rules ---

    def _denied(self, verb: str, resource: str) -> bool:
        for rule in self._store.settings["denied"]:
            its_verb, its_resource = rule.split()
            if its_verb in ("*", verb) and its_resource in ("*", resource):
                return True
        return False

    def _require(self, verb: str, kind: Kind, name: str | None, namespace: str | None) -> None:
        if self._denied(verb, kind.resource):
            # A namespace counts as being in itself.
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
        around = next((one for one in self._store.objects if _is_namespace(one, str(namespace))), None)
        if around is None:
            raise ApiError("NotFound", f'namespaces "{namespace}" not found')
        if around["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise ApiError("Forbidden", f'{kind.resource} "{name}" is forbidden: {why}')

    def _check_fixed(self, kind: Kind, live: Object, would: Object) -> None:
        name = live["metadata"]["name"]
        if live.get("roleRef") != would.get("roleRef"):
            fields = {"APIGroup": "apiGroup", "Kind": "kind", "Name": "name"}
            shown = ", ".join(f'{field}:"{would["roleRef"].get(key, "")}"' for field, key in fields.items())
            detail = f"roleRef: Invalid value: rbac.RoleRef{{{shown}}}: cannot change roleRef"
            raise ApiError("Invalid", f'The {kind.kind} "{name}" is invalid: {detail}')
        if kind.kind == "Secret" and live.get("type") != would.get("type"):
            detail = f'type: Invalid value: "{would.get("type")}": field is immutable'
            raise ApiError("Invalid", f'The Secret "{name}" is invalid: {detail}')

    def _complete(self, kind: Kind, would: Object) -> None:
        """Checks and defaults."""
        if kind.kind == "Secret":
            self._complete_secret(would)
        if kind.kind == "ConfigMap" and not all(isinstance(value, str) for value in (would.get("data") or {}).values()):
            raise ApiError("BadRequest", 'ConfigMap in version "v1" cannot be handled as a ConfigMap: data is no text')
        if kind.kind in ("ConfigMap", "Secret") and not would.get("data"):
            would.pop("data", None)
        if kind.kind in ("ClusterRole", "Role"):
            would["rules"] = would.get("rules") or None
        if kind.plural in ("deployments", "daemonsets"):
            if kind.plural == "deployments":
                would["spec"].setdefault("replicas", 1)
            pod = would["spec"]["template"]["spec"]
            for container in pod.get("containers", []):
                container.setdefault("imagePullPolicy", "IfNotPresent")
                for port in container.get("ports", []) if pod.get("hostNetwork") else []:
                    port.setdefault("hostPort", port["containerPort"])
        if kind.kind == "Namespace":
            would.setdefault("spec", {"finalizers": ["kubernetes"]})
            would.setdefault("status", {"phase": "Active"})

    @staticmethod
    def _complete_secret(would: Object) -> None:
        would.setdefault("type", "Opaque")
        for key, value in (would.pop("stringData", None) or {}).items():
            would.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
        for value in (would.get("data") or {}).values():
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                raise ApiError(
                    "BadRequest",
                    # As API servers before 1.23 say it; newer ones keep the value to themselves.
                    'Secret in version "v1" cannot be handled as a Secret: v1.Secret.ObjectMeta: '
                    "v1.ObjectMeta.TypeMeta: Kind: Data: decode base64: illegal base64 data at input byte 0, error "
                    f'found in #10 byte of ...|{value[-9:]}"|..., bigger context ...|"{value}"|...',
                ) from None

    # --- the life of objects ---

    def _born(self, kind: Kind, wanted: Object) -> Object:
        content = copy.deepcopy(wanted)
        metadata = content["metadata"]
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        return content

    def _keep(self, live: Object | None, would: Object) -> None:
        would["metadata"]["resourceVersion"] = str(self._store.next_version)
        self._store.next_version += 1
        if live is None:
            would["born"] = time.time()
            self._store.objects.append(would)
            if would["kind"] == "Namespace":
                self._furnish(would["metadata"]["name"])
        else:
            self._store.objects[self._store.objects.index(live)] = would

    def _found(self) -> None:
        """A fresh cluster."""
        for name in ("default", "kube-node-lease", "kube-public", "kube-system"):
            self._add("v1", "Namespace", name, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
            self._furnish(name)
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

    def _furnish(self, namespace: str) -> None:
        """What every namespace has."""
        self._add("v1", "ServiceAccount", "default", namespace)
        self._add("v1", "ConfigMap", "kube-root-ca.crt", namespace, data={"ca.crt": "a CA"})

    def _add(self, api_version: str, kind: str, name: str, namespace: str | None = None, **more: Any) -> None:
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        known = next(one for one in self.kinds.all if one.kind == kind)
        content = self._born(known, {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more})
        self._store.objects.append({**content, "born": 0})

    def _forget(self, doomed: Callable[[Object], bool]) -> None:
        self._store.objects[:] = [one for one in self._store.objects if not doomed(one)]

    def _find(self, kind: Kind, name: str, namespace: str | None) -> Object | None:
        wanted = namespace if kind.namespaced else None
        for one in self._store.objects:
            metadata = one["metadata"]
            if self._is(one, kind) and (metadata["name"], metadata.get("namespace")) == (name, wanted):
                return one
        return None

    @staticmethod
    def _is(one: Object, kind: Kind) -> bool:
        return one["kind"] == kind.kind and one["apiVersion"].rpartition("/")[0] == kind.group


def public(one: Object) -> Object:
    """An object without what the stand-in notes in it for itself."""
    return {key: value for key, value in one.items() if key not in ("born", "deleted")}


def _is_namespace(one: Object, name: str) -> bool:
    return one["kind"] == "Namespace" and one["metadata"]["name"] == name
