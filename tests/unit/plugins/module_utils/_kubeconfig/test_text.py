# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests which texts are kubeconfigs, and that equivalent texts have the same canonical text."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from kubeconfigs import ABSENT, Authority, certificate_user, document, edited

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import (
    MAX_BYTES,
    KubeconfigError,
    compose_nodes,
    display_name,
)

CA = Authority()
GOOD = document("https://10.0.0.1:6443", CA.pem, certificate_user(CA.issue("kubernetes-admin")))
TEXT = yaml.safe_dump(GOOD, sort_keys=False)
CANONICAL = canonicalize(TEXT, KubeconfigPolicy()).text


@pytest.fixture(params=["libyaml", "pure"], autouse=True)
def _with_and_without_libyaml(request, monkeypatch):
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")


def with_users_anchored() -> str:
    """The cluster's and the user's mappings stand elsewhere, and are merged in."""
    cluster, user = (json.dumps(GOOD[f"{kind}s"][0][kind]) for kind in ("cluster", "user"))
    return f"""
        x-parts: [&cluster {cluster}, &user {user}]
        clusters: [{{name: kubernetes, cluster: {{<<: *cluster}}}}]
        users: [{{name: kubernetes-admin, user: *user}}]
        contexts: [{{name: admin@kubernetes, context: {{cluster: kubernetes, user: kubernetes-admin}}}}]
        current-context: admin@kubernetes
        """


def with_bytes() -> str:
    """The fields with data as a program writes them that holds them as bytes."""
    fields = [f"users[0].user.client-{name}-data" for name in ("certificate", "key")]
    fields.append("clusters[0].cluster.certificate-authority-data")
    values = {**GOOD["clusters"][0]["cluster"], **GOOD["users"][0]["user"]}
    return yaml.safe_dump(edited(GOOD, {field: values[field.rpartition(".")[2]].encode() for field in fields}))


class Unsafe(str):
    """As the class of texts in ansible-core 2.18."""


def test_a_subclass_of_str_is_read():
    assert len(list(compose_nodes(Unsafe(TEXT)))) == 1


WAYS_TO_WRITE = {
    "!!binary": with_bytes(),
    "YAML": TEXT,
    "bytes": TEXT.encode(),
    "JSON": json.dumps(GOOD),
    "JSON indented with tabs": json.dumps(GOOD, indent="\t"),
    "flow style": yaml.safe_dump(GOOD, default_flow_style=True),
    "keys sorted": yaml.safe_dump(GOOD, sort_keys=True),
    "every string quoted": yaml.safe_dump(GOOD, default_style='"'),
    "literal blocks": yaml.safe_dump(GOOD, default_style="|"),
    "CR LF": TEXT.replace("\n", "\r\n"),
    "UTF-8 with a BOM": b"\xef\xbb\xbf" + TEXT.encode(),
    "text with a BOM": "\ufeff" + TEXT,
    "UTF-16 LE with a BOM": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "UTF-16 BE with a BOM": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "marks of a document": f"---\n{TEXT}...\n",
    "comments": "# made by hand\n" + TEXT.replace("\n", " # so\n"),
    "anchors and merge keys": with_users_anchored(),
    "no kind and no apiVersion": re.sub("kind.*\n|apiVersion.*\n", "", TEXT),
    "an empty kind and apiVersion": re.sub("(kind|apiVersion):.*\n", r"\1: ''\n", TEXT),
    "unknown fields": TEXT + "x-more: {yes: 1, 2: 2001-01-01, ~: [3.5, 0x1F, 1:30]}\n",
    "names between lists and blank lines": "\n\n" + TEXT.replace("users:", "\n\nusers:"),
}


@pytest.mark.parametrize("content", WAYS_TO_WRITE.values(), ids=WAYS_TO_WRITE)
def test_equivalent_kubeconfigs_have_the_same_canonical_text(content):
    assert canonicalize(content, KubeconfigPolicy()).text == CANONICAL


def test_the_canonical_text_is_idempotent_and_other_readers_agree():
    assert canonicalize(CANONICAL, KubeconfigPolicy()).text == CANONICAL
    assert yaml.safe_load(CANONICAL) == edited(GOOD, {"preferences": ABSENT})


def test_the_canonical_text_quotes_every_ambiguous_value():
    odd = {
        "as": "no",
        "as-uid": "0123",
        "as-groups": ["null", "1e3", 'quote " and \\', "ключ", "😀", "\u00a0"],
        "as-user-extra": {"yes": ["on"], "<<": ["~"], "1.5": [], "a: b": ["c #d"], "example.com/scope": ["x"]},
    }
    given = edited(GOOD, {f"users[0].user.{key}": value for key, value in odd.items()})
    text = canonicalize(json.dumps(given, ensure_ascii=False), KubeconfigPolicy()).text
    assert text.isascii()
    user = yaml.safe_load(text)["users"][0]["user"]
    assert {key: user[key] for key in odd} == odd


def test_a_mapping_precedes_what_it_merges_and_an_earlier_merge_a_later_one():
    """As in YAML and in kubectl. With PyYAML 6.0.4, the last of several merged mappings takes precedence."""
    user = "{token: a, <<: [{as: one, as-uid: one}, {as-uid: two, as-groups: [two]}], as: own}"
    text = canonicalize(json.dumps(GOOD).replace(json.dumps(GOOD["users"][0]["user"]), user), KubeconfigPolicy()).text
    expected = {"as": "own", "as-uid": "one", "as-groups": ["two"], "token": "a"}
    assert yaml.safe_load(text)["users"][0]["user"] == expected


def test_the_order_of_keys_does_not_matter_and_that_of_values_does():
    one, other, third = (
        canonicalize(
            json.dumps(edited(GOOD, {"users[0].user.as": "a", "users[0].user.as-user-extra": extra})),
            KubeconfigPolicy(),
        )
        for extra in ({"b": ["x", "y"], "a": []}, {"a": [], "b": ["x", "y"]}, {"a": [], "b": ["y", "x"]})
    )
    assert one.text == other.text != third.text


def refusal(content) -> KubeconfigError:
    with pytest.raises(KubeconfigError) as caught:
        canonicalize(content, KubeconfigPolicy())
    return caught.value


def bomb(levels: int, width: int, merge: bool = False) -> str:
    """Anchors that each stand for many of the one before."""
    lines = [f"a0: &a0 {{{', '.join(f'k{n}: v' for n in range(width))}}}"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} {{<<: [{aliases}]}}" if merge else f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


NOT_A_KUBECONFIG = {
    "empty": ("", "kubeconfig", "is empty"),
    "white space": (" \n\n", "kubeconfig", "is empty"),
    "comments alone": ("# nothing\n", "kubeconfig", "is empty"),
    "an empty document": ("---\n", "kubeconfig", "is empty"),
    "one byte too large": (TEXT.ljust(MAX_BYTES + 1), "kubeconfig", "larger than 4 MiB"),
    "binary": (b"\x7fELF\x00\x01", "kubeconfig", "is binary"),
    "UTF-16 without a BOM": (TEXT.encode("utf-16-le"), "kubeconfig", "is binary"),
    "Latin-1": (TEXT.replace("admin@", "café@").encode("latin-1"), "kubeconfig", "convert it to UTF-8"),
    "half a UTF-16 character": (b"\xff\xfea", "kubeconfig", "convert it to UTF-8"),
    "a surrogate": ("a: \ud800", "kubeconfig", "convert it to UTF-8"),
    "an escaped surrogate": (r'{"a": "\ud800"}', "kubeconfig", "not a YAML or JSON document"),
    "control characters": ("a: \x07", "kubeconfig", "not a YAML or JSON document"),
    "no YAML": ("a: [b", "kubeconfig", "at line"),
    "indented with tabs": (TEXT.replace("  ", "\t"), "kubeconfig", "with spaces, not with tabs"),
    "an unknown anchor": ("a: *b", "kubeconfig", "at line 1, column 4"),
    "several documents": (f"{TEXT}---\n{TEXT}", "kubeconfig", "several YAML documents; give one"),
    "a second document that is empty": (f"{TEXT}---\n", "kubeconfig", "several YAML documents; give one"),
    "a list": ("[a, b]", "kubeconfig", "not a mapping with clusters"),
    "a word": ("word", "kubeconfig", "not a mapping with clusters"),
    "PEM": (CA.pem, "kubeconfig", "is a certificate or a key in PEM"),
    "a Secret": (TEXT.replace("kind: Config", "kind: Secret"), "kind", "is Secret"),
    "a Pod": (TEXT.replace("kind: Config", "kind: Pod"), "kind", "must be Config: this is another kind of file"),
    "a number as kind": (TEXT.replace("kind: Config", "kind: 1"), "kind", "must be Config"),
    "API version v2": (TEXT.replace("apiVersion: v1", "apiVersion: v2"), "apiVersion", "must be v1"),
    "a key twice": (TEXT + "users: []\n", "kubeconfig", r"gives one key twice in the same mapping at line \d+"),
    "a key twice below": (TEXT.replace("- name: k", "- name: a\n  name: k"), "kubeconfig", "one key twice"),
    "a key twice in JSON": ('{"kind": "Config", "kind": "Config"}', "kubeconfig", "at line 1, column 20"),
    "two merge keys": ("a: &a {b: c}\nd:\n  <<: *a\n  <<: *a\n", "kubeconfig", "one key twice"),
    "a list as key": ("[a]: b", "kubeconfig", "a key that is not text at line 1"),
    "a merge over a key": ("a: {b: c, <<: {b: d}}", "kubeconfig", "precedes the merge at line 1.*put << first"),
    "a merge of a word": ("a: {<<: b}", "kubeconfig", "merges what is no mapping"),
    "an alias bomb": (bomb(9, 9), "kubeconfig", "too many entries, levels or aliases"),
    "a merge bomb": (bomb(9, 9, merge=True), "kubeconfig", "too many entries, levels or aliases"),
    "an alias to itself": ("a: &a [*a]", "kubeconfig", "alias to what it is in itself"),
    "deep nesting": ("[" * 21 + "]" * 21, "kubeconfig", "too many entries, levels or aliases"),
    "endless lists": ("[" + "x," * 50_000 + "]", "kubeconfig", "too many entries, levels or aliases"),
    "endless lines": ("a: b" + "\n" * 100_001, "kubeconfig", "too many lines or words"),
    "endless words": ("a: " + "x " * 100_001, "kubeconfig", "too many lines or words"),
}


@pytest.mark.parametrize(("content", "where", "reason"), NOT_A_KUBECONFIG.values(), ids=NOT_A_KUBECONFIG)
def test_a_text_that_is_not_a_kubeconfig_is_refused(content, where, reason):
    error = refusal(content)
    assert error.field == where
    assert re.search(reason, error.reason)


NEARLY_TOO_MUCH = {
    "as large as may be": TEXT.ljust(MAX_BYTES),
    "20 levels": TEXT + "x: " + "[" * 19 + "]" * 19,
    "few aliases": TEXT + bomb(4, 9),
    "many entries": TEXT + "x: [" + "x, " * 19_000 + "]",
    "many lines": TEXT + "\n" * 99_000,
}


@pytest.mark.parametrize("content", NEARLY_TOO_MUCH.values(), ids=NEARLY_TOO_MUCH)
def test_an_unusual_kubeconfig_is_read(content):
    assert canonicalize(content, KubeconfigPolicy()).text == CANONICAL


# What YAML takes for something other than text. kubectl refuses most of it too; the last three are text to it.
@pytest.mark.parametrize("value", ["no", "yes", "1234", "0x1F", "1.5", "[a]", "{a: b}", "!!int 5", "1:30", "="])
@pytest.mark.parametrize(
    ("field", "old"),
    [
        ("current-context", "current-context: admin@kubernetes"),
        ("clusters[0].name", "name: kubernetes\n"),
        ("clusters[0].cluster.server", "server: https://10.0.0.1:6443"),
        ("contexts[0].context.user", "user: kubernetes-admin"),
    ],
)
def test_a_value_that_is_not_text_without_quotes_is_refused(field, old, value):
    key = field.rpartition(".")[2]
    assert old in TEXT
    error = refusal(TEXT.replace(old, f"{key}: {value}\n", 1))
    assert (error.field, error.reason) == (field, "must be text; put it in quotes")


@pytest.mark.parametrize("value", ["!!binary a", "!!binary '!'", "!!binary /w==", "!!binary aGk=aGk="])
def test_a_binary_value_that_is_not_base64_of_text_is_refused(value):
    error = refusal(TEXT.replace("current-context: admin@kubernetes", f"current-context: {value}"))
    assert (error.field, error.reason) == ("current-context", "is marked as !!binary, but is not base64 of text")


def test_a_binary_value_is_the_text_that_it_encodes():
    text = TEXT.replace("current-context: admin@kubernetes", "current-context: !!binary YWRtaW5Aa3ViZXJuZXRlcw==")
    assert canonicalize(text, KubeconfigPolicy()).text == CANONICAL


@pytest.mark.parametrize("value", ["2001-01-01", "1e3", "'a: b'", "'no'", '"123"', "!!str 12", "~x"])
def test_a_value_that_is_text_as_it_is_written_is_kept(value):
    config = canonicalize(TEXT.replace("admin@kubernetes", value), KubeconfigPolicy())
    assert config.context == value.replace("!!str ", "").strip("'\"")


def test_numbers_are_never_computed():
    """The number of a million digits, or of half a million sexagesimal places, would take minutes."""
    for number in ("1" * 900_000, "1" + ":10" * 300_000, "1." + "1" * 900_000):
        assert canonicalize(f"{TEXT}x: {number}\n", KubeconfigPolicy()).text == CANONICAL


@pytest.mark.parametrize(
    ("name", "displayed"),
    [
        ("plain", "plain"),
        ("two\nlines  and\tmore", "two lines and more"),
        ("\x1b[31mred", "[31mred"),
        ("a\u202eb\ufe0fc", "a b c"),
        ("x" * 99, "x" * 59 + "…"),
    ],
)
def test_a_displayed_name_is_one_short_visible_line(name, displayed):
    assert display_name(name) == displayed
