# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether pods run with what was applied, and why they do not."""

from __future__ import annotations

import copy
import hashlib
import json

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rollout import (
    CHECKSUM,
    is_workload,
    reasons,
    rollout_of,
    with_checksums,
)


def config(value, kind="ConfigMap", name="c", namespace="hss"):
    return KubeObject(
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "data": value}
    )


def workload(pod, kind="Deployment", **more):
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {}, "spec": pod}, "replicas": 2}
    metadata = {"name": "d", "namespace": "hss", "generation": 3}
    return KubeObject({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec, **more})


def checksum(*objects):
    item = with_checksums(list(objects))[-1]
    return item.content["spec"]["template"]["metadata"].get("annotations", {}).get(CHECKSUM)


USES = [
    {"containers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]},
    {"containers": [{"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]}]},
    {"volumes": [{"name": "v", "configMap": {"name": "c"}}]},
    {"initContainers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]},
    {"volumes": [{"projected": {"sources": [{"configMap": {"name": "c"}}]}}]},
]
SECRETS = [
    {"containers": [{"envFrom": [{"secretRef": {"name": "c"}}]}]},
    {"volumes": [{"name": "v", "secret": {"secretName": "c"}}]},
    {"volumes": [{"projected": {"sources": [{"secret": {"name": "c"}}]}}]},
]


@pytest.mark.parametrize("kind, pod", [*(("ConfigMap", pod) for pod in USES), *(("Secret", pod) for pod in SECRETS)])
def test_a_change_of_what_pods_use_changes_the_template(kind, pod):
    item = workload(pod)
    first, second = (checksum(config({"k": value}, kind), item) for value in ("1", "2"))
    assert first and second and first != second and first == checksum(config({"k": "1"}, kind), copy.deepcopy(item))
    assert checksum(config({"k": "1"}, kind, namespace="other"), item) is None
    assert checksum(config({"k": "1"}, kind, name="other"), item) is None
    assert CHECKSUM not in str(item.content)


def test_a_password_cannot_be_guessed_from_the_checksum_in_a_hurry():
    used = json.dumps([["Secret", "c", [{"k": "1"}, None, None]]], sort_keys=True)
    slow = hashlib.pbkdf2_hmac("sha256", used.encode(), b"Deployment/hss/d", 100_000).hex()[:32]
    assert checksum(config({"k": "1"}, "Secret"), workload(SECRETS[0])) == slow
    # One table of guesses does not serve for the workloads of every cluster.
    assert checksum(config({"k": "1"}, "Secret"), workload(SECRETS[0], kind="DaemonSet")) != slow


def test_pods_that_use_nothing_have_no_checksum():
    pod = {"containers": [{"image": "i"}], "imagePullSecrets": [{"name": "c"}]}
    assert checksum(config({"k": "1"}, "Secret"), workload(pod)) is None
    assert not is_workload(config({}))


STATUS = {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
DAEMONS = {"observedGeneration": 3, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}


@pytest.mark.parametrize(
    "kind, status, expected",
    [
        ("Deployment", STATUS, (2, 2, True)),
        ("Deployment", {**STATUS, "observedGeneration": 2}, (2, 2, False)),
        ("Deployment", {**STATUS, "replicas": 3}, (2, 2, False)),
        ("Deployment", {**STATUS, "updatedReplicas": 1}, (2, 1, False)),
        ("Deployment", {**STATUS, "availableReplicas": 0}, (2, 0, False)),
        ("Deployment", {}, (2, 0, False)),
        ("StatefulSet", {**STATUS, "readyReplicas": 2}, (2, 2, True)),
        ("DaemonSet", DAEMONS, (3, 3, True)),
        ("DaemonSet", {**DAEMONS, "numberAvailable": 2}, (3, 2, False)),
        ("DaemonSet", {"observedGeneration": 3, "desiredNumberScheduled": 0}, (0, 0, True)),
        ("DaemonSet", "nonsense", (0, 0, False)),
    ],
)
def test_a_rollout_is_done_when_all_pods_are_new_and_available(kind, status, expected):
    found = rollout_of(workload({}, kind, status=status))
    assert (found.desired, found.ready, found.done) == expected


def pod(labels=None, **status):
    return {"metadata": {"name": "d-1", "labels": labels or {"app": "x"}}, "status": status}


WAITING = {"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image i"}}}
CRASHED = {
    "name": "c",
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"exitCode": 2}},
}
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "message": "0/2 nodes are available: 2 had untolerated taint"}
PSA = 'pods "d-1" is forbidden: violates PodSecurity "restricted:latest": x'


def event(kind="ReplicaSet", name="d-abc", message=PSA):
    return {
        "type": "Warning",
        "involvedObject": {"kind": kind, "name": name},
        "reason": "FailedCreate",
        "message": message,
    }


@pytest.mark.parametrize(
    "status, pods, events, expected",
    [
        ({"conditions": [{"type": "ReplicaFailure", "status": "True", "message": PSA}]}, [], [], [PSA]),
        ({}, [pod(conditions=[UNSCHEDULED])], [], [f"pod d-1 is not scheduled: {UNSCHEDULED['message']}"]),
        ({}, [pod(containerStatuses=[WAITING])], [], ["container c: ImagePullBackOff: Back-off pulling image i"]),
        ({}, [pod(containerStatuses=[CRASHED])], [], ["CrashLoopBackOff: exit code 2"]),
        ({}, [], [event()], [f"FailedCreate: {PSA}"]),
        ({}, [], [event(name="other-abc")], ["no pods were created, and there is no event"]),
        ({}, [pod({"app": "other"}, containerStatuses=[WAITING])], [], ["no pods were created"]),
        ({}, [pod()], [event("Pod", "d-1", "a\nb " + "x" * 5000)], ["FailedCreate: a b xxx"]),
        ({}, [{"metadata": None, "status": []}], [{"involvedObject": "x"}], ["no pods were created"]),
    ],
)
def test_why_pods_do_not_run(status, pods, events, expected):
    found = reasons(rollout_of(workload({}, status=status)), pods, events)
    assert len(found) == len(expected)
    for text, words in zip(found, expected, strict=True):
        assert words in text and "\n" not in text and len(text) < 700


def test_few_reasons_are_shown():
    events = [event(message=f"reason {number}") for number in range(100)]
    assert len(reasons(rollout_of(workload({})), [], events)) == 5
