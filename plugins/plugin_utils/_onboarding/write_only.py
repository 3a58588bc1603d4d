# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the cluster's own note about values that HSS was given and never returns. No I/O.

The note is a Secret beside the connection agent, for the registration with which the values were sent. Values that may
hold a password are noted as slow, salted digests: a password can be short, and not everybody who can read this Secret
needs to know it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import (
    CREATE_FIELDS,
    READ_NAMES,
    SECRET_FIELDS,
)

NOTE_NAME, _KEY = "hss-registration", "write-only"
_FIELDS = tuple(name for name in CREATE_FIELDS if name not in READ_NAMES and name != "kube_config")
# The address of a proxy may hold a password.
_HIDDEN = (*SECRET_FIELDS, "anp_proxy", "hostguard_proxy")
_ROUNDS = 100_000
_MAX_NOTE = 16_384  # characters


@dataclass(frozen=True)
class WriteOnlyNote:
    """What a registration was made with.

    :arg values: by option; a digest for each one that may hold a password.
    """

    cluster_id: str
    salt: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, options: Mapping[str, Any], cluster_id: str, salt: str | None = None) -> WriteOnlyNote:
        """The note about these options of a registration, with a new salt unless one is given."""
        salt = salt or secrets.token_hex(16)
        given = {name: options[name] for name in _FIELDS if options.get(name) not in (None, "", [])}
        return cls(cluster_id, salt, {name: _noted(name, value, salt) for name, value in given.items()})

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> WriteOnlyNote | None:
        """The note in the data of a Secret; None if there is none that can be understood."""
        try:
            found = json.loads(base64.b64decode(str(data.get(_KEY) or "")[:_MAX_NOTE]))
            texts = {str(name): str(value) for name, value in found["values"].items() if name in _FIELDS}
            return cls(str(found["cluster_id"]), str(found["salt"]), texts)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def secret(self, namespace: str, labels: Mapping[str, str]) -> dict[str, Any]:
        """The Secret with the note."""
        content = {"cluster_id": self.cluster_id, "salt": self.salt, "values": dict(self.values)}
        text = json.dumps(content, sort_keys=True)
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": NOTE_NAME, "namespace": namespace, "labels": dict(labels)},
            "type": "Opaque",
            "data": {_KEY: base64.b64encode(text.encode()).decode()},
        }

    def warnings(self, options: Mapping[str, Any]) -> list[str]:
        """A warning about the options that differ from the note, with the noted values that may be shown."""
        now = self.of(options, self.cluster_id, self.salt).values
        names = [name for name in _FIELDS if now.get(name) != self.values.get(name)]
        if not names:
            return []
        shown = [name if name in _HIDDEN else f"{name} ('{self.values.get(name, '')}')" for name in names]
        return [
            f"HSS has the earlier value of {', '.join(shown)}, and cannot change it. To change it there, register "
            "the cluster anew: run once with hss_onboard_state: absent, and then without it. Otherwise restore it in "
            "hss_onboard_cluster"
        ]


def _noted(name: str, value: Any, salt: str) -> str:
    text = ";".join(map(str, value)) if isinstance(value, list) else str(value)
    if name not in _HIDDEN:
        return text
    return hashlib.pbkdf2_hmac("sha256", text.encode(), f"{salt}/{name}".encode(), _ROUNDS).hex()
