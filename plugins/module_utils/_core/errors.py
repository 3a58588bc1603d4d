# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the error type that every module reports, and the sanitizing of text for a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from itertools import islice

from .characters import are_visible, is_visible

# The outcome of a request, as far as the caller can know it.
NOT_SENT = "not_sent"  # the request was not sent, or certainly did not reach the service
REJECTED = "rejected"  # the service responded that it did not carry out the request
UNKNOWN = "unknown"  # the response was lost: the service may have carried out the request, or may still do so
TIMEOUT = "timeout"  # the request was carried out, but the resource did not reach the expected state in time

# Maximum lengths, in characters, of text from outside the collection.
_MAX_CODE = 64
_MAX_REQUEST_ID = 128
_MAX_ERROR_MSG = 300
_MAX_MESSAGE = 6_000
_MAX_ENUMERATED = 5


def sanitize(text: str, max_length: int = _MAX_MESSAGE) -> str:
    """Makes text from an untrusted source safe to print: one line of printable characters.

    Ansible prints warnings, and from 2.19 on the messages of failed tasks, without escaping them. The terminal would
    interpret an escape sequence in a server's response, and a bidirectional control character would reverse the rest
    of the line.
    """
    if not are_visible(text):
        text = "".join(character if is_visible(character) else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def enumerate_some(items: Iterable[str], count: int | None = None) -> str:
    """Returns items as a text, such as C(a, b and c). Of many items, it has the first ones and the number of the rest.

    :arg count: the number of the items, if it is not cheap to go through all of them.
    """
    if count is None:
        items = list(items)
        count = len(items)
    shown = list(islice(items, _MAX_ENUMERATED))
    if count > len(shown):
        shown.append(f"{count - len(shown)} more")
    *others, last = shown or [""]
    return f"{', '.join(others)} and {last}" if others else last


def unexpected_error_message(error: Exception) -> str:
    """Returns the message for a bug in the collection.

    The exception's own text may hold a secret, so that the message names only its type and where it was raised.
    """
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    location = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    return f"Unexpected {type(error).__name__} at {location}. Please report this as a bug."


def normalized_code(error_code: str) -> str:
    """Returns an error code in one spelling.

    The gateway uses either of two prefixes, C(APIGW) and C(APIG), which become C(GW). An older format of HSS has eight
    digits, such as C(00000011) for C(HSS.0011).
    """
    return re.sub(r"^0000(?=[0-9]{4}$)", "HSS.", re.sub(r"^APIGW?\.", "GW.", error_code))


class HssError(Exception):
    """The error that every module reports. It holds what an operator needs to know, and no secrets.

    Names and quotations in it may come from an untrusted source and are sanitized here, see L(sanitize).

    :arg message: the operation that failed and the reason, already redacted.
    :arg operation: the API's name of the operation, such as C(CreateMultiCloudClusters); empty if there was none.
    :arg http_status: the HTTP status of the response.
    :arg error_code: such as C(HSS.1002) or C(APIGW.0301).
    :arg error_msg: the service's own message, already redacted.
    :arg request_id: the id that the vendor's support asks for.
    :arg hint: the remedy; None looks it up by error code and status.
    :arg outcome: C(not_sent), C(rejected), C(unknown) or C(timeout).
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        http_status: int | None = None,
        error_code: str | None = None,
        error_msg: str | None = None,
        request_id: str | None = None,
        hint: str | None = None,
        outcome: str = NOT_SENT,
    ) -> None:
        self.message = sanitize(message)
        super().__init__(self.message)
        self.operation = operation
        self.http_status = http_status
        self.error_code = sanitize(error_code or "", _MAX_CODE) or None
        self.error_msg = sanitize(error_msg or "", _MAX_ERROR_MSG) or None
        self.request_id = sanitize(request_id or "", _MAX_REQUEST_ID) or None
        if hint is None:
            # Most runs have no error, so they do not load this.
            from .hints import hint_for

            hint = hint_for(error_code, http_status)
        self.hint = hint
        self.outcome = outcome

    def __str__(self) -> str:
        """Returns the complete message in one paragraph, as in the return value C(msg)."""
        text = self.message
        reason = ": ".join(part for part in (self.error_code, self.error_msg) if part)
        if reason:
            text += f": {reason}"
        details = []
        if self.http_status:
            details.append(f"HTTP {self.http_status}")
        if self.request_id:
            details.append(f"request id {self.request_id}")
        if details:
            text += f" ({', '.join(details)})"
        if not text.endswith((".", "!", "?")):
            text += "."
        return f"{text} {self.hint}" if self.hint else text

    def with_context(self, context: str, *, hint: str | None = None, outcome: str | None = None) -> HssError:
        """The same error with a context before its message.

        :arg context: a sentence, or a name with a colon.
        :arg hint: another remedy; likewise C(outcome), if the error is the reason why an earlier request's effect is
            not known.
        """
        return HssError(
            f"{context} {self.message}",
            operation=self.operation,
            http_status=self.http_status,
            error_code=self.error_code,
            error_msg=self.error_msg,
            request_id=self.request_id,
            hint=self.hint if hint is None else hint,
            outcome=self.outcome if outcome is None else outcome,
        )

    def failure(self) -> dict[str, object]:
        """Returns the return value C(failure)."""
        return {
            "operation": self.operation or None,
            "http_status": self.http_status,
            "error_code": self.error_code,
            "error_msg": self.error_msg,
            "request_id": self.request_id,
            "hint": self.hint,
            "outcome": self.outcome,
        }


def missing_packages(purpose: str, packages: str) -> HssError:
    """Returns the error for Python packages that are not installed where the module runs.

    :arg purpose: such as "Reading a kubeconfig".
    :arg packages: such as "the Python package PyYAML".
    """
    return HssError(
        f"{purpose} needs {packages}, which the Python interpreter {sys.executable} does not have",
        hint="Install them there, or run the task on a machine that has them, such as the control node "
        "(delegate_to: localhost). If they are installed, check ansible_python_interpreter.",
    )


def invalid_option(option: str, reason: str) -> HssError:
    """Returns the error for an option with an invalid value, found before any request."""
    return HssError(f"{option}: {reason}")
