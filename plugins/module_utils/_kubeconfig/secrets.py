# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the values in a kubeconfig that must not be shown, whether it can be used or not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from .credentials import pem_blocks
from .text import KubeconfigError, compose, decode, yaml

# Below "users" everything may be a secret (a plugin's environment, its arguments, a provider's settings), but these.
_HARMLESS = {
    "apiVersion",
    "as",
    "as-groups",
    "as-uid",
    "client-certificate",
    "client-key",
    "command",
    "installHint",
    "interactiveMode",
    "kind",
    "name",
    "provideClusterInfo",
    "tokenFile",
    "username",
}
# Elsewhere, and in a text that cannot be parsed, these are.
_SECRET = {
    "access-token",
    "client-certificate-data",
    "client-key-data",
    "client-secret",
    "id-token",
    "password",
    "refresh-token",
    "token",
}
_URLS = ("proxy-url", "server")
_USER_INFO = re.compile(r"//([^/\s\"']*)@")

# For a text that cannot be parsed: what follows the name of a secret, in quotes or up to the end of the line, and every
# word that is long enough to be a key or a token.
_AFTER_NAME = re.compile(
    f"(?:{'|'.join(sorted(_SECRET))})" + r"""["']?[ \t]*:[ \t]*(?:"([^"\n]*)|'([^'\n]*)|([^\s"'][^\r\n]*))"""
)
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_.~-]{24,}")


def secret_values(content: bytes | str) -> list[str]:
    """Every value that must not be shown, of all users; as many as can be found if the text is broken."""
    text = decode(content, "replace")
    try:
        found = [value for root in compose(text) for value in _below(root, "", False)]
    except (KubeconfigError, ValueError, RecursionError, yaml.YAMLError):
        found = list(_guessed(text))
    return list(dict.fromkeys(spelling for value in found for spelling in _spellings(value) if spelling))


def _below(node: Any, key: str, in_users: bool) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            name = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            # What is merged in belongs to the mapping as if it stood there.
            yield from _below(value_node, key if name == "<<" else name, in_users or name == "users")
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _below(item, key, in_users)
    elif key in _SECRET or (in_users and key not in _HARMLESS):
        yield node.value
    elif key in _URLS:
        yield from _in_url(node.value)


def _in_url(text: str) -> Iterator[str]:
    for user_info in _USER_INFO.findall(text):
        password = user_info.partition(":")[2] or user_info
        yield password
        yield unquote(password)


def _guessed(text: str) -> Iterator[str]:
    for groups in _AFTER_NAME.findall(text):
        value = "".join(groups).strip()
        yield value
        yield re.split(r"[,}\]]", value)[0].strip()  # the end of the line may be far away, in JSON
    yield from _LONG_WORD.findall(text)
    yield from _in_url(text)


def _spellings(value: str) -> Iterator[str]:
    """The value itself, and as it is written anew for the upload."""
    yield value
    try:
        blocks = list(pem_blocks(base64.b64decode("".join(value.split()), validate=True)))
    except (binascii.Error, ValueError):
        return
    yield from (_base64(block.pem) for block in blocks if block.is_key and block.der)
    yield _base64(b"".join(block.pem for block in blocks if block.label == "CERTIFICATE"))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
