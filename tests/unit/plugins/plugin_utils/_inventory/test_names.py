# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of hosts and groups are safe and unique, whatever HSS reports."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._inventory.names import group_names, host_names

ID = "6f2b5593-7855"


def cluster(name, cluster_id=ID, **fields):
    return {"cluster_id": cluster_id, "cluster_name": name, **fields}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop-prod", "shop-prod"),
        ("shop.example.com", "shop.example.com"),
        ("客户-集群", "客户-集群"),
        ("Zu\u0308rich", "Zürich"),  # one letter and a combining mark are the same name as one letter
        ("a b,c:d[1:3]&!~e", "a_b_c_d_1_3_e"),
        ("../../etc/passwd", "etc_passwd"),
        ("-oProxyCommand=x", "oProxyCommand_x"),
        ("{{ lookup('pipe', 'id') }}", "lookup_pipe_id"),
        ("a\x1b[31m\u202eb\nc", "a_31m_b_c"),
        ("x" * 300, "x" * 80),
        ("", ID),
        (None, ID),
        ("///", ID),
        ("localhost", f"localhost_{ID}"),
        ("LOCALHOST", f"LOCALHOST_{ID}"),
        ("127.0.0.1", f"127.0.0.1_{ID}"),
        ("all", f"all_{ID}"),
        ("hss_clusters", f"hss_clusters_{ID}"),
        ("webservers", f"webservers_{ID}"),
    ],
)
def test_a_name_is_safe(name, expected):
    assert host_names([cluster(name)], reserved=["webservers"]) == {ID: expected}


def test_every_cluster_of_a_repeated_name_gets_its_id_in_any_order():
    clusters = [cluster("shop", "b"), cluster("shop", "a"), cluster("other", "c"), cluster("shop\n", "d")]
    expected = {"a": "shop_a", "b": "shop_b", "c": "other", "d": "shop_d"}
    assert host_names(clusters) == host_names(reversed(clusters)) == expected


def test_a_name_that_is_made_does_not_replace_a_cluster_that_is_called_so():
    names = host_names([cluster("shop", "1"), cluster("shop", "2"), cluster("shop_1", "3")])
    assert names["3"] == "shop_1" and re.fullmatch("shop_1_[0-9a-f]{16}", names["1"]) and names["2"] == "shop_2"


@given(
    st.dictionaries(st.text(min_size=1, max_size=6), st.sampled_from(["a", "a_1", "", "all", "b/c", "b c"]) | st.text())
)
def test_any_names_are_unique_and_safe(names):
    hosts = host_names([cluster(name, cluster_id) for cluster_id, name in names.items()], reserved=["b_c"])
    assert set(hosts) == set(names) and len(set(hosts.values())) == len(names)
    for host in hosts.values():
        assert re.fullmatch(r"\w[\w.-]*", host) and ".." not in host and len(host.encode()) < 255
        assert host not in ("all", "localhost", "b_c")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"provider": "aws", "status": "connect_success", "days_left": 30},
            ["hss_provider_aws", "hss_status_connect_success"],
        ),
        ({"provider": "aws", "days_left": 29}, ["hss_provider_aws", "hss_expiring"]),
        ({"days_left": -1}, ["hss_expiring"]),
        ({"provider": None, "status": "", "days_left": None}, []),
        ({"provider": "A {{ x }}/../b", "days_left": None}, ["hss_provider_a_x_b"]),
        ({"status": "!!", "days_left": None}, []),
    ],
)
def test_groups(fields, expected):
    assert group_names(fields, 30) == expected
