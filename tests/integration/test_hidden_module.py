# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hidden_module runs other modules, and Ansible shows nothing of them, even where no_log has no effect."""

from __future__ import annotations

import json

import pytest

from playbooks import play

MODULE = "huaweicloud.hss.hidden_module"
COMMAND = "ansible.builtin.command"
SECRET = "canary-pässword-0192837465"
PASSED_ON = {"module": COMMAND, "options": {"argv": ["cat"], "stdin": SECRET}}


@pytest.fixture
def run(tmp_path):
    """Runs it with options and keywords of the task, and returns the run and the registered result."""

    def run_it(options, *arguments, **keywords):
        kept = {"content": "{{ result | to_json }}", "dest": str(tmp_path / "result.json"), "mode": "0600"}
        steps = [
            {MODULE: options, "register": "result", "ignore_errors": True, **keywords},
            {"ansible.builtin.copy": kept, "no_log": True, "check_mode": False, "diff": False},
        ]
        (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": steps}]))
        host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"here": host}}}))
        played = play(
            str(tmp_path / "play.yml"), tmp_path / "inventory.json", tmp_path, {"ANSIBLE_DEBUG": "1"}, *arguments
        )
        return played, json.loads((tmp_path / "result.json").read_text())

    return run_it


def test_a_module_runs_without_being_shown(run):
    played, result = run(PASSED_ON, "-vvvvvv")
    assert (result["rc"], result["stdout"], result["changed"]) == (0, SECRET, True)
    # The registered result does not contain the options.
    assert "invocation" not in result
    assert SECRET not in played.output + played.log and SECRET[-10:] not in played.output + played.log


def test_failures_and_keywords_of_the_module_are_kept(run):
    _played, failed = run({"module": COMMAND, "options": {"argv": ["sh", "-c", "echo no >&2; exit 3"]}})
    assert failed["failed"] and (failed["rc"], failed["stderr"]) == (3, "no")
    _played, excused = run({"module": COMMAND, "options": {"argv": ["false"]}}, failed_when=False, changed_when=False)
    assert not excused["failed"] and not excused["changed"]


def test_check_mode_is_passed_to_the_module(run, tmp_path):
    options = {"path": str(tmp_path / "new"), "state": "directory"}
    _played, result = run({"module": "ansible.builtin.file", "options": options}, "--check")
    assert result["changed"] and not (tmp_path / "new").exists()
    _played, result = run(PASSED_ON, "--check")
    assert result["skipped"]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"module": COMMAND, "options": f"cat {SECRET}"}, "options: must be a dictionary with the options"),
        ({"module": COMMAND, "options": {"argv": ["cat"], "standard_input": SECRET}}, "Unsupported parameters"),
        ({"module": "no.such.module"}, "no.such.module"),
        ({"options": {"stdin": SECRET}}, "missing required arguments: module"),
        ({**PASSED_ON, "stdin": SECRET}, "Supported parameters include: module, options"),
    ],
)
def test_invalid_options_are_refused(run, options, words):
    played, result = run(options)
    assert result["failed"] and words in result["msg"]
    assert SECRET not in played.output + played.log
    # With ansible-core 2.19 and later, errors of hidden_module itself are shown.
    assert words in played.output or words in ("Unsupported parameters", "no.such.module")


def test_async_is_refused(run):
    """With async, options and result would be stored in files."""
    _played, result = run(PASSED_ON, **{"async": 30, "poll": 0})
    assert result["failed"] and "async" in result["msg"]
