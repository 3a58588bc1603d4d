# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code that HSS and its gateway are known to answer has a hint, and the whole story stands in one message."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._errors import HssError, hint_for

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


@pytest.mark.parametrize("status, word", [(401, "clock"), (403, "FullAccess"), (404, "region"), (429, "concurrency")])
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
