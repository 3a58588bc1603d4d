# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the options that describe the node agent of a cluster, and the fields of the API."""

from __future__ import annotations

from typing import Any

RUNTIMES = ("containerd_endpoint", "docker_endpoint", "crio_endpoint", "isulad_endpoint", "podman_endpoint")
RESOURCE_MODES = ("default", "customized", "adaptive")
SCHEDULE_FIELDS = ("node_selector", "pod_tolerances")
RESOURCE_FIELDS = ("mode", "cpu_limit", "mem_limit")
# The service requires the first three, although its page calls them optional.
CREATE_FIELDS = ("cluster_name", "auto_upgrade", "runtime_info", "schedule_info", "resource_info")
LIMITS = ("cpu_limit", "mem_limit")


def daemonset_spec() -> dict[str, dict[str, Any]]:
    """The options that describe one node agent."""
    return {
        "cluster_id": {"type": "str", "required": True},
        "cluster_name": {"type": "str"},
        "auto_upgrade": {"type": "bool"},
        "runtime_info": {
            "type": "list",
            "elements": "dict",
            "options": {
                "runtime_name": {"type": "str", "required": True, "choices": list(RUNTIMES)},
                "runtime_path": {"type": "str"},
            },
        },
        "schedule_info": {
            "type": "dict",
            # Mappings are accepted as well. As text, Ansible would pass their representation in Python.
            "options": {name: {"type": "list", "elements": "raw"} for name in SCHEDULE_FIELDS},
        },
        "resource_info": {
            "type": "dict",
            "options": {
                name: {"type": "str", **({"choices": list(RESOURCE_MODES)} if name == "mode" else {})}
                for name in RESOURCE_FIELDS
            },
        },
        "agent_version": {"type": "str"},
    }


def wait_spec() -> dict[str, dict[str, Any]]:
    """The options of waiting; times in seconds."""
    return {
        # No default here, because it depends on the state.
        "wait": {"type": "bool"},
        # HSS says that an installation takes about 10 minutes.
        "wait_timeout": {"type": "int", "default": 1200},
        "wait_sleep": {"type": "int", "default": 10},
    }
