# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that the secrets of all users are found in any text, and nothing that messages need."""

from __future__ import annotations

import json
import textwrap

import pytest
import yaml
from kubeconfigs import Authority, b64, certificate_user, document, edited, k3s, kubeadm

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.secrets import secret_values

CA = Authority()
ADMIN = CA.issue("kubernetes-admin")
USERS = {
    "certificate": certificate_user(ADMIN),
    "token": {"token": "sha256~abcdefgh"},
    "basic": {"username": "admin", "password": "opensesame"},
    "exec": {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "/usr/bin/aws",
            "args": ["get-token", "--secret=swordfish"],
            "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "wJalrXUtnFEMI"}],
            "installHint": "please install aws",
            "interactiveMode": "IfAvailable",
        }
    },
    "provider": {
        "auth-provider": {"name": "oidc", "config": {"id-token": "eyJh.eyJz.c2ln", "client-secret": "notsecret?"}}
    },
    "files": {"client-certificate": "/pki/a.crt", "client-key": "/pki/a.key", "tokenFile": "/var/run/token"},
    "other": {"as": "jane-the-admin", "as-groups": ["developers"], "extensions": [{"extension": {"x": "extended!"}}]},
}
GOOD = document("https://10.0.0.1:6443", CA.pem, {})
MANY = edited(GOOD, {"users": [{"name": f"name-of-{name}", "user": user} for name, user in USERS.items()]})
SECRET = [
    *certificate_user(ADMIN).values(),
    *("sha256~abcdefgh", "opensesame", "get-token", "--secret=swordfish", "wJalrXUtnFEMI", "eyJh.eyJz.c2ln"),
    *("notsecret?", "extended!"),
]


def test_secrets_are_the_values_of_every_user_without_names_and_paths():
    assert sorted(secret_values(json.dumps(MANY))) == sorted(SECRET)


def test_secrets_are_found_in_the_kubeconfigs_of_distributions():
    for text in (kubeadm("https://10.0.0.1:6443"), k3s()):
        user = yaml.safe_load(text)["users"][0]["user"]
        assert sorted(secret_values(text)) == sorted(user.values())


@pytest.mark.parametrize("user_info", ["proxy-user:hunter%2312", "hunter%2312"])
def test_the_password_in_an_address_is_a_secret_encoded_and_decoded(user_info):
    for field in ("proxy-url", "server"):
        content = json.dumps(edited(MANY, {f"clusters[0].cluster.{field}": f"http://{user_info}@10.0.0.9:3128"}))
        assert {*secret_values(content)} == {*SECRET, "hunter%2312", "hunter#12"}


UNUSABLE = {
    "another kind of file": json.dumps(MANY | {"kind": "Secret"}),
    "several documents": "a: b\n---\n" + json.dumps(MANY) + "\n---\n" + json.dumps(GOOD),
    "keys twice": yaml.safe_dump(MANY) + "users: []\n",
    "a mapping of users": json.dumps(MANY | {"users": {"a": MANY["users"]}}),
    "anchors": yaml.safe_dump({"parts": [entry["user"] for entry in MANY["users"]]}).replace("parts:", "parts: &parts")
    + "users: *parts\n",
    "merge keys": yaml.safe_dump({"users": MANY["users"]}).replace("    ", "  ").replace("user:", "user: {}\n  <<:"),
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_secrets_are_found_in_an_invalid_kubeconfig(content):
    assert {*SECRET} <= {*secret_values(content)}


def test_a_binary_value_is_a_secret_encoded_and_decoded():
    written = b64(b"opensesame-and-more")
    assert secret_values(f"users: [{{user: {{token: !!binary {written}}}}}]") == [written, "opensesame-and-more"]
    assert secret_values("users: [{user: {token: !!binary opensesame}}]") == ["opensesame"]


NUMBERS = ["12345678", "0x12345678", "1e10", "true", "12:34:56", "2026-01-01"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_without_quotes_is_a_secret(number):
    assert secret_values(f"users: [{{name: a, user: {{password: {number}}}}}]") == [number]


@pytest.mark.parametrize("key", ["token", "password", "client-secret", "id-token", "refresh-token", "access-token"])
def test_a_secret_is_found_at_any_position(key):
    assert secret_values(f"clusters: [{{{key}: opensesame}}]") == ["opensesame"]
    assert secret_values("clusters: [{server: opensesame}]") == []


def test_base64_is_a_secret_without_line_ends_as_well():
    value = certificate_user(ADMIN)["client-key-data"]
    lines = "\n".join(textwrap.wrap(value, 64))
    found = secret_values(json.dumps(edited(GOOD, {"users[0].user.client-key-data": lines})))
    assert found == [lines, value]


def test_secrets_include_those_of_the_upload():
    """There the PEM is written anew, so that other characters stand in its base64."""
    beside = (b"# key\r\n" + ADMIN.key_pem + ADMIN.pem).replace(b"\n", b"\r\n")
    user = {"client-certificate-data": b64(beside), "client-key-data": b64(beside)}
    content = json.dumps(edited(GOOD, {"users[0].user": user}))
    uploaded = yaml.safe_load(canonicalize(content, KubeconfigPolicy()).text)["users"][0]["user"]
    assert {*uploaded.values()} == {*certificate_user(ADMIN).values()}
    assert {*user.values(), *uploaded.values()} <= {*secret_values(content)}


LONG = [value for value in SECRET if len(value) >= 24]
NAMED = ["sha256~abcdefgh", "opensesame", "eyJh.eyJz.c2ln", "notsecret?"]
BROKEN = {
    "YAML that goes on": yaml.safe_dump(MANY) + "\n\t]",
    "JSON that is cut": json.dumps(MANY)[:-1],
    "indented JSON that is cut": json.dumps(MANY, indent=2)[:-1],
    "flow style that is cut": yaml.safe_dump(MANY, default_flow_style=True, width=10**6).rstrip()[:-1],
    "single quotes": yaml.safe_dump(MANY, default_style="'") + "]",
    "literal blocks": yaml.safe_dump(MANY, default_style="|", width=10**6).replace('"', "") + "]",
    "folded lines": yaml.safe_dump(MANY, default_style='"', width=60) + "]",
    "UTF-16": b"\xff\xfe" + (yaml.safe_dump(MANY) + "]").encode("utf-16-le"),
    "Latin-1": ("# schön\n" + yaml.safe_dump(MANY)).encode("latin-1"),
    "zeros": yaml.safe_dump(MANY) + "\0",
    "too deep": yaml.safe_dump(MANY) + "x: " + "[" * 50,
}


@pytest.mark.parametrize("name", BROKEN)
def test_secrets_are_guessed_in_a_text_that_cannot_be_parsed(name):
    found = "\n".join(secret_values(BROKEN[name]))
    pieces = [value[at : at + 40] for value in LONG for at in range(0, len(value) - 40, 40)]
    if name in ("folded lines", "literal blocks"):  # lines break anywhere in the former, and in front in the latter
        pieces, named = [value[at : at + 24] for value in LONG for at in range(0, 24, 24)], []
    else:
        named = NAMED
    assert [secret for secret in pieces + named if secret not in found] == []


@pytest.mark.parametrize(
    "content", ["", "a: b", "[", b"\xff\xfe", b"\x00", "users: 5", "users: [5]", "- - -", "\ud800"]
)
def test_any_text_can_be_searched(content):
    assert len(secret_values(content)) <= 1


def test_any_label_of_pem_can_be_searched():
    value = b64("-----BEGIN ÄPRIVATE KEY-----\nQUJD\n-----END ÄPRIVATE KEY-----\n".encode("latin-1"))
    assert value in secret_values(f"users: [{{user: {{client-key-data: {value}}}}}]")
