# Copyright (c) 2026, the huaweicloud.hss collection authors
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
      - By default the first readable file of the well-known paths that M(huaweicloud.hss.kubeconfig_info) lists.
      - The file is read and checked on the control node. kubectl gets the text of one context, with the files that it
        refers to, and never the file itself. A context that logs in with a program (C(exec), C(auth-provider)) is
        refused, so that no program is run. C(KUBECONFIG) in the environment is ignored.
    type: str
  kubeconfig_content:
    description:
      - Text of the kubeconfig, such as RV(huaweicloud.hss.kubeconfig_info#module:kube_config), in place of a file on
        the host. It is checked in the same way.
      - Mutually exclusive with O(kubeconfig).
    type: raw
  context:
    description: Name of the context in the kubeconfig. By default its C(current-context).
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
  - C(cat), C(head), C(mktemp) and C(rm), and C(timeout) if kubectl is to be stopped when it does not end (on the host)
  - PyYAML and cryptography (on the control node)
notes:
  - While kubectl runs, its kubeconfig and its cache are in a folder in C(/dev/shm), C(/run), C(/tmp) or C(/var/tmp),
    the first that is writable. Only the user who runs kubectl can read this folder, and it is removed afterwards. A
    kubectl in a strictly confined snap cannot read it, so another one is needed there.
  - The C(environment) of the task, its blocks and its play is set for kubectl. It is passed over standard input, so it
    appears in no argument list. C(KUBECONFIG) is the exception, which would select another cluster.
  - If only root can read the kubeconfig, use C(become).
  - A command that reads data from standard input has no terminal. Therefore it does not work if sudo requires one
    (C(requiretty)).
"""
