# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugins that call kubectl, on real sshd hosts and with other connections: data arrives, and nothing leaks.

Hosts with several users, with and without sudo, and the tests that need them, exist only if the tests run as root.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket

import pytest

from hosts import SshHosts, Traits
from playbooks import play

# The hosts start slowly, so they exist in one worker only.
pytestmark = pytest.mark.xdist_group("kubectl_hosts")

SECRET = "canary-pässword-0123456789"
ALL_TRAITS = {
    "plain": {"root": True},
    "nopython": {"python": False, "base64": False},
    "busybox": {"busybox": True},
    "noisy": {"noisy": True},
    "tty": {"tty": True, "noisy": True},
    "user": {"user": "ops"},
    "sudo": {"user": "ops", "sudo": "free", "noisy": True, "tty": True},
    "password": {"user": "ops", "sudo": "password", "noisy": True},
    "password-tty": {"user": "ops", "sudo": "password", "tty": True, "python": False},
    "requiretty": {"user": "ops", "sudo": "free", "tty": True},
}
TRAITS = {name: given for name, given in ALL_TRAITS.items() if not Traits.of(given).trouble}
WITH_SUDO = [name for name, given in TRAITS.items() if "sudo" in given]
WORKING = [name for name in TRAITS if name not in ("user", "requiretty")]
PLAYBOOK = """
- hosts: "{{ wanted_hosts }}"
  gather_facts: false
  become: "{{ inventory_hostname in with_sudo }}"
  tasks:
    - huaweicloud.hss.kubectl_preflight:
        kubectl: hss-kubectl
        kubeconfig: /etc/kubernetes/admin.conf
        objects: "{{ objects }}"
        addresses: "{{ addresses }}"
        timeout: 5
      register: preflight
      ignore_errors: true
    - huaweicloud.hss.kubectl_objects:
        kubectl: hss-kubectl
        kubeconfig: /etc/kubernetes/admin.conf
        objects: "{{ objects }}"
        state: "{{ state | default('present') }}"
      register: done
      ignore_errors: true
    - huaweicloud.hss.kubectl_secret_info:
        kubectl: hss-kubectl
        kubeconfig: /etc/kubernetes/admin.conf
        name: s
        namespace: "{{ inventory_hostname }}"
        wait_timeout: 0
      register: secret
      ignore_errors: true
    - keep:
        content: "{{ [preflight, done, secret] | to_json }}"
        dest: "{{ results }}/{{ inventory_hostname }}.json"
      no_log: true
"""


@pytest.fixture(scope="module")
def hosts():
    """All kinds of hosts. The kubectl and the kubeconfig of the test's cluster are installed later."""
    with SshHosts(traits=TRAITS) as started:
        # The paths on old and on new distributions.
        for name, default in {"requiretty": "requiretty", "sudo": "use_pty", "password": "use_pty"}.items():
            if name in TRAITS:
                sudoers = started.root(name) / "etc/sudoers"
                started.put(name, "/etc/sudoers", f"Defaults {default}\n{sudoers.read_text()}", 0o440)
        yield started


@pytest.fixture
def installed(hosts, on_host):
    """Installs the kubectl of the test's cluster on all hosts."""
    for name in TRAITS:
        # In a folder that is not in PATH, so that a kubectl of the machine is not used.
        on_host(hosts, name, "/opt/bin/hss-kubectl")
    return hosts


@pytest.fixture
def run(installed, tmp_path):
    """Runs the plugins on hosts, and returns the run and the results by host."""

    def run(names, *arguments, **extra):
        (tmp_path / "play.yml").write_text(PLAYBOOK)
        results = tmp_path / "results"
        results.mkdir(exist_ok=True)
        variables = {"wanted_hosts": names, "with_sudo": WITH_SUDO, "results": str(results), "addresses": [], **extra}
        played = play(str(tmp_path / "play.yml"), installed.inventory_path, tmp_path, {}, *arguments, **variables)
        found = {path.stem: json.loads(path.read_text()) for path in results.iterdir()}
        assert found.keys() == set(names), played.output[-3000:]
        return played, found

    return run


def on(*names):
    """Parametrizes a test with the list of those hosts that exist. Without any, the test does not exist."""
    present = [name for name in names if name in TRAITS]
    return pytest.mark.parametrize("names", [present], ids=" ".join) if present else lambda _test: None


def objects():
    """Returns objects for a host with characters that a shell or a terminal would change."""
    text = "$(reboot) `x` 'y' \"z\" \\n \t\r\n\x1b[31m 世界\n" + "q" * 100_000
    name = "{{ inventory_hostname }}"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "{{ inventory_hostname }}"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": name}, "data": {"x": text}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s", "namespace": name},
            "stringData": {"p": SECRET},
        },
    ]


def listing(root):
    """Returns the state of all files on a host. Two listings differ if something was written in between."""
    found = {}
    for path in [root, *root.rglob("*")]:
        state = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        found[str(path)] = (state.st_mode, state.st_uid, state.st_size, state.st_mtime_ns, content)
    return found


def leaked(played):
    """Returns whether the output or the log contains the secret or its encoded form."""
    encoded = base64.b64encode(SECRET.encode()).decode()
    said = played.output + played.log
    return [part for part in (SECRET, SECRET[-12:], encoded, encoded[:12]) if part in said]


def test_every_kind_of_host(hosts, run, cluster):
    """Few commands for each host, nothing is written there, and nothing leaks at the highest verbosity."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        before = {name: listing(hosts.root(name)) for name in WORKING}
        counts = {name: hosts.commands(name) for name in WORKING}
        played, found = run(WORKING, "-vvvvvv", "--diff", objects=objects(), addresses=[address])
        for name in WORKING:
            preflight, done, secret = found[name]
            assert (name, preflight.get("problems"), preflight.get("msg")) == (name, [], None)
            assert preflight["kubectl"] == done["kubectl"] == "hss-kubectl"
            assert (name, [one["action"] for one in done["objects"]]) == (name, ["created"] * 3)
            assert base64.b64decode(secret["data"]["p"]).decode() == SECRET
            # Each of the three plugins reads the kubeconfig. One for the preflight, one to read the objects, one to
            # change them, and one for the Secret.
            assert (name, hosts.commands(name) - counts[name]) == (name, 7)
            assert cluster.get("configmap", "c", name)["data"]["x"] == objects()[1]["data"]["x"]
            assert base64.b64decode(cluster.get("secret", "s", name)["data"]["p"]).decode() == SECRET
        assert not leaked(played)
        # Every host has a tool with which the address is checked.
        assert "could not be checked" not in played.output
    # The output of these commands contains the secret.
    played, found = run(WORKING, "-vvvvvv", "--diff", objects=objects())
    assert not leaked(played)
    assert played.hosts_with("changed") - found.keys() == set()
    changed = {name: done["changed"] for name, (_preflight, done, _secret) in found.items()}
    assert changed == dict.fromkeys(WORKING, False)
    for name in WORKING:
        assert (name, listing(hosts.root(name)) == before[name]) == (name, True)


@on("requiretty")
def test_sudo_that_requires_a_terminal(run, names):
    """This host needs root. Data cannot be passed together with a terminal, which the message reports."""
    played, found = run(names, "-vvvvvv", objects=objects())
    for result in found[names[0]]:
        assert result["failed"] and "sudo on this host requires a terminal (requiretty)" in result["msg"]
        assert "Remove 'Defaults requiretty'" in result["msg"]
    assert not leaked(played)


@on("password", "password-tty")
@pytest.mark.parametrize("password", ["a-wrong-canary-password", None], ids=["wrong", "none"])
def test_sudo_without_a_password_fails(run, cluster, names, password):
    """These hosts need root: a real sudo asks for the password, and does not receive the data."""
    played, found = run(names, "-vvvvvv", objects=objects(), ansible_become_password=password)
    for name in names:
        for result in found[name]:
            assert "sudo password" in result["msg"].replace("a password", "sudo password"), name
    assert not leaked(played) and (password or SECRET) not in played.output + played.log
    assert cluster.everything() == set()


@on("user")
def test_a_kubeconfig_that_only_root_may_read(hosts, run, names):
    """This host needs root. The same applies to folders that only root may read."""
    (name,) = names
    _played, found = run(names, objects=objects())
    for result in found[name]:
        assert "kubeconfig: /etc/kubernetes/admin.conf cannot be read by this user; use become" in result["msg"]
    folder = hosts.root(name) / "etc/kubernetes"
    folder.chmod(0o700)
    try:
        _played, found = run(names, objects=objects())
    finally:
        folder.chmod(0o755)
    assert "cannot be read by this user; use become" in found[name][1]["msg"]


SUDO = """\
#!/bin/sh
while :; do case $1 in -p) prompt=$2; shift 2 ;; -u) shift 2 ;; -*) shift ;; *) break ;; esac; done
printf '%s' "$prompt" >&2
read -r given
[ "$given" = a-canary-become-password ] || { echo 'Sorry, try again.' >&2; exit 1; }
exec "$@"
"""


@pytest.mark.parametrize("pipelining", ["0", "1"])
def test_the_local_connection_with_a_become_password(cluster, tasks, tmp_path, pipelining):
    """Ansible would use a terminal for sudo and drop the data, so that kubectl would wait forever."""
    sudo = tmp_path / "sudo"
    sudo.write_text(SUDO)
    sudo.chmod(0o755)
    played, (result,) = tasks(
        "huaweicloud.hss.kubectl_objects",
        {"objects": [{**one, "metadata": {"name": "x"}} for one in objects()[1:]]},
        ansible_become=True,
        ansible_become_user="somebody-else",
        ansible_become_exe=str(sudo),
        ansible_become_password="a-canary-become-password",
        ansible_pipelining=pipelining == "1",
    )
    assert [one["action"] for one in result["objects"]] == ["created"] * 2
    assert "a-canary-become-password" not in played.output + played.log
    assert cluster.get("configmap", "x", "default")["data"]["x"] == objects()[1]["data"]["x"]


CONNECTION = '''
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: without_data
short_description: As some connection plugins are
description: It runs commands, but hands them no data.
options: {}
"""


class Connection(Local):
    transport = "without_data"
    has_pipelining = False
'''


def test_a_connection_that_cannot_pass_data(tasks, tmp_path):
    (tmp_path / "connection_plugins").mkdir()
    (tmp_path / "connection_plugins/without_data.py").write_text(CONNECTION)
    _played, (result,) = tasks(
        "huaweicloud.hss.kubectl_objects", {"objects": objects()[:1]}, ansible_connection="without_data"
    )
    assert "The connection plugin without_data cannot pass data to the standard input of a command" in result["msg"]
