# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the requests for node agents, which HSS deploys as a DaemonSet in each cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import ApiClient, path_segment


class DaemonsetsApi(ApiClient):
    """The endpoints of node agents."""

    def list_daemonsets(self, cluster_type: str | None = None, accessed: bool | None = None) -> list[dict[str, Any]]:
        """Returns the state of the agents in all clusters, with C(failed_message); see C(ApiClient._list).

        :arg cluster_type: a provider, or C(cce).
        :arg accessed: whether HSS is connected to the cluster.
        """
        query = {"type": cluster_type, "access_status": None if accessed is None else str(accessed).lower()}
        return self._list(
            "ListAgentDaemonsetInfo",
            "list the clusters' agents",
            "/clusters/daemonsets",
            headers=self._region_header,
            query=query,
            # According to its description, total_num counts only the connected clusters.
            exact=False,
        )

    def show_daemonset(self, cluster_id: str) -> dict[str, Any] | None:
        """Returns the node agent of a cluster; None if there is none, in which case HSS responds with nulls."""
        response = self._request(
            "ShowAgentDaemonsetDetailInfo",
            f"read the node agent of the cluster {cluster_id}",
            "GET",
            _daemonset_path(cluster_id),
        )
        exists = response.get("runtime_info") is not None or response.get("yaml_content") is not None
        return response if exists else None

    def show_daemonset_template(self) -> dict[str, Any]:
        """Returns the defaults of HSS for a node agent: C(runtime_info) and C(schedule_info)."""
        return self._request(
            "ShowAgentDaemonsetDeployTemplate", "read HSS's template of a node agent", "GET", "/template"
        )

    def create_daemonset(self, cluster_id: str, body: Mapping[str, Any], label: str) -> None:
        """Asks HSS to install the node agent. The response is always 200; only a read shows the result.

        A cluster has at most one, so that a repeated request does no harm; but read first whether it is needed.

        :raises HssError: with C(outcome=unknown) if HSS may have carried it out.
        """
        self._request(
            "CreateAgentDaemonset",
            f"install the node agent in the cluster {label}",
            "POST",
            _daemonset_path(cluster_id),
            body=body,
            retryable=False,
        )

    def update_daemonset(self, cluster_id: str, body: Mapping[str, Any], label: str) -> None:
        """Asks HSS to change the node agent. The response is always 200; only a read shows the result."""
        self._request(
            "UpdateAgentDaemonset",
            f"change the node agent of the cluster {label}",
            "PUT",
            _daemonset_path(cluster_id),
            body=body,
            headers=self._region_header,
        )

    def delete_daemonset(self, cluster_id: str, label: str) -> None:
        """Asks HSS to remove the node agent. The response is always 200; only a read shows the result."""
        self._request(
            "DeleteAgentDaemonset",
            f"remove the node agent from the cluster {label}",
            "DELETE",
            _daemonset_path(cluster_id),
            headers=self._region_header,
        )


def _daemonset_path(cluster_id: str) -> str:
    return f"/clusters/{path_segment('cluster_id', cluster_id)}/daemonsets"
