# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubeconfig_info, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig_info
short_description: Read a kubeconfig on a managed host, checked and self-contained
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Reads a kubeconfig from a managed host, cuts it to one context, and puts the content of the files that it refers to
    in their place, so that it works anywhere.
  - Refuses what HSS could not log in with, and says why. An expired certificate, for instance, a loopback address, or
    a program that has to be run to log in.
  - It reads with a plain shell command, and needs neither Python nor kubectl on the host. Nothing is written there.
options:
  path:
    description:
      - Path of the kubeconfig on the host. A leading C(~/) is the home of the user who reads.
      - By default the first of these that can be read.
        C(/etc/kubernetes/admin.conf) of kubeadm and Kubespray,
        C(/etc/rancher/k3s/k3s.yaml) of k3s,
        C(/etc/rancher/rke2/rke2.yaml) of RKE2,
        C(/var/lib/k0s/pki/admin.conf) of k0s,
        C(/var/snap/microk8s/current/credentials/client.config) of MicroK8s,
        C(lb-ext.kubeconfig) of an OpenShift control plane,
        C(~/.kube/config).
    type: str
  context:
    description: Context to use. By default the file's C(current-context).
    type: str
  server:
    description:
      - Address of the API server that takes the place of the one in the file.
      - A URL is taken as it is. A host, or a host with a port, keeps the rest of the old address; so
        V({{ ansible_host }}) is enough for a cluster whose file says C(https://127.0.0.1:6443).
    type: str
  tls_server_name:
    description: Name to expect in the API server's certificate, where it is not the host of the server.
    type: str
  check_server_name:
    description:
      - Look on the host whether the API server's certificate is made for the address, or for O(tls_server_name), and
        refuse with the remedies if it is not. Useful with O(server), since HSS would otherwise fail to connect later.
      - It dials the API server from the host itself, under the address in the file, with C(openssl s_client). Where
        there is no C(openssl), the certificate is read from the usual places of the distributions.
    type: bool
    default: false
  allow_insecure:
    description: Accept C(insecure-skip-tls-verify).
    type: bool
    default: false
  expiry_warning_days:
    description: Warn if the credential ends in fewer days.
    type: int
    default: 30
extends_documentation_fragment:
  - huaweicloud.hss.attributes
attributes:
  diff_mode:
    support: none
    description: Changes nothing, so there is no difference to show.
  action_group:
    support: none
    description: Does not talk to HSS, so it needs no connection options.
    membership: []
  action:
    support: full
    description: The work is done by an action plugin on the control node; the host needs a POSIX shell alone.
requirements:
  - PyYAML (on the control node)
  - cryptography (on the control node)
notes:
  - The result is hidden from output, since it holds a credential; it can be registered all the same.
  - An error holds no secret and is shown.
  - Files that only root may read need C(become).
seealso:
  - module: huaweicloud.hss.hss_multicloud_cluster
"""

EXAMPLES = r"""
- name: Read the kubeconfig of a k3s server and register the cluster
  hosts: k3s_servers
  tasks:
    - name: Read it under the address that HSS can reach
      huaweicloud.hss.kubeconfig_info:
        server: "{{ ansible_host }}"
      become: true
      register: k3s

    - name: Register the cluster
      huaweicloud.hss.hss_multicloud_cluster:
        name: "{{ inventory_hostname }}"
        kube_config: "{{ k3s.kube_config }}"
      delegate_to: localhost
"""

RETURN = r"""
kube_config:
  description: Kubeconfig with one context, complete in itself. The same meaning gives the same text.
  returned: success
  type: str
  sample: "apiVersion: v1 ..."
server:
  description: Address of the API server, as in RV(kube_config).
  returned: success
  type: str
  sample: https://192.0.2.10:6443
certificate_expiration_date:
  description:
    - When the credential ends, in epoch milliseconds. The earliest end of the certificates, the CA and the token.
    - Null for a token that does not say.
  returned: success
  type: int
  sample: 1814079596000
days_left:
  description: Whole days until then.
  returned: success
  type: int
  sample: 364
context:
  description: Name of the context.
  returned: success
  type: str
  sample: kubernetes-admin@kubernetes
path:
  description: Path of the file that was read.
  returned: success
  type: str
  sample: /etc/kubernetes/admin.conf
"""
