# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HSS: hosts, which the nodes of clusters are to it, their protection, and the quotas that pay for it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .call import Call, Handler, check_choices, check_fields
from .contract import (
    AGENT_STATUSES,
    ALL_ENTERPRISE_PROJECTS,
    CHARGING_MODES,
    CONTAINER_VERSION,
    FILTER_LIMITS,
    HOST_FIELDS,
    MAX_HOSTS,
    NO_VERSION,
    PROTECT_STATUSES,
    SWITCH_FIELDS,
    TAG_FIELDS,
    UNINSTALL_FIELDS,
    VERSIONS,
)
from .daemonset import AGENT_VERSION
from .errors import HssError, invalid
from .node_agents import polled
from .settings import Settings
from .state import Cloud, Cluster
from .wire import Reply

_INSTALLED = ("installed", "online", "offline")


@dataclass
class Host:
    """A host. A test may set any of its fields in `held`, which then stay as they are."""

    host_id: str
    host_name: str
    private_ip: str
    project_id: str
    enterprise_project_id: str
    cluster_id: str | None
    cluster_name: str | None
    agent_status: str = "not_installed"
    version: str = NO_VERSION
    charging_mode: str | None = None
    resource_id: str | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    polls_until_switched: int = 0
    switches: int = 0  # how many times protection was switched
    uninstalled: int = 0
    held: dict[str, Any] = field(default_factory=dict)

    @property
    def protected(self) -> bool:
        """Whether protection is open, which takes a quota or costs money."""
        return self.version == CONTAINER_VERSION

    @property
    def protect_status(self) -> str:
        """The status, which follows a switch some listings later."""
        now_open = self.protected is not (self.polls_until_switched > 0)
        return "opened" if now_open else "closed"

    def row(self, settings: Settings) -> dict[str, Any]:
        """The host as a row of a listing."""
        known = {
            "host_id": self.host_id,
            "host_name": self.host_name,
            "private_ip": self.private_ip,
            "enterprise_project_id": self.enterprise_project_id,
            "host_status": "ACTIVE",
            "agent_status": self.agent_status,
            "agent_version": AGENT_VERSION if self.agent_status in _INSTALLED else None,
            "install_result_code": "install_succeed" if self.agent_status in _INSTALLED else None,
            "version": CONTAINER_VERSION if self.protect_status == "opened" else NO_VERSION,
            "protect_status": self.protect_status,
            "protect_interrupt": False,
            "protect_degradation": False,
            "charging_mode": self.charging_mode,
            "resource_id": self.resource_id,
            "outside_host": True,
            "os_type": "Linux",
            "cluster_id": self.cluster_id if settings.hosts_name_cluster else "",
            "cluster_name": self.cluster_name if settings.hosts_name_cluster else "",
            **self.held,
        }
        return {name: known.get(name) for name in HOST_FIELDS}


class Hosts:
    """Carries out the operations on the state. The caller holds the state's lock."""

    def __init__(self, cloud: Cloud, rng: random.Random) -> None:
        self._cloud = cloud
        self._rng = rng
        self._hosts: dict[str, Host] = {}
        self._taken: set[str] = set()  # ids of quotas
        self._auto_open: bool | None = None
        self.handlers: dict[str, Handler] = {
            "ListHostStatus": self.list_page,
            "SwitchContainerProtectStatus": self.switch,
            "UninstallAgents": self.uninstall,
            "ShowResourceQuotas": self.quotas,
            "ListAutoOpenQuotaStatus": self.auto_open,
            "ChangeAutoOpenQuotaStatus": self.change_auto_open,
        }

    # --- The operations ---

    def list_page(self, call: Call) -> Reply:
        """A page of hosts. The first page of a listing is a step of everything that takes time."""
        call.choice("version", VERSIONS)
        call.choice("agent_status", (*AGENT_STATUSES, "not_online"))
        call.choice("protect_status", PROTECT_STATUSES)
        call.choice("charging_mode", CHARGING_MODES)
        for name in ("has_intrusion", "refresh", "outside_host", "protect_interrupt", "incluster"):
            call.flag(name)
        for name, limit in FILTER_LIMITS.items():
            if len((call.request.query.get(name) or "").split(",")) > limit:
                raise invalid(f"{name} has more than {limit} values")
        self._follow(call)
        if call.request.query.get("offset", "0") == "0":
            for host in self._hosts.values():
                host.polls_until_switched = max(0, host.polls_until_switched - 1)
        rows = [host.row(call.settings) for host in self._visible(call)]
        page = call.page([row for row in rows if _passes(row, call.request.query)])
        return Reply.of_json({"total_num": page.total, "data_list": page.rows})

    def switch(self, call: Call) -> Reply:
        """Open or close protection. Opening with packet_cycle takes a quota for each host."""
        body = call.json_object()
        check_fields(body, SWITCH_FIELDS)
        check_choices(body, {"version": (NO_VERSION, CONTAINER_VERSION), "charging_mode": CHARGING_MODES})
        if not body.get("version"):
            raise invalid("version is required")
        for tag in body.get("tags") or ():
            check_fields(tag, TAG_FIELDS, "tags.")
        self._follow(call)
        hosts = self._named(call, body)
        if body["version"] == NO_VERSION:
            for host in hosts:
                if host.protected:
                    self._close(host, call.settings)
            return Reply()
        if not body.get("charging_mode"):
            raise invalid("charging_mode is required")
        closed = [host for host in hosts if not host.protected]
        for host in closed:
            if host.row(call.settings)["agent_status"] not in ("online", "installed"):
                raise HssError("1007", f"The agent of {host.host_name} is offline.")
        self._open(call, body, closed)
        return Reply()

    def uninstall(self, call: Call) -> Reply:
        """Uninstall agents. A daemonset that is still there installs them again."""
        body = call.json_object()
        check_fields(body, UNINSTALL_FIELDS)
        self._follow(call)
        hosts = self._named(call, body)
        for host in hosts:
            if host.row(call.settings)["agent_status"] == "offline":
                raise HssError("1007", f"The agent of {host.host_name} is offline.")
        for host in hosts:
            host.agent_status = "not_installed"
            host.uninstalled += 1
            self._close(host, call.settings)
        return Reply()

    def quotas(self, call: Call) -> Reply:
        """The quotas of every version, or of one."""
        version = call.choice("version", VERSIONS)
        mode = call.choice("charging_mode", CHARGING_MODES)
        bought = mode != "on_demand"
        free = self._free(call.settings) if bought else []
        total = call.settings.quotas if bought else 0
        container = {
            "version": CONTAINER_VERSION,
            "total_num": total,
            "used_num": total - len(free),
            "available_num": len(free),
            "available_resources_list": [
                {"resource_id": each, "current_time": "", "shared_quota": "unshared"} for each in free
            ],
        }
        nothing = {"total_num": 0, "used_num": 0, "available_num": 0, "available_resources_list": []}
        rows = [container, {"version": "hss.version.premium", **nothing}]
        return Reply.of_json({"data_list": [row for row in rows if version in (None, row["version"])]})

    def auto_open(self, call: Call) -> Reply:
        """Whether quotas are taken automatically."""
        return Reply.of_json({"enabled": self._opens_by_itself(call.settings)})

    def change_auto_open(self, call: Call) -> Reply:
        """Change that."""
        body = call.json_object()
        check_fields(body, {"enabled": bool})
        if body.get("enabled") is None:
            raise invalid("enabled is required")
        self._auto_open = body["enabled"]
        return Reply()

    # --- For tests ---

    def every(self, settings: Settings) -> list[Host]:
        """All hosts, in the order in which they appeared."""
        for cluster in self._cloud.every():
            self._install(cluster, settings)
        return list(self._hosts.values())

    def find(self, name: str, settings: Settings) -> Host:
        """A host by its id, name or address; raises LookupError if there is none."""
        for host in self.every(settings):
            if name in (host.host_id, host.host_name, host.private_ip):
                return host
        raise LookupError(f"no host {name}")

    def add(self, project_id: str, name: str, **fields: Any) -> Host:
        """Add a host that is no node, or that belongs to a cluster that is given in `fields`."""
        number = len(self._hosts) + 1
        host = Host(
            host_id=str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            host_name=name,
            private_ip=fields.pop("private_ip", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"),
            project_id=project_id,
            enterprise_project_id=fields.pop("enterprise_project_id", "0"),
            cluster_id=fields.pop("cluster_id", None),
            cluster_name=fields.pop("cluster_name", None),
            agent_status=fields.pop("agent_status", "online"),
        )
        self.hold(host, fields)
        self._hosts[host.host_id] = host
        return host

    @staticmethod
    def hold(host: Host, fields: Mapping[str, Any]) -> None:
        """Keep fields of a host as given; None releases a field."""
        if unknown := sorted(set(fields) - set(HOST_FIELDS)):
            raise ValueError(f"a host has no {', '.join(unknown)}")
        for name, value in fields.items():
            host.held.pop(name, None)
            if value is not None:
                host.held[name] = value

    def reset(self) -> None:
        """Remove all hosts, and give all quotas back."""
        self._hosts.clear()
        self._taken.clear()
        self._auto_open = None

    # --- What happens by itself ---

    def _follow(self, call: Call) -> None:
        """Let the hosts follow the daemonsets of their clusters."""
        first_page = call.operation.name == "ListHostStatus" and call.request.query.get("offset", "0") == "0"
        for cluster in self._cloud.matching(call.project_id, ALL_ENTERPRISE_PROJECTS):
            if cluster.daemonset is None:
                continue
            if first_page:
                polled(cluster, call.settings)
            self._install(cluster, call.settings)

    def _install(self, cluster: Cluster, settings: Settings) -> None:
        daemonset = cluster.daemonset
        if daemonset is None or daemonset.deleted:
            return
        numbers = daemonset.numbers(settings)
        own = [host for host in self._hosts.values() if host.cluster_id == cluster.cluster_id]
        for number in range(len(own), numbers["current_num"]):
            own.append(
                self.add(
                    cluster.project_id,
                    f"{cluster.name}-node-{number + 1}",
                    cluster_id=cluster.cluster_id,
                    cluster_name=cluster.name,
                    enterprise_project_id=cluster.enterprise_project_id,
                    agent_status="not_installed",
                )
            )
        for number, host in enumerate(own):
            if host.agent_status in ("not_installed", "installing"):
                host.agent_status = "online" if number < numbers["ready_num"] else "installing"
                if host.agent_status == "online" and self._opens_by_itself(settings) and self._free(settings):
                    self._take(host, "packet_cycle", self._free(settings)[0], settings)

    def _opens_by_itself(self, settings: Settings) -> bool:
        return settings.auto_open_quota if self._auto_open is None else self._auto_open

    def _open(self, call: Call, body: Mapping[str, Any], hosts: list[Host]) -> None:
        settings = call.settings
        free: list[str | None] = [None] * len(hosts)
        short = False
        if body["charging_mode"] == "packet_cycle":
            ids = self._free(settings)
            if body.get("resource_id"):
                ids = [each for each in ids if each == body["resource_id"]]
            short = len(ids) < len(hosts)
            free = [*ids[: len(hosts)]]
        if not short or settings.quotas_split:
            for host, resource_id in zip(hosts, free, strict=False):
                self._take(host, body["charging_mode"], resource_id, settings)
                host.tags = list(body.get("tags") or ())
        if short:
            raise HssError("1002", "The quota is insufficient.")

    def _take(self, host: Host, mode: str, resource_id: str | None, settings: Settings) -> None:
        host.version, host.charging_mode, host.resource_id = CONTAINER_VERSION, mode, resource_id
        host.polls_until_switched = settings.protection_polls
        host.switches += 1
        if resource_id:
            self._taken.add(resource_id)

    def _close(self, host: Host, settings: Settings) -> None:
        if not host.protected:
            return
        self._taken.discard(host.resource_id or "")
        host.version, host.charging_mode, host.resource_id = NO_VERSION, None, None
        host.polls_until_switched = settings.protection_polls
        host.switches += 1

    def _free(self, settings: Settings) -> list[str]:
        ids = (f"quota-{number:04d}" for number in range(settings.quotas + len(self._taken)))
        left = settings.quotas - len(self._taken)
        free = [each for each in ids if each not in self._taken]
        return free[: max(0, left)]

    def _visible(self, call: Call) -> list[Host]:
        project = call.enterprise_project
        return [
            host
            for host in self._hosts.values()
            if host.project_id == call.project_id and project in (ALL_ENTERPRISE_PROJECTS, host.enterprise_project_id)
        ]

    def _named(self, call: Call, body: Mapping[str, Any]) -> list[Host]:
        ids = body.get("host_id_list")
        if not ids or not all(isinstance(each, str) for each in ids):
            raise invalid("host_id_list is required")
        if len(ids) > MAX_HOSTS:
            raise invalid(f"host_id_list has more than {MAX_HOSTS} entries")
        visible = {host.host_id: host for host in self._visible(call)}
        for each in ids:
            if each not in visible:
                raise HssError("0011", f"The host {each} does not exist.")
        return [visible[each] for each in dict.fromkeys(ids)]


_LISTS: Mapping[str, str] = {
    "host_name_list": "host_name",
    "host_id_list": "host_id",
    "private_ip_list": "private_ip",
    "public_ip_list": "public_ip",
}
_EQUAL = ("version", "protect_status", "host_id", "charging_mode", "cluster_id", "host_status", "os_type")
_CONTAINED = ("host_name", "private_ip", "public_ip")


def _passes(row: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Whether a host passes the filters that the simulator knows."""
    tests: Iterable[Callable[[], bool]] = (
        lambda: all(row[name] == query[name] for name in _EQUAL if query.get(name)),
        lambda: all(query[name] in str(row[name]) for name in _CONTAINED if query.get(name)),
        lambda: all(row[name] in query[option].split(",") for option, name in _LISTS.items() if query.get(option)),
        lambda: _has_agent_status(row["agent_status"], query.get("agent_status")),
    )
    return all(test() for test in tests)


def _has_agent_status(status: str, asked: str | None) -> bool:
    if asked == "installed":
        return status in _INSTALLED
    if asked == "not_online":
        return status != "online"
    return asked in (None, "", status)
