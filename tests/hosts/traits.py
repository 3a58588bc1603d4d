# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host may be like, beside an sshd with a home of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .packages import HostsError


@dataclass(frozen=True)
class Traits:
    """Every trait brings a private root: /etc, /home, /opt, /root, /run, /srv, /tmp and /var are the host's own, and so
    is what there is in /usr/bin.
    """

    root: bool = False
    """A private root, and nothing else out of the ordinary."""
    user: str | None = None
    """Log in as this user, who is not root; made in the private root. Needs root on the machine."""
    sudo: str | None = None
    """That user's way to root: C(free), or C(password), which the inventory then knows. A real sudo."""
    python: bool = True
    """Whether there is a Python."""
    base64: bool = True
    """Whether there is a base64."""
    busybox: bool = False
    """The shell and the tools are busybox's, and there are no others; no Python either."""
    noisy: bool = False
    """A banner before the login, and a shell that talks before and after a command, to stdout and stderr. Ansible's
    ordinary modules do not work with such a host."""
    tty: bool = False
    """Ansible asks for a terminal, so that the host's line ends are CR LF and its stderr arrives as stdout."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), bool if isinstance(field.default, bool) else (str, type(None))
            if not isinstance(value, kind):
                raise HostsError(f"{field.name}: {value!r} is not what this trait can be")
        if self.sudo not in (None, "free", "password"):
            raise HostsError(f"sudo: {self.sudo!r} is neither free nor password")
        if self.sudo and not self.user:
            raise HostsError("sudo: is for a user; root needs none")
        if self.sudo and self.busybox:
            raise HostsError("sudo: cannot be had together with busybox")

    @classmethod
    def of(cls, given: Mapping[str, Any] | Traits | None) -> Traits:
        """Traits by their names."""
        if isinstance(given, Traits):
            return given
        if unknown := set(given or {}) - {field.name for field in fields(cls)}:
            raise HostsError(f"no such trait: {', '.join(sorted(unknown))}")
        return cls(**(given or {}))

    @property
    def private_root(self) -> bool:
        """Whether the host sees other files than the machine."""
        return self != Traits()

    @property
    def trouble(self) -> str:
        """Why this machine cannot have such a host, or nothing."""
        if self.user and os.getuid() != 0:
            return "a user beside root, with or without sudo, needs root on this machine"
        return ""


def read_traits(path: Path) -> dict[str, Traits]:
    """Traits by host from a YAML or JSON file."""
    import yaml  # the demo's hosts have no traits, and need nothing but Python

    document = yaml.safe_load(path.read_text())
    if not isinstance(document, dict):
        raise HostsError(f"{path}: a mapping of host names to traits is wanted")
    return {str(name): Traits.of(given) for name, given in document.items()}


def parse_traits(words: list[str]) -> dict[str, Traits]:
    """Traits by host from C(NAME:trait=value,trait) as on a command line; a trait alone is true."""
    found = {}
    for word in words:
        name, _, listed = word.partition(":")
        given: dict[str, Any] = {}
        for item in filter(None, listed.split(",")):
            key, _, value = item.partition("=")
            given[key] = {"true": True, "": True, "false": False}.get(value, value)
        found[name] = Traits.of(given)
    return found
