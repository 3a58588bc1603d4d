# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests which values are placeholders or encoded tokens instead of credentials, and what the refusal recommends."""

from __future__ import annotations

import base64
import json

import pytest
import yaml
from kubeconfigs import Authority, b64, certificate_user, document, edited, jwt, now

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

CA = Authority()
ADMIN = CA.issue("kubernetes-admin")
GOOD = document("https://10.0.0.1:6443", CA.pem, certificate_user(ADMIN))
USER = "users[0].user"
JWT = jwt(exp=now() + 86_400, sub="system:serviceaccount:kube-system:hss")

KUBECTL = dict.fromkeys(("REDACTED", "DATA+OMITTED", "DATA OMITTED", "redacted"), "kubectl config view --raw")
ANSIBLE = dict.fromkeys(["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********"], "Ansible prints in place of a secret")
TEMPLATES = dict.fromkeys(
    [
        "${TOKEN}",
        "$TOKEN",
        "$(cat token)",
        "<token>",
        "<paste the token here>",
        "{{ token }}",
        "{{token}}",
        "{{ lookup('env', 'TOKEN') }}",
        "{% raw %}",
        "%TOKEN%",
        "__TOKEN__",
        "@TOKEN@",
        "undefined",
        "null",
        "None",
        "nil",
        "changeme",
        "CHANGE_ME",
        "todo",
        "your-token-here",
        "xxxxxxxx",
        "XXX",
        "---",
        "certificate here",
        "your client's certificate",
    ],
    "is a placeholder",
)
CUT = dict.fromkeys(["eyJhbGciOi...", "eyJhbGciOi…", "LS0tLS1CRUdJTiBDR...LS0tCg=="], "is cut short")
PLACEHOLDERS = {**KUBECTL, **ANSIBLE, **TEMPLATES, **CUT}
FIELDS = [f"{USER}.{name}" for name in ("token", "client-certificate-data", "client-key-data")]
FIELDS += ["clusters[0].cluster.certificate-authority-data"]


def refusal(content: str, field: str) -> str:
    with pytest.raises(KubeconfigError) as caught:
        canonicalize(content, KubeconfigPolicy())
    assert caught.value.field == field
    return caught.value.reason


def with_token(token: str) -> str:
    return json.dumps(edited(GOOD, {USER: {"token": token}}))


def accepted(token: str) -> Kubeconfig:
    config = canonicalize(with_token(token), KubeconfigPolicy())
    assert yaml.safe_load(config.text)["users"][0]["user"] == {"token": token}
    return config


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("value", "reason"), PLACEHOLDERS.items(), ids=PLACEHOLDERS)
def test_a_placeholder_is_refused_in_every_field_of_a_credential(field, value, reason):
    assert reason in refusal(json.dumps(edited(GOOD, {field: value})), field)


@pytest.mark.parametrize("value", [*KUBECTL, "undefined"])
def test_a_placeholder_in_a_token_file_is_refused(value):
    content = json.dumps(edited(GOOD, {USER: {"tokenFile": "token"}}))
    with pytest.raises(KubeconfigError) as caught:
        canonicalize(content, KubeconfigPolicy(), lambda _path: value.encode() + b"\n")
    assert caught.value.field == f"{USER}.tokenFile"


@pytest.mark.parametrize(
    "token",
    [
        "sha256~REDACTED",
        "redacted-by-us-7",
        "undefined1",
        "nullnull",
        "token-abcde",
        "kubeconfig-u-abcde:" + "x" * 54,
        "abcdef.0123456789abcdef",
        "a..b",
        "xx",
        "x_y",
        "TOKEN__",
    ],
)
def test_a_token_that_only_resembles_a_placeholder_is_accepted(token):
    accepted(token)


@pytest.mark.parametrize("value", [*KUBECTL, "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"])
def test_the_placeholders_of_kubectl_and_ansible_are_not_secrets(value):
    """Otherwise the message that names them would be redacted."""
    assert secret_values(with_token(value)) == []


@pytest.mark.parametrize("value", ["changeme", "undefined", "${TOKEN}"])
def test_a_placeholder_that_may_be_a_password_is_a_secret(value):
    assert secret_values(json.dumps(edited(GOOD, {USER: {"password": value}}))) == [value]


# --- tokens in another encoding ---------------------------------------------------------------------------------------


def encoded(text: str) -> str:
    return b64(text.encode())


BASE64 = {
    "a JWT": encoded(JWT),
    "a JWT and a line end": encoded(JWT + "\n"),
    "a JWT without padding": encoded(JWT + "  ").rstrip("="),
    "a JWT in URL-safe base64": base64.urlsafe_b64encode(JWT.encode()).decode(),
    "a JWT twice": encoded(encoded(JWT)),
    "the example of a Secret": "ZXlKaGJHY2lPaUpTVXpJMU5pSjkuZXlKemRXSWlPaUo0SW4wLmMybG4=",
    "OpenShift's": encoded("sha256~" + "A1b2C3d4" * 5),
    "Rancher's": encoded("kubeconfig-u-abcde:qwertzuiop"),
    "a bootstrap token": encoded("abcdef.0123456789abcdef"),
}


@pytest.mark.parametrize("token", BASE64.values(), ids=BASE64)
def test_a_token_in_base64_is_refused(token):
    reason = refusal(with_token(token), f"{USER}.token")
    assert "is a token in base64" in reason and "b64decode" in reason


@pytest.mark.parametrize("text", ['{"kind":"ExecCredential","status":{"token":"a"}}', '["a"]', f'"{JWT}"'])
def test_json_is_not_a_token_plain_or_in_base64(text):
    assert "is JSON" in refusal(with_token(text), f"{USER}.token")
    assert "is JSON in base64" in refusal(with_token(encoded(text)), f"{USER}.token")


def test_the_name_of_the_header_is_not_part_of_a_token():
    assert "leave out 'Bearer'" in refusal(with_token(f"Bearer {JWT}"), f"{USER}.token")


@pytest.mark.parametrize("text", ["3f1d0c7be1d34d0d9c0b3c8a4d7ac0de", "an-opaque-token-of-someone"])
def test_the_base64_of_another_text_is_accepted_with_a_warning(text):
    """It may be a token as it is: nothing but its length tells it from the base64 of one."""
    warnings = accepted(encoded(text)).upload_warnings
    assert any("decode it" in warning for warning in warnings)


@pytest.mark.parametrize(
    "token", [JWT, "sha256~" + "A1b2C3d4" * 5, "QUJD+/==", b64(bytes(range(128, 160))), encoded("short"), "a.b.c"]
)
def test_an_ordinary_token_is_accepted_without_a_warning(token):
    assert not any("decode it" in warning for warning in accepted(token).upload_warnings)


@pytest.mark.parametrize("field", ["client-certificate-data", "client-key-data"])
def test_data_in_base64_twice_is_named(field):
    twice = b64(certificate_user(ADMIN)[field].encode())
    assert "in base64 twice" in refusal(json.dumps(edited(GOOD, {f"{USER}.{field}": twice})), f"{USER}.{field}")
