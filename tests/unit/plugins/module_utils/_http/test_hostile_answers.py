# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the error, the retries and the outcome of a request to a broken or hostile server."""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from hostile import HostileServer, in_turn
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._core import decodings
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import MASK, Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http import client as http_client
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.auth import SigningAuth, TokenAuth
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.client import HttpClient

TOKEN = "kX3vQ9zR7wB2nM5tY8pL"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Client:
    """A client of a hostile server, with what it slept."""

    def __init__(self, server, **options):
        self.slept = []
        self.server = server
        redactor = Redactor()
        redactor.add(TOKEN)
        self.http = HttpClient(
            TokenAuth(TOKEN),
            **{"timeout": 20.0, "max_retries": 0, "redactor": redactor, **options},
            sleep=self.slept.append,
        )

    def call(self, method="GET", path="/x", **options):
        return self.http.request("Op", "do it", method, self.server.url + path, **options)

    def error(self, *args, **options):
        with pytest.raises(HssError) as caught:
            self.call(*args, **options)
        self.http.close()
        assert TOKEN[:8] not in str(caught.value) + str(caught.value.failure())
        return caught.value


def error(answer, *args, client=None, **options):
    with HostileServer(answer) as server:
        return Client(server, **(client or {})).error(*args, **options)


# What was not a good answer to a change may still have changed something.


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda talk, _request: talk.wait(), "did not answer completely within 0.4 seconds"),
        (lambda talk, _request: talk.drip("HTTP/1.1 200 OK\r\n" * 99), "did not answer completely within 0.4 seconds"),
        (lambda talk, _request: True, "closed the connection before its answer was complete"),
        (
            lambda talk, _request: (talk.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), True)[1],
            "closed the conn",
        ),
        (lambda talk, _request: (talk.send("SSH-2.0-x\r\n"), True)[1], "did not answer in HTTP"),
        (lambda talk, _request: talk.send("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 999), "did not answer in HTTP"),
        (
            lambda talk, _request: (talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}"), True)[1],
            "did not answer in HTTP",
        ),
        (lambda talk, _request: talk.answer(200, b"<html>"), "did not answer with a JSON object"),
        (lambda talk, _request: talk.answer(201, b"[" * 99999), "did not answer with a JSON object"),
        (lambda talk, _request: talk.answer(200, b"x", "Content-Encoding: gzip"), "compressed its answer"),
        (lambda talk, _request: talk.answer(200, b"x" * 5_000_000), "answered with more than 4 MiB"),
        (lambda talk, _request: talk.answer(500, b"<html>"), "gave no reason"),
        (lambda talk, _request: talk.answer(599, b"x", "Content-Encoding: br"), "gave no reason"),
    ],
)
@pytest.mark.parametrize(
    "method, outcome", [("GET", {"not_sent", "rejected"}), ("POST", {"unknown"}), ("PUT", {"unknown"})]
)
def test_the_outcome_of_a_change_without_a_valid_response_is_unknown(answer, words, method, outcome):
    found = error(answer, method, client={"timeout": 0.4}, body={"a": 1}, retryable=False)
    assert words in str(found) and found.outcome in outcome, str(found)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 413, 429, 302, 418])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b'{"error_code": {}, "error_msg": [1]}', b'{"error": {"code": []}}']
)
def test_a_refusal_in_any_format_is_rejected(status, body):
    found = error(lambda talk, _request: talk.answer(status, body), "POST", body={}, retryable=False)
    assert (found.outcome, found.http_status, found.error_code, found.error_msg) == ("rejected", status, None, None)


# Redirects


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_redirect_is_reported_and_not_followed(code, method):
    with HostileServer(lambda talk, _request: talk.answer(200, b"{}")) as other:
        found = error(
            lambda talk, _request: talk.answer(
                code, b"", f"Location: http://user:{TOKEN}@{other.netloc}/{TOKEN}?{TOKEN}"
            ),
            method,
            body={"kube_config": "x"},
            client={"max_retries": 3},
        )
        assert other.requests == []
    assert f"answered with a redirect to http://{other.netloc} (HTTP {code})" in str(found)
    assert found.outcome == "rejected" and "Redirects are not followed" in found.hint


@pytest.mark.parametrize(
    "location, where",
    [
        ("/elsewhere", "http://127.0.0.1:"),
        ("//evil.example.com/x", "http://evil.example.com (HTTP"),
        ("https://evil.example.com:8443/x", "https://evil.example.com:8443 (HTTP"),
        (f"https://{TOKEN}.example.com/", f"https://{MASK}.example.com (HTTP"),
        ("https://\x1b[31mred.example.com/", "a redirect (HTTP"),
        ("https://red\x1b.example.com/", "https://red .example.com (HTTP"),
        ("https://\x9b31m/", "https:// 31m (HTTP"),
        ("https://" + "x" * 9999, f"{MASK} (HTTP"),
        ("https://" + "x." * 999, "https://x.x."),
        ("https://[::1", "a redirect (HTTP"),
        ("", "a redirect (HTTP"),
        ("javascript:alert(1)", "javascript://"),
    ],
)
def test_the_target_of_a_redirect_is_named(location, where):
    found = error(
        lambda talk, _request: talk.send(f"HTTP/1.1 302 X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
    )
    assert where in str(found) and str(found).isprintable() and len(str(found)) < 800, str(found)


# What a server says


def test_control_characters_of_a_response_are_removed():
    words = "\x1b]0;title\x07a \x1b[2J\x1b[31mred\x9b0m \u202egnorts\u2066 \u200bz\ufeff b\r\nFAKE: line\x00\x7f\ue000"
    found = error(
        lambda talk, _request: talk.send(
            "HTTP/1.1 400 X\r\nX-Request-Id: r\x1b[31m\x9b1\r\nContent-Length: 999\r\n\r\n".encode("latin-1")
            + (
                '{"error_code": "E\\u001b[1m\\n1", "error_msg": "'
                + words.encode("unicode_escape").decode().replace("\\x", "\\u00")
                + '"}'
            )
            .ljust(999)
            .encode()
        )
    )
    for text in (str(found), *(str(value) for value in found.failure().values())):
        assert text.isprintable()
    assert (found.error_code, found.request_id) == ("E [1m 1", "r [31m 1")
    assert found.error_msg == "]0;title a [2J [31mred 0m gnorts z b FAKE: line"


def test_the_quotation_of_a_response_has_a_maximum_length():
    long = {"error_code": "c" * 9999 + " x", "error_msg": "many words " * 9999, "request_id": "i " * 9999}
    found = error(lambda talk, _request: talk.json(long, 400))
    assert len(found.error_msg) == 300 and len(found.error_code) <= 64 and len(found.request_id) <= 128
    assert len(str(found)) < 1000


@pytest.mark.parametrize("at", ["error_code", "error_msg", "request_id", "error_description"])
def test_an_error_is_redacted_when_it_is_raised(at):
    found = error(lambda talk, _request: talk.json({at: f"no {TOKEN.lower()}"}, 400))
    assert MASK in str(found) + str(found.failure())


@pytest.mark.parametrize("at", ["error_code", "error_msg", "request_id"])
def test_only_the_beginning_of_a_response_is_examined(monkeypatch, at):
    """To look for secrets in megabytes would take minutes."""
    lengths = []
    monkeypatch.setattr(decodings, "decodings", lambda text: lengths.append(len(text)) or [])
    pattern = SimpleNamespace(sub=lambda _mask, text: lengths.append(len(text)) or text)
    monkeypatch.setattr(http_client, "_LONG_TOKEN", pattern)
    error(lambda talk, _request: talk.json({at: "quQte%41 " * 400_000}, 400))
    assert len(lengths) >= 2 and max(lengths) <= 3_000


@pytest.mark.parametrize("end", range(1_940, 2_010, 10))
def test_a_signature_at_the_end_of_a_truncated_text_is_removed(end):
    """Most of the words are nothing to be seen, so that their end is shown."""
    signature = "0123456789abcdef" * 4
    found = error(lambda talk, _request: talk.json({"error_msg": f"no {' ' * (end - 3)}{signature}"}, 400))
    assert set(found.error_msg) <= set("no *…")


def test_a_signature_and_the_canonical_request_are_not_quoted():
    def answer(talk, request):
        head = request.decode("latin-1")
        signature = re.search(r"Signature=(\w+)", head)[1]
        talk.json({"error_code": "APIGW.0301", "error_msg": f"bad {signature} in {head}"}, 401)
        answer.signature = signature

    with HostileServer(answer) as server:
        client = Client(server)
        client.http._auth = SigningAuth("QZ7KX3VW9RB2NM5TAAAA", "zz9kq3vw7rb2nm5tpp8LQZ7KX3VW9RB2NM5TAAAA")
        found = client.error()
    assert answer.signature not in str(found) and MASK in found.error_msg


# Pauses


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "header",
    [
        "²",
        "-5",
        "1e9",
        "inf",
        "nan",
        "9" * 400,
        "٣",
        "0x10",
        "Fri, 31 Dec 9999 23:59:59 +9999",
        "Mon, 00",
        ", , ,",
        "\x1b",
    ],
)
def test_any_retry_after_header_is_handled(status, header):
    answers = [
        lambda talk, _request: talk.send(
            f"HTTP/1.1 {status} X\r\nRetry-After: ".encode()
            + header.encode("latin-1", "ignore")
            + b"\r\nContent-Length: 0\r\n\r\n"
        ),
        lambda talk, _request: talk.json({"a": 1}),
    ]
    with HostileServer(in_turn(answers)) as server:
        client = Client(server, max_retries=1)
        try:
            assert client.call().data == {"a": 1}
        except HssError as found:
            assert found.http_status == status  # a longer pause than anybody wants to wait for
        client.http.close()
    assert all(0 <= pause <= 120 for pause in client.slept)


@pytest.mark.parametrize(
    "header, least",
    [
        (lambda: "3", 3),
        (lambda: formatdate(time.time() + 60, usegmt=True), 50),
        (lambda: "Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ],
    ids=["seconds", "date", "past"],
)
def test_a_requested_delay_is_observed(header, least):
    answers = [
        lambda talk, _request: talk.answer(503, b"", f"Retry-After: {header()}"),
        lambda talk, _request: talk.json({}),
    ]
    with HostileServer(in_turn(answers)) as server:
        client = Client(server, max_retries=1)
        client.call()
        client.http.close()
    assert client.slept[0] >= least


# Addresses


@pytest.mark.parametrize(
    "path", ["/a/../b", "/a/./b", "/a/..", "/a/%2e%2E/b", "/a/x%2fy", "/a/%2F..%2F..%2Fb", "/a/.%2e/b", "/a/%2e"]
)
def test_an_id_never_changes_the_path(path):
    with HostileServer(lambda talk, _request: talk.json({})) as server:
        found = Client(server).error("DELETE", path)
        assert (found.outcome, server.requests) == ("not_sent", [])
    assert "cannot be addressed" in str(found) and "ids" in found.hint


@pytest.mark.parametrize("path", ["/a/x%3Fy%23z%25%0D%0A", "/a/...", "/a/..b", "/a/%C3%BC"])
def test_an_encoded_id_is_not_decoded(path):
    with HostileServer(lambda talk, _request: talk.json({})) as server:
        client = Client(server)
        client.call("DELETE", path)
        client.http.close()
        assert server.requests[0].split(b" ")[1].decode() == path


# Anything at all


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "error_code", "error_msg", "code"]), inner)
    ),
)


@given(status=st.integers(200, 599), data=JSON)
def test_any_json_is_a_response_or_an_error(status, data):
    with HostileServer(lambda talk, _request: talk.json(data, status)) as server:
        client = Client(server)
        try:
            client.call()
        except HssError as found:
            assert str(found).isprintable() and len(str(found)) < 2000
        finally:
            client.http.close()


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "https://no-such-name.invalid"])
def test_an_address_with_nothing_at_it_is_given_up_within_ten_seconds(url):
    slept = []
    http = HttpClient(TokenAuth(TOKEN), max_retries=20, sleep=slept.append)
    with pytest.raises(HssError, match="refused the connection|does not resolve"):
        http.request("Op", "do it", "GET", f"{url}/x")
    http.close()
    assert len(slept) >= 2 and sum(slept) < 10
