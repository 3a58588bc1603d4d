# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the common part of all requests to HSS: address, project, and complete listings.

Facts about endpoints and fields are from the vendor's API reference and its SDK (C(huaweicloudsdkhss) 3.1).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable
from urllib.parse import quote

from .._core.errors import REJECTED, UNKNOWN, HssError, invalid_option
from .._http.client import HttpClient
from .schema import MAX_ROWS, documented_fields, schema_violation

# A value of C(enterprise_project_id) that reads in all enterprise projects.
ALL_ENTERPRISE_PROJECTS = "all_granted_eps"

# The API's maximum; its default is 10.
PAGE_SIZE = 200
# The part of the path that the requests for clusters and node agents have in common.
KUBERNETES = "/container/kubernetes"

_MAX_LISTINGS = 4
_LISTING_DELAY = 1.0
# The limits of one listing, whatever a service sends: the size of all its pages, the time for all attempts, and pages
# beyond those that total_num needs. 100,000 clusters have less than 40 MiB.
MAX_LISTING_BYTES = 64 * 1024 * 1024
MAX_LISTING_SECONDS = 600.0
_EXTRA_PAGES = 2
ENDPOINT_HINT = "Check endpoint: is it HSS, version 5?"


@dataclass(frozen=True)
class Rows:
    """What a listing lists.

    :arg key: the field that identifies a row.
    :arg hint: the remedy if no listing was complete.
    """

    key: str
    plural: str
    prefix: str
    hint: str

    def has_id(self, row: Any) -> bool:
        """Whether a row can be identified."""
        return isinstance(row, dict) and isinstance(row.get(self.key), str) and bool(row[self.key])


CLUSTER_ROWS = Rows(
    "cluster_id",
    "clusters",
    KUBERNETES,
    "Nothing is created without a complete list. Run again when no other registrations are under way.",
)


class ListingLimits:
    """Counts the pages of a listing, and ends it with an error if it exceeds a limit.

    :arg operation: the API's name of the operation; C(purpose) completes the message "Could not ...".
    :arg max_bytes: the maximum size of all pages.
    """

    def __init__(self, operation: str, purpose: str, max_bytes: int) -> None:
        self._operation = operation
        self._purpose = purpose
        self._max_bytes = max_bytes
        self._end = time.monotonic() + MAX_LISTING_SECONDS
        self.restart()

    def restart(self) -> None:
        """Begins to count anew, except for the time."""
        self._pages = 0
        self._bytes = 0

    def count(self, size: int, total: int) -> None:
        """Counts a page.

        :arg size: its bytes.
        :arg total: the number of rows in all pages.
        :raises HssError: if the listing exceeds a limit.
        """
        self._pages += 1
        self._bytes += size
        reason = ""
        if self._bytes > self._max_bytes:
            reason = f"it has more than {self._max_bytes // 1024 // 1024} MiB"
        elif self._pages > -(-total // PAGE_SIZE) + _EXTRA_PAGES:
            reason = f"it has more pages than its {total} rows need"
        elif time.monotonic() > self._end:
            reason = f"it took more than {MAX_LISTING_SECONDS:g} seconds"
        if reason:
            raise HssError(
                f"Could not {self._purpose}: the list is not read any further, since {reason}",
                operation=self._operation,
                hint=ENDPOINT_HINT,
                outcome=REJECTED,
            )


class ApiClient:
    """A client of HSS for one project.

    :arg endpoint: scheme, host and port.
    :arg enterprise_project_id: None leaves it to HSS, which uses the default enterprise project, V(0).
    :arg region: is sent in a header, which some requests need.
    :arg sleep: called with seconds.
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
        self._base_url = f"{endpoint.rstrip('/')}/v5/{path_segment('project_id', project_id)}"
        self.project_id = project_id
        self.enterprise_project_id = enterprise_project_id
        self._region_header = {"region": region} if region else {}
        self.sleep = sleep

    def require_region(self) -> None:
        """Checks that the region is known, before hosts are listed, or node agents listed, updated or deleted.

        :raises HssError: if it is not; those requests need it in a header.
        """
        if not self._region_header:
            raise invalid_option("region", "is needed here, also beside endpoint: HSS expects it in a header.")

    def _list(
        self,
        operation: str,
        purpose: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        exact: bool = True,
        rows_are: Rows = CLUSTER_ROWS,
    ) -> list[dict[str, Any]]:
        """Returns every row of a paged listing, each row once, and proves that none is missing.

        HSS pages by offset, without a snapshot: rows that are added or removed meanwhile shift the pages. A listing is
        complete only if C(total_num) stayed the same and as many different rows were received. Otherwise the
        listing is repeated.

        :arg exact: False if C(total_num) may not count all the rows.
        :arg rows_are: the kind of the rows, and the part of the path before C(path).
        :raises HssError: if a page cannot be read, or no listing was complete.
        """
        reason = ""
        limits = ListingLimits(operation, purpose, MAX_LISTING_BYTES)
        for attempt in range(_MAX_LISTINGS):
            if attempt:
                self.sleep(_LISTING_DELAY * attempt)
                limits.restart()
            rows, reason = self._list_once(operation, purpose, path, headers, query, exact, rows_are, limits)
            if not reason:
                return rows
        raise HssError(
            f"Could not {purpose}: HSS gave no complete list in {_MAX_LISTINGS} attempts ({reason})",
            operation=operation,
            hint=rows_are.hint,
            outcome=REJECTED,
        )

    def _list_once(
        self,
        operation: str,
        purpose: str,
        path: str,
        headers: Mapping[str, str] | None,
        filters: Mapping[str, Any] | None,
        exact: bool,
        rows_are: Rows,
        limits: ListingLimits,
    ) -> tuple[list[dict[str, Any]], str]:
        """Returns the rows of one listing, and the reason if it is incomplete; an empty reason means complete."""
        rows: dict[str, dict[str, Any]] = {}
        offset = 0
        expected: int | None = None
        while True:
            query = {**(filters or {}), "offset": offset, "limit": PAGE_SIZE}
            response, size = self._request_page(operation, purpose, path, query, headers, rows_are.prefix)
            total: Any = response.get("total_num")
            page: Any = response.get("data_list")
            page = [] if page is None and total == 0 else page
            if not _is_non_negative_int(total) or not isinstance(page, list) or not all(map(rows_are.has_id, page)):
                raise HssError(
                    f"Could not {purpose}: the response does not have the documented format "
                    f"(total_num, data_list with {rows_are.key})",
                    operation=operation,
                    hint=ENDPOINT_HINT,
                    outcome=REJECTED,
                )
            limits.count(size, total if exact else MAX_ROWS)
            if exact and expected is not None and total != expected:
                return [], f"total_num changed from {expected} to {total} between pages"
            expected, count_before = total, len(rows)
            rows.update((row[rows_are.key], row) for row in page)
            offset += len(page)
            # A page without a new row ends the listing as well, so that a repeated page cannot continue it forever.
            if len(rows) == count_before or (len(rows) >= total if exact else len(page) < PAGE_SIZE):
                break
        if len(rows) != expected and (exact or len(rows) < expected):
            return [], f"{len(rows)} {rows_are.plural} were received, total_num is {expected}"
        return list(rows.values()), ""

    def _request(
        self,
        operation: str,
        purpose: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        retryable: bool = True,
        prefix: str = KUBERNETES,
    ) -> dict[str, Any]:
        """Sends a request, see C(HttpClient.request), and returns the documented fields of the response.

        :arg prefix: the part of the path between the project and C(path).
        """
        return self._send(operation, purpose, method, prefix + path, query, body, headers, retryable)[0]

    def _request_page(
        self,
        operation: str,
        purpose: str,
        path: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        prefix: str = KUBERNETES,
    ) -> tuple[dict[str, Any], int]:
        """Requests a page of a listing, and returns its documented fields and its size in bytes."""
        return self._send(operation, purpose, "GET", prefix + path, query, None, headers, retryable=True)

    def _send(
        self,
        operation: str,
        purpose: str,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        retryable: bool,
    ) -> tuple[dict[str, Any], int]:
        response = self._http.request(
            operation,
            purpose,
            method,
            self._base_url + path,
            query={"enterprise_project_id": self.enterprise_project_id, **(query or {})},
            body=body,
            headers=headers,
            retryable=retryable,
        )
        violation = schema_violation(response.data)
        if violation:
            raise HssError(
                f"Could not {purpose}: the response does not have the documented format ({violation})",
                operation=operation,
                hint=ENDPOINT_HINT,
                outcome=REJECTED if method == "GET" else UNKNOWN,
            )
        return documented_fields(response.data), response.size


def path_segment(option: str, value: str) -> str:
    """Percent-encodes a value for the path of a URL.

    :arg option: for the error message.
    :raises HssError: if it holds half of a character.
    """
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise invalid_option(option, "holds half of a character, so it is not an id. Copy it again.") from None


def _is_non_negative_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
