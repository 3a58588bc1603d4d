# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: reads a kubeconfig on a managed host with one shell command, and checks it on the control node."""

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
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.privacy import silent, warn
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import (
    WELL_KNOWN,
    Found,
    HostFileError,
    parse_answer,
    read_command,
    resolve_path,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.serving_certificate import (
    SERVING_CERTIFICATES,
    handshake_command,
    names_in,
    require_name,
)

_SPEC = {
    "path": {"type": "str"},
    "context": {"type": "str"},
    "server": {"type": "str"},
    "tls_server_name": {"type": "str"},
    "check_server_name": {"type": "bool", "default": False},
    "allow_insecure": {"type": "bool", "default": False},
    "expiry_warning_days": {"type": "int", "default": 30},
}


class ActionModule(ActionBase):
    """Reads, checks, and hides the result."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True
    _supports_diff = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns what the module documentation of kubeconfig_info says."""
        result = super().run(tmp, task_vars)
        if not libraries_available():
            raise AnsibleError("kubeconfig_info needs the Python packages PyYAML and cryptography on the control node.")
        _validation, given = self.validate_argument_spec(_SPEC)
        # Plain values: on newer ansible-core they are tagged subclasses, which the YAML dumper refuses.
        args = {key: str(value) if isinstance(value, str) else value for key, value in given.items()}
        try:
            found, config = self._read(args)
        except (KubeconfigError, HostFileError) as exc:
            return {**result, "failed": True, "msg": sanitize(str(exc))}
        # What concerns the upload is said by the module that uploads.
        warnings = [sanitize(text) for text in (*config.expiry_warnings, *config.server_warnings)]
        if warnings:
            result["warnings"] = warnings
            warn(result)
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

    def _read(self, args: dict[str, Any]) -> tuple[Found, Kubeconfig]:
        paths = [args["path"]] if args["path"] else list(WELL_KNOWN)
        answers = self._ask(paths, first_only=True)
        found = next((answer for answer in answers if answer.content is not None), None)
        if found is None:
            raise HostFileError.none_readable(answers, bool(args["path"]))
        try:
            return found, self._check(found, args)
        except KubeconfigError as exc:
            raise HostFileError(f"{found.path}: {exc}") from None

    def _check(self, found: Found, args: dict[str, Any]) -> Kubeconfig:
        content = found.content or b""
        policy = KubeconfigPolicy(
            args["context"],
            args["server"],
            args["tls_server_name"],
            args["allow_insecure"],
            args["expiry_warning_days"],
        )
        named = referenced_files(content, policy.context)
        paths = {name: resolve_path(found.path, name) for name in named}
        answers = {answer.path: answer for answer in self._ask(list(paths.values()))} if paths else {}

        def read_file(name: str) -> bytes:
            # A connection may break off before all files were named.
            answer = answers.get(paths[name], Found(paths[name], None, "could not be read completely"))
            if answer.content is None:
                raise KubeconfigError("", f"{answer.path}, which it refers to, {answer.trouble}")
            return answer.content

        config = canonicalize(content, policy, read_file, time.time())
        if args["check_server_name"]:
            self._check_server_name(content, policy, config)
        return config

    def _check_server_name(self, content: bytes, policy: KubeconfigPolicy, config: Kubeconfig) -> None:
        """Looks at the certificate that the host's own API server presents, under the address in the file."""
        name = policy.tls_server_name or Server.parse(config.server).host
        local = original_server(content, policy.context)
        presented = b""
        if local is not None:
            presented = self._low_level_execute_command(handshake_command(local, name))["stdout"].encode(
                "ascii", "ignore"
            )
        if names_in(presented) is None:
            found = self._ask(list(SERVING_CERTIFICATES), first_only=True)
            presented = next((answer.content for answer in found if answer.content), b"")
        require_name(presented, name)

    def _ask(self, paths: list[str], first_only: bool = False) -> list[Found]:
        """One command on the host."""
        command, mark = read_command(paths, first_only, MAX_BYTES)
        with silent(self):
            answer = self._low_level_execute_command(command)
        return parse_answer(answer["stdout"], mark, paths, answer.get("rc"), answer.get("stderr") or "")
