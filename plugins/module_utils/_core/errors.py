# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the one error type, and what to do about each code that HSS and its gateway answer.

The codes are from the vendor's error tables; the gateway answers with either prefix, C(APIGW) or C(APIG).
"""

from __future__ import annotations

import os
import re
import traceback

# What became of the request, from the caller's point of view.
NOT_SENT = "not_sent"  # nothing left this machine, or the service surely never saw it
REJECTED = "rejected"  # the service answered that it did not do it
UNKNOWN = "unknown"  # the answer was lost: the service may have done it, or may yet do it
TIMEOUT = "timeout"  # the service did it, and the awaited state did not come in time

_HINTS = {
    "HSS.0001": "HSS does not accept one of the values. Compare the options with the module's documentation.",
    "HSS.0002": "HSS cannot parse the kubeconfig or another value. Check it with the kubeconfig_info module.",
    "HSS.0010": "The account may not use HSS in this project: grant the user or agency the HSS FullAccess policy, "
    "and check project_id and enterprise_project_id.",
    "HSS.0011": "HSS does not know this object. It may have been removed meanwhile, or lie in another "
    "enterprise_project_id or region.",
    "HSS.0013": "The user or agency lacks a permission: grant the HSS FullAccess policy in this project.",
    "HSS.0014": "The quota does not allow another cluster: buy container security quota in this region, "
    "or remove clusters that are gone.",
    "HSS.1002": "The HSS quota is used up: buy quota in this region, or remove clusters that are gone.",
    "00000010": "Access denied: check that HSS is subscribed in this region and that the user may use it.",
    "GW.0101": "The API is not published at this address: check region and endpoint. "
    "HSS offers multi-cloud clusters in some regions only.",
    "GW.0201": "The request is too large: reduce the kubeconfig to one context.",
    "GW.0301": "The credentials were refused: check access_key, secret_key and security_token (or auth_token), that "
    "they belong to this region's account, and that this machine's clock is right to within 15 minutes. "
    "Repeated failures lock the access key for some minutes, so it was not tried again.",
    "GW.0306": "The gateway denies access: check project_id and the user's permissions for it.",
    "GW.0307": "The token has expired or belongs to another region: get a new auth_token.",
    "GW.0308": "Too many requests: run again later, or lower the concurrency.",
}

_STATUS_HINTS = {
    401: _HINTS["GW.0301"],
    403: _HINTS["HSS.0013"],
    404: _HINTS["GW.0101"],
    407: "This is a proxy's answer: check the user and the password in HTTP_PROXY.",
    413: _HINTS["GW.0201"],
    429: _HINTS["GW.0308"],
}


def hint_for(error_code: str | None, http_status: int | None) -> str | None:
    """What to do about an answer, or None where the code says nothing that is sure."""
    if error_code:
        key = re.sub(r"^APIG(W)?\.", "GW.", error_code)
        if key in _HINTS:
            return _HINTS[key]
    return _STATUS_HINTS.get(http_status or 0)


# What others have said is quoted up to so many characters.
_LONGEST_CODE = 64
_LONGEST_ID = 128
_LONGEST_WORDS = 300
_LONGEST_TEXT = 6_000


def plain(text: str, longest: int = _LONGEST_TEXT) -> str:
    """A text with words from elsewhere, fit for a terminal: one line, of visible characters alone.

    Ansible prints warnings, and from 2.19 on the messages of failed tasks, as they are. So an escape sequence in a
    server's answer would be carried out by the terminal, and a character that changes the direction would turn the
    rest of the line around.
    """
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def unexpected(error: Exception) -> str:
    """What to say of a bug of ours. The exception's text may hold anything, so only its place is told."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    return f"Unexpected {type(error).__name__} at {where}. Please report this as a bug."


class HssError(Exception):
    """Something failed. Holds what an operator needs and nothing that is secret.

    Names and quotes in it may come from anywhere; they are made harmless here, see L(plain).

    :arg message: what was being done and what went wrong, already scrubbed.
    :arg operation: the API's own name of the call, C(CreateMultiCloudClusters); empty if there was none.
    :arg http_status: the answer's HTTP status.
    :arg error_code: C(HSS.1002), C(APIGW.0301).
    :arg error_msg: the service's own words, scrubbed.
    :arg request_id: what the vendor's support asks for.
    :arg hint: the remedy.
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
        self.message = plain(message)
        super().__init__(self.message)
        self.operation = operation
        self.http_status = http_status
        self.error_code = plain(error_code or "", _LONGEST_CODE) or None
        self.error_msg = plain(error_msg or "", _LONGEST_WORDS) or None
        self.request_id = plain(request_id or "", _LONGEST_ID) or None
        self.hint = hint if hint is not None else hint_for(error_code, http_status)
        self.outcome = outcome

    def __str__(self) -> str:
        """The whole story in one paragraph, as C(msg) shows it."""
        text = self.message
        answer = ": ".join(part for part in (self.error_code, self.error_msg) if part)
        if answer:
            text += f": {answer}"
        where = []
        if self.http_status:
            where.append(f"HTTP {self.http_status}")
        if self.request_id:
            where.append(f"request id {self.request_id}")
        if where:
            text += f" ({', '.join(where)})"
        if not text.endswith((".", "!", "?")):
            text += "."
        return f"{text} {self.hint}" if self.hint else text

    def with_context(self, context: str, *, hint: str, outcome: str) -> HssError:
        """The same error as the reason why an earlier request's effect is not known.

        :arg context: a sentence that stands before the message.
        """
        return HssError(
            f"{context} {self.message}",
            operation=self.operation,
            http_status=self.http_status,
            error_code=self.error_code,
            error_msg=self.error_msg,
            request_id=self.request_id,
            hint=hint,
            outcome=outcome,
        )

    def failure(self) -> dict[str, object]:
        """The C(failure) return value."""
        return {
            "operation": self.operation or None,
            "http_status": self.http_status,
            "error_code": self.error_code,
            "error_msg": self.error_msg,
            "request_id": self.request_id,
            "hint": self.hint,
            "outcome": self.outcome,
        }


def invalid(option: str, reason: str) -> HssError:
    """An option that cannot work, found before any request."""
    return HssError(f"{option}: {reason}")
