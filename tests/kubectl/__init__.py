# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for kubectl and for the cluster behind it: it keeps state and fails on request.

    from kubectl.standin import StandIn

    with StandIn(folder) as cluster:
        cluster.run("apply", "-f", "-", stdin=manifest)
        cluster.configure(denied=["create secrets"])

`cluster.kubectl` is a program with the commands of kubectl that the collection uses and with kubectl's messages. It is
compared with transcripts of real kubectls, which `./dev test-kube --record` writes. The objects are stored as JSON in a
folder beside `cluster.kubeconfig`; `everything()` and `get()` return them.

A host with a private root has neither that folder nor this Python. `install()` writes a shell script on it, which sends
its arguments and input to a thread of this process.
"""

from __future__ import annotations
