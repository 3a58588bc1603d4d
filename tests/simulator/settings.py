# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a simulator, and which of them can change at run time."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

TEMPERAMENTS: Final = ("reparse", "keep", "round")
SCRIPT_FORMATS: Final = ("json", "yaml")
GATEWAY_PREFIXES: Final = ("APIGW", "APIG")

# These cannot change once the simulator listens.
FIXED: Final = frozenset({"tls", "host", "port", "state_dir", "region", "seed"})


@dataclass(frozen=True)
class Settings:
    """The settings; their defaults are for a simple demonstration."""

    tls: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    state_dir: str | Path | None = None
    region: str = "cn-north-4"
    seed: int | None = None  # the same seed gives the same ids and credentials

    temperament: str = "reparse"  # what an update with a kubeconfig does to certificate_expiration_date
    connect_after_syncs: int = 1  # synchronizations after the agent was applied until connect_success
    agent_auto_applied: bool = True  # False: a cluster stays unconnected until agent_applied() is called
    install_script: str = "json"
    node_num: int = 3
    daemonset_polls: int = 2  # polls of a new daemonset until all its pods are ready
    daemonset_removal_polls: int = 1  # polls of a deleted daemonset that still return it
    max_clusters: int | None = None
    quotas: int = 1000  # for container protection, packet_cycle
    quotas_split: bool = False  # True: a switch with too few quotas opens protection on as many hosts as it can
    auto_open_quota: bool = False  # what ListAutoOpenQuotaStatus says at first
    hosts_name_cluster: bool = True  # False: cluster_id of the nodes' hosts is empty, and no filter finds them by it
    protection_polls: int = 1  # listings until a switch has its effect
    agent_ports: bool = False  # True: the addresses for agents have ports, which the vendor's example does not have
    enforce_validity: bool = True  # refuse a validity that ends after the certificate does

    gateway_prefix: str = "APIGW"
    old_errors: bool = False  # the older HSS error body, without error_msg
    published: bool = True  # False: HSS does not exist in this region
    rate_limit: int | None = None  # requests a second, all operations together
    latency: float = 0.0  # seconds added to every request
    max_body: int = 12 * 1024 * 1024
    lock_after: int | None = 5  # consecutive wrong signatures that lock an access key
    lock_seconds: float = 300.0
    clock_skew: float = 900.0
    token_lifetime: float = 86_400.0

    def __post_init__(self) -> None:
        """Refuse invalid values here, where the caller still sees which value is invalid."""
        for item in fields(self):
            _check_kind(item.name, str(item.type), getattr(self, item.name))
        _one_of("temperament", self.temperament, TEMPERAMENTS)
        _one_of("install_script", self.install_script, SCRIPT_FORMATS)
        _one_of("gateway_prefix", self.gateway_prefix, GATEWAY_PREFIXES)
        if not is_loopback(self.host):
            raise ValueError(f"host: {self.host!r} is not a loopback address; the simulator serves this machine only")
        minimum = {"rate_limit": 1, "lock_after": 1}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "seed" and isinstance(value, (int, float)) and value < minimum.get(item.name, 0):
                raise ValueError(f"{item.name}: {value!r} is too small")

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """The settings with changes, if all of them may change at run time."""
        known = {item.name for item in fields(self)}
        for name in changes:
            if name not in known:
                raise ValueError(f"{name}: no such setting")
            if name in FIXED:
                raise ValueError(f"{name}: cannot change once the simulator runs")
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """The values, for the control API."""
        return {
            item.name: str(value) if isinstance(value := getattr(self, item.name), Path) else value
            for item in fields(self)
        }


def is_loopback(host: str) -> bool:
    """Whether a host can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(entry[4][0])).is_loopback for entry in found)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(choices)}")


def _check_kind(name: str, annotation: str, value: Any) -> None:
    kinds = {kind.strip() for kind in annotation.split("|")}
    allowed: dict[str, tuple[type, ...]] = {
        "bool": (bool,),
        "int": (int,),
        "float": (int, float),
        "str": (str,),
        "Path": (Path,),
        "None": (type(None),),
    }
    good = any(isinstance(value, allowed[kind]) and (kind == "bool" or not isinstance(value, bool)) for kind in kinds)
    if not good:
        raise ValueError(f"{name}: {value!r} is not of type {annotation}")
