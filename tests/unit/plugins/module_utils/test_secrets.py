# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No piece of a secret gets through the scrubber."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import kubeconfigs
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


def broken(text, width, between):
    return between.join(text[at : at + width] for at in range(0, len(text), width))


def in_base64(text, before, urlsafe):
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(f"{before}{text} and so on".encode()).decode().rstrip("=")


WAYS = st.one_of(
    st.sampled_from(
        [
            quote,
            quote_plus,
            lambda text: quote(text, safe=""),
            lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
            lambda text: json.dumps(text),
            lambda text: json.dumps({"kube_config": f"users:\n- {text}\n"}, ensure_ascii=False),
            lambda text: "".join(f"\\u{ord(letter):04x}" if letter <= "\uffff" else letter for letter in text),
            html.escape,
            lambda text: "".join(f"&#{ord(letter)};" for letter in text),
            lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
            str.upper,
            str.lower,
            str.swapcase,
            repr,
        ]
    ),
    st.builds(
        lambda width, between: lambda text: broken(text, width, between),
        st.integers(1, 9),
        st.sampled_from([" ", "\n", "\r\n  ", "\u200b", "\t", "\x1b", "\u00a0"]),
    ),
    st.builds(
        lambda before, urlsafe: lambda text: in_base64(text, before, urlsafe),
        st.text(alphabet="abc ", max_size=4),
        st.booleans(),
    ),
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
VALUES = st.one_of(
    st.text(alphabet=LETTERS[:26] + LETTERS[52:], min_size=20, max_size=20),
    st.text(alphabet=LETTERS, min_size=40, max_size=40),
    st.binary(min_size=30, max_size=300).map(lambda raw: base64.b64encode(raw).decode()),
    st.text(alphabet=LETTERS + "!\"#$%&'()+,-./:;<=>?@[\\]^_`{|}~ ", min_size=8, max_size=30),
    st.text(alphabet=LETTERS[:9] + " üÜßé密码😀", min_size=8, max_size=20),
)


def meanings(text, depth=3):
    """What a reader who tries can make of a text; of nothing that the scrubber itself is made of."""
    yield text
    whole = re.sub(r"[\s\u200b\x1b\u00a0]", "", text)
    yield whole
    if not depth:
        return
    undone = [
        unquote(text),
        unquote_plus(text),
        unquote(whole),
        html.unescape(text),
        html.unescape(whole),
        *(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), one) for one in (text, whole)),
        re.sub(r"\\([\"\\/'])", r"\1", text),
    ]
    for word in re.findall(r"[A-Za-z0-9+/_-]{11,}", whole):
        for first in range(4):
            part = word[first:].replace("-", "+").replace("_", "/")
            undone.append(base64.b64decode(part + "A" * (-len(part) % 4)).decode("utf-8", "replace"))
    for one in dict.fromkeys(undone):
        if one not in (text, whole):
            yield from meanings(one.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), depth - 1)


def found_in(secret, text):
    pieces = {secret[at : at + SHORTEST].lower() for at in range(len(secret) - SHORTEST + 1)}
    return [(meaning, piece) for meaning in meanings(text) for piece in pieces if piece in meaning.lower()]


def test_the_meanings_are_found():
    """Otherwise the next test would prove nothing."""
    for way in (quote, json.dumps, html.escape, str.upper, lambda text: in_base64(text, "ab", True)):
        assert found_in("s3cr3t-Value/with+more", f"<{way('s3cr3t-Value/with+more')}>")


@settings(deadline=None)
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
