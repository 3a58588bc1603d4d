# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the variables of the playbook audit, checked. No I/O."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import invalid_option

from .findings import CODES

PREFIX = "hss_audit_"
FORMATS = ("json", "csv", "junit", "prometheus", "html")
# Read by the playbook itself, and what it leaves.
_OTHER_VARIABLES = ("hosts", "read_kubeconfigs", "reading")


@dataclass(frozen=True)
class AuditOptions:
    """The values of the variables, without their prefix.

    :arg files: the path for each format that is asked for.
    :arg connections: None for those of the hosts.
    """

    files: Mapping[str, str]
    connections: list[dict[str, Any]] | None = field(default=None, repr=False)
    min_days_left: int | None = None
    fail_on: tuple[str, ...] = ()
    language: str = "en"


def audit_spec() -> dict[str, dict[str, Any]]:
    """The argument spec of the variables, by their full names."""
    connection = {
        name: {key: value for key, value in option.items() if key != "default"}
        for name, option in connection_spec().items()
    }
    spec: dict[str, dict[str, Any]] = {
        "connections": {"type": "list", "elements": "dict", "options": connection},
        "min_days_left": {"type": "int"},
        "fail_on": {"type": "list", "elements": "str", "choices": list(CODES)},
        "language": {"type": "str", "choices": ["en", "zh"]},
        **{name: {"type": "path"} for name in FORMATS},
    }
    return {PREFIX + name: option for name, option in spec.items()}


def read_options(variables: Mapping[str, Any]) -> AuditOptions:
    """Checks the variables.

    :arg variables: by their full names; None and empty texts count as not given, others are left out.
    :raises HssError: if one cannot be used.
    """
    spec = audit_spec()
    given = {name: value for name, value in variables.items() if name in spec and value not in (None, "")}
    result = ArgumentSpecValidator(spec).validate(given)
    if result.error_messages:
        raise invalid_option("hss_audit", " ".join(result.error_messages))
    values = {
        name[len(PREFIX) :]: value for name, value in result.validated_parameters.items() if value not in (None, "")
    }
    files = {name: str(values.pop(name)) for name in FORMATS if name in values}
    if len(set(files.values())) < len(files):
        raise invalid_option("hss_audit", "two formats have the same path. Give each a file of its own.")
    connections = values.get("connections")
    if connections is not None:
        if not connections:
            raise invalid_option("hss_audit_connections", "must not be empty. Leave it out for those of the hosts.")
        values["connections"] = [_without_none(connection) for connection in connections]
    return AuditOptions(files=files, **{**values, "fail_on": tuple(values.get("fail_on", ()))})


def unknown_variables(names: Mapping[str, Any]) -> list[str]:
    """A warning for each variable that begins like those of the playbook and is none of them."""
    known = [*audit_spec(), *(PREFIX + name for name in _OTHER_VARIABLES)]
    warnings = []
    for name in sorted(str(name) for name in names):
        if name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            suggestion = f"; is {nearest[0]} meant?" if nearest else ""
            warnings.append(f"{name} is no variable of the playbook audit{suggestion}")
    return warnings


def _without_none(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
