# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code that HSS and its gateway are known to answer has a hint, and the whole story stands in one message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.hints import hint_for

# Code -> a word of the remedy.
HSS = {
    "HSS.0001": "options",
    "HSS.0002": "kubeconfig_info",
    "HSS.0010": "enterprise_project_id",
    "HSS.0011": "removed meanwhile",
    "HSS.0013": "FullAccess",
    "HSS.0014": "quota",
    "HSS.1002": "quota",
    "00000010": "subscribed",
}
GATEWAY = {
    "0101": "region",
    "0201": "one context",
    "0301": "clock",
    "0306": "project_id",
    "0307": "auth_token",
    "0308": "concurrency",
}
CODES = {**HSS, **{f"{prefix}.{number}": word for prefix in ("APIG", "APIGW") for number, word in GATEWAY.items()}}


@pytest.mark.parametrize("code", CODES)
def test_every_known_code_has_a_remedy(code):
    assert CODES[code] in hint_for(code, 400)


@pytest.mark.parametrize(
    "status, word", [(401, "clock"), (403, "FullAccess"), (404, "region"), (407, "proxy"), (429, "concurrency")]
)
def test_without_a_code_the_status_tells_what_it_can(status, word):
    assert word in hint_for(None, status)


@pytest.mark.parametrize("code, status", [("HSS.9999", 400), (None, 400), (None, 500), (None, None)])
def test_nothing_is_advised_where_nothing_is_known(code, status):
    assert hint_for(code, status) is None


def test_the_message_tells_it_all():
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


def test_a_hint_of_ones_own_goes_before_the_table():
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
def test_what_steers_a_terminal_is_taken_out(text, shown):
    assert sanitize(text) == shown


@given(text=st.text(max_size=200), longest=st.integers(1, 100))
def test_plain_text_is_one_line_of_visible_characters_and_not_too_long(text, longest):
    shown = sanitize(text, longest)
    assert shown.isprintable() and len(shown) <= longest and sanitize(shown, longest) == shown


def test_every_part_of_an_error_is_plain():
    odd = "\x1b[31m" + "long " * 9999
    error = HssError(odd, error_code=odd, error_msg=odd, request_id=odd)
    for text in (str(error), error.message, *filter(None, map(str, error.failure().values()))):
        assert text.isprintable()
    assert len(str(error)) < 7000
    assert [len(text) for text in (error.error_code, error.error_msg, error.request_id)] == [64, 300, 128]


def test_empty_words_are_none():
    error = HssError("No", error_code="", error_msg="\x1b", request_id=" ")
    assert (error.error_code, error.error_msg, error.request_id, str(error)) == (None, None, None, "No.")
