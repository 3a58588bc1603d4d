# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: polls a connection for the event source."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.listing import list_registrations
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http import client

from .changes import Event, State, changes, describe
from .options import EventOptions, read_options
from .state_file import StateFile


class Stopped(Exception):
    """The source is being stopped."""


class Watch:
    """Lists the clusters of a connection again and again, and compares.

    :arg arguments: of the source.
    :arg environment: the variables that stand in for connection options.
    :arg warn: takes a text for the log.
    :raises HssError: if an argument cannot be used.
    """

    def __init__(
        self, arguments: Mapping[str, Any], environment: Mapping[str, str], warn: Callable[[str], None]
    ) -> None:
        self._redactor = Redactor()
        self._environment = environment
        self._warn = warn
        self._stop = threading.Event()
        self._session: Session | None = None
        self._failing = False
        self._pending: State | None = None
        try:
            if client.requests is None:
                raise HssError("The event source needs the Python package requests where ansible-rulebook runs")
            self.options: EventOptions = read_options(arguments, self._redactor)
            connection = resolve(self.options.connection, environment, self._redactor)
            self._place = connection.place
            self._file = StateFile(self.options.state_file, _identity(self._place)) if self.options.state_file else None
            self._state = self._file.load() if self._file else None
        except HssError as error:
            raise self._shown(error) from None

    def stop(self) -> None:
        """Ends a poll that waits before it repeats a request."""
        self._stop.set()

    def poll(self) -> list[Event]:
        """Lists the clusters, and returns the events since the last poll that was committed.

        :raises HssError: if HSS refuses the credential. Further attempts would lock the access key.
        """
        self._pending = None
        try:
            clusters = self._list()
        except HssError as error:
            shown = self._shown(error)
            if error.http_status == 401:
                raise shown from None
            self._warn(str(shown))
            if self._failing:
                return []
            self._failing = True
            return [self._event({"type": "poll_failed", "message": str(shown), "error_code": error.error_code})]
        self._failing = False
        events, self._pending = changes(self._state, clusters, self.options.limits)
        return [self._event(event) for event in events]

    def commit(self) -> None:
        """Remembers that the events of the last poll were sent.

        :raises HssError: if the state file cannot be written.
        """
        if self._pending is None:
            return
        if self._file and self._pending != self._state:
            self._file.save(self._pending)
        self._state, self._pending = self._pending, None

    def _list(self) -> list[dict[str, Any]]:
        now = int(time.time() * 1000)
        known_session = self._session
        if known_session is not None:
            try:
                return list_registrations(known_session.api(), self.options.filters, now)
            except HssError as error:
                if error.http_status != 401:
                    raise
            # A token or a temporary key has ended. The next session gets another.
        self._session = self._new_session()
        return list_registrations(self._session.api(), self.options.filters, now)

    def _new_session(self) -> Session:
        session = Session(self.options.connection, self._environment, self._redactor, self._warn_once())
        session.sleep = self._sleep  # type: ignore[assignment]
        return session

    def _warn_once(self) -> Callable[[str], None]:
        """The warnings about options are the same for every session."""
        if self._session is not None:
            return lambda _text: None
        return lambda text: self._warn(self._safe(text))

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _event(self, event: Event) -> Event:
        return {**describe(event), "source": describe(self._place)}

    def _safe(self, text: str) -> str:
        return sanitize(self._redactor.redact(text))

    def _shown(self, error: HssError) -> HssError:
        """The error with its complete message, without secrets."""
        return HssError(self._safe(str(error)), http_status=error.http_status, hint="")


def _identity(place: Mapping[str, str | None]) -> str:
    return hashlib.sha256(json.dumps(dict(place), sort_keys=True).encode()).hexdigest()
