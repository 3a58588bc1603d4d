# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the address of an API server, and whether HSS could reach it from outside the cluster.

Only the address itself is examined: no name is resolved, and no connection is made.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ONE_WORD = re.compile(r"[!-~]+")
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
SERVER_HINT = "Give the address that HSS can reach with the option server."
# The field is the prefix of the option's name.
IN_CLUSTER_HINT = (
    "The connection agent may resolve such a name inside the cluster; if so, allow it with {}allow_in_cluster_server."
)


class ServerError(Exception):
    """The reason why an address cannot be used."""


@dataclass(frozen=True)
class Server:
    """An address such as C(https://host:port/path)."""

    scheme: str
    host: str  # an IPv6 address without its brackets
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str, schemes: tuple[str, ...] = ("https",), user_info: bool = False) -> Server:
        """Parses an address.

        :arg user_info: whether a user and a password are accepted before the host. They are removed.
        :raises ServerError: if the text is not an absolute URL with one of the schemes.
        """
        if not _SCHEME.match(text):
            raise ServerError(f"must begin with {schemes[0]}://")
        # urlsplit ignores some of these characters, and a host in another script may look like a different one.
        if not _ONE_WORD.fullmatch(text):
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
        if not host or port == 0 or not _is_valid_host(host):
            raise ServerError("has no valid host")
        if parts.query or parts.fragment:
            raise ServerError("must not have a query or a fragment")
        return cls(parts.scheme, host, port, parts.path.rstrip("/"))

    @classmethod
    def replacement(cls, text: str, old: Server | None) -> Server:
        """Returns the replacement of an address: a complete URL, or a host with the old port and path."""
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
        """The address as it is registered."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}{self.path}"

    @property
    def unreachable_reason(self) -> str | None:
        """The reason why the address cannot be reached from outside the host or the cluster; None if there is none."""
        name = self._name
        address = _ip_address(name)
        if address is not None:
            for property_name, reason in (
                ("is_loopback", _LOOPBACK_REASON),
                ("is_unspecified", "is no address but 'all interfaces'"),
                ("is_link_local", "is a link-local address"),
                ("is_multicast", "is a multicast address"),
            ):
                if getattr(address, property_name):
                    return reason
            return None
        if name in _LOOPBACK_NAMES or name.endswith(".localhost"):
            return _LOOPBACK_REASON
        return "is a name inside the cluster" if self.is_in_cluster else None

    @property
    def is_in_cluster(self) -> bool:
        """Whether the host is a name that only the cluster's own name servers know."""
        name = self._name
        return (
            name == "kubernetes.default"
            or name.endswith((".svc", ".cluster.local"))
            or name.startswith("kubernetes.default.svc.")
        )

    @property
    def is_local_name(self) -> bool:
        """Whether the host is a name that only the nodes' C(/etc/hosts) or local network may resolve."""
        if self.is_in_cluster or _ip_address(self._name) is not None:
            return False
        return "." not in self._name or self._name.endswith(_LOCAL_DOMAINS)

    def require_reachable(self, in_cluster: bool = False) -> None:
        """Refuses an address that cannot be reached from outside the host or the cluster.

        :arg in_cluster: whether names inside the cluster are accepted. HSS's tunnel ends inside the cluster.
        :raises ServerError: if the address cannot be reached.
        """
        if self.unreachable_reason and not (in_cluster and self.is_in_cluster):
            raise ServerError(f"'{self.host}' {self.unreachable_reason}, which HSS cannot reach.")

    def is_same_as(self, other: str | None) -> bool:
        """Returns whether a registered address is equivalent, despite its case, port 443 or a trailing slash."""
        try:
            return other is not None and self.key == Server.parse(other).key
        except ServerError:
            return False

    @property
    def _name(self) -> str:
        return self.host.lower().rstrip(".")

    @property
    def key(self) -> tuple[str, str, int, str]:
        """A key that is equal for equivalent addresses."""
        return self.scheme, str(_ip_address(self._name) or self._name), self.port or 443, self.path


_LOOPBACK_REASON = "is the host's own loopback address"
# The names in /etc/hosts on Debian and Red Hat.
_LOOPBACK_NAMES = (
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


def _is_valid_host(host: str) -> bool:
    if ":" in host:
        return _ip_address(host) is not None
    return bool(_HOST_NAME.fullmatch(host)) and ".." not in host


def _ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Returns a host's IP address in any notation that resolvers accept: 127.1, 0x7f000001, ::ffff:127.0.0.1."""
    try:
        if ":" in name:
            address = ipaddress.IPv6Address(name.partition("%")[0])
            return address.ipv4_mapped or address
        # A host that begins with a digit may be an address in inet_aton's notations; a name such as "abc" is not.
        return ipaddress.IPv4Address(socket.inet_aton(name)) if name[:1].isdigit() else None
    except (OSError, ValueError):
        return None
