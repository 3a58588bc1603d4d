# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events for what changed between two listings: once each, and without templates."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._events.changes import changes, defused


def cluster(cluster_id="c1", status="connect_success", days=365, name="shop", **fields):
    return {"cluster_id": cluster_id, "cluster_name": name, "status": status, "days_left": days, **fields}


class Poll:
    """A series of polls."""

    def __init__(self, *limits):
        self.limits, self.state = limits or (30,), None

    def __call__(self, *clusters):
        events, self.state = changes(self.state, clusters, self.limits)
        return [(e["type"], e["cluster"]["cluster_id"], e.get("previous_status") or e.get("limit")) for e in events]


def test_a_status_is_reported_once():
    poll = Poll()
    assert poll(cluster()) == []
    assert poll(cluster(status="connect_disruption")) == [("status_changed", "c1", "connect_success")]
    assert poll(cluster(status="connect_disruption")) == []
    assert poll(cluster()) == [("status_changed", "c1", "connect_disruption")]


def test_a_limit_is_reported_once_and_again_after_a_renewal():
    poll = Poll()
    assert poll(cluster(days=30)) == []
    assert poll(cluster(days=29)) == [("expiring", "c1", 30)]
    assert poll(cluster(days=-1)) == []
    assert poll(cluster(days=400)) == []
    assert poll(cluster(days=3)) == [("expiring", "c1", 30)]


def test_each_limit_is_reported_and_only_the_least_of_several_at_once():
    poll = Poll(30, 7)
    assert poll(cluster("a", days=29), cluster("b", days=6), cluster("c", days=None)) == [
        ("expiring", "a", 30),
        ("expiring", "b", 7),
    ]
    assert poll(cluster("a", days=6), cluster("b", days=5), cluster("c", days=None)) == [("expiring", "a", 7)]
    # A renewal by a few days reaches the smaller limit only.
    assert poll(cluster("a", days=10), cluster("b", days=5), cluster("c")) == []
    assert poll(cluster("a", days=6), cluster("b", days=5), cluster("c")) == [("expiring", "a", 7)]


def test_registrations_and_removals_are_reported_except_at_the_first_poll():
    poll = Poll()
    assert poll(cluster("a")) == []
    assert poll(cluster("a"), cluster("b", days=1)) == [("registered", "b", None), ("expiring", "b", 30)]
    assert poll(cluster("b", days=1)) == [("removed", "a", "connect_success")]
    assert poll(cluster("b", days=1)) == []


def test_an_event_describes_the_cluster_with_documented_fields():
    row = cluster(days=3, provider="aws", kubeconfig="secret", version=7)
    (event,), _state = changes(None, [row], [30])
    assert event["cluster"] == {
        "cluster_id": "c1",
        "cluster_name": "shop",
        "provider": "aws",
        "server": None,
        "image_repo": None,
        "status": "connect_success",
        "version": 7,
        "current_expiration_date": None,
        "certificate_expiration_date": None,
        "days_left": 3,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop {1}", "shop {1}"),
        ("{{ x }}", "{ { x }}"),
        ("{{{{{% x", "{ { { { { % x"),
        ("{#{# x", "{ #{ # x"),
        ("{\x00{ x }}", "{ { x }}"),
        ("{\u200b{ x }}", "{ { x }}"),
        ("#jinja2: variable_start_string:'[['\n[[ 1 ]]", "# jinja2: variable_start_string:'[[' [[ 1 ]]"),
        ("\n#JINJA2:x", "# JINJA2:x"),
        ("\x1b[2Jx", "[2Jx"),
        (7, 7),
        (None, None),
    ],
)
def test_templates_are_defused(text, expected):
    assert defused(text) == expected


def test_texts_of_events_are_defused():
    poll = Poll()
    poll(cluster("{{a}}", status="{{b}}", name="{{c}}"))
    events, state = changes(poll.state, [cluster("{{a}}", status="x", name="{{c}}")], [30])
    assert "{{" not in str(events) and len(events) == 1
    events, _state = changes(state, [], [30])
    assert "{{" not in str(events) and len(events) == 1
