# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: recognizes what people give in place of the text of a kubeconfig, and names the remedy.

It is loaded for errors only. Its texts follow the name of the field, and quote nothing but the names of fields.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from .placeholders import is_jwt, placeholder_reason
from .text import display_name

_SECTIONS = ("clusters", "contexts", "users")
# Enough to recognize a text by its beginning.
_EXAMINED = 4_000
_MAX_PATH = 1_024

_PATH = re.compile(
    r"(?:file://|~[\w.-]*|\.{1,2}|\$\w+|\$\{\w+\})?/[^\0]*|[A-Za-z]:[\\/].*|\\\\.*|%\w+%\\.*"
    r"|[^\s:]*(?:/|\\)[^\s:]*|[\w.-]+\.(?:conf|config|kubeconfig|ya?ml|json)"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}=*")
# The field of a module's result that holds a kubeconfig, and what has to be done with it.
_RESULT_FIELDS = {
    "kube_config": "RESULT.kube_config",
    "kubeconfig": "RESULT.kubeconfig",
    "content": "RESULT.content | b64decode",
    "stdout": "RESULT.stdout",
    "resources": "RESULT.resources[0].data['KEY'] | b64decode",
    "results": "RESULT.results[0], or rather its field,",
    "json": "RESULT.json",
}


def reason(document: Any, text: str) -> str | None:
    """Returns why a parsed text is not a kubeconfig, with the remedy; None if that cannot be said.

    :arg document: None if the text cannot be parsed.
    """
    if isinstance(document, dict):
        return _mapping_reason(document)
    if isinstance(document, list):
        return _list_reason(document)
    if isinstance(document, str) and document != text.strip() and _is_kubeconfig(document):
        return "is the text of a kubeconfig in quotes. Give the text itself (from_json, or from_yaml)"
    return _text_reason(text.strip())


def secret_reason(document: dict[str, Any]) -> str:
    """Returns what to do with a Secret that holds a kubeconfig."""
    data = document.get("data")
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, str) and _is_kubeconfig(_decoded(value) or ""):
            return f"is Secret. Give the kubeconfig in it, decoded: SECRET.data['{display_name(key)}'] | b64decode"
    return "is Secret. Give the text of the kubeconfig in it, decoded: SECRET.data['KEY'] | b64decode"


def _mapping_reason(document: dict[str, Any]) -> str | None:
    if any(document.get(section) for section in _SECTIONS):
        return None
    items = document.get("items")
    if isinstance(items, list) and str(document.get("kind")).endswith("List"):
        return _list_reason(items)
    for field, expression in _RESULT_FIELDS.items():
        if field in document and ("changed" in document or field == "kube_config" or "encoding" in document):
            return f"is the whole result of a task. Give {expression} of it"
    if "changed" in document or "ansible_facts" in document:
        return "is the result of a task, not the text of a kubeconfig. Give the field that holds the text"
    if document.get("kind") == "Config":
        return "has no clusters, contexts and users. kubectl writes such a text if it found no file, or an empty one"
    return "has no clusters, contexts and users"


def _list_reason(items: list[Any]) -> str | None:
    if items and all(isinstance(item, dict) for item in items):
        if any(item.get("kind") == "Secret" for item in items):
            return "is a list of Secrets. Give the kubeconfig in one of them: SECRETS[0].data['KEY'] | b64decode"
        return "is a list. Give the kubeconfigs in it each on its own"
    if all(isinstance(item, str) for item in items) and _is_kubeconfig("\n".join(items[:99])):
        return "is a list of lines. Give the text as a whole: stdout, not stdout_lines"
    return None


def _text_reason(text: str) -> str | None:
    recognized: tuple[tuple[Callable[[str], Any], str], ...] = (
        (lambda text: text.startswith("$ANSIBLE_VAULT;"), "is encrypted with Ansible Vault. Give the decrypted text"),
        (lambda text: text.startswith("-----BEGIN "), "is a certificate or a key in PEM. Give the whole kubeconfig"),
        (lambda text: re.match(r"<(?:!doctype|html|\?xml)", text, re.IGNORECASE), "is an HTML page, not a kubeconfig"),
        (is_jwt, "is a token. Give the kubeconfig that it belongs to"),
        (lambda text: _is_kubeconfig(_decoded(text) or ""), "is base64. Decode it (b64decode in Ansible)"),
        (lambda text: _is_kubeconfig(_decoded(_decoded(text) or "") or ""), "is base64, twice. Use b64decode twice"),
        (_is_compressed, "is base64 of compressed data. Give the text of the kubeconfig"),
        (
            lambda text: "\n" not in text and re.match(r"(?!file:)[a-z][a-z0-9+.-]*://", text, re.IGNORECASE),
            "is an address. Give the text of a kubeconfig; the address of the API server is the option server",
        ),
        (
            _is_path,
            "is a path. Give the text of the file, on the control node with lookup('ansible.builtin.file', PATH); "
            "kubeconfig_info reads it from another host",
        ),
        (_decoded, "is base64, but not of a kubeconfig"),
        (lambda text: r"\n" in text and "\n" not in text, r"holds \n in place of line ends. Write real line ends"),
    )
    found = next((description for recognize, description in recognized if recognize(text)), None)
    return found or placeholder_reason(text)


def _is_kubeconfig(text: str) -> bool:
    """Returns whether a text begins like a kubeconfig."""
    begin = text[:_EXAMINED].lstrip("\ufeff")
    return bool(re.search(r'(?:^|[{,\s"])(?:clusters|contexts|users|current-context|apiVersion)"?\s*:', begin))


def _decode(text: str) -> bytes | None:
    """Returns the beginning of what is encoded in base64; None if the text is not base64."""
    if not _BASE64.fullmatch(compact := re.sub(r"\s", "", text[: 2 * _EXAMINED])):
        return None
    compact = compact.rstrip("=")[:_EXAMINED].replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(compact[: len(compact) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return None


def _decoded(text: str) -> str | None:
    """Returns the beginning of the text that is encoded in base64; None if there is no such text."""
    data = _decode(text)
    decoded = (data or b"").decode("utf-8-sig", "ignore")
    return decoded if data and all(letter.isprintable() or letter.isspace() for letter in decoded) else None


def _is_compressed(text: str) -> bool:
    return (_decode(text) or b"").startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"))


def _is_path(text: str) -> bool:
    return len(text) <= _MAX_PATH and "\n" not in text and _PATH.fullmatch(text) is not None
