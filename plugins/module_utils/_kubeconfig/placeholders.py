# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: recognizes values that stand in place of a credential, and tokens in another encoding."""

from __future__ import annotations

import base64
import binascii
import json
import re

# These are printed in place of a value, and are no secrets.
_PRINTED_BY_KUBECTL = frozenset({"redacted", "data+omitted", "data omitted", "omitted"})
_PRINTED_BY_ANSIBLE = frozenset({"value_specified_in_no_log_parameter", "********"})

_WORDS = frozenset(
    "undefined null none nil todo tbd fixme changeme change-me change_me placeholder token your-token your_token "
    "your-token-here your_token_here yourtoken mytoken my-token".split()
)
# The variables of templates, and what people write for a value that follows.
_TEMPLATE = re.compile(
    r".*(?:\$\{.*\}|\$\(.*\)|\{\{.*\}\}|\{%.*%\}).*"
    r"|\$[A-Za-z_]\w*|<[^<>]*>|%\w+%|@\w+@|__[A-Za-z]\w*__|[xX]{3,}|[*.#-]{3,}",
    re.DOTALL,
)
# Short words in a row, such as "your certificate here". The pieces of base64 that was broken into lines are longer.
_SENTENCE = re.compile(r"[A-Za-z'\u2019-]{1,20}(?: [A-Za-z'\u2019-]{1,20})+")
_MAX_PLACEHOLDER = 200

_MIN_ENCODED_TEXT = 16  # bytes; of random bytes, fewer are often printable by chance
_MAX_TOKEN = 64 * 1024
_ONE_WORD = re.compile(r"[!-~]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+=*")
_TOKEN_FORMATS = re.compile(r"sha256~\S+|kubeconfig-\S+:\S+|[a-z0-9]{6}\.[a-z0-9]{16}")


def is_printed_in_place_of_a_value(value: str) -> bool:
    """Returns whether kubectl or Ansible prints this text in place of a value."""
    return value.lower() in _PRINTED_BY_KUBECTL | _PRINTED_BY_ANSIBLE


def placeholder_reason(value: str) -> str | None:
    """Returns why a value is a placeholder and no credential, with the remedy; None if it is not a placeholder."""
    word = value.strip().lower()
    if word in _PRINTED_BY_KUBECTL:
        return (
            f"is {value.strip()}, which kubectl config view prints in place of the value. Write the kubeconfig with "
            "kubectl config view --raw --flatten"
        )
    if word in _PRINTED_BY_ANSIBLE:
        return "is what Ansible prints in place of a secret. Give the value itself"
    if len(value) <= _MAX_PLACEHOLDER and (
        word in _WORDS or _TEMPLATE.fullmatch(value.strip()) or _SENTENCE.fullmatch(value.strip())
    ):
        return "is a placeholder. Put the value itself in its place"
    if "..." in value or "…" in value:
        return "is cut short: there are three dots in it. Copy the whole value"
    return None


def foreign_token_reason(token: str) -> str | None:
    """Returns why a text is not a token as an API server expects it, with the remedy; None if it may be one."""
    if token[:7].lower() == "bearer ":
        return "is the value of a header. Give the token alone, and leave out 'Bearer'"
    if _is_json(token):
        return "is JSON, not a token. Give the token in it alone, without quotes"
    text = _decoded_text(token)
    if text is None:
        return None
    if _is_json(text):
        return "is JSON in base64, not a token. Decode it, and give the token in it alone"
    if is_jwt(text) or _TOKEN_FORMATS.fullmatch(text) or is_jwt(_decoded_text(text) or ""):
        return "is a token in base64, as Secrets hold it. Decode it (b64decode in Ansible, or base64 -d)"
    return None


def may_be_encoded(token: str) -> bool:
    """Returns whether a token decodes to a text, so that it may be the base64 of a token in an unknown format."""
    text = _decoded_text(token) or ""
    return len(text) >= _MIN_ENCODED_TEXT and _ONE_WORD.fullmatch(text) is not None


def _decoded_text(token: str) -> str | None:
    """Returns the text of which a token is the base64; None if it is not the base64 of a text."""
    if len(token) > _MAX_TOKEN or not _BASE64.fullmatch(token):
        return None
    compact = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError):
        return None


def _is_json(text: str) -> bool:
    if text[:1] not in ("{", "[", '"'):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_jwt(text: str) -> bool:
    """Returns whether a text is a JSON Web Token, such as that of a ServiceAccount."""
    parts = text.split(".")
    return len(parts) == 3 and (_decoded_text(parts[0]) or "").startswith("{")
