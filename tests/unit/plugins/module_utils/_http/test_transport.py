# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the limits on time and memory for any response, and that nothing else is sent or accepted."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib

import pytest
from hostile import HostileServer, in_turn

from ansible_collections.huaweicloud.hss.plugins.module_utils._http.auth import NoAuth, TokenAuth
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.transport import (
    MAX_RESPONSE_BYTES,
    TRANSPORT_ERRORS,
    HttpResponse,
    InvalidRequest,
    InvalidResponse,
    Transport,
)

LIMIT = 0.4
# A machine may be busy; what this is about would take minutes.
SLACK = 10.0
MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def exchange(answer, *, auth=None, timeout=LIMIT):
    with HostileServer(answer) as server:
        wire = Transport(True, timeout)
        try:
            return wire.send("GET", server.url + "/x", {}, auth or NoAuth())
        finally:
            wire.close()


HEAD = "HTTP/1.1 200 OK\r\n"
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = 10**9


@pytest.mark.parametrize(
    "answer",
    [
        lambda talk, _request: talk.wait(),
        lambda talk, _request: talk.drip(HEAD * 999),
        lambda talk, _request: (talk.send(HEAD), talk.drip("X: " + "y" * 9999)),
        lambda talk, _request: (talk.send(f"{HEAD}Content-Length: 9999\r\n\r\n"), talk.drip("x" * 9999)),
        lambda talk, _request: (talk.send(f"{HEAD}\r\n"), talk.drip(" " * 9999)),
        lambda talk, _request: (talk.send(CHUNKED), talk.drip("1\r\nx\r\n" * 9999)),
        lambda talk, _request: (talk.send(CHUNKED), talk.drip("1;" + "x" * 9999)),
        lambda talk, _request: talk.drip("HTTP/1.1 100 Continue\r\n\r\n" * 9999),
        lambda talk, _request: talk.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, ENDLESS),
        lambda talk, _request: (talk.send(f"{CHUNKED}0\r\n"), talk.flood(b"x: y\r\n" * 100, ENDLESS)),
    ],
    ids=[
        "silence",
        "first line",
        "header",
        "body",
        "body without an end",
        "chunks",
        "length of a chunk",
        "100 Continue",
        "a flood of 100 Continue",
        "a flood of trailers",
    ],
)
def test_a_response_has_one_time_out_from_beginning_to_end(answer):
    started = time.monotonic()
    with pytest.raises(TRANSPORT_ERRORS):
        exchange(answer)
    assert time.monotonic() - started < LIMIT + SLACK


def test_a_response_in_small_pieces_is_accepted_within_the_time_out():
    def answer(talk, _request):
        talk.drip(f'{HEAD}Content-Length: 8\r\n\r\n{{"a": 1}}', pause=0.001)

    assert exchange(answer, timeout=20.0).json_object() == {"a": 1}


@pytest.mark.parametrize(
    "answer",
    [
        lambda talk, _request: (
            talk.send(f"{HEAD}Content-Length: {100 * MEGABYTE}\r\n\r\n"),
            talk.flood(b"x" * MEGABYTE, 100),
        ),
        lambda talk, _request: (
            talk.send(CHUNKED),
            talk.flood(b"100000\r\n" + b"x" * MEGABYTE + b"\r\n", ENDLESS),
        ),
        lambda talk, _request: (talk.send(f"{HEAD}\r\n"), talk.flood(b" " * MEGABYTE, ENDLESS)),
        lambda talk, _request: (talk.send(f"{CHUNKED}FFFFFFFFFFFF\r\n"), talk.flood(b"x" * MEGABYTE, ENDLESS)),
        # Nobody reads a redirect's body; requests would.
        lambda talk, _request: (
            talk.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n"),
            talk.flood(b"x" * MEGABYTE, ENDLESS),
        ),
    ],
    ids=["announced", "chunks", "until the end", "one chunk", "of a redirect"],
)
def test_the_size_of_a_response_is_limited(answer):
    found, peak = with_peak(answer)
    assert found.problem == "answered with more than 4 MiB" and found.body == b""
    assert peak < 8 * MAX_RESPONSE_BYTES


def with_peak(answer):
    tracemalloc.start()
    try:
        return exchange(answer, timeout=30.0), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "flood",
    [
        lambda talk, _request: (talk.send(f"{HEAD}X: "), talk.flood(b"y" * MEGABYTE, 50)),
        lambda talk, _request: (talk.send(HEAD), talk.flood(b"X: y\r\n" * 10000, ENDLESS)),
        lambda talk, _request: (talk.send(HEAD), talk.flood(b"X: " + b"y" * 60000 + b"\r\n", ENDLESS)),
        lambda talk, _request: (talk.send(f"{CHUNKED}1;"), talk.flood(b"x" * MEGABYTE, 50)),
    ],
    ids=["a long header", "many headers", "many long headers", "a long chunk header"],
)
def test_the_size_of_headers_is_limited(flood):
    tracemalloc.start()
    try:
        with pytest.raises(TRANSPORT_ERRORS):
            exchange(flood, timeout=30.0)
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_RESPONSE_BYTES
    finally:
        tracemalloc.stop()


BOMB = gzip.compress(b" " * (64 * MEGABYTE), 9)


@pytest.mark.parametrize("status", [200, 302, 400, 429])
@pytest.mark.parametrize(
    "encoding, body",
    [
        ("gzip", BOMB),
        ("GZIP, identity", BOMB),
        ("deflate", zlib.compress(b" " * (64 * MEGABYTE), 9)),
        ("br", b"\x1b\xff\xff" * 99),
        ("zstd", b"(\xb5/\xfd" * 99),
        ("gzip, gzip, gzip", gzip.compress(gzip.compress(BOMB))),
    ],
)
def test_a_compressed_response_is_refused(status, encoding, body):
    found, peak = with_peak(lambda talk, _request: talk.answer(status, body, f"Content-Encoding: {encoding}"))
    assert (found.status, found.problem) == (status, "compressed its answer, which was not asked for")
    assert peak < 8 * MEGABYTE


@pytest.mark.parametrize(
    "head, body",
    [
        ("Content-Length: 20", '{"a": 1}'),
        ("Content-Length: 20", ""),
        ("Content-Length: 8\r\nContent-Length: 9", '{"a": 1}'),
        ("Transfer-Encoding: chunked", '8\r\n{"a": 1}\r\n'),
        ("Transfer-Encoding: chunked", '99\r\n{"a": 1}\r\n0\r\n\r\n'),
        ("Transfer-Encoding: chunked", 'zz\r\n{"a": 1}\r\n0\r\n\r\n'),
    ],
)
def test_an_incomplete_response_is_an_error(head, body):
    def answer(talk, _request):
        talk.send(f"{HEAD}{head}\r\n\r\n{body}")
        return True

    with pytest.raises(TRANSPORT_ERRORS):
        exchange(answer, timeout=20.0)


@pytest.mark.parametrize("first", ["SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 two hundred\r\n\r\n", "\0\1\2\r\n\r\n", "\r\n"])
def test_a_response_that_is_not_http_is_an_error(first):
    def answer(talk, _request):
        talk.send(first)
        return True

    with pytest.raises(TRANSPORT_ERRORS):
        exchange(answer, timeout=20.0)


def test_data_beyond_the_announced_length_is_not_the_next_response():
    with HostileServer(
        in_turn(
            [
                lambda talk, _request: talk.send(f'{HEAD}Content-Length: 8\r\n\r\n{{"a": 1}}{HEAD}\r\n{{"a": 2}}'),
                lambda talk, _request: talk.answer(200, b'{"a": 3}'),
            ]
        )
    ) as server:
        wire = Transport(True, 20.0)
        found = [wire.send("GET", server.url, {}, NoAuth()).json_object() for _time in range(2)]
        wire.close()
    assert found == [{"a": 1}, {"a": 3}]


def test_connections_are_reused_with_their_time_outs():
    def answer(talk, _request):
        time.sleep(0.3)
        talk.answer(200, b"{}")

    with HostileServer(answer) as server:
        wire = Transport(True, 20.0)
        for _time in range(3):
            wire.send("GET", server.url, {}, NoAuth())
        (pool,) = wire._adapter.poolmanager.pools._container.values()
        left = [connection.sock.gettimeout() for connection in pool.pool.queue if connection]
        wire.close()
        assert (server.connections, left) == (1, [20.0])


def test_a_request_contains_no_credential_from_the_environment(monkeypatch, tmp_path):
    """No password from .netrc or the address, no cookie, and no wish for a compressed answer."""
    with HostileServer(
        lambda talk, _request: talk.answer(200, b"{}", "Set-Cookie: seen=1", "Set-Cookie: =;;x")
    ) as server:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password a-netrc-password\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
        wire = Transport(True, 20.0)
        for url in (server.url, server.url.replace("//", "//user:word@")):
            wire.send("PUT", url, {"User-Agent": "b"}, TokenAuth("t"), {"c": "ü"})
        wire.close()
    for number in (0, 1):
        assert server.headers(number) == {
            "host": server.netloc,
            "user-agent": "b",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "content-length": "15",
            "x-auth-token": "t",
        }


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(code):
    with HostileServer(lambda talk, _request: talk.answer(200, b"{}")) as other:
        found = exchange(
            lambda talk, _request: talk.answer(code, b"", f"Location: {other.url}/"), auth=TokenAuth("a-token")
        )
        assert (found.status, other.requests) == (code, [])


@pytest.mark.parametrize(
    "method, url, headers",
    [
        ("GET", "http://[::1", {}),
        ("GET", "http://", {}),
        ("GET", "http://exa mple/", {}),
        ("GET", "http://127.0.0.1:9/", {"X-Auth-Token": "a\r\nb: c"}),
        ("GET", "http://127.0.0.1:9/", {"X\r\nb: c": "a"}),
    ],
)
def test_a_request_that_http_cannot_express_is_not_sent(method, url, headers):
    with pytest.raises(InvalidRequest):
        Transport(True, 1.0).send(method, url, headers, NoAuth())


# What an answer holds


@pytest.mark.parametrize(
    "body, data",
    [
        (b"", {}),
        (b" \r\n", {}),
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": "\xc3\xbc"}', {"a": "ü"}),
        ('{"a": "ü"}'.encode("utf-16"), {"a": "ü"}),
        ('{"a": "ü"}'.encode("utf-32-le"), {"a": "ü"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": 9223372036854775807, "b": -1.5e3}', {"a": 2**63 - 1, "b": -1500.0}),
        (b'{"a":' * 49 + b"[]" + b"}" * 49, None),
    ],
)
def test_a_json_object_is_accepted(body, data):
    found = HttpResponse(200, {}, body).json_object()
    assert data is None or found == data


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"null",
        b'"text"',
        b"7",
        b'{"a": 1',
        b'{"a": 1}{"a": 2}',
        b'{"a": "\xfc"}',
        b'{"a": 1, "a": 2}',
        b'{"b": [{"a": 1, "a": 1}]}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 99999999999999999999}',
        b'{"a": ' + b"9" * 100_000 + b"}",
        b'{"a": "\\ud83d"}',
        b'{"\\udc00": 1}',
        b'{"a": "\xed\xa0\xbd"}',
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b"[" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        '{"a": "ü"}'.encode("utf-16-le")[:-1],
        b"\x00" * 9,
    ],
    ids=range(23),
)
def test_a_body_that_is_not_a_json_object_is_refused(body):
    with pytest.raises(InvalidResponse, match="^did not answer with a JSON object$"):
        HttpResponse(200, {}, body).json_object()
