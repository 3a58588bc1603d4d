# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: makes and deletes Kubernetes objects with the kubectl of a managed host."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    at_least,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl import plan as _kube_plan
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    Call,
    KubectlError,
    Reply,
    Target,
    documents,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import error_lines, failure
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import (
    Hidden,
    KubeObject,
    as_stream,
    given_objects,
    match,
    secrets_of,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.plan import Change
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import require_cluster_scoped

_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    # Looked at by given_objects, which quotes nothing of what it refuses.
    "objects": {"type": "list", "elements": "raw", "default": []},
    **TARGET_SPEC,
    "selector": {"type": "str"},
    "kinds": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "int", "default": 120},
}
_GET = Call(["get", "-f", "-", "--ignore-not-found", "-o", "json"], reads=True)
_APPLY = ["apply", "-f", "-"]


class ActionModule(KubectlAction):
    """Looks, plans, and does."""

    _supports_diff = True

    # Of the one run that an instance has.
    _begun = False
    _answered = False
    _used: str | None = None
    _wait_timeout = 0
    _cluster = Target()
    _hidden = Hidden()

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns what the module documentation of kubectl_objects says."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(_SPEC)
        try:
            changes, hidden = self._carry_out(args)
        except KubectlError as exc:
            failed = {"failed": True, "changed": self._begun, "answered": self._answered, "msg": sanitize(str(exc))}
            return {**result, **failed}
        return {
            **result,
            "changed": any(change.changed for change in changes),
            "kubectl": self._used,
            "objects": [change.result() for change in changes],
            "diff": [change.diff(hidden) for change in changes if change.changed],
        }

    def _carry_out(self, args: dict[str, Any]) -> tuple[list[Change], Hidden]:
        absent = args["state"] == "absent"
        if args["selector"] and not absent:
            raise KubectlError("selector: goes with state=absent alone.")
        if bool(args["selector"]) != bool(args["kinds"]):
            raise KubectlError("selector and kinds: go together.")
        at_least(0, "wait_timeout", args)
        kinds = require_cluster_scoped([str(kind) for kind in args["kinds"]])
        self._cluster = self._target(args)
        self._wait_timeout = args["wait_timeout"]
        wanted = given_objects(args["objects"])
        self._hidden = secrets_of(wanted)
        if not wanted and not args["selector"]:
            return [], self._hidden
        changes = self._absent(wanted, str(args["selector"] or ""), kinds) if absent else self._present(wanted)
        known = [one for change in changes for one in (change.live, change.merged) if one is not None]
        return changes, secrets_of([*wanted, *known])

    # --- present ---

    def _present(self, wanted: list[KubeObject]) -> list[Change]:
        implied = _kube_plan.implied_namespaces(wanted)
        live, around = self._look(wanted, implied)
        namespaces = [one for one in [*live, *around] if one is not None and one.is_namespace]
        doomed = _kube_plan.doomed(wanted, live, namespaces)
        if doomed and not self._task.check_mode:
            going = [one for number in sorted(doomed) if (one := live[number]) is not None]
            self._wait_until_gone([*going, *(one for one in namespaces if one.going)], "is still being deleted")
        # What is in a namespace that goes away, goes away.
        live = [None if number in doomed else one for number, one in enumerate(live)]
        changes = _kube_plan.plan_present(wanted, live, self._merged(wanted, live))
        if not self._task.check_mode:
            self._apply([change.wanted for change in changes if change.changed])
        return changes

    def _look(
        self, wanted: Sequence[KubeObject], implied: Sequence[KubeObject] = (), absent: bool = False
    ) -> tuple[list[KubeObject | None], list[KubeObject | None]]:
        """The objects as they are, and the namespaces around them."""
        asked = [*wanted, *implied]
        reply = self._call(_GET, as_stream([one.identity for one in asked]))
        if reply.rc:
            counting = _kube_plan.complaints_that_count(error_lines(reply.stderr), wanted, implied, absent)
            if counting or not error_lines(reply.stderr):
                raise failure("looking for the objects", reply, self._hidden, counting)
        found = match(asked, documents(reply.stdout))
        return found[: len(wanted)], found[len(wanted) :]

    def _merged(self, wanted: Sequence[KubeObject], live: Sequence[KubeObject | None]) -> list[KubeObject | None]:
        """What applying those that are there would give: the API server tries it and keeps nothing."""
        merged: dict[int, KubeObject | None] = {}
        numbers = {id(one): number for number, one in enumerate(wanted)}
        for batch in _kube_plan.batches(one for one, has in zip(wanted, live) if has is not None):
            call = Call([*_APPLY, "--dry-run=server", "-o", "json", *batch.flags], reads=True)
            reply = self._call(call, as_stream([one.content for one in batch.objects]))
            if reply.rc:
                raise failure("comparing the objects with those in the cluster", reply, self._hidden)
            for one, would in zip(batch.objects, match(batch.objects, documents(reply.stdout))):
                merged[numbers[id(one)]] = would
        return [merged.get(number) for number in range(len(wanted))]

    def _apply(self, objects: Sequence[KubeObject]) -> None:
        deadline = time.monotonic() + self._wait_timeout
        for batch in _kube_plan.batches(objects):
            call = Call([*_APPLY, "-o", "name", *batch.flags], reads=True)
            reply = self._call(call, as_stream([one.content for one in batch.objects]))
            # The API server needs a moment to know a kind that was just defined.
            while batch.after_definitions and "no matches for kind" in reply.stderr and time.monotonic() < deadline:
                time.sleep(1)
                reply = self._call(call, as_stream([one.content for one in batch.objects]))
            # It names what it has done.
            self._begun = self._begun or bool(reply.stdout.strip())
            if reply.rc:
                raise failure("applying the objects", reply, self._hidden)

    # --- absent ---

    def _absent(self, wanted: list[KubeObject], selector: str, kinds: list[str]) -> list[Change]:
        live, _around = self._look(wanted, absent=True) if wanted else ([], [])
        changes = _kube_plan.plan_absent(wanted, live)
        if selector:
            known = {one.uid for one in live if one is not None}
            more = [one for one in self._labelled(selector, kinds) if one.uid not in known]
            changes += _kube_plan.plan_absent(more, more)
        doomed = [change.live for change in changes if change.live is not None]
        if doomed and not self._task.check_mode:
            call = Call(["delete", "-f", "-", "--ignore-not-found", "--wait=false"], reads=True)
            ordered = _kube_plan.deletion_order(doomed)
            reply = self._call(call, as_stream([one.identity for one in ordered]))
            self._begun = bool(reply.stdout.strip())
            if reply.rc:
                raise failure("deleting the objects", reply, self._hidden)
            if self._wait_timeout:
                self._wait_until_gone(ordered, "was deleted, but is still there")
        return changes

    def _labelled(self, selector: str, kinds: list[str]) -> list[KubeObject]:
        """Cluster-scoped objects with this label."""
        words = ["get", ",".join(kinds), f"--selector={selector}", "--ignore-not-found", "-o", "json"]
        reply = self._call(Call(words), b"\n")
        if reply.rc:
            raise failure(f"looking for objects with the label {selector}", reply, self._hidden)
        found = [KubeObject(content) for content in documents(reply.stdout)]
        for one in found:
            if one.namespace:
                raise KubectlError(f"kinds: {one.kind} is in a namespace; selector is for cluster-scoped kinds alone.")
        return found

    # --- both ---

    def _wait_until_gone(self, doomed: Sequence[KubeObject], trouble: str) -> None:
        deadline = time.monotonic() + self._wait_timeout
        pause = 0.5
        while True:
            live, _around = self._look(doomed, absent=True)
            # Something else may have made an object of the same name since.
            remaining = [one for one, old in zip(live, doomed) if one is not None and one.uid == old.uid]
            if not remaining:
                return
            if time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 5)
        # Of hundreds a few say enough.
        why = [f"{one.label} {trouble}: {_kube_plan.reason_to_remain(one)}" for one in remaining[:5]]
        why += [f"{len(remaining) - 5} more"] if len(remaining) > 5 else []
        raise KubectlError(f"After {self._wait_timeout} seconds: {self._hidden.redact('; '.join(why))}.")

    def _call(self, call: Call, data: bytes) -> Reply:
        answer = self._ask(self._cluster, [call], data)
        self._used = answer.kubectl
        self._answered = self._answered or not answer.replies[0].rc
        return answer.replies[0]
