# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the calls about the agents in a cluster: that which connects it, and that on its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .._core.errors import REJECTED, HssError
from .base import Calls


class AgentCalls(Calls):
    """One method per endpoint."""

    def list_daemonsets(self, cluster_type: str | None = None, accessed: bool | None = None) -> list[dict[str, Any]]:
        """What HSS knows of the agents in the clusters, C(failed_message) included; see L(_list).

        :arg cluster_type: a provider, or C(cce).
        :arg accessed: whether HSS is connected to the cluster.
        """
        query = {"type": cluster_type, "access_status": None if accessed is None else str(accessed).lower()}
        return self._list(
            "ListAgentDaemonsetInfo",
            "list the clusters' agents",
            "/clusters/daemonsets",
            headers=self._region,
            query=query,
            # By its description, the number is that of the connected clusters alone.
            exact=False,
        )

    def show_daemonset(self, cluster_id: str) -> dict[str, Any] | None:
        """The node agent of a cluster; None if there is none, which the API says with an answer of nulls."""
        reply = self._call(
            "ShowAgentDaemonsetDetailInfo",
            f"read the node agent of the cluster {cluster_id}",
            "GET",
            _daemonset_path(cluster_id),
        )
        return reply if reply.get("runtime_info") is not None or reply.get("yaml_content") is not None else None

    def show_daemonset_template(self) -> dict[str, Any]:
        """What HSS itself would install on nodes: C(runtime_info) and C(schedule_info)."""
        return self._call("ShowAgentDaemonsetDeployTemplate", "read HSS's template of a node agent", "GET", "/template")

    def create_daemonset(self, cluster_id: str, body: Mapping[str, Any], label: str) -> None:
        """Has the node agent installed. The answer is 200 whatever becomes of it, so only reading tells.

        A cluster has one, so nothing is doubled by asking again; but read first whether it is still needed.

        :raises HssError: with C(outcome=unknown) if HSS may have carried it out.
        """
        self._call(
            "CreateAgentDaemonset",
            f"install the node agent in the cluster {label}",
            "POST",
            _daemonset_path(cluster_id),
            body=body,
            retryable=False,
        )

    def update_daemonset(self, cluster_id: str, body: Mapping[str, Any], label: str) -> None:
        """Changes the node agent. The answer is 200 whatever becomes of it, so only reading tells."""
        self._call(
            "UpdateAgentDaemonset",
            f"change the node agent of the cluster {label}",
            "PUT",
            _daemonset_path(cluster_id),
            body=body,
            headers=self._region,
        )

    def delete_daemonset(self, cluster_id: str, label: str) -> None:
        """Has the node agent removed. The answer is 200 whatever becomes of it, so only reading tells."""
        self._call(
            "DeleteAgentDaemonset",
            f"remove the node agent from the cluster {label}",
            "DELETE",
            _daemonset_path(cluster_id),
            headers=self._region,
        )

    def show_agent_network(self) -> dict[str, Any]:
        """The addresses that the agents call."""
        return self._call("ShowAgentAddress", "read the agents' addresses", "GET", "/multi-cloud/agent-network")

    def show_install_script(self, cluster_id: str) -> str:
        """The connection agent's manifests, one text. A secret may be in it."""
        operation = "ShowMultiCloudClusterProxyScript"
        doing = f"read the connection agent's manifests for the cluster {cluster_id}"
        path = f"/multi-cloud/clusters/{quote(cluster_id, safe='')}/agent/install-script"
        script = self._call(operation, doing, "GET", path).get("install_script")
        if not isinstance(script, str):
            raise HssError(f"Could not {doing}: the answer holds no text", operation=operation, outcome=REJECTED)
        return script

    def show_image_command(
        self, image_repo: str, organization: str, username: str, password: str, plug_type: str | None
    ) -> dict[str, Any]:
        """Commands that load the agents' images into a registry. The password goes into the URL and into the answer."""
        # This one call has no enterprise project.
        query = {
            "enterprise_project_id": None,
            "image_repo": image_repo,
            "organization": organization,
            "username": username,
            "password": password,
            "plug_type": plug_type,
        }
        return self._call(
            "ShowMultiCloudClusterImageCommand",
            "read the commands for the agents' images",
            "GET",
            "/multi-cloud/image-upload-command",
            query=query,
        )


def _daemonset_path(cluster_id: str) -> str:
    return f"/clusters/{quote(cluster_id, safe='')}/daemonsets"
