# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what became of the plan for one cluster, and a listing shared by several outcomes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._api.hss import HssApi
from .._core.batch import Batch
from .._core.errors import UNKNOWN, HssError
from .._core.outcome import Outcome
from .plan import Plan, RegisteredClusters

_PAST = {"update": "updated", "delete": "removed"}


@dataclass
class ClusterOutcome(Outcome[Plan]):
    """A plan and what became of it.

    :arg own_id: Set only from the response to our own create request. If two runs registered the same cluster, this is
        the only registration that we may delete.
    :arg foreign_id: an id that HSS returned for our own create request, but that is another cluster's.
    :arg withdrawn_id: our own registration, after we deleted it in favour of another run's.
    """

    own_id: str | None = None
    foreign_id: str | None = None
    withdrawn_id: str | None = None

    @property
    def name(self) -> str:
        """The desired name."""
        return str(self.plan.desired.name)


class Requests:
    """The requests of one run: the API, several requests at a time, and listings for many outcomes at once.

    :arg concurrency: the maximum number of simultaneous requests.
    :arg known_ids: the ids of all clusters that were registered before.
    """

    def __init__(self, api: HssApi, concurrency: int, known_ids: Collection[str] = ()) -> None:
        self.api = api
        self.known_ids = known_ids
        self._batch = Batch(concurrency)

    def run_each(self, outcomes: Sequence[ClusterOutcome], send: Callable[[ClusterOutcome], Any]) -> None:
        """Calls a function for each outcome; an HssError that it raises becomes the outcome's."""
        self._batch.run_each(outcomes, send)

    def list_after(self, pause: float, outcomes: Sequence[ClusterOutcome]) -> RegisteredClusters | None:
        """Lists the clusters again after a pause in seconds, unless there is no outcome to list them for.

        :returns: None if there is no listing; if it failed, every outcome has an error that says so.
        """
        if not outcomes:
            return None
        if pause:
            self.api.sleep(pause)
        try:
            return RegisteredClusters(self.api.list_clusters())
        except HssError as error:
            for outcome in outcomes:
                outcome.error = _unlisted(outcome, error)
            return None


def _unlisted(outcome: ClusterOutcome, error: HssError) -> HssError:
    if outcome.own_id:
        done = f"registered as {outcome.own_id}"
    else:
        done = _PAST[outcome.actions[-1]] if outcome.actions else "sent to be registered"
    return error.with_context(
        f"The cluster {outcome.label} was {done}, but the list could not be read afterwards.",
        hint="Run again: a cluster that is registered by then is found and not registered twice.",
        outcome=UNKNOWN,
    )
