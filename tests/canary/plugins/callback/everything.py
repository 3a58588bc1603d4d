# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback plugin that records everything that callbacks receive."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: everything
type: notification
short_description: Record everything that callbacks receive
description:
  - Writes a line of JSON for each event to the file in C(HSS_CANARY_EVERYTHING).
"""


class CallbackModule(CallbackBase):
    """Records every event with its arguments."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "everything"
    CALLBACK_NEEDS_ENABLED = True


def _events() -> list[str]:
    """Returns the names of all events that callbacks can receive."""
    return [name for name in dir(CallbackBase) if name.startswith(("v2_runner_", "v2_playbook_on_", "v2_on_file_"))]


def _write(name: str) -> Any:
    def event(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        received = [name, *(_serializable(argument) for argument in (*args, *kwargs.values()))]
        with open(os.environ["HSS_CANARY_EVERYTHING"], "a") as file:
            file.write(json.dumps(received, default=repr) + "\n")

    return event


def _serializable(argument: Any) -> Any:
    if hasattr(argument, "_result"):
        return {"host": str(getattr(argument, "_host", "")), "result": dict(argument._result)}
    return str(argument)


for _name in _events():
    setattr(CallbackModule, _name, _write(_name))
