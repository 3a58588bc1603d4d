# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: parses and writes the text of kubeconfigs, with limits on time and memory.

PyYAML only produces nodes. They are converted to values here: a duplicate key is refused (kubectl uses the last value,
other readers use the first), dates stay text, and numbers, which a kubeconfig does not contain, are never converted.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from .._core import yaml_nodes
from .._core.errors import sanitize
from .._core.yaml_nodes import YamlLimitError, YamlLimits, yaml

MAX_BYTES = 4 * 1024 * 1024
_LIMITS = YamlLimits(entries=40_000, words=100_000, depth=20)  # enough for about 900 merged clusters

_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MAX_DISPLAYED = 60  # characters
_NOT_TEXT = object()  # stands for a number or another value that is not text
_BAD_BINARY = object()  # stands for a value with the tag !!binary that is not base64 of text
_TAG = "tag:yaml.org,2002:"


class KubeconfigError(Exception):
    """A kubeconfig that cannot be used.

    :ivar field: such as C(users[2].user.client-key-data).
    :ivar reason: the reason, with the remedy.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


def _document_error(reason: str) -> KubeconfigError:
    return KubeconfigError("kubeconfig", reason)


# --- text to document -------------------------------------------------------------------------------------------------


def parse_document(content: bytes | str) -> dict[str, Any]:
    """Parses the only document in the content.

    :raises KubeconfigError: if there is no document, more than one, or one of another kind.
    """
    text = decode_text(content)
    try:
        nodes = list(compose_nodes(text))
        if len(nodes) > 1:
            raise _document_error("holds several YAML documents; give one")
        document = _node_value(nodes[0]) if nodes else None
    except KubeconfigError:
        _refuse_other_content(None, text)
        raise
    except yaml.MarkedYAMLError as exc:
        _refuse_other_content(None, text)
        hint = ". YAML is indented with spaces, not with tabs" if "\n\t" in text else ""
        raise _document_error(f"is not a YAML or JSON document{_position(exc.problem_mark)}{hint}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        _refuse_other_content(None, text)
        raise _document_error("is not a YAML or JSON document") from None
    if document is None:
        raise _document_error("is empty")
    if not isinstance(document, dict):
        _refuse_other_content(document, text)
        raise _document_error("is not a mapping with clusters, contexts and users")
    if document.get("kind") == "Secret":
        from .other_content import secret_reason

        raise KubeconfigError("kind", f"{secret_reason(document)}.")
    if not any(document.get(name) for name in ("clusters", "contexts", "users")):
        _refuse_other_content(document, text)
    for name, expected in (("kind", "Config"), ("apiVersion", "v1")):
        if document.get(name) not in (None, "", expected):
            raise KubeconfigError(name, f"must be {expected}: this is another kind of file, not a kubeconfig")
    return document


def _refuse_other_content(document: Any, text: str) -> None:
    """:raises KubeconfigError: if it is known what the content is in place of a kubeconfig."""
    from .other_content import reason

    if found := reason(document, text):
        raise _document_error(f"{found}.")


def decode_text(content: bytes | str, errors: str = "strict") -> str:
    """Decodes UTF-8, or UTF-16 with a byte order mark.

    :arg errors: C(replace) accepts any content.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if errors == "strict" and len(raw) > MAX_BYTES:
        raise _document_error(f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw[:MAX_BYTES].decode(encoding, errors)
    except UnicodeDecodeError:
        raise _document_error("is not UTF-8 text; convert it to UTF-8") from None
    if errors == "strict" and "\0" in text:
        raise _document_error("is binary, not text")
    return text


def compose_nodes(text: str) -> Iterator[Any]:
    """Yields the root node of every document.

    :raises KubeconfigError: for exponential aliases, deep nesting and very long lists, before nodes are created.
    """
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # PyYAML accepts JSON that is indented with tabs only with libyaml
    try:
        yield from yaml_nodes.compose_nodes(text, _LIMITS)
    except YamlLimitError as exc:
        position = _position(exc.mark) if exc.mark else " to be a kubeconfig"
        raise _document_error(f"{exc.reason}{position}") from None


def _node_value(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_node_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping_value(node)
    kind = node.tag[len(_TAG) :] if node.tag.startswith(_TAG) else ""
    if kind in ("str", "timestamp"):
        node.value.encode("utf-8")  # fails for an unpaired surrogate, which PyYAML without libyaml accepts
        return node.value
    if kind == "null":
        return None
    if kind == "binary":
        text = binary_text(node.value)
        return _BAD_BINARY if text is None else text
    return node.value.lower() in ("yes", "true", "on") if kind == "bool" else _NOT_TEXT


def binary_text(value: str) -> str | None:
    """Returns the text that a value with the tag C(!!binary) encodes, as kubectl reads it; None if it is not text."""
    try:
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True).decode("utf-8")
    except ValueError:
        return None


def _mapping_value(node: Any) -> dict[str, Any]:
    own: dict[str, Any] = {}
    before_merge: list[str] | None = None
    for key_node, value_node in node.value:
        place = _position(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise _document_error(f"has a key that is not text{place}")
        key = key_node.value
        if key in own:
            raise _document_error(f"gives one key twice in the same mapping{place}; kubectl would take the last")
        if key_node.tag == f"{_TAG}merge":
            before_merge = list(own)
        own[key] = _node_value(value_node)
    if before_merge is None:
        return own
    given = own.pop("<<")
    inherited: dict[str, Any] = {}
    for base in reversed(given if isinstance(given, list) else [given]):
        if not isinstance(base, dict):
            raise _document_error(f"merges what is no mapping{_position(node.start_mark)}")
        inherited.update(base)
    if any(key in inherited for key in before_merge):
        # In the YAML specification the mapping's own key takes precedence; in kubectl the later one does.
        raise _document_error(f"merges over a key that precedes the merge{_position(node.start_mark)}; put << first")
    return {**inherited, **own}


def _position(mark: Any) -> str:
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


# --- fields of a document ---------------------------------------------------------------------------------------------


def text_field(record: dict[str, Any], key: str, at: str) -> str | None:
    """Returns a text field; None if it is absent or empty, which kubectl treats alike."""
    value = record.get(key)
    where = f"{at}.{key}" if at else key
    if value is None or value == "":
        return None
    if value is _BAD_BINARY:
        raise KubeconfigError(where, "is marked as !!binary, but is not base64 of text")
    if not isinstance(value, str):
        raise KubeconfigError(where, "must be text; put it in quotes")
    if _CONTROL_CHARACTER.search(value):
        raise KubeconfigError(where, "holds control characters")
    return value


def flag_field(record: dict[str, Any], key: str, at: str) -> bool:
    """Returns a boolean field; False if it is absent."""
    value = record.get(key)
    if value is not None and not isinstance(value, bool):
        raise KubeconfigError(f"{at}.{key}", "must be true or false, without quotes")
    return bool(value)


def display_name(name: str) -> str:
    """Makes a name in the file safe for a message."""
    return sanitize(name, _MAX_DISPLAYED)


# --- document to text -------------------------------------------------------------------------------------------------


def dump_document(document: dict[str, Any]) -> str:
    """Writes canonical YAML, the same with every version of PyYAML.

    Keys are sorted, and every text is in double quotes and in ASCII, so that no reader interprets it as another type.
    """
    return "".join(f"{line}\n" for line in _yaml_lines(document))


def _yaml_lines(record: dict[str, Any]) -> Iterator[str]:
    for name, value in sorted(record.items()):
        key = name if _UNQUOTED_KEY.fullmatch(name) else _yaml_scalar(name)
        if isinstance(value, dict):
            yield f"{key}:"
            yield from (f"  {line}" for line in _yaml_lines(value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{key}:"
            for item in value:
                yield from (f"{'  ' if number else '- '}{line}" for number, line in enumerate(_yaml_lines(item)))
        else:
            yield f"{key}: {_yaml_scalar(value)}"


# Words, except those that some readers interpret as a boolean or as null.
_UNQUOTED_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z]+(?:-[a-z]+)*", re.IGNORECASE)

_ESCAPED = re.compile(r"[^ !#-\[\]-~]")


def _yaml_scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml_scalar, value))}]"
    return '"' + _ESCAPED.sub(lambda found: f"\\U{ord(found[0]):08X}", value) + '"'
