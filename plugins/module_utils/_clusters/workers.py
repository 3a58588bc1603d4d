# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what carrying out plans has in common: several requests at a time, and looking again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.hss import HssApi
from .._core.batch import Parallel
from .._core.errors import UNKNOWN, HssError
from .plan import Plan, Registered

# Seconds before each listing that looks for a lost create, or for the end of a contest: 15 in all.
LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0)
_PAST = {"update": "updated", "delete": "removed", "": "sent to be registered"}


@dataclass
class Done:
    """A plan and what became of it: in check mode its actions, in earnest those that were done."""

    plan: Plan
    cluster: Mapping[str, Any] | None = None
    error: HssError | None = None
    actions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    # Known only from an answer to this run's own create: nothing else is ever removed to end a contest.
    own_id: str | None = None
    taken_back: str | None = None
    # What waiting has seen, such as "10 s: not_connect".
    progress: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """For messages."""
        return self.plan.desired.label

    @property
    def name(self) -> str:
        return str(self.plan.desired.name)


class Workers(Parallel):
    """Work on several clusters at once, and look at all of them together."""

    def __init__(self, api: HssApi, concurrency: int) -> None:
        super().__init__(concurrency)
        self.api = api

    def look(self, pause: float, items: Sequence[Done]) -> Registered | None:
        """A new listing, if anyone needs it; if there is none to be had, every item gets the error that says so."""
        if not items:
            return None
        if pause:
            self.api.sleep(pause)
        try:
            return Registered(self.api.list_clusters())
        except HssError as error:
            for item in items:
                done = (
                    f"registered as {item.own_id}" if item.own_id else _PAST[item.actions[-1] if item.actions else ""]
                )
                item.error = HssError(
                    f"The cluster {item.plan.desired.label} was {done}, but the list could not be read afterwards. "
                    f"{error.message}",
                    operation=error.operation,
                    http_status=error.http_status,
                    error_code=error.error_code,
                    error_msg=error.error_msg,
                    request_id=error.request_id,
                    hint="Run again: what is registered by then is found and not registered twice.",
                    outcome=UNKNOWN,
                )
            return None
