# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters for the role hss_onboard: what it does about the images in a private registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import images as _images


class FilterModule:
    """Thin: the functions are tested on their own."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {
            "hss_onboard_image_outcome": _data(_images.outcome),
            "hss_onboard_image_plan": _data(_images.plan),
        }


def _data(function: Callable[..., Any]) -> Callable[..., Any]:
    """A service's words are data: ansible-core 2.18 would take braces in them for a template."""
    return lambda *args, **options: wrap_var(function(*args, **options))
