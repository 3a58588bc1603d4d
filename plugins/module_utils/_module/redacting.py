# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: an AnsibleModule that redacts secrets and control characters from what it returns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import sanitize
from .._core.redaction import Redactor
from .._core.spelling import spelling_hint

# Ansible's own text, so that users know what it means.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# The keys of a result that hold texts for people. All others are data: they stay as the API sent them, and Ansible
# prints them as JSON, where control characters are escaped.
_TEXT_KEYS = ("msg", "failure", "warnings", "progress")


class RedactingModule(AnsibleModule):
    """An AnsibleModule whose results, warnings and log hold no secret and no control character in texts for people."""

    redactor = Redactor()
    params: dict[str, Any]

    def _log_invocation(self) -> None:
        # Ansible hides secret options here, but not those inside lists of mappings.
        given = self.params
        self.params = self._visible_params()
        try:
            super()._log_invocation()
        finally:
            self.params = given

    def warn(self, warning: str, *args: Any, **kwargs: Any) -> None:
        super().warn(self._redact(warning), *args, **kwargs)

    def exit_json(self, **kwargs: Any) -> None:
        super().exit_json(**self._redact_result(kwargs), **self._invocation())

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        text = self._redact(f"{msg}{self._spelling_hint()}")
        super().fail_json(msg=text, **self._redact_result(kwargs), **self._invocation())

    def _spelling_hint(self) -> str:
        # The attribute does not exist yet if the arguments cannot even be read.
        unsupported = getattr(getattr(self, "validation_result", None), "unsupported_parameters", None)
        return spelling_hint(unsupported, self.argument_spec) if unsupported else ""

    def _invocation(self) -> dict[str, Any]:
        # Ansible would show the value of an option with a misspelt name, and a secret that was given as a list.
        return {"invocation": {"module_args": self._visible_params()}}

    def _visible_params(self) -> dict[str, Any]:
        # Neither attribute exists yet if the arguments cannot even be read.
        return visible_options(getattr(self, "params", {}), getattr(self, "argument_spec", {}))

    def _redact_result(self, result: Mapping[str, Any]) -> dict[str, Any]:
        clean = dict(result)
        for key, value in result.items():
            if key == "diff":
                clean[key] = _map_texts(value, _sanitize_lines)
            elif key in _TEXT_KEYS:
                clean[key] = self._redact(value)
            elif isinstance(value, list):
                clean[key] = [self._redact_entry(entry) if isinstance(entry, dict) else entry for entry in value]
        return clean

    def _redact_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        """An entry of a list of results, such as those of many clusters."""
        # The texts of successful entries are made by this collection alone. Searching those of 500 clusters for secrets
        # would take seconds.
        own = () if entry.get("failed") else ("msg", "progress")
        texts = {key: entry[key] for key in _TEXT_KEYS if key in entry}
        clean = {key: _map_texts(text, sanitize) if key in own else self._redact(text) for key, text in texts.items()}
        return {**entry, **clean}

    def _redact(self, value: Any) -> Any:
        return _map_texts(_map_texts(value, self.redactor.redact), sanitize)


def visible_options(given: Mapping[str, Any], spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Options as they may be shown: secrets, unknown options, and whatever stands in place of a mapping are hidden."""
    names = {alias: name for name, option in spec.items() for alias in option.get("aliases", ())}
    return {name: _visible(value, spec.get(names.get(name, name))) for name, value in given.items()}


def _visible(value: Any, option: Mapping[str, Any] | None) -> Any:
    if value is None:
        return None
    if option is None or option.get("no_log"):
        return HIDDEN
    if "options" not in option:
        return HIDDEN if _has_password(value) else value
    if isinstance(value, Mapping):
        return visible_options(value, option["options"])
    if isinstance(value, list):
        return [visible_options(item, option["options"]) if isinstance(item, Mapping) else HIDDEN for item in value]
    return HIDDEN


def _has_password(value: Any) -> bool:
    """Whether a value is, or holds, an address with a password, which may be given in an option that is shown."""
    if isinstance(value, (list, tuple)):
        return any(map(_has_password, value))
    return isinstance(value, str) and bool(re.search(r"://[^/\s]*@", value))


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed."""
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_texts(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _sanitize_lines(text: str) -> str:
    """A text of several lines that keeps its lines and their indentation."""
    return "\n".join(" " * (len(line) - len(line.lstrip(" "))) + sanitize(line) for line in text.split("\n"))
