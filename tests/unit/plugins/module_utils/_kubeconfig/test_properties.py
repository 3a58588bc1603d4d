# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of every kubeconfig: canonical text, no credential of others, no secret in an error."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from kubeconfigs import Authority, b64, certificate_user, key_pem

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

CA, EXPIRED_CA = Authority(), Authority("old", days=-1)
ISSUED = [CA.issue(f"admin-{number}") for number in range(4)]
SECRET = st.text("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=24, max_size=60)
PIECE = 8


def logins(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """A user who can log in; no two of different numbers share a secret."""
    certificate = certificate_user(ISSUED[number])
    token = SECRET.map(lambda secret: {"token": f"{number}{secret}"})
    return st.just(certificate) | token | token.map(lambda user: {**user, **certificate})


def useless(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """A user who cannot, for all sorts of reasons."""
    issued, secret = ISSUED[number], SECRET.map(lambda secret: f"{number}{secret}")
    data = ("client-certificate-data", "client-key-data")
    encrypted = b64(key_pem(issued.key, password=b"pass"))
    return st.one_of(
        secret.map(lambda s: {"username": "admin", "password": s}),
        secret.map(
            lambda s: {"exec": {"command": "aws", "args": ["get-token", s], "env": [{"name": "K", "value": s}]}}
        ),
        secret.map(lambda s: {"auth-provider": {"name": "oidc", "config": {"refresh-token": s}}}),
        secret.map(lambda s: {"token": [s]}),
        secret.map(lambda s: {"token": {s: s}}),
        secret.map(lambda s: {"token": f"{s} {s}"}),
        secret.map(lambda s: {"client-certificate-data": s, "client-key-data": s}),
        secret.map(lambda s: {"client-key": "/etc/key", "client-key-data": s}),
        st.just({data[0]: b64(issued.pem), data[1]: b64(ISSUED[number - 1].key_pem)}),
        st.just({data[0]: b64(issued.pem), data[1]: encrypted}),
        st.just({data[0]: issued.pem.decode(), data[1]: issued.key_pem.decode()}),
        st.just({data[0]: b64(issued.pem)[:-9], data[1]: b64(issued.key_pem)[:-7]}),
        st.just({data[0]: b64(issued.key_pem), data[1]: b64(issued.pem)}),
        st.just({data[1]: b64(issued.key_pem)}),
        st.just({}),
    )


@st.composite
def clusters(draw) -> dict[str, Any]:
    made = {"server": draw(st.sampled_from(["https://10.0.0.1:6443", "https://127.0.0.1:6443", "https://a.b.c"]))}
    ca = draw(st.sampled_from([CA.pem, EXPIRED_CA.pem + CA.pem, EXPIRED_CA.pem, b"x", None]))
    if ca:
        made["certificate-authority-data"] = b64(ca)
    if draw(st.booleans()):
        made["proxy-url"] = f"http://user:{draw(SECRET)}@10.0.0.9:3128"
    if draw(st.booleans()):
        made["tls-server-name"] = "kubernetes"
    return made


@st.composite
def documents(draw, broken: bool = True) -> dict[str, Any]:
    """A merged kubeconfig of up to four clusters, each with a user of its own."""
    count = draw(st.integers(1, len(ISSUED)))
    numbers = range(count)
    users = [draw(logins(number) | useless(number)) if broken else draw(logins(number)) for number in numbers]
    own = {"server": "https://10.0.0.1:6443", "certificate-authority-data": b64(CA.pem)}
    return {
        "apiVersion": "v1",
        "kind": draw(st.sampled_from(["Config", "Config", "Secret"])) if broken else "Config",
        "clusters": [{"name": f"c{n}", "cluster": draw(clusters()) if broken else dict(own)} for n in numbers],
        "contexts": [{"name": f"x{n}", "context": {"cluster": f"c{n}", "user": f"u{n}"}} for n in numbers],
        "current-context": f"x{draw(st.integers(0, count if broken else count - 1))}",
        "preferences": {},
        "users": [{"name": f"u{n}", "user": user} for n, user in zip(numbers, users, strict=True)],
    }


def shuffled(draw, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(draw, value[key]) for key in draw(st.permutations(list(value)))}
    return [shuffled(draw, item) for item in value] if isinstance(value, list) else value


@st.composite
def writings(draw, found: dict[str, Any]) -> str | bytes:
    """One of the many ways to write a document."""
    found = shuffled(draw, found)
    if draw(st.booleans()):
        text = json.dumps(found, indent=draw(st.sampled_from([None, 2, "\t"])))
    else:
        text = yaml.dump(
            found,
            Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
            sort_keys=False,
            default_flow_style=draw(st.sampled_from([False, None, True])),
            default_style=draw(st.sampled_from([None, '"', "'"])),
            width=draw(st.sampled_from([80, 10**6])),
            indent=draw(st.integers(2, 6)),
        )
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    encoding = draw(st.sampled_from([None, "utf-8", "utf-8-sig", "utf-16"]))
    return text.encode(encoding) if encoding else text


POLICIES = st.builds(
    KubeconfigPolicy,
    context=st.sampled_from([None, "x0", "x1", "gone"]),
    server=st.sampled_from([None, "10.0.0.7", "https://api.example.com", "https://127.0.0.1"]),
    tls_server_name=st.sampled_from([None, "kubernetes", "a b"]),
)


def outcome(content: str | bytes, policy: KubeconfigPolicy) -> Kubeconfig | tuple[str, str]:
    try:
        return canonicalize(content, policy, now=NOW)
    except KubeconfigError as error:
        return error.field, error.reason


NOW = ISSUED[0].certificate.not_valid_before_utc.timestamp() + 86_400


def secrets_of(value: Any, key: str = "") -> set[str]:
    """What is random in it, and certificates and keys: not the addresses, not the names of fields."""
    if isinstance(value, dict):
        unknown = {name for name in value if name.isalnum() and len(name) > 20}
        return unknown.union(*(secrets_of(part, name) for name, part in value.items()))
    if isinstance(value, list):
        return set().union(*(secrets_of(part, key) for part in value))
    if key == "proxy-url":
        return {value.partition("user:")[2].partition("@")[0]}
    return {value} if isinstance(value, str) and key != "server" and len(value) > 20 else set()


def pieces(text: str) -> set[str]:
    return {text[at : at + PIECE] for at in range(len(text) - PIECE + 1)}


@settings(max_examples=100, deadline=None)
@given(data=st.data(), policy=POLICIES)
def test_equivalent_kubeconfigs_have_the_same_result(data, policy):
    found = data.draw(documents())
    one, other = (data.draw(writings(found)) for _time in range(2))
    assert outcome(one, policy) == outcome(other, policy)
    assert sorted(set(secret_values(one))) == sorted(set(secret_values(other)))


@settings(max_examples=100, deadline=None)
@given(data=st.data(), policy=POLICIES)
def test_the_result_is_idempotent(data, policy):
    config = outcome(data.draw(documents(broken=False).flatmap(writings)), policy)
    if isinstance(config, Kubeconfig):
        again = outcome(config.text, KubeconfigPolicy(server=config.server, tls_server_name=policy.tls_server_name))
        assert isinstance(again, Kubeconfig)
        assert (again.text, again.server, again.certificate_expiration_date) == (
            config.text,
            config.server,
            config.certificate_expiration_date,
        )
        assert yaml.safe_load(config.text)["clusters"][0]["cluster"]["server"] == config.server


@settings(max_examples=100, deadline=None)
@given(data=st.data(), policy=POLICIES)
def test_a_result_holds_no_credential_of_another_user_or_cluster(data, policy):
    found = data.draw(documents())
    config = outcome(data.draw(writings(found)), policy)
    if not isinstance(config, Kubeconfig):
        return
    number = int(config.context[1:])
    others = copy.deepcopy(found)
    mine = [others[section].pop(number) for section in ("users", "clusters")]
    # What begins every PEM is everybody's, and so is a CA that two clusters share.
    theirs, own = ("\n".join(secrets_of(part)) for part in ([others["users"], others["clusters"]], mine))
    pieces = {theirs[at : at + 24] for at in range(len(theirs) - 23)}
    assert [piece for piece in pieces if piece in config.text and "\n" not in piece and piece not in own] == []
    assert {entry["name"] for entry in yaml.safe_load(config.text)["users"]} == {f"u{number}"}


@st.composite
def damaged(draw, text: str) -> str:
    """As an editor, a terminal or a full disk leaves it."""
    for _time in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        filling = draw(
            st.sampled_from(["", "\n", "\t", ":", "- ", '"', "'", "[", "}", " ", "&a ", "*a", "|", "\0", "é"])
        )
        text = text[:start] + filling + text[end:]
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


@settings(max_examples=250, deadline=None)
@given(data=st.data(), policy=POLICIES)
def test_no_error_and_no_warning_holds_eight_characters_of_a_secret(data, policy):
    found = data.draw(documents())
    content = data.draw(writings(found))
    if isinstance(content, str) and data.draw(st.booleans()):
        content = data.draw(damaged(content))
    result = outcome(content, policy)
    said = list(result) if isinstance(result, tuple) else [*result.edit_warnings, *result.upload_warnings, repr(result)]
    secrets = "\n".join(secrets_of([found["users"], found["clusters"]]))
    assert [piece for text in said for piece in pieces(text) if piece in secrets] == []


def written_as_yaml(found: dict[str, Any]) -> str:
    return yaml.dump(found, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), width=10**6)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_whole_secrets_in_a_damaged_text_are_found(data):
    """Of those that stand on one line, and long enough to be recognised."""
    found = data.draw(documents(broken=False))
    text = data.draw(damaged(json.dumps(found) if data.draw(st.booleans()) else written_as_yaml(found)))
    known = "\n".join(secret_values(text))
    for secret in secrets_of(found["users"]):
        assert secret not in text or secret in known
