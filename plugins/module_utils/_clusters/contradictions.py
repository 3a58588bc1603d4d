# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: entries of one list that contradict each other. Each of them fails, the others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .._core.errors import enumerate_some, invalid_option
from .._core.outcome import groups_of_equals, other_entries, refuse_duplicates
from .._kubeconfig.server import Server
from .outcome import ClusterOutcome

LIST = "clusters"


def refuse_contradictions(outcomes: Sequence[ClusterOutcome], allow_several_names: bool = False) -> None:
    """Records an error in entries with the same id, the same name or the same kubeconfig.

    :arg allow_several_names: whether one cluster may be registered under several names.
    """
    refuse_duplicates(outcomes, [outcome.plan.desired.cluster_id or None for outcome in outcomes], LIST, "cluster_id")
    refuse_duplicates(outcomes, [_exclusive_name(outcome) for outcome in outcomes], LIST, "name")
    if allow_several_names:
        return
    for indices in groups_of_equals(outcome.plan.desired.kubeconfig_identity for outcome in outcomes):
        for index in indices:
            outcomes[index].error = outcomes[index].error or invalid_option(
                f"{LIST}[{index}].kube_config",
                f"is a kubeconfig of the same cluster, with the same server and CA, as that of "
                f"{other_entries(LIST, indices, index)}. Register a cluster under one name.",
            )


def refuse_same_registration(outcomes: Sequence[ClusterOutcome]) -> None:
    """Records an error in entries that turned out to be the same registration, one by its id and one by its name."""
    refuse_duplicates(
        outcomes, [None if outcome.error else outcome.plan.cluster_id for outcome in outcomes], LIST, "cluster_id"
    )


def warn_about_shared_servers(outcomes: Sequence[ClusterOutcome]) -> None:
    """Adds a warning to clusters that will be created if another entry has the same server.

    Clusters that are registered already are found in the listing.
    """
    by_server: dict[Any, list[ClusterOutcome]] = defaultdict(list)
    for outcome in outcomes:
        if not outcome.error and "create" in outcome.plan.actions:
            by_server[Server.parse(outcome.plan.body["server"]).key].append(outcome)
    for sharing in by_server.values():
        for outcome in sharing if len(sharing) > 1 else ():
            names = enumerate_some((other.label for other in sharing if other is not outcome), len(sharing) - 1)
            text = f"{outcome.plan.body['server']} is also the server of {names} in this list; is it the same cluster?"
            outcome.plan = replace(outcome.plan, warnings=(*outcome.plan.warnings, text))


def _exclusive_name(outcome: ClusterOutcome) -> str | None:
    """The name that no other entry may have. Registrations with equal names can be removed by their ids."""
    desired = outcome.plan.desired
    return None if desired.state == "absent" and desired.cluster_id else desired.name
