# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: validates the options of action plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.spelling import spelling_hint


def validated_options(action: ActionBase, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the task, validated by ansible-core.

    :raises AnsibleActionFail: if they are invalid; for a misspelled option, with the nearest name.
    """
    try:
        _validation, options = action.validate_argument_spec(spec)
    except AnsibleActionFail as exc:
        names = {*spec, *(alias for option in spec.values() for alias in option.get("aliases", ()))}
        hint = spelling_hint(set(action._task.args) - names, spec)
        if not hint:
            raise
        raise AnsibleActionFail(f"{exc.message}{hint}") from None
    return dict(options)
