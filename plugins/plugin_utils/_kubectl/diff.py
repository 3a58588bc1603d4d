# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: diffs of Kubernetes objects, without values that may be secret.

These are the data of Secrets and ConfigMaps, the environment and the arguments of containers, and annotations, in which
whoever wrote the object may have put any text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import printable_text
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    ObjectRedactor,
    comparable_content,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rollout import CHECKSUM

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
    before_content = _without_values(before, {})
    after_content = _without_values(after, _values(before))
    # Ansible prints a diff without sanitizing it, and names and values can contain any characters.
    label = sanitize(item.label)
    return {
        "before_header": label,
        "after_header": label,
        "before": printable_text(_dump_yaml(redactor.mask(before_content))),
        "after": printable_text(_dump_yaml(redactor.mask(after_content))),
    }


_DATA = ("data", "stringData", "binaryData")
_COMMANDS = ("args", "command")
Path = tuple[str, ...]


def _values(item: KubeObject | None) -> dict[Path, Any]:
    """Return the values that are hidden, by their place in the object."""
    values: dict[Path, Any] = {}
    if item is not None:
        _hide(item, values, lambda _path, _value: HIDDEN)
    return values


def _without_values(item: KubeObject | None, before: Mapping[Path, Any]) -> dict[str, Any]:
    """Return the content of an object without these values. A value that was another one before is marked."""

    def mark(path: Path, value: Any) -> str:
        return HIDDEN_CHANGED if path in before and before[path] != value else HIDDEN

    return {} if item is None else _hide(item, {}, mark)


def _hide(item: KubeObject, values: dict[Path, Any], mark: Callable[[Path, Any], str]) -> dict[str, Any]:
    content = comparable_content(item)

    def hidden(path: Path, value: Any) -> str:
        values[path] = value
        return mark(path, value)

    def walk(value: Any, path: Path, in_container: bool) -> Any:
        if isinstance(value, dict):
            inside = in_container or bool({"containers", "initContainers"} & value.keys()) or "image" in value
            shown: dict[str, Any] = {}
            for key, inner in value.items():
                place = (*path, key)
                if key == "annotations" and isinstance(inner, dict):
                    shown[key] = {
                        name: text if name == CHECKSUM else hidden((*place, name), text) for name, text in inner.items()
                    }
                elif inside and key in _COMMANDS and isinstance(inner, list):
                    shown[key] = [hidden(place, inner)] if inner else inner
                elif inside and key == "value" and isinstance(inner, (str, int, float)) and "name" in value:
                    shown[key] = hidden(place, inner)
                else:
                    shown[key] = walk(inner, place, inside)
            return shown
        if isinstance(value, list):
            return [walk(inner, (*path, _place(number, inner)), in_container) for number, inner in enumerate(value)]
        return value

    if item.has_hidden_data:
        for part in _DATA:
            if isinstance(content.get(part), dict):
                content[part] = {key: hidden((part, key), value) for key, value in content[part].items()}
    return dict(walk(content, (), False))


def _place(number: int, value: Any) -> str:
    """Return the name of an entry of a list, such as a container, or its number."""
    return str(value.get("name", number)) if isinstance(value, dict) else str(number)


def _dump_yaml(content: Mapping[str, Any]) -> str:
    if not content:
        return ""
    if yaml is None:
        return json.dumps(content, indent=2, sort_keys=True) + "\n"
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=True))
