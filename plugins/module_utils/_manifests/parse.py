# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a text of Kubernetes manifests to objects. Pure, no I/O.

HSS gives JSON documents one after another, which neither a JSON nor a YAML parser takes as a whole; what is documented
is an example of it, so a YAML stream is read as well. Values become what kubectl would make of them.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

try:
    import yaml
except ImportError:  # reported by _module, which can say how to install it
    yaml = None  # type: ignore[assignment]

# Far more than any agent has; aliases count as what they stand for.
_MAX_VALUES = 200_000
_MAX_DEPTH = 100

# Between two JSON documents: white space, byte order marks, comments, and YAML's marks.
_BETWEEN = re.compile(r"(?:[\s\ufeff]|#[^\n]*|---|\.\.\.)*")
# Numbers as Kubernetes' YAML has them. PyYAML's own take 22:22 for 1342.
_NUMBERS = {
    "tag:yaml.org,2002:int": r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)",
    "tag:yaml.org,2002:float": r"[-+]?(?:[0-9][0-9_]*)?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\.",
}


class ManifestError(Exception):
    """A text that holds no manifests, or one that cannot be used. Says where and why, and quotes nothing of it."""


def parse(text: str) -> list[dict[str, Any]]:
    """The objects in a text, those in a C(List) one by one.

    :raises ManifestError: if there are none, or one is no Kubernetes object.
    """
    documents = _json_documents(text)
    if documents is None:
        documents = _yaml_documents(text)
    found = [
        item for number, document in enumerate(documents, 1) for item in _objects(document, f"document {number}", 0)
    ]
    if not found:
        raise ManifestError("there is no object in them")
    return found


def secret_values(objects: list[dict[str, Any]]) -> list[str]:
    """The values in the Secrets among them, as they stand there and decoded."""
    found: list[str] = []
    for item in objects:
        if item["kind"] != "Secret":
            continue
        for value in _texts(item.get("stringData")):
            found += [value, base64.b64encode(value.encode()).decode()]
        for value in _texts(item.get("data")):
            found.append(value)
            try:
                found.append(base64.b64decode(value).decode())
            except (binascii.Error, ValueError):
                pass  # not text; then what stands there is all that can be shown
    return [value for value in dict.fromkeys(found) if value]


def _texts(values: Any) -> Iterator[str]:
    if isinstance(values, Mapping):
        yield from (value for value in values.values() if isinstance(value, str))


def _json_documents(text: str) -> list[Any] | None:
    """The documents, if every one of them is a JSON object; else None."""
    decoder, at = json.JSONDecoder(), 0
    documents: list[Any] = []
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
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
    text = text.lstrip("\ufeff")
    try:
        _check_depth(text)
        return list(yaml.load_all(text, Loader=_loader()))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ManifestError(f"they are neither JSON nor YAML{place}") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError):
        raise ManifestError("they are neither JSON nor YAML") from None


def _base_loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _check_depth(text: str) -> None:
    """Before anything is built: libyaml would use up the stack, and with it the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_base_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise ManifestError("they are nested too deeply")


def _loader() -> Any:
    """PyYAML's safe one, but dates and times stay text, and keys are text from the start: to Python, 1 is true."""

    class Loader(_base_loader()):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            if isinstance(node, yaml.MappingNode):
                self.flatten_mapping(node)
            return {
                _key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
                for key, value in node.value
            }

    others = ("tag:yaml.org,2002:timestamp", *_NUMBERS)
    Loader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag not in others]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    for tag, pattern in _NUMBERS.items():
        Loader.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list("-+0123456789."))
    return Loader


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int)):
        return json.dumps(key)
    raise ManifestError("a key in them is not text")


def _objects(document: Any, place: str, depth: int) -> Iterator[dict[str, Any]]:
    if document is None:
        return
    if not isinstance(document, dict):
        raise ManifestError(f"{place} is not an object")
    if document.get("kind") == "List" and depth < _MAX_DEPTH:
        items = document.get("items")
        if not isinstance(items, (list, type(None))):
            raise ManifestError(f"{place} is a List whose items are no list")
        for number, item in enumerate(items or (), 1):
            yield from _objects(item, f"item {number} of {place}", depth + 1)
        return
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    for field, value in (("apiVersion", document.get("apiVersion")), ("kind", document.get("kind")), ("name", name)):
        if not isinstance(value, str) or not value.strip():
            raise ManifestError(f"{place} has no {'metadata.name' if field == 'name' else field}")
    yield _Plain(place).value(document, 0)


class _Plain:
    """Turns a parsed document into what JSON can hold, within bounds."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._count = 0

    def value(self, value: Any, depth: int) -> Any:
        """The same, of JSON's types alone."""
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
