# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Kubernetes API server on loopback, for tests that need a real one; `./dev test-kube` runs them.

    with ApiServer() as server:
        subprocess.run([server.programs["kubectl"], "--kubeconfig", server.kubeconfig, "get", "nodes"])

etcd and a kubectl come from Debian's packages. Debian has no package of the API server, but its sources: `build.py`
builds it and the controllers, once for each checkout, in some minutes. There is no kubelet: nodes are only objects, and
no pod runs.
"""

from __future__ import annotations

from .apiserver import ApiServer
from .debian import KubeError

__all__ = ["ApiServer", "KubeError"]
