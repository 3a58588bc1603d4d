# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A webhook on loopback, which the API server asks, and which answers as a test says."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

import kubeconfigs
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

Answer = dict[str, Any]
ALLOWED: Answer = {"allowed": True}


class Webhook:
    """Answers admission reviews inside C(with).

    :arg answer: returns the response for a request, without its uid.
    """

    def __init__(self, folder: Path, answer: Callable[[dict[str, Any]], Answer]) -> None:
        self.ca = kubeconfigs.Authority()
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        issued = self.ca.issue("webhook", usage=ExtendedKeyUsageOID.SERVER_AUTH, names=[address])
        identity = folder / "webhook.pem"
        identity.write_bytes(issued.pem + issued.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,))

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(30)
        self._server.server_close()

    def configuration(
        self, resources: list[str], side_effects: str = "None", kind: str = "Validating"
    ) -> dict[str, Any]:
        """The object that registers it. Version 1 of the API does not accept a webhook with side effects."""
        client = {
            "url": f"https://127.0.0.1:{self._server.server_address[1]}/",
            "caBundle": kubeconfigs.b64(self.ca.pem),
        }
        rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": resources}
        webhook = {
            "name": "policy.example.com",
            "clientConfig": client,
            "rules": [rule],
            "failurePolicy": "Fail",
            "sideEffects": side_effects,
            "admissionReviewVersions": ["v1"],
        }
        version = "v1" if side_effects in ("None", "NoneOnDryRun") else "v1beta1"
        return {
            "apiVersion": f"admissionregistration.k8s.io/{version}",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": "policy"},
            "webhooks": [webhook],
        }


def denial(message: str, code: int = 403, reason: str = "Forbidden") -> Answer:
    """A response that denies a request."""
    return {"allowed": False, "status": {"code": code, "reason": reason, "message": message}}


def mutation(*operations: dict[str, Any]) -> Answer:
    """A response that changes the object of a request."""
    return {**ALLOWED, "patchType": "JSONPatch", "patch": kubeconfigs.b64(json.dumps(operations).encode())}


def _handler(answer: Callable[[dict[str, Any]], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            response = {"uid": review["request"]["uid"], **answer(review["request"])}
            body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests free of requests."""

    return Handler
