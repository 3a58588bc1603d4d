# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: encrypts what is known of a host between the stages of the role. No I/O."""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from typing import Any


def encrypt(data: Any) -> tuple[str, str]:
    """Encrypts what JSON can express, and returns the ciphertext and the key.

    The key is a one-time pad: as many random bytes as the data has, for this data alone. A cipher of the library
    cryptography would have to be set up again in the process of every host, which takes longer than all the rest.
    """
    # Compressed, because Ansible copies it on its way: a kubeconfig is often in it twice.
    text = zlib.compress(json.dumps(data).encode(), 1)
    key = secrets.token_bytes(len(text))
    return _encoded(_xor(text, key)), _encoded(key)


def decrypt(text: str, key: str) -> Any:
    """What L(encrypt) encrypted; None with another key."""
    try:
        return json.loads(zlib.decompress(_xor(base64.b64decode(text), base64.b64decode(key))))
    except (ValueError, zlib.error):
        return None


def _xor(left: bytes, right: bytes) -> bytes:
    """:raises ValueError: if the lengths differ."""
    if len(left) != len(right):
        raise ValueError
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
