# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: check of the names in the certificate that an API server presents.

A kubeconfig whose loopback address was replaced is valid, but HSS still refuses to connect if the certificate of the
server does not include the new name. The certificate is read on the host and checked here.
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

# Paths at which the Kubernetes distributions store the certificate, for hosts without openssl.
SERVING_CERTIFICATES = (
    "/etc/kubernetes/pki/apiserver.crt",
    "/var/lib/rancher/k3s/server/tls/serving-kube-apiserver.crt",
    "/var/lib/rancher/rke2/server/tls/serving-kube-apiserver.crt",
    "/var/lib/k0s/pki/server.crt",
    "/var/snap/microk8s/current/certs/server.crt",
)
_REMEDY = (
    "Add it to the certificate (kubeadm: apiServer.certSANs; k3s and RKE2: --tls-san; k0s: spec.api.sans; MicroK8s: "
    "csr.conf.template), or set tls_server_name to one of the names in the certificate"
)
_MAX_LISTED_NAMES = 12
_MAX_OUTPUT = 1024 * 1024


def handshake_command(server: Server, name: str) -> str:
    """Return a shell command that prints the certificate of the API server, or nothing if openssl is missing.

    :arg server: address at which the host itself reaches the API server.
    :arg name: name to request in the handshake, since a server can have a certificate for each of its names.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)
    address = f"[{host}]" if ":" in host else host
    arguments = ["openssl", "s_client", "-connect", f"{address}:{server.port or 443}"]
    if not _is_ip_address(name):
        arguments += ["-servername", name]
    command = " ".join(shlex.quote(argument) for argument in arguments)
    timeout = "$(command -v timeout >/dev/null 2>&1 && echo timeout 10)"
    return f"/bin/sh -c {shlex.quote(f'{timeout} {command} </dev/null 2>/dev/null | head -c {_MAX_OUTPUT}; exit 0')}"


def certificate_names(output: bytes) -> list[str] | None:
    """Return the names in the first certificate of an output, or None if it contains no certificate."""
    block = next((block for block in pem_blocks(output) if block.label == "CERTIFICATE"), None)
    if block is None:
        return None
    try:
        extensions = x509.load_pem_x509_certificate(block.pem).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return []
    return [
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    ]


def require_name(output: bytes, name: str) -> None:
    """Check that the first certificate of an output is valid for a name.

    :raises KubeconfigError: if it is not, or if the output contains no certificate.
    """
    names = certificate_names(output)
    if names is None:
        raise KubeconfigError(
            "server",
            "the API server's certificate could not be read on the host: the host has no openssl that can connect to "
            "the server, and no certificate at the usual paths. Disable the check, or install openssl on the host.",
        )
    if not any(_name_matches(pattern, name) for pattern in names):
        listed = ", ".join(names[:_MAX_LISTED_NAMES]) + (", ..." if len(names) > _MAX_LISTED_NAMES else "")
        raise KubeconfigError(
            "server",
            f"the API server's certificate is not valid for '{name}', but for: {listed or 'no name'}. {_REMEDY}.",
        )


def _name_matches(pattern: str, name: str) -> bool:
    if _is_ip_address(name):
        return _is_ip_address(pattern) and ipaddress.ip_address(pattern) == ipaddress.ip_address(name)
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*."):
        # As in TLS clients, a wildcard stands for exactly one label.
        return name.partition(".")[2] == pattern[2:] and "." in pattern[2:]
    return pattern == name


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
