# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: does one thing for many clusters, several at a time, and notes with each what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Protocol, TypeVar

from .errors import HssError, invalid

MAX_CONCURRENCY = 32
_QUOTED_FAILURES = 5


class Item(Protocol):
    """A cluster that something is done for."""

    error: HssError | None

    @property
    def label(self) -> str:
        """For messages."""


ItemT = TypeVar("ItemT", bound=Item)


class Parallel:
    """Runs a work for several items at a time. Once HSS refuses the credentials, no other item is tried with them.

    :arg concurrency: the option's value.
    :raises HssError: if it cannot be used.
    """

    def __init__(self, concurrency: int = 1) -> None:
        check_concurrency(concurrency)
        self._concurrency = concurrency
        self._refused: HssError | None = None

    def each(self, items: Sequence[ItemT], work: Callable[[ItemT], Any]) -> None:
        """Does the work for each item; where it raises an HssError, that becomes the item's."""

        def one(item: ItemT) -> None:
            if self._refused:
                item.error = HssError(
                    f"The cluster {item.label} was left alone: HSS refused the credentials before",
                    error_code=self._refused.error_code,
                    request_id=self._refused.request_id,
                    hint=self._refused.hint,
                )
                return
            try:
                work(item)
            except HssError as error:
                item.error = error
                if error.http_status == 401:
                    # Every further refusal brings the access key nearer to being locked.
                    self._refused = error

        if len(items) == 1:
            one(items[0])
        elif items:
            with ThreadPoolExecutor(min(self._concurrency, len(items))) as pool:
                list(pool.map(one, items))


def check_concurrency(value: int) -> None:
    """:raises HssError: if the option's value cannot be used."""
    if not 1 <= value <= MAX_CONCURRENCY:
        raise invalid("concurrency", f"must be from 1 to {MAX_CONCURRENCY}, not {value}.")


def summary(what: str, items: Iterable[Item], where: str) -> str:
    """The failures of many in one message.

    :arg what: "node agents failed".
    :arg where: the return value that holds the rest.
    """
    every = list(items)
    failed = [item for item in every if item.error]
    told = [f"{item.label}: {item.error}" for item in failed[:_QUOTED_FAILURES]]
    if len(failed) > _QUOTED_FAILURES:
        told.append(f"and {len(failed) - _QUOTED_FAILURES} more, see {where}")
    return f"{len(failed)} of {len(every)} {what}. " + " | ".join(told)
