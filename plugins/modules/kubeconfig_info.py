# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin kubeconfig_info, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig_info
short_description: Read and check a kubeconfig on a managed host
version_added: 0.1.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Reads a kubeconfig from a managed host, reduces it to one context, and includes the contents of the files to which
    it refers, so that it can be used anywhere.
  - Refuses a kubeconfig with which HSS could not log in, and reports the reason, such as an expired certificate, a
    loopback address, or a program that has to be run to log in.
  - It reads the files with one shell command. The host needs neither Python nor kubectl, and nothing is written there.
options:
  path:
    description:
      - Path of the kubeconfig on the host. A leading C(~/) is the home directory of the user who reads it.
      - By default the first of the following files that can be read.
        C(/etc/kubernetes/admin.conf) of kubeadm and Kubespray,
        C(/etc/rancher/k3s/k3s.yaml) of k3s,
        C(/etc/rancher/rke2/rke2.yaml) of RKE2,
        C(/var/lib/k0s/pki/admin.conf) of k0s,
        C(/var/snap/microk8s/current/credentials/client.config) of MicroK8s,
        C(lb-ext.kubeconfig) of an OpenShift control plane,
        C(~/.kube/config).
    type: str
  context:
    description: Context to use. By default the C(current-context) of the file.
    type: str
  server:
    description:
      - Address of the API server that replaces the address in the file.
      - A URL is used as given. A host, with or without a port, keeps the other parts of the old address. Therefore
        V({{ ansible_host }}) is sufficient for a cluster whose kubeconfig has C(https://127.0.0.1:6443).
    type: str
  tls_server_name:
    description: Name to expect in the certificate of the API server, if it is not the host of the server.
    type: str
  proxy_url:
    description:
      - Proxy through which HSS reaches the API server. It replaces C(proxy-url) in the file, for instance if that is a
        tunnel of the host. An empty string removes it.
    type: str
  check_server_name:
    description:
      - Check on the host whether the certificate of the API server is valid for the address, or for
        O(tls_server_name). If it is not, the task fails and lists the remedies. Useful with O(server), since HSS could
        otherwise not connect later.
      - The host connects to its API server, at the address in the file, with C(openssl s_client). If there is no
        C(openssl), the certificate is read from the well-known paths of the Kubernetes distributions.
    type: bool
    default: false
  allow_insecure:
    description: Accept C(insecure-skip-tls-verify).
    type: bool
    default: false
  allow_in_cluster_server:
    description:
      - Accept a server that only the name servers inside the cluster know, such as C(kubernetes.default.svc). The
        tunnel of the connection agent ends inside the cluster, so that such a name may be the right one.
    type: bool
    default: false
  allow_server_without_ca:
    description:
      - Accept an O(server) that differs from the address in the file if the kubeconfig has a bearer token and no CA.
        HSS then sends the token to any server at that address that has a certificate of a public CA.
      - Do not offer this option together with O(server) to persons who may not have the credential.
    type: bool
    default: false
  expiry_warning_days:
    description: Warn if the credential expires in less than this number of days.
    type: int
    default: 30
extends_documentation_fragment:
  - huaweicloud.hss.attributes.read_only
  - huaweicloud.hss.attributes
attributes:
  action_group:
    support: none
    description: Does not connect to HSS, so it needs no connection options.
    membership: []
  action:
    support: full
    description: An action plugin on the control node does the work. The host needs only a POSIX shell.
requirements:
  - PyYAML (on the control node)
  - cryptography (on the control node)
notes:
  - The result is hidden from output, since it contains a credential. It can be registered in a variable all the same.
  - An error message never contains a secret, and is not hidden.
  - Use C(become) for files that only root can read.
  - Of the C(environment) of the task, its blocks and its play, C(HOME) and C(PATH) are set on the host. C(KUBECONFIG)
    has no effect.
seealso:
  - module: huaweicloud.hss.hss_multicloud_cluster
"""

EXAMPLES = r"""
- name: Read the kubeconfig of a k3s server and register the cluster
  hosts: k3s_servers
  tasks:
    - name: Read the kubeconfig, with an address that HSS can reach
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
  description: Self-contained kubeconfig with one context. Kubeconfigs that mean the same give the same text.
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
    - Date on which the credential expires, in epoch milliseconds. This is the earliest expiration date of the
      certificates, the CA and the token.
    - Null for a token without an expiration date.
  returned: success
  type: int
  sample: 1814079596000
days_left:
  description: Whole days until this date.
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
