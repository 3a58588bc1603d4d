# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy engine between the collection and a real API server: warnings, denials, dry runs, and a busy moment."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .cluster import Cluster
from .webhook import ALLOWED, Answer, Webhook, denial

OBJECTS = "huaweicloud.hss.kubectl_objects"
SECRET = "canary-value-0123456789"
# As Kyverno writes it.
DENIED = f"""

resource ConfigMap/hss-test/config was blocked due to the following policies

require-labels:
  check-for-labels: 'validation error: label team is required: {SECRET}.
    Rule check-for-labels failed at path /metadata/labels/team/'
disallow-latest-tag:
  require-image-tag: An image tag is required"""
RULES = (
    "resource ConfigMap/hss-test/config was blocked",
    "require-labels: check-for-labels: 'validation error: label team is required",
    "failed at path /metadata/labels/team/'",
    "disallow-latest-tag: require-image-tag: An image tag is required",
)


def config(value: str) -> list[dict[str, Any]]:
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss-test"}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "config", "namespace": "hss-test"},
            "data": {"value": value, "secret": SECRET},
        },
    ]


class Policy:
    """What the webhook answers: a queue of responses for each operation, then what it allows."""

    def __init__(self) -> None:
        self.queued: dict[str, list[Answer]] = {}
        self.always: dict[str, Answer] = {}
        self.dry_runs = 0
        self._lock = threading.Lock()

    def __call__(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            self.dry_runs += bool(request.get("dryRun"))
            queue = self.queued.get(request["operation"])
            return queue.pop(0) if queue else self.always.get(request["operation"], ALLOWED)


@pytest.fixture
def policy(tmp_path: Path) -> Iterator[tuple[Policy, Webhook]]:
    """A webhook, which is not registered yet."""
    answers = Policy()
    with Webhook(tmp_path, answers) as webhook:
        yield answers, webhook


def register(cluster: Cluster, configuration: dict[str, Any]) -> None:
    done = cluster.run("apply", "-f", "-", stdin=json.dumps(configuration))
    assert done.returncode == 0, done.stderr


def test_what_a_policy_says_arrives_whole(cluster: Cluster, tasks: Any, policy: tuple[Policy, Webhook]) -> None:
    """Its warnings, and the denials of an apply and of a removal. A busy moment and a conflict are waited for."""
    answers, webhook = policy
    register(cluster, webhook.configuration(["configmaps"]))
    busy = denial("try it in a moment", 429, "TooManyRequests")
    conflict = denial("somebody else has changed it", 409, "Conflict")
    answers.queued = {"CREATE": [ALLOWED, busy, conflict], "UPDATE": [], "DELETE": [denial(DENIED)] * 5}
    answers.always = {
        "CREATE": {**ALLOWED, "warnings": ['would violate PodSecurity "restricted:latest": hostPath volumes']}
    }
    _played, (made,) = tasks(OBJECTS, {"objects": config("1")})
    assert made["changed"] and not answers.queued["CREATE"], made
    assert 'The cluster warns: would violate PodSecurity "restricted:latest": hostPath volumes' in made["warnings"]
    answers.queued["UPDATE"] = [ALLOWED, *[denial(DENIED)] * 5]
    absent = {"objects": config("1"), "state": "absent", "owner": "one", "take_over": []}
    played, (updated, kept, removed) = tasks(
        OBJECTS,
        {"objects": config("2")},
        absent,
        {"objects": config("1")[1:], "state": "absent"},
        arguments=("-vvv",),
    )
    assert [item["action"] for item in kept["objects"]] == ["kept", "kept"]
    for result, operation in ((updated, "UPDATE"), (removed, "DELETE")):
        assert result["failed"] and not result["changed"], (operation, result)
        assert "the policies of the cluster do not allow it" in result["msg"]
        assert [text for text in RULES if text not in result["msg"]] == [], (operation, result["msg"])
    assert SECRET not in updated["msg"] + removed["msg"]
    answers.queued.clear()
    _played, (gone,) = tasks(OBJECTS, {"objects": config("1"), "state": "absent"})
    assert gone["changed"]


def test_a_webhook_with_side_effects_refuses_the_dry_run(
    cluster: Cluster, tasks: Any, policy: tuple[Policy, Webhook]
) -> None:
    """The objects are compared with what was applied last, and a second run changes nothing."""
    answers, webhook = policy
    register(cluster, webhook.configuration(["configmaps"], "Some"))
    played, (made, again, check, update) = tasks(
        OBJECTS,
        {"objects": config("1")},
        {"objects": config("1")},
        {"objects": config("2"), "check_mode": True},
        {"objects": config("2")},
    )
    assert made["changed"] and not again["changed"] and "sideEffects: NoneOnDryRun" in played.output, again
    assert check["objects"] == update["objects"] and update["changed"]
    assert answers.dry_runs == 0
    assert (cluster.get("configmap", "config", "hss-test") or {})["data"]["value"] == "2"
