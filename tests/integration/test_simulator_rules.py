# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the simulator: refused requests, changes of state, its control interface, and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from kubeconfigs import Authority, certificate_user, document, kubeadm

from simulator import Simulator, contract
from simulator.caller import Caller

CLUSTERS = "multi-cloud/clusters"
FOLDER = Path(__file__).resolve().parent.parent / "simulator"


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Returns status and code of a refusal."""
    return answer.status_code, answer.json()["error_code"]


# Requests that HSS refuses


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 9},
        {"limit": 201},
        {"limit": "ten"},
        {"limit": ""},
        {"limit": "10.0"},
        {"offset": -1},
        {"offset": 2_000_001},
        {"enterprise_project_id": ""},
        {"enterprise_project_id": "x" * 257},
    ],
)
def test_a_page_out_of_range(call: Caller, query: dict[str, Any]) -> None:
    assert refusal(call("GET", CLUSTERS, params=query)) == (400, "HSS.0001")


@pytest.mark.parametrize("query", [{}, {"limit": 10}, {"limit": 200, "offset": 0}, {"offset": 2_000_000}])
def test_a_page_within_range(call: Caller, query: dict[str, Any]) -> None:
    assert call.list(**query) == {"total_num": 0, "data_list": []}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kube_config": None}, "HSS.0001"),
        ({"kube_config": ""}, "HSS.0001"),
        ({"kube_config": {"kind": "Config"}}, "HSS.0001"),
        ({"kube_config": "just a text"}, "HSS.0002"),
        ({"kube_config": "- a list"}, "HSS.0002"),
        ({"kube_config": "a: [unclosed"}, "HSS.0002"),
        ({"provider": "google"}, "HSS.0001"),
        ({"image_repo_type": "docker"}, "HSS.0001"),
        ({"image_arch": "arm64"}, "HSS.0001"),
        ({"name": 7}, "HSS.0001"),
        ({"current_expiration_date": "1814079596667"}, "HSS.0001"),
        ({"current_expiration_date": True}, "HSS.0001"),
        ({"certificate_expiration_date": 1.5}, "HSS.0001"),
        ({"certificate_expiration_date": -1}, "HSS.0001"),
        ({"current_expiration_date": 2000, "certificate_expiration_date": 1000}, "HSS.0001"),
        ({"dns_policy": "None"}, "HSS.0001"),
        ({"dns_policy": "none"}, "HSS.0001"),
        ({"dns_policy": "none", "dns_config": "192.0.2.1,192.0.2.2"}, "HSS.0001"),
        ({"dns_policy": "default", "dns_config": "192.0.2.1"}, "HSS.0001"),
    ],
)
def test_a_create_body_that_is_wrong(simulator: Simulator, call: Caller, fields: dict[str, Any], code: str) -> None:
    answer = call.create(**fields)
    assert refusal(answer) == (400, code)
    assert set(answer.json()) == {"error_code", "error_msg", "error_description"}
    assert simulator.clusters() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null"])
def test_a_body_that_is_not_an_object(call: Caller, body: bytes) -> None:
    assert refusal(call("POST", CLUSTERS, data=body)) == (400, "HSS.0001")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kubeconfig": "kind: Config"}, "HSS.0001"),
        ({"upgrade": True}, "HSS.0001"),
        ({"current_expiration_date": 1, "upgrade": "yes"}, "HSS.0001"),
        ({"current_expiration_date": 1, "kubeconfig": "no mapping"}, "HSS.0002"),
        ({"current_expiration_date": 2**62}, "HSS.0001"),
    ],
)
def test_an_update_body_that_is_wrong(simulator: Simulator, call: Caller, body: dict[str, Any], code: str) -> None:
    (cluster_id,) = simulator.seed_clusters(1)
    before = simulator.cluster(cluster_id).as_dict()
    assert refusal(call("PUT", f"{CLUSTERS}/{cluster_id}", json=body)) == (400, code)
    assert simulator.cluster(cluster_id).as_dict() == before


@pytest.mark.parametrize(
    ("method", "suffix"), [("PUT", ""), ("DELETE", ""), ("GET", "/permissions"), ("GET", "/agent/install-script")]
)
def test_a_cluster_that_does_not_exist(simulator: Simulator, call: Caller, method: str, suffix: str) -> None:
    body = {"current_expiration_date": 1} if method == "PUT" else None
    assert refusal(call(method, f"{CLUSTERS}/nobody{suffix}", json=body)) == (400, "HSS.0011")
    (elsewhere,) = simulator.seed_clusters([{"enterprise_project_id": "ep-1"}])
    path = f"{CLUSTERS}/{elsewhere}{suffix}"
    assert refusal(call(method, path, json=body)) == (400, "HSS.0011")
    assert call(method, path, json=body, params={"enterprise_project_id": "ep-1"}).status_code == 200


def test_unknown_fields_are_ignored_and_logged(simulator: Simulator, call: Caller, caplog: Any) -> None:
    cluster_id = call.create(kubeconfig="kind: Config", cluster_name="two").json()["cluster_id"]
    body = {"current_expiration_date": 1, "kube_config": "kind: Config"}
    assert call("PUT", f"{CLUSTERS}/{cluster_id}", json=body).status_code == 200
    assert simulator.cluster(cluster_id).name == "one"
    created, updated = (entry.ignored_fields for entry in simulator.requests())
    assert (created, updated) == (("kubeconfig", "cluster_name"), ("kube_config",))
    assert [record.getMessage() for record in caplog.records] == [
        f"unknown field {name} is ignored" for name in ("kubeconfig", "cluster_name", "kube_config")
    ]


def test_synchronizing_unknown_clusters_succeeds_but_none_at_all_is_refused(call: Caller) -> None:
    body = b'{"total_num": "x", "data_list": [{"cluster_id": "nobody"}, 7]}'
    answer = call("POST", f"{CLUSTERS}/status-synchronize", data=body)
    assert (answer.status_code, answer.content) == (200, b"")
    for body in (b"", b"{", b"[]", b'{"total_num": 0, "data_list": []}', b'{"data_list": [7, {}]}'):
        assert refusal(call("POST", f"{CLUSTERS}/status-synchronize", data=body)) == (400, "HSS.0001")


@pytest.mark.parametrize("missing", ["cluster_name", "auto_upgrade", "runtime_info", "runtime_name"])
def test_required_fields_of_a_daemonset(simulator: Simulator, call: Caller, missing: str) -> None:
    (cluster_id,) = simulator.seed_clusters(1)
    body: dict[str, Any] = {
        "cluster_name": "one",
        "auto_upgrade": False,
        "runtime_info": [{"runtime_name": "containerd_endpoint", "runtime_path": "/run/containerd/containerd.sock"}],
    }
    path = f"clusters/{cluster_id}/daemonsets"
    (body["runtime_info"][0] if missing == "runtime_name" else body).pop(missing)
    assert refusal(call("POST", path, json=body)) == (400, "HSS.0001")
    assert simulator.cluster(cluster_id).daemonset is None


def test_daemonset_calls_succeed_without_a_cluster(call: Caller) -> None:
    path = "clusters/nobody/daemonsets"
    body = {"cluster_name": "x", "auto_upgrade": True, "runtime_info": [{"runtime_name": "docker_endpoint"}]}
    assert call("POST", path, json=body).status_code == 200
    assert call("PUT", path, json=body).status_code == 200
    assert call("DELETE", path).status_code == 200
    detail = call("GET", path).json()
    assert (detail["runtime_info"], detail["yaml_content"]) == (None, None)
    assert set(detail) == set(contract.DAEMONSET_DETAIL_FIELDS)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "clusters/daemonsets"), ("PUT", "clusters/x/daemonsets"), ("DELETE", "clusters/x/daemonsets")],
)
def test_some_calls_need_the_region_header(call: Caller, method: str, path: str) -> None:
    assert refusal(call(method, path, json={}, headers={"region": None})) == (400, "HSS.0001")


def test_a_daemonset_needs_the_tunnel(simulator: Simulator, call: Caller) -> None:
    (cluster_id,) = simulator.seed_clusters([{"status": "not_connect"}])
    path = f"clusters/{cluster_id}/daemonsets"
    body = {"cluster_name": "x", "auto_upgrade": True, "runtime_info": [{"runtime_name": "docker_endpoint"}]}
    call("POST", path, json=body)
    assert [call("GET", path).json()["installed_status"] for _dummy in range(4)] == ["installing"] * 4
    simulator.set_status(cluster_id, "connect_success")
    assert [call("GET", path).json()["installed_status"] for _dummy in range(2)] == ["installing", "install_success"]
    simulator.set_daemonset_status(cluster_id, "install_failed", "the image cannot be pulled")
    row = call("GET", "clusters/daemonsets").json()["data_list"][0]
    assert (row["combined_status"], row["failed_message"]) == ("run_error", "the image cannot be pulled")
    assert set(row) == set(contract.DAEMONSET_ROW_FIELDS)
    simulator.set_status(cluster_id, "connect_disruption")
    assert call("DELETE", path).status_code == 200
    assert all(call("GET", path).json()["runtime_info"] for _dummy in range(4)), "nobody can take it away from here"


# Changes of clusters


def test_names_are_not_unique(simulator: Simulator, call: Caller) -> None:
    made = [call.create("same").json()["cluster_id"] for _dummy in range(2)]
    assert made[0] != made[1]
    assert [cluster.cluster_id for cluster in simulator.clusters()] == made


def test_all_enterprise_projects_means_the_default_one_when_creating(simulator: Simulator, call: Caller) -> None:
    body = {"kube_config": "kind: Config"}
    answer = call("POST", CLUSTERS, json=body, params={"enterprise_project_id": "all_granted_eps"})
    assert answer.status_code == 200
    assert [cluster.enterprise_project_id for cluster in simulator.clusters()] == ["0"]
    assert simulator.clusters("0") and not simulator.clusters("1")


def test_missing_dates_come_from_the_certificate(simulator: Simulator, call: Caller) -> None:
    authority = Authority()
    issued = authority.issue("admin", [], days=77)
    text = yaml.safe_dump(document("https://192.0.2.1:6443", authority.pem, certificate_user(issued)))
    call.create(kube_config=text)
    row = call.list()["data_list"][0]
    assert (row["current_expiration_date"], row["certificate_expiration_date"]) == (issued.end, issued.end)


def test_the_vendors_example_is_accepted(call: Caller) -> None:
    text = "apiVersion: v1\r\n\r\nusers:\r\n\r\n- name: a\r\n\r\n  user:\r\n\r\n    client-key-data: xxx=\r\n"
    dates = {"current_expiration_date": 1814079596667, "certificate_expiration_date": 1814079596667}
    assert call.create("ywk-test", provider="tencent", kube_config=text, **dates).status_code == 200
    assert call.list()["data_list"][0]["current_expiration_date"] == 1814079596667


@pytest.mark.parametrize(
    ("temperament", "expected"), [("reparse", (5123, "new")), ("keep", (5123, 9999)), ("round", (5000, "new"))]
)
def test_temperaments(simulator: Simulator, call: Caller, temperament: str, expected: tuple[int, Any]) -> None:
    simulator.configure(temperament=temperament)
    call.create(current_expiration_date=9999, certificate_expiration_date=9999)
    row = call.list()["data_list"][0]
    created = 9000 if temperament == "round" else 9999
    assert (row["current_expiration_date"], row["certificate_expiration_date"]) == (created, created)

    text = kubeadm("https://192.0.2.1:6443", days=90)
    path = f"{CLUSTERS}/{row['cluster_id']}"
    assert call("PUT", path, json={"current_expiration_date": 5123, "kubeconfig": text}).status_code == 200
    row = call.list()["data_list"][0]
    current, certificate = expected
    assert row["current_expiration_date"] == current
    if certificate == "new":
        analysed = call("POST", "multi-cloud/config-analyze", json={"kube_config": text}).json()
        certificate = analysed["data_list"][0]["certificate_expiration_date"]
    assert row["certificate_expiration_date"] == certificate


def test_a_cluster_connects_after_its_agent_is_applied_and_it_is_polled(simulator: Simulator, call: Caller) -> None:
    simulator.configure(agent_auto_applied=False, connect_after_syncs=2)
    cluster_id = call.create().json()["cluster_id"]

    def after_sync() -> str:
        body = {"total_num": 1, "data_list": [{"cluster_id": cluster_id}]}
        assert call("POST", f"{CLUSTERS}/status-synchronize", json=body).status_code == 200
        return str(call.list()["data_list"][0]["status"])

    assert [after_sync() for _dummy in range(3)] == ["not_connect"] * 3
    simulator.agent_applied(cluster_id)
    assert [after_sync() for _dummy in range(2)] == ["not_connect", "connect_success"]
    simulator.set_status(cluster_id, "connect_fail", failed_message="the API server does not answer")
    assert after_sync() == "connect_fail"
    row = call("GET", "clusters/daemonsets").json()["data_list"][0]
    assert row["failed_message"] == "the API server does not answer"
    assert (row["access_status"], row["combined_status"]) == ("connect_fail", "access_error")
    simulator.agent_applied(cluster_id)
    assert [after_sync() for _dummy in range(2)] == ["connect_fail", "connect_success"]


def test_the_quota(simulator: Simulator, call: Caller) -> None:
    simulator.configure(max_clusters=1)
    assert call.create().status_code == 200
    assert refusal(call.create()) == (400, "HSS.1002")


def test_eight_simultaneous_clients_lose_nothing(simulator: Simulator, call: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: call.create(f"c{number}").json()["cluster_id"], range(80)))
    assert sorted(made) == sorted(cluster.cluster_id for cluster in simulator.clusters())
    assert len(set(made)) == simulator.count("CreateMultiCloudClusters") == 80


# Requests that the gateway refuses


def test_undocumented_paths(simulator: Simulator, call: Caller) -> None:
    assert refusal(call("GET", "/v5/anything")) == (404, "APIGW.0101")
    assert refusal(call("PATCH", CLUSTERS)) == (404, "APIGW.0101")
    simulator.configure(published=False)
    assert refusal(call("GET", CLUSTERS)) == (404, "APIGW.0101")
    assert call("GET", "/v3/projects").status_code == 200


def test_bodies_that_are_too_large(simulator: Simulator, call: Caller) -> None:
    answer = call.create(kube_config="x" * (13 * 1024 * 1024))
    assert refusal(answer) == (413, "APIGW.0201")
    simulator.configure(max_body=1000)
    assert refusal(call.create(kube_config="x" * 1000)) == (413, "APIGW.0201")


def test_tokens(simulator: Simulator, call: Caller) -> None:
    good = call.token
    call.token = "nobody-ever-issued-this-token"
    assert refusal(call("GET", CLUSTERS)) == (401, "APIGW.0301")
    other = simulator.add_project("other")
    call.token = simulator.issue_token(other)
    assert refusal(call("GET", CLUSTERS)) == (403, "APIGW.0306")
    assert call("GET", f"/v5/{other}/container/kubernetes/{CLUSTERS}").status_code == 200
    call.token = good
    assert refusal(call("GET", f"/v5/{'0' * 32}/container/kubernetes/{CLUSTERS}")) == (403, "APIGW.0306")
    assert refusal(call("GET", CLUSTERS, headers={"X-Project-Id": other})) == (403, "APIGW.0306")
    simulator.require_token_renewal(good)
    assert refusal(call("GET", CLUSTERS)) == (401, "APIGW.0307")
    call.token = simulator.issue_token(lifetime=60)
    assert call("GET", CLUSTERS).status_code == 200
    simulator.advance_clock(61)
    assert refusal(call("GET", CLUSTERS)) == (401, "APIGW.0301")
    assert refusal(call("GET", CLUSTERS, headers={"X-Auth-Token": None})) == (401, "APIGW.0301")


def test_the_rate_limit(simulator: Simulator, call: Caller) -> None:
    simulator.configure(rate_limit=3)
    answers = [call("GET", CLUSTERS) for _dummy in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["error_msg"] == (
        "The throttling threshold has been reached: policy user over ratelimit,limit:3,time:1 second"
    )
    time.sleep(1.05)
    assert call("GET", CLUSTERS).status_code == 200


def test_other_formats_of_errors(simulator: Simulator, call: Caller) -> None:
    simulator.configure(old_errors=True, gateway_prefix="APIG")
    answer = call("DELETE", f"{CLUSTERS}/nobody")
    assert answer.json() == {"error_code": "00000011", "error_description": "\u8d44\u6e90\u4e0d\u5b58\u5728"}
    answer = call("GET", "/v5/anything")
    assert answer.json()["error_code"] == "APIG.0101"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


# IAM


def login(simulator: Simulator, call: Caller, scope: Any, **changes: Any) -> requests.Response:
    """Requests a token."""
    domain, name, password = simulator.user
    user = {"name": name, "password": password, "domain": {"name": domain}, **changes}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}
    return call("POST", "/v3/auth/tokens", json=body, headers={"X-Auth-Token": None})


def test_a_token_for_a_password(simulator: Simulator, call: Caller) -> None:
    for scope in ({"project": {"name": simulator.region}}, {"project": {"id": simulator.project_id}}):
        answer = login(simulator, call, scope)
        assert answer.status_code == 201
        assert answer.json()["token"]["project"]["id"] == simulator.project_id
        call.token = answer.headers["X-Subject-Token"]
        assert call("GET", CLUSTERS).status_code == 200
    call.token = login(simulator, call, None).headers["X-Subject-Token"]
    assert refusal(call("GET", CLUSTERS)) == (403, "APIGW.0306")


def test_logins_that_fail(simulator: Simulator, call: Caller) -> None:
    project = {"project": {"name": simulator.region}}
    assert login(simulator, call, project, password="not-the-password-of-anybody").status_code == 401
    assert login(simulator, call, project, name=None).status_code == 400
    assert login(simulator, call, {"project": {"name": "nowhere-1"}}).status_code == 401
    answer = call("POST", "/v3/auth/tokens", data=b"nonsense")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)


def test_projects_by_name(simulator: Simulator, call: Caller) -> None:
    def found(**query: str) -> list[str]:
        return [row["id"] for row in call("GET", "/v3/projects", params=query).json()["projects"]]

    assert found(name=simulator.region) == found() == [simulator.project_id]
    assert found(name="nowhere-1") == []
    more = simulator.add_project(simulator.region)
    assert found(name=simulator.region) == [simulator.project_id, more]


# Journal and control


def test_the_journal_holds_no_secrets(simulator: Simulator, call: Caller) -> None:
    secret = "a-registry-password-of-some-length"
    call.create(image_repo_password=secret)
    query = {"image_repo": "r", "organization": "o", "username": "u", "password": secret}
    call("GET", "multi-cloud/image-upload-command", params=query)
    entries = simulator.requests()
    assert [(entry.operation, entry.status, entry.committed) for entry in entries] == [
        ("CreateMultiCloudClusters", 200, True),
        ("ShowMultiCloudClusterImageCommand", 200, True),
    ]
    assert "X-Auth-Token" in entries[0].header_names
    assert secret not in str(entries) and call.token not in str(entries)
    assert simulator.bodies("CreateMultiCloudClusters")[0]["image_repo_password"] == secret
    assert simulator.count() == 2


def test_reset(simulator: Simulator, call: Caller) -> None:
    simulator.configure(max_clusters=1)
    call.create()
    simulator.add_project("other")
    simulator.reset()
    assert (simulator.clusters(), simulator.requests(), simulator.faults()) == ([], [], [])
    assert simulator.settings.max_clusters is None
    assert call.create().status_code == 401, "tokens are gone as well"
    assert len(simulator.seed_clusters(2)) == 2


def test_the_same_seed_gives_the_same_ids() -> None:
    def facts() -> tuple[Any, ...]:
        with Simulator(tls=False, seed=7) as simulator:
            return simulator.access_key, simulator.project_id, *simulator.seed_clusters(2)

    assert facts() == facts()


@pytest.mark.parametrize(
    "option",
    [
        {"host": "192.0.2.1"},
        {"host": "0.0.0.0"},
        {"temperament": "kind"},
        {"rate_limit": 0},
        {"port": "80"},
        {"latency": -1.0},
        {"published": 1},
        {"nonsense": 1},
    ],
)
def test_invalid_settings(option: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Simulator(**option)


def test_control_over_http(simulator: Simulator, call: Caller) -> None:
    control = call.control
    assert control("GET", "status")["clusters"] == 0
    seeded = control("POST", "seed", json={"count": 2})["cluster_ids"]
    named = control("POST", "seed", json={"clusters": [{"name": "x", "status": "not_connect"}]})["cluster_ids"]
    assert [cluster["cluster_id"] for cluster in control("GET", "clusters")["clusters"]] == seeded + named
    assert "kube_config" in control("GET", "clusters")["clusters"][0]

    fault = {"operation": "*", "kind": "status", "code": 503, "times": 1, "skip": 1}
    planned = control("POST", "faults", json=fault)
    assert [call("GET", CLUSTERS).status_code for _dummy in range(3)] == [200, 503, 200]
    assert control("GET", "faults")[0]["used"] == 1
    control("DELETE", f"faults/{planned['id']}")
    control("DELETE", "faults")
    assert control("GET", "faults") == []

    control("POST", f"clusters/{named[0]}/status", json={"status": "connect_fail", "failed_message": "why"})
    assert simulator.cluster(named[0]).failed_message == "why"
    control("POST", f"clusters/{named[0]}/agent-applied")
    control("POST", "permissions", json={"rows": [{"is_authed": False}]})
    control("PATCH", "settings", json={"connect_after_syncs": 0})
    control("POST", f"clusters/{named[0]}/agent-applied")
    assert simulator.cluster(named[0]).status == "connect_success"
    control("POST", "clock", json={"advance": 5})
    assert control("POST", "settle") == {"settled": True}
    assert control("POST", "projects", json={"name": "other"})["project_id"]
    call.token = control("POST", "tokens")["token"]
    listed = control("GET", "requests", params={"operation": "ListMultiCloudClusters"})
    assert listed["count"] == 3 and listed["requests"][1]["fault"] == "status"
    control("DELETE", "requests")
    control("POST", "reset")
    assert control("GET", "status")["clusters"] == 0
    for method, path, body, code in (
        ("GET", "nothing", None, 404),
        ("POST", "clusters/nobody/agent-applied", None, 404),
        ("POST", "faults", {"operation": "*", "kind": "no"}, 400),
        ("PATCH", "settings", {"tls": False}, 400),
        ("POST", "seed", {"clusters": [{"nonsense": 1}]}, 400),
    ):
        answer = call(method, f"/_simulator/{path}", json=body)
        assert answer.status_code == code and answer.json()["error"]


# The end


def test_nothing_remains_after_the_end(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    folder = tmp_path / "state"
    with Simulator(state_dir=folder) as simulator:
        call = Caller(simulator)
        call.create()
        port = simulator.port
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [path.name for path in folder.iterdir()] == ["simulator-ca.pem"], "no private key stays on disk"
    # The client has not closed its connection yet.
    call.close()
    assert set(threading.enumerate()) <= before
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    simulator.stop()


def test_unexpected_connections_do_no_harm(simulator: Simulator, call: Caller) -> None:
    for words in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello"):
        with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as stranger:
            stranger.sendall(words)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(simulator.endpoint, timeout=5)
    assert call.create().status_code == 200


def test_localhost_is_in_the_certificate(simulator: Simulator) -> None:
    answer = requests.get(f"https://localhost:{simulator.port}/_simulator/status", verify=simulator.ca_file, timeout=5)
    assert answer.status_code == 200


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs the stand-alone simulator until it ends."""
    command = [sys.executable, FOLDER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """The folder of a daemon, which is stopped after the test."""
    folder = tmp_path / "daemon"
    yield folder
    run("--stop", "--state-dir", folder)


def test_a_daemon_serves_when_the_command_returns(state_dir: Path) -> None:
    started = run("--daemon", "--state-dir", state_dir, "--clusters", "3", "--set", "node_num=5")
    assert started.returncode == 0, started.stderr
    facts = json.loads((state_dir / "simulator.json").read_text())
    assert stat.S_IMODE((state_dir / "simulator.json").stat().st_mode) == 0o600
    for name, value in facts["environment"].items():
        assert f"export {name}={value}\n" in started.stdout
    status = requests.get(facts["endpoint"] + "/_simulator/status", verify=facts["ca_file"], timeout=5).json()
    assert (status["pid"], status["clusters"], status["settings"]["node_num"]) == (facts["pid"], 3, 5)

    second = run("--daemon", "--state-dir", state_dir)
    assert second.returncode == 1
    assert facts["endpoint"] in second.stderr

    assert run("--stop", "--state-dir", state_dir).returncode == 0
    assert not state_dir.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(facts["endpoint"], timeout=5)
    assert run("--stop", "--state-dir", state_dir).returncode == 0


def test_a_killed_daemon_can_be_cleaned_up_and_replaced(state_dir: Path) -> None:
    for _dummy in range(2):
        assert run("--daemon", "--state-dir", state_dir).returncode == 0
        os.kill(json.loads((state_dir / "simulator.json").read_text())["pid"], signal.SIGKILL)
        time.sleep(0.1)
    assert run("--stop", "--state-dir", state_dir).returncode == 0
    assert not state_dir.exists()


def test_an_existing_folder_is_kept(state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "ca.pem").write_text("somebody else's")
    assert run("--daemon", "--state-dir", state_dir).returncode == 0
    assert run("--stop", "--state-dir", state_dir).returncode == 0
    assert [path.name for path in state_dir.iterdir()] == ["ca.pem"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: int) -> None:
    process = subprocess.Popen([sys.executable, FOLDER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ca_file = ""
    while not ca_file:
        line = process.stdout.readline()
        assert line, "it ended early"
        if "HW_CA_PATH=" in line:
            ca_file = line.partition("HW_CA_PATH=")[2].strip()
    assert Path(ca_file).exists()
    process.send_signal(number)
    _dummy, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert not Path(ca_file).parent.exists()


def test_it_stops_by_itself(state_dir: Path) -> None:
    ended = run("--max-lifetime", "0.2", "--http")
    assert (ended.returncode, ended.stderr) == (0, "")
    parent = subprocess.Popen(["sleep", "60"])
    assert run("--daemon", "--state-dir", state_dir, "--parent-pid", str(parent.pid)).returncode == 0
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while state_dir.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "arguments",
    [["--daemon"], ["--stop"], ["--host", "192.0.2.1"], ["--set", "nonsense=1"], ["--set", "x"], ["--port", "x"]],
)
def test_invalid_command_lines(arguments: list[str]) -> None:
    refused = run(*arguments)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
