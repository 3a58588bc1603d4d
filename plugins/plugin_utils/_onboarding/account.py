# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the cluster's own note about which token of the ServiceAccount HSS got. No I/O.

HSS never returns a kubeconfig, and a token without an end has no date. So the token's Secret has an annotation with the
registration for which the token was sent, and a digest of the token. A Secret that is made anew has none.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

NOTE = "huaweicloud.hss/sent"
_TEXT = re.compile(r"(?P<cluster_id>[A-Za-z0-9_.-]{1,63}) (?P<digest>[0-9a-f]{32})(?P<failed> connect_fail)?")


@dataclass(frozen=True)
class Note:
    """Which token was sent for which registration.

    :arg failed: whether it was sent while HSS could not connect. It is not sent for that reason again.
    """

    cluster_id: str
    digest: str
    failed: bool = False

    @classmethod
    def parse(cls, text: str) -> Note | None:
        """The note in an annotation; None if there is none that can be understood."""
        found = _TEXT.fullmatch(text)
        return cls(found["cluster_id"], found["digest"], bool(found["failed"])) if found else None

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.digest}{' connect_fail' if self.failed else ''}"


def digest_of(token: bytes) -> str:
    """Identifies a token, and does not help to guess it."""
    return hashlib.sha256(token).hexdigest()[:32]
