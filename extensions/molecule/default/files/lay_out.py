# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the files that each distribution leaves on its control planes: lay_out.py STATE_DIR.

STATE_DIR/expected.json then has, for each host, the secret that is to be uploaded and those that must stay on the host.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import kubeconfigs
import yaml

NODE_KUBECONFIGS = "/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/node-kubeconfigs"


class Host:
    """A host, the secret of it that is to be uploaded, and its other secrets."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.root = Path(variables["host_root"])
        self.home: str = variables["host_home"]
        self.uploaded = ""
        self.kept: list[str] = []

    def put(self, path: str, content: str | bytes, mode: int = 0o600) -> None:
        """Write a file, which belongs to root, or to the ordinary user who runs the scenario."""
        place = self.root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)

    def put_uploaded(self, path: str, text: str, mode: int = 0o600) -> None:
        """Write the kubeconfig that the role is to find and upload; it has one user."""
        self.put(path, text, mode)
        (self.uploaded,) = secrets(text)

    def put_kept(self, path: str, text: str) -> None:
        """Write a kubeconfig of which no secret is to be uploaded."""
        self.put(path, text)
        self.kept += secrets(text)


def secrets(text: str) -> list[str]:
    """The keys and tokens in a kubeconfig, encoded as they are there."""
    users = [entry["user"] for entry in yaml.safe_load(text)["users"]]
    return [user[field] for user in users for field in ("client-key-data", "token") if field in user]


def kubeadm(host: Host) -> None:
    server, ca = "https://kubeadm.example.com:6443", kubeconfigs.Authority()
    host.put_uploaded("/etc/kubernetes/admin.conf", kubeconfigs.kubeadm(server, ca=ca))
    super_admin = kubeconfigs.certificate_user(ca.issue("kubernetes-super-admin", ["system:masters"]))
    host.put_kept("/etc/kubernetes/super-admin.conf", yaml.safe_dump(kubeconfigs.document(server, ca.pem, super_admin)))
    current = "/var/lib/kubelet/pki/kubelet-client-current.pem"
    kubelet = {"client-certificate": current, "client-key": current}
    host.put("/etc/kubernetes/kubelet.conf", yaml.safe_dump(kubeconfigs.document(server, ca.pem, kubelet)))
    node = ca.issue("system:node:kubeadm", ["system:nodes"])
    host.put(current, node.pem + node.key_pem)
    host.kept.append(kubeconfigs.b64(node.pem + node.key_pem))


def openshift(host: Host) -> None:
    server_ca, client_ca = kubeconfigs.Authority("kube-apiserver-lb-signer"), kubeconfigs.Authority("admin-kubeconfig")

    def text(address: str) -> str:
        admin = client_ca.issue("system:admin", ["system:masters"])
        return yaml.safe_dump(kubeconfigs.document(address, server_ca.pem, kubeconfigs.certificate_user(admin)))

    for name, address in (("localhost", "localhost"), ("localhost-recovery", "localhost"), ("lb-int", "api-int.ocp")):
        host.put_kept(f"{NODE_KUBECONFIGS}/{name}.kubeconfig", text(f"https://{address}.example.com:6443"))
    host.put_uploaded(f"{NODE_KUBECONFIGS}/lb-ext.kubeconfig", text("https://api.ocp.example.com:6443"))
    (host.root / NODE_KUBECONFIGS[1:]).chmod(0o700)


def k3s(host: Host) -> None:
    # As with --write-kubeconfig.
    host.put_uploaded("/srv/k3s/admin.yaml", kubeconfigs.k3s())
    link = host.root / "etc/rancher/k3s/k3s.yaml"
    link.parent.mkdir(parents=True)
    link.symlink_to("/srv/k3s/admin.yaml")


def rke2(host: Host) -> None:
    host.put_uploaded("/etc/rancher/rke2/rke2.yaml", kubeconfigs.k3s())


def k0s(host: Host) -> None:
    text = kubeconfigs.kubeadm("https://localhost:6443", name="local")
    host.put_uploaded("/var/lib/k0s/pki/admin.conf", text, mode=0o640)


def microk8s(host: Host) -> None:
    host.put_uploaded(
        "/var/snap/microk8s/2042/credentials/client.config", kubeconfigs.kubeadm("https://127.0.0.1:16443")
    )
    (host.root / "var/snap/microk8s/current").symlink_to("2042")


def minikube(host: Host) -> None:
    """References to files by relative and absolute path, and another cluster's user in the same kubeconfig."""
    ca = kubeconfigs.Authority("minikubeCA")
    admin = ca.issue("minikube-user", ["system:masters"])
    profile = f"{host.home}/.minikube/profiles/minikube"
    user = {"client-certificate": f"{profile}/client.crt", "client-key": "../.minikube/profiles/minikube/client.key"}
    text = kubeconfigs.document("https://192.168.49.2:8443", None, user, "minikube")
    text["clusters"][0]["cluster"]["certificate-authority"] = f"{host.home}/.minikube/ca.crt"
    text["clusters"][0]["cluster"]["extensions"] = [{"name": "cluster_info", "extension": {"version": "v1.36.0"}}]
    other = yaml.safe_load(kubeconfigs.kubeadm("https://10.0.0.1:6443", name="work"))
    for section in ("clusters", "contexts", "users"):
        text[section] = other[section] + text[section]
    host.put_kept(f"{host.home}/.kube/config", yaml.safe_dump(text))
    host.put(f"{host.home}/.minikube/ca.crt", ca.pem, mode=0o644)
    host.put(f"{profile}/client.crt", admin.pem, mode=0o644)
    host.put(f"{profile}/client.key", admin.key_pem)
    host.uploaded = kubeconfigs.b64(admin.key_pem)


def tokenfile(host: Host) -> None:
    """A file with a token, which takes precedence over the old token in the kubeconfig."""
    user = {"tokenFile": "tokens/hss", "token": "stale-token-0123456789abcdef"}
    text = kubeconfigs.document("https://tokenfile.example.com:6443", kubeconfigs.Authority().pem, user)
    host.put_kept(f"{host.home}/.kube/config", yaml.safe_dump(text))
    host.uploaded = kubeconfigs.jwt(exp=int(time.time()) + 200 * kubeconfigs.DAY, sub="system:serviceaccount:hss:hss")
    host.put(f"{host.home}/.kube/tokens/hss", host.uploaded + "\n")


def main() -> None:
    state = Path(sys.argv[1])
    inventory = json.loads((state / "inventory.json").read_text())
    expected = {}
    for name, variables in inventory["all"]["children"]["ssh_hosts"]["hosts"].items():
        host = Host(variables)
        globals()[name](host)
        expected[name] = {"uploaded": host.uploaded, "kept": host.kept}
    (state / "expected.json").write_text(json.dumps(expected))


main()
