# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the connection options that every module has, see the doc fragment C(connection)."""

from __future__ import annotations

from typing import Any


def connection_spec() -> dict[str, dict[str, Any]]:
    """The connection options."""
    return {
        "region": {"type": "str"},
        "endpoint": {"type": "str"},
        "access_key": {"type": "str", "no_log": True},
        "secret_key": {"type": "str", "no_log": True},
        "security_token": {"type": "str", "no_log": True},
        "auth_token": {"type": "str", "no_log": True},
        "user_name": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "domain_name": {"type": "str"},
        "auth_url": {"type": "str"},
        "project_id": {"type": "str"},
        "project_name": {"type": "str"},
        "enterprise_project_id": {"type": "str"},
        "cloud": {"type": "str"},
        "profile": {"type": "str"},
        "shared_config_file": {"type": "path"},
        # No default, because HW_INSECURE decides if the option is not given.
        "validate_certs": {"type": "bool"},
        "ca_path": {"type": "path"},
        "timeout": {"type": "int", "default": 30},
        "max_retries": {"type": "int"},
    }
