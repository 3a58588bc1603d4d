# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the options of the inventory plugin, checked. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.filters import require_id
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import PROVIDERS, STATUSES
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import (
    CREDENTIAL_OPTIONS,
    CREDENTIAL_VARIABLES,
    SECRET_PARTS,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.option_values import OPTION_VARIABLES
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, invalid_option
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.spelling import spelling_hint

INCLUDE = ("daemonset", "hosts")

# With a credential of its own, a source uses no part of the file's.
_CREDENTIAL = (*CREDENTIAL_OPTIONS, "profile", "shared_config_file")
# A project belongs to a region.
_PROJECT = ("project_id", "project_name")
_MAX_SOURCES = 100
# A new version of the collection does not use what an older one stored.
_CACHE_FORMAT = 1


@dataclass(frozen=True)
class Source:
    """A connection from which clusters are listed.

    :arg label: names the source in messages.
    :arg options: the connection options.
    """

    label: str
    options: Mapping[str, Any] = field(repr=False)


def filter_spec() -> dict[str, dict[str, Any]]:
    """The suboptions of C(filters), those of the module hss_multicloud_cluster_info."""
    return {
        "cluster_id": {"type": "str"},
        "name": {"type": "list", "elements": "str"},
        "provider": {"type": "list", "elements": "str", "choices": list(PROVIDERS)},
        "status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
        "expires_within_days": {"type": "int"},
    }


def read_sources(common: Mapping[str, Any], entries: Any, redactor: Redactor) -> list[Source]:
    """The sources of a file.

    :arg common: the connection options of the file, which apply where a source gives none of its own.
    :arg entries: the option C(sources); None for a single source with the options of the file.
    :arg redactor: receives every secret before anything can fail.
    :raises HssError: if an option cannot be used.
    """
    if entries is None:
        _register(redactor, common)
        return [Source("", dict(common))]
    if not isinstance(entries, list) or not entries:
        raise invalid_option("sources", "must be a list with at least one entry. Leave it out for a single source.")
    if len(entries) > _MAX_SOURCES:
        raise invalid_option("sources", f"has {len(entries)} entries. Use several files for more than {_MAX_SOURCES}.")
    for options in (common, *(entry for entry in entries if isinstance(entry, Mapping))):
        _register(redactor, options)
    return [_source(common, entry, number) for number, entry in enumerate(entries, 1)]


def read_filters(given: Any) -> dict[str, Any]:
    """The filters, checked.

    :raises HssError: if one cannot be used.
    """
    filters = _validated("filters", given or {}, filter_spec())
    require_id(filters)
    return filters


def read_include(given: Iterable[str] | None) -> list[str]:
    """What is to be included, checked.

    :raises HssError: if it is unknown.
    """
    names = list(given or ())
    unknown = [name for name in names if name not in INCLUDE]
    if unknown:
        raise invalid_option("include", f"'{unknown[0]}' is not one of {', '.join(INCLUDE)}.")
    return [name for name in INCLUDE if name in names]


def check_names(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuses options that the plugin does not have, which Ansible would ignore.

    :raises HssError: with the nearest option.
    """
    spec: dict[str, dict[str, Any]] = {name: {} for name in known}
    unknown = sorted(str(name) for name in given if str(name) not in spec)
    if unknown:
        raise HssError(f"Unsupported options: {', '.join(unknown)}.{spelling_hint(unknown, spec)}")


def fingerprint(
    sources: Sequence[Source], environment: Mapping[str, str], filters: Mapping[str, Any], include: Sequence[str]
) -> str:
    """Identifies what is listed, so that a cache is not used for anything else. No secret is part of it."""
    variables = {name for names in OPTION_VARIABLES.values() for name in names}
    variables |= {
        names[part] for names in CREDENTIAL_VARIABLES for part in ("user_name", "domain_name") if part in names
    }
    content = {
        "format": _CACHE_FORMAT,
        "sources": [
            {name: value for name, value in source.options.items() if name not in SECRET_PARTS} for source in sources
        ],
        "environment": {name: environment[name] for name in variables if environment.get(name)},
        "filters": dict(filters),
        "include": list(include),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _source(common: Mapping[str, Any], entry: Any, number: int) -> Source:
    place = f"sources[{number}]"
    given = _validated(place, entry, _spec())
    given = {name: value for name, value in given.items() if value not in (None, "")}
    inherited = dict(common)
    for group, names in ((_CREDENTIAL, _CREDENTIAL), (("region", *_PROJECT), _PROJECT)):
        if any(name in given for name in group):
            inherited.update(dict.fromkeys(names))
    options = {**inherited, **given}
    details = ", ".join(str(options[name]) for name in ("region", "endpoint", "project_id") if options.get(name))
    return Source(f"{place} ({details})" if details else place, options)


def _spec() -> dict[str, dict[str, Any]]:
    """The connection options without defaults, which come from the options of the file."""
    return {name: {"type": option["type"]} for name, option in connection_spec().items()}


def _validated(place: str, given: Any, spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise invalid_option(place, "must be a mapping of options.")
    values = {str(name): value for name, value in given.items()}
    unknown = sorted(set(values) - set(spec))
    if unknown:
        raise invalid_option(place, f"unsupported options: {', '.join(unknown)}.{spelling_hint(unknown, spec)}")
    result = ArgumentSpecValidator(spec).validate(values)
    if result.error_messages:
        raise invalid_option(place, " ".join(result.error_messages))
    return dict(result.validated_parameters)


def _register(redactor: Redactor, options: Mapping[str, Any]) -> None:
    redactor.add(*(value for name in SECRET_PARTS if isinstance(value := options.get(name), str)))
