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
    def parse(cls, text: str, schemes: tuple[str, ...] = ("https",), user_info: bool = False) -> Server:
        """
        :arg user_info: whether a user and a password may stand before the host; they are dropped here.
        :raises ServerError: if it is no absolute URL with one of the schemes.
        """
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
            raise ServerError(f"must begin with {schemes[0]}://")
        # urlsplit would pass over some of them, and hosts in other scripts may mean what they do not look like.
        if not re.fullmatch(r"[!-~]+", text):
            raise ServerError("must not hold white space or non-ASCII characters (write such a host as xn--...)")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ServerError("is not a valid address") from None
        if "@" in parts.netloc and not user_info:
            raise ServerError("holds a user or a password, which does not belong there")
        if parts.scheme not in schemes:
            raise ServerError(f"must begin with {schemes[0]}://, not {parts.scheme}://")
        if not host or port == 0 or not _valid_host(host):
            raise ServerError("has no valid host")
        if parts.query or parts.fragment:
            raise ServerError("must not have a query or a fragment")
        return cls(parts.scheme, host, port, parts.path.rstrip("/"))

    @classmethod
    def replacement(cls, text: str, old: Server | None) -> Server:
        """The address given in place of another: a URL as a whole; a bare host keeps the old one's port and path."""
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
        name = self._name
        address = _address(name)
        if address is not None:
            for property_name, reason in (
                ("is_loopback", _LOOPBACK),
                ("is_unspecified", "is no address but 'all interfaces'"),
                ("is_link_local", "is a link-local address"),
                ("is_multicast", "is a multicast address"),
            ):
                if getattr(address, property_name):
                    return reason
            return None
        if name in _LOCALHOSTS or name.endswith(".localhost"):
            return _LOOPBACK
        inside = name.endswith((".svc", ".cluster.local")) or name.startswith("kubernetes.default.svc.")
        return "is a name inside the cluster" if inside or name == "kubernetes.default" else None

    @property
    def local_name(self) -> bool:
        """A name that perhaps only the nodes' C(/etc/hosts) or their own network knows."""
        return _address(self._name) is None and ("." not in self._name or self._name.endswith(_LOCAL_DOMAINS))

    def require_usable(self) -> None:
        """:raises ServerError: if nobody outside can reach it."""
        if self.unusable:
            raise ServerError(f"'{self.host}' {self.unusable}, which HSS cannot reach.")

    def same(self, other: str | None) -> bool:
        """Whether a registered address is this one, whatever its case, port 443 or a slash at the end."""
        try:
            return other is not None and self.key == Server.parse(other).key
        except ServerError:
            return False

    @property
    def _name(self) -> str:
        return self.host.lower().rstrip(".")

    @property
    def key(self) -> tuple[str, str, int, str]:
        """Equal for addresses that are the same."""
        return self.scheme, str(_address(self._name) or self._name), self.port or 443, self.path


_LOOPBACK = "is the host's own loopback address"
# As Debian and Red Hat name it in /etc/hosts.
_LOCALHOSTS = (
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
)
_LOCAL_DOMAINS = (".local", ".internal", ".lan", ".localdomain")


def _valid_host(host: str) -> bool:
    if ":" in host:
        return _address(host) is not None
    return bool(re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?", host)) and ".." not in host


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host means, in any spelling that resolvers take: 127.1, 0x7f000001, ::ffff:127.0.0.1."""
    try:
        if ":" in name:
            address = ipaddress.IPv6Address(name.partition("%")[0])
            return address.ipv4_mapped or address
        # What begins with a digit may be an address in inet_aton's spellings; a name such as "abc" never is.
        return ipaddress.IPv4Address(socket.inet_aton(name)) if name[:1].isdigit() else None
    except (OSError, ValueError):
        return None
