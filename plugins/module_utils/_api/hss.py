# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: one method per endpoint of HSS and IAM. Knows paths and field names.

Facts are from the vendor's API reference and its SDK (C(huaweicloudsdkhss) 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .._core.errors import NOT_SENT, REJECTED, UNKNOWN, HssError
from .._http.client import HttpClient
from .agents import AgentCalls
from .base import PAGE_SIZE

ALL_ENTERPRISE_PROJECTS = "all_granted_eps"
NOT_FOUND = "HSS.0011"

_SIGN_IN_HINT = (
    "Check user_name (an IAM user's, not an e-mail address), password, domain_name (the account's name), that the user "
    "may use programmatic access, and that region or project_name is a project of that user. "
    "Repeated failures lock the user for some minutes, so it was not tried again."
)


class HssApi(AgentCalls):
    """The HSS calls of one project; see L(Calls)."""

    def list_clusters(self, cluster_id: str | None = None) -> list[dict[str, Any]]:
        """Every registered cluster, or that of an id alone; see L(_list)."""
        return self._list(
            "ListMultiCloudClusters",
            "list the registered clusters",
            "/multi-cloud/clusters",
            query={"cluster_id": cluster_id} if cluster_id else None,
        )

    def create_cluster(self, body: dict[str, Any]) -> str:
        """Registers a cluster and returns its C(cluster_id). Sent again only if it surely was not carried out.

        :raises HssError: with C(outcome=unknown) if HSS may have carried it out.
        """
        doing = f"register the cluster '{body.get('name')}'"
        operation = "CreateMultiCloudClusters"
        reply = self._call(operation, doing, "POST", "/multi-cloud/clusters", body=body, retryable=False)
        cluster_id = reply.get("cluster_id")
        if not isinstance(cluster_id, str) or not cluster_id:
            raise HssError(f"Could not {doing}: the answer holds no cluster_id", operation=operation, outcome=UNKNOWN)
        return cluster_id

    def list_permissions(self, cluster_id: str) -> list[dict[str, Any]]:
        """What HSS may and may not do in a cluster, with its advice. The rows have no id to tell them apart by."""
        rows: list[dict[str, Any]] = []
        while True:
            reply = self._call(
                "ShowMultiCloudClusterAuth",
                f"read HSS's permissions in the cluster {cluster_id}",
                "GET",
                f"/multi-cloud/clusters/{quote(cluster_id, safe='')}/permissions",
                query={"offset": len(rows), "limit": PAGE_SIZE},
            )
            page = reply.get("data_list") or []
            rows += page
            # total_num has an upper bound, see _form, so this ends.
            if not page or len(rows) >= (reply.get("total_num") or 0):
                return rows

    def analyze_config(self, kube_config: str) -> list[dict[str, Any]]:
        """What HSS reads in a kubeconfig. It gets the credential for that."""
        body = {"kube_config": kube_config}
        reply = self._call(
            "ParseMultiCloudClusterConfig",
            "have HSS read the kubeconfig",
            "POST",
            "/multi-cloud/config-analyze",
            body=body,
        )
        return reply.get("data_list") or []

    def update_cluster(self, cluster_id: str, changes: Mapping[str, Any], label: str) -> None:
        """Changes a registration. The call spells C(kubeconfig), and wants C(current_expiration_date)."""
        self._call(
            "UpdateMultiCloudClusters",
            f"update the registration of the cluster {label}",
            "PUT",
            f"/multi-cloud/clusters/{quote(cluster_id, safe='')}",
            body=changes,
        )

    def synchronize_status(self, cluster_ids: Sequence[str]) -> None:
        """Has HSS look at the clusters' connections. It answers 2xx even for unknown ids, so it proves nothing."""
        rows = [{"cluster_id": cluster_id} for cluster_id in cluster_ids]
        self._call(
            "SyncMultiCloudClusterStatus",
            "have HSS look at the clusters' connections",
            "POST",
            "/multi-cloud/clusters/status-synchronize",
            body={"total_num": len(rows), "data_list": rows},
        )

    def delete_cluster(self, cluster_id: str, label: str) -> None:
        """Removes a registration; one that is gone already counts as removed."""
        try:
            self._call(
                "RemoveMultiCloudClusters",
                f"remove the registration of the cluster {label}",
                "DELETE",
                f"/multi-cloud/clusters/{quote(cluster_id, safe='')}",
            )
        except HssError as error:
            if error.error_code != NOT_FOUND:
                raise


@dataclass(frozen=True)
class Token:
    """A token of IAM, and the id of the project that it is for, if IAM told."""

    value: str = field(repr=False)
    project_id: str | None


class IamApi:
    """The calls of IAM that HSS's callers need.

    :arg auth_url: IAM's address, with or without C(/v3).
    """

    def __init__(self, http: HttpClient, auth_url: str) -> None:
        self._http = http
        base = auth_url.rstrip("/")
        self._base = base if base.endswith("/v3") else f"{base}/v3"

    def create_token(
        self,
        user_name: str,
        password: str,
        domain_name: str,
        *,
        project_id: str | None,
        project_name: str | None,
    ) -> Token:
        """Signs in. Asking twice does no harm, but a refusal is final: repeated ones lock the user out.

        :arg domain_name: the account that the user belongs to.
        :arg project_name: for where the project's id is not known.
        """
        operation = "KeystoneCreateUserTokenByPassword"
        doing = f"sign in to IAM as the user '{user_name}' of the account '{domain_name}'"
        user = {"name": user_name, "password": password, "domain": {"name": domain_name}}
        project = {"id": project_id} if project_id else {"name": project_name}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": project},
            }
        }
        try:
            reply = self._http.request(operation, doing, "POST", f"{self._base}/auth/tokens", body=body)
        except HssError as error:
            # Nothing was to be changed, so nothing is left in doubt.
            if error.outcome == UNKNOWN:
                error.outcome = REJECTED if error.http_status else NOT_SENT
            if error.http_status in (400, 401, 403):
                error.hint = _SIGN_IN_HINT
            elif error.http_status == 404:
                error.hint = "Check auth_url: is it the address of IAM?"
            raise
        value = reply.headers.get("X-Subject-Token")
        if not value:
            raise HssError(
                f"Could not {doing}: the answer holds no token",
                operation=operation,
                hint="Check auth_url: is it the address of IAM? A proxy may also have dropped X-Subject-Token.",
                outcome=REJECTED,
            )
        token = reply.data.get("token")
        scope = token.get("project") if isinstance(token, dict) else None
        found = scope.get("id") if isinstance(scope, dict) else None
        return Token(value, found if isinstance(found, str) and found else None)

    def find_project(self, name: str) -> str:
        """The id of the project of that name; a region's own project has the region's name.

        :raises HssError: if there is none, or more than one.
        """
        operation = "KeystoneListProjects"
        reply = self._http.request(
            operation, f"look up the project '{name}' in IAM", "GET", f"{self._base}/projects", query={"name": name}
        )
        projects = reply.data.get("projects")
        ids = [item.get("id") for item in projects if isinstance(item, dict)] if isinstance(projects, list) else []
        if len(ids) == 1 and isinstance(ids[0], str):
            return ids[0]
        found = f"several projects have that name: {', '.join(map(str, ids))}" if ids else "there is no such project"
        raise HssError(
            f"Could not look up the project '{name}' in IAM: {found}",
            operation=operation,
            hint="Give project_id, and check that region is spelled right and that the credential may use it.",
        )
