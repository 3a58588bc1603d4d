# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that loads the images, and answers as it likes: it decides nothing about the hosts of the clusters.

Each cluster of the run has a host of its own for the images, with its own tool and its own Python.
"""

from __future__ import annotations

import json

import pytest
from kubectl.standin import StandIn

from playbooks import play

PLAYBOOK = """
- hosts: clusters
  gather_facts: false
  environment:
    PATH: "{{ tools }}:/usr/bin:/bin"
  tasks:
    - block:
        - ansible.builtin.import_role:
            name: huaweicloud.hss.hss_onboard
      rescue:
        - ansible.builtin.meta: noop
    - ansible.builtin.command:
        cmd: "true"
      changed_when: false
    - ansible.builtin.copy:
        content: >-
          {{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars))) | to_json }}
        dest: "{{ results }}"
        mode: "0600"
      run_once: true
      delegate_to: localhost
      check_mode: false
"""
GOOD = "#!/bin/sh\ncase $1 in login) cat >/dev/null ;; inspect) exit 1 ;; esac\n"
# 20 MB on each output, and then the reason.
FLOOD = """#!/bin/sh
case $1 in
login) cat >/dev/null; yes "$(printf %99s x)" | head -c 20000000 | tee /dev/stderr; echo "it is full" >&2; exit 1 ;;
esac
"""
LOADED = {"changed": True, "size": 9, "archives": [{"path": "/x", "names": ["hostguard:latest"]}]}


@pytest.fixture
def clusters(tmp_path):
    """The tool and the Python of the host for the images of each cluster."""
    ran = tmp_path / "evil-ran"
    evil = tmp_path / "evil"
    evil.write_text(f'#!/bin/sh\necho "$0 $*" >>{ran}\nexec kubectl "$@"\n')
    evil.chmod(0o755)
    facts = {
        "hss_onboard_kubectl": str(evil),
        "hss_onboard_become": True,
        "hss_onboard_agent_allow": ["cluster_admin"],
        "hss_onboard_result": {"name": "evil"},
        "ansible_python_interpreter": str(evil),
        "ansible_shell_executable": str(evil),
        "ansible_connection": "ssh",
        "discovered_interpreter_python": str(evil),
    }
    answer = {
        **LOADED,
        "ansible_facts": facts,
        "add_host": {"host_name": "evil-host"},
        "_ansible_delegated_vars": facts,
        "warnings": ["\x1b[31mevil warning"],
        "deprecations": [{"msg": "evil deprecation", "version": "9"}],
        "exception": "evil traceback",
        "msg": "evil message",
    }
    told = {
        "facts": (GOOD, answer),
        "facts-failed": (GOOD, {**answer, "failed": True, "msg": "\x1b[31m\u202eno " + "x" * 100_000}),
        "strange": (GOOD, {**LOADED, "archives": [{"path": 5, "names": {"hostguard:latest": 1}}, "x", None]}),
        "wordless": (GOOD, {"archives": {"a": 1}, "size": "large"}),
        "no-json": (GOOD, "hello"),
        "loud": (FLOOD, LOADED),
    }
    return {name: (tool, said if isinstance(said, str) else json.dumps(said)) for name, (tool, said) in told.items()}


def test_a_host_that_loads_images_decides_nothing_for_the_cluster(simulator, clusters, tmp_path):
    hosts, others, standins = {}, {}, {}
    for number, (name, (tool, said)) in enumerate(clusters.items(), start=1):
        folder = tmp_path / name
        (folder / "tools").mkdir(parents=True)
        python = folder / "python"
        (folder / "said").write_text(said)
        python.write_text(f"#!/bin/sh\n[ -t 0 ] || cat >/dev/null\ncat {folder / 'said'}\n")
        for path, text in ((folder / "tools" / "skopeo", tool), (python, python.read_text())):
            path.write_text(text)
            path.chmod(0o755)
        standins[name] = StandIn(folder / "cluster")
        hosts[name] = {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "hss_onboard_cluster": {
                "image_repo": "registry.example.com",
                "organization": name,
                "image_repo_username": "robot",
                "image_repo_password": "canary-password",
            },
            "hss_onboard_image_host": f"images-{name}",
            "hss_onboard_image_tool": "skopeo",
            "hss_onboard_install_agent": True,
            "hss_onboard_kubeconfig_path": standins[name].kubeconfig,
            "hss_onboard_kubectl": standins[name].kubectl,
            "hss_onboard_preflight": False,
            "hss_onboard_server": f"10.0.1.{number}",
            "hss_onboard_wait": False,
            "tools": str(folder / "tools"),
        }
        others[f"images-{name}"] = {"ansible_python_interpreter": str(python)}
    inventory = {
        "children": {"clusters": {"hosts": hosts}, "others": {"hosts": others}},
        "vars": {"ansible_connection": "local", "hss_onboard_become": False},
    }
    (tmp_path / "hosts.json").write_text(json.dumps({"all": inventory}))
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    played = play(
        str(tmp_path / "play.yml"),
        tmp_path / "hosts.json",
        tmp_path,
        {**simulator.environment(), "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote-tmp")},
        "-vv",
        results=str(tmp_path / "results.json"),
    )
    assert played.code == 0, played.output
    variables = json.loads((tmp_path / "results.json").read_text())
    results = {name: known["hss_onboard_result"] for name, known in variables.items()}
    assert {name for name, result in results.items() if not result.get("failed")} == {"facts"}, played.output
    assert "load_images" in results["facts"]["actions"] and "connect" in results["facts"]["actions"]
    for name, standin in standins.items():
        installed = standin.get("Deployment", "proxy-agent", "hss") is not None
        assert installed == (name == "facts"), name
        known = variables[name]
        assert known["hss_onboard_kubectl"] == standin.kubectl
        assert known["ansible_connection"] == "local" and not known["hss_onboard_become"]
        assert not {"ansible_shell_executable", "hss_onboard_agent_allow"} & set(known)
        assert "evil" not in known["ansible_python_interpreter"]
        assert results[name]["name"] == name
    assert "evil-host" not in variables["facts"]["groups"]["all"]
    assert not (tmp_path / "evil-ran").exists()
    # What it says is shown in one short line at most.
    assert "could not log in to the registry registry.example.com as robot" in results["loud"]["msg"]
    assert results["loud"]["msg"].endswith("it is full")
    assert "its host did not say what became of it" in results["wordless"]["msg"]
    assert "it has no hostguard:latest; its images have no names" in results["strange"]["msg"]
    assert "no xxx" in results["facts-failed"]["msg"]
    assert max(len(result["msg"]) for result in results.values()) < 1500
    assert not {"\x1b", "\u202e"} & set(played.output) and len(played.output) < 200_000
    assert "evil" not in played.output and "canary" not in played.output + json.dumps(results)
