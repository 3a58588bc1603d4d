# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HSS: the operations on the daemonset that installs the node agents of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import manifests
from .call import Call, Handler, check_choices, check_fields
from .contract import (
    DAEMONSET_FIELDS,
    DAEMONSET_REQUIRED,
    DAEMONSET_UPDATE_FIELDS,
    PROVIDERS,
    RESOURCE_FIELDS,
    RESOURCE_MODES,
    RUNTIME_FIELDS,
    RUNTIMES,
    SCHEDULE_FIELDS,
)
from .daemonset import Daemonset
from .errors import HssError, invalid
from .settings import Settings
from .state import Cloud, Cluster
from .wire import Reply

_NOT_RUNNING = ("install_failed", "partially_success")
_ACCESS_ERRORS = ("connect_fail", "connect_disruption")


class NodeAgents:
    """Carries out the operations on the state. The caller holds the state's lock."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.handlers: dict[str, Handler] = {
            "ListAgentDaemonsetInfo": self.list_page,
            "ShowAgentDaemonsetDetailInfo": self.detail,
            "CreateAgentDaemonset": self.create,
            "UpdateAgentDaemonset": self.update,
            "DeleteAgentDaemonset": self.delete,
            "ShowAgentDaemonsetDeployTemplate": self.template,
        }

    def list_page(self, call: Call) -> Reply:
        """A page of clusters with the status of their connection and of their daemonset."""
        kind = call.choice("type", ("cce", *PROVIDERS))
        accessed = call.flag("access_status")
        log_status = call.flag("show_cluster_log_status")
        clusters = [
            cluster
            for cluster in self._cloud.matching(call.project_id, call.enterprise_project)
            if kind in (None, cluster.provider) and accessed in (None, cluster.status == "connect_success")
        ]
        page = call.page(clusters)
        rows = [self._row(polled(cluster, call.settings), bool(log_status), call.settings) for cluster in page.rows]
        states = [_combined_status(cluster, call.settings) for cluster in clusters]
        return Reply.of_json(
            {
                "total_num": page.total,
                "upgradeful_num": 0,
                "err_running_num": states.count("run_error"),
                "err_access_num": states.count("access_error"),
                "data_list": rows,
            }
        )

    def detail(self, call: Call) -> Reply:
        """Always 200; without a daemonset, runtime_info and yaml_content are null."""
        cluster = self._cluster(call)
        if cluster is None:
            return Reply.of_json({**_NOTHING, "node_num": 0, "cluster_status": None})
        daemonset = polled(cluster, call.settings).daemonset
        known = {"node_num": _nodes(cluster, call.settings), "cluster_status": _cluster_status(cluster)}
        if daemonset is None:
            return Reply.of_json({**_NOTHING, **known})
        return Reply.of_json(
            {
                **known,
                "yaml_content": manifests.daemonset_yaml(cluster, daemonset, call.settings.region),
                "runtime_info": daemonset.fields["runtime_info"],
                "ds_info": daemonset.numbers(call.settings),
                "installed_status": daemonset.installed_status(call.settings),
                "schedule_info": daemonset.fields.get("schedule_info"),
                "resource_info": daemonset.fields.get("resource_info"),
            }
        )

    def create(self, call: Call) -> Reply:
        """200 even if the cluster does not exist; only an invalid body is refused."""
        fields = _checked(call, DAEMONSET_FIELDS)
        cluster = self._cluster(call)
        if cluster is not None:
            previous = cluster.daemonset
            kept = {name: value for name, value in fields.items() if value is not None}
            cluster.daemonset = Daemonset(kept, history=[*(previous.history if previous else []), "create"])
        return Reply()

    def update(self, call: Call) -> Reply:
        """200 even if there is no daemonset."""
        fields = _checked(call, DAEMONSET_UPDATE_FIELDS)
        cluster = self._cluster(call)
        if cluster is not None and cluster.daemonset is not None:
            cluster.daemonset.change(fields)
        return Reply()

    def delete(self, call: Call) -> Reply:
        """200; the daemonset is removed some time later."""
        call.choice("invoked_service", ("hss", "cce"))
        cluster = self._cluster(call)
        if cluster is not None and cluster.daemonset is not None:
            cluster.daemonset.delete()
        return Reply()

    def template(self, call: Call) -> Reply:
        """Default values for a create request."""
        del call
        return Reply.of_json(
            {
                "is_default": True,
                "runtime_info": [{"runtime_name": name, "runtime_path": path} for name, path in _TEMPLATE_RUNTIMES],
                "schedule_info": {
                    "node_selector": [],
                    "pod_tolerances": ["node-role.kubernetes.io/control-plane:NoSchedule"],
                },
            }
        )

    def _cluster(self, call: Call) -> Cluster | None:
        try:
            return self._cloud.find(call.project_id, call.enterprise_project, call.cluster_id)
        except HssError as error:
            if error.number != "0011":
                raise
            return None

    @staticmethod
    def _row(cluster: Cluster, with_log_status: bool, settings: Settings) -> dict[str, Any]:
        daemonset = cluster.daemonset
        nothing = {"desired_num": 0, "current_num": 0, "ready_num": 0}
        registry = {
            "registry_type": cluster.image_repo_type,
            "registry_addr": cluster.image_repo,
            "registry_username": cluster.image_repo_username,
            "namespace": cluster.organization,
        }
        return {
            "latest_version": True if daemonset else None,
            "agent_version": daemonset.agent_version if daemonset else None,
            "cluster_name": cluster.name,
            "cluster_id": cluster.cluster_id,
            "namespace": manifests.NAMESPACE,
            "cluster_type": cluster.provider,
            "node_num": _nodes(cluster, settings),
            "ds_info": daemonset.numbers(settings) if daemonset else nothing,
            "cluster_status": _cluster_status(cluster),
            "installed_status": daemonset.installed_status(settings) if daemonset else "none",
            "access_status": cluster.status,
            "combined_status": _combined_status(cluster, settings),
            "failed_message": cluster.failed_message or (daemonset.failed_message if daemonset else None),
            "cluster_log_status": "success" if with_log_status and cluster.status == "connect_success" else None,
            "invoked_service": "hss",
            "registry_info": registry,
            "resource_info": daemonset.fields.get("resource_info") if daemonset else None,
        }


_NOTHING: dict[str, Any] = {
    "yaml_content": None,
    "runtime_info": None,
    "ds_info": None,
    "installed_status": "none",
    "schedule_info": None,
    "resource_info": None,
}

_TEMPLATE_RUNTIMES = (
    ("containerd_endpoint", "/run/containerd/containerd.sock"),
    ("docker_endpoint", "/var/run/docker.sock"),
    ("crio_endpoint", "/var/run/crio/crio.sock"),
)


def _checked(call: Call, known: Mapping[str, type]) -> dict[str, Any]:
    body = check_fields(call.json_object(), known)
    for name in DAEMONSET_REQUIRED:
        if body.get(name) in (None, "", []):
            raise invalid(f"{name} is required")
    for runtime in body["runtime_info"]:
        if not isinstance(runtime, dict):
            raise invalid("runtime_info is not a list of objects")
        check_fields(runtime, RUNTIME_FIELDS, "runtime_info.")
        if not runtime.get("runtime_name"):
            raise invalid("runtime_info.runtime_name is required")
        check_choices(runtime, {"runtime_name": RUNTIMES}, "runtime_info.")
    schedule = body.get("schedule_info") or {}
    check_fields(schedule, SCHEDULE_FIELDS, "schedule_info.")
    for name, values in schedule.items():
        if not all(isinstance(value, str) for value in values or ()):
            raise invalid(f"schedule_info.{name} is not a list of texts")
    resources = body.get("resource_info") or {}
    check_fields(resources, RESOURCE_FIELDS, "resource_info.")
    check_choices(resources, {"mode": RESOURCE_MODES}, "resource_info.")
    return body


def polled(cluster: Cluster, settings: Settings) -> Cluster:
    """A cluster after a step of the progress of its daemonset."""
    daemonset = cluster.daemonset
    if daemonset is not None:
        daemonset.poll(connected=cluster.status == "connect_success")
        if daemonset.gone(settings):
            cluster.daemonset = None
    return cluster


def _nodes(cluster: Cluster, settings: Settings) -> int:
    # HSS cannot count the nodes before the cluster was connected.
    return settings.node_num if cluster.agent_version else 0


def _cluster_status(cluster: Cluster) -> str:
    return "Available" if cluster.status == "connect_success" else "Unavailable"


def _combined_status(cluster: Cluster, settings: Settings) -> str:
    if cluster.status in _ACCESS_ERRORS:
        return "access_error"
    if cluster.status != "connect_success" or cluster.daemonset is None:
        return "accessing"
    installed = cluster.daemonset.installed_status(settings)
    if installed in _NOT_RUNNING:
        return "run_error"
    if installed == "upgrading":
        return "upgrading"
    if installed == "upgrade_failed":
        return "upgrade_error"
    return "accessing" if installed == "installing" else "running"
