# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which plugins are internal, and therefore neither in the changelog nor in the index of the documentation."""

from __future__ import annotations


def is_internal(name: str) -> bool:
    """Returns whether a plugin is made for the role or a playbook of the collection alone, which its name shows."""
    name = name.rsplit(".", 1)[-1]
    return name.startswith("hss_onboard") or name.endswith("_stage")
