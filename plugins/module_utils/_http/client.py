# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the HTTP client: retries, and errors in which no secret is quoted.

The only part of HSS that it knows is the format of error bodies. Whether a request is retried depends on the request
and on the phase in which it failed, see C(HttpClient.request).
"""

from __future__ import annotations

import http.client
import random
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Callable, NamedTuple
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

try:
    import requests
    import urllib3
except ImportError:  # reported by _module with installation instructions
    requests = None  # type: ignore[assignment]

from .._core.errors import NOT_SENT, REJECTED, UNKNOWN, HssError
from .._core.redaction import MASK, Redactor
from .transport import TRANSPORT_ERRORS, HttpResponse, InvalidRequest, InvalidResponse, Transport

_RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
_MAX_BACKOFF = 30.0
# If the service asks for a longer delay, the request fails: a play must not seem to hang.
_MAX_RETRY_DELAY = 120.0
# A refused connection or a name that does not resolve is more often a mistake than a short outage.
_MAX_SECONDS_WITHOUT_SERVICE = 8.0
# Maximum lengths, in characters, of server text that is examined and quoted.
_MAX_EXAMINED = 3_000
_MAX_QUOTED = 2_000
_MAX_ORIGIN = 300
# The gateway quotes the canonical request after a refused signature, which does not help a reader of the log.
_CANONICAL_REQUEST = re.compile(r"canonical ?request", re.IGNORECASE)
# A word of this length is a signature or a token, even if it is not a registered secret.
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{64,}")


@dataclass(frozen=True)
class ApiResponse:
    """A 2xx response: the JSON object (empty if there was no body), the headers, and the size of the body in bytes."""

    data: dict[str, Any]
    headers: Mapping[str, str]
    size: int


@dataclass(frozen=True)
class _Request:
    operation: str
    purpose: str
    method: str
    url: str
    query: Mapping[str, Any]
    body: Mapping[str, Any] | None
    headers: Mapping[str, str]
    retryable: bool

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class _AttemptFailed(Exception):
    """A failed attempt: the error, whether the request may be retried, and the delay that the service asks for.

    :arg no_service: whether there is nothing at the address.
    """

    def __init__(self, error: HssError, retry: bool, delay: float = 0.0, no_service: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry = retry
        self.delay = delay
        self.no_service = no_service


class HttpClient:
    """A client with one credential.

    :arg auth: adds the credential to a request (C(requests.auth.AuthBase)).
    :arg verify: True, False, or the path of a CA file or folder.
    :arg timeout: seconds for connecting, and for receiving the whole response.
    :arg max_retries: the number of attempts after the first.
    :arg redactor: the values that no error may quote.
    """

    def __init__(
        self,
        auth: Any,
        *,
        verify: bool | str = True,
        timeout: float = 30.0,
        max_retries: int = 5,
        redactor: Redactor | None = None,
        user_agent: str = "ansible-huaweicloud.hss",
        sleep: Callable[[float], None] = time.sleep,
        pool_size: int = 32,
    ) -> None:
        self._auth = auth
        self._timeout = timeout
        self._max_retries = max_retries
        self._redactor = redactor or Redactor()
        self._sleep = sleep
        self._headers = {"User-Agent": user_agent, "Accept": "application/json", "Content-Type": "application/json"}
        self._transport = Transport(verify, timeout, pool_size=pool_size)

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def request(
        self,
        operation: str,
        purpose: str,
        method: str,
        url: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        retryable: bool = True,
    ) -> ApiResponse:
        """Sends a request, with retries.

        :arg operation: the API's name of the operation.
        :arg purpose: completes the message "Could not ...", such as "list the registered clusters".
        :arg query: None values are left out.
        :arg retryable: True if the request can be repeated without harm. It is then retried on connection errors, 429
            and 500, 502, 503, 504. False retries it only if it was certainly not carried out: on 429, or if no
            connection was made. If there is nothing at the address, it is given up within 10 seconds.
        :raises HssError: its C(outcome) says whether a request that is not retryable may have been carried out.
        """
        request = _Request(operation, purpose, method, url, query or {}, body, headers or {}, retryable)
        attempt = 0
        # When the first of the last attempts found nothing at the address, and the pauses since then.
        since, paused = 0.0, 0.0
        while True:
            try:
                return self._check_response(request, self._send(request))
            except _AttemptFailed as failed:
                if not failed.retry or attempt >= self._max_retries or failed.delay > _MAX_RETRY_DELAY:
                    raise failed.error from None
                backoff = min(2.0**attempt, _MAX_BACKOFF)
                pause = max(backoff * random.uniform(0.5, 1.0), failed.delay)
                if failed.no_service:
                    since = since or time.monotonic()
                    paused += pause
                    if max(paused, time.monotonic() - since + pause) > _MAX_SECONDS_WITHOUT_SERVICE:
                        raise failed.error from None
                else:
                    since, paused = 0.0, 0.0
                self._sleep(pause)
                attempt += 1

    def _send(self, request: _Request) -> HttpResponse:
        try:
            _require_safe_path(request.url)
            url = request.url + _query_string(request.query)
            return self._transport.send(
                request.method, url, {**self._headers, **request.headers}, self._auth, request.body
            )
        except InvalidRequest:
            failure = _Failure(False, False, "cannot be addressed", _ADDRESS_HINT)
        except TRANSPORT_ERRORS as exc:
            # The exception's own text is not used: it holds the URL with its query, which may contain a password.
            failure = describe_failure(exc, self._timeout)
        error = HssError(
            f"Could not {request.purpose}: {_origin(request.url)} {failure.reason}",
            operation=request.operation,
            hint=failure.hint,
            outcome=UNKNOWN if failure.maybe_received and request.is_write else NOT_SENT,
        )
        retry = failure.retry and (request.retryable or not failure.maybe_received)
        raise _AttemptFailed(error, retry, no_service=failure.no_service)

    def _check_response(self, request: _Request, response: HttpResponse) -> ApiResponse:
        status = response.status
        data, problem = None, ""
        try:
            data = response.json_object()
        except InvalidResponse as exc:
            problem = str(exc)
        if 200 <= status < 300 and data is not None:
            return ApiResponse(data, response.headers, len(response.body))

        origin = _origin(request.url)
        code = message = hint = None
        retry, delay = False, 0.0
        outcome = REJECTED
        if 200 <= status < 300:
            reason = f"{origin} {problem}"
            hint = _FOREIGN_RESPONSE_HINT
            outcome = UNKNOWN if request.is_write else REJECTED
        elif 300 <= status < 400:
            reason = f"{origin} answered with a redirect{self._redirect_target(request, response)}"
            hint = "Redirects are not followed: credentials would go along. Check endpoint and the proxy variables."
        else:
            code, message = (self._redacted(text) for text in _error_fields(data))
            reason = f"{origin} refused" if code or message else f"{origin} gave no reason"
            if problem:
                # Most runs have no error, so they do not load this.
                from .._core.hints import hint_for

                reason = f"{origin} gave no reason, it {problem}"
                hint = f"{hint_for(None, status)} {_FOREIGN_RESPONSE_HINT}"
            outcome = UNKNOWN if status >= 500 and request.is_write else REJECTED
            retry = status == 429 or (request.retryable and status in _RETRY_STATUSES)
            delay = _requested_delay(response, message) if status in (429, 503) else 0.0
        error = HssError(
            f"Could not {request.purpose}: {reason}",
            operation=request.operation,
            http_status=status,
            error_code=code,
            error_msg=message,
            request_id=self._redacted(response.headers.get("X-Request-Id") or _first_text(data, "request_id")),
            hint=hint,
            outcome=outcome,
        )
        raise _AttemptFailed(error, retry, delay)

    def _redacted(self, text: str | None, max_length: int = _MAX_QUOTED) -> str | None:
        """Removes secrets from a server's text. HssError limits it to one short line."""
        if not text:
            return None
        text = text[:_MAX_EXAMINED]
        if quoted := _CANONICAL_REQUEST.search(text):
            text = text[: quoted.start()].rstrip(" \t\r\n,;")
        # Long tokens are removed before the text is truncated, since a truncated one might no longer be recognized.
        return self._redactor.redact(_LONG_TOKEN.sub(MASK, text), max_length)

    def _redirect_target(self, request: _Request, response: HttpResponse) -> str:
        location = (response.headers.get("Location") or "")[:_MAX_EXAMINED]
        try:
            origin = self._redacted(_origin(urljoin(request.url, location)), _MAX_ORIGIN)
        except ValueError:
            origin = None
        return f" to {origin}" if location and origin else ""


_FOREIGN_RESPONSE_HINT = "Check endpoint and the proxy variables: a proxy or a login page may stand in between."
_ADDRESS_HINT = "Check endpoint and the proxy variables, and the ids and the credential for what does not belong there."


def _require_safe_path(url: str) -> None:
    """Refuses a path in which an id is a dot segment or holds an encoded slash; percent-encoding does not prevent that.

    :raises InvalidRequest: if the path leads to another resource, or would do so once a gateway has decoded it.
    """
    parts = unquote(urlsplit(url).path).split("/")
    if urlsplit(url).path.count("/") + 1 != len(parts) or not {".", ".."}.isdisjoint(parts):
        raise InvalidRequest


def _query_string(query: Mapping[str, Any]) -> str:
    """Percent-encodes a query. A space becomes %20, because the signature takes a plus literally.

    :raises InvalidRequest: if a value holds half of a character.
    """
    present = {key: value for key, value in query.items() if value is not None}
    try:
        return f"?{urlencode(present, quote_via=quote, safe='~')}" if present else ""
    except UnicodeEncodeError:
        raise InvalidRequest from None


def _origin(url: str) -> str:
    """Returns scheme, host and port only, because the query may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _first_text(data: dict[str, Any] | None, *names: str) -> str | None:
    """Returns the first of the fields that holds text or a number."""
    for name in names:
        value = (data or {}).get(name)
        if isinstance(value, (str, int)) and str(value):
            return str(value)
    return None


def _error_fields(data: dict[str, Any] | None) -> tuple[str | None, str | None]:
    """Returns code and message of an error body in the format of HSS, the gateway, IAM or an older HSS."""
    nested = (data or {}).get("error")
    if isinstance(nested, dict):
        return _first_text(nested, "code"), _first_text(nested, "message")
    return _first_text(data, "error_code"), _first_text(data, "error_msg", "error_description")


def _requested_delay(response: HttpResponse, message: str | None) -> float:
    """Returns the seconds to wait that the service asks for, by Retry-After or by the gateway's "time:1 minute"."""
    header = (response.headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return float(header)
    if header:
        try:
            return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
        except (ArithmeticError, IndexError, OSError, TypeError, ValueError):
            pass  # not a date, or out of range
    if response.status != 429:
        return 0.0
    unit = re.search(r"time:\s*([0-9]{1,9})\s*(second|minute)", message or "")
    window = float(unit[1]) * (60.0 if unit[2] == "minute" else 1.0) if unit else 0.0
    # The gateway's documentation recommends 2 to 5 seconds.
    return max(window * random.uniform(0.5, 1.0), random.uniform(2.0, 3.0))


def _exception_chain(exc: BaseException) -> list[BaseException]:
    """Returns the exception and all that it wraps; requests and urllib3 wrap them in several ways."""
    found: list[BaseException] = []
    pending: list[Any] = [exc]
    while pending:
        item = pending.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            pending += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
    return found


class _Failure(NamedTuple):
    """A transport failure.

    :arg maybe_received: whether the service may have received the request.
    :arg no_service: whether there is nothing at the address.
    """

    maybe_received: bool
    retry: bool
    reason: str
    hint: str
    no_service: bool = False


def describe_failure(exc: BaseException, timeout: float) -> _Failure:
    """Classifies an exception of the transport."""
    chain = _exception_chain(exc)

    def find(*types: type[BaseException]) -> BaseException | None:
        return next((item for item in chain if isinstance(item, types)), None)

    # The request's own URL was valid, so this is about the proxy's.
    if find(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, urllib3.exceptions.LocationValueError):
        return _Failure(False, False, "cannot be addressed", _ADDRESS_HINT)
    unverified = find(ssl.SSLCertVerificationError)
    if unverified is not None:
        reason = getattr(unverified, "verify_message", "") or "verification failed"
        hint = (
            "If the service has a private CA, give its certificate with ca_path. "
            "Do not switch validate_certs off with real credentials."
        )
        return _Failure(False, False, f"has a TLS certificate that is not trusted ({reason})", hint)
    if any(str(item).startswith("Tunnel connection failed: 407") for item in chain):
        # Not retried: repeated failures lock the account.
        hint = "Check the user and the password in HTTPS_PROXY, percent-encoded where they are not letters or digits."
        reason = "cannot be reached: the proxy does not accept the credential for it (HTTP 407)"
        return _Failure(False, False, reason, hint)
    if find(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return _Failure(False, True, "cannot be reached through the proxy", "Check HTTPS_PROXY and NO_PROXY.")
    if any(type(item).__name__ in ("gaierror", "NameResolutionError") for item in chain):
        reason, hint = "cannot be reached: the name does not resolve", "Check region, endpoint and DNS."
        return _Failure(False, True, reason, hint, no_service=True)
    if find(urllib3.exceptions.NewConnectionError):
        refused = find(ConnectionRefusedError) is not None
        reason = "refused the connection" if refused else "cannot be reached"
        hint = "Check region, endpoint, firewall and the proxy variables."
        return _Failure(False, True, reason, hint, no_service=refused)
    # Checked after the two above, because older releases of urllib3 derive them from this class.
    if find(requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError):
        hint = "Check endpoint, firewall and proxy."
        return _Failure(False, True, f"did not accept a connection within {timeout:g} seconds", hint)
    broken_tls = find(ssl.SSLError)
    if broken_tls is not None and getattr(broken_tls, "reason", "") == "WRONG_VERSION_NUMBER":
        return _Failure(False, False, "does not speak TLS", "Check endpoint: is it plain http, or a proxy?")
    hint = "Check the network; if the service is slow, raise timeout."
    if find(requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError):
        return _Failure(True, True, f"did not answer completely within {timeout:g} seconds", hint)
    if find(ConnectionError, http.client.IncompleteRead, urllib3.exceptions.IncompleteRead):
        return _Failure(True, True, "closed the connection before its answer was complete", hint)
    if find(http.client.HTTPException, requests.exceptions.InvalidHeader):
        return _Failure(True, True, "did not answer in HTTP", "Check endpoint: is it HSS, or something else?")
    return _Failure(True, True, "closed the connection before its answer was complete", hint)
