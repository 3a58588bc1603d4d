# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the reduction of a kubeconfig to one self-contained context, or the field and the reason of its refusal."""

from __future__ import annotations

import json

import pytest
import yaml
from kubeconfigs import ABSENT, DAY, Authority, b64, certificate_user, document, edited, jwt, k3s, kubeadm, now

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.dates import utc_text
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    MAX_SELECTED_BYTES,
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
    original_server,
    referenced_files,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

CA = Authority()
ADMIN, OTHER = CA.issue("kubernetes-admin", ["kubeadm:cluster-admins"]), CA.issue("another")
CLUSTER, CONTEXT, USER = "clusters[0].cluster", "contexts[0].context", "users[0].user"
GOOD = document("https://10.0.0.1:6443", CA.pem, certificate_user(ADMIN))
FILES = {
    "pki/ca.crt": CA.pem,
    "pki/admin.crt": ADMIN.pem,
    "pki/admin.key": ADMIN.key_pem,
    "other.crt": OTHER.pem,
    "token": jwt(exp=now() + 90 * DAY).encode() + b"\n",
    "empty": b" \n",
    "passwd": b"root:x:0:0:root:/root:/bin/bash\n",
    "large": b"x" * (MAX_SELECTED_BYTES + 1),
    "umlaut": "schlüssel".encode("latin-1"),
    "two lines": b"one\ntwo\n",
    "shadow": b"root:$y$j9T$abc$def:19000:0:99999:7:::\n",
}
TOKEN = FILES["token"].decode().strip()


def read_file(path: str) -> bytes:
    if path not in FILES:
        raise KubeconfigError("", f"{path}, which it refers to, does not exist")
    return FILES[path]


def accepted(changes: dict | None = None, files=None, **policy) -> Kubeconfig:
    return canonicalize(json.dumps(edited(GOOD, changes or {})), KubeconfigPolicy(**policy), files)


def part(config: Kubeconfig, section: str) -> dict:
    """The one cluster, context or user of the result."""
    (entry,) = yaml.safe_load(config.text)[f"{section}s"]
    return entry[section]


def refuse(changes: dict, where: str, *reasons: str, files=None, **policy) -> KubeconfigError:
    with pytest.raises(KubeconfigError) as caught:
        accepted(changes, files, **policy)
    assert caught.value.field == where
    for reason in reasons:
        assert reason in caught.value.reason
    return caught.value


def test_the_kubeconfigs_of_distributions_are_accepted():
    assert canonicalize(kubeadm("https://10.0.0.1:6443"), KubeconfigPolicy()).server == "https://10.0.0.1:6443"
    assert canonicalize(k3s(), KubeconfigPolicy(server="10.0.0.1")).server == "https://10.0.0.1:6443"


# --- choosing ---------------------------------------------------------------------------------------------------------

TWO = {
    "contexts[1]": {"name": "second", "context": {"cluster": "kubernetes", "user": "kubernetes-admin"}},
}


def test_the_requested_context_or_else_the_current_one_is_selected():
    assert accepted(TWO).context == "admin@kubernetes"
    assert accepted(TWO, context="second").context == "second"
    assert accepted({**TWO, "current-context": "second"}).context == "second"
    assert accepted({**TWO, "current-context": ABSENT}, context="second").context == "second"
    assert yaml.safe_load(accepted(TWO, context="second").text)["current-context"] == "second"


@pytest.mark.parametrize("current", [ABSENT, "", None])
def test_no_context_is_guessed_even_if_there_is_only_one(current):
    refuse({"current-context": current}, "current-context", "is not set", "The file has: admin@kubernetes")


def test_a_missing_context_is_refused_with_the_names_of_the_others():
    names = "The file has: admin@kubernetes, second"
    refuse({**TWO, "current-context": "third"}, "current-context", "there is no context 'third'", names)
    refuse(TWO, "context", "there is no context 'third'", names, context="third")
    refuse({"contexts": ABSENT}, "current-context", "The file has: none")


def test_some_of_many_contexts_are_listed():
    many = [{"name": f"c{number:03}", "context": {}} for number in range(120)]
    error = refuse({"contexts": many}, "current-context", "c000, c001", "c049 and 70 more")
    assert "c050" not in error.reason


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({f"{CONTEXT}.cluster": ABSENT}, f"{CONTEXT}.cluster", "names no cluster"),
        ({f"{CONTEXT}.user": ""}, f"{CONTEXT}.user", "names no user"),
        ({CONTEXT: ABSENT}, f"{CONTEXT}.cluster", "names no cluster"),
        ({f"{CONTEXT}.cluster": "gone"}, f"{CONTEXT}.cluster", "'gone', which is not among the clusters"),
        ({f"{CONTEXT}.user": "gone"}, f"{CONTEXT}.user", "'gone', which is not among the users"),
        ({"users": ABSENT}, f"{CONTEXT}.user", "not among the users"),
        ({"clusters": None}, f"{CONTEXT}.cluster", "not among the clusters"),
        ({"users": {}}, "users", "must be a list"),
        ({"contexts": "a"}, "contexts", "must be a list"),
        ({"clusters[0]": "a"}, "clusters[0]", "must be a mapping"),
        ({"users[0]": None}, "users[0]", "must be a mapping"),
        ({"users[0].name": ABSENT}, "users[0].name", "is missing"),
        ({"users[0].name": 7}, "users[0].name", "must be text; put it in quotes"),
        ({USER: "a"}, USER, "must be a mapping"),
        ({CLUSTER: []}, CLUSTER, "must be a mapping"),
        ({"current-context": False}, "current-context", "must be text; put it in quotes"),
        ({f"{CONTEXT}.namespace": 7}, f"{CONTEXT}.namespace", "must be text; put it in quotes"),
    ],
)
def test_a_context_that_does_not_lead_to_a_cluster_and_a_user_is_refused(changes, where, reason):
    refuse(changes, where, reason)


@pytest.mark.parametrize("section", ["clusters", "contexts", "users"])
def test_a_name_used_twice_in_one_list_is_refused_and_in_two_lists_is_not(section):
    name = GOOD[section][0]["name"]
    refuse({f"{section}[1]": GOOD[section][0]}, f"{section}[1].name", f"'{name}' is used twice", "rename one")
    refuse({f"{section}[1]": {"name": name}}, f"{section}[1].name", f"'{name}' is used twice")
    accepted({f"{section}[1]": {"name": "another"}})
    same = {"clusters[0].name": "a", f"{CONTEXT}.cluster": "a", "users[0].name": "a", f"{CONTEXT}.user": "a"}
    assert part(accepted(same), "context") == {"cluster": "a", "user": "a"}


# --- cutting ----------------------------------------------------------------------------------------------------------


def test_only_the_selected_context_with_its_cluster_and_user_remains():
    others = {
        "clusters[1]": {"name": "c2", "cluster": {"server": "https://10.0.0.2", "certificate-authority": "/x"}},
        "contexts[1]": {"name": "x2", "context": {"cluster": "c2", "user": "u2"}},
        "users[1]": {"name": "u2", "user": {"token": "opaque-token-of-another"}},
        "users[2]": {"name": "u3", "user": {"exec": {"command": "aws"}}},
    }
    assert accepted(others).text == accepted().text
    assert "another" not in accepted(others).text


KEPT = {
    f"{CONTEXT}.namespace": "kube-system",
    f"{CLUSTER}.tls-server-name": "kubernetes",
    f"{CLUSTER}.proxy-url": "socks5://10.0.0.9:1080",
    f"{USER}.as": "jane",
    f"{USER}.as-uid": "42",
    f"{USER}.as-groups": ["developers", "testers"],
    f"{USER}.as-user-extra": {"example.com/scope": ["a", "b"], "reason": []},
}


@pytest.mark.parametrize("field", KEPT)
def test_fields_that_affect_the_login_are_kept(field):
    section, key = field.partition("[")[0][:-1], field.rpartition(".")[2]
    changes = {field: KEPT[field]} | ({f"{USER}.as": "jane"} if section == "user" else {})
    assert part(accepted(changes), section)[key] == KEPT[field]


DROPPED = {
    "preferences": {"colors": True},
    "extensions": [{"name": "a", "extension": {"b": "c"}}],
    "x-unknown": 1,
    f"{CLUSTER}.extensions": [{"name": "minikube.sigs.k8s.io", "extension": {"provider": "minikube.sigs.k8s.io"}}],
    f"{CLUSTER}.disable-compression": True,
    f"{CLUSTER}.x-unknown": "a",
    f"{CONTEXT}.extensions": [],
    f"{CONTEXT}.x-unknown": "a",
    f"{USER}.extensions": [{"name": "a", "extension": "b"}],
    f"{USER}.x-unknown": "a",
    f"{USER}.as-groups": [],
    f"{USER}.as-user-extra": {},
    f"{USER}.username": "",
    f"{USER}.exec": None,
    f"{CLUSTER}.certificate-authority": "",
}


@pytest.mark.parametrize("field", DROPPED)
def test_fields_that_do_not_affect_the_login_are_dropped(field):
    assert accepted({field: DROPPED[field]}).text == accepted().text


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"as-groups": ["a"]}, "as", "groups, uid or extra need a user"),
        ({"as-uid": "1"}, "as", "groups, uid or extra need a user"),
        ({"as-user-extra": {"a": ["b"]}}, "as", "groups, uid or extra need a user"),
        ({"as": ["jane"]}, "as", "must be text"),
        ({"as": "jane", "as-groups": "developers"}, "as-groups", "must be a list of text"),
        ({"as": "jane", "as-groups": [1]}, "as-groups", "must be a list of text"),
        ({"as": "jane", "as-user-extra": ["a"]}, "as-user-extra", "must be a mapping"),
        ({"as": "jane", "as-user-extra": {"a": "b"}}, "as-user-extra", "must be a list of text"),
        ({"as": "jane", "as-user-extra": {"a" * 101: ["b"]}}, "as-user-extra", "must be a mapping"),
        ({"as": "system:node:master-1"}, "as", "belongs to a node's kubelet"),
    ],
)
def test_an_invalid_impersonation_is_refused(changes, where, reason):
    refuse({f"{USER}.{key}": value for key, value in changes.items()}, f"{USER}.{where}", reason)


FILLING = "x" * 600_000  # twice this is too much


@pytest.mark.parametrize("section", ["users", "clusters"])
def test_the_size_limit_holds_for_the_selected_context_only(section):
    others = {f"{section}[1]": {"name": "another", section[:-1]: {"x": [FILLING, FILLING]}}}
    assert accepted(others).text == accepted().text
    own = f"{section}[0].{section[:-1]}.x"
    assert accepted({own: FILLING}).text == accepted().text
    refuse({own: [FILLING, FILLING]}, "kubeconfig", "the context 'admin@kubernetes'", "exceeds 1 MiB")


def test_the_limit_holds_for_the_cluster_and_the_user_together_and_for_files():
    refuse({f"{USER}.x": FILLING, f"{CLUSTER}.x": {"y": [FILLING]}}, "kubeconfig", "exceeds 1 MiB")
    chain = CA.pem * (800_000 // len(CA.pem))
    files = {**FILES, "pki/ca.crt": chain}
    refuse(BY_PATH, "kubeconfig", "exceeds 1 MiB", files=files.__getitem__)


# --- inlining ---------------------------------------------------------------------------------------------------------

BY_PATH = {
    f"{CLUSTER}.certificate-authority-data": ABSENT,
    f"{CLUSTER}.certificate-authority": "pki/ca.crt",
    USER: {"client-certificate": "pki/admin.crt", "client-key": "pki/admin.key"},
}


def test_files_are_inlined():
    assert accepted(BY_PATH, read_file).text == accepted().text


def test_files_are_inlined_if_their_data_fields_are_empty():
    empty = {f"{USER}.client-certificate-data": "", f"{CLUSTER}.certificate-authority-data": None}
    assert accepted({**BY_PATH, **empty}, read_file).text == accepted().text


def test_a_token_file_precedes_a_token_and_loses_its_line_end():
    for user in ({"tokenFile": "token"}, {"tokenFile": "token", "token": "the-old-one"}):
        config = accepted({USER: user}, read_file)
        assert part(config, "user") == {"token": TOKEN}
        assert config.days_left == 89


@pytest.mark.parametrize(
    "token", ["sha256~A1b2_C3-d4", "kubeconfig-u-abcde:qwertz", "abcdef.0123456789abcdef", "QUJD+/=="]
)
def test_a_token_file_may_hold_any_usual_token(token):
    assert part(accepted({USER: {"tokenFile": "f"}}, lambda path: token.encode()), "user") == {"token": token}


def test_no_field_with_a_path_remains():
    config = accepted({**BY_PATH, f"{USER}.tokenFile": "token"}, read_file)
    assert set(part(config, "cluster")) == {"certificate-authority-data", "server"}
    assert set(part(config, "user")) == {"client-certificate-data", "client-key-data", "token"}


def test_the_referenced_files_are_listed_before_they_are_read():
    content = json.dumps(edited(GOOD, {**BY_PATH, **TWO, f"{USER}.tokenFile": "token"}))
    wanted = ["pki/ca.crt", "pki/admin.crt", "pki/admin.key", "token"]
    assert referenced_files(content, None) == referenced_files(content, "second") == wanted
    assert referenced_files(json.dumps(GOOD), None) == []
    with pytest.raises(KubeconfigError, match=r"users\[0\].user.tokenFile: holds control characters"):
        referenced_files(json.dumps(edited(GOOD, {f"{USER}.tokenFile": "a\0b"})), None)


PATHS = [
    (f"{CLUSTER}.certificate-authority", f"{CLUSTER}.certificate-authority-data"),
    (f"{USER}.client-certificate", f"{USER}.client-certificate-data"),
    (f"{USER}.client-key", f"{USER}.client-key-data"),
]


@pytest.mark.parametrize(("path", "data"), PATHS)
def test_a_path_together_with_data_is_refused(path, data):
    refuse({path: "pki/ca.crt"}, path, f"is given together with {data.rpartition('.')[2]}", files=read_file)


@pytest.mark.parametrize("field", [path for path, _data in PATHS] + [f"{USER}.tokenFile"])
def test_a_text_that_refers_to_files_is_refused_with_the_remedy(field):
    by_path = {**BY_PATH, field: "somewhere"}
    kept = {key: value for key, value in by_path.items() if key in (field, f"{field}-data")}
    if f"{field}-data" not in kept and "tokenFile" not in field:
        kept[f"{field}-data"] = ABSENT
    refuse(kept, field, "refers to a file on the host", "Read it there with the kubeconfig_info module")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("gone", "gone, which it refers to, does not exist"),
        ("empty", "the file is empty"),
        ("large", "larger than 1 MiB"),
        ("passwd", ""),
        ("umlaut", ""),
        ("two lines", ""),
        ("shadow", ""),
    ],
)
@pytest.mark.parametrize("field", [path for path, _data in PATHS] + [f"{USER}.tokenFile"])
def test_an_invalid_file_is_refused_with_the_name_of_its_field(field, file, reason):
    changes = {**BY_PATH, USER: {**BY_PATH[USER]}}
    if field.startswith(USER):
        changes[USER] = {**changes[USER], field.rpartition(".")[2]: file}
    else:
        changes[field] = file
    error = refuse(changes, field, reason, files=read_file)
    assert "root:" not in str(error)


def test_a_file_of_another_pair_is_refused():
    changed = {**BY_PATH, USER: {"client-certificate": "other.crt", "client-key": "pki/admin.key"}}
    refuse(changed, f"{USER}.client-key", "is not the key of the first certificate", files=read_file)


# --- refusing ---------------------------------------------------------------------------------------------------------

INSTEAD = "Use a client certificate, or a ServiceAccount with a long-lived token."


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("exec", {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}, "runs a program"),
        ("exec", {}, "runs a program"),
        ("auth-provider", {"name": "oidc", "config": {"id-token": "secret"}}, "needs a program or files"),
    ],
)
@pytest.mark.parametrize("user", [{}, certificate_user(ADMIN), {"token": "opaque"}], ids=["alone", "cert", "token"])
def test_a_login_that_hss_cannot_do_is_refused_beside_any_other(user, field, value, reason):
    refuse({USER: {**user, field: value}}, f"{USER}.{field}", reason, INSTEAD)


@pytest.mark.parametrize(
    ("field", "value"), [("username", "admin"), ("password", "opensesame"), ("password", 12345678)]
)
@pytest.mark.parametrize("user", [{}, {"token": "opaque"}], ids=["alone", "token"])
def test_user_name_and_password_are_refused_without_a_certificate(user, field, value):
    reason = "no longer accepts user name and password"
    refuse({USER: {**user, field: value}}, f"{USER}.{field}", reason, INSTEAD)


NAME_AND_PASSWORD = {f"{USER}.username": "admin", f"{USER}.password": "opensesame"}


@pytest.mark.parametrize("fields", [NAME_AND_PASSWORD, {f"{USER}.password": 12345678}, {f"{USER}.username": "admin"}])
def test_user_name_and_password_beside_a_certificate_are_left_out_with_a_warning(fields):
    config = accepted(fields)
    assert config.text == accepted().text
    (warning,) = config.edit_warnings
    assert "username and password are left out" in warning and "opensesame" not in warning
    assert not accepted().edit_warnings


def test_user_name_and_password_beside_a_certificate_in_files_are_left_out_too():
    config = accepted({**BY_PATH, **NAME_AND_PASSWORD}, read_file)
    assert config.text == accepted().text and config.edit_warnings


@pytest.mark.parametrize("missing", ["client-key-data", "client-certificate-data"])
def test_user_name_and_password_do_not_complete_half_a_pair(missing):
    refuse({**NAME_AND_PASSWORD, f"{USER}.{missing}": ABSENT}, f"{USER}.{missing}", "is missing beside")


@pytest.mark.parametrize("user", [{}, None, {"x": "y"}, {"token": "", "client-certificate-data": ""}, {"as": "jane"}])
def test_no_credential_is_refused(user):
    refuse({USER: user}, USER, "the user 'kubernetes-admin' has no certificate and no token")


@pytest.mark.parametrize(
    ("missing", "there"), [("client-key", "client-certificate-data"), ("client-certificate", "client-key-data")]
)
def test_half_a_pair_is_refused_even_beside_a_token(missing, there):
    half = {f"{USER}.{missing}-data": ABSENT}
    refuse(half, f"{USER}.{missing}-data", f"is missing beside {there}")
    refuse({**half, f"{USER}.token": "opaque"}, f"{USER}.{missing}-data", f"is missing beside {there}")


def test_certificate_and_token_together_are_kept():
    assert set(part(accepted({f"{USER}.token": "opaque"}), "user")) == {*certificate_user(ADMIN), "token"}


INSECURE = {f"{CLUSTER}.insecure-skip-tls-verify": True}


def test_an_insecure_cluster_is_refused_unless_it_is_allowed():
    insecure = {**INSECURE, f"{CLUSTER}.certificate-authority-data": ABSENT}
    field = f"{CLUSTER}.insecure-skip-tls-verify"
    refuse(insecure, field, "whoever answers", "certificate-authority-data", "allow_insecure")
    refuse(insecure, field, "kube_config_allow_insecure", option_prefix="kube_config_")
    config = accepted(insecure, allow_insecure=True)
    assert part(config, "cluster") == {"server": "https://10.0.0.1:6443", "insecure-skip-tls-verify": True}
    assert config.certificate_expiration_date == ADMIN.end
    secure = {field: False}
    assert accepted(secure).text == accepted(secure, allow_insecure=True).text == accepted().text


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("ca", [{}, BY_PATH], ids=["data", "path"])
def test_a_ca_together_with_insecure_is_refused_even_if_insecure_is_allowed(ca, allowed):
    field = f"{CLUSTER}.insecure-skip-tls-verify"
    refuse({**ca, **INSECURE}, field, "together with a CA", files=read_file, allow_insecure=allowed)


@pytest.mark.parametrize("value", ["true", 1, 0, "", []])
def test_insecure_must_be_a_boolean(value):
    field = f"{CLUSTER}.insecure-skip-tls-verify"
    refuse({field: value}, field, "must be true or false", allow_insecure=True)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.9:3128", "https://proxy.example.com", "socks5://10.0.0.9:1080", "http://user:word@10.0.0.9:3128"],
)
def test_a_proxy_is_kept(url):
    assert part(accepted({f"{CLUSTER}.proxy-url": url}), "cluster")["proxy-url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "proxy.example.com:3128",
        "ftp://10.0.0.9",
        "socks4://10.0.0.9",
        "http://",
        "http://10.0.0.9:port",
        "http://127.0.0.1:3128",
        "http://localhost:3128",
        "socks5://user:opensesame@[::1]:1080",
        "http://proxy.kube-system.svc",
        "http://0.0.0.0:3128",
    ],
)
def test_a_proxy_that_is_broken_or_on_the_host_itself_is_refused(url):
    error = refuse({f"{CLUSTER}.proxy-url": url}, f"{CLUSTER}.proxy-url", "HSS cannot use this proxy: ")
    assert "opensesame" not in str(error)
    assert "with the option proxy_url" in error.reason
    named = refuse({f"{CLUSTER}.proxy-url": url}, f"{CLUSTER}.proxy-url", option_prefix="kube_config_")
    assert "with the option kube_config_proxy_url" in named.reason


@pytest.mark.parametrize("url", [None, "socks5://localhost:1234", "ftp://10.0.0.9", "http://10.0.0.8:3128"])
def test_any_proxy_can_be_dropped_or_replaced(url):
    changes = {f"{CLUSTER}.proxy-url": url}
    assert accepted(changes, proxy_url="").text == accepted().text
    for new in ("http://10.0.0.9:3128", "socks5://user:word@proxy.example.com:1080"):
        config = accepted(changes, proxy_url=new)
        assert part(config, "cluster")["proxy-url"] == new
        assert not config.edit_warnings


@pytest.mark.parametrize("url", ["socks5://localhost:1080", "proxy.example.com:3128", "http://u:opensesame@[::1]:1"])
def test_a_given_proxy_is_checked_as_well(url):
    error = refuse({}, "proxy_url", "HSS cannot use this proxy: ", proxy_url=url)
    assert "opensesame" not in str(error)


# --- the server -------------------------------------------------------------------------------------------------------

SERVER = f"{CLUSTER}.server"
REMEDY = "Give the address that HSS can reach with the option server."


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("https://127.0.0.1:6443", "'127.0.0.1' is the host's own loopback address"),
        ("https://0.0.0.0:6550", "is no address but 'all interfaces'"),
        ("https://169.254.169.254", "is a link-local address"),
        ("https://kubernetes.default.svc", "is a name inside the cluster"),
        ("http://10.0.0.1:8080", "must begin with https://, not http://"),
        ("10.0.0.1:6443", "must begin with https://"),
        ("https://admin:opensesame@10.0.0.1", "holds a user or a password"),
        ("", "is missing"),
        (ABSENT, "is missing"),
    ],
)
def test_a_server_that_hss_cannot_reach_is_refused_unless_another_is_given(server, reason):
    error = refuse({SERVER: server}, SERVER, reason, REMEDY)
    assert "opensesame" not in str(error)
    config = accepted({SERVER: server}, server="https://api.example.com:6443")
    assert config.server == part(config, "cluster")["server"] == "https://api.example.com:6443"
    assert not config.edit_warnings


NO_CA = {f"{CLUSTER}.certificate-authority-data": ABSENT}
NOT_VERIFIED = {**NO_CA, f"{CLUSTER}.insecure-skip-tls-verify": True}
OTHER_SERVER = "https://api.example.com:6443"


@pytest.mark.parametrize(
    "cluster, policy", [(NO_CA, {}), (NOT_VERIFIED, {"allow_insecure": True})], ids=["no CA", "insecure"]
)
@pytest.mark.parametrize("user", [{"token": TOKEN}, {**certificate_user(ADMIN), "token": TOKEN}], ids=["token", "both"])
def test_a_token_is_not_sent_to_another_server_without_a_ca(cluster, policy, user):
    changes = {**cluster, USER: user}
    error = refuse(changes, "server", "HSS would send the token to whoever answers", server=OTHER_SERVER, **policy)
    assert "allow it with allow_server_without_ca." in error.reason
    named = refuse(changes, "server", server=OTHER_SERVER, option_prefix="kube_config_", **policy)
    assert "kube_config_allow_server_without_ca" in named.reason
    refuse({**changes, SERVER: "https://127.0.0.1:6443"}, "server", server=OTHER_SERVER, **policy)
    config = accepted(changes, server=OTHER_SERVER, allow_server_without_ca=True, **policy)
    assert (config.server, part(config, "user")["token"]) == (OTHER_SERVER, TOKEN)
    # The same server is no other one.
    assert accepted(changes, server="https://10.0.0.1:6443", **policy).server == accepted(changes, **policy).server


def test_another_server_is_accepted_with_a_ca_or_without_a_token():
    assert accepted({USER: {"token": TOKEN}}, server=OTHER_SERVER).server == OTHER_SERVER
    assert accepted(NO_CA, server=OTHER_SERVER).server == OTHER_SERVER


def test_a_token_that_will_follow_counts_as_a_token():
    refuse(NO_CA, "server", "HSS would send the token", server=OTHER_SERVER, token_follows=True)
    assert accepted({}, server=OTHER_SERVER, token_follows=True).server == OTHER_SERVER
    assert accepted(NO_CA, token_follows=True).server == "https://10.0.0.1:6443"


IN_CLUSTER = ["https://kubernetes.default.svc.cluster.local:443", "https://kubernetes.default", "https://api.team.svc"]


@pytest.mark.parametrize("server", IN_CLUSTER)
def test_a_name_inside_the_cluster_is_accepted_if_it_is_allowed(server):
    error = refuse({SERVER: server}, SERVER, "is a name inside the cluster", "allow_in_cluster_server")
    assert "kube_config_allow_in_cluster_server" not in error.reason
    named = refuse({SERVER: server}, SERVER, option_prefix="kube_config_")
    assert "kube_config_allow_in_cluster_server" in named.reason
    refuse({}, "server", "is a name inside the cluster", "allow_in_cluster_server", server=server)
    for config in (
        accepted({SERVER: server}, allow_in_cluster_server=True),
        accepted(server=server, allow_in_cluster_server=True),
    ):
        assert config.server == part(config, "cluster")["server"] == server
        assert not any("may be known on the nodes only" in warning for warning in config.upload_warnings)


@pytest.mark.parametrize(
    "server", ["https://127.0.0.1:6443", "https://localhost", "https://0.0.0.0", "https://224.0.0.1"]
)
def test_no_other_address_is_accepted_with_names_inside_the_cluster(server):
    error = refuse({SERVER: server}, SERVER, "which HSS cannot reach", allow_in_cluster_server=True)
    assert "allow_in_cluster_server" not in error.reason


@pytest.mark.parametrize("server", ["127.0.0.1", "https://localhost:6443", "http://10.0.0.1", "a b", "u:p@10.0.0.1"])
def test_a_given_server_is_checked_as_well(server):
    refuse({}, "server", server=server)


@pytest.mark.parametrize(
    ("old", "given", "server"),
    [
        ("https://127.0.0.1:6443", "10.0.0.7", "https://10.0.0.7:6443"),
        ("https://127.0.0.1:6443/k8s/c-1", "api.example.com", "https://api.example.com:6443/k8s/c-1"),
        ("https://127.0.0.1:6443/k8s/c-1", "https://api.example.com", "https://api.example.com"),
    ],
)
def test_a_host_that_is_given_keeps_port_and_path(old, given, server):
    config = accepted({SERVER: old}, server=given)
    assert config.server == part(config, "cluster")["server"] == server


def test_a_server_is_replaced_by_structure():
    """A textual replacement would change these names too."""
    names = {"clusters[0].name": "127.0.0.1:6443", f"{CONTEXT}.cluster": "127.0.0.1:6443"}
    config = accepted({**names, SERVER: "https://127.0.0.1:6443"}, server="10.0.0.7")
    assert part(config, "context")["cluster"] == "127.0.0.1:6443"


def test_a_server_that_differs_from_one_that_could_be_reached_is_a_warning_with_both():
    (warning,) = accepted(server="https://api.example.com").edit_warnings
    assert "https://10.0.0.1:6443" in warning
    assert "https://api.example.com" in warning
    assert not accepted(server="https://10.0.0.1:6443/").edit_warnings


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ({}, "old-name"),
        ({"server": "https://10.0.0.1:6443"}, "old-name"),
        ({"server": "10.0.0.7"}, None),
        ({"tls_server_name": "kubernetes"}, "kubernetes"),
        ({"server": "10.0.0.7", "tls_server_name": "kubernetes"}, "kubernetes"),
    ],
    ids=["no other server", "the same server", "another server", "another name", "both"],
)
def test_another_server_drops_the_name_in_the_old_ones_certificate(policy, name):
    assert (
        part(accepted({f"{CLUSTER}.tls-server-name": "old-name"}, **policy), "cluster").get("tls-server-name") == name
    )


@pytest.mark.parametrize("name", ["https://kubernetes", "two words", "kubernetes/"])
def test_a_name_that_cannot_stand_in_a_certificate_is_refused(name):
    refuse({f"{CLUSTER}.tls-server-name": name}, f"{CLUSTER}.tls-server-name", "name or address alone")
    refuse({}, "tls_server_name", "name or address alone", tls_server_name=name)


@pytest.mark.parametrize(
    ("host", "warned"), [("lb.kubesphere.local", True), ("master", True), ("a.example.com", False)]
)
def test_a_name_that_may_be_known_on_the_nodes_only_is_a_warning(host, warned):
    warnings = accepted({SERVER: f"https://{host}:6443"}).upload_warnings
    assert [f"'{host}' may be known on the nodes only" in warning for warning in warnings] == [True] * warned


# --- what the callers rely on -----------------------------------------------------------------------------------------


def test_a_result_shows_no_secret_when_it_is_printed():
    config = accepted()
    assert b64(ADMIN.key_pem) in config.text
    assert b64(ADMIN.key_pem)[:40] not in repr(config)


def test_an_error_names_field_and_reason():
    assert str(KubeconfigError("users[0].user", "is odd")) == "users[0].user: is odd"
    assert str(KubeconfigError("", "is odd")) == "is odd"


def test_options_of_a_subclass_of_text_become_plain_text():
    """ansible-core 2.19 and later give such values to action plugins."""

    class Tagged(str):
        pass

    policy = {"context": Tagged("admin@kubernetes"), "server": Tagged("10.0.0.7"), "tls_server_name": Tagged("a")}
    config = canonicalize(Tagged(json.dumps(GOOD)), KubeconfigPolicy(**policy))
    assert {type(value) for value in (config.text, config.server, config.context)} == {str}


@pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://10.0.0.1"])
def test_the_original_server_is_returned_even_if_it_is_unreachable(server):
    found = original_server(json.dumps(edited(GOOD, {SERVER: server})), None)
    assert found is not None
    assert found.url == server


@pytest.mark.parametrize("server", ["http://10.0.0.1", "", ABSENT])
def test_an_invalid_original_server_is_none(server):
    assert original_server(json.dumps(edited(GOOD, {SERVER: server})), None) is None


def test_a_date_is_shown_to_the_minute():
    assert utc_text(1_700_000_000_999) == "2023-11-14 22:13 UTC"
