# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification of the SDK-HMAC-SHA256 request signature, written from its documentation, without the vendor's code.

canonical request = METHOD, path with a trailing "/", sorted query, the signed headers (lower case), the list of
                    their names, hash of the body
string to sign    = algorithm, date, hash of the canonical request
signature         = HMAC-SHA256 of it, keyed with the secret key itself
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from .wire import Request

ALGORITHM = "SDK-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
DATE_HEADER = "x-sdk-date"
TOKEN_HEADER = "x-security-token"
CONTENT_HEADER = "x-sdk-content-sha256"

_AUTHORIZATION = re.compile(
    r"SDK-HMAC-SHA256 +Access=([^ ,;]+), *SignedHeaders=([a-z0-9;.-]+), *Signature=([0-9a-f]{64})"
)


class BadSignature(Exception):
    """The signature is not accepted; the text is the gateway's error message."""


@dataclass(frozen=True)
class Authorization:
    """The parts of the Authorization header."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(value: str) -> Authorization:
    """Parse the Authorization header."""
    found = _AUTHORIZATION.fullmatch(value.strip())
    if not found:
        raise BadSignature("authorization header format error")
    return Authorization(found[1], tuple(found[2].split(";")), found[3])


def canonical_request(
    method: str, path: str, query_string: str, headers: Mapping[str, str], signed: Sequence[str], body_hash: str
) -> str:
    """The text whose hash is signed. `headers` has lower-case names, `path` and `query_string` are as received."""
    segments = "/".join(quote(segment, safe="~") for segment in unquote(path).split("/"))
    uri = segments if segments.endswith("/") else segments + "/"
    header_lines = "".join(f"{name}:{_as_text(headers[name])}\n" for name in signed)
    return "\n".join((method.upper(), uri, canonical_query(query_string), header_lines, ";".join(signed), body_hash))


def canonical_query(query_string: str) -> str:
    """Parameters sorted by name, then value, and percent-encoded: a space is %20, a plus sign is not a space."""
    pairs = []
    for part in query_string.split("&"):
        if part:
            name, _dummy, value = part.partition("=")
            pairs.append((unquote(name), unquote(value)))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))


def sign(secret_key: str, date: str, canonical: str) -> str:
    """The signature of a canonical request."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(secret_key.encode(), f"{ALGORITHM}\n{date}\n{digest}".encode(), hashlib.sha256).hexdigest()


def verify(
    request: Request,
    authorization: Authorization,
    secret_key: str,
    security_token: str | None,
    now: float,
    skew: float,
) -> None:
    """Raise BadSignature unless this request was signed with this key and recently."""
    headers = request.header_values
    signed = authorization.signed_headers
    if list(signed) != sorted(set(signed)):
        raise BadSignature("verify aksk signature fail, the signed headers are not in order")
    if missing := [name for name in signed if name not in headers]:
        raise BadSignature(f"verify aksk signature fail, signed headers are not in the request:{';'.join(missing)}")
    for name in ("host", DATE_HEADER):
        if name not in signed:
            raise BadSignature(f"verify aksk signature fail, {name} is not signed")
    _check_date(headers[DATE_HEADER], now, skew)
    _check_security_token(headers.get(TOKEN_HEADER), signed, security_token)

    body_hash = _body_hash(request, signed)
    canonical = canonical_request(request.method, request.path, request.query_string, headers, signed, body_hash)
    expected = sign(secret_key, headers[DATE_HEADER], canonical)
    if not hmac.compare_digest(expected, authorization.signature):
        # The real gateway quotes the canonical request with its lines joined by bars. That includes signed headers, so
        # a client that prints this message may print a security token.
        flat = canonical.replace("\n", "|")
        raise BadSignature(f"verify aksk signature fail, canonicalRequest:{flat}")


def _check_date(value: str, now: float, skew: float) -> None:
    try:
        signed_at = calendar.timegm(time.strptime(value, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise BadSignature("calc aksk signature fail:x-sdk-date format error") from None
    if abs(now - signed_at) > skew:
        server_time = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        raise BadSignature(
            f"calc aksk signature fail:signature expired, signature time:{value},server time:{server_time}"
        )


def _check_security_token(sent: str | None, signed: Sequence[str], expected: str | None) -> None:
    if expected is None and sent is None:
        return
    if sent is None:
        raise BadSignature("verify aksk signature fail, x-security-token not found for a temporary access key")
    if TOKEN_HEADER not in signed:
        raise BadSignature("verify aksk signature fail, x-security-token is not signed")
    if expected is None or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise BadSignature("decrypt x-security-token fail")


def _body_hash(request: Request, signed: Sequence[str]) -> str:
    actual = hashlib.sha256(request.body).hexdigest()
    declared = request.header(CONTENT_HEADER)
    if declared is None or not request.body:
        return actual
    if CONTENT_HEADER not in signed:
        raise BadSignature(f"verify aksk signature fail, {CONTENT_HEADER} is not signed")
    if declared not in (UNSIGNED, actual):
        raise BadSignature(f"verify aksk signature fail, {CONTENT_HEADER} does not match the body")
    return declared


def _as_text(value: str) -> str:
    # The HTTP layer reads header bytes as Latin-1; the client signed them as UTF-8.
    return value.encode("latin-1", "replace").decode("utf-8", "replace")
