# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what the modules that call a host's kubectl have in common.

In a module it stands before the fragment C(attributes), of which it restricts some.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubectl:
    description:
      - The command on the host, such as V(k3s kubectl).
      - By default the first of these that there is. C(kubectl), C(k3s kubectl), C(/var/lib/rancher/rke2/bin/kubectl),
        C(k0s kubectl), C(microk8s kubectl), C(oc). It is also looked for in C(/usr/local/bin) and C(/snap/bin), which
        sudo may have left out of C(PATH).
    type: str
  kubeconfig:
    description:
      - Path of the kubeconfig on the host. A leading C(~/) is the home of the user who runs kubectl.
      - By default the first of the well-known places where there is one, as in M(huaweicloud.hss.kubeconfig_info),
        unless the environment on the host has C(KUBECONFIG).
    type: str
attributes:
  action_group:
    support: none
    description: Does not talk to HSS, so it needs no connection options.
    membership: []
  action:
    support: full
    description: The work is done by an action plugin on the control node; the host needs a POSIX shell and kubectl.
requirements:
  - kubectl 1.19 or newer (on the host)
notes:
  - Where only root may read the kubeconfig, it needs C(become).
  - Commands that read data have no terminal. So it does not work where sudo has C(requiretty).
"""
