# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the way out for what a module says, whichever module says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values

from ._errors import plain
from ._secrets import Secrets

# What is read by people. The rest of a result is data: it stays as the API gave it, and Ansible prints it as JSON.
_WORDS = ("msg", "failure", "warnings", "progress")


class WordedModule(AnsibleModule):
    """An AnsibleModule whose words hold no secret, nor anything that steers a terminal."""

    secrets = Secrets()

    def _log_invocation(self) -> None:
        # As Ansible writes a list of mappings into the system's log, it misses secrets of more than one line in it.
        given = self.params
        self.params = remove_values(given, self.no_log_values)
        try:
            super()._log_invocation()
        finally:
            self.params = given

    def warn(self, warning: str, *args: Any, **kwargs: Any) -> None:
        super().warn(self._worded(warning), *args, **kwargs)

    def exit_json(self, **kwargs: Any) -> None:
        super().exit_json(**self._result(kwargs))

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        super().fail_json(msg=self._worded(msg), **self._result(kwargs))

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
