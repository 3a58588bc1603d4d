# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests and registry commands contain secrets, are usable, and are not shown, locally and over ssh."""

from __future__ import annotations

import base64
import json
import shlex
from urllib.parse import quote

import pytest
import yaml
from modules import run

from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_agent_info
from hosts import SshHosts
from playbooks import play
from simulator import Fault

NETWORK, SCRIPT, IMAGES = "ShowAgentAddress", "ShowMultiCloudClusterProxyScript", "ShowMultiCloudClusterImageCommand"
PASSWORD = "canary p@ss w'örd/+$x"
REGISTRY = {"image_repo": "r.example.com", "organization": "o", "image_repo_username": "puller", "plug_type": "agent"}
KINDS = [
    "Namespace",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Deployment",
]


@pytest.fixture(scope="module")
def ssh_host():
    with SshHosts(names=["far"]) as hosts:
        yield hosts


def connection(simulator):
    return {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 0,
        "timeout": 5,
    }


@pytest.fixture
def played(request, simulator, tmp_path):
    """Runs tasks locally, or on a host with the parameter "over ssh", and returns their results."""
    if getattr(request, "param", "here") == "here":
        host, inventory = "localhost", tmp_path / "hosts"
        inventory.write_text("somewhere\n")
    else:
        host, inventory = "far", request.getfixturevalue("ssh_host").inventory_path

    def run_tasks(*tasks, arguments=("-vvvv", "--diff"), **defaults):
        names = [f"r{number}" for number in range(len(tasks))]
        listed = ", ".join(f"{name} | default({{}})" for name in names)
        keep = {"content": "{{ [" + listed + "] | to_json }}", "dest": str(tmp_path / "registered.json")}
        plays = {
            "hosts": host,
            "gather_facts": False,
            "vars": {
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "ansible_remote_tmp": str(tmp_path / "remote"),
            },
            "module_defaults": {"group/huaweicloud.hss.hss": {**connection(simulator), **defaults}},
            "tasks": [
                *({**task, "register": name, "ignore_errors": True} for task, name in zip(tasks, names, strict=True)),
                {"keep": keep, "no_log": True},
            ],
        }
        (tmp_path / "play.yml").write_text(yaml.safe_dump([plays]))
        ran = play(str(tmp_path / "play.yml"), inventory, tmp_path, {}, *arguments)
        assert ran.code == 0, ran.output[-3000:]
        return ran, json.loads((tmp_path / "registered.json").read_text())

    run_tasks.far = host == "far"
    return run_tasks


def agents(**options):
    return {"huaweicloud.hss.hss_multicloud_agent_info": options}


def images(**options):
    return {"huaweicloud.hss.hss_multicloud_image_command_info": {**REGISTRY, **options}}


def spellings(simulator, ids):
    """Returns the secrets of these tests in every encoding."""
    tokens = [simulator.agent_token(cluster_id) for cluster_id in ids]
    plain = [*tokens, PASSWORD, f"puller:{PASSWORD}"]
    spelt = [*plain, *(base64.b64encode(text.encode()).decode() for text in plain)]
    spelt += [quote(PASSWORD), quote(PASSWORD, safe=""), shlex.quote(PASSWORD), json.dumps(PASSWORD)[1:-1]]
    return [*spelt, simulator.secret_key]


def leaked(ran, secrets):
    """Returns the pieces of secrets, with nine characters, in the output or the log."""
    said = ran.output + ran.log
    pieces = {secret[at : at + 9] for secret in secrets for at in range(len(secret) - 8)}
    # The text before the password is not part of it.
    return sorted(piece for piece in pieces if piece in said and not piece.startswith(("puller:", "uller:", "ller:")))


here_and_there = pytest.mark.parametrize("played", ["here", "over ssh"], indirect=True)


@here_and_there
def test_results_are_hidden_and_usable(simulator, played):
    """The manifests contain the token, and the commands the password. Only values that are not secret are shown."""
    ids = simulator.seed_clusters(3)
    items = ids[:1] if played.far else ids
    ran, (one, many, addresses, ready, shown, looped) = played(
        agents(cluster_id=ids[0]),
        agents(cluster_ids=ids),
        agents(),
        images(image_repo_password=PASSWORD),
        images(image_repo_password=PASSWORD, show_commands=True),
        {**agents(cluster_id="{{ item }}"), "loop": items},
    )
    assert [item["kind"] for item in one["manifests"]] == KINDS
    tokens = [
        base64.b64decode(manifest["data"]["TOKEN"]).decode()
        for found in many["clusters"]
        for manifest in found["manifests"]
        if manifest["kind"] == "Secret"
    ]
    assert tokens == [simulator.agent_token(cluster_id) for cluster_id in ids]
    expected = [each["manifests"] for each in many["clusters"]]
    assert [result["manifests"] for result in looped["results"]] == expected[: len(items)]
    assert (addresses["network"], one["network"]) == (many["network"], many["network"])
    assert f"-p {shlex.quote(PASSWORD)} r.example.com" in ready["image_command"]
    assert ready["secret_name"] == "hss-registry"
    assert shown["image_command"] == ready["image_command"].replace(shlex.quote(PASSWORD), '"$REGISTRY_PASSWORD"')
    assert leaked(ran, spellings(simulator, ids)) == []
    assert "proxy-agent" not in ran.output and ran.output.count('"censored"') >= 4
    assert addresses["network"]["anp_address"] in ran.output and "$REGISTRY_PASSWORD" in ran.output


FAULTS = {
    "echo": Fault.echo(),
    "HTML": Fault.html(),
    "redirect": Fault.redirect(f"https://elsewhere.example/?password={quote(PASSWORD)}"),
    "cut": Fault.truncated(),
    "lost": Fault.lost(),
    "502": Fault.status(502, body="html"),
}
# Refused before any request. With async, the result would be stored in a file.
IMPOSSIBLE = [
    agents(cluster_ids=["a"], concurrency=99),
    images(image_repo_password=PASSWORD, organization=""),
    images(image_repo_password=PASSWORD, plug_type="none"),
    images(image_repo_password=PASSWORD, show_commands="perhaps"),
    {**agents(cluster_id="x"), "async": 10, "poll": 1},
]


@here_and_there
def test_failures_are_shown_without_secrets(simulator, played):
    # Over ssh, one failure of each kind is sufficient: what HSS answered, and what is refused before any request.
    faults = {"echo": FAULTS["echo"]} if played.far else FAULTS
    impossible = IMPOSSIBLE[-3:] if played.far else IMPOSSIBLE
    good, *bad = simulator.seed_clusters(1 + len(faults))
    tasks = []
    for (name, fault), cluster_id in zip(faults.items(), bad, strict=True):
        simulator.fault(SCRIPT, fault, match=cluster_id)
        simulator.fault(IMAGES, fault, match=f"organization={name}")
        tasks += [agents(cluster_ids=[cluster_id, good]), images(image_repo_password=PASSWORD, organization=name)]
    ran, results = played(*tasks, *impossible)
    for number, name in enumerate(faults):
        many, ready = results[2 * number : 2 * number + 2]
        assert (name, [item["failed"] for item in many["clusters"]], ready["failed"]) == (name, [True, False], True)
        # The failure is shown, although the result that contains it is hidden.
        assert bad[number] in ran.output and ready["msg"][:40] in ran.output
    assert ran.output.count("1 of 2 clusters have no usable manifests") >= len(faults)
    refused = results[2 * len(faults) :]
    assert all(result["failed"] for result in refused) and "async" in refused[-1]["msg"]
    assert simulator.count(SCRIPT) == 2 * len(faults) and simulator.count(IMAGES) == len(faults)
    assert leaked(ran, spellings(simulator, [good, *bad])) == []


def test_check_mode_returns_the_same(simulator, played):
    good, bad = simulator.seed_clusters(2)
    simulator.fault(SCRIPT, Fault.echo(), match=bad)
    simulator.fault(IMAGES, Fault.echo(), match="organization=echo")
    ran, (one, many, ready, failed) = played(
        agents(cluster_id=good),
        agents(cluster_ids=[good, bad]),
        images(image_repo_password=PASSWORD),
        images(image_repo_password=PASSWORD, organization="echo"),
        arguments=("-vvvv", "--check"),
    )
    assert [item["kind"] for item in one["manifests"]] == KINDS and PASSWORD[:6] in ready["image_command"]
    assert many["clusters"][1]["failed"] and "HSS.0001" in failed["msg"]
    assert leaked(ran, spellings(simulator, [good, bad])) == []


def test_refused_credentials(simulator, played):
    """The response of the gateway quotes the signed request with its query."""
    ids = simulator.seed_clusters(1)
    secret_key = "canary-wrong-secret-key-0123456789"
    ran, (many, ready) = played(agents(cluster_ids=ids), images(image_repo_password=PASSWORD), secret_key=secret_key)
    assert "APIGW.0301" in many["msg"] and "APIGW.0301" in ready["msg"] and simulator.count(SCRIPT) == 0
    assert leaked(ran, [*spellings(simulator, ids), secret_key]) == []


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_manifests_in_json_and_yaml_give_the_same_result(simulator, form):
    simulator.configure(install_script=form)
    (cluster_id,) = simulator.seed_clusters([{"name": "a", "image_repo_username": "puller"}])
    ran = run(hss_multicloud_agent_info.main, {**connection(simulator), "cluster_id": cluster_id})
    assert [item["kind"] for item in ran.result["manifests"]] == KINDS
    assert ran.result["manifests"][-1]["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "hss-registry"}]


def test_number_of_requests(simulator):
    """One request for the addresses, and one for each cluster."""
    ids = simulator.seed_clusters(40)
    ran = run(hss_multicloud_agent_info.main, {**connection(simulator), "cluster_ids": ids})
    assert len(ran.result["clusters"]) == 40 and (simulator.count(SCRIPT), simulator.count(NETWORK)) == (40, 1)
    assert simulator.count() == 41
