# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the stages of onboarding on a host that speaks for its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import (
    REJECTED,
    HssError,
    enumerate_some,
    sanitize,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    COMMANDS,
    MAX_COMMAND,
    PASSWORD_VARIABLE,
    PLACEHOLDER,
    secret_name,
    with_variable,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.limits import NAMESPACE as AGENT_NAMESPACE
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.parse import (
    ManifestError,
    manifest_secret_values,
    parse_manifests,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.connectivity import (
    AgentAddresses,
    agent_addresses,
)

from . import images
from .account import (
    AGENT_ROLE,
    NOTE,
    account_binding_options,
    account_removal_options,
    annotation_of,
    binding_conflict_message,
    note_options,
    other_notes,
    place_of,
    token_secret_options,
)
from .agents import (
    desired_objects,
    in_terms_of_the_role,
    preflight_options,
    registration_labels,
    through_proxies,
    visible_rows,
    waiting_of,
)
from .apply import AgentObjects, merged
from .clusters import OnboardedCluster
from .host import on_control_node, one_line, run_action, run_module, run_on_host
from .load_images import ARCHIVE_VALUES, ImageLoader
from .reading import HostReading
from .register import Connected
from .variables import Variables
from .write_only import NOTE_NAME, WriteOnlyNote

_OBJECTS, _PREFLIGHT = "huaweicloud.hss.kubectl_objects", "huaweicloud.hss.kubectl_preflight"
_SECRET_INFO = "huaweicloud.hss.kubectl_secret_info"
_NOTE_SECONDS = 60
AGENT_ADDRESSES = ("anp_address", "agent_address")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def change_agent(
    action: ActionBase, task_vars: dict[str, Any], cluster: OnboardedCluster, host: HostReading, connected: Connected
) -> dict[str, Any]:
    """Installs the connection agent in the host's cluster, or removes it, with what was made for HSS.

    :returns: C(objects), C(conflicts), C(changed), C(answered), C(warnings) and C(msg), as of kubectl_objects; no
        C(objects) in case of failure. C(final) if another host of the cluster would not do better. C(bound) if the
        ServiceAccount got the rights to manage agents.
    """
    result: dict[str, Any]
    try:
        if host.variables.present:
            if host.variables.install_agent:
                result = _install(action, task_vars, cluster, host, connected)
            else:
                result = {"objects": []}
            if host.variables.binds_account and result.get("objects") is not None:
                result = _with_binding(action, task_vars, host, result)
        elif not host.local_kube_config:
            return {"msg": host.local_problem}
        else:
            result = _remove(action, task_vars, cluster, host, connected)
    except AnsibleConnectionFailure as exc:
        return {"msg": f"the host {host.host} could not be reached: {one_line(exc)}"}
    except AnsibleError as exc:
        return {"msg": f"{host.host}: {one_line(exc)}"}
    except (HssError, ManifestError) as exc:
        return {"msg": connected.text(exc)}
    for name in ("objects", "conflicts"):
        if name in result:
            result[name] = visible_rows(result[name])
    if result.get("warnings"):
        result["warnings"] = [in_terms_of_the_role(str(text)) for text in result["warnings"]]
    if result.get("msg"):
        result["msg"] = connected.text(in_terms_of_the_role(str(result["msg"])))
    return {**result, **waiting_of(result)}


def note_account(
    action: ActionBase, task_vars: dict[str, Any], cluster: OnboardedCluster, host: HostReading
) -> dict[str, Any]:
    """Notes in the cluster which token of the ServiceAccount HSS has.

    :returns: C(changed), or C(warnings) if it could not be noted; then the next run sends the token again.
    """
    try:
        options = {**note_options(host.variables, cluster.account_note), "wait_timeout": _NOTE_SECONDS}
        result = run_action(action, _OBJECTS, {**_target(host), **options}, task_vars)
    except AnsibleError as exc:
        result = {"failed": True, "msg": one_line(exc)}
    if not result.get("failed"):
        return {"changed": bool(result.get("changed"))}
    text = in_terms_of_the_role(str(result.get("msg")))
    return {"warnings": [f"the cluster could not note that HSS has the token, so the next run sends it again: {text}"]}


def _agent_objects(
    action: ActionBase, task_vars: dict[str, Any], cluster: OnboardedCluster, host: HostReading, connected: Connected
) -> AgentObjects:
    def kubectl(options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        return run_action(action, _OBJECTS, {**_target(host), **options}, task_vars, check_mode)

    def listed() -> dict[str, str]:
        rows = connected.session.api().list_clusters()
        return {str(row["cluster_id"]): connected.text(row.get("cluster_name")) for row in rows}

    labels = registration_labels(connected.session.api().project_id, cluster.name)
    return AgentObjects(kubectl, host.variables, labels, listed)


def _target(host: HostReading) -> dict[str, Any]:
    return {"kubectl": host.variables.kubectl, "kubeconfig_content": host.local_kube_config}


def _install(
    action: ActionBase, task_vars: dict[str, Any], cluster: OnboardedCluster, host: HostReading, connected: Connected
) -> dict[str, Any]:
    variables, warnings = host.variables, []
    if variables.preflight:
        addresses = _addresses(connected, variables) if variables.check_network else AgentAddresses()
        warnings += [connected.text(text) for text in addresses.warnings]
        options = {**_target(host), **preflight_options(variables), "addresses": addresses.addresses}
        result = run_action(action, _PREFLIGHT, options, task_vars)
        warnings += result.get("warnings") or []
        if result.get("failed"):
            return {"msg": result["msg"], "warnings": warnings}
    objects = _agent_objects(action, task_vars, cluster, host, connected)
    if not cluster.cluster_id:
        result = objects.foretell()
        return {**result, "warnings": [*warnings, *(result.get("warnings") or ())]}
    api = connected.session.api()
    manifests = parse_manifests(api.show_install_script(cluster.cluster_id))
    connected.redactor.add(*manifest_secret_values(manifests))
    name = ""
    if variables.cluster.get("image_repo"):
        try:
            name = secret_name(_image_commands(connected, variables.cluster).get("secret_command")) or ""
        except HssError:
            # The manifests name the Secret themselves, if they need one.
            pass
    labels = registration_labels(api.project_id, cluster.name)
    namespaces = (item["metadata"].get("namespace") for item in manifests)
    namespace = next(filter(None, namespaces), AGENT_NAMESPACE)
    options = {**_target(host), "name": NOTE_NAME, "namespace": namespace, "wait_timeout": 0}
    earlier = WriteOnlyNote.read(run_action(action, _SECRET_INFO, options, task_vars).get("data") or {})
    if earlier is None or earlier.cluster_id != cluster.cluster_id or "create" in (cluster.registered or ()):
        note = WriteOnlyNote.of(variables.cluster, cluster.cluster_id)
    else:
        note = earlier
        warnings += [connected.text(text) for text in note.warnings(variables.cluster)]
    desired = desired_objects(manifests, variables, name, labels)
    result = objects.apply([*desired, note.secret(namespace, labels)], cluster.cluster_id)
    return {**result, "warnings": [*warnings, *(result.get("warnings") or ())]}


def _with_binding(
    action: ActionBase, task_vars: dict[str, Any], host: HostReading, result: dict[str, Any]
) -> dict[str, Any]:
    """Binds the ServiceAccount to HSS's own Role, which is in the cluster by now. HSS says later what it still lacks.

    :arg result: of the connection agent.
    """
    options = {**account_binding_options(host.variables), "wait_timeout": _NOTE_SECONDS}
    try:
        bound = run_action(action, _OBJECTS, {**_target(host), **options}, task_vars)
    except AnsibleError as exc:
        bound = {"failed": True, "msg": one_line(exc)}
    if bound.get("failed"):
        conflicts = bound.get("conflicts")
        why = binding_conflict_message(conflicts) if conflicts else bound.get("msg")
        warning = f"the ServiceAccount did not get the rights of the Role {AGENT_ROLE}: {why}"
        return {**result, "warnings": [*(result.get("warnings") or ()), warning]}
    # The agent's own changes are reported as such.
    return {**merged([result, bound]), "changed": bool(result.get("changed")), "bound": bool(bound.get("changed"))}


def _addresses(connected: Connected, variables: Variables) -> AgentAddresses:
    """The addresses to which the agents will connect. What cannot be found out is a warning."""
    proxies, warnings = through_proxies(variables.cluster)
    network: dict[str, Any] = {}
    if len(proxies) < len(AGENT_ADDRESSES):
        try:
            network = connected.session.api().show_agent_network()
        except HssError as exc:
            warnings.append(f"HSS did not name its addresses, so whether they can be reached is not checked: {exc}")
            network = dict.fromkeys(AGENT_ADDRESSES, "")
    found = agent_addresses({**network, **proxies})
    # Of an empty address there is a warning already.
    known = [text for text in found.warnings if not any(f"no {name}," in text for name in _empty(network, proxies))]
    return AgentAddresses(found.addresses, [*warnings, *known])


def _empty(network: Mapping[str, Any], proxies: Mapping[str, str]) -> list[str]:
    return [name for name, text in {**network, **proxies}.items() if text == ""]


def _remove(
    action: ActionBase, task_vars: dict[str, Any], cluster: OnboardedCluster, host: HostReading, connected: Connected
) -> dict[str, Any]:
    variables, results = host.variables, []
    # First, since it has a binding in the agent's namespace, which is kept if objects of others are in it.
    if variables.service_account:
        place = place_of(connected.session.api().project_id, cluster.name)
        results.append(_remove_account(action, task_vars, host, place))
    if variables.install_agent and not any(result.get("failed") for result in results):
        results.append(_agent_objects(action, task_vars, cluster, host, connected).remove(cluster.cluster_id))
    return merged(results)


def _remove_account(action: ActionBase, task_vars: dict[str, Any], host: HostReading, place: str) -> dict[str, Any]:
    """Removes the ServiceAccount, unless registrations in other places have its token as well."""
    variables = host.variables
    options = {**token_secret_options(variables), "wait_timeout": 0}
    found = run_action(action, _SECRET_INFO, {**_target(host), **options}, task_vars)
    others = other_notes(str(found.get("annotations", {}).get(NOTE) or ""), place)
    if not others:
        options = {**account_removal_options(variables), "wait_timeout": variables.wait_timeout}
        return run_action(action, _OBJECTS, {**_target(host), **options}, task_vars)
    options = {**note_options(variables, annotation_of(others)), "wait_timeout": _NOTE_SECONDS}
    result = run_action(action, _OBJECTS, {**_target(host), **options}, task_vars)
    ids = enumerate_some([note.cluster_id for note in others])
    warning = (
        f"the ServiceAccount stays in the cluster, because its token was sent for other registrations as well: {ids}. "
        f"Delete the namespace {variables.service_account_namespace} if they no longer exist"
    )
    return result if result.get("failed") else {"changed": False, "objects": [], "warnings": [warning]}


def _image_commands(connected: Connected, cluster: Mapping[str, Any]) -> dict[str, Any]:
    """HSS's commands for a private registry, with a variable in place of the password."""
    reply = connected.session.api().show_image_command(
        str(cluster["image_repo"]),
        str(cluster.get("organization") or ""),
        str(cluster.get("image_repo_username") or ""),
        PLACEHOLDER,
        "agent",
    )
    commands = {name: str(reply.get(name) or "") for name in COMMANDS}
    for name, command in commands.items():
        if len(command) > MAX_COMMAND:
            raise HssError(f"{name} exceeds {MAX_COMMAND} characters", hint="", outcome=REJECTED)
    return {**reply, **{name: with_variable(command) for name, command in commands.items()}}


def _redacted(connected: Connected, answer: Mapping[str, Any]) -> dict[str, Any]:
    """HSS's answer without secrets. The name of the variable, which a password may resemble, is no part of any."""
    return {
        name: PASSWORD_VARIABLE.join(map(connected.redacted, value.split(PASSWORD_VARIABLE)))
        if isinstance(value, str)
        else value
        for name, value in answer.items()
    }


def load_images(
    action: ActionBase, task_vars: dict[str, Any], cluster: OnboardedCluster, connected: Connected
) -> dict[str, Any]:
    """Loads HSS's images into the private registry of a cluster, or says how to do it by hand.

    :returns: C(changed), C(failed) and C(msg).
    """
    variables = cluster.speaker.variables
    options = variables.cluster
    missing = [name for name in ("organization", "image_repo_username") if not options.get(name)]
    try:
        if missing:
            raise HssError(f"{missing[0]} is missing in hss_onboard_cluster")
        answer = _image_commands(connected, options)
    except HssError as exc:
        answer = {"msg": connected.text(exc)}
    is_connected = cluster.row.get("status") == "connect_success"
    checksum = variables.image_checksum or ""
    tool = variables.image_tool or ""
    plan = images.plan(answer, options, tool, checksum, is_connected)
    if plan["todo"]:
        # The registration has sent the password to HSS, which can quote it.
        plan["todo"] = images.plan(_redacted(connected, answer), options, tool, checksum, is_connected)["todo"]
    steps: dict[str, Any] = {}
    if plan["images"]:
        username, password = (str(options.get(f"image_repo_{name}") or "") for name in ("username", "password"))
        check_mode = bool(action._task.check_mode)

        def load(variables_of_host: dict[str, Any]) -> dict[str, Any]:
            run = partial(run_on_host, action)
            module = partial(run_module, action, returned=ARCHIVE_VALUES, task_vars=variables_of_host)
            return ImageLoader(run, module, plan, username, password, checksum).load(check_mode)

        try:
            if variables.image_host in _LOCAL_HOSTS:
                with on_control_node(action, task_vars) as local_vars:
                    steps = load(local_vars)
            else:
                steps = load(task_vars)
        except AnsibleConnectionFailure as exc:
            steps = {"found": {"unreachable": True, "msg": one_line(exc)}}
        except AnsibleError as exc:
            steps = {"error": one_line(exc)}
    outcome = images.outcome(plan, steps, options, variables.image_host, True, bool(action._task.check_mode))
    # HSS, the registry, the archive and the tools all have a part in it.
    return {**outcome, "msg": sanitize(outcome["msg"])}
