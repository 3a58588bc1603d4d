# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real private registry with TLS and a password, a web server with the archive, and the real skopeo and podman."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import http.server
import ipaddress
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import kubeconfigs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hosts.packages import HostsError, unpacked

USERNAME = "hss"
PASSWORD = "canary registry-pa$$word'0123"
# The hash of this password: the registry accepts only bcrypt, which Python does not provide.
_HTPASSWD = f"{USERNAME}:$2b$05$f97N5xO4IxAEwN3/ZRf8wO7QnvfHwAzbrXIIum/aO23Up1HAz7bua\n"


def program(package: str, name: str | None = None) -> tuple[Path, dict[str, str]]:
    """Returns the program of the machine, or else of a Debian package, and the environment variables that it needs."""
    name = name or package
    if found := shutil.which(name):
        return Path(found).absolute(), {}
    root = unpacked(package, f"usr/bin/{name}")
    libraries = {str(library.parent) for library in root.glob("**/lib*.so.*")}
    return root / "usr" / "bin" / name, {"LD_LIBRARY_PATH": os.pathsep.join(sorted(libraries))} if libraries else {}


class Authority:
    """A self-signed certificate for servers on loopback."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.certificate, self.key = folder / "server.pem", folder / "server.key"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "private registry")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
        uses = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        uses |= dict.fromkeys(("crl_sign", "encipher_only", "decipher_only"), False)
        builder = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            # It is its own CA, which strict clients require it to state.
            .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **uses), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        certificate = builder.sign(key, hashes.SHA256())
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(kubeconfigs.key_pem(key))


class Registry:
    """A registry with one user."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        folder.mkdir()
        self._folder, self._authority = folder, authority
        self._binary, environment = program("docker-registry")
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    def __enter__(self) -> Registry:
        for _attempt in range(5):  # another process may take the port first
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.address = f"127.0.0.1:{free.getsockname()[1]}"
            if self._start():
                return self
        raise HostsError(f"the registry does not start:\n{(self._folder / 'log').read_text()}")

    def __exit__(self, *_error: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(20)

    def _start(self) -> bool:
        (self._folder / "htpasswd").write_text(_HTPASSWD)
        config = {
            "version": 0.1,
            "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "data")}, "delete": {"enabled": True}},
            "http": {
                "addr": self.address,
                "tls": {"certificate": str(self._authority.certificate), "key": str(self._authority.key)},
            },
            "auth": {"htpasswd": {"realm": "registry", "path": str(self._folder / "htpasswd")}},
        }
        (self._folder / "config.yml").write_text(json.dumps(config))
        with (self._folder / "log").open("wb") as log:
            command = [self._binary, "serve", self._folder / "config.yml"]
            self._process = subprocess.Popen(
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        host, port = self.address.split(":")
        until = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection((host, int(port)), 1).close()
                return True
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        return False

    def tags(self, repository: str) -> list[str]:
        """Returns the tags of a repository; an empty list if there is no such repository."""
        try:
            answer = json.loads(self._get(f"{repository}/tags/list"))
        except HTTPError as error:
            assert error.code == 404, error
            return []
        return list(answer["tags"] or ())

    def layers(self, repository: str, tag: str) -> list[str]:
        """Returns the digests of the uncompressed layers of an image."""
        manifest = json.loads(self._get(f"{repository}/manifests/{tag}"))
        config = json.loads(self._get(f"{repository}/blobs/{manifest['config']['digest']}"))
        return list(config["rootfs"]["diff_ids"])

    def pushes(self) -> int:
        """Returns how many manifests were pushed."""
        return len(re.findall(r'"PUT /v2/[^"?]*/manifests/', (self._folder / "log").read_text()))

    def _get(self, path: str) -> bytes:
        login = b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        manifest = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
        headers = {"Authorization": f"Basic {login}", "Accept": manifest if "/manifests/" in path else "*/*"}
        request = urllib.request.Request(f"https://{self.address}/v2/{path}", headers=headers)
        context = ssl.create_default_context(cafile=str(self._authority.certificate))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, timeout=20) as answer:
            return bytes(answer.read())


class Downloads:
    """The files of a web server by path, and the requested paths."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []


@contextlib.contextmanager
def downloads(authority: Authority | None) -> Iterator[Downloads]:
    """Runs a web server, with TLS if there is an authority."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            there.asked.append(self.path)
            found = there.files.get(path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def handle(self) -> None:
            # A client that does not trust the certificate closes the connection.
            with contextlib.suppress(ssl.SSLError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if authority:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    there = Downloads(f"http{'s' if authority else ''}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05), daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def install(tool: str, folder: Path, authority: Authority) -> None:
    """Installs a tool in FOLDER/bin, with its own settings and storage. Its calls are recorded in FOLDER/calls.

    It trusts the authority, or the one in the file that TOOL_CA names.
    """
    home, script = folder / "home", folder / "bin" / tool
    policy = home / ".config" / "containers" / "policy.json"
    for path in (policy, script):
        path.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    binary, environment = program(tool)
    environment |= {"HOME": str(home)}
    if tool == "podman":
        environment |= _podman_settings(folder)
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    slow = shlex.quote(str(folder / "slow"))
    script.write_text(
        f'#!/bin/sh\necho "{tool} $*" >>{shlex.quote(str(folder / "calls"))}\n'
        # Then a test can see it in the process list.
        f"[ ! -e {slow} ] || sleep 0.7\n"
        f"SSL_CERT_FILE=${{TOOL_CA:-{shlex.quote(str(authority.certificate))}}} exec env {variables} "
        f'{shlex.quote(str(binary))} "$@"\n'
    )
    script.chmod(0o755)


def _podman_settings(folder: Path) -> dict[str, str]:
    # podman requires both programs, although it runs no container.
    conmon, crun = program("conmon")[0], program("crun")[0]
    (folder / "containers.conf").write_text(
        f'[engine]\nconmon_path = ["{conmon}"]\nruntime = "crun"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n'
        f'[engine.runtimes]\ncrun = ["{crun}"]\n[network]\nnetwork_config_dir = "{folder}/networks"\n'
    )
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
    )
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }
