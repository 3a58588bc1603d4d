# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the documentation of modules as ansible-doc does, with their fragments merged."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import get_docstring


def documented_options(module: ModuleType) -> dict[str, Any]:
    """Return the documented options of a module, including those of its fragments."""
    documentation, *_other = get_docstring(module.__file__, fragment_loader, is_module=True)
    options: dict[str, Any] = documentation["options"]
    return options
