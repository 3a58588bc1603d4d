# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: carries plans out. Registering, the delicate part, is in C(_register)."""

from __future__ import annotations

from collections.abc import Sequence

from .._api.hss import HssApi
from .._core.errors import REJECTED, UNKNOWN, HssError
from .create import Registering
from .plan import date_note, stale_date
from .workers import LOOKS, Done, Workers


def carry_out(items: Sequence[Done], api: HssApi, concurrency: int = 1) -> None:
    """Does what the items' plans say, in parallel, and notes with each what became of it. Raises no HssError.

    :arg concurrency: at most so many requests at once.
    """
    workers = Workers(api, concurrency)
    _update([item for item in items if "update" in item.plan.actions], workers)
    _delete([item for item in items if "delete" in item.plan.actions], workers)
    anew = [item for item in items if item.plan.actions == ("delete", "create") and not item.error]
    _prove_absence(anew, workers)
    Registering(workers).register([item for item in items if "create" in item.plan.actions and not item.error])


def _update(items: Sequence[Done], workers: Workers) -> None:
    """Sends the changes, and lists once more to see what HSS made of them."""

    def one(item: Done) -> None:
        item.cluster = None  # what was predicted; from here on only what is listed counts
        workers.api.update_cluster(str(item.plan.cluster_id), item.plan.changes, item.plan.desired.label)
        item.actions.append("update")

    workers.each(items, one)
    updated = [item for item in items if not item.error]
    _note_rows(updated, workers)
    for item in updated:
        warning = stale_date(item.plan, item.cluster) if item.cluster else None
        if warning:
            item.warnings.append(warning)
    _note_dates([item for item in updated if item.cluster and date_note(item.plan, item.cluster)], workers)


def _note_rows(items: Sequence[Done], workers: Workers) -> None:
    registered = workers.look(0.0, items)
    if registered is None:
        return
    for item in items:
        item.cluster = registered.by_id.get(str(item.plan.cluster_id))
        if item.cluster is None:
            item.error = HssError(
                f"The cluster {item.plan.desired.label} was updated, but is not listed any more",
                operation="ListMultiCloudClusters",
                hint="It was removed meanwhile. Run again to register it.",
                outcome=REJECTED,
            )


def _note_dates(items: Sequence[Done], workers: Workers) -> None:
    """Leaves a note with HSS of which kubeconfig it got, where nothing else that it gives back tells."""

    def one(item: Done) -> None:
        note = {"current_expiration_date": date_note(item.plan, item.cluster or {})}
        workers.api.update_cluster(str(item.plan.cluster_id), note, item.plan.desired.label)

    workers.each(items, one)
    _note_rows([item for item in items if not item.error], workers)
    for item in items:
        if item.error or (item.cluster and date_note(item.plan, item.cluster)):
            # What was asked for is done; only the next run will do it once more.
            item.error = None
            item.warnings.append(
                f"nothing that HSS gives back tells that it got this kubeconfig of {item.plan.desired.label}, so the "
                "next run sends it again; leave current_expiration_date out, or use update_kube_config=on_create"
            )


def _delete(items: Sequence[Done], workers: Workers) -> None:
    def one(item: Done) -> None:
        workers.api.delete_cluster(str(item.plan.cluster_id), item.plan.desired.label)
        item.actions.append("delete")

    workers.each(items, one)


def _prove_absence(items: Sequence[Done], workers: Workers) -> None:
    """After a removal: waits until the registrations are gone from the list, before others take their names."""
    waiting = list(items)
    for pause in LOOKS:
        registered = workers.look(pause, waiting)
        if registered is None:
            return
        waiting = [item for item in waiting if item.plan.cluster_id in registered.by_id]
    for item in waiting:
        item.error = HssError(
            f"The registration of the cluster {item.plan.desired.label} was removed, but HSS still lists it",
            operation="ListMultiCloudClusters",
            hint="Run again: once it is gone, the cluster is registered anew.",
            outcome=UNKNOWN,
        )
