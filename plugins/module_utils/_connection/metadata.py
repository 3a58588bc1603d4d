# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the temporary key that an ECS has from its agency, by its metadata service.

Asked only with C(profile=metadata): elsewhere the address may belong to anybody. No proxy, no redirect, no second try:
the service is on the same host, and who asks for it in vain should not wait.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable

from .._core.errors import HssError
from .._http.auth import NoAuth
from .._http.transport import TRANSPORT_ERRORS, HttpResponse, InvalidResponse, Transport
from .resolve import Credential

ENDPOINT = "http://169.254.169.254"
TIMEOUT = 3.0

_TOKEN_PATH = "/meta-data/latest/api/token"
_KEY_PATH = "/openstack/latest/securitykey"
_TOKEN_SECONDS = "21600"
_LONGEST = 16 * 1024  # a security token has some 2,000 letters, and has to fit into a header
# Answers of a service that is older than the token.
_NO_TOKENS = (404, 405, 503)


def fetch(hide: Callable[..., None]) -> Credential:
    """The instance's temporary key.

    :arg hide: learns the secrets before anything can fail because of them.
    """
    wire = Transport(verify=True, timeout=TIMEOUT, proxies=False)  # what is asked here never leaves the host
    headers = {}
    answer = _ask(wire, "PUT", _TOKEN_PATH, {"X-Metadata-Token-Ttl-Seconds": _TOKEN_SECONDS})
    if answer.status == 200:
        token = answer.body.decode("ascii", "replace").strip()
        hide(token)
        if not _is_word(token):
            raise _failed("did not answer with a token", answer.status)
        headers["X-Metadata-Token"] = token
    elif answer.status not in _NO_TOKENS:
        raise _failed("refused a token", answer.status)
    answer = _ask(wire, "GET", _KEY_PATH, headers)
    wire.close()
    if answer.status != 200:
        raise _failed("gave no key", answer.status)
    try:
        data = answer.json_object()
    except InvalidResponse:
        data = {}
    key = data.get("credential")
    key = key if isinstance(key, dict) else {}
    access_key, secret_key, security_token = (key.get(name) for name in ("access", "secret", "securitytoken"))
    hide(*(part for part in (access_key, secret_key, security_token) if isinstance(part, str)))
    if not all(map(_is_word, (access_key, secret_key, security_token))):
        raise _failed("did not answer with access, secret and securitytoken", answer.status)
    return Credential(access_key, secret_key, security_token)


def _ask(wire: Transport, method: str, path: str, headers: Mapping[str, str]) -> HttpResponse:
    try:
        return wire.send(method, ENDPOINT + path, headers, NoAuth())
    except TRANSPORT_ERRORS:
        raise _failed(f"cannot be reached, or does not answer within {TIMEOUT:g} seconds", None) from None


def _is_word(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(f"[!-~]{{1,{_LONGEST}}}", value) is not None


def _failed(reason: str, status: int | None) -> HssError:
    return HssError(
        f"profile: metadata: the instance metadata service at {ENDPOINT} {reason}",
        http_status=status,
        hint="The module must run on an ECS to which an agency is assigned that may use HSS. "
        "Elsewhere, give a credential with the options or the environment.",
    )
