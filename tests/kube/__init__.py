# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Kubernetes API server on loopback, for what only the real one can tell; `./dev test-kube` runs these tests.

    with ApiServer() as server:
        subprocess.run([server.programs["kubectl"], "--kubeconfig", server.kubeconfig, "get", "nodes"])

etcd and a kubectl come from Debian's packages. Debian packages no API server, but the sources of one: `build.py` makes
it, and the controllers, once for each checkout, in some minutes. There is no kubelet: nodes are entries, no pod runs.
"""

from __future__ import annotations

from .apiserver import ApiServer
from .debian import KubeError

__all__ = ["ApiServer", "KubeError"]
