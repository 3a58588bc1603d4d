# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: check whether a host can connect to addresses, with the programs that it has."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError

_MAX_SHOWN = 100  # characters of an address that is not understood


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse C(host:port). An IPv6 address must be in brackets.

        :raises KubectlError: if the text is something else.
        """
        found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._][A-Za-z0-9._-]*)):(\d{1,5})", text.strip())
        if found is None or not 0 < int(found[3]) < 65536 or not (found[2] or _is_ipv6(found[1])):
            raise KubectlError(f"addresses: {text!r} is not host:port, such as 192.0.2.10:8091.")
        return cls(found[1] or found[2], int(found[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


# The ports to which the agents connect where HSS names none: the port of the node agents is documented, that of the
# connection agent is the one that the proxy which it is built on uses by default.
AGENT_PORT = 10180
TUNNEL_PORT = 8091


@dataclass
class AgentAddresses:
    """The addresses to which the agents connect, as C(host:port), with warnings about those that were not understood.

    A warning is not a problem: HSS may name an address in a form that the agents understand.
    """

    addresses: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def agent_addresses(
    network: Mapping[str, Any], agent_port: int = AGENT_PORT, tunnel_port: int = TUNNEL_PORT
) -> AgentAddresses:
    """Return the addresses in HSS's response about its network, which usually have no port.

    :arg network: C(anp_address) and C(agent_address), as C(host) or C(host:port); an IPv6 address needs no brackets.
    :arg agent_port: the port for an C(agent_address) without one; C(tunnel_port) likewise for C(anp_address).
    """
    found = AgentAddresses()
    for name, port in (("anp_address", tunnel_port), ("agent_address", agent_port)):
        text = network.get(name)
        if not text:
            found.warnings.append(f"HSS names no {name}, so whether it can be reached is not checked.")
            continue
        try:
            found.addresses.append(str(_address_with_port(str(text).strip(), port)))
        except KubectlError:
            shown = sanitize(str(text), _MAX_SHOWN)
            found.warnings.append(
                f"HSS names the {name} as '{shown}', which is no host name and no address, with or without a port. "
                "Whether it can be reached is not checked."
            )
    return found


def _address_with_port(text: str, port: int) -> Address:
    if _is_ipv6(text):
        return Address(text, port)
    try:
        return Address.parse(text)
    except KubectlError:
        return Address.parse(f"{text}:{port}")


def parse_addresses(texts: Iterable[str]) -> list[Address]:
    """Return the addresses without duplicates."""
    return list(dict.fromkeys(Address.parse(text) for text in texts))


# A bash may be built without /dev/tcp, and an nc without -z (as the one of busybox) or without -e. In that case, the
# next program is tried.
_SCRIPT = r"""check_tcp() {
if command -v timeout >/dev/null 2>&1 && command -v bash >/dev/null 2>&1; then
o=$(timeout SECONDS bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>&1); r=$?
[ $r = 0 ] && { report tcp $1 yes; return; }
[ $r = 124 ] && { report tcp $1 no timed out; return; }
case $o in *"No such file"*|*"not found"*) ;; *) report tcp $1 no $o; return ;; esac
fi
if command -v nc >/dev/null 2>&1; then
for f in z e; do
case $f in z) o=$(nc -z -w SECONDS "$2" "$3" 2>&1) ;; e) o=$(nc -w SECONDS "$2" "$3" -e true 2>&1) ;; esac; r=$?
[ $r = 0 ] && { report tcp $1 yes; return; }
case $o in *nvalid\ option*|*nrecognized\ option*|*sage:*) ;; *) report tcp $1 no $o; return ;; esac
done
fi
if command -v curl >/dev/null 2>&1; then
case $2 in *:*) h="[$2]" ;; *) h=$2 ;; esac
o=$(curl -sko /dev/null --noproxy '*' --connect-timeout SECONDS -m SECONDS -w '%{time_connect}' "http://$h:$3/"); r=$?
case $o in *[1-9]*) report tcp $1 yes ;; *) report tcp $1 no curl $r ;; esac
return
fi
report tcp $1 unknown
}
"""


def connectivity_script(addresses: Sequence[Address], seconds: int) -> str:
    """Return shell code that tries all addresses at the same time. It needs the shell function C(report)."""
    if not addresses:
        return ""
    calls = [
        f"check_tcp {number} {shlex.quote(address.host)} {address.port} </dev/null &"
        for number, address in enumerate(addresses)
    ]
    return "\n".join([_SCRIPT.replace("SECONDS", str(seconds)).strip(), *calls, "wait"])


@dataclass
class Connectivity:
    """The addresses that cannot be reached, with problems and warnings for the user."""

    unreachable: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def parse_connectivity(addresses: Sequence[Address], stdout: str, mark: str) -> Connectivity:
    """Return the results that the shell code has reported."""
    connectivity, reasons, unchecked = Connectivity(), [], []
    for number, address in enumerate(addresses):
        found = re.search(rf"^{mark} tcp {number} (\w+)(.*)$", stdout, re.MULTILINE)
        if found is None or found[1] == "unknown":
            unchecked.append(str(address))
        elif found[1] == "no":
            connectivity.unreachable.append(str(address))
            reasons.append(f"{address}{_reason(found[2])}")
    if reasons:
        connectivity.problems.append(
            f"This host cannot reach {', '.join(reasons)}. Allow the connection in firewalls and security groups, for "
            "the nodes as well."
        )
    if unchecked:
        connectivity.warnings.append(
            f"Whether this host can reach {', '.join(unchecked)} could not be checked: it has neither bash with "
            "timeout, nor nc, nor curl."
        )
    return connectivity


_REASONS = (
    (r"refused|curl 7\b", "connection refused"),
    (r"timed out|curl 28\b|in progress", "no response"),
    (r"not known|could not resolve|bad address|getaddrinfo|name resolution|no address|curl 6\b", "unknown host name"),
    (r"unreachable|no route", "no route to the host"),
)


def _reason(output: str) -> str:
    return next((f" ({reason})" for pattern, reason in _REASONS if re.search(pattern, output, re.IGNORECASE)), "")
