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

# What HSS gets in place of a password that need not be in the commands. Plain, so that no quoting changes it.
PLACEHOLDER = "HSS-REGISTRY-PASSWORD-PLACEHOLDER"
VARIABLE = "REGISTRY_PASSWORD"
COMMANDS = ("image_command", "secret_command")

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


def spellings(username: str, password: str) -> list[str]:
    """A password in the ways in which it may stand in a URL, a command or a header, short as it may be."""
    both = f"{username}:{password}"
    found = [password, quote(password, safe=""), quote(password), quote_plus(password), shlex.quote(password)]
    found += [shlex.quote(password)[1:-1] if shlex.quote(password) != password else password]
    found += [base64.b64encode(text.encode()).decode() for text in (password, both, f"{password}\n")]
    return list(dict.fromkeys(found))


def with_variable(command: str) -> str:
    """A command with C($REGISTRY_PASSWORD) where the placeholder stands, so that a shell expands it as one word."""
    parts: list[str] = []
    quoted, at, opened = "", 0, 0
    while at < len(command):
        if command.startswith(PLACEHOLDER, at):
            at += len(PLACEHOLDER)
            if quoted and opened == len(parts) and command[at : at + 1] == quoted:
                parts.pop()  # it stands alone in its quotes
                quoted, at = "", at + 1
            inside = {"": f'"${VARIABLE}"', '"': f"${{{VARIABLE}}}", "'": f"'\"${VARIABLE}\"'"}
            parts.append(inside[quoted])
            continue
        letter = command[at]
        step = 2 if letter == "\\" and quoted != "'" else 1
        parts.append(command[at : at + step])
        if letter in "'\"" and quoted in ("", letter):
            quoted, opened = ("" if quoted else letter), len(parts)
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


# --- past Ansible's own hiding ----------------------------------------------------------------------------------------
# Ansible puts asterisks wherever the value of a secret option stands in a module's result. That makes the commands
# useless, so they come in letters that no password has, and the action plugin, which hides the result, reads them.

_FIRST = 0xE000  # of a range that Unicode leaves to private use


def seal(text: str) -> str:
    """A text in which no secret can be found."""
    return "".join(chr(_FIRST + byte) for byte in text.encode("utf-8"))


def unseal(text: str) -> str:
    """What L(seal) was given."""
    return bytes(ord(letter) - _FIRST for letter in text).decode("utf-8")
