# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: Kubernetes objects, as given by users and as returned by clusters. Pure functions."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import MASK, MIN_SECRET_LENGTH, Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class KubeObject:
    """A Kubernetes object in its JSON form."""

    content: dict[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        """Kind."""
        return str(self.content["kind"])

    @property
    def group(self) -> str:
        """API group; empty for the core group."""
        group, slash, _version = str(self.content["apiVersion"]).partition("/")
        return group if slash else ""

    @property
    def name(self) -> str:
        """Name."""
        return str(self.content["metadata"]["name"])

    @property
    def namespace(self) -> str | None:
        """Namespace, if the object specifies one."""
        return self.content["metadata"].get("namespace") or None

    @property
    def uid(self) -> str:
        """Unique id, which distinguishes the object from a later one with the same name."""
        return str(self.content["metadata"].get("uid", ""))

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Group, kind, name and namespace, which are equal for the same object."""
        return (self.group, self.kind, self.name, self.namespace or "")

    @property
    def label(self) -> str:
        """Kind and name for messages."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def identity(self) -> dict[str, Any]:
        """Only the fields that identify the object."""
        metadata = {"name": self.name, **({"namespace": self.namespace} if self.namespace else {})}
        return {"apiVersion": self.content["apiVersion"], "kind": self.kind, "metadata": metadata}

    @property
    def size(self) -> int:
        """Length of the JSON text."""
        return len(json.dumps(self.content))

    @property
    def is_terminating(self) -> bool:
        """Whether the object is being deleted."""
        return bool(self.content["metadata"].get("deletionTimestamp"))

    @property
    def is_namespace(self) -> bool:
        """Whether the object is a Namespace."""
        return (self.group, self.kind) == ("", "Namespace")

    @property
    def is_secret(self) -> bool:
        """Whether the object is a Secret, whose data must not be shown."""
        return (self.group, self.kind) == ("", "Secret")

    @property
    def has_hidden_data(self) -> bool:
        """Whether the data of the object must not be shown in a diff."""
        return (self.group, self.kind) in (("", "Secret"), ("", "ConfigMap"))

    @property
    def labels(self) -> dict[str, str]:
        """Labels."""
        labels = self.content["metadata"].get("labels")
        return labels if isinstance(labels, dict) else {}

    @property
    def is_crd(self) -> bool:
        """Whether the object is a CustomResourceDefinition."""
        return (self.group, self.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")


def namespace_object(name: str) -> KubeObject:
    """Return the Namespace with this name."""
    return KubeObject({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def validated_objects(values: Iterable[Any]) -> list[KubeObject]:
    """Return the values of the option C(objects) as Kubernetes objects. A List is replaced by its items.

    :raises KubectlError: for a value that is not an object, and for an object that is given twice.
    """
    objects: list[KubeObject] = []
    try:
        # A round trip through JSON gives real strings. In ansible-core 2.18, str() of an unsafe text is still one.
        contents = json.loads(json.dumps(_json_value(list(values)), allow_nan=False))
    except ValueError:
        raise KubectlError("objects: infinity and NaN are not valid numbers in JSON.") from None
    for number, content in enumerate(_flatten_lists(contents)):
        where = f"objects[{number}]"
        if not isinstance(content, dict):
            raise KubectlError(f"{where}: must be a Kubernetes object, which is a mapping.")
        for key in ("apiVersion", "kind"):
            if not isinstance(content.get(key), str) or not content[key]:
                raise KubectlError(f"{where}: {key} is missing.")
        metadata = content.get("metadata")
        if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
            raise KubectlError(
                f"{where}: {content['kind']} without metadata.name. generateName is not supported, since it would "
                "create a new object in each run."
            )
        if not isinstance(metadata.get("namespace"), (str, type(None))):
            raise KubectlError(f"{where}: metadata.namespace must be a string.")
        objects.append(_with_encoded_string_data(KubeObject(content)))
    keys = set()
    for item in objects:
        if item.key in keys:
            raise KubectlError(f"objects: {item.label} is given twice.")
        keys.add(item.key)
    return objects


def _with_encoded_string_data(item: KubeObject) -> KubeObject:
    """Move stringData of a Secret to data, as the API server does.

    The API server does not remember which keys came from stringData: a key that is no longer given would become empty
    instead of being removed. In addition, kubectl would store stringData in an annotation in plain text.
    """
    string_data = item.content.get("stringData")
    data = item.content.get("data") or {}
    if not item.is_secret or not isinstance(string_data, dict) or not isinstance(data, dict):
        return item
    if not all(isinstance(text, str) for text in string_data.values()):
        return item
    encoded = {key: base64.b64encode(text.encode("utf-8", "replace")).decode() for key, text in string_data.items()}
    content = {key: value for key, value in item.content.items() if key != "stringData"}
    return KubeObject({**content, "data": {**data, **encoded}})


def _flatten_lists(contents: Iterable[Any]) -> Iterable[Any]:
    for content in contents:
        if isinstance(content, dict) and content.get("kind") == "List" and isinstance(content.get("items"), list):
            yield from _flatten_lists(content["items"])
        else:
            yield content


def _json_value(value: Any, where: str = "objects") -> Any:
    """Return the value in the types of JSON. ansible-core 2.19 and later use tagged subclasses of them."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): _json_value(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, (datetime.date, datetime.datetime)):
        raise KubectlError(f"{where}: YAML interprets this as a date; put it into quotes.")
    if isinstance(value, (bytes, bytearray, set, frozenset)):
        raise KubectlError(f"{where}: this type of value does not exist in JSON; put it into quotes.")
    # Text, or a value from the vault, which has a type of its own in ansible-core 2.18.
    return str(value)


def serialize_objects(contents: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the objects in the form in which kubectl reads them from standard input."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(contents)}, allow_nan=False)
    return text.encode("ascii") + b"\n"


def match_live_objects(desired: Sequence[KubeObject], live: Iterable[Mapping[str, Any]]) -> list[KubeObject | None]:
    """Return the live object for each desired object, or None if the cluster does not have it.

    A desired object without a namespace is in the namespace of the kubeconfig, which only the host knows.
    """
    candidates: dict[tuple[str, ...], list[KubeObject]] = {}
    for content in live:
        live_object = KubeObject(dict(content))
        candidates.setdefault(live_object.key[:3], []).append(live_object)
    matches: list[KubeObject | None] = [None] * len(desired)
    for exact in (True, False):
        for number, item in enumerate(desired):
            if matches[number] is not None or (not exact and item.namespace):
                continue
            others = candidates.get(item.key[:3], [])
            index = next((i for i, other in enumerate(others) if not exact or other.namespace == item.namespace), None)
            if index is not None:
                matches[number] = others.pop(index)
    return matches


# https://user:password@host. The password may contain an @ that should have been encoded.
_PASSWORD_IN_URL = re.compile(r"://[^\s/:@\"\\]*:([^\s/\"\\]+)@")


# The most characters that are compared with secret values in one object.
_MAX_MASKING = 500_000_000


class ObjectRedactor(Redactor):
    """Redactor with an additional method that masks whole values only.

    C(redact) finds every part of a value, which would take minutes for a large manifest.
    """

    def __init__(self) -> None:
        super().__init__()
        self._values: set[str] = set()
        self._plain_values: set[str] = set()

    def add(self, *values: str | None) -> None:
        """Register values. None and values shorter than 8 characters are ignored."""
        super().add(*values)
        self._values.update(value for value in values if value and len(value) >= MIN_SECRET_LENGTH)

    def add_plain(self, *values: str) -> None:
        """Register values that are hidden in messages as a whole only, such as those of a ConfigMap."""
        self._plain_values.update(value for value in values if len(value) >= MIN_SECRET_LENGTH)

    def redact(self, text: str, max_length: int = 6_000) -> str:
        """Replace secret values, every part of them, and plain values as a whole."""
        text = super().redact(text, max_length)
        for value in sorted((value for value in self._plain_values if value in text), key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def mask(self, content: Any) -> Any:
        """Return a part of an object with asterisks in place of each secret value."""
        # If one value begins with another, masking the shorter one first would leave the rest of the longer one.
        values = sorted(self._values, key=len, reverse=True)
        if len(values) * _text_length(content) > _MAX_MASKING:
            return _masked(content, lambda _text: MASK)

        def masked(text: str) -> str:
            for value in values:
                text = text.replace(value, MASK)
            return text

        return _masked(content, masked)


def _masked(content: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(content, dict):
        return {_masked(key, mask): _masked(value, mask) for key, value in content.items()}
    if isinstance(content, list):
        return [_masked(value, mask) for value in content]
    return mask(content) if isinstance(content, str) else content


def _text_length(content: Any) -> int:
    if isinstance(content, dict):
        return sum(len(key) + _text_length(value) for key, value in content.items())
    if isinstance(content, list):
        return sum(map(_text_length, content))
    return len(content) if isinstance(content, str) else 0


def object_redactor(objects: Iterable[KubeObject]) -> ObjectRedactor:
    """Return a redactor for values that must not be shown.

    These are the values of Secrets, encoded and decoded, passwords in URLs, as for proxies, and as a whole the values
    of ConfigMaps, environments and arguments.
    """
    redactor = ObjectRedactor()
    objects = list(objects)
    names = {text for item in objects for text in (item.name, item.namespace, item.kind, *item.labels.values())}
    for item in objects:
        for password in _PASSWORD_IN_URL.findall(json.dumps(item.content, ensure_ascii=False)):
            redactor.add(password, unquote(password))
        if not item.is_secret:
            redactor.add_plain(*(text for text in _plain_values(item) if text not in names))
            continue
        for value in _text_values(item.content.get("data")):
            redactor.add(value)
            try:
                redactor.add(base64.b64decode(value, validate=True).decode())
            except (binascii.Error, UnicodeError, ValueError):
                continue
        redactor.add(*_text_values(item.content.get("stringData")))
    return redactor


def _plain_values(item: KubeObject) -> list[str]:
    """Return the values of a ConfigMap, or those of the environments and arguments of containers."""
    if item.has_hidden_data:
        return [*_text_values(item.content.get("data")), *_text_values(item.content.get("binaryData"))]
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("args", "command") and isinstance(inner, list):
                    found.extend(text for text in inner if isinstance(text, str))
                elif key == "env" and isinstance(inner, list):
                    texts = (entry.get("value") for entry in inner if isinstance(entry, dict))
                    found.extend(text for text in texts if isinstance(text, str))
                else:
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(item.content.get("spec"))
    return found


def _text_values(mapping: Any) -> list[str]:
    return [value for value in mapping.values() if isinstance(value, str)] if isinstance(mapping, dict) else []


_SERVER_SIDE_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


def comparable_content(item: KubeObject) -> dict[str, Any]:
    """Return the content without the status and without the metadata that the API server and kubectl add."""
    content = {key: value for key, value in item.content.items() if key != "status"}
    metadata = {key: value for key, value in content["metadata"].items() if key not in _SERVER_SIDE_METADATA}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return {**content, "metadata": metadata}
