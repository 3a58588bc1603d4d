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
    digest_of,
    note_options,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import (
    InvalidVariable,
    Variables,
    read_variables,
)

DIGEST = digest_of(b"token")
DAY = 86_400_000


@pytest.mark.parametrize(
    "text",
    ["", "one", f"one {DIGEST} else", f"one {DIGEST[:-1]}", f"one\n{DIGEST}", f"../x {DIGEST}", f"{'a' * 64} {DIGEST}"],
)
def test_a_note_of_somebody_else_is_none(text):
    assert Note.parse(text) is None


@pytest.mark.parametrize("note", [Note("one", DIGEST), Note("one", DIGEST, failed=True)])
def test_a_note_is_read_as_it_was_written(note):
    assert Note.parse(str(note)) == note and "token" not in str(note)
    (secret,) = note_options(Variables("shop"), str(note))["objects"]
    assert secret["metadata"]["annotations"]["huaweicloud.hss/sent"] == str(note)


def planned(policy, status="connect_success", ends=None, registered=None):
    """Returns whether the kubeconfig is sent, and the warnings."""
    body = {"kube_config": "text", "server": "https://10.0.0.5:6443"}
    if ends:
        body.update(certificate_expiration_date=ends, current_expiration_date=ends)
    desired = Desired("present", "shop", None, Policy(**policy), body, frozenset())
    row = {
        "cluster_id": "one",
        "cluster_name": "shop",
        "server": body["server"],
        "status": status,
        "certificate_expiration_date": registered,
        "current_expiration_date": registered,
    }
    found = plan(desired, RegisteredClusters([row]))
    return "kubeconfig" in found.changes, " ".join(found.warnings)


@pytest.mark.parametrize(
    "sent, status, failed, is_sent",
    [
        ("one", "connect_success", False, False),
        ("", "connect_success", False, True),
        ("earlier", "connect_success", False, True),
        ("one", "connect_fail", False, True),
        ("one", "connect_fail", True, False),
        ("one", "not_connect", False, False),
    ],
)
def test_the_token_of_the_account_is_sent_once_for_each_reason(sent, status, failed, is_sent):
    policy = {"account": True, "account_sent": sent, "account_failed": failed}
    for registered in (None, 5 * DAY):
        assert planned(policy, status, registered=registered)[0] is is_sent
    assert planned({**policy, "update_kube_config": "on_create"}, status)[0] is False
    assert planned({**policy, "update_kube_config": "always"}, status)[0] is True


@pytest.mark.parametrize(
    "account, sent, registered, is_sent",
    [
        (False, "", None, False),
        (False, "one", 5 * DAY, False),
        (False, "other", 5 * DAY, True),
        (False, "", 5 * DAY, True),
        (None, "", None, True),
    ],
)
def test_an_admins_certificate_does_not_replace_the_token_of_the_account(account, sent, registered, is_sent):
    policy = {"account": account, "account_sent": sent}
    found, warnings = planned(policy, ends=9 * DAY, registered=registered)
    assert found is is_sent and ("token of a ServiceAccount" in warnings) is not is_sent
    assert planned({**policy, "update_kube_config": "always"}, ends=9 * DAY, registered=registered)[0] is True


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
