# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook check with the simulator: what is said with each thing wrong in turn, and that nothing secret is."""

from __future__ import annotations

import os
import signal
import socket
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check import connection
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.checks import Deadline
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.connection import check_connection
from playbooks import play
from simulator import Fault

LISTING = "request ListMultiCloudClusters"
READING = {
    "ListMultiCloudClusters",
    "ShowAgentAddress",
    "ShowAgentDaemonsetDeployTemplate",
    "ListAgentDaemonsetInfo",
    "ListHostStatus",
    "ShowResourceQuotas",
}


@pytest.fixture
def run(simulator, monkeypatch):
    """Checks a connection with changed variables, and returns the results by name."""
    # The check of proxies uses the environment of the process, as requests does.
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")

    def check(seconds=30, **changes):
        environment = {**simulator.environment(), **changes}
        environment = {name: value for name, value in environment.items() if value is not None}
        checks = list(check_connection({}, environment, Redactor(), Deadline(seconds)))
        text = "\n".join(item.line for item in checks)
        for name in ("HW_SECRET_KEY", "HW_ACCESS_KEY", "HW_USER_PASSWORD", "HW_PROJECT_ID", "HW_AUTH_TOKEN"):
            assert not environment.get(name) or environment[name] not in text
        return {item.name: item for item in checks}

    return check


def problems(checks):
    """The names of what is not ok; all of them have a remedy."""
    bad = [check for check in checks.values() if check.ok is False]
    # The message about an option has its remedy in it.
    assert all(check.remedy for check in bad if check.name != "credential"), bad
    return [check.name for check in bad]


def test_a_connection_that_works(run, simulator):
    simulator.seed_clusters(2)
    checks = run()
    assert problems(checks) == [] and checks["IAM"].ok is None
    assert checks[LISTING].detail == "clusters registered: 2, of them connected: 2"
    assert checks["credential"].detail == f"permanent access key {simulator.access_key[:4]}***"
    assert "quota left: " in checks["request ShowResourceQuotas"].detail
    assert "hosts listed: " in checks["request ListHostStatus"].detail
    counts = {operation: simulator.count(operation) for operation in READING}
    assert counts["ListMultiCloudClusters"] == 1 and set(counts.values()) == {1}


def test_a_user_signs_in_and_the_project_is_looked_up(run, simulator):
    user = {
        "HW_USER_NAME": simulator.user.name,
        "HW_USER_PASSWORD": simulator.user.password,
        "HW_DOMAIN_NAME": simulator.user.domain,
        "HW_ACCESS_KEY": None,
        "HW_SECRET_KEY": None,
        "HW_PROJECT_ID": None,
        "HW_AUTH_URL": simulator.endpoint,
    }
    checks = run(**user)
    assert problems(checks) == [] and checks["IAM"].ok and "found by the name" in checks["project"].detail
    wrong = run(**{**user, "HW_USER_PASSWORD": "wrong-password"})
    assert problems(wrong) == ["project"] and LISTING not in wrong
    text = "".join(check.line for check in wrong.values())
    assert simulator.user.name not in text and simulator.user.domain not in text


def test_a_wrong_key_is_tried_once(run, simulator):
    checks = run(HW_SECRET_KEY="x" * 40)
    assert problems(checks) == [LISTING] and "APIGW.0301" in checks[LISTING].detail
    assert [check.ok for name, check in checks.items() if name.startswith("request")][1:] == [None] * (
        sum(name.startswith("request") for name in checks) - 1
    )
    assert len([entry for entry in simulator.requests() if entry.status == 401]) <= 2  # with the one without a key


def test_no_credential_and_half_a_credential(run):
    assert problems(run(HW_ACCESS_KEY=None, HW_SECRET_KEY=None, HOME="/nonexistent")) == ["credential"]
    checks = run(HW_SECRET_KEY=None)
    assert list(checks) == ["credential"] and "HW_SECRET_KEY: missing" in checks["credential"].detail


def test_a_ca_that_is_not_known(run):
    checks = run(HW_CA_PATH=None)
    assert problems(checks) == ["HSS"] and "TLS certificate that is not trusted" in checks["HSS"].detail
    assert checks["project"].ok is None


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_certificates_that_are_not_verified(run):
    assert problems(run(HW_CA_PATH=None, HW_INSECURE="true")) == ["settings"]


def test_another_project_and_a_request_that_is_not_allowed(run, simulator):
    checks = run(HW_PROJECT_ID="f" * 32)
    assert LISTING in problems(checks) and "APIGW.0306" in checks[LISTING].detail
    simulator.fault("ShowAgentAddress", Fault.status(400, error_code="HSS.0013", error_msg="no permission"), times=None)
    checks = run()
    assert problems(checks) == ["request ShowAgentAddress"]
    assert (
        "Security" in checks["request ShowAgentAddress"].remedy or "policy" in checks["request ShowAgentAddress"].remedy
    )


def test_a_region_that_is_not_known(run):
    assert problems(run(HW_REGION_NAME=None)) == [
        "request ListAgentDaemonsetInfo",
        "request ListHostStatus",
    ]


def test_a_port_where_nobody_listens(run):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        checks = run(HW_HSS_ENDPOINT=f"https://127.0.0.1:{free.getsockname()[1]}")
    assert problems(checks) == ["HSS"] and "refused the connection" in checks["HSS"].detail


def test_a_name_that_does_not_resolve(run, monkeypatch):
    def fail(*_args, **_keywords):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(connection.socket, "getaddrinfo", fail)
    checks = run(HW_HSS_ENDPOINT="https://hss.example.invalid")
    assert problems(checks) == ["HSS"] and "does not resolve" in checks["HSS"].detail


def test_nobody_answers(run, monkeypatch):
    """Neither a server that accepts connections and says nothing, nor a name server, holds the check up."""
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        before = time.monotonic()
        checks = run(HW_HSS_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert problems(checks) == ["HSS"] and "within 1 seconds" in checks["HSS"].detail
        monkeypatch.setattr(connection, "NAME_SECONDS", 0.2)
        monkeypatch.setattr(connection.socket, "getaddrinfo", lambda *_args, **_keywords: time.sleep(3))
        checks = run(HW_HSS_ENDPOINT="https://hss.example.invalid")
    assert problems(checks) == ["HSS"] and "no name server answered" in checks["HSS"].detail
    assert time.monotonic() - before < 10


def test_the_time_is_over(run):
    checks = run(seconds=0)
    assert problems(checks) == ["HSS"]


@pytest.mark.parametrize(("offset", "expected"), [(0, True), (299, True), (-310, False), (1000, False)])
def test_the_clock(run, monkeypatch, offset, expected):
    send = connection.Transport.send

    def shifted(*arguments, **keywords):
        response = send(*arguments, **keywords)
        response.headers["Date"] = formatdate(time.time() + offset, usegmt=True)
        return response

    monkeypatch.setattr(connection.Transport, "send", shifted)
    clock = run()["clock"]
    assert clock.ok is expected and (expected or "NTP" in clock.remedy)
    assert expected or ("behind" if offset > 0 else "ahead") in clock.detail


def test_the_playbook_checks_hosts_too_and_changes_nothing(simulator, tmp_path):
    simulator.seed_clusters(1)
    (tmp_path / "hosts").write_text(
        "cp-1 ansible_connection=local hss_onboard_become=false hss_onboard_service_account=true\n"
        "cp-2 ansible_host=127.0.0.1 ansible_port=1\n"
    )
    simulator.clear_requests()
    before = time.monotonic()
    played = play(
        "huaweicloud.hss.check",
        tmp_path / "hosts",
        tmp_path,
        {**simulator.environment(), "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true"},
        "-vvv",
        hss_check_connection={"secret_key": "wrong" * 8, "access_key": simulator.access_key},
    )
    assert time.monotonic() - before < 60
    assert played.code == 2 and "The lines above say what to do" in played.output, played.output
    for line in (
        "ok      versions: ",
        "ok      HSS: ",
        f"NOT OK  {LISTING}: ",
        "NOT OK  host cp-1: ",
        "NOT OK  host cp-2: ",
    ):
        assert line in played.output
    assert "refused. Check that Ansible can connect to the host." in played.output
    assert "Set hss_onboard_kubeconfig_path" in played.output and "APIGW.0301" in played.output
    for secret in ("wrong" * 8, simulator.access_key, simulator.secret_key):
        assert secret not in played.output + played.log
    assert {entry.operation for entry in simulator.requests() if entry.operation} <= READING


def test_hosts_that_hang_are_given_up_and_their_ssh_is_ended(tmp_path, request):
    """Nothing answers: neither the service, nor any host, whose ssh connects and then says nothing."""
    ssh, started = tmp_path / "ssh", tmp_path / "started"
    # The first line of a shell's own process id, which sleep then has.
    ssh.write_text(f"#!/bin/sh\necho $$ >>'{started}'\nexec sleep 300\n")
    ssh.chmod(0o755)
    hosts = [f"cp-{number} ansible_host=127.0.0.1 ansible_ssh_executable={ssh}\n" for number in range(1, 8)]
    (tmp_path / "hosts").write_text("".join(hosts))

    def left():
        return [pid for pid in started.read_text().split() if _command(pid).startswith(b"sleep\x00300")]

    def end():
        for pid in left():
            os.kill(int(pid), signal.SIGKILL)

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        request.addfinalizer(end)
        before = time.monotonic()
        played = play(
            "huaweicloud.hss.check",
            tmp_path / "hosts",
            tmp_path,
            {
                "HW_HSS_ENDPOINT": address,
                "HW_PROJECT_ID": "f" * 32,
                "HW_ACCESS_KEY": "a" * 20,
                "HW_SECRET_KEY": "b" * 40,
            },
            "--forks=3",
            hss_check_host_seconds=2,
        )
        seconds = time.monotonic() - before
    # Two rounds of hosts with a fifth of their usual time, and a connection that stops after half a minute at most.
    assert seconds < 60 - 2 * 8, played.output
    assert played.code == 2 and f"NOT OK  HSS: {address} did not answer" in played.output, played.output
    for number in range(1, 7):
        assert f"NOT OK  host cp-{number}: it did not answer within 2 seconds. Check the host." in played.output
    assert "cp-7" not in played.output
    assert len(started.read_text().split()) == 6 and left() == []


def _command(pid):
    """The arguments of a process; empty if it has ended."""
    try:
        return Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return b""
