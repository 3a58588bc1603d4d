# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: an AnsibleModule that redacts secrets and control characters from what it returns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from .._core.characters import visible_data
from .._core.errors import sanitize
from .._core.redaction import Redactor
from .._core.spelling import spelling_hint

# Ansible's own text, so that users know what it means.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# The keys of a result, or of an entry of a list, that hold sentences. All others hold values.
_SENTENCES = ("msg", "failure", "warnings", "progress")
# Texts that keep their lines.
_COMMANDS = ("image_command", "secret_command")
# These must stay as they are, and an action plugin hides them.
_UNCHANGED = ("manifests",)
_MAX_VALUE = 6_000  # characters


class RedactingModule(AnsibleModule):
    """An AnsibleModule whose results, warnings and log hold no secret and no character that is not visible."""

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
        """Redacts a result, or an entry of a list in it."""
        clean = {key: self._redact_key(key, value) for key, value in result.items() if key != "msg"}
        if "msg" in result:
            # A message about a success is made of the values beside it. If none of them has to be examined, neither has
            # the message. Examining those of 500 clusters with their kubeconfigs would take seconds.
            quoted = result.get("failed") or any(map(self.redactor.examines, _texts(result)))
            clean["msg"] = self._redact(result["msg"]) if quoted else _map_texts(result["msg"], sanitize)
        return clean

    def _redact_key(self, key: str, value: Any) -> Any:
        if key in _UNCHANGED:
            return value
        if key in _SENTENCES:
            return self._redact(value)
        if key == "diff":
            return _map_texts(value, lambda text: "\n".join(map(self._redact_diff_line, text.split("\n"))))
        if key in _COMMANDS:
            return _map_texts(value, lambda text: "\n".join(map(self._redact_value, text.split("\n"))))
        if isinstance(value, dict):
            return self._redact_result(value)
        if isinstance(value, (list, tuple)):
            return [self._redact_key("", item) for item in value]
        return self._redact_value(value) if isinstance(value, str) else value

    def _redact_value(self, text: str) -> str:
        return visible_data(self.redactor.redact(text), _MAX_VALUE)

    def _redact_diff_line(self, line: str) -> str:
        """Redacts a line such as C(runtime_info.NAME: VALUE), but not the name of the field."""
        path, separator, value = line.partition(": ")
        field, dot, name = path.partition(".")
        indentation = " " * (len(field) - len(field.lstrip(" ")))
        return f"{indentation}{sanitize(field)}{dot}{self._redact(name)}{separator}{self._redact(value)}"

    def _redact(self, value: Any) -> Any:
        return _map_texts(value, lambda text: sanitize(self.redactor.redact(text)))


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


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """The values in a result that are texts."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, str) and key not in _SENTENCES:
        yield value


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed."""
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_texts(item, change) for item in value]
    return change(value) if isinstance(value, str) else value
