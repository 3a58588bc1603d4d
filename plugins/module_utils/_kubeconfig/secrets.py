# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: finds the secret values in a kubeconfig, even if the kubeconfig is invalid."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from .credentials import pem_blocks
from .placeholders import is_printed_in_place_of_a_value
from .text import KubeconfigError, binary_text, compose_nodes, decode_text, yaml

# Below "users" every field may be secret (such as the environment and arguments of a plugin), except these.
_NOT_SECRET_IN_USERS = {
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
# The secret fields elsewhere, and in a text that cannot be parsed.
_SECRET_FIELDS = {
    "access-token",
    "client-certificate-data",
    "client-key-data",
    "client-secret",
    "id-token",
    "password",
    "refresh-token",
    "token",
}
_URL_FIELDS = ("proxy-url", "server")
_USER_INFO = re.compile(r"//([^/\s\"']*)@")

# In a text that cannot be parsed, these are secret: the value after the name of a secret field, in quotes or up to the
# end of the line, and every word that is long enough to be a key or a token.
_SECRET_FIELD_VALUE = re.compile(
    f"(?:{'|'.join(sorted(_SECRET_FIELDS))})" + r"""["']?[ \t]*:[ \t]*(?:"([^"\n]*)|'([^'\n]*)|([^\s"'][^\r\n]*))"""
)
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_.~-]{24,}")


def secret_values(content: bytes | str) -> list[str]:
    """Returns the secret values of all users; from a text that cannot be parsed, as many as can be found."""
    text = decode_text(content, "replace")
    try:
        found = [value for root in compose_nodes(text) for value in _secrets_below(root, "", False)]
    except (KubeconfigError, ValueError, RecursionError, yaml.YAMLError):
        found = list(_guess_secrets(text))
    found = [value for value in found if not is_printed_in_place_of_a_value(value)]
    return list(dict.fromkeys(encoding for value in found for encoding in _encodings(value) if encoding))


def _secrets_below(node: Any, key: str, in_users: bool) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            name = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            # A merged mapping belongs to the mapping that merges it.
            yield from _secrets_below(value_node, key if name == "<<" else name, in_users or name == "users")
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _secrets_below(item, key, in_users)
    elif key in _SECRET_FIELDS or (in_users and key not in _NOT_SECRET_IN_USERS):
        yield node.value
        if node.tag.endswith(":binary"):
            yield binary_text(node.value) or ""
    elif key in _URL_FIELDS:
        yield from _passwords_in_url(node.value)


def _passwords_in_url(text: str) -> Iterator[str]:
    for user_info in _USER_INFO.findall(text):
        password = user_info.partition(":")[2] or user_info
        yield password
        yield unquote(password)


def _guess_secrets(text: str) -> Iterator[str]:
    for groups in _SECRET_FIELD_VALUE.findall(text):
        value = "".join(groups).strip()
        yield value
        yield re.split(r"[,}\]]", value)[0].strip()  # JSON may be on one line
    yield from _LONG_WORD.findall(text)
    yield from _passwords_in_url(text)


def _encodings(value: str) -> Iterator[str]:
    """Yields the value itself, and as it is encoded for the upload."""
    yield value
    try:
        blocks = list(pem_blocks(base64.b64decode("".join(value.split()), validate=True)))
    except (binascii.Error, ValueError):
        return
    yield from (_encode_base64(block.pem) for block in blocks if block.is_key and block.der)
    yield _encode_base64(b"".join(block.pem for block in blocks if block.label == "CERTIFICATE"))


def _encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
