# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: registers clusters, so that each ends up registered once.

HSS has no idempotency token and lets names repeat. So a create is sent again only where it surely was not carried out,
a lost answer is settled by listing, and after creating the list is read once more for a registration that another run
made of the same cluster in the meantime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import REJECTED, UNKNOWN, HssError
from .workers import LOOKS, Done, Workers

# A run that has given way waits for the others as well, and they may have begun later.
_MORE_LOOKS = (2.0, 4.0, 8.0)
_ROUNDS = 2


class Registering:
    """The creates of a run."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._api = workers.api

    def register(self, items: list[Done]) -> None:
        """Creates the clusters; afterwards each is registered once, or has an error."""
        for item in items:
            item.cluster = None  # what was predicted; from here on only what is listed counts
        pending = items
        for _round in range(_ROUNDS):
            if not pending:
                return
            self._workers.each(pending, self._create)
            absent = self._find_lost(pending)
            # The gateway's 5xx come before the service as well as after it, so one more try is worth it now that
            # listing shows nothing. A time-out or a reset is no such sign.
            again = [item for item in absent if item.error and (item.error.http_status or 0) >= 500]
            self._workers.each(again, self._create)
            self._find_lost(again)
            pending = self._settle([item for item in pending if item.error is None])
        for item in pending:
            item.error = HssError(
                f"The cluster {item.plan.desired.label} is not registered: several runs registered it at the same "
                "time, and each took its own registration back",
                operation="CreateMultiCloudClusters",
                hint="Run again, and let one run at a time register a cluster.",
                outcome=REJECTED,
            )

    def _create(self, item: Done) -> None:
        item.error = None  # of a first try
        item.own_id = self._api.create_cluster(dict(item.plan.body))
        item.actions.append("create")

    def _find_lost(self, items: Sequence[Done]) -> list[Done]:
        """Looks for clusters whose create was not answered; before it there surely was none of that name.

        :returns: those that every look proved absent.
        """
        lost = [item for item in items if item.error is not None and item.error.outcome == UNKNOWN]
        for pause in LOOKS:
            registered = self._workers.look(pause, lost)
            if registered is None:
                return []
            for item in lost:
                rows = registered.by_name.get(item.name)
                if rows:
                    item.error, item.cluster = None, rows[0]
                    item.actions.append("create")
            lost = [item for item in lost if item.error]
        for item in lost:
            if item.error:
                # What the exchange itself advised is beside the point now.
                item.error.hint = (
                    "HSS may have registered the cluster without saying so, or may yet do it. "
                    "Run again: if it is registered by then, it is found and not registered twice."
                )
        return lost

    def _settle(self, items: Sequence[Done]) -> list[Done]:
        """Sees to it that each name stands once, and returns those items whose name no longer stands at all.

        Where a name stands twice, another run has registered the cluster too. The lowest cluster_id stays, and every
        other run removes its own. A run that holds the lowest waits for that; if the other registration is still
        there in the end, its run was over before this one began to create, and has reported that id: so this one goes.
        """
        waiting = list(items)
        gone: list[Done] = []
        looks = (*LOOKS, *_MORE_LOOKS)
        for number, pause in enumerate(looks, start=1):
            registered = self._workers.look(pause, waiting)
            if registered is None:
                return gone
            patient, last = number < len(LOOKS), number == len(looks)
            still = []
            for item in waiting:
                rows = {row["cluster_id"]: row for row in registered.by_name.get(item.name, [])}
                ids = sorted({*rows, item.own_id} if item.own_id else rows)
                if len(ids) == 1 and (ids[0] in rows or not patient):
                    self._keep(item, ids[0], rows)
                elif not ids and not patient:
                    gone.append(item)
                elif len(ids) > 1 and item.own_id and (item.own_id != ids[0] or not patient):
                    self._workers.each([item], self._take_back)
                    still += [] if item.error else [item]
                elif last:
                    item.error = HssError(
                        f"The cluster {item.plan.desired.label} is registered more than once: {', '.join(ids)}",
                        operation="ListMultiCloudClusters",
                        hint="Another run registered it at the same time. Remove all but one with state=absent and "
                        "their cluster_id.",
                        outcome=REJECTED,
                    )
                else:
                    still.append(item)
            waiting = still
        return gone

    def _keep(self, item: Done, cluster_id: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """The one registration that is left, be it this run's or another's."""
        item.cluster = rows.get(cluster_id) or {**(item.plan.cluster or {}), "cluster_id": cluster_id}
        if cluster_id not in rows:
            item.warnings.append(f"HSS registered {item.name} as {cluster_id}, but does not list it yet")
        elif item.taken_back:
            item.warnings.append(
                f"another run registered {item.name} at the same time; its registration {cluster_id} stays, and this "
                f"run's own, {item.taken_back}, was removed"
            )

    def _take_back(self, item: Done) -> None:
        own_id = str(item.own_id)
        label = f"{item.plan.desired.label} ({own_id}), which another run registered at the same time,"
        self._api.delete_cluster(own_id, label)
        item.actions.append("delete")
        item.taken_back, item.own_id = own_id, None
