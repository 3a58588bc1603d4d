# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: checks the certificates, keys and tokens of a kubeconfig, and reads their expiration.

Each check receives the name of the field for its error message. It returns certificates and keys as normalized PEM,
without the other content that the field or the file may have.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timezone
from typing import Any

from .._core.dates import utc_text
from .placeholders import foreign_token_reason, placeholder_reason
from .text import KubeconfigError

try:
    import cryptography
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:  # reported where it is needed, with installation instructions
    x509 = None  # type: ignore[assignment]

_DER_SEQUENCE = b"\x30"  # the first byte of certificates and keys in DER
_PEM_IN_BASE64 = b"LS0tLS1CRUdJTi"  # -----BEGIN
_MAX_KEY_BYTES = 16 * 1024
_MAX_TOKEN_BYTES = 64 * 1024
_MAX_RSA_BITS = 8192  # the limit of Go's TLS implementation
# The clock of the machine that made a credential may be ahead of ours. A token that was just made is valid from now on.
_CLOCK_SKEW_MS = 5 * 60 * 1000
_MAX_DATE_SECONDS = 253_402_300_799  # of the year 9999
_ONE_WORD = re.compile(rb"[!-~]+")

_ADMIN_HINT = "Use an admin's kubeconfig."
NODE_IDENTITY = f"belongs to a node's kubelet, which may not do what HSS needs. {_ADMIN_HINT}"
_RENEW_HINT = "Renew it on the cluster (kubeadm: kubeadm certs renew admin.conf; k3s, RKE2: restart the service)."
_SUPPORTED_KEYS = f"Use RSA of at most {_MAX_RSA_BITS} bits, ECDSA on P-256, P-384 or P-521, or Ed25519."


def decode_base64(text: str, at: str) -> bytes:
    """Decodes base64 strictly. A tolerant decoder would ignore invalid characters and turn plain PEM into garbage."""
    _refuse_placeholder(text, at)
    compact = text.replace("\r", "").replace("\n", "")
    if compact.lstrip().startswith("-----BEGIN"):
        raise KubeconfigError(at, "is PEM itself; it must be base64 of the PEM (base64 -w0)")
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        hint = ". There are spaces in it: put it on one line, or after a | to keep the lines apart"
        raise KubeconfigError(at, f"is not valid base64{hint if ' ' in compact else ''}") from None


def _refuse_placeholder(text: str, at: str) -> None:
    reason = placeholder_reason(text)
    if reason:
        raise KubeconfigError(at, f"{reason}.")


# --- PEM --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PemBlock:
    """A PEM block without headers.

    :arg der: None if the block is encrypted or not base64.
    """

    label: str
    der: bytes | None
    encrypted: bool

    @property
    def pem(self) -> bytes:
        """The block in normalized PEM."""
        body = base64.b64encode(self.der or b"").decode("ascii")
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        return "\n".join([f"-----BEGIN {self.label}-----", *lines, f"-----END {self.label}-----", ""]).encode("utf-8")

    @property
    def is_key(self) -> bool:
        """Whether the block is a private key."""
        return self.label.endswith("PRIVATE KEY")


def pem_blocks(data: bytes) -> Iterator[PemBlock]:
    """Yields the PEM blocks in one pass over the lines.

    A search for the end of each BEGIN line would take hours for a file with nothing but BEGIN lines.
    """
    label = None
    lines: list[str] = []
    for raw in data.splitlines():
        line = raw.strip().decode("ascii", "replace")
        if line.startswith("-----BEGIN ") and line.endswith("-----"):
            label, lines = line[11:-5], []
        elif label is not None and line == f"-----END {label}-----":
            encrypted = label.startswith("ENCRYPTED") or any("ENCRYPTED" in header for header in lines if ":" in header)
            body = "".join(text for text in lines if ":" not in text)
            try:
                der = None if encrypted else base64.b64decode(body, validate=True)
            except (binascii.Error, ValueError):
                der = None
            yield PemBlock(label, der, encrypted)
            label = None
        elif label is not None:
            lines.append(line)


@dataclass(frozen=True)
class _Certificate:
    block: PemBlock
    parsed: Any
    start: int
    end: int


def _parse_certificates(data: bytes, at: str) -> list[_Certificate]:
    blocks = [block for block in pem_blocks(data) if block.label == "CERTIFICATE"]
    if not blocks:
        raise KubeconfigError(at, "holds no certificate in PEM" + _conversion_hint(data, "x509"))
    found = []
    try:
        for block in blocks:
            parsed = x509.load_der_x509_certificate(block.der or b"")
            start, end = (_validity_date(parsed, name) for name in ("not_valid_before", "not_valid_after"))
            found.append(_Certificate(block, parsed, start, end))
    except Exception:  # the parser may raise anything for untrusted bytes
        raise KubeconfigError(at, _UNREADABLE_CERTIFICATE) from None
    return found


_UNREADABLE_CERTIFICATE = "holds a certificate that cannot be read"


def _validity_date(certificate: Any, name: str) -> int:
    moment = getattr(certificate, f"{name}_utc", None)  # since cryptography 42
    if moment is None:
        moment = getattr(certificate, name).replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * 1000


def _conversion_hint(data: bytes, tool: str) -> str:
    if data[:1] == _DER_SEQUENCE:
        return f"; it looks like DER: convert it with openssl {tool} -inform der"
    if data.startswith(_PEM_IN_BASE64):
        return "; it is in base64 twice: decode it once (base64 -d)"
    return ""


def _pem_bundle(certificates: list[_Certificate]) -> bytes:
    return b"".join(certificate.block.pem for certificate in certificates)


# --- the checks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClientCertificate:
    """A valid client certificate with its key.

    :arg end: the earliest end of all certificates in the chain.
    :arg revocable: whether the cluster can revoke the certificate's rights.
    """

    certificate: bytes
    key: bytes
    end: int
    revocable: bool


def is_node_identity(name: str) -> bool:
    """Returns whether a user name is a kubelet's."""
    return name.startswith("system:node:")


def check_ca(data: bytes, at: str, now_ms: int) -> tuple[bytes, int]:
    """Returns the bundle and the latest end of its CAs, since a rotation may leave an older CA in it."""
    certificates = _parse_certificates(data, at)
    end = max(certificate.end for certificate in certificates)
    if end <= now_ms:
        raise KubeconfigError(
            at, f"the cluster's CA expired on {utc_text(end)}. Renew the cluster's certificates first."
        )
    start = min(certificate.start for certificate in certificates if certificate.end > now_ms)
    if start > now_ms:
        raise KubeconfigError(at, f"no CA in it is valid before {utc_text(start)}; check the clocks.")
    return _pem_bundle(certificates), end


def check_client_certificate(data: bytes, key_data: bytes, at: str, key_at: str, now_ms: int) -> ClientCertificate:
    """Checks a chain, whose first certificate is the leaf. On k3s and RKE2 it does not lead to the cluster's CA."""
    certificates = _parse_certificates(data, at)
    try:
        leaf = _LeafCertificate.read(certificates[0].parsed)
    except Exception:  # the parser may raise anything for untrusted bytes
        raise KubeconfigError(at, _UNREADABLE_CERTIFICATE) from None
    if not leaf.usable_key:
        raise KubeconfigError(
            at, f"the certificate's key is of a kind that Kubernetes does not take. {_SUPPORTED_KEYS}"
        )
    block, key = _parse_private_key(key_data, key_at)
    public = _public_bytes(key.public_key())
    if public != leaf.public_key:
        others = [number for number, other in enumerate(certificates, start=1) if _has_public_key(other.parsed, public)]
        hint = f", but of certificate {others[0]}; put that one first" if others else ""
        raise KubeconfigError(key_at, f"is not the key of the first certificate{hint}")
    if not leaf.client_auth:
        raise KubeconfigError(at, f"the certificate is not made for client authentication. {_ADMIN_HINT}")
    if any(is_node_identity(name) for name in leaf.names) or "system:nodes" in leaf.groups:
        raise KubeconfigError(at, NODE_IDENTITY)
    for certificate in certificates:
        if certificate.end <= now_ms:
            raise KubeconfigError(at, f"the certificate expired on {utc_text(certificate.end)}. {_RENEW_HINT}")
        if certificate.start > now_ms + _CLOCK_SKEW_MS:
            raise KubeconfigError(
                at, f"the certificate is not valid before {utc_text(certificate.start)}; check the clocks."
            )
    end = min(certificate.end for certificate in certificates)
    return ClientCertificate(_pem_bundle(certificates), block.pem, end, "system:masters" not in leaf.groups)


@dataclass(frozen=True)
class _LeafCertificate:
    names: list[str]
    groups: list[str]
    client_auth: bool
    public_key: bytes
    usable_key: bool

    @classmethod
    def read(cls, certificate: Any) -> _LeafCertificate:
        try:
            usages = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
            client_auth = bool({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & usages)
        except x509.ExtensionNotFound:
            client_auth = True
        names, groups = (
            [str(part.value) for part in certificate.subject.get_attributes_for_oid(oid)]
            for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
        key = certificate.public_key()
        return cls(names, groups, client_auth, _public_bytes(key), _is_supported_key(key))


def _is_supported_key(key: Any) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size <= _MAX_RSA_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))
    return isinstance(key, ed25519.Ed25519PublicKey)


def _public_bytes(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _has_public_key(certificate: Any, public: bytes) -> bool:
    try:
        return _public_bytes(certificate.public_key()) == public
    except Exception:  # the parser may raise anything for untrusted bytes
        return False


def _parse_private_key(data: bytes, at: str) -> tuple[PemBlock, Any]:
    block = next((block for block in pem_blocks(data) if block.is_key), None)
    if block is None:
        raise KubeconfigError(at, "holds no private key in PEM" + _conversion_hint(data, "pkey"))
    if block.encrypted:
        raise KubeconfigError(at, "is encrypted, and HSS cannot ask for its pass phrase. Decrypt it (openssl pkey).")
    if block.label not in ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"):
        raise KubeconfigError(at, "is not a key in PKCS#8, PKCS#1 or SEC1. Convert it (openssl pkey).")
    der = block.der or b""
    # Checked before loading, because loading a key of another algorithm can take minutes.
    if (
        block.label == "PRIVATE KEY"
        and der[:1] == _DER_SEQUENCE
        and not any(kind in der[:32] for kind in _PKCS8_ALGORITHMS)
    ):
        raise KubeconfigError(at, f"is of a kind that Kubernetes does not take. {_SUPPORTED_KEYS}")
    try:
        if len(der) > _MAX_KEY_BYTES:
            raise ValueError
        key = serialization.load_pem_private_key(block.pem, None, **_load_options())
        if isinstance(key, rsa.RSAPrivateKey) and not _is_consistent(key.private_numbers()):
            raise ValueError
    except Exception:  # the parser may raise anything for untrusted bytes
        raise KubeconfigError(at, "holds a private key that cannot be read") from None
    return block, key


# The object identifiers of rsaEncryption, ecPublicKey and Ed25519.
_PKCS8_ALGORITHMS = tuple(
    bytes.fromhex(kind) for kind in ("06092a864886f70d010101", "06072a8648ce3d0201", "06032b6570")
)


def _load_options() -> dict[str, bool]:
    """Disables the primality test of RSA keys, which takes seconds. kubectl does not test them either."""
    known = int(cryptography.__version__.partition(".")[0]) >= 39
    return {"unsafe_skip_rsa_key_validation": True} if known else {}


def _is_consistent(numbers: Any) -> bool:
    public = numbers.public_numbers
    return numbers.p * numbers.q == public.n and all(
        numbers.d * public.e % (prime - 1) == 1 for prime in (numbers.p, numbers.q)
    )


def token_from_file(content: bytes, at: str) -> bytes:
    """Returns the token in a file. The check is stricter than for a token field, because the path may be any file's."""
    token = content.strip()
    if not re.fullmatch(rb"[A-Za-z0-9._~+/-]+(?::[A-Za-z0-9._~+/-]+)?=*", token):
        raise KubeconfigError(at, "the file is not one token: one word of letters, digits and . _ ~ + / - = :")
    return token


def check_token(token: bytes, at: str, now_ms: int) -> int | None:
    """Returns the end of a token: the claim C(exp) of a JWT in epoch milliseconds; None if there is none."""
    if len(token) > _MAX_TOKEN_BYTES:
        raise KubeconfigError(at, "is too long to be a token")
    text = token.decode("utf-8", "replace")
    _refuse_placeholder(text, at)
    reason = foreign_token_reason(text)
    if reason:
        raise KubeconfigError(at, f"{reason}.")
    if not _ONE_WORD.fullmatch(token):
        raise KubeconfigError(at, "is not a token: it must be one word of ASCII characters")
    claims = _jwt_claims(token)
    if is_node_identity(str(claims.get("sub", ""))):
        raise KubeconfigError(at, NODE_IDENTITY)
    end, start = _date_claim(claims, "exp"), _date_claim(claims, "nbf")
    if end is not None and end <= now_ms:
        raise KubeconfigError(
            at, f"the token expired on {utc_text(end)}. Make a new one, valid for as long as HSS is to use it."
        )
    if start is not None and start > now_ms + _CLOCK_SKEW_MS:
        raise KubeconfigError(at, f"the token is not valid before {utc_text(start)}; check the clocks.")
    return end


def holder_of(user: Mapping[str, Any]) -> str:
    """Describes whose credential it is: equal for the same user and groups, whatever the file calls them."""
    if "client-certificate-data" in user:
        block = next(pem_blocks(base64.b64decode(user["client-certificate-data"])))
        leaf = _LeafCertificate.read(x509.load_pem_x509_certificate(block.pem))
        found = "/".join([*leaf.names, *sorted(leaf.groups)])
    else:
        token = str(user.get("token") or "").encode("ascii", "replace")
        subject = _jwt_claims(token).get("sub")
        found = subject if isinstance(subject, str) and subject else f"token {hashlib.sha256(token).hexdigest()[:8]}"
    impersonated = {name: value for name, value in user.items() if name == "as" or name.startswith("as-")}
    return f"{found} {json.dumps(impersonated, sort_keys=True)}" if impersonated else found


def _jwt_claims(token: bytes) -> dict[str, Any]:
    parts = token.split(b".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _date_claim(claims: dict[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _MAX_DATE_SECONDS:
        return None
    return int(value * 1000)
