# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback plugin that writes down everything that callbacks are given."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: everything
type: notification
short_description: Write down everything that callbacks are given
description:
  - One line of JSON for each event, into the file that C(HSS_CANARY_EVERYTHING) names.
"""


class CallbackModule(CallbackBase):
    """More curious than any callback that people use."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "everything"
    CALLBACK_NEEDS_ENABLED = True


def _events() -> list[str]:
    """What callbacks can be told."""
    return [name for name in dir(CallbackBase) if name.startswith(("v2_runner_", "v2_playbook_on_", "v2_on_file_"))]


def _write(name: str) -> Any:
    def event(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        told = [name, *(_told(one) for one in (*args, *kwargs.values()))]
        with open(os.environ["HSS_CANARY_EVERYTHING"], "a") as file:
            file.write(json.dumps(told, default=repr) + "\n")

    return event


def _told(one: Any) -> Any:
    if hasattr(one, "_result"):
        return {"host": str(getattr(one, "_host", "")), "result": dict(one._result)}
    return str(one)


for _name in _events():
    setattr(CallbackModule, _name, _write(_name))
