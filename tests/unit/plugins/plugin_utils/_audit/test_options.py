# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the playbook audit, and the hosts of its inventory."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.hosts import Inventory, to_result
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.options import read_options, unknown_variables


def test_values():
    options = read_options(
        {
            "hss_audit_html": "/x/a.html",
            "hss_audit_csv": "",
            "hss_audit_min_days_left": "14",
            "hss_audit_fail_on": "expired,not_registered",
            "hss_audit_connections": [{"region": "a"}],
            "unrelated": 1,
        }
    )
    assert options.files == {"html": "/x/a.html"} and options.min_days_left == 14 and options.language == "en"
    assert options.fail_on == ("expired", "not_registered") and options.connections == [{"region": "a"}]
    assert read_options({}).connections is None


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"hss_audit_fail_on": ["nothing"]}, "hss_audit_fail_on must be one or more of"),
        ({"hss_audit_language": "fr"}, "hss_audit_language must be one of"),
        ({"hss_audit_min_days_left": "x"}, "hss_audit_min_days_left"),
        ({"hss_audit_connections": []}, "hss_audit_connections: must not be empty"),
        ({"hss_audit_connections": [{"regoin": "x"}]}, "regoin"),
        ({"hss_audit_html": "/x", "hss_audit_csv": "/x"}, "two formats have the same path"),
    ],
)
def test_values_that_cannot_work_are_refused(variables, reason):
    with pytest.raises(HssError) as caught:
        read_options(variables)
    assert reason in str(caught.value)


def test_misspelled_variables_are_named():
    names = {"hss_audit_htlm": 1, "hss_audit_hosts": 1, "hss_audit_html": 1, "other": 1}
    assert unknown_variables(names) == ["hss_audit_htlm is no variable of the playbook audit; is hss_audit_html meant?"]


def test_hosts_bring_their_connections():
    inventory = Inventory(None)
    inventory.add("a", {"hss_onboard_connection": {"region": "r1"}}, None)
    inventory.add("b", {"hss_onboard_connection": {"region": "r2"}, "hss_onboard_name": "x"}, None)
    inventory.add("c", {"hss_onboard_connection": {"region": "r1"}, "hss_onboard_state": "absent"}, None)
    inventory.add("d", {"hss_onboard_cluster": {"cluster_id": "id"}}, to_result("no file", 3))
    inventory.add("e", {"hss_onboard_state": "bad"}, None)
    inventory.finish()
    assert inventory.connections == [{"region": "r1"}, {"region": "r2"}, {}]
    assert [(host.name, host.present, host.connection) for host in inventory.hosts] == [
        ("a", True, 0),
        ("x", True, 1),
        ("c", False, 0),
        ("d", True, 2),
        ("", True, None),
    ]
    assert inventory.hosts[3].cluster_id == "id" and inventory.hosts[3].days_left == 3
    assert inventory.hosts[3].problem == "no file" and "hss_onboard_state" in inventory.hosts[4].problem


def test_given_connections_are_those_of_all_hosts():
    inventory = Inventory([{"region": "r"}])
    inventory.add("a", {"hss_onboard_connection": {"region": "other"}}, None)
    inventory.finish()
    assert inventory.connections == [{"region": "r"}] and inventory.hosts[0].connection is None


def test_without_hosts_the_environment_is_used():
    inventory = Inventory(None)
    inventory.finish()
    assert inventory.connections == [{}]
