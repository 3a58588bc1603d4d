# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes objects: as a user gives them, as a cluster has them, and as they are shown."""

from __future__ import annotations

import base64
import datetime
import json
import time
from collections import UserString

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.diff import difference
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    LAST_APPLIED,
    Hidden,
    KubeObject,
    as_stream,
    comparable,
    given_objects,
    match,
    secrets_of,
)


def thing(kind="ConfigMap", name="a", namespace=None, api_version="v1", **content):
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def secret(**content):
    return thing("Secret", "s", "n", **content)


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Tagged(str):
    """As ansible-core 2.19 and later hand out texts."""


# As ansible-core 2.18 does: str() gives back the same.
Unsafe = type("Unsafe", (str,), {"__str__": lambda self: self})


class TaggedDict(dict):
    """And mappings."""


class TaggedInt(int):
    """And numbers."""


def plain_all_the_way(value):
    kinds = (dict, list, str, int, float, bool, type(None))
    assert type(value) in kinds, type(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        plain_all_the_way(item)


def test_tagged_values_become_plain_ones():
    content = TaggedDict(
        thing(spec={Tagged("a"): [Tagged("b"), Unsafe("c"), TaggedInt(7), True, 1.5, None, UserString("vault")]})
    )
    (one,) = given_objects([content])
    plain_all_the_way(one.content)
    assert one.content["spec"] == {"a": ["b", "c", 7, True, 1.5, None, "vault"]}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_goes_to_kubectl_means_the_same(value):
    (one,) = given_objects([thing(spec=value)])
    stream = as_stream([one.content])
    assert stream.isascii() and stream.count(b"\n") == 1
    assert json.loads(stream)["items"] == [thing(spec=value)]


def test_lists_are_taken_apart():
    inner = {"apiVersion": "v1", "kind": "List", "items": [thing(name="b"), thing(name="c")]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [thing(), inner]}
    assert [one.name for one in given_objects([outer, thing(name="d")])] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "objects, words",
    [
        (["text"], "objects\\[0\\]: a Kubernetes object is a mapping"),
        ([None], "is a mapping"),
        ([thing(), {"kind": "A"}], "objects\\[1\\]: apiVersion is missing"),
        ([{"apiVersion": "v1"}], "kind is missing"),
        ([{"apiVersion": "v1", "kind": 7}], "kind is missing"),
        ([{"apiVersion": "v1", "kind": "A"}], "A without metadata.name"),
        ([{"apiVersion": "v1", "kind": "A", "metadata": {"generateName": "a-"}}], "generateName would"),
        ([{"apiVersion": "v1", "kind": "A", "metadata": {"name": 7}}], "without metadata.name"),
        (
            [{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "namespace": 7}}],
            "metadata.namespace is a text",
        ),
        ([thing(), thing()], "ConfigMap a is there twice"),
        ([thing(data={"x": datetime.date(2026, 1, 1)})], "objects\\[0\\].data.x: YAML takes this for a date"),
        ([thing(data={"x": float("inf")})], "no such number"),
        ([thing(data={"x": [b"a"]})], "objects\\[0\\].data.x\\[0\\]: JSON has nothing like this"),
    ],
)
def test_what_is_no_object_is_refused_by_its_place(objects, words):
    with pytest.raises(KubectlError, match=words):
        given_objects(objects)


def test_what_is_refused_is_not_quoted():
    with pytest.raises(KubectlError) as refused:
        given_objects([{"kind": "Secret", "stringData": {"p": "canary-0123456789"}}])
    assert "canary" not in str(refused.value)


def test_the_text_of_a_secret_becomes_its_data():
    (one,) = given_objects([secret(data={"a": b64("1"), "b": b64("2")}, stringData={"b": "3 ä"})])
    assert "stringData" not in one.content and one.content["data"] == {"a": b64("1"), "b": b64("3 ä")}
    # What the API server refuses is for the API server to refuse.
    (odd,) = given_objects([secret(stringData={"b": 3})])
    assert odd.content["stringData"] == {"b": 3}
    (other,) = given_objects([thing(stringData={"b": "3"})])
    assert other.content["stringData"] == {"b": "3"}


def names(found):
    return [one.namespace if one else None for one in found]


def test_objects_are_matched_with_what_the_cluster_has():
    wanted = [KubeObject(thing(namespace="x")), KubeObject(thing()), KubeObject(thing("Secret", namespace="x"))]
    live = [thing(namespace="default"), thing(namespace="x"), thing("Other", namespace="x")]
    assert names(match(wanted, live)) == ["x", "default", None]
    # In whichever order; and where only the other namespace's is there, it is not taken for it.
    assert names(match(wanted, live[::-1])) == ["x", "default", None]
    assert names(match(wanted, [thing(namespace="x")])) == ["x", None, None]
    assert names(match([wanted[0]], [thing(namespace="default")])) == [None]


def test_groups_count_and_versions_do_not():
    wanted = [KubeObject(thing("Ingress", api_version="networking.k8s.io/v1", namespace="x"))]
    assert match(wanted, [thing("Ingress", api_version="networking.k8s.io/v1beta1", namespace="x")]) != [None]
    assert match(wanted, [thing("Ingress", api_version="extensions/v1", namespace="x")]) == [None]


def test_what_the_server_notes_and_controllers_report_is_no_difference():
    wanted = thing(spec={"a": 1})
    live = thing(spec={"a": 1}, status={"ready": 2})
    live["metadata"] |= {"uid": "1", "resourceVersion": "2", "generation": 3, "managedFields": [{}], "selfLink": "/"}
    live["metadata"] |= {"creationTimestamp": "2026", "annotations": {LAST_APPLIED: "{}"}}
    assert comparable(KubeObject(live)) == comparable(KubeObject(wanted))
    live["metadata"]["annotations"]["other"] = "x"
    assert comparable(KubeObject(live))["metadata"]["annotations"] == {"other": "x"}
    live["metadata"]["labels"] = {"a": "b"}
    assert comparable(KubeObject(live)) != comparable(KubeObject(wanted))


LONG = "a-long-canary-value-0123456789"


def test_values_of_secrets_are_known_in_both_forms_and_by_line():
    pem = "-----BEGIN KEY-----\nMIIcanary0123456789\n-----END KEY-----\n"
    hidden = secrets_of(
        map(KubeObject, [secret(data={"a": b64(LONG), "b": "no base64, but long"}), thing(data={"x": "public"})])
    )
    assert hidden.redact(f"<{LONG}> <{b64(LONG)}> <no base64, but long>").count("canary") == 0
    assert "no base64" not in hidden.redact("no base64, but long") and hidden.redact("public") == "public"
    lines = secrets_of([KubeObject(secret(data={"a": b64(pem)}))])
    assert "MIIcanary" not in lines.redact("error near MIIcanary0123456789")


def test_passwords_in_addresses_are_known_whatever_object_they_are_in():
    one = KubeObject(thing(data={"proxy": "http://op:canary%2Fpassword@10.0.0.1:3128 and http://10.0.0.2:3128/a:b@c"}))
    hidden = secrets_of([one])
    assert hidden.redact("near canary%2Fpassword") == hidden.redact("near canary/password") == "near ********"
    assert difference(None, one, hidden)["after"].count("********@10.0.0.1:3128 and http://10.0.0.2:3128/a:b@c") == 1


def test_the_diff_of_a_secret_shows_its_keys_alone():
    old = KubeObject(secret(data={"a": b64(LONG), "b": b64("same"), "c": b64("gone")}))
    new = KubeObject(secret(data={"a": b64(LONG + "x"), "b": b64("same"), "d": b64("new")}))
    shown = difference(old, new, Hidden())
    assert "a: (hidden)\n  b: (hidden)\n  c: (hidden)\n" in shown["before"]
    assert "a: (hidden, changed)\n  b: (hidden)\n  d: (hidden)\n" in shown["after"]
    for before, after in ((None, new), (old, None)):
        text = str(difference(before, after, Hidden()))
        assert "(hidden)" in text and b64(LONG) not in text and b64("same") not in text


def test_a_secret_elsewhere_in_an_object_is_masked_too():
    hidden = Hidden()
    hidden.add(LONG)
    shown = difference(None, KubeObject(thing(data={"url": f"https://u:{LONG}@example.com"})), hidden)
    assert LONG[:12] not in shown["after"] and "example.com" in shown["after"]
    assert shown["before"] == "" and shown["after_header"] == "ConfigMap a"


def test_other_languages_are_shown_as_they_are():
    assert "Grüße 世界" in difference(None, KubeObject(thing(data={"x": "Grüße 世界"})), Hidden())["after"]


def test_nothing_in_a_diff_steers_the_terminal():
    nasty = "a\x1b[31m\x07\u202eb"
    shown = difference(None, KubeObject(thing(name=nasty, data={nasty: nasty})), Hidden())
    for text in shown.values():
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert "\n" not in shown["after_header"]


def test_the_diff_of_a_large_object_takes_no_time():
    """What scrubs messages would take minutes."""
    hidden = secrets_of([KubeObject(secret(data={str(number): b64(f"{LONG}{number}") for number in range(20)}))])
    text = f"{LONG}7 " + "abcdefghij" * 100_000
    began = time.monotonic()
    shown = difference(None, KubeObject(thing(data={"x": text})), hidden)
    assert time.monotonic() - began < 20
    assert LONG not in shown["after"] and "******** abcdefghij" in shown["after"]


def test_a_secret_that_begins_with_another_is_masked_as_a_whole():
    hidden = secrets_of([KubeObject(secret(stringData={str(n): LONG[: 9 + n] for n in range(20)}))])
    for n in range(20):
        assert hidden.mask({LONG[: 9 + n]: [LONG[: 9 + n]]}) == {"********": ["********"]}
