# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit finds, and when it fails."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.findings import CODES, finding
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.reading import ConnectionReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.report import (
    ExpectedHost,
    build_report,
    failures,
)

NOW = 1_800_000_000
PLACE = {"region": "r", "endpoint": "https://e", "project_id": "p", "enterprise_project_id": None}


def cluster(name="shop", days=365, status="connect_success", **fields):
    return {
        "cluster_id": f"id-{name}",
        "cluster_name": name,
        "provider": "aws",
        "server": f"https://{name}:6443",
        "image_repo": None,
        "status": status,
        "version": "v1.30",
        "current_expiration_date": None,
        "certificate_expiration_date": (NOW + days * 86_400) * 1000,
        "days_left": days,
        **fields,
    }


def agents(name="shop", ready=3, desired=3, status="install_success", **fields):
    counts = {"ready_num": ready, "desired_num": desired}
    return {f"id-{name}": {"cluster_id": f"id-{name}", "installed_status": status, "ds_info": counts, **fields}}


def reading(*clusters, label="c", **fields):
    return ConnectionReading(label, PLACE, list(clusters), **fields)


def codes(report):
    return [(item["code"], item["subject"]) for item in report["findings"]]


def build(readings, hosts=(), days=None, fail_on=()):
    return build_report(readings, hosts, days, fail_on, NOW)


@pytest.mark.parametrize(
    ("row", "fields", "expected"),
    [
        (cluster(), {}, []),
        (cluster(), {"agents": agents()}, []),
        (cluster(days=30), {}, []),
        (cluster(days=29), {}, ["expires_soon"]),
        (cluster(days=0), {}, ["expires_soon"]),
        (cluster(days=-1), {}, ["expired"]),
        (cluster(days_left=None), {}, []),
        (cluster(status="not_connect"), {"agents": {}}, ["not_connect"]),
        (cluster(status="connect_fail"), {"agents": {}}, ["connect_fail"]),
        (cluster(status="connect_disruption"), {"agents": {}}, ["connect_disruption"]),
        (cluster(), {"agents": {}}, ["no_agents"]),
        (cluster(), {"agents": agents(status="none")}, ["no_agents"]),
        (cluster(), {"agents": agents(ready=2)}, ["agents_incomplete"]),
        (cluster(), {"agents": agents(status="install_failed")}, ["agents_failed"]),
        (cluster(), {"hosts": [{"cluster_id": "id-shop", "protect_status": "opened"}]}, []),
        (cluster(), {"hosts": [{"cluster_id": "id-shop", "protect_status": "closed"}]}, ["unprotected"]),
        (cluster(), {"hosts": [{"cluster_id": "other", "protect_status": "closed"}]}, []),
        (cluster(), {"notes": ["no region"]}, ["partly_unknown"]),
        (cluster(), {"quotas": [{"version": "v", "total_num": 5, "available_num": 0}]}, ["no_quota"]),
        (cluster(), {"quotas": [{"version": "v", "total_num": 0, "available_num": 0}]}, []),
        (cluster(), {"quotas": [{"version": "v", "total_num": 5, "available_num": 1}]}, []),
    ],
)
def test_a_registration(row, fields, expected):
    assert [code for code, _subject in codes(build([reading(row, **fields)]))] == expected


def test_hss_gives_the_reason():
    fields = {"agents": agents(status="install_failed", failed_message="no \x1b[2J image")}
    report = build([reading(cluster(), **fields)])
    assert report["clusters"][0]["reason"] == "no [2J image" and "no [2J image" in report["findings"][0]["message"]
    lost = build([reading(cluster(status="connect_disruption"), **fields)])
    assert lost["findings"][0]["message"].endswith("no [2J image")


def test_the_inventory_is_compared():
    hosts = [
        ExpectedHost("cp-1", "shop", connection=0),
        ExpectedHost("cp-2", "shop", connection=0),
        ExpectedHost("cp-3", "new", connection=0),
        ExpectedHost("cp-4", "old", present=False, connection=0),
        ExpectedHost("cp-5", "gone", present=False, connection=0),
        ExpectedHost("cp-6", "", problem="hss_onboard_state: bad"),
        ExpectedHost("cp-7", "other", cluster_id="id-byid", connection=0),
    ]
    report = build([reading(cluster("shop"), cluster("old"), cluster("byid"))], hosts)
    assert sorted(codes(report)) == [
        ("host_unreadable", "cp-6"),
        ("not_registered", "cp-3"),
        ("should_be_removed", "cp-4"),
    ]
    assert {row["name"]: row["hosts"] for row in report["clusters"]} == {
        "shop": ["cp-1", "cp-2"],
        "old": ["cp-4"],
        "byid": ["cp-7"],
    }
    rows = {row["host"]: row for row in report["hosts"]}
    assert rows["cp-1"]["registered"] is True and rows["cp-3"]["registered"] is False
    assert report["summary"]["hosts_not_registered"] == 1


def test_registrations_that_no_host_answers_for():
    hosts = [ExpectedHost("cp-1", "shop")]
    assert codes(build([reading(cluster(), cluster("other"))], hosts)) == [("unknown_registration", "other")]
    assert codes(build([reading(cluster(), cluster("other"))])) == []
    # A host whose name is not known could be the one.
    unknown = [*hosts, ExpectedHost("cp-2", "", problem="x")]
    assert codes(build([reading(cluster(), cluster("other"))], unknown)) == [("host_unreadable", "cp-2")]


def test_a_host_belongs_to_its_connection():
    readings = [reading(cluster(), label="a"), reading(label="b")]
    assert codes(build(readings, [ExpectedHost("cp", "shop", connection=1)])) == [
        ("not_registered", "cp"),
        ("unknown_registration", "shop"),
    ]
    assert codes(build(readings, [ExpectedHost("cp", "shop")])) == []


def test_what_could_not_be_asked_is_not_reported_as_missing():
    readings = [reading(label="a", problem="refused")]
    report = build(readings, [ExpectedHost("cp", "shop", connection=0)])
    assert codes(report) == [("connection_failed", "a")]
    assert report["complete"] is False and report["hosts"][0]["registered"] is None
    assert failures(report, None) == ["a: refused"]


def test_a_server_that_is_registered_twice():
    rows = [cluster("a", server="https://X:6443"), cluster("b", server="https://x:6443/"), cluster("c", server=None)]
    report = build([reading(*rows), reading(cluster("d", server=None), label="e")])
    assert codes(report) == [("duplicate_server", "a"), ("duplicate_server", "b")]
    assert "b (id-b)" in report["findings"][0]["message"]
    # One registration that two connections list is not a duplicate.
    assert codes(build([reading(cluster("a")), reading(cluster("a"), label="b")])) == []


def test_a_name_that_is_registered_twice():
    rows = [cluster("a"), cluster("a", cluster_id="2", server=None)]
    assert codes(build([reading(*rows)])) == [("duplicate_name", "a")] * 2


def test_a_renewed_credential_on_the_host():
    row = cluster(days=10)
    for days, expected in ((10, 0), (11, 0), (200, 1), (5, 0)):
        report = build([reading(row)], [ExpectedHost("cp", "shop", days_left=days)])
        assert sum(code == "renewed_credential" for code, _subject in codes(report)) == expected


def test_the_audit_fails_as_asked():
    report = build([reading(cluster("a", days=9), cluster("b", days=90))], days=10, fail_on=["not_connect"])
    assert failures(report, 10) == ["1 with fewer than 10 days left: a (9)"]
    assert failures(report, None) == []
    report = build([reading(cluster("a", status="not_connect"))], fail_on=["not_connect", "expired"])
    assert failures(report, None) == ["not_connect: a"]


def test_texts_are_sanitized():
    hostile = "a\x1b[2J\u202eb\n" + "x" * 1000
    report = build([reading(cluster(hostile, provider=hostile, server=hostile, version=hostile, status=hostile))])
    for value in (report["clusters"][0][name] for name in ("name", "provider", "server", "version", "status")):
        assert value.startswith("a [2J b x") and value.isprintable() and len(value) == 500


@pytest.mark.parametrize("code", CODES)
def test_every_finding_has_two_languages_and_keeps_braces(code):
    hostile = "{0} {days} {{ x }}"
    fields = (
        "reason",
        "days",
        "name",
        "server",
        "others",
        "status",
        "ready",
        "desired",
        "protected",
        "nodes",
        "version",
    )
    found = finding(code, "cluster", "s", **dict.fromkeys(fields, hostile))
    assert found["message"] != found["message_zh"] and "{{" not in found["message"].replace(hostile, "")
