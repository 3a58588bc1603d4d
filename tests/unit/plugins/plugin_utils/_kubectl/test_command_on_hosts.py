# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell command that runs kubectl: the kubeconfig that it uses if none is given."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    Target,
    host_command,
    parse_result,
)


@pytest.fixture
def arguments(tmp_path):
    """Return the arguments of kubectl on a host with this HOME."""
    (tmp_path / "bin").mkdir()
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.write_text('#!/bin/sh\nfor argument in "$@"; do echo "[$argument]"; done\n')
    kubectl.chmod(0o755)

    def call(**environment):
        target, calls = Target(), [Call(["version"])]
        command, mark = host_command(target, calls)
        environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/usr/bin:/bin", **environment}
        completed = subprocess.run(
            command, shell=True, env=environment, input="", capture_output=True, text=True, check=True, timeout=30
        )
        executed = {"rc": 0, "stdout": completed.stdout, "stderr": completed.stderr}
        return parse_result(target, calls, mark, executed).results[0].stdout

    return call


def test_the_kubeconfig_is_searched_at_the_well_known_paths(arguments, tmp_path):
    assert "--kubeconfig" not in arguments()
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("kind: Config\n")
    assert f"[--kubeconfig={tmp_path}/.kube/config]" in arguments()
    assert "--kubeconfig" not in arguments(KUBECONFIG="/somewhere/else")
