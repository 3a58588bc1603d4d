# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: whether a host reaches addresses, tried with whatever the host has."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """From C(host:port); an IPv6 address stands in brackets.

        :raises KubectlError: if it is something else.
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


# bash may be made without /dev/tcp, and nc without -z, as busybox's, or -e; then the next one is asked.
_SCRIPT = r"""reach() {
if command -v timeout >/dev/null 2>&1 && command -v bash >/dev/null 2>&1; then
o=$(timeout SECONDS bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>&1); r=$?
[ $r = 0 ] && { say reach $1 yes; return; }
[ $r = 124 ] && { say reach $1 no timed out; return; }
case $o in *"No such file"*|*"not found"*) ;; *) say reach $1 no $o; return ;; esac
fi
if command -v nc >/dev/null 2>&1; then
for f in z e; do
case $f in z) o=$(nc -z -w SECONDS "$2" "$3" 2>&1) ;; e) o=$(nc -w SECONDS "$2" "$3" -e true 2>&1) ;; esac; r=$?
[ $r = 0 ] && { say reach $1 yes; return; }
case $o in *nvalid\ option*|*nrecognized\ option*|*sage:*) ;; *) say reach $1 no $o; return ;; esac
done
fi
if command -v curl >/dev/null 2>&1; then
case $2 in *:*) h="[$2]" ;; *) h=$2 ;; esac
o=$(curl -sko /dev/null --noproxy '*' --connect-timeout SECONDS -m SECONDS -w '%{time_connect}' "http://$h:$3/"); r=$?
case $o in *[1-9]*) say reach $1 yes ;; *) say reach $1 no curl $r ;; esac
return
fi
say reach $1 unknown
}
"""


def reach_script(addresses: Sequence[Address], seconds: int) -> str:
    """Shell code that tries them all at the same time; it needs the function C(say)."""
    if not addresses:
        return ""
    calls = [
        f"reach {number} {shlex.quote(address.host)} {address.port} </dev/null &"
        for number, address in enumerate(addresses)
    ]
    return "\n".join([_SCRIPT.replace("SECONDS", str(seconds)).strip(), *calls, "wait"])


_WHY = (
    (r"refused|curl 7\b", "the connection is refused"),
    (r"timed out|curl 28\b|in progress", "there is no answer"),
    (r"not known|could not resolve|bad address|getaddrinfo|name resolution|no address|curl 6\b", "the name is unknown"),
    (r"unreachable|no route", "there is no route"),
)


def judge_reach(addresses: Sequence[Address], stdout: str, mark: str) -> tuple[list[str], list[str], list[str]]:
    """Those that cannot be reached, the problems, and the warnings."""
    unreachable, reasons, unchecked = [], [], []
    for number, address in enumerate(addresses):
        found = re.search(rf"^{mark} reach {number} (\w+)(.*)$", stdout, re.MULTILINE)
        if found is None or found[1] == "unknown":
            unchecked.append(str(address))
        elif found[1] == "no":
            unreachable.append(str(address))
            reasons.append(f"{address}{_why(found[2])}")
    problems, warnings = [], []
    if unreachable:
        problems.append(
            f"This host does not reach {', '.join(reasons)}. Open the way in firewalls and security groups, for the "
            "nodes as well."
        )
    if unchecked:
        warnings.append(
            f"Whether this host reaches {', '.join(unchecked)} could not be checked: it has none of bash with timeout, "
            "nc and curl."
        )
    return unreachable, problems, warnings


def _why(words: str) -> str:
    return next((f" ({why})" for pattern, why in _WHY if re.search(pattern, words, re.IGNORECASE)), "")


def addresses_of(texts: Iterable[str]) -> list[Address]:
    """The addresses, each once."""
    return list(dict.fromkeys(Address.parse(text) for text in texts))
