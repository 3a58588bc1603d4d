# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: runs a function for several clusters in parallel and records the error of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable, TypeVar

from .errors import HssError, invalid_option
from .outcome import Entry

MAX_CONCURRENCY = 32

EntryT = TypeVar("EntryT", bound=Entry)


class Batch:
    """Runs functions for several clusters in parallel. After HSS refuses the credentials, no further one is started.

    :arg concurrency: the value of the option C(concurrency).
    :raises HssError: if the value is out of range.
    """

    def __init__(self, concurrency: int = 1) -> None:
        check_concurrency(concurrency)
        self._concurrency = concurrency
        self._refused: HssError | None = None

    def run_each(self, entries: Sequence[EntryT], function: Callable[[EntryT], Any]) -> None:
        """Calls the function for each entry. An HssError that it raises is stored in the entry's C(error)."""

        def run(entry: EntryT) -> None:
            if self._refused:
                entry.error = HssError(
                    f"The cluster {entry.label} was not processed, because HSS had already refused the credentials",
                    error_code=self._refused.error_code,
                    request_id=self._refused.request_id,
                    hint=self._refused.hint,
                )
                return
            try:
                function(entry)
            except HssError as error:
                entry.error = error
                if error.http_status == 401:
                    # Repeated refusals lock the access key.
                    self._refused = error

        if len(entries) == 1:
            run(entries[0])
        elif entries:
            # A single cluster needs no threads, and loading them takes time.
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(min(self._concurrency, len(entries))) as pool:
                list(pool.map(run, entries))


def check_concurrency(value: int) -> None:
    """:raises HssError: if the value of the option C(concurrency) is out of range."""
    if not 1 <= value <= MAX_CONCURRENCY:
        raise invalid_option("concurrency", f"must be from 1 to {MAX_CONCURRENCY}, not {value}.")
