# Copyright (c) 2026, the huaweicloud.hss collection authors
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
  - Reads a Secret, such as the token of a ServiceAccount, with the kubectl of a control-plane host. The host needs no
    Python.
  - The result is hidden from output at every verbosity, and also with C(ANSIBLE_DEBUG). The message of a failure never
    contains a secret, and is not hidden.
options:
  name:
    description: Name of the Secret.
    type: str
    required: true
  namespace:
    description: Namespace of the Secret.
    type: str
    required: true
  keys:
    description: Keys that must have a value. A controller may write them some time after the Secret was created.
    type: list
    elements: str
    default: []
  wait_timeout:
    description:
      - Seconds to wait for the Secret, for O(keys), and for errors of the API server that pass by themselves. V(0)
        tries once.
    type: int
    default: 10
extends_documentation_fragment:
  - huaweicloud.hss.kubectl
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
notes:
  - A registered result contains the secret. Set C(no_log=true) on tasks with other modules that use it.
seealso:
  - module: huaweicloud.hss.kubectl_objects
"""

EXAMPLES = r"""
- name: Read the token of a ServiceAccount, which a controller writes
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
  description: The values by key, encoded in base64 as in Kubernetes.
  returned: success
  type: dict
  sample:
    token: ZXhhbXBsZQ==
annotations:
  description: The annotations of the Secret.
  returned: success
  type: dict
  sample:
    kubernetes.io/service-account.name: hss
kubectl:
  description: The kubectl command that was used.
  returned: success
  type: str
  sample: k3s kubectl
answered:
  description: Whether the API server answered. Then the Secret, or one of the keys, does not exist.
  returned: failure
  type: bool
"""
