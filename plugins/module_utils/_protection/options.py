# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the options of protection, and their checks. No I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import invalid_option

# The vendor's names of what a host is protected with.
CONTAINER_VERSION = "hss.version.container.enterprise"
NO_VERSION = "hss.version.null"
VERSIONS = (
    NO_VERSION,
    "hss.version.basic",
    "hss.version.advanced",
    "hss.version.enterprise",
    "hss.version.premium",
    "hss.version.wtp",
    CONTAINER_VERSION,
)
PACKET_CYCLE = "packet_cycle"
CHARGING_MODES = (PACKET_CYCLE, "on_demand")
AGENT_STATUSES = ("installed", "not_installed", "online", "offline", "install_failed", "installing")
PROTECT_STATUSES = ("closed", "opened", "protection_exception")

_MAX_CLUSTERS = 500
_MAX_NODES = 5_000  # as many as Kubernetes supports in a cluster
_MAX_ID = 64  # characters, as the API says
_MAX_RESOURCE_ID = 256
_MAX_TAGS = 20
_MAX_KEY, _MAX_VALUE = 128, 255


def protection_spec() -> dict[str, dict[str, Any]]:
    """The options that describe the protection of nodes."""
    return {
        "state": {"type": "str", "choices": ["opened", "closed"], "default": "opened"},
        "cluster_id": {"type": "str"},
        "clusters": {"type": "list", "elements": "str"},
        "nodes": {"type": "list", "elements": "str", "default": []},
        # No default, because each of them costs something else.
        "charging_mode": {"type": "str", "choices": list(CHARGING_MODES)},
        "resource_id": {"type": "str"},
        "tags": {"type": "dict"},
        "uninstall_agents": {"type": "bool", "default": False},
    }


def wait_spec() -> dict[str, dict[str, Any]]:
    """The options of waiting; times in seconds."""
    return {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 1200},
        "wait_sleep": {"type": "int", "default": 10},
    }


@dataclass(frozen=True)
class Desired:
    """The desired protection of the nodes of clusters.

    :arg nodes: names or private addresses of nodes that HSS may list without their cluster.
    :arg known_nodes: name and private addresses of each node, by cluster, as the clusters themselves have them. They
        count if HSS lists no host under the cluster.
    :arg freed_quotas: how many quotas become free before protection is opened.
    :arg tags: in the format of the API.
    """

    state: str
    cluster_ids: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    charging_mode: str | None = None
    resource_id: str | None = None
    tags: tuple[Mapping[str, str], ...] = ()
    uninstall_agents: bool = False
    known_nodes: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    freed_quotas: int = 0

    @property
    def opens(self) -> bool:
        """Whether protection is to be open."""
        return self.state == "opened"

    @property
    def body(self) -> dict[str, Any]:
        """The body of the request that switches protection, without the hosts."""
        if not self.opens:
            return {"version": NO_VERSION}
        return {
            "version": CONTAINER_VERSION,
            "charging_mode": self.charging_mode,
            **({"resource_id": self.resource_id} if self.resource_id else {}),
            **({"tags": [dict(tag) for tag in self.tags]} if self.tags else {}),
        }


def desire(params: Mapping[str, Any]) -> Desired:
    """Checks the options of the module.

    :arg params: C(None) for what is not given.
    :raises HssError: naming the option and the remedy.
    """
    opens = params["state"] == "opened"
    if opens and not params["charging_mode"]:
        raise invalid_option(
            "charging_mode",
            "is needed to open protection, since it decides who pays: packet_cycle takes a quota that was bought, "
            "on_demand costs money by use.",
        )
    if opens and params["uninstall_agents"]:
        raise invalid_option("uninstall_agents", "cannot be combined with state=opened: protection needs the agents.")
    return Desired(
        state=params["state"],
        cluster_ids=_cluster_ids(params),
        nodes=_nodes(params["nodes"]),
        charging_mode=params["charging_mode"] if opens else None,
        resource_id=_resource_id(params["resource_id"]) if opens else None,
        tags=_tags(params["tags"] or {}) if opens else (),
        uninstall_agents=params["uninstall_agents"],
        known_nodes=params.get("known_nodes") or {},
        freed_quotas=params.get("freed_quotas") or 0,
    )


def _cluster_ids(params: Mapping[str, Any]) -> tuple[str, ...]:
    option = "cluster_id" if params["cluster_id"] is not None else "clusters"
    given: Sequence[str] = [params["cluster_id"]] if option == "cluster_id" else params["clusters"] or ()
    if not given:
        raise invalid_option("clusters", "names no cluster. Give cluster_id, or the ids of clusters.")
    if len(given) > _MAX_CLUSTERS:
        raise invalid_option("clusters", f"names more than {_MAX_CLUSTERS} clusters. Use several tasks.")
    for cluster_id in given:
        # The listing of hosts takes an empty id for no filter, and would return the hosts of the whole account.
        if not cluster_id.strip() or len(cluster_id) > _MAX_ID or not cluster_id.isprintable():
            raise invalid_option(option, "is not an id. The modules that register and list clusters return it.")
    return tuple(dict.fromkeys(given))


def _nodes(given: Sequence[str]) -> tuple[str, ...]:
    nodes = dict.fromkeys(node.strip() for node in given)
    if len(nodes) > _MAX_NODES:
        raise invalid_option("nodes", f"names more than {_MAX_NODES} nodes. Use several tasks.")
    for node in nodes:
        # The listing of hosts separates several values with commas.
        if not node or len(node) > _MAX_ID or not node.isprintable() or "," in node:
            raise invalid_option(
                "nodes",
                f"has an entry that is no name and no address: it is empty, has more than {_MAX_ID} "
                "characters, or has a comma or another character that names cannot have.",
            )
    return tuple(nodes)


def is_address(node: str) -> bool:
    """Whether an entry of C(nodes) is an address."""
    return same_address(node, node)


def same_address(first: Any, second: Any) -> bool:
    """Whether two texts are the same IP address, in whatever spelling."""
    try:
        return ipaddress.ip_address(str(first)) == ipaddress.ip_address(str(second))
    except ValueError:
        return False


def _resource_id(given: str | None) -> str | None:
    if given is not None and (not given.strip() or len(given) > _MAX_RESOURCE_ID or not given.isprintable()):
        raise invalid_option("resource_id", "is not an id. hss_quota_info lists the ids of quotas that are free.")
    return given


def _tags(given: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    if len(given) > _MAX_TAGS:
        raise invalid_option("tags", f"has more than {_MAX_TAGS} tags.")
    tags = []
    for key, value in given.items():
        text = "" if value is None else str(value)
        if not str(key).strip() or len(str(key)) > _MAX_KEY:
            raise invalid_option("tags", f"has a key that is empty or has more than {_MAX_KEY} characters.")
        if isinstance(value, (dict, list)) or len(text) > _MAX_VALUE:
            raise invalid_option("tags", f"has a value that is no text, or has more than {_MAX_VALUE} characters.")
        tags.append({"key": str(key), "value": text})
    return tuple(tags)
