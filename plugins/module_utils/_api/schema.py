# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the schema of HSS's responses, for the fields that the collection reads.

Responses are checked only here, so that no other code has to expect a list where a name is documented. Fields that are
null or absent are accepted, because the API omits many of them. Fields that are not documented are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.characters import are_visible

_MAX_DATE = 253_402_300_799_999  # the end of the year 9999, in milliseconds
# More rows than any account has, but few enough to fit into memory.
MAX_ROWS = 100_000
_MAX_ID = 256  # characters; HSS's ids have 36


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_ID and are_visible(value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return _is_number(value) and -1 <= value <= _MAX_DATE


def _is_count(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= MAX_ROWS


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_mapping_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mapping, value))


# Types: a description for messages, and the check. A field has the same type in every response.
_TEXT = ("a text", _is_text)
_ID = (f"an id of at most {_MAX_ID} visible characters", _is_id)
_FLAG = ("true or false", _is_flag)
_NUMBER = ("a number", _is_number)
_DATE = ("a date in milliseconds", _is_date)
_MAPPING = ("an object", _is_mapping)
_TEXTS = ("a list of texts", _is_text_list)
_MAPPINGS = ("a list of objects", _is_mapping_list)
_FIELDS = {
    "total_num": (f"a number up to {MAX_ROWS}", _is_count),
    "data_list": _MAPPINGS,
    "cluster_id": _ID,
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
    "access_status": _TEXT,
    "cluster_status": _TEXT,
    "is_authed": _FLAG,
    "registry_info": _MAPPING,
}
# Fields that are only shown. They are dropped if they have another type.
_SHOWN_FIELDS = {
    **dict.fromkeys(("version", "api_groups", "resources", "function", "advice"), _TEXT),
    **dict.fromkeys(("namespace", "cluster_type", "cluster_log_status", "invoked_service"), _TEXT),
    **dict.fromkeys(("registry_type", "registry_addr", "registry_username"), _TEXT),
    **dict.fromkeys(("latest_version", "is_default"), _FLAG),
    # Hosts and quotas.
    **dict.fromkeys(
        (
            *("host_id", "host_name", "agent_id", "agent_status", "host_status", "host_sources", "detect_result"),
            *("private_ip", "public_ip", "vpc_id", "key_name", "data_center_tag", "service_provider_name"),
            *("os_name", "os_version", "os_image", "os_type", "os_bit", "kernel_version"),
            *("enterprise_project_id", "enterprise_project_name", "group_id", "group_name"),
            *("policy_group_id", "policy_group_name", "asset_value", "auto_open_version"),
            *("install_result_code", "upgrade_status", "upgrade_result_code"),
            *("protect_status", "interrupt_reason", "degradation_reason", "charging_mode", "resource_id"),
            *("ransom_protection_status", "wtp_protect_status", "current_time", "shared_quota"),
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            *("asset", "vulnerability", "baseline", "intrusion", "container_type", "install_progress"),
            *("agent_create_time", "agent_update_time", "open_time", "expire_time", "used_num", "available_num"),
        ),
        _NUMBER,
    ),
    **dict.fromkeys(
        ("upgradable", "protect_interrupt", "protect_degradation", "outside_host", "two_factor_auth", "enabled"), _FLAG
    ),
    "labels": _TEXTS,
    "available_resources_list": _MAPPINGS,
}
# Only whether this field is null is of interest.
_PRESENCE_FIELD = "yaml_content"


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


def documented_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the documented fields of a response, in the objects inside of it as well.

    The others could fill the memory and the log of every run, and nobody examined what is in them.
    """
    fields = {}
    for name, value in data.items():
        if name == _PRESENCE_FIELD:
            fields[name] = None if value is None else True
        elif name in _FIELDS or (name in _SHOWN_FIELDS and (value is None or _SHOWN_FIELDS[name][1](value))):
            fields[name] = _documented_value(value)
    return fields


def _documented_value(value: Any) -> Any:
    if isinstance(value, dict):
        return documented_fields(value)
    if isinstance(value, list):
        return [documented_fields(item) if isinstance(item, dict) else item for item in value]
    return value
