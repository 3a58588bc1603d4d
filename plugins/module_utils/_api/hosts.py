# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the requests for hosts: their listing, their protection, and their agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import ApiClient, Rows

# The limits of the API: hosts in one request that changes them, and values in one filter of the listing.
MAX_HOSTS = 200
MAX_IDS = 100
MAX_NAMES = 60
MAX_ADDRESSES = 100

_ROWS = Rows(
    "host_id",
    "hosts",
    "",
    "Nothing is switched without a complete list. Run again when no other hosts are being added or removed.",
)


class HostsApi(ApiClient):
    """The endpoints of hosts, which the nodes of a cluster are to HSS."""

    def list_hosts(self, filters: Mapping[str, str | None]) -> list[dict[str, Any]]:
        """Returns the hosts that pass the filters of the API; see C(ApiClient._list).

        :arg filters: such as C(cluster_id); a filter with several values has commas between them. None values are left
            out.
        """
        return self._list(
            "ListHostStatus",
            "list the hosts",
            "/host-management/hosts",
            headers=self._region_header,
            query=filters,
            rows_are=_ROWS,
        )

    def switch_protection(self, body: Mapping[str, Any], purpose: str, retryable: bool) -> None:
        """Opens or closes container protection on at most L(MAX_HOSTS) hosts. A listing shows the effect later.

        :arg body: C(version), C(host_id_list), and when protection is opened C(charging_mode).
        :arg retryable: whether the request may be repeated although HSS may have carried it out.
        :raises HssError: with C(outcome=unknown) if HSS may have carried it out.
        """
        self._request(
            "SwitchContainerProtectStatus",
            purpose,
            "POST",
            "/container/switch-version",
            body=body,
            retryable=retryable,
            prefix="",
        )

    def uninstall_agents(self, host_ids: Sequence[str]) -> None:
        """Asks HSS to uninstall the agents of at most L(MAX_HOSTS) hosts. A listing shows the effect later."""
        self._request(
            "UninstallAgents",
            f"uninstall the agents of {len(host_ids)} hosts",
            "POST",
            "/host-management/uninstall",
            body={"host_id_list": list(host_ids)},
            prefix="",
        )
