# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks a function of a library in every Python that is started with this folder in PYTHONPATH.

The function, which HSS_CANARY_BREAK names as MODULE:NAME, raises an exception whose text contains all its arguments.
"""

from __future__ import annotations

import importlib
import os
from typing import Any


def _broken(*args: Any, **kwargs: Any) -> Any:
    parts = [vars(arg) if hasattr(arg, "__dict__") else arg for arg in (*args, *kwargs.values())]
    raise RuntimeError(f"unexpected: {parts!r}")


def _break(what: str) -> None:
    module, _, name = what.partition(":")
    try:
        place: Any = importlib.import_module(module)
    except ImportError:
        return  # this Python does not have the library
    *way, last = name.split(".")
    for part in way:
        place = getattr(place, part)
    setattr(place, last, _broken)


_break(os.environ["HSS_CANARY_BREAK"])
