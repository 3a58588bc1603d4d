# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that examine untrusted text: ten times the text takes about ten times the time, not a hundred times."""

from __future__ import annotations

import base64
import gc
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.characters import visible_data
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import (
    enumerate_some,
    normalized_code,
    sanitize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.client import HttpClient
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.transport import HttpResponse
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.credentials import (
    check_ca,
    check_token,
    decode_base64,
    pem_blocks,
    token_from_file,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    PLACEHOLDER,
    secret_name,
    with_password,
    with_variable,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.parse import (
    manifest_secret_values,
    parse_manifests,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.status import differences
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import parse_files
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import CallResult
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.contents import (
    list_calls,
    parse_contents,
    reason_to_keep,
    split_contents,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import call_error, warning_lines

# Characters of the smaller text. Linear functions take milliseconds for it, and quadratic ones take seconds.
SIZE = 20_000
# A quadratic function needs 100 times the time. The margin is for a busy machine.
MAX_FACTOR = 60
# What takes less, also for the larger text, need not be compared.
NEGLIGIBLE = 0.1


def repeated(part: str, size: int) -> str:
    return part * (size // len(part))


def quoted_error(text: str) -> Any:
    client = HttpClient(None, max_retries=0, redactor=_redactor())
    body = json.dumps({"error_code": text, "error_msg": text, "request_id": text}).encode()
    client._transport.send = lambda *_arguments: HttpResponse(429, {"Retry-After": text[:60_000]}, body)  # type: ignore
    return client.request("Operation", "do it", "GET", "https://hss.example.com/")


def _redactor() -> Redactor:
    redactor = Redactor()
    redactor.add("zz9Kq3vw7Rb2nm5Tpp8lMn4xWq6JcV1yHs0DfG2t")
    return redactor


def manifest(text: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": text}})


KUBECONFIG = "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
TEXTS = (
    "a ",
    " ",
    "//",
    "://@",
    "'",
    '"',
    "\\",
    "1",
    "1.",
    "{",
    "[",
    "a: ",
    "- ",
    "#\n",
    "...",
    "=",
    "time: ",
    "%41",
    "\u202e",
)

FUNCTIONS: dict[str, tuple[Callable[[str], Any], tuple[str, ...]]] = {
    "sanitize": (sanitize, TEXTS),
    "visible data": (lambda text: visible_data(text, 10**9), TEXTS),
    "redaction": (lambda text: _redactor().redact(text), TEXTS),
    "error codes": (normalized_code, ("0000", "APIG.", "1")),
    "enumerations": (lambda text: enumerate_some(text.split("a")), ("a",)),
    "error responses": (
        quoted_error,
        (*TEXTS, "canonicalrequest ", ",;", "Mon, ", "1 second time:", "/"),
    ),
    "JSON responses": (lambda text: HttpResponse(200, {}, text.encode()).json_object(), (*TEXTS, '{"a":', "1e1")),
    "servers": (Server.parse, tuple(f"{start}{part}" for start in ("", "https://") for part in ("a.", ":", "-", "/"))),
    "PEM blocks": (
        lambda text: list(pem_blocks(text.encode())),
        ("-----BEGIN A-----\n", "-----END A-----\n", "-----BEGIN A-----\n-----END A-----\n", "a:\n", "\r"),
    ),
    "CAs": (
        lambda text: check_ca(text.encode(), "ca", 0),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",),
    ),
    "base64": (lambda text: decode_base64(text, "ca"), (*TEXTS, "A", "AAA=\n")),
    "tokens": (lambda text: check_token(text.encode(), "token", 0), (*TEXTS, "a.", "${", "{{", "Bearer ")),
    "token files": (lambda text: token_from_file(text.encode(), "tokenFile"), (*TEXTS, "a:", "A=")),
    "kubeconfigs": (
        lambda text: canonicalize(f"{KUBECONFIG}{text}", KubeconfigPolicy()),
        (*TEXTS, "? ", "&a ", "!!int "),
    ),
    "kubeconfigs of other content": (lambda text: canonicalize(text, KubeconfigPolicy()), (*TEXTS, "/", "\\\\", "$a/")),
    "secrets in kubeconfigs": (
        lambda text: secret_values(f"a: [\n{text}"),
        (*TEXTS, "token: ", "token:", 'token:"', "password ", "id-token\t", "Aa1+" * 7, "token: x, "),
    ),
    "manifests": (parse_manifests, (*TEXTS, manifest("v"), f"{manifest('v')}\n---\n", "---\n", "a: 1\n", "*a ", "&a ")),
    "values in manifests": (lambda text: parse_manifests(manifest(text)), TEXTS),
    "secrets in manifests": (
        lambda text: manifest_secret_values(
            [{"kind": "Secret", "data": {str(n): t for n, t in enumerate(text.split())}}]
        ),
        ("YQ== ", "a "),
    ),
    "image commands": (
        lambda text: (with_variable(text), with_password(text, "user", "a-pass-w0rd"), secret_name(text)),
        (*TEXTS, PLACEHOLDER, f"'{PLACEHOLDER}'", f'"{PLACEHOLDER}', "\\'", "docker-registry "),
    ),
    "files of hosts": (
        lambda text: parse_files(f"m begin 1 plain - 0\n{text}.\nm end 1\n", "m", ["/a"], 0, "", 1 << 30),
        (*TEXTS, "\r", "\r\n", "a\r\r", "\nm end 2\r", "m begin 1 plain "),
    ),
    "the output of kubectl": (
        lambda text: (call_error("looking", CallResult(1, "", text), Redactor()), warning_lines(text)),
        (
            "&{",
            "map[",
            "open ",
            "updates to ",
            ", error found in #1",
            'error\n{"',
            "denied the request\n{",
            "\x1b[0",
            "Warning: \n",
            'namespace "',
        ),
    ),
    "what is in a namespace": (
        lambda text: (
            list_calls(text, "hss", "m"),
            split_contents(parse_contents(text, "m"), ["one"]),
            reason_to_keep(parse_contents(text, "m"), "one"),
        ),
        ("a\n", "a.b\n", "mi", "mf", "mi" + "mf" * 10, f"mia{'mfa' * 10}", "mi" + "mfb" * 8 + "mf a b" * 3),
    ),
    "quantities": (
        lambda text: differences({"resource_info": {"cpu_limit": text}}, None, {}, {"cpu_limit": "1"}),
        ("1", "1.", "0", "1e", "+"),
    ),
    "selectors": (
        lambda text: differences(
            {"schedule_info": {"node_selector": text.split()}}, None, {"node_selector": ["a"]}, {}
        ),
        ("a=b ", "a "),
    ),
}


def seconds(function: Callable[[str], Any], text: str) -> float:
    # A collection would go through everything that the tests of this process have left.
    gc.disable()
    started = time.process_time()
    try:
        function(text)
    except Exception:  # noqa: BLE001  how a text is refused does not matter here
        pass
    finally:
        gc.enable()
    return time.process_time() - started


CASES = [(name, part) for name, (_function, parts) in FUNCTIONS.items() for part in parts]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_time_grows_with_the_length_of_the_text(name):
    function, parts = FUNCTIONS[name]
    for part in parts:
        seconds(function, repeated(part, SIZE))  # loads what is loaded once
        larger = seconds(function, repeated(part, 10 * SIZE))
        if larger > NEGLIGIBLE:
            larger = min(larger, seconds(function, repeated(part, 10 * SIZE)))
            smaller = min(seconds(function, repeated(part, SIZE)) for _time in range(3))
            assert larger < MAX_FACTOR * max(smaller, 0.003), (part[:20], smaller, larger)


def test_a_quadratic_function_is_noticed():
    def quadratic(text: str) -> None:
        for at in range(0, len(text), 40):
            sum(map(ord, text[:at]))

    smaller, larger = (seconds(quadratic, "a" * size) for size in (SIZE // 4, 10 * SIZE // 4))
    assert larger > max(NEGLIGIBLE, MAX_FACTOR * max(smaller, 0.001))


def test_base64_of_a_long_key_is_decoded_once():
    """The registered forms of a secret are computed once for all texts."""
    redactor = Redactor()
    redactor.add(base64.b64encode(b"x y" * 100_000).decode())
    first = seconds(redactor.redact, "a text to examine")
    assert seconds(redactor.redact, "another text to examine") < max(first / 2, 0.01)
