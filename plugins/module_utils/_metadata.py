# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the temporary key that an ECS has from its agency, by its metadata service.

Asked only with C(profile=metadata): elsewhere the address may belong to anybody. No proxy, no redirect, no second try:
the service is on the same host, and who asks for it in vain should not wait.
"""

from __future__ import annotations

from typing import Any, Callable

try:
    import requests
except ImportError:  # reported by _module, which can say how to install it
    requests = None  # type: ignore[assignment]

from ._credentials import Credential
from ._errors import HssError

ENDPOINT = "http://169.254.169.254"
TIMEOUT = 3.0

_TOKEN_PATH = "/meta-data/latest/api/token"
_KEY_PATH = "/openstack/latest/securitykey"
_TOKEN_SECONDS = "21600"
# Answers of a service that is older than the token.
_NO_TOKENS = (404, 405, 503)


def fetch(hide: Callable[..., None]) -> Credential:
    """The instance's temporary key.

    :arg hide: learns the secrets before anything can fail because of them.
    """
    with requests.Session() as session:
        # Neither proxies nor ~/.netrc: what is asked here never leaves the host.
        session.trust_env = False
        headers = {}
        answer = _ask(session, "PUT", _TOKEN_PATH, {"X-Metadata-Token-Ttl-Seconds": _TOKEN_SECONDS})
        if answer.status_code == 200:
            token = answer.text.strip()
            hide(token)
            if not _is_word(token):
                raise _failed("did not answer with a token", answer.status_code)
            headers["X-Metadata-Token"] = token
        elif answer.status_code not in _NO_TOKENS:
            raise _failed("refused a token", answer.status_code)
        answer = _ask(session, "GET", _KEY_PATH, headers)
    if answer.status_code != 200:
        raise _failed("gave no key", answer.status_code)
    try:
        data = answer.json()
    except ValueError:
        data = None
    key = data.get("credential") if isinstance(data, dict) else None
    key = key if isinstance(key, dict) else {}
    access_key, secret_key, security_token = (key.get(name) for name in ("access", "secret", "securitytoken"))
    hide(*(part for part in (access_key, secret_key, security_token) if isinstance(part, str)))
    if not all(map(_is_word, (access_key, secret_key, security_token))):
        raise _failed("did not answer with access, secret and securitytoken", answer.status_code)
    return Credential(access_key, secret_key, security_token)


def _ask(session: Any, method: str, path: str, headers: dict[str, str]) -> Any:
    try:
        return session.request(
            method, ENDPOINT + path, headers=headers, timeout=(TIMEOUT, TIMEOUT), allow_redirects=False
        )
    except (requests.exceptions.RequestException, OSError, ValueError):
        raise _failed(f"cannot be reached within {TIMEOUT:g} seconds", None) from None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and len(value.split()) == 1


def _failed(reason: str, status: int | None) -> HssError:
    return HssError(
        f"profile: metadata: the instance metadata service at {ENDPOINT} {reason}",
        http_status=status,
        hint="The module must run on an ECS to which an agency is assigned that may use HSS. "
        "Elsewhere, give a credential with the options or the environment.",
    )
