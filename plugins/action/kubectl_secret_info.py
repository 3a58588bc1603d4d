# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: reads a Secret with the kubectl of a managed host, and hides it from output."""

from __future__ import annotations

import re
import time
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.kubectl import (
    TARGET_SPEC,
    KubectlAction,
    require_seconds,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.options import validated_options
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import Call, KubectlError, parse_object
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import call_error, is_passing

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
    """Poll until the Secret has all keys."""

    _supports_diff = False
    # Whether the API server said that the Secret or a key of it does not exist.
    _has_answered = False

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result that the documentation of the module describes."""
        result = super().run(tmp, task_vars)
        args = validated_options(self, _SPEC)
        try:
            _validate_options(args)
            kubectl, data, annotations = self._read_secret(args)
        except KubectlError as exc:
            return {**result, "failed": True, "answered": self._has_answered, "msg": sanitize(str(exc))}
        found = {"kubectl": kubectl, "data": data, "annotations": annotations}
        return {**result, "changed": False, **found, "_ansible_no_log": True}

    def _read_secret(self, args: dict[str, Any]) -> tuple[str, dict[str, str], dict[str, str]]:
        """Return the kubectl command that was used, and the data and the annotations of the Secret.

        :raises KubectlError: if the Secret or one of the keys does not exist in time.
        """
        name, namespace, keys = args["name"], args["namespace"], args["keys"]
        target = self._target(args)
        call = Call(["get", "secret", name, f"--namespace={namespace}", "--ignore-not-found", "-o", "json"])
        deadline = time.monotonic() + args["wait_timeout"]
        while True:
            host_result = self._run_kubectl(target, [call], b"")
            result = host_result.results[0]
            if result.rc and is_passing(result, slowly=True) and time.monotonic() + _PAUSE <= deadline:
                time.sleep(_PAUSE)
                continue
            if result.rc:
                raise call_error(f"getting the Secret {name}", result, self._without_credential(target))
            exists = bool(result.stdout.strip())
            self._has_answered = True
            secret = parse_object(result.stdout) if exists else {}
            data = dict(secret.get("data") or {})
            missing = [key for key in keys if not data.get(key)]
            if exists and not missing:
                return host_result.kubectl, data, dict(secret["metadata"].get("annotations") or {})
            if time.monotonic() + _PAUSE > deadline:
                break
            time.sleep(_PAUSE)
        problem = f"has no {' and no '.join(missing)}" if exists else "does not exist"
        raise KubectlError(
            f"name: the Secret {name} in namespace {namespace} {problem}, even after {args['wait_timeout']} s. Check "
            "the name, or increase wait_timeout if a controller creates the Secret."
        )


def _validate_options(args: dict[str, Any]) -> None:
    """Check the options. kubectl would interpret a name such as -A as a flag.

    :raises KubectlError: if a value is not valid.
    """
    for option in ("name", "namespace"):
        if not _NAME.fullmatch(args[option]):
            raise KubectlError(
                f"{option}: {args[option]!r} is not a valid name in Kubernetes. A name consists of lower-case letters, "
                "digits, - and ., and begins and ends with a letter or a digit."
            )
    require_seconds(args, "wait_timeout", minimum=0)
