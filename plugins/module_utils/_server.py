# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the address of an API server, and whether HSS could reach it from outside.

Judged by its spelling alone; nothing is resolved or dialled.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

UNUSABLE = "Give the address that HSS can reach with the option server."


class ServerError(Exception):
    """An address that cannot be used, and why."""


@dataclass(frozen=True)
class Server:
    """An address: C(scheme://host:port/path)."""

    scheme: str
    host: str  # an IPv6 address without its brackets
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str, schemes: tuple[str, ...] = ("https",)) -> Server:
        """:raises ServerError: if it is no absolute URL with one of the schemes."""
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
            raise ServerError(f"must begin with {schemes[0]}://")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ServerError("is not a valid address") from None
        if "@" in parts.netloc:
            raise ServerError("holds a user or a password, which does not belong there")
        if parts.scheme not in schemes:
            raise ServerError(f"must begin with {schemes[0]}://, not {parts.scheme}://")
        if not host or port == 0 or re.search(r"[\s\"'<>\\^`{|}]", host):
            raise ServerError("has no valid host")
        if parts.query or parts.fragment:
            raise ServerError("must not have a query or a fragment")
        return cls(parts.scheme, host, port, parts.path.rstrip("/"))

    @classmethod
    def replacement(cls, text: str, old: Server | None) -> Server:
        """The address given in place of another: a URL as a whole; a bare host keeps the port and the path of the old."""
        if "://" in text:
            return cls.parse(text)
        try:
            bare = f"[{ipaddress.IPv6Address(text)}]"
        except ValueError:
            bare = text
        new = cls.parse(f"https://{bare}")
        if old is None:
            return new
        return cls("https", new.host, new.port or old.port, new.path or old.path)

    @property
    def url(self) -> str:
        """As it is registered."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}{self.path}"

    @property
    def unusable(self) -> str | None:
        """Why nobody outside the host or the cluster can reach it; None if they may."""
        name = self.host.lower().rstrip(".")
        address = _address(name)
        if address is not None:
            for property_name, reason in (
                ("is_loopback", "is the host's own loopback address"),
                ("is_unspecified", "is no address but 'all interfaces'"),
                ("is_link_local", "is a link-local address"),
                ("is_multicast", "is a multicast address"),
            ):
                if getattr(address, property_name):
                    return reason
            return None
        if name == "localhost" or name.endswith((".localhost", ".localdomain")):
            return "is the host's own loopback address"
        inside = name.endswith((".svc", ".cluster.local")) or ".svc." in name
        return "is a name inside the cluster" if inside or name == "kubernetes.default" else None

    @property
    def local_name(self) -> bool:
        """A name that perhaps only the nodes' C(/etc/hosts) knows."""
        name = self.host.lower().rstrip(".")
        return _address(name) is None and ("." not in name or name.endswith((".local", ".internal", ".lan")))

    def require_usable(self) -> None:
        """:raises ServerError: if nobody outside can reach it."""
        if self.unusable:
            raise ServerError(f"'{self.host}' {self.unusable}, which HSS cannot reach.")

    def same(self, other: str | None) -> bool:
        """Whether a registered address is this one, whatever its case, port 443 or a slash at the end."""
        try:
            return other is not None and self._comparable() == Server.parse(other)._comparable()
        except ServerError:
            return False

    def _comparable(self) -> tuple[str, str, int, str]:
        return self.scheme, self.host.lower().rstrip("."), self.port or 443, self.path


def _address(name: str):
    """The IP address that a host means, in any spelling that resolvers take: 127.1, 0x7f000001, ::ffff:127.0.0.1."""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        try:
            # Digits alone may be an address in inet_aton's spellings; a name such as "abc" never is.
            return ipaddress.IPv4Address(socket.inet_aton(name)) if re.match(r"\d", name) else None
        except (OSError, ValueError):
            return None
    return getattr(address, "ipv4_mapped", None) or address
