# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, with a stand-in for its collection whose modules have the options of awx.awx."""

from __future__ import annotations

import json

import pytest
import yaml

from playbooks import ROOT, play

OPTIONS = yaml.safe_load((ROOT / "tests" / "controller_options.yml").read_text())
SECRET = "a-secret-key-of-the-account"
VARIABLES = {
    "awx_setup_image": "registry.example.com/hss-ee:1",
    "awx_setup_machine_credentials": ["ssh"],
    "awx_setup_notifications": ["mail"],
    "awx_setup_hosts": {"shop-1": {"hss_onboard_name": "shop"}, "edge": None},
    "awx_setup_variables": {"hss_onboard_install_agent": True},
}
# Stores what it gets, and is changed only if this differs from before. As the controller, it returns no secrets.
MODULE = """
import json, os
from ansible.module_utils.basic import AnsibleModule
spec = json.loads(%r)
module = AnsibleModule(spec, supports_check_mode=True)
given = {key: value for key, value in module.params.items() if value is not None}
update = given.pop("update_secrets", True)
path = os.path.join(os.environ["CONTROLLER_STATE"], %r + "-" + given["name"].replace(" ", "_") + ".json")
before = json.load(open(path)) if os.path.exists(path) else None
if before and not update:
    given["inputs"] = before["inputs"]
if given != before:
    json.dump(given, open(path, "w"))
module.exit_json(changed=given != before)
"""


def write_collection(folder, namespace, name):
    """Writes a collection with a module for each of those whose options are known."""
    collection = folder / "ansible_collections" / namespace / name
    (collection / "plugins" / "modules").mkdir(parents=True)
    (collection / "galaxy.yml").write_text(f"{{namespace: {namespace}, name: {name}, version: 24.6.1}}")
    for module, options in OPTIONS.items():
        spec = {
            option: {"type": kind.rstrip("*"), "required": kind.endswith("*"), "no_log": option == "inputs"}
            for option, kind in options.items()
        }
        # Only the inputs of a credential are secret.
        spec.get("inputs", {})["no_log"] = module == "credential"
        (collection / "plugins" / "modules" / f"{module}.py").write_text(MODULE % (json.dumps(spec), module))


@pytest.fixture
def setup(tmp_path):
    """Runs the playbook."""
    (tmp_path / "state").mkdir()
    (tmp_path / "inventory").write_text("")
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.collections'}:{tmp_path}",
        "CONTROLLER_STATE": str(tmp_path / "state"),
        "HW_ACCESS_KEY": "an-access-key",
        "HW_SECRET_KEY": SECRET,
    }

    def run(*arguments, region="eu-west-101", **variables):
        known = {**environment, "HW_REGION_NAME": region}
        given = {**VARIABLES, **variables}
        return play("huaweicloud.hss.awx_setup", tmp_path / "inventory", tmp_path, known, *arguments, **given)

    return run


def stored(tmp_path, module):
    """Returns the objects of a kind by name."""
    found = [json.loads(path.read_text()) for path in (tmp_path / "state").glob(f"{module}-*.json")]
    return {item["name"]: item for item in found}


def test_everything_is_created_once(setup, tmp_path):
    write_collection(tmp_path, "awx", "awx")
    first, second = setup("-vvv"), setup("-vvv")
    assert (first.code, second.code) == (0, 0), first.output + second.output
    assert first.recap["localhost"]["changed"] == 8 and second.recap["localhost"]["changed"] == 0
    assert SECRET not in first.output + second.output + first.log + second.log

    described = yaml.safe_load((ROOT / "extensions" / "awx" / "credential_type.yml").read_text())
    (kind,) = stored(tmp_path, "credential_type").values()
    assert kind["injectors"] == described["injectors"] and kind["inputs"] == described["inputs"]
    credential = stored(tmp_path, "credential")["HSS"]
    assert credential["inputs"] == {"access_key": "an-access-key", "secret_key": SECRET, "region": "eu-west-101"}
    assert credential["credential_type"] == described["name"] and credential["organization"] == "Default"

    templates = stored(tmp_path, "job_template")
    assert set(templates) == {f"HSS {name}" for name in ("check", "onboard", "rotate", "audit", "offboard")}
    for template in templates.values():
        assert (ROOT / template["playbook"]).exists()
        assert template["credentials"] == ["HSS", "ssh"] and template["notification_templates_error"] == ["mail"]
        assert template["extra_vars"] == {"hss_onboard_install_agent": True} and template["ask_limit_on_launch"]
    survey = json.loads((ROOT / "extensions" / "awx" / "surveys" / "onboard.json").read_text())
    assert templates["HSS onboard"]["survey_spec"] == survey and templates["HSS onboard"]["survey_enabled"]
    assert not templates["HSS offboard"]["survey_enabled"] and "survey_spec" not in templates["HSS offboard"]
    assert stored(tmp_path, "host")["shop-1"]["variables"] == {"hss_onboard_name": "shop"}
    schedules = stored(tmp_path, "schedule").values()
    assert {schedule["unified_job_template"] for schedule in schedules} == {"HSS rotate", "HSS audit"}


def test_what_is_missing_is_named_before_anything_is_created(setup, tmp_path):
    played = setup()
    assert played.code == 2 and "Install the collection ansible.controller or awx.awx" in played.output
    write_collection(tmp_path, "ansible", "controller")
    played = setup(region="")
    assert played.code == 2 and "with its region" in played.output
    assert list((tmp_path / "state").iterdir()) == []
