# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: reads a kubeconfig on a managed host with shell commands, and checks it on the control node."""

from __future__ import annotations

from functools import partial
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    libraries_available,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.host_files import run_reading_command
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.options import validated_options
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import show_warnings
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.time_limit import LimitExceeded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import HostFileError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.kubeconfig import HostKubeconfig, KubeconfigReader

_SPEC = {
    "path": {"type": "str"},
    "context": {"type": "str"},
    "server": {"type": "str"},
    "tls_server_name": {"type": "str"},
    "check_server_name": {"type": "bool", "default": False},
    "proxy_url": {"type": "str"},
    "allow_insecure": {"type": "bool", "default": False},
    "allow_in_cluster_server": {"type": "bool", "default": False},
    "allow_server_without_ca": {"type": "bool", "default": False},
    "expiry_warning_days": {"type": "int", "default": 30},
}


class ActionModule(ActionBase):
    """Read and check a kubeconfig, and hide the result."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result that the documentation of the module describes."""
        result = super().run(tmp, task_vars)
        if not libraries_available():
            raise AnsibleError("kubeconfig_info needs the Python packages PyYAML and cryptography on the control node.")
        validated = validated_options(self, _SPEC)
        # ansible-core 2.19 and later tag strings, which makes them a subclass that the YAML dumper refuses.
        args = {key: str(value) if isinstance(value, str) else value for key, value in validated.items()}
        try:
            found = self._read_kubeconfig(args)
        except HostFileError as exc:
            return {**result, "failed": True, "msg": sanitize(str(exc))}
        except LimitExceeded as exc:
            msg = f"path: the command that reads the kubeconfig {exc}. Check the host."
            return {**result, "failed": True, "msg": msg}
        config = found.config
        # Warnings about the upload are left to the module that uploads the kubeconfig.
        host = (task_vars or {}).get("inventory_hostname", "")
        texts = (*config.expiry_warnings, *config.edit_warnings, *found.warnings)
        warnings = [sanitize(f"{host}: {text}") for text in texts]
        if warnings:
            result["warnings"] = warnings
            show_warnings(result)
        return {
            **result,
            "changed": False,
            "kube_config": config.text,
            "server": config.server,
            "certificate_expiration_date": config.certificate_expiration_date,
            "days_left": config.days_left,
            "context": config.context,
            "path": found.path,
            "_ansible_no_log": True,
        }

    def _read_kubeconfig(self, args: dict[str, Any]) -> HostKubeconfig:
        policy = KubeconfigPolicy(
            args["context"],
            args["server"],
            args["tls_server_name"],
            args["allow_insecure"],
            args["expiry_warning_days"],
            args["proxy_url"],
            args["allow_in_cluster_server"],
            args["allow_server_without_ca"],
        )
        return KubeconfigReader(partial(run_reading_command, self)).read(
            args["path"], policy, args["check_server_name"]
        )
