# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that no piece of a secret remains after redaction."""

from __future__ import annotations

import base64
import html
import json
import random
import re
from urllib.parse import quote, quote_plus

import kubeconfigs
import pytest
from echoes import PLAIN_WAYS, WAYS, found_in, in_base64
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._core import decodings
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import MASK, MIN_SECRET_LENGTH, Redactor

SECRET = 's3cr3t-Value/with+ü"quotes" and spaces'


def redactor(*values):
    secrets = Redactor()
    secrets.add(*values)
    return secrets


def test_whole_values_are_hidden_and_the_rest_is_kept():
    assert redactor(SECRET).redact(f"before {SECRET} after {SECRET}") == f"before {MASK} after {MASK}"


def test_encodings_of_json_and_urls_are_hidden():
    for spelling in (json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), quote(SECRET), quote_plus(SECRET)):
        shown = redactor(SECRET).redact(f"<{spelling}>")
        assert "s3cr3t" not in shown and "quotes" not in shown, shown


def test_a_part_of_a_value_is_hidden():
    assert redactor(SECRET).redact("cut: s3cr3t-Va, and more") == f"cut: {MASK}, and more"


def test_short_values_are_ignored():
    assert redactor("admin", None, "").redact("admin") == "admin"


def test_values_side_by_side_are_hidden():
    assert redactor("aaaaaaaabbbbbbbb", "ccccccccdddddddd").redact("aaaaaaaabbbbbbbbccccccccdddddddd!") in (
        f"{MASK}!",
        f"{MASK}{MASK}!",
    )


@given(
    secret=st.text(min_size=MIN_SECRET_LENGTH, max_size=60),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    data=st.data(),
)
def test_no_eight_characters_of_a_secret_survive(secret, before, after, data):
    start = data.draw(st.integers(0, len(secret) - MIN_SECRET_LENGTH))
    end = data.draw(st.integers(start + MIN_SECRET_LENGTH, len(secret)))
    shown = redactor(secret).redact(before + secret[start:end] + after)
    pieces = {secret[at : at + MIN_SECRET_LENGTH] for at in range(len(secret) - MIN_SECRET_LENGTH + 1)}
    # The mask itself may happen to be such a piece.
    assert not any(piece in shown for piece in pieces if piece.strip("*"))


@given(text=st.text(max_size=80))
def test_without_secrets_nothing_changes(text):
    assert redactor().redact(text) == text


# Secrets in any combination of encodings.

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
VALUES = st.one_of(
    st.text(alphabet=LETTERS[:26] + LETTERS[52:], min_size=20, max_size=20),
    st.text(alphabet=LETTERS, min_size=40, max_size=40),
    st.binary(min_size=30, max_size=300).map(lambda raw: base64.b64encode(raw).decode()),
    st.text(alphabet=LETTERS + "!\"#$%&'()+,-./:;<=>?@[\\]^_`{|}~ ", min_size=8, max_size=30),
    st.text(alphabet=LETTERS[:9] + " üÜßé密码😀", min_size=8, max_size=20),
)


def test_the_search_for_encoded_secrets_finds_them():
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
def test_every_encoding_of_a_whole_secret_is_redacted(secret, way):
    shown = redactor(secret).redact(f"Not accepted: {PLAIN_WAYS[way](secret)}, see the documentation.")
    assert found_in(secret, shown) == [] and shown.startswith("Not accepted: ") and MASK in shown


@settings(deadline=None, max_examples=300)
@given(secret=VALUES, ways=st.lists(WAYS, max_size=3), data=st.data())
def test_no_combination_of_encodings_survives(secret, ways, data):
    said = secret
    for way in ways:
        said = way(said)
    start = data.draw(st.integers(0, max(0, len(said) // 2)))
    said = said[start : data.draw(st.integers(start, len(said)))]
    shown = redactor(secret).redact(f"Not accepted: {said}, see the documentation.")
    assert found_in(secret, shown) == []


def test_the_key_of_a_kubeconfig_is_also_hidden_as_pem():
    pem = kubeconfigs.Authority().issue("admin", ["system:masters"]).key_pem.decode()
    secrets = redactor(base64.b64encode(pem.encode()).decode())
    lines = pem.strip().splitlines()
    shown = secrets.redact(f"cannot parse {pem} nor {''.join(lines[1:-1])}")
    assert not any(piece in shown for line in lines[1:-1] for piece in re.findall("." * MIN_SECRET_LENGTH, line))
    # These are well known, and are part of hints.
    assert secrets.redact("-----BEGIN CERTIFICATE----- PRIVATE KEY") == "-----BEGIN CERTIFICATE----- PRIVATE KEY"


def test_a_value_that_is_registered_later_is_hidden():
    secrets = redactor("QZ7KX3VW9RB2")
    assert secrets.redact("QZ7KX3VW9RB2 zz9kq3vw7rb2") == f"{MASK} zz9kq3vw7rb2"
    secrets.add("zz9kq3vw7rb2")
    assert secrets.redact("QZ7KX3VW9RB2 zz9kq3vw7rb2") == f"{MASK} {MASK}"


def test_other_text_is_unchanged_with_thousands_of_secrets():
    secrets = redactor(
        *(base64.b64encode(bytes([number % 251] * 7 + [number // 251] * 9)).decode() for number in range(5000))
    )
    text = "Could not register the cluster 'shop-prod': https://hss.eu-west-101.example.com refused: HSS.1002: 配额不足"
    assert secrets.redact(text) == text


# A server decides about the length and the content of a text. The examined length is measured, not the time.

KEY = "zz9Kq3vw7Rb2nm5Tpp8lMn4xWq6JcV1yHs0DfG2t"
MEGABYTE = 1024 * 1024


def noise(letters, length, seed=1):
    return "".join(random.Random(seed).choices(letters, k=length))


HOSTILE = {
    "words": "many words " * MEGABYTE,
    "one letter": "V" * 4 * MEGABYTE,
    "spaces": " " * 4 * MEGABYTE,
    "escapes": "quQte%41" * MEGABYTE,
    "backslashes": "\\" * 4 * MEGABYTE,
    "JSON": "\\u0025" * MEGABYTE,
    "pluses": "%2541+ " * MEGABYTE,
    "HTML": "&amp;&#37;41+" * MEGABYTE,
    "base64": in_base64(noise(LETTERS, 9000), "a"),
    "base64 of base64": in_base64(in_base64(in_base64(noise(LETTERS, 9000)))),
    "letters": noise(LETTERS + "+/", 9000),
    "anything": noise(LETTERS + "+/%&;\\ u", 9000),
    "all of it": noise("%\\+ 2u5c0b&;#", 9000),
    "other cases": "\u0130\u00df\ufb03\u0390" * MEGABYTE,
}


@pytest.fixture
def read(monkeypatch):
    """The decodings of each text, and the length of the text."""
    found = []

    original = decodings.decodings

    def readings(text):
        every = []
        found.append((len(text), every))
        for decoding in original(text):
            every.append(decoding.text)
            yield decoding

    monkeypatch.setattr(decodings, "decodings", readings)
    return found


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_examined_length_is_limited_for_any_text(read, kind):
    shown = redactor(KEY).redact(HOSTILE[kind])
    ((length, every),) = read
    assert length <= 7_000 and len(shown) <= 6_001
    # Each is examined as it is and in its compact form.
    assert sum(map(len, every)) <= 2 * (decodings.MAX_WORK + length)


def test_prose_is_far_below_the_decoding_limit(read):
    prose = "The quota of this region is used up: buy another one, or remove clusters that are gone (HSS.1002). "
    text = prose * (7_000 // len(prose))
    assert redactor(KEY).redact(text, 7_000) == text
    assert sum(map(len, read[0][1])) < decodings.MAX_WORK / 4


def test_the_same_decoding_is_examined_once(read):
    redactor(KEY).redact(noise(LETTERS + "+/%&;\\ u", 2_000))
    assert sum(map(len, read[0][1])) < decodings.MAX_WORK / 4


def test_a_text_beyond_the_decoding_limit_is_masked_as_a_whole(monkeypatch):
    text = f"Not accepted: {quote(in_base64(KEY))}."
    assert redactor(KEY).redact(text).startswith("Not accepted: ")
    monkeypatch.setattr(decodings, "MAX_WORK", 100)
    assert redactor(KEY).redact(text) == MASK


@pytest.mark.parametrize(
    "way",
    [
        *(PLAIN_WAYS[name] for name in ("as it is", "JSON's escapes", "HTML's numbers", "lines")),
        lambda text: base64.b64encode(text.encode()).decode(),
    ],
    ids=["as it is", "JSON", "HTML", "lines", "base64"],
)
def test_a_secret_at_the_end_of_a_truncated_text_leaves_nothing(way):
    """Not even what is too short to be looked for."""
    secret = KEY[:39]  # so that nothing is filled up in base64
    written = way(secret)
    for before in range(100 - len(written), 100):
        shown = redactor(secret).redact("." * before + written + "." * 100, 100)
        assert set(shown) <= set(".*\u2026") and shown.endswith("\u2026"), shown


@given(text=st.text(min_size=MIN_SECRET_LENGTH, max_size=80), longest=st.integers(1, 80))
def test_a_truncated_text_ends_with_an_ellipsis(text, longest):
    shown = redactor("QZ7KX3VW9RB2").redact(text, longest)
    assert shown == (text if len(text) <= longest else text[:longest] + "\u2026")


def test_allowed_values_and_ids_are_not_examined():
    secrets = redactor("https://10.0.0.5:6443", "6f2b5593-7855-4dbd-aebe-4f736708b8db")
    assert secrets.redact("https://10.0.0.5:6443") == MASK
    secrets.allow("https://10.0.0.5:6443", None)
    assert secrets.redact("https://10.0.0.5:6443") == "https://10.0.0.5:6443"
    assert secrets.redact("at https://10.0.0.5:6443") == f"at {MASK}"
    assert secrets.redact("6f2b5593-7855-4dbd-aebe-4f736708b8db") == "6f2b5593-7855-4dbd-aebe-4f736708b8db"
    assert secrets.redact("6f2b5593-7855-4dbd-aebe-4f736708b8db.") == f"{MASK}."


def test_secrets_that_are_added_one_by_one_share_tables():
    secrets = Redactor()
    values = [noise(LETTERS, 20, seed) for seed in range(300)]
    for value in values:
        secrets.add(value)
        assert secrets.redact(value) == MASK
    assert secrets.redact(" ".join(values[:99])).replace(MASK, "").strip() == ""
    assert len(secrets._tables) < 10
