# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: from the options of node agents to their outcomes, for one cluster and for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._api.hss import HssApi
from .._connection.session import Session
from .._core import outcome as core
from .._core.batch import Batch
from .._core.errors import HssError
from .._core.polling import Poller, Wait, wait_options
from .desired import desire, identity
from .execute import AgentOutcome, execute, read
from .plan import Observed, Plan, needs_template, plan, with_retry
from .status import in_transition, tolerances_are_missing
from .wait import Waiter

# Seconds in which a node agent in transition is read again if the module does not wait.
_SHORT_WAIT = Wait(6.0, 1.0)


def reconcile(
    session: Session,
    daemonsets: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any],
    check_mode: bool,
    concurrency: int = 1,
    progress: Callable[[str], None] | None = None,
) -> list[AgentOutcome]:
    """Installs, changes or removes node agents, and waits for all of them at once.

    :arg daemonsets: the options of each. An entry that cannot work has its error in its outcome.
    :arg params: the options of the module.
    :arg progress: gets a text after each poll.
    """
    state = params["state"]
    batch = Batch(concurrency)
    # Removing a registration before its node agents are gone would leave them behind, so absent waits by default.
    wait = wait_options(params, enabled=state == "absent" if params["wait"] is None else params["wait"])
    outcomes = [_outcome(options, state) for options in daemonsets]
    core.refuse_duplicates(outcomes, [outcome.cluster_id for outcome in outcomes], "daemonsets", "cluster_id")

    def make_plans(valid: Sequence[AgentOutcome]) -> None:
        api = session.api()
        api.require_region()
        # A check must not take long.
        _make_plans(valid, api, batch, wait if wait and state == "present" and not check_mode else _SHORT_WAIT)

    def carry_out(valid: Sequence[AgentOutcome]) -> None:
        execute(valid, session.api(), batch)
        waiter = Waiter(session.api(), batch, wait, progress)
        if state == "present":
            waiter.until_ready(core.without_error(valid))
            _warn_about_deviations(core.without_error(valid))
        else:
            waiter.until_gone([outcome for outcome in core.without_error(valid) if outcome.actions])

    core.reconcile(outcomes, make_plans, carry_out, check_mode)
    return outcomes


def _warn_about_deviations(outcomes: Sequence[AgentOutcome]) -> None:
    """Adds a warning where HSS reports another value than was sent. After an update, that is an error already."""
    for outcome in outcomes:
        if outcome.actions == ["create"] and outcome.observed is not None:
            deviations = outcome.plan.deviations(outcome.observed)
            if deviations:
                outcome.warnings.append(
                    f"HSS installed the node agent of the cluster {outcome.label}, but {deviations}"
                )


def _outcome(options: Mapping[str, Any], state: str) -> AgentOutcome:
    try:
        return AgentOutcome(Plan(desire(options, state)))
    except HssError as error:
        return AgentOutcome(Plan(identity(options, state)), error=error)


def _read_again(outcomes: Sequence[AgentOutcome], api: HssApi, batch: Batch, wait: Wait) -> None:
    """Reads node agents again that are in transition, and once those whose tolerances HSS does not report."""
    poller, first = Poller(wait, api.sleep), True

    def is_unsettled(outcome: AgentOutcome) -> bool:
        desired = outcome.plan.desired
        if desired.state == "absent":
            return False
        return in_transition(outcome.observed) or (first and tolerances_are_missing(outcome.observed, desired.schedule))

    while True:
        unsettled = [outcome for outcome in core.without_error(outcomes) if is_unsettled(outcome)]
        if not unsettled or not poller.pause():
            return
        first = False
        batch.run_each(unsettled, lambda outcome: read(api, outcome))


def _lacks_version(outcome: AgentOutcome, versions: Mapping[str, Any]) -> bool:
    wanted = outcome.plan.desired.agent_version and outcome.observed is not None
    return bool(wanted) and versions.get(outcome.cluster_id) is None


def _make_plans(outcomes: Sequence[AgentOutcome], api: HssApi, batch: Batch, wait: Wait) -> None:
    """Makes the plans from one listing for all and one request for each.

    :arg wait: how long to wait for node agents that are in transition.
    """
    only = outcomes[0].cluster_id if len(outcomes) == 1 else None
    rows = {row["cluster_id"]: row for row in api.list_clusters(only)}
    registered = [outcome for outcome in outcomes if outcome.cluster_id in rows]
    versions: dict[str, Any] = {}
    if any(outcome.plan.desired.agent_version for outcome in registered):
        versions = {row["cluster_id"]: row.get("agent_version") for row in api.list_daemonsets()}
    for outcome in registered:
        # From here on, messages have the cluster's name.
        outcome.plan = Plan(outcome.plan.desired, Observed(rows[outcome.cluster_id]))
    batch.run_each(registered, lambda outcome: read(api, outcome))
    _read_again(registered, api, batch, wait)
    unknown = [outcome for outcome in core.without_error(registered) if _lacks_version(outcome, versions)]
    if unknown:
        # HSS may report the version of a new agent a little later than the agent.
        versions.update((row["cluster_id"], row.get("agent_version")) for row in api.list_daemonsets())
    for outcome in registered:
        observed = Observed(rows[outcome.cluster_id], outcome.observed, versions.get(outcome.cluster_id))
        outcome.plan = Plan(outcome.plan.desired, observed, expected=outcome.observed)
    template: dict[str, Any] = {}
    incomplete = [
        outcome
        for outcome in core.without_error(outcomes)
        if needs_template(outcome.plan.desired, outcome.plan.observed)
    ]
    if incomplete:
        try:
            template = api.show_daemonset_template()
        except HssError as error:
            for outcome in incomplete:
                outcome.error = error
    for outcome in core.without_error(outcomes):
        try:
            outcome.plan = with_retry(plan(outcome.plan.desired, outcome.plan.observed, template))
        except HssError as error:
            outcome.error = error
