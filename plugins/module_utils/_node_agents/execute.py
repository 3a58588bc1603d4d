# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: carries out plans for node agents.

HSS answers 200 to any request, so only reading shows what a request did. A cluster has one node agent, so a create
request can be repeated, and is repeated after a lost response once reading shows that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._api.hss import HssApi
from .._core.batch import Batch
from .._core.errors import REJECTED, UNKNOWN, HssError
from .._core.outcome import Outcome, without_error
from .plan import Plan
from .status import in_transition, status_text

# Seconds before each request that looks for the effect of an earlier request: 7 in all.
_PAUSES = (0.0, 1.0, 2.0, 4.0)
READ_OPERATION = "ShowAgentDaemonsetDetailInfo"


@dataclass
class AgentOutcome(Outcome[Plan]):
    """A plan and what became of it; C(observed) is the node agent."""

    @property
    def cluster_id(self) -> str:
        """The cluster's id."""
        return self.plan.desired.cluster_id


def execute(outcomes: Sequence[AgentOutcome], api: HssApi, batch: Batch) -> None:
    """Carries out the plans, and records in each outcome what became of it. Raises no HssError."""
    execution = _Execution(api, batch)
    execution.create([outcome for outcome in outcomes if "create" in outcome.plan.actions])
    execution.update([outcome for outcome in without_error(outcomes) if "update" in outcome.plan.actions])
    batch.run_each([outcome for outcome in outcomes if "delete" in outcome.plan.actions], execution.delete)


def read(api: HssApi, outcome: AgentOutcome) -> None:
    """Records the node agent as HSS reports it now."""
    outcome.observed = api.show_daemonset(outcome.cluster_id)


class _Execution:
    def __init__(self, api: HssApi, batch: Batch) -> None:
        self._api = api
        self._batch = batch

    def create(self, outcomes: Sequence[AgentOutcome]) -> None:
        """Installs node agents, and confirms by reading that they are there."""
        for outcome in outcomes:
            outcome.observed = None  # From here on, only reading counts, not the expectation.
        absent = self._create_and_confirm(outcomes)
        # Where the response was lost and reading shows no node agent, a second request does no harm.
        absent = without_error(absent) + self._create_and_confirm([outcome for outcome in absent if outcome.error])
        for outcome in absent:
            outcome.error = _not_created(outcome, lost=outcome.error is not None)

    def _create_and_confirm(self, outcomes: Sequence[AgentOutcome]) -> list[AgentOutcome]:
        """Sends the create requests and reads until they show an effect.

        :returns: the outcomes without an effect so far, with an error where the response was lost. Those that certainly
            failed keep their error and are not among them.
        """
        for outcome in outcomes:
            outcome.error = None
        self._batch.run_each(
            outcomes, lambda outcome: self._api.create_daemonset(outcome.cluster_id, outcome.plan.body, outcome.label)
        )
        lost = {outcome.cluster_id: outcome.error for outcome in outcomes if outcome.error}
        absent = [outcome for outcome in outcomes if outcome.error is None or outcome.error.outcome == UNKNOWN]
        for pause in _PAUSES:
            self._read(absent, pause)
            for outcome in absent:
                if outcome.observed is not None:
                    outcome.actions.append("create")
            absent = [outcome for outcome in without_error(absent) if outcome.observed is None]
        for outcome in absent:
            outcome.error = lost.get(outcome.cluster_id)
        return absent

    def update(self, outcomes: Sequence[AgentOutcome]) -> None:
        """Changes node agents, and confirms by reading that they have the desired values."""
        self._batch.run_each(
            outcomes,
            lambda outcome: self._api.update_daemonset(outcome.cluster_id, outcome.plan.changes, outcome.label),
        )
        # Reading shows whether a request without a response had an effect, unless it was about the version alone.
        lost = {outcome.cluster_id for outcome in outcomes if outcome.error and outcome.error.outcome == UNKNOWN}
        pending = [
            outcome
            for outcome in outcomes
            if not outcome.error or (outcome.cluster_id in lost and _is_readable_change(outcome.plan))
        ]
        for pause in _PAUSES:
            self._read(pending, pause)
            for outcome in pending:
                if outcome.observed is not None and not outcome.plan.desired.differences(outcome.observed):
                    outcome.actions.append("update")
            pending = [outcome for outcome in without_error(pending) if outcome.actions[-1:] != ["update"]]
        for outcome in pending:
            differing = outcome.plan.desired.differences(outcome.observed) if outcome.observed else []
            if differing == ["schedule_info.pod_tolerances"] and outcome.cluster_id not in lost:
                # The vendor's own tests leave this field out, because HSS does not return what was sent.
                outcome.actions.append("update")
                outcome.warnings.append(
                    f"HSS accepted the change, but {outcome.plan.deviations(outcome.observed or {})}. Look into the "
                    "DaemonSet in the cluster; leave pod_tolerances out if HSS keeps reporting another value"
                )
                continue
            outcome.error = _not_updated(outcome, outcome.cluster_id in lost)

    def delete(self, outcome: AgentOutcome) -> None:
        """Asks HSS to remove a node agent. That takes a while, so it is confirmed later."""
        self._api.delete_daemonset(outcome.cluster_id, outcome.label)
        outcome.actions.append("delete")

    def _read(self, outcomes: Sequence[AgentOutcome], pause: float) -> None:
        """Reads the node agents after a pause in seconds; an outcome has an error exactly if it could not be read."""
        if outcomes and pause:
            self._api.sleep(pause)
        for outcome in outcomes:
            outcome.error = None
        self._batch.run_each(outcomes, lambda outcome: read(self._api, outcome))
        for outcome in outcomes:
            if outcome.error:
                outcome.error = outcome.error.with_context(
                    f"A request about the node agent of the cluster {outcome.label} was sent, but its effect could not "
                    "be read.",
                    hint="Run again: a node agent that has the desired values by then is not changed.",
                    outcome=UNKNOWN,
                )


def _is_readable_change(made: Plan) -> bool:
    before: Mapping[str, object] | None = made.observed.daemonset
    return before is not None and bool(made.desired.differences(before))


def _not_created(outcome: AgentOutcome, lost: bool) -> HssError:
    if lost:
        return HssError(
            f"HSS did not answer the request to install the node agent in the cluster {outcome.label}, and reports no "
            "node agent",
            operation="CreateAgentDaemonset",
            hint="HSS may still install it. Run again: a node agent that is there by then is not installed twice.",
            outcome=UNKNOWN,
        )
    return HssError(
        f"HSS accepted the request to install the node agent in the cluster {outcome.label}, but there is none; the "
        f"cluster's status was {outcome.plan.observed.status} before",
        operation="CreateAgentDaemonset",
        hint="HSS accepts such a request whether or not it can carry it out. Check with hss_multicloud_cluster_info "
        "whether HSS is still connected to the cluster, and with include=[permissions] which permissions it lacks.",
        outcome=REJECTED,
    )


def _not_updated(outcome: AgentOutcome, lost: bool) -> HssError:
    if outcome.observed is None:
        return HssError(
            f"The node agent of the cluster {outcome.label} was removed while it was changed",
            operation=READ_OPERATION,
            hint="Run again to install it.",
            outcome=REJECTED,
        )
    if in_transition(outcome.observed):
        return HssError(
            f"The node agent of the cluster {outcome.label} is still in transition after it was to be changed: "
            f"{status_text(outcome.observed)}",
            operation=READ_OPERATION,
            hint="HSS may still change it. Run again: a node agent that has the desired values by then is not changed.",
            outcome=UNKNOWN,
        )
    deviations = f"{outcome.plan.deviations(outcome.observed)} ({status_text(outcome.observed)})"
    if lost:
        return HssError(
            f"HSS did not answer the request to change the node agent of the cluster {outcome.label}, and {deviations}",
            operation="UpdateAgentDaemonset",
            hint="HSS may still change it. Run again: a node agent that has the desired values by then is not changed.",
            outcome=UNKNOWN,
        )
    return HssError(
        f"HSS accepted the request to change the node agent of the cluster {outcome.label}, but {deviations}",
        operation="UpdateAgentDaemonset",
        hint="If the two values are equivalent, write the option exactly as HSS reports it. If HSS cannot change it, "
        "remove the node agent with state=absent and install it again with state=present.",
        outcome=REJECTED,
    )
