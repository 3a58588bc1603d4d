# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the schema of HSS's responses, for the fields that the collection reads.

Responses are checked only here, so that no other code has to expect a list where a name is documented. Fields that are
null or absent are accepted, because the API omits many of them; so are fields that the collection does not read.
"""

from __future__ import annotations

from typing import Any

_MAX_DATE = 253_402_300_799_999  # the end of the year 9999, in milliseconds
# More rows than any account has, but few enough to fit into memory.
_MAX_ROWS = 100_000


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return _is_number(value) and -1 <= value <= _MAX_DATE


def _is_count(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= _MAX_ROWS


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_mapping_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mapping, value))


# Types: a description for messages, and the check. A field has the same type in every response.
_TEXT = ("a text", _is_text)
_NUMBER = ("a number", _is_number)
_FLAG = ("true or false", _is_flag)
_DATE = ("a date in milliseconds", _is_date)
_MAPPING = ("an object", _is_mapping)
_TEXTS = ("a list of texts", _is_text_list)
_MAPPINGS = ("a list of objects", _is_mapping_list)
_FIELDS = {
    "total_num": (f"a number up to {_MAX_ROWS}", _is_count),
    "data_list": _MAPPINGS,
    "cluster_id": _TEXT,
    "cluster_name": _TEXT,
    "provider": _TEXT,
    "server": _TEXT,
    "image_repo": _TEXT,
    "status": _TEXT,
    "current_expiration_date": _DATE,
    "certificate_expiration_date": _DATE,
    "address": _TEXT,
    "anp_address": _TEXT,
    "agent_address": _TEXT,
    "region_id": _TEXT,
    "install_script": _TEXT,
    "image_command": _TEXT,
    "secret_command": _TEXT,
    "images_download_url": _TEXT,
    "installed_status": _TEXT,
    "combined_status": _TEXT,
    "failed_message": _TEXT,
    "agent_version": _TEXT,
    "node_num": _NUMBER,
    "ds_info": _MAPPING,
    "desired_num": _NUMBER,
    "current_num": _NUMBER,
    "ready_num": _NUMBER,
    "runtime_info": _MAPPINGS,
    "runtime_name": _TEXT,
    "runtime_path": _TEXT,
    "schedule_info": _MAPPING,
    "node_selector": _TEXTS,
    "pod_tolerances": _TEXTS,
    "resource_info": _MAPPING,
    "mode": _TEXT,
    "cpu_limit": _TEXT,
    "mem_limit": _TEXT,
    "host_id": _TEXT,
    "host_name": _TEXT,
    "private_ip": _TEXT,
    "agent_status": _TEXT,
    "install_result_code": _TEXT,
    "version": _TEXT,
    "protect_status": _TEXT,
    "protect_interrupt": _FLAG,
    "interrupt_reason": _TEXT,
    "protect_degradation": _FLAG,
    "degradation_reason": _TEXT,
    "charging_mode": _TEXT,
    "resource_id": _TEXT,
    "shared_quota": _TEXT,
    "used_num": _NUMBER,
    "available_num": _NUMBER,
    "available_resources_list": _MAPPINGS,
    "enabled": _FLAG,
}


def schema_violation(data: dict[str, Any]) -> str | None:
    """Describes the first field that does not have its documented type; returns None if all have."""
    for name, value in data.items():
        if name not in _FIELDS or value is None:
            continue
        description, is_valid = _FIELDS[name]
        if not is_valid(value):
            return f"{name} is not {description}"
        for inner in [value] if isinstance(value, dict) else value if isinstance(value, list) else []:
            violation = schema_violation(inner) if isinstance(inner, dict) else None
            if violation:
                return violation
    return None
