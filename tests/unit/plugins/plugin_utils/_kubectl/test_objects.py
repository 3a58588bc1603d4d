# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes objects: as given by a user, as returned by a cluster, and as shown in a diff."""

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
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.diff import object_diff
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    LAST_APPLIED,
    KubeObject,
    ObjectRedactor,
    comparable_content,
    match_live_objects,
    object_redactor,
    serialize_objects,
    validated_objects,
)


def thing(kind="ConfigMap", name="a", namespace=None, api_version="v1", **content):
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def secret(**content):
    return thing("Secret", "s", "n", **content)


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Tagged(str):
    """String as in ansible-core 2.19 and later."""


# String as in ansible-core 2.18: str() returns an object of the same class.
Unsafe = type("Unsafe", (str,), {"__str__": lambda self: self})


class TaggedDict(dict):
    """Dictionary as in ansible-core 2.19 and later."""


class TaggedInt(int):
    """Number as in ansible-core 2.19 and later."""


def assert_json_types(value):
    types = (dict, list, str, int, float, bool, type(None))
    assert type(value) in types, type(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        assert_json_types(item)


def test_tagged_values_become_json_types():
    content = TaggedDict(
        thing(spec={Tagged("a"): [Tagged("b"), Unsafe("c"), TaggedInt(7), True, 1.5, None, UserString("vault")]})
    )
    (item,) = validated_objects([content])
    assert_json_types(item.content)
    assert item.content["spec"] == {"a": ["b", "c", 7, True, 1.5, None, "vault"]}


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
def test_serialized_objects_have_the_same_content(value):
    (item,) = validated_objects([thing(spec=value)])
    stream = serialize_objects([item.content])
    assert stream.isascii() and stream.count(b"\n") == 1
    assert json.loads(stream)["items"] == [thing(spec=value)]


def test_lists_are_replaced_by_their_items():
    inner = {"apiVersion": "v1", "kind": "List", "items": [thing(name="b"), thing(name="c")]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [thing(), inner]}
    assert [item.name for item in validated_objects([outer, thing(name="d")])] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "objects, message",
    [
        (["text"], "objects\\[0\\]: must be a Kubernetes object, which is a mapping"),
        ([None], "is a mapping"),
        ([thing(), {"kind": "A"}], "objects\\[1\\]: apiVersion is missing"),
        ([{"apiVersion": "v1"}], "kind is missing"),
        ([{"apiVersion": "v1", "kind": 7}], "kind is missing"),
        ([{"apiVersion": "v1", "kind": "A"}], "A without metadata.name"),
        ([{"apiVersion": "v1", "kind": "A", "metadata": {"generateName": "a-"}}], "generateName is not supported"),
        ([{"apiVersion": "v1", "kind": "A", "metadata": {"name": 7}}], "without metadata.name"),
        (
            [{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "namespace": 7}}],
            "metadata.namespace must be a string",
        ),
        ([thing(), thing()], "ConfigMap a is given twice"),
        ([thing(data={"x": datetime.date(2026, 1, 1)})], "objects\\[0\\].data.x: YAML interprets this as a date"),
        ([thing(data={"x": float("inf")})], "infinity and NaN are not valid"),
        ([thing(data={"x": [b"a"]})], "objects\\[0\\].data.x\\[0\\]: this type of value does not exist in JSON"),
    ],
)
def test_invalid_objects_are_refused_with_their_position(objects, message):
    with pytest.raises(KubectlError, match=message):
        validated_objects(objects)


def test_invalid_objects_are_not_quoted():
    with pytest.raises(KubectlError) as refused:
        validated_objects([{"kind": "Secret", "stringData": {"p": "canary-0123456789"}}])
    assert "canary" not in str(refused.value)


def test_string_data_of_a_secret_is_moved_to_data():
    (item,) = validated_objects([secret(data={"a": b64("1"), "b": b64("2")}, stringData={"b": "3 ä"})])
    assert "stringData" not in item.content and item.content["data"] == {"a": b64("1"), "b": b64("3 ä")}
    # Invalid values are left to the API server, which refuses them.
    (odd,) = validated_objects([secret(stringData={"b": 3})])
    assert odd.content["stringData"] == {"b": 3}
    (other,) = validated_objects([thing(stringData={"b": "3"})])
    assert other.content["stringData"] == {"b": "3"}


def names(found):
    return [item.namespace if item else None for item in found]


def test_desired_objects_are_matched_with_live_objects():
    desired = [KubeObject(thing(namespace="x")), KubeObject(thing()), KubeObject(thing("Secret", namespace="x"))]
    live = [thing(namespace="default"), thing(namespace="x"), thing("Other", namespace="x")]
    assert names(match_live_objects(desired, live)) == ["x", "default", None]
    # The order does not matter, and an object in another namespace does not match.
    assert names(match_live_objects(desired, live[::-1])) == ["x", "default", None]
    assert names(match_live_objects(desired, [thing(namespace="x")])) == ["x", None, None]
    assert names(match_live_objects([desired[0]], [thing(namespace="default")])) == [None]


def test_groups_must_match_but_versions_need_not():
    desired = [KubeObject(thing("Ingress", api_version="networking.k8s.io/v1", namespace="x"))]
    assert match_live_objects(desired, [thing("Ingress", api_version="networking.k8s.io/v1beta1", namespace="x")]) != [
        None
    ]
    assert match_live_objects(desired, [thing("Ingress", api_version="extensions/v1", namespace="x")]) == [None]


def test_server_side_metadata_and_status_are_not_compared():
    desired = thing(spec={"a": 1})
    live = thing(spec={"a": 1}, status={"ready": 2})
    live["metadata"] |= {"uid": "1", "resourceVersion": "2", "generation": 3, "managedFields": [{}], "selfLink": "/"}
    live["metadata"] |= {"creationTimestamp": "2026", "annotations": {LAST_APPLIED: "{}"}}
    assert comparable_content(KubeObject(live)) == comparable_content(KubeObject(desired))
    live["metadata"]["annotations"]["other"] = "x"
    assert comparable_content(KubeObject(live))["metadata"]["annotations"] == {"other": "x"}
    live["metadata"]["labels"] = {"a": "b"}
    assert comparable_content(KubeObject(live)) != comparable_content(KubeObject(desired))


LONG = "a-long-canary-value-0123456789"


def test_values_of_secrets_are_redacted_encoded_decoded_and_by_line():
    pem = "-----BEGIN KEY-----\nMIIcanary0123456789\n-----END KEY-----\n"
    redactor = object_redactor(
        map(KubeObject, [secret(data={"a": b64(LONG), "b": "no base64, but long"}), thing(data={"x": "public"})])
    )
    assert redactor.redact(f"<{LONG}> <{b64(LONG)}> <no base64, but long>").count("canary") == 0
    assert "no base64" not in redactor.redact("no base64, but long") and redactor.redact("public") == "public"
    lines = object_redactor([KubeObject(secret(data={"a": b64(pem)}))])
    assert "MIIcanary" not in lines.redact("error near MIIcanary0123456789")


def test_passwords_in_urls_are_redacted_in_any_object():
    item = KubeObject(thing(spec={"proxy": "http://op:canary%2Fpassword@10.0.0.1:3128 and http://10.0.0.2:3128/a:b@c"}))
    redactor = object_redactor([item])
    assert redactor.redact("near canary%2Fpassword") == redactor.redact("near canary/password") == "near ********"
    assert (
        object_diff(None, item, redactor)["after"].count("********@10.0.0.1:3128 and http://10.0.0.2:3128/a:b@c") == 1
    )


def test_the_diff_of_a_secret_shows_only_its_keys():
    old = KubeObject(secret(data={"a": b64(LONG), "b": b64("same"), "c": b64("gone")}))
    new = KubeObject(secret(data={"a": b64(LONG + "x"), "b": b64("same"), "d": b64("new")}))
    shown = object_diff(old, new, ObjectRedactor())
    assert "a: (hidden)\n  b: (hidden)\n  c: (hidden)\n" in shown["before"]
    assert "a: (hidden, changed)\n  b: (hidden)\n  d: (hidden)\n" in shown["after"]
    for before, after in ((None, new), (old, None)):
        text = str(object_diff(before, after, ObjectRedactor()))
        assert "(hidden)" in text and b64(LONG) not in text and b64("same") not in text


def test_a_secret_value_in_another_object_is_masked():
    redactor = ObjectRedactor()
    redactor.add(LONG)
    shown = object_diff(None, KubeObject(thing(spec={"url": f"https://u:{LONG}@example.com"})), redactor)
    assert LONG[:12] not in shown["after"] and "example.com" in shown["after"]
    assert shown["before"] == "" and shown["after_header"] == "ConfigMap a"


def test_other_languages_are_shown_unchanged():
    assert "Grüße 世界" in object_diff(None, KubeObject(thing(spec={"x": "Grüße 世界"})), ObjectRedactor())["after"]


def test_a_diff_contains_no_control_characters():
    nasty = "a\x1b[31m\x07\u202eb"
    shown = object_diff(None, KubeObject(thing(name=nasty, spec={nasty: nasty})), ObjectRedactor())
    for text in shown.values():
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert "\n" not in shown["after_header"]


def test_the_diff_of_a_large_object_is_fast():
    """Redaction as for messages would take minutes."""
    redactor = object_redactor([KubeObject(secret(data={str(number): b64(f"{LONG}{number}") for number in range(20)}))])
    text = f"{LONG}7 " + "abcdefghij" * 100_000
    began = time.monotonic()
    shown = object_diff(None, KubeObject(thing(spec={"x": text})), redactor)
    assert time.monotonic() - began < 20
    assert LONG not in shown["after"] and "******** abcdefghij" in shown["after"]


def test_a_secret_that_begins_with_another_is_masked_completely():
    redactor = object_redactor([KubeObject(secret(stringData={str(n): LONG[: 9 + n] for n in range(20)}))])
    for n in range(20):
        assert redactor.mask({LONG[: 9 + n]: [LONG[: 9 + n]]}) == {"********": ["********"]}


def workload(env, args, image="r.example.com/agent:1"):
    container = {"name": "agent", "image": image, "args": args, "env": env, "command": ["/bin/canary-command"]}
    return thing("Deployment", "d", "n", "apps/v1", spec={"template": {"spec": {"containers": [container]}}})


def test_the_diff_of_a_workload_shows_no_environment_and_no_arguments():
    same, old, new = ({"name": name, "value": f"canary-{name}"} for name in ("SAME", "OLD", "NEW"))
    before = workload([same, old], ["--canary-a"])
    after = workload([same, {**old, "value": "canary-other"}, new, {"name": "R", "valueFrom": {"x": "shown"}}], ["--b"])
    shown = object_diff(KubeObject(before), KubeObject(after), ObjectRedactor())
    assert "canary" not in str(shown) and "image: r.example.com/agent:1" in shown["after"]
    assert "args:\n        - (hidden, changed)\n        command:\n        - (hidden)\n" in shown["after"]
    assert "name: SAME\n          value: (hidden)\n" in shown["after"] and "x: shown" in shown["after"]
    assert "name: OLD\n          value: (hidden, changed)\n" in shown["after"]
    assert "changed" not in shown["before"]


def test_the_diff_of_a_configmap_shows_only_its_keys():
    before, after = (KubeObject(thing(data={"a": text, "b": "canary"}, binaryData={"c": text})) for text in ("x", "y"))
    shown = object_diff(before, after, ObjectRedactor())
    assert "a: (hidden, changed)\n  b: (hidden)\n" in shown["after"] and "c: (hidden, changed)" in shown["after"]
    assert "canary" not in str(shown)


def test_values_of_configmaps_and_workloads_are_redacted_in_messages_but_not_names():
    config = thing("ConfigMap", "proxy-agent", "n", data={"id": "canary-config", "name": "proxy-agent"})
    item = workload([{"name": "X", "value": "canary-env"}], ["--canary-arg"])
    redactor = object_redactor([KubeObject(config), KubeObject(item)])
    said = 'deployments "proxy-agent" with canary-config canary-env --canary-arg agent:1'
    assert redactor.redact(said) == 'deployments "proxy-agent" with ******** ******** ******** agent:1'


def test_many_secrets_in_a_large_object_are_hidden_in_linear_time():
    redactor = object_redactor([KubeObject(secret(data={str(n): b64(f"{LONG}{n}") for n in range(20_000)}))])
    began = time.monotonic()
    shown = object_diff(None, KubeObject(thing(spec={"x": ["abcdefghij" * 10] * 10_000})), redactor)
    assert time.monotonic() - began < 20
    assert "abcdef" not in shown["after"] and "********" in shown["after"]


@pytest.mark.parametrize("kind", ["Deployment", "Secret", "Namespace"])
def test_values_of_annotations_are_not_shown(kind):
    def made(**annotations):
        item = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "annotations": annotations}}
        pods = {"metadata": {"annotations": annotations, "labels": {"app": "shown"}}}
        return KubeObject({**item, "spec": {"template": pods}} if kind == "Deployment" else item)

    checksum = {"huaweicloud.hss/checksum": "0a1b"}
    shown = object_diff(made(note=LONG, old=LONG), made(note=f"{LONG} 2", old=LONG, **checksum), ObjectRedactor())
    assert LONG not in str(shown) and "note: (hidden)" in shown["before"]
    assert "note: (hidden, changed)" in shown["after"] and "old: (hidden)" in shown["after"]
    assert "huaweicloud.hss/checksum: 0a1b" in shown["after"]
