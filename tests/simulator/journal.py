# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The received requests in order, for tests that count them or examine their bodies."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass, replace
from typing import Any

from .wire import Request

_KEPT = 20_000
_SECRET_PARAMETERS = frozenset({"password"})


@dataclass
class Entry:
    """A request, with the names of its headers but not their values. Bodies are stored separately."""

    number: int
    time: float
    operation: str | None  # None: unknown path
    method: str
    path: str
    query: dict[str, str]
    header_names: tuple[str, ...]
    request_id: str
    status: int | None = None  # None: not answered, or not yet
    committed: bool = False  # carried out successfully, whatever the response was
    fault: str | None = None
    ignored_fields: tuple[str, ...] = ()  # of the body, because HSS does not know them
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Its values, for the control API."""
        return asdict(self)


class Journal:
    """The requests so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._bodies: deque[tuple[str | None, bytes]] = deque(maxlen=_KEPT)
        self._counts: Counter[str | None] = Counter()
        self._number = 0

    def open(self, request: Request, operation: str | None, now: float) -> Entry:
        """Add a request that has arrived."""
        query = {name: "***" if name in _SECRET_PARAMETERS else value for name, value in request.query.items()}
        names = tuple(name for name, _dummy in request.headers)
        with self._lock:
            self._number += 1
            entry = Entry(self._number, now, operation, request.method, request.path, query, names, request.request_id)
            self._entries.append(entry)
            self._bodies.append((operation, request.body))
            self._counts[operation] += 1
        return entry

    def entries(self, operation: str | None = None) -> list[Entry]:
        """Copies of the entries of an operation, or of all."""
        with self._lock:
            return [replace(entry) for entry in self._entries if operation in (None, entry.operation)]

    def bodies(self, operation: str | None = None) -> list[Any]:
        """The request bodies in the same order: parsed if they are JSON, None if there was none."""
        with self._lock:
            bodies = [body for name, body in self._bodies if operation in (None, name)]
        return [_parsed(body) for body in bodies]

    def count(self, operation: str | None = None) -> int:
        """How many requests arrived."""
        with self._lock:
            return sum(self._counts.values()) if operation is None else self._counts[operation]

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()
            self._bodies.clear()
            self._counts.clear()


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body
