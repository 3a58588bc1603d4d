# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: one HTTP exchange, with its time-outs, retries and scrubbed errors.

Knows nothing of HSS but how an error body looks. What may be sent again depends on the method and on how far the
request came: see L(HttpClient.call).
"""

from __future__ import annotations

import random
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Callable
from urllib.parse import quote, urlencode, urlsplit

try:
    import requests
    import urllib3
except ImportError:  # reported by _module, which can say how to install it
    requests = None  # type: ignore[assignment]

from ._errors import NOT_SENT, REJECTED, UNKNOWN, HssError
from ._secrets import Secrets

_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_BACKOFF = 30.0
# A service that wants a longer pause is better served by a later run than by a play that seems to hang.
_LONGEST_PAUSE = 120.0
_LONGEST_QUOTE = 300
_LONGEST_READ = 20_000


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
    :arg timeout: seconds, for connecting and for each read.
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
        secrets: Secrets | None = None,
        user_agent: str = "ansible-huaweicloud.hss",
        sleep: Callable[[float], None] = time.sleep,
        pool_size: int = 32,
    ) -> None:
        self._auth = auth
        self._verify = verify
        self._timeout = timeout
        self._max_retries = max_retries
        self._secrets = secrets or Secrets()
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=pool_size, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

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

    def _send(self, request: _Request) -> Any:
        # verify goes with every request: on the session, REQUESTS_CA_BUNDLE in the environment would override it.
        try:
            return self._session.request(
                request.method,
                request.url + _query_string(request.query),
                json=request.body,
                headers={"Content-Type": "application/json", **request.headers},
                auth=self._auth,
                verify=self._verify,
                timeout=(self._timeout, self._timeout),
                allow_redirects=False,
            )
        except (requests.exceptions.RequestException, OSError, ValueError) as exc:
            # The exception's own text is not used: it holds the URL with its query, where a password may stand.
            reached, again, reason, hint = _explain(exc, self._timeout)
            error = HssError(
                f"Could not {request.doing}: {_place(request.url)} {reason}",
                operation=request.operation,
                hint=hint,
                outcome=UNKNOWN if reached and request.changes else NOT_SENT,
            )
            raise _Failed(error, again and (request.repeatable or not reached)) from None

    def _read(self, request: _Request, response: Any) -> Reply:
        status = response.status_code
        data = _json_object(response)
        if 200 <= status < 300 and data is not None:
            return Reply(data, response.headers)

        place = _place(request.url)
        code = words = hint = None
        again, pause = False, 0.0
        outcome = REJECTED
        if 200 <= status < 300:
            reason = f"{place} did not answer with a JSON object"
            hint = "Check endpoint and the proxy variables: a proxy or a login page may stand in between."
            outcome = UNKNOWN if request.changes else REJECTED
        elif 300 <= status < 400:
            reason = f"{place} answered with a redirect"
            hint = "Redirects are not followed: credentials would go along. Check endpoint and the proxy variables."
        else:
            code, words = (self._quote(text) for text in _error_words(data))
            reason = f"{place} refused" if code or words else f"{place} gave no reason"
            outcome = UNKNOWN if status >= 500 and request.changes else REJECTED
            again = status == 429 or (request.repeatable and status in _AGAIN)
            pause = _asked_pause(response, words) if status in (429, 503) else 0.0
        error = HssError(
            f"Could not {request.doing}: {reason}",
            operation=request.operation,
            http_status=status,
            error_code=code,
            error_msg=words,
            request_id=self._quote(response.headers.get("X-Request-Id") or _text(data, "request_id")),
            hint=hint,
            outcome=outcome,
        )
        raise _Failed(error, again, pause)

    def _quote(self, words: str | None) -> str | None:
        """A server's words, fit for a message: scrubbed before they are cut, on one line, not too long."""
        if not words:
            return None
        # A refused signature comes back with the request that was to be signed, which helps nobody who reads a log.
        words = re.split(r"[,;]?\s*canonical ?request", words[:_LONGEST_READ], maxsplit=1, flags=re.IGNORECASE)[0]
        text = " ".join(self._secrets.scrub(words).split())
        return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def _query_string(query: Mapping[str, Any]) -> str:
    """Percent-encoded: in a signed query, a plus is a plus and not a space."""
    given = {key: value for key, value in query.items() if value is not None}
    return f"?{urlencode(given, quote_via=quote, safe='~')}" if given else ""


def _place(url: str) -> str:
    """Scheme, host and port alone: the query may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _json_object(response: Any) -> dict[str, Any] | None:
    """The body as an object; an empty body is an empty object; None for anything else."""
    if not response.content.strip():
        return {}
    try:
        data = response.json()
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


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


def _asked_pause(response: Any, words: str | None) -> float:
    """Seconds that the service wants to be left alone: Retry-After, or the gateway's "time:1 minute"."""
    header = (response.headers.get("Retry-After") or "").strip()
    if header.isdigit():
        return float(header)
    if header:
        try:
            return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
        except (TypeError, ValueError):
            pass
    if response.status_code != 429:
        return 0.0
    unit = re.search(r"time:\s*(\d+)\s*(second|minute)", words or "")
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

    if find(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader):
        return (
            False,
            False,
            "cannot be addressed",
            "Check endpoint, and the credential for stray spaces.",
        )
    unverified = find(ssl.SSLCertVerificationError)
    if unverified is not None:
        reason = getattr(unverified, "verify_message", "") or "verification failed"
        hint = (
            "If the service has a private CA, give its certificate with ca_path. "
            "Do not switch validate_certs off with real credentials."
        )
        return False, False, f"has a TLS certificate that is not trusted ({reason})", hint
    if find(requests.exceptions.ProxyError):
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
        return True, True, f"did not answer within {timeout:g} seconds", hint
    return True, True, "closed the connection before its answer was complete", hint
