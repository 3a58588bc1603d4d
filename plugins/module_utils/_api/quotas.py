# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the requests for quotas, which pay for the protection of hosts."""

from __future__ import annotations

from typing import Any

from .base import ApiClient


class QuotasApi(ApiClient):
    """The endpoints of quotas."""

    def show_quotas(self, version: str | None = None, charging_mode: str | None = None) -> list[dict[str, Any]]:
        """Returns the quotas, a row for each version of HSS.

        :arg version: such as C(hss.version.container.enterprise); None for every version.
        :arg charging_mode: C(packet_cycle) or C(on_demand); None for both.
        """
        response = self._request(
            "ShowResourceQuotas",
            "read the quotas",
            "GET",
            "/billing/quotas",
            query={"version": version, "charging_mode": charging_mode},
            prefix="",
        )
        rows: list[dict[str, Any]] = response.get("data_list") or []
        return rows

    def show_auto_open_quota(self) -> bool | None:
        """Whether HSS takes a quota by itself when a host with an agent appears; None if HSS does not say."""
        response = self._request(
            "ListAutoOpenQuotaStatus",
            "read whether quotas are taken automatically",
            "GET",
            "/setting/config/auto-open-quota",
            prefix="",
        )
        enabled: bool | None = response.get("enabled")
        return enabled
