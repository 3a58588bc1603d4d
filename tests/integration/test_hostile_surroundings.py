# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unusual environments: locales, no home directory, umask 0, proxies, and files of other tools.

They also test that Ansible does not evaluate text from the service.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubeconfigs
import pytest
import yaml
from hostile import Conversation, HostileServer
from modules import Ran, run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection import profiles
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster, hss_multicloud_cluster_info
from playbooks import ROOT
from simulator import Fault, Simulator
from simulator.tls import create

LIST = "ListMultiCloudClusters"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda _seconds: None))
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in list(os.environ):
        if name.startswith(("HW_", "HUAWEICLOUD_", "CLOUD_SDK_")) or name.upper() in PROXIES:
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def kube_config() -> str:
    return kubeconfigs.kubeadm("https://10.0.0.5:6443", days=365)


def options(simulator: Simulator, **more: Any) -> dict[str, Any]:
    given = {
        "endpoint": simulator.endpoint,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "ca_path": simulator.ca_file,
        "max_retries": 0,
        "timeout": 20,
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def listed(simulator: Simulator, **more: Any) -> Ran:
    return run(hss_multicloud_cluster_info.main, options(simulator, **more))


# --- Proxies and files of other tools ---------------------------------------------------------------------------------

PASSWORD = "pr0xy-P@55w0rd/77"
QUOTED = "pr0xy-P%4055w0rd%2F77"


class Proxy:
    """A proxy that requires a password."""

    def __init__(self, password: str = PASSWORD) -> None:
        self._expected = "Basic " + base64.b64encode(f"user:{password}".encode()).decode()
        self.targets: list[str] = []

    def answer(self, talk: Conversation, request: bytes) -> bool:
        head = request.decode("latin-1")
        self.targets.append(head.split(" ")[1])
        if f"Proxy-Authorization: {self._expected}\r\n" not in head:
            talk.answer(407, b"", "Proxy-Authenticate: Basic")
        else:
            talk.tunnel(head.split(" ")[1])
        return True


def assert_silent(ran: Ran) -> None:
    for secret in (PASSWORD, QUOTED, base64.b64encode(f"user:{PASSWORD}".encode()).decode()):
        assert not any(secret[at : at + 8] in ran.output + str(ran.warnings) for at in range(len(secret) - 7))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_with_a_password_is_used(simulator, monkeypatch, variable):
    proxy = Proxy()
    with HostileServer(proxy.answer) as server:
        monkeypatch.setenv(variable, f"http://user:{QUOTED}@{server.netloc}")
        ran = listed(simulator)
    assert not ran.failed, ran.msg
    assert proxy.targets == [simulator.endpoint.partition("//")[2]]
    for entry in simulator.requests():
        assert "proxy-authorization" not in {name.lower() for name in entry.header_names}
    assert_silent(ran)


def test_no_proxy_is_respected(simulator, monkeypatch):
    proxy = Proxy()
    with HostileServer(proxy.answer) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{QUOTED}@{server.netloc}")
        monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.0/8")
        assert not listed(simulator).failed
    assert proxy.targets == []


def test_a_proxy_that_refuses_the_password_is_contacted_once(simulator, monkeypatch):
    proxy = Proxy("another-password")
    with HostileServer(proxy.answer) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{QUOTED}@{server.netloc}")
        ran = listed(simulator, max_retries=5)
    assert "the proxy does not accept the credential for it (HTTP 407)" in ran.msg and "HTTPS_PROXY" in ran.msg
    assert (len(proxy.targets), ran.result["failure"]["outcome"]) == (1, "not_sent")
    assert_silent(ran)


@pytest.mark.parametrize(
    "address",
    [
        f"http://user:{PASSWORD}@127.0.0.1:1",  # the slash ends the host
        f"http://user:{QUOTED}@[::1",
        f"socks5://user:{QUOTED}@127.0.0.1:1",
        f"gopher://user:{QUOTED}@127.0.0.1:1",
        f"http://user:{QUOTED}@",
        f"http://user:{QUOTED}@127.0.0.1:port",
        f"http://user:{QUOTED}@127.0.0.1:1",
        f"http://user:{QUOTED}@no-such-proxy.invalid:1",
        f"user:{QUOTED}",
    ],
)
def test_an_address_that_is_not_a_proxy_is_reported(simulator, monkeypatch, kube_config, address):
    monkeypatch.setenv("HTTPS_PROXY", address)
    ran = run(hss_multicloud_cluster.main, options(simulator, name="shop", kube_config=kube_config))
    assert "proxy" in ran.msg.lower() and ran.result["failure"]["outcome"] == "not_sent", ran.msg
    assert_silent(ran)


def test_a_proxy_that_responds_too_slowly_times_out(simulator, monkeypatch):
    with HostileServer(lambda talk, _request: talk.drip("HTTP/1.1 200 Connected\r\n" * 99)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{server.netloc}")
        started = time.monotonic()
        ran = listed(simulator, timeout=1)
    assert ran.failed and time.monotonic() - started < 10, ran.msg


def test_no_password_from_netrc_is_sent(simulator, monkeypatch, tmp_path):
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text("default login somebody password a-netrc-password\n")
    netrc.chmod(0o600)
    with HostileServer(lambda talk, _request: talk.json({"total_num": 0, "data_list": []})) as server:
        token = {"access_key": None, "secret_key": None, "auth_token": "kX3vQ9zR7wB2nM5tY8pL"}
        assert not listed(simulator, endpoint=server.url, **token).failed
        assert not listed(simulator, endpoint=server.url).failed
        assert "authorization" not in server.headers(0)
        assert server.headers(1)["authorization"].startswith("SDK-HMAC-SHA256 ")


def test_certificates_are_verified_according_to_the_options(simulator, monkeypatch, tmp_path):
    other = tmp_path / "other.pem"
    other.write_bytes(kubeconfigs.Authority().pem)
    untrusted = "TLS certificate that is not trusted"
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other))
        assert not listed(simulator).failed
        assert untrusted in listed(simulator, ca_path=None).msg
        with pytest.warns(match="Unverified HTTPS request"):
            assert not listed(simulator, ca_path=None, validate_certs=False).failed
        monkeypatch.setenv(name, "/nonexistent")
        assert not listed(simulator).failed
        assert name in listed(simulator, ca_path=None).msg
        monkeypatch.setenv(name, str(simulator.ca_file))
        assert not listed(simulator, ca_path=None).failed
        assert untrusted in listed(simulator, ca_path=str(other)).msg
        monkeypatch.delenv(name)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, str(simulator.ca_file))
    assert untrusted in listed(simulator, ca_path=None).msg


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666])
def test_a_credential_file_readable_by_others_causes_a_warning(simulator, monkeypatch, tmp_path, mode):
    monkeypatch.setattr(profiles, "_ROOT", str(tmp_path))
    (tmp_path / "home" / ".hcloud").mkdir()
    for folder in (tmp_path, tmp_path / "home", tmp_path / "home" / ".hcloud"):
        folder.chmod(0o755)
    file = tmp_path / "home" / ".hcloud" / "config.json"
    key = {"accessKeyId": simulator.access_key, "secretAccessKey": simulator.secret_key}
    file.write_text(json.dumps({"current": "a", "profiles": [{"name": "a", "mode": "AKSK", **key}]}))
    file.chmod(mode)
    ran = listed(simulator, access_key=None, secret_key=None)
    assert not ran.failed, ran.msg
    wide = [text for text in ran.warnings if "others on this machine may read or change it" in text]
    assert len(wide) == (mode != 0o600) and all(f"(mode {mode:04o}): run chmod 600 on it" in text for text in wide)
    said = ran.output + str(ran.warnings)
    assert simulator.secret_key[:8] not in said and file.stat().st_mode & 0o777 == mode


# --- Insecure services ------------------------------------------------------------------------------------------------


def test_a_redirect_to_plain_http_is_not_followed(simulator, kube_config, tmp_path):
    ca_file, tls = create(tmp_path, "127.0.0.1")
    with HostileServer(lambda talk, _request: talk.json({"total_num": 0, "data_list": []})) as plain:

        def answer(talk: Conversation, request: bytes) -> None:
            if request.startswith(b"GET"):
                talk.json({"total_num": 0, "data_list": []})
            else:
                talk.answer(307, b"", f"Location: {plain.url}/")

        with HostileServer(answer, tls) as server:
            given = options(simulator, endpoint=server.url, ca_path=str(ca_file), name="shop", kube_config=kube_config)
            ran = run(hss_multicloud_cluster.main, given)
            assert any(request.startswith(b"POST") for request in server.requests)
        assert plain.connections == 0
    assert f"a redirect to {plain.url} (HTTP 307)" in ran.msg


@pytest.mark.parametrize("validate", [True, False])
def test_nothing_is_sent_over_outdated_tls(simulator, tmp_path, validate):
    ca_file, tls = create(tmp_path, "127.0.0.1")
    client = ssl.create_default_context(cafile=ca_file)
    for context in (tls, client):
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with HostileServer(lambda talk, _request: talk.json({}), tls) as server:
        # A client that accepts outdated TLS can connect to it.
        host, _colon, port = server.netloc.partition(":")
        with socket.create_connection((host, int(port))) as raw, client.wrap_socket(raw, server_hostname=host) as ours:
            assert ours.version() == "TLSv1.1"
        ran = listed(simulator, endpoint=server.url, ca_path=str(ca_file), validate_certs=validate)
        assert (ran.failed, ran.result["failure"]["outcome"], server.requests) == (True, "not_sent", [])


# --- Separate processes -----------------------------------------------------------------------------------------------


def test_a_module_writes_no_files(simulator, kube_config, tmp_path):
    """With a umask of 0, other users could read such files."""
    place = tmp_path / "place"
    place.mkdir()
    args = options(simulator, name="shop", kube_config=kube_config)
    done = subprocess.run(
        [sys.executable, "-B", str(ROOT / "tests" / "modules.py"), "hss_multicloud_cluster", "1"],
        input=json.dumps(args),
        cwd=place,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            **dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "ANSIBLE_HOME"), str(place)),
        },
        umask=0,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert json.loads(done.stdout)["actions"] == ["create"], done.stderr
    assert (done.stderr, list(place.rglob("*"))) == ("", [])


def _turkish() -> list[str]:
    """Returns the Turkish locale, in which the lower case of I has no dot, if it exists or can be created."""
    sources = Path("/usr/share/i18n/locales/tr_TR").exists() and shutil.which("localedef")
    installed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.lower()
    return ["tr_TR.UTF-8"] if sources or "tr_tr.utf8" in installed else []


# The locales for ansible-playbook, which requires UTF-8, and those for a single task on a host.
OF_ANSIBLE = {"none": {}, "empty": {"LANG": "", "LC_ALL": ""}, **{name: {"LC_ALL": name} for name in _turkish()}}
OF_TASK = {
    name: {"LC_ALL": name, "LANG": name} for name in ("C", "POSIX", "C.UTF-8", "no_SUCH.ISO-8859-9", *_turkish())
}


@pytest.fixture(scope="module")
def locales(tmp_path_factory) -> dict[str, str]:
    """The variables with which the Turkish locale is found."""
    folder = tmp_path_factory.mktemp("locales")
    if not shutil.which("localedef"):
        return {}
    command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(folder / "tr_TR.UTF-8")]
    subprocess.run(command, capture_output=True, check=False)
    return {"LOCPATH": str(folder)} if (folder / "tr_TR.UTF-8").exists() else {}


class Playing:
    """Runs ansible-playbook with a completely defined environment."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self._simulator = simulator
        (folder / "hosts").write_text(
            f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}\n"
        )

    def __call__(self, tasks: list[dict[str, Any]], environ: dict[str, str | None], *arguments: str) -> str:
        """Runs the tasks, and returns everything that was printed."""
        plays = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        (self.folder / "play.yml").write_text(yaml.safe_dump(plays, allow_unicode=True, sort_keys=False))
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(self.folder / "ansible-home"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "ansible-tmp"),
            "ANSIBLE_REMOTE_TMP": str(self.folder / "remote-tmp"),
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_NOCOLOR": "1",
            **self._simulator.environment(),
            **environ,
        }
        playbook = str(Path(sys.executable).with_name("ansible-playbook"))
        done = subprocess.run(
            [playbook, "play.yml", "-i", "hosts", *arguments],
            cwd=self.folder,
            env={name: value for name, value in base.items() if value is not None},
            umask=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=240,
            check=False,
        )
        output = done.stdout.decode("utf-8")
        assert "Traceback" not in output
        return output


@pytest.fixture
def playing(tmp_path, simulator) -> Iterator[Playing]:
    yield Playing(tmp_path, simulator)


def name_of(number: int) -> str:
    return f"Müşteri-{number} İstanbul ılık 客户"


def tasks_in(folder: Path, kube_config: str, number: int, environment: dict[str, str]) -> list[dict[str, Any]]:
    """Returns typical tasks with names that contain non-ASCII characters."""
    path = folder / f"näme-{number}.conf"
    config = yaml.safe_load(kube_config)
    config["contexts"][0]["name"] = config["current-context"] = name_of(number)
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    tasks: list[dict[str, Any]] = [
        {"huaweicloud.hss.kubeconfig_info": {"path": str(path)}, "register": "read"},
        {"ansible.builtin.assert": {"that": [f"read.context == '{name_of(number)}'", f"read.path == '{path}'"]}},
        {
            "huaweicloud.hss.hss_multicloud_cluster": {
                "name": name_of(number),
                "kube_config": "{{ read.kube_config }}",
                "server": f"https://10.0.0.{number}:6443",
            }
        },
        {
            "huaweicloud.hss.hss_multicloud_cluster_info": {"name": [name_of(number)]},
            "register": "found",
            "failed_when": "found.clusters | length != 1",
        },
        {"huaweicloud.hss.kubeconfig_info": {"path": f"{path}.none"}, "register": "nothing", "ignore_errors": True},
        {"ansible.builtin.assert": {"that": f"'{path}.none does not exist' in nothing.msg"}},
    ]
    return [{**task, "environment": environment} for task in tasks]


def test_modules_work_in_any_locale(playing, simulator, kube_config, locales, tmp_path):
    tasks = []
    for number, environment in enumerate(OF_TASK.values(), 1):
        tasks += tasks_in(tmp_path, kube_config, number, {**environment, **locales})
    output = playing(tasks, {})
    assert "failed=0" in output, output
    assert sorted(cluster.name for cluster in simulator.clusters()) == sorted(map(name_of, range(1, len(OF_TASK) + 1)))


# Each locale together with a home directory that cannot be used. In /proc, not even root can write.
HOMES = (None, "/proc/nonexistent", "/proc")


@pytest.mark.parametrize("locale, home", list(itertools.zip_longest(OF_ANSIBLE, HOMES, fillvalue="none")))
def test_ansible_works_in_any_locale_and_needs_no_home(
    playing, simulator, kube_config, locales, tmp_path, locale, home
):
    """Files left by Ansible contain no kubeconfig, which others could read because of the umask 0."""
    environ = {"LC_ALL": None, **OF_ANSIBLE[locale], **locales, "HOME": home, "ANSIBLE_KEEP_REMOTE_FILES": "0"}
    output = playing(tasks_in(tmp_path, kube_config, 1, {}), environ)
    assert "failed=0" in output, output
    assert [cluster.name for cluster in simulator.clusters()] == [name_of(1)]
    ours = {tmp_path / "näme-1.conf", tmp_path / "play.yml", tmp_path / "hosts"}
    key = yaml.safe_load(kube_config)["users"][0]["user"]["client-key-data"]
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path not in ours]
    assert [path for path in left if key[40:80].encode() in path.read_bytes()] == []


def test_without_a_home_there_is_no_profile(playing, kube_config, tmp_path):
    """The home is not set for ansible-playbook, and for a task it is not set, or unusable."""
    homes = ["/proc", "", "/dev/null", "relative"]
    tasks = [{"huaweicloud.hss.hss_multicloud_cluster_info": {}, "ignore_errors": True} for _home in (None, *homes)]
    for task, home in zip(tasks[1:], homes, strict=True):
        task["environment"] = {"HOME": home}
    output = " ".join(playing(tasks, {"HOME": None, "HW_ACCESS_KEY": None, "HW_SECRET_KEY": None}).split())
    assert f"ignored={len(tasks)}" in output, output
    for words in ("no credential found", "~/.hcloud/config.json: there is no such file"):
        assert output.count(words) >= len(tasks), output


# --- Text from the service in a playbook ------------------------------------------------------------------------------

EVIL = "\x1b[31mred \x9b0m\u202e {{ 71*73 }} {% raw %} {{ lookup('ansible.builtin.pipe', 'touch pwned') }}"
HARMLESS = "[31mred 0m {{ 71*73 }} {% raw %} {{ lookup('ansible.builtin.pipe', 'touch pwned') }}"
SHOWING: list[dict[str, Any]] = [
    {"ansible.builtin.debug": {"msg": "{{ result.msg }}"}},
    {"ansible.builtin.debug": {"var": "result.failure"}},
    {"ansible.builtin.debug": {"msg": "it was evaluated"}, "when": "(5184 - 1) | string in result.msg"},
    {"ansible.builtin.debug": {"msg": "well {{ 6*7 }}"}, "when": "result.failure.error_msg is search('71.73')"},
    {"ansible.builtin.set_fact": {"line": "{{ result.msg }} {{ [result] | to_json }}"}},
    {"ansible.builtin.debug": {"msg": "{{ line }}"}},
    {"ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": "{{ [result.msg, line] }}"},
    {"ansible.builtin.assert": {"that": "false", "fail_msg": "{{ result.msg }}"}, "ignore_errors": True},
    {"ansible.builtin.fail": {"msg": "{{ result.msg }}"}, "ignore_errors": True},
]


def test_text_from_the_service_is_neither_template_nor_escape_sequence(playing, simulator):
    simulator.fault(LIST, Fault.status(400, error_code="HSS.0001", error_msg=EVIL), times=None)
    tasks = [
        {"huaweicloud.hss.hss_multicloud_cluster_info": {}, "register": "result", "ignore_errors": True},
        *SHOWING,
    ]
    output = playing(tasks, {}, "-vv")
    assert "failed=0" in output and HARMLESS in output and "well 42" in output, output
    assert not {"\x1b", "\x9b", "\u202e"} & set(output) and "it was evaluated" not in output and "5183" not in output
    assert not (playing.folder / "pwned").exists()


@pytest.mark.parametrize("operation", [LIST, "CreateMultiCloudClusters"])
def test_the_role_does_not_evaluate_text_as_a_template(playing, simulator, kube_config, tmp_path, operation):
    """In ansible-core 2.18, a text that lost its mark as unsafe would be evaluated as a template."""
    (tmp_path / "admin.conf").write_text(kube_config)
    simulator.fault(operation, Fault.status(400, error_code="HSS.0001", error_msg=EVIL), times=None)
    given = {"hss_onboard_kubeconfig_path": str(tmp_path / "admin.conf"), "hss_onboard_become": False}
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.hss.hss_onboard"}, "vars": given}
    shown = [{**task, "vars": {"result": "{{ hss_onboard_result }}"}} for task in SHOWING if "failure" not in str(task)]
    output = playing([{"block": [role], "rescue": shown}], {}, "-v")
    assert "rescued=1" in output and HARMLESS in output, output
    assert not {"\x1b", "\x9b", "\u202e"} & set(output)
    assert "it was evaluated" not in output and "5183" not in output, output
    assert not list(playing.folder.rglob("pwned"))


def test_names_in_a_kubeconfig_are_neither_templates_nor_escape_sequences(playing, kube_config, tmp_path):
    evil = EVIL.replace("\x1b", "\x9b")  # a kubeconfig with ESC is refused for another reason
    config = yaml.safe_load(kube_config)
    config["contexts"] += [{"name": f"{evil} {number}", "context": {}} for number in range(3)]
    cases = {
        "context": (config, {"context": "none"}),
        "current": ({**config, "current-context": f"{evil}!"}, {}),
        "cluster": (
            {**config, "contexts": [{"name": "a", "context": {"cluster": evil, "user": "u"}}]},
            {"context": "a"},
        ),
        "path": (
            kubeconfigs.edited(
                config,
                {"users[0].user": {"client-certificate": f"/nonexistent/{evil}", "client-key": "/nonexistent/key"}},
            ),
            {},
        ),
        "file": (config, {"path": f"{tmp_path}/\x9b31m\u202e.conf"}),
    }
    tasks: list[dict[str, Any]] = []
    for name, (content, given) in cases.items():
        (tmp_path / f"{name}.conf").write_text(json.dumps(content))
        read = {"huaweicloud.hss.kubeconfig_info": {"path": str(tmp_path / f"{name}.conf"), **given}}
        tasks.append({**read, "register": "result", "ignore_errors": True})
        tasks += [task for task in SHOWING if "result.failure" not in str(task)]
        tasks.append({"ansible.builtin.debug": {"msg": f"{name} is {{{{ result.failed and result.msg }}}}"}})
    output = playing(tasks, {}, "-vv")
    assert "failed=0" in output, output
    shown = output.replace(str(tmp_path / "\x9b31m\u202e.conf"), "")  # printed by Ansible with the options of the task
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown), shown
    assert "it was evaluated" not in output and "5183" not in output, shown
    assert not (playing.folder / "pwned").exists()
