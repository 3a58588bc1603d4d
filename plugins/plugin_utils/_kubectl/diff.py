# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: diffs of Kubernetes objects, without the data of Secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import printable_text
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    ObjectRedactor,
    comparable_content,
)

try:
    import yaml
except ImportError:  # it is installed wherever ansible-core runs
    yaml = None  # type: ignore[assignment]

HIDDEN = "(hidden)"
HIDDEN_CHANGED = "(hidden, changed)"


def object_diff(before: KubeObject | None, after: KubeObject | None, redactor: ObjectRedactor) -> dict[str, str]:
    """Return the entry for Ansible's diff.

    :arg redactor: masks values that must not be shown, wherever they appear.
    """
    if (item := after or before) is None:
        return {}
    before_content, after_content = _without_secret_data(before), _without_secret_data(after)
    if before and after and item.is_secret:
        _mark_changed_keys(before, after, after_content)
    # Ansible prints a diff without sanitizing it, and names and values can contain any characters.
    label = sanitize(item.label)
    return {
        "before_header": label,
        "after_header": label,
        "before": printable_text(_dump_yaml(redactor.mask(before_content))),
        "after": printable_text(_dump_yaml(redactor.mask(after_content))),
    }


def _without_secret_data(item: KubeObject | None) -> dict[str, Any]:
    if item is None:
        return {}
    content = comparable_content(item)
    if item.is_secret:
        for part in ("data", "stringData"):
            if isinstance(content.get(part), dict):
                content[part] = dict.fromkeys(content[part], HIDDEN)
    return content


def _mark_changed_keys(before: KubeObject, after: KubeObject, after_content: Mapping[str, Any]) -> None:
    for part in ("data", "stringData"):
        old, new = before.content.get(part) or {}, after.content.get(part) or {}
        for key in new:
            if key in old and old[key] != new[key]:
                after_content[part][key] = HIDDEN_CHANGED


def _dump_yaml(content: Mapping[str, Any]) -> str:
    if not content:
        return ""
    if yaml is None:
        return json.dumps(content, indent=2, sort_keys=True) + "\n"
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=True))
