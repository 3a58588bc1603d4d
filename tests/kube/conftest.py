# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures that the integration tests have too; the fixture of the cluster itself is in plugin.py."""

from __future__ import annotations

from clusters import tasks

__all__ = ["tasks"]
