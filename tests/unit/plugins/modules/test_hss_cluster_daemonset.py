# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of node agents run for real over strict transcripts: every exchange, in order, and nothing else."""

from __future__ import annotations

import json

import pytest
import requests
from modules import run
from responses import matchers

from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_daemonset,
    hss_cluster_daemonset_info,
    hss_cluster_daemonsets,
)

BASE = "https://hss.example.com/v5/project-1/container/kubernetes"
CLUSTERS, LIST, TEMPLATE = f"{BASE}/multi-cloud/clusters", f"{BASE}/clusters/daemonsets", f"{BASE}/template"
ID = "6f2b5593"
ONE = f"{BASE}/clusters/{ID}/daemonsets"
CONNECTION = {
    "endpoint": "https://hss.example.com",
    "project_id": "project-1",
    "region": "cn-north-4",
    "access_key": "AKAKAKAKAKAKAKAKAKAK",
    "secret_key": "SKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSK",
    "max_retries": 1,
}
PAGE = {"offset": "0", "limit": "200"}
REGION = matchers.header_matcher({"region": "cn-north-4"})
ROW = {"cluster_id": ID, "cluster_name": "shop", "status": "connect_success"}
DOCKER = {"runtime_name": "docker_endpoint", "runtime_path": "/var/run/docker.sock"}
OFFER = {"is_default": True, "runtime_info": [DOCKER], "schedule_info": {"node_selector": [], "pod_tolerances": ["a"]}}
BODY = {"cluster_name": "shop", "auto_upgrade": True, **{k: OFFER[k] for k in ("runtime_info", "schedule_info")}}
LOOKS = 4


def module(main=hss_cluster_daemonset.main, *, check=False, **options):
    options = {"cluster_id": ID, **options} if main is hss_cluster_daemonset.main else options
    return run(main, {**CONNECTION, **options}, check=check)


def detail(status="installing", ready=0, desired=3, **fields):
    return {
        "yaml_content": "kind: DaemonSet",
        "node_num": 3,
        "runtime_info": [DOCKER],
        "cluster_status": "Available",
        "ds_info": {"desired_num": desired, "current_num": desired, "ready_num": ready},
        "installed_status": status,
        "schedule_info": OFFER["schedule_info"],
        "resource_info": None,
        **fields,
    }


NONE = {**detail("none"), "runtime_info": None, "yaml_content": None, "ds_info": None, "schedule_info": None}
RUNNING = detail("install_success", 3)


class Transcript:
    """What HSS is asked, and answers."""

    def __init__(self, transcript):
        self.raw = transcript

    def cluster(self, *rows, cluster_id=ID):
        query = matchers.query_param_matcher({"cluster_id": cluster_id, **PAGE} if cluster_id else PAGE)
        self.raw.get(CLUSTERS, json={"total_num": len(rows), "data_list": list(rows)}, match=[query])
        return self

    def shows(self, *details, cluster_id=ID):
        for each in details:
            self.raw.get(ONE.replace(ID, cluster_id), json=each)
        return self

    def listed(self, *rows, query=None):
        match = [REGION, matchers.query_param_matcher({**PAGE, **(query or {})})]
        self.raw.get(LIST, json={"total_num": len(rows), "data_list": list(rows)}, match=match)
        return self

    def template(self):
        self.raw.get(TEMPLATE, json=OFFER)
        return self

    def creates(self, wanted=BODY, **answer):
        self.raw.post(ONE, match=[matchers.json_params_matcher(wanted)], **answer)
        return self

    def updates(self, **answer):
        self.raw.put(ONE, match=[REGION], **answer)
        return self

    def deletes(self, **answer):
        self.raw.delete(ONE, match=[REGION], **answer)
        return self

    def sent(self, number):
        return json.loads(self.raw.calls[number].request.body)


@pytest.fixture
def hss(transcript):
    return Transcript(transcript)


# --- installing -------------------------------------------------------------------------------------------------------


def test_absent_is_created_from_the_template_and_read_back(hss):
    hss.cluster(ROW).shows(NONE).template().creates().shows(detail())
    ran = module()
    assert (ran.result["changed"], ran.result["actions"], ran.result["cluster_id"]) == (True, ["create"], ID)
    assert ran.result["daemonset"] == {name: value for name, value in detail().items() if name != "yaml_content"}
    assert (
        ran.result["diff"]["before"] == "" and "runtime_info.docker_endpoint: /var/run" in ran.result["diff"]["after"]
    )


@pytest.mark.parametrize("reported, warned", [(["a=b"], False), ([], True), (None, True)])
def test_a_value_that_is_not_reported_as_it_was_sent_is_a_warning(hss, reported, warned):
    schedule = {"node_selector": ["a=b"], "pod_tolerances": ["a"]}
    hss.cluster(ROW).shows(NONE).template().creates({**BODY, "schedule_info": schedule})
    hss.shows(detail(schedule_info={**schedule, "node_selector": reported}))
    ran = module(schedule_info={"node_selector": ["a=b"]})
    assert (ran.failed, ran.result["actions"]) == (False, ["create"])
    assert any("schedule_info.node_selector is not set, the options say a=b" in text for text in ran.warnings) == warned


def test_what_is_as_wanted_is_read_once_and_nothing_else(hss):
    hss.cluster(ROW).shows(RUNNING)
    ran = module()
    assert (ran.result["changed"], ran.result["actions"]) == (False, [])
    assert ran.result["diff"]["before"] == ran.result["diff"]["after"]


def test_a_complete_description_needs_no_template(hss):
    options = {"runtime_info": [DOCKER], "schedule_info": {"node_selector": [], "pod_tolerances": ["a"]}}
    hss.cluster(ROW).shows(NONE).creates().shows(detail())
    assert module(**options).result["actions"] == ["create"]


def test_check_mode_says_the_same_and_sends_nothing(hss):
    hss.cluster(ROW).shows(NONE).template()
    checked = module(check=True, wait=True).result
    hss.cluster(ROW).shows(NONE).template().creates().shows(detail())
    real = module().result
    assert [checked[key] for key in ("changed", "actions", "diff")] == [
        real[key] for key in ("changed", "actions", "diff")
    ]
    assert checked["daemonset"].items() <= real["daemonset"].items() and "progress" not in checked


def test_200_and_none_there_is_an_error_that_says_what_to_do(hss, pauses):
    hss.cluster(ROW).shows(NONE).template().creates().shows(*[NONE] * LOOKS)
    ran = module()
    assert ran.failed and "accepted the request to install" in ran.msg and "there is none" in ran.msg
    assert "connect_success" in ran.msg and "include=[permissions]" in ran.msg
    assert (ran.result["changed"], ran.result["actions"], pauses) == (False, [], [1, 2, 4])
    assert ran.result["failure"]["operation"] == "CreateAgentDaemonset"


def test_it_may_show_a_little_later(hss):
    hss.cluster(ROW).shows(NONE).template().creates().shows(NONE, NONE, detail())
    assert module().result["actions"] == ["create"]


def test_what_is_refused_is_not_looked_for(hss):
    answer = {"error_code": "HSS.0001", "error_msg": "no such runtime"}
    hss.cluster(ROW).shows(NONE).template().creates(status=400, json=answer)
    ran = module()
    assert ran.failed and "HSS.0001: no such runtime" in ran.msg and ran.result["failure"]["outcome"] == "rejected"


LOST = {
    "time-out": {"body": requests.exceptions.ReadTimeout()},
    "reset": {"body": ConnectionResetError()},
    "503": {"status": 503},
    "HTML": {"body": "<html>"},
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_lost_answer_is_settled_by_reading(hss, answer):
    hss.cluster(ROW).shows(NONE).template().creates(**answer).shows(NONE, detail())
    ran = module()
    assert (ran.failed, ran.result["changed"], ran.result["actions"]) == (False, True, ["create"])


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_only_after_reading_none_it_is_sent_again(hss, answer):
    hss.cluster(ROW).shows(NONE).template().creates(**answer).shows(*[NONE] * LOOKS).creates().shows(detail())
    assert module().result["actions"] == ["create"]


def test_lost_twice_is_unknown(hss):
    hss.cluster(ROW).shows(NONE).template()
    for _try in range(2):
        hss.creates(**LOST["reset"]).shows(*[NONE] * LOOKS)
    ran = module()
    assert ran.failed and ran.result["failure"]["outcome"] == "unknown" and "Run again" in ran.msg
    assert ran.result["changed"] is False


def test_what_cannot_be_read_back_is_unknown(hss):
    hss.cluster(ROW).shows(NONE).template().creates()
    hss.raw.get(ONE, status=400, json={"error_code": "HSS.0010"})
    ran = module()
    assert ran.failed and "its effect could not be read" in ran.msg and "HSS.0010" in ran.msg
    assert ran.result["failure"]["outcome"] == "unknown"


def test_a_version_is_set_after_the_installation_and_checked_if_it_is_waited_for(hss):
    row = {"cluster_id": ID, "agent_version": "9.9.9"}
    hss.cluster(ROW).listed({**row, "agent_version": None}).shows(NONE).template()
    hss.creates({**BODY, "auto_upgrade": False}).shows(detail()).updates()
    hss.shows(detail("upgrading", 1), detail("upgrade_success", 3)).listed(row)
    ran = module(agent_version="9.9.9", wait=True)
    assert (ran.failed, ran.result["actions"]) == (False, ["create", "update"])
    assert hss.sent(6)["agent_version"] == "9.9.9"


def test_a_version_that_hss_passes_over_is_an_error(hss):
    row = {"cluster_id": ID, "agent_version": "3.2.20"}
    hss.cluster(ROW).listed(row).shows(RUNNING).updates().shows(RUNNING, RUNNING).listed(row)
    ran = module(agent_version="9.9.9", wait=True)
    assert ran.failed and "its version is 3.2.20 and not 9.9.9" in ran.msg and "CCE clusters only" in ran.msg


# --- changing ---------------------------------------------------------------------------------------------------------

SELECTED = {"schedule_info": {"node_selector": ["a=b"], "pod_tolerances": ["a"]}}


def test_an_update_keeps_what_was_not_given_and_is_read_back(hss):
    before = {**RUNNING, "resource_info": {"mode": "adaptive", "cpu_limit": None, "mem_limit": None}}
    hss.cluster(ROW).shows(before).updates().shows({**before, **SELECTED})
    ran = module(schedule_info={"node_selector": ["a=b"]})
    assert ran.result["actions"] == ["update"]
    assert hss.sent(2) == {**BODY, **SELECTED, "resource_info": {"mode": "adaptive"}}


def test_an_update_that_does_nothing_is_an_error_with_both_values(hss):
    hss.cluster(ROW).shows(RUNNING).updates().shows(*[RUNNING] * LOOKS)
    ran = module(schedule_info={"node_selector": ["a=b"]})
    assert ran.failed and "schedule_info.node_selector is not set, the options say a=b" in ran.msg
    assert (ran.result["changed"], ran.result["failure"]["operation"]) == (False, "UpdateAgentDaemonset")


def test_an_update_that_was_not_answered_is_settled_by_reading(hss):
    hss.cluster(ROW).shows(RUNNING).updates(status=503).updates(status=503).shows({**RUNNING, **SELECTED})
    ran = module(schedule_info={"node_selector": ["a=b"]})
    assert (ran.failed, ran.result["actions"]) == (False, ["update"])


def test_an_unanswered_update_of_the_version_alone_is_unknown(hss):
    row = {"cluster_id": ID, "agent_version": "1"}
    hss.cluster(ROW).listed(row).shows(RUNNING).updates(status=503).updates(status=503)
    ran = module(agent_version="2")
    assert ran.msg.startswith("Could not change the node agent") and ran.result["failure"]["outcome"] == "unknown"


def test_removed_while_it_was_changed(hss):
    hss.cluster(ROW).shows(RUNNING).updates().shows(*[NONE] * LOOKS)
    assert "was removed while it was changed" in module(schedule_info={"node_selector": ["a=b"]}).msg


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_waiting_looks_until_all_are_ready(hss, pauses):
    hss.cluster(ROW).shows(NONE).template().creates().shows(
        detail(ready=0), detail(ready=1), detail(ready=1), detail("install_success", 2), RUNNING
    )
    ran = module(wait=True)
    assert (ran.failed, ran.result["daemonset"]["ds_info"]["ready_num"]) == (False, 3)
    assert pauses == [10, 12.5, 15.625, 19.53125]
    assert [line.split(" s: ")[1] for line in ran.result["progress"]] == [
        "installing, 0 of 3 ready",
        "installing, 1 of 3 ready",
        "install_success, 2 of 3 ready",
        "install_success, 3 of 3 ready",
    ]


def test_waiting_for_what_is_ready_asks_no_more(hss, pauses):
    hss.cluster(ROW).shows(RUNNING)
    ran = module(wait=True)
    assert (ran.result["changed"], ran.result["progress"], pauses) == (
        False,
        ["0 s: install_success, 3 of 3 ready"],
        [],
    )


FAILURES = ["install_failed", "partially_success", "upgrade_failed"]


@pytest.mark.parametrize("status", FAILURES)
def test_a_failure_that_remains_for_a_minute_ends_waiting_with_the_reason_of_hss(hss, pauses, status):
    row = {"cluster_id": ID, "failed_message": "the image cannot be pulled"}
    hss.cluster(ROW).shows(detail("installing"), *[detail(status, 1)] * 5).listed(row)
    ran = module(wait=True)
    assert ran.failed and f"does not run: {status}, 1 of 3 ready: the image cannot be pulled" in ran.msg
    assert "kubectl -n hss get pods" in ran.msg and ran.result["failure"]["outcome"] == "rejected"
    # The failure came with the first pause.
    assert sum(pauses[1:-1]) < 60 <= sum(pauses[1:])


@pytest.mark.parametrize("status", FAILURES)
def test_a_failure_that_goes_does_not_end_waiting(hss, status):
    failing, installing = detail(status, 2), detail("installing", 2)
    hss.cluster(ROW).shows(installing, failing, failing, installing, failing, failing, failing, RUNNING)
    assert not module(wait=True).failed


def test_a_failure_is_reported_if_the_time_is_up_before_it_is_believed(hss):
    hss.cluster(ROW).shows(detail("installing"), detail("install_failed")).listed()
    ran = module(wait=True, wait_timeout=15)
    assert ran.failed and "does not run: install_failed" in ran.msg


def test_a_failure_is_reported_without_a_reason_if_that_cannot_be_read(hss):
    hss.cluster(ROW).shows(detail("installing"), *[detail("install_failed")] * 5)
    hss.raw.get(LIST, status=400, json={"error_code": "HSS.0010"})
    assert "does not run: install_failed" in module(wait=True).msg


@pytest.mark.parametrize("status", FAILURES)
def test_what_failed_before_the_run_is_requested_again(hss, status):
    hss.cluster(ROW).shows(detail(status, 1)).updates().shows(detail(status, 1), detail("installing", 1), RUNNING)
    ran = module(wait=True)
    assert (ran.failed, ran.result["actions"]) == (False, ["update"])
    assert hss.sent(2)["runtime_info"] == [DOCKER]
    assert f"installed_status: {status}" in ran.result["diff"]["before"]


def test_a_failure_is_a_warning_if_the_module_does_not_wait(hss):
    row = {"cluster_id": ID, "failed_message": "the image cannot be pulled"}
    failed = detail("install_failed", 2)
    hss.cluster(ROW).shows(failed).updates().shows(failed).listed(row)
    ran = module()
    assert (ran.failed, ran.result["changed"]) == (False, True)
    assert "does not run: install_failed, 2 of 3 ready: the image cannot be pulled" in ran.warnings[0]
    hss.cluster(ROW).shows(failed)
    assert module(check=True).result["actions"] == ["update"]


@pytest.mark.parametrize("stale", [RUNNING, detail("install_failed", 1)])
def test_after_an_update_the_first_look_is_not_believed(hss, stale):
    hss.cluster(ROW).shows(stale).updates().shows(
        {**stale, **SELECTED}, {**detail("installing", 1), **SELECTED}, {**RUNNING, **SELECTED}
    )
    ran = module(schedule_info={"node_selector": ["a=b"]}, wait=True)
    assert (ran.failed, len(ran.result["progress"])) == (False, 3)


def test_in_vain_it_says_how_far_it_came_and_where_to_look(hss, pauses):
    row = {"cluster_id": ID, "access_status": "connect_success", "failed_message": None}
    hss.cluster(ROW).shows(*[detail(ready=1)] * 3).listed(row)
    ran = module(wait=True, wait_timeout=25)
    assert ran.failed and "not ready on every node within 25 seconds: installing, 1 of 3 ready" in ran.msg
    assert "kubectl -n hss get pods" in ran.msg and ran.result["failure"]["outcome"] == "timeout"
    assert sum(pauses) <= 25 and ran.result["daemonset"]["installed_status"] == "installing"


def test_no_node_is_done_with_a_warning(hss):
    hss.cluster(ROW).shows(detail("install_success", 0, desired=0)).listed({"cluster_id": ID})
    ran = module(wait=True, wait_timeout=5)
    assert not ran.failed and "If the cluster has nodes, check node_selector and pod_tolerances" in ran.warnings[0]


def test_in_vain_because_the_tunnel_is_gone(hss):
    hss.cluster(ROW).shows(detail()).listed({"cluster_id": ID, "access_status": "connect_disruption"})
    ran = module(wait=True, wait_timeout=5)
    assert "no longer connected to the cluster (connect_disruption)" in ran.msg and "proxy-agent" in ran.msg


def test_nothing_is_waited_for_where_nobody_can_tell(hss):
    hss.cluster({**ROW, "status": "connect_fail"}).shows(detail(ready=1))
    ran = module(wait=True)
    assert (
        ran.failed
        and "The last known status" in ran.msg
        and "installing, 1 of 3 ready" in ran.msg
        and "connect_fail" in ran.msg
    )
    hss.cluster({**ROW, "status": "connect_fail"}).shows(RUNNING)
    ran = module(wait=True)
    assert not ran.failed and "may be outdated" in ran.warnings[0]


def test_removed_while_it_was_waited_for(hss):
    hss.cluster(ROW).shows(detail(), NONE)
    ran = module(wait=True)
    assert ran.failed and "was removed while waiting for it" in ran.msg and ran.result["daemonset"] is None


@pytest.mark.parametrize("option", ["wait_timeout", "wait_sleep"])
def test_waiting_takes_more_than_no_time(transcript, option):
    assert module(**{option: 0}).msg.startswith(f"{option}: must be more than 0 seconds")


# --- removing ---------------------------------------------------------------------------------------------------------


def test_removing_waits_until_it_is_gone(hss, pauses):
    hss.cluster(ROW).shows(RUNNING).deletes().shows(detail(), detail(), NONE)
    ran = module(state="absent")
    assert (ran.result["changed"], ran.result["actions"], ran.result["daemonset"]) == (True, ["delete"], None)
    assert (pauses, ran.result["diff"]["after"]) == ([10, 12.5], "")


def test_removing_without_waiting_says_what_is_still_there(hss, pauses):
    hss.cluster(ROW).shows(RUNNING).deletes().shows(detail())
    ran = module(state="absent", wait=False)
    assert (ran.result["actions"], pauses) == (["delete"], []) and "still reports" in ran.warnings[0]
    hss.cluster(ROW).shows(RUNNING).deletes().shows(NONE)
    assert module(state="absent", wait=False).warnings == []


def test_removing_in_vain(hss):
    row = {"cluster_id": ID, "access_status": "connect_success"}
    hss.cluster(ROW).shows(RUNNING).deletes().shows(detail()).listed(row)
    ran = module(state="absent", wait_timeout=5)
    assert ran.failed and "still there 5 seconds after" in ran.msg and ran.result["failure"]["outcome"] == "timeout"
    assert ran.result["actions"] == ["delete"]


def test_removing_through_a_tunnel_that_breaks_meanwhile(hss):
    row = {"cluster_id": ID, "access_status": "connect_disruption"}
    hss.cluster(ROW).shows(RUNNING).deletes().shows(detail()).listed(row)
    ran = module(state="absent", wait_timeout=5)
    assert not ran.failed and "not connected to the cluster (connect_disruption)" in ran.warnings[0]


def test_removing_without_a_tunnel_does_not_wait_for_ever(hss, pauses):
    hss.cluster({**ROW, "status": "connect_disruption"}).shows(RUNNING).deletes().shows(*[RUNNING] * 3)
    ran = module(state="absent")
    assert (ran.failed, ran.result["actions"]) == (False, ["delete"]) and sum(pauses) <= 3
    assert "the removal cannot be confirmed" in ran.warnings[0]
    assert ran.result["daemonset"] is not None


@pytest.mark.parametrize("rows", [[], [ROW]])
def test_what_is_not_there_is_not_removed(hss, rows):
    hss.cluster(*rows)
    if rows:
        hss.shows(NONE)
    assert module(state="absent").result["changed"] is False


def test_check_mode_of_a_removal_removes_nothing(hss):
    hss.cluster(ROW).shows(RUNNING)
    ran = module(state="absent", check=True)
    assert (ran.result["changed"], ran.result["actions"]) == (True, ["delete"])


# --- what is refused before anything is sent --------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False])
def test_an_unknown_cluster(hss, check):
    hss.cluster()
    ran = module(check=check)
    assert ran.failed and "no multi-cloud cluster 6f2b5593 is registered" in ran.msg
    assert ran.result["failure"]["outcome"] == "not_sent"


@pytest.mark.parametrize("check", [True, False])
def test_a_cluster_without_a_connection(hss, check):
    hss.cluster({**ROW, "status": "not_connect"}).shows(NONE).template()
    ran = module(check=check)
    assert ran.failed and "not connected to the cluster, its status is not_connect" in ran.msg


def test_the_region_is_needed(transcript):
    ran = run(hss_cluster_daemonset.main, {**CONNECTION, "region": None, "cluster_id": ID})
    assert ran.failed and ran.msg.startswith("region: is needed here")
    ran = run(hss_cluster_daemonset_info.main, {**CONNECTION, "region": None})
    assert ran.failed and ran.msg.startswith("region: is needed here")


# --- many -------------------------------------------------------------------------------------------------------------


def many(*ids, check=False, **options):
    daemonsets = [{"cluster_id": each} if isinstance(each, str) else each for each in ids]
    return module(hss_cluster_daemonsets.main, daemonsets=daemonsets, concurrency=1, check=check, **options)


def test_many_need_one_listing_one_template_and_are_waited_for_at_once(hss, pauses):
    ids = ["c1", "c2", "c3"]
    hss.cluster(*[{**ROW, "cluster_id": each, "cluster_name": each} for each in ids], cluster_id=None)
    hss.shows(NONE, cluster_id="c1").shows(RUNNING, cluster_id="c2").shows(NONE, cluster_id="c3").template()
    for each in ("c1", "c3"):
        hss.raw.post(ONE.replace(ID, each), match=[matchers.json_params_matcher({**BODY, "cluster_name": each})])
    hss.shows(detail(), cluster_id="c1").shows(detail(), cluster_id="c3")
    hss.shows(RUNNING, cluster_id="c1").shows(detail(), cluster_id="c3").shows(RUNNING, cluster_id="c3")
    ran = many(*ids, wait=True)
    assert [(entry["cluster_id"], entry["changed"], entry["status"]) for entry in ran.result["results"]] == [
        ("c1", True, "install_success"),
        ("c2", False, "install_success"),
        ("c3", True, "install_success"),
    ]
    assert [entry["msg"] for entry in ran.result["results"]] == [
        "installed, install_success, 3 of 3 ready",
        "unchanged, install_success, 3 of 3 ready",
        "installed, install_success, 3 of 3 ready",
    ]
    assert (len(ran.result["diff"]), pauses) == (3, [10, 12.5])


def test_one_that_fails_does_not_keep_the_others(hss):
    bad = {"cluster_id": "c2", "runtime_info": []}
    hss.cluster({**ROW, "cluster_id": "c1"}, {**ROW, "cluster_id": "c3"}, cluster_id=None)
    hss.shows(RUNNING, cluster_id="c1")
    hss.raw.get(ONE.replace(ID, "c3"), status=400, json={"error_code": "HSS.0010"})
    ran = many("c1", bad, "c3", "c4")
    assert [(entry["failed"], entry["msg"].split(":")[0]) for entry in ran.result["results"]] == [
        (False, "unchanged, install_success, 3 of 3 ready"),
        (True, "runtime_info"),
        (True, "Could not read the node agent of the cluster c3"),
        (True, "cluster_id"),
    ]
    assert ran.failed and ran.msg.startswith("3 of 4 node agents failed. c2: runtime_info: names no runtime")
    assert [entry.get("failure", {}).get("outcome") for entry in ran.result["results"]] == [
        None,
        "not_sent",
        "rejected",
        "not_sent",
    ]


def test_refused_credentials_are_not_tried_on_the_next(hss):
    hss.cluster(*[{**ROW, "cluster_id": each} for each in ("c1", "c2")], cluster_id=None)
    hss.raw.get(ONE.replace(ID, "c1"), status=401, json={"error_code": "APIGW.0301"})
    ran = many("c1", "c2")
    assert ran.failed and "was not processed" in ran.result["results"][1]["msg"]


def test_without_any_nothing_is_asked(transcript):
    ran = many()
    assert (ran.failed, ran.result["results"], ran.result["changed"]) == (False, [], False)


def test_each_cluster_is_given_once(hss):
    hss.cluster({**ROW, "cluster_id": "c2"}, cluster_id="c2").shows(RUNNING, cluster_id="c2")
    ran = many("c1", "c2", "c1")
    assert ran.failed and [entry["failed"] for entry in ran.result["results"]] == [True, False, True]
    assert ran.result["results"][2]["msg"].startswith(
        "daemonsets[2].cluster_id: 'c1' is also that of daemonsets[0]. Give each cluster once."
    )


def test_the_listing_fails_for_all_of_them(hss):
    hss.raw.get(CLUSTERS, status=400, json={"error_code": "HSS.0010"})
    ran = many("c1", "c2")
    assert ran.failed and "results" not in ran.result and ran.result["failure"]["error_code"] == "HSS.0010"


def test_a_template_that_cannot_be_had_fails_those_who_need_it(hss):
    hss.cluster(*[{**ROW, "cluster_id": each} for each in ("c1", "c2")], cluster_id=None)
    hss.shows(NONE, cluster_id="c1").shows(RUNNING, cluster_id="c2")
    hss.raw.get(TEMPLATE, status=400, json={"error_code": "HSS.0010"})
    assert [entry["failed"] for entry in many("c1", "c2").result["results"]] == [True, False]


def test_what_would_become_of_them(hss):
    hss.cluster(*[{**ROW, "cluster_id": each} for each in ("c1", "c2")], cluster_id=None)
    hss.shows(RUNNING, cluster_id="c1").shows(NONE, cluster_id="c2")
    ran = many("c1", "c2", state="absent", check=True)
    assert [entry["msg"] for entry in ran.result["results"]] == ["would be removed", "no node agent"]


# --- looking ----------------------------------------------------------------------------------------------------------


def test_info_lists_with_the_filters_of_hss(hss):
    hss.listed({"cluster_id": "c1"}, query={"type": "aws", "access_status": "true"})
    ran = module(hss_cluster_daemonset_info.main, type="aws", access_status=True)
    assert (ran.result["daemonsets"], ran.result["changed"]) == ([{"cluster_id": "c1"}], False)
    hss.listed(query={"access_status": "false"})
    assert module(hss_cluster_daemonset_info.main, access_status=False).result["daemonsets"] == []


def test_info_of_one_looks_closer(hss):
    hss.listed({"cluster_id": "c1", "agent_version": "1"}, {"cluster_id": ID, "agent_version": "2"}).shows(RUNNING)
    (found,) = module(hss_cluster_daemonset_info.main, cluster_id=ID).result["daemonsets"]
    assert found["agent_version"] == "2" and found["runtime_info"] == [DOCKER] and "yaml_content" not in found
    hss.listed({"cluster_id": ID, "installed_status": "none"}).shows(NONE)
    assert module(hss_cluster_daemonset_info.main, cluster_id=ID).result["daemonsets"] == [
        {"cluster_id": ID, "installed_status": "none"}
    ]
    hss.listed()
    assert module(hss_cluster_daemonset_info.main, cluster_id=ID).result["daemonsets"] == []


def test_info_reads_on_while_pages_are_full_whatever_the_total(hss):
    """The vendor's page says of the total that it counts the connected clusters."""
    rows = [{"cluster_id": f"c{number}"} for number in range(203)]
    for offset in (0, 200):
        match = [matchers.query_param_matcher({"offset": str(offset), "limit": "200"})]
        hss.raw.get(LIST, json={"total_num": 2, "data_list": rows[offset : offset + 200]}, match=match)
    assert len(module(hss_cluster_daemonset_info.main).result["daemonsets"]) == 203


def test_info_does_not_return_fewer_than_the_total(hss):
    for _listing in range(4):
        hss.raw.get(LIST, json={"total_num": 3, "data_list": [{"cluster_id": "c1"}]})
    ran = module(hss_cluster_daemonset_info.main)
    assert ran.failed and "1 clusters were received, total_num is 3" in ran.msg


# --- what HSS reports in part ---------------------------------------------------------------------------------------

HALF = {**RUNNING, "yaml_content": None}


def test_a_node_agent_in_transition_is_read_again(hss, pauses):
    hss.cluster(ROW).shows(HALF, HALF, RUNNING)
    assert module().result["changed"] is False and pauses == [1, 1.25]
    hss.cluster(ROW).shows(HALF, NONE).template().creates().shows(detail())
    assert module().result["actions"] == ["create"]


def test_a_node_agent_that_stays_in_transition_is_an_error_and_nothing_is_sent(hss, pauses):
    hss.cluster(ROW).shows(*[HALF] * 5)
    ran = module()
    assert ran.failed and "only a part of the node agent" in ran.msg and sum(pauses) < 7
    assert ran.result["failure"]["outcome"] == "not_sent"


def test_waiting_is_not_over_while_a_node_agent_is_in_transition(hss):
    hss.cluster(ROW).shows(NONE).template().creates().shows(HALF, HALF, RUNNING)
    ran = module(wait=True)
    assert not ran.failed and "in transition, install_success" in ran.result["progress"][0]
    hss.cluster(ROW).shows(RUNNING).deletes().shows(HALF, NONE)
    assert module(state="absent").result["actions"] == ["delete"]


def test_a_removal_of_a_node_agent_in_transition_is_not_delayed(hss):
    hss.cluster(ROW).shows(HALF).deletes().shows(NONE)
    assert not module(state="absent").failed


def test_tolerances_that_are_missing_are_read_twice(hss):
    missing = {**RUNNING, "schedule_info": {"node_selector": [], "pod_tolerances": None}}
    hss.cluster(ROW).shows(missing, RUNNING)
    ran = module(schedule_info={"pod_tolerances": ["a"]})
    assert (ran.result["changed"], ran.warnings) == (False, [])
    hss.cluster(ROW).shows(missing, missing)
    ran = module(schedule_info={"pod_tolerances": ["a"]})
    assert ran.result["changed"] is False and "does not report the pod_tolerances" in ran.warnings[0]


def test_tolerances_that_hss_does_not_take_are_a_warning(hss):
    hss.cluster(ROW).shows(RUNNING).updates().shows(*[RUNNING] * LOOKS)
    ran = module(schedule_info={"pod_tolerances": ["b"]})
    assert (ran.failed, ran.result["actions"]) == (False, ["update"])
    assert "schedule_info.pod_tolerances is a, the options say b" in ran.warnings[0]


def test_a_version_that_is_missing_is_listed_twice(hss):
    row = {"cluster_id": ID, "agent_version": None}
    hss.cluster(ROW).listed(row).shows(RUNNING).listed({**row, "agent_version": "9"})
    assert module(agent_version="9").result["changed"] is False
    hss.cluster(ROW).listed(row).shows(RUNNING).listed(row)
    ran = module(agent_version="9")
    assert ran.result["changed"] is False and "does not report the agent_version" in ran.warnings[0]
