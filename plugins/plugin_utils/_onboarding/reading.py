# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the first stage of onboarding found out about one host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .variables import Variables


@dataclass(frozen=True)
class HostReading:
    """A host, its variables, and its cluster's kubeconfig.

    It holds secrets. Until the cluster is done, it is in the hidden result of a task, encrypted.

    :arg options: connection options that module_defaults give; C(hss_onboard_connection) precedes them.
    :arg environment: variables of the task's environment keyword; they precede those of the control node.
    :arg variables_valid: False if a variable cannot be used; C(variables) then has the name alone.
    :arg problem: why the host cannot speak for its cluster; empty if it can.
    :arg unreachable: the connection's own message if the host cannot be reached; it is a C(problem) as well.
    :arg path: where the kubeconfig was found on the host.
    :arg kube_config: the checked text of one context, to be sent to HSS.
    :arg local_kube_config: the same with the server's address as the host's own file has it, for kubectl there.
    :arg local_problem: why there is none, although the registration can be removed without it.
    :arg server: the address in C(kube_config).
    :arg ca: identifies the cluster's certificate authority, and with C(server) the cluster.
    :arg user: describes the credential, for messages.
    :arg holder: whose credential it is, as the credential itself says.
    :arg credential: its kind: C(certificate), C(token) or C(service_account).
    :arg account_digest: identifies the kubeconfig with the token of the ServiceAccount; empty if it is not known.
    :arg account_note: what the cluster notes about that token.
    :arg account_problem: why the token is not known, where nothing else may be sent in its place.
    :arg account_missing: whether there is no token, as far as the API server answered.
    :arg nodes: name and internal addresses of each Linux node, as far as kubectl was asked and has answered.
    :arg account_action: what became of the ServiceAccount, C(created) or C(updated); empty if nothing.
    """

    host: str
    variables: Variables
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    variables_valid: bool = True
    problem: str = ""
    unreachable: bool = False
    path: str = ""
    kube_config: str = field(default="", repr=False)
    local_kube_config: str = field(default="", repr=False)
    local_problem: str = ""
    server: str = ""
    ca: str = ""
    user: str = ""
    holder: str = ""
    credential: str = ""
    account_digest: str = ""
    account_note: str = ""
    account_problem: str = ""
    account_missing: bool = False
    account_action: str = ""
    days_left: int | None = None
    nodes: tuple[tuple[str, ...], ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_result(cls, result: Mapping[str, Any]) -> HostReading:
        """The reading that L(to_result) made a mapping of."""
        variables, warnings = Variables(**result["variables"]), tuple(result["warnings"])
        nodes = tuple(tuple(node) for node in result["nodes"])
        return cls(**{**result, "variables": variables, "warnings": warnings, "nodes": nodes})

    def to_result(self) -> dict[str, Any]:
        """The reading as plain values. Mappings and lists in it are the reading's own, not copies."""
        return {**vars(self), "variables": vars(self.variables)}

    @property
    def connection(self) -> dict[str, Any]:
        """The connection options of this host."""
        return {**self.options, **self.variables.connection}

    @property
    def connection_key(self) -> str:
        """Equal for hosts that ask HSS with the same options and environment."""
        return json.dumps([self.connection, self.environment], sort_keys=True, default=str)

    @property
    def usable(self) -> bool:
        """Whether the host can speak for its cluster."""
        return not self.problem
