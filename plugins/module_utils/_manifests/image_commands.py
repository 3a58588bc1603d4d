# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: edits the shell commands that HSS returns for a private registry, without any I/O."""

from __future__ import annotations

import base64
import re
import shlex
from typing import Any
from urllib.parse import quote, quote_plus

# HSS gets this instead of the registry's password. It has no character that any quoting would change.
PLACEHOLDER = "HSS-REGISTRY-PASSWORD-PLACEHOLDER"
PASSWORD_VARIABLE = "REGISTRY_PASSWORD"
COMMANDS = ("image_command", "secret_command")
# Several times the commands of any number of images. Parsing longer ones would take long, and they would be truncated.
MAX_COMMAND = 6_000  # characters

_SECRET_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


def password_encodings(username: str, password: str) -> list[str]:
    """Returns a password in each encoding that a URL, a command or a header may have, even if it is short."""
    quoted = shlex.quote(password)
    found = [password, quote(password, safe=""), quote(password), quote_plus(password), quoted]
    found += [quoted[1:-1] if quoted != password else password, *_base64_encodings(username, password)]
    return list(dict.fromkeys(found))


def placeholder_encodings(username: str) -> list[str]:
    """Returns the placeholder in each encoding that a command may have: itself, or base64, with or without the user."""
    return [PLACEHOLDER, *_base64_encodings(username, PLACEHOLDER)]


def with_variable(command: str) -> str:
    """Replaces the placeholder with C($REGISTRY_PASSWORD), quoted so that a shell expands it as one word."""
    in_double_quotes, in_single_quotes = f"${{{PASSWORD_VARIABLE}}}", f"'\"${PASSWORD_VARIABLE}\"'"
    return _substitute(command, {"": f'"${PASSWORD_VARIABLE}"', '"': in_double_quotes, "'": in_single_quotes})


def with_password(command: str, username: str, password: str) -> str:
    """Replaces the placeholder with the password, quoted as its position requires."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", password)
    command = _substitute(command, {"": shlex.quote(password), '"': escaped, "'": password.replace("'", "'\"'\"'")})
    encoded = zip(_base64_encodings(username, PLACEHOLDER), _base64_encodings(username, password))
    for placeholder, real in encoded:
        command = command.replace(placeholder, real)
    return command


def _base64_encodings(username: str, password: str) -> list[str]:
    return [base64.b64encode(text.encode()).decode() for text in (f"{username}:{password}", password, f"{password}\n")]


def _substitute(command: str, replacements: dict[str, str]) -> str:
    """Replaces the placeholder in a shell command.

    :arg replacements: the text to use outside of quotes, inside double quotes, and inside single quotes.
    """
    parts: list[str] = []
    quoted, at, opened = "", 0, 0
    while at < len(command):
        if command.startswith(PLACEHOLDER, at):
            at += len(PLACEHOLDER)
            if quoted and opened == len(parts) and command[at : at + 1] == quoted:
                parts.pop()  # The placeholder is all that is between these quotes.
                quoted, at = "", at + 1
            parts.append(replacements[quoted])
            continue
        character = command[at]
        step = 2 if character == "\\" and quoted != "'" else 1
        parts.append(command[at : at + step])
        if character in "'\"" and quoted in ("", character):
            quoted, opened = ("" if quoted else character), len(parts)
        at += step
    return "".join(parts)


def secret_name(command: Any) -> str | None:
    """Returns the name of the Secret that a command such as C(kubectl create secret docker-registry NAME) creates."""
    text = str(command or "")
    if len(text) > MAX_COMMAND:
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    if "docker-registry" not in words:
        return None
    rest = iter(words[words.index("docker-registry") + 1 :])
    for word in rest:
        if not word.startswith("-"):
            return word if _SECRET_NAME.fullmatch(word) else None
        if "=" not in word:
            next(rest, None)  # the option's value
    return None
