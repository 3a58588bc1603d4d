# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests signing in with a password, with the complete sequence of requests and responses."""

from __future__ import annotations

import pytest
from modules import run
from responses import matchers

from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster

HSS, IAM = "https://hss.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com/v3"
TOKEN = "MIIRkX3vQ9zR7wB2nM5tY8pL"
PASSWORD = "Zq7#vB2nM5tY8pL"
OPTIONS = {
    "region": "cn-north-4",
    "user_name": "operator",
    "password": PASSWORD,
    "domain_name": "shop",
    "max_retries": 1,
    "name": "nobody",
    "state": "absent",
}


def token(transcript, body, header=TOKEN, status=201):
    transcript.post(
        f"{IAM}/auth/tokens", status=status, json=body, headers={"X-Subject-Token": header} if header else {}
    )


def empty_list(transcript, project):
    transcript.get(
        f"{HSS}/v5/{project}/container/kubernetes/multi-cloud/clusters",
        json={"total_num": 0, "data_list": []},
        match=[matchers.header_matcher({"X-Auth-Token": TOKEN})],
    )


def module(**options):
    ran = run(hss_multicloud_cluster.main, {**OPTIONS, **options})
    assert PASSWORD not in ran.output and TOKEN not in ran.output
    return ran


def test_the_project_is_taken_from_the_response_of_iam(transcript):
    token(transcript, {"token": {"project": {"id": "told", "name": "cn-north-4"}}})
    empty_list(transcript, "told")
    assert not module().failed


@pytest.mark.parametrize("body", [{}, {"token": None}, {"token": {"project": None}}, {"token": {"project": {"id": 7}}}])
def test_a_project_missing_in_the_response_is_looked_up(transcript, body):
    token(transcript, body)
    transcript.get(
        f"{IAM}/projects",
        json={"projects": [{"id": "found"}]},
        match=[matchers.query_param_matcher({"name": "cn-north-4"}), matchers.header_matcher({"X-Auth-Token": TOKEN})],
    )
    empty_list(transcript, "found")
    assert not module().failed


def test_a_given_project_is_used(transcript):
    token(transcript, {"token": {"project": {"id": "told"}}})
    empty_list(transcript, "given")
    assert not module(project_id="given").failed


@pytest.mark.parametrize("header", [None, ""])
def test_a_response_without_a_token_is_an_error(transcript, header):
    token(transcript, {"token": {"project": {"id": "told"}}}, header)
    ran = module()
    assert (
        "Could not sign in to IAM as the user 'operator' of the account 'shop': the response holds no token" in ran.msg
    )
    assert ran.result["failure"]["outcome"] == "rejected"


@pytest.mark.parametrize(
    "body, words",
    [
        ({"error": {"code": 401, "message": f"Wrong: {PASSWORD}.", "title": "Unauthorized"}}, "401: Wrong: ********."),
        ({"error_code": "IAM.0001", "error_msg": f"No {TOKEN[:4]}"}, "IAM.0001: No MIIR"),
        ({"error": {"code": 401, "message": "No", "body": {"password": PASSWORD}}}, "401: No"),
        ({"surprise": PASSWORD}, "gave no reason"),
    ],
)
def test_a_refusal_is_quoted_by_code_and_message_alone(transcript, body, words):
    token(transcript, body, None, status=401)
    ran = module()
    assert words in ran.msg and "Check user_name" in ran.msg
    assert "surprise" not in ran.output and '"body"' not in ran.output


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_failing_iam_is_retried(transcript, status):
    token(transcript, {}, None, status=status)
    token(transcript, {"token": {"project": {"id": "told"}}})
    empty_list(transcript, "told")
    assert not module().failed


def test_the_cloud_is_part_of_both_addresses(transcript):
    transcript.post(
        "https://iam.cn-north-4.example.com/v3/auth/tokens",
        status=201,
        json={"token": {"project": {"id": "told"}}},
        headers={"X-Subject-Token": TOKEN},
    )
    transcript.get(
        "https://hss.cn-north-4.example.com/v5/told/container/kubernetes/multi-cloud/clusters",
        json={"total_num": 0, "data_list": []},
    )
    assert not module(cloud="example.com").failed
