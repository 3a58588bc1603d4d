# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that the modules for one cluster and for a list of clusters have in common."""

from __future__ import annotations

from ansible_collections.huaweicloud.hss.plugins.doc_fragments._list_fragment import list_fragment

_POLICIES = (
    "kube_config_allow_insecure",
    "kube_config_allow_in_cluster_server",
    "kube_config_allow_server_without_ca",
    "expiry_warning_days",
    "update_kube_config",
    "on_drift",
    "upgrade",
)
_WAIT = ("wait", "wait_timeout", "wait_sleep")


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cluster_id:
    description:
      - Id that HSS assigned to a registered cluster. It identifies the cluster; without it, O(name) does.
      - With O(state=present), a cluster with this id must exist.
    type: str
  name:
    description:
      - Name of the cluster. It identifies the cluster if O(cluster_id) is not set.
      - Names are not unique in HSS. If several clusters have this name, nothing is changed and the error lists their
        ids.
    type: str
  provider:
    description:
      - Provider of the cluster.
      - V(ali) is Alibaba Cloud, V(tencent) Tencent Cloud, V(azure) Microsoft Azure, V(aws) Amazon Web Services,
        V(self_built_hw) a self-built cluster on Huawei Cloud, and V(self_built_idc) a self-built cluster in a data
        centre.
    type: str
    choices: [ali, tencent, azure, aws, self_built_hw, self_built_idc]
  server:
    description:
      - Address at which HSS can reach the API server. By default the address in O(kube_config).
      - It is also written into the kubeconfig that is uploaded. A host without C(https://) keeps the port and the path
        of the address in the kubeconfig.
    type: str
  image_repo:
    description: Address of the private registry from which the cluster pulls the images of the agents.
    type: str
  image_repo_username:
    description: User name for O(image_repo).
    type: str
  image_repo_password:
    description: Password for O(image_repo).
    type: str
  organization:
    description: Organization or project in O(image_repo).
    type: str
  image_repo_type:
    description: Type of O(image_repo).
    type: str
    choices: [harbor, quay, jfrog, other]
  current_expiration_date:
    description:
      - Date until which HSS uses the credential, in epoch milliseconds. By default O(certificate_expiration_date), and
        for a token its own expiration date.
    type: int
  certificate_expiration_date:
    description:
      - Date on which the certificate in O(kube_config) expires, in epoch milliseconds. By default it is read from the
        kubeconfig. A kubeconfig with a token alone has no certificate, so that no date is sent for it by default. HSS
        would keep the date, and probably refuse the next token.
    type: int
  kube_config:
    description:
      - Text of the kubeconfig in YAML or JSON, not a path and not in base64. A mapping with the same content is
        accepted as well.
      - Needed to register a cluster, but not to look it up or to remove it.
      - Only the selected context with its cluster and user is uploaded.
      - The kubeconfig must not refer to files. M(huaweicloud.hss.kubeconfig_info) reads a kubeconfig from a host and
        includes the files.
    type: str
    aliases: [kubeconfig]
  image_arch:
    description: Architecture of the images of the agents.
    type: str
    choices: [x86, arm]
  anp_proxy:
    description: Address of a proxy for the connection agent.
    type: str
  hostguard_proxy:
    description: Address of a proxy for the node agent.
    type: str
  container_name:
    description: Name of the container.
    type: str
  dns_policy:
    description:
      - DNS policy of the pods of the agents. V(default) uses the name servers of the node, V(clusterfirst) uses CoreDNS
        of the cluster, V(clusterfirstwithhostnet) does so for pods in the network of the host, and V(none) uses
        O(dns_config).
    type: str
    choices: [default, clusterfirst, clusterfirstwithhostnet, none]
  dns_config:
    description:
      - IP addresses of the name servers, as a list or as one string separated by semicolons.
      - Can be used with O(dns_policy=none) only.
    type: list
    elements: str
  kube_config_context:
    description: Context of O(kube_config) to use. By default its C(current-context).
    type: str
  kube_config_tls_server_name:
    description: Name to expect in the certificate of the API server, if it is not the host of O(server).
    type: str
  kube_config_proxy_url:
    description:
      - Proxy through which HSS reaches the API server. It replaces C(proxy-url) in O(kube_config), for instance if
        that is a tunnel of the host. An empty string removes it.
    type: str
  kube_config_allow_insecure:
    description:
      - Accept a kubeconfig with C(insecure-skip-tls-verify). HSS then sends the credential to any server that answers.
    type: bool
    default: false
  kube_config_allow_in_cluster_server:
    description:
      - Accept a server that only the name servers inside the cluster know, such as C(kubernetes.default.svc). The
        tunnel of the connection agent ends inside the cluster, so that such a name may be the right one.
    type: bool
    default: false
  kube_config_allow_server_without_ca:
    description:
      - Accept a server that differs from the address in the kubeconfig if the kubeconfig has a bearer token and no CA.
        HSS then sends the token to any server at that address that has a certificate of a public CA.
      - Do not offer this option together with the server to persons who may not have the credential.
    type: bool
    default: false
  expiry_warning_days:
    description: Warn if the credential expires in less than this number of days.
    type: int
    default: 30
  update_kube_config:
    description:
      - When to send the kubeconfig of a registered cluster again. HSS never returns a kubeconfig, so that a renewed one
        can only be recognized by the expiration date of its credential.
      - V(on_change) sends it if its credential expires later than both dates that HSS reports, compared in whole
        seconds. If HSS reports V(connect_fail) or V(connect_disruption) for the cluster, it also sends a kubeconfig
        whose credential expires sooner. Otherwise such a kubeconfig is not sent, and a warning says so. A token without
        an expiration date is not sent again.
      - V(always) sends it in every run, which then always reports a change. V(on_create) sends it only to register the
        cluster.
    type: str
    choices: [on_change, always, on_create]
    default: on_change
  on_drift:
    description:
      - What to do if the provider, the server or the image registry of a registered cluster differs from the options,
        or the name of a cluster that is identified by its id. HSS cannot change these fields.
      - V(fail) reports the differences and changes nothing. V(warn) reports them in a warning and does not change the
        fields.
      - V(recreate) removes the registration, verifies that it is gone, and registers the cluster again with a new id.
        Values that HSS does not return, such as the password for the registry, are then taken from the options.
    type: str
    choices: [fail, warn, recreate]
    default: fail
  upgrade:
    description:
      - Ask HSS to upgrade the connection agent. Every run then reports a change.
      - The documentation of HSS says that it upgrades the agents of CCE clusters only. If HSS reports the same version
        afterwards, that is a warning.
    type: bool
    default: false
  wait:
    description:
      - Wait until HSS is connected to the cluster. Used with O(state=present), and not in check mode.
      - HSS is asked to synchronize. V(connect_fail) ends waiting if it comes meanwhile or remains for 30 seconds, since
        it may be the result of an attempt before this run.
      - The connection agent must be installed in the cluster.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 300
  wait_sleep:
    description: Seconds between two polls. The interval grows gradually, up to three times this value.
    type: int
    default: 10
"""

    # Annotated, since ansible-test's yamllint takes the value of any other assignment here for literal text.
    LIST: str = list_fragment(DOCUMENTATION, "clusters", module_options=_WAIT, policies=_POLICIES)
