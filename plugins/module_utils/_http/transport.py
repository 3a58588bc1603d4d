# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: sends HTTP requests, with limits on time and memory that hold for any response.

requests alone sets no such limits: its timeout restarts with every byte, it decompresses bodies, and it reads the body
of a redirect even if the redirect is not followed. It also takes more from the environment than proxies: a password
from C(~/.netrc), and CA certificates other than those that the options name. Therefore its transport adapter is used
without a session: no redirect is followed, and no cookie is kept.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import math
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from requests.utils import get_environ_proxies, select_proxy
except ImportError:  # reported by _module with installation instructions
    requests = None  # type: ignore[assignment]
    HTTPAdapter = object  # type: ignore[assignment, misc]

# Ten times the largest known page, 200 rows of node agents.
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_MAX_DEPTH = 50
_MAX_DIGITS = 19  # digits; everything documented fits into 64 bits


class InvalidRequest(ValueError):
    """A request that cannot be expressed in HTTP. Nothing was sent."""


class InvalidResponse(Exception):
    """A response that cannot be used. The exception's text completes a message that begins with the server's name."""


@dataclass(frozen=True)
class HttpResponse:
    """A response as it was received.

    :arg problem: the reason if the body could not be used and C(body) is empty, as the text of L(InvalidResponse).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    problem: str = ""

    def json_object(self) -> dict[str, Any]:
        """Returns the body as a JSON object. An empty body is an empty object.

        :raises InvalidResponse: if the body is anything else, or if parsers would disagree about it: duplicate keys,
            numbers out of range, unpaired surrogates.
        """
        if self.problem:
            raise InvalidResponse(self.problem)
        if not self.body.strip():
            return {}
        try:
            data = json.loads(
                self.body,
                object_pairs_hook=_unique_keys,
                parse_int=_bounded_int,
                parse_float=_finite_float,
                parse_constant=_finite_float,
            )
            _check_value(data, _MAX_DEPTH)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise InvalidResponse("did not answer with a JSON object")
        return data


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError
    return data


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError
    return int(digits)


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError
    return number


def _check_value(value: Any, levels: int) -> None:
    if isinstance(value, str):
        value.encode("utf-8")  # fails for an unpaired surrogate, with which Ansible could not read the result
    elif isinstance(value, (dict, list)):
        if not levels:
            raise ValueError
        for item in value:
            _check_value(item, levels - 1)
        for item in value.values() if isinstance(value, dict) else ():
            _check_value(item, levels - 1)


class Transport:
    """Sends requests over persistent connections.

    :arg verify: True, False, or the path of a CA file or folder. The environment does not override it.
    :arg timeout: seconds for connecting, and for receiving the whole response.
    :arg proxies: whether the environment variables for proxies apply.
    """

    def __init__(self, verify: bool | str, timeout: float, proxies: bool = True, pool_size: int = 1) -> None:
        self._verify = verify
        self._timeout = timeout
        self._proxies = proxies
        self._adapter = _Adapter(pool_maxsize=pool_size, max_retries=0)

    def close(self) -> None:
        """Closes the connections."""
        self._adapter.close()

    def send(self, method: str, url: str, headers: Mapping[str, str], auth: Any, body: Any = None) -> HttpResponse:
        """Sends a request and reads the response.

        :arg auth: adds the credential to the request.
        :arg body: is sent as JSON; None sends no body.
        :raises InvalidRequest: before anything was sent.
        :raises TRANSPORT_ERRORS: if the request could not be sent, or no complete response was received.
        """
        try:
            # Without NoAuth, requests would look for a user and a password in the URL.
            request = requests.Request(method, url, headers=dict(headers), json=body, auth=auth).prepare()
            # A small compressed response could decompress to any size.
            request.headers["Accept-Encoding"] = "identity"
            proxies = get_environ_proxies(url) if self._proxies else {}
            _require_proxy_address(select_proxy(url, proxies))
        except (requests.exceptions.RequestException, ValueError) as exc:
            raise InvalidRequest from exc
        response = self._adapter.send(
            request,
            stream=True,
            timeout=(self._timeout, self._timeout),
            verify=self._verify,
            proxies=proxies,
        )
        with contextlib.closing(response):
            try:
                return HttpResponse(response.status_code, response.headers, _read_body(response))
            except InvalidResponse as exc:
                return HttpResponse(response.status_code, response.headers, b"", str(exc))


def _require_proxy_address(proxy: str | None) -> None:
    """:raises ValueError: if a proxy variable does not hold an address; requests would raise various exceptions."""
    if proxy:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if not parts.hostname or parts.port == 0:
            raise ValueError


def _read_body(response: Any) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise InvalidResponse("compressed its answer, which was not asked for")
    # requests' methods and urllib3's stream() decompress the body, or accept lines of any length.
    parts: list[bytes] = []
    length = 0
    while part := response.raw.read(_CHUNK_BYTES, decode_content=False):
        parts.append(part)
        length += len(part)
        if length > MAX_RESPONSE_BYTES:
            raise InvalidResponse(f"answered with more than {MAX_RESPONSE_BYTES // 1024 // 1024} MiB")
    announced = response.headers.get("Content-Length", "")
    if re.fullmatch(r"[0-9]{1,18}", announced) and length < int(announced) and response.status_code not in (204, 304):
        raise http.client.IncompleteRead(b"")  # urllib3 before 2.0 does not check this
    return b"".join(parts)


# --- one deadline for a whole response --------------------------------------------------------------------------------


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the socket's timeout has passed once, however many reads there are."""

    def __init__(self, raw: Any, sock: Any) -> None:
        self._raw = raw
        self._socket = sock
        self._timeout = sock.gettimeout()
        self._end = time.monotonic() + self._timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._socket.settimeout(left)
        received: int | None = self._raw.readinto(buffer)
        return received

    def close(self) -> None:
        if not self.closed:
            with contextlib.suppress(OSError):  # the connection may be closed already
                self._socket.settimeout(self._timeout)
            self._raw.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    """A response that has one deadline from its status line to the end of its body."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if sock.gettimeout() is not None:
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock))


class _Adapter(HTTPAdapter):
    """requests' adapter with deadlines, for direct connections and through proxies."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _set_deadlines(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if new:
            _set_deadlines(manager)
        return manager


def _set_deadlines(manager: Any) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _deadline_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _deadline_pool(pool: Any) -> Any:
    connection = type("DeadlineConnection", (pool.ConnectionCls,), {"response_class": _DeadlineResponse})
    return type("DeadlinePool", (pool,), {"ConnectionCls": connection})


# The exceptions of a failed request. requests does not wrap all of urllib3's.
TRANSPORT_ERRORS: tuple[type[Exception], ...] = (OSError, ValueError, http.client.HTTPException)
if requests is not None:
    TRANSPORT_ERRORS += (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
