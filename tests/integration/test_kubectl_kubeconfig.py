# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig and the environment that kubectl gets: one judged context, and the keyword of the task."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import kubeconfigs
import yaml

from playbooks import play

OBJECTS, PREFLIGHT = "huaweicloud.hss.kubectl_objects", "huaweicloud.hss.kubectl_preflight"
SECRET_INFO, INFO = "huaweicloud.hss.kubectl_secret_info", "huaweicloud.hss.kubeconfig_info"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}}
PROXY = "http://user:canary-proxy-password@192.0.2.9:3128"


def with_trap(text, folder):
    """A kubeconfig with a second context that is the current one, and whose user logs in with a program."""
    document = yaml.safe_load(text)
    name = document["current-context"]
    login = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/touch", "args": [f"{folder}/ran"]}
    document["users"].append({"name": "trap", "user": {"exec": login}})
    context = {**document["contexts"][0]["context"], "user": "trap"}
    document["contexts"].append({"name": "trap", "context": context})
    document["current-context"] = "trap"
    return name, yaml.safe_dump(document)


def test_kubectl_gets_one_judged_context(cluster, tasks, tmp_path):
    """An exec plugin is never run, neither of a file's current context nor of a text, also in check mode."""
    good = Path(cluster.kubeconfig).read_text()
    name, trap = with_trap(good, tmp_path)
    Path(cluster.kubeconfig).write_text(trap)
    token = kubeconfigs.kubeadm("https://127.0.0.1:6443")
    objects = {"objects": [NAMESPACE]}
    given = {**objects, "kubeconfig": None}
    _played, (current, chosen, text, both, exec_text, relative) = tasks(
        OBJECTS,
        objects,
        {**objects, "context": name},
        {**given, "kubeconfig_content": token},
        {**objects, "kubeconfig_content": token},
        {**given, "kubeconfig_content": trap},
        {**objects, "kubeconfig": "a/config"},
        arguments=("--check",),
    )
    assert current["failed"] and "exec" in current["msg"] and current["msg"].startswith(f"kubeconfig: {tmp_path}")
    assert not chosen.get("failed") and not text.get("failed")
    assert "give only one" in both["msg"] and exec_text["msg"].startswith("kubeconfig_content: users[1].user.exec")
    assert "is not an absolute path" in relative["msg"]
    assert not (tmp_path / "ran").exists()
    calls = cluster.calls()[-2:]
    for call, server in zip(calls, ("https://10.0.0.5:6443", "https://127.0.0.1:6443"), strict=True):
        document = yaml.safe_load(call["kubeconfig"])
        assert [context["name"] for context in document["contexts"]] == ["hss"] and "exec" not in call["kubeconfig"]
        assert document["clusters"][0]["cluster"]["server"] == server and call["mode"] == 0o600
        (path,) = (word[13:] for word in call["args"] if word.startswith("--kubeconfig="))
        assert "--context=hss" in call["args"] and not os.path.exists(os.path.dirname(path))


def test_the_stand_in_runs_an_exec_plugin_as_kubectl_does(cluster, tmp_path):
    """Without this, the test above would prove nothing."""
    _name, trap = with_trap(Path(cluster.kubeconfig).read_text(), tmp_path)
    Path(cluster.kubeconfig).write_text(trap)
    subprocess.run([cluster.kubectl, "--kubeconfig", cluster.kubeconfig, "version", "-o", "json"], check=True)
    assert (tmp_path / "ran").exists()


def test_the_environment_of_a_task_reaches_the_host_and_is_not_shown(cluster, tmp_path):
    """Of the play, a block and the task. KUBECONFIG is ignored, since another cluster would be changed."""
    home, bin_folder = tmp_path / "home", tmp_path / "bin"
    (home / ".kube").mkdir(parents=True)
    bin_folder.mkdir()
    (home / ".kube/config").write_text(Path(cluster.kubeconfig).read_text())
    (bin_folder / "my-kubectl").symlink_to(cluster.kubectl)
    target = {"kubectl": "my-kubectl", "kubeconfig": "~/.kube/config"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
    tasks = [
        {PREFLIGHT: target, "register": "preflight"},
        {OBJECTS: {**target, "objects": [secret]}},
        {SECRET_INFO: {**target, "name": "s", "namespace": "default", "wait_timeout": 0}},
        {INFO: {"path": "~/.kube/config"}, "register": "info"},
        {"ansible.builtin.assert": {"that": "info.path == '~/.kube/config' and preflight.kubectl == 'my-kubectl'"}},
    ]
    block = {"block": tasks, "environment": {"PATH": f"{bin_folder}:{os.environ['PATH']}"}}
    environment = {"HTTPS_PROXY": PROXY, "HOME": str(home), "KUBECONFIG": "/no/such/config"}
    book = {"hosts": "all", "gather_facts": False, "environment": environment, "tasks": [block]}
    (tmp_path / "play.yml").write_text(json.dumps([book]))
    inventory = tmp_path / "inventory.json"
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(json.dumps({"all": {"hosts": {"cp-1": local}}}))
    played = play(str(tmp_path / "play.yml"), inventory, tmp_path, {}, "-vvvvvv")
    assert played.code == 0, played.output[-3000:]
    assert "canary" not in played.output + played.log
    got = [call["environment"] for call in cluster.calls() if "--context=hss" in call["args"]]
    assert len(got) >= 4
    for found in got:
        assert (found["HTTPS_PROXY"], found["HOME"], found["KUBERC"]) == (PROXY, str(home), "off")
        assert "KUBECONFIG" not in found and found["KUBECTL_KUBERC"] == "false"


def test_an_api_server_that_quotes_the_token_does_not_get_it_into_the_output(cluster, tasks):
    """In errors, warnings, and fields of objects."""
    token = "canary-bearer-" + "0123456789abcdef" * 2
    document = yaml.safe_load(kubeconfigs.kubeadm("https://10.0.0.5:6443"))
    document["users"][0]["user"] = {"token": token}
    Path(cluster.kubeconfig).write_text(yaml.safe_dump(document))
    quoted = "Error from server (Forbidden): forbidden: Bearer " + token
    secret = {"name": "s", "namespace": "hss", "keys": ["token"], "wait_timeout": 0}
    cluster.change("Namespace", "default", metadata={"name": "default", "uid": "u", "annotations": {"said": token}})
    default = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"a": "b"}}}
    played, (changed, *_rest) = tasks(OBJECTS, {"objects": [default]}, arguments=("-vvvv", "--diff", "--check"))
    assert changed["changed"] and token not in played.output
    cluster.configure(faults=[{"command": name, "stderr": quoted, "times": 9} for name in ("get", "version", "create")])
    for action, options in ((OBJECTS, {"objects": [NAMESPACE]}), (PREFLIGHT, {}), (SECRET_INFO, secret)):
        played, (result,) = tasks(action, options, arguments=("-vvvv", "--diff"))
        assert result["failed"] and "forbidden: Bearer ********" in result["msg"], result["msg"]
        assert token not in played.output and token not in json.dumps(result)
