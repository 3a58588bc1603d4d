# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: waits until node agents run on every node, or are gone; for many clusters at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._api.hss import HssApi
from .._core.batch import Batch
from .._core.errors import REJECTED, TIMEOUT, HssError
from .._core.outcome import without_error
from .._core.polling import Poller, Wait
from .execute import READ_OPERATION, AgentOutcome, read
from .plan import CONNECTED
from .status import has_failed, has_no_nodes, is_ready, node_counts, status_text

# In a cluster that HSS is not connected to, nothing more is to be seen after a few seconds.
_DISCONNECTED_WAIT = Wait(3.0, 1.0)
# A failure is believed if HSS reports it for so long: it may be from before this run, and a node may have vanished. A
# cluster without nodes for the agent is believed then as well: HSS counts none at first.
_SETTLING_SECONDS = 60.0


class Waiter:
    """Polls node agents.

    :arg wait: how long to wait; None for no waiting.
    :arg progress: gets a text after each poll, such as C(12 of 60 node agents done, 110 s).
    """

    def __init__(
        self, api: HssApi, batch: Batch, wait: Wait | None, progress: Callable[[str], None] | None = None
    ) -> None:
        self._api = api
        self._batch = batch
        self._wait = wait
        self._progress = progress

    def until_ready(self, outcomes: Sequence[AgentOutcome]) -> None:
        """Polls until each runs on every node on which it should, or has failed, or the time is up.

        Records an error in the outcomes of node agents that do not run. If the module does not wait, a failure that HSS
        reports is a warning.
        """
        if not self._wait:
            self._warn_about_failures(outcomes)
            return
        for outcome in outcomes:
            if not outcome.plan.observed.connected and not is_ready(outcome.observed):
                outcome.error = _disconnected(outcome)
        failures, empty = _Lasting(has_failed), _Lasting(has_no_nodes)

        def is_settled(outcome: AgentOutcome, poll: int, waited: float) -> bool:
            lasting = [state.is_permanent(outcome, waited) for state in (failures, empty)]
            return self._is_settled(outcome, poll) or any(lasting)

        late = self._poll(outcomes, self._wait, is_settled)
        failed = [outcome for outcome in without_error(outcomes) if has_failed(outcome.observed)]
        rows = self._list() if failed or late else {}
        for outcome in failed:
            outcome.error = _failed(outcome, rows.get(outcome.cluster_id) or {})
        without_nodes = [outcome for outcome in without_error(outcomes) if has_no_nodes(outcome.observed)]
        late = [outcome for outcome in late if outcome not in without_nodes]
        for outcome in without_nodes:
            outcome.warnings.append(
                f"HSS counts no node on which the node agent of the cluster {outcome.label} should run. If the cluster "
                "has nodes, check node_selector and pod_tolerances"
            )
        for outcome in without_error(late):
            outcome.error = _timed_out(outcome, rows.get(outcome.cluster_id) or {}, self._wait.timeout)
        self._check_versions([outcome for outcome in without_error(outcomes) if "update" in outcome.actions])

    def _is_settled(self, outcome: AgentOutcome, poll: int) -> bool:
        if outcome.observed is None:
            outcome.error = HssError(
                f"The node agent of the cluster {outcome.label} was removed while waiting for it",
                operation=READ_OPERATION,
                hint="Someone else removed it. Run again to install it.",
                outcome=REJECTED,
            )
            return True
        # Right after an update, HSS may still report the state before it.
        if poll == 0 and "update" in outcome.actions:
            return False
        return is_ready(outcome.observed)

    def _warn_about_failures(self, outcomes: Sequence[AgentOutcome]) -> None:
        failed = [outcome for outcome in outcomes if has_failed(outcome.observed)]
        rows = self._list() if failed else {}
        for outcome in failed:
            outcome.warnings.append(str(_failed(outcome, rows.get(outcome.cluster_id) or {})))

    def _check_versions(self, outcomes: Sequence[AgentOutcome]) -> None:
        requested = [outcome for outcome in outcomes if outcome.plan.desired.agent_version]
        rows = self._list() if requested else {}
        for outcome in requested:
            version = (rows.get(outcome.cluster_id) or {}).get("agent_version")
            if version not in (None, outcome.plan.desired.agent_version):
                outcome.error = HssError(
                    f"The node agent of the cluster {outcome.label} runs, but its version is {version} and not "
                    f"{outcome.plan.desired.agent_version}",
                    operation="UpdateAgentDaemonset",
                    hint="HSS ignores versions that it does not have. According to its documentation it upgrades the "
                    "agents of CCE clusters only: in other clusters, remove the node agent with state=absent, and "
                    "install it again without agent_version.",
                    outcome=REJECTED,
                )

    def until_gone(self, outcomes: Sequence[AgentOutcome]) -> None:
        """Polls until HSS no longer reports the node agents that it was asked to remove.

        Without a connection to the cluster that cannot be confirmed, which is a warning.
        """
        connected = [outcome for outcome in outcomes if outcome.plan.observed.connected]
        disconnected = [outcome for outcome in outcomes if not outcome.plan.observed.connected]
        for outcome in self._poll(disconnected, _DISCONNECTED_WAIT, _is_gone, read_first=True):
            outcome.warnings.append(_unconfirmed(outcome, outcome.plan.observed.status))
        if not self._wait:
            self._batch.run_each(connected, lambda outcome: read(self._api, outcome))
            for outcome in without_error(connected):
                if outcome.observed is not None:
                    outcome.warnings.append(
                        f"HSS still reports the node agent of the cluster {outcome.label}; use wait=true to wait until "
                        "it is gone"
                    )
            return
        late = self._poll(connected, self._wait, _is_gone, read_first=True)
        rows = self._list() if late else {}
        for outcome in late:
            status = (rows.get(outcome.cluster_id) or {}).get("access_status") or outcome.plan.observed.status
            if status != CONNECTED:
                outcome.warnings.append(_unconfirmed(outcome, status))
                continue
            outcome.error = HssError(
                f"The node agent of the cluster {outcome.label} is still there {self._wait.timeout:g} seconds after "
                f"its removal was requested: {status_text(outcome.observed)}",
                operation=READ_OPERATION,
                hint="Check its pods: kubectl -n hss get pods. Increase wait_timeout if they only need more time.",
                outcome=TIMEOUT,
            )

    def _poll(
        self,
        outcomes: Sequence[AgentOutcome],
        wait: Wait,
        is_done: Callable[[AgentOutcome, int, float], bool],
        read_first: bool = False,
    ) -> list[AgentOutcome]:
        """Reads node agents until each is done, or the time is up.

        :arg is_done: takes an outcome, the number of the poll, from 0, and the seconds since the beginning.
        :arg read_first: whether C(observed) is older than the state that is waited for.
        :returns: the outcomes that are not done.
        """
        poller, poll = Poller(wait, self._api.sleep), 0
        waiting = without_error(outcomes)
        while waiting:
            if poll or read_first:
                self._batch.run_each(waiting, lambda outcome: read(self._api, outcome))
            for outcome in without_error(waiting):
                outcome.note_progress(poller.waited, status_text(outcome.observed))
            waited = poller.waited
            waiting = [outcome for outcome in without_error(waiting) if not is_done(outcome, poll, waited)]
            if self._progress:
                done = len(outcomes) - len(waiting)
                self._progress(f"{done} of {len(outcomes)} node agents done, {poller.waited:.0f} s")
            if not waiting or not poller.pause():
                break
            poll += 1
        return waiting

    def _list(self) -> dict[str, dict[str, Any]]:
        """The listing that has HSS's own reasons; empty if it cannot be read, since the reasons are optional."""
        try:
            return {row["cluster_id"]: row for row in self._api.list_daemonsets()}
        except HssError:
            return {}


class _Lasting:
    """How long HSS has been reporting a state of node agents.

    :arg is_reported: takes a node agent as HSS reports it.
    """

    def __init__(self, is_reported: Callable[[Mapping[str, Any] | None], bool]) -> None:
        self._is_reported = is_reported
        self._since: dict[str, float] = {}

    def is_permanent(self, outcome: AgentOutcome, waited: float) -> bool:
        """Whether the state has been reported for so long that it counts.

        :arg waited: seconds since the beginning.
        """
        if not self._is_reported(outcome.observed):
            self._since.pop(outcome.cluster_id, None)
            return False
        return waited - self._since.setdefault(outcome.cluster_id, waited) >= _SETTLING_SECONDS


def _is_gone(outcome: AgentOutcome, poll: int, waited: float) -> bool:
    return outcome.observed is None


def _unconfirmed(outcome: AgentOutcome, status: str) -> str:
    return (
        f"HSS was asked to remove the node agent of the cluster {outcome.label}, but is not connected to the cluster "
        f"({status}), so the removal cannot be confirmed. Remove the rest by hand: kubectl delete namespace hss"
    )


def _disconnected(outcome: AgentOutcome) -> HssError:
    return HssError(
        f"The last known status of the node agent of the cluster {outcome.label} is {status_text(outcome.observed)}, "
        f"and HSS is not connected to the cluster, its status is {outcome.plan.observed.status}",
        operation="ListMultiCloudClusters",
        hint="Check the connection agent: kubectl -n hss get pods, and the logs of proxy-agent.",
        outcome=REJECTED,
    )


def _failed(outcome: AgentOutcome, row: Mapping[str, Any]) -> HssError:
    reason = row.get("failed_message")
    return HssError(
        f"The node agent of the cluster {outcome.label} does not run: {status_text(outcome.observed)}",
        operation=READ_OPERATION,
        error_msg=str(reason) if reason else None,
        hint="Check its pods: kubectl -n hss get pods, and kubectl -n hss describe pods for why they do not start.",
        outcome=REJECTED,
    )


def _timed_out(outcome: AgentOutcome, row: Mapping[str, Any], timeout: float) -> HssError:
    reason = row.get("failed_message")
    status = row.get("access_status")
    message = (
        f"The node agent of the cluster {outcome.label} was not ready on every node within {timeout:g} seconds: "
        f"{status_text(outcome.observed)}"
    )
    hint = "Check its pods: kubectl -n hss get pods. Increase wait_timeout if they only need more time."
    if status not in (None, CONNECTED):
        message += f"; HSS is no longer connected to the cluster ({status})"
        hint = "Check the connection agent: kubectl -n hss get pods, and the logs of proxy-agent."
    elif not node_counts(outcome.observed)[1]:
        hint = f"HSS counts no node for the agent. Check node_selector and pod_tolerances. {hint}"
    return HssError(
        message, operation=READ_OPERATION, error_msg=str(reason) if reason else None, hint=hint, outcome=TIMEOUT
    )
