# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: waits until registered clusters are connected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from .._api.hss import HssApi
from .._core.errors import REJECTED, TIMEOUT, HssError
from .._core.outcome import without_error
from .._core.polling import Poller, Wait
from .outcome import ClusterOutcome
from .plan import RegisteredClusters

CONNECTED = "connect_success"
FAILED = "connect_fail"
# HSS tries to connect some time after it was asked to synchronize. Until then it reports the result of an earlier
# attempt, which may be from before this run changed something.
_SETTLING_SECONDS = 30.0


def wait_connected(
    outcomes: Sequence[ClusterOutcome], api: HssApi, wait: Wait, progress: Callable[[str], None] | None = None
) -> None:
    """Synchronizes and lists the clusters until each is connected or has failed, or the time is up.

    A failure is believed if the status changed to it while waiting, or if it remains for 30 seconds. After an update,
    the first status is not believed at all.

    Records the cluster as last listed in each outcome, and an error in the outcomes of clusters that are not connected.

    :arg progress: gets a text after each poll, such as C(12 of 60 connected, 110 s).
    """
    waiting = [outcome for outcome in outcomes if outcome.observed and outcome.observed.get("cluster_id")]
    poller, poll = Poller(wait, api.sleep), 0
    while waiting:
        try:
            api.synchronize_status([_cluster_id(outcome) for outcome in waiting])
            registered = RegisteredClusters(api.list_clusters())
        except HssError as error:
            for outcome in waiting:
                outcome.error = error
            return
        waited = poller.waited
        for outcome in waiting:
            _record(outcome, registered, waited)
        settled = [outcome for outcome in without_error(waiting) if _is_settled(outcome, poll, waited)]
        settled_ids = set(map(id, settled))
        _explain([outcome for outcome in settled if _status(outcome) == FAILED], api)
        waiting = [outcome for outcome in without_error(waiting) if id(outcome) not in settled_ids]
        if progress:
            connected = sum(_status(outcome) == CONNECTED for outcome in outcomes)
            progress(f"{connected} of {len(outcomes)} connected, {waited:.0f} s")
        if not waiting or not poller.pause():
            break
        poll += 1
    _explain([outcome for outcome in waiting if _status(outcome) == FAILED], api)
    for outcome in without_error(waiting):
        outcome.error = HssError(
            f"The cluster {outcome.label} is registered, but was not connected within {wait.timeout:g} seconds; its "
            f"last status is {_status(outcome)}",
            operation="ListMultiCloudClusters",
            hint="Check the connection agent in the cluster: kubectl -n hss get pods, and the logs of proxy-agent. It "
            "must be installed there and be able to reach HSS. Increase wait_timeout if it only needs more time.",
            outcome=TIMEOUT,
        )


def _is_settled(outcome: ClusterOutcome, poll: int, waited: float) -> bool:
    """Whether a status is the result of an attempt that HSS made during this run."""
    if poll == 0 and "update" in outcome.actions:
        return False
    if _status(outcome) == FAILED:
        return len(outcome.progress) > 1 or waited >= _SETTLING_SECONDS
    return _status(outcome) == CONNECTED


def _cluster_id(outcome: ClusterOutcome) -> str:
    return str((outcome.observed or {}).get("cluster_id"))


def _status(outcome: ClusterOutcome) -> str:
    return str((outcome.observed or {}).get("status"))


def _record(outcome: ClusterOutcome, registered: RegisteredClusters, waited: float) -> None:
    row = registered.by_id.get(_cluster_id(outcome))
    if row is None:
        outcome.error = HssError(
            f"The cluster {outcome.label} ({_cluster_id(outcome)}) was removed while waiting for its connection",
            operation="ListMultiCloudClusters",
            hint="Someone else removed it. Run again to register it.",
            outcome=REJECTED,
        )
        return
    outcome.observed = row
    outcome.note_progress(waited, _status(outcome))


def _explain(outcomes: Sequence[ClusterOutcome], api: HssApi) -> None:
    """Adds the error with HSS's own reason, which is in another listing; without it if that cannot be read."""
    if not outcomes:
        return
    try:
        reasons = {row["cluster_id"]: row.get("failed_message") for row in api.list_daemonsets()}
    except HssError:
        reasons = {}
    for outcome in outcomes:
        reason = reasons.get(_cluster_id(outcome))
        outcome.error = HssError(
            f"The cluster {outcome.label} is registered, but HSS could not connect to it",
            operation="ListMultiCloudClusters",
            error_msg=str(reason) if reason else None,
            hint="Check that HSS can reach the server's address, that the server's certificate is valid for it, and "
            "that the credential is accepted; HSS shows the reason in its console.",
            outcome=REJECTED,
        )
