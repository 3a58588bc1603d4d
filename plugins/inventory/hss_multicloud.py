# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory plugin: the clusters that are registered with HSS."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hss_multicloud
short_description: Kubernetes clusters registered with Huawei Cloud HSS
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - Each multi-cloud cluster that is registered with HSS becomes a host, in groups by provider, by the status of its
    connection, and for clusters whose credential expires soon.
  - The name of the file must end in C(hss_multicloud.yml) or C(hss_multicloud.yaml).
  - The hosts stand for clusters. They have no address, so their tasks run on the control node; see the examples.
  - If HSS does not return a complete list, the inventory fails. Unless the setting
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) is V(true), Ansible then prints a warning and continues without these
    hosts.
  - Text from HSS is not trusted. It is never evaluated as a template.
options:
  plugin:
    description: Name of this plugin.
    type: str
    required: true
    choices: [huaweicloud.hss.hss_multicloud]
  sources:
    description:
      - Several connections, such as projects, regions or enterprise projects. Each entry has connection options, such
        as O(region) and O(enterprise_project_id), which override those of the file. All other options apply to all
        entries.
      - An entry with a credential of its own, or a O(profile), uses no credential of the file. An entry with a
        O(region) or a project of its own does not use O(project_id) and O(project_name) of the file.
      - The environment variables apply to all entries. Do not set E(HW_PROJECT_ID) or E(HW_HSS_ENDPOINT) if the entries
        differ in their region. Two entries that lead to the same project and enterprise project are an error.
      - A cluster that several entries list is one host.
      - If not set, there is a single connection with the options of the file.
    type: list
    elements: dict
  filters:
    description:
      - Which clusters to return. Without it, all of them. An empty list matches no cluster.
      - The options are those of M(huaweicloud.hss.hss_multicloud_cluster_info).
    type: dict
    default: {}
    suboptions:
      cluster_id:
        description: Return only the cluster with this id.
        type: str
      name:
        description: Return only clusters with these names.
        type: list
        elements: str
      provider:
        description: Return only clusters of these providers.
        type: list
        elements: str
        choices: [ali, tencent, azure, aws, self_built_hw, self_built_idc]
      status:
        description: Return only clusters with these connection statuses.
        type: list
        elements: str
        choices: [not_connect, connect_success, connect_fail, connect_disruption]
      expires_within_days:
        description:
          - Return only clusters whose credential has expired, or expires within this number of days.
        type: int
  include:
    description:
      - Additional variables. They are null, with a warning, if HSS does not report them.
      - V(daemonset) is the node agent, with one more request for each cluster.
      - V(hosts) is the list of the nodes that HSS knows, in the variable C(nodes), with one more request for each 200
        hosts. Each has C(host_id), C(host_name), C(private_ip), C(agent_status), C(agent_version), C(version),
        C(protect_status) and C(charging_mode). It needs the region.
    type: list
    elements: str
    choices: [daemonset, hosts]
    default: []
  hostvars_prefix:
    description: Prefix of the names of all variables, for example V(hss_).
    type: str
    default: ''
  expiring_days:
    description:
      - Clusters whose credential has expired, or expires within this number of days, are in the group C(hss_expiring).
      - The earlier of the two dates in HSS counts.
    type: int
    default: 30
extends_documentation_fragment:
  - huaweicloud.hss.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - Connection options can be templates and values encrypted with Ansible Vault. Templates can use lookups and extra
    variables.
  - The variables of a host are the fields of the API, that is C(cluster_id), C(cluster_name), C(provider), C(server),
    C(image_repo), C(status), C(version), C(current_expiration_date) and C(certificate_expiration_date), and further
    C(days_left), the whole days until the earlier of the two dates, and C(source) with the C(region), C(endpoint),
    C(project_id) and C(enterprise_project_id) of the connection as far as they were given.
  - The name of a host is the name of the cluster, with C(_) in place of characters that are not letters, digits, C(_),
    C(-) or C(.). If the result is not unique, or has a meaning in Ansible, such as C(localhost), the id is appended.
  - The groups are C(hss_clusters), C(hss_provider_PROVIDER), C(hss_status_STATUS) and C(hss_expiring).
  - The cache contains the variables, without C(days_left), which is always up to date. It contains no secret. It is
    not used after the sources, the filters or the environment were changed. If only the credential is changed, use
    C(--flush-cache).
seealso:
  - module: huaweicloud.hss.hss_multicloud_cluster_info
"""

EXAMPLES = r"""
# fleet.hss_multicloud.yml: all clusters of one project, with the credential from the environment
---
plugin: huaweicloud.hss.hss_multicloud
region: eu-west-101

# all.hss_multicloud.yml: two regions, with every enterprise project
---
plugin: huaweicloud.hss.hss_multicloud
enterprise_project_id: all_granted_eps
access_key: "{{ lookup('ansible.builtin.env', 'FLEET_ACCESS_KEY') }}"
secret_key: "{{ lookup('ansible.builtin.env', 'FLEET_SECRET_KEY') }}"
sources:
  - region: eu-west-101
  - region: cn-north-4
    project_name: cn-north-4_production
hostvars_prefix: hss_
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 600

# connected.hss_multicloud.yml: what HSS reports of the node agents, and groups by it
---
plugin: huaweicloud.hss.hss_multicloud
region: eu-west-101
filters:
  status: [connect_success]
include: [daemonset]
compose:
  api_server: server | ansible.builtin.regex_replace('^https://', '')
groups:
  unprotected: daemonset is none or daemonset.installed_status != 'install_success'
keyed_groups:
  - key: version
    prefix: kubernetes

# group_vars/hss_clusters.yml beside the file of the inventory: tasks of these hosts run on the control node
---
ansible_connection: local
ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible import template
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.filters import days_left, filtered
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.listing import (
    documented_fields,
    include_details,
    include_nodes,
    list_registrations,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import (
    HssError,
    invalid_option,
    sanitize,
    unexpected_error_message,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http import client
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._inventory.names import (
    ALL_CLUSTERS,
    group_names,
    host_names,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._inventory.options import (
    Source,
    check_names,
    fingerprint,
    read_filters,
    read_include,
    read_sources,
)

# ansible-core 2.19 and later evaluate only templates that are marked as trusted, 2.18 all but those marked as unsafe.
_MARKS_TRUSTED = hasattr(template, "trust_as_template")
_CONCURRENCY = 8
# Ansible warns about a variable that is called hosts.
_VARIABLES = {"hosts": "nodes"}
# Fields of the details that are not needed, and long.
_LEFT_OUT = {"daemonset": ("yaml_content",)}


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Lists the clusters of all sources, and makes a host of each."""

    NAME = "huaweicloud.hss.hss_multicloud"

    def verify_file(self, path: str) -> bool:
        """Return whether the file is one for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(("hss_multicloud.yml", "hss_multicloud.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts and groups to the inventory."""
        super().parse(inventory, loader, path, cache)
        self._redactor = Redactor()
        failure: Exception | None = None
        try:
            self._parse(path, cache)
        except AnsibleError:
            raise
        except Exception as exc:
            failure = exc
        # Outside of the except block: Ansible may show the traceback of an exception that is being handled, and the
        # exception's text may hold secrets.
        if isinstance(failure, HssError):
            raise AnsibleParserError(self._redacted(str(failure)))
        if failure:
            raise AnsibleParserError(unexpected_error_message(failure))

    def _parse(self, path: str, cache: bool) -> None:
        config = self._read_config_data(path)
        check_names(config, self._options)
        self._prefix = self._read_prefix()
        filters = read_filters(self._template(self.get_option("filters")))
        include = read_include(self.get_option("include"))
        sources = read_sources(
            {name: self._template(self.get_option(name)) for name in connection_spec()},
            self._template(self.get_option("sources")),
            self._redactor,
        )
        identity = fingerprint(sources, os.environ, filters, include)
        key = self.get_cache_key(path)
        uses_cache = self.get_option("cache")
        stored = self._cache.get(key) if uses_cache and cache else None
        if not isinstance(stored, Mapping) or stored.get("fingerprint") != identity:
            stored = {"fingerprint": identity, "clusters": self._list(sources, filters, include)}
            if uses_cache:
                self._cache[key] = stored
        now = int(time.time() * 1000)
        clusters = [{**cluster, "days_left": days_left(cluster, now)} for cluster in stored["clusters"]]
        self._add(filtered(clusters, filters))

    def _read_prefix(self) -> str:
        prefix = str(self.get_option("hostvars_prefix") or "")
        if prefix and (not prefix.isidentifier() or prefix.startswith("ansible_")):
            raise invalid_option(
                "hostvars_prefix", "must begin a variable's name, such as 'hss_', and must not begin with 'ansible_'."
            )
        return prefix

    def _template(self, value: Any) -> Any:
        """An option without templates, and without Ansible's own types."""
        if isinstance(value, Mapping):
            return {str(key): self._template(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._template(item) for item in value]
        if isinstance(value, (bool, int, float)) or value is None:
            return value
        if self.templar.is_template(value):
            self.templar.available_variables = self._vars or {}
            rendered = self.templar.template(value)
            return rendered if isinstance(rendered, (bool, int)) or rendered is None else str(rendered)
        # A value from the vault is decrypted by this.
        return str(value)

    # --- Requests -------------------------------------------------------------------------------------------------

    def _list(
        self, sources: Sequence[Source], filters: Mapping[str, Any], include: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The clusters of all sources, each once, with their documented fields."""
        if client.requests is None:
            raise AnsibleParserError("The inventory needs the Python package requests where Ansible itself runs.")
        described = [self._describe(source) for source in sources]
        self._refuse_same_sources(sources, described)
        # The first source alone: if the credential is wrong, several refusals would lock the access key.
        listings = [self._list_source(sources[0], filters, include)]
        with ThreadPoolExecutor(_CONCURRENCY) as pool:
            listings += pool.map(lambda source: self._list_source(source, filters, include), sources[1:])
        clusters: dict[str, dict[str, Any]] = {}
        for description, listing in zip(described, listings):
            for cluster in listing:
                clusters.setdefault(cluster["cluster_id"], {**cluster, "source": description})
        return list(clusters.values())

    def _list_source(self, source: Source, filters: Mapping[str, Any], include: Sequence[str]) -> list[dict[str, Any]]:
        warnings: list[str] = []
        try:
            api = Session(source.options, os.environ, self._redactor, warnings.append).api()
            clusters = list_registrations(api, filters, int(time.time() * 1000))
            include_details(api, clusters, [name for name in include if name != "hosts"], warnings.append)
            if "hosts" in include:
                include_nodes(api, clusters, warnings.append)
        except HssError as error:
            raise _of_source(source, error) from None
        for text in dict.fromkeys(warnings):
            self.display.warning(self._redacted(f"{source.label}: {text}" if source.label else text))
        return [{**documented_fields(cluster), **_details(cluster, include)} for cluster in clusters]

    def _describe(self, source: Source) -> dict[str, str | None]:
        """Where a source's clusters are registered, so that tasks can use the same connection."""
        try:
            return resolve(source.options, os.environ, self._redactor).place
        except HssError as error:
            raise _of_source(source, error) from None

    def _refuse_same_sources(self, sources: Sequence[Source], described: Sequence[Mapping[str, str | None]]) -> None:
        first: dict[tuple[str | None, ...], Source] = {}
        for source, description in zip(sources, described):
            project = description["project_id"] or description["project_name"]
            key = (description["endpoint"], project, description["enterprise_project_id"] or "0")
            other = first.setdefault(key, source)
            if other is not source:
                raise HssError(
                    f"sources: {other.label} and {source.label} lead to the same project and enterprise project",
                    hint="Give each entry its own region, project_id or enterprise_project_id, and check HW_PROJECT_ID "
                    "and HW_HSS_ENDPOINT, which apply to all entries.",
                )

    def _redacted(self, text: str) -> str:
        return sanitize(self._redactor.redact(text))

    # --- Hosts ----------------------------------------------------------------------------------------------------

    def _add(self, clusters: Sequence[Mapping[str, Any]]) -> None:
        """Adds all hosts first, since a variable of a host goes to a group if there is one of the same name."""
        days = self.get_option("expiring_days")
        groups = {cluster["cluster_id"]: group_names(cluster, days) for cluster in clusters}
        own_groups = {name for names in groups.values() for name in names}
        reserved = own_groups.union(self.inventory.groups, map(str, self.get_option("groups") or ()))
        names = host_names(clusters, reserved)
        self.inventory.add_group(ALL_CLUSTERS)
        for group in sorted(own_groups):
            self.inventory.add_group(group)
            self.inventory.add_child(ALL_CLUSTERS, group)
        hosts = {names[cluster["cluster_id"]]: self._variables(cluster) for cluster in clusters}
        for cluster in clusters:
            host = self.inventory.add_host(names[cluster["cluster_id"]], ALL_CLUSTERS)
            for group in groups[cluster["cluster_id"]]:
                self.inventory.add_child(group, host)
            for name, value in hosts[host].items():
                self.inventory.set_variable(host, name, value)
        self._construct(hosts)

    def _variables(self, cluster: Mapping[str, Any]) -> dict[str, Any]:
        return {f"{self._prefix}{name}": _untrusted(value) for name, value in cluster.items()}

    def _construct(self, hosts: Mapping[str, Mapping[str, Any]]) -> None:
        compose, groups, keyed_groups = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        strict = self.get_option("strict")
        for host, variables in hosts.items():
            if compose:
                self._set_composite_vars(compose, variables, host, strict=strict)
            if groups:
                self._add_host_to_composed_groups(groups, variables, host, strict=strict)
            if keyed_groups:
                self._add_host_to_keyed_groups(keyed_groups, variables, host, strict=strict)


def _untrusted(value: Any) -> Any:
    """A value from HSS such that no version of ansible-core evaluates templates in it."""
    if _MARKS_TRUSTED:
        return value
    from ansible.utils.unsafe_proxy import wrap_var

    return wrap_var(value)


def _details(cluster: Mapping[str, Any], include: Iterable[str]) -> dict[str, Any]:
    details = {}
    for name in (_VARIABLES.get(name, name) for name in include):
        value = cluster[name]
        if isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if key not in _LEFT_OUT.get(name, ())}
        details[name] = value
    return details


def _of_source(source: Source, error: HssError) -> HssError:
    """The error with the source in front, if there are several."""
    return error.with_context(f"{source.label}:") if source.label else error
