# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the nearest names of options that are misspelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Union

# The name of an option, or the names that lead to a suboption, as ansible-core reports them.
OptionName = Union[str, tuple[str, ...]]


def spelling_hint(unsupported: Iterable[OptionName], spec: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns a sentence with the nearest option of each unsupported one; empty if no option is near.

    :arg spec: the argument spec.
    """
    # Only a misspelled option needs this.
    from difflib import get_close_matches

    found = []
    for path in sorted((name,) if isinstance(name, str) else tuple(name) for name in unsupported):
        options: Mapping[str, Mapping[str, Any]] = spec
        for name in path[:-1]:
            options = (options.get(name) or {}).get("options") or {}
        names = [*options, *(alias for option in options.values() for alias in option.get("aliases", ()))]
        nearest = get_close_matches(path[-1].lower().replace("-", "_"), names, n=1)
        if nearest:
            found.append(f"{'.'.join(path)}: did you mean {nearest[0]}?")
    return f" {' '.join(found)}" if found else ""
