# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication: checks of signatures and tokens, which come before any other check of a request."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .accounts import Account, Project, Tokens
from .clock import Clock
from .errors import GatewayError, access_denied, unauthenticated
from .settings import Settings
from .signature import BadSignature, parse_authorization, verify
from .wire import Request


@dataclass
class _Failures:
    count: int = 0
    locked_until: float = 0.0


class Gatekeeper:
    """Admits a request, or raises the gateway's response."""

    def __init__(self, account: Account, tokens: Tokens, clock: Clock) -> None:
        self._account = account
        self._tokens = tokens
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, _Failures] = {}

    def admit(self, request: Request, project_id: str | None, settings: Settings) -> None:
        """Check the credentials, and that they are valid for the project in the path, if it has one."""
        if request.header("X-Auth-Token") is not None:
            scope = self._check_token(request.header("X-Auth-Token") or "")
        elif request.header("Authorization") is not None:
            self._check_signature(request, settings)
            scope = None
        else:
            raise unauthenticated("x-auth-token not found")
        if project_id is None:
            return
        if self._account.project_by_id(project_id) is None:
            raise access_denied("the project does not belong to this account")
        if scope is not None and scope.id != project_id:
            raise access_denied("the token is for another project")
        if request.header("X-Project-Id") not in (None, project_id):
            raise access_denied("X-Project-Id is not the project in the path")

    def reset(self) -> None:
        """Unlock every key."""
        with self._lock:
            self._failures.clear()

    def locked(self, access_key: str) -> bool:
        """Whether an access key is locked now."""
        failures = self._failures.get(access_key)
        return failures is not None and failures.locked_until > self._clock.now()

    def _check_token(self, value: str) -> Project | None:
        token = self._tokens.find(value)
        if token is None:
            raise unauthenticated("decrypt token fail")
        if token.must_be_renewed:
            raise GatewayError(401, "0307", "The token must be updated.")
        if token.project is None:
            raise access_denied("the token is not for a project")
        return token.project

    def _check_signature(self, request: Request, settings: Settings) -> None:
        try:
            authorization = parse_authorization(request.header("Authorization") or "")
        except BadSignature as error:
            raise unauthenticated(str(error)) from None
        access_key = authorization.access_key
        temporary = self._account.temporary
        if access_key == self._account.access_key:
            secret_key, security_token = self._account.secret_key, None
        elif access_key == temporary.ak:
            secret_key, security_token = temporary.sk, temporary.security_token
        else:
            raise unauthenticated(f"ak {access_key} not exist")
        if self.locked(access_key):
            reason = "AK access failed to reach the limit,forbidden. The access key is locked for a while."
            raise unauthenticated(reason)
        try:
            verify(request, authorization, secret_key, security_token, self._clock.now(), settings.clock_skew)
        except BadSignature as error:
            self._count_failure(access_key, settings)
            raise unauthenticated(str(error)) from None
        if access_key in self._failures:
            with self._lock:
                self._failures.pop(access_key, None)

    def _count_failure(self, access_key: str, settings: Settings) -> None:
        if settings.lock_after is None:
            return
        with self._lock:
            failures = self._failures.setdefault(access_key, _Failures())
            failures.count += 1
            if failures.count >= settings.lock_after:
                failures.count = 0
                failures.locked_until = self._clock.now() + settings.lock_seconds
