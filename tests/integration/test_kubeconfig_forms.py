# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that a kubeconfig in a playbook gives the same result as text, as JSON and as a mapping, and hides no names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import kubeconfigs
import pytest
import yaml

from playbooks import Played, play
from simulator import Simulator

SERVER = "https://10.0.0.5:6443"
NAME = "shop"


# One play runs the tasks of all tests.
pytestmark = pytest.mark.xdist_group("kubeconfig_forms")


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
CONTEXT = {"cluster": template(f"{READ}.clusters[0].name"), "user": NAME}
TEMPLATES = {
    "current-context": NAME,
    "kind": "Config",
    "contexts": [{"name": NAME, "context": CONTEXT}],
    "users": [{"name": NAME, "user": {"token": "{{ 'opaque-token-' ~ 'of-someone' }}"}}],
    "clusters": template(f"{READ}.clusters"),
}
# A short name such as C(c) must not be redacted in messages.
BROKEN = {
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
    "users": [{"name": "c", "user": {"token": "opensesame"}}],
}


def one(**options):
    return {"huaweicloud.hss.hss_multicloud_cluster": options}


def several(*clusters):
    return {"huaweicloud.hss.hss_multicloud_clusters": {"clusters": list(clusters)}}


TASKS = {
    **{form: one(name=NAME, kube_config=text) for form, text in FORMS.items()},
    "other name": one(name=NAME, kubeconfig=FORMS["mapping"]),
    # Entries with the same kubeconfig are different clusters if their servers are.
    "list": several(
        *(
            {"name": f"{NAME}-{number}", "kube_config": text, "server": f"10.0.1.{number}"}
            for number, text in enumerate(FORMS.values())
        )
    ),
    "analysis": {"huaweicloud.hss.hss_multicloud_config_info": {"kube_config": FORMS["mapping"]}},
    "broken": one(name="c", kube_config=BROKEN),
    "read": {"huaweicloud.hss.kubeconfig_info": {"path": "{{ playbook_dir }}/a.yaml"}},
    "whole": one(name="c", kube_config="{{ read }}"),
    "templates": one(name="a", kube_config=TEMPLATES, server="10.0.2.1"),
    "templates in a list": several({"name": "b", "kube_config": TEMPLATES, "server": "10.0.2.2"}),
}
FAILING = ("broken", "whole")


@dataclass(frozen=True)
class Run:
    """The finished play, the registered results, and what HSS then has."""

    played: Played
    results: dict[str, Any]
    stored: dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Runs all tasks with the files of a kubeconfig, in YAML and in JSON."""
    folder = tmp_path_factory.mktemp("forms")
    document = yaml.safe_load(kubeconfigs.kubeadm(SERVER, name=NAME))
    (folder / "a.yaml").write_text(yaml.safe_dump(document))
    (folder / "a.json").write_text(json.dumps(document))
    (folder / "binary.yaml").write_text(
        yaml.safe_dump(
            kubeconfigs.edited(
                document,
                {f"users[0].user.{name}": value.encode() for name, value in document["users"][0]["user"].items()},
            )
        )
    )
    names = {name: name.replace(" ", "_") for name in TASKS}
    steps = [
        {**task, "register": names[name], **({"ignore_errors": True} if name in FAILING else {})}
        for name, task in TASKS.items()
    ]
    content = "{{ {" + ", ".join(f"'{name}': {variable}" for name, variable in names.items()) + "} | to_json }}"
    steps.append({"keep": {"content": content, "dest": str(folder / "results.json")}, "no_log": True})
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": steps}]))
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": {"here": host}}}))
    with Simulator() as simulator:
        played = play(str(folder / "play.yml"), folder / "inventory.json", folder, simulator.environment(), "-v")
        stored = {cluster.name: cluster for cluster in simulator.clusters()}
    assert played.code == 0, played.output
    return Run(played, json.loads((folder / "results.json").read_text()), stored)


def test_a_kubeconfig_gives_the_same_result_in_every_form(ran):
    for number, form in enumerate([*FORMS, "other name"]):
        result = ran.results[form]
        assert result["cluster"]["cluster_name"] == NAME and result["cluster"]["server"] == SERVER
        assert (form, result["actions"]) == (form, [] if number else ["create"])
        assert NAME in result["diff"]["after_header"]
    entries, diffs = ran.results["list"]["results"], ran.results["list"]["diff"]
    for number, (form, entry, diff) in enumerate(zip(FORMS, entries, diffs, strict=True)):
        assert (form, entry["cluster"]["cluster_name"]) == (form, f"{NAME}-{number}")
        assert entry["actions"] == ["create"] and f"{NAME}-{number}" in diff["after_header"]
    users = [
        yaml.safe_load(ran.stored[name].kube_config)["users"] for name in (NAME, *(f"{NAME}-{n}" for n in range(4)))
    ]
    assert users == [users[0]] * 5
    said = ran.played.output + ran.played.log
    assert users[0][0]["user"]["client-key-data"][:40] not in said and "LS0tLS1CRUdJTi" not in said


def test_hss_analyzes_a_mapping_too(ran):
    assert [config["address"] for config in ran.results["analysis"]["configs"]] == [SERVER]


def test_a_message_names_the_fields_of_a_mapping(ran):
    assert ran.results["broken"]["msg"].startswith("kube_config: clusters[0].cluster.server: '127.0.0.1'")


def test_a_whole_result_in_place_of_the_kubeconfig_is_named(ran):
    assert "RESULT.kube_config" in ran.results["whole"]["msg"]


def test_templates_inside_of_a_mapping_are_rendered(ran):
    for name in ("a", "b"):
        user = yaml.safe_load(ran.stored[name].kube_config)["users"][0]["user"]
        assert user["token"] == "opaque-token-of-someone"
