# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The traits of hosts, which without any have only an sshd and their own home directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .packages import HostsError


@dataclass(frozen=True)
class Traits:
    """The traits of a host. With any of them it has a private root: its own /etc, /home, /opt, /root, /run, /srv, /tmp
    and /var, and a selection of programs in /usr/bin.
    """

    root: bool = False
    """A private root and nothing else."""
    user: str | None = None
    """Log in as this user, who is not root and exists in the private root only. Needs root on the machine."""
    sudo: str | None = None
    """A real sudo for that user: C(free), or with a C(password), which the inventory has."""
    python: bool = True
    """Whether the host has a Python."""
    base64: bool = True
    """Whether the host has the program base64."""
    busybox: bool = False
    """The host has the shell and the tools of busybox, no other programs and no Python."""
    noisy: bool = False
    """A banner before the login, and a shell that prints text before and after every command to stdout and stderr.
    Ansible's ordinary modules do not work on such a host."""
    tty: bool = False
    """Ansible requests a terminal: lines end with CR LF, and stderr arrives in stdout."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), bool if isinstance(field.default, bool) else (str, type(None))
            if not isinstance(value, kind):
                raise HostsError(f"{field.name}: {value!r} is not a value of this trait")
        if self.sudo not in (None, "free", "password"):
            raise HostsError(f"sudo: {self.sudo!r} is neither free nor password")
        if self.sudo and not self.user:
            raise HostsError("sudo: needs the trait user")
        if self.sudo and self.busybox:
            raise HostsError("sudo: not possible together with busybox")

    @classmethod
    def of(cls, given: Mapping[str, Any] | Traits | None) -> Traits:
        """The traits of a mapping."""
        if isinstance(given, Traits):
            return given
        if unknown := set(given or {}) - {field.name for field in fields(cls)}:
            raise HostsError(f"no such trait: {', '.join(sorted(unknown))}")
        return cls(**(given or {}))

    @property
    def private_root(self) -> bool:
        """Whether the host has other files than the machine."""
        return self != Traits()

    @property
    def trouble(self) -> str:
        """Why this machine cannot run such a host, or an empty text."""
        if self.user and os.getuid() != 0:
            return "a host with a user needs root on this machine"
        return ""


def read_traits(path: Path) -> dict[str, Traits]:
    """The traits of each host from a YAML or JSON file."""
    import yaml  # the demo's hosts have no traits and no PyYAML

    document = yaml.safe_load(path.read_text())
    if not isinstance(document, dict):
        raise HostsError(f"{path}: not a mapping of host names to traits")
    return {str(name): Traits.of(given) for name, given in document.items()}


def parse_traits(arguments: list[str]) -> dict[str, Traits]:
    """The traits of each host from C(NAME:trait=value,trait) on a command line; a trait without a value is true."""
    found = {}
    for argument in arguments:
        name, _, listed = argument.partition(":")
        given: dict[str, Any] = {}
        for item in filter(None, listed.split(",")):
            key, _, value = item.partition("=")
            given[key] = {"true": True, "": True, "false": False}.get(value, value)
        found[name] = Traits.of(given)
    return found
