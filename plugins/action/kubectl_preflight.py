# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: checks with the kubectl of a managed host whether agents can be installed in the cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.options import RUNTIMES
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    require_seconds,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.options import validated_options
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    CallResult,
    KubectlError,
    Target,
    parse_object,
    parse_objects,
    parse_result,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.connectivity import (
    Address,
    connectivity_script,
    parse_addresses,
    parse_connectivity,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import call_error, is_passing
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    serialize_objects,
    validated_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.preflight import (
    AgentPods,
    Findings,
    access_reviews,
    check_access,
    check_nodes,
    check_version,
    map_resources,
    objects_to_map,
    parse_version,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import Resource

_SPEC = {
    **TARGET_SPEC,
    # Checked by validated_objects, whose errors do not quote the value.
    "objects": {"type": "list", "elements": "raw", "default": []},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "minimum_version": {"type": "str", "default": "1.19"},
    "tolerations": {"type": "list", "elements": "dict", "default": []},
    "image_arch": {"type": "str", "choices": ["x86", "arm"]},
    "runtime_info": {
        "type": "list",
        "elements": "dict",
        "options": {
            "runtime_name": {"type": "str", "required": True, "choices": list(RUNTIMES)},
            "runtime_path": {"type": "str"},
        },
    },
    "timeout": {"type": "int", "default": 10},
    "fail": {"type": "bool", "default": True},
}
# If the API server does not answer, each of the following calls would run into its timeout.
_VERSION = Call(["version", "-o", "json"], required=True)
# Without --raw, kubectl would first discover all APIs of the API server, with several attempts if it does not answer.
_MAX_NODES = 500
_NODES = Call(["get", "--raw", f"/api/v1/nodes?limit={_MAX_NODES}"])
# Seconds before the calls are repeated, if the first one has failed with an error that is likely to pass.
_PAUSES = (1, 2)
_REVIEW = Call(["create", "-f", "-", "-o", "json"], reads_stdin=True)


class ActionModule(KubectlAction):
    """Query the cluster with kubectl and check the output."""

    _supports_diff = False

    # An instance runs once.
    _redactor = Redactor()

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result that the documentation of the module describes."""
        result = super().run(tmp, task_vars)
        args = validated_options(self, _SPEC)
        try:
            kubectl, findings = self._check(args)
        except KubectlError as exc:
            return {**result, "failed": True, "msg": sanitize(str(exc))}
        problems = [sanitize(self._redactor.redact(text)) for text in findings.problems]
        if findings.warnings:
            result["warnings"] = [sanitize(self._redactor.redact(text)) for text in findings.warnings]
        if problems and args["fail"]:
            result.update(failed=True, msg=" ".join(problems))
        return {
            **result,
            "changed": False,
            "kubectl": kubectl,
            "version": findings.version,
            "nodes": findings.nodes,
            "denied": findings.denied,
            "unreachable_addresses": findings.unreachable,
            "problems": problems,
        }

    def _check(self, args: dict[str, Any]) -> tuple[str | None, Findings]:
        """Return the kubectl command that was used, and the findings.

        :raises KubectlError: for options that are not valid.
        """
        require_seconds(args, "timeout", minimum=1)
        minimum = parse_version(str(args["minimum_version"]))
        addresses = parse_addresses(str(text) for text in args["addresses"])
        objects = validated_objects(args["objects"])
        findings = Findings()
        script = connectivity_script(addresses, args["timeout"])
        Target(args["kubectl"] or None).commands()
        try:
            target = self._target(args, request_timeout=args["timeout"])
        except KubectlError as exc:
            # Whether the addresses can be reached does not depend on it.
            findings.problems.append(str(exc))
            target = Target(request_timeout=args["timeout"])
            mark, executed = self._execute_calls(target, [], b"", script) if addresses else ("", {})
            self._note_connectivity(addresses, mark, executed, findings)
            return None, findings
        self._redactor = self._without_credential(target)
        # If the API server has to be asked for the resources of some kinds, the permissions are reviewed afterwards.
        unmapped = objects_to_map(objects)
        reviews = [] if unmapped else access_reviews(objects, {})
        versions = list(dict.fromkeys(str(item.content["apiVersion"]) for item in unmapped))
        discovery = [
            Call(["get", "--raw", f"/apis/{version}" if "/" in version else f"/api/{version}"]) for version in versions
        ]
        calls = [_VERSION, _NODES, *discovery]
        if reviews:
            calls.append(_REVIEW)
        kubectl = None
        mark, executed = self._execute_calls(target, calls, serialize_objects(reviews), script)
        try:
            host_result = parse_result(target, calls, mark, executed)
            for pause in _PAUSES:
                if not host_result.results[0].rc or not is_passing(host_result.results[0]):
                    break
                time.sleep(pause)
                host_result = self._run_kubectl(target, calls, serialize_objects(reviews))
            kubectl, results = host_result.kubectl, host_result.results
            if self._check_cluster(results, minimum, findings, _agent_pods(args)):
                resources = self._map_kinds(unmapped, results[2 : 2 + len(discovery)], findings)
                review_result = results[-1] if reviews else None
                if unmapped and (reviews := access_reviews(objects, resources)):
                    review_result = self._run_kubectl(target, [_REVIEW], serialize_objects(reviews)).results[0]
                if review_result is not None:
                    self._check_permissions(review_result, findings)
        except KubectlError as exc:
            findings.problems.append(str(exc))
        self._note_connectivity(addresses, mark, executed, findings)
        return kubectl, findings

    @staticmethod
    def _note_connectivity(
        addresses: Sequence[Address], mark: str, executed: Mapping[str, Any], findings: Findings
    ) -> None:
        connectivity = parse_connectivity(addresses, str(executed.get("stdout") or ""), mark)
        findings.unreachable = connectivity.unreachable
        findings.problems += connectivity.problems
        findings.warnings += connectivity.warnings

    def _check_cluster(
        self, results: Sequence[CallResult], minimum: tuple[int, ...], findings: Findings, pods: AgentPods
    ) -> bool:
        """Check the version and the nodes. Return whether the API server has answered."""
        version = results[0]
        if version.rc:
            findings.problems.append(str(call_error("getting the version", version, self._redactor)))
            return False
        check_version(parse_object(version.stdout), minimum, findings)
        nodes = results[1]
        if nodes.rc:
            findings.warnings.append(str(call_error("getting the nodes", nodes, self._redactor)))
        else:
            items = parse_objects(nodes.stdout)
            check_nodes(items, findings, pods)
            if len(items) >= _MAX_NODES:
                findings.warnings.append(f"Only the first {_MAX_NODES} nodes were checked.")
        return True

    @staticmethod
    def _map_kinds(
        unmapped: Sequence[KubeObject], results: Sequence[CallResult], findings: Findings
    ) -> dict[tuple[str, str], Resource]:
        """Return the resources that the API server reports for the kinds of the objects."""
        resources: dict[tuple[str, str], Resource] = {}
        for result in results:
            if not result.rc:
                resources.update(map_resources(parse_object(result.stdout), unmapped))
        for item in unmapped:
            if (item.group, item.kind) not in resources:
                kind = f"{item.kind} of {item.content['apiVersion']}"
                findings.problems.append(
                    f"The cluster does not know the kind {kind}. Check both, and install what provides the kind."
                )
        return resources

    def _check_permissions(self, result: CallResult, findings: Findings) -> None:
        if result.rc:
            findings.warnings.append(str(call_error("checking the account's permissions", result, self._redactor)))
        else:
            check_access(parse_objects(result.stdout), findings)


def _agent_pods(args: Mapping[str, Any]) -> AgentPods:
    runtimes = args["runtime_info"]
    paths = None if runtimes is None else {entry["runtime_name"]: entry["runtime_path"] for entry in runtimes}
    return AgentPods(args["tolerations"], args["image_arch"], paths)
