# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters for the role hss_onboard; it keeps what it knows of the clusters with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import agent_objects as _agent_objects
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import stages as _onboarding


class FilterModule:
    """Thin: the functions are tested on their own."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {
            "hss_onboard_clusters": _data(_onboarding.clusters_of),
            "hss_onboard_noted": _data(_onboarding.noted),
            "hss_onboard_results": _data(_onboarding.results),
            "hss_onboard_agent_objects": _data(_agent_objects.agent_objects),
        }


def _data(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, on plain values.

    Newer ansible-core hands out lazy containers and tagged texts. And a service's words are data, while ansible-core
    2.18 would take braces in them for a template.
    """
    return lambda *args: wrap_var(function(*map(_plain, args)))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
