# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No piece of a secret gets through the scrubber."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

from hypothesis import given
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
    assert scrubber(SECRET).scrub("cut: s3cr3t-Val") == f"cut: {MASK}"


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


@given(secret=st.binary(min_size=200, max_size=900).map(bytes.hex), data=st.data())
def test_no_eight_characters_of_fifteen_of_a_long_secret_survive(secret, data):
    start = data.draw(st.integers(0, len(secret) - 15))
    piece = secret[start : data.draw(st.integers(start + 15, len(secret)))]
    shown = scrubber(secret).scrub(f"<{piece}>")
    assert not any(piece[at : at + SHORTEST] in shown for at in range(len(piece) - SHORTEST + 1))


@given(text=st.text(max_size=80))
def test_without_secrets_nothing_changes(text):
    assert scrubber().scrub(text) == text
