# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: keeps options of modules and output of commands out of messages and files of Ansible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display

# ansible-core 2.19 and later show the warnings of a hidden result.
_HIDES_WARNINGS = __version__.startswith("2.18.")


@contextmanager
def debug_disabled() -> Iterator[None]:
    """Disable ANSIBLE_DEBUG within the block.

    With ANSIBLE_DEBUG, Ansible prints the options of every module, including secrets, and the data that the ssh
    connection reads. Each task runs in a process of its own, so the messages of other tasks are not affected.
    """
    before = constants.DEFAULT_DEBUG
    constants.DEFAULT_DEBUG = False
    try:
        yield
    finally:
        constants.DEFAULT_DEBUG = before


@contextmanager
def command_output_hidden(action: ActionBase) -> Iterator[None]:
    """Hide the output of commands on the host within the block.

    With -vvv, the ssh connection prints the output unless the play context has no_log.
    """
    contexts = [action._play_context, getattr(action._connection, "_play_context", None)]
    before = [getattr(context, "no_log", None) for context in contexts]
    for context in contexts:
        if context is not None:
            context.no_log = True
    try:
        with debug_disabled():
            yield
    finally:
        for context, value in zip(contexts, before):
            if context is not None:
                context.no_log = value


@contextmanager
def pipelining_enabled(action: ActionBase) -> Iterator[None]:
    """Pass modules and data to the host over standard input within the block, if the connection supports it."""
    try:
        before = action._connection.get_option("pipelining")
    except (AttributeError, KeyError, ValueError):
        yield
        return
    action._connection.set_option("pipelining", True)
    try:
        yield
    finally:
        action._connection.set_option("pipelining", before)


@contextmanager
def module_options_hidden(action: ActionBase) -> Iterator[None]:
    """Keep the options of a module out of all output and files within the block.

    Without pipelining, Ansible writes the module with its options to a file on the host, which remains if the run is
    interrupted. With become, pipelining is left as configured, since sudo may require a terminal.
    """
    with debug_disabled():
        if action._connection.become:
            yield
        else:
            with pipelining_enabled(action):
                yield


def show_warnings(result: dict[str, Any]) -> None:
    """Show the warnings of a result that is going to be hidden, if Ansible would hide them too."""
    for text in result.pop("warnings", ()) if _HIDES_WARNINGS else ():
        Display().warning(text)
