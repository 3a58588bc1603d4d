# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: asks a host's kubectl whether the cluster is fit for agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    at_least,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    KubectlError,
    Reply,
    Target,
    document,
    documents,
    read_answer,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.connectivity import (
    addresses_of,
    judge_reach,
    reach_script,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import failure
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    as_stream,
    given_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.preflight import (
    Findings,
    judge_nodes,
    judge_reviews,
    judge_version,
    resources_in,
    reviews,
    unknown_kinds,
    version_number,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import Resource

_SPEC = {
    **TARGET_SPEC,
    # Looked at by given_objects, which quotes nothing of what it refuses.
    "objects": {"type": "list", "elements": "raw", "default": []},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "minimum_version": {"type": "str", "default": "1.19"},
    "timeout": {"type": "int", "default": 10},
    "fail": {"type": "bool", "default": True},
}
# An API server that does not answer would keep each of those after it waiting.
_VERSION = Call(["version", "-o", "json"], vital=True)
# Without --raw kubectl would first ask for everything that the API server has, several times if there is no answer.
_NODES = Call(["get", "--raw", "/api/v1/nodes"])
_REVIEW = Call(["create", "-f", "-", "-o", "json"], reads=True)
_NOTHING_HIDDEN = Redactor()


class ActionModule(KubectlAction):
    """Asks, and judges the answers."""

    _supports_diff = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns what the module documentation of kubectl_preflight says."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(_SPEC)
        try:
            kubectl, findings = self._look(args)
        except KubectlError as exc:
            return {**result, "failed": True, "msg": sanitize(str(exc))}
        problems = [sanitize(text) for text in findings.problems]
        if findings.warnings:
            result["warnings"] = [sanitize(text) for text in findings.warnings]
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

    def _look(self, args: dict[str, Any]) -> tuple[str | None, Findings]:
        """:raises KubectlError: for options that cannot be meant."""
        at_least(1, "timeout", args)
        minimum = version_number(str(args["minimum_version"]))
        addresses = addresses_of(str(text) for text in args["addresses"])
        objects = given_objects(args["objects"])
        target = self._target(args, request_timeout=args["timeout"])
        target.commands()
        # Of kinds that only the cluster knows, the right to them is asked for when it has told their names.
        strange = unknown_kinds(objects)
        asked = [] if strange else reviews(objects, {})
        versions = list(dict.fromkeys(str(one.content["apiVersion"]) for one in strange))
        listings = [
            Call(["get", "--raw", f"/apis/{version}" if "/" in version else f"/api/{version}"]) for version in versions
        ]
        calls = [_VERSION, _NODES, *listings]
        if asked:
            calls.append(_REVIEW)
        findings = Findings()
        mark, done = self._on_host(target, calls, as_stream(asked), reach_script(addresses, args["timeout"]))
        kubectl = None
        try:
            answer = read_answer(target, calls, mark, done)
            kubectl = answer.kubectl
            if self._judge_cluster(answer.replies, minimum, findings):
                told = answer.replies[2 : 2 + len(listings)]
                self._judge_rights(target, objects, strange, told, answer.replies[-1] if asked else None, findings)
        except KubectlError as exc:
            findings.problems.append(str(exc))
        findings.unreachable, problems, warnings = judge_reach(addresses, str(done.get("stdout") or ""), mark)
        findings.problems += problems
        findings.warnings += warnings
        return kubectl, findings

    @staticmethod
    def _judge_cluster(replies: Sequence[Reply], minimum: tuple[int, ...], findings: Findings) -> bool:
        """Whether it can be asked at all."""
        version = replies[0]
        if version.rc:
            findings.problems.append(str(failure("asking for the version", version, _NOTHING_HIDDEN)))
            return False
        judge_version(document(version.stdout), minimum, findings)
        nodes = replies[1]
        if nodes.rc:
            findings.warnings.append(str(failure("looking at the nodes", nodes, _NOTHING_HIDDEN)))
        else:
            judge_nodes(documents(nodes.stdout), findings)
        return True

    def _judge_rights(
        self,
        target: Target,
        objects: Sequence[KubeObject],
        strange: Sequence[KubeObject],
        listings: Sequence[Reply],
        reviewed: Reply | None,
        findings: Findings,
    ) -> None:
        found: dict[tuple[str, str], Resource] = {}
        for listing in listings:
            if not listing.rc:
                found.update(resources_in(document(listing.stdout), strange))
        for one in strange:
            if (one.group, one.kind) not in found:
                kind = f"{one.kind} of {one.content['apiVersion']}"
                findings.problems.append(
                    f"The cluster does not know the kind {kind}. Check both, and install what brings the kind."
                )
        if strange and (asked := reviews(objects, found)):
            reviewed = self._ask(target, [_REVIEW], as_stream(asked)).replies[0]
        if reviewed is None:
            return
        if reviewed.rc:
            findings.warnings.append(str(failure("asking for the account's rights", reviewed, _NOTHING_HIDDEN)))
        else:
            judge_reviews(documents(reviewed.stdout), findings)
