# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: creates, updates and deletes Kubernetes objects with the kubectl of a managed host."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    require_seconds,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.options import validated_options
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl import plan
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    CallResult,
    KubectlError,
    Target,
    parse_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import call_error, error_lines
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    ObjectRedactor,
    match_live_objects,
    object_redactor,
    serialize_objects,
    validated_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import require_cluster_scoped

_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    # Checked by validated_objects, whose errors do not quote the value.
    "objects": {"type": "list", "elements": "raw", "default": []},
    **TARGET_SPEC,
    "selector": {"type": "str"},
    "kinds": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "int", "default": 120},
}
_GET = Call(["get", "-f", "-", "--ignore-not-found", "-o", "json"], reads_stdin=True)
_APPLY = ["apply", "-f", "-"]
_MAX_LISTED_OBJECTS = 5


class ActionModule(KubectlAction):
    """Get the objects, plan the changes, and carry them out."""

    _supports_diff = True

    # State of the run. An instance runs once.
    _has_changed = False
    _has_answered = False
    _used_kubectl: str | None = None
    _wait_timeout = 0
    _cluster = Target()
    _redactor = ObjectRedactor()

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result that the documentation of the module describes."""
        result = super().run(tmp, task_vars)
        args = validated_options(self, _SPEC)
        try:
            changes, redactor = self._execute(args)
        except KubectlError as exc:
            state = {"changed": self._has_changed, "answered": self._has_answered}
            return {**result, "failed": True, **state, "msg": sanitize(str(exc))}
        return {
            **result,
            "changed": any(change.changed for change in changes),
            "kubectl": self._used_kubectl,
            "objects": [change.result() for change in changes],
            "diff": [change.diff(redactor) for change in changes if change.changed],
        }

    def _execute(self, args: dict[str, Any]) -> tuple[list[plan.Change], ObjectRedactor]:
        absent = args["state"] == "absent"
        if args["selector"] and not absent:
            raise KubectlError("selector: can be used with state=absent only.")
        if bool(args["selector"]) != bool(args["kinds"]):
            raise KubectlError("selector and kinds: must be used together.")
        require_seconds(args, "wait_timeout", minimum=0)
        kinds = require_cluster_scoped([str(kind) for kind in args["kinds"]])
        self._cluster = self._target(args)
        self._wait_timeout = args["wait_timeout"]
        desired = validated_objects(args["objects"])
        self._redactor = object_redactor(desired)
        if not desired and not args["selector"]:
            return [], self._redactor
        changes = self._absent(desired, str(args["selector"] or ""), kinds) if absent else self._present(desired)
        known = [item for change in changes for item in (change.live, change.applied) if item is not None]
        return changes, object_redactor([*desired, *known])

    # --- present ---

    def _present(self, desired: list[KubeObject]) -> list[plan.Change]:
        implied = plan.implied_namespaces(desired)
        live, live_namespaces = self._get(desired, implied)
        namespaces = [item for item in [*live, *live_namespaces] if item is not None and item.is_namespace]
        terminating = plan.terminating_indexes(desired, live, namespaces)
        if terminating and not self._task.check_mode:
            objects = [item for index in sorted(terminating) if (item := live[index]) is not None]
            objects += [item for item in namespaces if item.is_terminating]
            self._wait_until_gone(objects, "is still being deleted")
        # An object that is being deleted is planned as if it were gone already.
        live = [None if index in terminating else item for index, item in enumerate(live)]
        changes = plan.plan_present(desired, live, self._dry_run(desired, live))
        if not self._task.check_mode:
            self._apply([change.desired for change in changes if change.changed])
        return changes

    def _get(
        self, desired: Sequence[KubeObject], implied: Sequence[KubeObject] = (), absent: bool = False
    ) -> tuple[list[KubeObject | None], list[KubeObject | None]]:
        """Return the live objects for the desired objects and for the implied namespaces."""
        requested = [*desired, *implied]
        result = self._call(_GET, serialize_objects([item.identity for item in requested]))
        if result.rc:
            errors = error_lines(result.stderr)
            relevant = plan.relevant_errors(errors, desired, implied, absent)
            if relevant or not errors:
                raise call_error("getting the objects", result, self._redactor, relevant)
        live = match_live_objects(requested, parse_objects(result.stdout))
        return live[: len(desired)], live[len(desired) :]

    def _dry_run(self, desired: Sequence[KubeObject], live: Sequence[KubeObject | None]) -> list[KubeObject | None]:
        """Return the objects as they would be after applying, for the objects that exist."""
        applied: dict[int, KubeObject | None] = {}
        indexes = {id(item): index for index, item in enumerate(desired)}
        existing = (item for item, live_object in zip(desired, live) if live_object is not None)
        for batch in plan.batches(existing):
            call = Call([*_APPLY, "--dry-run=server", "-o", "json", *batch.flags], reads_stdin=True)
            result = self._call(call, serialize_objects([item.content for item in batch.objects]))
            if result.rc:
                raise call_error("comparing the objects with those in the cluster", result, self._redactor)
            applied_objects = match_live_objects(batch.objects, parse_objects(result.stdout))
            for item, applied_object in zip(batch.objects, applied_objects):
                applied[indexes[id(item)]] = applied_object
        return [applied.get(index) for index in range(len(desired))]

    def _apply(self, objects: Sequence[KubeObject]) -> None:
        deadline = time.monotonic() + self._wait_timeout
        for batch in plan.batches(objects):
            call = Call([*_APPLY, "-o", "name", *batch.flags], reads_stdin=True)
            result = self._call(call, serialize_objects([item.content for item in batch.objects]))
            # The API server serves a kind some time after its CustomResourceDefinition was created.
            while batch.after_crds and "no matches for kind" in result.stderr and time.monotonic() < deadline:
                time.sleep(1)
                result = self._call(call, serialize_objects([item.content for item in batch.objects]))
            # kubectl prints the names of the objects that it has applied.
            self._has_changed = self._has_changed or bool(result.stdout.strip())
            if result.rc:
                raise call_error("applying the objects", result, self._redactor)

    # --- absent ---

    def _absent(self, desired: list[KubeObject], selector: str, kinds: list[str]) -> list[plan.Change]:
        live, _namespaces = self._get(desired, absent=True) if desired else ([], [])
        changes = plan.plan_absent(desired, live)
        if selector:
            uids = {item.uid for item in live if item is not None}
            labelled = [item for item in self._get_labelled(selector, kinds) if item.uid not in uids]
            changes += plan.plan_absent(labelled, labelled)
        existing = [change.live for change in changes if change.live is not None]
        if existing and not self._task.check_mode:
            call = Call(["delete", "-f", "-", "--ignore-not-found", "--wait=false"], reads_stdin=True)
            ordered = plan.deletion_order(existing)
            result = self._call(call, serialize_objects([item.identity for item in ordered]))
            self._has_changed = bool(result.stdout.strip())
            if result.rc:
                raise call_error("deleting the objects", result, self._redactor)
            if self._wait_timeout:
                self._wait_until_gone(ordered, "was deleted, but still exists")
        return changes

    def _get_labelled(self, selector: str, kinds: list[str]) -> list[KubeObject]:
        """Return the cluster-scoped objects that match the selector."""
        arguments = ["get", ",".join(kinds), f"--selector={selector}", "--ignore-not-found", "-o", "json"]
        result = self._call(Call(arguments), b"\n")
        if result.rc:
            raise call_error(f"getting the objects with the label {selector}", result, self._redactor)
        objects = [KubeObject(content) for content in parse_objects(result.stdout)]
        for item in objects:
            if item.namespace:
                raise KubectlError(
                    f"kinds: {item.kind} is namespaced, but selector can be used for cluster-scoped kinds only."
                )
        return objects

    # --- both ---

    def _wait_until_gone(self, objects: Sequence[KubeObject], problem: str) -> None:
        deadline = time.monotonic() + self._wait_timeout
        pause = 0.5
        while True:
            live, _namespaces = self._get(objects, absent=True)
            # An object with another uid was created since.
            remaining = [
                live_object
                for live_object, item in zip(live, objects)
                if live_object is not None and live_object.uid == item.uid
            ]
            if not remaining:
                return
            if time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 5)
        listed = remaining[:_MAX_LISTED_OBJECTS]
        reasons = [f"{item.label} {problem}: {plan.reason_for_remaining(item)}" for item in listed]
        if len(remaining) > len(listed):
            reasons.append(f"{len(remaining) - len(listed)} more")
        raise KubectlError(f"After {self._wait_timeout} seconds: {self._redactor.redact('; '.join(reasons))}.")

    def _call(self, call: Call, data: bytes) -> CallResult:
        host_result = self._run_kubectl(self._cluster, [call], data)
        self._used_kubectl = host_result.kubectl
        self._has_answered = self._has_answered or not host_result.results[0].rc
        return host_result.results[0]
