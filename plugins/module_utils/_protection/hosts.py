# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: finds the hosts that are the nodes of clusters.

Switching the wrong host costs money, so a host counts only if HSS lists it under one of the clusters, or if it is named
and HSS lists it under no cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .._api.hosts import MAX_ADDRESSES, MAX_IDS, MAX_NAMES
from .._api.hss import HssApi
from .._core.errors import REJECTED, HssError, enumerate_some
from .options import Desired, is_address, same_address

ValueT = TypeVar("ValueT")

_QUOTED = 3
LIST_OPERATION = "ListHostStatus"


@dataclass
class Found:
    """The hosts that are nodes of the clusters, by id, as listed.

    :arg unlisted: the nodes that HSS does not list at all, so far.
    :arg refused: why a named node is not switched.
    """

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)
    refused: dict[str, HssError] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def find(api: HssApi, desired: Desired) -> Found:
    """Lists the hosts of the clusters, and those that are named.

    :raises HssError: if a listing cannot be read.
    """
    found = Found()
    listed: set[str] = set()
    for cluster_id in desired.cluster_ids:
        others = []
        for row in api.list_hosts({"cluster_id": cluster_id}):
            if row.get("cluster_id") == cluster_id:
                found.hosts[row["host_id"]] = row
                listed.add(cluster_id)
            elif row.get("cluster_id") not in desired.cluster_ids:
                others.append(row)
        if others:
            found.warnings.append(
                f"HSS returned {len(others)} hosts for the cluster {cluster_id} that it does not list under it, such "
                f"as {', '.join(map(described, others[:_QUOTED]))}. They are left as they are"
            )
    for cluster_id, nodes in desired.known_nodes.items():
        if cluster_id not in listed:
            _find_known(api, cluster_id, nodes, found)
    missing = [node for node in desired.nodes if not any(_is_node(row, node) for row in found.hosts.values())]
    if missing:
        _find_named(api, desired, missing, found)
    return found


def _find_known(api: HssApi, cluster_id: str, nodes: Sequence[Sequence[str]], found: Found) -> None:
    """Finds the nodes of a cluster under which HSS lists no host.

    Clusters have nodes of the same name, or with the same address, so both must be right.
    """
    rows: dict[str, dict[str, Any]] = {}
    addresses = [address for _name, *own in nodes for address in own if is_address(address)]
    for chunk in chunks(list(dict.fromkeys(addresses)), MAX_ADDRESSES):
        rows.update((row["host_id"], row) for row in api.list_hosts({"private_ip_list": ",".join(chunk)}))
    without = [row for row in rows.values() if not row.get("cluster_id") and row["host_id"] not in found.hosts]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in without:
        by_name.setdefault(str(row.get("host_name")).casefold(), []).append(row)
    ambiguous = []
    for name, *own in nodes:
        matching = [row for row in by_name.get(name.casefold(), ()) if any(_is_node(row, each) for each in own)]
        if len(matching) == 1:
            # Everything that follows tells clusters apart by it.
            found.hosts[matching[0]["host_id"]] = {**matching[0], "cluster_id": cluster_id}
        elif matching:
            ambiguous.append(name)
    if ambiguous:
        found.warnings.append(
            f"HSS lists several hosts with the name and the address of {enumerate_some(ambiguous)}, nodes of the "
            f"cluster {cluster_id}, and does not say to which cluster they belong. They are left as they are"
        )


def _find_named(api: HssApi, desired: Desired, nodes: Sequence[str], found: Found) -> None:
    rows: dict[str, dict[str, Any]] = {}
    names = [node for node in nodes if not is_address(node)]
    addresses = [node for node in nodes if is_address(node)]
    for option, values, size in (
        ("host_name_list", names, MAX_NAMES),
        ("private_ip_list", addresses, MAX_ADDRESSES),
    ):
        for chunk in chunks(values, size):
            rows.update((row["host_id"], row) for row in api.list_hosts({option: ",".join(chunk)}))
    for node in nodes:
        matching = [row for row in rows.values() if _is_node(row, node)]
        own = [row for row in matching if not row.get("cluster_id") or row["cluster_id"] in desired.cluster_ids]
        if len(own) == 1:
            found.hosts[own[0]["host_id"]] = own[0]
        elif own:
            found.refused[node] = HssError(
                f"nodes: HSS lists {len(own)} hosts as {node}, and does not say to which cluster they belong: "
                f"{', '.join(map(described, own[:_QUOTED]))}",
                operation=LIST_OPERATION,
                hint="Give the private address in place of the name, or the other way round.",
            )
        elif matching:
            found.refused[node] = HssError(
                f"nodes: HSS lists {node} under another cluster: {', '.join(map(described, matching[:_QUOTED]))}",
                operation=LIST_OPERATION,
                hint="A host of another cluster is never switched. Check nodes and the ids of the clusters.",
            )
        else:
            found.unlisted.append(node)


def _is_node(row: Mapping[str, Any], node: str) -> bool:
    if same_address(row.get("private_ip"), node):
        return True
    name = row.get("host_name")
    return isinstance(name, str) and name.casefold() == node.casefold()


def read(api: HssApi, host_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns hosts as HSS lists them now, by id. A host that is gone is missing."""
    rows: dict[str, dict[str, Any]] = {}
    for chunk in chunks(host_ids, MAX_IDS):
        rows.update((row["host_id"], row) for row in api.list_hosts({"host_id_list": ",".join(chunk)}))
    return {host_id: rows[host_id] for host_id in host_ids if host_id in rows}


def described(row: Mapping[str, Any]) -> str:
    """A host for messages: its name, its address, and the cluster under which HSS lists it."""
    address = f" ({row['private_ip']})" if row.get("private_ip") else ""
    cluster = row.get("cluster_name") or row.get("cluster_id")
    return f"{row.get('host_name') or row.get('host_id')}{address}{f' of the cluster {cluster}' if cluster else ''}"


def not_listed(node: str) -> HssError:
    """The error for a named node that HSS does not list."""
    return HssError(
        f"nodes: HSS lists no host with the name or private address {node}",
        operation=LIST_OPERATION,
        hint="Check that the node agent runs on it, how HSS spells it (hss_host_info lists the hosts), and "
        "enterprise_project_id.",
        outcome=REJECTED,
    )


def chunks(values: Sequence[ValueT], size: int) -> Iterator[Sequence[ValueT]]:
    """Splits a list into parts of at most C(size)."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
