# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as data: operations, their paths and parameters, and the fields of the bodies.

Tests compare it with the vendor's SDK and with the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

PROJECT: Final = "/v5/{project_id}"
KUBERNETES: Final = PROJECT + "/container/kubernetes"
MULTI_CLOUD: Final = KUBERNETES + "/multi-cloud"

PROVIDERS: Final = ("ali", "tencent", "azure", "aws", "self_built_hw", "self_built_idc")
IMAGE_REPO_TYPES: Final = ("harbor", "quay", "jfrog", "other")
IMAGE_ARCHITECTURES: Final = ("x86", "arm")
DNS_POLICIES: Final = ("default", "clusterfirst", "clusterfirstwithhostnet", "none")
STATUSES: Final = ("not_connect", "connect_success", "connect_fail", "connect_disruption")
RUNTIMES: Final = ("crio_endpoint", "containerd_endpoint", "docker_endpoint", "isulad_endpoint", "podman_endpoint")
RESOURCE_MODES: Final = ("default", "customized", "adaptive")
PLUG_TYPES: Final = ("docker", "agent")
INSTALLED_STATUSES: Final = (
    "installing",
    "install_success",
    "install_failed",
    "partially_success",
    "upgrade_success",
    "upgrade_failed",
    "upgrading",
    "none",
)

CONTAINER_VERSION: Final = "hss.version.container.enterprise"
NO_VERSION: Final = "hss.version.null"
VERSIONS: Final = (
    NO_VERSION,
    "hss.version.basic",
    "hss.version.advanced",
    "hss.version.enterprise",
    "hss.version.premium",
    "hss.version.wtp",
    CONTAINER_VERSION,
)
CHARGING_MODES: Final = ("packet_cycle", "on_demand")
AGENT_STATUSES: Final = ("installed", "not_installed", "online", "offline", "install_failed", "installing")
PROTECT_STATUSES: Final = ("closed", "opened", "protection_exception")

DEFAULT_ENTERPRISE_PROJECT: Final = "0"
ALL_ENTERPRISE_PROJECTS: Final = "all_granted_eps"

LIMIT_RANGE: Final = (10, 200)
OFFSET_RANGE: Final = (0, 2_000_000)
# The most hosts in a request that changes them, and the most values in a filter of the listing.
MAX_HOSTS: Final = 200
FILTER_LIMITS: Final[Mapping[str, int]] = {
    "host_name_list": 60,
    "host_id_list": 100,
    "public_ip_list": 100,
    "private_ip_list": 100,
}

# The fields of the create body; only kube_config is required.
CREATE_FIELDS: Final[Mapping[str, type]] = {
    "name": str,
    "provider": str,
    "server": str,
    "image_repo": str,
    "image_repo_username": str,
    "image_repo_password": str,
    "organization": str,
    "image_repo_type": str,
    "current_expiration_date": int,
    "certificate_expiration_date": int,
    "kube_config": str,
    "image_arch": str,
    "anp_proxy": str,
    "hostguard_proxy": str,
    "container_name": str,
    "dns_policy": str,
    "dns_config": str,
}
CREATE_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "provider": PROVIDERS,
    "image_repo_type": IMAGE_REPO_TYPES,
    "image_arch": IMAGE_ARCHITECTURES,
    "dns_policy": DNS_POLICIES,
}

# The update body spells the kubeconfig differently from the create body; current_expiration_date is required.
UPDATE_FIELDS: Final[Mapping[str, type]] = {"current_expiration_date": int, "upgrade": bool, "kubeconfig": str}

# All fields of a cluster that a listing returns.
LIST_FIELDS: Final = (
    "cluster_id",
    "cluster_name",
    "provider",
    "server",
    "image_repo",
    "status",
    "version",
    "current_expiration_date",
    "certificate_expiration_date",
)

PERMISSION_FIELDS: Final = ("api_groups", "resources", "function", "is_authed", "advice")
NETWORK_FIELDS: Final = ("anp_address", "region_id", "agent_address")
IMAGE_COMMAND_FIELDS: Final = ("image_command", "secret_command", "images_download_url")

RUNTIME_FIELDS: Final[Mapping[str, type]] = {"runtime_name": str, "runtime_path": str}
SCHEDULE_FIELDS: Final[Mapping[str, type]] = {"node_selector": list, "pod_tolerances": list}
RESOURCE_FIELDS: Final[Mapping[str, type]] = {"mode": str, "cpu_limit": str, "mem_limit": str}
DAEMONSET_FIELDS: Final[Mapping[str, type]] = {
    "cluster_name": str,
    "auto_upgrade": bool,
    "runtime_info": list,
    "schedule_info": dict,
    "resource_info": dict,
}
DAEMONSET_UPDATE_FIELDS: Final[Mapping[str, type]] = {
    **DAEMONSET_FIELDS,
    "agent_version": str,
    "invoked_service": str,
    "charging_mode": str,
    "cce_protection_type": str,
    "prefer_packet_cycle": bool,
}
DAEMONSET_REQUIRED: Final = ("cluster_name", "auto_upgrade", "runtime_info")
DAEMONSET_DETAIL_FIELDS: Final = (
    "yaml_content",
    "node_num",
    "runtime_info",
    "cluster_status",
    "ds_info",
    "installed_status",
    "schedule_info",
    "resource_info",
)
DAEMONSET_ROW_FIELDS: Final = (
    "latest_version",
    "agent_version",
    "cluster_name",
    "cluster_id",
    "namespace",
    "cluster_type",
    "node_num",
    "ds_info",
    "cluster_status",
    "installed_status",
    "access_status",
    "combined_status",
    "failed_message",
    "cluster_log_status",
    "invoked_service",
    "registry_info",
    "resource_info",
)

SWITCH_FIELDS: Final[Mapping[str, type]] = {
    "version": str,
    "charging_mode": str,
    "resource_id": str,
    "host_id_list": list,
    "tags": list,
}
TAG_FIELDS: Final[Mapping[str, type]] = {"key": str, "value": str}
UNINSTALL_FIELDS: Final[Mapping[str, type]] = {"host_id_list": list}
QUOTA_FIELDS: Final = ("version", "total_num", "used_num", "available_num", "available_resources_list")
# The fields of a host in the order of the SDK.
HOST_FIELDS: Final = tuple(
    """
    host_name host_id agent_id private_ip public_ip enterprise_project_id enterprise_project_name os_name os_version
    kernel_version host_status agent_status install_result_code version protect_status os_image os_type os_bit
    detect_result expire_time charging_mode resource_id outside_host group_id group_name policy_group_id
    policy_group_name asset vulnerability baseline intrusion asset_value labels agent_create_time agent_update_time
    agent_version upgrade_status upgrade_result_code upgradable open_time protect_interrupt protect_degradation
    host_sources interrupt_reason degradation_reason key_name auto_open_version install_progress vpc_id
    common_login_area_codes cluster_name cluster_id container_type ransom_protection_status wtp_protect_status
    two_factor_auth data_center_tag service_provider_name node_runtime_info mode cpu_limit mem_limit
    """.split()
)
HOST_FILTERS: Final = tuple(
    """
    version agent_status detect_result host_name host_id host_status os_type private_ip public_ip ip_addr protect_status
    group_id group_name vpc_id host_name_list host_id_list public_ip_list private_ip_list has_intrusion has_vul
    has_baseline sort_key sort_dir policy_group_id policy_group_name charging_mode refresh get_common_login_locations
    above_version outside_host asset_value label server_group agent_upgradable install_mode binding_key
    protect_interrupt incluster protect_degradation cluster_id
    """.split()
)


@dataclass(frozen=True)
class Operation:
    """An operation of the API, with the vendor's name."""

    name: str
    method: str
    path: str
    query: tuple[str, ...] = ()
    service: str = "HSS"
    needs_region: bool = False

    @property
    def paged(self) -> bool:
        """Whether the response is a page of a listing."""
        return "offset" in self.query


_EP = ("enterprise_project_id",)
_PAGE = ("offset", "limit")
_CLUSTERS = MULTI_CLOUD + "/clusters"
_CLUSTER = _CLUSTERS + "/{cluster_id}"
_DAEMONSETS = KUBERNETES + "/clusters/{cluster_id}/daemonsets"

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("CreateMultiCloudClusters", "POST", _CLUSTERS, _EP),
    Operation("ListMultiCloudClusters", "GET", _CLUSTERS, (*_EP, "cluster_id", *_PAGE)),
    Operation("UpdateMultiCloudClusters", "PUT", _CLUSTER, _EP),
    Operation("RemoveMultiCloudClusters", "DELETE", _CLUSTER, _EP),
    Operation("ParseMultiCloudClusterConfig", "POST", MULTI_CLOUD + "/config-analyze", _EP),
    Operation("ShowMultiCloudClusterAuth", "GET", _CLUSTER + "/permissions", (*_EP, *_PAGE)),
    Operation("ShowMultiCloudClusterProxyScript", "GET", _CLUSTER + "/agent/install-script", _EP),
    Operation("SyncMultiCloudClusterStatus", "POST", _CLUSTERS + "/status-synchronize", _EP),
    Operation("ShowAgentAddress", "GET", MULTI_CLOUD + "/agent-network", _EP),
    Operation(
        "ShowMultiCloudClusterImageCommand",
        "GET",
        MULTI_CLOUD + "/image-upload-command",
        ("image_repo", "organization", "username", "password", "plug_type"),
    ),
    Operation(
        "ListAgentDaemonsetInfo",
        "GET",
        KUBERNETES + "/clusters/daemonsets",
        (*_EP, "type", "show_cluster_log_status", "access_status", *_PAGE),
        needs_region=True,
    ),
    Operation("ShowAgentDaemonsetDetailInfo", "GET", _DAEMONSETS, _EP),
    Operation("CreateAgentDaemonset", "POST", _DAEMONSETS, _EP),
    Operation("UpdateAgentDaemonset", "PUT", _DAEMONSETS, _EP, needs_region=True),
    Operation("DeleteAgentDaemonset", "DELETE", _DAEMONSETS, (*_EP, "invoked_service"), needs_region=True),
    Operation("ShowAgentDaemonsetDeployTemplate", "GET", KUBERNETES + "/template", _EP),
    Operation(
        "ListHostStatus", "GET", PROJECT + "/host-management/hosts", (*_EP, *HOST_FILTERS, *_PAGE), needs_region=True
    ),
    Operation("SwitchContainerProtectStatus", "POST", PROJECT + "/container/switch-version", _EP),
    Operation("UninstallAgents", "POST", PROJECT + "/host-management/uninstall", _EP),
    Operation("ShowResourceQuotas", "GET", PROJECT + "/billing/quotas", (*_EP, "version", "charging_mode")),
    Operation("ListAutoOpenQuotaStatus", "GET", PROJECT + "/setting/config/auto-open-quota", _EP),
    Operation("ChangeAutoOpenQuotaStatus", "PUT", PROJECT + "/setting/config/auto-open-quota", _EP),
    Operation("KeystoneCreateUserTokenByPassword", "POST", "/v3/auth/tokens", ("nocatalog",), service="IAM"),
    Operation("KeystoneListProjects", "GET", "/v3/projects", ("name",), service="IAM"),
)

OPERATION_NAMES: Final = frozenset(operation.name for operation in OPERATIONS)


class Router:
    """Finds the operation of a method and a path."""

    def __init__(self, operations: Iterable[Operation] = OPERATIONS) -> None:
        self._routes = [(operation, _pattern(operation.path)) for operation in operations]

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its path parameters (still percent-encoded), or None if there is no such operation."""
        path = path.rstrip("/") or "/"
        for operation, pattern in self._routes:
            if operation.method == method and (found := pattern.fullmatch(path)):
                return operation, found.groupdict()
        return None


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
