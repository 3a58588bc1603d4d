# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's command line. What it does not know, it refuses: a new use of kubectl wants to be looked at here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_WITH_VALUE = {
    "-f": "filename",
    "-l": "selector",
    "-n": "namespace",
    "-o": "output",
    "--cache-dir": "cache-dir",
    "--dry-run": "dry-run",
    "--filename": "filename",
    "--kubeconfig": "kubeconfig",
    "--namespace": "namespace",
    "--output": "output",
    "--raw": "raw",
    "--request-timeout": "request-timeout",
    "--selector": "selector",
    "--timeout": "timeout",
}
_SWITCHES = {
    "-A": "all-namespaces",
    "--all-namespaces": "all-namespaces",
    "--force-conflicts": "force-conflicts",
    "--ignore-not-found": "ignore-not-found",
    "--server-side": "server-side",
    "--wait": "wait",
}


class UsageError(Exception):
    """In kubectl's words."""


@dataclass
class Options:
    """What was asked for."""

    words: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of an option."""
        return self.values.get(name)

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.values.get(name, "false") == "true"


def parse(arguments: Sequence[str]) -> Options:
    """Options wherever they stand, as kubectl takes them."""
    options = Options()
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "-" or not word.startswith("-"):
            options.words.append(word)
        elif name in _SWITCHES:
            options.values[_SWITCHES[name]] = value if equals else "true"
        elif name in _WITH_VALUE:
            if not equals and not rest:
                raise UsageError(f"error: flag needs an argument: {name}")
            options.values[_WITH_VALUE[name]] = value if equals else rest.pop(0)
        else:
            raise UsageError(f"error: unknown flag: {name}\nSee 'kubectl --help' for usage.")
    return options
