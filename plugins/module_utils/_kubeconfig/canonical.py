# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: reduces a kubeconfig to one checked, self-contained context.

This module runs no programs, opens no files and makes no connections. The caller passes a function that reads the files
to which a kubeconfig refers, so that the same rules apply to a file on a managed host and to a text in a playbook.
Errors name the field and the reason. The only values that they quote are names and addresses.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._core.dates import utc_text
from .credentials import (
    NODE_IDENTITY,
    check_ca,
    check_client_certificate,
    check_token,
    decode_base64,
    holder_of,
    is_node_identity,
    token_from_file,
    x509,
)
from .placeholders import may_be_encoded
from .server import IN_CLUSTER_HINT, SERVER_HINT, Server, ServerError
from .text import KubeconfigError, display_name, dump_document, flag_field, parse_document, text_field, yaml

_DAY_MS = 86_400_000
# The maximum size of the selected cluster and user, of each file to which they refer, and of the result. A file with
# other contexts may be larger.
MAX_SELECTED_BYTES = 1024 * 1024

# Field with a path -> field with the content of such a file.
_FILES_OF_USER = {
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
    "tokenFile": "token",
}
_CA_FIELD = "certificate-authority-data"
_SERVER_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
_FILES_OF_CLUSTER = {"certificate-authority": _CA_FIELD}

# Reads the file at a path, which is passed as the kubeconfig has it; may raise KubeconfigError.
FileReader = Callable[[str], bytes]


@dataclass(frozen=True)
class KubeconfigPolicy:
    """The user's options for a kubeconfig.

    :arg context: the context's name; None selects C(current-context).
    :arg server: replaces the server: a complete URL, or a host, with or without a port, to which the rest of the old
        URL is added.
    :arg tls_server_name: the name that is expected in the server's certificate.
    :arg allow_insecure: whether C(insecure-skip-tls-verify) is accepted.
    :arg expiry_warning_days: warn if fewer days are left.
    :arg proxy_url: replaces C(proxy-url); an empty text drops it, and None keeps it.
    :arg allow_in_cluster_server: whether a name inside the cluster is accepted as the server.
    :arg allow_server_without_ca: whether a bearer token is accepted for a server that replaces another one if the
        kubeconfig has no CA with which the new server could be verified.
    :arg token_follows: whether a bearer token will take the place of the credential.
    :arg option_prefix: is put before the names of these options in messages.
    :arg for_kubectl: the text is for kubectl on the host that it comes from, so that an address and a proxy that only
        this host can reach are accepted.
    """

    context: str | None = None
    server: str | None = None
    tls_server_name: str | None = None
    allow_insecure: bool = False
    expiry_warning_days: int = 30
    proxy_url: str | None = None
    allow_in_cluster_server: bool = False
    allow_server_without_ca: bool = False
    token_follows: bool = False
    option_prefix: str = ""
    for_kubectl: bool = False


@dataclass(frozen=True)
class Kubeconfig:
    """A self-contained kubeconfig with one context.

    :arg text: canonical YAML. Equivalent kubeconfigs have the same text.
    :arg server: the server in the text.
    :arg certificate_expiration_date: epoch milliseconds of the earliest end of all parts of the credential; None for a
        token without an expiration date.
    :arg expiry_warnings: to be reported by every run.
    :arg edit_warnings: about what is not in the text as it was given; to be reported by the caller that is given it.
    :arg upload_warnings: to be reported by the caller that uploads the text.
    :arg user: the name of the user in the file.
    :arg credential: the user in the text.
    :arg ca: identifies the certificate authority in the text; empty if it has none.
    :arg identity: equal for kubeconfigs with the same server and CA, which are those of one cluster; None if the server
        is not verified.
    """

    text: str = field(repr=False)
    server: str
    context: str
    certificate_expiration_date: int | None
    days_left: int | None
    expiry_warnings: tuple[str, ...] = ()
    edit_warnings: tuple[str, ...] = ()
    upload_warnings: tuple[str, ...] = ()
    identity: str | None = None
    user: str = ""
    credential: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ca: str = ""

    @property
    def has_certificate(self) -> bool:
        """Whether the credential is a certificate, and not a token alone."""
        return "client-certificate-data" in self.credential

    @property
    def holder(self) -> str:
        """Whose credential it is, as the credential itself says. It is found out only where it is needed."""
        return holder_of(self.credential)


def libraries_available() -> bool:
    """Returns whether PyYAML and cryptography are installed. The other functions here require them."""
    return yaml is not None and x509 is not None


def canonicalize(
    content: bytes | str | dict[str, Any],
    policy: KubeconfigPolicy,
    read_file: FileReader | None = None,
    now: float | None = None,
) -> Kubeconfig:
    """Selects a context, removes everything else, inlines the referenced files, and checks the result.

    :arg content: the file's content, or what L(parse_document) made of it.
    :arg read_file: None refuses a kubeconfig that refers to files.
    :arg now: seconds since the epoch.
    :raises KubeconfigError: with the first reason why the kubeconfig cannot be used.
    """
    now_ms = int((time.time() if now is None else now) * 1000)
    document = content if isinstance(content, dict) else parse_document(content)
    selected = _select_context(document, policy.context)
    cluster, server, replaced, edit_warnings, ca_end = _canonical_cluster(selected, policy, read_file, now_ms)
    if _has_unused_password(selected.user):
        edit_warnings.append("username and password are left out, since the certificate beside them is used")
    user, ends, upload_warnings = _canonical_user(selected, read_file, now_ms)
    if replaced and ("token" in user or policy.token_follows) and _CA_FIELD not in cluster:
        _require_allowed_server(server, policy)
    first_end = min([*ends, *([] if ca_end is None else [ca_end])], default=None)
    expiry_warnings = []
    if first_end is not None and (days := (first_end - now_ms) // _DAY_MS) < policy.expiry_warning_days:
        name = display_name(selected.context)
        expiry_warnings.append(f"the credential of '{name}' ends on {utc_text(first_end)}, {days} days from now")
    if not ends:
        upload_warnings.append("the token does not say when it ends; renew the registration before it does")
    if server.is_local_name:
        upload_warnings.append(
            f"the server's name '{server.host}' may be known on the nodes only; HSS must be able to resolve it"
        )
    context = {"cluster": selected.cluster_name, "user": selected.user_name}
    if selected.namespace:
        context["namespace"] = selected.namespace
    canonical = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": selected.cluster_name, "cluster": cluster}],
        "contexts": [{"name": selected.context, "context": context}],
        "current-context": selected.context,
        "users": [{"name": selected.user_name, "user": user}],
    }
    # A token without an expiration date does not end when the CA does.
    expiry = first_end if ends else None
    text = dump_document(canonical)
    if len(text) > MAX_SELECTED_BYTES:
        raise _selected_too_large(selected.context)
    return Kubeconfig(
        text,
        server.url,
        selected.context,
        expiry,
        None if expiry is None else (expiry - now_ms) // _DAY_MS,
        tuple(expiry_warnings),
        tuple(edit_warnings),
        tuple(upload_warnings),
        None if cluster.get("insecure-skip-tls-verify") else _identity(cluster, server),
        selected.user_name,
        user,
        _fingerprint(cluster.get("certificate-authority-data") or ""),
    )


def _require_allowed_server(server: Server, policy: KubeconfigPolicy) -> None:
    """:raises KubeconfigError: if a token may not be sent to a server that nothing in the kubeconfig verifies."""
    if not policy.allow_server_without_ca:
        raise KubeconfigError(
            "server",
            f"'{server.url}' replaces the address in the kubeconfig, which has a token and no CA. HSS would send the "
            "token to whoever answers at that address. Put the cluster's CA in certificate-authority-data, or allow it "
            f"with {policy.option_prefix}allow_server_without_ca.",
        )


def _fingerprint(data: str) -> str:
    return hashlib.sha256(data.encode("ascii")).hexdigest() if data else ""


def _identity(cluster: dict[str, Any], server: Server) -> str:
    parts = repr((server.key, cluster.get(_CA_FIELD)))
    return hashlib.sha256(parts.encode("utf-8")).hexdigest()


def referenced_files(content: bytes | str | dict[str, Any], context: str | None) -> list[str]:
    """Returns the paths to which the selected context refers, so that a caller can read all files at once."""
    selected = _select_context(content if isinstance(content, dict) else parse_document(content), context)
    sides = [
        (selected.cluster, selected.cluster_at, _FILES_OF_CLUSTER),
        (selected.user, selected.user_at, _FILES_OF_USER),
    ]
    paths = [text_field(record, name, at) for record, at, names in sides for name in names]
    # Those of another system are refused later, and are not looked for on the host.
    return [path for path in paths if path and not _WINDOWS_PATH.match(path)]


def original_server(content: bytes | str, context: str | None) -> Server | None:
    """Returns the server in the file, before it is replaced; None if it is missing or not an address."""
    selected = _select_context(parse_document(content), context)
    try:
        return Server.parse(text_field(selected.cluster, "server", selected.cluster_at) or "")
    except ServerError:
        return None


# --- context ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _SelectedContext:
    context: str
    namespace: str | None
    cluster_name: str
    cluster_at: str
    cluster: dict[str, Any]
    user_name: str
    user_at: str
    user: dict[str, Any]


def _select_context(document: dict[str, Any], requested: str | None) -> _SelectedContext:
    contexts, clusters, users = (
        _entries_by_name(document, f"{inner}s", inner) for inner in ("context", "cluster", "user")
    )
    name = str(requested) if requested else text_field(document, "current-context", "")
    if not name:
        raise KubeconfigError("current-context", f"is not set, and no context is asked for. {_context_names(contexts)}")
    if name not in contexts:
        where = "context" if requested else "current-context"
        raise KubeconfigError(where, f"there is no context '{display_name(name)}'. {_context_names(contexts)}")
    at, context = contexts[name]
    found = []
    for key, entries in (("cluster", clusters), ("user", users)):
        target = text_field(context, key, at)
        if not target:
            raise KubeconfigError(f"{at}.{key}", f"is missing: the context '{display_name(name)}' names no {key}")
        if target not in entries:
            raise KubeconfigError(f"{at}.{key}", f"names '{display_name(target)}', which is not among the {key}s")
        found.append((target, *entries[target]))
    if sum(_text_length(record) for _target, _at, record in found) > MAX_SELECTED_BYTES:
        raise _selected_too_large(name)
    return _SelectedContext(name, text_field(context, "namespace", at), *found[0], *found[1])


def _text_length(value: Any) -> int:
    """Returns the number of characters in a value."""
    if isinstance(value, dict):
        return sum(len(key) + _text_length(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_text_length, value))
    return len(value) if isinstance(value, str) else 0


def _selected_too_large(context: str) -> KubeconfigError:
    size = f"{MAX_SELECTED_BYTES // 1024 // 1024} MiB"
    return KubeconfigError(
        "kubeconfig", f"the context '{display_name(context)}' with its cluster and user exceeds {size}"
    )


_MAX_CONTEXT_NAMES = 50


def _context_names(contexts: dict[str, Any]) -> str:
    names = [display_name(name) for name in sorted(contexts)]
    more = f" and {len(names) - _MAX_CONTEXT_NAMES} more" if len(names) > _MAX_CONTEXT_NAMES else ""
    return f"The file has: {', '.join(names[:_MAX_CONTEXT_NAMES]) or 'none'}{more}"


def _entries_by_name(document: dict[str, Any], section: str, inner: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Returns the entries of a list by name, each with its position in the file."""
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
            raise KubeconfigError(f"{at}.name", f"'{display_name(name)}' is used twice among the {section}; rename one")
        record = entry.get(inner)
        if record is not None and not isinstance(record, dict):
            raise KubeconfigError(f"{at}.{inner}", "must be a mapping")
        found[name] = (f"{at}.{inner}", record or {})
    return found


class _CredentialData(NamedTuple):
    """The content of a data field or of a file, and the field that an error must name."""

    data: bytes
    at: str


def _credential_data(
    record: dict[str, Any], at: str, files: dict[str, str], read_file: FileReader | None
) -> dict[str, _CredentialData]:
    """Returns the decoded data fields of a record, including the content of every file to which it refers."""
    found = {}
    for path_key, data_key in files.items():
        path, value = text_field(record, path_key, at), text_field(record, data_key, at)
        if path and value and data_key != "token":
            raise KubeconfigError(f"{at}.{path_key}", f"is given together with {data_key}; remove one of the two")
        if path:  # client-go reads a tokenFile repeatedly and prefers it to the token
            place = f"{at}.{path_key}"
            content = _read_referenced_file(path, place, read_file)
            found[data_key] = _CredentialData(
                token_from_file(content, place) if data_key == "token" else content, place
            )
        elif value:
            place = f"{at}.{data_key}"
            content = value.encode("utf-8") if data_key == "token" else decode_base64(value, place)
            found[data_key] = _CredentialData(content, place)
    return found


_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def _read_referenced_file(path: str, at: str, read_file: FileReader | None) -> bytes:
    if _WINDOWS_PATH.match(path):
        raise KubeconfigError(
            at,
            "is a path on Windows, which kubeconfig_info cannot read. Write the kubeconfig there with kubectl config "
            "view --raw --flatten, which puts the file's content in its place.",
        )
    if read_file is None:
        raise KubeconfigError(
            at,
            "refers to a file on the host that the kubeconfig comes from. Read it there with the kubeconfig_info "
            "module, which puts the file's content in its place.",
        )
    try:
        content = read_file(path)
    except KubeconfigError as exc:
        raise KubeconfigError(exc.field or at, exc.reason) from None
    if len(content) > MAX_SELECTED_BYTES:
        raise KubeconfigError(at, f"the file is larger than {MAX_SELECTED_BYTES // 1024 // 1024} MiB")
    if not content.strip():
        raise KubeconfigError(at, "the file is empty")
    return content


# --- cluster ----------------------------------------------------------------------------------------------------------


def _canonical_cluster(
    selected: _SelectedContext, policy: KubeconfigPolicy, read_file: FileReader | None, now_ms: int
) -> tuple[dict[str, Any], Server, bool, list[str], int | None]:
    """Returns the canonical cluster, its server, whether that replaces another one, warnings, and the end of its CA."""
    at, record = selected.cluster_at, selected.cluster
    cluster: dict[str, Any] = {}
    server, replaced, warnings = _canonical_server(selected, policy)
    cluster["server"] = server.url
    insecure = flag_field(record, "insecure-skip-tls-verify", at)
    if insecure and (record.get("certificate-authority") or record.get(_CA_FIELD)):
        raise KubeconfigError(f"{at}.insecure-skip-tls-verify", "is given together with a CA; remove one of the two")
    if insecure and not policy.allow_insecure:
        raise KubeconfigError(
            f"{at}.insecure-skip-tls-verify",
            "HSS would hand the credential to whoever answers at that address. Put the cluster's CA in "
            f"certificate-authority-data, or allow it with {policy.option_prefix}allow_insecure.",
        )
    if insecure:
        cluster["insecure-skip-tls-verify"] = True
    old_name = text_field(record, "tls-server-name", at)
    name = policy.tls_server_name or (None if replaced else old_name)
    if name:
        if not _SERVER_NAME.fullmatch(name):
            raise KubeconfigError(
                "tls_server_name" if policy.tls_server_name else f"{at}.tls-server-name",
                "must be a host's name or address alone, as in the certificate of the server",
            )
        cluster["tls-server-name"] = str(name)
    proxy = text_field(record, "proxy-url", at) if policy.proxy_url is None else str(policy.proxy_url)
    if proxy:
        try:
            proxy_server = Server.parse(proxy, schemes=("http", "https", "socks5"), user_info=True)
            if not policy.for_kubectl:
                proxy_server.require_reachable()
        except ServerError as exc:
            option = f"{policy.option_prefix}proxy_url"
            raise KubeconfigError(
                f"{at}.proxy-url" if policy.proxy_url is None else option,
                f"HSS cannot use this proxy: {str(exc).rstrip('.')}. Give another one with the option {option}, or an "
                "empty text if HSS needs none.",
            ) from None
        cluster["proxy-url"] = proxy
    end = None
    for key, content in _credential_data(record, at, _FILES_OF_CLUSTER, read_file).items():
        pem, end = check_ca(content.data, content.at, now_ms)
        cluster[key] = _encode_base64(pem)
    return cluster, server, replaced, warnings, end


def _canonical_server(selected: _SelectedContext, policy: KubeconfigPolicy) -> tuple[Server, bool, list[str]]:
    """Returns the server, whether it replaces another one, and warnings."""
    at = f"{selected.cluster_at}.server"
    text = text_field(selected.cluster, "server", selected.cluster_at)
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
        server, remedy = old, f" {SERVER_HINT}"
    else:
        raise KubeconfigError(at, f"{trouble}. {SERVER_HINT}")
    try:
        if not policy.for_kubectl:
            server.require_reachable(policy.allow_in_cluster_server)
    except ServerError as exc:
        if server.is_in_cluster:
            remedy += f" {IN_CLUSTER_HINT.format(policy.option_prefix)}"
        raise KubeconfigError(at, f"{exc}{remedy}") from None
    replaced = old is None or not server.is_same_as(old.url)
    warnings = []
    if replaced and old and old.unreachable_reason is None:
        warnings.append(f"the address in the kubeconfig, {old.url}, is replaced by the given one, {server.url}")
    return server, replaced, warnings


# --- user -------------------------------------------------------------------------------------------------------------


def _canonical_user(
    selected: _SelectedContext, read_file: FileReader | None, now_ms: int
) -> tuple[dict[str, Any], list[int], list[str]]:
    """Returns the canonical user, the known ends of its credentials, and warnings."""
    at, record = selected.user_at, selected.user
    if _has_unused_password(record):
        record = {key: value for key, value in record.items() if key not in _PASSWORD_FIELDS}
    for key, reason in (
        ("exec", "runs a program on the machine that logs in, which HSS cannot do"),
        ("auth-provider", "needs a program or files of the machine that logs in, which HSS does not have"),
        ("username", "Kubernetes no longer accepts user name and password"),
        ("password", "Kubernetes no longer accepts user name and password"),
    ):
        if record.get(key) not in (None, ""):
            raise KubeconfigError(f"{at}.{key}", f"{reason}. {_login_hint(record.get(key))}")
    user: dict[str, Any] = _impersonation(record, at)
    contents = _credential_data(record, at, _FILES_OF_USER, read_file)
    certificate, client_key, token = (contents.get(name) for name in _FILES_OF_USER.values())
    ends: list[int] = []
    warnings = []
    if bool(certificate) != bool(client_key):
        missing, given = ("client-key", certificate) if certificate else ("client-certificate", client_key)
        raise KubeconfigError(f"{at}.{missing}-data", f"is missing beside {given.at[len(at) + 1 :] if given else ''}")
    if certificate and client_key:
        login = check_client_certificate(certificate.data, client_key.data, certificate.at, client_key.at, now_ms)
        user["client-certificate-data"], user["client-key-data"] = (
            _encode_base64(login.certificate),
            _encode_base64(login.key),
        )
        ends.append(login.end)
        if not login.revocable:
            warnings.append(
                "the certificate is of the group system:masters, whose rights cannot be revoked before it ends; "
                "the token of a ServiceAccount can be, such as that of hss_onboard_service_account"
            )
    if token:
        end = check_token(token.data, token.at, now_ms)
        user["token"] = token.data.decode("ascii")
        if may_be_encoded(user["token"]):
            warnings.append("the token looks like the base64 of another text; if it is from a Secret, decode it first")
        ends += [] if end is None else [end]
    if not certificate and not token:
        raise KubeconfigError(
            at, f"the user '{display_name(selected.user_name)}' has no certificate and no token to log in with"
        )
    return user, ends, warnings


_PASSWORD_FIELDS = ("username", "password")
_CERTIFICATE_FIELDS = ("client-certificate", "client-certificate-data", "client-key", "client-key-data")


def _has_unused_password(record: dict[str, Any]) -> bool:
    """Returns whether a user has a password beside a certificate, which an API server uses instead."""
    return any(record.get(key) not in (None, "") for key in _PASSWORD_FIELDS) and any(
        record.get(key) for key in _CERTIFICATE_FIELDS
    )


_LOGIN_HINT = (
    "Use a client certificate, or a ServiceAccount with a long-lived token. "
    "The role hss_onboard creates one with hss_onboard_service_account."
)
# By the program's or the provider's name.
_SERVICES = {
    "aws": "Amazon EKS",
    "aws-iam-authenticator": "Amazon EKS",
    "gke-gcloud-auth-plugin": "Google GKE",
    "gcloud": "Google GKE",
    "gcp": "Google GKE",
    "kubelogin": "Azure AKS",
    "azure": "Azure AKS",
}


def _login_hint(login: Any) -> str:
    """Returns the alternative to a login that HSS cannot do.

    :arg login: the value of C(exec) or C(auth-provider), or a password.
    """
    name = (login.get("command") or login.get("name")) if isinstance(login, dict) else None
    program = re.split(r"[\\/]", str(name))[-1].lower()
    service = _SERVICES.get(program[:-4] if program.endswith(".exe") else program)
    hint = f"This is the kubeconfig of {service}. {_LOGIN_HINT}" if service else _LOGIN_HINT
    if service == "Azure AKS":
        hint += " az aks get-credentials --admin writes a kubeconfig with a certificate, if the cluster allows it."
    return hint


def _impersonation(record: dict[str, Any], at: str) -> dict[str, Any]:
    """Returns the fields for impersonation. Without them the upload would have more rights than the file."""
    found: dict[str, Any] = {}
    for key in ("as", "as-uid"):
        text = text_field(record, key, at)
        if text:
            found[key] = text
    if record.get("as-groups"):
        found["as-groups"] = _text_list(record["as-groups"], f"{at}.as-groups")
    extra = record.get("as-user-extra")
    if extra:
        if not isinstance(extra, dict) or any(len(name) > _MAX_EXTRA_NAME for name in extra):
            raise KubeconfigError(f"{at}.as-user-extra", "must be a mapping from names to lists of text")
        found["as-user-extra"] = {name: _text_list(values, f"{at}.as-user-extra") for name, values in extra.items()}
    if found and "as" not in found:
        raise KubeconfigError(f"{at}.as", "is missing: groups, uid or extra need a user to act as")
    if is_node_identity(found.get("as", "")):
        raise KubeconfigError(f"{at}.as", NODE_IDENTITY)
    return found


_MAX_EXTRA_NAME = 100  # YAML limits the length of a key that is not marked with "?"


def _text_list(values: Any, at: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise KubeconfigError(at, "must be a list of text; put the values in quotes")
    return values


def _encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
