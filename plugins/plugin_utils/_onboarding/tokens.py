# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the token of a sign-in, for the later stages of a use of the role.

Each stage is a process of its own. If each of them signed in, a later one would not know the token of an earlier one,
and could not hide it if HSS quotes it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # The stage reports it.
    Fernet = None  # type: ignore[assignment,misc]

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.iam import Token
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import Connection

from .ledger import Ledger


class Tokens:
    """Keeps tokens in the ledger, each encrypted with the password of its user: nothing secret may be in there."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, connection: Connection) -> Token | None:
        """Returns the token of an earlier stage; None if there is none."""
        entry = self._ledger.read(_name(connection))
        try:
            kept = json.loads(_cipher(connection, entry["salt"]).decrypt(entry["token"])) if entry else None
        except InvalidToken:
            # The password is another one.
            return None
        return Token(kept["value"], kept["project_id"]) if kept else None

    def keep(self, connection: Connection, token: Token) -> None:
        """Keeps a token for later stages."""
        salt = secrets.token_hex(16)
        text = json.dumps({"value": token.value, "project_id": token.project_id})
        encrypted = _cipher(connection, salt).encrypt(text.encode()).decode()
        self._ledger.write(_name(connection), {"salt": salt, "token": encrypted})


def _name(connection: Connection) -> str:
    user = (connection.credential.user_name, connection.credential.domain_name)
    return f"token {json.dumps([connection.auth_url, *user, connection.project_id, connection.project_name])}"


def _cipher(connection: Connection, salt: str) -> Fernet:
    password = str(connection.credential.password).encode("utf-8", "surrogateescape")
    key = hashlib.scrypt(password, salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(key))
