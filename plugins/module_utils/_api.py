# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: one method per endpoint of HSS and IAM. Knows paths, field names and paging.

Facts are from the vendor's API reference and its SDK (C(huaweicloudsdkhss) 3.1).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import quote

from ._errors import NOT_SENT, REJECTED, UNKNOWN, HssError
from ._http import HttpClient

# The API's maximum; its default is 10.
PAGE_SIZE = 200
ALL_ENTERPRISE_PROJECTS = "all_granted_eps"
NOT_FOUND = "HSS.0011"

_SIGN_IN_HINT = (
    "Check user_name (an IAM user's, not an e-mail address), password, domain_name (the account's name), that the user "
    "may use programmatic access, and that region or project_name is a project of that user. "
    "Repeated failures lock the user for some minutes, so it was not tried again."
)

_LISTINGS = 4
_LISTING_PAUSE = 1.0


class HssApi:
    """The HSS calls of one project.

    :arg endpoint: scheme, host and port.
    :arg enterprise_project_id: None leaves it to HSS, which takes the default enterprise project, V(0).
    :arg region: some calls want it in a header.
    :arg sleep: takes seconds.
    """

    def __init__(
        self,
        http: HttpClient,
        endpoint: str,
        project_id: str,
        enterprise_project_id: str | None = None,
        region: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._base = f"{endpoint.rstrip('/')}/v5/{quote(project_id, safe='')}/container/kubernetes"
        self.enterprise_project_id = enterprise_project_id
        self._region = {"region": region} if region else {}
        self.sleep = sleep

    def list_clusters(self) -> list[dict[str, Any]]:
        """Every registered cluster; see L(_list)."""
        return self._list("ListMultiCloudClusters", "list the registered clusters", "/multi-cloud/clusters")

    def list_daemonsets(self) -> list[dict[str, Any]]:
        """What HSS knows of the agents in the clusters, C(failed_message) included; see L(_list)."""
        return self._list("ListAgentDaemonsetInfo", "list the clusters' agents", "/clusters/daemonsets", self._region)

    def _list(
        self, operation: str, doing: str, path: str, headers: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Every row of a paged listing, each C(cluster_id) once, proved to be all.

        HSS pages by offset and has no snapshot: rows that come or go meanwhile shift the pages. So the listing counts
        only if C(total_num) stayed the same and as many different clusters were seen; otherwise it is taken again.

        :raises HssError: if a page cannot be had, or no listing was complete.
        """
        reason = ""
        for attempt in range(_LISTINGS):
            if attempt:
                self.sleep(_LISTING_PAUSE * attempt)
            rows, reason = self._list_once(operation, doing, path, headers)
            if not reason:
                return rows
        raise HssError(
            f"Could not {doing}: HSS gave no complete list in {_LISTINGS} attempts ({reason})",
            operation=operation,
            hint="Nothing is created without a complete list. Run again when no other registrations are under way.",
            outcome=REJECTED,
        )

    def _list_once(
        self, operation: str, doing: str, path: str, headers: Mapping[str, str] | None
    ) -> tuple[list[dict[str, Any]], str]:
        """The rows, and why they are not all; an empty reason means that they are."""
        found: dict[str, dict[str, Any]] = {}
        offset = 0
        expected: int | None = None
        while True:
            query = {"offset": offset, "limit": PAGE_SIZE}
            reply = self._call(operation, doing, "GET", path, query=query, headers=headers)
            total: Any = reply.get("total_num")
            page: Any = reply.get("data_list")
            page = [] if page is None and total == 0 else page
            if not _is_count(total) or not isinstance(page, list) or not all(_is_row(row) for row in page):
                raise HssError(
                    f"Could not {doing}: the answer has not the documented form (total_num, data_list with cluster_id)",
                    operation=operation,
                    hint="Check endpoint: is it HSS, version 5?",
                    outcome=REJECTED,
                )
            if expected is not None and total != expected:
                return [], f"total_num changed from {expected} to {total} between pages"
            expected = total
            found.update((row["cluster_id"], row) for row in page)
            offset += len(page)
            if len(found) >= total or not page:
                break
        if len(found) != expected:
            return [], f"{len(found)} clusters came, total_num is {expected}"
        return list(found.values()), ""

    def create_cluster(self, body: dict[str, Any]) -> str:
        """Registers a cluster and returns its C(cluster_id). Sent again only if it surely was not carried out.

        :raises HssError: with C(outcome=unknown) if HSS may have carried it out.
        """
        doing = f"register the cluster '{body.get('name')}'"
        operation = "CreateMultiCloudClusters"
        reply = self._call(operation, doing, "POST", "/multi-cloud/clusters", body=body, repeatable=False)
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
            if not page or len(rows) >= int(reply.get("total_num") or 0):
                return rows

    def show_daemonset(self, cluster_id: str) -> dict[str, Any] | None:
        """The node agent of a cluster; None if there is none, which the API says with an answer of nulls."""
        reply = self._call(
            "ShowAgentDaemonsetDetailInfo",
            f"read the node agent of the cluster {cluster_id}",
            "GET",
            f"/clusters/{quote(cluster_id, safe='')}/daemonsets",
        )
        return reply if reply.get("runtime_info") is not None or reply.get("yaml_content") is not None else None

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

    def _call(
        self,
        operation: str,
        doing: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        query = {"enterprise_project_id": self.enterprise_project_id, **(query or {})}
        return self._http.call(
            operation,
            doing,
            method,
            self._base + path,
            query=query,
            body=body,
            headers=headers,
            repeatable=repeatable,
        ).data


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
            reply = self._http.call(operation, doing, "POST", f"{self._base}/auth/tokens", body=body)
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
        reply = self._http.call(
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


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("cluster_id"), str) and bool(row["cluster_id"])
