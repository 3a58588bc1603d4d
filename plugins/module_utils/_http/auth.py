# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: puts a credential on a request.

The signature is the vendor's C(SDK-HMAC-SHA256) scheme. The vendor's own signer is the oracle in the tests; it is not
used here because its package pins half a dozen libraries that have nothing to do with HSS.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any, Callable
from urllib.parse import quote, unquote, urlsplit

try:
    from requests.auth import AuthBase
except ImportError:  # reported by _module, which can say how to install it
    AuthBase = object  # type: ignore[assignment, misc]

_ALGORITHM = "SDK-HMAC-SHA256"
# Only what identifies the request: a proxy may rewrite the headers of transport, and would break a signature over them.
_SIGNED = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")


def _encode(text: str) -> str:
    return quote(text, safe="~")


def canonical_request(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> str:
    """The text that is signed: method, path with a trailing slash, sorted query, headers, their names, body's hash.

    :arg path: as sent, percent-encoded or not.
    :arg query: as sent, percent-encoded, without the question mark.
    :arg headers: exactly those to be signed, by lower-case name.
    """
    uri = "/".join(_encode(part) for part in unquote(path).split("/"))
    if not uri.endswith("/"):
        uri += "/"
    # Not parse_qsl, which takes a plus for a space.
    split = (item.partition("=") for item in query.split("&") if item)
    pairs = sorted((unquote(key), unquote(value)) for key, _equals, value in split)
    names = sorted(headers)
    return "\n".join(
        [
            method.upper(),
            uri,
            "&".join(f"{_encode(key)}={_encode(value)}" for key, value in pairs),
            "".join(f"{name}:{headers[name].strip()}\n" for name in names),
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def authorization(access_key: str, secret_key: str, date: str, canonical: str, names: list[str]) -> str:
    """The value of the C(Authorization) header.

    :arg date: the value of C(X-Sdk-Date), C(YYYYMMDDTHHMMSSZ).
    :arg names: the signed headers' lower-case names, sorted.
    """
    to_sign = f"{_ALGORITHM}\n{date}\n{hashlib.sha256(canonical.encode('utf-8')).hexdigest()}"
    signature = hmac.new(secret_key.encode("utf-8"), to_sign.encode("utf-8"), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Access={access_key}, SignedHeaders={';'.join(names)}, Signature={signature}"


class SigningAuth(AuthBase):
    """Signs with an access key; every attempt anew, since the signature holds the time."""

    def __init__(
        self, access_key: str, secret_key: str, security_token: str | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._security_token = security_token
        self._now = now

    def __call__(self, request: Any) -> Any:
        url = urlsplit(request.url)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now()))
        request.headers["X-Sdk-Date"] = date
        request.headers["Host"] = url.netloc.rpartition("@")[2]
        if self._security_token:
            request.headers["X-Security-Token"] = self._security_token
        signed = {name.lower(): value for name, value in request.headers.items() if name.lower() in _SIGNED}
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode("utf-8")
        canonical = canonical_request(request.method, url.path or "/", url.query, signed, body)
        request.headers["Authorization"] = authorization(
            self._access_key, self._secret_key, date, canonical, sorted(signed)
        )
        return request


class TokenAuth(AuthBase):
    """Sends a token from IAM."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["X-Auth-Token"] = self._token
        return request


class NoAuth(AuthBase):
    """Sends no credential. Without any authentication object, requests looks for a password in C(~/.netrc)."""

    def __call__(self, request: Any) -> Any:
        return request
