# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of protection, which clusters of a play get the quotas that are left, and the numbers of nodes."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import protection
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import group_by_cluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.register import Connected
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.report import host_results
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import (
    InvalidVariable,
    Variables,
    read_variables,
)

OPEN = {"version": "hss.version.container.enterprise", "protect_status": "opened"}
CLOSED = {"version": "hss.version.null", "protect_status": "closed"}


def clusters(*names, **variables):
    variables = {"protect_nodes": True, "charging_mode": "packet_cycle", **variables}
    made = group_by_cluster(
        HostReading(name, Variables(name, **variables), server=f"https://{name}:1") for name in names
    )
    for cluster in made:
        cluster.cluster_id = f"id-{cluster.name}"
    return made


class Api:
    """HSS with some quotas, and with hosts by the ids of their clusters."""

    def __init__(self, left, hosts):
        self.left, self.hosts, self.listed = left, hosts, []

    def require_region(self):
        pass

    def show_quotas(self, version, _mode):
        return [{"version": version, "total_num": 100, "used_num": 100 - self.left, "available_num": self.left}]

    def list_hosts(self, filters):
        self.listed.append(filters["cluster_id"])
        rows = [{"cluster_id": filters["cluster_id"], **row} for row in self.hosts.get(filters["cluster_id"], [])]
        rows.append({"cluster_id": "other", **OPEN})
        return [{"host_id": f"{filters['cluster_id']}-{number}", **row} for number, row in enumerate(rows)]

    def list_daemonsets(self):
        return self.hosts["daemonsets"]

    def api(self):
        return self


def connected(made, left=0, hosts=None):
    return Connected(Api(left, hosts or {}), Redactor(), made, lambda _text: None)


@pytest.mark.parametrize(
    "left, counts, hosts, admitted",
    [
        (6, {"id-a": 3, "id-b": 3}, {}, "ab"),
        (5, {"id-a": 3, "id-b": 3}, {}, "a"),
        (3, {"id-a": 5, "id-b": 3}, {}, "b"),
        (3, {"id-a": 5, "id-b": 3}, {"id-a": [OPEN] * 5}, "ab"),
        (2, {"id-a": 5, "id-b": 3}, {"id-a": [OPEN] * 2 + [CLOSED] * 3, "id-b": [OPEN]}, "b"),
        (0, {"id-a": 1, "id-b": 1}, {"id-a": [OPEN], "id-b": [OPEN]}, "ab"),
        (1, {}, {}, "a"),
        (0, {"id-a": 2}, {"id-a": [OPEN] * 3}, "a"),
    ],
)
def test_the_quotas_are_shared_in_the_order_of_the_play(left, counts, hosts, admitted):
    made = clusters("a", "b")
    protection.admit(connected(made, left, hosts), made, counts)
    assert "".join(cluster.name for cluster in made if cluster.active) == admitted


def test_hosts_are_listed_only_if_the_quotas_may_not_be_enough():
    for left, listed in ((6, []), (5, ["id-a", "id-b"])):
        session = connected(clusters("a", "b"), left)
        protection.admit(session, session.clusters, {"id-a": 3, "id-b": 3})
        assert sorted(session.session.listed) == listed


@pytest.mark.parametrize(
    "variables",
    [{"charging_mode": "on_demand"}, {"charging_mode": None}, {"protect_nodes": False}, {"state": "absent"}],
)
def test_what_takes_no_quotas_needs_none(variables):
    made = clusters("a", **variables)
    protection.admit(connected(made), made, {"id-a": 3})
    assert made[0].active


@pytest.mark.parametrize(
    "row, daemonset, count",
    [
        ({"node_num": 12}, {}, 12),
        ({"node_num": 12, "ds_info": {"desired_num": 10}}, {}, 10),
        ({"node_num": 12, "ds_info": {"desired_num": 0}}, {}, 12),
        ({"node_num": 12}, {"schedule_info": {"node_selector": ["a=b"]}}, None),
        ({"node_num": 12, "ds_info": {"desired_num": 10}}, {"schedule_info": {"node_selector": ["a=b"]}}, 10),
        ({"node_num": 0}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_number_of_nodes_before_agents_are_installed(row, daemonset, count):
    made = clusters("a", daemonset=daemonset)
    session = connected(made, hosts={"daemonsets": [{"cluster_id": "id-a", **row}]})
    assert protection.node_counts_of(session, made).get("id-a") == count


@pytest.mark.parametrize(
    "variables, named",
    [
        ({}, None),
        ({"charging_mode": "packet_cycle"}, "hss_onboard_charging_mode"),
        ({"charging_mode": "packet_cycle", "protect_nodes": True}, None),
        ({"uninstall_agents": True}, None),
        ({"uninstall_agents": True, "state": "absent"}, "hss_onboard_uninstall_agents"),
        ({"charging_mode": "packet_cycle", "state": "absent"}, None),
    ],
)
def test_variables_without_effect_are_named(variables, named):
    (cluster,) = clusters("a", **{"protect_nodes": False, "charging_mode": None, **variables})
    protection.warn_about_variables(cluster)
    assert bool(cluster.warnings) is bool(named) and all(str(named) in text for text in cluster.warnings)


def test_nothing_pays_unless_it_is_said():
    assert read_variables({"hss_onboard_name": "a"}).charging_mode is None
    with pytest.raises(InvalidVariable, match="hss_onboard_charging_mode"):
        read_variables({"hss_onboard_name": "a", "hss_onboard_charging_mode": "free"})


def test_the_result_has_the_numbers_of_nodes():
    (cluster,) = clusters("a")
    assert "nodes" not in host_results([cluster], False)["a"]
    cluster.nodes = {"desired": 3, "agents": 2, "protected": 1}
    assert host_results([cluster], False)["a"]["nodes"] == cluster.nodes
