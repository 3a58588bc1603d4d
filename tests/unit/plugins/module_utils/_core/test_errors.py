# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that every known code of HSS and its gateway has a hint, and that a message is complete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.hints import hint_for

# Code and status -> a part of the remedy. The codes of the vendor's tables.
HSS = {
    ("HSS.0001", 400): "options",
    ("HSS.0002", 400): "kubeconfig_info",
    ("HSS.0003", 400): "enterprise_project_id",
    ("HSS.0004", 400): "Run again later",
    ("HSS.0005", 400): "concurrency",
    ("HSS.0006", 400): "12 MB",
    ("HSS.0010", 400): "subscribed",
    ("HSS.0011", 400): "removed meanwhile",
    ("HSS.0013", 400): "FullAccess",
    ("HSS.0014", 400): "quota",
    ("HSS.0041", 500): "details of a host",
    **{(f"HSS.019{number}", 400): "agent is online" for number in range(4)},
    ("HSS.1001", 400): "no agent",
    ("HSS.1002", 400): "quota",
    **{(f"HSS.100{number}", 400): "policies" for number in (3, 4, 5)},
    ("HSS.1006", 400): "send a command",
    ("HSS.1007", 400): "offline",
    ("HSS.1008", 400): "query the host",
}
GATEWAY = {
    ("0101", 404): "some regions only",
    ("0103", 404): "request id",
    ("0104", 400): "request id",
    ("0105", 400): "request id",
    ("0201", 400): "cannot handle the request",
    ("0201", 413): "12 MB",
    ("0201", 414): "headers",
    ("0201", 494): "headers",
    ("0201", 502): "does not reach HSS",
    ("0201", 504): "in time",
    ("0202", 502): "does not reach HSS",
    ("0203", 504): "in time",
    ("0301", 401): "access_key",
    ("0302", 403): "Use another user",
    ("0303", 401): "clock",
    ("0304", 403): "project_id",
    ("0305", 401): "project_id",
    ("0306", 403): "project_id",
    ("0307", 401): "auth_token",
    ("0308", 429): "concurrency",
    ("0310", 403): "another project_id",
    **{(f"040{number}", 403): "address of this machine" for number in (1, 2, 3, 4)},
    ("0501", 405): "quota of requests",
    ("0502", 405): "frozen",
    **{(f"06{number:02}", 500): "internal error" for number in (1, 5, 6, 8, 9, 11, 12)},
    ("0705", 500): "internal error",
    ("0610", 502): "does not reach HSS",
    ("0613", 503): "does not reach IAM",
    ("0801", 403): "not available in this region",
    ("0802", 403): "may not use the region",
}
RESPONSES = {
    **HSS,
    **{(f"0000{code[4:]}", status): part for (code, status), part in HSS.items()},
    **{
        (f"{prefix}.{number}", status): part
        for prefix in ("APIG", "APIGW")
        for (number, status), part in GATEWAY.items()
    },
}
# These may not be done for want of a permission.
PERMITTED_BY_FULL_ACCESS = {"HSS.0010", "HSS.0013", "00000010", "00000013"}


@pytest.mark.parametrize(("code", "status"), RESPONSES)
def test_every_known_response_has_its_own_remedy(code, status):
    hint = hint_for(code, status)
    assert RESPONSES[code, status] in hint
    assert ("FullAccess" in hint) is (code in PERMITTED_BY_FULL_ACCESS)


@pytest.mark.parametrize("status", [400, 500, 502])
@pytest.mark.parametrize("code", ["HSS.0014", "00000014"])
def test_a_code_of_hss_means_the_same_with_any_status(code, status):
    assert "quota" in hint_for(code, status)


@pytest.mark.parametrize(
    ("status", "part"),
    [
        (400, "does not say why"),
        (401, "clock"),
        (403, "FullAccess"),
        (404, "region"),
        (405, "endpoint"),
        (407, "proxy"),
        (413, "12 MB"),
        (429, "concurrency"),
        (418, "no known reason"),
        (500, "side of HSS"),
        (502, "does not reach HSS"),
        (503, "not available"),
        (504, "in time"),
        (599, "side of HSS"),
    ],
)
@pytest.mark.parametrize("code", [None, "", "HSS.9999", "APIGW.9999", "401"])
def test_without_a_known_code_the_status_gives_a_remedy(code, status, part):
    assert part in hint_for(code, status)


@given(status=st.integers(100, 999), code=st.none() | st.text(max_size=12))
def test_every_response_has_a_remedy(status, code):
    assert hint_for(code, status)


@pytest.mark.parametrize("code", ["HSS.9999", "", None, "1000000011", "000000110", "0000001x"])
def test_without_a_response_nothing_is_advised(code):
    assert hint_for(code, None) is None


def test_the_message_has_every_part():
    error = HssError(
        "Could not register the cluster 'shop': https://hss.example.com refused",
        operation="CreateMultiCloudClusters",
        http_status=400,
        error_code="HSS.1002",
        error_msg="配额不足",
        request_id="r-1",
    )
    assert str(error).startswith(
        "Could not register the cluster 'shop': https://hss.example.com refused: HSS.1002: 配额不足 "
        "(HTTP 400, request id r-1). The HSS quota is used up"
    )
    assert error.failure()["hint"] == error.hint


def test_a_given_hint_precedes_the_table():
    assert HssError("No", error_code="HSS.1002", hint="Do this.").hint == "Do this."


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a  b\tc\nd\r\ne", "a b c d e"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x9b31mred\x07\x00\x7f", "31mred"),
        ("safe\u202egpj.exe\u2066\u200e", "safe gpj.exe"),
        ("in\u200bvisible\ufeff\u00ad\ue000", "in visible"),
        ("half \ud83d, whole 😀", "half , whole 😀"),
        ("配额不足: привет, ügüñ", "配额不足: привет, ügüñ"),
        ("\u2028\u2029\u0085", ""),
    ],
)
def test_characters_that_are_not_visible_are_removed(text, shown):
    assert sanitize(text) == shown


@given(text=st.text(max_size=200), longest=st.integers(1, 100))
def test_plain_text_is_one_line_of_visible_characters_and_not_too_long(text, longest):
    shown = sanitize(text, longest)
    assert shown.isprintable() and len(shown) <= longest and sanitize(shown, longest) == shown


def test_every_part_of_an_error_is_sanitized():
    odd = "\x1b[31m" + "long " * 9999
    error = HssError(odd, error_code=odd, error_msg=odd, request_id=odd)
    for text in (str(error), error.message, *filter(None, map(str, error.failure().values()))):
        assert text.isprintable()
    assert len(str(error)) < 7000
    assert [len(text) for text in (error.error_code, error.error_msg, error.request_id)] == [64, 300, 128]


def test_empty_parts_become_none():
    error = HssError("No", error_code="", error_msg="\x1b", request_id=" ")
    assert (error.error_code, error.error_msg, error.request_id, str(error)) == (None, None, None, "No.")
