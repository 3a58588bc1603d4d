# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: compares what HSS reports with the inventory, as one report. No I/O.

The report is the documented content of the JSON file. All other formats show parts of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import VERSION
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.status import (
    FAILED,
    installed_status,
    node_counts,
)

from .findings import ERROR, finding
from .reading import ConnectionReading

FORMAT = 1
DEFAULT_DAYS = 30
# A renewed credential ends later than the one that HSS has by more than rounding.
_RENEWED_DAYS = 1
_MAX_TEXT = 500
_MAX_MESSAGE = 4_000

# The rows of clusters by name, and by id.
_Index = dict[tuple[str, str], list[dict[str, Any]]]


@dataclass(frozen=True)
class ExpectedHost:
    """What the inventory says about a host.

    :arg name: of its cluster.
    :arg present: whether it should be registered.
    :arg connection: the index of its connection; None if it may be registered through any.
    :arg cluster_id: if the inventory says it.
    :arg problem: why the host's variables or kubeconfig cannot be used.
    :arg days_left: of the credential on the host; None if it was not read.
    """

    host: str
    name: str
    present: bool = True
    connection: int | None = None
    cluster_id: str | None = None
    problem: str = ""
    days_left: int | None = None


def build_report(
    readings: Sequence[ConnectionReading],
    hosts: Sequence[ExpectedHost],
    min_days_left: int | None,
    fail_on: Sequence[str],
    now: float,
) -> dict[str, Any]:
    """Returns the report.

    :arg hosts: empty if there is no inventory to compare with.
    :arg min_days_left: None for the default of 30 days.
    :arg fail_on: codes of findings on which the audit fails.
    :arg now: seconds since the epoch.
    """
    limit = DEFAULT_DAYS if min_days_left is None else min_days_left
    clusters = [
        _cluster(reading, index, row, limit) for index, reading in enumerate(readings) for row in reading.clusters
    ]
    index: _Index = defaultdict(list)
    for row in clusters:
        index["name", row["name"]].append(row)
        index["cluster_id", row["cluster_id"]].append(row)
    host_rows = [_match(host, index, readings) for host in hosts]
    if hosts and not any(host.problem and not host.name for host in hosts):
        _find_unknown(clusters)
    _find_duplicates(clusters)
    connections = [_connection(reading) for reading in readings]
    findings = [item for row in (*connections, *clusters, *host_rows) for item in row["findings"]]
    findings.sort(key=lambda item: (item["severity"] != ERROR, item["code"], item["subject"]))
    report = {
        "format": FORMAT,
        "generated": datetime.fromtimestamp(now, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "collection_version": VERSION,
        "min_days_left": limit,
        "fail_on": list(fail_on),
        "complete": not any(reading.problem for reading in readings),
        "summary": {
            "clusters": len(clusters),
            "connected": sum(row["status"] == "connect_success" for row in clusters),
            "expiring": sum(row["days_left"] is not None and row["days_left"] < limit for row in clusters),
            "hosts": len(host_rows),
            "hosts_not_registered": sum(_has(row, "not_registered") for row in host_rows),
            "errors": sum(item["severity"] == ERROR for item in findings),
            "warnings": sum(item["severity"] != ERROR for item in findings),
        },
        "connections": connections,
        "clusters": sorted(clusters, key=lambda row: (row["name"].lower(), row["cluster_id"])),
        "hosts": sorted(host_rows, key=lambda row: row["host"]),
        "findings": findings,
    }
    return dict(_clean(report))


def failures(report: Mapping[str, Any], min_days_left: int | None) -> list[str]:
    """Why the audit fails after everything is written; empty if it does not.

    :arg min_days_left: None if it is not asked for.
    """
    reasons = []
    for connection in report["connections"]:
        if connection["problem"]:
            reasons.append(f"{connection['label']}: {connection['problem']}")
    if min_days_left is not None:
        short = [
            f"{row['name']} ({row['days_left']})"
            for row in report["clusters"]
            if row["days_left"] is not None and row["days_left"] < min_days_left
        ]
        if short:
            reasons.append(f"{len(short)} with fewer than {min_days_left} days left: {_some(short)}")
    for code in dict.fromkeys(report["fail_on"]):
        subjects = list(dict.fromkeys(item["subject"] for item in report["findings"] if item["code"] == code))
        if subjects and code != "connection_failed":
            reasons.append(f"{code}: {_some(subjects)}")
    return reasons


def _connection(reading: ConnectionReading) -> dict[str, Any]:
    findings = []
    if reading.problem:
        findings.append(finding("connection_failed", "connection", reading.label, reason=reading.problem))
    findings += [finding("partly_unknown", "connection", reading.label, reason=note) for note in reading.notes]
    quotas = None
    if reading.quotas is not None:
        quotas = [
            {name: _text(row.get(name)) for name in ("version", "total_num", "used_num", "available_num")}
            for row in reading.quotas
            # HSS lists versions of which there is no quota as well.
            if row.get("total_num") or row.get("used_num")
        ]
        findings += [
            finding("no_quota", "connection", reading.label, version=row["version"])
            for row in quotas
            if row["available_num"] == 0
        ]
    return {
        "label": reading.label,
        **{name: _text(value) for name, value in reading.place.items()},
        "clusters": len(reading.clusters),
        "problem": reading.problem or None,
        "quotas": quotas,
        "findings": findings,
    }


def _cluster(reading: ConnectionReading, index: int, row: Mapping[str, Any], limit: int) -> dict[str, Any]:
    name = _text(row["cluster_name"]) or row["cluster_id"]
    status, days = row["status"], row["days_left"]
    agents = (reading.agents or {}).get(row["cluster_id"])
    ready, desired = node_counts(agents)
    reason = _text((agents or {}).get("failed_message")) or ""
    findings = []
    if days is not None and days < 0:
        findings.append(finding("expired", "cluster", name, days=-days))
    elif days is not None and days < limit:
        findings.append(finding("expires_soon", "cluster", name, days=days))
    if status in ("connect_fail", "connect_disruption"):
        findings.append(finding(status, "cluster", name, reason=reason))
    elif status == "not_connect":
        findings.append(finding("not_connect", "cluster", name))
    elif reading.agents is not None:
        installed = (agents or {}).get("installed_status")
        if agents is None or installed in (None, "none"):
            findings.append(finding("no_agents", "cluster", name))
        elif installed in FAILED:
            findings.append(finding("agents_failed", "cluster", name, status=installed, reason=reason))
        elif ready < desired or not desired:
            findings.append(finding("agents_incomplete", "cluster", name, ready=ready, desired=desired))
    protection = _protection(reading, row["cluster_id"])
    if protection and protection["protected"] < protection["nodes"]:
        findings.append(finding("unprotected", "cluster", name, **protection))
    return {
        "connection": index,
        "cluster_id": _text(row["cluster_id"]),
        "name": name,
        "provider": _text(row["provider"]),
        "server": _text(row["server"]),
        "status": _text(status),
        "version": _text(row["version"]),
        "days_left": days,
        "expires": _date(row),
        "reason": reason or None,
        "agents": None
        if agents is None
        else {"status": _text(installed_status(agents)), "ready": ready, "desired": desired},
        "protection": protection,
        "hosts": [],
        "findings": findings,
    }


def _protection(reading: ConnectionReading, cluster_id: str) -> dict[str, int] | None:
    """How many of a cluster's nodes are protected; None if HSS does not say which hosts are its nodes."""
    nodes = [host for host in reading.hosts or () if host.get("cluster_id") == cluster_id]
    if not nodes:
        return None
    return {"nodes": len(nodes), "protected": sum(host.get("protect_status") == "opened" for host in nodes)}


def _match(host: ExpectedHost, index: _Index, readings: Sequence[ConnectionReading]) -> dict[str, Any]:
    """The row of a host. Its registration gets the host's name."""
    findings = []
    if host.problem:
        findings.append(finding("host_unreadable", "host", host.host, reason=_text(host.problem)))
    key = ("cluster_id", host.cluster_id) if host.cluster_id else ("name", _text(host.name))
    matches = [row for row in index.get(key, ()) if host.connection in (None, row["connection"])]
    known = not any(readings[index].problem for index in _connections(host, readings))
    for row in matches:
        row["hosts"].append(host.host)
    if not matches and host.present and known and host.name:
        findings.append(finding("not_registered", "host", host.host, name=_text(host.name)))
    if matches and not host.present:
        findings.append(finding("should_be_removed", "host", host.host, name=_text(host.name)))
    if host.days_left is not None:
        older = [
            row for row in matches if row["days_left"] is not None and row["days_left"] + _RENEWED_DAYS < host.days_left
        ]
        if older:
            findings.append(finding("renewed_credential", "host", host.host, days=host.days_left))
    return {
        "host": _text(host.host),
        "name": _text(host.name) or None,
        "expected": host.present,
        "registered": bool(matches) if known or matches else None,
        "cluster_id": matches[0]["cluster_id"] if len(matches) == 1 else None,
        "days_left": host.days_left,
        "findings": findings,
    }


def _connections(host: ExpectedHost, readings: Sequence[ConnectionReading]) -> Iterable[int]:
    return range(len(readings)) if host.connection is None else (host.connection,)


def _find_unknown(clusters: Iterable[dict[str, Any]]) -> None:
    for row in clusters:
        if not row["hosts"]:
            row["findings"].append(finding("unknown_registration", "cluster", row["name"]))


def _find_duplicates(clusters: Iterable[dict[str, Any]]) -> None:
    servers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    names: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in clusters:
        names[row["connection"], row["name"]].append(row)
        if row["server"]:
            servers[row["server"].rstrip("/").lower()].append(row)
    for rows in servers.values():
        for row in rows if len({row["cluster_id"] for row in rows}) > 1 else ():
            others = _some([f"{other['name']} ({other['cluster_id']})" for other in rows if other is not row])
            row["findings"].append(
                finding("duplicate_server", "cluster", row["name"], server=row["server"], others=others)
            )
    for rows in names.values():
        for row in rows if len(rows) > 1 else ():
            row["findings"].append(finding("duplicate_name", "cluster", row["name"], name=row["name"]))


def _some(texts: Sequence[str], limit: int = 10) -> str:
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + more


def _has(row: Mapping[str, Any], code: str) -> bool:
    return any(item["code"] == code for item in row["findings"])


def _date(row: Mapping[str, Any]) -> str | None:
    dates = [row[name] for name in ("current_expiration_date", "certificate_expiration_date") if row.get(name)]
    dates = [date for date in dates if isinstance(date, int) and date > 0]
    return datetime.fromtimestamp(min(dates) / 1000, tz=timezone.utc).strftime("%Y-%m-%d") if dates else None


def _clean(value: Any) -> Any:
    """A value in which every text is one printable line, wherever it comes from."""
    if isinstance(value, Mapping):
        return {name: _clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return sanitize(value, _MAX_MESSAGE) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    """A text from outside in one printable line; other values as they are."""
    return sanitize(value, _MAX_TEXT) if isinstance(value, str) else value
