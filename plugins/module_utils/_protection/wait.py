# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: waits until the agents of nodes run, and until their protection is as desired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Callable

from .._api.hss import HssApi
from .._core.errors import REJECTED, TIMEOUT, HssError
from .._core.outcome import without_error
from .._core.polling import Poller, Wait
from .execute import HostOutcome, observe
from .hosts import LIST_OPERATION, Found, find
from .options import Desired
from .plan import SWITCH_OPERATION, agent_is_gone, agent_runs, degradation, is_switched, problem

# Seconds after which an agent that is offline, or a cluster without any host, is not expected to change any more.
_GRACE = 60.0
# HSS may report a problem for a moment right after protection was opened.
_POLLS_WITH_PROBLEM = 3


class Waiter:
    """Polls the list of hosts.

    :arg wait: how long to wait; None for no waiting.
    :arg progress: gets a text after each poll, such as C(12 of 60 nodes done, 110 s).
    """

    def __init__(
        self, api: HssApi, desired: Desired, wait: Wait | None, progress: Callable[[str], None] | None = None
    ) -> None:
        self._api = api
        self._desired = desired
        self._wait = wait
        # All stages together may take as long as the user wants to wait.
        self._poller = Poller(wait, api.sleep) if wait else None
        self._progress = progress

    def until_agents_run(self, found: Found, node_counts: Mapping[str, int]) -> tuple[Found, bool]:
        """Lists hosts until all nodes are listed, and their agents run or will not run, or until the time is up.

        :arg node_counts: on how many nodes of each cluster the node agent should run; 0 if that is not known.
        :returns: the last listing, and whether it is another one than the given.
        """
        changed = False
        poller = self._poller
        while poller and not self._agents_are_settled(found, node_counts, poller.waited) and poller.pause():
            found, changed = find(self._api, self._desired), True
            running = sum(map(agent_runs, found.hosts.values()))
            self._report(f"{running} of {_count(found, node_counts)} agents online")
        return found, changed

    def _agents_are_settled(self, found: Found, node_counts: Mapping[str, int], waited: float) -> bool:
        for host in found.hosts.values():
            status = host.get("agent_status")
            final = agent_runs(host) or status == "install_failed" or is_switched(host, opened=True)
            if not final and not (status == "offline" and waited >= _GRACE):
                return False
        if not found.hosts and not found.unlisted and waited >= _GRACE:
            return True
        return not found.unlisted and len(found.hosts) >= _count(found, node_counts)

    def until_switched(self, outcomes: Sequence[HostOutcome]) -> None:
        """Polls until the protection of each host is as desired and works, or does not, or until the time is up.

        Records an error in the outcomes of hosts that are not protected as desired.
        """
        waiting = without_error(outcomes)
        if not self._desired.opens:
            waiting = [outcome for outcome in waiting if outcome.actions]
        late = self._poll(waiting, self._is_settled)
        for outcome in late:
            if self._poller:
                outcome.error = _timed_out(outcome, self._desired, self._poller.waited)
        for outcome in without_error(outcomes):
            text = degradation(outcome.observed or {}) if self._desired.opens else None
            if text:
                outcome.warnings.append(text)

    def _is_settled(self, outcome: HostOutcome) -> bool:
        host = outcome.observed
        if host is None:
            if self._desired.opens:
                outcome.error = _gone()
            return True
        if not is_switched(host, self._desired.opens):
            return False
        reason = problem(host) if self._desired.opens else None
        outcome.polls_with_problem = outcome.polls_with_problem + 1 if reason else 0
        if reason and (outcome.polls_with_problem >= _POLLS_WITH_PROBLEM or not self._wait):
            outcome.error = _not_protected(reason)
        return not reason or outcome.error is not None

    def until_uninstalled(self, outcomes: Sequence[HostOutcome]) -> None:
        """Polls until no agent is left on the hosts from which it is uninstalled, or until the time is up."""
        uninstalled = [outcome for outcome in without_error(outcomes) if "uninstall" in outcome.actions]
        late = self._poll(uninstalled, lambda outcome: agent_is_gone(outcome.observed))
        for outcome in late:
            if self._poller:
                status = (outcome.observed or {}).get("agent_status")
                outcome.error = HssError(
                    f"HSS was asked to uninstall the agent, but it is {status} after {self._poller.waited:.0f} seconds",
                    operation="UninstallAgents",
                    hint="Check that no DaemonSet installs it again: kubectl -n hss get daemonsets. Run again.",
                    outcome=TIMEOUT,
                )

    def _poll(self, outcomes: Sequence[HostOutcome], is_settled: Callable[[HostOutcome], bool]) -> list[HostOutcome]:
        """Reads hosts until each is settled, or the time is up; without waiting, reads those that changed once.

        :returns: the outcomes that are not settled.
        """
        # A host that was not switched has been listed a moment ago.
        stale = [outcome for outcome in outcomes if outcome.actions]
        waiting = list(outcomes)
        while waiting:
            self._read(stale)
            waiting = [outcome for outcome in without_error(waiting) if not is_settled(outcome)]
            self._report(f"{len(outcomes) - len(waiting)} of {len(outcomes)} nodes done")
            if not waiting or not self._poller or not self._poller.pause():
                break
            stale = waiting
        return waiting

    def _read(self, outcomes: Sequence[HostOutcome]) -> None:
        failure = "Protection was to be switched, but what became of it could not be read."
        if not observe(self._api, outcomes, failure):
            return
        for outcome in outcomes:
            status = (outcome.observed or {}).get("protect_status")
            outcome.note_progress(self._poller.waited if self._poller else 0.0, str(status))

    def _report(self, text: str) -> None:
        if self._progress and self._poller:
            self._progress(f"{text}, {self._poller.waited:.0f} s")


def _count(found: Found, node_counts: Mapping[str, int]) -> int:
    """On how many nodes agents are expected, as far as that is known."""
    return max(len(found.hosts) + len(found.unlisted), sum(node_counts.values()))


def _gone() -> HssError:
    return HssError(
        "HSS does not list the host any more",
        operation=LIST_OPERATION,
        hint="It was removed meanwhile. Run again.",
        outcome=REJECTED,
    )


def _not_protected(reason: str) -> HssError:
    return HssError(
        f"Protection is open but does not work: {reason}",
        operation=LIST_OPERATION,
        hint="Check the pods of the node agent on it (kubectl -n hss get pods -o wide), and the host in the console of "
        "HSS. Its quota is taken until protection is closed.",
        outcome=REJECTED,
    )


def _timed_out(outcome: HostOutcome, desired: Desired, seconds: float) -> HssError:
    host = outcome.observed or {}
    reason = problem(host)
    message = (
        f"Protection is not {desired.state} after {seconds:.0f} seconds: its status is {host.get('protect_status')}, "
        f"the agent is {host.get('agent_status')}"
    )
    return HssError(
        f"{message}{f', {reason}' if reason else ''}",
        operation=SWITCH_OPERATION,
        hint="HSS accepted the request. Increase wait_timeout if it only needs more time, and run again.",
        outcome=TIMEOUT,
    )
