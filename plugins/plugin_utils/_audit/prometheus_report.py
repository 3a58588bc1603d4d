# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the report as metrics for the textfile collector of Prometheus. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from .findings import CODES

_Samples = Iterable[tuple[Mapping[str, Any], Any]]


def render(report: Mapping[str, Any], _language: str) -> str:
    """Returns the content of the file."""
    generated = datetime.strptime(report["generated"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    connections = report["connections"]
    clusters = [(_labels(row, connections), row) for row in report["clusters"]]
    codes = [item["code"] for item in report["findings"]]
    quotas = [
        ({"connection": connection["label"], "version": quota["version"]}, quota["available_num"])
        for connection in connections
        for quota in connection["quotas"] or ()
    ]
    metrics: list[tuple[str, str, _Samples]] = [
        ("hss_audit_timestamp_seconds", "Time at which the audit was made.", [({}, int(generated.timestamp()))]),
        (
            "hss_connection_up",
            "Whether HSS could be asked through the connection.",
            [({"connection": row["label"]}, int(not row["problem"])) for row in connections],
        ),
        (
            "hss_cluster_days_left",
            "Whole days until the credential of the registered cluster expires.",
            [(labels, row["days_left"]) for labels, row in clusters],
        ),
        (
            "hss_cluster_connected",
            "Whether HSS is connected to the cluster.",
            [(labels, int(row["status"] == "connect_success")) for labels, row in clusters],
        ),
        (
            "hss_cluster_status",
            "Status of the connection between HSS and the cluster, always 1.",
            [({**labels, "status": row["status"] or "unknown"}, 1) for labels, row in clusters],
        ),
        (
            "hss_cluster_agents_ready",
            "Nodes on which the node agent is ready.",
            [(labels, row["agents"]["ready"]) for labels, row in clusters if row["agents"]],
        ),
        (
            "hss_cluster_agents_desired",
            "Nodes on which the node agent should run.",
            [(labels, row["agents"]["desired"]) for labels, row in clusters if row["agents"]],
        ),
        (
            "hss_cluster_nodes",
            "Nodes of the cluster as HSS lists them.",
            [(labels, row["protection"]["nodes"]) for labels, row in clusters if row["protection"]],
        ),
        (
            "hss_cluster_nodes_protected",
            "Nodes on which protection is open.",
            [(labels, row["protection"]["protected"]) for labels, row in clusters if row["protection"]],
        ),
        ("hss_quota_available", "Quota that is left.", quotas),
        (
            "hss_audit_hosts_not_registered",
            "Hosts of the inventory that should be registered and are not.",
            [({}, report["summary"]["hosts_not_registered"])],
        ),
        (
            "hss_audit_findings",
            "Findings of the audit.",
            [({"code": code, "severity": CODES[code][0]}, codes.count(code)) for code in CODES],
        ),
    ]
    return "".join(_metric(name, help_text, samples) for name, help_text, samples in metrics)


def _labels(row: Mapping[str, Any], connections: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cluster_id": row["cluster_id"],
        "cluster": row["name"],
        "provider": row["provider"] or "",
        "connection": connections[row["connection"]]["label"],
    }


def _metric(name: str, help_text: str, samples: _Samples) -> str:
    lines, seen = [f"# HELP {name} {help_text}\n", f"# TYPE {name} gauge\n"], set()
    for labels, value in samples:
        text = ",".join(f'{label}="{_escape(content)}"' for label, content in labels.items())
        # A cluster that is seen through two connections with the same name must not make the file invalid.
        if value is None or text in seen:
            continue
        seen.add(text)
        lines.append(f"{name}{{{text}}} {value}\n" if text else f"{name} {value}\n")
    return "".join(lines) if len(lines) > 2 else ""


def _escape(value: Any) -> str:
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", " ").replace('"', '\\"')
