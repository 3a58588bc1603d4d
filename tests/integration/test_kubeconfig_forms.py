# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that a kubeconfig in a playbook gives the same result as text, as JSON and as a mapping, and hides no names."""

from __future__ import annotations

import json

import kubeconfigs
import pytest
import yaml

from playbooks import play

SERVER = "https://10.0.0.5:6443"
NAME = "shop"


@pytest.fixture
def run(simulator, tmp_path):
    """Run tasks with the files of a kubeconfig, in YAML and in JSON; return the play and the registered results."""
    document = yaml.safe_load(kubeconfigs.kubeadm(SERVER, name=NAME))
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "a.json").write_text(json.dumps(document))
    (tmp_path / "binary.yaml").write_text(
        yaml.safe_dump(
            kubeconfigs.edited(
                document,
                {f"users[0].user.{name}": value.encode() for name, value in document["users"][0]["user"].items()},
            )
        )
    )

    def run_tasks(*tasks, **keywords):
        registered = [{**task, "register": f"result_{number}", **keywords} for number, task in enumerate(tasks)]
        names = [task["register"] for task in registered]
        content = "{{ [" + ", ".join(names) + "] | to_json }}"
        kept = {"content": content, "dest": str(tmp_path / "results.json"), "mode": "0600"}
        steps = [*registered, {"ansible.builtin.copy": kept, "no_log": True}]
        (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": steps}]))
        host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"here": host}}}))
        played = play(str(tmp_path / "play.yml"), tmp_path / "inventory.json", tmp_path, simulator.environment(), "-v")
        return played, json.loads((tmp_path / "results.json").read_text())

    return run_tasks


def file(name):
    return "lookup('ansible.builtin.file', playbook_dir ~ '/" + name + "')"


def template(expression):
    return "{{ " + expression + " }}"


READ = f"({file('a.yaml')} | from_yaml)"
FORMS = {
    "text": "{{ " + file("a.yaml") + " }}",
    "JSON text": "{{ " + file("a.json") + " }}",
    "mapping": "{{ " + file("a.yaml") + " | from_yaml }}",
    "mapping of bytes": "{{ " + file("binary.yaml") + " | from_yaml }}",
}


def test_a_kubeconfig_gives_the_same_result_in_every_form(run, simulator):
    tasks = [{"huaweicloud.hss.hss_multicloud_cluster": {"name": NAME, "kube_config": form}} for form in FORMS.values()]
    tasks += [{"huaweicloud.hss.hss_multicloud_cluster": {"name": NAME, "kubeconfig": FORMS["mapping"]}}]
    tasks += [
        {"huaweicloud.hss.hss_multicloud_clusters": {"clusters": [{"name": NAME, "kube_config": form}]}}
        for form in FORMS.values()
    ]
    played, results = run(*tasks)
    assert played.code == 0, played.output
    (stored,) = simulator.clusters()
    for number, result in enumerate(results):
        entry = result["results"][0] if "results" in result else result
        assert entry["cluster"]["cluster_name"] == NAME and entry["cluster"]["server"] == SERVER
        assert entry["actions"] == ([] if number else ["create"])
        assert NAME in result["diff"][0]["after_header"] if "results" in result else result["diff"]["after_header"]
    key = yaml.safe_load(stored.kube_config)["users"][0]["user"]["client-key-data"]
    assert key[:40] not in played.output + played.log


def test_hss_analyzes_a_mapping_too(run):
    _played, (result,) = run({"huaweicloud.hss.hss_multicloud_config_info": {"kube_config": FORMS["mapping"]}})
    assert [config["address"] for config in result["configs"]] == [SERVER]


def test_a_message_names_the_fields_of_a_mapping(run):
    """A short name such as C(c) must not be redacted in messages."""
    broken = {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}
    broken |= {"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}]}
    broken |= {"users": [{"name": "c", "user": {"token": "opensesame"}}]}
    _played, (result,) = run(
        {"huaweicloud.hss.hss_multicloud_cluster": {"name": "c", "kube_config": broken}}, ignore_errors=True
    )
    assert result["msg"].startswith("kube_config: clusters[0].cluster.server: '127.0.0.1'")


def test_a_whole_result_in_place_of_the_kubeconfig_is_named(run):
    read = {"huaweicloud.hss.kubeconfig_info": {"path": "{{ playbook_dir }}/a.yaml"}}
    whole = {"huaweicloud.hss.hss_multicloud_cluster": {"name": "c", "kube_config": "{{ result_0 }}"}}
    played, (_read, result) = run(read, whole, ignore_errors=True)
    assert "RESULT.kube_config" in result["msg"]
    assert "LS0tLS1CRUdJTi" not in played.output + played.log


def test_templates_inside_of_a_mapping_are_rendered(run, simulator):
    context = {"cluster": template(f"{READ}.clusters[0].name"), "user": NAME}
    names = {"current-context": NAME, "kind": "Config", "contexts": [{"name": NAME, "context": context}]}
    user = {"token": "{{ 'opaque-token-' ~ 'of-someone' }}"}
    mapping = {**names, "users": [{"name": NAME, "user": user}], "clusters": template(f"{READ}.clusters")}
    played, _results = run(
        {"huaweicloud.hss.hss_multicloud_cluster": {"name": "a", "kube_config": mapping}},
        {"huaweicloud.hss.hss_multicloud_clusters": {"clusters": [{"name": "b", "kube_config": mapping}]}},
    )
    assert played.code == 0, played.output
    for stored in simulator.clusters():
        assert yaml.safe_load(stored.kube_config)["users"][0]["user"]["token"] == "opaque-token-of-someone"
