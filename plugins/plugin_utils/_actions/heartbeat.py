# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: lines that show that something that takes long is still going on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible.utils.display import Display

# A reader should not wait longer than 15 seconds for a line.
_SECONDS = 13.0


def show_progress(text: str) -> None:
    """Displays a line at once, also in AWX.

    It goes to standard error, like warnings, since callback plugins may write data for programs to standard output.
    """
    Display().display(text, stderr=True)


@contextmanager
def heartbeat(text: str, display: Callable[[str], None] = show_progress, seconds: float = _SECONDS) -> Iterator[None]:
    """Displays a line every few seconds until the block ends, with the seconds since it began.

    :arg text: what is going on.
    """
    ended, started = threading.Event(), time.monotonic()

    def beat() -> None:
        while not ended.wait(seconds):
            display(f"{text}, {time.monotonic() - started:.0f} s")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
