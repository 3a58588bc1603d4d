# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: waits until node agents run on every node, or are gone; for all of them at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Callable

from .._api.hss import HssApi
from .._clusters.wait import Wait
from .._core.batch import Parallel
from .._core.errors import REJECTED, TIMEOUT, HssError
from .execute import READING, Done, read
from .plan import CONNECTED
from .status import FAILED, installed_status, is_ready, numbers, progress_of

# The pauses grow to at most so many times the first.
_GENTLE = 3.0
_GROWTH = 1.25
# Of a cluster that HSS cannot reach, it does not take longer to see that nothing happens.
_BRIEF = Wait(3.0, 1.0)


class Waiting:
    """Looks at node agents again and again.

    :arg wait: how long, and with which pauses; None to look once.
    """

    def __init__(self, api: HssApi, parallel: Parallel, wait: Wait | None) -> None:
        self._api = api
        self._parallel = parallel
        self._wait = wait

    # --- until they run -------------------------------------------------------------------------------------------

    def until_ready(self, items: Sequence[Done]) -> None:
        """Until each runs wherever it is wanted, has failed, or time is up; those that do not run have an error."""
        if not self._wait:
            return
        for item in items:
            if not item.plan.observed.connected and not is_ready(item.daemonset):
                item.error = _cut_off(item)
        late = self._until(items, self._wait, self._is_settled)
        failed = [item for item in items if not item.error and _has_failed(item)]
        rows = self._rows() if failed or late else {}
        for item in failed:
            item.error = _failure(item, rows.get(item.cluster_id) or {})
        for item in late:
            item.error = _too_late(item, rows.get(item.cluster_id) or {}, self._wait.timeout)
        self._check_versions([item for item in items if not item.error and "update" in item.actions])

    def _is_settled(self, item: Done, look: int) -> bool:
        if item.daemonset is None:
            item.error = HssError(
                f"The node agent of the cluster {item.label} was removed while it was waited for",
                operation=READING,
                outcome=REJECTED,
            )
            return True
        # Right after an update, HSS may still tell how it was before.
        if look == 0 and "update" in item.actions:
            return False
        return is_ready(item.daemonset) or _has_failed(item)

    def _check_versions(self, items: Sequence[Done]) -> None:
        wanted = [item for item in items if item.plan.desired.agent_version]
        rows = self._rows() if wanted else {}
        for item in wanted:
            version = (rows.get(item.cluster_id) or {}).get("agent_version")
            if version not in (None, item.plan.desired.agent_version):
                item.error = HssError(
                    f"The node agent of the cluster {item.label} runs, but its version is {version} and not "
                    f"{item.plan.desired.agent_version}",
                    operation="UpdateAgentDaemonset",
                    hint="Check agent_version: HSS passes over versions that it does not have.",
                    outcome=REJECTED,
                )

    # --- until they are gone --------------------------------------------------------------------------------------

    def until_gone(self, items: Sequence[Done]) -> None:
        """Until HSS shows none of those that it was asked to remove. Through a tunnel that is gone nobody can tell."""
        reachable = [item for item in items if item.plan.observed.connected]
        cut_off = [item for item in items if not item.plan.observed.connected]
        for item in self._until(cut_off, _BRIEF, _is_gone, look_first=True):
            item.warnings.append(_unconfirmed(item, item.plan.observed.status))
        if not self._wait:
            self._parallel.each(reachable, lambda item: read(self._api, item))
            for item in reachable:
                if item.daemonset is not None and not item.error:
                    item.warnings.append(
                        f"HSS still shows the node agent of the cluster {item.label}; wait=true waits until it is gone"
                    )
            return
        late = self._until(reachable, self._wait, _is_gone, look_first=True)
        rows = self._rows() if late else {}
        for item in late:
            status = (rows.get(item.cluster_id) or {}).get("access_status") or item.plan.observed.status
            if status != CONNECTED:
                item.warnings.append(_unconfirmed(item, status))
                continue
            item.error = HssError(
                f"The node agent of the cluster {item.label} was to be removed, but is still there after "
                f"{self._wait.timeout:g} seconds: {progress_of(item.daemonset)}",
                operation=READING,
                hint="Look at its pods: kubectl -n hss get pods. Waiting can be prolonged with wait_timeout.",
                outcome=TIMEOUT,
            )

    # --- both -----------------------------------------------------------------------------------------------------

    def _until(
        self, items: Sequence[Done], wait: Wait, is_over: Callable[[Done, int], bool], look_first: bool = False
    ) -> list[Done]:
        """Looks until it is over for each item, or for the time there is.

        :arg look_first: what the items hold is older than what they wait for.
        :returns: those for which it is not over.
        """
        start, slept, pause, look = time.monotonic(), 0.0, wait.sleep, 0
        waiting = [item for item in items if not item.error]
        while waiting:
            if look or look_first:
                self._parallel.each(waiting, lambda item: read(self._api, item))
            waited = max(slept, time.monotonic() - start)
            for item in waiting:
                if not item.error:
                    _note(item, waited)
            waiting = [item for item in waiting if not item.error and not is_over(item, look)]
            if not waiting or waited + pause > wait.timeout:
                break
            self._api.sleep(pause)
            slept += pause
            pause = min(pause * _GROWTH, wait.sleep * _GENTLE)
            look += 1
        return waiting

    def _rows(self) -> dict[str, dict[str, Any]]:
        """HSS's own reasons stand in the list; if that cannot be had, a failure is told without them."""
        try:
            return {row["cluster_id"]: row for row in self._api.list_daemonsets()}
        except HssError:
            return {}


def _note(item: Done, waited: float) -> None:
    words = progress_of(item.daemonset)
    if not item.progress or item.progress[-1].partition(": ")[2] != words:
        item.progress.append(f"{waited:.0f} s: {words}")


def _is_gone(item: Done, look: int) -> bool:
    return item.daemonset is None


def _has_failed(item: Done) -> bool:
    return installed_status(item.daemonset) in FAILED


def _unconfirmed(item: Done, status: str) -> str:
    return (
        f"HSS was asked to remove the node agent of the cluster {item.label}, but is not connected to it ({status}): "
        "nobody can tell whether that happens. Remove what is left by hand: kubectl delete namespace hss"
    )


def _cut_off(item: Done) -> HssError:
    return HssError(
        f"The node agent of the cluster {item.label} was last seen as {progress_of(item.daemonset)}, and HSS is not "
        f"connected to the cluster, its status is {item.plan.observed.status}",
        operation="ListMultiCloudClusters",
        hint="Look at the connection agent: kubectl -n hss get pods, and the logs of proxy-agent.",
        outcome=REJECTED,
    )


def _failure(item: Done, row: dict[str, Any]) -> HssError:
    reason = row.get("failed_message")
    return HssError(
        f"The node agent of the cluster {item.label} does not run: {progress_of(item.daemonset)}",
        operation=READING,
        error_msg=str(reason) if reason else None,
        hint="Look at its pods: kubectl -n hss get pods, and kubectl -n hss describe pods for why they do not start.",
        outcome=REJECTED,
    )


def _too_late(item: Done, row: dict[str, Any], timeout: float) -> HssError:
    reason = row.get("failed_message")
    status = row.get("access_status")
    text = (
        f"The node agent of the cluster {item.label} was not ready on every node within {timeout:g} seconds: "
        f"{progress_of(item.daemonset)}"
    )
    hint = "Look at its pods: kubectl -n hss get pods. Waiting can be prolonged with wait_timeout."
    if status not in (None, CONNECTED):
        text += f"; HSS is no longer connected to the cluster ({status})"
        hint = "Look at the connection agent: kubectl -n hss get pods, and the logs of proxy-agent."
    elif not numbers(item.daemonset)[1]:
        hint = f"HSS counts no node that it is wanted on. Check node_selector and pod_tolerances. {hint}"
    return HssError(text, operation=READING, error_msg=str(reason) if reason else None, hint=hint, outcome=TIMEOUT)
