# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: a stage of the playbook audit, which runs on the control node, in the process of Ansible itself."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._http import client
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.stages import stage_of
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit import (
    csv_report,
    html_report,
    json_report,
    junit_report,
    prometheus_report,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.files import check_paths, write_file
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.hosts import Inventory, to_result
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.options import (
    PREFIX,
    AuditOptions,
    audit_spec,
    read_options,
    unknown_variables,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.reading import ConnectionReading, read_connection
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._audit.report import build_report, failures
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.host import plain_value
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.read import read_host_only

_RENDERERS = {
    "json": json_report.render,
    "csv": csv_report.render,
    "junit": junit_report.render,
    "prometheus": prometheus_report.render,
    "html": html_report.render,
}
_CONCURRENCY = 8
_SHOWN = 50


class ActionModule(ActionBase):
    """Reads the kubeconfig of a host, or makes the audit of all hosts."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the stage."""
        result = super().run(tmp, task_vars)
        stage = stage_of(self, {"read": self._read, "audit": self._audit}, "the playbook audit")
        if client.requests is None:
            raise AnsibleActionFail("The audit needs the Python package requests where Ansible itself runs.")
        try:
            return {"changed": False, **result, **stage(task_vars or {})}
        except HssError as error:
            return {**result, "failed": True, "msg": str(error)}

    def _read(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Reads a host's kubeconfig as the role does, and keeps only until when it is valid."""
        reading = read_host_only(self, task_vars)
        return {"reading": to_result(reading.problem, reading.days_left)}

    def _audit(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        options = self._options(task_vars)
        paths = {PREFIX + name: path for name, path in options.files.items()}
        check_paths(paths)
        inventory = self._inventory(options, task_vars)
        readings = self._read_connections(inventory.connections)
        report = build_report(readings, inventory.hosts, options.min_days_left, options.fail_on, time.time())
        written = []
        for name, path in options.files.items():
            if not self._task.check_mode:
                write_file(PREFIX + name, path, _RENDERERS[name](report, options.language))
                written.append(path)
        reasons = failures(report, options.min_days_left)
        lines = _lines(report, written)
        if reasons:
            return {"failed": True, "msg": "; ".join([*reasons, *(f"written: {path}" for path in written)])}
        return {"msg": lines, "_ansible_verbose_always": True}

    def _options(self, task_vars: Mapping[str, Any]) -> AuditOptions:
        for text in unknown_variables(task_vars):
            Display().warning(text)
        given = {name: task_vars[name] for name in audit_spec() if name in task_vars}
        return read_options(plain_value({name: self._templar.template(value) for name, value in given.items()}))

    def _inventory(self, options: AuditOptions, task_vars: Mapping[str, Any]) -> Inventory:
        inventory = Inventory(options.connections)
        for name in plain_value(self._task.args.get("hosts") or []):
            hostvars = task_vars["hostvars"][name]
            kept = task_vars["hostvars"].raw_get(name).get("hss_audit_reading")
            reading = kept.get("reading") if isinstance(kept, Mapping) else None
            if isinstance(kept, Mapping) and reading is None:
                # Ansible's own result of a host that failed or could not be reached.
                reading = to_result(str(kept.get("msg") or "it could not be read"), None)
            inventory.add(name, hostvars, plain_value(reading))
        inventory.finish()
        return inventory

    @staticmethod
    def _read_connections(connections: list[dict[str, Any]]) -> list[ConnectionReading]:
        def read(connection: Mapping[str, Any]) -> ConnectionReading:
            return read_connection(connection, os.environ, Display().warning)

        # The first connection alone: if the credential is wrong, several refusals would lock the access key.
        first = read(connections[0])
        with ThreadPoolExecutor(_CONCURRENCY) as pool:
            return [first, *pool.map(read, connections[1:])]


def _lines(report: Mapping[str, Any], written: list[str]) -> list[str]:
    """What the task shows: the findings, a tally, and the files."""
    findings = report["findings"]
    lines = [f"{item['severity']}: {item['subject']}: {item['message']}" for item in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines.append(f"{len(findings) - _SHOWN} more findings, see the files")
    summary = report["summary"]
    hosts = (
        f", {summary['hosts_not_registered']} of {summary['hosts']} hosts not registered" if summary["hosts"] else ""
    )
    expiring = f"{summary['expiring']} with fewer than {report['min_days_left']} days left"
    lines.append(
        f"{summary['clusters']} clusters registered, {summary['connected']} connected, {expiring}{hosts}; "
        f"{_count(summary['errors'], 'error')}, {_count(summary['warnings'], 'warning')}"
    )
    return [*lines, *(f"written: {path}" for path in written)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
