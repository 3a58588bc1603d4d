# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: a stage of the playbook check, which runs on the control node, in the process of Ansible itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.release import __version__

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http import client
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.stages import stage_of
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.checks import Check, Deadline, not_ok
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.connection import check_connection
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.control_node import check_control_node
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.host import plain_value
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.read import read_host_only

# With the hosts, that is less than a minute.
_SECONDS = 30


class ActionModule(ActionBase):
    """Checks a host's kubeconfig, or the control node and the connection."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the stage."""
        result = super().run(tmp, task_vars)
        stages = {"host": self._host, "connection": self._connection_and_hosts, "verdict": self._verdict}
        stage = stage_of(self, stages, "the playbook check")
        return {"changed": False, **result, **stage(task_vars or {})}

    def _host(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Reads a host's kubeconfig as the role does, and keeps nothing of its content but the server."""
        host = str(task_vars["inventory_hostname"])
        reading = read_host_only(self, task_vars)
        if reading.problem:
            # Other problems have the remedy in them.
            remedy = "Check that Ansible can connect to the host." if reading.unreachable else ""
            check = Check(f"host {host}", False, sanitize(reading.problem), remedy)
        else:
            days = "without an end" if reading.days_left is None else f"{reading.days_left} days left"
            check = Check(f"host {host}", True, sanitize(f"{reading.path} for {reading.server}, {days}"))
        return {"check": check.to_result()}

    def _connection_and_hosts(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        checks = list(check_control_node(__version__, os.environ))
        redactor = Redactor()
        connection, problem = self._options(task_vars)
        if problem:
            checks.append(Check("hss_check_connection", False, problem))
        elif client.requests is not None:
            checks += check_connection(connection, os.environ, redactor, Deadline(_SECONDS))
        results = [
            *(check.to_result() for check in checks),
            *self._host_checks(task_vars),
            Check("writing", None, "not tried: only a registration shows whether it is allowed").to_result(),
        ]
        lines = [Check(**check).line for check in results]
        return {"not_ok": not_ok(results), "msg": lines, "_ansible_verbose_always": True}

    def _verdict(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Fails in a task of its own, since Ansible shows the lines of a failed task in one."""
        names = plain_value(self._task.args.get("not_ok") or [])
        if names:
            return {"failed": True, "msg": f"Not ok: {', '.join(names)}. The lines above say what to do."}
        return {"msg": "Everything that was checked is ok."}

    def _options(self, task_vars: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The connection options, and why they cannot be used."""
        # Not options of the task, which Ansible can be told to print.
        given = task_vars.get("hss_check_connection") or task_vars.get("hss_onboard_connection") or {}
        given = plain_value(self._templar.template(given))
        if not isinstance(given, dict):
            return {}, "must be a mapping of connection options."
        spec = {name: {"type": option["type"]} for name, option in connection_spec().items()}
        result = ArgumentSpecValidator(spec).validate(given)
        if result.error_messages:
            return {}, sanitize(" ".join(result.error_messages))
        return {name: value for name, value in result.validated_parameters.items() if value is not None}, ""

    @staticmethod
    def _host_checks(task_vars: Mapping[str, Any]) -> list[dict[str, Any]]:
        checks = []
        for name in task_vars["groups"]["all"]:
            kept = task_vars["hostvars"].raw_get(name).get("hss_check_host")
            if not isinstance(kept, Mapping):
                continue
            if isinstance(kept.get("check"), Mapping):
                checks.append(plain_value(kept["check"]))
            else:
                # Ansible's own result of a host that failed or could not be reached.
                reason, remedy = str(plain_value(kept.get("msg")) or "it could not be read"), ""
                if isinstance(kept.get("timedout"), Mapping):
                    reason = f"it did not answer within {plain_value(kept['timedout'].get('period'))} seconds."
                    remedy = "Check the host. If it is slow, set hss_check_host_seconds."
                checks.append(Check(f"host {name}", False, sanitize(reason), remedy).to_result())
        return checks
