# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Simulator class: start it, steer it, look at what it was asked, stop it."""

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

    # Life

    def bind(self) -> None:
        """Take the port: from now on clients can connect, though nobody answers before start()."""
        if self._server is None:
            self._server = HttpServer(self._options.host, self._options.port, self._answer)

    def start(self) -> Simulator:
        """Serve. Ready when this returns."""
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
        """End; no thread, no port and no file is left. Safe to call twice."""
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
        """As at the start: no clusters, faults, requests or tokens; settings as given. The credentials stay."""
        self._gateway.reset()

    # Where it is and who may use it

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
        """The port alone."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        return self._server.port

    @property
    def ca_file(self) -> str | None:
        """The certificate authority to trust; None with plain HTTP."""
        return str(self._ca_file) if self._ca_file else None

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._gateway.settings

    @property
    def access_key(self) -> str:
        """The permanent access key."""
        return self._gateway.account.access_key

    @property
    def secret_key(self) -> str:
        """Its secret key."""
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
        """Its name, which is that of the region."""
        return self._gateway.account.projects[0].name

    @property
    def region(self) -> str:
        """The region."""
        return self._options.region

    def environment(self) -> dict[str, str]:
        """The variables that point a client here."""
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
        """One more project of the account, also under a name that is taken; returns its id."""
        project = Project(project_id or hex_id(self._gateway.rng), name)
        self._gateway.account.projects.append(project)
        return project.id

    def issue_token(self, project_id: str | None = None, lifetime: float | None = None) -> str:
        """A token for a project (the main one if none is named)."""
        project = self._gateway.account.project_by_id(project_id or self.project_id)
        seconds = self.settings.token_lifetime if lifetime is None else lifetime
        return self._gateway.tokens.issue(project, seconds).value

    def require_token_renewal(self, token: str | None = None) -> None:
        """From now on a token (or all so far) is refused with 403 APIGW.0307."""
        self._gateway.tokens.require_renewal(token)

    def locked(self, access_key: str | None = None) -> bool:
        """Whether an access key (the permanent one if none is named) is locked."""
        return self._gateway.gatekeeper.locked(access_key or self.access_key)

    # What goes wrong

    def fault(
        self, operation: str, fault: Fault, *, times: int | None = 1, skip: int = 0, match: str | None = None
    ) -> PlannedFault:
        """Plan a fault for the next `times` requests of an operation ("*": of any), after letting `skip` through.

        `times=None` is for ever. `match` narrows it to requests with this text in the path, the query or the body.
        """
        return self._gateway.faults.plan(operation, fault, times, skip, match)

    def faults(self) -> list[PlannedFault]:
        """The planned faults, used up or not."""
        return self._gateway.faults.plans()

    def cancel_fault(self, fault_id: int) -> bool:
        """Take one planned fault out; False if there is none of this id."""
        return self._gateway.faults.cancel(fault_id)

    def clear_faults(self) -> None:
        """Take all planned faults out."""
        self._gateway.faults.clear()

    def configure(self, **changes: Any) -> Settings:
        """Change settings while running (not where it listens, nor its region and seed)."""
        return self._gateway.configure(**changes)

    def advance_clock(self, seconds: float) -> None:
        """Let time pass at once: tokens expire, keys unlock, signatures are too old."""
        self._gateway.clock.advance(seconds)

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait for what Fault.lost(commit="late") still has to carry out; False if that takes longer."""
        return self._gateway.settle(timeout)

    # What is registered

    def clusters(self, ep: str | None = None) -> list[Cluster]:
        """The stored clusters as they were created, write-only fields included; of one enterprise project or of all."""
        return [cluster for cluster in self._gateway.cloud.every() if ep in (None, cluster.enterprise_project_id)]

    def cluster(self, cluster_id: str) -> Cluster:
        """One stored cluster; LookupError if there is none of this id."""
        return self._gateway.cloud.by_id(cluster_id)

    def seed_clusters(self, clusters: int | Iterable[Mapping[str, Any]]) -> list[str]:
        """Put clusters straight into the state: a number of them, or one for each mapping. Returns their ids.

        A mapping may have the fields of the create call, and cluster_id, project_id, enterprise_project_id, status,
        failed_message, agent_applied, created_at. What is missing is made up; the status is then connect_success.
        """
        made = make_clusters(clusters, self._gateway.cloud, self._gateway.clock, self.project_id)
        self._gateway.cloud.seed(made)
        return [cluster.cluster_id for cluster in made]

    def set_status(self, cluster_id: str, status: str, failed_message: str | None = None, hold: bool = True) -> None:
        """Put a cluster into a status, where it stays (`hold`) however often it is synchronised."""
        self._gateway.cloud.set_status(cluster_id, status, failed_message, hold)

    def agent_applied(self, cluster_id: str) -> None:
        """Somebody applied the install script: the cluster connects at the n-th synchronisation from now."""
        self._gateway.cloud.apply_agent(cluster_id, self.settings)

    def agent_token(self, cluster_id: str) -> str:
        """The secret in the cluster's install script."""
        return self._gateway.multi_cloud.agent_token(cluster_id)

    def set_permissions(self, rows: Iterable[Mapping[str, Any]], cluster_id: str | None = None) -> None:
        """Choose the rows of the permissions call: any of api_groups, resources, function, is_authed, advice."""
        self._gateway.multi_cloud.set_permissions([dict(row) for row in rows], cluster_id)

    def set_daemonset_status(
        self, cluster_id: str, installed_status: str | None, failed_message: str | None = None
    ) -> None:
        """Hold a cluster's daemonset in a status, such as install_failed; None lets it go on."""
        if installed_status is not None and installed_status not in INSTALLED_STATUSES:
            raise ValueError(f"installed_status: {installed_status!r} is not one of {', '.join(INSTALLED_STATUSES)}")
        with self._gateway.cloud.lock:
            daemonset = self.cluster(cluster_id).daemonset
            if daemonset is None:
                raise LookupError(f"cluster {cluster_id} has no daemonset")
            daemonset.held_status = installed_status
            daemonset.failed_message = failed_message

    # What was asked

    def requests(self, operation: str | None = None) -> list[Entry]:
        """The requests in the order of arrival, without secrets."""
        return self._gateway.journal.entries(operation)

    def bodies(self, operation: str | None = None) -> list[Any]:
        """Their bodies in the same order, parsed; None where there was none."""
        return self._gateway.journal.bodies(operation)

    def count(self, operation: str | None = None) -> int:
        """How many requests arrived."""
        return self._gateway.journal.count(operation)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
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
