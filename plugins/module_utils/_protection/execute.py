# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: carries out plans for the protection of hosts, many hosts in one request.

Opening protection costs money, so that a request whose response was lost is never sent again in the same run: the list
of hosts shows what it did. Closing and uninstalling can be repeated without harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from .._api.hosts import MAX_HOSTS
from .._api.hss import HssApi
from .._core.errors import NOT_SENT, UNKNOWN, HssError, normalized_code
from .._core.outcome import Outcome, without_error
from .hosts import chunks, read
from .options import Desired
from .plan import Plan, agent_is_gone, is_switched

# Seconds before each request that looks for the effect of a request that failed: 7 in all.
_PAUSES = (0.0, 1.0, 2.0, 4.0)
# The quota is used up: each further request would fail in the same way.
_NO_QUOTA = ("HSS.0014", "HSS.1002")


@dataclass
class HostOutcome(Outcome[Plan]):
    """A plan and what became of it; C(observed) is the host as HSS lists it.

    :arg polls_with_problem: how many times running the list showed that open protection does not work.
    """

    polls_with_problem: int = 0

    @property
    def host_id(self) -> str:
        """The host's id; empty if there is no host."""
        return str((self.plan.host or {}).get("host_id") or "")


def switch(api: HssApi, desired: Desired, outcomes: Sequence[HostOutcome]) -> bool:
    """Opens or closes protection on the hosts whose plans say so, and records the actions and the errors.

    :returns: whether more requests make sense: not after the credentials were refused, which locks the access key.
    """
    action = "open" if desired.opens else "close"
    pending = [outcome for outcome in without_error(outcomes) if action in outcome.plan.actions]

    def send(host_ids: list[str]) -> None:
        api.switch_protection(
            {**desired.body, "host_id_list": host_ids},
            f"{action} the protection of {len(host_ids)} hosts",
            retryable=not desired.opens,
        )

    final = _request(pending, action, send, _NO_QUOTA)
    if final and final.http_status == 401:
        return False
    _look(api, desired, [outcome for outcome in pending if outcome.error and outcome.error.outcome != NOT_SENT])
    return True


def observe(api: HssApi, outcomes: Sequence[HostOutcome], failure: str) -> bool:
    """Records the hosts as HSS lists them now.

    :arg failure: the context of an error.
    :returns: whether HSS listed them; otherwise each has the error.
    """
    try:
        rows = read(api, [outcome.host_id for outcome in outcomes])
    except HssError as error:
        for outcome in outcomes:
            outcome.error = error.with_context(
                failure,
                hint="Run again: a host that has the desired protection by then is not switched.",
                outcome=UNKNOWN,
            )
        return False
    for outcome in outcomes:
        outcome.observed = rows.get(outcome.host_id)
    return True


def _look(api: HssApi, desired: Desired, failed: Sequence[HostOutcome]) -> None:
    """Looks whether requests that failed had an effect nevertheless, on some of their hosts or on all."""
    action = "open" if desired.opens else "close"
    waiting = list(failed)
    for pause in _PAUSES:
        if not waiting:
            return
        if pause:
            api.sleep(pause)
        failure = f"A request to {action} protection failed, and its effect could not be read."
        if not observe(api, waiting, failure):
            return
        for outcome in waiting:
            if outcome.observed is not None and is_switched(outcome.observed, desired.opens):
                outcome.error = None
                outcome.actions.append(action)
        # Only a request whose response was lost may still be carried out.
        waiting = [outcome for outcome in waiting if outcome.error and outcome.error.outcome == UNKNOWN]


def uninstall(api: HssApi, outcomes: Sequence[HostOutcome]) -> None:
    """Asks HSS to uninstall the agents of the hosts whose plans say so, and records the actions and the errors."""
    pending = [
        outcome
        for outcome in without_error(outcomes)
        if "uninstall" in outcome.plan.actions and not agent_is_gone(outcome.observed)
    ]
    _request(pending, "uninstall", api.uninstall_agents)


def _request(
    pending: Sequence[HostOutcome], action: str, send: Callable[[list[str]], None], final_codes: Sequence[str] = ()
) -> HssError | None:
    """Sends a request for each group of hosts, and records the action or the error of each host.

    :arg send: gets the hosts' ids.
    :arg final_codes: errors after which no further request is sent, as after refused credentials.
    :returns: the error after which no further request was sent.
    """
    final: HssError | None = None
    for chunk in chunks(pending, MAX_HOSTS):
        if final:
            _refuse(chunk, final)
            continue
        try:
            send([outcome.host_id for outcome in chunk])
        except HssError as error:
            for outcome in chunk:
                outcome.error = error
            if error.http_status == 401 or normalized_code(error.error_code or "") in final_codes:
                final = error
        else:
            for outcome in chunk:
                outcome.actions.append(action)
    return final


def _refuse(outcomes: Sequence[HostOutcome], error: HssError) -> None:
    for outcome in outcomes:
        outcome.error = HssError(
            "The host was not switched, because an earlier request was refused",
            error_code=error.error_code,
            error_msg=error.error_msg,
            request_id=error.request_id,
            hint=error.hint,
        )
