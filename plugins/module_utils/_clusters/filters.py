# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the filters of listed clusters. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._core.dates import NO_END
from .._core.errors import invalid_option
from .options import DATE_FIELDS

_DAY = 86_400_000  # milliseconds


def days_left(row: Mapping[str, Any], now: int) -> int | None:
    """Whole days until the earlier of a cluster's two dates; negative if it has passed, None if there is no end.

    :arg now: milliseconds since the epoch.
    """
    dates = [row[name] for name in DATE_FIELDS if isinstance(row.get(name), int) and 0 < row[name] < NO_END]
    return (min(dates) - now) // _DAY if dates else None


_LISTS = {"name": "cluster_name", "provider": "provider", "status": "status"}


def require_id(options: Mapping[str, Any]) -> None:
    """:raises HssError: if C(cluster_id) is given and empty. It must not be taken for every cluster."""
    if options.get("cluster_id") is not None and not options["cluster_id"].strip():
        raise invalid_option("cluster_id", "must not be empty. Leave it out to select every cluster.")


def selects_nothing(filters: Mapping[str, Any]) -> bool:
    """Whether no cluster can pass the filters, since a list is empty."""
    return any(filters.get(option) == [] for option in _LISTS)


def filtered(rows: Iterable[dict[str, Any]], filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that pass every filter that is given. An empty list is a filter that no row passes.

    :arg rows: listed clusters with C(days_left).
    :arg filters: C(cluster_id), the lists C(name), C(provider) and C(status), and C(expires_within_days).
    """

    def passes(row: Mapping[str, Any]) -> bool:
        if filters.get("cluster_id") and row["cluster_id"] != filters["cluster_id"]:
            return False
        for option, name in _LISTS.items():
            if filters.get(option) is not None and row.get(name) not in filters[option]:
                return False
        within = filters.get("expires_within_days")
        return within is None or (row["days_left"] is not None and row["days_left"] < within)

    return [row for row in rows if passes(row)]
