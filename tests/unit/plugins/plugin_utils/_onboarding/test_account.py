# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster notes about the token that HSS has, when the token is sent, and whose account it is."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.desired import Desired, Policy
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.plan import RegisteredClusters, plan
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.account import (
    Note,
    account_conflict_message,
    account_owner,
    annotation_of,
    digest_of,
    note_options,
    other_notes,
    place_of,
    service_account_objects,
    stale_token,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import (
    InvalidVariable,
    Variables,
    read_variables,
)

CLUSTER = {"server": "https://10.0.0.5:6443", "certificate-authority-data": "Y2E="}
DIGEST = digest_of(CLUSTER, "token")
PLACE, OTHER_PLACE = place_of("project", "shop"), place_of("other", "shop")
DAY = 86_400_000
END = 5 * DAY
MARKED = END - 1000
CERTIFICATE = {"certificate_expiration_date": 9 * DAY, "current_expiration_date": 9 * DAY}


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"one {PLACE} {DIGEST} 0 else",
        f"one {PLACE} {DIGEST[:-1]} 0",
        f"one {DIGEST} 0",
        f"one {PLACE} {DIGEST}",
        f"one\n{PLACE} {DIGEST} 0",
        f"../x {PLACE} {DIGEST} 0",
        f"{'a' * 64} {PLACE} {DIGEST} 0",
        f"one {PLACE} {DIGEST} -1",
    ],
)
def test_a_note_of_somebody_else_is_none(text):
    assert Note.parse(text) == []


@pytest.mark.parametrize("note", [Note("one", PLACE, DIGEST), Note("one", PLACE, DIGEST, 5, failed=True)])
def test_a_note_is_read_as_it_was_written(note):
    assert Note.parse(str(note)) == [note] and "token" not in str(note)
    (secret,) = note_options(Variables("shop"), str(note))["objects"]
    assert secret["metadata"]["annotations"]["huaweicloud.hss/sent"] == str(note)


def test_each_place_has_a_note_of_its_own():
    one, other = Note("one", PLACE, DIGEST), Note("two", OTHER_PLACE, DIGEST, 7)
    both = other.added_to(f"something; {one}")
    assert Note.parse(both) == [one, other] and other_notes(both, PLACE) == [other]
    # A registration that was made anew takes the place of the earlier one.
    anew = Note("three", PLACE, DIGEST)
    assert Note.parse(anew.added_to(both)) == [other, anew]
    text = ""
    for number in range(20):
        text = Note(f"id-{number}", place_of("project", str(number)), DIGEST).added_to(text)
    assert [note.cluster_id for note in Note.parse(text)] == [f"id-{number}" for number in range(12, 20)]
    assert annotation_of(Note.parse(text)) == text


def test_a_token_that_is_used_with_another_ca_is_another_credential():
    assert digest_of(dict(reversed(CLUSTER.items())), "token") == DIGEST
    assert (
        digest_of(CLUSTER, "other") != DIGEST != digest_of({**CLUSTER, "certificate-authority-data": "b2Y="}, "token")
    )


def planned(policy, status="connect_success", current=None, certificate=None, **dates):
    """The plan for a registration with these dates.

    :arg dates: those of the kubeconfig.
    """
    body = {"kube_config": "text", "server": "https://10.0.0.5:6443", **dates}
    end = dates.get("certificate_expiration_date", dates.get("current_expiration_date"))
    desired = Desired("present", "shop", None, Policy(**policy), body, frozenset(), end)
    row = {
        "cluster_id": "one",
        "cluster_name": "shop",
        "server": body["server"],
        "status": status,
        "certificate_expiration_date": certificate,
        "current_expiration_date": current,
    }
    return plan(desired, RegisteredClusters([row]))


def is_sent(*args, **kwargs):
    return "kubeconfig" in planned(*args, **kwargs).changes


@pytest.mark.parametrize(
    "noted, status, failed, expected",
    [
        ({"one": END // 1000}, "connect_success", [], False),
        ({}, "connect_success", [], True),
        ({"earlier": END // 1000}, "connect_success", [], True),
        # Another credential was sent since.
        ({"one": END // 1000 - 1}, "connect_success", [], True),
        ({"one": 0}, "connect_success", [], True),
        ({"one": END // 1000}, "connect_fail", [], True),
        ({"one": END // 1000}, "connect_fail", ["two"], True),
        ({"one": END // 1000}, "connect_fail", ["one"], False),
        ({"one": END // 1000}, "not_connect", [], False),
    ],
)
def test_the_token_of_the_account_is_sent_once_for_each_reason(noted, status, failed, expected):
    policy = {"account": True, "account_sent": noted, "account_failed": failed}
    dates = {"current": END, "certificate": 9 * DAY}
    assert is_sent(policy, status, **dates) is expected
    assert is_sent({**policy, "update_kube_config": "on_create"}, status, **dates) is False
    assert is_sent({**policy, "update_kube_config": "always"}, status, **dates) is True
    assert not is_sent({"account": True, "account_sent": {"one": 0}})


@pytest.mark.parametrize("certificate, date", [(None, 253_402_300_799_000), (END, MARKED), (END + 999, MARKED)])
def test_a_token_without_an_end_gets_a_date_that_shows_it(certificate, date):
    sent = planned({"account": True}, current=certificate, certificate=certificate)
    assert sent.changes == {"kubeconfig": "text", "current_expiration_date": date}
    row = {"current": date, "certificate": certificate}
    assert planned({}, **row).account_shown and not planned({}, current=END, certificate=END).account_shown
    # Neither without the note of the cluster, nor where HSS is not connected.
    for status in ("connect_success", "connect_fail"):
        assert not is_sent({"account": False}, status, **row, **CERTIFICATE)
        assert "token of a ServiceAccount" in " ".join(planned({"account": False}, **row, **CERTIFICATE).warnings)


@pytest.mark.parametrize(
    "account, noted, current, certificate, expected",
    [
        (False, {}, None, None, False),
        (False, {"one": END // 1000}, END, END, False),
        (False, {"one": 1}, END, END, True),
        (False, {"other": END // 1000}, END, END, True),
        (False, {}, END, END, True),
        # HSS has a token that ends.
        (False, {}, END, None, False),
        (None, {}, None, None, True),
    ],
)
def test_an_admins_certificate_does_not_replace_the_token_of_the_account(
    account, noted, current, certificate, expected
):
    policy, row = {"account": account, "account_sent": noted}, {"current": current, "certificate": certificate}
    found = planned(policy, **row, **CERTIFICATE)
    assert ("kubeconfig" in found.changes) is expected
    assert ("token of a ServiceAccount" in " ".join(found.warnings)) is not expected
    assert is_sent({**policy, "update_kube_config": "always"}, **row, **CERTIFICATE)


def test_a_token_that_ends_is_replaced_by_the_next_one():
    for account in (None, False):
        assert is_sent({"account": account}, current=END, current_expiration_date=END + DAY)
        assert not is_sent({"account": account}, current=END, current_expiration_date=END)


@pytest.mark.parametrize(
    "account, token, is_stale",
    [("created", "unchanged", True), ("created", "created", False), ("unchanged", "unchanged", False)],
)
def test_the_token_of_a_deleted_account_is_made_anew(account, token, is_stale):
    objects = service_account_objects(Variables("shop"))
    made = [{"kind": item["kind"], "action": "unchanged"} for item in objects]
    made[1]["action"], made[2]["action"] = account, token
    assert [item["kind"] for item in stale_token(made, objects)] == (["Secret"] if is_stale else [])


def test_the_account_belongs_to_the_cluster():
    assert account_owner(Variables("shop")) == "shop"
    assert (
        account_owner(Variables("Laden ä")) == account_owner(Variables("Laden ä")) != account_owner(Variables("b" * 64))
    )
    conflicts = [{"kind": "Namespace", "namespace": None, "name": "prod", "owner": None}]
    assert "Namespace prod in the cluster were not created by this role, so nothing was made for shop" in (
        account_conflict_message(conflicts, Variables("shop"))
    )


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "openshift-x", "hss"])
def test_namespaces_of_others_are_refused_for_the_account(name):
    given = {"hss_onboard_name": "shop", "hss_onboard_service_account_namespace": name}
    assert read_variables(given).service_account_namespace == name
    with pytest.raises(InvalidVariable, match=f"hss_onboard_service_account_namespace: {name} is a namespace of"):
        read_variables({**given, "hss_onboard_service_account": True})


def test_what_may_be_allowed_is_checked_before_any_request():
    given = {"hss_onboard_name": "shop", "hss_onboard_agent_allow": ["host_path", "root"]}
    with pytest.raises(InvalidVariable, match="hss_onboard_agent_allow: 'root' is not one of"):
        read_variables(given)
    given["hss_onboard_agent_allow"] = yaml.safe_load("[host_path, 'kind:PriorityClass.scheduling.k8s.io']")
    assert read_variables(given).agent_allow == given["hss_onboard_agent_allow"]
