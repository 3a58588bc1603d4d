# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of registered clusters with ansible-inventory as AWX starts it, and in a play."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import ansible_runner
import awx
import pytest
import yaml

from playbooks import play

ROOT = Path(__file__).resolve().parents[2]
FLEET = ROOT / "extensions" / "awx" / "project" / "fleet.hss_multicloud.yml"
ATTACK = "{{ lookup('pipe', 'touch pwned') }}"
NAMES = ("shop-prod", "客户", ATTACK, "localhost", "../etc/passwd", "twice", "twice", "a b", "x" * 256)


def ansible_inventory(folder, environment, *arguments):
    """Starts ansible-inventory with the credential's variables alone."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HW_", "ANSIBLE_"))}
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-inventory"), *arguments],
        cwd=folder,
        env={
            **clean,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(folder / "ansible-home"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_awx_updates_the_inventory_of_the_project(simulator, tmp_path):
    simulator.seed_clusters([{"name": name, "status": "connect_fail"} for name in NAMES])
    inputs = {
        "region": simulator.region,
        "project_id": simulator.project_id,
        "endpoint": simulator.endpoint,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "ca_certificates": Path(simulator.ca_file).read_text(),
    }
    environment, _shown = awx.CredentialType().inject(inputs, tmp_path, tmp_path)
    done = ansible_inventory(
        tmp_path,
        {**environment, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"},
        *("-i", str(FLEET), "--list", "--export", "-vvvv"),
    )
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout[done.stdout.index("\n{") :])
    hosts = listed["hss_status_connect_fail"]["hosts"]
    variables = listed["_meta"]["hostvars"]
    assert len(hosts) == len(NAMES) and set(hosts) == set(variables)
    # This is how ansible-inventory marks untrusted text, and how AWX keeps it.
    assert {values["hss_cluster_name"]["__ansible_unsafe"] for values in variables.values()} == set(NAMES)
    assert variables["shop-prod"]["hss_server"]["__ansible_unsafe"].startswith("https://10.")
    assert "客户" in variables and "localhost" not in variables and "twice" not in variables
    for secret in (simulator.access_key, simulator.secret_key):
        assert secret not in done.stdout + done.stderr
    assert not (tmp_path / "pwned").exists()


# ansible-runner opens files in a way that is deprecated in Python 3.14.
@pytest.mark.filterwarnings("ignore:codecs.open:DeprecationWarning")
def test_ansible_runner_reads_the_inventory(simulator, tmp_path, monkeypatch):
    simulator.seed_clusters([{"name": name, "status": "connect_fail"} for name in ("shop", "bank")])
    # It starts the first ansible-inventory on PATH.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    shutil.copy(FLEET, tmp_path / FLEET.name)
    listed, errors = ansible_runner.get_inventory(
        action="list",
        inventories=[str(tmp_path / FLEET.name)],
        response_format="json",
        private_data_dir=str(tmp_path),
        quiet=True,
        envvars={
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(tmp_path / "ansible-home"),
            **simulator.environment(),
        },
    )
    assert not errors and set(listed["hss_status_connect_fail"]["hosts"]) == {"shop", "bank"}, errors


def test_plays_use_the_hosts_and_render_no_text_of_hss(simulator, tmp_path):
    simulator.seed_clusters([{"name": ATTACK}, {"name": "shop"}])
    inventories = tmp_path / "inventories"
    inventories.mkdir()
    (inventories / "hss_multicloud.yml").write_text(FLEET.read_text())
    shutil.copytree(FLEET.parent / "group_vars", inventories / "group_vars")
    (inventories / "hosts.yml").write_text("all: {hosts: {cp-1: {ansible_connection: local}}}")
    say = {"ansible.builtin.debug": {"msg": "{{ hss_cluster_name }} of {{ groups['hss_clusters'] | length }}"}}
    ask = {
        "huaweicloud.hss.hss_multicloud_cluster_info": {
            "cluster_id": "{{ hss_cluster_id }}",
            "project_id": "{{ hss_source.project_id }}",
        },
        "register": "found",
    }
    check = {"ansible.builtin.assert": {"that": "found.clusters[0].cluster_name == hss_cluster_name"}}
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        yaml.safe_dump([{"hosts": "hss_status_connect_success", "gather_facts": False, "tasks": [say, ask, check]}])
    )
    played = play(str(playbook), inventories, tmp_path, simulator.environment())
    assert played.code == 0, played.output
    assert f"{ATTACK} of 2" in played.output.replace("\\", "") and len(played.recap) == 2
    assert not list(tmp_path.rglob("pwned"))


def test_an_error_is_readable_and_no_smaller_inventory(simulator, tmp_path):
    simulator.seed_clusters([{"name": "shop"}])
    wrong = "SKwrong" * 6
    (tmp_path / "a.hss_multicloud.yml").write_text(
        f"plugin: huaweicloud.hss.hss_multicloud\nsecret_key: {wrong}\n"
        f"access_key: {simulator.access_key}\nsources: [{{}}]\n"
    )
    done = ansible_inventory(
        tmp_path,
        {**simulator.environment(), "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "COLUMNS": "10000"},
        *("-i", "a.hss_multicloud.yml", "--graph", "-vvv"),
    )
    text = " ".join((done.stdout + done.stderr).split())
    assert done.returncode and "shop" not in done.stdout
    assert "Could not list the registered clusters" in text and "APIGW.0301" in text
    assert wrong not in text and simulator.access_key not in text
