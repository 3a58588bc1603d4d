# Copyright (c) 2026, the huaweicloud.hss collection authors
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
from .._core.yaml_nodes import YamlLimitError, YamlLimits, compose_nodes, yaml

# Many more than any agent has.
_MAX_VALUES = 100_000
_MAX_DEPTH = 100
_LIMITS = YamlLimits(entries=_MAX_VALUES, words=2 * _MAX_VALUES, depth=_MAX_DEPTH)
_MAX_DIGITS = 400  # the largest number of JSON that Go accepts has 309 digits

# Separates two JSON documents: white space, byte order marks, comments, and YAML's document markers.
_SEPARATOR = re.compile(r"(?:[\s\ufeff]|#[^\n]*|---|\.\.\.)*")
# Numbers in Kubernetes' YAML. PyYAML's own patterns interpret 22:22 as 1342.
_NUMBER_PATTERNS = {
    "tag:yaml.org,2002:int": r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)",
    "tag:yaml.org,2002:float": r"[-+]?(?:[0-9][0-9_]*)?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\.",
}

_OTHER_TAGS = ("tag:yaml.org,2002:timestamp", *_NUMBER_PATTERNS)
# What PyYAML's constructor raises for a value that does not have the form that its tag says.
_CONSTRUCTION_ERRORS = (ValueError, TypeError, AttributeError, LookupError, RecursionError, OverflowError)


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
    decoder, at = json.JSONDecoder(parse_int=_parse_int), 0
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


def _parse_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError
    return int(digits)


def _yaml_documents(text: str) -> list[Any]:
    if yaml is None:
        raise missing_packages("Reading manifests in YAML", "the Python package PyYAML")
    resolver, constructor = _resolver(), _constructor()
    try:
        nodes = compose_nodes(text.lstrip("\ufeff"), _LIMITS, resolver)
        return [constructor.construct_document(node) for node in nodes]
    except YamlLimitError as exc:
        raise ManifestError(f"the text {exc.reason}") from None
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ManifestError(f"they are neither JSON nor YAML{place}") from None
    except (yaml.YAMLError, *_CONSTRUCTION_ERRORS):
        raise ManifestError("they are neither JSON nor YAML") from None


def _resolver() -> Any:
    """Returns PyYAML's resolver with the numbers of Kubernetes' YAML, and without dates, which stay text."""

    class Resolver(yaml.resolver.Resolver):
        yaml_implicit_resolvers = {
            first: [(tag, regexp) for tag, regexp in resolvers if tag not in _OTHER_TAGS]
            for first, resolvers in yaml.resolver.Resolver.yaml_implicit_resolvers.items()
        }

    for tag, pattern in _NUMBER_PATTERNS.items():
        Resolver.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list("-+0123456789."))
    return Resolver


def _constructor() -> Any:
    """Returns PyYAML's safe constructor, but keys become text at once, since in Python 1 equals True."""

    class Constructor(yaml.constructor.SafeConstructor):
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            if isinstance(node, yaml.MappingNode):
                self.flatten_mapping(node)
            return {
                _text_key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
                for key, value in node.value
            }

        def flatten_mapping(self, node: Any) -> None:
            """Puts merged entries before the mapping's own, and of several mappings the first one last.

            A later entry takes precedence. In PyYAML 6.0.4, the last of several merged mappings does, unlike in YAML
            and in kubectl.
            """
            merged, own = [], []
            for key, value in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    for mapping in reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]:
                        if not isinstance(mapping, yaml.MappingNode):
                            raise yaml.constructor.ConstructorError(None, None, "not a mapping", mapping.start_mark)
                        self.flatten_mapping(mapping)
                        merged += mapping.value
                    continue
                if key.tag == "tag:yaml.org,2002:value":
                    key.tag = "tag:yaml.org,2002:str"
                own.append((key, value))
            node.value = merged + own

        def construct_number(self, node: Any) -> Any:
            # The number of a million digits or sexagesimal places would take minutes.
            if len(node.value) > _MAX_DIGITS or ":" in node.value:
                raise ValueError
            is_int = node.tag.endswith(":int")
            return self.construct_yaml_int(node) if is_int else self.construct_yaml_float(node)

    for tag in _NUMBER_PATTERNS:
        Constructor.yaml_constructors = {**Constructor.yaml_constructors, tag: Constructor.construct_number}
    return Constructor()


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
