# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the requests for the connection agent: its manifests, network addresses and images."""

from __future__ import annotations

from typing import Any

from .._core.errors import REJECTED, HssError
from .base import ApiClient, path_segment


class AgentsApi(ApiClient):
    """The endpoints of connection agents."""

    def show_agent_network(self) -> dict[str, Any]:
        """Returns the addresses to which the agents connect."""
        return self._request("ShowAgentAddress", "read the agents' addresses", "GET", "/multi-cloud/agent-network")

    def show_install_script(self, cluster_id: str) -> str:
        """Returns the connection agent's manifests as one text, which may contain secrets."""
        operation = "ShowMultiCloudClusterProxyScript"
        purpose = f"read the connection agent's manifests for the cluster {cluster_id}"
        path = f"/multi-cloud/clusters/{path_segment('cluster_id', cluster_id)}/agent/install-script"
        script = self._request(operation, purpose, "GET", path).get("install_script")
        if not isinstance(script, str):
            raise HssError(
                f"Could not {purpose}: the response holds no text",
                operation=operation,
                hint="HSS has no manifests for this cluster, or sent them in another format. Check cluster_id and "
                "endpoint.",
                outcome=REJECTED,
            )
        return script

    def show_image_command(
        self, image_repo: str, organization: str, username: str, password: str, plug_type: str | None
    ) -> dict[str, Any]:
        """Returns commands that load the agents' images into a registry. URL and response contain the password."""
        # This is the only request without an enterprise project.
        query = {
            "enterprise_project_id": None,
            "image_repo": image_repo,
            "organization": organization,
            "username": username,
            "password": password,
            "plug_type": plug_type,
        }
        return self._request(
            "ShowMultiCloudClusterImageCommand",
            "read the commands for the agents' images",
            "GET",
            "/multi-cloud/image-upload-command",
            query=query,
        )
