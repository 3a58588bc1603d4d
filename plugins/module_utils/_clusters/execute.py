# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: carries out plans for clusters. Creating is in C(create)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .._api.hss import HssApi
from .._core.errors import REJECTED, UNKNOWN, HssError
from .._core.outcome import without_error
from .._core.polling import CONFIRMATION_PAUSES
from .outcome import ClusterOutcome, Requests
from .plan import refused_token_hint, sent_kubeconfig_warnings, upgrade_warnings


def execute(
    outcomes: Sequence[ClusterOutcome], api: HssApi, concurrency: int = 1, known_ids: Collection[str] = ()
) -> None:
    """Carries out the plans, and records in each outcome what became of it. Raises no HssError.

    :arg concurrency: the maximum number of simultaneous requests.
    :arg known_ids: the ids of all clusters that were registered before.
    """
    requests = Requests(api, concurrency, known_ids)
    _update([outcome for outcome in outcomes if "update" in outcome.plan.actions], requests)
    _delete([outcome for outcome in outcomes if "delete" in outcome.plan.actions], requests)
    replaced = [outcome for outcome in without_error(outcomes) if outcome.plan.actions == ("delete", "create")]
    _await_absence(replaced, requests)
    created = [outcome for outcome in without_error(outcomes) if "create" in outcome.plan.actions]
    if created:
        # Most runs change nothing, so they do not load this.
        from .create import Creation

        Creation(requests).create(created)


def _update(outcomes: Sequence[ClusterOutcome], requests: Requests) -> None:
    """Sends the changes, and lists again to see which values HSS has now."""

    def send(outcome: ClusterOutcome) -> None:
        outcome.observed = None  # From here on, only a listing counts, not the expectation.
        try:
            requests.api.update_cluster(str(outcome.plan.cluster_id), outcome.plan.changes, outcome.label)
        except HssError as error:
            if error.outcome == REJECTED and (hint := refused_token_hint(outcome.plan)):
                raise error.with_context(f"{outcome.label}:", hint=hint) from None
            raise
        outcome.actions.append("update")

    requests.run_each(outcomes, send)
    updated = without_error(outcomes)
    registered = requests.list_after(0.0, updated)
    if registered is None:
        return
    for outcome in updated:
        outcome.observed = registered.by_id.get(str(outcome.plan.cluster_id))
        if outcome.observed:
            outcome.warnings += sent_kubeconfig_warnings(outcome.plan, outcome.observed)
            outcome.warnings += upgrade_warnings(outcome.plan, outcome.observed)
        else:
            outcome.error = HssError(
                f"The cluster {outcome.label} was updated, but is no longer listed",
                operation="ListMultiCloudClusters",
                hint="It was removed in the meantime. Run again to register it.",
                outcome=REJECTED,
            )


def _delete(outcomes: Sequence[ClusterOutcome], requests: Requests) -> None:
    def send(outcome: ClusterOutcome) -> None:
        requests.api.delete_cluster(str(outcome.plan.cluster_id), outcome.label)
        outcome.actions.append("delete")

    requests.run_each(outcomes, send)


def _await_absence(outcomes: Sequence[ClusterOutcome], requests: Requests) -> None:
    """Lists until removed registrations are gone, before others take their names."""
    waiting = list(outcomes)
    for pause in CONFIRMATION_PAUSES:
        registered = requests.list_after(pause, waiting)
        if registered is None:
            return
        waiting = [outcome for outcome in waiting if outcome.plan.cluster_id in registered.by_id]
    for outcome in waiting:
        outcome.error = HssError(
            f"The registration of the cluster {outcome.label} was removed, but HSS still lists it",
            operation="ListMultiCloudClusters",
            hint="Run again: once the old registration is gone, the cluster is registered again.",
            outcome=UNKNOWN,
        )
