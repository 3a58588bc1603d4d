# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own time, which a test may push forward."""

from __future__ import annotations

import threading
import time


class Clock:
    """Seconds since the epoch, plus whatever it was advanced by."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """The time, in seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass at once; a negative number turns it back."""
        with self._lock:
            self._offset += seconds

    def reset(self) -> None:
        """Back to the machine's time."""
        with self._lock:
            self._offset = 0.0
