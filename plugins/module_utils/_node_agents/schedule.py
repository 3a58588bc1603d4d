# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: node selectors and tolerations as HSS expects them, from the forms that people write.

HSS accepts any text and reports success. A text that no node can match is therefore refused here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import HssError, invalid_option

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS = ("Equal", "Exists")
_TOLERATION_FIELDS = ("key", "operator", "value", "effect")
_MAX_KEY = 317  # characters: the prefix, a slash, and the name
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"(?:[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}")
_VALUE = re.compile(rf"(?:{_NAME})?")


def node_selector(given: Sequence[Any]) -> tuple[str, ...]:
    """Returns labels as texts, such as C(disk=ssd).

    :arg given: texts, or mappings from keys to values.
    :raises HssError: if an entry is not a label.
    """
    labels: dict[str, None] = {}
    for index, item in enumerate(given):
        option = f"schedule_info.node_selector[{index}]"
        if isinstance(item, Mapping):
            texts = [f"{_scalar(key, option)}={_scalar(value, option)}" for key, value in item.items()]
        else:
            texts = [_scalar(item, option).strip()]
        for text in texts:
            key, equals, value = text.partition("=")
            if not equals or not _is_key(key) or not _VALUE.fullmatch(value):
                raise invalid_option(option, "is not a label. Write it as KEY=VALUE, such as disk=ssd.")
        labels.update(dict.fromkeys(texts))
    return tuple(labels)


def tolerations(given: Sequence[Any]) -> tuple[str, ...]:
    """Returns tolerations as texts, such as C(dedicated=gpu:NoSchedule).

    :arg given: texts, or mappings as in the specification of a pod.
    :raises HssError: if an entry is not a toleration, or one that HSS has no form for.
    """
    return tuple(
        dict.fromkeys(_toleration(item, f"schedule_info.pod_tolerances[{at}]") for at, item in enumerate(given))
    )


def _toleration(item: Any, option: str) -> str:
    if isinstance(item, Mapping):
        item = _toleration_text(item, option)
    text = _scalar(item, option).strip()
    taint, colon, effect = text.partition(":")
    if colon and effect not in EFFECTS:
        raise invalid_option(option, f"must end with one of the effects {', '.join(EFFECTS)} after the colon.")
    key, _equals, value = taint.partition("=")
    if not _is_key(key) or not _VALUE.fullmatch(value):
        raise _not_a_toleration(option)
    return text


def _toleration_text(item: Mapping[str, Any], option: str) -> str:
    unknown = sorted(str(name) for name in item if name not in _TOLERATION_FIELDS)
    if unknown:
        raise invalid_option(option, f"HSS has no form for {unknown[0]}. Use {', '.join(_TOLERATION_FIELDS)} only.")
    fields = {name: _scalar(value, option) for name, value in item.items() if value is not None}
    operator = fields.get("operator") or "Equal"
    if operator not in _OPERATORS:
        raise invalid_option(f"{option}.operator", f"must be one of {', '.join(_OPERATORS)}.")
    if not fields.get("key"):
        raise invalid_option(f"{option}.key", "is needed: HSS has no form for a toleration of every taint.")
    if operator == "Exists" and fields.get("value"):
        raise invalid_option(f"{option}.value", "does not go with operator=Exists.")
    taint = fields["key"] if operator == "Exists" else f"{fields['key']}={fields.get('value', '')}"
    return f"{taint}:{fields['effect']}" if fields.get("effect") else taint


def _scalar(value: Any, option: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)):
        return str(value)
    raise _not_a_toleration(option) if "tolerances" in option else invalid_option(option, "must be text; quote it.")


def _not_a_toleration(option: str) -> HssError:
    return invalid_option(
        option, "is not a toleration. Write it as KEY=VALUE:EFFECT or KEY:EFFECT, or as a mapping as in a pod."
    )


def _is_key(key: str) -> bool:
    return len(key) <= _MAX_KEY and _KEY.fullmatch(key) is not None
