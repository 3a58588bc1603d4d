# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and responses, as the HTTP server and the other modules exchange them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html; charset=utf-8"


class Ending(Enum):
    """How a response ends."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"  # fewer bytes than Content-Length, then the connection is closed
    RESET = "reset"  # no response: the connection is reset


@dataclass(frozen=True)
class Request:
    """An HTTP request. `path` and `query_string` are still percent-encoded, as the signature needs them."""

    method: str
    path: str
    query_string: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_id: str

    @cached_property
    def header_values(self) -> dict[str, str]:
        """The headers by lower-case name; the values of a repeated header are joined, as HTTP allows."""
        values: dict[str, str] = {}
        for name, value in self.headers:
            key = name.lower()
            values[key] = f"{values[key]},{value.strip()}" if key in values else value.strip()
        return values

    @cached_property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; the last value of a repeated one."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """The value of a header, or None."""
        return self.header_values.get(name.lower())


@dataclass
class Reply:
    """A response."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = Ending.COMPLETE

    @classmethod
    def of_json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
        """A response with a JSON body."""
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), JSON_TYPE, dict(headers or {}))

    @property
    def good(self) -> bool:
        """Whether the operation was carried out."""
        return 200 <= self.status < 300
