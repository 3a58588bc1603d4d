# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for kubectl and for the cluster behind it: stateful, and faulty on request.

    from kubectl.standin import StandIn

    with StandIn(folder) as cluster:
        cluster.run("apply", "-f", "-", stdin=manifest)
        cluster.configure(denied=["create secrets"])

`cluster.kubectl` is a program that understands what the collection asks of kubectl, and answers in kubectl's words;
what the words are is compared with the real one by `./dev test-kube`. The objects are JSON in a folder beside
`cluster.kubeconfig`, where `everything()` and `get()` find them.

A host with a root of its own sees neither that folder nor this Python. `install()` puts a shell script there, which
hands what it is given to a thread here.
"""

from __future__ import annotations
