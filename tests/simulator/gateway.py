# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processing of a request: routing, authentication, rate limit, faults, and the operation itself."""

from __future__ import annotations

import random
import sys
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from urllib.parse import unquote

from . import images
from .accounts import Account, Tokens
from .auth import Gatekeeper
from .call import IGNORED, Call, Handler, Twist
from .clock import Clock
from .contract import OPERATIONS, Router
from .errors import GatewayError, Refusal, invalid, not_published, throttled, too_large
from .fault_book import FaultBook
from .hosts import Hosts
from .iam import Iam
from .journal import Entry, Journal
from .multi_cloud import MultiCloud
from .node_agents import NodeAgents
from .settings import Settings
from .state import Cloud, Cluster
from .wire import Ending, Reply, Request

_OPEN_TO_ALL = frozenset({"KeystoneCreateUserTokenByPassword"})


class Gateway:
    """Everything behind the HTTP layer."""

    def __init__(self, settings: Settings) -> None:
        self.rng = rng = random.Random(settings.seed)  # None: a seed from the system
        self._initial_settings = settings
        self.settings = settings
        self.clock = Clock()
        self.account = Account.generate(rng, settings.region)
        self.tokens = Tokens(self.clock, rng)
        self.gatekeeper = Gatekeeper(self.account, self.tokens, self.clock)
        self.cloud = Cloud(self.clock, rng)
        self.faults = FaultBook()
        self.journal = Journal()
        self.multi_cloud = MultiCloud(self.cloud, rng)
        self.hosts = Hosts(self.cloud, rng)
        self._projects_at_start = list(self.account.projects)
        self._router = Router()
        self._handlers: dict[str, Handler] = {
            **self.multi_cloud.handlers,
            **NodeAgents(self.cloud).handlers,
            **self.hosts.handlers,
            **Iam(self.account, self.tokens).handlers,
        }
        if missing := [operation.name for operation in OPERATIONS if operation.name not in self._handlers]:
            raise AssertionError(f"nothing carries out {missing}")
        self._limiter = _RateLimiter()
        self._stopping = threading.Event()
        self._late: list[threading.Thread] = []
        self._late_lock = threading.Lock()
        self._generation = 0

    def answer(self, request: Request) -> Reply:
        """Answer one request of the API."""
        started = time.monotonic()
        settings = self.settings
        route = self._router.match(request.method, request.path)
        entry = self.journal.open(request, route[0].name if route else None, self.clock.now())
        try:
            if settings.latency:
                self._stopping.wait(settings.latency)
            if len(request.body) > settings.max_body:
                raise too_large(settings.max_body)
            if (request.method, request.path) == ("GET", images.PATH):
                # Storage of objects serves it to everybody who knows the address.
                entry.status = 200
                return Reply(body=images.archive_of_hss(), content_type="application/zip")
            if route is None or (route[0].service == "HSS" and not settings.published):
                raise not_published()
            operation, encoded = route
            parameters = {name: unquote(value) for name, value in encoded.items()}
            call = Call(request, operation, parameters, settings)
            if operation.name not in _OPEN_TO_ALL:
                self.gatekeeper.admit(request, parameters.get("project_id"), settings)
            self._limiter.check(settings.rate_limit)
            reply = self._perform(call, entry)
        except Refusal as refusal:
            reply = refusal.reply(settings, request.request_id)
        reply.headers.setdefault("X-Request-Id", request.request_id)
        if reply.ending is not Ending.RESET:
            entry.status = reply.status
        entry.seconds = time.monotonic() - started
        return reply

    def configure(self, **changes: object) -> Settings:
        """Change settings while running."""
        self.settings = self.settings.changed(changes)
        return self.settings

    def reset(self) -> None:
        """Restore the initial state; the account's credentials stay valid."""
        with self._late_lock:
            self._generation += 1
        self.settings = self._initial_settings
        self.faults.clear()
        self.cloud.reset()
        self.multi_cloud.reset()
        self.hosts.reset()
        self.gatekeeper.reset()
        self.tokens.clear()
        self.clock.reset()
        self.journal.clear()
        self.account.projects[:] = self._projects_at_start

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait for operations that are carried out late; False if some are left."""
        deadline = time.monotonic() + timeout
        with self._late_lock:
            threads = list(self._late)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        with self._late_lock:
            self._late = [thread for thread in self._late if thread.is_alive()]
            return not self._late

    def stop(self) -> None:
        """End all waits, and cancel operations that were to be carried out late."""
        self._stopping.set()
        self.settle()

    def _perform(self, call: Call, entry: Entry) -> Reply:
        met = self.faults.take(call.operation, call.request)
        if met is None:
            return self.carry_out(call, entry)
        fault, use = met
        entry.fault = fault.kind
        return fault.play(_Scene(self, call, entry, use))

    def carry_out(self, call: Call, entry: Entry) -> Reply:
        ignored: list[str] = []
        token = IGNORED.set(ignored)
        try:
            if call.operation.needs_region and not call.request.header("region"):
                raise invalid("the header region is required")
            with self.cloud.lock:
                reply = self._handlers[call.operation.name](call)
        except Refusal as refusal:
            reply = refusal.reply(call.settings, call.request.request_id)
        except Exception:
            # A bug of the simulator must be recognizable, in the test's output and by the client.
            traceback.print_exc(file=sys.stderr)
            failure = GatewayError(500, "0601", "Internal server error: the simulator failed, see its standard error.")
            reply = failure.reply(call.settings, call.request.request_id)
        finally:
            IGNORED.reset(token)
        entry.ignored_fields = tuple(ignored)
        entry.committed = reply.good
        return reply

    def carry_out_later(self, call: Call, entry: Entry, delay: float) -> None:
        """Carry an operation out after a delay."""
        with self._late_lock:
            generation = self._generation

            def work() -> None:
                if not self._stopping.wait(delay) and generation == self._generation:
                    self.carry_out(call, entry)

            thread = threading.Thread(target=work, name="hss-simulator-late", daemon=True)
            self._late = [known for known in self._late if known.is_alive()]
            self._late.append(thread)
            thread.start()

    def sleep(self, seconds: float) -> None:
        """Wait, at most until the simulator ends."""
        self._stopping.wait(seconds)


@dataclass
class _Scene:
    """The argument of a fault, see faults.Scene."""

    gateway: Gateway
    call: Call
    entry: Entry
    use: int

    @property
    def request(self) -> Request:
        return self.call.request

    @property
    def settings(self) -> Settings:
        return self.call.settings

    def carry_out(self, twist: Twist | None = None) -> Reply:
        call = self.call
        if twist is not None:
            call = Call(call.request, call.operation, call.parameters, call.settings, twist)
        return self.gateway.carry_out(call, self.entry)

    def carry_out_later(self, delay: float) -> None:
        self.gateway.carry_out_later(self.call, self.entry, delay)

    def sleep(self, seconds: float) -> None:
        self.gateway.sleep(seconds)

    def now(self) -> float:
        return self.gateway.clock.now()

    def removed_since(self, seconds: float) -> list[Cluster]:
        return self.gateway.cloud.removed_since(
            self.now() - seconds, self.call.project_id, self.call.enterprise_project
        )


class _RateLimiter:
    """Limits the requests per second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: deque[float] = deque()

    def check(self, limit: int | None) -> None:
        if limit is None:
            return
        now = time.monotonic()
        with self._lock:
            while self._moments and self._moments[0] <= now - 1.0:
                self._moments.popleft()
            if len(self._moments) >= limit:
                raise throttled(limit)
            self._moments.append(now)
