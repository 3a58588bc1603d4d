# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, with a stand-in for its collection whose modules have the options of awx.awx."""

from __future__ import annotations

import json
import re

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
# Takes the place of each module. It stores what it gets, and is changed only if this differs from before. As the
# controller, it finds nothing that does not exist. As the collection, it cannot create an approval and put it in order
# in one task. It shows all that it gets, so that the task has to hide it.
ACTION = """
import json, os
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

SPEC, KIND, NEEDED = json.loads(%r), %r, %r

def path(kind, *names):
    return os.path.join(os.environ["CONTROLLER_STATE"], "-".join((kind, *names)).replace(" ", "_") + ".json")

def need(kind, *names):
    if not os.path.exists(path(kind, *names)):
        raise AnsibleActionFail("Could not find " + path(kind, *names))

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        if os.environ.get("CONTROLLER_SAYS"):
            raise AnsibleActionFail(os.environ["CONTROLLER_SAYS"])
        validated = ArgumentSpecValidator(SPEC).validate(self._task.args)
        if validated.error_messages:
            raise AnsibleActionFail(str(validated.error_messages))
        given = {key: value for key, value in validated.validated_parameters.items() if value is not None}
        for option in NEEDED.keys() & given.keys():
            need(NEEDED[option], given[option])
        names = [given["name"]] if "name" in given else [given["workflow_job_template"], given["identifier"]]
        for node in given.get("success_nodes", ()):
            need(KIND, names[0], node)
            if "approval_node" in given:
                raise AnsibleActionFail("The requested object could not be found at /.../1/success_nodes/.")
        update = given.pop("update_secrets", True)
        place = path(KIND, *names)
        before = json.load(open(place)) if os.path.exists(place) else {}
        if before and not update:
            given["inputs"] = before["inputs"]
        after = {**before, **given}
        if after != before:
            with open(place, "w") as file:
                json.dump(after, file)
        return {"changed": after != before, "invocation": {"module_args": given}}
"""
# The kinds of the objects that other objects name.
NEEDED = {
    "credential_type": "credential_type",
    "execution_environment": "execution_environment",
    "inventory": "inventory",
    "project": "project",
    "source_project": "project",
    "unified_job_template": "job_template",
    "workflow_job_template": "workflow_job_template",
}


def write_collection(folder, namespace, name):
    """Writes a collection with each of the modules whose options are known."""
    collection = folder / "ansible_collections" / namespace / name
    (collection / "plugins" / "action").mkdir(parents=True)
    (collection / "galaxy.yml").write_text(f"{{namespace: {namespace}, name: {name}, version: 24.6.1}}")
    for module, options in OPTIONS.items():
        spec = {option: {"type": kind.rstrip("*"), "required": kind.endswith("*")} for option, kind in options.items()}
        action = ACTION % (json.dumps(spec), module, NEEDED)
        (collection / "plugins" / "action" / f"{module}.py").write_text(action)


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

    def run(*arguments, region="eu-west-101", known=None, **variables):
        known = {**environment, "HW_REGION_NAME": region, **(known or {})}
        given = {**VARIABLES, **variables}
        return play("huaweicloud.hss.awx_setup", tmp_path / "inventory", tmp_path, known, *arguments, **given)

    return run


def stored(tmp_path, module):
    """Returns the objects of a kind by name."""
    found = [json.loads(path.read_text()) for path in (tmp_path / "state").glob(f"{module}-*.json")]
    return {item.get("name") or f"{item['workflow_job_template']}, {item['identifier']}": item for item in found}


def test_everything_is_created_once(setup, tmp_path):
    write_collection(tmp_path, "awx", "awx")
    (tmp_path / "ca.pem").write_text("the certificates of a private cloud\n")
    private = {"HW_HSS_ENDPOINT": "https://hss.example.com", "HW_CA_PATH": str(tmp_path / "ca.pem")}
    first, second = (setup("-vvv", known=private) for _run in range(2))
    assert (first.code, second.code) == (0, 0), first.output + second.output
    assert first.recap["localhost"]["changed"] == 14 and second.recap["localhost"]["changed"] == 0
    assert SECRET not in first.output + second.output + first.log + second.log

    described = yaml.safe_load((ROOT / "extensions" / "awx" / "credential_type.yml").read_text())
    (kind,) = stored(tmp_path, "credential_type").values()
    assert kind["injectors"] == described["injectors"] and kind["inputs"] == described["inputs"]
    credential = stored(tmp_path, "credential")["HSS"]
    assert credential["inputs"] == {
        "access_key": "an-access-key",
        "secret_key": SECRET,
        "region": "eu-west-101",
        "endpoint": "https://hss.example.com",
        "ca_certificates": "the certificates of a private cloud",
    }
    assert set(credential["inputs"]) <= {field["id"] for field in described["inputs"]["fields"]}
    assert credential["credential_type"] == described["name"] and credential["organization"] == "Default"

    templates = stored(tmp_path, "job_template")
    assert set(templates) == {f"HSS {name}" for name in ("check", "onboard", "rotate", "audit", "offboard", "recreate")}
    for template in templates.values():
        assert (ROOT / template["playbook"]).exists()
        assert template["credentials"] == ["HSS", "ssh"] and template["notification_templates_error"] == ["mail"]
        recreate = {"hss_onboard_on_drift": "recreate"} if template["name"] == "HSS recreate" else {}
        assert template["extra_vars"] == {"hss_onboard_install_agent": True, **recreate}
        assert template["ask_limit_on_launch"] and template["ask_job_type_on_launch"]
    survey = json.loads((ROOT / "extensions" / "awx" / "surveys" / "onboard.json").read_text())
    assert templates["HSS onboard"]["survey_spec"] == survey and templates["HSS onboard"]["survey_enabled"]
    assert not templates["HSS offboard"]["survey_enabled"] and "survey_spec" not in templates["HSS offboard"]
    assert stored(tmp_path, "host")["shop-1"]["variables"] == {"hss_onboard_name": "shop"}
    (source,) = stored(tmp_path, "inventory_source").values()
    assert (ROOT / source["source_path"]).exists() and source["credential"] == "HSS" and source["overwrite"]
    assert set(stored(tmp_path, "inventory")) == {"HSS", source["inventory"]}
    schedules = stored(tmp_path, "schedule").values()
    assert {schedule["unified_job_template"] for schedule in schedules} == {"HSS rotate", "HSS audit"}

    # What removes something waits for an approval, after a job in check mode, and with the same limit.
    nodes = stored(tmp_path, "workflow_job_template_node")
    for name in ("HSS offboard", "HSS recreate"):
        workflow = stored(tmp_path, "workflow_job_template")[f"{name} after approval"]
        assert workflow["ask_limit_on_launch"] and workflow["notification_templates_approvals"] == ["mail"]
        check, approve, run = (nodes[f"{name} after approval, {node}"] for node in ("check", "approve", "run"))
        assert check["unified_job_template"] == run["unified_job_template"] == name
        assert (check["job_type"], run["job_type"]) == ("check", "run")
        assert (check["success_nodes"], approve["success_nodes"]) == (["approve"], ["run"])
        assert "success_nodes" not in run and int(approve["approval_node"]["timeout"]) == 86400
    assert len(nodes) == 6


# What is missing, and the beginning of the message; in the order in which it is checked.
MISSING = {
    "collection": ({}, "Neither of the collections ansible.controller and awx.awx is installed here."),
    "image": ({"awx_setup_image": None}, "awx_setup_image is not set."),
    "region": ({"known": {"HW_REGION_NAME": ""}}, "The region of Huawei Cloud is not set."),
    "key": ({"known": {"HW_SECRET_KEY": ""}}, "The credential of Huawei Cloud is not complete."),
}


def test_what_is_missing_is_named_before_anything_is_created(setup, tmp_path):
    for what, (given, message) in MISSING.items():
        played = setup(**given)
        assert played.code == 2 and played.failure("localhost").startswith(message), (what, played.output)
        if what == "collection":
            write_collection(tmp_path, "ansible", "controller")
    assert list((tmp_path / "state").iterdir()) == []


# Messages of the collection, and the beginning of what the playbook says.
REASONS = {
    "Invalid authentication credentials for /api/v2/ (HTTP 401).": "The controller refused the account.",
    "Failed to get token: HTTP Error 401: Unauthorized": "The controller refused the account.",
    "You don't have permission to POST to /api/v2/credential_types/ (HTTP 403).": "The account may not do that.",
    "Unable to resolve controller_host (awx.example.com): [Errno -2]": "The controller cannot be reached.",
    "There was a network error of some kind trying to connect to your controller host (awx.example.com): refused.": (
        "The controller cannot be reached."
    ),
    "There was an unknown error when trying to connect to https://awx.example.com/api/v2/: TimeoutError": (
        "The controller cannot be reached."
    ),
    "Could not establish a secure connection to your host (awx.example.com): unknown CA.": "The certificate of",
    "The requested object could not be found at /api/v2/credential_types/.": "There is no controller at this address.",
    "Request to /api/v2/organizations/?name=Default returned 0 items, expected 1": "The organization Default does not",
    "couldn't resolve module/action 'awx.awx.credential_type'.": "The collection awx.awx, to which",
    "The host sent back a server error (/api/v2/): HTTP Error 500.": "The controller could not be set up.",
}


def test_each_reason_why_the_controller_cannot_be_used_has_a_remedy(setup, tmp_path):
    write_collection(tmp_path, "awx", "awx")
    said = next(iter(REASONS))
    played = setup(known={"CONTROLLER_SAYS": said})
    message = played.failure("localhost")
    assert played.code == 2 and message.startswith("The controller refused") and message.endswith(said), played.output
    assert "Set CONTROLLER_OAUTH_TOKEN" in message

    (drawn,) = yaml.safe_load((ROOT / "playbooks" / "awx_setup.yml").read_text())
    (block,) = (task for task in drawn["tasks"] if "rescue" in task)
    (explain,) = block["rescue"]
    known = {
        "awx_setup_controller": "awx.awx",
        "awx_setup_in": "Default",
        "ansible_failed_result": {"msg": "{{ item }}"},
    }
    task = {
        "name": "Explain",
        "ansible.builtin.debug": explain["ansible.builtin.fail"],
        "loop": list(REASONS),
        "vars": {**explain["vars"], "awx_setup_message": "{{ item }}"},
        "loop_control": {"label": "a message"},
    }
    (tmp_path / "explain.yml").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": known, "tasks": [task]}])
    )
    played = play(str(tmp_path / "explain.yml"), tmp_path / "inventory", tmp_path, {})
    shown = [json.loads(text) for text in re.findall(r'"msg": (".*")$', played.output, re.MULTILINE)]
    assert len(shown) == len(REASONS), played.output
    for (said, reason), message in zip(REASONS.items(), shown, strict=True):
        assert message.startswith(reason) and message.endswith(said), message
