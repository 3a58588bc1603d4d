# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what became of a cluster, or would, in words for a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._kubeconfig import canonical as _kubeconfig


def in_words(actions: Sequence[str], cluster: Mapping[str, Any] | None, check_mode: bool) -> str:
    """One line of a report.

    :arg actions: of C(create), C(update) and C(delete), in order.
    :arg cluster: as listed.
    """
    cluster = cluster or {}
    verb = {"create": "registered", "update": "updated", "delete": "removed"}[actions[-1]] if actions else None
    if verb:
        words = [f"would be {verb}" if check_mode else verb]
    else:
        words = ["unchanged" if cluster else "not registered"]
    words += [str(cluster[name]) for name in ("server", "status") if cluster.get(name)]
    end = cluster.get("certificate_expiration_date")
    if isinstance(end, int):
        words.append(f"credential until {_kubeconfig.date(end)}")
    if cluster.get("cluster_id"):
        words.append(f"id {cluster['cluster_id']}")
    return ", ".join(words)
