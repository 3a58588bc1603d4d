# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the filters of listed hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._api.hosts import MAX_ADDRESSES, MAX_NAMES
from .._api.hss import HssApi
from .._core.errors import invalid_option
from .hosts import chunks
from .options import same_address

_LISTS = ("name", "private_ip", "agent_status", "protect_status")
# HSS takes this value for both of the statuses of an agent that is installed.
_INSTALLED = {"installed": ("installed", "online", "offline")}


def check_filters(filters: Mapping[str, Any]) -> None:
    """:raises HssError: if a filter is one that HSS would not take, or would take for no filter."""
    if filters["cluster_id"] is not None and not filters["cluster_id"].strip():
        raise invalid_option("cluster_id", "must not be empty. Leave it out to select hosts of every cluster.")
    for option in ("name", "private_ip"):
        # HSS separates several values with commas.
        if any(not value.strip() or "," in value for value in filters[option] or ()):
            raise invalid_option(option, "has an entry that is empty or has a comma. Give each value as an entry.")


def selects_nothing(filters: Mapping[str, Any]) -> bool:
    """Whether no host can pass the filters, since a list is empty."""
    return any(filters[option] == [] for option in _LISTS)


def list_filtered(api: HssApi, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lists hosts, with the filters for which HSS needs the fewest requests. Not all filters are applied here."""
    common = {"cluster_id": filters["cluster_id"]}
    for option, name, size in (
        ("private_ip", "private_ip_list", MAX_ADDRESSES),
        ("name", "host_name_list", MAX_NAMES),
    ):
        if filters[option] is not None:
            rows: dict[str, dict[str, Any]] = {}
            for chunk in chunks(list(dict.fromkeys(filters[option])), size):
                rows.update((row["host_id"], row) for row in api.list_hosts({**common, name: ",".join(chunk)}))
            return list(rows.values())
    for option in ("agent_status", "protect_status"):
        if filters[option] is not None and len(filters[option]) == 1:
            common[option] = filters[option][0]
    return api.list_hosts(common)


def filtered(rows: Iterable[dict[str, Any]], filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The hosts that pass every filter that is given, whether or not HSS has applied it."""

    def passes(row: Mapping[str, Any]) -> bool:
        if filters["cluster_id"] is not None and row.get("cluster_id") != filters["cluster_id"]:
            return False
        if filters["name"] is not None:
            names = {name.casefold() for name in filters["name"]}
            if str(row.get("host_name")).casefold() not in names:
                return False
        if filters["private_ip"] is not None:
            address = row.get("private_ip")
            if not any(address == given or same_address(address, given) for given in filters["private_ip"]):
                return False
        if filters["agent_status"] is not None:
            statuses = {status for given in filters["agent_status"] for status in _INSTALLED.get(given, (given,))}
            if row.get("agent_status") not in statuses:
                return False
        return filters["protect_status"] is None or row.get("protect_status") in filters["protect_status"]

    return [row for row in rows if passes(row)]
