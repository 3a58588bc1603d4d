# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the shell commands that HSS gives for a private registry. Pure, no I/O."""

from __future__ import annotations

import base64
import re
import shlex
from typing import Any
from urllib.parse import quote, quote_plus

# HSS gets this instead of the registry's password. It has no character that any quoting would change.
PLACEHOLDER = "HSS-REGISTRY-PASSWORD-PLACEHOLDER"
VARIABLE = "REGISTRY_PASSWORD"
COMMANDS = ("image_command", "secret_command")

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


def spellings(username: str, password: str) -> list[str]:
    """The ways in which a password may stand in a URL, a command or a header, even if it is short."""
    quoted = shlex.quote(password)
    found = [password, quote(password, safe=""), quote(password), quote_plus(password), quoted]
    found += [quoted[1:-1] if quoted != password else password, *_base64_spellings(username, password)]
    return list(dict.fromkeys(found))


def placeholder_spellings(username: str) -> list[str]:
    """The ways in which the placeholder may stand in a command: as it is, or encoded together with the user's name."""
    return [PLACEHOLDER, *_base64_spellings(username, PLACEHOLDER)]


def with_variable(command: str) -> str:
    """A command with C($REGISTRY_PASSWORD) in place of the placeholder, so that a shell expands it as one word."""
    return _substitute(command, {"": f'"${VARIABLE}"', '"': f"${{{VARIABLE}}}", "'": f"'\"${VARIABLE}\"'"})


def with_password(command: str, username: str, password: str) -> str:
    """A command with the password in place of the placeholder, quoted as the place requires."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", password)
    command = _substitute(command, {"": shlex.quote(password), '"': escaped, "'": password.replace("'", "'\"'\"'")})
    encoded = zip(_base64_spellings(username, PLACEHOLDER), _base64_spellings(username, password))
    for placeholder, real in encoded:
        command = command.replace(placeholder, real)
    return command


def _base64_spellings(username: str, password: str) -> list[str]:
    return [base64.b64encode(text.encode()).decode() for text in (f"{username}:{password}", password, f"{password}\n")]


def _substitute(command: str, replacements: dict[str, str]) -> str:
    """A shell command with something else in place of the placeholder.

    :arg replacements: the text for a place outside of quotes, inside of double quotes, and inside of single quotes.
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
    """The name of the Secret that a command makes, C(kubectl create secret docker-registry NAME), if it can be told."""
    try:
        words = shlex.split(str(command or ""))
    except ValueError:
        return None
    if "docker-registry" not in words:
        return None
    rest = iter(words[words.index("docker-registry") + 1 :])
    for word in rest:
        if not word.startswith("-"):
            return word if _NAME.fullmatch(word) else None
        if "=" not in word:
            next(rest, None)  # the option's value
    return None
