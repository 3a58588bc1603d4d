# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the action plugins that call a host's kubectl have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import piped, silent
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Answer,
    Call,
    KubectlError,
    Target,
    host_command,
    read_answer,
)

# The options that say which kubectl of a host is called, and with which kubeconfig.
TARGET_SPEC = {"kubectl": {"type": "str"}, "kubeconfig": {"type": "str"}}


def at_least(least: int, option: str, args: dict[str, Any]) -> None:
    """:raises KubectlError: if an option is fewer seconds."""
    if args[option] < least:
        raise KubectlError(f"{option}: is {least} or more seconds.")


class KubectlAction(ActionBase):
    """Calls kubectl on the host, with one command for several calls."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True

    def _ask(self, target: Target, calls: Sequence[Call], data: bytes) -> Answer:
        """Makes these calls; the data goes to the one that reads."""
        mark, done = self._on_host(target, calls, data)
        return read_answer(target, calls, mark, done)

    def _on_host(
        self, target: Target, calls: Sequence[Call], data: bytes, more: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """The mark and the output of the one command that makes these calls, and runs more shell code."""
        if not getattr(self._connection, "has_pipelining", False):
            raise KubectlError(
                f"The connection plugin {self._connection.transport} cannot hand data to a command's standard input. "
                "Use another one for this task, such as ansible.builtin.ssh."
            )
        command, mark = host_command(target, calls, more)
        # For a become password the local connection takes a terminal, and forgets the data, unless it pipelines.
        with silent(self), piped(self):
            # There always is something, since with it the ssh connection takes no terminal, which would mix stdout and
            # stderr.
            return mark, self._low_level_execute_command(command, in_data=data or b"\n")

    @staticmethod
    def _target(args: dict[str, Any], request_timeout: int = 30) -> Target:
        return Target(args["kubectl"] or None, args["kubeconfig"] or None, request_timeout)
