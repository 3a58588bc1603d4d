# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults. Each decides whether the operation is carried out, and what the client receives.

Authentication comes before any fault, so that no fault hides a badly signed request. `Fault` has a method for each
kind:

    sim.fault("CreateMultiCloudClusters", Fault.lost(commit="before"))
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from .call import Page, Twist
from .errors import GatewayError, HssError, throttled
from .wire import HTML_TYPE, Ending, Reply, Request

if TYPE_CHECKING:
    from .settings import Settings
    from .state import Cluster

_PAGE = """<!DOCTYPE html>
<html><head><title>{title}</title></head><body><h1>{title}</h1><p>This page comes from a proxy.</p></body></html>
"""
_GATEWAY_NUMBERS = {401: "0301", 403: "0306", 404: "0101", 413: "0201", 429: "0308", 502: "0203", 504: "0203"}


class Scene(Protocol):
    """The argument of a fault: the request, and the methods that carry it out."""

    use: int  # how often the planned fault was used, this time included

    @property
    def request(self) -> Request:
        """The request."""

    @property
    def settings(self) -> Settings:
        """The current settings."""

    def carry_out(self, twist: Twist | None = None) -> Reply:
        """Carry the operation out now."""

    def carry_out_later(self, delay: float) -> None:
        """Carry the operation out after a delay, even if the connection is closed by then."""

    def sleep(self, seconds: float) -> None:
        """Wait, at most until the simulator ends."""

    def removed_since(self, seconds: float) -> list[Cluster]:
        """The clusters that were removed during the last seconds."""

    def now(self) -> float:
        """The time of the simulator's clock."""


@dataclass(frozen=True)
class Fault:
    """A fault; the static methods below make the different kinds."""

    kind: ClassVar[str] = ""
    for_pages_only: ClassVar[bool] = False

    def play(self, scene: Scene) -> Reply:
        """The response in place of the operation's."""
        raise NotImplementedError

    def as_dict(self) -> dict[str, Any]:
        """The kind and the options, as `from_dict` takes them."""
        return {"kind": self.kind, **asdict(self)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Fault:
        """A fault from its kind and options, as the control API receives them."""
        options = dict(values)
        kind = options.pop("kind", None)
        if kind not in _KINDS:
            raise ValueError(f"kind: {kind!r} is not one of {', '.join(sorted(_KINDS))}")
        try:
            made: Fault = _KINDS[kind](**options)
        except TypeError as error:
            raise ValueError(f"{kind}: {error}") from None
        return made

    @staticmethod
    def throttle(retry_after: float | str | None = None, limit: int = 10, unit: str = "second") -> Fault:
        """429. `retry_after` is a number of seconds or an HTTP date; `unit` is second or minute, in the text."""
        return Throttle(retry_after, limit, unit)

    @staticmethod
    def status(
        code: int,
        body: str = "json",
        commit: bool = False,
        error_code: str | None = None,
        error_msg: str | None = None,
        retry_after: float | str | None = None,
    ) -> Fault:
        """Any status from 400 on; `body` is json, html or empty; with `commit` the operation is carried out first."""
        return Status(code, body, commit, error_code, error_msg, retry_after)

    @staticmethod
    def html(commit: bool = False) -> Fault:
        """200 with a page of HTML in place of JSON."""
        return Html(commit)

    @staticmethod
    def ignored() -> Fault:
        """200 with an empty body, nothing carried out: so HSS answers about node agents of an unknown cluster."""
        return Ignored()

    @staticmethod
    def redirect(location: str, code: int = 302) -> Fault:
        """A redirection; nothing is carried out."""
        return Redirect(location, code)

    @staticmethod
    def slow(seconds: float, commit: str = "after") -> Fault:
        """The correct response, late. Carried out `before` the wait or `after` it, even if the client is gone."""
        return Slow(seconds, commit)

    @staticmethod
    def truncated(commit: bool = True) -> Fault:
        """A response with fewer bytes than its Content-Length."""
        return Truncated(commit)

    @staticmethod
    def lost(commit: str = "never", delay: float = 0.5) -> Fault:
        """A reset connection, no response. Carried out `never`, `before` it, or `late`: `delay` seconds after it."""
        return Lost(commit, delay)

    @staticmethod
    def echo() -> Fault:
        """400 HSS.0001 with a text that quotes the whole request, credentials included."""
        return Echo()

    @staticmethod
    def short_listing(missing: int = 1) -> Fault:
        """A page without its last rows, which total_num still counts."""
        return ShortListing(missing)

    @staticmethod
    def changing_total(by: int = 1) -> Fault:
        """Pages with a wrong total_num: off by `by` on the first page, by twice that on the next, and so on."""
        return ChangingTotal(by)

    @staticmethod
    def duplicate_row(replace_last: bool = False) -> Fault:
        """A page that begins with the last row of the page before; the first page ends with its first row.

        No row is missing, unless `replace_last` removes the page's last row.
        """
        return DuplicateRow(replace_last)

    @staticmethod
    def stale(seconds: float, removed: bool = False) -> Fault:
        """A listing without the clusters created in the last seconds; `removed` adds those removed since."""
        return Stale(seconds, removed)


@dataclass(frozen=True)
class Throttle(Fault):
    """See Fault.throttle."""

    kind: ClassVar[str] = "throttle"
    retry_after: float | str | None = None
    limit: int = 10
    unit: str = "second"

    def play(self, scene: Scene) -> Reply:
        reply = throttled(self.limit, self.unit).reply(scene.settings, scene.request.request_id)
        return _with_retry_after(reply, self.retry_after)


@dataclass(frozen=True)
class Status(Fault):
    """See Fault.status."""

    kind: ClassVar[str] = "status"
    code: int
    body: str = "json"
    commit: bool = False
    error_code: str | None = None
    error_msg: str | None = None
    retry_after: float | str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.code, int) or not 400 <= self.code <= 599:
            raise ValueError("code: must be from 400 to 599")
        _one_of("body", self.body, ("json", "html", "empty"))

    def play(self, scene: Scene) -> Reply:
        if self.commit:
            scene.carry_out()
        return _with_retry_after(self._reply(scene), self.retry_after)

    def _reply(self, scene: Scene) -> Reply:
        if self.body == "empty":
            return Reply(self.code)
        if self.body == "html":
            return Reply(self.code, _PAGE.format(title=f"{self.code} Error").encode(), HTML_TYPE)
        message = self.error_msg or "Requested by a test."
        if self.error_code is None:
            if self.code == 400:
                return HssError("0001", message).reply(scene.settings, scene.request.request_id)
            number = _GATEWAY_NUMBERS.get(self.code, "0601")
            return GatewayError(self.code, number, message).reply(scene.settings, scene.request.request_id)
        body = {"error_code": self.error_code, "error_msg": message, "error_description": message}
        return Reply.of_json(body, self.code)


@dataclass(frozen=True)
class Html(Fault):
    """See Fault.html."""

    kind: ClassVar[str] = "html"
    commit: bool = False

    def play(self, scene: Scene) -> Reply:
        if self.commit:
            scene.carry_out()
        return Reply(200, _PAGE.format(title="Welcome").encode(), HTML_TYPE)


@dataclass(frozen=True)
class Ignored(Fault):
    """See Fault.ignored."""

    kind: ClassVar[str] = "ignored"

    def play(self, scene: Scene) -> Reply:
        return Reply()


@dataclass(frozen=True)
class Redirect(Fault):
    """See Fault.redirect."""

    kind: ClassVar[str] = "redirect"
    location: str
    code: int = 302

    def __post_init__(self) -> None:
        if self.code not in (301, 302, 303, 307, 308):
            raise ValueError("code: must be a redirection")

    def play(self, scene: Scene) -> Reply:
        return Reply(self.code, headers={"Location": self.location})


@dataclass(frozen=True)
class Slow(Fault):
    """See Fault.slow."""

    kind: ClassVar[str] = "slow"
    seconds: float
    commit: str = "after"

    def __post_init__(self) -> None:
        _one_of("commit", self.commit, ("before", "after"))

    def play(self, scene: Scene) -> Reply:
        if self.commit == "after":
            scene.sleep(self.seconds)
            return scene.carry_out()
        reply = scene.carry_out()
        scene.sleep(self.seconds)
        return reply


@dataclass(frozen=True)
class Truncated(Fault):
    """See Fault.truncated."""

    kind: ClassVar[str] = "truncated"
    commit: bool = True

    def play(self, scene: Scene) -> Reply:
        reply = scene.carry_out() if self.commit else Reply.of_json({"total_num": 0, "data_list": []})
        return replace(reply, ending=Ending.TRUNCATED)


@dataclass(frozen=True)
class Lost(Fault):
    """See Fault.lost."""

    kind: ClassVar[str] = "lost"
    commit: str = "never"
    delay: float = 0.5

    def __post_init__(self) -> None:
        _one_of("commit", self.commit, ("never", "before", "late"))

    def play(self, scene: Scene) -> Reply:
        if self.commit == "before":
            scene.carry_out()
        elif self.commit == "late":
            scene.carry_out_later(self.delay)
        return Reply(ending=Ending.RESET)


@dataclass(frozen=True)
class Echo(Fault):
    """See Fault.echo."""

    kind: ClassVar[str] = "echo"

    def play(self, scene: Scene) -> Reply:
        request = scene.request
        said = {
            "url": f"{request.path}?{request.query_string}",
            **{name: value for name, value in request.headers if name.lower() not in ("accept", "accept-encoding")},
            "body": request.body.decode("utf-8", "replace"),
        }
        message = f"Invalid parameter: {json.dumps(said, ensure_ascii=False)} {said['body']}"
        return HssError("0001", message).reply(scene.settings, request.request_id)


@dataclass(frozen=True)
class ShortListing(Fault):
    """See Fault.short_listing."""

    kind: ClassVar[str] = "short_listing"
    for_pages_only: ClassVar[bool] = True
    missing: int = 1

    def play(self, scene: Scene) -> Reply:
        return scene.carry_out(self._twist)

    def _twist(self, page: Page[Any]) -> Page[Any]:
        return replace(page, rows=page.rows[: max(0, len(page.rows) - self.missing)])


@dataclass(frozen=True)
class ChangingTotal(Fault):
    """See Fault.changing_total."""

    kind: ClassVar[str] = "changing_total"
    for_pages_only: ClassVar[bool] = True
    by: int = 1

    def play(self, scene: Scene) -> Reply:
        return scene.carry_out(lambda page: replace(page, total=max(0, page.total + self.by * scene.use)))


@dataclass(frozen=True)
class DuplicateRow(Fault):
    """See Fault.duplicate_row."""

    kind: ClassVar[str] = "duplicate_row"
    for_pages_only: ClassVar[bool] = True
    replace_last: bool = False

    def play(self, scene: Scene) -> Reply:
        return scene.carry_out(self._twist)

    def _twist(self, page: Page[Any]) -> Page[Any]:
        rows = page.rows
        if not rows:
            return page
        kept = rows[:-1] if self.replace_last else rows
        if page.offset == 0:
            return replace(page, rows=[*kept, rows[0]])
        return replace(page, rows=[page.matching[page.offset - 1], *kept])


@dataclass(frozen=True)
class Stale(Fault):
    """See Fault.stale."""

    kind: ClassVar[str] = "stale"
    for_pages_only: ClassVar[bool] = True
    seconds: float
    removed: bool = False

    def play(self, scene: Scene) -> Reply:
        threshold = scene.now() - self.seconds
        gone = scene.removed_since(self.seconds) if self.removed else []

        def twist(page: Page[Any]) -> Page[Any]:
            known = [item for item in page.matching if getattr(item, "created_at", 0.0) < threshold]
            known.extend(cluster for cluster in gone if cluster.created_at < threshold)
            return Page.of(known, page.offset, page.limit)

        return scene.carry_out(twist)


_KINDS: dict[str, Any] = {
    kind.kind: kind
    for kind in (
        Throttle,
        Status,
        Html,
        Ignored,
        Redirect,
        Slow,
        Truncated,
        Lost,
        Echo,
        ShortListing,
        ChangingTotal,
        DuplicateRow,
        Stale,
    )
}


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(choices)}")


def _with_retry_after(reply: Reply, retry_after: float | str | None) -> Reply:
    if retry_after is not None:
        reply.headers["Retry-After"] = f"{retry_after:g}" if isinstance(retry_after, (int, float)) else retry_after
    return reply
