# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node agent as wanted and as HSS has it become a plan: what is compared, what is sent, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import groups_of_equals, other_entries
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.desired import desire
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.plan import (
    Observed,
    needs_template,
    plan,
    with_retry,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.status import is_ready, status_text

ID = "6f2b5593"
CLUSTER = {"cluster_id": ID, "cluster_name": "shop", "status": "connect_success"}
CONTAINERD = {"runtime_name": "containerd_endpoint", "runtime_path": "/run/containerd/containerd.sock"}
DOCKER = {"runtime_name": "docker_endpoint", "runtime_path": "/var/run/docker.sock"}
TEMPLATE = {
    "is_default": True,
    "runtime_info": [CONTAINERD, DOCKER],
    "schedule_info": {"node_selector": [], "pod_tolerances": ["a:NoSchedule"]},
}
THERE = {
    "installed_status": "install_success",
    "ds_info": {"desired_num": 3, "current_num": 3, "ready_num": 3},
    "yaml_content": "kind: DaemonSet",
    "runtime_info": [CONTAINERD, DOCKER],
    "schedule_info": {"node_selector": ["a=b", "c=d"], "pod_tolerances": ["a:NoSchedule"]},
    "resource_info": {"mode": "customized", "cpu_limit": "1", "mem_limit": "1Gi"},
}


def planned(there=None, *, version=None, state="present", **options):
    """The plan; cluster= and template= are other ones than usual, and what else there is are options."""
    cluster, template = options.pop("cluster", CLUSTER), options.pop("template", TEMPLATE)
    desired = desire({"cluster_id": ID, **options}, state)
    return plan(desired, Observed(cluster, there, version), template)


# --- creating ---------------------------------------------------------------------------------------------------------


def test_what_is_not_given_comes_from_the_template_and_the_registration():
    made = planned()
    assert made.actions == ("create",)
    assert made.body == {
        "cluster_name": "shop",
        "auto_upgrade": True,
        "runtime_info": TEMPLATE["runtime_info"],
        "schedule_info": TEMPLATE["schedule_info"],
    }


def test_what_is_given_is_sent():
    made = planned(
        cluster_name="till",
        auto_upgrade=False,
        runtime_info=[{"runtime_name": "crio_endpoint", "runtime_path": "/x"}, {"runtime_name": "docker_endpoint"}],
        schedule_info={"node_selector": ["c=d", " a=b ", "c=d"], "pod_tolerances": None},
        resource_info={"mode": None, "cpu_limit": "500m", "mem_limit": ""},
    )
    assert made.body == {
        "cluster_name": "till",
        "auto_upgrade": False,
        # A path that was not given is the template's.
        "runtime_info": [{"runtime_name": "crio_endpoint", "runtime_path": "/x"}, DOCKER],
        "schedule_info": {"node_selector": ["c=d", "a=b"], "pod_tolerances": ["a:NoSchedule"]},
        "resource_info": {"mode": "customized", "cpu_limit": "500m"},
    }


def test_a_version_is_set_by_an_update_and_not_upgraded_away_from():
    made = planned(agent_version="3.2.1")
    assert made.actions == ("create", "update")
    assert "agent_version" not in made.body
    assert made.changes == {**made.body, "agent_version": "3.2.1"}
    assert made.body["auto_upgrade"] is False
    assert planned(agent_version="3.2.1", auto_upgrade=True).body["auto_upgrade"] is True


@pytest.mark.parametrize("template", [{}, {"runtime_info": None}, {"runtime_info": [], "schedule_info": None}])
def test_without_a_runtime_nothing_is_created(template):
    with pytest.raises(HssError, match="runtime_info: is needed"):
        planned(template=template)
    made = planned(template=template, runtime_info=[{"runtime_name": "docker_endpoint"}])
    assert made.body["runtime_info"] == [{"runtime_name": "docker_endpoint"}] and "schedule_info" not in made.body


BOTH = {"node_selector": [], "pod_tolerances": []}


@pytest.mark.parametrize(
    "there, options, needed",
    [
        (None, {}, True),
        (None, {"runtime_info": [DOCKER]}, True),
        (None, {"runtime_info": [DOCKER], "schedule_info": {"node_selector": []}}, True),
        (None, {"runtime_info": [{"runtime_name": "docker_endpoint"}], "schedule_info": BOTH}, True),
        (None, {"runtime_info": [DOCKER], "schedule_info": BOTH}, False),
        (THERE, {}, False),
    ],
)
def test_the_template_is_asked_for_only_if_something_of_it_is_needed(there, options, needed):
    assert needs_template(desire({"cluster_id": ID, **options}, "present"), Observed(CLUSTER, there)) is needed
    assert not needs_template(desire({"cluster_id": ID, **options}, "present"), Observed(None, there))
    assert not needs_template(desire({"cluster_id": ID, **options}, "absent"), Observed(CLUSTER, there))


# --- comparing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cluster_name": "till"},
        {"auto_upgrade": False},
        {"runtime_info": [DOCKER, CONTAINERD]},
        {"runtime_info": [{"runtime_name": "docker_endpoint"}, {"runtime_name": "containerd_endpoint"}]},
        {"schedule_info": {}},
        {"schedule_info": {"node_selector": ["c=d", "a=b"]}},
        {"schedule_info": {"node_selector": ["c=d", "a=b", "a=b"], "pod_tolerances": ["a:NoSchedule"]}},
        {"resource_info": {"mode": "customized"}},
        {"resource_info": {"cpu_limit": "1000m"}},
        {"resource_info": {"cpu_limit": "1.0", "mem_limit": "1024Mi"}},
        {"resource_info": {"mem_limit": "1073741824"}},
        {"agent_version": "3.2.1"},
    ],
)
def test_what_is_as_wanted_is_left_alone(options):
    made = planned(THERE, version="3.2.1", **options)
    assert (made.actions, made.before) == ((), made.after)


@pytest.mark.parametrize(
    "options, changed",
    [
        ({"runtime_info": [DOCKER]}, {"runtime_info": [DOCKER]}),
        (
            {"runtime_info": [{**DOCKER, "runtime_path": "/d"}, {"runtime_name": "containerd_endpoint"}]},
            {"runtime_info": [{**DOCKER, "runtime_path": "/d"}, CONTAINERD]},
        ),
        (
            {"schedule_info": {"node_selector": []}},
            {"schedule_info": {"node_selector": [], "pod_tolerances": ["a:NoSchedule"]}},
        ),
        (
            {"schedule_info": {"pod_tolerances": ["b:NoExecute"]}},
            {"schedule_info": {"node_selector": ["a=b", "c=d"], "pod_tolerances": ["b:NoExecute"]}},
        ),
        (
            {"resource_info": {"mem_limit": "2Gi"}},
            {"resource_info": {"mode": "customized", "cpu_limit": "1", "mem_limit": "2Gi"}},
        ),
        # The limits of one mode are not those of another.
        ({"resource_info": {"mode": "adaptive"}}, {"resource_info": {"mode": "adaptive"}}),
        ({"agent_version": "9"}, {"agent_version": "9", "auto_upgrade": False}),
        ({"auto_upgrade": False, "runtime_info": [DOCKER]}, {"auto_upgrade": False, "runtime_info": [DOCKER]}),
    ],
)
def test_an_update_changes_what_was_given_and_keeps_the_rest(options, changed):
    made = planned(THERE, version="3.2.1", **options)
    assert made.actions == ("update",)
    kept = {name: THERE[name] for name in ("runtime_info", "schedule_info", "resource_info")}
    assert made.changes == {"cluster_name": "shop", "auto_upgrade": True, **kept, **changed}
    assert made.before != made.after


def test_an_update_needs_to_know_the_runtimes():
    with pytest.raises(HssError, match="runtime_info: is needed to change"):
        planned({**THERE, "runtime_info": []}, schedule_info={"node_selector": []})


def test_a_version_that_hss_does_not_report_is_a_warning_and_no_change():
    made = planned(THERE, agent_version="9")
    assert made.actions == () and "does not report the agent_version" in made.warnings[0]
    assert planned(THERE, version="8", agent_version="9").actions == ("update",)


@pytest.mark.parametrize("schedule", [None, {}, {"node_selector": ["a=b", "c=d"], "pod_tolerances": None}])
def test_tolerances_that_hss_does_not_report_are_a_warning_and_no_change(schedule):
    there = {**THERE, "schedule_info": schedule}
    made = planned(there, schedule_info={"pod_tolerances": ["x"]})
    assert made.actions == () and "does not report the pod_tolerances" in made.warnings[0]
    # They are sent together with another change.
    made = planned(there, schedule_info={"pod_tolerances": ["x"]}, runtime_info=[CONTAINERD])
    assert made.changes["schedule_info"]["pod_tolerances"] == ["x"]
    for reported in ([], ["y"]):
        there["schedule_info"] = {"pod_tolerances": reported}
        assert planned(there, schedule_info={"pod_tolerances": ["x"]}).actions == ("update",)


@pytest.mark.parametrize("missing", ["runtime_info", "yaml_content"])
def test_one_half_of_a_node_agent_is_neither_created_nor_done(missing):
    half = {**THERE, missing: None}
    assert not is_ready(half) and status_text(half).startswith("in transition, ")
    with pytest.raises(HssError, match="only a part of the node agent"):
        planned(half)
    assert planned(half, state="absent").actions == ("delete",)


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        ("install_success", True),
        ("upgrade_success", True),
        ("upgrade_failed", True),
        (None, True),
        ("installing", False),
        ("upgrading", False),
        ("install_failed", False),
        ("partially_success", False),
    ],
)
def test_resources_are_changed_only_where_hss_takes_them(status, changed):
    there = {**THERE, "installed_status": status}
    made = planned(there, resource_info={"cpu_limit": "2"})
    assert (made.actions, bool(made.warnings)) == ((("update",), False) if changed else ((), True))
    made = planned(there, resource_info={"cpu_limit": "2"}, runtime_info=[CONTAINERD])
    assert made.actions == ("update",)
    assert made.changes["resource_info"]["cpu_limit"] == ("2" if changed else THERE["resource_info"]["cpu_limit"])


@pytest.mark.parametrize(
    ("limits", "warned"),
    [
        ({"cpu_limit": "200m", "mem_limit": "500M"}, []),
        ({"cpu_limit": "8", "mem_limit": "1200Mi"}, []),
        ({"cpu_limit": "0.1"}, ["cpu_limit"]),
        ({"cpu_limit": "8001m", "mem_limit": "2Gi"}, ["cpu_limit", "mem_limit"]),
        ({"mem_limit": "512"}, ["mem_limit"]),
    ],
)
def test_limits_outside_of_the_documented_ranges_are_warnings(limits, warned):
    for made in (planned(resource_info=limits), planned(THERE, resource_info=limits)):
        assert [text.split(":")[0] for text in made.warnings] == [f"resource_info.{name}" for name in warned]


def test_the_diff_has_a_line_for_each_thing():
    made = planned(THERE, version="1", schedule_info={"node_selector": ["x=y"]}, agent_version="2")
    lines = {key: (made.before.get(key), made.after.get(key)) for key in {**made.before, **made.after}}
    assert {key: pair for key, pair in lines.items() if pair[0] != pair[1]} == {
        "schedule_info.node_selector": ("a=b, c=d", "x=y"),
        "agent_version": ("1", "2"),
    }


def test_what_hss_still_shows_otherwise_is_told_in_words():
    made = planned(THERE, schedule_info={"node_selector": []}, runtime_info=[DOCKER], resource_info={"cpu_limit": "2"})
    assert set(made.deviations(THERE).split("; ")) == {
        "resource_info.cpu_limit is 1, the options say 2",
        "runtime_info.containerd_endpoint is /run/containerd/containerd.sock, the options say none",
        "schedule_info.node_selector is a=b, c=d, the options say none",
    }
    assert made.deviations({**THERE, **made.expected}) == ""


# --- refusing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["not_connect", "connect_fail", "connect_disruption", None])
def test_nothing_is_sent_through_a_tunnel_that_is_not_there(status):
    cluster = {**CLUSTER, "status": status}
    for there, options in ((None, {}), (THERE, {"schedule_info": {"node_selector": []}})):
        with pytest.raises(HssError, match=f"HSS is not connected to the cluster, its status is {status}") as caught:
            planned(there, cluster=cluster, **options)
        assert caught.value.outcome == "not_sent" and "hss_multicloud_agent_info" in str(caught.value)
    unchanged = planned(THERE, cluster=cluster)
    assert unchanged.actions == () and "may be outdated" in unchanged.warnings[0]
    assert planned(THERE, cluster=cluster, state="absent").actions == ("delete",)


def test_an_unknown_cluster():
    with pytest.raises(HssError, match=f"cluster_id: no multi-cloud cluster {ID} is registered") as caught:
        planned(cluster=None)
    assert caught.value.outcome == "not_sent"
    assert planned(THERE, cluster=None, state="absent").actions == ()


def test_removing():
    assert planned(THERE, state="absent").actions == ("delete",)
    assert planned(None, state="absent").actions == ()
    # What would be wrong with state=present does not matter.
    assert planned(THERE, state="absent", runtime_info=[]).actions == ("delete",)


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"cluster_id": " "}, "cluster_id: is not an id"),
        ({"cluster_id": "x" * 257}, "cluster_id: is not an id"),
        ({"cluster_id": "a\nb"}, "cluster_id: is not an id"),
        ({"runtime_info": []}, "runtime_info: names no runtime"),
        ({"runtime_info": [DOCKER, {"runtime_name": "docker_endpoint"}]}, "runtime_info: names docker_endpoint twice"),
        ({"schedule_info": {"node_selector": ["a=b", " "]}}, "schedule_info.node_selector[1]: is not a label"),
        (
            {"schedule_info": {"pod_tolerances": [{"key": "a", "effect": "NoSchedul"}]}},
            "schedule_info.pod_tolerances[0]:",
        ),
        (
            {"runtime_info": [{"runtime_name": "docker_endpoint", "runtime_path": "run/docker.sock"}]},
            "runtime_info.docker_endpoint: needs the absolute path",
        ),
        ({"resource_info": {"mem_limit": "lots"}}, "resource_info.mem_limit: is not a quantity"),
        ({"resource_info": {"cpu_limit": "-1"}}, "resource_info.cpu_limit: is not a quantity"),
        ({"resource_info": {"cpu_limit": "0"}}, "resource_info.cpu_limit: is not a quantity"),
        ({"resource_info": {"cpu_limit": "1" * 33}}, "resource_info.cpu_limit: has more than 32 characters"),
        (
            {"resource_info": {"mode": "default", "mem_limit": "1Gi"}},
            "resource_info.mem_limit: cannot be combined",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_the_options_name(options, reason):
    with pytest.raises(HssError) as caught:
        desire({"cluster_id": ID, **options}, "present")
    assert str(caught.value).startswith(reason) and caught.value.outcome == "not_sent"


def test_entries_with_the_same_value_are_grouped():
    assert groups_of_equals(["a", "b", "a", None, "c", "b", None, "a"]) == [[0, 2, 7], [1, 5]]
    assert groups_of_equals(["a", "b", None, None]) == []
    assert other_entries("daemonsets", [0, 2, 7], 2) == "daemonsets[0] and daemonsets[7]"


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status, numbers, ready",
    [
        ("install_success", (3, 3), True),
        ("upgrade_success", (3, 3), True),
        ("install_success", (2, 3), False),
        ("installing", (3, 3), False),
        ("install_success", (0, 0), False),
        ("partially_success", (3, 3), False),
        ("none", (0, 0), False),
    ],
)
def test_ready_is_all_of_them_and_a_success(status, numbers, ready):
    there = {"installed_status": status, "ds_info": dict(zip(("ready_num", "desired_num"), numbers, strict=True))}
    assert is_ready(there) is ready
    assert status_text(there) == f"{status}, {numbers[0]} of {numbers[1]} ready"


def test_words_for_what_hss_does_not_say():
    assert status_text(None) == "absent" and not is_ready(None)
    assert status_text({"ds_info": None, "installed_status": None}) == "None, 0 of 0 ready"


@pytest.mark.parametrize("status", ["install_failed", "partially_success", "upgrade_failed"])
def test_a_failed_node_agent_that_is_as_desired_is_requested_again(status):
    there = {**THERE, "installed_status": status}
    made = with_retry(planned(there))
    assert made.actions == ("update",) and made.changes["runtime_info"] == THERE["runtime_info"]
    assert made.before["installed_status"] == status and status in made.after["installed_status"]
    assert {**made.before, "installed_status": ""} == {**made.after, "installed_status": ""}


@pytest.mark.parametrize(
    "there",
    [
        {**THERE, "installed_status": "install_success"},
        {**THERE, "installed_status": "installing"},
        {**THERE, "installed_status": "install_failed", "runtime_info": []},
    ],
)
def test_any_other_node_agent_that_is_as_desired_is_left_alone(there):
    assert with_retry(planned(there)).actions == ()


def test_a_failed_node_agent_is_not_requested_again_without_a_connection_or_to_remove_it():
    failed = {**THERE, "installed_status": "install_failed"}
    made = planned(failed)
    disconnected = replace(made, observed=replace(made.observed, cluster={"cluster_id": ID, "status": "connect_fail"}))
    assert with_retry(disconnected) == disconnected
    removal = planned(failed, state="absent")
    assert with_retry(removal) == removal


# --- whatever the options are -----------------------------------------------------------------------------------------

PATHS = st.none() | st.sampled_from(["/a.sock", "/b.sock"])
RUNTIMES = st.dictionaries(st.sampled_from(["docker_endpoint", "crio_endpoint", "podman_endpoint"]), PATHS, min_size=1)
WORDS = st.lists(st.sampled_from(["a=b", "c=d", "e=f"]), max_size=4)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "auto_upgrade": st.booleans(),
        "runtime_info": RUNTIMES.map(
            lambda found: [{"runtime_name": name, "runtime_path": path} for name, path in found.items()]
        ),
        "schedule_info": st.fixed_dictionaries({}, optional={"node_selector": WORDS, "pod_tolerances": WORDS}),
        "resource_info": st.fixed_dictionaries(
            {},
            optional={"cpu_limit": st.sampled_from(["1", "1000m", "2"]), "mem_limit": st.sampled_from(["1Gi", "512M"])},
        ),
        "agent_version": st.sampled_from(["1", "2"]),
    },
)


def carried_out(made, version):
    """What HSS has afterwards, if it does what it is sent."""
    there = made.observed.daemonset
    for sent in (made.body, made.changes):
        if sent:
            there = {name: sent.get(name) for name in ("runtime_info", "schedule_info", "resource_info")}
            there["yaml_content"] = "kind: DaemonSet"
            version = sent.get("agent_version", version)
    return there, version


@given(first=OPTIONS, second=OPTIONS)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(first, second):
    there, version = None, "1"
    for options in (first, second):
        made = planned(there, version=version, **options)
        there, version = carried_out(made, version)
        again = planned(there, version=version, **options)
        assert again.actions == ()
        # The diff told what would be shown.
        assert {**made.after, "agent_version": version} == {**again.before, "agent_version": version}


@given(options=OPTIONS, data=st.data())
def test_the_order_in_lists_means_nothing(options, data):
    there, version = carried_out(planned(version="1", **options), "1")
    shuffled = {
        **there,
        "runtime_info": data.draw(st.permutations(there["runtime_info"])),
        "schedule_info": {
            name: data.draw(st.permutations(words)) for name, words in (there["schedule_info"] or {}).items()
        },
    }
    assert planned(shuffled, version=version, **options).actions == ()
