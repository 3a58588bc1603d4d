# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the registered clusters with their days left, and what is known of each beyond the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._api.hss import HssApi
from .._core.batch import Batch
from .._core.errors import HssError
from .._core.outcome import failure_summary
from .filters import days_left, filtered, selects_nothing

# The documented fields of a listed cluster. Others could be secrets, or variables that Ansible interprets.
ROW_FIELDS = (
    "cluster_id",
    "cluster_name",
    "provider",
    "server",
    "image_repo",
    "status",
    "version",
    "current_expiration_date",
    "certificate_expiration_date",
)
# The documented fields of a listed host.
HOST_FIELDS = (
    "host_id",
    "host_name",
    "private_ip",
    "agent_status",
    "agent_version",
    "version",
    "protect_status",
    "charging_mode",
)
_CONCURRENCY = 8


def documented_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields of a listed cluster, None where HSS reports nothing."""
    return {name: row.get(name) if isinstance(row.get(name), (str, int)) else None for name in ROW_FIELDS}


def list_registrations(api: HssApi, filters: Mapping[str, Any], now: int) -> list[dict[str, Any]]:
    """Returns the listed clusters that pass the filters, with C(days_left).

    :arg filters: see C(filters.filtered).
    :arg now: milliseconds since the epoch.
    :raises HssError: if HSS gives no complete list.
    """
    if selects_nothing(filters):
        return []
    rows = api.list_clusters(filters.get("cluster_id"))
    return filtered(({**row, "days_left": days_left(row, now)} for row in rows), filters)


@dataclass
class _Included:
    """What is requested about one cluster."""

    cluster: dict[str, Any]
    error: HssError | None = None

    @property
    def label(self) -> str:
        """The cluster's name, for messages."""
        return str(self.cluster.get("cluster_name"))


def include_details(
    api: HssApi, clusters: Sequence[dict[str, Any]], names: Sequence[str], warn: Callable[[str], None]
) -> None:
    """Adds what is asked for to each cluster; null where it cannot be read, with one warning for all of them.

    :arg names: of C(permissions), C(daemonset).
    :raises HssError: if HSS refuses the credential.
    """
    requests: dict[str, Callable[[str], Any]] = {
        "permissions": api.list_permissions,
        "daemonset": api.show_daemonset,
    }
    for name in names:
        included = [_Included(cluster) for cluster in clusters]
        _request_each(included, name, requests[name])
        for entry in included:
            if entry.error and entry.error.http_status == 401:
                raise entry.error
            if entry.error:
                entry.cluster[name] = None
        if any(entry.error for entry in included):
            warn(failure_summary(f"clusters: {name} could not be read", included, f"where {name} is null"))


def include_nodes(api: HssApi, clusters: Sequence[dict[str, Any]], warn: Callable[[str], None]) -> None:
    """Adds C(nodes) to each cluster: the hosts that HSS lists for it; null and a warning if they cannot be listed.

    All hosts are listed together, which takes far fewer requests than a list for each cluster.

    :raises HssError: if the region is not known, or HSS refuses the credential.
    """
    if not clusters:
        return
    api.require_region()
    nodes: dict[str, list[dict[str, Any]]] | None = {cluster["cluster_id"]: [] for cluster in clusters}
    try:
        for row in api.list_hosts({}):
            if nodes is not None and row.get("cluster_id") in nodes:
                nodes[row["cluster_id"]].append({name: row.get(name) for name in HOST_FIELDS})
    except HssError as error:
        if error.http_status == 401:
            raise
        nodes = None
        warn(f"nodes is null for all clusters: {error}")
    for cluster in clusters:
        cluster["nodes"] = None if nodes is None else nodes[cluster["cluster_id"]]


def _request_each(included: Sequence[_Included], name: str, request: Callable[[str], Any]) -> None:
    Batch(_CONCURRENCY).run_each(
        included, lambda entry: entry.cluster.update({name: request(entry.cluster["cluster_id"])})
    )
