# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what every call of HSS has in common: the address, the project, and complete listings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable
from urllib.parse import quote

from .._core.errors import REJECTED, UNKNOWN, HssError, invalid_option
from .._http.client import HttpClient
from .schema import wrong_field

# The API's maximum; its default is 10.
PAGE_SIZE = 200

_LISTINGS = 4
_LISTING_PAUSE = 1.0


class Calls:
    """The way of a call to HSS in one project.

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

    def require_region(self) -> None:
        """For those who are going to list, update or delete node agents.

        :raises HssError: if the region is not known, which these calls want in a header.
        """
        if not self._region:
            raise invalid_option("region", "is needed here, also beside endpoint: HSS wants it in a header.")

    def _list(
        self,
        operation: str,
        doing: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        exact: bool = True,
    ) -> list[dict[str, Any]]:
        """Every row of a paged listing, each C(cluster_id) once, proved to be all.

        HSS pages by offset and has no snapshot: rows that come or go meanwhile shift the pages. So the listing counts
        only if C(total_num) stayed the same and as many different clusters were seen; otherwise it is taken again.

        :arg exact: False where C(total_num) is not sure to count all the rows.

        :raises HssError: if a page cannot be had, or no listing was complete.
        """
        reason = ""
        for attempt in range(_LISTINGS):
            if attempt:
                self.sleep(_LISTING_PAUSE * attempt)
            rows, reason = self._list_once(operation, doing, path, headers, query, exact)
            if not reason:
                return rows
        raise HssError(
            f"Could not {doing}: HSS gave no complete list in {_LISTINGS} attempts ({reason})",
            operation=operation,
            hint="Nothing is created without a complete list. Run again when no other registrations are under way.",
            outcome=REJECTED,
        )

    def _list_once(
        self,
        operation: str,
        doing: str,
        path: str,
        headers: Mapping[str, str] | None,
        filters: Mapping[str, Any] | None,
        exact: bool,
    ) -> tuple[list[dict[str, Any]], str]:
        """The rows, and why they are not all; an empty reason means that they are."""
        found: dict[str, dict[str, Any]] = {}
        offset = 0
        expected: int | None = None
        while True:
            query = {**(filters or {}), "offset": offset, "limit": PAGE_SIZE}
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
            if exact and expected is not None and total != expected:
                return [], f"total_num changed from {expected} to {total} between pages"
            expected, before = total, len(found)
            found.update((row["cluster_id"], row) for row in page)
            offset += len(page)
            # A page with nothing new is the end too; otherwise one that comes again and again would never end.
            if len(found) == before or (len(found) >= total if exact else len(page) < PAGE_SIZE):
                break
        if len(found) != expected and (exact or len(found) < expected):
            return [], f"{len(found)} clusters came, total_num is {expected}"
        return list(found.values()), ""

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
        retryable: bool = True,
    ) -> dict[str, Any]:
        query = {"enterprise_project_id": self.enterprise_project_id, **(query or {})}
        answer = self._http.request(
            operation,
            doing,
            method,
            self._base + path,
            query=query,
            body=body,
            headers=headers,
            retryable=retryable,
        ).data
        wrong = wrong_field(answer)
        if wrong:
            raise HssError(
                f"Could not {doing}: the answer has not the documented form ({wrong})",
                operation=operation,
                hint="Check endpoint: is it HSS, version 5?",
                outcome=REJECTED if method == "GET" else UNKNOWN,
            )
        return answer


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("cluster_id"), str) and bool(row["cluster_id"])
