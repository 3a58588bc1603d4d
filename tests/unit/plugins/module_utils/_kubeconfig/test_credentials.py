# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests which certificates, keys and tokens are accepted, and when they expire."""

from __future__ import annotations

import base64
import functools
import json
import textwrap
from types import SimpleNamespace

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from kubeconfigs import DAY, Authority, Issued, b64, certificate_user, document, edited, jwt, key_pem, new_key, now

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.credentials import holder_of
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

CA = Authority()
GROUP = ["kubeadm:cluster-admins"]
ADMIN = CA.issue("kubernetes-admin", GROUP)
AT, KEY_AT, TOKEN_AT = (f"users[0].user.{name}" for name in ("client-certificate-data", "client-key-data", "token"))
CA_AT = "clusters[0].cluster.certificate-authority-data"

key_of = functools.cache(new_key)  # some take long to make


def with_user(user: dict, ca: bytes | None = CA.pem) -> str:
    return json.dumps(document("https://10.0.0.1:6443", ca, user))


def with_pem(certificates: bytes, key: bytes, ca: bytes | None = CA.pem) -> str:
    return with_user({"client-certificate-data": b64(certificates), "client-key-data": b64(key)}, ca)


def with_issued(issued: Issued) -> str:
    return with_user(certificate_user(issued))


def accepted(content: str, **policy) -> Kubeconfig:
    return canonicalize(content, KubeconfigPolicy(**policy))


def user_of(config: Kubeconfig) -> dict[str, str]:
    return yaml.safe_load(config.text)["users"][0]["user"]


def refuse(content: str, where: str, *reasons: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        canonicalize(content, KubeconfigPolicy())
    assert caught.value.field == where
    for reason in reasons:
        assert reason in caught.value.reason


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pkcs8", "traditional"])
@pytest.mark.parametrize("kind", ["rsa", "ec", "p384", "p521"])
def test_every_usual_kind_and_form_of_key_is_accepted(kind, form):
    issued = CA.issue("admin", key=key_of(kind))
    key = key_pem(issued.key, form)
    assert user_of(accepted(with_pem(issued.pem, key)))["client-key-data"] == b64(key)


def test_an_ed25519_key_is_accepted():
    accepted(with_issued(CA.issue("admin", kind="ed25519")))


@pytest.mark.parametrize("kind", ["secp256k1", "ed448"])
def test_a_kind_of_key_that_kubernetes_does_not_take_is_refused(kind):
    refuse(
        with_issued(CA.issue("admin", kind=kind)), AT, "of a kind that Kubernetes does not take", "Use RSA", "Ed25519"
    )


def rsa_of_mersenne_primes() -> rsa.RSAPrivateKey:
    """5420 bits, without the time that it takes to find primes."""
    p, q, e = 2**3217 - 1, 2**2203 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def test_a_long_rsa_key_is_accepted():
    accepted(with_issued(CA.issue("admin", key=rsa_of_mersenne_primes())))


@pytest.mark.parametrize(("bits", "where"), [(8192, KEY_AT), (8193, AT)])
def test_an_rsa_key_longer_than_go_takes_is_refused(bits, where):
    """Of 8192 bits it is only not the right one."""
    public = rsa.RSAPublicNumbers(65537, 2 ** (bits - 1) + 1).public_key()
    issued = CA.issue("admin", key=SimpleNamespace(public_key=lambda: public))
    refuse(with_pem(issued.pem, ADMIN.key_pem), where)


def test_the_other_certificate_of_a_pair_is_refused():
    other = CA.issue("admin")
    refuse(with_pem(ADMIN.pem, other.key_pem), KEY_AT, "is not the key of the first certificate")
    refuse(with_pem(ADMIN.pem, key_pem(key_of("rsa"))), KEY_AT, "is not the key of the first certificate")


@pytest.mark.parametrize("form", ["pkcs8", "traditional"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_an_encrypted_key_is_refused(kind, form):
    issued = CA.issue("admin", key=key_of(kind))
    key = key_pem(issued.key, form, b"secret")
    refuse(with_pem(issued.pem, key), KEY_AT, "is encrypted", "Decrypt it (openssl pkey)")


# --- base64 and PEM ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", ["\n", "\r\n"])
def test_base64_on_several_lines_is_accepted(separator):
    user = {key: separator.join(textwrap.wrap(value, 76)) + separator for key, value in certificate_user(ADMIN).items()}
    assert accepted(with_user(user)).text == accepted(with_issued(ADMIN)).text


def folded(text: str) -> str:
    return " ".join(textwrap.wrap(text, 76))


CERTIFICATE, KEY = ADMIN.pem, ADMIN.key_pem
CERTIFICATE_DER = ADMIN.certificate.public_bytes(serialization.Encoding.DER)
KEY_DER = ADMIN.key.private_bytes(
    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
OPENSSH = ADMIN.key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
)
BROKEN = b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
NOT_CERTIFICATES = {
    "folded base64": (folded(b64(CERTIFICATE)), "not valid base64. There are spaces in it", "after a |"),
    "cut base64": (b64(CERTIFICATE)[:-3], "not valid base64"),
    "URL-safe base64": (base64.urlsafe_b64encode(b"\xff" * 30).decode(), "not valid base64"),
    "PEM as it is": (CERTIFICATE.decode(), "is PEM itself; it must be base64"),
    "DER": (b64(CERTIFICATE_DER), "no certificate in PEM", "openssl x509 -inform der"),
    "base64 twice": (b64(b64(CERTIFICATE).encode()), "no certificate in PEM"),
    "some other file": (b64(b"root:x:0:0:root:/root:/bin/bash\n"), "no certificate in PEM"),
    "a key": (b64(KEY), "no certificate in PEM"),
    "no end": (b64(CERTIFICATE[:-5]), "no certificate in PEM"),
    "no certificate inside": (b64(BROKEN), "a certificate that cannot be read"),
    "a broken one behind a good one": (b64(CERTIFICATE + BROKEN), "a certificate that cannot be read"),
    "no base64 inside": (b64(BROKEN.replace(b"QUJD", b"!!!!")), "a certificate that cannot be read"),
    "a number": (12345, "must be text"),
}


@pytest.mark.parametrize(("value", "reasons"), [(v[0], v[1:]) for v in NOT_CERTIFICATES.values()], ids=NOT_CERTIFICATES)
def test_an_invalid_certificate_is_refused(value, reasons):
    refuse(with_user({**certificate_user(ADMIN), "client-certificate-data": value}), AT, *reasons)
    good = document("https://10.0.0.1:6443", None, certificate_user(ADMIN))
    refuse(json.dumps(edited(good, {CA_AT: value})), CA_AT, *reasons)


def inconsistent_rsa_key() -> rsa.RSAPrivateKey:
    """One number of it was changed, as by a bad disk."""
    numbers = key_of("rsa").private_numbers()
    changed = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d + 2, numbers.dmp1, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    )
    return changed.private_key(unsafe_skip_rsa_key_validation=True)


NOT_KEYS = {
    "folded base64": (folded(b64(KEY)), "not valid base64. There are spaces in it"),
    "PEM as it is": (KEY.decode(), "is PEM itself; it must be base64"),
    "DER": (b64(KEY_DER), "no private key in PEM", "openssl pkey -inform der"),
    "a certificate": (b64(CERTIFICATE), "no private key in PEM"),
    "the public key": (b64(KEY.replace(b"PRIVATE", b"PUBLIC")), "no private key in PEM"),
    "OpenSSH's form": (b64(OPENSSH), "not a key in PKCS#8, PKCS#1 or SEC1. Convert it"),
    "a broken one": (b64(BROKEN.replace(b"CERTIFICATE", b"PRIVATE KEY")), "a private key that cannot be read"),
    "an inconsistent one": (b64(key_pem(inconsistent_rsa_key())), "a private key that cannot be read"),
    "a DSA key": (b64(key_pem(dsa.generate_private_key(1024))), "of a kind that Kubernetes does not take"),
    "endless": (b64(KEY.replace(b"\n", b"\n" + b"QUJD" * 9000 + b"\n", 1)), "a private key that cannot be read"),
}


@pytest.mark.parametrize(("value", "reasons"), [(v[0], v[1:]) for v in NOT_KEYS.values()], ids=NOT_KEYS)
def test_an_invalid_key_is_refused(value, reasons):
    refuse(with_user({**certificate_user(ADMIN), "client-key-data": value}), KEY_AT, *reasons)


BESIDE = {
    "text": (b"Certificate:\n    Data: hello\n" + CERTIFICATE, b"Key: hello\n" + KEY),
    "each other": (CERTIFICATE + KEY, CERTIFICATE + KEY),
    "the other way round": (KEY + CERTIFICATE, KEY + CERTIFICATE),
    "the curve": (CERTIFICATE, b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + KEY),
    "other line ends": (CERTIFICATE.replace(b"\n", b"\r\n"), KEY.replace(b"\n", b"\r\n")),
    "no line end": (CERTIFICATE.rstrip(), KEY.rstrip()),
    "indentation": (textwrap.indent(CERTIFICATE.decode(), "  ").encode(), KEY),
}


@pytest.mark.parametrize(("certificate", "key"), BESIDE.values(), ids=BESIDE)
def test_other_content_beside_certificate_and_key_is_dropped(certificate, key):
    assert accepted(with_pem(certificate, key, ca=CA.pem + KEY)).text == accepted(with_issued(ADMIN)).text


# --- chains and CAs ---------------------------------------------------------------------------------------------------


def test_a_chain_is_kept_and_need_not_lead_to_the_clusters_ca():
    root = Authority("client-ca")
    middle = Authority("client-ca-1", issuer=root)
    leaf = middle.issue("system:admin")
    chain = leaf.pem + middle.pem + root.pem
    assert user_of(accepted(with_pem(chain, leaf.key_pem)))["client-certificate-data"] == b64(chain)


def test_a_chain_whose_leaf_is_not_the_first_is_refused():
    refuse(with_pem(CA.pem + ADMIN.pem, ADMIN.key_pem), KEY_AT, "but of certificate 2; put that one first")


@pytest.mark.parametrize("usage", [None, ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
def test_a_certificate_for_clients_or_for_anything_is_accepted(usage):
    accepted(with_issued(CA.issue("admin", usage=usage)))


def test_a_certificate_for_servers_alone_is_refused():
    issued = CA.issue("admin", usage=ExtendedKeyUsageOID.SERVER_AUTH)
    refuse(with_issued(issued), AT, "not made for client authentication", "Use an admin's kubeconfig")


EXPIRED_CA, FUTURE_CA = Authority("old", days=-1), Authority("next", start=2)


@pytest.mark.parametrize(
    "bundle",
    [CA.pem, EXPIRED_CA.pem + CA.pem, CA.pem + EXPIRED_CA.pem, CA.pem + FUTURE_CA.pem, None],
    ids=["one", "old and new", "new and old", "new and next", "none: the system's"],
)
def test_a_ca_bundle_with_one_valid_ca_is_accepted(bundle):
    config = accepted(with_pem(ADMIN.pem, ADMIN.key_pem, bundle))
    kept = yaml.safe_load(config.text)["clusters"][0]["cluster"].get("certificate-authority-data")
    assert kept == (b64(bundle) if bundle else None)
    assert config.certificate_expiration_date == ADMIN.end


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        (EXPIRED_CA.pem, "CA expired on"),
        (EXPIRED_CA.pem + Authority(days=-9).pem, "CA expired on"),
        (FUTURE_CA.pem, "no CA in it is valid before"),
        (EXPIRED_CA.pem + FUTURE_CA.pem, "no CA in it is valid before"),
    ],
)
def test_a_ca_bundle_with_no_valid_ca_is_refused(bundle, reason):
    refuse(with_pem(ADMIN.pem, ADMIN.key_pem, bundle), CA_AT, reason)


# --- identities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "groups"), [("system:node:master-1", []), ("master-1", ["system:nodes"])])
def test_the_certificate_of_a_node_is_refused(name, groups):
    refuse(with_issued(CA.issue(name, groups)), AT, "belongs to a node's kubelet", "Use an admin's kubeconfig")


def test_the_token_of_a_node_is_refused():
    refuse(with_user({"token": jwt(sub="system:node:master-1")}), TOKEN_AT, "belongs to a node's kubelet")


def test_a_name_that_only_resembles_a_nodes_is_accepted():
    accepted(with_issued(CA.issue("system:nodes-admin", ["my-system:nodes"])))
    accepted(with_user({"token": jwt(sub="system:serviceaccount:kube-system:system:node")}))


@pytest.mark.parametrize(("groups", "warned"), [(["system:masters"], True), (GROUP, False), ([], False)])
def test_rights_that_cannot_be_revoked_are_a_warning(groups, warned):
    warnings = accepted(with_issued(CA.issue("kubernetes-super-admin", groups))).upload_warnings
    assert any("system:masters, whose rights cannot be revoked" in warning for warning in warnings) is warned


# --- tokens -----------------------------------------------------------------------------------------------------------


OPAQUE = {
    "opaque": "sha256~" + "A1b2C3d4" * 5,
    "Rancher's": "kubeconfig-u-abcde:" + "qwertzuiop" * 5,
    "legacy": jwt(iss="kubernetes/serviceaccount", sub="system:serviceaccount:kube-system:hss"),
    "three parts that are no JWT": "a.b.c",
    "a JWT of a list": "a." + base64.urlsafe_b64encode(b"[1]").decode().rstrip("=") + ".c",
    "an end that is no date": jwt(exp="tomorrow"),
    "an end that is true": jwt(exp=True),
    "an end after all time": jwt(exp=10**20),
    "an end that is no number": "a." + base64.urlsafe_b64encode(b'{"exp": NaN}').decode() + ".c",
}


@pytest.mark.parametrize("token", OPAQUE.values(), ids=OPAQUE)
def test_a_token_without_an_expiration_date_has_none(token):
    config = accepted(with_user({"token": token}))
    assert user_of(config) == {"token": token}
    assert (config.certificate_expiration_date, config.days_left) == (None, None)
    assert any("does not say when it ends" in warning for warning in config.upload_warnings)


def test_a_bound_token_ends_at_its_expiration_date():
    end = now() + 90 * DAY - 5
    for exp in (end, end + 0.75):
        config = accepted(with_user({"token": jwt(aud=["kubernetes"], exp=exp, nbf=now() - 9, sub="a:b")}))
        assert (config.certificate_expiration_date, config.days_left) == (int(exp * 1000), 89)
        assert not config.upload_warnings


def test_the_last_second_of_the_year_9999_is_a_date():
    token = jwt(exp=253_402_300_799)
    config = accepted(with_user({"token": token}, ca=None))
    assert config.certificate_expiration_date == 253_402_300_799_000


def test_a_token_that_has_expired_or_is_not_valid_yet_is_refused():
    refuse(with_user({"token": jwt(exp=now() - 1)}), TOKEN_AT, "expired on", "Make a new one")
    refuse(
        with_user({"token": jwt(exp=now() + DAY, nbf=now() + 310)}), TOKEN_AT, "not valid before", "check the clocks"
    )
    # The API server's clock may be ahead of ours by some minutes.
    accepted(with_user({"token": jwt(exp=now() + DAY, nbf=now() + 290)}))


@pytest.mark.parametrize("token", ["2 words", "line\n", " a", "a\ta", "schlüssel", "a" * 65_537])
def test_an_invalid_token_is_refused(token):
    refuse(with_user({"token": token}), TOKEN_AT, "token")


def test_a_number_as_token_is_refused():
    refuse(with_user({"token": 1234567890}), TOKEN_AT, "must be text; put it in quotes")


# --- dates ------------------------------------------------------------------------------------------------------------


def test_the_expiration_date_is_the_earliest_one():
    middle = Authority("client-ca", days=50)
    leaf = middle.issue("admin", days=100)
    chain = {"client-certificate-data": b64(leaf.pem + middle.pem), "client-key-data": b64(leaf.key_pem)}
    assert accepted(with_user(chain)).certificate_expiration_date == middle.own.end
    assert accepted(with_issued(leaf)).certificate_expiration_date == leaf.end
    both = {**certificate_user(leaf), "token": jwt(exp=now() + 9 * DAY)}
    assert accepted(with_user(both)).days_left == 8
    assert accepted(with_user({**both, "token": "opaque"})).certificate_expiration_date == leaf.end
    short, long, user = Authority(days=20), Authority(days=40), certificate_user(ADMIN)
    assert accepted(with_user(user, short.pem)).certificate_expiration_date == short.own.end
    assert accepted(with_user(user, short.pem + long.pem)).certificate_expiration_date == long.own.end
    token = {"token": jwt(exp=now() + 90 * DAY)}
    assert accepted(with_user(token, short.pem)).certificate_expiration_date == short.own.end


@pytest.mark.parametrize(
    ("how", "reasons"),
    [
        ({"days": -1}, ("the certificate expired on", "kubeadm certs renew", "restart the service")),
        ({"start": 1}, ("is not valid before", "check the clocks")),
    ],
    ids=["expired", "not yet valid"],
)
def test_a_certificate_outside_its_validity_is_refused(how, reasons):
    refuse(with_issued(CA.issue("admin", **how)), AT, *reasons)
    chained = Authority("client-ca", **how)
    refuse(with_pem(ADMIN.pem + chained.pem, ADMIN.key_pem), AT, *reasons)


def test_a_certificate_expires_with_its_last_second():
    content, end = with_issued(ADMIN), ADMIN.end // 1000
    assert canonicalize(content, KubeconfigPolicy(), now=end - 1).days_left == 0
    with pytest.raises(KubeconfigError, match="the certificate expired on"):
        canonicalize(content, KubeconfigPolicy(), now=end)


def test_a_certificate_is_valid_from_five_minutes_before_its_first_second():
    content = with_user(certificate_user(ADMIN), ca=None)
    start = int(ADMIN.certificate.not_valid_before_utc.timestamp())
    canonicalize(content, KubeconfigPolicy(), now=start - 300)
    with pytest.raises(KubeconfigError, match="not valid before"):
        canonicalize(content, KubeconfigPolicy(), now=start - 301)


@pytest.mark.parametrize(("days", "warned"), [(29, True), (30, False), (0, False)])
def test_few_days_left_are_a_warning_with_their_number(days, warned):
    config = canonicalize(
        with_issued(ADMIN),
        KubeconfigPolicy(expiry_warning_days=30 if days else 0),
        now=ADMIN.end / 1000 - days * DAY - 5,
    )
    assert config.days_left == days
    assert [f"{days} days from now" in warning for warning in config.expiry_warnings] == [True] * warned


def test_the_end_of_the_ca_is_a_warning_for_a_token_without_a_date():
    config = accepted(with_user({"token": "opaque"}, Authority(days=3).pem))
    assert config.certificate_expiration_date is None
    assert "2 days from now" in config.expiry_warnings[0]


def holder(user):
    return holder_of(yaml.safe_load(canonicalize(with_user(user), KubeconfigPolicy()).text)["users"][0]["user"])


def test_the_holder_of_a_credential_is_who_it_says_itself():
    again = certificate_user(CA.issue("kubernetes-admin", GROUP))
    viewer = certificate_user(CA.issue("kubernetes-admin", ["viewers"]))
    assert holder(certificate_user(ADMIN)) == holder(again) == "kubernetes-admin/kubeadm:cluster-admins"
    assert holder(viewer) == "kubernetes-admin/viewers"
    assert holder({**again, "as": "bob"}) == 'kubernetes-admin/kubeadm:cluster-admins {"as": "bob"}'
    first, second = (jwt(sub="system:serviceaccount:a:b", jti=text) for text in "xy")
    assert holder({"token": first}) == holder({"token": second}) == "system:serviceaccount:a:b"
    one, two = ("opaque-token-" + text * 20 for text in "xy")
    assert holder({"token": one}) != holder({"token": two}) and one[:8] not in holder({"token": one})
