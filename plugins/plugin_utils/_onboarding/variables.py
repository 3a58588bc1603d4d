# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the variables of the role hss_onboard as one host has them. No I/O."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import (
    PROVIDERS,
    cluster_spec,
    policy_spec,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.limits import NAMESPACE as AGENT_NAMESPACE
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.limits import LimitError, require_permissions
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.options import daemonset_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import CHARGING_MODES
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.ownership import is_system_namespace

PREFIX = "hss_onboard_"
# Variables that begin like the role's: what the role leaves, and what its playbooks read.
_OTHER_VARIABLES = ("hss_onboard_result", "hss_onboard_hosts")
# Options of the modules that have variables of their own.
_OWN_VARIABLES = {
    "name": "hss_onboard_name",
    "server": "hss_onboard_server",
    "kube_config": "hss_onboard_kubeconfig_path",
    "kubeconfig": "hss_onboard_kubeconfig_path",
    "kube_config_context": "hss_onboard_context",
    "kube_config_tls_server_name": "hss_onboard_tls_server_name",
    "kube_config_proxy_url": "hss_onboard_proxy_url",
}
# The variables that may differ between the hosts of one cluster.
_OF_THE_HOST = (
    "kubeconfig_path",
    "context",
    "server",
    "tls_server_name",
    "proxy_url",
    "check_server_name",
    "kubectl",
    "become",
    "no_log",
    "min_days_left",
    # It follows from another one.
    "node_wait_timeout",
)


class InvalidVariable(Exception):
    """A variable that cannot be used; the message names it and the remedy."""


@dataclass(frozen=True)
class Variables:
    """The values of the role's variables, without their prefix; None for what is not given."""

    name: str
    state: str = "present"
    provider: str = "self_built_idc"
    kubeconfig_path: str | None = None
    context: str | None = None
    server: str | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    check_server_name: bool = False
    service_account: bool = False
    service_account_namespace: str = "hss-access"
    service_account_rules: list[dict[str, Any]] = field(default_factory=list)
    kubectl: str | None = None
    become: bool = True
    cluster: dict[str, Any] = field(default_factory=dict, repr=False)
    allow_several_names: bool = False
    on_drift: str = "fail"
    expiry_warning_days: int = 30
    min_days_left: int | None = None
    connection: dict[str, Any] = field(default_factory=dict, repr=False)
    install_agent: bool = False
    protect_nodes: bool = False
    daemonset: dict[str, Any] = field(default_factory=dict)
    preflight: bool = True
    check_network: bool = False
    require_permissions: bool = False
    wait: bool = True
    wait_timeout: int = 600
    node_wait_timeout: int = 1200  # HSS needs about ten minutes to install a node agent
    image_tool: str | None = None
    image_host: str = "localhost"
    image_checksum: str | None = None
    no_log: bool = True
    agent_take_over: bool = False
    agent_allow: list[str] = field(default_factory=list)
    charging_mode: str | None = None
    uninstall_agents: bool = False

    @property
    def present(self) -> bool:
        """Whether the cluster should be registered."""
        return self.state == "present"

    @property
    def needs_cluster(self) -> bool:
        """Whether something is to be done in the cluster itself, or by HSS's agents in it."""
        return (
            self.install_agent
            or self.protect_nodes
            or (self.present and self.require_permissions)
            or (not self.present and self.service_account)
        )

    @property
    def binds_account(self) -> bool:
        """Whether the ServiceAccount gets the rights in the namespace of the agents that HSS needs to manage them."""
        return self.service_account and (self.install_agent or self.protect_nodes)

    @property
    def needs_nodes(self) -> bool:
        """Whether protection is opened or closed, so that hosts must be recognized as nodes of the cluster."""
        return self.protect_nodes and (not self.present or self.charging_mode is not None)

    @property
    def changes_cluster(self) -> bool:
        """Whether objects in the cluster are made or removed with kubectl."""
        return self.install_agent or self.service_account

    def of_the_cluster(self) -> dict[str, Any]:
        """The values that all hosts of a cluster must agree on, by the variables' full names."""
        return {PREFIX + name: value for name, value in asdict(self).items() if name not in _OF_THE_HOST}


def variables_spec() -> dict[str, dict[str, Any]]:
    """The argument spec of the role's variables, by their full names."""
    cluster = {name: option for name, option in cluster_spec().items() if name not in _OWN_VARIABLES}
    cluster.update(policy_spec(defaults=False))
    daemonset = {name: option for name, option in daemonset_spec().items() if name != "cluster_id"}
    connection = {
        name: {key: value for key, value in option.items() if key != "default"}
        for name, option in connection_spec().items()
    }
    spec: dict[str, dict[str, Any]] = {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"]},
        "provider": {"type": "str", "choices": list(PROVIDERS)},
        "kubeconfig_path": {"type": "str"},
        "context": {"type": "str"},
        "server": {"type": "str"},
        "tls_server_name": {"type": "str"},
        "proxy_url": {"type": "str"},
        "check_server_name": {"type": "bool"},
        "service_account": {"type": "bool"},
        "service_account_namespace": {"type": "str"},
        "service_account_rules": {"type": "list", "elements": "dict"},
        "kubectl": {"type": "str"},
        "become": {"type": "bool"},
        "cluster": {"type": "dict", "options": cluster},
        "allow_several_names": {"type": "bool"},
        "on_drift": policy_spec(defaults=False)["on_drift"],
        "expiry_warning_days": {"type": "int"},
        "min_days_left": {"type": "int"},
        "connection": {"type": "dict", "options": connection},
        "install_agent": {"type": "bool"},
        "protect_nodes": {"type": "bool"},
        "daemonset": {"type": "dict", "options": daemonset},
        "preflight": {"type": "bool"},
        "check_network": {"type": "bool"},
        "require_permissions": {"type": "bool"},
        "wait": {"type": "bool"},
        "wait_timeout": {"type": "int"},
        "image_tool": {"type": "str", "choices": ["skopeo", "podman"]},
        "image_host": {"type": "str"},
        "image_checksum": {"type": "str"},
        "no_log": {"type": "bool"},
        "agent_take_over": {"type": "bool"},
        "agent_allow": {"type": "list", "elements": "str"},
        # No default, because each of them costs something else.
        "charging_mode": {"type": "str", "choices": list(CHARGING_MODES)},
        "uninstall_agents": {"type": "bool"},
    }
    return {PREFIX + name: option for name, option in spec.items()}


def read_variables(given: Mapping[str, Any]) -> Variables:
    """Checks the variables of a host.

    :arg given: by their full names; None, empty texts and empty mappings count as not given.
    :raises InvalidVariable: if one cannot be used.
    """
    known = {
        name: _parsed(name, value) for name, value in given.items() if name in VARIABLES and _is_given(name, value)
    }
    for option, variable in _OWN_VARIABLES.items():
        if isinstance(known.get("hss_onboard_cluster"), Mapping) and option in known["hss_onboard_cluster"]:
            raise InvalidVariable(f"hss_onboard_cluster: '{option}' has a variable of its own; set {variable} instead.")
    try:
        result = _VALIDATOR.validate(known)
    except TypeError:
        # Ansible's validation expects a mapping wherever the specification has one.
        mappings = ", ".join(name for name in known if _SPEC[name]["type"] == "dict")
        raise InvalidVariable(f"{mappings}: an option in it must be a mapping, and is something else.") from None
    if result.error_messages:
        raise InvalidVariable(_message(result.error_messages))
    values = {name[len(PREFIX) :]: value for name, value in result.validated_parameters.items() if value is not None}
    for name in ("cluster", "connection", "daemonset"):
        values[name] = _without_none(values.get(name) or {})
    if values.get("wait_timeout", 1) <= 0:
        raise InvalidVariable(f"hss_onboard_wait_timeout: must be more than 0 seconds, not {values['wait_timeout']}.")
    if "wait_timeout" in values:
        values["node_wait_timeout"] = values["wait_timeout"]
    _check_cluster_variables(values)
    return Variables(**values)


def _check_cluster_variables(values: Mapping[str, Any]) -> None:
    """Checks what cannot be used in any cluster.

    :raises InvalidVariable: if there is something.
    """
    namespace = str(values.get("service_account_namespace") or "")
    if values.get("service_account") and (is_system_namespace(namespace) or namespace == AGENT_NAMESPACE):
        whose = "the agents of HSS" if namespace == AGENT_NAMESPACE else "Kubernetes itself"
        raise InvalidVariable(
            f"hss_onboard_service_account_namespace: {namespace} is a namespace of {whose}. Give the account one of "
            "its own."
        )
    try:
        require_permissions("hss_onboard_agent_allow", values.get("agent_allow") or ())
    except LimitError as exc:
        raise InvalidVariable(str(exc)) from None


def unknown_variables(names: Mapping[str, Any]) -> list[str]:
    """A warning for each variable that begins like the role's and is none of them."""
    warnings = []
    for name in sorted(str(name) for name in names):
        if name.startswith(PREFIX) and name not in VARIABLES and name not in _OTHER_VARIABLES:
            nearest = difflib.get_close_matches(name[len(PREFIX) :], [known[len(PREFIX) :] for known in VARIABLES], 1)
            suggestion = f"; is {PREFIX}{nearest[0]} meant?" if nearest else ""
            warnings.append(f"{name} is no variable of the role hss_onboard{suggestion}")
    return warnings


def in_terms_of_the_role(text: str) -> str:
    """A message of the modules in which options have the names of the role's variables, which may be some already."""
    text = text.replace("Set path to", "Set hss_onboard_kubeconfig_path to")
    text = _ALLOWING_OPTION.sub(r"hss_onboard_cluster.kube_config_\1", text)
    text = _LEADING_OPTION.sub(lambda match: f"{_VARIABLE_OF[match[1]]}: ", text)
    text = _WAIT_TIMEOUT.sub("hss_onboard_wait_timeout", text)
    text = _SCHEDULE_OPTIONS.sub(r"\1 in hss_onboard_daemonset.schedule_info", text)
    return _ASSIGNED_OPTION.sub(lambda match: f"{_VARIABLE_OF[match[1]]}=", text)


def _is_given(name: str, value: Any) -> bool:
    if value == "":
        return name == "hss_onboard_proxy_url"  # no proxy, whatever the kubeconfig says
    # Checking an empty mapping takes as long as checking all of its options, on every host.
    return value is not None and not (value == {} and _SPEC[name]["type"] == "dict")


def _parsed(name: str, value: Any) -> Any:
    """A mapping or list that was given as JSON text, as extra variables and surveys give it."""
    kind = _SPEC[name]["type"]
    if kind == "dict" and not isinstance(value, (str, Mapping)):
        raise InvalidVariable(f"{name}: must be a mapping, and is a {type(value).__name__}.")
    if kind == "dict" and isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
        raise InvalidVariable(f"{name}: the names of options in it must be text.")
    if not isinstance(value, str) or kind not in ("dict", "list"):
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
        raise InvalidVariable(f"{name}: must be a {_KIND_NAMES[kind]}; this text is not JSON.") from None
    if not isinstance(parsed, dict if kind == "dict" else list):
        raise InvalidVariable(f"{name}: must be a {_KIND_NAMES[kind]}; this JSON text is something else.")
    return parsed


def _message(messages: list[str]) -> str:
    """Ansible's own messages in one line, with the nearest name for each misspelt option."""
    parts = []
    for message in messages:
        unsupported = re.match(r"(hss_onboard_\w+)\.(\w+)\. Supported parameters include: (.*)\.$", message)
        if unsupported:
            variable, option, supported = unsupported.groups()
            nearest = difflib.get_close_matches(option, re.findall(r"\w+", supported), 1)
            suggestion = f" Is '{nearest[0]}' meant?" if nearest else f" Known options: {supported}."
            message = f"{variable}: '{option}' is not an option of it.{suggestion}"
        parts.append(message if message.endswith((".", "?")) else f"{message}.")
    return " ".join(parts)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


_SPEC = variables_spec()
_VALIDATOR = ArgumentSpecValidator(_SPEC)
VARIABLES = tuple(_SPEC)
_KIND_NAMES = {"dict": "mapping", "list": "list"}
_VARIABLE_OF = {
    **{option: f"hss_onboard_connection.{option}" for option in connection_spec()},
    **{option: f"hss_onboard_cluster.{option}" for option in {**cluster_spec(), **policy_spec()}},
    **{item.name: PREFIX + item.name for item in fields(Variables)},
    **_OWN_VARIABLES,
    # Options of kubeconfig_info.
    "path": "hss_onboard_kubeconfig_path",
    "cluster_id": "hss_onboard_cluster.cluster_id",
}
_OPTION_NAMES = "|".join(sorted(map(re.escape, _VARIABLE_OF), key=len, reverse=True))
_LEADING_OPTION = re.compile(rf"^({_OPTION_NAMES}): ")
_ALLOWING_OPTION = re.compile(
    r"(?<![\w.])(?:kube_config_)?(allow_(?:insecure|in_cluster_server|server_without_ca))(?!\w)"
)
_ASSIGNED_OPTION = re.compile(rf"(?<![\w.])({_OPTION_NAMES})=")
_WAIT_TIMEOUT = re.compile(r"(?<![\w.])wait_timeout(?![\w=])")
_SCHEDULE_OPTIONS = re.compile(r"(?<![\w.])(node_selector and pod_tolerances)(?! in )")
