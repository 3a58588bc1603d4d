# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: reads a kubeconfig on a host with shell commands, and checks it on the control node."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    Kubeconfig,
    KubeconfigPolicy,
    canonicalize,
    original_server,
    referenced_files,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.text import (
    MAX_BYTES,
    KubeconfigError,
    parse_document,
)

from .files import (
    WELL_KNOWN_KUBECONFIGS,
    HostFile,
    HostFileError,
    files_command,
    parse_files,
    parse_judged_way,
    resolve_path,
)
from .ownership import Step, reference_problem
from .serving_certificate import SERVING_CERTIFICATES, certificate_names, handshake_command, require_name

# Runs a shell command on the host and returns C(rc), C(stdout) and C(stderr).
Execute = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class HostKubeconfig:
    """A kubeconfig that was read on a host.

    :arg path: where it was found.
    :arg config: the checked context.
    :arg local_text: the same context for kubectl on the host, with the server's address and name as the file has them.
    :arg inlined: the files whose content was put into the text.
    """

    path: str
    config: Kubeconfig
    local_text: str = field(repr=False)
    inlined: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user must know of the text."""
        if not self.inlined:
            return ()
        return (f"{self.path}: the content of {', '.join(self.inlined)} is in the text that HSS gets",)


@dataclass(frozen=True)
class _References:
    """The files to which a kubeconfig refers.

    :arg paths: on the host, by the names in the kubeconfig.
    :arg files: by path.
    """

    paths: dict[str, str]
    files: dict[str, HostFile]

    def content(self, name: str) -> bytes:
        """Return the content of a file.

        :raises KubeconfigError: if it could not be read, or must not be.
        """
        # If the connection is lost, the output may end before the last file.
        path = self.paths[name]
        found = self.files.get(path, HostFile(path, None, "could not be read completely"))
        if found.content is None:
            raise KubeconfigError("", f"{path}, which it refers to, {found.problem}")
        return found.content


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
        files, _way = self._read_files([path] if path else list(WELL_KNOWN_KUBECONFIGS), first_only=True)
        readable = next((file for file in files if file.content is not None), None)
        if readable is None:
            raise HostFileError.none_readable(files, path_given=bool(path))
        content = readable.content or b""
        try:
            document = parse_document(content)
            references = self._read_references(readable, document, policy.context)
            config = canonicalize(document, policy, references.content, time.time())
            if check_server_name:
                self._check_server_name(content, policy, config)
        except KubeconfigError as exc:
            raise HostFileError(f"{readable.path}: {exc}") from None
        local_text = _local_text(content, policy, references) or config.text
        return HostKubeconfig(readable.path, config, local_text, tuple(references.paths.values()))

    def _read_references(self, file: HostFile, document: dict[str, Any], context: str | None) -> _References:
        names = referenced_files(document, context)
        paths = {name: resolve_path(file.path, name) for name in names}
        if not paths:
            return _References({}, {})
        found, (way, reader) = self._read_files(list(paths.values()), judged_path=file.path)
        files = {}
        for reference in found:
            problem = reference.problem or reference_problem(file.owner, way, reader, reference.owner)
            files[reference.path] = replace(reference, content=None, problem=problem) if problem else reference
        return _References(paths, files)

    def _check_server_name(self, content: bytes, policy: KubeconfigPolicy, config: Kubeconfig) -> None:
        """Checks the certificate that the host's own API server presents at the address in the file."""
        name = policy.tls_server_name or Server.parse(config.server).host
        local_server = original_server(content, policy.context)
        presented = b""
        if local_server is not None:
            presented = self._execute(handshake_command(local_server, name))["stdout"].encode("ascii", "ignore")
        if certificate_names(presented) is None:
            files, _way = self._read_files(list(SERVING_CERTIFICATES), first_only=True)
            presented = next((file.content for file in files if file.content), b"")
        require_name(presented, name)

    def _read_files(
        self, paths: list[str], first_only: bool = False, judged_path: str | None = None
    ) -> tuple[list[HostFile], tuple[tuple[Step, ...], int | None]]:
        """Read files with one command on the host. Return also who owns the way to the judged path, and the reader."""
        command, mark = files_command(paths, first_only, MAX_BYTES, judged_path)
        executed = self._execute(command)
        stdout = executed["stdout"]
        files = parse_files(stdout, mark, paths, executed.get("rc"), executed.get("stderr") or "", MAX_BYTES)
        return files, parse_judged_way(stdout, mark)


def _local_text(content: bytes, policy: KubeconfigPolicy, references: _References) -> str:
    """Return the context with the file's own address; empty if the file has none, or if none replaces it."""
    if not (policy.server or policy.tls_server_name or policy.proxy_url is not None):
        return ""
    local = KubeconfigPolicy(policy.context, allow_insecure=policy.allow_insecure, for_kubectl=True)
    try:
        return canonicalize(content, local, references.content, time.time()).text
    except KubeconfigError:
        return ""
