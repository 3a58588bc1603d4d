# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Simulator class: start, control, requests received, stop."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import tls
from .accounts import Project, TemporaryKeys, User, hex_id
from .contract import CREATE_FIELDS, INSTALLED_STATUSES
from .control import PREFIX, Control
from .fault_book import PlannedFault
from .faults import Fault
from .gateway import Gateway
from .hosts import Host
from .journal import Entry
from .seeds import make_clusters
from .server import HttpServer
from .settings import Settings
from .state import Cluster
from .wire import Reply, Request


class Simulator:
    """HSS and IAM on one loopback port.

    Use it as a context manager, or call start() and stop(). Options are those of Settings.
    """

    def __init__(self, settings: Settings | None = None, **options: Any) -> None:
        self._options = dataclasses.replace(settings or Settings(), **options)
        self._gateway = Gateway(self._options)
        self._control = Control(self)
        self._server: HttpServer | None = None
        self._state_dir: Path | None = None
        self._own_state_dir = False
        self._ca_file: Path | None = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- Start and stop ---

    def bind(self) -> None:
        """Listen on the port: clients can connect, but get no response before start()."""
        if self._server is None:
            self._server = HttpServer(self._options.host, self._options.port, self._answer)

    def start(self) -> Simulator:
        """Serve; clients get responses when this returns."""
        self.bind()
        assert self._server is not None
        try:
            context = None
            if self._options.tls:
                self._ca_file, context = tls.create(self._make_state_dir(), self._options.host)
            self._server.start(context)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the threads, close the port and remove the files. Safe to call twice."""
        self._gateway.stop()
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._state_dir is not None:
            if self._own_state_dir:
                shutil.rmtree(self._state_dir, ignore_errors=True)
            else:
                (self._state_dir / tls.CA_FILE).unlink(missing_ok=True)
            self._state_dir = None

    def reset(self) -> None:
        """Restore the initial state and settings: no clusters, faults, requests or tokens. Credentials stay."""
        self._gateway.reset()

    # --- Address and credentials ---

    @property
    def endpoint(self) -> str:
        """The address of HSS and of IAM."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        scheme = "https" if self._options.tls else "http"
        host = f"[{self._options.host}]" if ":" in self._options.host else self._options.host
        return f"{scheme}://{host}:{self._server.port}"

    @property
    def port(self) -> int:
        """The port."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        return self._server.port

    @property
    def ca_file(self) -> str | None:
        """The file with the CA certificate that clients must trust; None with plain HTTP."""
        return str(self._ca_file) if self._ca_file else None

    @property
    def settings(self) -> Settings:
        """The current settings."""
        return self._gateway.settings

    @property
    def access_key(self) -> str:
        """The permanent access key."""
        return self._gateway.account.access_key

    @property
    def secret_key(self) -> str:
        """The secret key of the permanent access key."""
        return self._gateway.account.secret_key

    @property
    def temporary(self) -> TemporaryKeys:
        """Temporary keys and their security token."""
        return self._gateway.account.temporary

    @property
    def user(self) -> User:
        """The user who can log in with a password."""
        return self._gateway.account.user

    @property
    def project_id(self) -> str:
        """The main project."""
        return self._gateway.account.projects[0].id

    @property
    def project_name(self) -> str:
        """The main project's name, which is the region."""
        return self._gateway.account.projects[0].name

    @property
    def region(self) -> str:
        """The region."""
        return self._options.region

    def environment(self) -> dict[str, str]:
        """The environment variables that a client needs to use this simulator."""
        values = {
            "HW_ACCESS_KEY": self.access_key,
            "HW_SECRET_KEY": self.secret_key,
            "HW_PROJECT_ID": self.project_id,
            "HW_REGION_NAME": self.region,
            "HW_HSS_ENDPOINT": self.endpoint,
        }
        if self.ca_file:
            values["HW_CA_PATH"] = self.ca_file
        return values

    def add_project(self, name: str, project_id: str | None = None) -> str:
        """Add a project to the account, even with a name that exists already; returns its id."""
        project = Project(project_id or hex_id(self._gateway.rng), name)
        self._gateway.account.projects.append(project)
        return project.id

    def issue_token(self, project_id: str | None = None, lifetime: float | None = None) -> str:
        """Issue a token for a project, by default the main project."""
        project = self._gateway.account.project_by_id(project_id or self.project_id)
        seconds = self.settings.token_lifetime if lifetime is None else lifetime
        return self._gateway.tokens.issue(project, seconds).value

    def require_token_renewal(self, token: str | None = None) -> None:
        """From now on a token, by default every issued one, is refused with 401 APIGW.0307."""
        self._gateway.tokens.require_renewal(token)

    def locked(self, access_key: str | None = None) -> bool:
        """Whether an access key, by default the permanent one, is locked."""
        return self._gateway.gatekeeper.locked(access_key or self.access_key)

    # --- Faults, settings and time ---

    def fault(
        self, operation: str, fault: Fault, *, times: int | None = 1, skip: int = 0, match: str | None = None
    ) -> PlannedFault:
        """Plan a fault for the next `times` requests of an operation ("*": any) after the first `skip` requests.

        `times=None` means every request. With `match`, only requests with this text in path, query or body count.
        """
        return self._gateway.faults.plan(operation, fault, times, skip, match)

    def faults(self) -> list[PlannedFault]:
        """The planned faults, used up or not."""
        return self._gateway.faults.plans()

    def cancel_fault(self, fault_id: int) -> bool:
        """Remove a planned fault; False if there is none with this id."""
        return self._gateway.faults.cancel(fault_id)

    def clear_faults(self) -> None:
        """Remove all planned faults."""
        self._gateway.faults.clear()

    def configure(self, **changes: Any) -> Settings:
        """Change settings at run time, except the address, the region and the seed."""
        return self._gateway.configure(**changes)

    def advance_clock(self, seconds: float) -> None:
        """Advance the clock: tokens expire, locked keys are unlocked, signatures become too old."""
        self._gateway.clock.advance(seconds)

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait for the operations of Fault.lost(commit="late"); False if they take longer."""
        return self._gateway.settle(timeout)

    # --- Clusters ---

    def clusters(self, ep: str | None = None) -> list[Cluster]:
        """The stored clusters in the order of creation, with write-only fields; of an enterprise project or of all."""
        return [cluster for cluster in self._gateway.cloud.every() if ep in (None, cluster.enterprise_project_id)]

    def cluster(self, cluster_id: str) -> Cluster:
        """A stored cluster; raises LookupError if there is none with this id."""
        return self._gateway.cloud.by_id(cluster_id)

    def seed_clusters(self, clusters: int | Iterable[Mapping[str, Any]]) -> list[str]:
        """Add clusters to the state: a number of clusters, or one for each mapping. Returns their ids.

        A mapping may have the fields of the create request, and cluster_id, project_id, enterprise_project_id, status,
        failed_message, agent_applied, created_at. Each has a default; that of status is connect_success.
        """
        made = make_clusters(clusters, self._gateway.cloud, self._gateway.clock, self.project_id)
        self._gateway.cloud.seed(made)
        return [cluster.cluster_id for cluster in made]

    def set_status(self, cluster_id: str, status: str, failed_message: str | None = None, hold: bool = True) -> None:
        """Set the status of a cluster; with `hold` a synchronization does not change it."""
        self._gateway.cloud.set_status(cluster_id, status, failed_message, hold)

    def agent_applied(self, cluster_id: str) -> None:
        """Mark the install script as applied: the cluster connects at the n-th synchronization from now."""
        self._gateway.cloud.apply_agent(cluster_id, self.settings)

    def agent_token(self, cluster_id: str) -> str:
        """The secret in the cluster's install script."""
        return self._gateway.multi_cloud.agent_token(cluster_id)

    def set_permissions(self, rows: Iterable[Mapping[str, Any]], cluster_id: str | None = None) -> None:
        """Set the permissions; a row may have api_groups, resources, function, is_authed, advice."""
        self._gateway.multi_cloud.set_permissions([dict(row) for row in rows], cluster_id)

    def set_daemonset_status(
        self, cluster_id: str, installed_status: str | None, failed_message: str | None = None
    ) -> None:
        """Keep a cluster's daemonset in a status, such as install_failed; None releases it."""
        if installed_status is not None and installed_status not in INSTALLED_STATUSES:
            raise ValueError(f"installed_status: {installed_status!r} is not one of {', '.join(INSTALLED_STATUSES)}")
        with self._gateway.cloud.lock:
            daemonset = self.cluster(cluster_id).daemonset
            if daemonset is None:
                raise LookupError(f"cluster {cluster_id} has no daemonset")
            daemonset.held_status = installed_status
            daemonset.failed_message = failed_message

    # --- Hosts ---

    def hosts(self, cluster_id: str | None = None) -> list[Host]:
        """The hosts that HSS knows, or those of a cluster, in the order in which they appeared."""
        with self._gateway.cloud.lock:
            return [host for host in self._gateway.hosts.every(self.settings) if cluster_id in (None, host.cluster_id)]

    def add_host(self, name: str, **fields: Any) -> Host:
        """Add a host with an agent that is online; the nodes of a cluster appear with its node agents."""
        with self._gateway.cloud.lock:
            return self._gateway.hosts.add(self.project_id, name, **fields)

    def hold_host(self, name: str, **fields: Any) -> None:
        """Keep fields of a host, by its id, name or address, such as protect_status; None releases a field."""
        with self._gateway.cloud.lock:
            self._gateway.hosts.hold(self._gateway.hosts.find(name, self.settings), fields)

    # --- Received requests ---

    def requests(self, operation: str | None = None) -> list[Entry]:
        """The requests in the order of arrival, without secrets."""
        return self._gateway.journal.entries(operation)

    def bodies(self, operation: str | None = None) -> list[Any]:
        """The parsed bodies of the requests in the same order; None if there was none."""
        return self._gateway.journal.bodies(operation)

    def count(self, operation: str | None = None) -> int:
        """The number of requests."""
        return self._gateway.journal.count(operation)

    def clear_requests(self) -> None:
        """Forget all requests."""
        self._gateway.journal.clear()

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        return self._gateway.answer(request)

    def _make_state_dir(self) -> Path:
        if self._options.state_dir is None:
            self._state_dir = Path(tempfile.mkdtemp(prefix="hss-simulator-"))
            self._own_state_dir = True
        else:
            self._state_dir = Path(self._options.state_dir).absolute()
            self._own_state_dir = not self._state_dir.exists()
            self._state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._state_dir


assert set(CREATE_FIELDS) <= set(Cluster.__dataclass_fields__), "a cluster must keep every field of the create call"
