# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the inventory says about hosts, by the variables of the role hss_onboard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.host import one_line, plain_value
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import (
    VARIABLES,
    InvalidVariable,
    Variables,
    read_variables,
)

from .report import ExpectedHost


def host_variables(name: str, hostvars: Mapping[str, Any]) -> Variables:
    """The role's variables of a host.

    :arg hostvars: of this host; templates are rendered when a value is read.
    :raises InvalidVariable: if a variable cannot be used.
    """
    given: dict[str, Any] = {"hss_onboard_name": name}
    for variable in VARIABLES:
        if variable in hostvars:
            try:
                # As a part of a mapping, so that an omitted value is left out.
                given.update(plain_value({variable: hostvars[variable]}))
            except AnsibleError as exc:
                raise InvalidVariable(f"{variable}: {one_line(exc)}") from None
    return read_variables(given)


class Inventory:
    """The hosts of an inventory, and the connections that they use.

    :arg connections: the connections of the audit; None for those of the hosts.
    """

    def __init__(self, connections: Iterable[Mapping[str, Any]] | None) -> None:
        self._given = connections is not None
        self.connections: list[dict[str, Any]] = [dict(connection) for connection in connections or ()]
        self.hosts: list[ExpectedHost] = []
        self._keys: dict[str, int] = {}

    def add(self, host: str, hostvars: Mapping[str, Any], reading: Mapping[str, Any] | None) -> None:
        """Adds a host.

        :arg reading: what the host's kubeconfig says, from L(to_result); None if it was not read.
        """
        try:
            variables = host_variables(host, hostvars)
        except InvalidVariable as exc:
            self.hosts.append(ExpectedHost(host, "", problem=sanitize(str(exc))))
            return
        self.hosts.append(
            ExpectedHost(
                host=host,
                name=variables.name,
                present=variables.present,
                connection=None if self._given else self._index(variables.connection),
                cluster_id=variables.cluster.get("cluster_id"),
                problem=str((reading or {}).get("problem") or ""),
                days_left=(reading or {}).get("days_left"),
            )
        )

    def finish(self) -> None:
        """Adds the connection of the environment, if there is no other."""
        if not self.connections:
            self.connections.append({})

    def _index(self, connection: Mapping[str, Any]) -> int:
        key = json.dumps(connection, sort_keys=True, default=str)
        if key not in self._keys:
            self._keys[key] = len(self.connections)
            self.connections.append(dict(connection))
        return self._keys[key]


def to_result(problem: str, days_left: int | None) -> dict[str, Any]:
    """What may be kept of a host's kubeconfig: nothing of its content."""
    return {"problem": sanitize(problem), "days_left": days_left}
