# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what a change of Kubernetes objects looks like, without the data of Secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import plain_text
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import Hidden, KubeObject, comparable

try:
    import yaml
except ImportError:  # wherever ansible-core runs, it is there
    yaml = None  # type: ignore[assignment]

HIDDEN = "(hidden)"
CHANGED = "(hidden, changed)"


def difference(before: KubeObject | None, after: KubeObject | None, hidden: Hidden) -> dict[str, str]:
    """An entry of Ansible's diff.

    :arg hidden: values that must not be seen, wherever they stand.
    """
    if (one := after or before) is None:
        return {}
    shown_before, shown_after = _shown(before), _shown(after)
    if before and after and one.is_secret:
        _mark_changes(before, after, shown_after)
    # Names and values may come from anywhere, and Ansible prints a diff as it is.
    label = sanitize(one.label)
    return {
        "before_header": label,
        "after_header": label,
        "before": plain_text(_text(hidden.mask(shown_before))),
        "after": plain_text(_text(hidden.mask(shown_after))),
    }


def _shown(one: KubeObject | None) -> dict[str, Any]:
    if one is None:
        return {}
    content = comparable(one)
    if one.is_secret:
        for part in ("data", "stringData"):
            if isinstance(content.get(part), dict):
                content[part] = dict.fromkeys(content[part], HIDDEN)
    return content


def _mark_changes(before: KubeObject, after: KubeObject, shown: Mapping[str, Any]) -> None:
    for part in ("data", "stringData"):
        old, new = before.content.get(part) or {}, after.content.get(part) or {}
        for key in new:
            if key in old and old[key] != new[key]:
                shown[part][key] = CHANGED


def _text(content: Mapping[str, Any]) -> str:
    if not content:
        return ""
    if yaml is None:
        return json.dumps(content, indent=2, sort_keys=True) + "\n"
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=True))
