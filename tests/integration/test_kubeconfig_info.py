# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeconfig_info on real sshd hosts that resemble control planes: what it finds, refuses, and does not reveal.

Hosts with several users, with and without sudo, and the tests that need them, exist only if the tests run as root.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import socket
import time

import kubeconfigs
import pytest
import yaml

from hosts import SshHosts, Traits
from playbooks import play

OPENSHIFT = "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs/lb-ext.kubeconfig"
WELL_KNOWN = [
    "/etc/kubernetes/admin.conf",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/rancher/rke2/rke2.yaml",
    "/var/lib/k0s/pki/admin.conf",
    "/var/snap/microk8s/current/credentials/client.config",
    OPENSHIFT,
    "~/.kube/config",
]
# The hosts start slowly, so they exist in one worker only.
pytestmark = pytest.mark.xdist_group("kubeconfig_info")

ALL_TRAITS = {
    "plain": {"root": True},
    "bare": {"root": True},
    "nopython": {"python": False, "base64": False},
    "busybox": {"busybox": True},
    "small": {"busybox": True, "base64": False},
    "noisy": {"noisy": True},
    "tty": {"tty": True},
    "tty-plain": {"tty": True, "base64": False, "noisy": True},
    "user": {"user": "ops"},
    "sudo": {"user": "ops", "sudo": "free", "noisy": True},
    "password": {"user": "ops", "sudo": "password"},
    "password-tty": {"user": "ops", "sudo": "password", "tty": True, "python": False},
}
TRAITS = {name: given for name, given in ALL_TRAITS.items() if not Traits.of(given).trouble}
WITH_SUDO = [name for name, given in TRAITS.items() if "sudo" in given]
# Hosts that can read the files of root in different ways, and hosts on which the kubeconfigs are created.
READING = [name for name in TRAITS if name not in ("bare", "user")]
LAID_OUT = [name for name in TRAITS if name != "bare"]

HOME = "/root" if os.getuid() == 0 else f"/home/{pwd.getpwuid(os.getuid()).pw_name}"
SERVER = "https://k8s.example.com:6443"
PLAYBOOK = """
- hosts: "{{ wanted_hosts }}"
  gather_facts: false
  tasks:
    - huaweicloud.hss.kubeconfig_info:
        path: "{{ item.path | default(omit) }}"
        context: "{{ item.context | default(omit) }}"
        server: "{{ item.server | default(omit) }}"
      become: "{{ item.become | default(inventory_hostname in with_sudo) }}"
      loop: "{{ reads }}"
      register: found
      ignore_errors: true
    - keep:
        # With ansible-core 2.18, a refused become password ends the complete loop.
        content: "{{ found.results | default([found]) | map('combine', {'item': none}) | to_json }}"
        dest: "{{ results }}/{{ inventory_hostname }}.json"
      no_log: true
"""


class Files:
    """The files on all hosts except one, and the secrets in them."""

    def __init__(self):
        self.ca = kubeconfigs.Authority()
        self.admin = self.ca.issue("kubernetes-admin", ["kubeadm:cluster-admins"])
        self.secrets = {kubeconfigs.b64(self.admin.key_pem), kubeconfigs.b64(self.admin.pem)}
        self.secrets |= {"".join(self.admin.key_pem.decode().splitlines()[1:-1])}
        self.token = kubeconfigs.jwt(exp=int(time.time()) + 200 * kubeconfigs.DAY, sub="system:serviceaccount:a:b")
        self.secrets.add(self.token)
        self.contents = {}
        inline = kubeconfigs.document(SERVER, self.ca.pem, kubeconfigs.certificate_user(self.admin))
        self.add("/etc/kubernetes/admin.conf", inline)
        self.add("/srv/utf-16.conf", yaml.safe_dump(inline).encode("utf-16"))
        self.add("/srv/crlf.conf", yaml.safe_dump(inline).replace("\n", "\r\n"))
        self.add("/srv/a 'quoted' $(touch pwned) \"näme\";.conf", inline)
        # The same credential with every kind of reference to files.
        self.contents["/srv/pki/ca.crt"] = self.ca.pem
        self.contents["/srv/pki/admin.crt"] = self.admin.pem
        self.contents["/srv/pki/admin.key"] = self.admin.key_pem
        self.contents["/srv/pki/$(touch pwned) 'x\".crt"] = self.admin.pem
        self.contents["/srv/pki/token"] = f"{self.token}\n".encode()
        referring = kubeconfigs.edited(
            inline,
            {
                "clusters[0].cluster": {"server": SERVER, "certificate-authority": "../pki/ca.crt"},
                "users[0].user": {
                    "client-certificate": "../pki/$(touch pwned) 'x\".crt",
                    "client-key": "/srv/pki/admin.key",
                },
            },
        )
        self.add("/srv/referring/config", referring)
        self.add("/srv/token/config", kubeconfigs.edited(inline, {"users[0].user": {"tokenFile": "/srv/pki/token"}}))
        # Unusable files that contain secrets.
        key = "users[0].user.client-key-data"
        self.add("/srv/bad/mismatch.conf", kubeconfigs.edited(inline, {key: kubeconfigs.b64(self.ca.own.key_pem)}))
        self.add("/srv/bad/broken.conf", kubeconfigs.edited(inline, {key: kubeconfigs.b64(self.admin.key_pem)[:-9]}))
        self.add("/srv/bad/syntax.conf", yaml.safe_dump(inline).replace("client-key-data: ", "client-key-data: ]{ "))
        self.add("/srv/bad/password.conf", kubeconfigs.edited(inline, {key: "hunter2-canary-0a1b2c3d"}))
        self.add("/srv/bad/expired.conf", kubeconfigs.kubeadm(SERVER, days=-3))
        self.add("/srv/bad/loopback.conf", kubeconfigs.k3s())
        # As they are transferred.
        self.secrets |= {kubeconfigs.b64(content) for content in self.contents.values()}

    def add(self, path, content):
        """Adds a kubeconfig, and the credentials of its users as secrets."""
        if isinstance(content, dict):
            content = yaml.safe_dump(content)
        content = content if isinstance(content, bytes) else content.encode()
        self.contents[path] = content
        if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"]{" not in content:
            for entry in yaml.safe_load(content)["users"]:
                self.secrets |= {value for key, value in entry["user"].items() if key.endswith("-data")}


BAD = ["mismatch", "broken", "syntax", "password", "expired", "loopback"]


@pytest.fixture(scope="module")
def files():
    """Usable and unusable kubeconfigs."""
    return Files()


@pytest.fixture(scope="module")
def hosts(files):
    """All kinds of hosts. Their files belong to root, or to the user who runs the tests."""
    with SshHosts(traits=TRAITS) as started:
        for name in LAID_OUT:
            for path, content in files.contents.items():
                started.put(name, path, content)
            # The home of the user who reads, which is root on hosts with several users.
            started.put(name, f"{HOME}/.kube/config", files.contents["/etc/kubernetes/admin.conf"])
        yield started


@pytest.fixture
def read(hosts, tmp_path):
    """Runs kubeconfig_info on hosts, once for each of the reads, and returns the run and the results by host."""

    def run(names, reads, *arguments, environment=None, **extra):
        (tmp_path / "play.yml").write_text(PLAYBOOK)
        (tmp_path / "results").mkdir(exist_ok=True)
        played = play(
            str(tmp_path / "play.yml"),
            hosts.inventory_path,
            tmp_path,
            environment or {},
            *arguments,
            wanted_hosts=names,
            with_sudo=WITH_SUDO,
            reads=[{"path": entry} if isinstance(entry, str) else entry for entry in reads],
            results=str(tmp_path / "results"),
            **extra,
        )
        found = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "results").iterdir()}
        assert found.keys() == set(names), played.output[-3000:]
        return played, found

    return run


def on(*names):
    """Parametrizes a test with the list of those hosts that exist. Without any, the test does not exist."""
    present = [name for name in names if name in TRAITS]
    return pytest.mark.parametrize("names", [present], ids=" ".join) if present else lambda _test: None


def listing(root):
    """Returns the state of all files on a host. Two listings differ if something was written in between."""
    found = {}
    for path in [root, *root.rglob("*")]:
        state = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        found[str(path)] = (state.st_mode, state.st_uid, state.st_gid, state.st_size, state.st_mtime_ns, content)
    return found


def leaked(played, secrets, length=12):
    """Returns the parts of secrets, of a given length, in the output or the log."""
    said = "".join((played.output + played.log).replace("\\n", "").replace("\\r", "").split())
    parts = {secret[at : at + length] for secret in secrets for at in range(len(secret) - length + 1)}
    return {part for at in range(len(said) - length + 1) if (part := said[at : at + length]) in parts}


def message(result):
    assert result.get("failed"), sorted(result)
    return result["msg"]


def test_every_kind_of_host_is_read_with_few_commands(hosts, files, read):
    """One command reads the file, and one more reads all files that it refers to. Nothing is written on the host."""
    before = {name: (hosts.commands(name), listing(hosts.root(name))) for name in READING}
    _played, one = read(READING, [{}])
    between = {name: hosts.commands(name) for name in READING}
    _played, two = read(READING, ["/srv/referring/config"])
    for name in READING:
        commands, files_before = before[name]
        assert (name, between[name] - commands, hosts.commands(name) - between[name]) == (name, 1, 2)
        assert (name, listing(hosts.root(name)) == files_before) == (name, True)
        (inline,), (referring,) = one[name], two[name]
        assert (inline["path"], referring["path"]) == ("/etc/kubernetes/admin.conf", "/srv/referring/config")
        assert inline["changed"] is False and inline["server"] == SERVER
        assert inline["certificate_expiration_date"] == files.admin.end
        # The same credential results in the same text, wherever it was stored.
        assert inline["kube_config"] == referring["kube_config"] == one["plain"][0]["kube_config"]
    user = yaml.safe_load(one["plain"][0]["kube_config"])["users"][0]["user"]
    assert user == kubeconfigs.certificate_user(files.admin)


def test_contents_and_names_arrive_unchanged_and_are_not_executed(hosts, read):
    """UTF-16, CR LF, and paths with shell syntax, in the option path and in the kubeconfig."""
    same = ["/srv/utf-16.conf", "/srv/crlf.conf", "/srv/a 'quoted' $(touch pwned) \"näme\";.conf", "~/.kube/config"]
    _played, found = read(READING, ["/etc/kubernetes/admin.conf", *same, "/srv/token/config"])
    for name in READING:
        first, *others, _token = found[name]
        assert [(name, result.get("kube_config", result.get("msg"))) for result in others] == [
            (name, first["kube_config"])
        ] * len(same)
        assert "token" in yaml.safe_load(_token["kube_config"])["users"][0]["user"]
        assert list(hosts.root(name).rglob("*pwned")) == []


GOOD = [{}, "/srv/referring/config", "/srv/token/config", "/srv/utf-16.conf"]
UNUSABLE = [*(f"/srv/bad/{name}.conf" for name in BAD), "/etc/shadow", "/srv/pki/admin.key", "/srv/pki/token"]


@pytest.mark.parametrize(
    "keep, reads, bad",
    [("0", GOOD, UNUSABLE), ("1", GOOD[1:2], UNUSABLE[:1])],
    ids=["", "keep_remote_files"],
)
def test_no_secret_at_the_highest_verbosity(hosts, files, read, keep, reads, bad):
    """With success and failure, over ssh, with become, and with a terminal."""
    before = {name: listing(hosts.root(name)) for name in READING}
    environment = {"ANSIBLE_KEEP_REMOTE_FILES": keep}
    played, found = read(READING, [*reads, *bad, {"context": "no"}], "-vvvv", "--diff", environment=environment)
    assert {name: [bool(result.get("failed")) for result in results] for name, results in found.items()} == {
        name: [False] * len(reads) + [True] * (len(bad) + 1) for name in READING
    }
    passwords = [line.split(":")[1] for name in READING for line in shadow(hosts, name) if len(line.split(":")[1]) > 1]
    assert leaked(played, {*files.secrets, *passwords}) == set()
    assert {name: listing(hosts.root(name)) for name in READING} == before


def shadow(hosts, name):
    return (hosts.root(name) / "etc/shadow").read_text().splitlines()


def test_the_message_lists_every_path_with_the_reason(hosts, read):
    places = {path: hosts.root("bare") / path[1:] for path in WELL_KNOWN[:6]}
    for place in places.values():
        place.parent.mkdir(parents=True, exist_ok=True)
    admin, k3s, rke2, k0s, microk8s, _missing = places.values()
    admin.mkdir()
    k3s.symlink_to("/srv/nowhere")
    os.mkfifo(rke2)
    k0s.touch()
    microk8s.write_bytes(b"#" * ((4 << 20) + 1))
    _played, found = read(["bare"], [{}])
    said = message(found["bare"][0])
    for path, why in zip(
        WELL_KNOWN,
        [
            "is a directory",
            "does not exist",
            "is not a regular file",
            "is empty",
            "is larger than 4 MiB",
            "does not exist",
            "does not exist",
        ],
        strict=True,
    ):
        assert f"{path} {why}" in said


def test_a_path_that_is_not_a_file_is_refused(hosts, read):
    folder = "/srv/odd"
    hosts.put("plain", f"{folder}/empty", "")
    hosts.put("plain", f"{folder}/large", b"#" * ((4 << 20) + 1))
    place = hosts.root("plain") / folder[1:]
    (place / "folder").mkdir(exist_ok=True)
    (place / "dangling").symlink_to("nowhere")
    (place / "loop").symlink_to("loop")
    os.mkfifo(place / "fifo")
    # The path of a socket may have only about 100 characters, and pytest's folders have longer paths.
    at = os.open(place, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"/proc/self/fd/{at}/socket")
    finally:
        os.close(at)
    expected = {
        f"{folder}/empty": "is empty",
        f"{folder}/large": "is larger than 4 MiB",
        f"{folder}/folder": "is a directory",
        f"{folder}/dangling": "does not exist",
        f"{folder}/loop": "does not exist",
        f"{folder}/fifo": "is not a regular file",
        f"{folder}/socket": "is not a regular file",
        f"{folder}/missing": "does not exist",
        f"{folder}/no/such/folder": "does not exist",
        "/dev/null": "is not a regular file",
        "/dev/zero": "is not a regular file",
    }
    before = hosts.commands("plain")
    _played, found = read(["plain"], list(expected))
    for result, (path, why) in zip(found["plain"], expected.items(), strict=True):
        assert f"{path} {why}" in message(result)
    assert hosts.commands("plain") - before == len(expected)


REFERENCES = [
    ("clusters[0].cluster.certificate-authority", "missing.crt", "/srv/refers/missing.crt, which it refers to, does"),
    ("clusters[0].cluster.certificate-authority", "/srv", "/srv, which it refers to, is a directory"),
    ("clusters[0].cluster.certificate-authority", "large.crt", "is larger than 1 MiB"),
    ("clusters[0].cluster.certificate-authority", "/dev/zero", "is not a regular file"),
    ("clusters[0].cluster.certificate-authority", "/etc/shadow", "holds no certificate"),
    ("clusters[0].cluster.certificate-authority", "/srv/pki/admin.key", "certificate"),
    ("users[0].user.client-certificate", "/etc/shadow", "holds no certificate"),
    ("users[0].user.client-key", "/etc/shadow", "holds no private key"),
    ("users[0].user.client-key", "/srv/pki/token", "holds no private key"),
    ("users[0].user.tokenFile", "/etc/shadow", "is not one token"),
    ("users[0].user.tokenFile", "/srv/pki/admin.key", "is not one token"),
]


@on("plain", "password-tty")
def test_a_reference_to_an_unexpected_file_is_refused(hosts, files, read, names):
    """A kubeconfig of another user must not reveal the files of root. The host password-tty needs root."""
    good = yaml.safe_load(files.contents["/srv/referring/config"])
    before = {}
    for name in names:
        hosts.put(name, "/srv/refers/large.crt", files.ca.pem + b"\n" * (1 << 20))
        for number, (field, path, _why) in enumerate(REFERENCES):
            changes = {field: path}
            if field.endswith("tokenFile"):
                changes = {"users[0].user": {"tokenFile": path}}
            hosts.put(name, f"/srv/refers/{number}.conf", yaml.safe_dump(kubeconfigs.edited(good, changes)))
        root = "root:$6$canaryhash0123456789abcdefg:20000:0:99999:7:::\n"
        hosts.put(name, "/etc/shadow", root + "\n".join(shadow(hosts, name)))
        before[name] = hosts.commands(name)
    played, found = read(names, [f"/srv/refers/{number}.conf" for number in range(len(REFERENCES))], "-vvvv")
    for name in names:
        for result, (field, _path, why) in zip(found[name], REFERENCES, strict=True):
            assert why in message(result), (name, field)
        assert hosts.commands(name) - before[name] == 2 * len(REFERENCES)
        assert leaked(played, {*files.secrets, *shadow(hosts, name)}) == set()


def test_a_reference_out_of_the_home(hosts, files, read):
    """Only the host knows the path of ~, but relative references from it must be resolved correctly, up to the root."""
    for number in range(2):
        config = kubeconfigs.edited(
            yaml.safe_load(files.contents["/srv/referring/config"]),
            {
                "clusters[0].cluster.certificate-authority": "../" * (HOME.count("/") + 1 + number) + "srv/pki/ca.crt",
                "users[0].user.client-certificate": "../../srv/pki/admin.crt"
                if HOME == "/root"
                else "/srv/pki/admin.crt",
            },
        )
        hosts.put("plain", f"{HOME}/.out/config{number}", yaml.safe_dump(config))
    _played, found = read(["plain"], ["~/.out/config0", "~/.out/config1"])
    assert [result.get("msg") for result in found["plain"] if result.get("failed")] == []


@on("sudo", "password", "password-tty")
def test_a_private_file_is_read_with_become_only(hosts, files, read, names):
    """These hosts need root: their user may not read the files of root."""
    for name in names:
        hosts.put(name, "/srv/closed/inner/deep/config", files.contents["/etc/kubernetes/admin.conf"])
        (hosts.root(name) / "srv/closed").chmod(0o700)
    paths = ["/etc/kubernetes/admin.conf", "/srv/closed/inner/deep/config"]
    reads = [{"path": path, "become": become} for path in paths for become in (False, True)]
    _played, found = read(names, reads)
    for name in names:
        for without, with_become, path in zip(found[name][::2], found[name][1::2], paths, strict=True):
            assert f"{path} cannot be read by this user; use become" in message(without), name
            assert (name, with_become["path"]) == (name, path)


@on("user")
def test_a_user_without_become(hosts, files, read, names):
    """This host needs root. Readable files are read, and a host without sudo reports that itself."""
    (name,) = names
    hosts.put(name, "/home/ops/.kube/config", files.contents["/etc/kubernetes/admin.conf"], user=True)
    hosts.put(name, "/home/referring/config", files.contents["/srv/token/config"], user=True)
    played, found = read(names, [{}, "/home/referring/config", {"become": True}], "-vvvv")
    at_home, referring, become = found[name]
    # The first path is not readable; the last one is used.
    assert at_home["path"] == "~/.kube/config"
    assert "which it refers to, cannot be read by this user; use become" in message(referring)
    assert "sudo" in message(become) and "become" in message(become)
    assert leaked(played, files.secrets) == set()


@on("password", "password-tty")
@pytest.mark.parametrize("password", ["a-wrong-canary-password", None], ids=["wrong", "none"])
def test_sudo_without_a_password_fails(hosts, files, read, names, password):
    """These hosts need root: a real sudo asks for the password."""
    played, found = read(names, [{}], "-vvvv", ansible_become_password=password)
    for name in names:
        assert "sudo password" in message(found[name][0]).replace("a password", "sudo password"), name
    assert leaked(played, {*files.secrets, password or "-" * 12}) == set()
