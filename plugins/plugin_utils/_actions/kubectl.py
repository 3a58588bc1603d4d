# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: base class of the action plugins that run kubectl on a host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    command_output_hidden,
    pipelining_enabled,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    HostResult,
    KubectlError,
    Target,
    host_command,
    parse_result,
)

# The options of the documentation fragment C(kubectl).
TARGET_SPEC = {"kubectl": {"type": "str"}, "kubeconfig": {"type": "str"}}


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
        # Without pipelining, the local connection uses a terminal for a become password, and drops the data.
        with command_output_hidden(self), pipelining_enabled(self):
            # The data is never empty, since without data the ssh connection uses a terminal, which would mix stdout and
            # stderr.
            return mark, self._low_level_execute_command(command, in_data=data or b"\n")

    @staticmethod
    def _target(args: dict[str, Any], request_timeout: int = 30) -> Target:
        return Target(args["kubectl"] or None, args["kubeconfig"] or None, request_timeout)
