# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: parses the text of Kubernetes manifests, without any I/O.

HSS returns consecutive JSON documents, which neither a JSON nor a YAML parser accepts as a whole. The documentation
only has an example of this, so a YAML stream is accepted as well. Values are interpreted as kubectl does.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._core.errors import missing_packages

try:
    import yaml
except ImportError:  # reported where it is needed, with installation instructions
    yaml = None  # type: ignore[assignment]

# Many more than any agent has. An alias counts as the values that it refers to.
_MAX_VALUES = 200_000
_MAX_DEPTH = 100

# Separates two JSON documents: white space, byte order marks, comments, and YAML's document markers.
_SEPARATOR = re.compile(r"(?:[\s\ufeff]|#[^\n]*|---|\.\.\.)*")
# Numbers in Kubernetes' YAML. PyYAML's own patterns interpret 22:22 as 1342.
_NUMBER_PATTERNS = {
    "tag:yaml.org,2002:int": r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)",
    "tag:yaml.org,2002:float": r"[-+]?(?:[0-9][0-9_]*)?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\.",
}


class ManifestError(Exception):
    """A text that does not consist of manifests. The exception's text holds position and reason, but no quotation."""


def parse_manifests(text: str) -> list[dict[str, Any]]:
    """Returns the objects in a text, including the items of each C(List).

    :raises ManifestError: if there are none, or a document is not a Kubernetes object.
    :raises HssError: if the documents are YAML, and PyYAML is not installed.
    """
    documents = _json_documents(text)
    if documents is None:
        documents = _yaml_documents(text)
    objects: list[dict[str, Any]] = []
    for number, document in enumerate(documents, 1):
        objects += _kubernetes_objects(document, f"document {number}", 0)
    if not objects:
        raise ManifestError("there is no object in them")
    return objects


def manifest_secret_values(objects: list[dict[str, Any]]) -> list[str]:
    """Returns the values in Secrets, both encoded and decoded."""
    found: list[str] = []
    for item in objects:
        if item["kind"] != "Secret":
            continue
        for value in _string_values(item.get("stringData")):
            found += [value, base64.b64encode(value.encode()).decode()]
        for value in _string_values(item.get("data")):
            found.append(value)
            try:
                found.append(base64.b64decode(value).decode())
            except (binascii.Error, ValueError):
                pass  # not text, so only the encoded value can be quoted anywhere
    return [value for value in dict.fromkeys(found) if value]


def _string_values(values: Any) -> Iterator[str]:
    if isinstance(values, Mapping):
        yield from (value for value in values.values() if isinstance(value, str))


def _json_documents(text: str) -> list[Any] | None:
    """Returns the documents if each of them is a JSON object; None otherwise."""
    decoder, at = json.JSONDecoder(), 0
    documents: list[Any] = []
    while True:
        separator = _SEPARATOR.match(text, at)
        at = separator.end() if separator else at
        if at == len(text):
            return documents
        if text[at] != "{":
            return None
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        documents.append(document)


def _yaml_documents(text: str) -> list[Any]:
    if yaml is None:
        raise missing_packages("Reading manifests in YAML", "the Python package PyYAML")
    text = text.lstrip("\ufeff")
    try:
        _check_depth(text)
        return list(yaml.load_all(text, Loader=_yaml_loader()))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ManifestError(f"they are neither JSON nor YAML{place}") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError):
        raise ManifestError("they are neither JSON nor YAML") from None


def _base_loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _check_depth(text: str) -> None:
    """Limits the nesting before nodes are created, since libyaml could exhaust the stack and end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_base_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise ManifestError("they are nested too deeply")


def _yaml_loader() -> Any:
    """Returns PyYAML's safe loader, but dates stay text, and keys become text at once (in Python, 1 equals True)."""

    class Loader(_base_loader()):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            if isinstance(node, yaml.MappingNode):
                self.flatten_mapping(node)
            return {
                _text_key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
                for key, value in node.value
            }

    others = ("tag:yaml.org,2002:timestamp", *_NUMBER_PATTERNS)
    Loader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag not in others]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    for tag, pattern in _NUMBER_PATTERNS.items():
        Loader.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list("-+0123456789."))
    return Loader


def _text_key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int)):
        return json.dumps(key)
    raise ManifestError("a key in them is not text")


def _kubernetes_objects(document: Any, place: str, depth: int) -> Iterator[dict[str, Any]]:
    if document is None:
        return
    if not isinstance(document, dict):
        raise ManifestError(f"{place} is not an object")
    if document.get("kind") == "List" and depth < _MAX_DEPTH:
        items = document.get("items")
        if not isinstance(items, (list, type(None))):
            raise ManifestError(f"{place} is a List whose items are no list")
        for number, item in enumerate(items or (), 1):
            yield from _kubernetes_objects(item, f"item {number} of {place}", depth + 1)
        return
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    for field, value in (("apiVersion", document.get("apiVersion")), ("kind", document.get("kind")), ("name", name)):
        if not isinstance(value, str) or not value.strip():
            raise ManifestError(f"{place} has no {'metadata.name' if field == 'name' else field}")
    yield _JsonConverter(place).value(document, 0)


class _JsonConverter:
    """Converts a document to the types of JSON, and limits its size."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._count = 0

    def value(self, value: Any, depth: int) -> Any:
        """Returns a value with the types of JSON only."""
        self._count += 1
        if self._count > _MAX_VALUES or depth > _MAX_DEPTH:
            raise ManifestError(f"{self._place} is too large, or nested too deeply")
        if isinstance(value, dict):
            return {self._text(key): self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
            return value
        raise ManifestError(f"{self._place} holds a value that JSON does not have")

    def _text(self, text: str) -> str:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise ManifestError(f"{self._place} holds half a character") from None
        return text
