# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that manifests are read in any format, and that any other text is refused and not quoted."""

from __future__ import annotations

import base64
import json
import time

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.parse import (
    ManifestError,
    manifest_secret_values,
    parse_manifests,
)


def made(kind="ConfigMap", name="a", **content):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **content}


A, B, C = made(name="a"), made(name="b", data={"k": "v"}), made("Namespace", "hss")
JSON = {name: json.dumps(value) for name, value in (("a", A), ("b", B), ("c", C))}
A_YAML, B_YAML = (yaml.safe_dump(value, sort_keys=False) for value in (A, B))


@pytest.mark.parametrize(
    "text, objects",
    [
        (JSON["a"], [A]),
        (JSON["a"] + JSON["b"], [A, B]),
        ("\n".join((JSON["a"], JSON["b"], JSON["c"])) + "\n", [A, B, C]),
        (json.dumps(A, indent=4) + json.dumps(B, indent="\t"), [A, B]),
        (f"{JSON['a']} \r\n\t {JSON['b']}", [A, B]),
        (f"\ufeff{JSON['a']}\ufeff{JSON['b']}", [A, B]),
        (f"# what\n{JSON['a']}\n  # it is\n{JSON['b']} # for", [A, B]),
        (f"---\n{JSON['a']}\n---\n{JSON['b']}\n...\n", [A, B]),
        (A_YAML, [A]),
        (f"\ufeff{A_YAML}", [A]),
        (f"---\n{A_YAML}---\n{B_YAML}", [A, B]),
        (f"# comment\n---\n# nothing\n---\n{A_YAML}---\n---\nnull\n---\n{B_YAML}...\n", [A, B]),
        (f"---\n{JSON['a']}\n---\n{B_YAML}", [A, B]),
        (A_YAML.replace("\n", "\r\n"), [A]),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", [A]),
        (json.dumps({"apiVersion": "v1", "kind": "List", "items": [A, B]}) + JSON["c"], [A, B, C]),
        (json.dumps({"kind": "List", "items": [A, {"kind": "List", "items": [B]}]}), [A, B]),
        (json.dumps({"kind": "List", "items": None}) + JSON["a"], [A]),
    ],
)
def test_manifests_are_read_in_every_format(text, objects):
    assert parse_manifests(text) == objects


@pytest.mark.parametrize(
    "spelt, value",
    [
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("22:22", "22:22"),
        ("1:30.5", "1:30.5"),
        ("0644", 420),
        ("0x10", 16),
        ("0", 0),
        ("-1", -1),
        ("8080", 8080),
        ("0.5", 0.5),
        ("1.5e3", 1500.0),
        ("1.2.3", "1.2.3"),
        ("100m", "100m"),
        ("yes", True),
        ("1" * 400, int("1" * 400)),
        ("~", None),
        ("'1'", "1"),
        (".inf", ".inf"),
    ],
)
def test_plain_values_of_yaml_have_the_types_that_kubectl_gives_them(spelt, value):
    assert parse_manifests(f"{A_YAML}data:\n  k: {spelt}\n") == [{**A, "data": {"k": value}}]


def test_keys_that_are_not_text_become_text():
    (item,) = parse_manifests(f"{A_YAML}data:\n  1: a\n  true: b\n  ~: c\n")
    assert item["data"] == {"1": "a", "true": "b", "null": "c"}


GARBAGE = "canary-0123456789"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "there is no object in them"),
        ("---\n# nothing\n---\n", "there is no object in them"),
        (f"<html>{GARBAGE}</html>", "document 1 is not an object"),
        (f"[{JSON['a']}]", "document 1 is not an object"),
        (f"{JSON['a']}{GARBAGE}", "neither JSON nor YAML at line 1"),
        (f"{JSON['a']},{JSON['b']}", "neither JSON nor YAML"),
        (JSON["a"] + JSON["b"][:-1], "neither JSON nor YAML"),
        (f"a: {GARBAGE}\n  b: c", "neither JSON nor YAML at line 2"),
        (f"!!python/object/apply:os.system ['{GARBAGE}']", "neither JSON nor YAML"),
        (f"a: &x [*x, {GARBAGE}]", "the text has an alias to what it is in itself"),
        (f"{A_YAML}data: !!binary {GARBAGE}AAA=\n", "a value that JSON does not have"),
        (f"{A_YAML}data: !!set {{{GARBAGE}: }}\n", "a value that JSON does not have"),
        (f"{A_YAML}data: &x {{k: *x, l: {GARBAGE}}}\n", "the text has an alias to what it is in itself"),
        (f"{A_YAML}data: {{[1, 2]: {GARBAGE}}}\n", "a key in them is not text"),
        (f"{A_YAML}data: {{1.5: {GARBAGE}}}\n", "a key in them is not text"),
        (json.dumps({**A, "data": {"k": "\ud800" + GARBAGE}}), "half a character"),
        (json.dumps({**A, "data": [GARBAGE, float("nan")]}), "a value that JSON does not have"),
        (JSON["a"][:-1] + ', "data": 1e999}', "a value that JSON does not have"),
        (JSON["a"] + json.dumps({**B, "apiVersion": ""}), "document 2 has no apiVersion"),
        (json.dumps({**A, "kind": None}), "document 1 has no kind"),
        (json.dumps({**A, "kind": 7}), "document 1 has no kind"),
        (json.dumps({**A, "metadata": {"generateName": GARBAGE}}), "document 1 has no metadata.name"),
        (json.dumps({**A, "metadata": GARBAGE}), "document 1 has no metadata.name"),
        (
            json.dumps({"kind": "List", "items": [A, {**A, "metadata": {}}]}),
            "item 2 of document 1 has no metadata.name",
        ),
        (json.dumps({"kind": "List", "items": GARBAGE}), "document 1 is a List whose items are no list"),
        ("a: &a [x,x,x,x,x,x,x,x,x,x]\n", "no apiVersion"),
        (
            A_YAML
            + "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in ("ab", "bc", "cd", "de", "ef")),
            "the text has too many entries, levels or aliases",
        ),
        ("9" * 5000, "neither JSON nor YAML"),
        (f"{A_YAML}data: {{<<: {GARBAGE}}}\n", "neither JSON nor YAML at line 5, column 12"),
        (f"{A_YAML}data: {{<<: [{GARBAGE}]}}\n", "neither JSON nor YAML at line 5, column 13"),
        (f"{A_YAML}data: !!timestamp {GARBAGE}\n", "neither JSON nor YAML"),
        (f"{A_YAML}data: !!bool {GARBAGE}\n", "neither JSON nor YAML"),
        (f"{A_YAML}data: !!int ''\n", "neither JSON nor YAML"),
        (f"{A_YAML}data: !!int 1:10\n", "neither JSON nor YAML"),
        (f"{A_YAML}data: !!int {'1' * 401}\n", "neither JSON nor YAML"),
        (f'{{"a": {"1" * 401}}}', "neither JSON nor YAML"),
        (f'{{"a":{"[" * 500}', "the text has too many entries, levels or aliases"),
        ("- " * 100_000, "the text has too many entries, levels or aliases"),
        ("a b " * 100_001, "the text has too many lines or words"),
        ("a:" + "\n" * 200_001, "the text has too many lines or words"),
    ],
)
def test_a_text_that_is_not_a_manifest_is_refused_and_not_quoted(text, reason):
    with pytest.raises(ManifestError) as caught:
        parse_manifests(text)
    assert reason in str(caught.value)
    assert GARBAGE not in str(caught.value)
    # A traceback would quote the line.
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def merges(levels, width=10):
    """A few hundred bytes in which each level merges the one before several times."""
    lines = [A_YAML, "a0: &a0 {k: v}"]
    for level in range(1, levels + 1):
        lines.append(f"a{level}: &a{level}\n  <<: [{', '.join([f'*a{level - 1}'] * width)}]")
    return "\n".join(lines)


def test_merges_that_would_take_gigabytes_are_refused_at_once():
    started = time.process_time()
    with pytest.raises(ManifestError, match="too many entries, levels or aliases"):
        parse_manifests(merges(9))
    assert time.process_time() - started < 1


def test_a_few_merges_and_aliases_are_resolved():
    (item,) = parse_manifests(merges(2))
    assert item["a0"] == item["a1"] == item["a2"] == {"k": "v"}
    (item,) = parse_manifests(f"{A_YAML}x: &x {{k: v, l: w}}\ndata: {{<<: *x, k: own}}\ny: *x\n")
    (other,) = parse_manifests(f"{A_YAML}data: {{k: own, =: e, <<: [{{k: a, l: b}}, {{k: c, l: d, m: e}}]}}\n")
    assert other["data"] == {"k": "own", "l": "b", "m": "e", "=": "e"}
    assert (item["data"], item["y"]) == ({"k": "own", "l": "w"}, {"k": "v", "l": "w"})


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_the_values_of_secrets_are_found_encoded_and_decoded():
    objects = [
        made("Secret", "one", data={"TOKEN": encoded("a-tunnel-token")}, stringData={"key": "a-plain-key"}),
        made("Secret", "two", data={"raw": base64.b64encode(b"\xff\xfe\xfd").decode(), "odd": "not base64", "n": 7}),
        made("Secret", "three", data=None, stringData=["x"]),
        made("ConfigMap", "four", data={"ADDRESS": "no-secret.example.com"}),
    ]
    assert manifest_secret_values(objects) == [
        "a-plain-key",
        encoded("a-plain-key"),
        encoded("a-tunnel-token"),
        "a-tunnel-token",
        base64.b64encode(b"\xff\xfe\xfd").decode(),
        "not base64",
    ]


# --- whatever the objects are -----------------------------------------------------------------------------------------

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3)) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
WORD = st.from_regex(r"[A-Za-z][A-Za-z0-9./-]{0,20}", fullmatch=True)
OBJECT = st.builds(
    lambda content, version, kind, metadata, name: {
        **content,
        "apiVersion": version,
        "kind": kind,
        "metadata": {**metadata, "name": name},
    },
    st.dictionaries(TEXT, VALUE, max_size=4),
    WORD,
    WORD.filter(lambda kind: kind != "List"),
    st.dictionaries(TEXT, VALUE, max_size=2),
    WORD,
)
BETWEEN = st.sampled_from(["", "\n", " ", "\r\n", "\n\n\t", "\n# comment {\n", "\n---\n", "\n...\n---\n", "\ufeff"])


@st.composite
def spelt(draw, objects):
    """The objects as JSON documents one after another, or as YAML."""
    if draw(st.booleans()):
        objects = [{"apiVersion": "v1", "kind": "List", "items": objects[:2]}, *objects[2:]]
    if draw(st.booleans()):
        indent, ascii_only = draw(st.sampled_from([None, 1, 4, "\t"])), draw(st.booleans())
        parts = [json.dumps(item, indent=indent, ensure_ascii=ascii_only) for item in objects]
        return draw(BETWEEN) + "".join(part + draw(BETWEEN) for part in parts)
    text = yaml.safe_dump_all(
        objects,
        explicit_start=True,
        explicit_end=draw(st.booleans()),
        default_flow_style=draw(st.sampled_from([None, True, False])),
        default_style=draw(st.sampled_from([None, '"'])) if all(map(_only_text, objects)) else None,
        allow_unicode=draw(st.booleans()),
        width=draw(st.sampled_from([10, 80, 10**6])),
        indent=draw(st.sampled_from([2, 4])),
        sort_keys=draw(st.booleans()),
    )
    # PyYAML itself folds some lines so that it reads something else.
    assume(list(yaml.safe_load_all(text)) == objects)
    return draw(st.sampled_from(["", "\ufeff", "# comment\n", "---\n---\n"])) + text


def _only_text(value):
    """A number in quotes is no number any more."""
    if isinstance(value, dict):
        return all(_only_text(item) for item in value.values())
    return all(_only_text(item) for item in value) if isinstance(value, list) else isinstance(value, str)


@settings(max_examples=300, deadline=None)
@given(st.lists(OBJECT, min_size=1, max_size=4), st.data())
def test_objects_are_the_same_in_any_format(objects, data):
    assert parse_manifests(data.draw(spelt(objects))) == objects


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.lists(OBJECT, min_size=1, max_size=2).flatmap(spelt), st.data())
def test_any_text_gives_objects_or_a_manifest_error(text, data):
    """Never another exception, and whatever comes out can be applied."""
    text = text[: data.draw(st.integers(0, len(text)))]
    try:
        objects = parse_manifests(text)
    except ManifestError:
        return
    assert json.loads(json.dumps(objects, allow_nan=False)) == objects
    assert all(item["apiVersion"] and item["kind"] and item["metadata"]["name"] for item in objects)
