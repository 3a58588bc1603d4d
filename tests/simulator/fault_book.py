# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planned faults, and the choice of a fault for each request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from .contract import OPERATION_NAMES, OPERATIONS, Operation
from .faults import Fault
from .wire import Request

ANY = "*"


@dataclass
class PlannedFault:
    """A fault and the requests it applies to. Plans are tried in the order in which they were made.

    A request goes to the first plan that matches, is not used up and has skipped enough requests. A plan counts a
    request as skipped only if no earlier plan took it.
    """

    id: int
    operation: str
    fault: Fault
    times: int | None  # None: every time
    skip: int
    match: str | None  # only requests that have this text in the path, the query or the body
    used: int = 0
    skipped: int = 0
    _book: FaultBook | None = field(default=None, repr=False)

    @property
    def done(self) -> bool:
        """Whether it is used up."""
        return self.times is not None and self.used >= self.times

    def cancel(self) -> None:
        """Remove it."""
        if self._book is not None:
            self._book.cancel(self.id)

    def as_dict(self) -> dict[str, Any]:
        """Its values, for the control API."""
        return {
            "id": self.id,
            "operation": self.operation,
            "fault": self.fault.as_dict(),
            "times": self.times,
            "skip": self.skip,
            "match": self.match,
            "used": self.used,
            "skipped": self.skipped,
        }


class FaultBook:
    """All planned faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[PlannedFault] = []
        self._last_id = 0

    def plan(
        self, operation: str, fault: Fault, times: int | None = 1, skip: int = 0, match: str | None = None
    ) -> PlannedFault:
        """Plan a fault for the next requests of an operation, or of any operation ("*")."""
        if operation != ANY and operation not in OPERATION_NAMES:
            raise ValueError(f"operation: {operation!r} is neither * nor one of {', '.join(sorted(OPERATION_NAMES))}")
        paged = operation == ANY or any(known.paged for known in OPERATIONS if known.name == operation)
        if fault.for_pages_only and not paged:
            raise ValueError(f"{fault.kind}: {operation} is not a listing")
        if times is not None and times < 1 or skip < 0:
            raise ValueError("times: at least 1, or None for every time; skip: at least 0")
        with self._lock:
            self._last_id += 1
            plan = PlannedFault(self._last_id, operation, fault, times, skip, match, _book=self)
            self._plans.append(plan)
        return plan

    def take(self, operation: Operation, request: Request) -> tuple[Fault, int] | None:
        """The fault for this request, and how often it was used, this time included."""
        if not self._plans:
            return None
        with self._lock:
            for plan in self._plans:
                if plan.done or not _matches(plan, operation, request):
                    continue
                if plan.skipped < plan.skip:
                    plan.skipped += 1
                    continue
                plan.used += 1
                return plan.fault, plan.used
        return None

    def plans(self) -> list[PlannedFault]:
        """All plans, used up or not."""
        with self._lock:
            return list(self._plans)

    def cancel(self, plan_id: int) -> bool:
        """Remove a plan; False if there is none with this id."""
        with self._lock:
            before = len(self._plans)
            self._plans = [plan for plan in self._plans if plan.id != plan_id]
            return len(self._plans) < before

    def clear(self) -> None:
        """Remove all plans."""
        with self._lock:
            self._plans = []


def _matches(plan: PlannedFault, operation: Operation, request: Request) -> bool:
    if plan.operation not in (ANY, operation.name) or (plan.fault.for_pages_only and not operation.paged):
        return False
    if plan.match is None:
        return True
    return plan.match in f"{request.path}?{request.query_string}" or plan.match.encode() in request.body
