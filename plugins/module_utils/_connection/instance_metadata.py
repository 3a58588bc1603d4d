# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the temporary key of an ECS's agency, from the instance metadata service.

It is used only with C(profile=metadata), because outside an ECS another host could have the address. The request uses
no proxy, no redirect and no retry: the service is on the same host, and its absence should be reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable

from .._core.errors import HssError
from .._http.auth import NoAuth
from .._http.transport import TRANSPORT_ERRORS, HttpResponse, InvalidResponse, Transport
from .credentials import Credential

ENDPOINT = "http://169.254.169.254"
TIMEOUT = 3.0

_TOKEN_PATH = "/meta-data/latest/api/token"
_KEY_PATH = "/openstack/latest/securitykey"
_TOKEN_SECONDS = "21600"
_MAX_LENGTH = 16 * 1024  # a security token has about 2,000 characters, and must fit into a header
# The statuses of an older service, which does not issue tokens.
_NO_TOKEN_STATUSES = (404, 405, 503)


def fetch_credential(hide: Callable[..., None]) -> Credential:
    """Returns the instance's temporary key.

    :arg hide: called with the secrets before they are checked.
    """
    transport = Transport(verify=True, timeout=TIMEOUT, proxies=False)  # the requests never leave the host
    headers = {}
    response = _send(transport, "PUT", _TOKEN_PATH, {"X-Metadata-Token-Ttl-Seconds": _TOKEN_SECONDS})
    if response.status == 200:
        token = response.body.decode("ascii", "replace").strip()
        hide(token)
        if not _is_printable_token(token):
            raise _metadata_error("did not answer with a token", response.status)
        headers["X-Metadata-Token"] = token
    elif response.status not in _NO_TOKEN_STATUSES:
        raise _metadata_error("refused a token", response.status)
    response = _send(transport, "GET", _KEY_PATH, headers)
    transport.close()
    if response.status != 200:
        raise _metadata_error("gave no key", response.status)
    try:
        data = response.json_object()
    except InvalidResponse:
        data = {}
    key = data.get("credential")
    key = key if isinstance(key, dict) else {}
    access_key, secret_key, security_token = (key.get(name) for name in ("access", "secret", "securitytoken"))
    hide(*(part for part in (access_key, secret_key, security_token) if isinstance(part, str)))
    if not all(map(_is_printable_token, (access_key, secret_key, security_token))):
        raise _metadata_error("did not answer with access, secret and securitytoken", response.status)
    return Credential(access_key, secret_key, security_token)


def _send(transport: Transport, method: str, path: str, headers: Mapping[str, str]) -> HttpResponse:
    try:
        return transport.send(method, ENDPOINT + path, headers, NoAuth())
    except TRANSPORT_ERRORS:
        raise _metadata_error(f"cannot be reached, or does not answer within {TIMEOUT:g} seconds", None) from None


def _is_printable_token(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(f"[!-~]{{1,{_MAX_LENGTH}}}", value) is not None


def _metadata_error(reason: str, status: int | None) -> HssError:
    return HssError(
        f"profile: metadata: the instance metadata service at {ENDPOINT} {reason}",
        http_status=status,
        hint="The module must run on an ECS to which an agency is assigned that may use HSS. "
        "Elsewhere, give a credential with the options or the environment.",
    )
