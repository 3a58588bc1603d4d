# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's command line. Unknown options are refused, so that a new use of kubectl is added here first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_WITH_VALUE = {
    "-f": "filename",
    "-l": "selector",
    "-n": "namespace",
    "-o": "output",
    "--cache-dir": "cache-dir",
    "--context": "context",
    "--dry-run": "dry-run",
    "--field-selector": "field-selector",
    "--filename": "filename",
    "--kubeconfig": "kubeconfig",
    "--namespace": "namespace",
    "--output": "output",
    "--raw": "raw",
    "--request-timeout": "request-timeout",
    "--selector": "selector",
    "--timeout": "timeout",
    "--verbs": "verbs",
}
_SWITCHES = {
    "-A": "all-namespaces",
    "--all-namespaces": "all-namespaces",
    "--force-conflicts": "force-conflicts",
    "--ignore-not-found": "ignore-not-found",
    "--namespaced": "namespaced",
    "--server-side": "server-side",
    "--wait": "wait",
}


class UsageError(Exception):
    """An error with kubectl's message."""


@dataclass
class Options:
    """The parsed command line."""

    positional: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of an option."""
        return self.values.get(name)

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.values.get(name, "false") == "true"


def parse(arguments: Sequence[str]) -> Options:
    """Parse a command line; like kubectl, it allows options anywhere."""
    options = Options()
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, equals, value = argument.partition("=")
        if argument == "-" or not argument.startswith("-"):
            options.positional.append(argument)
        elif name in _SWITCHES:
            options.values[_SWITCHES[name]] = value if equals else "true"
        elif name in _WITH_VALUE:
            if not equals and not rest:
                raise UsageError(f"error: flag needs an argument: {name}")
            options.values[_WITH_VALUE[name]] = value if equals else rest.pop(0)
        else:
            raise UsageError(f"error: unknown flag: {name}\nSee 'kubectl --help' for usage.")
    return options
