# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer of another form than the documented one is refused by the name of the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.schema import _FIELDS, schema_violation
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster_info


@pytest.mark.parametrize(
    "answer, words",
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
    ],
)
def test_the_first_wrong_field(answer, words):
    found = schema_violation(answer)
    assert found is None if words is None else found.startswith(words)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(sorted(_FIELDS)), inner, max_size=3),
)


@given(answer=st.dictionaries(st.sampled_from(sorted(_FIELDS)), VALUES, max_size=4))
def test_any_answer_is_judged(answer):
    assert schema_violation(answer) is None or " is not " in schema_violation(answer)


def test_it_is_told_with_the_call(transcript):
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


@pytest.mark.parametrize("total", [2, 100_000])
def test_a_listing_whose_pages_bring_nothing_new_ends(transcript, total):
    for _page in range(8):
        transcript.get(
            "https://hss.example.com/v5/p/container/kubernetes/multi-cloud/clusters",
            json={"total_num": total, "data_list": [{"cluster_id": "a"}]},
        )
    ran = run(
        hss_multicloud_cluster_info.main,
        {"endpoint": "https://hss.example.com", "project_id": "p", "access_key": "A" * 20, "secret_key": "S" * 40},
    )
    assert f"no complete list in 4 attempts (1 clusters were received, total_num is {total})" in ran.msg
