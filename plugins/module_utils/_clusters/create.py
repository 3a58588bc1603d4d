# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: registers clusters so that each ends up registered exactly once.

HSS has no idempotency token and allows several clusters of one name. Therefore a create request is repeated only where
the first one certainly was not carried out, a lost response is resolved by listing, and after creating the list is read
again to find a registration that another run made of the same cluster at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import REJECTED, UNKNOWN, HssError, enumerate_some
from .._core.outcome import without_error
from .._core.polling import CONFIRMATION_PAUSES
from .outcome import ClusterOutcome, Requests

# A run that removed its own registration waits for the other runs, which may have begun later. Seconds.
_LATER_PAUSES = (2.0, 4.0, 8.0)
_ROUNDS = 2


class Creation:
    """The create requests of one run."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._api = requests.api

    def create(self, outcomes: Sequence[ClusterOutcome]) -> None:
        """Registers the clusters; afterwards each is registered once, or its outcome has an error."""
        for outcome in outcomes:
            outcome.observed = None  # From here on, only a listing counts, not the expectation.
        pending = list(outcomes)
        for _round in range(_ROUNDS):
            if not pending:
                return
            self._requests.run_each(pending, self._send)
            absent = self._resolve_lost(pending)
            # A gateway answers 5xx before or after it reached the service. Listings show that nothing was created, so
            # one more request is safe enough. A time-out or a reset gives no such sign.
            again = [outcome for outcome in absent if outcome.error and (outcome.error.http_status or 0) >= 500]
            self._requests.run_each(again, self._send)
            self._resolve_lost(again)
            pending = self._resolve_duplicates(without_error(pending))
        for outcome in pending:
            outcome.error = HssError(
                f"The cluster {outcome.label} is not registered: several runs registered it at the same time, and each "
                "removed its own registration again",
                operation="CreateMultiCloudClusters",
                hint="Run again, and let only one run at a time register a cluster.",
                outcome=REJECTED,
            )

    def _send(self, outcome: ClusterOutcome) -> None:
        outcome.error = None  # That of a first attempt.
        outcome.own_id = self._api.create_cluster(dict(outcome.plan.body))
        if outcome.own_id in self._requests.known_ids:
            _disown(outcome)
            raise _foreign_id(outcome)
        outcome.actions.append("create")

    def _resolve_lost(self, outcomes: Sequence[ClusterOutcome]) -> list[ClusterOutcome]:
        """Lists clusters whose create request had no usable response; no cluster of these names was there before.

        :returns: the outcomes that every listing showed to be absent.
        """
        lost = [outcome for outcome in outcomes if outcome.error is not None and outcome.error.outcome == UNKNOWN]
        for pause in CONFIRMATION_PAUSES:
            registered = self._requests.list_after(pause, lost)
            if registered is None:
                return []
            for outcome in lost:
                rows = registered.by_name.get(outcome.name)
                if rows:
                    outcome.error, outcome.observed = None, rows[0]
                    outcome.actions.append("create")
            lost = [outcome for outcome in lost if outcome.error]
        for outcome in lost:
            if outcome.error and not outcome.foreign_id:
                # The hint about the lost response itself no longer helps.
                outcome.error.hint = (
                    "HSS may have registered the cluster without confirming it, or may still do so. "
                    "Run again: a cluster that is registered by then is found and not registered twice."
                )
        return lost

    def _resolve_duplicates(self, outcomes: Sequence[ClusterOutcome]) -> list[ClusterOutcome]:
        """Makes sure that each name is registered once, and returns the outcomes whose names are not registered at all.

        If a name is registered twice, another run has registered the cluster too. The registration with the lowest
        cluster_id stays, and every other run removes its own. The run that owns the lowest waits for that. If the other
        registration is still there in the end, the run that made it was over before this run created anything, and has
        reported that registration; so this run removes its own.
        """
        waiting = list(outcomes)
        gone: list[ClusterOutcome] = []
        pauses = (*CONFIRMATION_PAUSES, *_LATER_PAUSES)
        for number, pause in enumerate(pauses, start=1):
            registered = self._requests.list_after(pause, waiting)
            if registered is None:
                return gone
            patient, last = number < len(CONFIRMATION_PAUSES), number == len(pauses)
            undecided = []
            for outcome in waiting:
                own_row = registered.by_id.get(str(outcome.own_id))
                if own_row is not None and own_row.get("cluster_name") != outcome.name:
                    _disown(outcome)
                rows = {row["cluster_id"]: row for row in registered.by_name.get(outcome.name, [])}
                ids = sorted({*rows, outcome.own_id} if outcome.own_id else rows)
                if len(ids) == 1 and (ids[0] in rows or not patient):
                    _adopt(outcome, ids[0], rows)
                elif not ids and not patient and outcome.foreign_id:
                    outcome.error = _foreign_id(outcome)
                elif not ids and not patient:
                    gone.append(outcome)
                elif len(ids) > 1 and outcome.own_id and (outcome.own_id != ids[0] or not patient):
                    self._requests.run_each([outcome], self._withdraw)
                    undecided += without_error([outcome])
                elif last:
                    outcome.error = HssError(
                        f"The cluster {outcome.label} is registered more than once: {enumerate_some(ids)}",
                        operation="ListMultiCloudClusters",
                        hint="Another run registered it at the same time. Remove all but one with state=absent and "
                        "their cluster_id.",
                        outcome=REJECTED,
                    )
                else:
                    undecided.append(outcome)
            waiting = undecided
        return gone

    def _withdraw(self, outcome: ClusterOutcome) -> None:
        own_id = str(outcome.own_id)
        label = f"{outcome.label} ({own_id}), which another run registered at the same time,"
        self._api.delete_cluster(own_id, label)
        outcome.actions.append("delete")
        outcome.withdrawn_id, outcome.own_id = own_id, None


def _disown(outcome: ClusterOutcome) -> None:
    """Records that HSS answered our create request with the id of another cluster, which we never change or remove."""
    outcome.foreign_id, outcome.own_id = outcome.own_id, None


def _foreign_id(outcome: ClusterOutcome) -> HssError:
    return HssError(
        f"HSS answered the registration of the cluster {outcome.label} with the id {outcome.foreign_id}, which is that "
        "of another cluster",
        operation="CreateMultiCloudClusters",
        hint="That cluster was not touched. Check in the console of HSS whether the new one is registered, and run "
        "again: a cluster that is registered by then is found and not registered twice.",
        outcome=UNKNOWN,
    )


def _adopt(outcome: ClusterOutcome, cluster_id: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Records the only registration that is left, whichever run made it."""
    outcome.observed = rows.get(cluster_id) or {**(outcome.plan.expected or {}), "cluster_id": cluster_id}
    if cluster_id not in rows:
        outcome.warnings.append(f"HSS registered {outcome.name} as {cluster_id}, but does not list it yet")
    elif outcome.withdrawn_id:
        outcome.warnings.append(
            f"another run registered {outcome.name} at the same time; its registration {cluster_id} stays, and this "
            f"run's own, {outcome.withdrawn_id}, was removed"
        )
