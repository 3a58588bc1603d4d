# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what became of the plan for one cluster, and the results made of such outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Protocol, TypeVar

from .diff import diff_text
from .errors import HssError, enumerate_some, invalid_option

_QUOTED_FAILURES = 5


class Plan(Protocol):
    """What the plans of clusters and of node agents have in common."""

    @property
    def label(self) -> str:
        """The cluster's name or id, for messages."""

    @property
    def actions(self) -> tuple[str, ...]:
        """C(create), C(update) and C(delete) in the order in which they are carried out."""

    @property
    def expected(self) -> Mapping[str, Any] | None:
        """The object as HSS will show it, as far as that is known beforehand; None if there will be none."""

    @property
    def before(self) -> Mapping[str, Any]:
        """The fields of the object as it is, for the diff."""

    @property
    def after(self) -> Mapping[str, Any]:
        """The fields of the object as it will be, for the diff."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Texts for the user."""


PlanT = TypeVar("PlanT", bound=Plan)


@dataclass
class Outcome(Generic[PlanT]):
    """A plan and what became of it.

    :arg observed: the object as HSS showed it last, or as the plan expects it; None if there is none.
    :arg actions: what was done; in check mode, what would be done.
    :arg progress: what polling saw, such as C(10 s: not_connect); each state once.
    """

    plan: PlanT
    observed: Mapping[str, Any] | None = None
    error: HssError | None = None
    actions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The cluster's name or id, for messages."""
        return self.plan.label

    def note_progress(self, seconds: float, state: str) -> None:
        """Adds a line to C(progress) if the state is another than in the line before."""
        if not self.progress or self.progress[-1].partition(": ")[2] != state:
            self.progress.append(f"{seconds:.0f} s: {state}")


OutcomeT = TypeVar("OutcomeT", bound="Outcome[Any]")


def without_error(outcomes: Iterable[OutcomeT]) -> list[OutcomeT]:
    """The outcomes that have not failed so far."""
    return [outcome for outcome in outcomes if not outcome.error]


def reconcile(
    outcomes: Sequence[OutcomeT],
    make_plans: Callable[[list[OutcomeT]], None],
    execute: Callable[[list[OutcomeT]], None],
    check_mode: bool,
) -> None:
    """Makes the plans of all outcomes and carries them out, or only reports them in check mode.

    Check mode reports the very plans that a real run carries out, so both agree on C(changed), C(actions) and C(diff).

    :arg make_plans: sets C(plan) or C(error) of each outcome; it gets those that have no error yet.
    :arg execute: carries plans out, waiting included.
    """
    valid = without_error(outcomes)
    if not valid:
        return
    make_plans(valid)
    for outcome in valid:
        outcome.observed, outcome.warnings = outcome.plan.expected, list(outcome.plan.warnings)
        outcome.actions = list(outcome.plan.actions) if check_mode and not outcome.error else []
    if not check_mode:
        execute(without_error(valid))


def groups_of_equals(values: Iterable[Any]) -> list[list[int]]:
    """The indices of the entries that have the same value as another one, together; None does not count."""
    indices: dict[Any, list[int]] = {}
    for index, value in enumerate(values):
        if value is not None:
            indices.setdefault(value, []).append(index)
    return [equals for equals in indices.values() if len(equals) > 1]


def other_entries(list_name: str, indices: Sequence[int], index: int) -> str:
    """The entries of a group but one, for messages: C(clusters[0] and clusters[4])."""
    return enumerate_some((f"{list_name}[{other}]" for other in indices if other != index), len(indices) - 1)


def refuse_duplicates(outcomes: Sequence[Outcome[Any]], values: Sequence[Any], list_name: str, key: str) -> None:
    """Records an error in each outcome whose value of a key is that of another one. An earlier error stays.

    :arg values: the value of each outcome; None does not count.
    """
    for indices in groups_of_equals(values):
        for index in indices:
            others = other_entries(list_name, indices, index)
            outcomes[index].error = outcomes[index].error or invalid_option(
                f"{list_name}[{index}].{key}",
                f"'{values[index]}' is also that of {others}. Give each cluster once.",
            )


# --- Results ----------------------------------------------------------------------------------------------------------


def single_result(outcome: Outcome[Any], header: str) -> dict[str, Any]:
    """The part of a module's result that clusters and node agents have in common, without the error.

    :arg header: the title of both sides of the diff.
    """
    return {
        "changed": bool(outcome.actions),
        "actions": list(outcome.actions),
        **({"progress": list(outcome.progress)} if outcome.progress else {}),
        "diff": {
            "before_header": header,
            "after_header": header,
            "before": diff_text(outcome.plan.before),
            "after": diff_text(outcome.plan.after),
        },
    }


def list_entry(outcome: Outcome[Any], summary: Callable[[], str]) -> dict[str, Any]:
    """The part of an entry in C(results) that clusters and node agents have in common.

    :arg summary: describes an outcome that has no error.
    """
    return {
        "failed": outcome.error is not None,
        "msg": str(outcome.error) if outcome.error else summary(),
        "warnings": outcome.warnings,
        **({"failure": outcome.error.failure()} if outcome.error else {}),
    }


def list_result(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The result of a list module; takes C(diff) out of the entries, since Ansible shows the result's alone."""
    return {
        "changed": any(entry["changed"] for entry in entries),
        "results": entries,
        "diff": [entry.pop("diff") for entry in entries],
    }


def combined_warnings(outcomes: Iterable[Outcome[Any]]) -> list[str]:
    """Each warning once, with the clusters that it is about: 500 clusters may share one."""
    about: dict[str, list[str]] = {}
    for outcome in outcomes:
        for text in outcome.warnings:
            about.setdefault(text, []).append(outcome.label)
    return [f"{enumerate_some(labels)}: {text}" for text, labels in about.items()]


class Entry(Protocol):
    """Anything that belongs to one cluster and may have failed."""

    error: HssError | None

    @property
    def label(self) -> str:
        """The cluster's name or id, for messages."""


def failure_summary(what: str, entries: Iterable[Entry], where: str) -> str:
    """The failures of many clusters or nodes in one message. Those for the same reason share it.

    :arg what: "node agents failed".
    :arg where: the return value that holds the rest.
    """
    every = list(entries)
    failed = [entry for entry in every if entry.error]
    reasons: dict[str, list[str]] = {}
    for entry in failed:
        reasons.setdefault(str(entry.error), []).append(entry.label)
    shown = list(reasons.items())[:_QUOTED_FAILURES]
    quoted = [f"{enumerate_some(labels)}: {reason}" for reason, labels in shown]
    rest = len(failed) - sum(len(labels) for _reason, labels in shown)
    if rest:
        quoted.append(f"and {rest} more, see {where}")
    return f"{len(failed)} of {len(every)} {what}. " + " | ".join(quoted)
