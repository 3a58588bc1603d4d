# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: base class of the action plugins that run kubectl on a host."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
    libraries_available,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError, dump_document
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.environment import (
    InvalidEnvironment,
    shell_exports,
    task_environment,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.host_files import run_reading_command
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    command_output_hidden,
    pipelining_enabled,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.time_limit import LimitExceeded, time_limit
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import HostFileError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.kubeconfig import KubeconfigReader
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    CONTEXT,
    Call,
    HostResult,
    KubectlError,
    Target,
    host_command,
    host_input,
    parse_result,
)

# The options of the documentation fragment C(kubectl).
TARGET_SPEC: dict[str, dict[str, Any]] = {
    "kubectl": {"type": "str"},
    "kubeconfig": {"type": "str"},
    "kubeconfig_content": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
}
# Seconds on the control node beyond those of the calls: to connect, and to become another user.
_GRACE = 60


def require_seconds(args: dict[str, Any], option: str, minimum: int) -> None:
    """Check an option that is a number of seconds.

    :raises KubectlError: if the value is less than the minimum.
    """
    if args[option] < minimum:
        raise KubectlError(f"{option}: must be {minimum} or more seconds.")


class KubectlAction(ActionBase):
    """Action plugin that makes several calls of kubectl with one command on the host."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True

    def _run_kubectl(self, target: Target, calls: Sequence[Call], data: bytes) -> HostResult:
        """Make the calls and return their results. The data is the standard input of the call that reads it."""
        mark, executed = self._execute_calls(target, calls, data)
        return parse_result(target, calls, mark, executed)

    def _execute_calls(
        self, target: Target, calls: Sequence[Call], data: bytes, extra_script: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Run the command that makes the calls and the extra shell code. Return the mark and the output."""
        if not getattr(self._connection, "has_pipelining", False):
            raise KubectlError(
                f"The connection plugin {self._connection.transport} cannot pass data to the standard input of a "
                "command. Use another connection plugin for this task, such as ansible.builtin.ssh."
            )
        command, mark = host_command(target, calls, extra_script)
        stdin = host_input(target, mark, data)
        limit = len(calls) * target.time_limit + _GRACE
        # Without pipelining, the local connection uses a terminal for a become password, and drops the data.
        try:
            with command_output_hidden(self), pipelining_enabled(self), time_limit(limit):
                return mark, self._low_level_execute_command(command, in_data=stdin)
        except LimitExceeded as exc:
            raise KubectlError(f"The command that calls kubectl {exc}. Check the host.") from None

    def _target(self, args: dict[str, Any], request_timeout: int = 30) -> Target:
        """Return the kubectl and the cluster that the options name.

        :raises KubectlError: if the kubeconfig cannot be read or must not be used, or the environment cannot be set.
        """
        try:
            exports = shell_exports(task_environment(self))
        except InvalidEnvironment as exc:
            raise KubectlError(str(exc)) from None
        target = Target(
            args["kubectl"] or None,
            request_timeout=request_timeout,
            time_limit=2 * request_timeout + 60,
            exports=exports,
        )
        target.commands()
        return dataclasses.replace(target, kubeconfig=self._judged_kubeconfig(args))

    @staticmethod
    def _credential(target: Target) -> list[str]:
        """Return the secrets in the kubeconfig. An API server gets the token, and can quote it in every answer."""
        return secret_values(target.kubeconfig)

    def _without_credential(self, target: Target) -> Redactor:
        """Return a redactor that knows the secrets in the kubeconfig."""
        redactor = Redactor()
        redactor.add(*self._credential(target))
        return redactor

    def _judged_kubeconfig(self, args: Mapping[str, Any]) -> str:
        """Return the text of the only context that kubectl gets. It has no path, and nothing that runs a program."""
        if not libraries_available():
            raise AnsibleError("The Python packages PyYAML and cryptography are needed on the control node.")
        policy = KubeconfigPolicy(str(args["context"]) if args["context"] else None, for_kubectl=True)
        content, path = args["kubeconfig_content"], args["kubeconfig"] or None
        if content and path:
            raise KubectlError("kubeconfig and kubeconfig_content: give only one of them.")
        try:
            if content:
                text = json.dumps(content, default=str) if isinstance(content, Mapping) else str(content)
                checked = canonicalize(text, policy).text
            else:
                if path is not None and not path.startswith(("/", "~/")):
                    raise KubectlError(f"kubeconfig: {path} is not an absolute path on the host.")
                checked = KubeconfigReader(self._read).read(str(path) if path else None, policy).config.text
        except KubeconfigError as exc:
            raise KubectlError(f"kubeconfig_content: {exc}") from None
        except HostFileError as exc:
            tried = "path: no kubeconfig could be read on this host: "
            text = str(exc).removeprefix(tried if path else "path: ").replace("Set path to", "Set kubeconfig to")
            raise KubectlError(f"kubeconfig: {text}") from None
        return _with_fixed_names(checked)

    def _read(self, command: str) -> dict[str, Any]:
        """Run a command that reads files, and return its result."""
        try:
            return run_reading_command(self, command)
        except LimitExceeded as exc:
            raise KubectlError(f"kubeconfig: the command that reads it {exc}. Check the host.") from None

    def _show_warnings(self, result: dict[str, Any], warnings: Sequence[str]) -> None:
        """Add warnings to a result, each once."""
        if shown := list(dict.fromkeys(sanitize(text) for text in warnings)):
            result["warnings"] = [*result.get("warnings", ()), *shown]


def _with_fixed_names(text: str) -> str:
    """Return a kubeconfig with one context whose name is known, so that no name from outside is an argument."""
    document = yaml.safe_load(text)
    context = {**document["contexts"][0]["context"], "cluster": CONTEXT, "user": CONTEXT}
    return dump_document(
        {
            **document,
            "clusters": [{**document["clusters"][0], "name": CONTEXT}],
            "contexts": [{"name": CONTEXT, "context": context}],
            "current-context": CONTEXT,
            "users": [{**document["users"][0], "name": CONTEXT}],
        }
    )
