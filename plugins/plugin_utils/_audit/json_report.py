# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the report as JSON, as it is documented. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def render(report: Mapping[str, Any], _language: str) -> str:
    """Returns the content of the file."""
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
