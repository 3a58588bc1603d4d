# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module run for real over strict transcripts: every exchange, in order, and nothing else."""

from __future__ import annotations

import json

import kubeconfigs
import pytest
import requests
import yaml
from modules import finish, run, start
from responses import matchers

from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster, hss_multicloud_clusters

ENDPOINT = "https://hss.example.com"
CLUSTERS = f"{ENDPOINT}/v5/project-1/container/kubernetes/multi-cloud/clusters"
ID = "6f2b5593-7855-4dbd-aebe-4f736708b8db"
OTHER_ID = "7f2b5593-7855-4dbd-aebe-4f736708b8db"
CONNECTION = {
    "endpoint": ENDPOINT,
    "project_id": "project-1",
    "access_key": "AKAKAKAKAKAKAKAKAKAK",
    "secret_key": "SKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSK",
    "max_retries": 2,
}
PAGE = matchers.query_param_matcher({"offset": "0", "limit": "200"})


def module(kube_config=None, *, check=False, **options):
    args = {**CONNECTION, **options}
    if kube_config:
        args["kube_config"] = kube_config
    return run(hss_multicloud_cluster.main, args, check=check)


def expiry(kube_config):
    """Independent of the code under test."""
    import base64

    from cryptography import x509

    user = yaml.safe_load(kube_config)["users"][0]["user"]
    certificate = x509.load_pem_x509_certificate(base64.b64decode(user["client-certificate-data"]))
    return int(certificate.not_valid_after_utc.timestamp()) * 1000


@pytest.fixture
def row(kube_config):
    end = expiry(kube_config)
    return {
        "cluster_id": ID,
        "cluster_name": "shop",
        "provider": "aws",
        "server": "https://10.0.0.5:6443",
        "image_repo": "",
        "status": "not_connect",
        "version": "",
        "current_expiration_date": end,
        "certificate_expiration_date": end,
    }


def listed(transcript, *rows, total=None, match=PAGE):
    transcript.get(
        CLUSTERS, json={"total_num": len(rows) if total is None else total, "data_list": list(rows)}, match=[match]
    )


def sent(transcript, number):
    return json.loads(transcript.calls[number].request.body)


def test_absent_from_the_list_is_created_and_listed_again(transcript, kube_config, row):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    ran = module(kube_config, name="shop", provider="aws")
    assert (ran.result["changed"], ran.result["actions"], ran.result["cluster_id"]) == (True, ["create"], ID)
    assert ran.result["cluster"] == row
    body = sent(transcript, 1)
    end = expiry(kube_config)
    assert {key: value for key, value in body.items() if key != "kube_config"} == {
        "name": "shop",
        "provider": "aws",
        "server": "https://10.0.0.5:6443",
        "current_expiration_date": end,
        "certificate_expiration_date": end,
    }
    uploaded = yaml.safe_load(body["kube_config"])
    assert uploaded["users"] == yaml.safe_load(kube_config)["users"]


def requests_that_change(transcript):
    return [call.request.method for call in transcript.calls if call.request.method != "GET"]


@pytest.mark.parametrize("registered_after_all", [True, False])
def test_an_id_that_was_listed_before_is_another_cluster(transcript, kube_config, row, registered_after_all):
    other = {**row, "cluster_id": OTHER_ID, "cluster_name": "other", "server": "https://10.0.0.9:6443"}
    listed(transcript, other)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    for _poll in range(5 if not registered_after_all else 1):
        listed(transcript, other)
    if registered_after_all:
        listed(transcript, other, row)
        listed(transcript, other, row)
    ran = module(kube_config, name="shop")
    assert requests_that_change(transcript) == ["POST"]
    if registered_after_all:
        assert (ran.result["cluster_id"], ran.result["actions"]) == (ID, ["create"])
    else:
        assert ran.failed and f"with the id {OTHER_ID}, which is that of another cluster" in ran.msg
        assert "That cluster was not touched" in ran.msg
        assert (ran.result["failure"]["outcome"], ran.result["cluster_id"]) == ("unknown", None)


@pytest.mark.parametrize("registered_after_all", [True, False])
def test_an_id_that_is_listed_under_another_name_is_another_cluster(transcript, kube_config, row, registered_after_all):
    other = {**row, "cluster_id": OTHER_ID, "cluster_name": "other", "server": "https://10.0.0.9:6443"}
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    for _poll in range(5 if not registered_after_all else 2):
        listed(transcript, other)
    if registered_after_all:
        listed(transcript, other, row)
    ran = module(kube_config, name="shop")
    assert requests_that_change(transcript) == ["POST"]
    if registered_after_all:
        assert (ran.result["cluster_id"], ran.result["actions"]) == (ID, ["create"])
    else:
        assert ran.failed and f"with the id {OTHER_ID}, which is that of another cluster" in ran.msg
        assert (ran.result["failure"]["outcome"], ran.result["cluster_id"]) == ("unknown", None)


def test_a_registration_of_another_run_is_not_removed_with_a_foreign_id(transcript, kube_config, row):
    """Two registrations have the name, and our own is not known."""
    others = [{**row, "cluster_id": OTHER_ID, "cluster_name": "other"}]
    listed(transcript, *others)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    for _poll in range(9):
        listed(transcript, *others, row, {**row, "cluster_id": f"{ID}-2"})
    ran = module(kube_config, name="shop")
    assert ran.failed and "is registered more than once" in ran.msg
    assert requests_that_change(transcript) == ["POST"]


def test_all_17_fields_are_sent_under_their_names(transcript, kube_config, row):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    given = {
        "name": "shop",
        "provider": "self_built_idc",
        "server": "https://10.0.0.5:6443",
        "image_repo": "registry.example.com",
        "image_repo_username": "puller",
        "image_repo_password": "a-registry-password",
        "organization": "security",
        "image_repo_type": "harbor",
        "current_expiration_date": 1795435200000,
        "certificate_expiration_date": 1795435200000,
        "image_arch": "arm",
        "anp_proxy": "10.0.0.2:3128",
        "hostguard_proxy": "10.0.0.3:3128",
        "container_name": "proxy-agent",
        "dns_policy": "none",
    }
    module(kube_config, **given, dns_config="192.0.2.1;192.0.2.2")
    body = sent(transcript, 1)
    assert body.pop("kube_config")
    assert body == {**given, "dns_config": "192.0.2.1;192.0.2.2"}


def test_registered_and_unchanged_is_listed_once_and_nothing_else(transcript, kube_config, row):
    listed(transcript, row)
    ran = module(kube_config, name="shop", provider="aws")
    assert (ran.result["changed"], ran.result["actions"], ran.result["cluster"]) == (False, [], row)
    assert ran.result["diff"]["before"] == ran.result["diff"]["after"]


def test_a_registered_cluster_needs_no_kubeconfig(transcript, row):
    listed(transcript, row)
    assert module(name="shop").result["changed"] is False


def test_identity_by_id(transcript, row):
    listed(transcript, row)
    assert module(cluster_id=ID).result["cluster"] == row


def test_an_unknown_id_is_never_created(transcript, kube_config, row):
    listed(transcript, row)
    ran = module(kube_config, cluster_id=OTHER_ID, name="new")
    assert ran.failed and ran.msg.startswith(f"cluster_id: no cluster {OTHER_ID} is registered")


@pytest.mark.parametrize("identity", [{"name": "shop"}, {"cluster_id": ID}, {"name": "shop", "cluster_id": ID}])
def test_absent_removes_a_registered_cluster(transcript, row, identity):
    listed(transcript, row)
    transcript.delete(f"{CLUSTERS}/{ID}", status=200)
    ran = module(state="absent", **identity)
    assert (ran.result["changed"], ran.result["actions"], ran.result["cluster"]) == (True, ["delete"], None)


@pytest.mark.parametrize("identity", [{"name": "gone"}, {"cluster_id": OTHER_ID}])
def test_absent_and_not_registered_is_unchanged(transcript, row, identity):
    listed(transcript, row)
    ran = module(state="absent", **identity)
    assert (ran.result["changed"], ran.result["actions"]) == (False, [])


def test_absent_does_not_look_at_the_kubeconfig(transcript):
    listed(transcript)
    assert not module("this is: [no kubeconfig", name="shop", state="absent").failed


def test_absent_with_an_id_that_bears_another_name_removes_nothing(transcript, row):
    listed(transcript, row)
    ran = module(state="absent", cluster_id=ID, name="bank")
    assert ran.failed and "registered as 'shop', not as 'bank'" in ran.msg


@pytest.mark.parametrize("code", ["HSS.0011", "00000011"])
def test_a_removal_that_finds_it_gone_counts(transcript, row, code):
    listed(transcript, row)
    transcript.delete(f"{CLUSTERS}/{ID}", status=400, json={"error_code": code, "error_msg": "not found"})
    assert module(state="absent", name="shop").result["actions"] == ["delete"]


@pytest.mark.parametrize("code", ["HSS.0010", "00000010", "APIGW.0011", "000000011"])
def test_a_removal_that_is_refused_for_another_reason_fails(transcript, row, code):
    listed(transcript, row)
    transcript.delete(f"{CLUSTERS}/{ID}", status=400, json={"error_code": code})
    ran = module(state="absent", name="shop")
    assert ran.failed and ran.result["failure"]["error_code"] == code and ran.result["failure"]["hint"]


NOT_JSON = {
    "HTML": "<html>bad gateway</html>",
    "an array": '["an error"]',
    "a text": '"an error"',
    "cut": '{"error_code": ',
}


@pytest.mark.parametrize("status", [400, 403, 418, 500, 502, 503])
@pytest.mark.parametrize(
    "body", ["", "{}", '{"error_msg": "no"}', *NOT_JSON.values()], ids=["-", "{}", "msg", *NOT_JSON]
)
def test_every_refusal_has_a_hint(transcript, row, status, body):
    for _attempt in range(3 if status >= 500 and status != 418 else 1):
        transcript.get(CLUSTERS, status=status, body=body)
    ran = module(name="shop")
    hint = ran.result["failure"]["hint"]
    assert hint and hint in ran.msg
    assert ("proxy or a login page" in hint) is (body in NOT_JSON.values())
    assert ("did not answer with a JSON object" in ran.msg) is (body in NOT_JSON.values())


def test_two_of_one_name_are_refused_with_their_ids(transcript, kube_config, row):
    listed(transcript, row, {**row, "cluster_id": OTHER_ID})
    ran = module(kube_config, name="shop")
    assert ran.failed and ID in ran.msg and OTHER_ID in ran.msg and "cluster_id" in ran.result["failure"]["hint"]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"provider": "azure"}, "provider is 'aws' in HSS, but provider='azure' here"),
        ({"image_repo": "registry.example.com"}, "image_repo is '' in HSS, but image_repo='registry.example.com' here"),
        (
            {"server": "https://10.0.0.6:6443"},
            "server is https://10.0.0.5:6443 in HSS, but server=https://10.0.0.6:6443 here",
        ),
        ({"name": "bank", "cluster_id": ID}, "name is 'shop' in HSS, but name='bank' here"),
    ],
)
def test_what_hss_cannot_change_is_refused(transcript, row, options, words):
    listed(transcript, row)
    ran = module(**{"name": "shop", **options})
    assert ran.failed and words in ran.msg
    assert ran.result["failure"]["outcome"] == "rejected"


OLD = {"current_expiration_date": 1795435200000, "certificate_expiration_date": 1795435200000}


def put(transcript, **expected):
    transcript.put(f"{CLUSTERS}/{ID}", match=[matchers.json_params_matcher(expected, strict_match=False)])


def test_a_renewed_certificate_is_sent_and_listed_again(transcript, kube_config, row):
    listed(transcript, {**row, **OLD})
    put(transcript, current_expiration_date=row["current_expiration_date"])
    listed(transcript, row)
    ran = module(kube_config, name="shop")
    assert (ran.result["changed"], ran.result["actions"], ran.result["cluster"]) == (True, ["update"], row)
    body = sent(transcript, 1)
    assert set(body) == {"current_expiration_date", "kubeconfig"}
    assert yaml.safe_load(body["kubeconfig"])["users"] == yaml.safe_load(kube_config)["users"]
    assert ran.warnings == []


def test_a_date_that_hss_keeps_is_a_warning(transcript, kube_config, row):
    listed(transcript, {**row, **OLD})
    put(transcript)
    listed(transcript, {**row, "certificate_expiration_date": OLD["certificate_expiration_date"]})
    assert any("still reports 1795435200000" in text for text in module(kube_config, name="shop").warnings)


@pytest.mark.parametrize("policy, actions", [("on_create", []), ("on_change", ["update"]), ("always", ["update"])])
def test_when_a_renewed_kubeconfig_is_sent(transcript, kube_config, row, policy, actions):
    listed(transcript, {**row, **OLD})
    assert module(kube_config, name="shop", update_kube_config=policy, check=True).result["actions"] == actions


CONNECTED, BROKEN = ("not_connect", "connect_success"), ("connect_fail", "connect_disruption")


@pytest.mark.parametrize("status", CONNECTED + BROKEN)
@pytest.mark.parametrize(
    ("seconds", "later"),
    [((-1, -1), True), ((-86400, -1), True), ((1, 1), False), ((-86400, 1), False), ((1, -86400), False)],
)
def test_on_change_sends_a_later_end_and_any_other_end_where_hss_is_not_connected(
    transcript, kube_config, row, status, seconds, later
):
    """The seconds by which the two dates that HSS reports differ from the end of the kubeconfig."""
    names = ("current_expiration_date", "certificate_expiration_date")
    dates = {name: row[name] + 1000 * number for name, number in zip(names, seconds, strict=True)}
    listed(transcript, {**row, **dates, "status": status})
    ran = module(kube_config, name="shop", check=True)
    assert ran.result["actions"] == (["update"] if later or status in BROKEN else [])
    kept_back = [text for text in ran.warnings if "update_kube_config=always" in text]
    assert len(kept_back) == (not ran.result["actions"])


@pytest.mark.parametrize("status", CONNECTED + BROKEN)
@pytest.mark.parametrize("equal", ["current_expiration_date", "certificate_expiration_date"])
def test_on_change_does_not_send_what_hss_has_even_if_it_is_not_connected(transcript, kube_config, row, status, equal):
    dates = {name: row[name] + 86_400_000 for name in ("current_expiration_date", "certificate_expiration_date")}
    listed(transcript, {**row, **dates, equal: row[equal] + 667, "status": status})
    ran = module(kube_config, name="shop")
    assert ran.result["actions"] == [] and ran.warnings == []


@pytest.mark.parametrize(("policy", "warned"), [("on_create", False), ("on_change", True), ("always", False)])
def test_a_kubeconfig_that_is_kept_back_is_named_with_both_dates(transcript, kube_config, row, policy, warned):
    later = {name: row[name] + 86_400_000 for name in ("current_expiration_date", "certificate_expiration_date")}
    listed(transcript, {**row, **later})
    ran = module(kube_config, name="shop", update_kube_config=policy, check=True)
    assert bool(ran.warnings) is warned
    for date in (row, later) if warned else ():
        assert str(date["certificate_expiration_date"]) in ran.warnings[0]


def test_a_kubeconfig_that_is_kept_back_does_not_keep_the_date_from_being_changed(transcript, kube_config, row):
    later = {name: row[name] + 86_400_000 for name in ("current_expiration_date", "certificate_expiration_date")}
    listed(transcript, {**row, **later})
    put(transcript, current_expiration_date=1795435200000)
    listed(transcript, {**row, **later, "current_expiration_date": 1795435200000})
    ran = module(kube_config, name="shop", current_expiration_date=1795435200000)
    assert ran.result["actions"] == ["update"]
    assert sent(transcript, 1) == {"current_expiration_date": 1795435200000}


@pytest.mark.parametrize("policy, actions", [("on_create", []), ("on_change", []), ("always", ["update"])])
def test_when_the_same_kubeconfig_is_sent(transcript, kube_config, row, policy, actions):
    listed(transcript, row)
    ran = module(kube_config, name="shop", update_kube_config=policy, check=True)
    assert ran.result["actions"] == actions
    assert ("sent again" in ran.result["diff"]["after"]) is bool(actions)


def test_the_current_date_alone_is_an_update_of_it_alone(transcript, row):
    listed(transcript, row)
    put(transcript)
    listed(transcript, {**row, "current_expiration_date": 1795435200000})
    ran = module(name="shop", current_expiration_date=1795435200000)
    assert ran.result["actions"] == ["update"]
    assert sent(transcript, 1) == {"current_expiration_date": 1795435200000}
    assert "-current_expiration_date" not in ran.result["diff"]["after"]


def test_an_upgrade_is_asked_for_each_time_with_the_date_that_the_call_wants(transcript, row):
    listed(transcript, row)
    put(transcript)
    listed(transcript, row)
    ran = module(name="shop", upgrade=True)
    assert ran.result["actions"] == ["update"]
    assert sent(transcript, 1) == {"upgrade": True, "current_expiration_date": row["current_expiration_date"]}
    assert len(ran.warnings) == 1 and "CCE clusters only" in ran.warnings[0]
    listed(transcript, {**row, "version": "1"})
    put(transcript)
    listed(transcript, {**row, "version": "2"})
    assert module(name="shop", upgrade=True).warnings == []


def test_the_certificates_date_cannot_be_changed_without_the_kubeconfig(transcript, row):
    listed(transcript, row)
    ran = module(name="shop", certificate_expiration_date=1795435200000)
    assert ran.failed and ran.msg.startswith("certificate_expiration_date: is registered as")


def test_a_token_that_does_not_say_when_it_ends_is_not_sent_again(transcript, row):
    text = yaml.safe_dump(kubeconfigs.document(row["server"], kubeconfigs.Authority().pem, {"token": "t" * 40}))
    listed(transcript, row)
    assert module(text, name="shop").result["actions"] == []


def test_drift_may_be_a_warning(transcript, row):
    listed(transcript, row)
    ran = module(name="shop", provider="azure", on_drift="warn")
    assert ran.result["changed"] is False
    assert any("provider is 'aws' in HSS, but provider='azure' here" in text for text in ran.warnings)


def test_drift_with_a_warning_still_updates_what_can_be_updated(transcript, kube_config, row):
    listed(transcript, {**row, **OLD})
    ran = module(kube_config, name="shop", provider="azure", on_drift="warn", check=True)
    assert ran.result["actions"] == ["update"] and ran.warnings


def test_recreate_deletes_proves_the_absence_and_creates(transcript, kube_config, row):
    new = {**row, "cluster_id": OTHER_ID, "provider": "azure"}
    listed(transcript, {**row, "image_repo": "registry.example.com"})
    transcript.delete(f"{CLUSTERS}/{ID}")
    listed(transcript, row)  # still there for a moment
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    listed(transcript, new)
    ran = module(kube_config, name="shop", provider="azure", on_drift="recreate")
    assert (ran.result["actions"], ran.result["cluster_id"]) == (["delete", "create"], OTHER_ID)
    body = sent(transcript, 4)
    assert (body["provider"], body["image_repo"]) == ("azure", "registry.example.com")


def test_recreate_without_drift_changes_nothing(transcript, kube_config, row):
    listed(transcript, row)
    assert module(kube_config, name="shop", provider="aws", on_drift="recreate").result["actions"] == []


def test_recreate_needs_the_kubeconfig_before_it_deletes(transcript, row):
    listed(transcript, row)
    ran = module(name="shop", provider="azure", on_drift="recreate")
    assert ran.failed and ran.msg.startswith("kube_config: is needed")


def test_recreate_under_another_name(transcript, kube_config, row):
    listed(transcript, row)
    transcript.delete(f"{CLUSTERS}/{ID}")
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    listed(transcript, {**row, "cluster_id": OTHER_ID, "cluster_name": "bank"})
    ran = module(kube_config, name="bank", cluster_id=ID, on_drift="recreate")
    assert (ran.result["actions"], sent(transcript, 3)["name"]) == (["delete", "create"], "bank")


def test_a_removed_registration_that_stays_listed_is_not_registered_beside(transcript, kube_config, row):
    listed(transcript, row)
    transcript.delete(f"{CLUSTERS}/{ID}")
    for _look in range(5):
        listed(transcript, row)
    ran = module(kube_config, name="shop", provider="azure", on_drift="recreate")
    assert ran.failed and "still lists it" in ran.msg and ran.result["actions"] == ["delete"]


SYNC = CLUSTERS + "/status-synchronize"


def test_waiting_has_hss_look_and_lists_until_connected(transcript, pauses, row):
    listed(transcript, row)
    for status in ("not_connect", "not_connect", "connect_success"):
        transcript.post(SYNC, match=[matchers.json_params_matcher({"total_num": 1, "data_list": [{"cluster_id": ID}]})])
        listed(transcript, {**row, "status": status})
    ran = module(name="shop", wait=True)
    assert (ran.result["changed"], ran.result["cluster"]["status"]) == (False, "connect_success")
    assert pauses == [10, 12.5]
    assert [line.split(": ")[1] for line in ran.result["progress"]] == ["not_connect", "connect_success"]


def polled(transcript, row, *statuses):
    for status in statuses:
        transcript.post(SYNC)
        listed(transcript, {**row, "status": status})


def reason(transcript, text):
    transcript.get(
        CLUSTERS.replace("multi-cloud/clusters", "clusters/daemonsets"),
        json={"total_num": 1, "data_list": [{"cluster_id": ID, "failed_message": text}]},
    )


def test_a_failure_while_waiting_ends_it_at_once_with_the_reason_of_hss(transcript, pauses, row):
    listed(transcript, row)
    polled(transcript, row, "not_connect", "connect_fail")
    reason(transcript, "x509: certificate is valid for kubernetes")
    ran = module(name="shop", wait=True)
    assert ran.failed and "could not connect to it: x509: certificate is valid for kubernetes" in ran.msg
    assert ran.result["failure"]["outcome"] == "rejected" and ran.result["cluster_id"] == ID
    assert pauses == [10]


def test_a_failure_from_before_the_run_is_believed_after_half_a_minute(transcript, pauses, row):
    listed(transcript, {**row, "status": "connect_fail"})
    polled(transcript, row, *["connect_fail"] * 4)
    reason(transcript, "x509: certificate has expired")
    ran = module(name="shop", wait=True)
    assert ran.failed and "could not connect to it: x509: certificate has expired" in ran.msg
    assert sum(pauses[:-1]) < 30 <= sum(pauses)


def test_a_failure_from_before_the_run_does_not_end_waiting(transcript, kube_config, row):
    old = {**row, "status": "connect_fail", "certificate_expiration_date": 1, "current_expiration_date": 1}
    listed(transcript, old)
    transcript.put(f"{CLUSTERS}/{ID}", json={})
    listed(transcript, {**row, "status": "connect_fail"})
    polled(transcript, row, "connect_fail", "connect_fail", "connect_success")
    ran = module(kube_config, name="shop", wait=True)
    assert (ran.result["actions"], ran.result["cluster"]["status"]) == (["update"], "connect_success")


def test_a_failure_is_reported_if_the_time_is_up_before_it_is_believed(transcript, pauses, row):
    listed(transcript, {**row, "status": "connect_fail"})
    polled(transcript, row, "connect_fail")
    reason(transcript, "x509: certificate has expired")
    ran = module(name="shop", wait=True, wait_timeout=5)
    assert ran.failed and "x509: certificate has expired" in ran.msg and pauses == []


@pytest.mark.parametrize("later, failed", [("connect_success", False), ("connect_fail", True)])
def test_the_first_status_after_an_update_is_not_believed(transcript, kube_config, row, later, failed):
    old = {**row, "status": "connect_success", "certificate_expiration_date": 1, "current_expiration_date": 1}
    listed(transcript, old)
    transcript.put(f"{CLUSTERS}/{ID}", json={})
    listed(transcript, {**row, "status": "connect_success"})
    polled(transcript, row, "connect_success", later)
    if failed:
        reason(transcript, "unauthorized")
    ran = module(kube_config, name="shop", wait=True)
    assert ran.failed == failed and ("unauthorized" in ran.msg) == failed


def test_waiting_in_vain_says_the_last_status_and_where_to_look(transcript, pauses, row):
    listed(transcript, row)
    for _look in range(3):
        transcript.post(SYNC)
        listed(transcript, row)
    ran = module(name="shop", wait=True, wait_timeout=30)
    assert ran.failed and ran.result["failure"]["outcome"] == "timeout"
    assert "last status is not_connect" in ran.msg and "kubectl -n hss get pods" in ran.msg
    assert sum(pauses) <= 30


def test_nothing_is_waited_for_in_check_mode_or_after_a_removal(transcript, row):
    listed(transcript, row)
    module(name="shop", wait=True, check=True)
    listed(transcript)
    module(name="shop", wait=True, state="absent")


@pytest.mark.parametrize("option", ["wait_timeout", "wait_sleep"])
def test_waiting_takes_more_than_no_time(transcript, option):
    assert module(name="shop", **{option: 0}).msg.startswith(f"{option}: must be more than 0 seconds")


@pytest.mark.parametrize(
    "old", [{"current_expiration_date": 1795435200000}, {"certificate_expiration_date": 1795435200000}]
)
def test_one_of_the_two_dates_in_whole_seconds_is_enough(transcript, kube_config, row, old):
    moved = {key: row[key] + 667 for key in ("current_expiration_date", "certificate_expiration_date")}
    listed(transcript, {**row, **moved, **old})
    assert module(kube_config, name="shop").result["changed"] is False


@pytest.mark.parametrize("spelling", ["https://10.0.0.5:6443/", "HTTPS://10.0.0.5:6443"])
def test_another_spelling_of_the_server_is_no_difference(transcript, kube_config, row, spelling):
    listed(transcript, {**row, "server": spelling})
    assert not module(kube_config, name="shop").failed


def test_check_mode_says_the_same_as_the_real_run(transcript, kube_config, row):
    listed(transcript)
    checked = module(kube_config, name="shop", provider="aws", check=True).result
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    real = module(kube_config, name="shop", provider="aws").result
    assert [checked[key] for key in ("changed", "actions", "diff")] == [
        real[key] for key in ("changed", "actions", "diff")
    ]
    assert checked["cluster_id"] is None
    assert checked["cluster"].items() <= real["cluster"].items()


def test_check_mode_of_a_removal_removes_nothing(transcript, row):
    listed(transcript, row)
    ran = module(name="shop", state="absent", check=True)
    assert (ran.result["changed"], ran.result["actions"]) == (True, ["delete"])
    assert ID in ran.result["diff"]["before"] and ran.result["diff"]["after"] == ""


def test_the_diff_shows_dates_for_people_and_no_secret(transcript, kube_config):
    listed(transcript)
    after = module(kube_config, name="shop", image_repo_password="a-registry-password", check=True).result["diff"][
        "after"
    ]
    assert "kube_config: (hidden)" in after and "image_repo_password: (hidden)" in after
    assert " UTC)" in after


def test_a_server_given_is_written_into_the_upload(transcript, row):
    text = kubeconfigs.k3s()
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    module(text, name="shop", server="10.0.0.5")
    body = sent(transcript, 1)
    assert body["server"] == "https://10.0.0.5:6443"
    assert yaml.safe_load(body["kube_config"])["clusters"][0]["cluster"]["server"] == "https://10.0.0.5:6443"


def test_a_contradiction_is_a_warning_that_names_both(transcript, kube_config, row):
    listed(transcript)
    ran = module(
        kube_config, name="shop", server="https://10.0.0.9:6443", certificate_expiration_date=1795435200000, check=True
    )
    warnings = " ".join(ran.warnings)
    assert "https://10.0.0.5:6443" in warnings and "https://10.0.0.9:6443" in warnings
    assert "2026-11-23" in warnings and kubeconfigs_date(kube_config) in warnings


def kubeconfigs_date(kube_config):
    import datetime

    return datetime.datetime.fromtimestamp(expiry(kube_config) / 1000, datetime.UTC).strftime("%Y-%m-%d")


def test_a_twin_under_another_name_is_a_warning(transcript, kube_config, row):
    listed(transcript, {**row, "cluster_name": "old-shop"})
    ran = module(kube_config, name="shop", check=True)
    assert any("'old-shop'" in text and ID in text for text in ran.warnings)


EVERYWHERE = {"enterprise_project_id": "all_granted_eps"}
CHOSEN_BY_HSS = "HSS chooses the enterprise project"


def test_a_registered_cluster_is_looked_up_in_every_enterprise_project(transcript, kube_config, row):
    listed(transcript, row, match=matchers.query_param_matcher({"offset": "0", "limit": "200", **EVERYWHERE}))
    ran = module(kube_config, name="shop", **EVERYWHERE)
    assert ran.result["actions"] == [] and not any(CHOSEN_BY_HSS in text for text in ran.warnings)


@pytest.mark.parametrize("check", [True, False])
def test_a_cluster_is_created_without_an_enterprise_project_with_a_warning(transcript, kube_config, row, check):
    page = matchers.query_param_matcher({"offset": "0", "limit": "200", **EVERYWHERE})
    listed(transcript, match=page)
    if not check:
        transcript.post(CLUSTERS, json={"cluster_id": ID}, match=[matchers.query_param_matcher(EVERYWHERE)])
        listed(transcript, row, match=page)
    ran = module(kube_config, name="shop", check=check, **EVERYWHERE)
    assert ran.result["actions"] == ["create"]
    assert [CHOSEN_BY_HSS in text for text in ran.warnings].count(True) == 1


@pytest.mark.parametrize("given", [{}, {"enterprise_project_id": "0"}])
def test_a_cluster_created_in_a_given_enterprise_project_has_no_such_warning(transcript, kube_config, given):
    listed(transcript, match=matchers.query_param_matcher({"offset": "0", "limit": "200", **given}))
    ran = module(kube_config, name="shop", check=True, **given)
    assert ran.result["actions"] == ["create"] and not any(CHOSEN_BY_HSS in text for text in ran.warnings)


def test_the_enterprise_project_goes_with_every_request(transcript, kube_config, row):
    own = {"enterprise_project_id": "ep-7"}
    listed(transcript, match=matchers.query_param_matcher({"offset": "0", "limit": "200", **own}))
    transcript.post(CLUSTERS, json={"cluster_id": ID}, match=[matchers.query_param_matcher(own)])
    listed(transcript, row, match=matchers.query_param_matcher({"offset": "0", "limit": "200", **own}))
    assert not module(kube_config, name="shop", enterprise_project_id="ep-7").failed


def test_every_page_is_read(transcript, row):
    rows = [{**row, "cluster_id": f"id-{number:03}", "cluster_name": f"name-{number}"} for number in range(450)]
    for offset in (0, 200, 400):
        page = matchers.query_param_matcher({"offset": str(offset), "limit": "200"})
        listed(transcript, *rows[offset : offset + 200], total=450, match=page)
    assert module(name="name-449").result["cluster_id"] == "id-449"


def test_a_short_listing_is_taken_again_and_never_believed(transcript, pauses, kube_config, row):
    for _attempt in range(4):
        listed(transcript, row, total=2)
        listed(transcript, total=2, match=matchers.query_param_matcher({"offset": "1", "limit": "200"}))
    ran = module(kube_config, name="new")
    assert ran.failed and "1 clusters were received, total_num is 2" in ran.msg
    assert len(pauses) == 3


def test_a_total_that_changes_between_pages_is_listed_again(transcript, row):
    second = matchers.query_param_matcher({"offset": "1", "limit": "200"})
    listed(transcript, row, total=2)
    listed(transcript, {**row, "cluster_id": OTHER_ID}, total=3, match=second)
    listed(transcript, row, total=1)
    assert module(name="shop").result["cluster_id"] == ID


def test_a_row_seen_twice_is_one_cluster(transcript, row):
    other = {**row, "cluster_id": OTHER_ID, "cluster_name": "bank"}
    listed(transcript, row, total=2)
    listed(transcript, row, other, total=2, match=matchers.query_param_matcher({"offset": "1", "limit": "200"}))
    assert module(name="shop").result["cluster_id"] == ID


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"total_num": 1},
        {"total_num": "1", "data_list": []},
        {"total_num": 1, "data_list": [{"cluster_name": "shop"}]},
    ],
)
def test_a_listing_of_another_form_is_an_error(transcript, kube_config, answer):
    transcript.get(CLUSTERS, json=answer)
    ran = module(kube_config, name="shop")
    assert ran.failed and "not have the documented format" in ran.msg


def test_a_throttled_create_is_sent_again(transcript, pauses, kube_config, row):
    words = "The throttling threshold has been reached: policy user over ratelimit,limit:10,time:1 minute"
    listed(transcript)
    transcript.post(CLUSTERS, status=429, json={"error_code": "APIGW.0308", "error_msg": words})
    transcript.post(CLUSTERS, status=429, json={"error_code": "APIG.0308"}, headers={"Retry-After": "7"})
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    assert module(kube_config, name="shop").result["actions"] == ["create"]
    assert 30 <= pauses[0] <= 60 and pauses[1] == 7


def test_a_pause_beyond_reason_is_not_waited_for(transcript, pauses, row):
    transcript.get(CLUSTERS, status=429, json={"error_code": "APIGW.0308"}, headers={"Retry-After": "3600"})
    assert module(name="shop").failed and not pauses


@pytest.mark.parametrize("error", [requests.exceptions.ConnectTimeout(), requests.exceptions.ProxyError()])
def test_a_create_that_never_left_is_sent_again(transcript, kube_config, row, error):
    listed(transcript)
    transcript.post(CLUSTERS, body=error)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    assert module(kube_config, name="shop").result["actions"] == ["create"]


@pytest.mark.parametrize("looks", [1, 3])
@pytest.mark.parametrize(
    "lost",
    [
        {"body": requests.exceptions.ReadTimeout()},
        {"body": requests.exceptions.ConnectionError(ConnectionResetError())},
        {"body": requests.exceptions.ChunkedEncodingError()},
        {"status": 200, "body": "<html>login</html>"},
        {"status": 200, "body": '{"cluster_'},
        {"status": 200, "json": {}},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 500, "json": {"error_code": "HSS.0005"}},
    ],
)
def test_a_lost_answer_is_settled_by_listing(transcript, kube_config, row, lost, looks):
    listed(transcript)
    transcript.post(CLUSTERS, **lost)
    for _look in range(looks - 1):
        listed(transcript)
    listed(transcript, row)
    listed(transcript, row)
    ran = module(kube_config, name="shop")
    assert (ran.result["changed"], ran.result["actions"], ran.result["cluster_id"]) == (True, ["create"], ID)


def test_a_create_timed_out_for_good_is_unknown_and_not_repeated(transcript, pauses, kube_config):
    listed(transcript)
    transcript.post(CLUSTERS, body=requests.exceptions.ReadTimeout())
    for _look in range(5):
        listed(transcript)
    ran = module(kube_config, name="shop")
    assert ran.failed and ran.result["failure"]["outcome"] == "unknown" and "Run again" in ran.msg
    assert ran.result["changed"] is False and sum(pauses) == 15


def test_a_5xx_with_proved_absence_is_tried_once_more(transcript, kube_config, row):
    listed(transcript)
    transcript.post(CLUSTERS, status=503)
    for _look in range(5):
        listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    assert module(kube_config, name="shop").result["actions"] == ["create"]


def test_a_5xx_whose_listing_fails_is_not_tried_again(transcript, kube_config):
    listed(transcript)
    transcript.post(CLUSTERS, status=503)
    for _attempt in range(3):
        transcript.get(CLUSTERS, status=503)
    ran = module(kube_config, name="shop")
    assert ran.failed and ran.result["failure"]["outcome"] == "unknown"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_read_is_sent_again(transcript, pauses, row, status):
    transcript.get(CLUSTERS, status=status)
    transcript.get(CLUSTERS, body=requests.exceptions.ConnectionError())
    listed(transcript, row)
    assert module(name="shop").result["changed"] is False
    assert len(pauses) == 2


def test_401_is_never_sent_again(transcript, kube_config):
    transcript.get(CLUSTERS, status=401, json={"error_code": "APIGW.0301", "error_msg": "bad signature"})
    ran = module(kube_config, name="shop")
    assert ran.failed and "APIGW.0301" in ran.msg and "clock" in ran.msg


def test_a_redirect_is_not_followed(transcript, kube_config):
    transcript.get(CLUSTERS, status=302, headers={"Location": "https://elsewhere.example.com/"})
    assert "redirect" in module(kube_config, name="shop").msg


def test_where_a_name_stands_twice_the_lowest_id_stays(transcript, kube_config, row):
    """Another run registered it between our listing and our create, and holds the lower id: ours is removed."""
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    listed(transcript, row, {**row, "cluster_id": OTHER_ID})
    transcript.delete(f"{CLUSTERS}/{OTHER_ID}")
    listed(transcript, row)
    ran = module(kube_config, name="shop")
    assert (ran.result["actions"], ran.result["cluster_id"]) == (["create", "delete"], ID)
    assert any(OTHER_ID in text and ID in text for text in ran.warnings)


def test_the_holder_of_the_lowest_id_waits_for_the_other_to_go(transcript, pauses, kube_config, row):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row, {**row, "cluster_id": OTHER_ID})
    listed(transcript, row)
    ran = module(kube_config, name="shop")
    assert (ran.result["actions"], ran.result["cluster_id"], pauses) == (["create"], ID, [1.0])


def test_the_holder_of_the_lowest_id_goes_if_the_other_run_was_over_before(transcript, kube_config, row):
    both = [row, {**row, "cluster_id": OTHER_ID}]
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    for _look in range(5):
        listed(transcript, *both)
    transcript.delete(f"{CLUSTERS}/{ID}")
    listed(transcript, both[1])
    ran = module(kube_config, name="shop")
    assert (ran.result["actions"], ran.result["cluster_id"]) == (["create", "delete"], OTHER_ID)


def test_if_both_runs_took_theirs_back_it_is_created_again(transcript, kube_config, row):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": OTHER_ID})
    listed(transcript, row, {**row, "cluster_id": OTHER_ID})
    transcript.delete(f"{CLUSTERS}/{OTHER_ID}")
    for _look in range(4):
        listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    ran = module(kube_config, name="shop")
    assert (ran.result["actions"], ran.result["cluster_id"]) == (["create", "delete", "create"], ID)


def test_of_an_adopted_registration_nothing_is_removed(transcript, kube_config, row):
    """The answer was lost, so neither of the two is known to be this run's."""
    both = [row, {**row, "cluster_id": OTHER_ID}]
    listed(transcript)
    transcript.post(CLUSTERS, body=requests.exceptions.ReadTimeout())
    listed(transcript, row)
    for _look in range(8):
        listed(transcript, *both)
    ran = module(kube_config, name="shop")
    assert ran.failed and "more than once" in ran.msg and ID in ran.msg and OTHER_ID in ran.msg


def test_a_created_cluster_that_is_not_listed_yet_is_reported_with_its_id(transcript, kube_config):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    for _look in range(5):
        listed(transcript)
    ran = module(kube_config, name="shop")
    assert (ran.result["actions"], ran.result["cluster_id"]) == (["create"], ID)
    assert any("does not list it yet" in text for text in ran.warnings)


def test_a_created_cluster_whose_listing_fails_says_so_with_its_id(transcript, kube_config):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    for _attempt in range(3):
        transcript.get(CLUSTERS, status=503)
    ran = module(kube_config, name="shop")
    assert ran.failed and ran.result["changed"] is True and ran.result["cluster_id"] == ID and ID in ran.msg


@pytest.mark.parametrize(
    "status, code", [(400, "HSS.1002"), (400, "HSS.0014"), (403, "APIG.0306"), (413, "APIGW.0201")]
)
def test_a_refused_create_is_not_sent_again(transcript, kube_config, status, code):
    listed(transcript)
    transcript.post(
        CLUSTERS, status=status, json={"error_code": code, "error_msg": "no"}, headers={"X-Request-Id": "r-1"}
    )
    ran = module(kube_config, name="shop")
    failure = ran.result["failure"]
    assert (failure["outcome"], failure["error_code"], failure["request_id"]) == ("rejected", code, "r-1")
    assert failure["operation"] == "CreateMultiCloudClusters" and failure["hint"]
    assert ran.result["changed"] is False and ran.result["actions"] == []


@pytest.mark.parametrize("package", ["yaml", "cryptography"])
def test_a_package_that_reads_kubeconfigs_is_missing(kube_config, package):
    args = {**CONNECTION, "name": "shop", "kube_config": kube_config}
    for name, options in (
        ("hss_multicloud_cluster", args),
        ("hss_multicloud_config_info", {**CONNECTION, "kube_config": kube_config}),
    ):
        result = finish(start(name, options, without=[package]))
        assert result["msg"].startswith("Reading a kubeconfig needs the Python packages PyYAML and cryptography"), name
        assert result["failure"]["outcome"] == "not_sent"
        assert "delegate_to" in result["failure"]["hint"]


def test_without_a_kubeconfig_no_package_is_missed():
    args = {**CONNECTION, "endpoint": "https://127.0.0.1:1", "max_retries": 0, "name": "shop", "state": "absent"}
    result = finish(start("hss_multicloud_cluster", args, without=["yaml", "cryptography"]))
    assert "refused the connection" in result["msg"]


@pytest.mark.parametrize("value", ["REDACTED", "DATA+OMITTED"])
def test_a_placeholder_is_named_in_the_message(kube_config, value):
    document = yaml.safe_load(kube_config)
    document["users"][0]["user"] = {"token": value}
    ran = module(yaml.safe_dump(document), name="shop")
    assert ran.msg.startswith(f"kube_config: users[0].user.token: is {value}, which kubectl config view prints")
    assert ran.result["failure"]["outcome"] == "not_sent"


def with_cluster(kube_config, **fields):
    document = yaml.safe_load(kube_config)
    document["clusters"][0]["cluster"].update({name.replace("_", "-"): value for name, value in fields.items()})
    return yaml.safe_dump(document)


def test_a_proxy_of_the_host_is_refused_with_the_option_that_replaces_it(transcript, kube_config):
    text = with_cluster(kube_config, proxy_url="socks5://localhost:1080")
    ran = module(text, name="shop")
    assert ran.failed and "kube_config: clusters[0].cluster.proxy-url" in ran.msg and "kube_config_proxy_url" in ran.msg
    ran = module(text, name="shop", kube_config_proxy_url="http://127.0.0.1:1")
    assert ran.failed and ran.msg.startswith("kube_config_proxy_url: HSS cannot use this proxy")


@pytest.mark.parametrize(
    ("given", "sent_url"), [("", None), ("http://u:a-pr0xy-word@10.0.0.9:1", "http://u:a-pr0xy-word@10.0.0.9:1")]
)
def test_a_proxy_is_replaced_or_dropped_in_the_upload(transcript, kube_config, row, given, sent_url):
    listed(transcript)
    transcript.post(CLUSTERS, json={"cluster_id": ID})
    listed(transcript, row)
    text = with_cluster(kube_config, proxy_url="socks5://localhost:1080")
    ran = module(text, name="shop", kube_config_proxy_url=given)
    assert not ran.failed and "a-pr0xy-word" not in ran.output
    assert yaml.safe_load(sent(transcript, 1)["kube_config"])["clusters"][0]["cluster"].get("proxy-url") == sent_url


@pytest.mark.parametrize("place", ["module", "entry"])
def test_a_token_is_not_sent_to_another_server_without_a_ca(transcript, row, place):
    config = kubeconfigs.document("https://10.0.0.9:6443", b"", {"token": kubeconfigs.jwt()})
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    cluster = {"name": "shop", "kube_config": json.dumps(config), "server": "https://10.0.0.5:6443"}
    allowed = {"kube_config_allow_server_without_ca": True}

    def register(**options):
        if place == "module":
            return module(**cluster, **options)
        return run(hss_multicloud_clusters.main, {**CONNECTION, "clusters": [{**cluster, **options}]})

    ran = register()
    assert ran.failed and "server: 'https://10.0.0.5:6443' replaces the address" in ran.msg
    assert "kube_config_allow_server_without_ca" in ran.msg and len(transcript.calls) == 0
    listed(transcript, row)
    assert not register(**allowed).failed


IN_CLUSTER = "https://kubernetes.default.svc.cluster.local:443"


@pytest.mark.parametrize("given", [{}, {"kube_config": True}, {"kube_config": True, "server": IN_CLUSTER}])
def test_a_name_inside_the_cluster_is_refused_unless_it_is_allowed(transcript, kube_config, row, given):
    options = {"server": IN_CLUSTER, **given, "name": "shop"}
    if "kube_config" in given:
        options["kube_config"] = kube_config if "server" in given else with_cluster(kube_config, server=IN_CLUSTER)
        options = options if "server" in given else {**options, "server": None}
    options = {key: value for key, value in options.items() if value is not None}
    ran = module(**options)
    assert ran.failed and "kube_config_allow_in_cluster_server" in ran.msg
    listed(transcript, {**row, "server": IN_CLUSTER})
    assert module(**options, kube_config_allow_in_cluster_server=True).result["actions"] == []
