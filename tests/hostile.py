# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on loopback that sends any bytes at any speed, and records the requests."""

from __future__ import annotations

import json
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

_PATIENCE = 30.0


class Conversation:
    """A connection on which a request waits for its response."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self._connection = connection
        self._over = over

    def send(self, data: bytes | str) -> None:
        """Sends data. Text is encoded in Latin-1, as headers are."""
        self._connection.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def answer(self, status: int, body: bytes, *headers: str) -> None:
        """Sends a well-formed response."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body)

    def json(self, data: Any, status: int = 200) -> None:
        """Sends a well-formed JSON response, as HSS does."""
        self.answer(status, json.dumps(data).encode(), "Content-Type: application/json")

    def drip(self, data: bytes | str, pause: float = 0.05) -> None:
        """Sends data byte by byte."""
        for byte in data.encode("latin-1") if isinstance(data, str) else data:
            self.send(bytes([byte]))
            if self._over.wait(pause):
                return

    def flood(self, data: bytes, times: int) -> None:
        """Sends the same data repeatedly, until the client closes the connection."""
        for _time in range(times):
            if self._over.is_set():
                return
            self.send(data)

    def wait(self) -> None:
        """Sends nothing more, and keeps the connection open."""
        self._over.wait(_PATIENCE)

    def tunnel(self, netloc: str) -> None:
        """Forwards data to another server and back, as a proxy does after CONNECT."""
        host, _colon, port = netloc.rpartition(":")
        with socket.create_connection((host, int(port))) as other:
            self.send("HTTP/1.1 200 Connected\r\n\r\n")
            pairs = {self._connection: other, other: self._connection}
            while not self._over.is_set():
                for readable in select.select(list(pairs), [], [], 0.1)[0]:
                    data = readable.recv(65536)
                    if not data:
                        return
                    pairs[readable].sendall(data)


Answering = Callable[[Conversation, bytes], Any]


class HostileServer:
    """The server, which runs while its context is active.

    :arg answer: called with the conversation and the complete request. If it returns True, the connection is closed.
    :arg tls: makes the server use TLS.
    """

    def __init__(self, answer: Answering, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.netloc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.requests: list[bytes] = []
        self.connections = 0

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"{'https' if self._tls else 'http'}://{self.netloc}"

    def headers(self, number: int) -> dict[str, str]:
        """Returns the headers of a request by their lower-case names."""
        lines = self.requests[number].partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}

    def __enter__(self) -> HostileServer:
        self._threads[0].start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        # Closing a listening socket does not wake a thread that waits on it; one more connection does.
        socket.create_connection(self._listener.getsockname()).close()
        self._threads[0].join()
        self._listener.close()
        for connection in self._open:
            _hang_up(connection)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _address = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                return  # the handshake failed
            self._open.append(connection)
        with connection:
            try:
                while request := _read(connection):
                    self.requests.append(request)
                    if self._answer(Conversation(connection, self._over), request):
                        return
            except OSError:
                pass  # the client closed the connection
            finally:
                _hang_up(connection)


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return b""
        data += received
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", data)
    length = data.index(b"\r\n\r\n") + 4 + (int(found[1]) if found else 0)
    while len(data) < length:
        received = connection.recv(65536)
        if not received:
            return data
        data += received
    return data


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def in_turn(answers: Iterable[Answering]) -> Answering:
    """Returns a function that answers each request with the next of the answers, and all further ones with the last."""
    waiting = list(answers)

    def answer(talk: Conversation, request: bytes) -> Any:
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0])(talk, request)

    return answer
