# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: creates, updates and deletes Kubernetes objects with the kubectl of a managed host."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Collection, Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.limits import LimitError, check_limits
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    require_seconds,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.options import validated_options
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl import contents, ownership, plan, rollout
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    CallResult,
    HostResult,
    KubectlError,
    Target,
    parse_object,
    parse_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.deletion import (
    DELETIONS_AT_ONCE,
    delete_call,
    is_gone,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import (
    PassingError,
    call_error,
    error_lines,
    is_passing,
    pauses,
    warning_lines,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.merge import predicted
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    KubeObject,
    ObjectRedactor,
    match_live_objects,
    object_redactor,
    serialize_objects,
    validated_objects,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.preflight import crd_resources, map_resources
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import (
    BUILT_IN_RESOURCES,
    Resource,
    require_kinds,
)

_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    # Checked by validated_objects, whose errors do not quote the value.
    "objects": {"type": "list", "elements": "raw", "default": []},
    **TARGET_SPEC,
    "selector": {"type": "str"},
    "kinds": {"type": "list", "elements": "str", "default": []},
    "owner": {"type": "str"},
    "take_over": {"type": "list", "elements": "str", "default": []},
    "existing_namespaces": {"type": "bool", "default": False},
    "restricted": {"type": "bool", "default": False},
    "allow": {"type": "list", "elements": "str", "default": []},
    "restart_pods": {"type": "bool", "default": False},
    "wait_for_pods": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 120},
}
_GET = Call(["get", "-f", "-", "--ignore-not-found", "-o", "json"], reads_stdin=True)
_APPLY = ["apply", "-f", "-"]
_MAX_LISTED_OBJECTS = 5
_NO_DRY_RUN = "does not support dry run"


class ActionModule(KubectlAction):
    """Get the objects, plan the changes, and carry them out."""

    _supports_diff = True

    # State of the run. An instance runs once.
    _has_changed = False
    _has_answered = False
    _used_kubectl: str | None = None
    _wait_timeout = 0
    _deadline = 0.0
    _owner = ""
    # The owner, and those whose objects it takes over.
    _owners: Sequence[str] = ()
    _cluster = Target()
    _redactor = ObjectRedactor()

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result that the documentation of the module describes."""
        result = super().run(tmp, task_vars)
        args = validated_options(self, _SPEC)
        self._warnings: list[str] = []
        self._conflicts: list[ownership.Conflict] = []
        self._rollouts: list[rollout.Rollout] = []
        try:
            changes, redactor = self._execute(args)
        except KubectlError as exc:
            state = {
                "changed": self._has_changed,
                "answered": self._has_answered,
                "conflicts": self._conflict_results(),
            }
            self._show_warnings(result, self._warnings)
            return {**result, "failed": True, **state, "msg": sanitize(self._redactor.redact(str(exc)))}
        self._show_warnings(result, self._warnings)
        return {
            **result,
            "changed": any(change.changed for change in changes),
            "kubectl": self._used_kubectl,
            "objects": [change.result() for change in changes],
            "conflicts": self._conflict_results(),
            "rollouts": [each.result() for each in self._rollouts],
            "diff": [change.diff(redactor) for change in changes if change.changed],
        }

    def _conflict_results(self) -> list[dict[str, Any]]:
        return [conflict.result() for conflict in self._conflicts]

    def _execute(self, args: dict[str, Any]) -> tuple[list[plan.Change], ObjectRedactor]:
        absent = args["state"] == "absent"
        self._owner = ownership.validated_owner(args["owner"])
        selector = str(args["selector"] or "")
        if selector and not absent:
            raise KubectlError("selector: can be used with state=absent only.")
        kinds = require_kinds([str(kind) for kind in args["kinds"]], namespaced=bool(self._owner))
        self._owners = ownership.validated_owners(self._owner, [str(entry) for entry in args["take_over"]])
        if absent:
            # What nobody has labelled is not deleted.
            self._owners = [owner for owner in self._owners if owner != ownership.UNLABELLED]
        if kinds and self._owner and not selector:
            selector = ownership.selector_of(self._owners)
        if bool(selector) != bool(kinds):
            raise KubectlError("selector and kinds: must be used together.")
        require_seconds(args, "wait_timeout", minimum=0)
        desired = validated_objects(args["objects"])
        self._redactor = object_redactor(desired)
        if args["restricted"] and not absent:
            self._check_limits(desired, args["allow"])
        if self._owner and not absent:
            ownership.require_own_namespaces(desired)
        self._cluster = self._target(args)
        credential = self._credential(self._cluster)
        self._redactor.add(*credential)
        self._wait_timeout = args["wait_timeout"]
        self._deadline = time.monotonic() + self._wait_timeout
        # A call may take as long as the task waits for something anyway.
        self._cluster = dataclasses.replace(
            self._cluster, time_limit=max(self._cluster.time_limit, self._wait_timeout + 60)
        )
        if not desired and not selector:
            return [], self._redactor
        changes = self._absent(desired, selector, kinds) if absent else self._present(desired, args)
        known = [item for change in changes for item in (change.live, change.applied) if item is not None]
        redactor = object_redactor([*desired, *known])
        redactor.add(*credential)
        return changes, redactor

    @staticmethod
    def _check_limits(desired: Sequence[KubeObject], allow: Sequence[str]) -> None:
        try:
            check_limits([item.content for item in desired], "allow", [str(entry) for entry in allow])
        except LimitError as exc:
            raise KubectlError(str(exc)) from None

    # --- present ---

    def _present(self, desired: list[KubeObject], args: dict[str, Any]) -> list[plan.Change]:
        if args["restart_pods"]:
            desired = rollout.with_checksums(desired)
        implied = plan.implied_namespaces(desired)
        live, live_namespaces = self._get(desired, implied)
        used = self._require_ownership(desired, live, args) if self._owner else set()
        namespaces = plan.distinct(item for item in [*live, *live_namespaces] if item is not None and item.is_namespace)
        terminating = plan.terminating_indexes(desired, live, namespaces)
        if terminating and not self._task.check_mode:
            objects = [item for index in sorted(terminating) if (item := live[index]) is not None]
            objects += [item for item in namespaces if item.is_terminating]
            self._wait_until_gone(plan.distinct(objects), "is still being deleted")
        # An object that is being deleted is planned as if it were gone already.
        live = [None if index in terminating else item for index, item in enumerate(live)]
        desired = [
            # A namespace of somebody else is used as it is.
            live_object
            if index in used and live_object is not None
            else ownership.with_kept_metadata(ownership.owned(item, self._owner) if self._owner else item, live_object)
            for index, (item, live_object) in enumerate(zip(desired, live))
        ]
        compared = [None if index in used else item for index, item in enumerate(live)]
        changes = plan.plan_present(desired, live, self._dry_run(desired, compared))
        if not self._task.check_mode:
            self._apply([change.desired for change in changes if change.changed])
            if args["wait_for_pods"]:
                self._wait_for_pods([item for item in desired if rollout.is_workload(item)])
        return changes

    def _require_ownership(
        self, desired: Sequence[KubeObject], live: Sequence[KubeObject | None], args: dict[str, Any]
    ) -> set[int]:
        """Check that no object belongs to somebody else. Return the indexes of namespaces that are only used."""
        used = {
            index
            for index, item in enumerate(live)
            if item is not None and item.is_namespace and args["existing_namespaces"]
            if ownership.conflicts([item], self._owner)
        }
        # The ConfigMap of a namespace says whose the other objects in it are, so all are looked at together.
        checked = [None if index in used else item for index, item in enumerate(live)]
        self._conflicts = ownership.conflicts(checked, self._owner, self._owners)
        if self._conflicts:
            raise ownership.conflict_error(self._conflicts, self._owner)
        for conflict in ownership.conflicts(checked, self._owner):
            before = f"belonged to the registration {conflict.owner}" if conflict.owner else "was not created for HSS"
            self._warnings.append(f"{conflict.item.label} {before}, and is taken over by {self._owner}.")
        return used

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
            if result.rc and _NO_DRY_RUN in result.stderr:
                self._note_warnings(result)
                self._warnings.append(
                    "An admission webhook of the cluster does not support dry run (its configuration needs "
                    "sideEffects: NoneOnDryRun), so the objects were compared with what was applied last."
                )
                for item in batch.objects:
                    live_object = live[indexes[id(item)]]
                    applied[indexes[id(item)]] = predicted(live_object, item) if live_object else None
                continue
            if result.rc:
                raise call_error("comparing the objects with those in the cluster", result, self._redactor)
            self._note_warnings(result)
            applied_objects = match_live_objects(batch.objects, parse_objects(result.stdout))
            for item, applied_object in zip(batch.objects, applied_objects):
                applied[indexes[id(item)]] = applied_object
        return [applied.get(index) for index in range(len(desired))]

    def _apply(self, objects: Sequence[KubeObject]) -> None:
        for batch in plan.batches(objects):
            call = Call([*_APPLY, "-o", "name", *batch.flags], reads_stdin=True)
            data = serialize_objects([item.content for item in batch.objects])
            result = self._call(call, data)
            # The API server serves a kind some time after its CustomResourceDefinition was created.
            while batch.after_crds and "no matches for kind" in result.stderr and self._time_is_left(1):
                time.sleep(1)
                result = self._call(call, data)
            self._note_warnings(result)
            if result.rc:
                raise call_error("applying the objects", result, self._redactor)

    def _note_warnings(self, result: CallResult) -> None:
        """Keep the warnings of the API server, such as those of PodSecurity."""
        self._warnings += [f"The cluster warns: {self._redactor.redact(line)}" for line in warning_lines(result.stderr)]

    def _wait_for_pods(self, workloads: Sequence[KubeObject]) -> None:
        """Wait until the pods of each workload run with the current template.

        :raises KubectlError: with the reasons why they do not.
        """
        pause = 1.0
        while workloads:
            try:
                live, _namespaces = self._get(workloads)
            except PassingError:
                live = []
            self._rollouts = [rollout.rollout_of(item) for item in live if item is not None]
            if live and all(each.done for each in self._rollouts):
                break
            if not self._time_is_left(pause):
                unfinished = [each for each in self._rollouts if not each.done]
                raise KubectlError(f"After {self._wait_timeout} seconds: {self._why_not(unfinished)}")
            time.sleep(pause)
            pause = min(pause * 1.5, 5)
        for each in self._rollouts:
            if not each.desired:
                self._warnings.append(f"{each.item.label} has no pods: no node is selected, or no replica is wanted.")

    def _why_not(self, unfinished: Sequence[rollout.Rollout]) -> str:
        """Return for each workload how many pods run, and what the cluster says about the others."""
        texts = []
        for each in unfinished[:_MAX_LISTED_OBJECTS]:
            where = [f"--namespace={each.item.namespace}"]
            pods, events = (
                self._get_if_permitted(["get", kind, *where, *more, "-o", "json"])
                for kind, more in (("pods", []), ("events", ["--field-selector=type=Warning"]))
            )
            found = [self._redactor.redact(text) for text in rollout.reasons(each, pods, events)]
            why = f": {'; '.join(found)}" if found else ""
            texts.append(f"{each.ready} of {each.desired} pods of {each.item.label} run with what was applied{why}.")
        return " ".join(texts) or "The API server did not say whether the pods run."

    def _get_if_permitted(self, arguments: list[str]) -> list[dict[str, Any]]:
        try:
            result = self._call(Call(arguments), b"")
            return [] if result.rc else parse_objects(result.stdout)
        except KubectlError:
            return []

    # --- absent ---

    def _absent(self, desired: list[KubeObject], selector: str, kinds: list[str]) -> list[plan.Change]:
        live, _namespaces = self._get(desired, absent=True) if desired else ([], [])
        uids = {item.uid for item in live if item is not None}
        selected = self._get_labelled(selector, kinds) if selector else []
        selected = [item for item in selected if item.uid not in uids]
        kept: list[KubeObject] = []
        if self._owner:
            self._conflicts = ownership.conflicts([*live, *selected], self._owner, self._owners)
            kept = [conflict.item for conflict in self._conflicts]
            foreign = {item.uid for item in kept}
            existing = [item for item in [*live, *selected] if item is not None and item.uid not in foreign]
            uids = {item.uid for item in existing}
            inside, shared = self._shared_namespaces([item for item in existing if item.is_namespace], uids)
            kept += shared
            # The owner's objects in a namespace that is kept are deleted one by one.
            selected += [item for item in inside if item.uid not in uids]
        changes = plan.plan_absent([*desired, *selected], [*live, *selected], kept)
        deleted = [change.live for change in changes if change.live is not None and change.changed]
        if deleted and not self._task.check_mode:
            ordered = plan.deletion_order(deleted)
            self._delete(ordered)
            if self._wait_timeout:
                self._wait_until_gone(ordered, "was deleted, but still exists")
        return changes

    def _shared_namespaces(
        self, namespaces: Sequence[KubeObject], deleted: Collection[str]
    ) -> tuple[list[KubeObject], list[KubeObject]]:
        """Return the owner's objects in namespaces that also contain what is not the owner's, and these namespaces.

        :arg deleted: uids of the objects that are deleted anyway.
        """
        own_objects, shared = [], []
        for namespace in plan.distinct(item for item in namespaces if not item.is_terminating):
            try:
                own, others = contents.split_contents(self._contents(namespace.name), self._owners, deleted)
            except KubectlError as exc:
                own, others, reason = [], [], f"what is in it is not known. {exc}"
            else:
                reason = contents.reason_to_keep(others, self._owner)
            if reason:
                self._warnings.append(f"The {namespace.label} is kept, since {reason}")
                own_objects += own
                shared.append(namespace)
        return own_objects, shared

    def _contents(self, namespace: str) -> list[KubeObject]:
        """Return the objects in a namespace, of every kind, with their metadata alone.

        :raises KubectlError: if objects of some kind could not be listed.
        """
        activity = f"listing what is in the namespace {namespace}"
        resources = self._call(contents.LIST_RESOURCES, b"")
        if resources.rc:
            raise call_error(activity, resources, self._redactor)
        mark = f"hss-{secrets.token_hex(8)}"
        found: list[KubeObject] = []
        for call in contents.list_calls(resources.stdout, namespace, mark):
            result = self._call(call, b"")
            errors = error_lines(result.stderr)
            relevant = contents.relevant_errors(errors)
            if result.rc and (relevant or not errors):
                raise call_error(activity, result, self._redactor, relevant)
            found += contents.parse_contents(result.stdout, mark)
        return found

    def _delete(self, objects: Sequence[KubeObject]) -> None:
        """Delete exactly these objects, and none that has the same name."""
        resources = self._resources(objects)
        for start in range(0, len(objects), DELETIONS_AT_ONCE):
            batch = [
                item for item in objects[start : start + DELETIONS_AT_ONCE] if (item.group, item.kind) in resources
            ]
            calls = [delete_call(item, resources[(item.group, item.kind)]) for item in batch]
            errors: list[CallResult] = []
            for pause in pauses(self._has_answered):
                results = self._run(calls, b"").results
                self._has_changed = self._has_changed or any(not result.rc for result in results)
                errors = [result for result in results if result.rc and not is_gone(result)]
                calls = [call for call, result in zip(calls, results) if result in errors]
                if not all(map(is_passing, errors)) or not errors or pause is None or not self._time_is_left(pause):
                    break
                time.sleep(pause)
            if errors:
                raise call_error("deleting the objects", errors[0], self._redactor)

    def _resources(self, objects: Sequence[KubeObject]) -> dict[tuple[str, str], Resource]:
        """Return the resources of the objects' kinds. The API server knows those that are not built in."""
        resources = {**BUILT_IN_RESOURCES, **crd_resources(objects)}
        unknown = [item for item in objects if (item.group, item.kind) not in resources]
        for version in dict.fromkeys(str(item.content["apiVersion"]) for item in unknown):
            path = f"/apis/{version}" if "/" in version else f"/api/{version}"
            result = self._call(Call(["get", "--raw", path]), b"")
            if result.rc:
                raise call_error(f"getting the kinds of {version}", result, self._redactor)
            resources |= map_resources(parse_object(result.stdout), unknown)
        return resources

    def _get_labelled(self, selector: str, kinds: list[str]) -> list[KubeObject]:
        """Return the objects that match the selector: those outside of namespaces, and for an owner, in all of them."""
        arguments = ["get", ",".join(kinds), f"--selector={selector}", "--ignore-not-found", "-o", "json"]
        result = self._call(Call([*arguments, *(["--all-namespaces"] if self._owner else [])]), b"\n")
        if result.rc:
            raise call_error(f"getting the objects with the label {selector}", result, self._redactor)
        objects = [KubeObject(content) for content in parse_objects(result.stdout)]
        for item in objects:
            if item.namespace and not self._owner:
                raise KubectlError(
                    f"kinds: {item.kind} is namespaced, but selector can be used for cluster-scoped kinds only."
                )
        return objects

    # --- both ---

    def _time_is_left(self, seconds: float) -> bool:
        return time.monotonic() + seconds <= self._deadline

    def _wait_until_gone(self, objects: Sequence[KubeObject], problem: str) -> None:
        pause = 0.5
        remaining = list(objects)
        while True:
            try:
                live, _namespaces = self._get(objects, absent=True)
            except PassingError:
                if not self._time_is_left(pause):
                    raise
                time.sleep(pause)
                continue
            # An object with another uid was created since.
            remaining = [
                live_object
                for live_object, item in zip(live, objects)
                if live_object is not None and live_object.uid == item.uid
            ]
            if not remaining:
                return
            if not self._time_is_left(pause):
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 5)
        listed = remaining[:_MAX_LISTED_OBJECTS]
        reasons = [f"{item.label} {problem}: {plan.reason_for_remaining(item)}" for item in listed]
        if len(remaining) > len(listed):
            reasons.append(f"{len(remaining) - len(listed)} more")
        raise KubectlError(f"After {self._wait_timeout} seconds: {self._redactor.redact('; '.join(reasons))}.")

    def _call(self, call: Call, data: bytes) -> CallResult:
        """Make a call, which may be repeated. Errors that are likely to pass by themselves are waited for."""
        for pause in pauses(self._has_answered):
            result = self._run([call], data).results[0]
            # kubectl prints the names of the objects that it has applied.
            applies = call.arguments[0] == "apply" and "name" in call.arguments
            self._has_changed = self._has_changed or (applies and bool(result.stdout.strip()))
            if not result.rc or not is_passing(result) or pause is None or not self._time_is_left(pause):
                break
            time.sleep(pause)
        return result

    def _run(self, calls: Sequence[Call], data: bytes) -> HostResult:
        host_result = self._run_kubectl(self._cluster, calls, data)
        self._used_kubectl = host_result.kubectl
        self._has_answered = self._has_answered or any(not result.rc for result in host_result.results)
        return host_result
