# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that do not have the documented format are refused, and undocumented fields are dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._api import base
from ansible_collections.huaweicloud.hss.plugins.module_utils._api.schema import (
    _FIELDS,
    documented_fields,
    schema_violation,
)
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster_info


@pytest.mark.parametrize(
    "response, message",
    [
        ({"total_num": 1, "data_list": [{"cluster_name": "a", "current_expiration_date": 1}]}, None),
        ({"total_num": None, "data_list": None, "cluster_name": None}, None),
        ({"unknown": object(), "inner": {"cluster_name": 7}}, None),
        ({"total_num": "1"}, "total_num is not a number up to 100000"),
        ({"total_num": True}, "total_num is not"),
        ({"total_num": -1}, "total_num is not"),
        ({"total_num": 10**6}, "total_num is not"),
        ({"data_list": {"a": 1}}, "data_list is not a list of objects"),
        ({"data_list": [1]}, "data_list is not a list of objects"),
        ({"data_list": [{}, {"cluster_name": ["a"]}]}, "cluster_name is not a text"),
        ({"current_expiration_date": "2030"}, "current_expiration_date is not a date in milliseconds"),
        ({"certificate_expiration_date": 10**18}, "certificate_expiration_date is not a date"),
        ({"certificate_expiration_date": -1}, None),
        ({"runtime_info": ["a"]}, "runtime_info is not a list of objects"),
        ({"runtime_info": [{"runtime_name": 1}]}, "runtime_name is not a text"),
        ({"schedule_info": {"node_selector": "a=b"}}, "node_selector is not a list of texts"),
        ({"schedule_info": {"node_selector": [None]}}, "node_selector is not a list of texts"),
        ({"ds_info": {"ready_num": 1.5}}, "ready_num is not a number"),
        ({"ds_info": []}, "ds_info is not an object"),
        ({"data_list": [{"is_authed": "no"}]}, "is_authed is not true or false"),
        ({"cluster_id": "x" * 256}, None),
        ({"cluster_id": "x" * 257}, "cluster_id is not an id of at most 256 visible characters"),
        ({"cluster_id": "a\u202eb"}, "cluster_id is not an id"),
        ({"version": 7, "advice": ["a"]}, None),
    ],
)
def test_the_first_invalid_field_is_named(response, message):
    violation = schema_violation(response)
    assert violation is None if message is None else violation.startswith(message)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(sorted(_FIELDS)), inner, max_size=3),
)


@given(response=st.dictionaries(st.sampled_from(sorted(_FIELDS)), VALUES, max_size=4))
def test_every_response_is_valid_or_has_a_violation(response):
    assert schema_violation(response) is None or " is not " in schema_violation(response)
    documented_fields(response)


def test_undocumented_fields_are_dropped_everywhere():
    row = {"cluster_id": "a", "version": "1", "status": None, "ds_info": {"ready_num": 1}, "runtime_info": [{}]}
    extra = {"note": "x" * 1000, "ready": {"cluster_id": "b"}}
    response = {
        "total_num": 1,
        "data_list": [{**row, **extra, "ds_info": {"ready_num": 1, **extra}, "runtime_info": [extra]}],
        **extra,
    }
    assert documented_fields(response) == {"total_num": 1, "data_list": [row]}


def test_a_field_that_is_only_shown_is_dropped_if_it_has_another_type():
    assert documented_fields({"version": 7, "advice": None, "latest_version": "yes"}) == {"advice": None}


def test_of_the_manifest_of_a_node_agent_only_its_presence_is_kept():
    assert documented_fields({"yaml_content": "kind: DaemonSet"}) == {"yaml_content": True}
    assert documented_fields({"yaml_content": None}) == {"yaml_content": None}


def test_the_message_about_an_invalid_field_names_the_request(transcript):
    transcript.get(
        "https://hss.example.com/v5/p/container/kubernetes/multi-cloud/clusters",
        json={"total_num": 1, "data_list": [{"cluster_id": "a", "cluster_name": ["\x1b[2J"]}]},
    )
    ran = run(
        hss_multicloud_cluster_info.main,
        {"endpoint": "https://hss.example.com", "project_id": "p", "access_key": "A" * 20, "secret_key": "S" * 40},
    )
    assert ran.msg == (
        "Could not list the registered clusters: the response does not have the documented format "
        "(cluster_name is not a text). Check endpoint: is it HSS, version 5?"
    )


URL = "https://hss.example.com/v5/p/container/kubernetes/multi-cloud/clusters"


def info(**options):
    connection = {"project_id": "p", "access_key": "A" * 20, "secret_key": "S" * 40, "max_retries": 0}
    return run(hss_multicloud_cluster_info.main, {"endpoint": "https://hss.example.com", **connection, **options})


@pytest.mark.parametrize("total", [2, 100_000])
def test_a_listing_whose_pages_bring_nothing_new_ends(transcript, total):
    for _page in range(8):
        transcript.get(URL, json={"total_num": total, "data_list": [{"cluster_id": "a"}]})
    assert f"no complete list in 4 attempts (1 clusters were received, total_num is {total})" in info().msg


def pages(transcript, url, total, sizes, **fields):
    """Registers pages with these numbers of rows, each row with another id."""
    number = 0
    for size in sizes:
        rows = [{"cluster_id": f"c{number + index}", **fields} for index in range(size)]
        transcript.get(url, json={"total_num": total, "data_list": rows})
        number += size


@pytest.mark.parametrize("sizes", [[200, 200, 50], [200, 150, 50, 30, 20]])
def test_a_listing_may_have_two_pages_more_than_it_needs(transcript, sizes):
    pages(transcript, URL, 450, sizes)
    assert len(info().result["clusters"]) == 450


def test_a_listing_with_more_pages_is_an_error(transcript):
    pages(transcript, URL, 450, [1] * 6)
    ran = info()
    assert "the list is not read any further, since it has more pages than its 450 rows need" in ran.msg
    assert ran.result["failure"]["outcome"] == "rejected"


@pytest.mark.parametrize("limit, failed", [(40_000, False), (30_000, True)])
def test_the_size_of_a_listing_is_limited(transcript, monkeypatch, limit, failed):
    """Undocumented fields count as well."""
    monkeypatch.setattr(base, "MAX_LISTING_BYTES", limit)
    pages(transcript, URL, 300, [200, 100], note="x" * 75)
    ran = info()
    assert ran.failed == failed and ("since it has more than" in ran.msg) == failed


@pytest.mark.parametrize("seconds, failed", [(599, False), (601, True)])
def test_the_time_of_a_listing_is_limited(transcript, monkeypatch, seconds, failed):
    clock = iter([0.0])
    monkeypatch.setattr(base.time, "monotonic", lambda: next(clock, float(seconds)))
    pages(transcript, URL, 3, [3])
    ran = info()
    assert ran.failed == failed and ("since it took more than 600 seconds" in ran.msg) == failed


@pytest.mark.parametrize("count, message", [(5, None), (6, "more pages than its 600 rows need")])
def test_the_pages_of_permissions_are_limited(transcript, count, message):
    transcript.get(URL, json={"total_num": 1, "data_list": [{"cluster_id": "a"}]})
    pages(transcript, f"{URL}/a/permissions", 600, [1] * 5 + [0] if count == 6 else [150] * 4)
    ran = info(include=["permissions"])
    if message:
        assert message in str(ran.warnings) and ran.result["clusters"][0]["permissions"] is None
    else:
        assert len(ran.result["clusters"][0]["permissions"]) == 600


def test_the_size_of_permissions_is_limited(transcript):
    transcript.get(URL, json={"total_num": 1, "data_list": [{"cluster_id": "a"}]})
    pages(transcript, f"{URL}/a/permissions", 2, [2], advice="x" * 1024 * 600)
    ran = info(include=["permissions"])
    assert "since it has more than 1 MiB" in str(ran.warnings) and ran.result["clusters"][0]["permissions"] is None
