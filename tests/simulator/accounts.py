# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that owns the clusters: its user, keys, projects and tokens."""

from __future__ import annotations

import base64
import random
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .clock import Clock

_ALPHANUMERIC = string.ascii_letters + string.digits
_KEY_LETTERS = string.ascii_uppercase + string.digits


class TemporaryKeys(NamedTuple):
    """Temporary keys, which are valid only together with their security token."""

    ak: str
    sk: str
    security_token: str


class User(NamedTuple):
    """The credentials of a password login."""

    domain: str
    name: str
    password: str


@dataclass(frozen=True)
class Project:
    """A project; the main project is named after its region."""

    id: str
    name: str


@dataclass
class Token:
    """An issued token and its scope."""

    value: str
    project: Project | None
    issued_at: float
    expires_at: float
    must_be_renewed: bool = False


@dataclass
class Account:
    """One account with one user, a permanent and a temporary key pair."""

    access_key: str
    secret_key: str
    temporary: TemporaryKeys
    user: User
    user_id: str
    domain_id: str
    projects: list[Project] = field(default_factory=list)

    @classmethod
    def generate(cls, rng: random.Random, region: str) -> Account:
        """Generate credentials like real ones: long and random, so that redaction matches them and nothing else."""
        return cls(
            access_key="HPUA" + _text(rng, _KEY_LETTERS, 16),
            secret_key=_text(rng, _ALPHANUMERIC, 40),
            temporary=TemporaryKeys(
                ak="HSTA" + _text(rng, _KEY_LETTERS, 16),
                sk=_text(rng, _ALPHANUMERIC, 40),
                security_token=_blob(rng, "ggpj", 600),
            ),
            user=User(
                domain="simulated-domain-" + hex_id(rng)[:12],
                name="simulated-user-" + hex_id(rng)[:12],
                password=_text(rng, _ALPHANUMERIC, 28),
            ),
            user_id=hex_id(rng),
            domain_id=hex_id(rng),
            projects=[Project(hex_id(rng), region)],
        )

    def project_by_id(self, project_id: str) -> Project | None:
        """The project with this id, or None if it is not the account's."""
        return next((project for project in self.projects if project.id == project_id), None)

    def projects_named(self, name: str) -> list[Project]:
        """Projects with this name, normally only one."""
        return [project for project in self.projects if project.name == name]


class Tokens:
    """The issued tokens."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(self, project: Project | None, lifetime: float) -> Token:
        """Issue a token, about as long as real tokens are."""
        now = self._clock.now()
        with self._lock:
            token = Token(_blob(self._rng, "MIIR", 1500), project, now, now + lifetime)
            self._tokens[token.value] = token
        return token

    def find(self, value: str) -> Token | None:
        """The token with this value, if it was issued and has not expired."""
        token = self._tokens.get(value)
        return token if token and token.expires_at > self._clock.now() else None

    def require_renewal(self, value: str | None = None) -> None:
        """From now on the gateway refuses this token (or all issued ones) until it is renewed."""
        with self._lock:
            for token in self._select(value):
                token.must_be_renewed = True

    def clear(self) -> None:
        """Invalidate every token."""
        with self._lock:
            self._tokens.clear()

    def _select(self, value: str | None) -> Iterator[Token]:
        return (token for token in self._tokens.values() if value in (None, token.value))


def hex_id(rng: random.Random) -> str:
    """An id of 32 hexadecimal digits, as projects, users and requests have it."""
    return f"{rng.getrandbits(128):032x}"


def _text(rng: random.Random, letters: str, length: int) -> str:
    return "".join(rng.choices(letters, k=length))


def _blob(rng: random.Random, prefix: str, size: int) -> str:
    return prefix + base64.urlsafe_b64encode(rng.randbytes(size)).decode().rstrip("=")
