# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: encrypts what is kept between the stages of the role. No I/O."""

from __future__ import annotations

import json
from typing import Any

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # Each stage reports it before it encrypts anything.
    Fernet = None  # type: ignore[assignment,misc]


def new_key() -> str:
    """A random key."""
    return Fernet.generate_key().decode()


def encrypt(data: Any, key: str) -> str:
    """Encrypts what JSON can express.

    :arg key: 32 bytes in URL-safe base64.
    """
    return Fernet(key).encrypt(json.dumps(data).encode()).decode()


def decrypt(text: str, key: str) -> Any:
    """What L(encrypt) encrypted; None with another key."""
    try:
        return json.loads(Fernet(key).decrypt(text))
    except InvalidToken:
        return None
