# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: Ansible's view of a host as plain values, and what runs on it."""

from __future__ import annotations

import json
import re
import secrets
import shlex
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible import errors
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.environment import (
    InvalidEnvironment,
    shell_exports,
    task_environment,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.host_files import run_reading_command
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    command_output_hidden,
    module_options_hidden,
    pipelining_enabled,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.time_limit import LimitExceeded, time_limit

from .variables import VARIABLES, InvalidVariable

# ansible-core 2.18 marks an omitted value with a text that begins like this.
_OMITTED = "__omit_place_holder__"
# Later versions raise this if a whole value is omitted.
_OMITTED_ERROR: Any = getattr(errors, "AnsibleValueOmittedError", ())
_LEFT_OUT = object()
# The default of hss_onboard_name.
_HOST_NAME_TEMPLATE = "{{ inventory_hostname }}"
# The connection plugin's text in place of the program's message, if its output is hidden.
_CENSORED = "censored"
# Bytes of each output of a command. The rest is read and dropped, so that nothing ends a program that says much; the
# last lines say why something failed.
_MAX_OUTPUT = 1 << 20
_RUN = r"""
m=MARK e=
while IFS= read -r l && [ "$l" != "$m" ]; do e="$e$l
"; done
eval "$e"
exec 5>&1
r=$({ { { ( COMMAND
) 3>&- 4>&- 5>&-; echo $? >&3; } 2>&1 >&4 | tail -c BYTES >&2; } 4>&1 | tail -c BYTES >&5; } 3>&1)
exit "${r:-255}"
"""


def given_variables(action: ActionBase, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """The role's variables as this host has them, templated; what is omitted is left out.

    :raises InvalidVariable: if one cannot be templated.
    """
    given = {}
    for name in VARIABLES:
        if name not in task_vars:
            continue
        try:
            value = task_vars[name]
            # Templating takes most of the time of this loop, in the process of each host anew.
            if isinstance(value, str) and value == _HOST_NAME_TEMPLATE:
                value = str(task_vars["inventory_hostname"])
            elif not _is_constant(value):
                value = action._templar.template(value)
            value = plain_value(value)
        except _OMITTED_ERROR:
            continue
        except AnsibleError as exc:
            raise InvalidVariable(f"{name}: {one_line(exc)}") from None
        if value is not _LEFT_OUT:
            given[name] = value
    return given


def _is_constant(value: Any) -> bool:
    """Whether a value cannot be a template, and needs no other treatment by Ansible, such as decryption."""
    if isinstance(value, str):
        return "{" not in value and not value.startswith(_OMITTED)
    if isinstance(value, (bool, int, float, type(None))):
        return True
    if isinstance(value, (list, tuple)):
        return all(map(_is_constant, value))
    return isinstance(value, Mapping) and all(map(_is_constant, (*value, *value.values())))


def one_line(error: AnsibleError) -> str:
    """Ansible's own message, without the lines of the playbook that it quotes."""
    return sanitize(str(getattr(error, "message", "") or error))


def task_options(action: ActionBase) -> dict[str, Any]:
    """The options that module_defaults give the task."""
    return {
        str(name): plain_value(value) for name, value in action._task.args.items() if name not in ("stage", "rotate")
    }


def plain_value(value: Any) -> Any:
    """A value without Ansible's own types: ansible-core tags values, and the libraries used here refuse tagged ones."""
    # Recognizing a mapping takes longer than all else, so it comes last.
    if isinstance(value, str):
        return _LEFT_OUT if value.startswith(_OMITTED) else str(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [item for item in map(plain_value, value) if item is not _LEFT_OUT]
    if isinstance(value, Mapping):
        items = ((str(key), plain_value(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not _LEFT_OUT}
    return _LEFT_OUT if type(value).__name__ in ("Omit", "_OmitType") else str(value)


def read_on_host(action: ActionBase, command: str) -> dict[str, Any]:
    """Run a shell command that reads files on the host, with the task's C(HOME) and C(PATH), and hide its output.

    :raises AnsibleConnectionFailure: with the connection's own message.
    :raises AnsibleError: if the host does not answer in time, or sends too much.
    """
    try:
        return run_reading_command(action, command)
    except LimitExceeded as exc:
        raise _limit_error(exc) from None
    except AnsibleConnectionFailure as exc:
        if _CENSORED not in str(exc):
            raise
    # Nothing secret is in a command that does nothing, so its message need not be hidden.
    return dict(action._low_level_execute_command(":"))


def run_on_host(action: ActionBase, command: str, data: str, seconds: int) -> dict[str, Any]:
    """Run a shell command on the host with the task's environment, which is shown nowhere, and hide its output.

    :arg data: for its standard input.
    :arg seconds: the time limit.
    :returns: C(rc), and the end of C(stdout) and C(stderr).
    :raises AnsibleError: if the host cannot be reached, does not answer in time, or sends too much; or if a variable of
        the environment cannot be set.
    """
    mark = f"hss-{secrets.token_hex(8)}"
    try:
        exports = shell_exports(task_environment(action))
    except InvalidEnvironment as exc:
        raise AnsibleError(str(exc)) from None
    script = _RUN.replace("MARK", mark).replace("BYTES", str(_MAX_OUTPUT)).replace("COMMAND", command)
    given = f"/bin/sh -c {shlex.quote(script)}"
    stdin = f"{exports}{mark}\n{data}".encode("utf-8", "surrogateescape")
    try:
        with command_output_hidden(action), time_limit(seconds), pipelining_enabled(action):
            return dict(action._low_level_execute_command(given, in_data=stdin))
    except LimitExceeded as exc:
        raise _limit_error(exc) from None


def _limit_error(exc: LimitExceeded) -> AnsibleError:
    return AnsibleError(f"The host {exc}. Check the host.")


def run_action(
    action: ActionBase,
    name: str,
    options: Mapping[str, Any],
    task_vars: dict[str, Any],
    check_mode: bool = False,
) -> dict[str, Any]:
    """Runs another action plugin of this collection on the host of the task, and returns its result.

    :arg check_mode: also in a real run.
    """
    task = action._task.copy()
    task.action, task.args = name, dict(options)
    if check_mode:
        task.check_mode = True
    plugin = action._shared_loader_obj.action_loader.get(
        name,
        task=task,
        connection=action._connection,
        play_context=action._play_context,
        loader=action._loader,
        templar=action._templar,
        shared_loader_obj=action._shared_loader_obj,
    )
    return dict(plugin.run(task_vars=task_vars))


def run_module(
    action: ActionBase,
    name: str,
    options: Mapping[str, Any],
    seconds: int,
    returned: Collection[str],
    task_vars: dict[str, Any],
) -> dict[str, Any]:
    """Runs a module on the host of the task; its options are shown nowhere.

    :arg seconds: the time limit.
    :arg returned: the names of its return values. The host may say anything else as well, such as facts and warnings.
    :raises AnsibleError: if the host cannot be reached, does not answer in time, or sends too much.
    """
    try:
        with command_output_hidden(action), module_options_hidden(action), time_limit(seconds):
            with _values_only(action, {*returned, "failed", "msg", *_DISCOVERY}):
                return dict(action._execute_module(module_name=name, module_args=dict(options), task_vars=task_vars))
    except LimitExceeded as exc:
        raise _limit_error(exc) from None


# What the script prints that looks for Python on a host.
_DISCOVERY = ("platform_dist_result", "osrelease_content")


@contextmanager
def _values_only(action: ActionBase, names: Collection[str]) -> Iterator[None]:
    """Removes everything else from the JSON that commands print within the block.

    Ansible shows the warnings that a module returns, and the lines around its result, as they are.
    """
    execute = action._low_level_execute_command

    def execute_and_filter(*args: Any, **options: Any) -> dict[str, Any]:
        result = dict(execute(*args, **options))
        begin = re.search(r"^[ \t]*\{", str(result.get("stdout") or ""), re.MULTILINE)
        if begin:
            try:
                printed, _end = json.JSONDecoder().raw_decode(result["stdout"], begin.end() - 1)
            except (ValueError, RecursionError):
                printed = {}
            result["stdout"] = json.dumps({key: value for key, value in printed.items() if key in names})
            result["stdout_lines"] = [result["stdout"]]
        return result

    action._low_level_execute_command = execute_and_filter
    try:
        yield
    finally:
        del action._low_level_execute_command


@contextmanager
def on_control_node(action: ActionBase, task_vars: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Within the block, the action's commands and modules run on the control node as the user who runs Ansible.

    Yields the variables for modules; the inventory's own for localhost do not count.
    """
    before, become = action._connection, action._play_context.become
    action._connection = connection_loader.get("ansible.builtin.local", action._play_context)
    action._play_context.become = False
    try:
        yield {**task_vars, "ansible_python_interpreter": task_vars["ansible_playbook_python"]}
    finally:
        action._connection, action._play_context.become = before, become
