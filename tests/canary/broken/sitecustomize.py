# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks a function of a library in every Python that is started with this folder in PYTHONPATH: it raises an exception
that holds everything it was given. HSS_CANARY_BREAK says which one, as MODULE:NAME.
"""

from __future__ import annotations

import importlib
import os
from typing import Any


def _broken(*args: Any, **kwargs: Any) -> Any:
    parts = [vars(one) if hasattr(one, "__dict__") else one for one in (*args, *kwargs.values())]
    raise RuntimeError(f"unexpected: {parts!r}")


def _break(what: str) -> None:
    module, _, name = what.partition(":")
    try:
        place: Any = importlib.import_module(module)
    except ImportError:
        return  # not every Python has every library
    *way, last = name.split(".")
    for part in way:
        place = getattr(place, part)
    setattr(place, last, _broken)


_break(os.environ["HSS_CANARY_BREAK"])
