# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument of a handler: the request, its operation, and methods that read its parameters and body."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .contract import (
    ALL_ENTERPRISE_PROJECTS,
    DEFAULT_ENTERPRISE_PROJECT,
    LIMIT_RANGE,
    OFFSET_RANGE,
    Operation,
)
from .errors import invalid
from .settings import Settings
from .wire import Reply, Request

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
# The fields that the request in this thread has in vain.
IGNORED: ContextVar[list[str] | None] = ContextVar("IGNORED", default=None)


@dataclass
class Page(Generic[T]):
    """A page of a listing before it is serialized; a fault may change it."""

    matching: list[T]
    offset: int
    limit: int
    total: int
    rows: list[T]

    @classmethod
    def of(cls, matching: list[T], offset: int, limit: int) -> Page[T]:
        """The correct page."""
        return cls(matching, offset, limit, len(matching), matching[offset : offset + limit])


# Changes a page; the faults of listings are such functions.
Twist = Callable[[Page[Any]], Page[Any]]


@dataclass(frozen=True)
class Call:
    """A request for an operation."""

    request: Request
    operation: Operation
    parameters: Mapping[str, str]  # from the path, decoded
    settings: Settings
    twist: Twist | None = None

    @property
    def project_id(self) -> str:
        """The project in the path."""
        return self.parameters["project_id"]

    @property
    def cluster_id(self) -> str:
        """The cluster in the path."""
        return self.parameters["cluster_id"]

    @property
    def enterprise_project(self) -> str:
        """The requested enterprise project, or the default one."""
        value = self.request.query.get("enterprise_project_id", DEFAULT_ENTERPRISE_PROJECT)
        if not 1 <= len(value) <= 256:
            raise invalid("enterprise_project_id")
        return value

    @property
    def owning_enterprise_project(self) -> str:
        """The enterprise project of a new resource. "All", which the vendor's example sends, means the default one."""
        asked = self.enterprise_project
        return DEFAULT_ENTERPRISE_PROJECT if asked == ALL_ENTERPRISE_PROJECTS else asked

    def page(self, matching: list[T]) -> Page[T]:
        """The requested page."""
        offset = self._number("offset", OFFSET_RANGE, 0)
        limit = self._number("limit", LIMIT_RANGE, LIMIT_RANGE[0])
        page = Page.of(matching, offset, limit)
        return self.twist(page) if self.twist else page

    def flag(self, name: str) -> bool | None:
        """A boolean query parameter."""
        value = self.request.query.get(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise invalid(f"{name} must be true or false")
        return value.lower() == "true"

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """A query parameter with a fixed set of values."""
        value = self.request.query.get(name)
        if value is not None and value not in choices:
            raise invalid(f"{name} must be one of {', '.join(choices)}")
        return value

    def json_object(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        try:
            value = json.loads(self.request.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise invalid("the request body is not a JSON object")
        return value

    def _number(self, name: str, allowed: tuple[int, int], default: int) -> int:
        text = self.request.query.get(name)
        if text is None:
            return default
        low, high = allowed
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise invalid(f"{name} must be an integer from {low} to {high}")
        return int(text)


Handler = Callable[[Call], Reply]


def check_fields(body: Mapping[str, Any], known: Mapping[str, type], where: str = "") -> dict[str, Any]:
    """Refuse values of the wrong type, and log unknown fields, which HSS ignores. Null is treated as absent.

    Returns the known fields.
    """
    for name, value in body.items():
        if name not in known:
            _LOG.warning("unknown field %s%s is ignored", where, name)
            ignored = IGNORED.get()
            if ignored is not None:
                ignored.append(f"{where}{name}")
            continue
        kind = known[name]
        # In Python a bool is an int, in the API it is not.
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise invalid(f"{where}{name} is not of type {kind.__name__}")
    return {name: value for name, value in body.items() if name in known}


def check_choices(body: Mapping[str, Any], choices: Mapping[str, tuple[str, ...]], where: str = "") -> None:
    """Refuse values that are not in their list. An empty text is treated as absent; the API allows it."""
    for name, allowed in choices.items():
        value = body.get(name)
        if value and value not in allowed:
            raise invalid(f"{where}{name} must be one of {', '.join(allowed)}")
