# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: passes kubeconfigs that are given as mappings to modules as text.

The option is a secret. Ansible hides the value of a secret option everywhere in the result, and of a mapping every text
in it: names and addresses as well. It does so before a module can convert the mapping. On ansible-core 2.18, a template
whose result is JSON becomes a mapping too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_OPTIONS = ("kube_config", "kubeconfig")
_LISTS = ("clusters",)


def with_kubeconfigs_as_text(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a module with each kubeconfig as text, also in lists of clusters."""
    converted = {name: _as_text(value) if name in _OPTIONS else value for name, value in options.items()}
    for name in _LISTS:
        entries = converted.get(name)
        if isinstance(entries, list):
            converted[name] = [
                with_kubeconfigs_as_text(entry) if isinstance(entry, Mapping) else entry for entry in entries
            ]
    return converted


def _as_text(value: Any) -> Any:
    """Return a mapping or a list as JSON, which is YAML too, and any other value unchanged."""
    return json.dumps(value, default=_scalar_as_text) if isinstance(value, (Mapping, list, tuple)) else value


def _scalar_as_text(value: Any) -> str:
    """Return a value that JSON does not have as text, such as a date, or the bytes of YAML's C(!!binary)."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
