# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the simulated service reads a kubeconfig: server addresses, and the ends of client certificates."""

from __future__ import annotations

import base64
import binascii
import calendar
from dataclasses import dataclass
from typing import Any

import yaml
from cryptography import x509

# The C parser is ten times as fast, but not available everywhere.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """The text is not a kubeconfig."""


@dataclass(frozen=True)
class Access:
    """A context's server and the end of its client certificate."""

    address: str
    certificate_expiration_date: int | None  # epoch milliseconds; None without a readable client certificate


@dataclass(frozen=True)
class ReadKubeconfig:
    """The accesses of a kubeconfig."""

    current: Access | None
    every: tuple[Access, ...]


def read(text: str) -> ReadKubeconfig:
    """Read a kubeconfig tolerantly: only a text that is not a YAML mapping is refused."""
    try:
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - one of the two safe loaders
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable("not YAML") from error
    if not isinstance(document, dict):
        raise Unreadable("not a mapping")
    clusters = _by_name(document.get("clusters"), "cluster")
    users = _by_name(document.get("users"), "user")
    contexts = _by_name(document.get("contexts"), "context")
    found = {name: access for name, context in contexts.items() if (access := _access(context, clusters, users))}
    current = found.get(str(document.get("current-context")))
    every = list(dict.fromkeys(found.values()))
    if current:
        every.sort(key=lambda access: access != current)
    return ReadKubeconfig(current, tuple(every))


def _access(context: dict[str, Any], clusters: dict[str, Any], users: dict[str, Any]) -> Access | None:
    server = clusters.get(str(context.get("cluster")), {}).get("server")
    if not isinstance(server, str):
        return None
    user = users.get(str(context.get("user")), {})
    return Access(server, _certificate_end(user.get("client-certificate-data")))


def _by_name(entries: Any, kind: str) -> dict[str, dict[str, Any]]:
    if not isinstance(entries, list):
        return {}
    return {
        str(entry.get("name")): entry[kind]
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get(kind), dict)
    }


def _certificate_end(data: Any) -> int | None:
    if not isinstance(data, str):
        return None
    try:
        certificate = x509.load_pem_x509_certificate(base64.b64decode(data))
    except (ValueError, binascii.Error):
        return None
    # Older releases of cryptography have only the naive attribute, which is in UTC as well.
    end = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after
    return calendar.timegm(end.utctimetuple()) * 1000
