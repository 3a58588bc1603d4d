# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubectl_secret_info, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl_secret_info
short_description: Read a Kubernetes Secret with the kubectl of a managed host
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Reads a Secret through the kubectl that a control-plane host has, such as the token of a ServiceAccount. The host
    needs no Python.
  - The result is hidden from output at every verbosity, and with C(ANSIBLE_DEBUG) too. A failure is shown, and holds
    no secret.
options:
  name:
    description: Name of the Secret.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  keys:
    description: Keys that it must have a value for. A controller may write them after the Secret was made.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds to wait for the Secret and for O(keys). V(0) looks once.
    type: int
    default: 10
extends_documentation_fragment:
  - huaweicloud.hss.kubectl
  - huaweicloud.hss.attributes
attributes:
  diff_mode:
    support: none
    description: Changes nothing, so there is no difference to show.
notes:
  - A registered result holds the secret. Use C(no_log=true) on tasks of others that use it.
seealso:
  - module: huaweicloud.hss.kubectl_objects
"""

EXAMPLES = r"""
- name: Fetch the token of a ServiceAccount, which a controller writes
  huaweicloud.hss.kubectl_secret_info:
    kubeconfig: /etc/kubernetes/admin.conf
    name: hss-token
    namespace: hss-access
    keys: [token]
  become: true
  register: secret
"""

RETURN = r"""
data:
  description: The values by their keys, in base64 as Kubernetes has them.
  returned: success
  type: dict
  sample:
    token: ZXhhbXBsZQ==
kubectl:
  description: The kubectl that was used.
  returned: success
  type: str
  sample: k3s kubectl
"""
