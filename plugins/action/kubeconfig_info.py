# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: reads a kubeconfig on a managed host with shell commands, and checks it on the control node."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
    libraries_available,
    original_server,
    referenced_files,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import MAX_BYTES, KubeconfigError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import (
    command_output_hidden,
    show_warnings,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import (
    WELL_KNOWN_KUBECONFIGS,
    HostFile,
    HostFileError,
    files_command,
    parse_files,
    resolve_path,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.serving_certificate import (
    SERVING_CERTIFICATES,
    certificate_names,
    handshake_command,
    require_name,
)

_SPEC = {
    "path": {"type": "str"},
    "context": {"type": "str"},
    "server": {"type": "str"},
    "tls_server_name": {"type": "str"},
    "check_server_name": {"type": "bool", "default": False},
    "proxy_url": {"type": "str"},
    "allow_insecure": {"type": "bool", "default": False},
    "allow_in_cluster_server": {"type": "bool", "default": False},
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
        _validation, validated = self.validate_argument_spec(_SPEC)
        # ansible-core 2.19 and later tag strings, which makes them a subclass that the YAML dumper refuses.
        args = {key: str(value) if isinstance(value, str) else value for key, value in validated.items()}
        try:
            path, config = self._read_kubeconfig(args)
        except (KubeconfigError, HostFileError) as exc:
            return {**result, "failed": True, "msg": sanitize(str(exc))}
        # Warnings about the upload are left to the module that uploads the kubeconfig.
        warnings = [sanitize(text) for text in (*config.expiry_warnings, *config.edit_warnings)]
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
            "path": path,
            "_ansible_no_log": True,
        }

    def _read_kubeconfig(self, args: dict[str, Any]) -> tuple[str, Kubeconfig]:
        """Return the path and the checked content of the first kubeconfig that can be read."""
        paths = [args["path"]] if args["path"] else list(WELL_KNOWN_KUBECONFIGS)
        files = self._read_files(paths, first_only=True)
        readable = next((file for file in files if file.content is not None), None)
        if readable is None:
            raise HostFileError.none_readable(files, path_given=bool(args["path"]))
        try:
            return readable.path, self._check_kubeconfig(readable, args)
        except KubeconfigError as exc:
            raise HostFileError(f"{readable.path}: {exc}") from None

    def _check_kubeconfig(self, file: HostFile, args: dict[str, Any]) -> Kubeconfig:
        content = file.content or b""
        policy = KubeconfigPolicy(
            args["context"],
            args["server"],
            args["tls_server_name"],
            args["allow_insecure"],
            args["expiry_warning_days"],
            args["proxy_url"],
            args["allow_in_cluster_server"],
        )
        names = referenced_files(content, policy.context)
        paths = {name: resolve_path(file.path, name) for name in names}
        referenced = {found.path: found for found in self._read_files(list(paths.values()))} if paths else {}

        def read_file(name: str) -> bytes:
            # If the connection is lost, the output may end before the last file.
            found = referenced.get(paths[name], HostFile(paths[name], None, "could not be read completely"))
            if found.content is None:
                raise KubeconfigError("", f"{found.path}, which it refers to, {found.problem}")
            return found.content

        config = canonicalize(content, policy, read_file, time.time())
        if args["check_server_name"]:
            self._check_server_name(content, policy, config)
        return config

    def _check_server_name(self, content: bytes, policy: KubeconfigPolicy, config: Kubeconfig) -> None:
        """Check the certificate that the host's own API server presents at the address in the file."""
        name = policy.tls_server_name or Server.parse(config.server).host
        local_server = original_server(content, policy.context)
        output = b""
        if local_server is not None:
            executed = self._low_level_execute_command(handshake_command(local_server, name))
            output = executed["stdout"].encode("ascii", "ignore")
        if certificate_names(output) is None:
            files = self._read_files(list(SERVING_CERTIFICATES), first_only=True)
            output = next((file.content for file in files if file.content), b"")
        require_name(output, name)

    def _read_files(self, paths: list[str], first_only: bool = False) -> list[HostFile]:
        """Read files with one command on the host."""
        command, mark = files_command(paths, first_only, MAX_BYTES)
        with command_output_hidden(self):
            executed = self._low_level_execute_command(command)
        return parse_files(executed["stdout"], mark, paths, executed.get("rc"), executed.get("stderr") or "")
