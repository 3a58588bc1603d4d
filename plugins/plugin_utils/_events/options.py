# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the arguments of the event source, checked. No I/O.

ansible-core may not be installed where a rulebook runs, so the arguments are not checked with its argument specs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import PROVIDERS
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import SECRET_PARTS
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, invalid_option
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.spelling import spelling_hint

_OWN = {
    "interval": {"type": "int"},
    "expires_within_days": {"type": "list"},
    "name": {"type": "list"},
    "provider": {"type": "list"},
    "state_file": {"type": "path"},
}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_MAX_INTERVAL = 86_400


@dataclass(frozen=True)
class EventOptions:
    """The arguments of a source.

    :arg connection: the connection options.
    :arg interval: seconds between two listings.
    :arg limits: numbers of days, from the greatest to the least.
    :arg filters: see C(filters.filtered).
    :arg state_file: None to keep the state in memory only.
    """

    connection: Mapping[str, Any] = field(repr=False)
    interval: int
    limits: tuple[int, ...]
    filters: Mapping[str, Any]
    state_file: str | None


def read_options(arguments: Mapping[str, Any], redactor: Redactor) -> EventOptions:
    """Checks the arguments. Numbers and booleans may be texts, since rulebooks render variables to texts.

    :arg redactor: receives every secret before anything can fail.
    :raises HssError: if one cannot be used.
    """
    redactor.add(*(value for name in SECRET_PARTS if isinstance(value := arguments.get(name), str)))
    spec = {**connection_spec(), **_OWN}
    unknown = sorted(str(name) for name in arguments if name not in spec)
    if unknown:
        raise HssError(f"Unsupported arguments: {', '.join(unknown)}.{spelling_hint(unknown, spec)}")
    given = {
        name: _converted(name, value, str(spec[name]["type"]))
        for name, value in arguments.items()
        if value is not None and value != ""
    }
    interval = given.get("interval", 300)
    if not 1 <= interval <= _MAX_INTERVAL:
        raise invalid_option("interval", f"must be from 1 to {_MAX_INTERVAL} seconds, not {interval}.")
    limits = [_converted("expires_within_days", value, "int") for value in given.get("expires_within_days", [30])]
    providers = given.get("provider")
    for value in providers or ():
        if value not in PROVIDERS:
            raise invalid_option("provider", f"'{value}' is not one of {', '.join(PROVIDERS)}.")
    defaults = {name: option.get("default") for name, option in connection_spec().items()}
    return EventOptions(
        connection={**defaults, **{name: value for name, value in given.items() if name in defaults}},
        interval=interval,
        limits=tuple(sorted(set(limits), reverse=True)),
        filters={"name": given.get("name"), "provider": providers},
        state_file=given.get("state_file"),
    )


def _converted(name: str, value: Any, kind: str) -> Any:
    text = str(value).strip()
    if kind == "int":
        if isinstance(value, bool) or not text.removeprefix("-").isdecimal() or len(text) > 9:
            raise invalid_option(name, "must be a whole number.")
        return int(text)
    if kind == "bool":
        if text.lower() not in (*_TRUE, *_FALSE):
            raise invalid_option(name, "must be true or false.")
        return text.lower() in _TRUE
    if kind == "list":
        values = value if isinstance(value, (list, tuple)) else [value]
        if any(isinstance(item, (dict, list)) for item in values):
            raise invalid_option(name, "must be a value, or a list of values.")
        return [str(item) for item in values]
    if isinstance(value, (dict, list, tuple)):
        raise invalid_option(name, "must be a text.")
    return str(value)
