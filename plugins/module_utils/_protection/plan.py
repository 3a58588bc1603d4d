# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: compares the desired protection of a host with HSS's state and makes a plan. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import REJECTED, HssError
from .hosts import LIST_OPERATION, described
from .options import CONTAINER_VERSION, NO_VERSION, PACKET_CYCLE, Desired

SWITCH_OPERATION = "SwitchContainerProtectStatus"
# HSS uses "installed" for an agent that is online or offline.
_AGENT_RUNS = ("online", "installed")
_AGENT_ABSENT = ("not_installed", None, "")


@dataclass(frozen=True)
class Plan:
    """The requests that make the protection of a host what it should be.

    :arg node: the host's name, or the entry of C(nodes) for which there is no host.
    :arg actions: C(open), C(close) and C(uninstall) in order; empty if there is nothing to do.
    :arg expected: the host as HSS will list it, as far as that is known beforehand.
    """

    node: str
    host: Mapping[str, Any] | None = None
    actions: tuple[str, ...] = ()
    expected: Mapping[str, Any] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The host for messages."""
        return described(self.host) if self.host else self.node


def plan_host(desired: Desired, host: Mapping[str, Any], agents_may_come: bool = False) -> Plan:
    """Makes the plan for one host.

    :arg agents_may_come: whether an agent that does not run yet is no error.
    :raises HssError: if the host cannot be protected as desired.
    """
    actions, warnings = (
        _opening(desired, host, agents_may_come) if desired.opens else (_closing(desired, host), _left_as_is(host))
    )
    expected = dict(host)
    if "open" in actions:
        expected.update(version=CONTAINER_VERSION, protect_status="opened", charging_mode=desired.charging_mode or None)
    if "close" in actions:
        expected.update(version=NO_VERSION, protect_status="closed", charging_mode=None)
    if "uninstall" in actions:
        expected["agent_status"] = "not_installed"
    elif desired.uninstall_agents and host.get("agent_status") not in _AGENT_ABSENT:
        warnings = (*warnings, f"HSS cannot uninstall the agent, because it is {host['agent_status']}")
    return Plan(
        node=str(host.get("host_name") or host.get("host_id")),
        host=host,
        actions=actions,
        expected=expected,
        before=_readable(host),
        after=_readable(expected),
        warnings=warnings,
    )


def _opening(
    desired: Desired, host: Mapping[str, Any], agents_may_come: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if is_switched(host, opened=True):
        mode = host.get("charging_mode")
        if mode and mode != desired.charging_mode:
            return (), (
                f"Protection is open and paid for with {mode}, not with {desired.charging_mode}. To change that, close "
                "it first (hss_cluster_protection with state: closed)",
            )
        return (), ()
    if host.get("version") != NO_VERSION and host.get("protect_status") not in ("closed", None, ""):
        raise HssError(
            f"The host is protected by another edition of HSS, {host.get('version') or 'not named'}",
            operation=LIST_OPERATION,
            hint="Opening container protection would replace it, and change what it costs. Close that protection in "
            "the console of HSS first.",
        )
    if not agent_runs(host) and not (agents_may_come and host.get("agent_status") != "install_failed"):
        raise no_agent(host)
    return ("open",), ()


def _closing(desired: Desired, host: Mapping[str, Any]) -> tuple[str, ...]:
    actions = ["close"] if is_switched(host, opened=True) else []
    if desired.uninstall_agents and agent_runs(host):
        actions.append("uninstall")
    return tuple(actions)


def _left_as_is(host: Mapping[str, Any]) -> tuple[str, ...]:
    if host.get("protect_status") in ("closed", None, "") or is_switched(host, opened=True):
        return ()
    return (f"The host is protected by another edition of HSS, {host.get('version')}, which is left open",)


def is_switched(host: Mapping[str, Any], opened: bool) -> bool:
    """Whether HSS lists container protection as switched on (V(true)) or off, whether or not it works.

    Protection that is open but does not work takes a quota as well.
    """
    is_open = host.get("version") == CONTAINER_VERSION and host.get("protect_status") in (
        "opened",
        "protection_exception",
    )
    return is_open is opened


def agent_runs(host: Mapping[str, Any]) -> bool:
    """Whether the agent of a host can be asked for something."""
    return host.get("agent_status") in _AGENT_RUNS


def agent_is_gone(host: Mapping[str, Any] | None) -> bool:
    """Whether no agent is left on a host."""
    return host is None or host.get("agent_status") in _AGENT_ABSENT


def no_agent(host: Mapping[str, Any]) -> HssError:
    """The error for a host whose agent does not run."""
    status = host.get("agent_status")
    code = host.get("install_result_code") if status == "install_failed" else None
    message = f"Protection cannot be opened: the agent is {status or 'unknown to HSS'}"
    hint = "Check the pods of the node agent on it: kubectl -n hss get pods -o wide."
    if status == "install_failed":
        message = "The agent could not be installed"
    elif status == "offline":
        hint = f"Check that the host runs and reaches HSS on port 10180. {hint}"
    return HssError(
        message, operation=LIST_OPERATION, error_msg=str(code) if code else None, hint=hint, outcome=REJECTED
    )


def problem(host: Mapping[str, Any]) -> str | None:
    """Why open protection does not work, with HSS's own reason; None if it works."""
    reasons = []
    if host.get("protect_status") == "protection_exception":
        reasons.append("its status is protection_exception")
    if host.get("protect_interrupt"):
        reasons.append(f"it is interrupted{_reason(host.get('interrupt_reason'))}")
    if reasons and host.get("agent_status") == "offline":
        reasons.append("the agent is offline")
    return " and ".join(reasons) or None


def degradation(host: Mapping[str, Any]) -> str | None:
    """A warning about protection that works in part; None if there is none."""
    if not host.get("protect_degradation"):
        return None
    return f"Protection is degraded{_reason(host.get('degradation_reason'))}"


def _reason(text: Any) -> str:
    return f" ({text})" if text else ""


def _readable(host: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a host for the diff, in one line."""
    if host.get("protect_status") in (None, "", "closed"):
        text = "closed"
    else:
        mode = host.get("charging_mode")
        text = f"{host['protect_status']}{f', {mode}' if mode else ''}"
    if agent_is_gone(host):
        text += ", no agent"
    return {described(host): text}


# --- Quotas -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quota:
    """The quotas for container protection.

    :arg free_ids: the ids of those that are free; None if HSS does not list them.
    """

    total_num: int
    used_num: int
    available_num: int
    free_ids: frozenset[str] | None = None

    @property
    def left(self) -> str:
        """How many are left, for messages."""
        return f"{counted(self.available_num, 'is', 'are')} left of {self.total_num}"

    def as_dict(self) -> dict[str, int]:
        """The numbers, as the module returns them."""
        return {"total_num": self.total_num, "used_num": self.used_num, "available_num": self.available_num}


def counted(count: int, one: str, many: str) -> str:
    """A number and the words after it."""
    return f"{count} {one if count == 1 else many}"


def quota_of(rows: Iterable[Mapping[str, Any]]) -> Quota:
    """The quotas for container protection, from all that HSS returns."""
    own = [row for row in rows if row.get("version") == CONTAINER_VERSION]
    total, used, available = (
        sum(row.get(name) or 0 for row in own) for name in ("total_num", "used_num", "available_num")
    )
    lists = [row["available_resources_list"] for row in own if row.get("available_resources_list") is not None]
    ids = [item["resource_id"] for items in lists for item in items if item.get("resource_id")]
    return Quota(total, used, available, frozenset(ids) if lists else None)


def quota_shortage(desired: Desired, quota: Quota, needed: int) -> HssError | None:
    """The error if the quotas that are left are not enough; None if they are, or if none is needed.

    :arg needed: the number of nodes whose protection is still to be opened.
    """
    if not needed or desired.charging_mode != PACKET_CYCLE:
        return None
    if quota.available_num < needed:
        return HssError(
            f"The quota is not enough: {counted(needed, 'node needs', 'nodes need')} one, and {quota.left} for "
            "container protection",
            operation="ShowResourceQuotas",
            hint="No node was switched. Buy quota in this region, close protection elsewhere, or check "
            "enterprise_project_id: a quota may belong to another enterprise project.",
        )
    if desired.resource_id and quota.free_ids is not None and desired.resource_id not in quota.free_ids:
        return HssError(
            f"resource_id: HSS lists no free quota {desired.resource_id} for container protection",
            operation="ShowResourceQuotas",
            hint="No node was switched. hss_quota_info lists the ids of quotas that are free; leave resource_id out to "
            "let HSS choose.",
        )
    return None
