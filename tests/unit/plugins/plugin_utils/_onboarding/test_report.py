# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: a line for each cluster and each lost host, a tally, and the result of each host."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import group_by_cluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.report import (
    host_results,
    report_lines,
    warnings_of,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables

ROW = {"cluster_id": "id-1", "cluster_name": "shop", "server": "https://10.0.0.5:6443", "status": "not_connect"}


def reading(name, cluster=None, *, problem="", unreachable=False, days_left=300, **variables):
    return HostReading(
        host=name,
        variables=Variables(cluster or name, **variables),
        problem=problem,
        unreachable=unreachable,
        server=f"https://{cluster or name}:1",
        days_left=days_left,
    )


def clusters(*readings, registered=None, row=None, problem=""):
    """The clusters of some hosts, all with the same outcome."""
    made = group_by_cluster(readings)
    for cluster in made:
        if cluster.speakers:
            cluster.registered, cluster.row = registered, dict(row or {})
            cluster.cluster_id = cluster.row.get("cluster_id")
            cluster.actions = list(registered or ())
            cluster.fail(problem)
    return made


@pytest.mark.parametrize(
    "registered, row, check_mode, line, tally",
    [
        (
            ["create"],
            ROW,
            False,
            "shop: registered, https://10.0.0.5:6443, not_connect, id id-1; not connected yet: ",
            "1 registered",
        ),
        (["create"], {}, True, "shop: would be registered", "1 would be registered"),
        (
            ["delete", "create"],
            {},
            True,
            "shop: would be removed and registered again",
            "1 would be removed and registered again",
        ),
        (
            [],
            ROW,
            False,
            "shop: unchanged, https://10.0.0.5:6443, not_connect, id id-1; not connected yet: ",
            "1 unchanged",
        ),
        (["update"], {**ROW, "status": "connect_success"}, False, "shop: updated", "1 updated"),
        (["delete"], {}, False, "shop: removed", "1 removed"),
        ([], {}, False, "shop: not registered", "1 not registered"),
    ],
)
def test_a_line_for_a_cluster(registered, row, check_mode, line, tally):
    lines = report_lines(clusters(reading("a", "shop"), registered=registered, row=row), [], check_mode)
    assert lines[0].startswith(line) and lines[1:] == [tally]


@pytest.mark.parametrize(
    "status, step",
    [
        ("not_connect", "hss_onboard_install_agent"),
        ("connect_success", "hss_onboard_protect_nodes"),
        ("connect_disruption", "proxy-agent"),
    ],
)
def test_the_next_step_is_told(status, step):
    line, _tally = report_lines(clusters(reading("a"), registered=[], row={**ROW, "status": status}), [], False)
    assert step in line


def test_failures_are_told_once_by_one_host():
    made = clusters(reading("a", "shop"), reading("b", "shop"), registered=["create"], row=ROW, problem="no quota left")
    lines = report_lines(made, [], False)
    results = host_results(made, False)
    assert lines[0].endswith("; failed, see the error of host a") and "no quota left" not in "".join(lines)
    assert results["a"]["failed"] and results["a"]["msg"].endswith("; but no quota left")
    assert results["b"]["failed"] and results["b"]["msg"] == "the cluster shop failed, see the error of host a"
    assert lines[-1] == "1 failed"


def test_a_host_that_cannot_be_read_fails_alone_if_nobody_speaks():
    made = clusters(reading("a", problem="/x is missing"), reading("b"), registered=[], row=ROW)
    results = host_results(made, False)
    assert (results["a"]["failed"], results["a"]["msg"]) == (True, "/x is missing")
    assert not results["b"]["failed"]
    assert report_lines(made, [], False)[-1] == "1 unchanged, 1 failed"


def test_a_host_that_is_passed_over_does_not_fail():
    made = clusters(reading("a", "shop", problem="/x is missing"), reading("b", "shop"), registered=[], row=ROW)
    assert not host_results(made, False)["a"]["failed"]
    assert "shop: host a was passed over: /x is missing" in report_lines(made, [], False)


@pytest.mark.parametrize("others", [[], [reading("b", "shop")]])
def test_an_unreachable_host_is_unreachable_even_if_its_cluster_is_done(others):
    made = clusters(reading("a", "shop", problem="ssh: refused", unreachable=True), *others, registered=[], row=ROW)
    result = host_results(made, False)["a"]
    assert result["unreachable"] and result["msg"] == "ssh: refused"
    assert report_lines(made, [], False)[-1] == ("1 unchanged" if others else "1 unreachable")


def test_a_credential_with_too_few_days_fails_after_all_else():
    made = clusters(
        reading("a", days_left=5, min_days_left=10),
        reading("b", days_left=10, min_days_left=10),
        registered=[],
        row=ROW,
    )
    results = host_results(made, False)
    assert (
        results["a"]["failed"]
        and "5 days left" in results["a"]["msg"]
        and "hss_onboard_min_days_left" in results["a"]["msg"]
    )
    assert not results["b"]["failed"] and results["a"]["cluster_id"] == "id-1"
    *lines, tally = report_lines(made, [], False)
    assert [line.endswith("hss_onboard_min_days_left, see the error of host a") for line in lines] == [True, False]
    assert tally == "2 unchanged, 1 with too few days left"


def test_hosts_that_were_lost_before_have_a_line_and_count():
    lines = report_lines(clusters(reading("a"), registered=[], row=ROW), ["x", "y"], False)
    assert sum(line.startswith(("x: ", "y: ")) for line in lines) == 2
    assert lines[-1] == "1 unchanged, 2 lost before"


def test_the_diff_is_shown_by_one_host():
    made = clusters(reading("a", "shop"), reading("b", "shop"), registered=["create"], row=ROW)
    made[0].diff = {"before": "", "after": "x"}
    results = host_results(made, True)
    assert results["a"]["diff"] == made[0].diff and "diff" not in results["b"]


def test_the_result_of_a_host():
    made = clusters(reading("a", "shop"), registered=["create"], row=ROW)
    result = host_results(made, False)["a"]
    assert {key: result[key] for key in result if key != "msg"} == {
        "name": "shop",
        "cluster_id": "id-1",
        "changed": True,
        "actions": ["create"],
        "status": "not_connect",
        "days_left": 300,
        "failed": False,
        "warnings": [],
    }


@pytest.mark.parametrize("row, tally", [(ROW, "1 updated"), ({}, "1 removed")])
def test_a_cluster_in_which_something_was_done_is_not_unchanged(row, tally):
    (cluster,) = made = clusters(reading("shop"), registered=[], row=row)
    cluster.did("connect" if row else "disconnect", "connection agent installed or removed")
    assert report_lines(made, [], False)[-1] == tally


def test_names_reach_the_output_without_control_characters():
    """They are shown before they are refused."""
    made = clusters(reading("a", "x\x1b[31m\u202ey\nok: fake"), problem="no\u200b")
    made[0].warnings.append("x\x1b[31m: careful")
    result = host_results(made, False)["a"]
    for text in (*report_lines(made, [], False), result["msg"], *result["warnings"], *warnings_of(made)):
        assert text.isprintable() and "\u202e" not in text
    assert result["msg"] == "no "
