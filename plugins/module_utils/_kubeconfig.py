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
import binascii
import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Callable, Iterator

try:
    import yaml
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:  # reported by _module, which can say how to install them
    yaml = None  # type: ignore[assignment]

from ._server import UNUSABLE, Server, ServerError

MAX_BYTES = 1024 * 1024
_MAX_EVENTS = 100_000
_MAX_ALIASES = 20
_MAX_DEPTH = 20
_DAY = 86_400_000

# Fields of a user that name a file, and the field that holds its content.
_FILES_OF_USER = {
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
    "tokenFile": "token",
}
_FILES_OF_CLUSTER = {"certificate-authority": "certificate-authority-data"}
_SECRET_FIELDS = ("client-key-data", "client-certificate-data", "token", "password")
_IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")

# Asked for a path as it stands in the kubeconfig; answers its bytes, or raises KubeconfigError.
FileReader = Callable[[str], bytes]


class KubeconfigError(Exception):
    """A kubeconfig that cannot be used: the field, C(users[2].user.client-key-data), and the reason with its remedy."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.where = where
        self.reason = reason


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
    chosen = _choose(_parse(content), policy.context)
    cluster, server, server_warnings = _cluster(chosen, policy, read_file)
    user = _user(chosen, read_file)
    ends = _check_cluster_ca(chosen, cluster, now_ms)
    user_ends, upload_warnings = _check_user(chosen, user, now_ms)
    expiry = min(ends + user_ends, default=None)
    days_left = None if expiry is None else (expiry - now_ms) // _DAY
    expiry_warnings = []
    if expiry is not None and days_left is not None and days_left < policy.expiry_warning_days:
        expiry_warnings.append(f"the credential of '{chosen.context}' ends on {date(expiry)}, {days_left} days from now")
    if not user_ends:
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
    return Kubeconfig(
        _dump(document),
        server.url,
        chosen.context,
        expiry,
        days_left,
        tuple(expiry_warnings),
        tuple(server_warnings),
        tuple(upload_warnings),
    )


def referenced_files(content: bytes | str, context: str | None) -> list[str]:
    """The paths that the chosen context refers to, so that a caller can fetch them in one go."""
    chosen = _choose(_parse(content), context)
    pairs = [(chosen.cluster, _FILES_OF_CLUSTER), (chosen.user, _FILES_OF_USER)]
    return [
        record[name] for record, names in pairs for name in names if isinstance(record.get(name), str) and record[name]
    ]


def secret_values(content: bytes | str) -> list[str]:
    """Every value in the text that must not be shown, of all users; as many as can be found if the text is broken."""
    try:
        document = _parse(content)
    except KubeconfigError:
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        pattern = r"[\"']?(?:%s|id-token|refresh-token|client-secret)[\"']?\s*:\s*[\"']?([^\s\"',}]+)"
        return re.findall(pattern % "|".join(_SECRET_FIELDS), text)
    users = document.get("users")
    return [value for entry in users if isinstance(entry, dict) for value in _strings(entry.get("user"))] if isinstance(
        users, list
    ) else []


def _strings(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif isinstance(value, str) and key not in ("username", "command", "apiVersion", "interactiveMode", *_FILES_OF_USER):
        yield value


def date(epoch_ms: int) -> str:
    """Epoch milliseconds as a day and time that people read."""
    return datetime.fromtimestamp(epoch_ms / 1000, tz=timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


# --- text to document ------------------------------------------------------------------------------------------------


def _parse(content: bytes | str) -> dict[str, Any]:
    text = _decode(content)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _bound(text, loader)
        document = yaml.load(text, Loader=_unique_keys(loader))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise KubeconfigError("kubeconfig", f"is not one YAML or JSON document{place}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        raise KubeconfigError("kubeconfig", "is not one YAML or JSON document") from None
    if document is None:
        raise KubeconfigError("kubeconfig", "is empty")
    if not isinstance(document, dict):
        raise KubeconfigError("kubeconfig", "is not a mapping with clusters, contexts and users")
    for name, expected in (("kind", "Config"), ("apiVersion", "v1")):
        if document.get(name) not in (None, expected):
            raise KubeconfigError(name, f"must be {expected}: this is another kind of file, not a kubeconfig")
    return document


def _decode(content: bytes | str) -> str:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > MAX_BYTES:
        raise KubeconfigError("kubeconfig", f"is larger than {MAX_BYTES // 1024} KiB")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise KubeconfigError("kubeconfig", "is not UTF-8 text") from None
    if not text.strip():
        raise KubeconfigError("kubeconfig", "is empty")
    if "\0" in text:
        raise KubeconfigError("kubeconfig", "is binary, not text")
    return text


def _bound(text: str, loader: Any) -> None:
    """Refuses alias bombs, deep nesting and endless lists before anything is built."""
    depth = aliases = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=loader)):
        aliases += isinstance(event, yaml.AliasEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if aliases > _MAX_ALIASES or depth > _MAX_DEPTH or count > _MAX_EVENTS:
            raise KubeconfigError("kubeconfig", "has too many aliases, levels or entries to be a kubeconfig")
        if documents > 1:
            raise KubeconfigError("kubeconfig", "holds several YAML documents; give one")


def _unique_keys(base: Any) -> Any:
    """A safe loader that refuses a key given twice (kubectl takes the last, others the first) and leaves dates alone."""

    class Loader(base):
        pass

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise KubeconfigError("kubeconfig", f"has a key that is not text at line {key_node.start_mark.line + 1}")
            if key in seen:
                line = key_node.start_mark.line + 1
                raise KubeconfigError("kubeconfig", f"gives the key '{_name(key)}' twice in one mapping, at line {line}")
            seen.add(key)
        loader.flatten_mapping(node)
        return loader.construct_mapping(node, deep=True)

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
    return Loader


def _name(text: Any) -> str:
    """A name out of the file, short enough for a message."""
    shown = " ".join(str(text).split())
    return shown if len(shown) <= 60 else shown[:57] + "..."


# --- one context, its cluster and its user ----------------------------------------------------------------------------


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
    contexts = _named(document, "contexts", "context")
    names = ", ".join(sorted(_name(name) for name in contexts)) or "none"
    name = wanted or document.get("current-context")
    if not name:
        raise KubeconfigError("current-context", f"is not set, and no context is asked for. The file has: {names}")
    if not isinstance(name, str):
        raise KubeconfigError("current-context", "must be text; put the name in quotes")
    if name not in contexts:
        where = "context" if wanted else "current-context"
        raise KubeconfigError(where, f"the file has no context '{_name(name)}'. It has: {names}")
    context_at, context = contexts[name]
    found = []
    for key, section in (("cluster", "clusters"), ("user", "users")):
        target = _text(context, key, context_at)
        if not target:
            raise KubeconfigError(f"{context_at}.{key}", f"is missing: the context '{_name(name)}' names no {key}")
        entries = _named(document, section, key)
        if target not in entries:
            raise KubeconfigError(f"{context_at}.{key}", f"names '{_name(target)}', which is not among the {section}")
        at, record = entries[target]
        found.append((target, at, record))
    return _Chosen(name, _text(context, "namespace", context_at), *found[0], *found[1])


def _named(document: dict[str, Any], section: str, inner: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The entries of a list by name, with their place in the file."""
    entries = document.get(section)
    if entries is None:
        entries = []
    if not isinstance(entries, list):
        raise KubeconfigError(section, "must be a list")
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for index, entry in enumerate(entries):
        at = f"{section}[{index}]"
        if not isinstance(entry, dict):
            raise KubeconfigError(at, "must be a mapping")
        name = _text(entry, "name", at)
        if not name:
            raise KubeconfigError(f"{at}.name", "is missing")
        if name in found:
            raise KubeconfigError(f"{at}.name", f"'{_name(name)}' is used twice among the {section}")
        record = entry.get(inner)
        if record is not None and not isinstance(record, dict):
            raise KubeconfigError(f"{at}.{inner}", "must be a mapping")
        found[name] = (f"{at}.{inner}", record or {})
    return found


def _text(record: dict[str, Any], key: str, at: str) -> str | None:
    value = record.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise KubeconfigError(f"{at}.{key}", "must be text; put it in quotes")
    return value


def _flag(record: dict[str, Any], key: str, at: str) -> bool:
    value = record.get(key)
    if value not in (None, True, False):
        raise KubeconfigError(f"{at}.{key}", "must be true or false")
    return bool(value)


def _inlined(record: dict[str, Any], at: str, files: dict[str, str], read_file: FileReader | None) -> dict[str, str]:
    """The record's data fields, with the content of every file it refers to."""
    data = {}
    for path_key, data_key in files.items():
        path, value = _text(record, path_key, at), _text(record, data_key, at)
        if path and value and path_key != "tokenFile":
            raise KubeconfigError(f"{at}.{path_key}", f"is given together with {data_key}; kubectl refuses that too")
        if path and read_file is None:
            raise KubeconfigError(
                f"{at}.{path_key}",
                "refers to a file on the host that the kubeconfig comes from. Read it there with the kubeconfig_info "
                "module, which puts the file's content in its place.",
            )
        if path and read_file:
            content = read_file(path)
            if len(content) > MAX_BYTES:
                raise KubeconfigError(f"{at}.{path_key}", "the file is too large")
            # client-go re-reads a tokenFile and prefers it to the token, without the white space around it.
            if data_key == "token":
                value = content.decode("utf-8", "replace").strip()
            else:
                value = base64.b64encode(content).decode("ascii")
        if value:
            data[data_key] = value
    return data


def _cluster(
    chosen: _Chosen, policy: Policy, read_file: FileReader | None
) -> tuple[dict[str, Any], Server, list[str]]:
    at, record = chosen.cluster_at, chosen.cluster
    cluster: dict[str, Any] = dict(_inlined(record, at, _FILES_OF_CLUSTER, read_file))
    insecure = _flag(record, "insecure-skip-tls-verify", at)
    if insecure and cluster:
        raise KubeconfigError(f"{at}.insecure-skip-tls-verify", "is given together with a CA; remove one of the two")
    if insecure and not policy.allow_insecure:
        raise KubeconfigError(
            f"{at}.insecure-skip-tls-verify",
            "HSS would hand the credential to whoever answers at that address. Put the cluster's CA in "
            "certificate-authority-data, or allow it with allow_insecure.",
        )
    if insecure:
        cluster["insecure-skip-tls-verify"] = True

    server, warnings = _server(chosen, policy)
    cluster["server"] = server.url
    name = policy.tls_server_name or (None if policy.server else _text(record, "tls-server-name", at))
    if name:
        cluster["tls-server-name"] = name
    proxy = _text(record, "proxy-url", at)
    if proxy:
        try:
            Server.parse(proxy, schemes=("http", "https", "socks5")).require_usable()
        except ServerError as exc:
            raise KubeconfigError(f"{at}.proxy-url", f"HSS cannot use this proxy: {exc}") from None
        cluster["proxy-url"] = proxy
    return cluster, server, warnings


def _server(chosen: _Chosen, policy: Policy) -> tuple[Server, list[str]]:
    at = f"{chosen.cluster_at}.server"
    text = _text(chosen.cluster, "server", chosen.cluster_at)
    if not text and not policy.server:
        raise KubeconfigError(at, "is missing")
    warnings = []
    try:
        old = Server.parse(text) if text else None
    except ServerError as exc:
        if not policy.server:
            raise KubeconfigError(at, str(exc)) from None
        old = None
    try:
        server = Server.replacement(policy.server, old) if policy.server else old
    except ServerError as exc:
        raise KubeconfigError("server", str(exc)) from None
    assert server is not None
    try:
        server.require_usable()
    except ServerError as exc:
        remedy = "" if policy.server else f" {UNUSABLE}"
        raise KubeconfigError("server" if policy.server else at, f"{exc}{remedy}") from None
    if policy.server and old and old.unusable is None and old.url != server.url:
        warnings.append(f"the kubeconfig says {old.url}; {server.url}, as given, is registered and written into it")
    return server, warnings


def _user(chosen: _Chosen, read_file: FileReader | None) -> dict[str, Any]:
    at, record = chosen.user_at, chosen.user
    for key, reason in (
        ("exec", "runs a program on the machine that logs in, which HSS cannot do"),
        ("auth-provider", "needs a program or files of the machine that logs in, which HSS does not have"),
        ("username", "Kubernetes no longer accepts user name and password"),
        ("password", "Kubernetes no longer accepts user name and password"),
    ):
        if record.get(key):
            raise KubeconfigError(
                f"{at}.{key}", f"{reason}. Use a client certificate, or a ServiceAccount with a long-lived token."
            )
    user: dict[str, Any] = dict(_inlined(record, at, _FILES_OF_USER, read_file))
    for key in _IMPERSONATION:
        if record.get(key):
            user[key] = _impersonation(record[key], f"{at}.{key}")
    if any(key in user for key in _IMPERSONATION[1:]) and "as" not in user:
        raise KubeconfigError(f"{at}.as", "is missing: groups, uid or extra need a user to act as")
    for key, other in (("client-certificate", "client-key"), ("client-key", "client-certificate")):
        if f"{key}-data" in user and f"{other}-data" not in user:
            raise KubeconfigError(f"{at}.{other}-data", f"is missing beside {key}-data")
    if "token" not in user and "client-key-data" not in user:
        raise KubeconfigError(at, f"the user '{_name(chosen.user_name)}' has no certificate and no token to log in with")
    return user


def _impersonation(value: Any, at: str) -> Any:
    """Kept as it is: without it the upload would give more rights than the file does."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if isinstance(value, dict):
        return {key: _impersonation(inner, at) for key, inner in sorted(value.items())}
    raise KubeconfigError(at, "must be text, or lists of text")


# --- certificates, keys and tokens -----------------------------------------------------------------------------------


def _check_cluster_ca(chosen: _Chosen, cluster: dict[str, Any], now_ms: int) -> list[int]:
    """When the CA ends: the last of a bundle, since a CA left over from a rotation must not decide."""
    at = f"{chosen.cluster_at}.certificate-authority-data"
    if "certificate-authority-data" not in cluster:
        return []
    pem = _decoded(cluster["certificate-authority-data"], at)
    cluster["certificate-authority-data"] = base64.b64encode(pem).decode("ascii")
    end = max(_end(certificate) for certificate in _certificates(pem, at))
    if end <= now_ms:
        raise KubeconfigError(at, f"the cluster's CA expired on {date(end)}. Renew the cluster's certificates first.")
    return [end]


def _check_user(chosen: _Chosen, user: dict[str, Any], now_ms: int) -> tuple[list[int], list[str]]:
    ends: list[int] = []
    warnings: list[str] = []
    if "client-certificate-data" in user:
        ends, warnings = _check_certificate(chosen, user, now_ms)
    if "token" in user:
        at = f"{chosen.user_at}.token"
        end = _token_end(user["token"], at, now_ms)
        if end is not None:
            ends = [*ends, end]
    return ends, warnings


def _check_certificate(chosen: _Chosen, user: dict[str, Any], now_ms: int) -> tuple[list[int], list[str]]:
    at, key_at = f"{chosen.user_at}.client-certificate-data", f"{chosen.user_at}.client-key-data"
    pem = _decoded(user["client-certificate-data"], at)
    key_pem = _decoded(user["client-key-data"], key_at)
    user["client-certificate-data"] = base64.b64encode(pem).decode("ascii")
    user["client-key-data"] = base64.b64encode(key_pem).decode("ascii")
    certificates = _certificates(pem, at)
    leaf = certificates[0]
    if _public_bytes(_private_key(key_pem, key_at).public_key()) != _public_bytes(leaf.public_key()):
        raise KubeconfigError(key_at, "is not the key of the first certificate in client-certificate-data")
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usages):
            raise KubeconfigError(at, "the certificate is not made for client authentication")
    except x509.ExtensionNotFound:
        pass
    for certificate in certificates:
        start, end = _start(certificate), _end(certificate)
        if end <= now_ms:
            raise KubeconfigError(
                at,
                f"the certificate expired on {date(end)}. Renew it on the cluster (kubeadm: kubeadm certs renew "
                "admin.conf; k3s and RKE2: restart the service), then run again.",
            )
        if start > now_ms:
            raise KubeconfigError(at, f"the certificate is not valid before {date(start)}; check the clocks.")
    names = {
        oid: [str(part.value) for part in leaf.subject.get_attributes_for_oid(oid)]
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    }
    node = any(name.startswith("system:node:") for name in names[NameOID.COMMON_NAME])
    if node or "system:nodes" in names[NameOID.ORGANIZATION_NAME]:
        raise KubeconfigError(at, "belongs to a node's kubelet, which may not do what HSS needs. Use an admin's kubeconfig.")
    warnings = []
    if "system:masters" in names[NameOID.ORGANIZATION_NAME]:
        warnings.append(
            "the certificate is of the group system:masters, whose rights cannot be revoked before it ends; "
            "a credential of its own for HSS can be"
        )
    return [_end(certificate) for certificate in certificates], warnings


def _decoded(value: str, at: str) -> bytes:
    """Strict base64: decoders that pass over foreign characters turn plain PEM into garbage that looks decoded."""
    compact = re.sub(r"[\r\n]", "", value)
    if compact.startswith("-----BEGIN"):
        raise KubeconfigError(at, "is PEM itself; it must be base64 of the PEM")
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise KubeconfigError(at, "is not valid base64") from None


_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)


def _certificates(pem: bytes, at: str) -> list[Any]:
    blocks = [match[0] for match in _PEM.finditer(pem) if match[1] == b"CERTIFICATE"]
    if not blocks:
        raise KubeconfigError(at, "holds no certificate in PEM")
    try:
        return [x509.load_pem_x509_certificate(block) for block in blocks]
    except ValueError:
        raise KubeconfigError(at, "holds a certificate that cannot be read") from None


def _private_key(pem: bytes, at: str) -> Any:
    block = next((match for match in _PEM.finditer(pem) if match[1].endswith(b"PRIVATE KEY")), None)
    if block is None:
        raise KubeconfigError(at, "holds no private key in PEM")
    if block[1].startswith(b"ENCRYPTED") or b"Proc-Type: 4,ENCRYPTED" in block[0]:
        raise KubeconfigError(at, "is encrypted; HSS cannot ask for its pass phrase")
    try:
        return serialization.load_pem_private_key(block[0], password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KubeconfigError(at, "holds a private key that cannot be read") from None


def _public_bytes(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _start(certificate: Any) -> int:
    return _ms(certificate, "not_valid_before")


def _end(certificate: Any) -> int:
    return _ms(certificate, "not_valid_after")


def _ms(certificate: Any, name: str) -> int:
    moment = getattr(certificate, f"{name}_utc", None)  # cryptography 42; the naive twin is deprecated
    if moment is None:
        moment = getattr(certificate, name).replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * 1000


def _token_end(token: str, at: str, now_ms: int) -> int | None:
    """The C(exp) of a JWT in epoch milliseconds; None for an opaque token or one without it. Nothing is invented."""
    if re.search(r"\s", token) or not token.isascii():
        raise KubeconfigError(at, "is not a token: it holds white space or non-ASCII characters")
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(claims, dict):
        return None
    if str(claims.get("sub", "")).startswith("system:node:"):
        raise KubeconfigError(at, "belongs to a node's kubelet, which may not do what HSS needs")

    def moment(name: str) -> int | None:
        value = claims.get(name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 253_402_300_800
        return int(value * 1000) if number else None

    end, start = moment("exp"), moment("nbf")
    if end is not None and end <= now_ms:
        raise KubeconfigError(at, f"expired on {date(end)}. Make a new one, valid for as long as HSS is to use it.")
    if start is not None and start > now_ms:
        raise KubeconfigError(at, f"is not valid before {date(start)}; check the clocks.")
    return end


# --- document to text ------------------------------------------------------------------------------------------------


def _dump(document: dict[str, Any]) -> str:
    """Keys plain and in this order, every text value in double quotes: other YAML readers take some plain words that
    PyYAML leaves unquoted for numbers."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    class Value(str):
        pass

    def quote(value: Any) -> Any:
        if isinstance(value, str):
            return Value(value)
        if isinstance(value, list):
            return [quote(item) for item in value]
        return {key: quote(inner) for key, inner in value.items()} if isinstance(value, dict) else value

    Dumper.add_representer(Value, lambda d, v: d.represent_scalar("tag:yaml.org,2002:str", str(v), style='"'))
    ordered = json.loads(json.dumps(document, sort_keys=True))
    return yaml.dump(quote(ordered), Dumper=Dumper, sort_keys=True, default_flow_style=False, width=2**30)
