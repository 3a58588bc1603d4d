# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a call, with its retries, and errors that quote nothing secret.

Knows nothing of HSS but how an error body looks. What may be sent again depends on the method and on how far the
request came: see L(HttpClient.call).
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
from typing import Any, Callable
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

try:
    import requests
    import urllib3
except ImportError:  # reported by _module, which can say how to install it
    requests = None  # type: ignore[assignment]

from .._core.errors import NOT_SENT, REJECTED, UNKNOWN, HssError
from .._core.redaction import MASK, Redactor
from .transport import FAILURES, Answer, Unreadable, Unsendable, Wire

_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_BACKOFF = 30.0
# A service that wants a longer pause is better served by a later run than by a play that seems to hang.
_LONGEST_PAUSE = 120.0
# More of a server's words is not read; less is shown.
_LONGEST_READ = 3_000
_LONGEST_WORDS = 2_000
_LONGEST_PLACE = 300
# A word that long is a signature or a token, if not one of ours.
_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{64,}")


@dataclass(frozen=True)
class Reply:
    """A 2xx answer: the JSON object (empty if there was no body) and the headers."""

    data: dict[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class _Request:
    operation: str
    doing: str
    method: str
    url: str
    query: Mapping[str, Any]
    body: Mapping[str, Any] | None
    headers: Mapping[str, str]
    repeatable: bool

    @property
    def changes(self) -> bool:
        return self.method != "GET"


class _Failed(Exception):
    """An attempt that failed: the error, whether the same request may be sent again, and the pause asked for."""

    def __init__(self, error: HssError, again: bool, pause: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.pause = pause


class HttpClient:
    """A session with one credential.

    :arg auth: puts the credential on a request (C(requests.auth.AuthBase)).
    :arg verify: True, False, or the path of a CA file or folder.
    :arg timeout: seconds, for connecting and for the whole of each answer, however it trickles in.
    :arg max_retries: further attempts after the first.
    :arg secrets: values that no error may show.
    """

    def __init__(
        self,
        auth: Any,
        *,
        verify: bool | str = True,
        timeout: float = 30.0,
        max_retries: int = 5,
        secrets: Redactor | None = None,
        user_agent: str = "ansible-huaweicloud.hss",
        sleep: Callable[[float], None] = time.sleep,
        pool_size: int = 32,
    ) -> None:
        self._auth = auth
        self._timeout = timeout
        self._max_retries = max_retries
        self._secrets = secrets or Redactor()
        self._sleep = sleep
        self._headers = {"User-Agent": user_agent, "Accept": "application/json", "Content-Type": "application/json"}
        self._wire = Wire(verify, timeout, pool_size=pool_size)

    def close(self) -> None:
        """Closes the connections."""
        self._wire.close()

    def call(
        self,
        operation: str,
        doing: str,
        method: str,
        url: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Reply:
        """Sends a request until it is answered, may not be sent again, or was sent often enough.

        :arg operation: the API's name of the call.
        :arg doing: what is being done, to begin a message with: "list the registered clusters".
        :arg query: None values are left out.
        :arg repeatable: doing it twice is the same as doing it once. It is then sent again on connection errors, 429
            and 500, 502, 503, 504. If not, only when it surely was not carried out: 429, or no connection was made.
        :raises HssError: C(outcome) tells whether a request that is not repeatable may have been carried out.
        """
        request = _Request(operation, doing, method, url, query or {}, body, headers or {}, repeatable)
        attempt = 0
        while True:
            try:
                return self._read(request, self._send(request))
            except _Failed as failed:
                if not failed.again or attempt >= self._max_retries or failed.pause > _LONGEST_PAUSE:
                    raise failed.error from None
                backoff = min(2.0**attempt, _LONGEST_BACKOFF)
                self._sleep(max(backoff * random.uniform(0.5, 1.0), failed.pause))
                attempt += 1

    def _send(self, request: _Request) -> Answer:
        url = request.url + _query_string(request.query)
        try:
            _require_own_place(request.url)
            return self._wire.exchange(
                request.method, url, {**self._headers, **request.headers}, self._auth, request.body
            )
        except Unsendable:
            reached, again, reason, hint = False, False, "cannot be addressed", _ADDRESS_HINT
        except FAILURES as exc:
            # The exception's own text is not used: it holds the URL with its query, where a password may stand.
            reached, again, reason, hint = _explain(exc, self._timeout)
        error = HssError(
            f"Could not {request.doing}: {_place(request.url)} {reason}",
            operation=request.operation,
            hint=hint,
            outcome=UNKNOWN if reached and request.changes else NOT_SENT,
        )
        raise _Failed(error, again and (request.repeatable or not reached))

    def _read(self, request: _Request, answer: Answer) -> Reply:
        status = answer.status
        data, trouble = None, ""
        try:
            data = answer.json_object()
        except Unreadable as exc:
            trouble = str(exc)
        if 200 <= status < 300 and data is not None:
            return Reply(data, answer.headers)

        place = _place(request.url)
        code = words = hint = None
        again, pause = False, 0.0
        outcome = REJECTED
        if 200 <= status < 300:
            reason = f"{place} {trouble}"
            hint = "Check endpoint and the proxy variables: a proxy or a login page may stand in between."
            outcome = UNKNOWN if request.changes else REJECTED
        elif 300 <= status < 400:
            reason = f"{place} answered with a redirect{self._elsewhere(request, answer)}"
            hint = "Redirects are not followed: credentials would go along. Check endpoint and the proxy variables."
        else:
            code, words = (self._quote(text) for text in _error_words(data))
            reason = f"{place} refused" if code or words else f"{place} gave no reason"
            outcome = UNKNOWN if status >= 500 and request.changes else REJECTED
            again = status == 429 or (request.repeatable and status in _AGAIN)
            pause = _asked_pause(answer, words) if status in (429, 503) else 0.0
        error = HssError(
            f"Could not {request.doing}: {reason}",
            operation=request.operation,
            http_status=status,
            error_code=code,
            error_msg=words,
            request_id=self._quote(answer.headers.get("X-Request-Id") or _text(data, "request_id")),
            hint=hint,
            outcome=outcome,
        )
        raise _Failed(error, again, pause)

    def _quote(self, words: str | None, longest: int = _LONGEST_WORDS) -> str | None:
        """A server's words without secrets; HssError makes one short line of them."""
        if not words:
            return None
        # A refused signature comes back with the request that was to be signed, which helps nobody who reads a log.
        words = re.split(r"[,;]?\s*canonical ?request", words[:_LONGEST_READ], maxsplit=1, flags=re.IGNORECASE)[0]
        # Before the end is cut off, which would leave a part of a signature that is no longer that long.
        return self._secrets.redact(_TOKEN.sub(MASK, words), longest)

    def _elsewhere(self, request: _Request, answer: Answer) -> str:
        location = (answer.headers.get("Location") or "")[:_LONGEST_READ]
        try:
            place = self._quote(_place(urljoin(request.url, location)), _LONGEST_PLACE)
        except ValueError:
            place = None
        return f" to {place}" if location and place else ""


_ADDRESS_HINT = "Check endpoint and the proxy variables, and the ids and the credential for what does not belong there."


def _require_own_place(url: str) -> None:
    """An id in a path is a name in it, and not the way to another place: quoting does not help against dots.

    :raises Unsendable: if it leads elsewhere, or would for a gateway that decodes it first.
    """
    parts = unquote(urlsplit(url).path).split("/")
    if urlsplit(url).path.count("/") + 1 != len(parts) or not {".", ".."}.isdisjoint(parts):
        raise Unsendable


def _query_string(query: Mapping[str, Any]) -> str:
    """Percent-encoded: in a signed query, a plus is a plus and not a space."""
    given = {key: value for key, value in query.items() if value is not None}
    return f"?{urlencode(given, quote_via=quote, safe='~')}" if given else ""


def _place(url: str) -> str:
    """Scheme, host and port alone: the query may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _text(data: dict[str, Any] | None, *names: str) -> str | None:
    for name in names:
        value = (data or {}).get(name)
        if isinstance(value, (str, int)) and str(value):
            return str(value)
    return None


def _error_words(data: dict[str, Any] | None) -> tuple[str | None, str | None]:
    """Code and text of an error body: HSS's shape, its older shape without error_msg, the gateway's, or IAM's."""
    nested = (data or {}).get("error")
    if isinstance(nested, dict):
        return _text(nested, "code"), _text(nested, "message")
    return _text(data, "error_code"), _text(data, "error_msg", "error_description")


def _asked_pause(answer: Answer, words: str | None) -> float:
    """Seconds that the service wants to be left alone: Retry-After, or the gateway's "time:1 minute"."""
    header = (answer.headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return float(header)
    if header:
        try:
            return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
        except (ArithmeticError, IndexError, OSError, TypeError, ValueError):
            pass  # a date that is none, or that no clock can show
    if answer.status != 429:
        return 0.0
    unit = re.search(r"time:\s*([0-9]{1,9})\s*(second|minute)", words or "")
    window = float(unit[1]) * (60.0 if unit[2] == "minute" else 1.0) if unit else 0.0
    # The gateway's own advice is 2 to 5 seconds.
    return max(window * random.uniform(0.5, 1.0), random.uniform(2.0, 3.0))


def _chain(exc: BaseException) -> list[BaseException]:
    """The exception and everything it wraps, in requests' and urllib3's various ways."""
    seen: list[BaseException] = []
    waiting: list[Any] = [exc]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, BaseException) and item not in seen:
            seen.append(item)
            waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
    return seen


def _explain(exc: BaseException, timeout: float) -> tuple[bool, bool, str, str]:
    """What a failed exchange means: (may the service have seen it, is it worth another try, reason, hint)."""
    chain = _chain(exc)

    def find(*types):
        return next((item for item in chain if isinstance(item, types)), None)

    # The request itself was sound, so these are about where it is to go: through a proxy that is no address.
    if find(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, urllib3.exceptions.LocationValueError):
        return False, False, "cannot be addressed", _ADDRESS_HINT
    unverified = find(ssl.SSLCertVerificationError)
    if unverified is not None:
        reason = getattr(unverified, "verify_message", "") or "verification failed"
        hint = (
            "If the service has a private CA, give its certificate with ca_path. "
            "Do not switch validate_certs off with real credentials."
        )
        return False, False, f"has a TLS certificate that is not trusted ({reason})", hint
    if any(str(item).startswith("Tunnel connection failed: 407") for item in chain):
        # Not tried again: it would lock somebody out.
        hint = "Check the user and the password in HTTPS_PROXY, percent-encoded where they are not letters or digits."
        return False, False, "cannot be reached: the proxy does not accept the credential for it (HTTP 407)", hint
    if find(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return False, True, "cannot be reached through the proxy", "Check HTTPS_PROXY and NO_PROXY."
    if any(type(item).__name__ in ("gaierror", "NameResolutionError") for item in chain):
        return False, True, "cannot be reached: the name does not resolve", "Check region, endpoint and DNS."
    if find(urllib3.exceptions.NewConnectionError):
        refused = find(ConnectionRefusedError) is not None
        reason = "refused the connection" if refused else "cannot be reached"
        return False, True, reason, "Check region, endpoint, firewall and the proxy variables."
    # After the two above, which older releases of urllib3 derive from it.
    if find(requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError):
        hint = "Check endpoint, firewall and proxy."
        return False, True, f"did not accept a connection within {timeout:g} seconds", hint
    broken_tls = find(ssl.SSLError)
    if broken_tls is not None and getattr(broken_tls, "reason", "") == "WRONG_VERSION_NUMBER":
        return False, False, "does not speak TLS", "Check endpoint: is it plain http, or a proxy?"
    hint = "Check the network; if the service is slow, raise timeout."
    if find(requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError):
        return True, True, f"did not answer completely within {timeout:g} seconds", hint
    if find(ConnectionError, http.client.IncompleteRead, urllib3.exceptions.IncompleteRead):
        return True, True, "closed the connection before its answer was complete", hint
    if find(http.client.HTTPException, requests.exceptions.InvalidHeader):
        return True, True, "did not answer in HTTP", "Check endpoint: is it HSS, or something else?"
    return True, True, "closed the connection before its answer was complete", hint
