# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the way out for what a module says, whichever module says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import plain
from .._core.redaction import Secrets

# As Ansible writes it, so that nobody wonders what it means.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# What is read by people. The rest of a result is data: it stays as the API gave it, and Ansible prints it as JSON.
_WORDS = ("msg", "failure", "warnings", "progress")


class WordedModule(AnsibleModule):
    """An AnsibleModule whose words hold no secret, nor anything that steers a terminal."""

    secrets = Secrets()
    params: dict[str, Any]

    def _log_invocation(self) -> None:
        # Ansible hides the secret options here, but not those in lists of mappings.
        given = self.params
        self.params = self._shown_options()
        try:
            super()._log_invocation()
        finally:
            self.params = given

    def warn(self, warning: str, *args: Any, **kwargs: Any) -> None:
        super().warn(self._worded(warning), *args, **kwargs)

    def exit_json(self, **kwargs: Any) -> None:
        super().exit_json(**self._result(kwargs), **self._invocation())

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        super().fail_json(msg=self._worded(msg), **self._result(kwargs), **self._invocation())

    def _invocation(self) -> dict[str, Any]:
        # Ansible would show the value of an option with a wrong name, and a secret that was given as a list.
        return {"invocation": {"module_args": self._shown_options()}}

    def _shown_options(self) -> dict[str, Any]:
        # A module that is given nonsense fails before it has all of it.
        return shown_options(getattr(self, "params", {}), getattr(self, "argument_spec", {}))

    def _result(self, result: Mapping[str, Any]) -> dict[str, Any]:
        clean = dict(result)
        for key, value in result.items():
            if key == "diff":
                clean[key] = _diff(value)
            elif key in _WORDS:
                clean[key] = self._worded(value)
            elif isinstance(value, list):
                # A result for each of many clusters.
                clean[key] = [self._entry(item) if isinstance(item, dict) else item for item in value]
        return clean

    def _entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        # What went well is told in words of ours. To look for secrets in those of 500 clusters would take seconds.
        ours = () if entry.get("failed") else ("msg", "progress")
        return {
            **entry,
            **{key: (_plain if key in ours else self._worded)(entry[key]) for key in _WORDS if key in entry},
        }

    def _worded(self, value: Any) -> Any:
        return _plain(_each(value, self.secrets.scrub))


def shown_options(given: Mapping[str, Any], spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Options as everybody may see them: no secret ones, none that there are not, and nothing in place of a mapping."""
    names = {alias: name for name, option in spec.items() for alias in option.get("aliases", ())}
    return {name: _shown(value, spec.get(names.get(name, name))) for name, value in given.items()}


def _shown(value: Any, option: Mapping[str, Any] | None) -> Any:
    if value is None:
        return None
    if option is None or option.get("no_log"):
        return HIDDEN
    if "options" not in option:
        return HIDDEN if _has_password(value) else value
    if isinstance(value, Mapping):
        return shown_options(value, option["options"])
    if isinstance(value, list):
        return [shown_options(item, option["options"]) if isinstance(item, Mapping) else HIDDEN for item in value]
    return HIDDEN


def _has_password(value: Any) -> bool:
    """Whether it is, or holds, an address with a password, which belongs into no option that is shown."""
    if isinstance(value, (list, tuple)):
        return any(map(_has_password, value))
    return isinstance(value, str) and bool(re.search(r"://[^/\s]*@", value))


def _plain(value: Any) -> Any:
    return _each(value, plain)


def _each(value: Any, change: Any) -> Any:
    """The value with every text in it changed."""
    if isinstance(value, dict):
        return {key: _each(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _diff(value: Any) -> Any:
    return _each(value, lambda text: "\n".join(" " * _indent(line) + plain(line) for line in text.split("\n")))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
