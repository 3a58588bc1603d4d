# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell command that calls kubectl: which kubeconfig it takes where none is named."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    Target,
    host_command,
    read_answer,
)


@pytest.fixture
def called(tmp_path):
    """The arguments that kubectl gets on a host with this HOME."""
    (tmp_path / "bin").mkdir()
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.write_text('#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\n')
    kubectl.chmod(0o755)

    def call(**environment):
        target, calls = Target(), [Call(["version"])]
        command, mark = host_command(target, calls)
        environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/usr/bin:/bin", **environment}
        done = subprocess.run(
            command, shell=True, env=environment, input="", capture_output=True, text=True, check=True, timeout=30
        )
        answer = read_answer(target, calls, mark, {"rc": 0, "stdout": done.stdout, "stderr": done.stderr})
        return answer.replies[0].stdout

    return call


def test_the_kubeconfig_is_looked_for_where_the_distributions_keep_it(called, tmp_path):
    assert "--kubeconfig" not in called()
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("kind: Config\n")
    assert f"[--kubeconfig={tmp_path}/.kube/config]" in called()
    assert "--kubeconfig" not in called(KUBECONFIG="/somewhere/else")
