# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the simulated service: the clusters, and the changes of their status."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .contract import ALL_ENTERPRISE_PROJECTS, CREATE_FIELDS, STATUSES
from .daemonset import Daemonset
from .errors import HssError, invalid, not_found
from .kubeconfig import ReadKubeconfig
from .settings import Settings

AGENT_VERSION = "24.6.1"


@dataclass
class Cluster:
    """A registered cluster with every field of the create request, including those that the API never returns."""

    cluster_id: str
    project_id: str
    enterprise_project_id: str
    created_at: float
    name: str | None = None
    provider: str | None = None
    server: str | None = None
    image_repo: str | None = None
    image_repo_username: str | None = None
    image_repo_password: str | None = None
    organization: str | None = None
    image_repo_type: str | None = None
    current_expiration_date: int | None = None
    certificate_expiration_date: int | None = None
    kube_config: str = ""
    image_arch: str | None = None
    anp_proxy: str | None = None
    hostguard_proxy: str | None = None
    container_name: str | None = None
    dns_policy: str | None = None
    dns_config: str | None = None

    status: str = "not_connect"
    failed_message: str | None = None
    status_held: bool = False  # set by a test: a synchronization does not change the status
    agent_applied: bool = False
    agent_version: str | None = None
    synchronisations: int = 0  # since the agent was applied
    upgrades: int = 0
    updates: int = 0
    removed_at: float | None = None
    daemonset: Daemonset | None = field(default=None, repr=False)

    def row(self) -> dict[str, Any]:
        """The cluster as a row of a listing."""
        return {
            "cluster_id": self.cluster_id,
            "cluster_name": self.name,
            "provider": self.provider,
            "server": self.server,
            "image_repo": self.image_repo,
            "status": self.status,
            "version": self.agent_version,
            "current_expiration_date": self.current_expiration_date,
            "certificate_expiration_date": self.certificate_expiration_date,
        }

    def as_dict(self) -> dict[str, Any]:
        """All its values, for tests."""
        values = {name: getattr(self, name) for name in CREATE_FIELDS}
        values.update(
            {
                "cluster_id": self.cluster_id,
                "project_id": self.project_id,
                "enterprise_project_id": self.enterprise_project_id,
                "status": self.status,
                "failed_message": self.failed_message,
                "agent_applied": self.agent_applied,
                "agent_version": self.agent_version,
                "upgrades": self.upgrades,
                "updates": self.updates,
                "daemonset": self.daemonset.as_dict() if self.daemonset else None,
            }
        )
        return values

    def connect(self) -> None:
        """Set the status connect_success."""
        self.status = "connect_success"
        self.failed_message = None
        self.agent_version = self.agent_version or AGENT_VERSION

    def upgrade(self) -> None:
        """Raise the version of the connection agent, if it is installed."""
        self.upgrades += 1
        if self.agent_version:
            head, _dummy, last = self.agent_version.rpartition(".")
            self.agent_version = f"{head}.{int(last) + 1}"


class Cloud:
    """All clusters. Reading or changing a cluster needs `lock`."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._rng = rng
        self._clusters: dict[str, Cluster] = {}  # by id, in the order of creation
        self._removed: list[Cluster] = []

    def create(
        self,
        project_id: str,
        enterprise_project: str,
        fields: Mapping[str, Any],
        kubeconfig: ReadKubeconfig,
        settings: Settings,
    ) -> Cluster:
        """Register a cluster. Names need not be unique, since the API does not promise that."""
        with self.lock:
            if settings.max_clusters is not None and self._count(project_id) >= settings.max_clusters:
                raise HssError("1002", "The quota of clusters is insufficient.")
            cluster = Cluster(
                self._new_id(),
                project_id,
                enterprise_project,
                self._clock.now(),
                **{name: value for name, value in fields.items() if value is not None},
            )
            read_date = kubeconfig.current.certificate_expiration_date if kubeconfig.current else None
            if cluster.certificate_expiration_date is None:
                cluster.certificate_expiration_date = read_date
            if cluster.current_expiration_date is None:
                cluster.current_expiration_date = cluster.certificate_expiration_date
            cluster.certificate_expiration_date = _kept(cluster.certificate_expiration_date, settings)
            cluster.current_expiration_date = _kept(cluster.current_expiration_date, settings)
            _check_validity(cluster.current_expiration_date, cluster.certificate_expiration_date, settings)
            if settings.agent_auto_applied:
                self._apply_agent(cluster, settings)
            self._clusters[cluster.cluster_id] = cluster
            return cluster

    def update(
        self,
        cluster: Cluster,
        current_expiration_date: int,
        upgrade: bool,
        kubeconfig: tuple[str, ReadKubeconfig] | None,
        settings: Settings,
    ) -> None:
        """Change the validity, the agent's version or the kubeconfig."""
        with self.lock:
            certificate_date = cluster.certificate_expiration_date
            read_date = None
            if kubeconfig is not None and kubeconfig[1].current is not None:
                read_date = kubeconfig[1].current.certificate_expiration_date
            if read_date is not None and settings.temperament != "keep":
                certificate_date = _kept(read_date, settings)
            current = _kept(current_expiration_date, settings)
            # A service that keeps the old date must not compare the new validity with it.
            _check_validity(current, max(certificate_date or 0, read_date or 0) or None, settings)
            cluster.current_expiration_date = current
            cluster.certificate_expiration_date = certificate_date
            if kubeconfig is not None:
                cluster.kube_config = kubeconfig[0]
            cluster.updates += 1
            if upgrade:
                cluster.upgrade()

    def remove(self, cluster: Cluster) -> None:
        """Remove a cluster; only a stale listing can still return it."""
        with self.lock:
            cluster.removed_at = self._clock.now()
            self._removed.append(self._clusters.pop(cluster.cluster_id))

    def synchronise(self, clusters: Iterable[Cluster], settings: Settings) -> None:
        """Update the status of clusters."""
        with self.lock:
            for cluster in clusters:
                if cluster.agent_applied and not cluster.status_held:
                    cluster.synchronisations += 1
                    self._settle(cluster, settings)

    def matching(self, project_id: str, enterprise_project: str, cluster_id: str | None = None) -> list[Cluster]:
        """The visible clusters, or the one with an id, in the order of creation."""
        with self.lock:
            return [
                cluster
                for cluster in self._clusters.values()
                if _visible(cluster, project_id, enterprise_project) and cluster_id in (None, "", cluster.cluster_id)
            ]

    def find(self, project_id: str, enterprise_project: str, cluster_id: str) -> Cluster:
        """A cluster; raises HSS.0011 if it is not visible in the enterprise project."""
        cluster = self._clusters.get(cluster_id)
        if cluster is None or not _visible(cluster, project_id, enterprise_project):
            raise not_found(cluster_id)
        return cluster

    def every(self) -> list[Cluster]:
        """All clusters in the order of creation."""
        with self.lock:
            return list(self._clusters.values())

    def removed_since(self, moment: float, project_id: str, enterprise_project: str) -> list[Cluster]:
        """The visible clusters that were removed after a moment."""
        with self.lock:
            return [
                cluster
                for cluster in self._removed
                if (cluster.removed_at or 0.0) >= moment and _visible(cluster, project_id, enterprise_project)
            ]

    def by_id(self, cluster_id: str) -> Cluster:
        """A cluster of any project, for tests; raises LookupError if there is none."""
        try:
            return self._clusters[cluster_id]
        except KeyError:
            raise LookupError(f"no cluster {cluster_id}") from None

    def set_status(self, cluster_id: str, status: str, failed_message: str | None, hold: bool) -> None:
        """Set the status of a cluster; with `hold` a synchronization does not change it."""
        if status not in STATUSES:
            raise ValueError(f"status: {status!r} is not one of {', '.join(STATUSES)}")
        with self.lock:
            cluster = self.by_id(cluster_id)
            if status == "connect_success":
                cluster.connect()
            cluster.status = status
            cluster.failed_message = failed_message
            cluster.status_held = hold

    def apply_agent(self, cluster_id: str, settings: Settings) -> None:
        """Mark the install script as applied: from the n-th synchronization on the cluster is connected."""
        with self.lock:
            self._apply_agent(self.by_id(cluster_id), settings)

    def seed(self, clusters: Iterable[Cluster]) -> None:
        """Add clusters without a request."""
        with self.lock:
            for cluster in clusters:
                self._clusters[cluster.cluster_id] = cluster

    def new_id(self) -> str:
        """A new cluster id."""
        with self.lock:
            return self._new_id()

    def reset(self) -> None:
        """Remove all clusters."""
        with self.lock:
            self._clusters.clear()
            self._removed.clear()

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _count(self, project_id: str) -> int:
        return sum(cluster.project_id == project_id for cluster in self._clusters.values())

    def _apply_agent(self, cluster: Cluster, settings: Settings) -> None:
        cluster.agent_applied = True
        cluster.status_held = False
        cluster.synchronisations = 0
        self._settle(cluster, settings)

    @staticmethod
    def _settle(cluster: Cluster, settings: Settings) -> None:
        if cluster.synchronisations >= settings.connect_after_syncs:
            cluster.connect()


def _visible(cluster: Cluster, project_id: str, enterprise_project: str) -> bool:
    return cluster.project_id == project_id and (
        enterprise_project in (ALL_ENTERPRISE_PROJECTS, cluster.enterprise_project_id)
    )


def _kept(date: int | None, settings: Settings) -> int | None:
    if date is None or settings.temperament != "round":
        return date
    return date // 1000 * 1000


def _check_validity(current: int | None, certificate: int | None, settings: Settings) -> None:
    if settings.enforce_validity and current is not None and certificate is not None and current > certificate:
        raise invalid("current_expiration_date is later than the certificate's validity")
