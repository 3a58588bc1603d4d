# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the environment keyword of a task, its blocks and its play, for commands on hosts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Variables that matter to a command that reads files. Others may be secret, and a command line is shown.
_FOR_FILES = ("HOME", "PATH")


class InvalidEnvironment(ValueError):
    """A variable of the environment that no shell can have. The text has its name, but not its value."""


def task_environment(action: ActionBase) -> dict[str, str]:
    """Return the variables of the environment keyword. The values may be secret."""
    environment: dict[str, Any] = {}
    action._compute_environment_string(environment)
    return {str(name): str(value) for name, value in environment.items()}


def shell_exports(environment: Mapping[str, str]) -> str:
    """Return shell code that sets the variables, for the standard input of a command. The values may be secret.

    :raises InvalidEnvironment: if one of them cannot be set.
    """
    for name, value in environment.items():
        if not _NAME.fullmatch(name) or "\0" in value:
            raise InvalidEnvironment(f"environment: {name!r} cannot be set in a shell.")
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def with_file_environment(command: str, environment: Mapping[str, str]) -> str:
    """Return a command that reads files, with the variables by which it finds programs and files."""
    given = [f"{name}={shlex.quote(environment[name])}" for name in _FOR_FILES if name in environment]
    # Line ends would be shown as several commands, and neither variable can have any.
    return " ".join([*(re.sub(r"[\r\n\0]", "", text) for text in given), command])
