# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection agent: when its Deployment is applied, it connects the cluster at the simulated HSS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .store import Store

NAMESPACE, DEPLOYMENT, CONFIG = "hss", "proxy-agent", "proxy-agent-config"


def connect_agent(store: Store) -> Callable[[Any, dict[str, Any]], None]:
    """The function that is called with every object that was applied."""

    def on_apply(_api: Any, content: dict[str, Any]) -> None:
        key = (content["kind"], content["metadata"].get("namespace"), content["metadata"]["name"])
        simulator = store.settings["hss"]
        if not simulator or key != ("Deployment", NAMESPACE, DEPLOYMENT):
            return
        cluster_id = _cluster_id(store.objects)
        if cluster_id is None:
            return
        # Imported here because they take longer to load than everything else.
        import ssl
        import urllib.request

        address = f"{simulator['endpoint']}/_simulator/clusters/{cluster_id}/agent-applied"
        context = ssl.create_default_context(cafile=simulator["ca_file"]) if simulator.get("ca_file") else None
        request = urllib.request.Request(address, data=b"{}", method="POST")
        with urllib.request.urlopen(request, timeout=10, context=context):
            pass

    return on_apply


def _cluster_id(objects: list[dict[str, Any]]) -> str | None:
    for item in objects:
        if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", CONFIG):
            return next((value for key, value in (item.get("data") or {}).items() if key.upper() == "CLUSTER_ID"), None)
    return None
