# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under /_simulator/, for playbooks and other processes. It is not part of the HSS API."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .faults import Fault
from .wire import Reply, Request

if TYPE_CHECKING:
    from .service import Simulator

PREFIX = "/_simulator/"

_Action = Callable[..., Any]


class Control:
    """Turns control requests into calls of the Simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._routes: list[tuple[str, re.Pattern[str], _Action]] = [
            (method, re.compile(path), action)
            for method, path, action in (
                ("GET", "status", self._status),
                ("GET", "faults", self._faults),
                ("POST", "faults", self._add_fault),
                ("DELETE", "faults", self._clear_faults),
                ("DELETE", r"faults/(?P<fault_id>\d+)", self._cancel_fault),
                ("GET", "requests", self._requests),
                ("DELETE", "requests", self._clear_requests),
                ("GET", "clusters", self._clusters),
                ("POST", "seed", self._seed),
                ("POST", "clusters/(?P<cluster_id>[^/]+)/status", self._set_status),
                ("POST", "clusters/(?P<cluster_id>[^/]+)/agent-applied", self._agent_applied),
                ("POST", "clusters/(?P<cluster_id>[^/]+)/daemonset-status", self._set_daemonset_status),
                ("GET", "hosts", self._hosts),
                ("POST", "hosts", self._add_host),
                ("POST", "hosts/(?P<name>[^/]+)", self._hold_host),
                ("POST", "permissions", self._set_permissions),
                ("POST", "projects", self._add_project),
                ("POST", "tokens", self._issue_token),
                ("POST", "clock", self._advance_clock),
                ("PATCH", "settings", self._configure),
                ("POST", "settle", self._settle),
                ("POST", "reset", self._reset),
            )
        ]

    def answer(self, request: Request) -> Reply:
        """Answer a control request: 200 with JSON, or 400 or 404 with {"error": text}."""
        path = request.path[len(PREFIX) :].strip("/")
        for method, pattern, action in self._routes:
            if method == request.method and (found := pattern.fullmatch(path)):
                parameters = {name: unquote(value) for name, value in found.groupdict().items()}
                try:
                    return Reply.of_json(action(_options(request), **parameters))
                except LookupError as error:
                    return Reply.of_json({"error": str(error)}, 404)
                except (ValueError, TypeError) as error:
                    return Reply.of_json({"error": str(error)}, 400)
        return Reply.of_json({"error": f"no {request.method} {request.path}"}, 404)

    def _status(self, options: dict[str, Any]) -> Any:
        simulator = self._simulator
        return {
            "pid": os.getpid(),
            "endpoint": simulator.endpoint,
            "region": simulator.region,
            "project_id": simulator.project_id,
            "clusters": len(simulator.clusters()),
            "requests": simulator.count(),
            "faults": sum(not plan.done for plan in simulator.faults()),
            "settings": simulator.settings.as_dict(),
        }

    def _faults(self, options: dict[str, Any]) -> Any:
        return [plan.as_dict() for plan in self._simulator.faults()]

    def _add_fault(self, options: dict[str, Any]) -> Any:
        fault = dict(options)
        plan = {name: fault.pop(name) for name in ("times", "skip", "match") if name in fault}
        operation = fault.pop("operation", None)
        if not isinstance(operation, str):
            raise ValueError("operation: missing")
        return self._simulator.fault(operation, Fault.from_dict(fault), **plan).as_dict()

    def _clear_faults(self, options: dict[str, Any]) -> Any:
        self._simulator.clear_faults()
        return {}

    def _cancel_fault(self, options: dict[str, Any], fault_id: str) -> Any:
        if not self._simulator.cancel_fault(int(fault_id)):
            raise LookupError(f"no fault {fault_id}")
        return {}

    def _requests(self, options: dict[str, Any]) -> Any:
        entries = self._simulator.requests(options.get("operation"))
        return {"count": self._simulator.count(options.get("operation")), "requests": [e.as_dict() for e in entries]}

    def _clear_requests(self, options: dict[str, Any]) -> Any:
        self._simulator.clear_requests()
        return {}

    def _clusters(self, options: dict[str, Any]) -> Any:
        clusters = self._simulator.clusters(options.get("enterprise_project_id"))
        return {"count": len(clusters), "clusters": [cluster.as_dict() for cluster in clusters]}

    def _seed(self, options: dict[str, Any]) -> Any:
        given = options.get("clusters", options.get("count"))
        if isinstance(given, bool) or not isinstance(given, (int, list)):
            raise ValueError("clusters: a list of mappings, or count: a number")
        return {"cluster_ids": self._simulator.seed_clusters(given)}

    def _set_status(self, options: dict[str, Any], cluster_id: str) -> Any:
        self._simulator.set_status(cluster_id, **options)
        return {}

    def _agent_applied(self, options: dict[str, Any], cluster_id: str) -> Any:
        self._simulator.agent_applied(cluster_id)
        return {}

    def _set_daemonset_status(self, options: dict[str, Any], cluster_id: str) -> Any:
        self._simulator.set_daemonset_status(cluster_id, **options)
        return {}

    def _hosts(self, options: dict[str, Any]) -> Any:
        simulator = self._simulator
        rows = [host.row(simulator.settings) for host in simulator.hosts(options.get("cluster_id"))]
        return {"count": len(rows), "hosts": rows}

    def _add_host(self, options: dict[str, Any]) -> Any:
        return {"host_id": self._simulator.add_host(**options).host_id}

    def _hold_host(self, options: dict[str, Any], name: str) -> Any:
        self._simulator.hold_host(name, **options)
        return {}

    def _set_permissions(self, options: dict[str, Any]) -> Any:
        self._simulator.set_permissions(**options)
        return {}

    def _add_project(self, options: dict[str, Any]) -> Any:
        return {"project_id": self._simulator.add_project(**options)}

    def _issue_token(self, options: dict[str, Any]) -> Any:
        return {"token": self._simulator.issue_token(**options)}

    def _advance_clock(self, options: dict[str, Any]) -> Any:
        self._simulator.advance_clock(float(options["advance"]))
        return {}

    def _configure(self, options: dict[str, Any]) -> Any:
        return self._simulator.configure(**options).as_dict()

    def _settle(self, options: dict[str, Any]) -> Any:
        return {"settled": self._simulator.settle(float(options.get("timeout", 10.0)))}

    def _reset(self, options: dict[str, Any]) -> Any:
        self._simulator.reset()
        return {}


def _options(request: Request) -> dict[str, Any]:
    if not request.body:
        return dict(request.query)
    options = json.loads(request.body)
    if not isinstance(options, dict):
        raise ValueError("the body is not a JSON object")
    return options
