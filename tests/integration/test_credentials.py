# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All ways to sign in, with HSS, IAM and instance metadata on loopback, without leaking a secret."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import kubeconfigs
import pytest
import yaml
from cryptography import x509
from modules import Ran, run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection import instance_metadata, profiles
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster, hss_multicloud_clusters
from playbooks import play
from simulator import Fault, Simulator

SIGN_IN, PROJECTS = "KeystoneCreateUserTokenByPassword", "KeystoneListProjects"
LIST, CREATE = "ListMultiCloudClusters", "CreateMultiCloudClusters"
METADATA_TOKEN = "kX3vQ9zR7wB2nM5tY8pL"


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """Removes pauses, and credentials from the environment and from the home directory."""
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda _seconds: None))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(("HW_", "HUAWEICLOUD_", "CLOUD_SDK_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def kube_config():
    return kubeconfigs.kubeadm("https://10.0.0.5:6443")


def connection(simulator: Simulator, **options: Any) -> dict[str, Any]:
    """Returns all connection options except a credential. None removes an option."""
    args = {
        "region": simulator.region,
        "endpoint": simulator.endpoint,
        "auth_url": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "max_retries": 2,
        "timeout": 5,
        **options,
    }
    return {key: value for key, value in args.items() if value is not None}


def password(simulator: Simulator, **options: Any) -> dict[str, Any]:
    user = simulator.user
    return {"user_name": user.name, "password": user.password, "domain_name": user.domain, **options}


def keys(simulator: Simulator) -> dict[str, str]:
    return {"access_key": simulator.access_key, "secret_key": simulator.secret_key}


def temporary(simulator: Simulator) -> dict[str, str]:
    parts = simulator.temporary
    return {"access_key": parts.ak, "secret_key": parts.sk, "security_token": parts.security_token}


def canaries(simulator: Simulator) -> list[str]:
    """Returns the texts that must not be in any output. For long secrets, a piece is sufficient."""
    parts = simulator.temporary
    values = [simulator.access_key, simulator.secret_key, *parts, simulator.user.password, METADATA_TOKEN]
    values += list(simulator._gateway.tokens._tokens)
    return [value[20:60] if len(value) > 60 else value for value in values]


def assert_clean(simulator: Simulator, text: str) -> None:
    assert [canary for canary in canaries(simulator) if canary in text] == []


def list_nothing(simulator: Simulator, *, check: bool = False, **options: Any) -> Ran:
    """Removes a cluster that does not exist, which sends the fewest requests to HSS."""
    args = connection(simulator, name="nobody", state="absent", **options)
    ran = run(hss_multicloud_cluster.main, args, check=check)
    assert_clean(simulator, ran.output + str(ran.warnings))
    return ran


def operations(simulator: Simulator) -> list[str | None]:
    return [entry.operation for entry in simulator.requests()]


# The credentials themselves


@pytest.mark.parametrize("credential", [keys, temporary, password], ids=["keys", "temporary keys", "password"])
@pytest.mark.parametrize("project", ["its id", "its name", "the region's"])
def test_a_cluster_is_registered_with(simulator, kube_config, credential, project):
    options = {"its id": {"project_id": simulator.project_id}, "its name": {"project_name": simulator.region}}
    args = connection(simulator, **credential(simulator), **options.get(project, {}))
    ran = run(hss_multicloud_cluster.main, {**args, "name": "shop", "kube_config": kube_config})
    assert not ran.failed, ran.msg
    assert [cluster.name for cluster in simulator.clusters()] == ["shop"]
    assert_clean(simulator, ran.output)
    # The response with the token also contains the project, so it is not looked up.
    before = [SIGN_IN] if credential is password else [PROJECTS] if project != "its id" else []
    assert operations(simulator) == [*before, LIST, CREATE, LIST]


def test_the_request_for_a_token_is_the_documented_one(simulator):
    user = simulator.user
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": user.name, "password": user.password, "domain": {"name": user.domain}}},
    }
    for options, project in (
        ({}, {"name": simulator.region}),
        ({"project_name": simulator.region}, {"name": simulator.region}),
        ({"project_id": simulator.project_id, "project_name": "ignored"}, {"id": simulator.project_id}),
    ):
        simulator.clear_requests()
        assert not list_nothing(simulator, **password(simulator), **options).failed
        assert simulator.bodies(SIGN_IN) == [{"auth": {"identity": identity, "scope": {"project": project}}}]


def test_a_token_is_sent_in_its_header_without_a_signature(simulator):
    assert not list_nothing(simulator, **password(simulator)).failed
    sign_in, listing = simulator.requests()
    assert (sign_in.operation, listing.operation) == (SIGN_IN, LIST)
    names = [{name.lower() for name in entry.header_names} for entry in (sign_in, listing)]
    assert not names[0] & {"x-auth-token", "authorization", "x-sdk-date"}
    assert "x-auth-token" in names[1] and not names[1] & {"authorization", "x-sdk-date"}


@pytest.mark.parametrize("check", [False, True])
def test_one_token_is_requested_for_a_list_of_clusters(simulator, kube_config, check):
    clusters = [
        {"name": f"shop-{number}", "kube_config": kube_config, "server": f"10.0.1.{number}"} for number in range(5)
    ]
    args = connection(simulator, **password(simulator), clusters=clusters, concurrency=4)
    ran = run(hss_multicloud_clusters.main, args, check=check)
    assert not ran.failed, ran.msg
    assert (simulator.count(SIGN_IN), simulator.count(PROJECTS)) == (1, 0)
    assert len(simulator.clusters()) == (0 if check else 5)
    assert_clean(simulator, ran.output)


def test_a_given_token_is_used(simulator):
    token = simulator.issue_token()
    assert not list_nothing(simulator, auth_token=token, project_id=simulator.project_id).failed
    assert operations(simulator) == [LIST]


@pytest.mark.parametrize("suffix", ["", "/", "/v3", "/v3/"])
def test_the_address_of_iam_with_or_without_version(simulator, suffix):
    assert not list_nothing(simulator, **password(simulator), auth_url=simulator.endpoint + suffix).failed


def test_no_password_from_netrc_is_sent_to_iam(simulator, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password a-netrc-password\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert not list_nothing(simulator, **password(simulator)).failed
    for entry in simulator.requests():
        assert "authorization" not in {name.lower() for name in entry.header_names}


# Errors when signing in


@pytest.mark.parametrize(
    "change",
    [{"password": "kX3vQ9zR7wB2nM5tY8pL"}, {"domain_name": "not-the-account"}, {"user_name": "nobody"}],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_password_is_tried_once(simulator, change):
    ran = list_nothing(simulator, **{**password(simulator), **change})
    assert ran.failed
    assert ran.msg.startswith("Could not sign in to IAM as the user '")
    for words in ("The username or password is wrong", "HTTP 401", "request id", "Check user_name", "domain_name"):
        assert words in ran.msg
    assert ran.result["failure"]["operation"] == SIGN_IN
    assert ran.result["failure"]["outcome"] == "rejected"
    assert operations(simulator) == [SIGN_IN]
    assert change.get("password", "kX3vQ9zR") not in ran.output


def test_a_project_of_another_user(simulator):
    ran = list_nothing(simulator, **password(simulator), project_name="nowhere-1")
    assert "The project is not found" in ran.msg and "project_name is a project of that user" in ran.msg
    assert operations(simulator) == [SIGN_IN]


@pytest.mark.parametrize(
    "fault, times",
    [(Fault.status(503), 2), (Fault.lost(commit="before"), 1), (Fault.throttle(), 1), (Fault.truncated(), 1)],
    ids=["503", "answer lost", "throttled", "answer cut"],
)
def test_the_request_for_a_token_is_repeated_if_iam_is_unavailable(simulator, fault, times):
    simulator.fault(SIGN_IN, fault, times=times)
    assert not list_nothing(simulator, **password(simulator)).failed
    assert simulator.count(SIGN_IN) == times + 1


@pytest.mark.parametrize(
    "fault, outcome, words",
    [
        (Fault.status(503), "rejected", "HTTP 503"),
        (Fault.lost(commit="before"), "not_sent", "closed the connection"),
        (Fault.html(), "rejected", "did not answer with a JSON object"),
        (Fault.redirect("https://login.example.com/"), "rejected", "answered with a redirect"),
        (Fault.status(404), "rejected", "Check auth_url"),
        (Fault.status(401), "rejected", "Check user_name"),
        (Fault.echo(), "rejected", "HSS.0001"),
    ],
    ids=["503", "lost", "html", "redirect", "404", "401", "echo"],
)
def test_a_failed_sign_in_ends_the_run_and_reveals_no_secret(simulator, fault, outcome, words):
    simulator.fault(SIGN_IN, fault, times=None)
    ran = list_nothing(simulator, **password(simulator))
    assert ran.msg.startswith("Could not sign in to IAM") and words in ran.msg
    assert ran.result["failure"]["outcome"] == outcome
    assert set(operations(simulator)) == {SIGN_IN}


def test_a_token_that_requires_renewal(simulator):
    token = simulator.issue_token()
    simulator.require_token_renewal(token)
    ran = list_nothing(simulator, auth_token=token, project_id=simulator.project_id)
    assert "APIGW.0307" in ran.msg and "get a new auth_token" in ran.msg
    assert ran.result["failure"]["http_status"] == 401
    assert operations(simulator) == [LIST]


def test_a_token_that_expired_is_tried_once(simulator):
    token = simulator.issue_token(lifetime=60)
    simulator.advance_clock(61)
    ran = list_nothing(simulator, auth_token=token, project_id=simulator.project_id)
    assert "APIGW.0301" in ran.msg and "auth_token" in ran.msg
    assert operations(simulator) == [LIST]


def test_temporary_keys_without_their_token_are_refused_by_hss(simulator):
    credential = temporary(simulator)
    del credential["security_token"]
    ran = list_nothing(simulator, **credential, project_id=simulator.project_id)
    assert "APIGW.0301" in ran.msg and "security_token" in ran.msg


@pytest.mark.parametrize("name, words", [("nowhere", "there is no such project"), ("twice", "several projects")])
def test_a_project_that_cannot_be_looked_up(simulator, name, words):
    for _again in range(2):
        simulator.add_project("twice")
    ran = list_nothing(simulator, **keys(simulator), project_name=name)
    assert words in ran.msg and "Give project_id" in ran.msg
    assert operations(simulator) == [PROJECTS]


@pytest.mark.parametrize("credential", [keys, temporary, password], ids=["keys", "temporary keys", "password"])
@pytest.mark.parametrize("operation", [LIST, PROJECTS, SIGN_IN])
def test_a_response_that_quotes_the_request_reveals_no_secret(simulator, credential, operation):
    simulator.fault(operation, Fault.echo(), times=None)
    for check in (False, True):
        ran = list_nothing(simulator, **credential(simulator), check=check)
        assert ran.failed == (operation in operations(simulator))


@pytest.mark.parametrize(
    "options, words",
    [
        ({"user_name": "somebody", "password": "half-a-credential"}, "domain_name: missing beside password and user"),
        ({"access_key": "half-a-credential"}, "secret_key: missing beside access_key"),
        ({"profile": "prod"}, "shared_config_file: '~/.hcloud/config.json' cannot be used: there is no such file."),
        ({"cloud": "https://example.com"}, "access_key: no credential found."),
        ({}, "access_key: no credential found."),
    ],
)
def test_invalid_options_are_refused_before_any_request(simulator, options, words):
    ran = list_nothing(simulator, **options)
    assert ran.msg.startswith(words)
    assert ran.result["failure"]["outcome"] == "not_sent"
    assert simulator.requests() == []
    assert "half-a-credential" not in ran.output


# Sources of credentials


def test_everything_from_the_environment(simulator, monkeypatch):
    user = simulator.user
    environ = {
        "HW_USER_NAME": user.name,
        "HW_USER_PASSWORD": user.password,
        "HW_DOMAIN_NAME": user.domain,
        "HW_REGION_NAME": simulator.region,
        "HW_HSS_ENDPOINT": simulator.endpoint,
        "HW_AUTH_URL": f"{simulator.endpoint}/v3",
        "HW_CA_PATH": str(simulator.ca_file),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ran = run(hss_multicloud_cluster.main, {"name": "nobody", "state": "absent"})
    assert not ran.failed, ran.msg
    assert operations(simulator) == [SIGN_IN, LIST]
    assert_clean(simulator, ran.output)


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def koocli(simulator: Simulator, **fields: Any) -> str:
    parts = simulator.temporary
    good = {
        "name": "good",
        "mode": "AKSK",
        "accessKeyId": parts.ak,
        "secretAccessKey": parts.sk,
        "securityToken": parts.security_token,
        "region": simulator.region,
        "projectId": simulator.project_id,
    }
    bad = {"name": "bad", "mode": "AKSK", "accessKeyId": simulator.access_key, "secretAccessKey": "x" * 40}
    return json.dumps({"authEncrypt": "false", "current": "good", "profiles": [bad, good], **fields})


def test_the_current_profile_of_koocli_brings_region_and_project(simulator, tmp_path):
    write(tmp_path / ".hcloud/config.json", koocli(simulator))
    ran = list_nothing(simulator, region=None)
    assert not ran.failed, ran.msg
    assert (operations(simulator), ran.warnings) == ([LIST], [])


def test_a_profile_by_name_and_path_with_a_too_permissive_mode(simulator, tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "_ROOT", str(tmp_path))
    tmp_path.chmod(0o755)
    path = write(tmp_path / "elsewhere.json", koocli(simulator, current="bad"), 0o644)
    ran = list_nothing(simulator, profile="good", shared_config_file=str(path))
    assert not ran.failed, ran.msg
    assert len(ran.warnings) == 1 and str(path) in ran.warnings[0] and "chmod 600" in ran.warnings[0]


def test_encrypted_keys_are_not_sent(simulator, tmp_path):
    write(tmp_path / ".hcloud/config.json", koocli(simulator, authEncrypt="true"))
    ran = list_nothing(simulator)
    assert "the keys of its profile 'good' are encrypted" in ran.msg
    assert simulator.requests() == []


def test_the_file_of_the_sdks(simulator, tmp_path, monkeypatch):
    lines = ["[basic]", f"ak = {simulator.access_key}", f"sk = {simulator.secret_key}"]
    lines += [f"iam_endpoint = {simulator.endpoint}"]
    write(tmp_path / ".huaweicloud/credentials", "\n".join(lines))
    assert not list_nothing(simulator, auth_url=None).failed
    assert operations(simulator) == [PROJECTS, LIST]
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert "cannot be used: there is no such file" in list_nothing(simulator).msg


def test_a_broken_file_is_named_but_not_quoted(simulator, tmp_path):
    path = write(tmp_path / ".hcloud/config.json", '{"profiles": [{"secretAccessKey": "' + simulator.secret_key)
    ran = list_nothing(simulator)
    assert ".hcloud/config.json' is not KooCLI's configuration" in ran.msg and path.exists()


# Proxies and certificates


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_the_proxy_variables_are_used(simulator, monkeypatch, spelling):
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(spelling("https_proxy"), f"http://127.0.0.1:{closed_port()}")
    ran = list_nothing(simulator, **password(simulator))
    assert "cannot be reached through the proxy" in ran.msg and "HTTPS_PROXY" in ran.msg
    monkeypatch.setenv(spelling("no_proxy"), "127.0.0.1")
    assert not list_nothing(simulator, **password(simulator)).failed


def test_a_private_ca_in_a_folder(simulator, tmp_path):
    folder = tmp_path / "authorities"
    folder.mkdir()
    ca = Path(str(simulator.ca_file)).read_bytes()
    (folder / f"{_hash_of(ca)}.0").write_bytes(ca)
    assert not list_nothing(simulator, **password(simulator), ca_path=str(folder)).failed


def _hash_of(pem: bytes) -> str:
    """Returns the name that openssl rehash gives to a certificate: a hash of the canonical subject."""

    def der(tag: int, content: bytes) -> bytes:
        assert len(content) < 128
        return bytes([tag, len(content)]) + content

    canonical = b""
    for attribute in x509.load_pem_x509_certificate(pem).subject:
        # SEQUENCE, SET and SEQUENCE come before the object identifier.
        name = x509.Name([x509.NameAttribute(attribute.oid, "x")]).public_bytes()
        text = " ".join(str(attribute.value).lower().split())
        canonical += der(0x31, der(0x30, name[6 : 8 + name[7]] + der(0x0C, text.encode())))
    return f"{int.from_bytes(hashlib.sha1(canonical).digest()[:4], 'little'):08x}"


def test_terraforms_variable_disables_the_verification_of_certificates(simulator, monkeypatch):
    assert "TLS certificate that is not trusted" in list_nothing(simulator, **password(simulator), ca_path=None).msg
    monkeypatch.setenv("HW_INSECURE", "true")
    with pytest.warns(match="Unverified HTTPS request"):
        ran = list_nothing(simulator, **password(simulator), ca_path=None)
    assert not ran.failed and any("validate_certs is off" in text for text in ran.warnings)
    assert "not trusted" in list_nothing(simulator, **password(simulator), ca_path=None, validate_certs=True).msg


# Instance metadata


@dataclass
class Metadata:
    """A metadata service on loopback, with its responses and the recorded requests."""

    key: Any
    token_status: int = 200
    key_status: int = 200
    token: str = METADATA_TOKEN
    delay: float = 0.0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str, path: str) -> tuple[int, bytes]:
        if self.delay:
            self.released.wait(self.delay)
        if (method, path) == ("PUT", "/meta-data/latest/api/token"):
            return self.token_status, self.token.encode()
        if (method, path) == ("GET", "/openstack/latest/securitykey"):
            return self.key_status, self.key if isinstance(self.key, bytes) else json.dumps(self.key).encode()
        return 404, b""


@pytest.fixture
def metadata(simulator: Simulator, monkeypatch) -> Iterator[Metadata]:
    parts = simulator.temporary
    service = Metadata({"credential": {"access": parts.ak, "secret": parts.sk, "securitytoken": parts.security_token}})

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            service.asked.append((self.command, self.path, dict(self.headers)))
            status, body = service.answer(self.command, self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT

        def log_message(self, *_dummy: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_dummy: Any) -> None:
            """Ignores clients that closed the connection."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(instance_metadata, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield service
    service.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_key_of_the_instance_is_read_with_a_token_and_without_a_proxy(simulator, metadata, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    ran = list_nothing(simulator, profile="metadata")
    assert not ran.failed, ran.msg
    assert operations(simulator) == [PROJECTS, LIST]
    (put, _path, headers), (get, _path, key_headers) = metadata.asked
    assert (put, get) == ("PUT", "GET")
    assert headers["X-Metadata-Token-Ttl-Seconds"] == "21600"
    assert key_headers["X-Metadata-Token"] == METADATA_TOKEN


@pytest.mark.parametrize("status", [404, 405, 503])
def test_an_older_metadata_service_without_tokens(simulator, metadata, status):
    metadata.token_status = status
    assert not list_nothing(simulator, profile="metadata").failed
    assert "X-Metadata-Token" not in metadata.asked[1][2]


def test_the_metadata_service_is_contacted_only_on_request(simulator, metadata):
    assert "the instance's metadata: only with profile=metadata" in list_nothing(simulator).msg
    assert not list_nothing(simulator, profile="metadata", **keys(simulator)).failed
    assert metadata.asked == []


@pytest.mark.parametrize(
    "change, words, asked",
    [
        ({"token_status": 500}, "refused a token (HTTP 500)", 1),
        ({"token_status": 302}, "refused a token (HTTP 302)", 1),
        ({"token": "two words"}, "did not answer with a token", 1),
        ({"key_status": 404}, "gave no key (HTTP 404)", 2),
        ({"key_status": 401}, "gave no key (HTTP 401)", 2),
        ({"key_status": 302}, "gave no key (HTTP 302)", 2),
        ({"key": b"<html>"}, "did not answer with access, secret and securitytoken", 2),
        ({"key": ["credential"]}, "did not answer with access", 2),
        ({"key": {"credential": {"access": "QZ7KX3VW9RB2NM5T"}}}, "did not answer with access", 2),
        ({"key": {"credential": {"access": "A", "secret": "zz9kq3 vw7rb2", "securitytoken": "t"}}}, "did not", 2),
    ],
)
def test_an_instance_without_a_key(simulator, metadata, change, words, asked):
    for name, value in change.items():
        setattr(metadata, name, value)
    ran = list_nothing(simulator, profile="metadata")
    assert ran.msg.startswith("profile: metadata: the instance metadata service at http://") and words in ran.msg
    assert "agency" in ran.msg
    assert ran.result["failure"]["outcome"] == "not_sent"
    assert (len(metadata.asked), simulator.requests()) == (asked, [])
    for secret in ("QZ7KX3VW", "zz9kq3 vw7rb2", "<html>"):
        assert secret not in ran.output


def test_a_metadata_service_that_does_not_respond_fails_soon(simulator, metadata, monkeypatch):
    assert instance_metadata.TIMEOUT == 3.0
    monkeypatch.setattr(instance_metadata, "TIMEOUT", 0.2)
    metadata.delay = 30
    started = time.monotonic()
    ran = list_nothing(simulator, profile="metadata")
    assert "does not answer within 0.2 seconds" in ran.msg
    assert time.monotonic() - started < 5 and len(metadata.asked) == 1


def test_no_metadata_service(simulator, monkeypatch):
    monkeypatch.setattr(instance_metadata, "ENDPOINT", f"http://127.0.0.1:{closed_port()}")
    assert "The module must run on an ECS" in list_nothing(simulator, profile="metadata").msg


# With ansible-playbook


@pytest.mark.parametrize("right", [True, False], ids=["right password", "wrong password"])
def test_a_playbook_prints_and_logs_no_secret(simulator, kube_config, tmp_path, right):
    user = simulator.user
    environ = {
        "HW_USER_NAME": user.name,
        "HW_USER_PASSWORD": user.password if right else user.password[::-1],
        "HW_DOMAIN_NAME": user.domain,
        "HW_REGION_NAME": simulator.region,
        "HW_HSS_ENDPOINT": simulator.endpoint,
        "HW_AUTH_URL": simulator.endpoint,
        "HW_CA_PATH": str(simulator.ca_file),
    }
    by_option = connection(simulator, name="shop", **{**password(simulator), "password": environ["HW_USER_PASSWORD"]})
    tasks = [
        {"huaweicloud.hss.hss_multicloud_cluster": {"name": "shop", "kube_config": kube_config}},
        {"huaweicloud.hss.hss_multicloud_cluster": {**by_option, "timeout": 5}},
    ]
    plays = [
        {"hosts": "localhost", "gather_facts": False, "tasks": [{**task, "ignore_errors": True} for task in tasks]}
    ]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
    (tmp_path / "hosts").write_text(f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}\n")
    played = play(str(tmp_path / "play.yml"), tmp_path / "hosts", tmp_path, environ, "-vvvv")
    assert played.recap["localhost"]["ignored"] == (0 if right else 2), played.output
    assert simulator.count(SIGN_IN) == 2
    assert_clean(simulator, played.output + played.log)
    assert user.password[::-1] not in played.output + played.log
