# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source runs as in ansible-rulebook: loaded by its path, as a task of an event loop."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import responses
import yaml

ROOT = Path(__file__).resolve().parents[4]
PLUGIN = ROOT / ".collections/ansible_collections/huaweicloud/hss/extensions/eda/plugins/event_source/hss_multicloud.py"
URL = "https://hss.example.com/v5/project-1/container/kubernetes/multi-cloud/clusters"
SECRET_KEY = "SKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSK"
ARGS = {
    "endpoint": "https://hss.example.com",
    "project_id": "project-1",
    "access_key": "AKAKAKAKAKAKAKAKAKAK",
    "secret_key": SECRET_KEY,
    "max_retries": 0,
    "interval": 1,
}
DAY = 86_400_000


def load_main():
    """The entry point. pytest-ansible's import hooks break runpy, which one test uses in a process of its own."""
    spec = importlib.util.spec_from_file_location("event_source", PLUGIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def page(*clusters):
    """A response with clusters, each (id, status, days left)."""
    now = int(time.time() * 1000)
    rows = [
        {
            "cluster_id": cluster_id,
            "cluster_name": f"name-{cluster_id}",
            "status": status,
            "certificate_expiration_date": now + days * DAY + DAY // 2,
        }
        for cluster_id, status, days in clusters
    ]
    return {"json": {"total_num": len(rows), "data_list": rows}}


@pytest.fixture
def mocked(pauses, monkeypatch):
    """Mocks HSS, also for requests from other threads."""
    from ansible_collections.huaweicloud.hss.plugins.plugin_utils._events.watch import Watch

    monkeypatch.setattr(Watch, "_sleep", lambda _watch, _seconds: None)
    with responses.RequestsMock(registry=responses.registries.OrderedRegistry) as mock:
        yield mock


@pytest.fixture
def watch(monkeypatch, mocked):
    """Polls as often as there are pages, and returns the events of each poll."""

    def run(*answers, polls=None, **arguments):
        for answer in answers:
            mocked.get(URL, **answer)
        sent = [[]]

        async def pause(seconds):
            assert seconds == 1
            if len(sent) == (polls or len(answers)):
                raise asyncio.CancelledError
            sent.append([])

        class Queue:
            async def put(self, event):
                json.dumps(event)
                sent[-1].append(event["hss"])

        async def session():
            main = load_main()
            monkeypatch.setattr(asyncio, "sleep", pause)
            await main(Queue(), {**ARGS, **arguments})

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(session())
        return [
            [(event["type"], event.get("cluster", {}).get("cluster_id"), event.get("limit")) for event in poll]
            for poll in sent
        ]

    return run


def test_events_are_sent_once_each(watch):
    assert watch(
        page(("a", "connect_success", 100), ("b", "connect_success", 5)),
        page(("a", "connect_disruption", 100), ("b", "connect_success", 5)),
        page(("a", "connect_disruption", 100), ("b", "connect_success", 5)),
    ) == [[("expiring", "b", 30)], [("status_changed", "a", None)], []]


def test_events_are_sent_once_over_restarts(watch, tmp_path):
    state = tmp_path / "state.json"
    first = watch(page(("a", "connect_success", 5)), state_file=str(state))
    assert first == [[("expiring", "a", 30)]]
    assert watch(page(("a", "connect_success", 5)), state_file=str(state)) == [[]]
    restarted = watch(page(("a", "connect_fail", 5), ("b", "not_connect", 90)), state_file=str(state))
    assert restarted == [[("status_changed", "a", None), ("registered", "b", None)]]
    assert watch(page(("b", "not_connect", 90)), state_file=str(state)) == [[("removed", "a", None)]]
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert SECRET_KEY not in state.read_text() and ARGS["access_key"] not in state.read_text()


def test_what_was_not_sent_is_sent_after_a_restart(watch, tmp_path, mocked):
    state = str(tmp_path / "state.json")
    mocked.get(URL, **page(("a", "connect_success", 5)))

    class Full:
        async def put(self, _event):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(load_main()(Full(), {**ARGS, "state_file": state}))
    assert watch(page(("a", "connect_success", 5)), state_file=state) == [[("expiring", "a", 30)]]


def test_a_failed_poll_is_reported_once_and_changes_nothing(watch, caplog):
    refused = {"status": 400, "json": {"error_code": "HSS.0010", "error_msg": f"no {SECRET_KEY} {{{{ x }}}}"}}
    with caplog.at_level(logging.WARNING):
        polls = watch(
            page(("a", "connect_success", 100)),
            refused,
            refused,
            page(("a", "connect_success", 100)),
            page(("a", "connect_success", 100)),
            refused,
            page(("a", "connect_fail", 100)),
        )
    assert polls == [
        [],
        [("poll_failed", None, None)],
        [],
        [],
        [],
        [("poll_failed", None, None)],
        [("status_changed", "a", None)],
    ]
    assert caplog.text.count("HSS.0010") == 3 and SECRET_KEY not in caplog.text


def test_an_incomplete_list_removes_nothing(watch):
    """It is repeated, and then a failure."""
    short = {"json": {"total_num": 2, "data_list": []}}
    polls = watch(page(("a", "connect_success", 100)), *[short] * 4, page(("a", "connect_success", 100)), polls=3)
    assert polls == [[], [("poll_failed", None, None)], []]


def source_error(arguments):
    """The error with which the source ends."""
    with pytest.raises(Exception) as caught:
        asyncio.run(asyncio.wait_for(load_main()(asyncio.Queue(), arguments), 10))
    return str(caught.value)


def test_a_refused_credential_ends_the_source(mocked):
    mocked.get(URL, status=401, json={"error_code": "APIGW.0301", "error_msg": f"{SECRET_KEY}"})
    error = source_error(ARGS)
    assert "APIGW.0301" in error and SECRET_KEY not in error and len(mocked.calls) == 1


def test_an_expired_token_is_renewed_once(watch, mocked):
    tokens = iter(["T" * 30, "U" * 30])

    def sign_in(request):
        token = {"token": {"project": {"id": "project-1"}, "expires_at": "2099-01-01T00:00:00.000Z"}}
        return 201, {"X-Subject-Token": next(tokens)}, json.dumps(token)

    iam = "https://iam.example.com/v3/auth/tokens"
    user = {"access_key": None, "secret_key": None, "user_name": "u", "password": "p" * 10, "domain_name": "d"}
    mocked.add_callback("POST", iam, sign_in)
    mocked.get(URL, **page(("a", "connect_success", 100)))
    mocked.get(URL, status=401, json={"error_code": "APIGW.0307"})
    mocked.add_callback("POST", iam, sign_in)
    mocked.get(URL, **page(("a", "connect_fail", 100)))
    events = asyncio.Queue()

    async def run():
        task = asyncio.create_task(
            load_main()(events, {**ARGS, **user, "auth_url": "https://iam.example.com", "interval": 1})
        )
        event = await asyncio.wait_for(events.get(), 20)
        task.cancel()
        return event["hss"]

    assert asyncio.run(run())["type"] == "status_changed"
    assert [call.request.headers.get("X-Auth-Token") for call in mocked.calls][-1] == "U" * 30


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[", "is not a state of this event source"),
        ("[]", "is not a state of this event source"),
        ('{"format": 1, "connection": "x", "clusters": {"a": {}}}', "is not a state of this event source"),
        ('{"format": 2}', "is not a state of this event source"),
        ('{"format": 1, "connection": "x", "clusters": {}}', "is the state of another connection"),
    ],
)
def test_a_state_file_that_cannot_be_used_is_refused_before_any_request(tmp_path, content, reason):
    state = tmp_path / "state.json"
    state.write_text(content)
    error = source_error({**ARGS, "state_file": str(state)})
    assert error.startswith("state_file: ") and reason in error and state.read_text() == content


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    assert "does not exist or is not writable" in source_error({**ARGS, "state_file": str(tmp_path / "no" / "state")})


def test_an_unknown_argument_is_refused():
    assert "regoin: did you mean region?" in source_error({**ARGS, "regoin": "x"})


def test_the_event_loop_is_not_blocked_and_a_pending_request_is_abandoned(monkeypatch):
    """The loop continues while HSS does not answer, and a source that is cancelled does not wait for retries."""
    started, release = threading.Event(), threading.Event()

    def slow(_request):
        started.set()
        release.wait(20)
        return 503, {}, "{}"

    async def run():
        task = asyncio.create_task(load_main()(asyncio.Queue(), {**ARGS, "max_retries": 5}))
        ticks = 0
        while not started.is_set():
            await asyncio.sleep(0.01)
            ticks += 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        release.set()
        return ticks

    with responses.RequestsMock() as mock:
        mock.add_callback("GET", URL, slow)
        before = time.monotonic()
        assert asyncio.run(run()) > 0
        assert time.monotonic() - before < 10 and len(mock.calls) == 1


def test_the_collection_is_found_where_only_ansible_rulebook_is(tmp_path):
    """ansible-rulebook does not make collections importable."""
    code = (
        "import asyncio, runpy, sys\n"
        f"main = runpy.run_path({str(PLUGIN)!r})['main']\n"
        "try:\n    asyncio.run(main(asyncio.Queue(), {'interval': 0}))\n"
        "except Exception as error:\n    print(error)\n"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("interval: must be from 1"), done.stderr


@pytest.mark.parametrize(
    "path", sorted((ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml")), ids=lambda p: p.name
)
def test_rulebooks_use_the_source_with_its_arguments(path):
    from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
    from ansible_collections.huaweicloud.hss.plugins.plugin_utils._events.options import read_options

    (ruleset,) = yaml.safe_load(path.read_text())
    (source,) = ruleset["sources"]
    read_options(source["huaweicloud.hss.hss_multicloud"], Redactor())
    for rule in ruleset["rules"]:
        assert rule["name"] and "event.hss.type" in rule["condition"]
