# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: waits until registered clusters are connected."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from .._api.hss import HssApi
from .._core.errors import REJECTED, TIMEOUT, HssError
from .plan import Registered
from .workers import Done

CONNECTED = "connect_success"
FAILED = "connect_fail"
# The pauses grow to at most so many times the first.
_GENTLE = 3.0
_GROWTH = 1.25


@dataclass(frozen=True)
class Wait:
    """How to wait, in seconds."""

    timeout: float
    sleep: float


def wait_connected(items: Sequence[Done], api: HssApi, wait: Wait) -> None:
    """Has HSS look at the connections and lists, until each cluster is connected, has failed, or time is up.

    Notes the last listed cluster with each item, and the error of those that are not connected.
    """
    waiting = [item for item in items if item.cluster and item.cluster.get("cluster_id")]
    start, slept, pause = time.monotonic(), 0.0, wait.sleep
    while waiting:
        try:
            api.synchronize_status([str(item.cluster["cluster_id"]) for item in waiting if item.cluster])
            registered = Registered(api.list_clusters())
        except HssError as error:
            for item in waiting:
                item.error = error
            return
        waited = max(slept, time.monotonic() - start)
        for item in waiting:
            _look(item, registered, waited)
        failed = [item for item in waiting if not item.error and _status(item) == FAILED]
        if failed:
            _explain(failed, api)
        waiting = [item for item in waiting if not item.error and _status(item) != CONNECTED]
        if waited + pause > wait.timeout:
            break
        if waiting:
            api.sleep(pause)
            slept += pause
            pause = min(pause * _GROWTH, wait.sleep * _GENTLE)
    for item in waiting:
        item.error = HssError(
            f"The cluster {item.plan.desired.label} is registered, but was not connected within {wait.timeout:g} "
            f"seconds; its last status is {_status(item)}",
            operation="ListMultiCloudClusters",
            hint="Look at the connection agent in the cluster: kubectl -n hss get pods, and the logs of proxy-agent. "
            "It has to be installed there, and needs a way to HSS. Waiting can be prolonged with wait_timeout.",
            outcome=TIMEOUT,
        )


def _look(item: Done, registered: Registered, waited: float) -> None:
    cluster_id = str((item.cluster or {}).get("cluster_id"))
    row = registered.by_id.get(cluster_id)
    if row is None:
        item.error = HssError(
            f"The cluster {item.plan.desired.label} ({cluster_id}) was removed while it was waited for",
            operation="ListMultiCloudClusters",
            outcome=REJECTED,
        )
        return
    item.cluster = row
    if not item.progress or not item.progress[-1].endswith(f" {_status(item)}"):
        item.progress.append(f"{waited:.0f} s: {_status(item)}")


def _status(item: Done) -> str:
    return str((item.cluster or {}).get("status"))


def _explain(items: Sequence[Done], api: HssApi) -> None:
    """HSS's own reason stands in another listing; if that cannot be had, the failure is told without it."""
    try:
        reasons = {row["cluster_id"]: row.get("failed_message") for row in api.list_daemonsets()}
    except HssError:
        reasons = {}
    for item in items:
        reason = reasons.get((item.cluster or {}).get("cluster_id"))
        item.error = HssError(
            f"The cluster {item.plan.desired.label} is registered, but HSS could not connect to it",
            operation="ListMultiCloudClusters",
            error_msg=str(reason) if reason else None,
            hint="Check that HSS can reach the server's address, that its certificate is made for it, and that the "
            "credential works; HSS shows the reason in its console.",
            outcome=REJECTED,
        )
