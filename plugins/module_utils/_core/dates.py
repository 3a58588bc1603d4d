# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: dates as the API has them, in milliseconds since the epoch."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

LAST_DATE = 253_402_300_799_999  # the end of the year 9999
# The end of what does not end, where the API needs a date.
NO_END = LAST_DATE // 1000 * 1000


def utc_text(milliseconds: int) -> str:
    """A date as people read it: C(2027-11-26 12:37 UTC)."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def date_text(value: Any) -> str:
    """A date as the API has it, followed by the date as people read it."""
    return f"{value} ({utc_text(value)})" if isinstance(value, int) and 0 < value <= LAST_DATE else str(value)


def same_second(first: Any, second: Any) -> bool:
    """Whether two dates are equal in whole seconds, since HSS may drop the milliseconds."""
    return isinstance(first, int) and isinstance(second, int) and first // 1000 == second // 1000
