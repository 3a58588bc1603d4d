# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: from the options of clusters to their outcomes, for one cluster and for a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._api.base import ALL_ENTERPRISE_PROJECTS
from .._connection.session import Session
from .._core import outcome as core
from .._core.errors import HssError
from .._core.polling import wait_options
from .desired import desire, identity
from .execute import execute
from .options import PROVIDERS, READ_NAMES, STATUSES
from .outcome import ClusterOutcome
from .plan import Plan, RegisteredClusters, plan
from .secrets import secret_values


def reconcile(
    session: Session,
    clusters: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any],
    check_mode: bool,
    concurrency: int = 1,
    allow_several_names: bool = False,
) -> list[ClusterOutcome]:
    """Registers, updates or removes clusters. One listing is enough to plan them all.

    :arg clusters: the options of each cluster, with a C(state) of its own if given. An entry that cannot work has its
        error in its outcome.
    :arg params: the options of the module, which are used for those that an entry does not give.
    :arg allow_several_names: whether one cluster may be registered under several names.
    """
    # Before anything can fail and quote one of them.
    for options in clusters:
        session.hide(*secret_values(options))
    wait = wait_options(params, enabled=params["wait"])
    entries = [{**params, **{key: value for key, value in each.items() if value is not None}} for each in clusters]
    outcomes = [_outcome(entry, entry["state"]) for entry in entries]
    session.redactor.allow(*PROVIDERS, *STATUSES, *(value for each in outcomes for value in _open_values(each)))
    if len(outcomes) > 1:
        from .contradictions import refuse_contradictions

        refuse_contradictions(outcomes, allow_several_names)

    known_ids: set[str] = set()

    def make_plans(valid: Sequence[ClusterOutcome]) -> None:
        api = session.api()
        registered = RegisteredClusters(api.list_clusters())
        known_ids.update(registered.by_id)
        for outcome in valid:
            try:
                made = plan(outcome.plan.desired, registered)
                outcome.plan = _with_enterprise_project_warning(made, api.enterprise_project_id)
            except HssError as error:
                outcome.error = error
        if len(valid) > 1:
            from .contradictions import refuse_same_registration, warn_about_shared_servers

            refuse_same_registration(outcomes)
            warn_about_shared_servers(valid)

    def carry_out(valid: Sequence[ClusterOutcome]) -> None:
        execute(valid, session.api(), concurrency, known_ids)
        if wait:
            from .wait import wait_connected

            present = [outcome for outcome in valid if outcome.plan.desired.state == "present"]
            wait_connected(core.without_error(present), session.api(), wait)

    core.reconcile(outcomes, make_plans, carry_out, check_mode)
    return outcomes


def _outcome(options: Mapping[str, Any], state: str) -> ClusterOutcome:
    try:
        return ClusterOutcome(Plan(desire(options, state)))
    except HssError as error:
        return ClusterOutcome(Plan(identity(options, state)), error=error)


def _open_values(outcome: ClusterOutcome) -> list[str]:
    """The values that the user gave openly and that HSS is expected to return."""
    desired = outcome.plan.desired
    values = [desired.name, *(desired.body.get(key) for key in READ_NAMES)]
    return [value for value in values if isinstance(value, str)]


def _with_enterprise_project_warning(made: Plan, enterprise_project_id: str | None) -> Plan:
    if enterprise_project_id != ALL_ENTERPRISE_PROJECTS or "create" not in made.actions:
        return made
    warning = (
        f"enterprise_project_id is {ALL_ENTERPRISE_PROJECTS}, so HSS chooses the enterprise project in which it "
        "registers the cluster"
    )
    return replace(made, warnings=(*made.warnings, warning))
