# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: Kubernetes objects as a user gives them, and as a cluster has them. Pure functions."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import MASK, MIN_SECRET_LENGTH, Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class KubeObject:
    """An object as JSON, with what it is known by."""

    content: dict[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.content["kind"])

    @property
    def group(self) -> str:
        """Its API group; the core group's name is empty."""
        group, slash, _version = str(self.content["apiVersion"]).partition("/")
        return group if slash else ""

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.content["metadata"]["name"])

    @property
    def namespace(self) -> str | None:
        """Its namespace, if it has or names one."""
        return self.content["metadata"].get("namespace") or None

    @property
    def uid(self) -> str:
        """What tells it from a later one of the same name."""
        return str(self.content["metadata"].get("uid", ""))

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Equal for what is the same object."""
        return (self.group, self.kind, self.name, self.namespace or "")

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def identity(self) -> dict[str, Any]:
        """As much of it as says which one it is, and nothing else."""
        metadata = {"name": self.name, **({"namespace": self.namespace} if self.namespace else {})}
        return {"apiVersion": self.content["apiVersion"], "kind": self.kind, "metadata": metadata}

    @property
    def size(self) -> int:
        """Its length as JSON."""
        return len(json.dumps(self.content))

    @property
    def going(self) -> bool:
        """Whether it is being deleted."""
        return bool(self.content["metadata"].get("deletionTimestamp"))

    @property
    def is_namespace(self) -> bool:
        """Whether it is a Namespace."""
        return (self.group, self.kind) == ("", "Namespace")

    @property
    def is_secret(self) -> bool:
        """Whether its data must not be seen."""
        return (self.group, self.kind) == ("", "Secret")

    @property
    def is_definition(self) -> bool:
        """Whether it brings a kind of its own."""
        return (self.group, self.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")


def namespace_named(name: str) -> KubeObject:
    """The Namespace of this name."""
    return KubeObject({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def given_objects(given: Iterable[Any]) -> list[KubeObject]:
    """The objects that a user gave, as plain JSON; Lists are taken apart.

    :raises KubectlError: for what is no object, or is there twice.
    """
    found: list[KubeObject] = []
    try:
        # Once through JSON: the texts of older ansible-core stay what they are whatever str() is asked to do.
        contents = json.loads(json.dumps(_plain(list(given)), allow_nan=False))
    except ValueError:
        raise KubectlError("objects: JSON has no such number as infinity.") from None
    for number, content in enumerate(_flattened(contents)):
        where = f"objects[{number}]"
        if not isinstance(content, dict):
            raise KubectlError(f"{where}: a Kubernetes object is a mapping.")
        for part in ("apiVersion", "kind"):
            if not isinstance(content.get(part), str) or not content[part]:
                raise KubectlError(f"{where}: {part} is missing.")
        metadata = content.get("metadata")
        if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
            raise KubectlError(
                f"{where}: {content['kind']} without metadata.name; generateName would make a new one with each run."
            )
        if not isinstance(metadata.get("namespace"), (str, type(None))):
            raise KubectlError(f"{where}: metadata.namespace is a text.")
        found.append(_encoded(KubeObject(content)))
    seen = set()
    for one in found:
        if one.key in seen:
            raise KubectlError(f"objects: {one.label} is there twice.")
        seen.add(one.key)
    return found


def _encoded(one: KubeObject) -> KubeObject:
    """A Secret with its stringData in data, as the API server would have it.

    It would not know where a value came from: one that is given no more would become empty, instead of going away. And
    kubectl would note them in plain text.
    """
    texts = one.content.get("stringData")
    data = one.content.get("data") or {}
    if not one.is_secret or not isinstance(texts, dict) or not isinstance(data, dict):
        return one
    if not all(isinstance(text, str) for text in texts.values()):
        return one
    encoded = {key: base64.b64encode(text.encode("utf-8", "replace")).decode() for key, text in texts.items()}
    content = {key: value for key, value in one.content.items() if key != "stringData"}
    return KubeObject({**content, "data": {**data, **encoded}})


def _flattened(contents: Iterable[Any]) -> Iterable[Any]:
    for content in contents:
        if isinstance(content, dict) and content.get("kind") == "List" and isinstance(content.get("items"), list):
            yield from _flattened(content["items"])
        else:
            yield content


def _plain(value: Any, where: str = "objects") -> Any:
    """The value as JSON has it. Newer ansible-core tags values, which makes subclasses of them."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, (datetime.date, datetime.datetime)):
        raise KubectlError(f"{where}: YAML takes this for a date; put it into quotes.")
    if isinstance(value, (bytes, bytearray, set, frozenset)):
        raise KubectlError(f"{where}: JSON has nothing like this; put it into quotes.")
    # Text, and values from the vault, which older ansible-core has as objects of their own.
    return str(value)


def as_stream(contents: Sequence[Mapping[str, Any]]) -> bytes:
    """The objects as kubectl reads them from standard input."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(contents)}, allow_nan=False)
    return text.encode("ascii") + b"\n"


def match(wanted: Sequence[KubeObject], live: Iterable[Mapping[str, Any]]) -> list[KubeObject | None]:
    """For each object that is wanted the one that the cluster has.

    One without a namespace is in the kubeconfig's, which only the host knows.
    """
    rest: dict[tuple[str, ...], list[KubeObject]] = {}
    for content in live:
        other = KubeObject(dict(content))
        rest.setdefault(other.key[:3], []).append(other)
    found: list[KubeObject | None] = [None] * len(wanted)
    for exact in (True, False):
        for number, one in enumerate(wanted):
            if found[number] is not None or (not exact and one.namespace):
                continue
            others = rest.get(one.key[:3], [])
            at = next((at for at, other in enumerate(others) if not exact or other.namespace == one.namespace), None)
            if at is not None:
                found[number] = others.pop(at)
    return found


# https://user:password@host, and the password may hold an @ that should have been encoded.
_PASSWORD = re.compile(r"://[^\s/:@\"\\]*:([^\s/\"\\]+)@")


class Hidden(Redactor):
    """The values in Secrets. What scrubs a message, looking at every piece of it, would take minutes for a manifest."""

    def __init__(self) -> None:
        super().__init__()
        self._whole: list[str] = []

    def add(self, *values: str | None) -> None:
        """Registers values; None and values shorter than 8 characters are passed over."""
        super().add(*values)
        new = {value for value in values if value and len(value) >= MIN_SECRET_LENGTH}
        # A longer one first: it may begin with a shorter one, whose asterisks would leave its rest.
        self._whole = sorted({*self._whole, *new}, key=len, reverse=True)

    def mask(self, content: Any) -> Any:
        """A part of an object, with asterisks in place of every whole value in it."""
        if isinstance(content, dict):
            return {self.mask(key): self.mask(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.mask(value) for value in content]
        if isinstance(content, str):
            for value in self._whole:
                content = content.replace(value, MASK)
        return content


def secrets_of(wanted: Iterable[KubeObject]) -> Hidden:
    """The values in Secrets, encoded and decoded, and the passwords in addresses, such as those of proxies."""
    hidden = Hidden()
    for one in wanted:
        for password in _PASSWORD.findall(json.dumps(one.content, ensure_ascii=False)):
            hidden.add(password, unquote(password))
        if not one.is_secret:
            continue
        for value in _values(one.content.get("data")):
            hidden.add(value)
            try:
                hidden.add(base64.b64decode(value, validate=True).decode())
            except (binascii.Error, UnicodeError, ValueError):
                continue
        hidden.add(*_values(one.content.get("stringData")))
    return hidden


def _values(mapping: Any) -> list[str]:
    return [value for value in mapping.values() if isinstance(value, str)] if isinstance(mapping, dict) else []


_SERVERS_OWN = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


def comparable(one: KubeObject) -> dict[str, Any]:
    """What there is of an object that somebody can want: without what the API server notes and controllers report."""
    content = {key: value for key, value in one.content.items() if key != "status"}
    metadata = {key: value for key, value in content["metadata"].items() if key not in _SERVERS_OWN}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return {**content, "metadata": metadata}
