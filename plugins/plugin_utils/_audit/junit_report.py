# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the report as JUnit XML, a case for each registration and each host. No I/O."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Any

from .findings import ERROR

# What XML 1.0 does not allow, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Mapping[str, Any], language: str) -> str:
    """Returns the content of the file. A finding that is an error, or on which the audit fails, fails its case."""
    message = "message_zh" if language == "zh" else "message"
    suites = ET.Element("testsuites", {"name": "huaweicloud.hss.audit"})
    for index, connection in enumerate(report["connections"]):
        rows = [(row["name"], row) for row in report["clusters"] if row["connection"] == index]
        _add_suite(suites, connection["label"], [("connection", connection), *rows], report, message)
    if report["hosts"]:
        hosts = [(row["host"], row) for row in report["hosts"]]
        _add_suite(suites, "inventory", hosts, report, message)
    for name in ("tests", "failures"):
        suites.set(name, str(sum(int(suite.get(name) or 0) for suite in suites)))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _add_suite(
    suites: ET.Element,
    name: str,
    cases: Iterable[tuple[str, Mapping[str, Any]]],
    report: Mapping[str, Any],
    message: str,
) -> None:
    suite = ET.SubElement(suites, "testsuite", {"name": _xml(name), "timestamp": report["generated"].rstrip("Z")})
    failing, tests = 0, 0
    fail_on = report["fail_on"]
    for case_name, row in cases:
        tests += 1
        # Several registrations may have the same name.
        unique = f"{case_name} ({row['cluster_id']})" if row.get("cluster_id") and "host" not in row else case_name
        case = ET.SubElement(suite, "testcase", {"classname": _xml(f"hss.{name}"), "name": _xml(unique), "time": "0"})
        failed = [item for item in row["findings"] if item["severity"] == ERROR or item["code"] in fail_on]
        others = [item for item in row["findings"] if item not in failed]
        if failed:
            failing += 1
            codes, texts = " ".join(item["code"] for item in failed), "\n".join(item[message] for item in failed)
            failure = ET.SubElement(case, "failure", {"type": _xml(codes), "message": _xml(failed[0][message])})
            failure.text = _xml(texts)
        if others:
            output = ET.SubElement(case, "system-out")
            output.text = _xml("\n".join(f"{item['code']}: {item[message]}" for item in others))
    suite.set("tests", str(tests))
    suite.set("failures", str(failing))
    suite.set("errors", "0")
    suite.set("skipped", "0")


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
