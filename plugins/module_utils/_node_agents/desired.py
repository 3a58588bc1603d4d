# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: checks the options of one node agent. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import invalid_option
from .options import LIMITS, RESOURCE_FIELDS
from .schedule import node_selector, tolerations
from .status import differences, is_quantity

_MAX_LIMIT = 32  # characters
_MAX_ID = 256  # characters
_SCHEDULE = {"node_selector": node_selector, "pod_tolerances": tolerations}


@dataclass(frozen=True)
class Desired:
    """The desired state of the node agent of one cluster; None for what the user did not give.

    :arg runtimes: paths by runtime, None for a path that was not given.
    :arg schedule: C(node_selector) and C(pod_tolerances), as far as given; C(resources) likewise.
    """

    state: str
    cluster_id: str
    cluster_name: str | None = None
    auto_upgrade: bool | None = None
    runtimes: Mapping[str, str | None] | None = None
    schedule: Mapping[str, Sequence[str]] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    agent_version: str | None = None

    @property
    def upgrades(self) -> bool:
        """Whether HSS should upgrade the agent by itself; by default not if a certain version is requested."""
        return self.agent_version is None if self.auto_upgrade is None else self.auto_upgrade

    def differences(self, daemonset: Mapping[str, Any]) -> list[str]:
        """The fields that the user gave and that HSS reports with other values."""
        return differences(daemonset, self.runtimes, self.schedule, self.resources)


def identity(options: Mapping[str, Any], state: str) -> Desired:
    """The desired state as far as it is known without checking: enough to report an error about it."""
    return Desired(state, options["cluster_id"], options.get("cluster_name"))


def desire(options: Mapping[str, Any], state: str) -> Desired:
    """Checks the options of one node agent.

    :arg options: the module's; C(None) for what is not given.
    :raises HssError: naming the option and the remedy.
    """
    cluster_id = options["cluster_id"]
    if not cluster_id.strip() or len(cluster_id) > _MAX_ID or not cluster_id.isprintable():
        raise invalid_option("cluster_id", "is not an id. The modules that register and list clusters return it.")
    if state == "absent":
        return Desired(state, cluster_id)
    schedule = options.get("schedule_info") or {}
    return Desired(
        state,
        cluster_id,
        cluster_name=options.get("cluster_name") or None,
        auto_upgrade=options.get("auto_upgrade"),
        runtimes=_runtimes(options.get("runtime_info")),
        schedule={name: read(schedule[name]) for name, read in _SCHEDULE.items() if schedule.get(name) is not None},
        resources=_resources(options.get("resource_info") or {}),
        agent_version=options.get("agent_version") or None,
    )


def _runtimes(given: Sequence[Mapping[str, Any]] | None) -> dict[str, str | None] | None:
    if given is None:
        return None
    if not given:
        raise invalid_option("runtime_info", "names no runtime. Leave it out to use those of HSS's template.")
    runtimes: dict[str, str | None] = {}
    for item in given:
        name = item["runtime_name"]
        if name in runtimes:
            raise invalid_option("runtime_info", f"names {name} twice.")
        path = item.get("runtime_path") or None
        if path and not path.startswith("/"):
            raise invalid_option(
                f"runtime_info.{name}",
                "needs the absolute path of the socket, such as /run/containerd/containerd.sock.",
            )
        runtimes[name] = path
    return runtimes


def _resources(given: Mapping[str, Any]) -> dict[str, str]:
    resources = {name: str(given[name]).strip() for name in RESOURCE_FIELDS if given.get(name) not in (None, "")}
    for name in LIMITS:
        if len(resources.get(name, "")) > _MAX_LIMIT:
            raise invalid_option(f"resource_info.{name}", f"has more than {_MAX_LIMIT} characters.")
        if name in resources and not is_quantity(resources[name]):
            raise invalid_option(
                f"resource_info.{name}",
                "is not a quantity of Kubernetes. Write it such as 500m for CPU or 512Mi for memory.",
            )
    limits = [name for name in LIMITS if name in resources]
    if limits and resources.setdefault("mode", "customized") == "default":
        raise invalid_option(f"resource_info.{limits[0]}", "cannot be combined with mode=default.")
    return resources
