# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of etcd, kube-apiserver and kube-controller-manager on loopback."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import kubeconfigs
import requests
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from requests.adapters import HTTPAdapter

from .build import programs
from .debian import KubeError

NODES = ("node-1", "node-2")
PATIENCE = 120
# The controllers that tests need. Those of workloads are not among them: no pod could run.
CONTROLLERS = (
    "clusterrole-aggregation",
    "garbagecollector",
    "namespace",
    "root-ca-cert-publisher",
    "serviceaccount",
    "serviceaccount-token",
)
# ServiceAccount refuses pods until their account has a token. TaintNodesByCondition taints new nodes until a
# controller, which does not run here, finds them ready.
NOT_ADMITTING = ("ServiceAccount", "TaintNodesByCondition")


class ApiServer:
    """A cluster without machines and with some node objects, from start() to stop() or inside C(with)."""

    def __init__(self, nodes: Sequence[str] = NODES, made: Mapping[str, Path] | None = None) -> None:
        self.programs = dict(made or programs())
        self.nodes = list(nodes)
        self.ca = kubeconfigs.Authority()
        self.url = ""
        self.kubeconfig = ""
        self.folder: Path | None = None
        self.started_in = 0.0
        self.session = requests.Session()
        self._supervisor: subprocess.Popen[str] | None = None

    def __enter__(self) -> ApiServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> ApiServer:
        """Start the cluster; API server and controllers work when this returns."""
        for last in (False, False, True):
            try:
                return self._start()
            except BaseException as error:
                self.stop()
                # Another program may have taken the free port in the meantime.
                if last or "address already in use" not in str(error):
                    raise
        raise AssertionError  # the last attempt returns or raises

    def _start(self) -> ApiServer:
        started = time.monotonic()
        self.folder = folder = Path(tempfile.mkdtemp(prefix="hss-kube-"))
        self._supervisor = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("supervise.py"), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C ends the tests, which then stop the cluster
        )
        port = _free_port()
        self.url = f"https://127.0.0.1:{port}"
        self._write_credentials(folder)
        self._run("etcd", **_etcd_options())
        self._run("kube-apiserver", **_apiserver_options(port))
        self._wait("/readyz")
        self._run("kube-controller-manager", **_controller_options())
        self._wait("/api/v1/namespaces/default/serviceaccounts/default")
        for name in self.nodes:
            self.add_node(name)
        self.started_in = time.monotonic() - started
        return self

    def stop(self) -> None:
        """End the programs, and remove the folder."""
        if self._supervisor:
            assert self._supervisor.stdin and self._supervisor.stdout
            self._supervisor.stdin.close()
            self._supervisor.wait(30)
            self._supervisor.stdout.close()
            self._supervisor = None
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.session.close()

    def request(self, method: str, path: str, **how: Any) -> requests.Response:
        """Send a request to the API server as its administrator."""
        return self.session.request(method, self.url + path, timeout=30, **how)

    def add_node(self, name: str, version: str | None = None, arch: str = "amd64", os_: str = "linux") -> None:
        """Register a node with the status Ready and without a machine.

        :arg version: the version of its kubelet; by default the API server's.
        """
        node = _node(name, version or self.request("GET", "/version").json()["gitVersion"], arch, os_)
        answer = self.request("POST", "/api/v1/nodes", json=node)
        if answer.status_code != 201:
            raise KubeError(f"the node {name} was not registered: {answer.text}")

    def _write_credentials(self, folder: Path) -> None:
        ca = self.ca
        names = [x509.DNSName("kubernetes.default.svc"), x509.DNSName("localhost")]
        server = ca.issue(
            "kube-apiserver",
            usage=ExtendedKeyUsageOID.SERVER_AUTH,
            names=[*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))],
        )
        admin = ca.issue("kubernetes-admin", ["system:masters"])
        contents = {
            "ca.crt": ca.pem,
            "server.crt": server.pem,
            "server.key": server.key_pem,
            "admin.pem": admin.pem + admin.key_pem,
            "accounts.key": kubeconfigs.key_pem(kubeconfigs.new_key(), "traditional"),
            "kubeconfig": yaml.safe_dump(
                kubeconfigs.document(self.url, ca.pem, kubeconfigs.certificate_user(admin))
            ).encode(),
        }
        for name, content in contents.items():
            with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(content)
        self.kubeconfig = str(folder / "kubeconfig")
        self.session = _session(folder / "ca.crt", folder / "admin.pem")

    def _run(self, name: str, **options: str) -> None:
        assert self._supervisor and self._supervisor.stdin
        arguments = [f"--{option.replace('_', '-')}={value}" for option, value in options.items()]
        order = {"name": name, "command": [str(self.programs[name]), *arguments]}
        self._supervisor.stdin.write(json.dumps(order) + "\n")
        self._supervisor.stdin.flush()

    def _wait(self, path: str) -> None:
        assert self._supervisor and self._supervisor.stdout and self.folder
        until = time.monotonic() + PATIENCE
        last = ""
        while time.monotonic() < until:
            if self._supervisor.poll() is not None:
                raise KubeError(self._supervisor.stdout.read() or "the supervisor of the cluster ended")
            try:
                answer = self.request("GET", path)
                if answer.ok:
                    return
                last = answer.text
            except (
                OSError
            ) as error:  # nothing listens yet, or the supervisor has ended and removed the folder with the CA
                last = str(error)
            time.sleep(0.1)
        logs = "".join(f"\n{log.name}:\n{log.read_text()[-2000:]}" for log in sorted(self.folder.glob("*.log")))
        raise KubeError(f"{path} is not available after {PATIENCE} s: {last}{logs}")


# A socket in the folder of this cluster, which other users cannot enter: etcd needs no password.
ETCD = "unix://etcd:0"


def _etcd_options() -> dict[str, str]:
    return {
        "data_dir": "etcd-data",
        "listen_client_urls": ETCD,
        "advertise_client_urls": ETCD,
        # etcd has no peers, but requires these options.
        "listen_peer_urls": "http://127.0.0.1:0",
        "initial_advertise_peer_urls": "http://127.0.0.1:1",
        "initial_cluster": "default=http://127.0.0.1:1",
    }


def _apiserver_options(port: int) -> dict[str, str]:
    return {
        "etcd_servers": ETCD,
        "bind_address": "127.0.0.1",
        "secure_port": str(port),
        "tls_cert_file": "server.crt",
        "tls_private_key_file": "server.key",
        "client_ca_file": "ca.crt",
        "authorization_mode": "RBAC",
        "allow_privileged": "true",
        "disable_admission_plugins": ",".join(NOT_ADMITTING),
        "service_cluster_ip_range": "10.96.0.0/16",
        "service_account_issuer": "https://kubernetes.default.svc",
        "service_account_key_file": "accounts.key",
        "service_account_signing_key_file": "accounts.key",
    }


def _controller_options() -> dict[str, str]:
    return {
        "kubeconfig": "kubeconfig",
        "controllers": ",".join(CONTROLLERS),
        "leader_elect": "false",
        "port": "0",
        "secure_port": "0",
        "root_ca_file": "ca.crt",
        "service_account_private_key_file": "accounts.key",
        # Removing a namespace takes some hundred requests, which a test waits for.
        "kube_api_qps": "1000",
        "kube_api_burst": "1000",
        "concurrent_namespace_syncs": "10",
    }


def _node(name: str, version: str, arch: str, os_: str) -> dict[str, Any]:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": os_, "kubernetes.io/arch": arch}
    information = {
        "architecture": arch,
        "operatingSystem": os_,
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "kernelVersion": "6.1.0-25-amd64",
        "containerRuntimeVersion": "containerd://1.6.20",
        "kubeletVersion": version,
        "kubeProxyVersion": version,
        **dict.fromkeys(("bootID", "machineID", "systemUUID"), ""),
    }
    resources = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    status = {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.10"}, {"type": "Hostname", "address": name}],
        "allocatable": resources,
        "capacity": resources,
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "there is no kubelet"}],
        "nodeInfo": information,
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "status": status}


class _Adapter(HTTPAdapter):
    """HTTPS with its own TLS context: Python 3.13 is stricter about certificates than Kubernetes."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)


def _session(ca: Path, identity: Path) -> requests.Session:
    context = ssl.create_default_context(cafile=str(ca))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_cert_chain(identity)
    session = requests.Session()
    session.trust_env = False  # no proxy for loopback
    session.verify = str(ca)
    session.mount("https://", _Adapter(context))
    return session


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
