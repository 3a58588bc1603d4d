# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: is a name in the certificate that the API server presents?

After a loopback address was replaced, the kubeconfig is sound and HSS may still refuse to connect: the server's
certificate has to be made for the new name. The certificate comes from the host; judging it is pure.
"""

from __future__ import annotations

import ipaddress
import shlex

try:
    from cryptography import x509
except ImportError:  # reported by the caller, which can say how to install it
    x509 = None  # type: ignore[assignment]

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.credentials import pem_blocks
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

# Where the distributions keep it, for hosts without openssl.
SERVING_CERTIFICATES = (
    "/etc/kubernetes/pki/apiserver.crt",
    "/var/lib/rancher/k3s/server/tls/serving-kube-apiserver.crt",
    "/var/lib/rancher/rke2/server/tls/serving-kube-apiserver.crt",
    "/var/lib/k0s/pki/server.crt",
    "/var/snap/microk8s/current/certs/server.crt",
)
_REMEDY = (
    "Add it to the certificate (kubeadm: apiServer.certSANs; k3s and RKE2: --tls-san; k0s: spec.api.sans; MicroK8s: "
    "csr.conf.template), or give one of its own names as tls_server_name"
)
_SHOWN = 12


def handshake_command(server: Server, name: str) -> str:
    """A shell command that prints the certificate that the API server presents; nothing where openssl is not.

    :arg server: as the host itself reaches it.
    :arg name: asked for in the handshake, since a server may have certificates for several names.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)
    address = f"[{host}]" if ":" in host else host
    words = ["openssl", "s_client", "-connect", f"{address}:{server.port or 443}"]
    if not _is_address(name):
        words += ["-servername", name]
    command = " ".join(shlex.quote(word) for word in words)
    patience = "$(command -v timeout >/dev/null 2>&1 && echo timeout 10)"
    return f"/bin/sh -c {shlex.quote(f'{patience} {command} </dev/null 2>/dev/null; exit 0')}"


def names_in(presented: bytes) -> list[str] | None:
    """The names that the first certificate in a text is made for; None if there is no certificate."""
    block = next((block for block in pem_blocks(presented) if block.label == "CERTIFICATE"), None)
    if block is None:
        return None
    try:
        extensions = x509.load_pem_x509_certificate(block.pem).extensions
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return []
    return [
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    ]


def require_name(presented: bytes, name: str) -> None:
    """:raises KubeconfigError: if the certificate is not made for the name, or there is none to be looked at."""
    names = names_in(presented)
    if names is None:
        raise KubeconfigError(
            "server",
            "the API server's certificate could not be looked at on the host: it has no openssl that reaches the "
            "server, and no certificate at the usual places. Leave the check out, or run it where openssl is.",
        )
    if not any(_covers(own, name) for own in names):
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        raise KubeconfigError(
            "server",
            f"the API server's certificate is not made for '{name}', but for: {shown or 'no name'}. {_REMEDY}.",
        )


def _covers(own: str, name: str) -> bool:
    if _is_address(name):
        return _is_address(own) and ipaddress.ip_address(own) == ipaddress.ip_address(name)
    own, name = own.lower().rstrip("."), name.lower().rstrip(".")
    if own.startswith("*."):
        # One label, as TLS clients have it.
        return name.partition(".")[2] == own[2:] and "." in own[2:]
    return own == name


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
