# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: reads a Secret through the kubectl of a managed host, and hides it from output."""

from __future__ import annotations

import re
import time
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    at_least,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import Call, KubectlError, document
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import failure

_SPEC = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "keys": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "int", "default": 10},
    **TARGET_SPEC,
}
_PAUSE = 1
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


class ActionModule(KubectlAction):
    """Asks until what is wanted is there."""

    _supports_diff = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns what the module documentation of kubectl_secret_info says."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(_SPEC)
        try:
            _check(args)
            kubectl, data = self._read(args)
        except KubectlError as exc:
            return {**result, "failed": True, "msg": sanitize(str(exc))}
        return {**result, "changed": False, "kubectl": kubectl, "data": data, "_ansible_no_log": True}

    def _read(self, args: dict[str, Any]) -> tuple[str, dict[str, str]]:
        """:raises KubectlError: if the Secret, or a key of it, is not there in time."""
        name, namespace, keys = args["name"], args["namespace"], args["keys"]
        target = self._target(args)
        call = Call(["get", "secret", name, f"--namespace={namespace}", "--ignore-not-found", "-o", "json"])
        until = time.monotonic() + args["wait_timeout"]
        while True:
            answer = self._ask(target, [call], b"")
            reply = answer.replies[0]
            if reply.rc:
                raise failure(f"looking for the Secret {name}", reply, Redactor())
            there = bool(reply.stdout.strip())
            data = dict(document(reply.stdout).get("data") or {}) if there else {}
            missing = [key for key in keys if not data.get(key)]
            if there and not missing:
                return answer.kubectl, data
            if time.monotonic() + _PAUSE > until:
                break
            time.sleep(_PAUSE)
        what = f"has no {' and no '.join(missing)}" if there else "does not exist"
        raise KubectlError(
            f"name: the Secret {name} in namespace {namespace} {what}, even after {args['wait_timeout']} s. Check the "
            "name, or wait longer with wait_timeout if a controller is to make it."
        )


def _check(args: dict[str, Any]) -> None:
    """:raises KubectlError: if an option cannot be what it is meant to be; kubectl would take -A for an option."""
    for option in ("name", "namespace"):
        if not _NAME.fullmatch(args[option]):
            raise KubectlError(
                f"{option}: {args[option]!r} is no name in Kubernetes, which has lower-case letters, digits, - and . "
                "and begins and ends with a letter or a digit."
            )
    at_least(0, "wait_timeout", args)
