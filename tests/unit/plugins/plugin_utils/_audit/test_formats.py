# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each file of the audit is read by a parser of its format, and no text from outside becomes markup or a formula."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import stat
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import html5lib
import pytest
import xmlschema
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit import (
    csv_report,
    html_report,
    json_report,
    junit_report,
    prometheus_report,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.files import check_paths, write_file
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.reading import ConnectionReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.report import ExpectedHost, build_report

NOW = 1_800_000_000
ATTACKS = [
    "=cmd|' /C calc'!A0",
    '+1","=2',
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\uff1d1",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "</td></tr></table><img src=x onerror=alert(1)>",
    "]]><x/><!--",
    "&amp;&lt;&bogus;",
    'a"} 1\nevil_metric{x="y',
    "back\\slash\\",
    "new\r\nline",
    "\x00\x0b\x1b[2J\ufffe\ud800\u202e",
    "{{ lookup('pipe', 'id') }}",
    "数据平台 🚀",
    "",
]


def make_report(attack=None, fail_on=()):
    def text(plain):
        return plain if attack is None else attack

    row = {
        "cluster_id": text("id-1"),
        "cluster_name": text("shop"),
        "provider": text("aws"),
        "server": text("https://10.0.0.5:6443"),
        "image_repo": None,
        "status": text("connect_success"),
        "version": text("v1.30"),
        "current_expiration_date": None,
        "certificate_expiration_date": (NOW + 10 * 86_400) * 1000,
        "days_left": 10,
    }
    plain = {**row, "cluster_id": "id-2", "cluster_name": "billing", "server": None, "status": "connect_fail"}
    plain = {**plain, "days_left": None, "certificate_expiration_date": None}
    agents = {
        row["cluster_id"]: {
            "installed_status": "install_failed",
            "failed_message": text("no image"),
            "ds_info": {"ready_num": 1, "desired_num": 3},
        }
    }
    quotas = [{"version": text("v"), "total_num": 5, "used_num": 1, "available_num": 4}]
    nodes = [{"cluster_id": row["cluster_id"], "protect_status": state} for state in ("opened", "closed")]
    readings = [
        ConnectionReading(text("eu"), {"region": text("eu")}, [row, plain], agents, nodes, quotas),
        ConnectionReading("cn", {"region": "cn"}, problem=text("refused"), notes=[text("note")]),
    ]
    hosts = [ExpectedHost("cp-1", text("shop"), problem=text("bad")), ExpectedHost("cp-2", "new", connection=0)]
    return build_report(readings, hosts, None, fail_on, NOW)


@pytest.fixture(params=["en", "zh"])
def language(request):
    return request.param


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json_has_the_documented_shape():
    parsed = json.loads(json_report.render(make_report(), "en"))
    assert list(parsed) == [
        *("format", "generated", "collection_version", "min_days_left", "fail_on", "complete", "summary"),
        *("connections", "clusters", "hosts", "findings"),
    ]
    assert parsed["format"] == 1 and parsed["generated"] == "2027-01-15T08:00:00Z"
    assert list(parsed["clusters"][1]) == [
        *("connection", "cluster_id", "name", "provider", "server", "status", "version", "days_left", "expires"),
        *("reason", "agents", "protection", "hosts", "findings"),
    ]
    assert parsed["clusters"][1]["agents"] == {"status": "install_failed", "ready": 1, "desired": 3}
    assert parsed["clusters"][1]["protection"] == {"nodes": 2, "protected": 1}
    assert list(parsed["hosts"][0]) == [
        *("host", "name", "expected", "registered", "cluster_id", "days_left", "findings")
    ]
    assert list(parsed["findings"][0]) == ["code", "severity", "kind", "subject", "message", "message_zh"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_json_of_any_text(attack, language):
    json.loads(json_report.render(make_report(attack), language).encode())


# --- CSV --------------------------------------------------------------------------------------------------------------


def read_csv(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


def test_csv_has_a_line_for_each_registration_and_problem():
    rows = read_csv(csv_report.render(make_report(), "en"))
    assert [(row["kind"], row["name"], row["severity"]) for row in rows] == [
        ("cluster", "billing", "error"),
        ("cluster", "shop", "error"),
        ("host", "cp-1", "warning"),
        ("host", "cp-2", "error"),
        ("connection", "cn", "error"),
    ]
    assert (rows[1]["days_left"], rows[1]["agents_ready"], rows[1]["nodes_protected"]) == ("10", "1", "1")
    assert rows[1]["codes"] == "expires_soon agents_failed unprotected" and rows[0]["days_left"] == ""


@pytest.mark.parametrize("attack", ATTACKS)
def test_csv_has_no_formula(attack, language):
    rows = read_csv(csv_report.render(make_report(attack), language))
    assert len(rows) in (4, 5)  # without a problem, a connection has no line
    for row in rows:
        assert None not in row and None not in row.values()
        for name, value in row.items():
            number = name in ("days_left", "agents_ready", "agents_desired", "nodes", "nodes_protected")
            assert number or value.strip()[:1] not in tuple("=+-@＝"), (name, value)
            assert "\n" not in value and "\r" not in value


# --- JUnit ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def junit_schema():
    return xmlschema.XMLSchema11(Path(__file__).with_name("junit.xsd"))


def test_junit_has_a_case_for_each_registration():
    root = ET.fromstring(junit_report.render(make_report(), "en"))
    suites = {suite.get("name"): suite for suite in root}
    assert root.tag == "testsuites" and list(suites) == ["eu", "cn", "inventory"]
    assert [case.get("name") for case in suites["eu"]] == ["connection", "billing (id-2)", "shop (id-1)"]
    assert [case.get("name") for case in suites["inventory"]] == ["cp-1", "cp-2"]
    failing = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failing == ["billing (id-2)", "shop (id-1)", "connection", "cp-2"]
    assert (root.get("tests"), root.get("failures")) == ("6", "4")
    shop = suites["eu"][2]
    assert shop.find("failure").get("type") == "agents_failed" and "expires_soon" in shop.find("system-out").text
    strict = ET.fromstring(junit_report.render(make_report(fail_on=["expires_soon"]), "en"))
    assert "expires_soon" in strict[0][2].find("failure").get("type")


@pytest.mark.parametrize("attack", ATTACKS)
def test_junit_of_any_text_is_valid(attack, language, junit_schema):
    text = junit_report.render(make_report(attack), language)
    root = ET.fromstring(text.encode("utf-8"))
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure", "system-out"}
    junit_schema.validate(root)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('failures="4"', 'failures="3"'),
        ('name="shop (id-1)"', 'name="billing (id-2)"'),
        ('08:00:00"', '08:00:00Z"'),
        ('time="0"', 'time="soon"'),
        ("<system-out>", "<system-out><b/>"),
        (' skipped="0"', ""),
    ],
)
def test_the_schema_of_junit_finds_mistakes(old, new, junit_schema):
    text = junit_report.render(make_report(), "en")
    junit_schema.validate(text)
    assert old in text and not junit_schema.is_valid(text.replace(old, new, 1))


# --- Prometheus -------------------------------------------------------------------------------------------------------


def metrics(text):
    assert text.endswith("\n")
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_prometheus_has_documented_metrics():
    found = metrics(prometheus_report.render(make_report(), "en"))
    assert all(family.type == "gauge" and family.documentation for family in found.values())
    labels = {"cluster_id": "id-1", "cluster": "shop", "provider": "aws", "connection": "eu"}
    (days,) = found["hss_cluster_days_left"].samples  # none for the cluster without a date
    assert (days.labels, days.value) == (labels, 10)
    assert {sample.labels["cluster"]: sample.value for sample in found["hss_cluster_connected"].samples} == {
        "billing": 0,
        "shop": 1,
    }
    assert found["hss_cluster_status"].samples[0].labels["status"] == "connect_fail"
    assert [sample.value for sample in found["hss_connection_up"].samples] == [1, 0]
    assert found["hss_quota_available"].samples[0].value == 4
    assert found["hss_audit_timestamp_seconds"].samples[0].value == NOW
    counts = {sample.labels["code"]: sample.value for sample in found["hss_audit_findings"].samples}
    assert (counts["connection_failed"], counts["no_quota"]) == (1, 0)


@pytest.mark.parametrize("attack", ATTACKS)
def test_prometheus_of_any_text(attack, language):
    plain, hostile = (metrics(prometheus_report.render(make_report(text), language)) for text in (None, attack))
    assert set(hostile) == set(plain)
    for name, family in hostile.items():
        assert len(family.samples) <= len(plain[name].samples)
        for sample in family.samples:
            assert set(sample.labels) == set(plain[name].samples[0].labels)


def test_prometheus_has_no_sample_twice():
    report = make_report()
    report["clusters"] += report["clusters"]
    text = prometheus_report.render(report, "en")
    samples = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(samples) == len(set(samples))


# --- HTML -------------------------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """Collects the elements as a browser sees them, and checks that they are nested correctly."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _value in attrs}) == len(attrs)
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))


def namespaced(root):
    return {element.tag.rpartition("}")[2] for element in root.iter()}


def test_html_is_self_contained_accessible_and_sortable(language):
    text = html_report.render(make_report(), language)
    page = Elements(text)
    tags = [tag for tag, _attributes in page.found]
    assert text.startswith("<!DOCTYPE html>") and tags[0] == "html"
    assert page.found[0][1]["lang"] == ("zh-CN" if language == "zh" else "en")
    assert {"main", "header", "nav", "h1", "title"} <= set(tags) and tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption") == tags.count("thead") == 3
    for tag, attributes in page.found:
        # Nothing from outside the file, and nothing that runs but the one script.
        assert not {"src", "href", "action", "style"} & set(attributes), attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "th":
            assert attributes["scope"] in ("col", "row")
        if tag == "th" and attributes["scope"] == "col":
            assert attributes["aria-sort"] == "none"
        if tag == "button":
            assert attributes["type"] == "button"
    assert (
        "url(" not in text and "@import" not in text and "prefers-color-scheme: dark" in text and "@media print" in text
    )
    both = [attributes for _tag, attributes in page.found if "data-en" in attributes]
    assert both and all(attributes["data-zh"] for attributes in both)


def test_html_names_the_connection_of_each_cluster_only_if_there_are_several():
    several = make_report()
    one = {**several, "connections": several["connections"][:1]}
    for report, count in ((several, 2), (one, 1)):
        text = html_report.render(report, "en")
        assert text.count(">Connection</button>") == count
        page = ET.fromstring(text.partition("\n")[2])
        for table in page.iter("{http://www.w3.org/1999/xhtml}table"):
            assert len({len(row) for row in table.iter("{http://www.w3.org/1999/xhtml}tr")}) == 1


def test_html_allows_its_own_script_and_style_only():
    page = Elements(html_report.render(make_report(), "en"))
    policy = next(a["content"] for _tag, a in page.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        content = "".join(data for element, data in page.texts if element == tag)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_of_any_text_is_valid_and_has_no_other_elements(attack, language):
    plain, hostile = (html_report.render(make_report(text), language) for text in (None, attack))
    # Raises an error for all that the standard calls one, even if browsers repair it.
    html5lib.HTMLParser(strict=True).parse(hostile.encode(), transport_encoding="utf-8")
    expected, found = Elements(plain), Elements(hostile)
    tags, known = ([tag for tag, _attributes in page.found] for page in (found, expected))
    assert set(tags) <= set(known) and tags.count("script") == tags.count("style") == 1 and tags.count("table") == 3
    allowed = {name for _tag, attributes in expected.found for name in attributes}
    assert {name for _tag, attributes in found.found for name in attributes} <= allowed
    # It is well-formed XML as well, so that no parser can read it in another way.
    assert namespaced(ET.fromstring(hostile.partition("\n")[2])) <= {tag for tag, _a in expected.found}


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_as_a_whole_and_readable_for_collectors(tmp_path):
    path = tmp_path / "hss.prom"
    path.write_text("old")
    before = os.umask(0o022)
    try:
        with path.open() as reader:
            write_file("hss_audit_prometheus", str(path), "new\n")
            assert reader.read() == "old"
    finally:
        os.umask(before)
    assert path.read_text() == "new\n" and stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["hss.prom"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "hss.prom"
    path.write_text("old")

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(HssError, match="hss_audit_prometheus: .*No space left on device"):
        write_file("hss_audit_prometheus", str(path), "new")
    assert path.read_text() == "old" and [entry.name for entry in tmp_path.iterdir()] == ["hss.prom"]


@pytest.mark.parametrize(("name", "reason"), [("no/x", "does not exist or is not writable"), ("", "is a folder")])
def test_a_path_that_cannot_be_written_is_refused(tmp_path, name, reason):
    with pytest.raises(HssError, match=re.escape(reason)):
        check_paths({"hss_audit_html": str(tmp_path / name)})
