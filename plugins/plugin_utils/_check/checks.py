# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the result of one check as a line, and the time that all checks may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Callable, TypeVar

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize

T = TypeVar("T")


@dataclass(frozen=True)
class Check:
    """The result of a check.

    :arg ok: None if it was not made.
    :arg detail: what was found.
    :arg remedy: what to do; empty if it is ok.
    """

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""

    @classmethod
    def failed(cls, name: str, error: HssError) -> Check:
        """The result for an error, whose hint is the remedy."""
        hint = error.hint or ""
        return cls(name, False, str(error)[: -len(hint)].strip() if hint else str(error), hint)

    @property
    def line(self) -> str:
        """The result in one line."""
        verdict = {True: "ok", False: "NOT OK", None: "-"}[self.ok]
        text = f"{verdict:<6}  {self.name}: {self.detail}"
        if not self.remedy:
            return text
        return f"{text}{'' if text.endswith(('.', '!', '?')) else '.'} {self.remedy}"

    def to_result(self) -> dict[str, Any]:
        """The result as plain values."""
        return asdict(self)


class Deadline:
    """The time that all checks may take together. A check that takes longer is abandoned.

    :arg seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until the end, never negative."""
        return max(0.0, self._end - time.monotonic())

    def run(self, function: Callable[[], T], seconds: float) -> T:
        """Calls a function in a thread, and returns its result.

        :arg seconds: what it may take, if so much is left.
        :raises TimeoutError: if it takes longer. The thread does not keep the process from ending.
        """
        results: list[T] = []
        errors: list[BaseException] = []

        def call() -> None:
            try:
                results.append(function())
            except BaseException as exc:
                errors.append(exc)

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(min(seconds, self.left))
        if errors:
            raise errors[0]
        if not results:
            raise TimeoutError
        return results[0]


class Masks:
    """Shortens names that identify who signs, wherever they are in a text."""

    def __init__(self, values: Iterable[str | None]) -> None:
        given = {value for value in values if value and len(value) > 2}
        self._masks = {value: masked(value) for value in sorted(given, key=len, reverse=True)}

    def apply(self, text: str) -> str:
        """The text, in one line."""
        for value, mask in self._masks.items():
            text = text.replace(value, mask)
        return sanitize(text)


def masked(value: str | None) -> str:
    """The beginning of a value, by which its owner recognizes it."""
    return f"{(value or '')[: min(4, len(value or '') // 2)]}***"


def clean(check: Check, change: Callable[[str], str]) -> Check:
    """The result with every text changed."""
    return Check(change(check.name), check.ok, change(check.detail), change(check.remedy))


def not_ok(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the checks that are not ok."""
    return [str(check["name"]) for check in checks if check["ok"] is False]
