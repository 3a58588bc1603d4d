# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own clock, which a test can advance."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's time plus an offset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """The time in seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Advance the clock; a negative number turns it back."""
        with self._lock:
            self._offset += seconds

    def reset(self) -> None:
        """Return to the machine's time."""
        with self._lock:
            self._offset = 0.0
