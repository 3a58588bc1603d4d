# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the first stage of onboarding: what one host and its variables say of a cluster."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

import yaml
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import KubeconfigPolicy
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection.options import is_address
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.environment import task_environment
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import HostFileError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.kubeconfig import HostKubeconfig, KubeconfigReader

from .account import (
    NOTE,
    account_binding_options,
    account_conflict_message,
    account_owner,
    digest_of,
    makes_token,
    no_token_message,
    service_account_objects,
    stale_token,
    token_secret_options,
)
from .agents import in_terms_of_the_role as in_terms_of_kubectl
from .host import given_variables, one_line, read_on_host, run_action, task_options
from .reading import HostReading
from .variables import InvalidVariable, Variables, in_terms_of_the_role, read_variables

_OBJECTS, _PREFLIGHT = "huaweicloud.hss.kubectl_objects", "huaweicloud.hss.kubectl_preflight"
# In check mode, the plan is made with this in place of a token that is not made.
_TOKEN_TO_COME = "token-of-the-service-account"
# Every host of the play waits for the slowest one.
_ACCOUNT_SECONDS = 120
_MAX_NODE_NAME = 253  # characters, as in Kubernetes
_MAX_ADDRESSES = 8  # of a node


def read_host(action: ActionBase, task_vars: dict[str, Any], asks_cluster: bool = True) -> HostReading:
    """Reads what the host's variables say, and its kubeconfig if that is needed. Everything wrong is a C(problem).

    :arg asks_cluster: whether the names of the nodes may be needed.
    """
    host = str(task_vars["inventory_hostname"])
    try:
        variables = read_variables(given_variables(action, task_vars))
    except InvalidVariable as exc:
        name = task_vars.get("hss_onboard_name")
        named = Variables(str(name) if isinstance(name, str) and "{{" not in name else host)
        return HostReading(host, named, variables_valid=False, problem=sanitize(str(exc)))
    reading = HostReading(host, variables, options=task_options(action), environment=task_environment(action))
    asks_cluster = asks_cluster and variables.needs_nodes and not action._task.args.get("rotate")
    if not variables.present and not variables.changes_cluster and not asks_cluster:
        return reading
    if not variables.become:
        # The task says become for all hosts, because a template there would take time on each of them.
        action._connection.set_become_plugin(None)
    try:
        reading = _with_kubeconfig(reading, _read_kubeconfig(action, variables))
        if variables.present and variables.service_account:
            reading = _with_service_account(action, task_vars, reading)
        elif variables.present and variables.install_agent and not action._task.args.get("rotate"):
            reading = _with_known_account(action, task_vars, reading)
        if asks_cluster and reading.usable and reading.local_kube_config:
            reading = _with_nodes(action, task_vars, reading)
    except AnsibleConnectionFailure as exc:
        return _with_problem(reading, one_line(exc), unreachable=True)
    except AnsibleError as exc:
        return _with_problem(reading, one_line(exc))
    except HostFileError as exc:
        return _with_problem(reading, in_terms_of_the_role(sanitize(str(exc))))
    return reading


def read_host_only(action: ActionBase, task_vars: dict[str, Any]) -> HostReading:
    """Reads a host as L(read_host) does, without making a ServiceAccount in its cluster or asking it for its nodes."""
    name = str(task_vars["inventory_hostname"])
    variables = {"hss_onboard_name": name, **task_vars, "hss_onboard_service_account": False}
    return read_host(action, variables, asks_cluster=False)


def _with_problem(reading: HostReading, problem: str, unreachable: bool = False) -> HostReading:
    if not reading.variables.present:
        # The registration of a cluster that is lost can be removed.
        return dataclasses.replace(reading, local_problem=problem)
    return dataclasses.replace(reading, problem=problem, unreachable=unreachable)


def _read_kubeconfig(action: ActionBase, variables: Variables) -> HostKubeconfig:
    policy = KubeconfigPolicy(
        context=variables.context,
        allow_insecure=bool(variables.cluster.get("kube_config_allow_insecure")),
        # The stage that registers warns, once for all hosts of a cluster.
        expiry_warning_days=0,
    )
    if variables.present:
        policy = dataclasses.replace(
            policy,
            server=variables.server,
            tls_server_name=variables.tls_server_name,
            proxy_url=variables.proxy_url,
            allow_in_cluster_server=bool(variables.cluster.get("kube_config_allow_in_cluster_server")),
            allow_server_without_ca=bool(variables.cluster.get("kube_config_allow_server_without_ca")),
            token_follows=bool(variables.service_account),
        )
    else:
        policy = dataclasses.replace(policy, for_kubectl=True)
    return KubeconfigReader(partial(read_on_host, action)).read(
        variables.kubeconfig_path, policy, variables.present and variables.check_server_name
    )


def _with_kubeconfig(reading: HostReading, found: HostKubeconfig) -> HostReading:
    config = found.config
    if not reading.variables.present:
        # HSS gets nothing.
        return dataclasses.replace(reading, path=found.path, local_kube_config=found.local_text)
    return dataclasses.replace(
        reading,
        path=found.path,
        kube_config=config.text,
        local_kube_config=found.local_text,
        server=config.server,
        ca=config.ca,
        user=config.user,
        holder=config.holder,
        credential="certificate" if config.has_certificate else "token",
        days_left=config.days_left,
        warnings=tuple(sanitize(text) for text in (*config.edit_warnings, *found.warnings)),
    )


def _with_service_account(action: ActionBase, task_vars: dict[str, Any], reading: HostReading) -> HostReading:
    """Makes a ServiceAccount for HSS with the host's kubectl, and puts its token in place of the admin's credential."""
    variables = reading.variables
    made: dict[str, Any] = {}
    # Sending renewed credentials makes nothing in a cluster.
    if not action._task.args.get("rotate"):
        options: dict[str, Any] = {
            "objects": service_account_objects(variables),
            "owner": account_owner(variables),
            "wait_timeout": min(variables.wait_timeout, _ACCOUNT_SECONDS),
        }
        made = run_action(action, _OBJECTS, {**_target(reading), **options}, task_vars)
        if made.get("failed"):
            conflicts = made.get("conflicts")
            why = account_conflict_message(conflicts, variables) if conflicts else made.get("msg")
            return _without_account(reading, why)
        if stale := stale_token(made["objects"], options["objects"]):
            steps: list[dict[str, Any]] = [{"state": "absent", "objects": stale}, {"objects": stale}]
            for step in steps:
                renewed = run_action(action, _OBJECTS, {**_target(reading), **options, **step}, task_vars)
                if renewed.get("failed"):
                    return _without_account(reading, renewed.get("msg"))
        actions = {item["action"] for item in made["objects"] if item["action"] != "unchanged"}
        # What is missing was deleted, unless everything is missing.
        whole = actions == {"created"} and all(item["action"] == "created" for item in made["objects"])
        reading = dataclasses.replace(reading, account_action="" if not actions else "created" if whole else "updated")
        if not variables.binds_account:
            reading = _without_binding(action, task_vars, reading)
        if action._task.check_mode and (stale or makes_token(made["objects"])):
            return _with_token(reading, _TOKEN_TO_COME)
    # The account's token is in the cluster in which that kubectl made it.
    found = _token_secret(action, task_vars, reading, made.get("kubectl"))
    if not found.get("failed"):
        return _with_token(_with_note(reading, found), _token_in(found))
    if not action._task.args.get("rotate"):
        return _without_account(reading, found.get("msg"))
    # Whether that matters depends on what HSS has already. The administrator's credential is no substitute.
    problem = in_terms_of_kubectl(sanitize(str(found.get("msg"))).strip())
    if found.get("answered"):
        problem = no_token_message(variables)
    return dataclasses.replace(
        _with_token(reading, _TOKEN_TO_COME),
        kube_config="",
        account_problem=problem,
        account_missing=bool(found.get("answered")),
    )


def _with_token(reading: HostReading, token: str) -> HostReading:
    document = yaml.safe_load(reading.kube_config)
    document["users"] = [{"name": document["users"][0]["name"], "user": {"token": token}}]
    return dataclasses.replace(
        reading,
        kube_config=str(yaml.safe_dump(document, sort_keys=False)),
        user="ServiceAccount",
        holder="",
        credential="service_account",
        days_left=None,
    )


def _without_binding(action: ActionBase, task_vars: dict[str, Any], reading: HostReading) -> HostReading:
    """Takes back the rights that the ServiceAccount had while HSS managed agents in the cluster."""
    options = {**account_binding_options(reading.variables), "wait_timeout": 0}
    result = run_action(action, _OBJECTS, {**_target(reading), **options}, task_vars)
    if result.get("failed"):
        text = in_terms_of_kubectl(sanitize(str(result.get("msg"))).strip())
        warning = f"the ServiceAccount may still have rights in the namespace of the agents: {text}"
        return dataclasses.replace(reading, warnings=(*reading.warnings, warning))
    updated = "updated" if result.get("changed") else ""
    return dataclasses.replace(reading, account_action=reading.account_action or updated)


def _without_account(reading: HostReading, reason: Any) -> HostReading:
    text = in_terms_of_kubectl(sanitize(str(reason)).strip())
    return dataclasses.replace(reading, problem=f"the ServiceAccount could not be made or has no token: {text}")


def _with_known_account(action: ActionBase, task_vars: dict[str, Any], reading: HostReading) -> HostReading:
    """Finds out whether the cluster notes that HSS has the token of a ServiceAccount. Its absence is no problem."""
    found = _token_secret(action, task_vars, reading, reading.variables.kubectl, seconds=0)
    return reading if found.get("failed") else _with_note(reading, found)


def _with_note(reading: HostReading, found: Mapping[str, Any]) -> HostReading:
    cluster = yaml.safe_load(reading.kube_config)["clusters"][0]["cluster"]
    note = str(found.get("annotations", {}).get(NOTE) or "")
    return dataclasses.replace(reading, account_digest=digest_of(cluster, _token_in(found)), account_note=note)


def _token_in(found: Mapping[str, Any]) -> str:
    """The token in a Secret. What is none is refused later."""
    return base64.b64decode(str(found["data"]["token"])).decode("utf-8", "replace")


def _with_nodes(action: ActionBase, task_vars: dict[str, Any], reading: HostReading) -> HostReading:
    """Adds the nodes that the cluster has. It is no problem if it does not answer: HSS may list all that is needed."""
    found = run_action(action, _PREFLIGHT, {**_target(reading), "fail": False}, task_vars)
    nodes = []
    for node in found.get("nodes") or ():
        addresses = [address for address in node["addresses"] if is_address(address)]
        if node["os"] == "linux" and addresses and len(node["name"]) <= _MAX_NODE_NAME:
            nodes.append((node["name"], *addresses[:_MAX_ADDRESSES]))
    return dataclasses.replace(reading, nodes=tuple(nodes))


def _token_secret(
    action: ActionBase, task_vars: dict[str, Any], reading: HostReading, kubectl: str | None, seconds: int = 10
) -> dict[str, Any]:
    options = {**_target(reading), **token_secret_options(reading.variables), "wait_timeout": seconds}
    if kubectl:
        options["kubectl"] = kubectl
    return run_action(action, "huaweicloud.hss.kubectl_secret_info", options, task_vars)


def _target(reading: HostReading) -> dict[str, Any]:
    return {"kubectl": reading.variables.kubectl, "kubeconfig_content": reading.local_kube_config}
