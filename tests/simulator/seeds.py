# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that are added to the state without a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .clock import Clock
from .contract import CREATE_FIELDS, DEFAULT_ENTERPRISE_PROJECT, PROVIDERS, STATUSES
from .state import Cloud, Cluster

_EXTRAS = frozenset(
    {
        "cluster_id",
        "project_id",
        "enterprise_project_id",
        "status",
        "failed_message",
        "agent_applied",
        "created_at",
    }
)
_DAY = 86_400_000

_KUBE_CONFIG = """\
apiVersion: v1
kind: Config
clusters:
- name: seeded
  cluster: {{server: "{server}"}}
users:
- name: admin
  user: {{client-certificate-data: "", client-key-data: ""}}
contexts:
- name: admin@seeded
  context: {{cluster: seeded, user: admin}}
current-context: admin@seeded
"""


def make_clusters(
    clusters: int | Iterable[Mapping[str, Any]], cloud: Cloud, clock: Clock, project_id: str
) -> list[Cluster]:
    """A cluster for each mapping, or a number of clusters; by default an hour old and connected."""
    mappings: Iterable[Mapping[str, Any]] = [{}] * clusters if isinstance(clusters, int) else clusters
    first = len(cloud.every()) + 1
    return [_make(number, values, cloud, clock, project_id) for number, values in enumerate(mappings, first)]


def _make(number: int, given: Mapping[str, Any], cloud: Cloud, clock: Clock, project_id: str) -> Cluster:
    if unknown := sorted(set(given) - set(CREATE_FIELDS) - _EXTRAS):
        raise ValueError(f"a seeded cluster has no {', '.join(unknown)}")
    status = given.get("status", "connect_success")
    if status not in STATUSES:
        raise ValueError(f"status: {status!r} is not one of {', '.join(STATUSES)}")
    server = given.get("server", f"https://10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}:6443")
    end = given.get("certificate_expiration_date", (int(clock.now()) // 86_400) * 86_400_000 + 365 * _DAY)
    values: dict[str, Any] = {
        "cluster_id": cloud.new_id() if given.get("cluster_id") is None else given["cluster_id"],
        "project_id": project_id,
        "enterprise_project_id": DEFAULT_ENTERPRISE_PROJECT,
        "created_at": clock.now() - 3600.0,
        "name": f"cluster-{number:04d}",
        "provider": PROVIDERS[(number - 1) % len(PROVIDERS)],
        "server": server,
        "certificate_expiration_date": end,
        "current_expiration_date": end,
        "kube_config": _KUBE_CONFIG.format(server=server),
        "agent_applied": status != "not_connect",
    }
    values.update(given)
    cluster = Cluster(**values)
    if status == "connect_success":
        cluster.connect()
    cluster.status = status
    cluster.failed_message = given.get("failed_message")
    return cluster
