# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that requests have the same signature as from the vendor's signer."""

from __future__ import annotations

import time
from urllib.parse import quote, urlencode

import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._http.auth import SigningAuth, TokenAuth
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.client import _query_string

text = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20)
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
segments = st.lists(text.filter(lambda part: part not in (".", "..")), max_size=4)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    segments=segments,
    query=st.dictionaries(text, text | st.integers(), max_size=4),
    body=st.none() | st.dictionaries(text, text | st.integers() | st.booleans(), max_size=3),
    access_key=words.filter(lambda key: "," not in key),
    secret_key=text.filter(bool),
    security_token=st.none() | words,
    project=st.none() | words,
    at=st.integers(0, 4_000_000_000),
)
def test_signature_is_that_of_the_official_signer(
    method, segments, query, body, access_key, secret_key, security_token, project, at
):
    path = "/" + "/".join(quote(part, safe="") for part in segments)
    request = requests.Request(
        method,
        f"https://hss.example.com:8443{path}{_query_string(query)}",
        json=body,
        headers={"Content-Type": "application/json", **({"X-Project-Id": project} if project else {})},
        auth=SigningAuth(access_key, secret_key, security_token, now=lambda: at),
    ).prepare()

    headers = {
        "Content-Type": "application/json",
        "Host": "hss.example.com:8443",
        "X-Sdk-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at)),
    }
    if security_token:
        headers["X-Security-Token"] = security_token
    if project:
        headers["X-Project-Id"] = project
    official = SdkRequest(
        method=method,
        schema="https",
        host="hss.example.com:8443",
        resource_path=path,
        uri=path,
        query_params=[(key, str(value)) for key, value in query.items()],
        header_params=headers,
        body=request.body or "",
    )
    Signer(BasicCredentials(access_key, secret_key, "project")).sign(official)
    assert request.headers["Authorization"] == official.header_params["Authorization"]


def test_only_headers_that_identify_the_request_are_signed():
    session = requests.Session()
    session.headers["User-Agent"] = "a proxy may change this"
    prepared = session.prepare_request(
        requests.Request("GET", "https://hss.example.com/", auth=SigningAuth("AK", "SK", "TOKEN"))
    )
    signed = prepared.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0]
    assert signed == "host;x-sdk-date;x-security-token"


def test_the_date_is_taken_anew_each_time():
    dates = iter([0, 1])
    auth = SigningAuth("AK", "SK", now=lambda: next(dates))
    request = requests.Request("GET", "https://hss.example.com/?" + urlencode({"b": 1, "a": "ü"}))
    first, second = (auth(request.prepare()).headers["Authorization"] for _attempt in range(2))
    assert first != second


def test_a_token_is_sent_as_it_is():
    prepared = requests.Request("GET", "https://hss.example.com/", auth=TokenAuth("the-token")).prepare()
    assert prepared.headers["X-Auth-Token"] == "the-token" and "Authorization" not in prepared.headers
