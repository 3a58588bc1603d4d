# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the frame of every module: options, a session with HSS, and errors as results."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import missing_required_lib

from .._connection.options import connection_spec
from .._connection.session import Session
from .._core.errors import HssError, invalid_option, unexpected_error_message
from .._core.redaction import MIN_SECRET_LENGTH, Redactor
from .._http import client
from .redacting import RedactingModule


class _ModuleSession(Session):
    """A session whose secrets Ansible's own redaction knows as well."""

    def __init__(self, ansible: RedactingModule) -> None:
        super().__init__(ansible.params, os.environ, ansible.redactor, ansible.warn)
        self._ansible = ansible

    def hide(self, *values: str | None) -> None:
        super().hide(*values)
        self._ansible.no_log_values.update(value for value in values if value and len(value) >= MIN_SECRET_LENGTH)


class HssModule:
    """A module with a session. Secrets are known to both redactions before anything can fail and quote them."""

    def __init__(self, spec: Mapping[str, Mapping[str, Any]], **constraints: Any) -> None:
        self.ansible = RedactingModule(
            argument_spec={**connection_spec(), **spec}, supports_check_mode=True, **constraints
        )
        self.ansible.redactor = Redactor()
        self.params: dict[str, Any] = self.ansible.params
        self.check_mode: bool = self.ansible.check_mode
        self.session = _ModuleSession(self.ansible)

    def run(self, work: Callable[[], Mapping[str, Any]]) -> None:
        """Does the module's work, and reports its result or why it failed."""
        if client.requests is None:
            self.ansible.fail_json(msg=missing_required_lib("requests"))
        failure: Exception | None = None
        try:
            _require_whole_characters(self.params)
            result = work()
        except Exception as exc:
            failure = exc
        # Outside of the except block: Ansible may show the traceback of an exception that is being handled, and the
        # exception's text may hold secrets.
        if isinstance(failure, HssError):
            self.fail(failure)
        elif failure:
            self.ansible.fail_json(msg=unexpected_error_message(failure))
        else:
            self.ansible.exit_json(**result)

    def fail(self, error: HssError, **result: Any) -> None:
        """Ends the module with an error."""
        self.ansible.fail_json(msg=str(error), failure=error.failure(), **result)


def _require_whole_characters(value: Any, option: str = "") -> None:
    """:raises HssError: if an option holds an unpaired surrogate, which can be neither sent nor printed."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise invalid_option(option, "holds half of a character. It must be UTF-8 text; type it again.") from None
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _require_whole_characters(item, f"{option}.{name}" if option else str(name))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _require_whole_characters(item, f"{option}[{number}]")
