# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a kubeconfig's text to one checked, self-contained context.

Pure: nothing is run, dialled or opened. What a kubeconfig refers to by path is asked of a function that the caller
gives, so the same rules serve a file on a managed host and a text in a playbook. Errors name the field and the reason,
never a value out of the file other than names and addresses.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .credentials import (
    NODE,
    check_ca,
    check_login,
    check_token,
    date,
    from_base64,
    is_node,
    token_in_file,
    x509,
)
from .secrets import secret_values
from .server import UNUSABLE, Server, ServerError
from .text import MAX_BYTES, KubeconfigError, dump, flag_field, parse, shown, text_field
from .text import yaml as _yaml

__all__ = [
    "MAX_BYTES",
    "Kubeconfig",
    "KubeconfigError",
    "Policy",
    "date",
    "referenced_files",
    "secret_values",
    "to_canonical",
    "yaml",
]

# None where PyYAML or cryptography is missing: callers look at it before they call anything here.
yaml = _yaml if x509 is not None else None

_DAY = 86_400_000

# Fields that name a file, and the field that holds its content.
_FILES_OF_USER = {
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
    "tokenFile": "token",
}
_FILES_OF_CLUSTER = {"certificate-authority": "certificate-authority-data"}

# Asked for a path as it stands in the kubeconfig; answers its bytes, or raises KubeconfigError.
FileReader = Callable[[str], bytes]


@dataclass(frozen=True)
class Policy:
    """What the user decides about a kubeconfig.

    :arg context: its name; None takes C(current-context).
    :arg server: replaces the server; a URL as a whole, or a host (with a port) that keeps the rest of the old URL.
    :arg tls_server_name: the name to expect in the server's certificate.
    :arg allow_insecure: accept C(insecure-skip-tls-verify).
    :arg expiry_warning_days: warn when fewer days are left.
    """

    context: str | None = None
    server: str | None = None
    tls_server_name: str | None = None
    allow_insecure: bool = False
    expiry_warning_days: int = 30


@dataclass(frozen=True)
class Kubeconfig:
    """One context that works by itself.

    :arg text: canonical YAML: same meaning, same bytes.
    :arg server: equal to the server in the text.
    :arg certificate_expiration_date: epoch milliseconds of the earliest end among what is needed to log in; None for
        a token that does not say.
    :arg expiry_warnings: worth saying at every run.
    :arg server_warnings: worth saying by whoever replaces the server.
    :arg upload_warnings: worth saying by whoever uploads the text.
    """

    text: str = field(repr=False)
    server: str
    context: str
    certificate_expiration_date: int | None
    days_left: int | None
    expiry_warnings: tuple[str, ...] = ()
    server_warnings: tuple[str, ...] = ()
    upload_warnings: tuple[str, ...] = ()


def to_canonical(
    content: bytes | str, policy: Policy, read_file: FileReader | None = None, now: float | None = None
) -> Kubeconfig:
    """Reads, chooses, cuts, inlines and checks.

    :arg content: the file as it is.
    :arg read_file: None refuses whatever needs a file.
    :arg now: seconds since the epoch.
    :raises KubeconfigError: with the first thing that makes it unusable.
    """
    now_ms = int((time.time() if now is None else now) * 1000)
    chosen = _choose(parse(content), policy.context)
    cluster, server, server_warnings, ca_end = _cluster(chosen, policy, read_file, now_ms)
    user, ends, upload_warnings = _user(chosen, read_file, now_ms)
    first_end = min([*ends, *([] if ca_end is None else [ca_end])], default=None)
    expiry_warnings = []
    if first_end is not None and (days := (first_end - now_ms) // _DAY) < policy.expiry_warning_days:
        expiry_warnings.append(
            f"the credential of '{shown(chosen.context)}' ends on {date(first_end)}, {days} days from now"
        )
    if not ends:
        upload_warnings.append("the token does not say when it ends; renew the registration before it does")
    if server.local_name:
        upload_warnings.append(
            f"the server's name '{server.host}' may be known on the nodes only; HSS must be able to resolve it"
        )
    context = {"cluster": chosen.cluster_name, "user": chosen.user_name}
    if chosen.namespace:
        context["namespace"] = chosen.namespace
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": chosen.cluster_name, "cluster": cluster}],
        "contexts": [{"name": chosen.context, "context": context}],
        "current-context": chosen.context,
        "users": [{"name": chosen.user_name, "user": user}],
    }
    # The end of the CA alone says nothing about a token.
    expiry = first_end if ends else None
    return Kubeconfig(
        dump(document),
        server.url,
        chosen.context,
        expiry,
        None if expiry is None else (expiry - now_ms) // _DAY,
        tuple(expiry_warnings),
        tuple(server_warnings),
        tuple(upload_warnings),
    )


def referenced_files(content: bytes | str, context: str | None) -> list[str]:
    """The paths that the chosen context refers to, so that a caller can fetch them in one go."""
    chosen = _choose(parse(content), context)
    sides = [(chosen.cluster, chosen.cluster_at, _FILES_OF_CLUSTER), (chosen.user, chosen.user_at, _FILES_OF_USER)]
    paths = [text_field(record, name, at) for record, at, names in sides for name in names]
    return [path for path in paths if path]


def server_of(content: bytes | str, context: str | None) -> Server | None:
    """The server as the file has it, before any replacement; None if it is missing or no address."""
    chosen = _choose(parse(content), context)
    try:
        return Server.parse(text_field(chosen.cluster, "server", chosen.cluster_at) or "")
    except ServerError:
        return None


# --- one context ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Chosen:
    context: str
    namespace: str | None
    cluster_name: str
    cluster_at: str
    cluster: dict[str, Any]
    user_name: str
    user_at: str
    user: dict[str, Any]


def _choose(document: dict[str, Any], wanted: str | None) -> _Chosen:
    contexts, clusters, users = (_named(document, f"{inner}s", inner) for inner in ("context", "cluster", "user"))
    name = str(wanted) if wanted else text_field(document, "current-context", "")
    if not name:
        raise KubeconfigError("current-context", f"is not set, and no context is asked for. {_those(contexts)}")
    if name not in contexts:
        where = "context" if wanted else "current-context"
        raise KubeconfigError(where, f"there is no context '{shown(name)}'. {_those(contexts)}")
    at, context = contexts[name]
    found = []
    for key, entries in (("cluster", clusters), ("user", users)):
        target = text_field(context, key, at)
        if not target:
            raise KubeconfigError(f"{at}.{key}", f"is missing: the context '{shown(name)}' names no {key}")
        if target not in entries:
            raise KubeconfigError(f"{at}.{key}", f"names '{shown(target)}', which is not among the {key}s")
        found.append((target, *entries[target]))
    return _Chosen(name, text_field(context, "namespace", at), *found[0], *found[1])


_MANY = 50


def _those(contexts: dict[str, Any]) -> str:
    names = [shown(name) for name in sorted(contexts)]
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"The file has: {', '.join(names[:_MANY]) or 'none'}{more}"


def _named(document: dict[str, Any], section: str, inner: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The entries of a list by name, with their place in the file."""
    entries = document.get(section)
    if entries is None:
        return {}
    if not isinstance(entries, list):
        raise KubeconfigError(section, "must be a list")
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for index, entry in enumerate(entries):
        at = f"{section}[{index}]"
        if not isinstance(entry, dict):
            raise KubeconfigError(at, "must be a mapping")
        name = text_field(entry, "name", at)
        if not name:
            raise KubeconfigError(f"{at}.name", "is missing")
        if name in found:
            raise KubeconfigError(f"{at}.name", f"'{shown(name)}' is used twice among the {section}; rename one")
        record = entry.get(inner)
        if record is not None and not isinstance(record, dict):
            raise KubeconfigError(f"{at}.{inner}", "must be a mapping")
        found[name] = (f"{at}.{inner}", record or {})
    return found


class _Content(NamedTuple):
    """What a data field or a file holds, and the field to name if it is wrong."""

    data: bytes
    at: str


def _contents(
    record: dict[str, Any], at: str, files: dict[str, str], read_file: FileReader | None
) -> dict[str, _Content]:
    """The record's data fields, decoded, with the content of every file it refers to."""
    found = {}
    for path_key, data_key in files.items():
        path, value = text_field(record, path_key, at), text_field(record, data_key, at)
        if path and value and data_key != "token":
            raise KubeconfigError(f"{at}.{path_key}", f"is given together with {data_key}; remove one of the two")
        if path:  # client-go re-reads a tokenFile and prefers it to the token
            place = f"{at}.{path_key}"
            content = _read(path, place, read_file)
            found[data_key] = _Content(token_in_file(content, place) if data_key == "token" else content, place)
        elif value:
            place = f"{at}.{data_key}"
            content = value.encode("utf-8") if data_key == "token" else from_base64(value, place)
            found[data_key] = _Content(content, place)
    return found


def _read(path: str, at: str, read_file: FileReader | None) -> bytes:
    if read_file is None:
        raise KubeconfigError(
            at,
            "refers to a file on the host that the kubeconfig comes from. Read it there with the kubeconfig_info "
            "module, which puts the file's content in its place.",
        )
    try:
        content = read_file(path)
    except KubeconfigError as exc:
        raise KubeconfigError(exc.where or at, exc.reason) from None
    if len(content) > MAX_BYTES:
        raise KubeconfigError(at, f"the file is larger than {MAX_BYTES // 1024} KiB")
    if not content.strip():
        raise KubeconfigError(at, "the file is empty")
    return content


# --- its cluster ------------------------------------------------------------------------------------------------------


def _cluster(
    chosen: _Chosen, policy: Policy, read_file: FileReader | None, now_ms: int
) -> tuple[dict[str, Any], Server, list[str], int | None]:
    """What is kept of the cluster, its server, warnings, and when its CA ends."""
    at, record = chosen.cluster_at, chosen.cluster
    cluster: dict[str, Any] = {}
    server, replaced, warnings = _server(chosen, policy)
    cluster["server"] = server.url
    insecure = flag_field(record, "insecure-skip-tls-verify", at)
    if insecure and (record.get("certificate-authority") or record.get("certificate-authority-data")):
        raise KubeconfigError(f"{at}.insecure-skip-tls-verify", "is given together with a CA; remove one of the two")
    if insecure and not policy.allow_insecure:
        raise KubeconfigError(
            f"{at}.insecure-skip-tls-verify",
            "HSS would hand the credential to whoever answers at that address. Put the cluster's CA in "
            "certificate-authority-data, or allow it with allow_insecure.",
        )
    if insecure:
        cluster["insecure-skip-tls-verify"] = True
    old_name = text_field(record, "tls-server-name", at)
    name = policy.tls_server_name or (None if replaced else old_name)
    if name:
        if not re.fullmatch(r"[A-Za-z0-9_.:-]+", name):
            raise KubeconfigError(
                "tls_server_name" if policy.tls_server_name else f"{at}.tls-server-name",
                "must be a host's name or address alone, as it stands in the server's certificate",
            )
        cluster["tls-server-name"] = str(name)
    proxy = text_field(record, "proxy-url", at)
    if proxy:
        try:
            Server.parse(proxy, schemes=("http", "https", "socks5"), user_info=True).require_usable()
        except ServerError as exc:
            raise KubeconfigError(f"{at}.proxy-url", f"HSS cannot use this proxy: {exc}") from None
        cluster["proxy-url"] = proxy
    end = None
    for key, content in _contents(record, at, _FILES_OF_CLUSTER, read_file).items():
        pem, end = check_ca(content.data, content.at, now_ms)
        cluster[key] = _base64(pem)
    return cluster, server, warnings, end


def _server(chosen: _Chosen, policy: Policy) -> tuple[Server, bool, list[str]]:
    """The server, whether another one stood there, and warnings."""
    at = f"{chosen.cluster_at}.server"
    text = text_field(chosen.cluster, "server", chosen.cluster_at)
    try:
        old = Server.parse(text or "")
        trouble = None
    except ServerError as exc:
        old, trouble = None, str(exc) if text else "is missing"
    if policy.server:
        at, remedy = "server", ""
        try:
            server = Server.replacement(policy.server, old)
        except ServerError as exc:
            raise KubeconfigError(at, str(exc)) from None
    elif old is not None:
        server, remedy = old, f" {UNUSABLE}"
    else:
        raise KubeconfigError(at, f"{trouble}. {UNUSABLE}")
    try:
        server.require_usable()
    except ServerError as exc:
        raise KubeconfigError(at, f"{exc}{remedy}") from None
    replaced = old is None or not server.same(old.url)
    warnings = []
    if replaced and old and old.unusable is None:
        warnings.append(f"the kubeconfig says {old.url}; {server.url}, as given, is registered and written into it")
    return server, replaced, warnings


# --- its user ---------------------------------------------------------------------------------------------------------


def _user(chosen: _Chosen, read_file: FileReader | None, now_ms: int) -> tuple[dict[str, Any], list[int], list[str]]:
    """What is kept of the user, when its credentials end as far as they say, and warnings."""
    at, record = chosen.user_at, chosen.user
    for key, reason in (
        ("exec", "runs a program on the machine that logs in, which HSS cannot do"),
        ("auth-provider", "needs a program or files of the machine that logs in, which HSS does not have"),
        ("username", "Kubernetes no longer accepts user name and password"),
        ("password", "Kubernetes no longer accepts user name and password"),
    ):
        if record.get(key) not in (None, ""):
            raise KubeconfigError(
                f"{at}.{key}", f"{reason}. Use a client certificate, or a ServiceAccount with a long-lived token."
            )
    user: dict[str, Any] = _impersonation(record, at)
    contents = _contents(record, at, _FILES_OF_USER, read_file)
    certificate, client_key, token = (contents.get(name) for name in _FILES_OF_USER.values())
    ends: list[int] = []
    warnings = []
    if bool(certificate) != bool(client_key):
        missing, given = ("client-key", certificate) if certificate else ("client-certificate", client_key)
        raise KubeconfigError(f"{at}.{missing}-data", f"is missing beside {given.at[len(at) + 1 :] if given else ''}")
    if certificate and client_key:
        login = check_login(certificate.data, client_key.data, certificate.at, client_key.at, now_ms)
        user["client-certificate-data"], user["client-key-data"] = _base64(login.certificate), _base64(login.key)
        ends.append(login.end)
        if not login.revocable:
            warnings.append(
                "the certificate is of the group system:masters, whose rights cannot be revoked before it ends; "
                "a credential of its own for HSS can be"
            )
    if token:
        end = check_token(token.data, token.at, now_ms)
        user["token"] = token.data.decode("ascii")
        ends += [] if end is None else [end]
    if not certificate and not token:
        raise KubeconfigError(
            at, f"the user '{shown(chosen.user_name)}' has no certificate and no token to log in with"
        )
    return user, ends, warnings


def _impersonation(record: dict[str, Any], at: str) -> dict[str, Any]:
    """Kept as it is: without it the upload would give more rights than the file does."""
    found: dict[str, Any] = {}
    for key in ("as", "as-uid"):
        text = text_field(record, key, at)
        if text:
            found[key] = text
    if record.get("as-groups"):
        found["as-groups"] = _texts(record["as-groups"], f"{at}.as-groups")
    extra = record.get("as-user-extra")
    if extra:
        if not isinstance(extra, dict) or any(len(name) > _MAX_EXTRA_NAME for name in extra):
            raise KubeconfigError(f"{at}.as-user-extra", "must be a mapping from names to lists of text")
        found["as-user-extra"] = {name: _texts(values, f"{at}.as-user-extra") for name, values in extra.items()}
    if found and "as" not in found:
        raise KubeconfigError(f"{at}.as", "is missing: groups, uid or extra need a user to act as")
    if is_node(found.get("as", "")):
        raise KubeconfigError(f"{at}.as", NODE)
    return found


_MAX_EXTRA_NAME = 100  # a longer key could not stand on one line of YAML


def _texts(values: Any, at: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise KubeconfigError(at, "must be a list of text; put the values in quotes")
    return values


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
