# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HSS: the operations on multi-cloud clusters, a method for each."""

from __future__ import annotations

import hashlib
import ipaddress
import random
from typing import Any

from . import images, kubeconfig, manifests
from .call import Call, Handler, check_choices, check_fields
from .contract import CREATE_CHOICES, CREATE_FIELDS, PLUG_TYPES, UPDATE_FIELDS
from .errors import HssError, invalid
from .state import Cloud, Cluster
from .wire import Reply


class MultiCloud:
    """Carries out the operations on the state. The caller holds the state's lock."""

    def __init__(self, cloud: Cloud, rng: random.Random) -> None:
        self._cloud = cloud
        self._token_salt = rng.randbytes(16)
        self._rules: list[dict[str, Any]] = manifests.permissions()
        self._rules_of: dict[str, list[dict[str, Any]]] = {}
        self.handlers: dict[str, Handler] = {
            "CreateMultiCloudClusters": self.create,
            "ListMultiCloudClusters": self.list_page,
            "UpdateMultiCloudClusters": self.update,
            "RemoveMultiCloudClusters": self.remove,
            "ParseMultiCloudClusterConfig": self.analyse,
            "ShowMultiCloudClusterAuth": self.permissions,
            "ShowMultiCloudClusterProxyScript": self.install_script,
            "SyncMultiCloudClusterStatus": self.synchronise,
            "ShowAgentAddress": self.agent_network,
            "ShowMultiCloudClusterImageCommand": self.image_command,
        }

    def create(self, call: Call) -> Reply:
        """Register a cluster."""
        body = check_fields(call.json_object(), CREATE_FIELDS)
        check_choices(body, CREATE_CHOICES)
        _check_dates(body)
        _check_dns(body)
        text = body.get("kube_config")
        if not text:
            raise invalid("kube_config must not be empty")
        owner = call.owning_enterprise_project
        cluster = self._cloud.create(call.project_id, owner, body, _readable(text), call.settings)
        return Reply.of_json({"cluster_id": cluster.cluster_id})

    def list_page(self, call: Call) -> Reply:
        """A page of clusters."""
        cluster_id = call.request.query.get("cluster_id")
        page = call.page(self._cloud.matching(call.project_id, call.enterprise_project, cluster_id))
        return Reply.of_json({"total_num": page.total, "data_list": [cluster.row() for cluster in page.rows]})

    def update(self, call: Call) -> Reply:
        """Change the validity, upgrade the agent, or replace the kubeconfig."""
        cluster = self._cluster(call)
        body = call.json_object()
        check_fields(body, UPDATE_FIELDS)
        _check_dates(body)
        if body.get("current_expiration_date") is None:
            raise invalid("current_expiration_date is required")
        text = body.get("kubeconfig")
        if text == "":
            raise invalid("kubeconfig must not be empty")
        new = None if text is None else (text, _readable(text))
        self._cloud.update(cluster, body["current_expiration_date"], bool(body.get("upgrade")), new, call.settings)
        return Reply()

    def remove(self, call: Call) -> Reply:
        """Deregister a cluster."""
        self._cloud.remove(self._cluster(call))
        return Reply()

    def analyse(self, call: Call) -> Reply:
        """Parse a kubeconfig without storing it."""
        body = call.json_object()
        check_fields(body, {"kube_config": str})
        if not body.get("kube_config"):
            raise invalid("kube_config must not be empty")
        found = _readable(body["kube_config"]).every
        if not found:
            raise HssError("0002", "Failed to parse the kubeconfig: no cluster in it.")
        rows = [
            {"address": access.address, "certificate_expiration_date": access.certificate_expiration_date}
            for access in found
        ]
        return Reply.of_json({"total_num": len(rows), "data_list": rows})

    def permissions(self, call: Call) -> Reply:
        """The rights of the credential in the cluster."""
        cluster = self._cluster(call)
        page = call.page(self._rules_of.get(cluster.cluster_id, self._rules))
        return Reply.of_json({"total_num": page.total, "data_list": page.rows})

    def install_script(self, call: Call) -> Reply:
        """The manifests of the connection agent."""
        cluster = self._cluster(call)
        script = manifests.install_script(
            cluster, self.agent_token(cluster.cluster_id), call.settings.region, call.settings.install_script
        )
        return Reply.of_json({"install_script": script})

    def synchronise(self, call: Call) -> Reply:
        """200 even with unknown ids; only a request without any id is refused."""
        rows = call.json_object().get("data_list")
        rows = rows if isinstance(rows, list) else []
        named = {row.get("cluster_id") for row in rows if isinstance(row, dict)} - {None, ""}
        if not named:
            raise invalid("data_list has no cluster_id")
        visible = [
            cluster
            for cluster in self._cloud.matching(call.project_id, call.enterprise_project)
            if cluster.cluster_id in named
        ]
        self._cloud.synchronise(visible, call.settings)
        return Reply()

    def agent_network(self, call: Call) -> Reply:
        """The addresses that the agents connect to."""
        return Reply.of_json(manifests.network(call.settings.region, call.settings.agent_ports))

    def image_command(self, call: Call) -> Reply:
        """Commands that load the agents' images into a private registry. The password is in the query."""
        query = call.request.query
        for name in ("image_repo", "organization", "username", "password"):
            if not query.get(name):
                raise invalid(f"{name} is required")
        plug_type = call.choice("plug_type", PLUG_TYPES) or PLUG_TYPES[0]
        scheme = "https" if call.settings.tls else "http"
        return Reply.of_json(
            manifests.image_commands(
                query["image_repo"],
                query["organization"],
                query["username"],
                query["password"],
                plug_type,
                f"{scheme}://{call.request.header('host')}{images.PATH}",
            )
        )

    def agent_token(self, cluster_id: str) -> str:
        """The secret in a cluster's install script: constant for a cluster, different for each."""
        return hashlib.sha256(self._token_salt + cluster_id.encode()).hexdigest()

    def set_permissions(self, rows: list[dict[str, Any]], cluster_id: str | None = None) -> None:
        """Set the permissions of a cluster, or of all clusters without their own."""
        complete = [manifests.permission(**row) for row in rows]
        if cluster_id is None:
            self._rules = complete
        else:
            self._rules_of[cluster_id] = complete

    def reset(self) -> None:
        """Restore the initial permissions."""
        self._rules = manifests.permissions()
        self._rules_of.clear()

    def _cluster(self, call: Call) -> Cluster:
        return self._cloud.find(call.project_id, call.enterprise_project, call.cluster_id)


def _readable(text: str) -> kubeconfig.ReadKubeconfig:
    try:
        return kubeconfig.read(text)
    except kubeconfig.Unreadable as error:
        raise HssError("0002", f"Failed to parse the kubeconfig: {error}.") from None


def _check_dates(body: dict[str, Any]) -> None:
    for name in ("current_expiration_date", "certificate_expiration_date"):
        value = body.get(name)
        if value is not None and not 0 <= value < 2**63:
            raise invalid(f"{name} is out of range")


def _check_dns(body: dict[str, Any]) -> None:
    policy, config = body.get("dns_policy"), body.get("dns_config")
    if not config:
        if policy == "none":
            raise invalid("dns_policy none needs dns_config")
        return
    if policy != "none":
        raise invalid("dns_config goes with dns_policy none alone")
    for address in config.split(";"):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise invalid("dns_config must be IP addresses separated by semicolons") from None
