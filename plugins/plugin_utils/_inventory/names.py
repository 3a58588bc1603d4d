# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the names of hosts and groups that stand for registered clusters. No I/O.

What HSS reports is untrusted: a name becomes a pattern on command lines and the name of a file in host_vars, and a host
that is called localhost would be used by every task that is delegated there.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

ALL_CLUSTERS = "hss_clusters"
EXPIRING = "hss_expiring"
# Ansible gives these a meaning of their own.
_RESERVED = frozenset({"all", "ungrouped", "localhost", "127.0.0.1", ALL_CLUSTERS, EXPIRING})
_MAX_LENGTH = 80


def host_names(clusters: Iterable[Mapping[str, Any]], reserved: Iterable[str] = ()) -> dict[str, str]:
    """The name of the host of each cluster, by C(cluster_id). The order of the clusters does not matter.

    It is the cluster's name without the characters that are not safe in a host's name. A name that is reserved, empty,
    or that of several clusters is followed by the id.

    :arg reserved: further names that no host may have, such as those of groups.
    """
    safe = {str(cluster["cluster_id"]): _safe(cluster.get("cluster_name") or "") for cluster in clusters}
    counts = Counter(safe.values())
    unusable = _RESERVED.union(reserved)
    names = {
        cluster_id: name
        for cluster_id, name in safe.items()
        if name and counts[name] == 1 and name.lower() not in unusable and name not in unusable
    }
    taken = {*names.values(), *unusable}
    for cluster_id in sorted(set(safe) - set(names)):
        name = "_".join(part for part in (safe[cluster_id], _safe(cluster_id)) if part)
        if name in taken or not _safe(cluster_id):
            name = f"{name}_{hashlib.sha256(cluster_id.encode()).hexdigest()[:16]}".lstrip("_")
        names[cluster_id] = name
        taken.add(name)
    return names


def group_names(cluster: Mapping[str, Any], expiring_days: int) -> list[str]:
    """The groups of a cluster: by provider and status, and whether its credential ends soon."""
    names = []
    for field in ("provider", "status"):
        value = re.sub(r"[^a-z0-9]+", "_", str(cluster.get(field) or "").lower())[:_MAX_LENGTH].strip("_")
        if value:
            names.append(f"hss_{field}_{value}")
    if cluster["days_left"] is not None and cluster["days_left"] < expiring_days:
        names.append(EXPIRING)
    return names


def _safe(text: str) -> str:
    """A text without characters that a shell, a file system, or a pattern of hosts interprets."""
    text = unicodedata.normalize("NFC", text[: 4 * _MAX_LENGTH])
    text = re.sub(r"[^\w.-]+", "_", text)
    return re.sub(r"\.{2,}", ".", text)[:_MAX_LENGTH].strip("._-")
