# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: analysis of a kubeconfig by HSS."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_multicloud_config_info
short_description: Check how Huawei Cloud HSS interprets a kubeconfig
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Asks HSS which address and which certificate expiration date it reads from a kubeconfig, without registering a
    cluster.
  - The credential is sent to HSS for this, also in check mode. M(huaweicloud.hss.kubeconfig_info) reads a kubeconfig
    without sending it anywhere.
options:
  kube_config:
    description:
      - Text of the kubeconfig in YAML or JSON, not a path and not in base64. A mapping is accepted as well.
      - It is checked in the same way as for a registration, and only the selected context is sent.
    type: str
    required: true
    aliases: [kubeconfig]
  kube_config_context:
    description: Context of O(kube_config) to use. By default its C(current-context).
    type: str
  server:
    description: Address of the API server that replaces the address in O(kube_config).
    type: str
  kube_config_tls_server_name:
    description: Name to expect in the certificate of the API server, if it is not the host of the server.
    type: str
  kube_config_proxy_url:
    description: Proxy that replaces C(proxy-url) in O(kube_config). An empty string removes it.
    type: str
  kube_config_allow_insecure:
    description: Accept a kubeconfig with C(insecure-skip-tls-verify).
    type: bool
    default: false
  kube_config_allow_in_cluster_server:
    description: Accept a server that only the name servers inside the cluster know.
    type: bool
    default: false
  kube_config_allow_server_without_ca:
    description:
      - Accept an O(server) that differs from the address in O(kube_config) if the kubeconfig has a bearer token and no
        CA. HSS then sends the token to any server at that address that has a certificate of a public CA.
      - Do not offer this option together with O(server) to persons who may not have the credential.
    type: bool
    default: false
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
  - huaweicloud.hss.connection
seealso:
  - module: huaweicloud.hss.kubeconfig_info
  - module: huaweicloud.hss.hss_multicloud_cluster
"""

EXAMPLES = r"""
- name: Check how HSS interprets a kubeconfig
  huaweicloud.hss.hss_multicloud_config_info:
    kube_config: "{{ lookup('ansible.builtin.file', 'shop-prod.kubeconfig') }}"
  delegate_to: localhost
  register: read_by_hss
"""

RETURN = r"""
configs:
  description: Values that HSS has read from the kubeconfig.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: Address of the API server.
      type: str
      sample: https://shop.example.com:6443
    certificate_expiration_date:
      description: Date on which the certificate expires, in epoch milliseconds.
      type: int
      sample: 1814079596667
"""

from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.desired import checked_kube_config
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.frame import HssModule


def main() -> None:
    """Runs the module."""
    module = HssModule(
        {
            "kube_config": {"type": "str", "required": True, "no_log": True, "aliases": ["kubeconfig"]},
            "kube_config_context": {"type": "str"},
            "server": {"type": "str"},
            "kube_config_tls_server_name": {"type": "str"},
            "kube_config_proxy_url": {"type": "str"},
            "kube_config_allow_insecure": {"type": "bool", "default": False},
            "kube_config_allow_in_cluster_server": {"type": "bool", "default": False},
            "kube_config_allow_server_without_ca": {"type": "bool", "default": False},
        }
    )

    def work() -> dict[str, Any]:
        module.session.hide(*secret_values(module.params))
        config = checked_kube_config(module.params)
        return {"changed": False, "configs": module.session.api().analyze_config(config.text)}

    module.run(work)


if __name__ == "__main__":
    main()
