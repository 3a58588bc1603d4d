# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a signed-in client of HSS, made from connection options.

It needs no AnsibleModule, so that action plugins and inventory plugins use it as well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable, Protocol

from .._api.hss import HssApi
from .._api.iam import IamApi, Token
from .._core.redaction import Redactor
from .._http.auth import NoAuth, SigningAuth, TokenAuth
from .._http.client import HttpClient
from .credentials import Credential
from .resolve import Connection, resolve

VERSION = "0.2.0"


class TokenStore(Protocol):
    """Where the token of a sign-in is kept for other sessions."""

    def find(self, connection: Connection) -> Token | None:
        """Returns the token of an earlier sign-in; None if there is none."""

    def keep(self, connection: Connection, token: Token) -> None:
        """Keeps the token of a sign-in."""


class Session:
    """Turns connection options into an API client, and collects the secrets that must not be shown.

    :arg options: the connection options; None for what is not given.
    :arg environment: the variables that replace options that are not given.
    :arg redactor: gets every secret as soon as it is known, before anything can fail and quote it.
    :arg warn: takes a text for the user.
    :arg tokens: keeps the token of a sign-in. Without it, each session signs in.
    """

    # Takes seconds. Tests replace it.
    sleep = staticmethod(time.sleep)

    def __init__(
        self,
        options: Mapping[str, Any],
        environment: Mapping[str, str],
        redactor: Redactor,
        warn: Callable[[str], None],
        tokens: TokenStore | None = None,
    ) -> None:
        self._options = options
        self._environment = environment
        self.redactor = redactor
        self._warn = warn
        self._tokens = tokens
        self._api: HssApi | None = None

    def hide(self, *values: str | None) -> None:
        """Keeps secrets out of everything that is shown."""
        self.redactor.add(*values)

    def api(self) -> HssApi:
        """The client. The first call asks IAM for a token and for the project's id, if they are needed.

        :raises HssError: if the options do not make a connection, or if IAM or the metadata service refuses.
        """
        if self._api is None:
            self._api = self._connect()
        return self._api

    def _connect(self) -> HssApi:
        connection = resolve(self._options, self._environment, self.redactor)
        for text in connection.warnings:
            self._warn(text)
        credential, project_id = connection.credential, connection.project_id
        self.hide(*credential.secrets)
        if credential.metadata:
            # Only instances with an agency need this.
            from .instance_metadata import fetch_credential

            credential = fetch_credential(self.hide)
        if credential.password:
            token = (self._tokens.find(connection) if self._tokens else None) or self._sign_in(connection)
            self.hide(token.value)
            credential = Credential(auth_token=token.value)
            project_id = project_id or token.project_id
        http = self._client(connection, _auth(credential))
        if not project_id:
            project_id = IamApi(http, str(connection.auth_url)).find_project_id(str(connection.project_name))
        return HssApi(
            http,
            connection.endpoint,
            project_id,
            connection.enterprise_project_id,
            region=connection.region,
            sleep=self.sleep,
        )

    def _sign_in(self, connection: Connection) -> Token:
        """Exchanges the password of a user for a token, which is kept in memory only."""
        credential = connection.credential
        http = self._client(connection, NoAuth())
        token = IamApi(http, str(connection.auth_url)).create_token(
            str(credential.user_name),
            str(credential.password),
            str(credential.domain_name),
            project_id=connection.project_id,
            project_name=connection.project_name,
        )
        self.hide(token.value)
        if self._tokens:
            self._tokens.keep(connection, token)
        http.close()
        return token

    def _client(self, connection: Connection, auth: Any) -> HttpClient:
        return HttpClient(
            auth,
            verify=connection.verify,
            timeout=connection.timeout,
            max_retries=connection.max_retries,
            redactor=self.redactor,
            user_agent=f"ansible-huaweicloud.hss/{VERSION}",
            sleep=self.sleep,
        )


def _auth(credential: Credential) -> Any:
    if credential.auth_token:
        return TokenAuth(credential.auth_token)
    return SigningAuth(str(credential.access_key), str(credential.secret_key), credential.security_token)
