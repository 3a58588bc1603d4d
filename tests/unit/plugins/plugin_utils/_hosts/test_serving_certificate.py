# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of the names in the certificate of a server, with real certificates and a real TLS server."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading

import kubeconfigs
import pytest
from cryptography import x509

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.serving_certificate import (
    certificate_names,
    handshake_command,
    require_name,
)


@pytest.fixture(scope="module")
def issued():
    return kubeconfigs.Authority().issue(
        "kube-apiserver",
        names=[
            x509.DNSName("kubernetes"),
            x509.DNSName("*.example.com"),
            x509.IPAddress(ipaddress.ip_address("10.0.0.5")),
            x509.IPAddress(ipaddress.ip_address("fd00::5")),
        ],
        usage=x509.ExtendedKeyUsageOID.SERVER_AUTH,
    )


@pytest.mark.parametrize(
    "name", ["kubernetes", "KUBERNETES", "api.example.com", "api.example.com.", "10.0.0.5", "fd00::5", "fd00:0::5"]
)
def test_a_name_in_the_certificate_is_accepted(issued, name):
    require_name(b"banner\n" + issued.pem, name)


@pytest.mark.parametrize("name", ["kubernetes.default", "a.b.example.com", "example.com", "10.0.0.6", "fd00::6"])
def test_another_name_is_refused_with_the_names_and_the_remedies(issued, name):
    with pytest.raises(KubeconfigError) as caught:
        require_name(issued.pem, name)
    message = str(caught.value)
    for text in (f"not valid for '{name}'", "kubernetes, *.example.com, 10.0.0.5", "--tls-san", "tls_server_name"):
        assert text in message


def test_a_certificate_without_names_is_valid_for_none():
    with pytest.raises(KubeconfigError, match="but for: no name"):
        require_name(kubeconfigs.Authority().issue("10.0.0.5").pem, "10.0.0.5")


@pytest.mark.parametrize("output", [b"", b"connect: refused\n"])
def test_missing_certificate_is_reported(output):
    with pytest.raises(KubeconfigError, match="could not be read on the host"):
        require_name(output, "10.0.0.5")


@pytest.fixture
def api_server(issued, tmp_path):
    """A TLS server on loopback that presents the certificate."""
    (tmp_path / "server.pem").write_bytes(issued.pem + issued.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    requested = []
    context.sni_callback = lambda _socket, name, _context: requested.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            connection, _address = listener.accept()
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], requested
    listener.close()
    thread.join(10)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("name, sni", [("api.example.com", "api.example.com"), ("10.0.0.5", None)])
def test_the_command_prints_the_certificate_of_the_server(api_server, issued, host, name, sni):
    port, requested = api_server
    command = handshake_command(Server.parse(f"https://{host}:{port}"), name)
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert result.returncode == 0
    assert certificate_names(result.stdout) == ["kubernetes", "*.example.com", "10.0.0.5", "fd00::5"]
    assert requested == [sni]


def test_the_command_prints_nothing_without_openssl(tmp_path):
    (tmp_path / "sh").symlink_to(shutil.which("sh"))
    command = handshake_command(Server.parse("https://127.0.0.1:6443"), "api.example.com")
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, env={"PATH": str(tmp_path)}, check=False)
    assert (result.returncode, result.stdout) == (0, b"")
