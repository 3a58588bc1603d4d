# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules that run kubectl on a host have in common.

List it before the fragment C(attributes), which it restricts.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubectl:
    description:
      - The kubectl command on the host, such as V(k3s kubectl).
      - By default the first of C(kubectl), C(k3s kubectl), C(/var/lib/rancher/rke2/bin/kubectl), C(k0s kubectl),
        C(microk8s kubectl) and C(oc) that exists. C(/usr/local/bin), C(/usr/local/sbin), C(/snap/bin) and C(/opt/bin)
        are searched too, since the C(PATH) of sudo may not include them.
    type: str
  kubeconfig:
    description:
      - Path of the kubeconfig on the host. A leading C(~/) is the home directory of the user who runs kubectl.
      - By default the first readable file of the well-known paths that M(huaweicloud.hss.kubeconfig_info) lists, unless
        C(KUBECONFIG) is set in the environment on the host.
    type: str
attributes:
  action_group:
    support: none
    description: Does not connect to HSS, so it needs no connection options.
    membership: []
  action:
    support: full
    description: An action plugin on the control node does the work. The host needs a POSIX shell and kubectl.
requirements:
  - kubectl 1.19 or newer (on the host)
notes:
  - If only root can read the kubeconfig, use C(become).
  - A command that reads data from standard input has no terminal. Therefore it does not work if sudo requires one
    (C(requiretty)).
"""
