# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the messages about content that is given in place of the text of a kubeconfig."""

from __future__ import annotations

import gzip
import json
import textwrap

import pytest
import yaml
from kubeconfigs import ABSENT, Authority, b64, certificate_user, document, edited, jwt

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
    referenced_files,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

CA = Authority()
GOOD = document("https://10.0.0.1:6443", CA.pem, certificate_user(CA.issue("kubernetes-admin")))
TEXT = yaml.safe_dump(GOOD)
USER, CLUSTER = "users[0].user", "clusters[0].cluster"
PATH = "lookup('ansible.builtin.file', PATH)"
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop-kubeconfig"}, "data": {"value": b64(b"x")}}


def refusal(content) -> KubeconfigError:
    with pytest.raises(KubeconfigError) as caught:
        canonicalize(content, KubeconfigPolicy())
    return caught.value


PATHS = [
    "/etc/kubernetes/admin.conf",
    "~/.kube/config",
    "~root/.kube/config",
    "./shop.kubeconfig",
    "../shop",
    "files/shop.yaml",
    "shop.kubeconfig",
    "/a path/with spaces.yml\n",
    "/etc/kubernetes/adminconf",
    "$HOME/.kube/config",
    "${HOME}/.kube/config",
    "file:///etc/kubernetes/admin.conf",
    r"C:\Users\me\.kube\config",
    "C:/Users/me/.kube/config",
    r"\\server\share\config",
    r"%USERPROFILE%\.kube\config",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_named_with_what_reads_it(path):
    reason = refusal(path).reason
    assert "is a path" in reason and PATH in reason and "kubeconfig_info" in reason


RESULTS = {
    "kube_config": {"changed": False, "kube_config": TEXT, "server": "https://10.0.0.1:6443"},
    "content": {"changed": False, "content": b64(TEXT.encode()), "encoding": "base64", "source": "/a"},
    "stdout": {"changed": True, "rc": 0, "stdout": TEXT, "stdout_lines": TEXT.splitlines()},
    "resources": {"changed": False, "api_found": True, "resources": [SECRET]},
    "results": {"changed": False, "results": [{"kube_config": TEXT}]},
    "kubeconfig": {"changed": False, "kubeconfig": TEXT},
    "json": {"changed": False, "status": 200, "json": GOOD},
}
OTHERS = {
    "base64": (b64(TEXT.encode()), "is base64", "b64decode"),
    "base64 on lines": ("\n".join(textwrap.wrap(b64(TEXT.encode()), 76)), "is base64", "b64decode"),
    "base64 of JSON": (b64(json.dumps(GOOD).encode()), "is base64", "b64decode"),
    "base64 with a BOM": (b64(b"\xef\xbb\xbf" + TEXT.encode()), "is base64", "b64decode"),
    "base64 twice": (b64(b64(TEXT.encode()).encode()), "is base64", "b64decode"),
    "base64 of a compressed text": (b64(gzip.compress(TEXT.encode())), "is base64 of compressed data"),
    "a token": (jwt(sub="a"), "is a token"),
    "an address": ("https://10.0.0.1:6443", "is an address"),
    "a page": ("<!DOCTYPE html>\n<html><body>Login</body></html>", "is an HTML page"),
    "a certificate": (CA.pem, "is a certificate or a key in PEM"),
    "a vaulted text": ("$ANSIBLE_VAULT;1.1;AES256\n6162", "is encrypted with Ansible Vault"),
    "an empty variable": ("{{ kubeconfig }}", "is a placeholder"),
    "an undefined variable": ("undefined", "is a placeholder"),
    "a text in quotes": (json.dumps(TEXT), "is the text of a kubeconfig in quotes", "from_json"),
    "escaped line ends": (TEXT.replace("\n", r"\n"), r"holds \n in place of line ends"),
    "lines": (json.dumps(TEXT.splitlines()), "is a list of lines", "stdout"),
    "a list of Secrets": (json.dumps([SECRET]), "is a list of Secrets", "b64decode"),
    "a list of kubeconfigs": (json.dumps([GOOD]), "is a list", "each on its own"),
    "Secrets": (json.dumps({"kind": "List", "apiVersion": "v1", "items": [SECRET]}), "is a list of Secrets"),
    "an empty kubeconfig": (
        "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\ncurrent-context: ''\n",
        "has no clusters, contexts and users",
        "found no file",
    ),
    "anything else": ("a: b", "has no clusters, contexts and users"),
    "a word": ("word", "is not a mapping with clusters"),
    "a list of words": ('["a b", 5]', "is not a mapping with clusters"),
}


@pytest.mark.parametrize(("content", "reasons"), [(case[0], case[1:]) for case in OTHERS.values()], ids=OTHERS)
def test_other_content_is_named_with_the_remedy(content, reasons):
    error = refusal(content)
    assert error.field == "kubeconfig"
    for reason in reasons:
        assert reason in error.reason


@pytest.mark.parametrize("field", RESULTS)
@pytest.mark.parametrize("form", [json.dumps, str])
def test_a_whole_result_is_named_with_its_field(field, form):
    reason = refusal(form(RESULTS[field])).reason
    assert "is the whole result of a task" in reason and f"RESULT.{field}" in reason


def test_a_result_without_a_kubeconfig_is_named():
    assert "is the result of a task" in refusal(json.dumps({"changed": False, "msg": "hello"})).reason


@pytest.mark.parametrize(
    ("data", "field"), [({"value": b64(TEXT.encode())}, "value"), ({"a": "", "config": b64(TEXT.encode())}, "config")]
)
def test_a_secret_is_named_with_the_field_that_holds_the_kubeconfig(data, field):
    error = refusal(json.dumps({**SECRET, "data": data}))
    assert error.field == "kind"
    assert f"SECRET.data['{field}'] | b64decode" in error.reason


def test_a_secret_without_a_kubeconfig_is_named():
    error = refusal(json.dumps(SECRET))
    assert "is Secret" in error.reason and "data" in error.reason


@pytest.mark.parametrize("name", ["kubeconfig", "content", "stdout", "resources", "data", "kube_config", "items"])
def test_a_kubeconfig_with_such_a_field_beside_its_own_is_accepted(name):
    assert canonicalize(json.dumps({**GOOD, name: "x"}), KubeconfigPolicy()).server == "https://10.0.0.1:6443"


def test_no_content_is_quoted():
    for content in ("/home/me/opensesame", "opensesame: opensesame", b64(b"opensesame" * 9), "https://opensesame"):
        assert "opensesame" not in str(refusal(content))


# --- paths of another machine inside a kubeconfig ---------------------------------------------------------------------

WINDOWS = [r"C:\Users\me\.minikube\ca.crt", "d:/minikube/ca.crt", r"\\server\share\ca.crt"]


@pytest.mark.parametrize("path", WINDOWS)
@pytest.mark.parametrize("files", [None, lambda _path: CA.pem])
def test_a_path_of_windows_is_refused_wherever_the_kubeconfig_is_read(path, files):
    changes = {f"{CLUSTER}.certificate-authority-data": ABSENT, f"{CLUSTER}.certificate-authority": path}
    content = json.dumps(edited(GOOD, changes))
    with pytest.raises(KubeconfigError) as caught:
        canonicalize(content, KubeconfigPolicy(), files)
    assert caught.value.field == f"{CLUSTER}.certificate-authority"
    assert "is a path on Windows" in caught.value.reason and "--flatten" in caught.value.reason
    assert referenced_files(content, None) == []


@pytest.mark.parametrize("path", ["pki/ca.crt", "/etc/kubernetes/pki/ca.crt", "c:ca.crt", "a\\b"])
def test_any_other_path_is_read(path):
    changes = {f"{CLUSTER}.certificate-authority-data": ABSENT, f"{CLUSTER}.certificate-authority": path}
    content = json.dumps(edited(GOOD, changes))
    assert canonicalize(content, KubeconfigPolicy(), lambda _path: CA.pem).server == "https://10.0.0.1:6443"
    assert referenced_files(content, None) == [path]


# --- logins that need a program ---------------------------------------------------------------------------------------

PROGRAMS = {
    "aws": "Amazon EKS",
    "/usr/local/bin/aws-iam-authenticator": "Amazon EKS",
    "gke-gcloud-auth-plugin": "Google GKE",
    r"C:\tools\kubelogin.exe": "Azure AKS",
    "kubectl": "",
}


@pytest.mark.parametrize(("command", "service"), PROGRAMS.items())
def test_a_program_that_logs_in_is_named_with_the_way_out(command, service):
    error = refusal(json.dumps(edited(GOOD, {USER: {"exec": {"command": command}}})))
    assert error.field == f"{USER}.exec"
    assert "hss_onboard_service_account" in error.reason
    assert service in error.reason


@pytest.mark.parametrize(("name", "service"), [("gcp", "Google GKE"), ("azure", "Azure AKS"), ("oidc", "")])
def test_a_provider_that_logs_in_is_named_with_the_way_out(name, service):
    error = refusal(json.dumps(edited(GOOD, {USER: {"auth-provider": {"name": name}}})))
    assert "hss_onboard_service_account" in error.reason and service in error.reason


def test_azure_has_a_kubeconfig_with_a_certificate_too():
    error = refusal(json.dumps(edited(GOOD, {USER: {"exec": {"command": "kubelogin"}}})))
    assert "az aks get-credentials --admin" in error.reason
