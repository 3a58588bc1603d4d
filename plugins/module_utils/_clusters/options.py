# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the options that describe a multi-cloud cluster, and the fields of the API behind them."""

from __future__ import annotations

from typing import Any

PROVIDERS = ("ali", "tencent", "azure", "aws", "self_built_hw", "self_built_idc")
IMAGE_REPO_TYPES = ("harbor", "quay", "jfrog", "other")
IMAGE_ARCHS = ("x86", "arm")
DNS_POLICIES = ("default", "clusterfirst", "clusterfirstwithhostnet", "none")
STATUSES = ("not_connect", "connect_success", "connect_fail", "connect_disruption")
# HSS was connected, or tried to connect, and is not connected now.
DISCONNECTED_STATUSES = ("connect_fail", "connect_disruption")
ON_DRIFT = ("fail", "warn", "recreate")
UPDATE_KUBE_CONFIG = ("on_change", "always", "on_create")

# The fields of the create call, in the order of the vendor's page.
CREATE_FIELDS = (
    "name",
    "provider",
    "server",
    "image_repo",
    "image_repo_username",
    "image_repo_password",
    "organization",
    "image_repo_type",
    "current_expiration_date",
    "certificate_expiration_date",
    "kube_config",
    "image_arch",
    "anp_proxy",
    "hostguard_proxy",
    "container_name",
    "dns_policy",
    "dns_config",
)
SECRET_FIELDS = ("kube_config", "image_repo_password")
DATE_FIELDS = ("current_expiration_date", "certificate_expiration_date")
# The listing returns these fields, under the names on the right. All others can be written and never read.
READ_NAMES = {
    "name": "cluster_name",
    "provider": "provider",
    "server": "server",
    "image_repo": "image_repo",
    "current_expiration_date": "current_expiration_date",
    "certificate_expiration_date": "certificate_expiration_date",
}


def cluster_spec() -> dict[str, dict[str, Any]]:
    """The options that describe one cluster: its identity and the 17 documented fields of the create call."""
    return {
        "cluster_id": {"type": "str"},
        "name": {"type": "str"},
        "provider": {"type": "str", "choices": list(PROVIDERS)},
        "server": {"type": "str"},
        "image_repo": {"type": "str"},
        "image_repo_username": {"type": "str"},
        "image_repo_password": {"type": "str", "no_log": True},
        "organization": {"type": "str"},
        "image_repo_type": {"type": "str", "choices": list(IMAGE_REPO_TYPES)},
        "current_expiration_date": {"type": "int"},
        "certificate_expiration_date": {"type": "int"},
        # The update call spells it kubeconfig. Without the alias, Ansible would show a misspelt option's value.
        "kube_config": {"type": "str", "no_log": True, "aliases": ["kubeconfig"]},
        "image_arch": {"type": "str", "choices": list(IMAGE_ARCHS)},
        "anp_proxy": {"type": "str"},
        "hostguard_proxy": {"type": "str"},
        "container_name": {"type": "str"},
        "dns_policy": {"type": "str", "choices": list(DNS_POLICIES)},
        "dns_config": {"type": "list", "elements": "str"},
        "kube_config_context": {"type": "str"},
        "kube_config_tls_server_name": {"type": "str"},
        "kube_config_proxy_url": {"type": "str"},
    }


def policy_spec(defaults: bool = True) -> dict[str, dict[str, Any]]:
    """The options that say how a registered cluster is treated.

    :arg defaults: False for an entry of a list, where an option that is not given is taken from the module's.
    """
    spec: dict[str, dict[str, Any]] = {
        "kube_config_allow_insecure": {"type": "bool", "default": False},
        "kube_config_allow_in_cluster_server": {"type": "bool", "default": False},
        "kube_config_allow_server_without_ca": {"type": "bool", "default": False},
        "expiry_warning_days": {"type": "int", "default": 30},
        "update_kube_config": {"type": "str", "choices": list(UPDATE_KUBE_CONFIG), "default": "on_change"},
        "on_drift": {"type": "str", "choices": list(ON_DRIFT), "default": "fail"},
        "upgrade": {"type": "bool", "default": False},
    }
    if not defaults:
        for option in spec.values():
            del option["default"]
    return spec


def wait_spec() -> dict[str, dict[str, Any]]:
    """The options of waiting for a connection; times in seconds."""
    return {
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 300},
        "wait_sleep": {"type": "int", "default": 10},
    }
