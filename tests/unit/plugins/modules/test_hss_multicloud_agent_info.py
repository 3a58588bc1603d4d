# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connects a cluster, and the commands for a private registry, over strict transcripts."""

from __future__ import annotations

import base64
import json
import shlex
from urllib.parse import quote

import pytest
import requests
from modules import run
from responses import matchers

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests import parse
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    PLACEHOLDER,
    with_password,
)
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_multicloud_agent_info,
    hss_multicloud_image_command_info,
)

BASE = "https://hss.example.com/v5/project-1/container/kubernetes/multi-cloud"
CONNECTION = {
    "endpoint": "https://hss.example.com",
    "project_id": "project-1",
    "enterprise_project_id": "ep-1",
    "access_key": "AKAKAKAKAKAKAKAKAKAK",
    "secret_key": "SKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSK",
    "max_retries": 0,
}
NETWORK = {"anp_address": "anp.example.com:8091", "agent_address": "agent.example.com:10180", "region_id": "cn-north-4"}
TOKEN = "canary-tunnel-token-0123456789"
MANIFESTS = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}},
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": "hss"},
        "data": {"TOKEN": base64.b64encode(TOKEN.encode()).decode()},
        "stringData": {"PLAIN": TOKEN},
    },
]
SCRIPT = "".join(map(json.dumps, MANIFESTS))


def agents(transcript, *scripts, **options):
    """Runs the module; each script is (cluster_id, text or an error answer)."""
    transcript.get(f"{BASE}/agent-network", json={**NETWORK, "extra": 1})
    for cluster_id, text in scripts:
        answer = {"json": {"install_script": text}} if isinstance(text, str) or text is None else text
        transcript.get(f"{BASE}/clusters/{cluster_id}/agent/install-script", **answer)
    return run(hss_multicloud_agent_info.main, {**CONNECTION, **options})


def test_without_a_cluster_there_are_the_addresses(transcript):
    assert {key: value for key, value in agents(transcript).result.items() if key != "invocation"} == {
        "changed": False,
        "network": NETWORK,
    }


def test_manifests_of_one_come_as_they_are(transcript):
    """Not even their secrets are replaced: somebody is going to apply them."""
    ran = agents(transcript, ("c1", SCRIPT), cluster_id="c1")
    assert (ran.result["manifests"], ran.result["network"]) == (MANIFESTS, NETWORK)


def test_manifests_of_many_come_in_order_and_each_failure_is_its_own(transcript):
    refused = {"status": 400, "json": {"error_code": "HSS.0011", "error_msg": "no such cluster"}}
    ran = agents(
        transcript,
        ("c1", SCRIPT),
        ("c2", refused),
        ("c3", f"<html>{TOKEN}"),
        ("c4", None),
        ("c5", SCRIPT),
        cluster_ids=["c1", "c2", "c3", "c4", "c5"],
        concurrency=1,
    )
    clusters = ran.result["clusters"]
    assert not ran.failed and [(item["cluster_id"], item["failed"]) for item in clusters] == [
        ("c1", False),
        ("c2", True),
        ("c3", True),
        ("c4", True),
        ("c5", False),
    ]
    assert [item["manifests"] for item in clusters] == [MANIFESTS, [], [], [], MANIFESTS]
    assert "HSS.0011: no such cluster" in clusters[1]["msg"] and clusters[1]["failure"]["error_code"] == "HSS.0011"
    assert "for the cluster c3: document 1 is not an object" in clusters[2]["msg"] and TOKEN not in clusters[2]["msg"]
    assert "the response holds no text" in clusters[3]["msg"]
    (warning,) = ran.warnings
    assert warning.startswith("3 of 5 clusters have no usable manifests") and "c2: " in warning and TOKEN not in warning


def test_of_none_there_are_none(transcript):
    assert agents(transcript, cluster_ids=[]).result["clusters"] == []


def test_garbage_is_an_error_that_names_the_cluster_and_quotes_nothing(transcript):
    ran = agents(transcript, ("c1", f"{SCRIPT}{{'{TOKEN}"), cluster_id="c1")
    assert ran.failed and "for the cluster c1: they are neither JSON nor YAML" in ran.msg
    assert TOKEN not in ran.output and ran.result["failure"]["operation"] == "ShowMultiCloudClusterProxyScript"


def test_a_later_error_does_not_show_what_an_earlier_manifest_held(transcript):
    words = {"status": 400, "json": {"error_code": "HSS.0001", "error_msg": f"no {TOKEN} no"}}
    ran = agents(transcript, ("c1", SCRIPT), ("c2", words), cluster_ids=["c1", "c2"], concurrency=1)
    failed = ran.result["clusters"][1]
    assert TOKEN not in json.dumps(failed) + "".join(ran.warnings)


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"cluster_id": "c1", "cluster_ids": ["c2"]}, "mutually exclusive"),
        ({"cluster_id": " "}, "cluster_id: must not be empty"),
        ({"cluster_ids": ["c1", ""]}, "cluster_ids: must not be empty"),
        ({"cluster_ids": ["c1"], "concurrency": 0}, "concurrency: must be from 1 to 32"),
    ],
)
def test_what_cannot_work_is_refused_before_any_request(transcript, options, reason):
    ran = run(hss_multicloud_agent_info.main, {**CONNECTION, **options})
    assert ran.failed and reason in ran.msg


# --- the commands for a private registry ------------------------------------------------------------------------------

PASSWORD = "p@ss w'örd/+canary"
REGISTRY = {"image_repo": "r.example.com", "organization": "o", "image_repo_username": "puller"}


def answer_with(password):
    quoted = shlex.quote(password)
    return {
        "image_command": f"docker login -u puller -p {quoted} r.example.com && docker push r.example.com/o/x",
        "secret_command": f"kubectl create secret docker-registry hss-registry -n hss --docker-password={quoted}",
        "images_download_url": "https://images.example.com/x.tar",
    }


def commands(transcript, sent, answer, **options):
    query = {"image_repo": "r.example.com", "organization": "o", "username": "puller", "password": sent}
    if options.get("plug_type"):
        query["plug_type"] = options["plug_type"]
    transcript.get(f"{BASE}/image-upload-command", match=[matchers.query_param_matcher(query)], **answer)
    return run(hss_multicloud_image_command_info.main, {**CONNECTION, **REGISTRY, **options})


def test_the_action_plugin_completes_commands_that_never_had_the_password(transcript):
    ran = commands(
        transcript, PLACEHOLDER, {"json": answer_with(PLACEHOLDER)}, image_repo_password=PASSWORD, plug_type="agent"
    )
    assert secrets_in(ran.output) == []
    complete = {
        name: with_password(ran.result[name], "puller", PASSWORD) for name in ("image_command", "secret_command")
    }
    assert {**complete, "images_download_url": ran.result["images_download_url"]} == answer_with(PASSWORD)
    assert (ran.result["secret_name"], ran.warnings) == ("hss-registry", [])


def test_commands_to_be_shown_never_met_the_password(transcript):
    ran = commands(
        transcript, PLACEHOLDER, {"json": answer_with(PLACEHOLDER)}, image_repo_password=PASSWORD, show_commands=True
    )
    assert ran.result["image_command"] == (
        'docker login -u puller -p "$REGISTRY_PASSWORD" r.example.com && docker push r.example.com/o/x'
    )
    assert '--docker-password="$REGISTRY_PASSWORD"' in ran.result["secret_command"]
    assert (ran.result["secret_name"], ran.warnings) == ("hss-registry", [])


def test_a_password_that_hss_transforms_is_told(transcript):
    hidden = base64.b64encode(PLACEHOLDER.encode()).decode()
    answer = {"image_command": f"load {hidden}", "secret_command": None, "images_download_url": None}
    ran = commands(transcript, PLACEHOLDER, {"json": answer}, show_commands=True)
    assert "no $REGISTRY_PASSWORD in them" in ran.warnings[0] and ran.result["secret_name"] is None


def secrets_in(text, password=PASSWORD):
    """Eight characters in a row of the password, in any spelling, that stand in a text."""
    spelt = [password, quote(password), shlex.quote(password), base64.b64encode(password.encode()).decode()]
    spelt += [base64.b64encode(f"puller:{password}".encode()).decode(), json.dumps(password)[1:-1]]
    pieces = {each[at : at + 8] for each in spelt for at in range(len(each) - 7)}
    return sorted(piece for piece in pieces if piece in text)


FAILURES = {
    "time-out": {"body": requests.exceptions.ReadTimeout(f"https://hss.example.com?password={quote(PASSWORD)}")},
    "connection": {"body": requests.exceptions.ConnectionError(f"...&password={quote(PASSWORD)} refused")},
    "invalid URL": {"body": requests.exceptions.InvalidURL(f"?password={PASSWORD}")},
    "redirect": {"status": 302, "headers": {"Location": f"https://elsewhere/?password={quote(PASSWORD)}"}},
    "canonical request": {
        "status": 401,
        "json": {
            "error_code": "APIGW.0301",
            "error_msg": f"verify aksk signature fail, canonicalRequest:GET|/v5/|password={quote(PASSWORD)}|",
        },
    },
    "raw": {"status": 400, "json": {"error_code": "HSS.0001", "error_msg": f"bad password {PASSWORD}!"}},
    "a part": {"status": 400, "json": {"error_code": "HSS.0001", "error_msg": f"bad {PASSWORD[2:-2]}"}},
    "in the URL": {"status": 400, "json": {"error_code": "HSS.0001", "error_msg": f"bad ?password={quote(PASSWORD)}"}},
    "quoted": {"status": 400, "json": {"error_code": "HSS.0001", "error_msg": f"docker -p {shlex.quote(PASSWORD)}"}},
    "base64": {
        "status": 400,
        "json": {
            "error_code": "HSS.0001",
            "error_msg": "Basic " + base64.b64encode(f"puller:{PASSWORD}".encode()).decode(),
        },
    },
    "HTML": {"status": 502, "body": f"<html>{PASSWORD}"},
    "not JSON": {"status": 200, "body": f"{PASSWORD}"},
}


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES)
def test_no_failure_shows_any_spelling_of_the_password(transcript, answer):
    ran = commands(transcript, PLACEHOLDER, answer, image_repo_password=PASSWORD)
    assert ran.failed and ran.result["failure"]["operation"] == "ShowMultiCloudClusterImageCommand"
    assert secrets_in(ran.output) == []


def test_a_short_password_is_hidden_in_its_spellings_too(transcript):
    """Too short for the redactor, but not for Ansible."""
    words = {"error_code": "HSS.0001", "error_msg": f"a&b {quote('a&b')} {shlex.quote('a&b')}"}
    ran = commands(transcript, PLACEHOLDER, {"status": 400, "json": words}, image_repo_password="a&b")
    assert ran.failed and "a&b" not in ran.output and "a%26b" not in ran.output


@pytest.mark.parametrize(
    "options, reason",
    [
        ({}, "image_repo_password"),
        ({"image_repo_password": ""}, "image_repo_password: must not be empty"),
        ({"image_repo_password": "x", "organization": " "}, "organization: must not be empty"),
        ({"image_repo_password": "x", "plug_type": "other"}, "must be one of: docker, agent"),
    ],
)
def test_what_cannot_be_asked_is_not_asked(transcript, options, reason):
    ran = run(hss_multicloud_image_command_info.main, {**CONNECTION, **REGISTRY, **options})
    assert ran.failed and reason in ran.msg


@pytest.mark.parametrize(("script", "failed"), [(SCRIPT, False), ("kind: Namespace", True)])
def test_pyyaml_is_needed_for_manifests_in_yaml_only(transcript, monkeypatch, script, failed):
    monkeypatch.setattr(parse, "yaml", None)
    ran = agents(transcript, ("c-1", script), cluster_id="c-1")
    assert ran.failed == failed
    assert not failed or ran.msg.startswith("Reading manifests in YAML needs the Python package PyYAML")
