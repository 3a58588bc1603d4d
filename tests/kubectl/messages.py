# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of kubectl that depend on its version. There are transcripts of 1.20 and 1.37 only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kinds import Kind


class Messages:
    """The messages of a version of kubectl."""

    def __init__(self, version: str) -> None:
        major, minor = version.split(".")[:2]
        self._version = (int(major), int(minor))

    @property
    def client(self) -> dict[str, str]:
        """The clientVersion in the output of C(kubectl version)."""
        major, minor = map(str, self._version)
        return {"major": major, "minor": minor, "gitVersion": f"v{major}.{minor}.4", "platform": "linux/amd64"}

    def skew(self, server: Mapping[str, str]) -> list[str]:
        """The warning about an API server whose version differs too much."""
        if self._version < (1, 23) or abs(self._version[1] - int(server["minor"] or 0)) <= 1:
            return []
        versions = (
            f"client ({self.client['major']}.{self.client['minor']}) and server ({server['major']}.{server['minor']})"
        )
        return [f"Warning: version difference between {versions} exceeds the supported minor version skew of +/-1"]

    def unknown_kind(self, content: Mapping[str, Any], listed: bool) -> list[str]:
        """The error for an object of an unknown kind on standard input."""
        unknown = f'no matches for kind "{content["kind"]}" in version "{content["apiVersion"]}"'
        if listed:
            return [f"error: unable to recognize {unknown}"]
        if self._version < (1, 24):
            return [f'error: unable to recognize "STDIN": {unknown}']
        metadata = content["metadata"]
        place = f'name: "{metadata.get("name")}" namespace: "{metadata.get("namespace", "")}"'
        return [
            f'error: resource mapping not found for {place} from "STDIN": {unknown}',
            "ensure CRDs are installed first",
        ]

    def creating(self, listed: bool) -> str:
        """The beginning of an error of apply; old versions omit it for the objects of a List."""
        return "" if listed and self._version < (1, 24) else 'error when creating "STDIN": '

    def deleted(self, kind: Kind, name: str, namespace: str | None) -> str:
        """The message about a deleted object."""
        kind_name = f"{kind.kind.lower()}.{kind.group}" if kind.group else kind.kind.lower()
        where = f" from {namespace} namespace" if namespace and self._version >= (1, 34) else ""
        return f'{kind_name} "{name}" deleted{where}'
