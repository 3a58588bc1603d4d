# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates kubeconfigs with real certificates, as distributions write them, for tests and the demo."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = 86_400


def now() -> int:
    """Returns the seconds since the epoch."""
    return int(dt.datetime.now(dt.UTC).timestamp())


def new_key(kind: str = "ec") -> Any:
    """Creates a private key: C(ec) (P-256), C(p384), C(p521), C(secp256k1), C(rsa) (2048 bit), C(ed25519), C(ed448)."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    return {"ed25519": ed25519.Ed25519PrivateKey, "ed448": ed448.Ed448PrivateKey}[kind].generate()


_CURVES = {"ec": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "secp256k1": ec.SECP256K1}


def key_pem(key: Any, form: str = "pkcs8", password: bytes | None = None) -> bytes:
    """Returns a private key in PEM: C(pkcs8), or C(traditional) (PKCS#1 and SEC1)."""
    formats = serialization.PrivateFormat
    return key.private_bytes(
        serialization.Encoding.PEM,
        formats.PKCS8 if form == "pkcs8" else formats.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption(),
    )


def b64(data: bytes) -> str:
    """Encodes data in base64, as the fields whose names end in C(-data) contain it."""
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key in PEM, PKCS#8."""
        return key_pem(self.key)

    @property
    def end(self) -> int:
        """When the certificate ends, in epoch milliseconds."""
        return int(self.certificate.not_valid_after_utc.timestamp()) * 1000


class Authority:
    """A certificate authority."""

    def __init__(
        self,
        name: str = "kubernetes",
        *,
        days: float = 3650,
        start: float | None = None,
        issuer: Authority | None = None,
    ) -> None:
        self.own = _issue(issuer.own if issuer else None, name, [], days=days, start=start, ca=True)

    @property
    def pem(self) -> bytes:
        """The CA's certificate in PEM."""
        return self.own.pem

    def issue(self, common_name: str, groups: list[str] | None = None, **how: Any) -> Issued:
        """Issues a client certificate.

        :arg how: C(days) of validity, C(start) in days from now, C(kind) of key or C(key), C(usage), and C(names) for
            a server.
        """
        return _issue(self.own, common_name, groups or [], **how)


def _issue(
    issuer: Issued | None,
    common_name: str,
    groups: list[str],
    *,
    days: float = 365,
    start: float | None = None,
    ca: bool = False,
    kind: str = "ec",
    key: Any = None,
    usage: Any = ExtendedKeyUsageOID.CLIENT_AUTH,
    names: list[x509.GeneralName] | None = None,
) -> Issued:
    key = key or new_key(kind)
    moment = dt.datetime.now(dt.UTC).replace(microsecond=0)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        + [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )
    end = moment + dt.timedelta(days=days)
    begin = moment + dt.timedelta(days=start) if start is not None else min(moment, end) - dt.timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca and usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signer = issuer.key if issuer else key
    digest = None if isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else hashes.SHA256()
    return Issued(builder.sign(signer, digest), key)


def document(server: str, ca: bytes | None, user: dict[str, Any], name: str = "kubernetes") -> dict[str, Any]:
    """Returns a kubeconfig with one context, C(admin@NAME)."""
    cluster = {"server": server}
    if ca is not None:
        cluster["certificate-authority-data"] = b64(ca)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": f"admin@{name}", "context": {"cluster": name, "user": f"{name}-admin"}}],
        "current-context": f"admin@{name}",
        "preferences": {},
        "users": [{"name": f"{name}-admin", "user": user}],
    }


def certificate_user(issued: Issued) -> dict[str, str]:
    """Returns a user with a client certificate."""
    return {"client-certificate-data": b64(issued.pem), "client-key-data": b64(issued.key_pem)}


def kubeadm(server: str, *, days: float = 365, ca: Authority | None = None, name: str = "kubernetes") -> str:
    """Returns a kubeconfig as kubeadm writes it to C(/etc/kubernetes/admin.conf)."""
    ca = ca or Authority()
    admin = ca.issue("kubernetes-admin", ["kubeadm:cluster-admins"], days=days)
    return yaml.safe_dump(document(server, ca.pem, certificate_user(admin), name), sort_keys=False)


def k3s(*, days: float = 365, server: str = "https://127.0.0.1:6443") -> str:
    """Returns a kubeconfig as k3s writes it to C(/etc/rancher/k3s/k3s.yaml).

    Its server is on loopback, all names are "default", and the CA of the client is not the CA of the server.
    """
    server_ca, client_ca = Authority("k3s-server-ca"), Authority("k3s-client-ca")
    admin = client_ca.issue("system:admin", ["system:masters"], days=days)
    user = {"client-certificate-data": b64(admin.pem + client_ca.pem), "client-key-data": b64(admin.key_pem)}
    found = document(server, server_ca.pem, user, "default")
    found["contexts"] = [{"name": "default", "context": {"cluster": "default", "user": "default"}}]
    found["current-context"] = "default"
    found["users"][0]["name"] = "default"
    return yaml.safe_dump(found)


def jwt(**claims: Any) -> str:
    """Returns a token as an API server issues it, with an invalid signature."""
    parts = ({"alg": "RS256", "kid": "x"}, claims)
    return ".".join([*(_b64url(json.dumps(part).encode()) for part in parts), _b64url(b"signature" * 8)])


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


ABSENT = object()


def edited(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Returns a copy in which fields are set, or removed with C(ABSENT).

    :arg changes: the values by path, such as C(users[0].user.token).
    """
    copied = copy.deepcopy(document)
    for path, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
        place: Any = copied
        for part in way:
            place = place[part]
        if value is ABSENT:
            place.pop(last)
        elif isinstance(place, list) and last == len(place):
            place.append(copy.deepcopy(value))
        else:
            place[last] = copy.deepcopy(value)
    return copied
