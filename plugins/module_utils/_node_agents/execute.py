# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: carries plans about node agents out. HSS answers 200 to anything, so only reading counts.

A cluster has one node agent, so a create may be sent again, and is: after a lost answer, once reading shows none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._api.hss import HssApi
from .._core.batch import Parallel
from .._core.errors import REJECTED, UNKNOWN, HssError
from .plan import Plan
from .status import progress_of

# Seconds before each look at what a request has done: 7 in all.
_LOOKS = (0.0, 1.0, 2.0, 4.0)
READING = "ShowAgentDaemonsetDetailInfo"


@dataclass
class Done:
    """A plan and what became of it: in check mode its actions, in earnest those that were done.

    :arg daemonset: as last read, or as planned.
    """

    plan: Plan
    daemonset: Mapping[str, Any] | None = None
    error: HssError | None = None
    actions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    # What waiting has seen, such as "10 s: installing, 1 of 3 ready".
    progress: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """For messages."""
        return self.plan.label

    @property
    def cluster_id(self) -> str:
        """Of the cluster."""
        return self.plan.desired.cluster_id


def carry_out(items: Sequence[Done], api: HssApi, parallel: Parallel) -> None:
    """Does what the items' plans say, and notes with each what became of it. Raises no HssError."""
    runner = _Runner(api, parallel)
    runner.create([item for item in items if "create" in item.plan.actions])
    runner.update([item for item in items if "update" in item.plan.actions and not item.error])
    parallel.each([item for item in items if "delete" in item.plan.actions], runner.delete)


def read(api: HssApi, item: Done) -> None:
    """Looks at the node agent."""
    item.daemonset = api.show_daemonset(item.cluster_id)


class _Runner:
    def __init__(self, api: HssApi, parallel: Parallel) -> None:
        self._api = api
        self._parallel = parallel

    def create(self, items: Sequence[Done]) -> None:
        """Has node agents installed, and sees to it that they are there."""
        for item in items:
            item.daemonset = None  # what was predicted; from here on only what is read counts
        unseen = self._create_and_look(items)
        # The answers that were lost: reading shows that nothing came of it, and twice is the same as once.
        unseen = [item for item in unseen if not item.error] + self._create_and_look(
            [item for item in unseen if item.error]
        )
        for item in unseen:
            lost = item.error is not None
            item.error = _none_there(item, lost)

    def _create_and_look(self, items: Sequence[Done]) -> list[Done]:
        """Sends the creates and looks what came of them; those with an error that is sure are done with.

        :returns: those of which nothing came so far, with the error of those whose answer was lost.
        """
        for item in items:
            item.error = None
        self._parallel.each(items, lambda item: self._api.create_daemonset(item.cluster_id, item.plan.body, item.label))
        lost = {item.cluster_id: item.error for item in items if item.error}
        unseen = [item for item in items if item.error is None or item.error.outcome == UNKNOWN]
        for pause in _LOOKS:
            self._look(unseen, pause)
            for item in unseen:
                if item.daemonset is not None:
                    item.actions.append("create")
            unseen = [item for item in unseen if item.daemonset is None and not item.error]
        for item in unseen:
            item.error = lost.get(item.cluster_id)
        return unseen

    def update(self, items: Sequence[Done]) -> None:
        """Has node agents changed, and sees to it that they are as wanted."""
        self._parallel.each(
            items, lambda item: self._api.update_daemonset(item.cluster_id, item.plan.changes, item.label)
        )
        # What a lost update has done shows, unless it was for the version alone.
        lost = {item.cluster_id for item in items if item.error and item.error.outcome == UNKNOWN}
        unseen = [
            item for item in items if not item.error or (item.cluster_id in lost and _shows_in_reading(item.plan))
        ]
        for pause in _LOOKS:
            self._look(unseen, pause)
            for item in unseen:
                if item.daemonset is not None and not item.plan.desired.differences(item.daemonset):
                    item.actions.append("update")
            unseen = [item for item in unseen if item.actions[-1:] != ["update"] and not item.error]
        for item in unseen:
            item.error = _not_as_wanted(item, item.cluster_id in lost)

    def delete(self, item: Done) -> None:
        """Has a node agent removed. It takes a while, so it is looked at later."""
        self._api.delete_daemonset(item.cluster_id, item.label)
        item.actions.append("delete")

    def _look(self, items: Sequence[Done], pause: float) -> None:
        """Reads; an item that cannot be read has the error that says so, and any other none."""
        if items and pause:
            self._api.sleep(pause)
        for item in items:
            item.error = None
        self._parallel.each(items, lambda item: read(self._api, item))
        for item in items:
            if item.error:
                item.error = _unread(item, item.error)


def _shows_in_reading(the_plan: Plan) -> bool:
    before = the_plan.observed.daemonset
    return before is not None and bool(the_plan.desired.differences(before))


def _none_there(item: Done, lost: bool) -> HssError:
    status = item.plan.observed.status
    if lost:
        return HssError(
            f"HSS did not answer the request to install the node agent in the cluster {item.label}, and shows none",
            operation="CreateAgentDaemonset",
            hint="HSS may yet install it. Run again: a node agent that is there by then is not installed twice.",
            outcome=UNKNOWN,
        )
    return HssError(
        f"HSS answered that it installs the node agent in the cluster {item.label}, but there is none; the cluster's "
        f"status was {status} before",
        operation="CreateAgentDaemonset",
        hint="HSS answers so whatever becomes of it. See with hss_multicloud_cluster_info whether HSS is still "
        "connected to the cluster, and with include=[permissions] what it may not do there.",
        outcome=REJECTED,
    )


def _not_as_wanted(item: Done, lost: bool) -> HssError:
    if item.daemonset is None:
        return HssError(
            f"The node agent of the cluster {item.label} was removed while it was changed",
            operation=READING,
            hint="Run again to install it.",
            outcome=REJECTED,
        )
    shown = f"{item.plan.unlike(item.daemonset)} ({progress_of(item.daemonset)})"
    if lost:
        return HssError(
            f"HSS did not answer the request to change the node agent of the cluster {item.label}, and {shown}",
            operation="UpdateAgentDaemonset",
            hint="HSS may yet do it. Run again: what is as wanted by then is left alone.",
            outcome=UNKNOWN,
        )
    return HssError(
        f"HSS answered that it changes the node agent of the cluster {item.label}, but {shown}",
        operation="UpdateAgentDaemonset",
        hint="If both are the same in other words, use those of HSS. If HSS cannot change it, state=absent and then "
        "state=present install it anew.",
        outcome=REJECTED,
    )


def _unread(item: Done, error: HssError) -> HssError:
    return HssError(
        f"HSS was asked about the node agent of the cluster {item.label}, but what came of it could not be read. "
        f"{error.message}",
        operation=error.operation,
        http_status=error.http_status,
        error_code=error.error_code,
        error_msg=error.error_msg,
        request_id=error.request_id,
        hint="Run again: what is as wanted by then is left alone.",
        outcome=UNKNOWN,
    )
