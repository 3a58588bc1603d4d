# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the report as CSV, a line for each registration and each host without one. No I/O."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from .findings import worst

COLUMNS = (
    "kind",
    "name",
    "cluster_id",
    "connection",
    "provider",
    "server",
    "status",
    "version",
    "days_left",
    "expires",
    "agents_ready",
    "agents_desired",
    "nodes",
    "nodes_protected",
    "hosts",
    "severity",
    "codes",
    "messages",
)


def render(report: Mapping[str, Any], language: str) -> str:
    """Returns the content of the file. It begins with a byte order mark, without which Excel does not read UTF-8."""
    message = "message_zh" if language == "zh" else "message"
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    labels = [connection["label"] for connection in report["connections"]]
    for row in report["clusters"]:
        agents, protection = row["agents"] or {}, row["protection"] or {}
        values = {
            **row,
            "kind": "cluster",
            "connection": labels[row["connection"]],
            "agents_ready": agents.get("ready"),
            "agents_desired": agents.get("desired"),
            "nodes": protection.get("nodes"),
            "nodes_protected": protection.get("protected"),
            "hosts": " ".join(row["hosts"]),
        }
        writer.writerow(_cells(values, row["findings"], message))
    for row in report["hosts"]:
        if row["findings"]:
            values = {"kind": "host", "name": row["host"], "cluster_id": row["cluster_id"]}
            writer.writerow(_cells({**values, "days_left": row["days_left"]}, row["findings"], message))
    for row in report["connections"]:
        if row["findings"]:
            writer.writerow(_cells({"kind": "connection", "name": row["label"]}, row["findings"], message))
    return "\ufeff" + output.getvalue()


def _cells(values: Mapping[str, Any], findings: list[Mapping[str, str]], message: str) -> list[Any]:
    complete = {
        **values,
        "severity": worst(findings) or "",
        "codes": " ".join(item["code"] for item in findings),
        "messages": " ".join(item[message] for item in findings),
    }
    return [_cell(complete.get(name)) for name in COLUMNS]


def _cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return "" if value is None else value
    # Full-width forms as well, which a spreadsheet may convert.
    return f"'{value}" if value.lstrip()[:1] in tuple("=+-@＝＋－＠|%") else value
