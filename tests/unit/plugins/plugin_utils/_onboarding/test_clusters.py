# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts become clusters: who speaks for a cluster, and which contradictions are refused."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import group_by_cluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables

SERVER = "https://10.0.0.5:6443"


def host(
    name,
    called=None,
    *,
    problem="",
    server=SERVER,
    ca="ca",
    user="admin",
    holder="",
    days_left=300,
    options=None,
    **variables,
):
    return HostReading(
        host=name,
        variables=Variables(called or name, **variables),
        options=options or {},
        problem=problem,
        server=server if not problem else "",
        ca=ca,
        user=user,
        holder=holder,
        days_left=days_left,
    )


def test_hosts_of_one_name_are_one_cluster():
    shop, bank = group_by_cluster([host("a", "shop"), host("x", "bank", server="https://b:1"), host("b", "shop")])
    assert ([member.host for member in shop.members], [member.host for member in bank.members]) == (["a", "b"], ["x"])
    assert shop.active and bank.active


@pytest.mark.parametrize(
    "days, order",
    [((10, 300), ["b", "a"]), ((300, 300), ["a", "b"]), ((300, None), ["b", "a"]), ((None, None), ["a", "b"])],
)
def test_the_longest_lasting_credential_speaks(days, order):
    (shop,) = group_by_cluster([host("a", "shop", days_left=days[0]), host("b", "shop", days_left=days[1])])
    assert [speaker.host for speaker in shop.speakers] == order


def test_a_host_with_a_problem_does_not_speak():
    (shop,) = group_by_cluster([host("a", "shop", problem="no file"), host("b", "shop")])
    assert shop.active and shop.speaker.host == "b"
    (shop,) = group_by_cluster([host("a", "shop", problem="no file"), host("b", "shop", problem="expired")])
    assert not shop.active and shop.problem == ""


@pytest.mark.parametrize(
    "ours, theirs, named",
    [
        ({}, {"state": "absent"}, "hss_onboard_state"),
        ({}, {"provider": "aws"}, "hss_onboard_provider"),
        ({"connection": {"region": "a"}}, {"connection": {"region": "b"}}, "hss_onboard_connection"),
        ({}, {"options": {"region": "b"}}, "hss_onboard_connection"),
        ({}, {"cluster": {"organization": "b"}}, "hss_onboard_cluster"),
        ({"install_agent": True}, {}, "hss_onboard_install_agent"),
    ],
)
@pytest.mark.parametrize("problem", ["", "no file"])
def test_hosts_of_a_cluster_that_disagree_are_refused_by_name(ours, theirs, named, problem):
    """Also if one of them cannot be read: its variables show that something else is meant."""
    (shop,) = group_by_cluster([host("a", "shop", **ours), host("b", "shop", problem=problem, **theirs)])
    assert not shop.active and named in shop.problem and "the hosts a and b" in shop.problem


@pytest.mark.parametrize(
    "name, value", [("server", "x"), ("context", "x"), ("kubeconfig_path", "/x"), ("become", False)]
)
def test_what_is_each_hosts_own_may_differ(name, value):
    hosts = [host("a", "shop"), HostReading("b", Variables("shop", **{name: value}), server=SERVER, ca="ca")]
    (shop,) = group_by_cluster(hosts)
    assert shop.active


@pytest.mark.parametrize("other", [{"server": "https://10.0.0.6:6443"}, {"ca": "another"}])
def test_hosts_of_one_name_with_kubeconfigs_of_two_clusters_are_refused(other):
    (shop,) = group_by_cluster([host("a", "shop"), host("b", "shop", **other)])
    assert "different servers or CAs" in shop.problem and "the hosts a and b" in shop.problem


def test_one_cluster_under_two_names_is_refused_on_both_and_can_be_allowed():
    first, second, other = group_by_cluster([host("a"), host("b"), host("c", server="https://c:1")])
    assert first.problem == second.problem and "a (a) and b (b)" in first.problem and other.active
    assert "hss_onboard_name" in first.problem and "hss_onboard_allow_several_names" in first.problem
    clusters = group_by_cluster([host("a", allow_several_names=True), host("b", allow_several_names=True)])
    assert all(cluster.active for cluster in clusters)
    first, second = group_by_cluster([host("a", allow_several_names=True), host("b")])
    assert first.problem and second.problem


def test_two_clusters_at_one_address_are_refused_and_cannot_be_allowed():
    first, second = group_by_cluster(
        [host("a", allow_several_names=True), host("b", ca="another", allow_several_names=True)]
    )
    assert first.problem == second.problem and "different CAs" in first.problem


def test_one_address_in_two_accounts_is_no_contradiction():
    first, second = group_by_cluster([host("a", connection={"region": "a"}), host("b", connection={"region": "b"})])
    assert first.active and second.active


def test_removals_need_no_kubeconfig():
    clusters = group_by_cluster([host("a", state="absent", server=""), host("b", state="absent", server="")])
    assert all(cluster.active for cluster in clusters)


def test_different_users_are_a_warning_that_says_who_speaks():
    (shop,) = group_by_cluster([host("a", "shop", days_left=5), host("b", "shop", user="viewer")])
    assert shop.active and shop.warnings == [
        "shop: its hosts have credentials of different users (admin and viewer); that of b (viewer) is used"
    ]


def test_different_credentials_under_one_name_are_a_warning_too():
    """The name of a user is whatever the file calls it, and may hold anything."""
    hosts = [host("a", "shop", holder="admin/masters"), host("b", "shop", holder="viewer\x1b[31m\u202e")]
    (shop,) = group_by_cluster(hosts)
    assert shop.warnings == [
        "shop: its hosts have credentials of different users (admin: admin/masters and admin: viewer [31m); that of a "
        "(admin: admin/masters) is used"
    ]
    (shop,) = group_by_cluster([host("a", "shop", holder="admin/masters"), host("b", "shop", holder="admin/masters")])
    assert shop.warnings == []
