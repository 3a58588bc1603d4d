# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as HSS lists it and the desired protection become a plan: what is done, what is refused, what it costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import (
    AGENT_STATUSES,
    CHARGING_MODES,
    CONTAINER_VERSION,
    NO_VERSION,
    PROTECT_STATUSES,
    VERSIONS,
    Desired,
    same_address,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.plan import (
    is_switched,
    plan_host,
    problem,
    quota_of,
    quota_shortage,
)

OPENED = Desired("opened", ("c",), charging_mode="packet_cycle")
CLOSED = Desired("closed", ("c",))
REMOVED = Desired("closed", ("c",), uninstall_agents=True)
PREMIUM = "hss.version.premium"


def host(status="closed", agent="online", version=None, **fields):
    is_open = status not in ("closed", None)
    return {
        "host_id": "h",
        "host_name": "node",
        "protect_status": status,
        "agent_status": agent,
        "version": version or (CONTAINER_VERSION if is_open else NO_VERSION),
        "charging_mode": "packet_cycle" if is_open else None,
        **fields,
    }


@pytest.mark.parametrize(
    ("desired", "row", "actions"),
    [
        (OPENED, host(), ("open",)),
        (OPENED, host(version=""), ("open",)),
        (OPENED, host(version=CONTAINER_VERSION), ("open",)),
        (OPENED, host(version=PREMIUM), ("open",)),
        (OPENED, host(None), ("open",)),
        (OPENED, host("opened"), ()),
        (OPENED, host("opened", "offline"), ()),
        (OPENED, host("protection_exception"), ()),
        (OPENED, host(agent="installed"), ("open",)),
        (CLOSED, host(), ()),
        (CLOSED, host("opened"), ("close",)),
        (CLOSED, host("protection_exception", "offline"), ("close",)),
        (CLOSED, host("opened", version=PREMIUM), ()),
        (REMOVED, host("opened"), ("close", "uninstall")),
        (REMOVED, host("opened", "offline"), ("close",)),
        (REMOVED, host(), ("uninstall",)),
        (REMOVED, host(agent="not_installed"), ()),
        (REMOVED, host(agent=None), ()),
        (REMOVED, host("opened", version=PREMIUM), ("uninstall",)),
    ],
)
def test_what_is_done(desired, row, actions):
    assert plan_host(desired, row).actions == actions


@pytest.mark.parametrize(
    ("row", "message", "may_come"),
    [
        (host(agent="offline"), "the agent is offline", True),
        (host(agent="installing"), "the agent is installing", True),
        (host(agent=None), "the agent is unknown to HSS", True),
        (host(agent="install_failed", install_result_code="os_arch_not_support"), "os_arch_not_support", False),
        (host("opened", version=PREMIUM), PREMIUM, False),
        (host("protection_exception", version=PREMIUM), PREMIUM, False),
        ({**host("opened"), "version": None}, "not named", False),
    ],
)
def test_what_cannot_be_opened(row, message, may_come):
    with pytest.raises(HssError, match=message):
        plan_host(OPENED, row)
    if may_come:
        assert plan_host(OPENED, row, agents_may_come=True).actions == ("open",)
    else:
        with pytest.raises(HssError, match=message):
            plan_host(OPENED, row, agents_may_come=True)


HOSTS = st.builds(
    host,
    status=st.sampled_from([*PROTECT_STATUSES, None, ""]),
    agent=st.sampled_from([*AGENT_STATUSES, None]),
    version=st.sampled_from([*VERSIONS, ""]),
    charging_mode=st.sampled_from([*CHARGING_MODES, None]),
)


@given(row=HOSTS, desired=st.sampled_from([OPENED, CLOSED, REMOVED]))
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(row, desired):
    try:
        made = plan_host(desired, row)
    except HssError:
        return
    again = plan_host(desired, made.expected)
    assert again.actions == () and again.before == made.after
    # Only what the plan says changes: whatever is not switched stays as it is, and costs what it did.
    if not made.actions:
        assert made.before == made.after
    assert is_switched(made.expected, opened=True) is (
        desired.opens if made.actions[:1] in (("open",), ("close",)) else is_switched(row, opened=True)
    )


@given(row=HOSTS)
def test_no_other_edition_is_ever_switched(row):
    if row["version"] in (CONTAINER_VERSION, NO_VERSION) or row["protect_status"] in ("closed", None, ""):
        return
    assert not {"open", "close"} & set(plan_host(CLOSED, row).actions)
    with pytest.raises(HssError):
        plan_host(OPENED, row)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"protect_degradation": True}, None),
        ({"status": "protection_exception"}, "its status is protection_exception"),
        ({"protect_interrupt": True}, "it is interrupted"),
        (
            {"protect_interrupt": True, "interrupt_reason": "disk", "agent": "offline"},
            "it is interrupted (disk) and the agent is offline",
        ),
        ({"agent": "offline"}, None),
    ],
)
def test_why_open_protection_does_not_work(fields, reason):
    assert problem(host(**{"status": "opened", **fields})) == reason


ROW = {"version": CONTAINER_VERSION, "total_num": 10, "used_num": 8, "available_num": 2}


@pytest.mark.parametrize(
    ("rows", "needed", "resource_id", "message"),
    [
        ([ROW], 2, None, None),
        ([ROW], 3, None, "3 nodes need one, and 2 are left of 10"),
        ([ROW], 0, "r", None),
        ([], 1, None, "1 node needs one, and 0 are left of 0"),
        ([{**ROW, "version": PREMIUM}], 1, None, "0 are left of 0"),
        ([{**ROW, "available_num": None}], 1, None, "0 are left"),
        ([{**ROW, "available_resources_list": [{"resource_id": "r"}]}], 1, "r", None),
        ([{**ROW, "available_resources_list": []}], 1, "r", "resource_id: HSS lists no free quota r"),
        ([ROW], 1, "r", None),
    ],
)
def test_the_quota_is_compared_with_the_nodes_that_need_one(rows, needed, resource_id, message):
    desired = Desired("opened", ("c",), charging_mode="packet_cycle", resource_id=resource_id)
    error = quota_shortage(desired, quota_of(rows), needed)
    assert (message in str(error)) if message else error is None
    assert quota_shortage(Desired("opened", ("c",), charging_mode="on_demand"), quota_of([]), 5) is None


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:0DB8:0:0::1", True),
        ("192.0.2.1", "192.0.2.10", False),
        ("node", "node", False),
        (None, "192.0.2.1", False),
        ("", "", False),
    ],
)
def test_addresses_are_compared_in_whatever_spelling(first, second, same):
    assert same_address(first, second) is same
