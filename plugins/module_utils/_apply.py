# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: carries plans out, so that each cluster ends up registered once.

HSS has no idempotency token and lets names repeat. So a create is sent again only where it surely was not carried out,
a lost answer is settled by listing, and after creating the list is read once more for a registration that another run
made of the same cluster in the meantime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable

from ._api import HssApi
from ._cluster import Plan, Registered, stale_date
from ._errors import REJECTED, UNKNOWN, HssError

# Seconds before each listing that looks for a lost create, or for the end of a contest: 15 in all.
_LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0)
_PAST = {"update": "updated", "delete": "removed", "": "sent to be registered"}
# A run that has given way waits for the others as well, and they may have begun later.
_MORE_LOOKS = (2.0, 4.0, 8.0)
_ROUNDS = 2


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
    def name(self) -> str:
        return str(self.plan.desired.name)


def carry_out(items: Sequence[Done], api: HssApi, concurrency: int = 1) -> None:
    """Does what the items' plans say, in parallel, and notes with each what became of it. Raises no HssError.

    :arg concurrency: at most so many requests at once.
    """
    runner = _Runner(api, concurrency)
    runner.update([item for item in items if "update" in item.plan.actions])
    runner.each([item for item in items if "delete" in item.plan.actions], runner.delete)
    anew = [item for item in items if item.plan.actions == ("delete", "create") and not item.error]
    runner.prove_absence(anew)
    runner.register([item for item in items if "create" in item.plan.actions and not item.error])


class _Runner:
    def __init__(self, api: HssApi, concurrency: int) -> None:
        self._api = api
        self._concurrency = max(1, concurrency)
        self._refused: HssError | None = None

    def each(self, items: Sequence[Done], work: Callable[[Done], None]) -> None:
        """Does the work for each item, noting its error with it."""

        def one(item: Done) -> None:
            if self._refused:
                item.error = HssError(
                    f"The cluster {item.plan.desired.label} was left alone: HSS refused the credentials before",
                    error_code=self._refused.error_code,
                    request_id=self._refused.request_id,
                    hint=self._refused.hint,
                )
                return
            item.error = None
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

    def update(self, items: Sequence[Done]) -> None:
        """Sends the changes, and lists once more to see what HSS made of them."""

        def one(item: Done) -> None:
            self._api.update_cluster(str(item.plan.cluster_id), item.plan.changes, item.plan.desired.label)
            item.actions.append("update")

        self.each(items, one)
        updated = [item for item in items if not item.error]
        registered = self._look(0.0, updated)
        if registered is None:
            return
        for item in updated:
            row = registered.by_id.get(str(item.plan.cluster_id))
            if row is None:
                item.error = HssError(
                    f"The cluster {item.plan.desired.label} was updated, but is not listed any more",
                    operation="ListMultiCloudClusters",
                    hint="It was removed meanwhile. Run again to register it.",
                    outcome=REJECTED,
                )
                continue
            item.cluster = row
            warning = stale_date(item.plan, row)
            if warning:
                item.warnings.append(warning)

    def prove_absence(self, items: Sequence[Done]) -> None:
        """After a removal: waits until the registrations are gone from the list, before others take their names."""
        waiting = list(items)
        for pause in _LOOKS:
            registered = self._look(pause, waiting)
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

    def delete(self, item: Done) -> None:
        self._api.delete_cluster(str(item.plan.cluster_id), item.plan.desired.label)
        item.actions.append("delete")

    def _create(self, item: Done) -> None:
        item.own_id = self._api.create_cluster(dict(item.plan.body))
        item.actions.append("create")

    def register(self, items: list[Done]) -> None:
        """Creates the clusters; afterwards each is registered once, or has an error."""
        for item in items:
            item.cluster = None  # what was predicted; from here on only what is listed counts
        pending = items
        for _round in range(_ROUNDS):
            if not pending:
                return
            self.each(pending, self._create)
            absent = self._find_lost(pending)
            # The gateway's 5xx come before the service as well as after it, so one more try is worth it now that
            # listing shows nothing. A time-out or a reset is no such sign.
            again = [item for item in absent if item.error and (item.error.http_status or 0) >= 500]
            self.each(again, self._create)
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

    def _find_lost(self, items: Sequence[Done]) -> list[Done]:
        """Looks for clusters whose create was not answered; before it there surely was none of that name.

        :returns: those that every look proved absent.
        """
        lost = [item for item in items if item.error is not None and item.error.outcome == UNKNOWN]
        for pause in _LOOKS:
            registered = self._look(pause, lost)
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
        looks = (*_LOOKS, *_MORE_LOOKS)
        for number, pause in enumerate(looks, start=1):
            registered = self._look(pause, waiting)
            if registered is None:
                return gone
            patient, last = number < len(_LOOKS), number == len(looks)
            still = []
            for item in waiting:
                rows = {row["cluster_id"]: row for row in registered.by_name.get(item.name, [])}
                ids = sorted({*rows, item.own_id} if item.own_id else rows)
                if len(ids) == 1 and (ids[0] in rows or not patient):
                    self._keep(item, ids[0], rows)
                elif not ids and not patient:
                    gone.append(item)
                elif len(ids) > 1 and item.own_id and (item.own_id != ids[0] or not patient):
                    self.each([item], self._take_back)
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

    def _look(self, pause: float, items: Sequence[Done]) -> Registered | None:
        """A new listing, if anyone needs it; if there is none to be had, every item gets the error that says so."""
        if not items:
            return None
        if pause:
            self._api.sleep(pause)
        try:
            return Registered(self._api.list_clusters())
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
