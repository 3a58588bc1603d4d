# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the requests for registered clusters and for kubeconfigs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import UNKNOWN, HssError, normalized_code
from .base import ENDPOINT_HINT, PAGE_SIZE, ApiClient, ListingLimits, path_segment

_NOT_FOUND = "HSS.0011"
# A cluster has some dozens of permissions.
_MAX_PERMISSIONS_BYTES = 1024 * 1024


class ClustersApi(ApiClient):
    """The endpoints of multi-cloud clusters."""

    def list_clusters(self, cluster_id: str | None = None) -> list[dict[str, Any]]:
        """Returns all registered clusters, or only the cluster with an id; see C(ApiClient._list)."""
        return self._list(
            "ListMultiCloudClusters",
            "list the registered clusters",
            "/multi-cloud/clusters",
            query={"cluster_id": cluster_id} if cluster_id else None,
        )

    def create_cluster(self, body: dict[str, Any]) -> str:
        """Registers a cluster and returns its C(cluster_id). Retried only if it was certainly not carried out.

        :raises HssError: with C(outcome=unknown) if HSS may have carried it out.
        """
        operation = "CreateMultiCloudClusters"
        purpose = f"register the cluster '{body.get('name')}'"
        response = self._request(operation, purpose, "POST", "/multi-cloud/clusters", body=body, retryable=False)
        cluster_id = response.get("cluster_id")
        if not isinstance(cluster_id, str) or not cluster_id:
            raise HssError(
                f"Could not {purpose}: the response holds no cluster_id",
                operation=operation,
                hint=ENDPOINT_HINT,
                outcome=UNKNOWN,
            )
        return cluster_id

    def update_cluster(self, cluster_id: str, changes: Mapping[str, Any], label: str) -> None:
        """Updates a registration. Here the field is spelled C(kubeconfig); C(current_expiration_date) is required."""
        self._request(
            "UpdateMultiCloudClusters",
            f"update the registration of the cluster {label}",
            "PUT",
            _cluster_path(cluster_id),
            body=changes,
        )

    def delete_cluster(self, cluster_id: str, label: str) -> None:
        """Removes a registration. One that does not exist counts as removed."""
        try:
            self._request(
                "RemoveMultiCloudClusters",
                f"remove the registration of the cluster {label}",
                "DELETE",
                _cluster_path(cluster_id),
            )
        except HssError as error:
            if normalized_code(error.error_code or "") != _NOT_FOUND:
                raise

    def list_permissions(self, cluster_id: str) -> list[dict[str, Any]]:
        """Returns what HSS may do in a cluster, with its advice. The rows have no id."""
        operation, purpose = "ShowMultiCloudClusterAuth", f"read HSS's permissions in the cluster {cluster_id}"
        limits = ListingLimits(operation, purpose, _MAX_PERMISSIONS_BYTES)
        rows: list[dict[str, Any]] = []
        total = None
        while True:
            query = {"offset": len(rows), "limit": PAGE_SIZE}
            response, size = self._request_page(operation, purpose, f"{_cluster_path(cluster_id)}/permissions", query)
            if total is None:
                total = response.get("total_num") or 0
            limits.count(size, total)
            page = response.get("data_list") or []
            rows += page
            if not page or len(rows) >= total:
                return rows

    def analyze_config(self, kube_config: str) -> list[dict[str, Any]]:
        """Returns what HSS reads in a kubeconfig. This sends the credential to HSS."""
        response = self._request(
            "ParseMultiCloudClusterConfig",
            "analyze the kubeconfig with HSS",
            "POST",
            "/multi-cloud/config-analyze",
            body={"kube_config": kube_config},
        )
        return response.get("data_list") or []

    def synchronize_status(self, cluster_ids: Sequence[str]) -> None:
        """Asks HSS to check the clusters' connections. The response proves nothing: it is 2xx even for unknown ids."""
        rows = [{"cluster_id": cluster_id} for cluster_id in cluster_ids]
        self._request(
            "SyncMultiCloudClusterStatus",
            "synchronize the status of the clusters' connections",
            "POST",
            "/multi-cloud/clusters/status-synchronize",
            body={"total_num": len(rows), "data_list": rows},
        )


def _cluster_path(cluster_id: str) -> str:
    return f"/multi-cloud/clusters/{path_segment('cluster_id', cluster_id)}"
