# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module with a service that returns a field of a wrong type, or quotes the request in its response."""

from __future__ import annotations

import base64
import copy
import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote_plus, unquote

import kubeconfigs
import pytest
import yaml
from echoes import WAYS, broken, found_in
from hostile import Conversation, HostileServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from modules import Ran, run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core import decodings
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_daemonset,
    hss_cluster_daemonset_info,
    hss_cluster_daemonsets,
    hss_cluster_protection,
    hss_host_info,
    hss_multicloud_agent_info,
    hss_multicloud_cluster,
    hss_multicloud_cluster_info,
    hss_multicloud_clusters,
    hss_multicloud_config_info,
    hss_multicloud_image_command_info,
    hss_quota_info,
)

AK, SK = "QZ7KX3VW9RB2NM5TY8PL", "zz9Kq3vw7Rb2nm5Tpp8lMn4xWq6JcV1yHs0DfG2t"
REGISTRY, PASSWORD, TOKEN = "r3g-Pa55word-ü 99", "uS3r\"Pa55'w0rd/99", "kX3vQ9zR7wB2nM5tY8pL"
PROXY = "pr0xy-Pa55w0rd-77"
ID = "6f2b5593-7855-4dbd-aebe-4f736708b8db"
NEW_ID = "7f2b5593-7855-4dbd-aebe-4f736708b8db"
LATER = 4070908800000
ROW = {
    "cluster_id": ID,
    "cluster_name": "shop",
    "provider": "aws",
    "server": "https://10.0.0.5:6443",
    "image_repo": "registry.example.com",
    "status": "connect_success",
    "version": "1.2.3",
    "current_expiration_date": LATER,
    "certificate_expiration_date": LATER,
}
DAEMONSET = {
    "installed_status": "install_success",
    "ds_info": {"desired_num": 3, "current_num": 3, "ready_num": 3},
    "node_num": 3,
    "cluster_status": "Available",
    "yaml_content": "kind: DaemonSet",
    "runtime_info": [{"runtime_name": "containerd_endpoint", "runtime_path": "/run/containerd/containerd.sock"}],
    "schedule_info": {"node_selector": ["a=b"], "pod_tolerances": ["c:NoSchedule"]},
    "resource_info": {"mode": "customized", "cpu_limit": "500m", "mem_limit": "512Mi"},
}
AGENT = {
    **{key: value for key, value in DAEMONSET.items() if key not in ("runtime_info", "schedule_info", "yaml_content")},
    "cluster_id": ID,
    "cluster_name": "shop",
    "cluster_type": "aws",
    "access_status": "connect_success",
    "combined_status": "running",
    "failed_message": "",
    "agent_version": "3.2.20",
    "latest_version": True,
}
HOST = {
    "host_id": "host-1",
    "host_name": "node-1",
    "private_ip": "192.0.2.1",
    "cluster_id": ID,
    "cluster_name": "shop",
    "agent_status": "online",
    "install_result_code": "install_succeed",
    "version": "hss.version.null",
    "protect_status": "closed",
    "protect_interrupt": False,
    "interrupt_reason": "",
    "protect_degradation": True,
    "degradation_reason": "memory",
    "charging_mode": None,
}
OPEN_HOST = {
    **HOST,
    "host_id": "host-2",
    "host_name": "node-2",
    "version": "hss.version.container.enterprise",
    "protect_status": "opened",
    "charging_mode": "on_demand",
}
SCRIPT = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}}'
# The responses by the end of the path, longest first.
ANSWERS: dict[str, Any] = {
    "/multi-cloud/clusters": {"total_num": 1, "data_list": [ROW]},
    "/permissions": {
        "total_num": 1,
        "data_list": [{"resources": "pods", "function": "check", "is_authed": False, "advice": "grant it"}],
    },
    "/multi-cloud/config-analyze": {
        "total_num": 1,
        "data_list": [{"address": "https://10.0.0.5:6443", "certificate_expiration_date": LATER}],
    },
    "/multi-cloud/agent-network": {"anp_address": "a:1", "agent_address": "b:2", "region_id": "cn-north-4"},
    "/agent/install-script": {"install_script": SCRIPT},
    "/multi-cloud/image-upload-command": {
        "image_command": "docker login -p HSS-REGISTRY-PASSWORD-PLACEHOLDER",
        "secret_command": "kubectl create secret docker-registry hss",
        "images_download_url": "https://images.example.com/",
    },
    "/clusters/daemonsets": {"total_num": 1, "data_list": [AGENT]},
    f"/clusters/{ID}/daemonsets": DAEMONSET,
    "/template": {key: DAEMONSET[key] for key in ("runtime_info", "schedule_info")},
    "/multi-cloud/clusters/status-synchronize": {},
    f"/multi-cloud/clusters/{ID}": {},
    "/host-management/hosts": {"total_num": 2, "data_list": [HOST, OPEN_HOST]},
    "/host-management/uninstall": {},
    "/container/switch-version": {},
    "/billing/quotas": {
        "data_list": [
            {
                "version": "hss.version.container.enterprise",
                "total_num": 9,
                "used_num": 1,
                "available_num": 8,
                "available_resources_list": [{"resource_id": "quota-1", "shared_quota": "unshared"}],
            }
        ]
    },
    "/setting/config/auto-open-quota": {"enabled": True},
    "/v3/projects": {"projects": [{"id": "project-1", "name": "cn-north-4"}]},
    "/v3/auth/tokens": {"token": {"project": {"id": "project-1", "name": "cn-north-4"}}},
}
ODD: list[Any] = [
    None,
    True,
    -1,
    10**18,
    1.5,
    "",
    "x\x1b[31m{{ 7*7 }}",
    [],
    {},
    ["x"],
    {"a": 1},
    [None],
    [{}],
    {"x": []},
]
# Each field is tested with some of these values, chosen so that every kind of field meets every value.
SAMPLE = 2


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda _seconds: None))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(("HW_", "HUAWEICLOUD_", "CLOUD_SDK_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


class Service:
    """A service that chooses the response by the path of the request."""

    def __init__(self) -> None:
        self.answers = copy.deepcopy(ANSWERS)
        self.created = False
        self.asked: list[str] = []

    def answer(self, talk: Conversation, request: bytes) -> None:
        method, target = request.decode("latin-1").split(" ")[:2]
        path = target.partition("?")[0]
        end = max((known for known in self.answers if path.endswith(known)), key=len, default="")
        if not end:  # a request to which an invalid response led
            talk.json({"error_code": "APIGW.0101", "error_msg": "No such API"}, 404)
            return
        self.asked.append(end)
        data = {"cluster_id": NEW_ID} if method == "POST" and end == "/multi-cloud/clusters" else self.answers[end]
        body = json.dumps(data).encode()
        token = [f"X-Subject-Token: {TOKEN}"] if end == "/v3/auth/tokens" else []
        talk.answer(200, body, "Content-Type: application/json", *token)


@pytest.fixture(scope="module")
def kube_config() -> str:
    return kubeconfigs.kubeadm("https://10.0.0.5:6443", days=365)


RUNS = {
    "register": (hss_multicloud_cluster, {"name": "new", "provider": "aws", "kube_config": True}),
    "update": (
        hss_multicloud_cluster,
        {
            "name": "shop",
            "kube_config": True,
            "current_expiration_date": 1924992000000,
            "wait": True,
            "wait_timeout": 20,
        },
    ),
    "drift": (hss_multicloud_cluster, {"name": "shop", "server": "https://10.0.0.9:6443", "on_drift": "warn"}),
    "recreate": (
        hss_multicloud_cluster,
        {"name": "shop", "provider": "ali", "kube_config": True, "on_drift": "recreate"},
    ),
    "remove": (hss_multicloud_cluster, {"cluster_id": ID, "state": "absent"}),
    "list": (
        hss_multicloud_clusters,
        {
            "clusters": [
                {"name": "shop", "kube_config": True},
                {"name": "new", "kube_config": True, "server": "10.0.0.9"},
            ]
        },
    ),
    "info": (hss_multicloud_cluster_info, {"include": ["permissions", "daemonset"], "expires_within_days": 99999}),
    "filter": (hss_multicloud_cluster_info, {"name": ["shop"], "provider": ["aws"], "status": ["connect_success"]}),
    "config": (hss_multicloud_config_info, {"kube_config": True}),
    "agent": (hss_multicloud_agent_info, {"cluster_id": ID}),
    "agents": (hss_multicloud_agent_info, {"cluster_ids": [ID]}),
    "images": (
        hss_multicloud_image_command_info,
        {"image_repo": "r", "organization": "o", "image_repo_username": "u", "show_commands": True},
    ),
    "commands": (
        hss_multicloud_image_command_info,
        {"image_repo": "r", "organization": "o", "image_repo_username": "u", "image_repo_password": "a-pass-w0rd-1"},
    ),
    "protect": (
        hss_cluster_daemonset,
        {
            "cluster_id": ID,
            "agent_version": "3.2.21",
            "resource_info": {"cpu_limit": "200m"},
            "schedule_info": {"node_selector": ["x=y"]},
            "runtime_info": [{"runtime_name": "docker_endpoint"}],
            "wait": True,
            "wait_timeout": 1,
        },
    ),
    "protected": (hss_cluster_daemonset, {"cluster_id": ID, "wait": True, "wait_timeout": 1}),
    "unprotect": (hss_cluster_daemonset, {"cluster_id": ID, "state": "absent", "wait_timeout": 1}),
    "protect all": (hss_cluster_daemonsets, {"daemonsets": [{"cluster_id": ID, "auto_upgrade": False}]}),
    "protection": (hss_cluster_daemonset_info, {}),
    "protection of one": (hss_cluster_daemonset_info, {"cluster_id": ID}),
    "open": (
        hss_cluster_protection,
        {"cluster_id": ID, "charging_mode": "packet_cycle", "resource_id": "quota-1", "wait_timeout": 1},
    ),
    "open named": (
        hss_cluster_protection,
        {"cluster_id": ID, "nodes": ["node-2", "192.0.2.9"], "charging_mode": "on_demand", "wait": False},
    ),
    "close": (hss_cluster_protection, {"cluster_id": ID, "state": "closed", "wait_timeout": 1}),
    "uninstall": (hss_cluster_protection, {"cluster_id": ID, "state": "closed", "uninstall_agents": True}),
    "hosts": (hss_host_info, {"name": ["node-1"], "private_ip": ["192.0.2.1"], "agent_status": ["online"]}),
    "quotas": (hss_quota_info, {}),
    "sign in": (hss_multicloud_cluster_info, {"user_name": "u", "password": "a-pass-w0rd-1", "domain_name": "d"}),
    "project": (hss_multicloud_cluster_info, {"project_id": None}),
}


def start(name: str, peer: HostileServer, kube_config: str, /, *, check: bool = False, **changes: Any) -> Ran:
    module, given = RUNS[name]
    options = {
        "endpoint": peer.url,
        "auth_url": peer.url,
        "region": "cn-north-4",
        "max_retries": 0,
        "timeout": 10,
        **({} if "user_name" in given else {"access_key": AK, "secret_key": SK}),
        **({} if name in ("sign in", "project") else {"project_id": "project-1"}),
        **{key: kube_config if value is True and key == "kube_config" else value for key, value in given.items()},
        **changes,
    }
    if "clusters" in options:
        options["clusters"] = [{**cluster, "kube_config": kube_config} for cluster in options["clusters"]]
    return run(module.main, {key: value for key, value in options.items() if value is not None}, check=check)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields the path to every value in a response."""
    yield at
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*at, key))


def changed(answer: Any, at: tuple[Any, ...], value: Any) -> Any:
    """Returns a copy of a response in which the value at a path is replaced."""
    if not at:
        return value
    other = copy.copy(answer)
    other[at[0]] = changed(answer[at[0]], at[1:], value)
    return other


# The service does not store changes, so these modules detect at their end that nothing has changed.
WITHOUT_MEMORY = {
    "recreate": "but HSS still lists it",
    "protect": "HSS accepted the request to change the node agent",
    "unprotect": "1 seconds after its removal was requested",
    "open": "is not opened after",
    "open named": "HSS lists no host with the name or private address 192.0.2.9",
    "close": "is not closed after",
    "uninstall": "still has the DaemonSet of the node agent",
}


@pytest.mark.parametrize("name", RUNS)
def test_every_case_succeeds_with_valid_responses(name, kube_config):
    """Otherwise the next test would cover only a part of the responses."""
    service = Service()
    with HostileServer(service.answer) as server:
        ran = start(name, server, kube_config)
    assert WITHOUT_MEMORY[name] in ran.msg if name in WITHOUT_MEMORY else not ran.failed, ran.msg


@pytest.mark.parametrize("name", RUNS)
def test_a_wrong_type_anywhere_is_reported_clearly(name, kube_config):
    service = Service()
    bad = {}
    with HostileServer(service.answer) as server:
        start(name, server, kube_config)
        every = [(end, at) for end in dict.fromkeys(service.asked) for at in places(ANSWERS[end])]
        for number, (end, at) in enumerate(every):
            for odd in (ODD * 2)[number % len(ODD) :][:SAMPLE]:
                service.answers[end] = changed(ANSWERS[end], at, odd)
                ran = start(name, server, kube_config)
                said = [*([ran.msg] if ran.failed else []), *ran.warnings]
                if any("Unexpected" in text or not text.isprintable() for text in said):
                    bad[re.sub(r" Please.*", "", str(said))] = (end, at, odd)
            service.answers[end] = ANSWERS[end]
    assert bad == {}


# A service that quotes secrets in any encoding


ECHOING = {
    "register": {"image_repo_password": REGISTRY},
    "update": {},
    "list": {},
    "info": {},
    "config": {},
    "agents": {},
    "commands": {"image_repo_password": REGISTRY},
    "protect all": {},
    "protection": {},
    "sign in": {"password": PASSWORD},
}


class Echo(Service):
    """A service that responds to one of the requests with an error that contains a given text."""

    def __init__(self, at: int, status: int, form: Any, *, header: bool) -> None:
        super().__init__()
        self._at = at
        self._status = status
        self._form = form
        self._header = header
        self.heard = ""

    def answer(self, talk: Conversation, request: bytes) -> None:
        self._at -= 1
        if self._at != -1:
            super().answer(talk, request)
            return
        self.heard = request.decode("utf-8", "replace")
        body, request_id = self._form(self.heard)
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        line = "".join(letter if " " <= letter <= "~" else " " for letter in request_id)
        talk.answer(self._status, raw, *([f"X-Request-Id: {line}"] if self._header else []))


def secrets_of(name: str, kube_config: str) -> list[str]:
    """Returns the secrets of a run; for long secrets, some parts."""
    user = yaml.safe_load(kube_config)["users"][0]["user"]
    key = user["client-key-data"]
    pem = "".join(base64.b64decode(key).decode().splitlines()[1:-1])
    inside = (
        [key[40:140], key[-90:-20], pem[:80], pem[-70:]] if name in ("register", "update", "list", "config") else []
    )
    return [PROXY, *([] if name == "sign in" else [AK, SK]), *ECHOING[name].values(), *inside]


def messages_of(ran: Ran) -> list[str]:
    """Returns the messages in a result, without data from the API."""
    found = [ran.msg, str(ran.result.get("failure")), *ran.warnings]
    for entries in (ran.result.get(name) or [] for name in ("results", "clusters", "daemonsets")):
        for entry in entries:
            found += [str(entry[key]) for key in ("msg", "failure", "warnings") if key in entry]
    return found


def told_back(secret: str, ways: Sequence[Any], heard: str) -> str:
    text = secret
    for way in ways:
        text = way(text)
    return text if len(text) < 1500 else heard[:1500]


FORMS = {
    "HSS": lambda text: ({"error_code": "HSS.0001", "error_msg": text}, "r-1"),
    "gateway": lambda text: ({"error_code": f"APIGW {text}", "error_msg": "no", "request_id": text}, text),
    "IAM": lambda text: ({"error": {"code": 401, "message": f"User {text} is locked", "title": text}}, text),
    "older": lambda text: ({"error_description": f"canonicalRequest {text}", "error_code": text}, ""),
    "no JSON": lambda text: (f"<html>{text}</html>", text),
    "broken": lambda text: ({"error_msg": {"text": text}, "error_code": [text]}, text),
}


@pytest.mark.parametrize("name", ECHOING)
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_secret_is_returned_in_errors(name, kube_config, monkeypatch, data):
    monkeypatch.setenv("HTTP_PROXY", f"http://user:{PROXY}@proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    every = secrets_of(name, kube_config)
    secret = data.draw(st.sampled_from(every))
    ways = data.draw(st.lists(WAYS, max_size=2))
    form = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]
    whole = data.draw(st.booleans())
    at = data.draw(st.integers(0, 2))
    if name == "sign in" and at:
        every.append(TOKEN)
    service = Echo(
        at,
        data.draw(st.sampled_from([200, 302, 400, 401, 403, 404, 429, 500, 503])),
        lambda heard: form(told_back(heard if whole else secret, ways, heard)),
        header=data.draw(st.booleans()),
    )
    with HostileServer(service.answer) as server:
        ran = start(name, server, kube_config, **ECHOING[name])
    for text in messages_of(ran):
        assert text.isprintable()
        assert found_in(every, text, depth=2) == []


DATA = {
    # Fields of successful responses whose text is used in a message or a warning.
    "another's name": (
        "register",
        ("/multi-cloud/clusters", ("data_list", 0, "cluster_name")),
        {"server": "https://10.0.0.5:6443"},
    ),
    "drift": ("drift", ("/multi-cloud/clusters", ("data_list", 0, "server")), {}),
    "drift that fails": ("drift", ("/multi-cloud/clusters", ("data_list", 0, "server")), {"on_drift": "fail"}),
    "a status": ("protect", (f"/clusters/{ID}/daemonsets", ("installed_status",)), {}),
    "a quantity": ("protect", (f"/clusters/{ID}/daemonsets", ("resource_info", "cpu_limit")), {}),
    "a reason": ("refused", ("/clusters/daemonsets", ("data_list", 0, "failed_message")), {}),
}
RUNS["refused"] = (hss_multicloud_cluster, {"name": "shop", "wait": True, "wait_timeout": 1})


def run_with_data(case, words, kube_config):
    """Runs the module of a case with a response in which the field of the case contains a text."""
    name, (end, at), options = DATA[case]
    service = Service()
    service.answers[end] = changed(ANSWERS[end], at, words)
    if name == "refused":
        rows = service.answers["/multi-cloud/clusters"]
        service.answers["/multi-cloud/clusters"] = changed(rows, ("data_list", 0, "status"), "connect_fail")
    with HostileServer(service.answer) as server:
        return start(name, server, kube_config, **options)


@pytest.mark.parametrize("way", [str, str.lower, quote_plus, lambda text: broken(text, 5, "\n")], ids=range(4))
@pytest.mark.parametrize("case", DATA)
def test_no_secret_is_returned_in_messages_made_of_data(case, way, kube_config):
    ran = run_with_data(case, f"\x1b[31mred \u202e{{{{ 7*7 }}}} {way(SK)}", kube_config)
    said = messages_of(ran)
    assert any("[31mred {{ 7*7 }} ********" in text for text in said), said
    for text in said:
        assert text.isprintable() and found_in(SK, text) == []
    diff = ran.result.get("diff") or {"before": "", "after": ""}
    for line in (diff["before"] + diff["after"]).splitlines():
        assert line.isprintable() and re.match(r"[a-z_.]+: ", line), "a value has become a line of its own"


# A service that quotes an earlier request in the fields of its later, successful responses.

# These decide what a module does, so they are replaced one at a time.
DECISIVE = ("cluster_id", "cluster_name", "status", "installed_status", "access_status", "server")


def shown_texts(value: Any, key: str = "") -> Iterator[str]:
    """Yields every text in a result, except those that an action plugin hides."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in ("manifests", "invocation"):
                yield from shown_texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from shown_texts(item, key)
    elif isinstance(value, str):
        yield from value.split("\n") if key in ("before", "after", "image_command", "secret_command") else [value]


@pytest.mark.parametrize("name", RUNS)
def test_no_field_of_a_result_quotes_an_earlier_request(name, kube_config):
    client_key = yaml.safe_load(kube_config)["users"][0]["user"]["client-key-data"]
    uploaded = "kube_config" in RUNS[name][1] or name == "list"
    quotation = f"\x1b[31m\u202e {broken(client_key if uploaded else SK, 60, ' ')} {SK} \ufe0f"
    secrets = [SK, *([client_key] if uploaded else [])]
    service = Service()
    with HostileServer(service.answer) as server:
        start(name, server, kube_config)
        asked = list(dict.fromkeys(service.asked))
        texts_of = {
            end: [at for at in places(ANSWERS[end]) if isinstance(value_at(ANSWERS[end], at), str)] for end in asked
        }
        variants: list[list[tuple[str, tuple[Any, ...]]]] = [
            [(end, at) for end in asked for at in texts_of[end] if at[-1] not in (*DECISIVE, "install_script")],
            *([(end, at)] for end in asked for at in texts_of[end] if at[-1] in DECISIVE),
        ]
        for variant in variants:
            service.answers = copy.deepcopy(ANSWERS)
            for end, at in variant:
                service.answers[end] = changed(service.answers[end], at, quotation)
            ran = start(name, server, kube_config, **({} if name == "sign in" else {"secret_key": SK}))
            for text in [*shown_texts(ran.result), *ran.warnings]:
                assert text.isprintable() and "\ufe0f" not in text, (variant, text)
                assert name == "sign in" or found_in(secrets, text, depth=1) == [], (variant, text)


def value_at(value: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        value = value[key]
    return value


@pytest.mark.parametrize("case", DATA)
def test_very_long_texts_are_redacted_in_time(case, kube_config, monkeypatch):
    """Searching the complete text would take half an hour, so only its beginning is used."""
    lengths: list[int] = []
    look = decodings.decodings
    monkeypatch.setattr(decodings, "decodings", lambda text: lengths.append(len(text)) or look(text))
    said = messages_of(run_with_data(case, "%2541+ words " * 300_000, kube_config))
    assert any("%2541+ words %2541+ words" in text for text in said)
    assert max(map(len, said)) < 8_000 and max(lengths) <= 7_000 and len(lengths) < 30


# --- Destinations of requests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 307, 308])
@pytest.mark.parametrize("name", RUNS)
def test_no_request_follows_an_address_in_a_response(name, code, kube_config):
    """For each of the responses, including those of IAM."""
    service = Service()
    with HostileServer(service.answer) as server:
        start(name, server, kube_config)
    with HostileServer(lambda talk, _request: talk.json({})) as other:
        for at in range(len(service.asked)):
            asked = iter(range(99))

            def answer(talk: Conversation, request: bytes, at: int = at, asked: Iterator[int] = asked) -> None:
                if next(asked) == at:
                    talk.answer(code, b"", f"Location: {other.url}{request.decode('latin-1').split(' ')[1]}")
                else:
                    Service().answer(talk, request)

            with HostileServer(answer) as server:
                ran = start(name, server, kube_config)
            told = [text for text in messages_of(ran) if f"a redirect to {other.url} (HTTP {code})" in text]
            assert told or not ran.failed or name in WITHOUT_MEMORY, messages_of(ran)
        assert (other.connections, other.requests) == (0, [])


def texts(options: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yields the path to every text in options."""
    for place in places(options):
        found: Any = options
        for key in place:
            found = found[key]
        if isinstance(found, str):
            yield place


INJECTED = [
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "../../../evil",
    "a/../../evil",
    "..",
    "a%2f..%2fevil",
    "a?b=1#c",
    "\x00\u2028a",
]
# These options determine the destination of requests.
ADDRESSES = ("endpoint", "auth_url")


@pytest.mark.parametrize("name", RUNS)
def test_no_option_can_add_a_header_or_change_the_destination(name, kube_config):
    _module, given = RUNS[name]
    credential = {"region": "cn-north-4", "project_id": "project-1", "access_key": AK, "secret_key": SK}
    if name == "sign in":
        credential = {"region": "cn-north-4"}
    options = {key: value for key, value in {**credential, **given}.items() if key not in ADDRESSES}
    sent = 0
    for at in texts(options):
        for evil in INJECTED:
            with HostileServer(Service().answer) as server:
                start(name, server, kube_config, **{at[0]: changed(options, at, evil)[at[0]]})
            sent += len(server.requests)
            for number, request in enumerate(server.requests):
                line = request.partition(b"\r\n")[0].decode("ascii").split(" ")
                path = unquote(line[1].partition("?")[0]).split("/")
                assert len(line) == 3 and line[1].startswith("/v") and not {"..", "evil"} & set(path), line
                assert "x-evil" not in server.headers(number) and server.headers(number)["host"] == server.netloc
    assert sent
