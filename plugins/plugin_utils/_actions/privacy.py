# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: keeps Ansible from printing what modules are given and what commands on hosts answer, and
from writing it to files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display

# Later ones show the warnings of a result that they hide.
_LOSES_WARNINGS = __version__.startswith("2.18.")


@contextmanager
def undebugged() -> Iterator[None]:
    """Until the end of the block, ANSIBLE_DEBUG is off.

    With it, Ansible prints the options of every module, secret or not, and whatever the ssh connection reads. A task
    has a process of its own, so nobody else's messages are missing.
    """
    before = constants.DEFAULT_DEBUG
    constants.DEFAULT_DEBUG = False
    try:
        yield
    finally:
        constants.DEFAULT_DEBUG = before


@contextmanager
def silent(action: ActionBase) -> Iterator[None]:
    """Until the end of the block, what commands on a host print is shown nowhere.

    At -vvv the ssh connection prints it, unless the play context says no_log.
    """
    contexts = [action._play_context, getattr(action._connection, "_play_context", None)]
    before = [getattr(context, "no_log", None) for context in contexts]
    for context in contexts:
        if context is not None:
            context.no_log = True
    try:
        with undebugged():
            yield
    finally:
        for context, value in zip(contexts, before):
            if context is not None:
                context.no_log = value


@contextmanager
def piped(action: ActionBase) -> Iterator[None]:
    """Until the end of the block, modules and data go to a host by standard input, if the connection can do that."""
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
def discreet(action: ActionBase) -> Iterator[None]:
    """Until the end of the block, the options of a module are printed nowhere, and are in no file.

    Ansible would write the module with its options into a file, which stays there if the run is interrupted. Where it
    is to become another user that is left as the user wants it: a sudo may insist on a terminal.
    """
    with undebugged():
        if action._connection.become:
            yield
        else:
            with piped(action):
                yield


def warn(result: dict[str, Any]) -> None:
    """Show the warnings of a result that is going to be hidden, where Ansible would hide them too."""
    for text in result.pop("warnings", ()) if _LOSES_WARNINGS else ():
        Display().warning(text)
