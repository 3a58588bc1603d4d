# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what an audit reads through one connection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, TypeVar

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.hss import HssApi
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.listing import (
    documented_fields,
    list_registrations,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor

T = TypeVar("T")


@dataclass
class ConnectionReading:
    """What HSS reports through a connection.

    :arg label: names the connection in reports.
    :arg clusters: the documented fields of all registrations, with C(days_left).
    :arg agents: the rows of the node agents by C(cluster_id); None if they could not be read.
    :arg hosts: the hosts as HSS lists them; None if they could not be read.
    :arg quotas: a row for each version; None if they could not be read.
    :arg problem: why nothing could be read; empty if all is well.
    :arg notes: what could not be read, and why.
    """

    label: str
    place: Mapping[str, Any]
    clusters: list[dict[str, Any]] = field(default_factory=list)
    agents: dict[str, dict[str, Any]] | None = None
    hosts: list[dict[str, Any]] | None = None
    quotas: list[dict[str, Any]] | None = None
    problem: str = ""
    notes: list[str] = field(default_factory=list)


def read_connection(
    options: Mapping[str, Any], environment: Mapping[str, str], warn: Callable[[str], None]
) -> ConnectionReading:
    """Reads everything that an audit shows. A connection that cannot be used is a C(problem) of its own.

    :arg options: the connection options.
    :arg environment: the variables that stand in for options.
    :arg warn: takes a text for the user.
    """
    redactor = Redactor()

    def shown(text: object) -> str:
        return sanitize(redactor.redact(str(text)))

    options = {"timeout": 30, **options}
    reading = ConnectionReading(_label(options), {})
    try:
        connection = resolve(options, environment, redactor)
        reading.place = {
            "region": connection.region,
            "endpoint": connection.endpoint,
            "project_id": connection.project_id or connection.project_name,
            "enterprise_project_id": connection.enterprise_project_id,
        }
        reading.label = _label(reading.place)
        api = Session(options, environment, redactor, lambda text: warn(shown(text))).api()
        now = int(time.time() * 1000)
        reading.clusters = [
            {**documented_fields(row), "days_left": row["days_left"]} for row in list_registrations(api, {}, now)
        ]
    except HssError as error:
        reading.problem = shown(error)
        return reading

    def optional(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except HssError as error:
            reading.notes.append(shown(error))
            return None

    reading.agents = optional(lambda: _agents(api))
    if reading.agents is not None:
        # Both need the region, whose absence is noted once.
        reading.hosts = optional(lambda: api.list_hosts({}))
    reading.quotas = optional(api.show_quotas)
    return reading


def _agents(api: HssApi) -> dict[str, dict[str, Any]]:
    api.require_region()
    return {row["cluster_id"]: row for row in api.list_daemonsets()}


def _label(place: Mapping[str, Any]) -> str:
    parts = [place.get("region") or place.get("endpoint"), place.get("project_id"), place.get("enterprise_project_id")]
    # The project of a region has the region's name.
    return sanitize("/".join(dict.fromkeys(str(part) for part in parts if part)), 200) or "default connection"
