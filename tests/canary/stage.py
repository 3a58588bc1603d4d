# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated HSS, a cluster with a kubectl, and kubeconfigs of every kind, with unique secrets in each of them."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubeconfigs
import yaml
from kubectl.standin import StandIn

from simulator import Simulator

from .canaries import Canaries

SERVER = "https://10.0.0.5:6443"


class Stage:
    """The services and files that a playbook uses.

    :arg folder: for the files. While a playbook runs, only the cluster writes to it.
    """

    def __init__(self, folder: Path, simulator: Simulator, cluster: StandIn) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        self.simulator = simulator
        self.cluster = cluster
        self.canaries = Canaries()
        cluster.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file}, delay=0.1)
        # Many attempts with a refused key must not lock it.
        simulator.configure(lock_after=None, daemonset_polls=1)
        self.registry_password = self.canaries.new("password of the registry", awkward=True)
        self.proxy_password = self.canaries.new("password of a proxy")
        self.authority = kubeconfigs.Authority()
        self._sign_in()
        self.kubeconfigs = {path.stem: str(path) for path in self._kubeconfigs()}

    # Credentials

    def _sign_in(self) -> None:
        sim, temporary = self.simulator, self.simulator.temporary
        token = sim.issue_token()
        watched = {
            "access key": [sim.access_key],
            "secret key": [sim.secret_key],
            "temporary access key": [temporary.ak],
            "temporary secret key": [temporary.sk],
            "security token": [temporary.security_token],
            "token": [token],
            "password of the user": [sim.user.password],
        }
        for name, values in watched.items():
            self.canaries.add(name, *values)
        keys = {"access_key": sim.access_key, "secret_key": sim.secret_key}
        temporary_keys = {"access_key": temporary.ak, "secret_key": temporary.sk}
        self.credentials: dict[str, dict[str, str]] = {
            "keys": keys,
            "temporary keys": {**temporary_keys, "security_token": temporary.security_token},
            "token": {"auth_token": token},
            "user": {
                "user_name": sim.user.name,
                "password": sim.user.password,
                "domain_name": sim.user.domain,
            },
        }

    def learn(self) -> None:
        """Adds the secrets that the services issued during the run: tokens of IAM, of agents and of ServiceAccounts."""
        self.canaries.add("token from IAM", *list(self.simulator._gateway.tokens._tokens))
        for cluster in self.simulator.clusters():
            self.canaries.add("token of the agent", self.simulator.agent_token(cluster.cluster_id))
        token = self.cluster.get("Secret", "hss-token", "hss-access")
        if token:
            # Only the last part of the token is secret.
            self.canaries.add("token of the ServiceAccount", base64.b64decode(token["data"]["token"]).decode()[-30:])

    def connection(self, sign_in: str = "keys") -> dict[str, Any]:
        """Returns connection options for the simulator."""
        return {
            "endpoint": self.simulator.endpoint,
            "auth_url": self.simulator.endpoint,
            "ca_path": self.simulator.ca_file,
            "region": self.simulator.region,
            "project_id": self.simulator.project_id,
            "max_retries": 0,
            "timeout": 10,
            **self.credentials[sign_in],
        }

    # Kubeconfigs

    def put(self, name: str, text: str | bytes) -> Path:
        """Writes a file, and returns its path."""
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(0o600)
        return path

    def admin(self, name: str, days: float = 365) -> dict[str, Any]:
        """Returns an administrator's kubeconfig as a mapping."""
        issued = self.authority.issue("kubernetes-admin", ["kubeadm:cluster-admins"], days=days)
        self.canaries.add_key(f"client key of {name}", issued.key_pem)
        return kubeconfigs.document(SERVER, self.authority.pem, kubeconfigs.certificate_user(issued))

    def _kubeconfigs(self) -> Iterator[Path]:
        yield self.put("shop.conf", yaml.safe_dump(self._crowded()))
        yield self.put("renewed.conf", yaml.safe_dump(self.admin("renewed", days=500)))
        yield self.put("other.conf", json.dumps(self.admin("other")))
        token = self.canaries.new("token in the file", 40)
        yield self.put("token.conf", yaml.safe_dump(self._of_user({"token": token})))
        token = self.canaries.new("token in a file of its own", 40)
        yield self.put("token_file.conf", yaml.safe_dump(self._of_user({"tokenFile": str(self.put("token", token))})))
        issued = self.authority.issue("kubernetes-admin", ["system:masters"])
        self.canaries.add_key("client key in a file of its own", issued.key_pem)
        files = {
            "client-certificate": str(self.put("client.crt", issued.pem)),
            "client-key": str(self.put("client.key", issued.key_pem)),
        }
        yield self.put("files.conf", yaml.safe_dump(self._of_user(files)))
        for name, text in self._refused():
            yield self.put(f"{name}.conf", text)
        with open(self.cluster.kubeconfig, encoding="utf-8") as file:
            own = yaml.safe_load(file)
        key = base64.b64decode(own["users"][0]["user"]["client-key-data"])
        self.canaries.add_key("client key of the cluster", key)

    def _of_user(self, user: dict[str, Any]) -> dict[str, Any]:
        return kubeconfigs.document(SERVER, self.authority.pem, user)

    def _crowded(self) -> dict[str, Any]:
        """Returns a kubeconfig that also contains credentials of other users, which must not be sent."""
        config = self.admin("the context")
        others = {
            "token": {"token": self.canaries.new("token of another context", 40)},
            "password": {"username": "op", "password": self.canaries.new("password of another context")},
            "key": self.admin("another context")["users"][0]["user"],
            "exec": self._exec("another context"),
            "plugin": {"auth-provider": {"name": "oidc", "config": self._oidc("another context")}},
        }
        config["users"] += [{"name": name, "user": user} for name, user in others.items()]
        config["contexts"] += [{"name": name, "context": {"cluster": "kubernetes", "user": name}} for name in others]
        config["extensions"] = [{"name": "notes", "extension": {"secret": self.canaries.new("extension")}}]
        return config

    def _exec(self, whose: str) -> dict[str, Any]:
        password = self.canaries.new(f"environment of exec of {whose}")
        return {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "get-token",
                "args": ["--secret", self.canaries.new(f"argument of exec of {whose}")],
                "env": [{"name": "PASSWORD", "value": password}],
            }
        }

    def _oidc(self, whose: str) -> dict[str, str]:
        names = ("client-secret", "id-token", "refresh-token")
        return {name: self.canaries.new(f"{name} of {whose}", 40) for name in names}

    def _refused(self) -> Iterator[tuple[str, str]]:
        """Yields the name and text of kubeconfigs that are unusable for different reasons."""
        made = {
            "exec": self._of_user(self._exec("the context")),
            "oidc": self._of_user({"auth-provider": {"name": "oidc", "config": self._oidc("the context")}}),
            "basic": self._of_user({"username": "op", "password": self.canaries.new("password of the context")}),
            "ended": self.admin("the ended", days=-1),
            "lost": kubeconfigs.edited(self._of_user({}), {"users[0].user": {"tokenFile": "/nonexistent/token"}}),
        }
        made["mismatch"] = copy.deepcopy(self.admin("the mismatch"))
        stranger = self.authority.issue("somebody")
        made["mismatch"]["users"][0]["user"]["client-certificate-data"] = kubeconfigs.b64(stranger.pem)
        key = kubeconfigs.new_key("rsa")
        locked = kubeconfigs.key_pem(key, "traditional", b"secret")
        made["locked"] = self._of_user({"client-key-data": kubeconfigs.b64(locked), "token": 42})
        insecure = self.admin("the insecure")
        made["insecure"] = kubeconfigs.edited(insecure, {"clusters[0].cluster.insecure-skip-tls-verify": True})
        made["loopback"] = kubeconfigs.edited(
            self.admin("the loopback"), {"clusters[0].cluster.server": "https://127.0.0.1:6443"}
        )
        password = self.canaries.new("password in the address")
        made["address"] = kubeconfigs.edited(
            self.admin("the address"), {"clusters[0].cluster.server": f"https://op:{password}@10.0.0.5:6443"}
        )
        made["type"] = kubeconfigs.edited(
            self.admin("the type"), {"users[0].user": ["token", self.canaries.new("list")]}
        )
        made["data"] = kubeconfigs.edited(
            self.admin("the data"), {"users[0].user.client-key-data": self.canaries.new("key that is none", 80)}
        )
        for name, config in made.items():
            yield name, yaml.safe_dump(config)
        token = self.canaries.new("token in a broken file", 40)
        text = yaml.safe_dump(self._of_user({"token": token}))
        yield "cut", text + "\n  - {broken: [\n"
        yield "tabs", text.replace("    token:", "\t token:") + "\n\ttoken: " + token
        yield "tagged", text.replace("token: ", "token: !!python/object/apply:os.system ")
        yield "twice", text + "---\n" + text
        yield "anchored", text.replace("token: ", "token: &a ") + "\nmore: *b\n"
        yield "scalar", token
        yield "control", text + "\x07\x1b[31m"
