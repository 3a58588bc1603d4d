# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stateful simulator of Huawei Cloud HSS (multi-cloud clusters) and IAM, on loopback.

For tests and demonstrations: it checks signatures and tokens, keeps state, has the API's documented limits and
oddities, and injects faults on request. README.md says how to start and control it, and what in it is inferred.
"""

from __future__ import annotations

from .accounts import TemporaryKeys, User
from .contract import OPERATIONS, Operation
from .fault_book import PlannedFault
from .faults import Fault
from .journal import Entry
from .service import Simulator
from .settings import Settings
from .state import Cluster

__all__ = [
    "OPERATIONS",
    "Cluster",
    "Entry",
    "Fault",
    "Operation",
    "PlannedFault",
    "Settings",
    "Simulator",
    "TemporaryKeys",
    "User",
]
