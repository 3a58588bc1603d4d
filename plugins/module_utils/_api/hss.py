# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the API of HSS, composed of one file for each kind of resource."""

from __future__ import annotations

from .agents import AgentsApi
from .clusters import ClustersApi
from .daemonsets import DaemonsetsApi
from .hosts import HostsApi
from .quotas import QuotasApi


class HssApi(ClustersApi, DaemonsetsApi, AgentsApi, HostsApi, QuotasApi):
    """All requests to HSS for one project, one method for each endpoint; see C(ApiClient) for the arguments."""
