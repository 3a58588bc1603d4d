# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that time and memory are limited and grow with the size of the input, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from kubeconfigs import Authority, Issued, b64, certificate_user, document, edited, jwt

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import MAX_BYTES

# The size of most inputs. Larger ones would only take longer.
SIZE = 1024 * 1024
# Processor time for such an input, so that a busy machine does not matter. Alone on a core, the slowest input takes 0.3
# seconds with libyaml and 0.7 without; other processes use the same caches, hence the margin.
SECONDS = {"libyaml": 1.0, "pure": 2.0}
MEGABYTES = 200

CA = Authority()
GOOD = document("https://10.0.0.1:6443", CA.pem, certificate_user(CA.issue("admin")))
TEXT = yaml.safe_dump(GOOD)


def filled(unit: str, before: str = f"{TEXT}x: ", after: str = "\n") -> str:
    """As much of it as fits."""
    return before + unit * ((SIZE - len(before) - len(after)) // len(unit.encode())) + after


def numbered(line: str, before: str = f"{TEXT}x:\n") -> str:
    """As many lines that differ as fit."""
    width = len(line.format(0)) + 6
    return before + "".join(line.format(f"{number:06}") for number in range((SIZE - len(before)) // width))


def bomb(merge: bool) -> str:
    lines = [f"a0: &a0 {{{', '.join(f'k{n}: v' for n in range(2000))}}}"]
    for level in range(1, 20):
        aliases = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {{<<: [{aliases}]}}" if merge else f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


SCALARS = {
    "one long word": filled("x"),
    "one long number": filled("1"),
    "one long float": filled("1", f"{TEXT}x: 1."),
    "sexagesimal places": filled(":10", f"{TEXT}x: 1"),
    "many words": filled("x "),
    "words up to the limit": f"{TEXT}x: {'x ' * 90_000}{'y' * 800_000}\n",
    "escapes": filled(r"\x41", f'{TEXT}x: "', '"\n'),
    "line ends in quotes": filled("x\n ", f'{TEXT}x: "', '"\n'),
    "apostrophes": filled("''", f"{TEXT}x: '", "'\n"),
    "emoji": filled("😀", f'{TEXT}x: "', '"\n'),
    "a literal block": filled("  x\n", f"{TEXT}x: |\n"),
    "quotes that stay open": filled("x", f'{TEXT}x: "'),
    "one long key": filled("x", f"{TEXT}"),
    "one long anchor": filled("x", f"{TEXT}x: &", " y\n"),
    "one long tag": filled("x", f"{TEXT}x: !", " y\n"),
    "one long directive": filled("x", "%foo ", "\n"),
    "a token name and blanks": filled(" ", "token", "\n\t["),
    "token names": filled("token:", "[ \t"),
    "passwords in a broken text": filled("password: x\n", "\t[\n"),
    "addresses in a broken text": filled("//x", "\t[\n"),
}
COLLECTIONS = {
    "spaces": filled(" ", TEXT),
    "lines": filled("\n", TEXT),
    "lines up to the limit": filled("x", TEXT + "\n" * 90_000 + "#"),
    "one comment": filled("x", f"{TEXT}#"),
    "comments": filled("#\n", TEXT),
    "documents": filled("---\n", ""),
    "brackets": filled("["),
    "braces": filled("{"),
    "dashes": filled("- "),
    "items": filled("- x\n", f"{TEXT}x:\n"),
    "items up to the limit": f"{TEXT}x: [{'x, ' * 39_000}]\n",
    "flow items": filled("x,", f"{TEXT}x: ["),
    "keys": numbered(" k{}: v\n"),
    "keys up to the limit": numbered(" k{}: " + "v" * 100 + "\n"),
    "keys in JSON": numbered('"k{}": "v",', '{"a": 1, '),
    "question marks": filled("? "),
    "anchors": numbered("- &a{} x\n"),
    "aliases": filled("*a, ", f"{TEXT}y: &a x\nx: [", "]\n"),
    "an alias bomb": bomb(merge=False),
    "a merge bomb": bomb(merge=True),
    "merges of a mapping": f"{TEXT}x: &a {{{', '.join(f'k{n}: v' for n in range(90))}}}\ny: [{'{<<: *a}, ' * 99}]\n",
    "users": numbered("- {{name: u{}, user: {{token: t}}}}\n", "users:\n"),
    "contexts and none of them": numbered("- {{name: c{}}}\n", "current-context: x\ncontexts:\n"),
    "secrets": json.dumps(edited(GOOD, {"users[0].user.x": ["x" * 50] * 18_000})),
}


def pem(label: str, body: str = "") -> bytes:
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def fields(**user: Any) -> str:
    return json.dumps(edited(GOOD, {f"users[0].user.{key.replace('_', '-')}": value for key, value in user.items()}))


def large_rsa(bits: int) -> Issued:
    public = rsa.RSAPublicNumbers(65537, 2 ** (bits - 1) + 1).public_key()
    return CA.issue("admin", key=SimpleNamespace(public_key=lambda: public))


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(length)]) + length) + content


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def wrapped(label: str, content: bytes) -> str:
    return b64(pem(label, b64(content) + "\n"))


PRIME = 2**11213 - 1  # to prove it takes long
RSA_OF_A_LARGE_PRIME = wrapped("RSA PRIVATE KEY", der(0x30, *map(integer, (0, PRIME * 3, 3, 1, PRIME, 3, 1, 1, 1))))
MODULUS = 2**30000 - 1  # to raise a number to a power takes long
DSA = bytes.fromhex("06072a8648ce380401")
LARGE_DSA = wrapped(
    "PRIVATE KEY",
    der(
        0x30,
        integer(0),
        der(0x30, DSA, der(0x30, *map(integer, (MODULUS, MODULUS // 7, MODULUS // 5)))),
        der(4, integer(MODULUS // 3)),
    ),
)

ROOM = SIZE * 7 // 10  # what base64 leaves
CREDENTIALS = {
    "beginnings": fields(client_key_data=b64(b"-----BEGIN A-----\n" * (ROOM // 18))),
    "beginnings of one block": fields(
        client_key_data=b64(b"-----BEGIN A-----\n" + b"-----END B-----\n" * (ROOM // 16))
    ),
    "keys": fields(client_key_data=b64(pem("PRIVATE KEY", "QUJD\n") * (ROOM // 60))),
    "one long key": fields(client_key_data=b64(pem("PRIVATE KEY", "QUJD\n" * (ROOM // 5 - 99)))),
    "one long certificate": fields(client_certificate_data=b64(pem("CERTIFICATE", "QUJD\n" * (ROOM // 5 - 99)))),
    "certificates": fields(client_certificate_data=b64(CA.pem * (ROOM // len(CA.pem)))),
    "a large prime": fields(client_key_data=RSA_OF_A_LARGE_PRIME),
    "a large power": fields(client_key_data=LARGE_DSA),
    "an RSA key of 256 kilobits": fields(client_certificate_data=b64(large_rsa(1 << 18).pem)),
    "very many names": fields(
        client_certificate_data=b64(CA.issue("admin", names=[x509.DNSName(f"a{n}.b") for n in range(40_000)]).pem)
    ),
    "very many groups": fields(client_certificate_data=b64(CA.issue("admin", ["g"] * 20_000).pem)),
    "a token that is nested": json.dumps(edited(GOOD, {"users[0].user": {"token": "a." + b64(b"[" * 40_000) + ".c"}})),
    "a token with a long number": json.dumps(
        edited(GOOD, {"users[0].user": {"token": "a." + b64(b'{"exp":' + b"1" * 40_000 + b"}") + ".c"}})
    ),
    "one long token": json.dumps(edited(GOOD, {"users[0].user": {"token": "a" * (SIZE - 5000)}})),
    "one long base64": fields(client_key_data="QUJD" * (ROOM // 3)),
    "base64 on lines": fields(client_key_data="QUJD\n" * (ROOM // 5)),
    "one long extra name": fields(**{"as": "a", "as_user_extra": {"a-" * 300_000: ["b"]}}),
    "one long server": json.dumps(edited(GOOD, {"clusters[0].cluster.server": "https://" + "a." * 400_000 + "!"})),
    "one long address": json.dumps(edited(GOOD, {"clusters[0].cluster.server": "https://" + "1" * 800_000})),
    "a number of places": json.dumps(edited(GOOD, {"clusters[0].cluster.server": "https://[" + "1:" * 400_000 + "]"})),
}
INPUTS = {**SCALARS, **COLLECTIONS, **CREDENTIALS}

# Reads names and texts, answers with the processor's seconds of each and the memory of all.
CHILD = r"""
import json, pathlib, re, resource, sys, time
import yaml
if sys.argv[1] == "pure" and hasattr(yaml, "CSafeLoader"):
    del yaml.CSafeLoader
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import KubeconfigError

resource.setrlimit(resource.RLIMIT_CPU, (200, 200))
policy = KubeconfigPolicy()
calls = {"canonicalize": lambda text: canonicalize(text, policy), "secret_values": secret_values}
for line in sys.stdin:
    name, text = json.loads(line)
    for call in sys.argv[2:]:
        start = time.process_time()
        try:
            calls[call](text)
        except KubeconfigError:
            pass
        seconds = time.process_time() - start
        # Not ru_maxrss, which begins with what the parent had.
        status = pathlib.Path("/proc/self/status")
        used = re.search(r"VmHWM:\s+(\d+)", status.read_text())[1] if status.exists() else 0
        print(json.dumps([name, call, seconds, int(used) / 1024]), flush=True)
"""


def measured(loader: str, inputs: dict[str, str], *calls: str) -> list[tuple[str, str, float, float]]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, loader, *calls],
        input="".join(f"{json.dumps(entry)}\n" for entry in inputs.items()),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(inputs) * len(calls), (
        f"ended with {done.returncode} after {rows[-1:]}: {done.stderr[-500:]}"
    )
    return rows


@pytest.mark.parametrize(
    ("loader", "inputs", "calls"),
    [
        ("libyaml", INPUTS, ["canonicalize", "secret_values"]),
        pytest.param("pure", SCALARS, ["canonicalize"], marks=pytest.mark.long),
        pytest.param("pure", COLLECTIONS, ["canonicalize"], marks=pytest.mark.long),
    ],
    ids=["libyaml", "pure-scalars", "pure-collections"],
)
def test_time_and_memory_are_limited_for_any_input(loader, inputs, calls):
    if loader == "libyaml" and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")
    rows = measured(loader, inputs, *calls)
    assert [row for row in rows if row[2] > SECONDS[loader]] == []
    assert rows[-1][3] < MEGABYTES


LARGEST = {
    "spaces": TEXT + " " * (MAX_BYTES - len(TEXT)),
    "escapes": f'{TEXT}x: "' + r"\x41" * ((MAX_BYTES - len(TEXT) - 10) // 4) + '"\n',
    "users": "users:\n" + "".join(f"- {{name: u{n}, user: {{token: t}}}}\n" for n in range(110_000)),
    "passwords in a broken text": "\t[\n" + "password: x\n" * 340_000,
}


@pytest.mark.parametrize("loader", ["libyaml", pytest.param("pure", marks=pytest.mark.long)])
def test_the_time_grows_linearly_with_the_size(loader):
    if loader == "libyaml" and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")
    assert all(MAX_BYTES * 0.9 < len(text.encode()) <= MAX_BYTES for text in LARGEST.values())
    rows = measured(loader, LARGEST, "canonicalize", "secret_values")
    assert [row for row in rows if row[2] > SECONDS[loader] * MAX_BYTES / SIZE] == []
    assert rows[-1][3] < MEGABYTES * MAX_BYTES / SIZE


def test_the_inputs_have_the_size_for_which_the_limits_hold():
    assert max(len(text.encode()) for text in INPUTS.values()) <= SIZE
    assert sum(len(text.encode()) > SIZE * 0.9 for text in SCALARS.values()) >= len(SCALARS) - 1


def merged(count: int, user: Callable[[int], dict[str, Any]], ca: bytes | None) -> str:
    """One kubeconfig of many clusters, as people merge them."""
    entries = [document(f"https://10.0.0.{n}:6443", ca, user(n), f"cluster-{n}") for n in range(count)]
    found = {section: [entry[section][0] for entry in entries] for section in ("clusters", "contexts", "users")}
    return yaml.dump(
        {"apiVersion": "v1", "kind": "Config", **found}, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    )


def test_a_merged_kubeconfig_of_many_clusters_is_within_the_limits():
    pair, rsa_ca = CA.issue("admin"), CA.pem + b"# as long as one of RSA\n" * 30
    chains = certificate_user(pair) | {"client-key-data": b64(pair.key_pem + b"#" * 1400)}
    for text in (
        merged(600, lambda n: chains, rsa_ca),
        merged(850, lambda n: {"token": jwt(exp=4_000_000_000, sub=f"system:serviceaccount:a:b{n}")}, CA.pem),
    ):
        assert len(text) < MAX_BYTES
        config = canonicalize(text, KubeconfigPolicy(context="admin@cluster-120"))
        assert config.server == "https://10.0.0.120:6443"
        assert len(config.text) < 10_000
