# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the answer to a misspelled option, and that warnings of kubeconfig_info name the host."""

from __future__ import annotations

import json

import kubeconfigs

from playbooks import play

MISSPELLED = {
    "hss_multicloud_cluster": ({"name": "a", "kube_conf": "x"}, "kube_conf: did you mean kube_config?"),
    "hss_multicloud_clusters": (
        {"clusters": [{"name": "a", "image_rep": "x"}]},
        "clusters.image_rep: did you mean image_repo?",
    ),
    "hss_multicloud_cluster_info": ({"cluster_ids": "x"}, "cluster_ids: did you mean cluster_id?"),
    "kubeconfig_info": ({"contxt": "x"}, "contxt: did you mean context?"),
    "kubectl_objects": ({"object": []}, "object: did you mean objects?"),
}
HOSTS = {"all": {"hosts": {name: {"ansible_connection": "local"} for name in ("cp-1", "cp-2")}}}


def run(tmp_path, tasks, *arguments):
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    (tmp_path / "hosts.json").write_text(json.dumps(HOSTS))
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return play(str(tmp_path / "play.yml"), tmp_path / "hosts.json", tmp_path, {}, *arguments, **variables)


def test_a_misspelled_option_is_answered_with_the_nearest_one(tmp_path):
    connection = {"endpoint": "https://127.0.0.1:1", "project_id": "p", "access_key": "a" * 20, "secret_key": "s" * 40}
    tasks = [
        {
            f"huaweicloud.hss.{name}": {**options, **(connection if name.startswith("hss_") else {})},
            "ignore_errors": True,
        }
        for name, (options, _hint) in MISSPELLED.items()
    ]
    played = run(tmp_path, tasks, "--limit", "cp-1")
    output = " ".join(played.output.split())
    for name, (_options, hint) in MISSPELLED.items():
        assert hint in output, name
    assert output.count("did you mean") >= len(MISSPELLED) and "Unsupported parameters" in output


def test_a_warning_of_kubeconfig_info_names_the_host(tmp_path):
    for host, days in (("cp-1", 10), ("cp-2", 300)):
        (tmp_path / host).write_text(kubeconfigs.kubeadm("https://10.0.0.5:6443", days=days))
    path = "{{ playbook_dir }}/{{ inventory_hostname }}"
    played = run(tmp_path, [{"huaweicloud.hss.kubeconfig_info": {"path": path}}])
    output = " ".join(played.output.split())
    assert played.code == 0, output
    assert "cp-1: the credential of 'admin@kubernetes' ends on" in output
    assert "cp-2: the credential" not in output
