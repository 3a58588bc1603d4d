# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands and modules on hosts: what they get, and how much of what they print is kept. A real shell runs them."""

from __future__ import annotations

import subprocess
from functools import partial
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleError

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import host
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.host import run_module, run_on_host


class Action:
    """An action plugin whose host is this machine.

    :arg environment: of its task.
    """

    def __init__(self, **environment):
        self._environment = environment
        self._play_context = SimpleNamespace(no_log=False)
        self._connection = SimpleNamespace(become=None)

    def _compute_environment_string(self, raw):
        raw.update(self._environment)

    def _low_level_execute_command(self, command, in_data):
        assert "canary" not in command
        run = subprocess.run(["/bin/sh", "-c", command], input=in_data, capture_output=True, timeout=60, check=False)
        return {"rc": run.returncode, "stdout": run.stdout.decode(), "stderr": run.stderr.decode()}

    def _execute_module(self, **_options):
        # With both streams, Python reads as connection plugins do; a single one is read where no signal arrives.
        return {"stdout": subprocess.run(["yes", "x" * 99], capture_output=True, check=False).stdout}


def test_a_command_gets_the_environment_and_the_data():
    action = Action(NAME="it's\ntwo lines canary", OTHER="$(exit 3)")
    found = run_on_host(action, 'printf "%s|" "$NAME" "$OTHER"; cat; echo error >&2; exit 7', "canary data", 30)
    assert found == {"rc": 7, "stdout": "it's\ntwo lines canary|$(exit 3)|canary data", "stderr": "error\n"}


def test_a_variable_that_no_shell_can_have_is_refused_with_its_name():
    with pytest.raises(AnsibleError, match="environment: 'A B' cannot be set in a shell") as refused:
        run_on_host(Action(**{"A B": "canary"}), "true", "", 30)
    assert "canary" not in str(refused.value)


def test_the_end_of_a_long_output_is_kept_and_the_program_goes_on(monkeypatch):
    monkeypatch.setattr(host, "_MAX_OUTPUT", 100)
    script = "i=0; while [ $i -lt 20000 ]; do echo $i; echo e$i >&2; i=$((i+1)); done; exit 5"
    found = run_on_host(Action(), script, "", 60)
    assert found["rc"] == 5 and len(found["stdout"]) == len(found["stderr"]) == 100
    assert found["stdout"].endswith("19999\n") and found["stderr"].endswith("e19999\n")


def test_a_module_that_prints_without_end_is_ended(monkeypatch):
    monkeypatch.setattr(host, "time_limit", partial(host.time_limit, max_growth=32 << 20))
    with pytest.raises(AnsibleError, match=r"The host printed more than this process may keep \(32 MiB\)"):
        run_module(Action(), "name", {}, 60, [], {})


def test_a_module_that_does_not_end_is_ended(monkeypatch):
    action = Action()

    def sleep(**_options):
        subprocess.run(["sleep", "60"], check=False)

    monkeypatch.setattr(action, "_execute_module", sleep, raising=False)
    with pytest.raises(AnsibleError, match="The host did not end within 1 seconds"):
        run_module(action, "name", {}, 1, [], {})


@pytest.mark.parametrize(
    "printed, kept",
    [
        ('Welcome\n{"size": 9, "warnings": ["\\u001b"], "ansible_facts": {"a": 1}}\nBye', '{"size": 9}'),
        ('{"msg": "m", "failed": true, "exception": "e"}', '{"msg": "m", "failed": true}'),
        (
            '{"platform_dist_result": [], "osrelease_content": ""}',
            '{"platform_dist_result": [], "osrelease_content": ""}',
        ),
        ('{"size": ', "{}"),
        ("{" * 100_000, "{}"),
        ("ansible-tmp-1=/tmp/{x}", "ansible-tmp-1=/tmp/{x}"),
    ],
)
def test_of_what_a_module_prints_only_its_return_values_reach_ansible(monkeypatch, printed, kept):
    action = Action()
    monkeypatch.setattr(Action, "_low_level_execute_command", lambda _self: {"rc": 0, "stdout": printed})

    def execute(**_options):
        return action._low_level_execute_command()

    monkeypatch.setattr(action, "_execute_module", execute, raising=False)
    assert run_module(action, "name", {}, 60, ["size"], {})["stdout"] == kept
    assert action._low_level_execute_command() == {"rc": 0, "stdout": printed}
