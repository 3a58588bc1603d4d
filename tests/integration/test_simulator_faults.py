# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The response that a client gets with each fault of the simulator, and whether the request is carried out."""

from __future__ import annotations

import email.utils
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from simulator import Fault, Simulator
from simulator.caller import Caller

CREATE = "CreateMultiCloudClusters"
LIST = "ListMultiCloudClusters"


def ids(answer: Any) -> list[str]:
    """Returns the ids in the rows of a listing."""
    return [row["cluster_id"] for row in answer["data_list"]]


# Refused requests


@pytest.mark.parametrize(
    ("fault", "retry_after", "text"),
    [
        (Fault.throttle(), None, "limit:10,time:1 second"),
        (Fault.throttle(retry_after=3), "3", "limit:10,time:1 second"),
        (Fault.throttle(retry_after=0.5), "0.5", "limit:10,time:1 second"),
        (Fault.throttle(unit="minute", limit=60), None, "limit:60,time:1 minute"),
        (
            Fault.throttle(retry_after="Wed, 21 Oct 2026 07:28:00 GMT"),
            "Wed, 21 Oct 2026 07:28:00 GMT",
            "policy user over ratelimit",
        ),
    ],
)
def test_throttle(simulator: Simulator, call: Caller, fault: Fault, retry_after: str | None, text: str) -> None:
    simulator.fault(CREATE, fault)
    answer = call.create()
    assert answer.status_code == 429
    assert answer.json()["error_code"] == "APIGW.0308"
    assert answer.json()["error_msg"].startswith("The throttling threshold has been reached: ")
    assert text in answer.json()["error_msg"]
    assert answer.headers.get("Retry-After") == retry_after
    assert simulator.clusters() == []
    assert call.create().status_code == 200


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize(
    ("code", "body", "error_code"),
    [
        (400, "json", "HSS.0001"),
        (403, "json", "APIGW.0306"),
        (500, "json", "APIGW.0601"),
        (504, "json", "APIGW.0203"),
        (502, "html", None),
        (503, "empty", None),
    ],
)
def test_status(simulator: Simulator, call: Caller, code: int, body: str, error_code: str | None, commit: bool) -> None:
    simulator.fault(CREATE, Fault.status(code, body=body, commit=commit))
    answer = call.create()
    assert answer.status_code == code
    assert answer.headers["X-Request-Id"]
    if body == "json":
        assert answer.json()["error_code"] == error_code
    else:
        assert answer.text.startswith("<!DOCTYPE html>") if body == "html" else answer.content == b""
    assert len(simulator.clusters()) == commit
    assert [entry.committed for entry in simulator.requests(CREATE)] == [commit]


def test_status_with_a_given_error_code(simulator: Simulator, call: Caller) -> None:
    simulator.fault("*", Fault.status(400, error_code="HSS.0014", error_msg="Not allowed.", retry_after=7))
    answer = call.create()
    assert (answer.json()["error_code"], answer.json()["error_msg"]) == ("HSS.0014", "Not allowed.")
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize("commit", [False, True])
def test_html(simulator: Simulator, call: Caller, commit: bool) -> None:
    simulator.fault(CREATE, Fault.html(commit=commit))
    answer = call.create()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert len(simulator.clusters()) == commit


def test_ignored(simulator: Simulator, call: Caller) -> None:
    simulator.fault(CREATE, Fault.ignored())
    answer = call.create()
    assert (answer.status_code, answer.content, simulator.clusters()) == (200, b"", [])


def test_redirect(simulator: Simulator, call: Caller) -> None:
    simulator.fault(CREATE, Fault.redirect("https://elsewhere.example/login"))
    answer = call.create()
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/login")
    assert simulator.clusters() == []


def test_echo(simulator: Simulator, call: Caller) -> None:
    simulator.fault(CREATE, Fault.echo())
    secrets = {
        "Authorization": "SDK-HMAC-SHA256 Access=somebody",
        "X-Security-Token": "a-security-token-of-some-length",
    }
    answer = call.create(image_repo_password="a-registry-password-of-some-length", headers=secrets)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "HSS.0001")
    text = answer.json()["error_msg"]
    for secret in (*secrets.values(), call.token, "kind: Config", "a-registry-password-of-some-length"):
        assert secret in text
    assert simulator.clusters() == []


# Late, truncated and lost responses


@pytest.mark.parametrize("commit", ["before", "after"])
def test_slow(simulator: Simulator, call: Caller, commit: str) -> None:
    simulator.fault(CREATE, Fault.slow(0.3, commit=commit))
    started = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        call.create(timeout=0.1)
    assert len(simulator.clusters()) == (commit == "before")
    # The service does not notice that the client closed the connection.
    while not simulator.requests(CREATE)[0].committed:
        assert time.monotonic() < started + 10
        time.sleep(0.01)
    assert len(simulator.clusters()) == 1


def test_slow_but_in_time(simulator: Simulator, call: Caller) -> None:
    simulator.fault(CREATE, Fault.slow(0.1))
    started = time.monotonic()
    assert call.create().status_code == 200
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize("commit", [False, True])
def test_truncated(simulator: Simulator, call: Caller, commit: bool) -> None:
    simulator.fault(CREATE, Fault.truncated(commit=commit))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        call.create()
    assert len(simulator.clusters()) == commit
    assert call.create("two").status_code == 200


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("commit", ["never", "before", "late"])
def test_lost(commit: str, tls: bool) -> None:
    with Simulator(tls=tls) as simulator:
        call = Caller(simulator)
        simulator.fault(CREATE, Fault.lost(commit=commit, delay=0.2))
        # Over TLS, older versions of Python treat the reset as a regular end of the connection.
        with pytest.raises(requests.ConnectionError, match="Connection aborted" if tls else "reset by peer"):
            call.create()
        assert len(simulator.clusters()) == (commit == "before")
        assert simulator.settle()
        committed = commit != "never"
        assert len(simulator.clusters()) == committed
        assert [(entry.status, entry.committed) for entry in simulator.requests(CREATE)] == [(None, committed)]
        assert call.create("two").status_code == 200
        call.close()


def test_late_operations_end_with_the_simulator() -> None:
    with Simulator() as simulator:
        call = Caller(simulator)
        simulator.fault(CREATE, Fault.lost(commit="late", delay=60))
        with pytest.raises(requests.ConnectionError):
            call.create()
        started = time.monotonic()
        call.close()
    assert time.monotonic() - started < 5
    assert simulator.clusters() == []


# Inconsistent listings


def test_short_listing(simulator: Simulator, call: Caller) -> None:
    seeded = simulator.seed_clusters(12)
    simulator.fault(LIST, Fault.short_listing(missing=2))
    answer = call.list()
    assert (answer["total_num"], ids(answer)) == (12, seeded[:8])
    assert ids(call.list()) == seeded[:10]


def test_changing_total(simulator: Simulator, call: Caller) -> None:
    simulator.seed_clusters(30)
    simulator.fault(LIST, Fault.changing_total(), skip=1, times=2)
    assert [call.list(offset=offset)["total_num"] for offset in (0, 10, 20, 30)] == [30, 31, 32, 30]


def test_duplicate_row(simulator: Simulator, call: Caller) -> None:
    seeded = simulator.seed_clusters(20)
    simulator.fault(LIST, Fault.duplicate_row(), times=2)
    simulator.fault(LIST, Fault.duplicate_row(replace_last=True))
    assert ids(call.list()) == [*seeded[:10], seeded[0]]
    assert ids(call.list(offset=10)) == [seeded[9], *seeded[10:]]
    answer = call.list(offset=10)
    assert (answer["total_num"], ids(answer)) == (20, [seeded[9], *seeded[10:19]])


def test_stale(simulator: Simulator, call: Caller) -> None:
    old, gone = simulator.seed_clusters(2)
    simulator.fault(LIST, Fault.stale(0.3), times=None)
    new = call.create().json()["cluster_id"]
    assert call("DELETE", f"multi-cloud/clusters/{gone}").status_code == 200
    answer = call.list()
    assert (answer["total_num"], ids(answer)) == (1, [old])
    simulator.clear_faults()
    simulator.fault(LIST, Fault.stale(60, removed=True))
    assert ids(call.list()) == [old, gone]
    simulator.fault(LIST, Fault.stale(0.3), times=None)
    time.sleep(0.35)
    assert ids(call.list()) == [old, new]


# Selection of faults


def test_faults_are_applied_in_order(simulator: Simulator, call: Caller) -> None:
    simulator.fault(LIST, Fault.status(500), skip=1, times=2)
    simulator.fault("*", Fault.status(503))
    simulator.fault("*", Fault.status(504), match="offset=7")
    path = "multi-cloud/clusters"
    seen = [call("GET", path).status_code for _dummy in range(4)]
    # The first fault skips the first request, so the second fault applies to it.
    assert seen == [503, 500, 500, 200]
    assert call("GET", path, params={"offset": 7}).status_code == 504
    assert [plan.used for plan in simulator.faults()] == [2, 1, 1]


def test_a_fault_for_one_cluster_of_many(simulator: Simulator, call: Caller) -> None:
    simulator.fault(CREATE, Fault.status(400), match='"c-03"', times=None)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: call.create(f"c-{number:02}").status_code, range(16)))
    assert [number for number, code in enumerate(answers) if code != 200] == [3]
    assert len(simulator.clusters()) == 15


def test_a_fault_can_be_removed(simulator: Simulator, call: Caller) -> None:
    plan = simulator.fault(CREATE, Fault.status(500), times=None)
    assert call.create().status_code == 500
    plan.cancel()
    assert call.create().status_code == 200


def test_no_fault_hides_a_bad_credential(simulator: Simulator, call: Caller) -> None:
    simulator.fault(CREATE, Fault.lost(commit="before"))
    call.token = "nobody-ever-issued-this-token"
    assert call.create().status_code == 401
    assert simulator.faults()[0].used == 0


@pytest.mark.parametrize(
    ("operation", "make"),
    [
        ("CreateMultiCloudCluster", Fault.echo),
        (CREATE, Fault.short_listing),
        (CREATE, lambda: Fault.status(200)),
        (CREATE, lambda: Fault.status(500, body="xml")),
        (CREATE, lambda: Fault.lost(commit="maybe")),
        (CREATE, lambda: Fault.slow(1, commit="never")),
        (CREATE, lambda: Fault.redirect("/", code=200)),
        (CREATE, lambda: Fault.from_dict({"kind": "none"})),
        (CREATE, lambda: Fault.from_dict({"kind": "lost", "how": "so"})),
    ],
)
def test_an_invalid_fault_is_refused(simulator: Simulator, operation: str, make: Any) -> None:
    with pytest.raises(ValueError):
        simulator.fault(operation, make())


def test_faults_of_iam(simulator: Simulator, call: Caller) -> None:
    simulator.fault("KeystoneListProjects", Fault.status(500))
    simulator.fault("KeystoneCreateUserTokenByPassword", Fault.throttle())
    assert call("GET", "/v3/projects").status_code == 500
    assert call("POST", "/v3/auth/tokens", json={}).status_code == 429


def test_retry_after_as_a_date(simulator: Simulator, call: Caller) -> None:
    date = email.utils.formatdate(time.time() + 2, usegmt=True)
    simulator.fault(LIST, Fault.status(503, retry_after=date))
    assert call("GET", "multi-cloud/clusters").headers["Retry-After"] == date
