# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: reads a kubeconfig on a host with shell commands, and checks it on the control node."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable

import yaml

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
    original_server,
    referenced_files,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import MAX_BYTES, KubeconfigError

from .files import WELL_KNOWN_KUBECONFIGS, HostFile, HostFileError, files_command, parse_files, resolve_path
from .serving_certificate import SERVING_CERTIFICATES, certificate_names, handshake_command, require_name

# Runs a shell command on the host and returns C(rc), C(stdout) and C(stderr).
Execute = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class HostKubeconfig:
    """A kubeconfig that was read on a host.

    :arg path: where it was found.
    :arg config: the checked context.
    :arg local_text: the same context with the server's address that the file itself has, for use on the host.
    """

    path: str
    config: Kubeconfig
    local_text: str = field(repr=False)


class KubeconfigReader:
    """Reads kubeconfigs on one host."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def read(self, path: str | None, policy: KubeconfigPolicy, check_server_name: bool = False) -> HostKubeconfig:
        """Reads and checks a kubeconfig.

        :arg path: None for the first of the well-known places that can be read.
        :arg check_server_name: whether the API server's certificate must be valid for the server's name.
        :raises HostFileError: if no kubeconfig can be read, or HSS could not use it.
        """
        files = self._read_files([path] if path else list(WELL_KNOWN_KUBECONFIGS), first_only=True)
        readable = next((file for file in files if file.content is not None), None)
        if readable is None:
            raise HostFileError.none_readable(files, path_given=bool(path))
        content = readable.content or b""
        try:
            config = self._check(readable, policy)
            if check_server_name:
                self._check_server_name(content, policy, config)
        except KubeconfigError as exc:
            raise HostFileError(f"{readable.path}: {exc}") from None
        return HostKubeconfig(readable.path, config, _local_text(config, original_server(content, policy.context)))

    def _check(self, file: HostFile, policy: KubeconfigPolicy) -> Kubeconfig:
        content = file.content or b""
        paths = {name: resolve_path(file.path, name) for name in referenced_files(content, policy.context)}
        referenced = {found.path: found for found in self._read_files(list(paths.values()))} if paths else {}

        def read_file(name: str) -> bytes:
            # If the connection is lost, the output may end before the last file.
            found = referenced.get(paths[name], HostFile(paths[name], None, "could not be read completely"))
            if found.content is None:
                raise KubeconfigError("", f"{found.path}, which it refers to, {found.problem}")
            return found.content

        return canonicalize(content, policy, read_file, time.time())

    def _check_server_name(self, content: bytes, policy: KubeconfigPolicy, config: Kubeconfig) -> None:
        """Checks the certificate that the host's own API server presents at the address in the file."""
        name = policy.tls_server_name or Server.parse(config.server).host
        local_server = original_server(content, policy.context)
        presented = b""
        if local_server is not None:
            presented = self._execute(handshake_command(local_server, name))["stdout"].encode("ascii", "ignore")
        if certificate_names(presented) is None:
            files = self._read_files(list(SERVING_CERTIFICATES), first_only=True)
            presented = next((file.content for file in files if file.content), b"")
        require_name(presented, name)

    def _read_files(self, paths: list[str], first_only: bool = False) -> list[HostFile]:
        """Reads files with one command on the host."""
        command, mark = files_command(paths, first_only, MAX_BYTES)
        executed = self._execute(command)
        return parse_files(executed["stdout"], mark, paths, executed.get("rc"), executed.get("stderr") or "")


def _local_text(config: Kubeconfig, server: Server | None) -> str:
    if server is None or server.url == config.server:
        return config.text
    document = yaml.safe_load(config.text)
    document["clusters"][0]["cluster"]["server"] = server.url
    return str(yaml.safe_dump(document, sort_keys=False))
