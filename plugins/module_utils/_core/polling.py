# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: how long to wait for something, and how often to ask meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from .errors import invalid_option

# Seconds before each request that looks for the effect of an earlier request: 15 in all.
CONFIRMATION_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
# The pauses of a poller grow by this factor, up to this many times the first one.
_GROWTH = 1.25
_MAX_GROWTH = 3.0


@dataclass(frozen=True)
class Wait:
    """How long to wait, and the first pause between two polls; both in seconds."""

    timeout: float
    sleep: float


def wait_options(params: Mapping[str, Any], enabled: bool) -> Wait | None:
    """The options C(wait_timeout) and C(wait_sleep), or None if nothing is waited for.

    :raises HssError: if one of them cannot be used.
    """
    for option in ("wait_timeout", "wait_sleep"):
        if params[option] <= 0:
            raise invalid_option(option, f"must be more than 0 seconds, not {params[option]}.")
    return Wait(params["wait_timeout"], params["wait_sleep"]) if enabled else None


class Poller:
    """The clock of a loop that polls until something has happened or the time is up.

    :arg sleep: takes seconds.
    """

    def __init__(self, wait: Wait, sleep: Callable[[float], None]) -> None:
        self._wait = wait
        self._sleep = sleep
        self._start = time.monotonic()
        self._slept = 0.0
        self._pause = wait.sleep

    @property
    def waited(self) -> float:
        """Seconds since the poller was made."""
        return max(self._slept, time.monotonic() - self._start)

    def pause(self) -> bool:
        """Sleeps until the next poll is due. Returns False at once if that would be after the time-out."""
        if self.waited + self._pause > self._wait.timeout:
            return False
        self._sleep(self._pause)
        self._slept += self._pause
        self._pause = min(self._pause * _GROWTH, self._wait.sleep * _MAX_GROWTH)
        return True
