# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No piece of a secret gets through the scrubber."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import kubeconfigs
import pytest
from echoes import PLAIN_WAYS, WAYS, found_in, in_base64
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._secrets import MASK, SHORTEST, Secrets

SECRET = 's3cr3t-Value/with+ü"quotes" and spaces'


def scrubber(*values):
    secrets = Secrets()
    secrets.add(*values)
    return secrets


def test_whole_values_are_hidden_and_the_rest_is_kept():
    assert scrubber(SECRET).scrub(f"before {SECRET} after {SECRET}") == f"before {MASK} after {MASK}"


def test_spellings_of_json_and_urls_are_hidden():
    for spelling in (json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), quote(SECRET), quote_plus(SECRET)):
        shown = scrubber(SECRET).scrub(f"<{spelling}>")
        assert "s3cr3t" not in shown and "quotes" not in shown, shown


def test_a_part_of_a_value_is_hidden():
    assert scrubber(SECRET).scrub("cut: s3cr3t-Va, and more") == f"cut: {MASK}, and more"


def test_short_values_are_passed_over():
    assert scrubber("admin", None, "").scrub("admin") == "admin"


def test_values_side_by_side_are_hidden():
    assert scrubber("aaaaaaaabbbbbbbb", "ccccccccdddddddd").scrub("aaaaaaaabbbbbbbbccccccccdddddddd!") in (
        f"{MASK}!",
        f"{MASK}{MASK}!",
    )


@given(
    secret=st.text(min_size=SHORTEST, max_size=60),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    data=st.data(),
)
def test_no_eight_characters_of_a_secret_survive(secret, before, after, data):
    start = data.draw(st.integers(0, len(secret) - SHORTEST))
    end = data.draw(st.integers(start + SHORTEST, len(secret)))
    shown = scrubber(secret).scrub(before + secret[start:end] + after)
    pieces = {secret[at : at + SHORTEST] for at in range(len(secret) - SHORTEST + 1)}
    # The mask itself may happen to be such a piece.
    assert not any(piece in shown for piece in pieces if piece.strip("*"))


@given(text=st.text(max_size=80))
def test_without_secrets_nothing_changes(text):
    assert scrubber().scrub(text) == text


# Whatever a server makes of a secret before it says it: ways of writing, several of them one after another.

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
VALUES = st.one_of(
    st.text(alphabet=LETTERS[:26] + LETTERS[52:], min_size=20, max_size=20),
    st.text(alphabet=LETTERS, min_size=40, max_size=40),
    st.binary(min_size=30, max_size=300).map(lambda raw: base64.b64encode(raw).decode()),
    st.text(alphabet=LETTERS + "!\"#$%&'()+,-./:;<=>?@[\\]^_`{|}~ ", min_size=8, max_size=30),
    st.text(alphabet=LETTERS[:9] + " üÜßé密码😀", min_size=8, max_size=20),
)


def test_the_meanings_are_found():
    """Otherwise the next test would prove nothing."""
    for way in (quote, json.dumps, html.escape, str.upper, lambda text: in_base64(text, "ab", True)):
        assert found_in("s3cr3t-Value/with+more", f"<{way('s3cr3t-Value/with+more')}>")


@pytest.mark.parametrize("way", PLAIN_WAYS)
@pytest.mark.parametrize(
    "secret",
    [
        "QZ7KX3VW9RB2NM5TY8PL",
        "zz9Kq3vw7Rb2nm5Tpp8lMn4xWq6JcV1yHs0DfG2t",
        "uS3r\"Pa55'w0rd/99+x",
        "geheim ünd lang 密码",
    ],
)
def test_every_way_of_writing_a_whole_secret_is_seen_through(secret, way):
    shown = scrubber(secret).scrub(f"Not accepted: {PLAIN_WAYS[way](secret)}, see the documentation.")
    assert found_in(secret, shown) == [] and shown.startswith("Not accepted: ") and MASK in shown


@settings(deadline=None, max_examples=300)
@given(secret=VALUES, ways=st.lists(WAYS, max_size=3), data=st.data())
def test_no_way_of_writing_a_secret_survives(secret, ways, data):
    said = secret
    for way in ways:
        said = way(said)
    start = data.draw(st.integers(0, max(0, len(said) // 2)))
    said = said[start : data.draw(st.integers(start, len(said)))]
    shown = scrubber(secret).scrub(f"Not accepted: {said}, see the documentation.")
    assert found_in(secret, shown) == []


def test_a_kubeconfigs_key_is_hidden_as_pem_too():
    pem = kubeconfigs.Authority().issue("admin", ["system:masters"]).key_pem.decode()
    secrets = scrubber(base64.b64encode(pem.encode()).decode())
    lines = pem.strip().splitlines()
    shown = secrets.scrub(f"cannot parse {pem} nor {''.join(lines[1:-1])}")
    assert not any(piece in shown for line in lines[1:-1] for piece in re.findall("." * SHORTEST, line))
    # Of these everybody knows them, and they stand in hints.
    assert secrets.scrub("-----BEGIN CERTIFICATE----- PRIVATE KEY") == "-----BEGIN CERTIFICATE----- PRIVATE KEY"


def test_what_is_registered_later_is_hidden_too():
    secrets = scrubber("QZ7KX3VW9RB2")
    assert secrets.scrub("QZ7KX3VW9RB2 zz9kq3vw7rb2") == f"{MASK} zz9kq3vw7rb2"
    secrets.add("zz9kq3vw7rb2")
    assert secrets.scrub("QZ7KX3VW9RB2 zz9kq3vw7rb2") == f"{MASK} {MASK}"


def test_what_is_not_secret_is_left_alone_beside_thousands_of_secrets():
    secrets = scrubber(
        *(base64.b64encode(bytes([number % 251] * 7 + [number // 251] * 9)).decode() for number in range(5000))
    )
    text = "Could not register the cluster 'shop-prod': https://hss.eu-west-101.example.com refused: HSS.1002: 配额不足"
    assert secrets.scrub(text) == text
