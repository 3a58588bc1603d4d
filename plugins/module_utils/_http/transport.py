# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: one HTTP exchange, within bounds of time and memory whatever the other side does.

requests alone has none: its time-out begins anew with every byte, it inflates what is compressed, and it reads the body
of a redirect even if that is not followed. What it takes from the environment besides proxies is not wanted either: a
password out of C(~/.netrc), and trust in other certificates than the options name. So its transport adapter is used
without a session: nothing is followed, nothing is remembered.
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
except ImportError:  # reported by _module, which can say how to install it
    requests = None  # type: ignore[assignment]
    HTTPAdapter = object  # type: ignore[assignment, misc]

# Ten times the longest page that is known: 200 rows of node agents.
LONGEST_ANSWER = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_DEEPEST = 50
_LONGEST_NUMBER = 19  # digits; everything documented fits into 64 bits


class Unsendable(ValueError):
    """A request that cannot be put into HTTP. Nothing was sent."""


class Unreadable(Exception):
    """An answer that is of no use. Its text says why, and goes on after the name of who answered."""


@dataclass(frozen=True)
class Answer:
    """What came back.

    :arg trouble: why C(body) is empty, as with L(Unreadable); empty if it is what was sent.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    trouble: str = ""

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object.

        :raises Unreadable: if it is anything else. What parsers see differently counts as that too: a key given twice,
            numbers without bounds, half a character.
        """
        if self.trouble:
            raise Unreadable(self.trouble)
        if not self.body.strip():
            return {}
        try:
            data = json.loads(
                self.body, object_pairs_hook=_mapping, parse_int=_integer, parse_float=_finite, parse_constant=_finite
            )
            _check(data, _DEEPEST)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise Unreadable("did not answer with a JSON object")
        return data


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError
    return number


def _check(value: Any, levels: int) -> None:
    if isinstance(value, str):
        value.encode("utf-8")  # half a character cannot be: Ansible would fail to read the module's result
    elif isinstance(value, (dict, list)):
        if not levels:
            raise ValueError
        for item in value:
            _check(item, levels - 1)
        for item in value.values() if isinstance(value, dict) else ():
            _check(item, levels - 1)


class Wire:
    """Sends requests, over connections that are kept.

    :arg verify: True, False, or the path of a CA file or folder; nothing in the environment changes it.
    :arg timeout: seconds for connecting, and for the whole of an answer.
    :arg proxies: whether the variables for proxies count.
    """

    def __init__(self, verify: bool | str, timeout: float, proxies: bool = True, pool_size: int = 1) -> None:
        self._verify = verify
        self._timeout = timeout
        self._proxies = proxies
        self._adapter = _Adapter(pool_maxsize=pool_size, max_retries=0)

    def close(self) -> None:
        """Closes the connections."""
        self._adapter.close()

    def exchange(self, method: str, url: str, headers: Mapping[str, str], auth: Any, body: Any = None) -> Answer:
        """Sends a request and reads the answer.

        :arg auth: puts the credential on a request.
        :arg body: becomes JSON; None sends no body.
        :raises Unsendable: before anything was sent.
        :raises FAILURES: if it could not be sent, or there is no complete answer.
        """
        try:
            # Without NoAuth, requests would look for a user and a password in the URL.
            request = requests.Request(method, url, headers=dict(headers), json=body, auth=auth).prepare()
            # Compressed, a small answer may become one of any size.
            request.headers["Accept-Encoding"] = "identity"
            proxies = get_environ_proxies(url) if self._proxies else {}
            _require_address(select_proxy(url, proxies))
        except (requests.exceptions.RequestException, ValueError) as exc:
            raise Unsendable from exc
        response = self._adapter.send(
            request,
            stream=True,
            timeout=(self._timeout, self._timeout),
            verify=self._verify,
            proxies=proxies,
        )
        with contextlib.closing(response):
            try:
                return Answer(response.status_code, response.headers, _body(response))
            except Unreadable as exc:
                return Answer(response.status_code, response.headers, b"", str(exc))


def _require_address(proxy: str | None) -> None:
    """:raises ValueError: if a proxy's variable holds no address; requests would fail in ways of its own."""
    if proxy:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if not parts.hostname or parts.port == 0:
            raise ValueError


def _body(response: Any) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Unreadable("compressed its answer, which was not asked for")
    # Not with requests' methods nor with urllib3's stream(): these inflate what they read, or take lines of any length.
    parts: list[bytes] = []
    length = 0
    while part := response.raw.read(_CHUNK, decode_content=False):
        parts.append(part)
        length += len(part)
        if length > LONGEST_ANSWER:
            raise Unreadable(f"answered with more than {LONGEST_ANSWER // 1024 // 1024} MiB")
    announced = response.headers.get("Content-Length", "")
    if re.fullmatch(r"[0-9]{1,18}", announced) and length < int(announced) and response.status_code not in (204, 304):
        raise http.client.IncompleteRead(b"")  # urllib3 before 2.0 does not mind
    return b"".join(parts)


# --- an answer has one time-out as a whole ----------------------------------------------------------------------------


class _Punctual(io.RawIOBase):
    """What a socket receives until its time-out is over once."""

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


class _PunctualResponse(http.client.HTTPResponse):
    """A response that is read so, from its first line to its end."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if sock.gettimeout() is not None:
            self.fp = io.BufferedReader(_Punctual(self.fp.detach(), sock))


class _Adapter(HTTPAdapter):
    """requests' transport, directly and through proxies."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _make_punctual(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if new:
            _make_punctual(manager)
        return manager


def _make_punctual(manager: Any) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _punctual_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _punctual_pool(pool: Any) -> Any:
    connection = type("PunctualConnection", (pool.ConnectionCls,), {"response_class": _PunctualResponse})
    return type("PunctualPool", (pool,), {"ConnectionCls": connection})


# What an exchange may fail with; urllib3's own come through requests here and there.
FAILURES: tuple[type[Exception], ...] = (OSError, ValueError, http.client.HTTPException)
if requests is not None:
    FAILURES += (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
