# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP/1.1 server with or without TLS: a thread for each connection, keep-alive, Nagle's algorithm off.

It is based on the standard library alone. The server of a web framework such as Flask closes every connection, which
costs ten milliseconds a request, and gives no access to the socket, which a lost or truncated response needs.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from .wire import Ending, Reply, Request

Answer = Callable[[Request], Reply]

_HANDSHAKE_TIMEOUT = 10.0
_JOIN_TIMEOUT = 10.0
_ACCEPT_PAUSE = 0.01
# A body above the gateway's limit is still read, so that the client receives the error response and not a reset.
_READ_AT_MOST = 256 * 1024 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class HttpServer:
    """Listens from its creation on, and serves from start() to stop()."""

    def __init__(self, host: str, port: int, answer: Answer) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=256)
        self._answer = answer
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._acceptor: threading.Thread | None = None
        self._stopping = False

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def start(self, tls: ssl.SSLContext | None) -> None:
        """Serve in threads."""
        self._tls = tls
        self._acceptor = threading.Thread(target=self._accept, name="hss-simulator-accept", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Close all connections and the port, and end the threads."""
        self._stopping = True
        if self._acceptor is not None:
            self._wake_acceptor()
            self._acceptor.join(_JOIN_TIMEOUT)
        self._listener.close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            _hang_up(connection)
        for thread in connections:
            thread.join(_JOIN_TIMEOUT)

    def answer(self, request: Request) -> Reply:
        """The response to a request; called by the connections."""
        return self._answer(request)

    def _wake_acceptor(self) -> None:
        # Closing a listening socket does not wake a thread that waits on it, but another connection does.
        try:
            socket.create_connection(self._listener.getsockname()[:2], timeout=1.0).close()
        except OSError:
            pass

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, address = self._listener.accept()
            except OSError:
                # The client has disconnected already, or no file descriptor is free.
                time.sleep(_ACCEPT_PAUSE)
                continue
            if self._stopping:
                connection.close()
                return
            thread = threading.Thread(
                target=self._serve, args=(connection, address), name="hss-simulator-connection", daemon=True
            )
            with self._lock:
                self._connections[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket, address: Any) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                self._shake_hands(connection)
            _Connection(connection, address, self)  # type: ignore[arg-type]  # typed for a server of the library
        except (OSError, ValueError):
            # The client disconnected, does not use TLS, or does not trust the certificate.
            pass
        finally:
            connection.close()
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def _shake_hands(self, connection: ssl.SSLSocket) -> None:
        # In the connection's thread, so that a slow handshake does not delay other clients.
        with self._lock:
            self._connections[threading.current_thread()] = connection
        if self._stopping:
            raise ConnectionAbortedError("the server is being stopped")
        connection.settimeout(_HANDSHAKE_TIMEOUT)
        connection.do_handshake()
        connection.settimeout(None)


class _Connection(BaseHTTPRequestHandler):
    """The requests of one connection."""

    protocol_version = "HTTP/1.1"
    server: HttpServer  # type: ignore[assignment]

    def _handle(self) -> None:
        body = self._read_body()
        if body is None:
            return
        path, _dummy, query_string = self.path.partition("?")
        reply = self.server.answer(
            Request(self.command, path, query_string, tuple(self.headers.items()), body, os.urandom(16).hex())
        )
        self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _handle

    def _read_body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.send_error(411)
            self.close_connection = True
            return None
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= _READ_AT_MOST:
            self.send_error(400)
            self.close_connection = True
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _send(self, reply: Reply) -> None:
        if reply.ending is Ending.RESET:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return
        truncated = reply.ending is Ending.TRUNCATED
        announced = len(reply.body) + 64 if truncated else len(reply.body)
        if truncated:
            self.close_connection = True
        headers = {
            "Date": self.date_time_string(),
            "Server": "api-gateway",
            **({"Content-Type": reply.content_type} if reply.body else {}),
            "Content-Length": str(announced),
            "Connection": "close" if self.close_connection else "keep-alive",
            **reply.headers,
        }
        reason = self.responses.get(reply.status, ("",))[0]
        head = f"HTTP/1.1 {reply.status} {reason}\r\n" + "".join(f"{name}: {headers[name]}\r\n" for name in headers)
        body = reply.body[: (len(reply.body) + 1) // 2] if truncated else reply.body
        if self.command == "HEAD":
            body = b""
        # In one piece: two small segments would each wait for the other side's acknowledgement.
        self.connection.sendall(head.encode("latin-1") + b"\r\n" + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name for it
        """Write no log: the journal has the requests."""


def _hang_up(connection: socket.socket) -> None:
    try:
        # The base class's method on purpose: that of a TLS socket would take the session away from under the thread
        # that is reading from it.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass
