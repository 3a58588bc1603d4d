# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as others run them: with mutating webhooks, broken API services, quotas, and objects of other tools."""

from __future__ import annotations

import copy
import itertools
import json
import threading
import time
from pathlib import Path
from typing import Any

from .cluster import Cluster
from .test_real_ownership import ONE, apply, thing
from .webhook import ALLOWED, Webhook, mutation

OBJECTS = "huaweicloud.hss.kubectl_objects"
NAMESPACE = thing("Namespace", "hss-test")
DIGEST = "@sha256:" + "0" * 64


def deployment(image: str = "agent:1", app: str = "agent", replicas: int = 2) -> dict[str, Any]:
    labels = {"app": app}
    pod = {"containers": [{"name": "agent", "image": image}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return thing("Deployment", "agent", "hss-test", "apps/v1", spec=spec)


def test_a_webhook_that_changes_images_and_notes_the_time(cluster: Cluster, tasks: Any, tmp_path: Path) -> None:
    """As Kyverno does when it verifies images. The API server is asked what would change, so nothing does."""
    time_of_request = itertools.count()

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["operation"] == "DELETE":
            return ALLOWED
        path = "/spec/template/spec/containers/0/image"
        image = request["object"]["spec"]["template"]["spec"]["containers"][0]["image"]
        note = {"kyverno.io/last-request-time": str(next(time_of_request))}
        annotations = {**request["object"]["metadata"].get("annotations", {}), **note}
        return mutation(
            {"op": "replace", "path": path, "value": image.partition("@")[0] + DIGEST},
            {"op": "add", "path": "/metadata/annotations", "value": annotations},
        )

    with Webhook(tmp_path, answer) as webhook:
        apply(cluster, webhook.configuration(["deployments"], kind="Mutating"))
        _played, (made, again, updated, last) = tasks(
            OBJECTS,
            {"objects": [NAMESPACE, deployment()]},
            {"objects": [NAMESPACE, deployment()]},
            {"objects": [NAMESPACE, deployment("agent:2")]},
            {"objects": [NAMESPACE, deployment("agent:2")]},
        )
        assert made["changed"] and not again["changed"], again
        assert updated["changed"] and not last["changed"], last
        found = cluster.get("deployment", "agent", "hss-test") or {}
        assert found["spec"]["template"]["spec"]["containers"][0]["image"] == f"agent:2{DIGEST}"
        assert next(time_of_request) > 2


def test_an_api_service_that_does_not_answer(cluster: Cluster, tasks: Any) -> None:
    """Such as one for metrics. Kubernetes would not end the deletion of a namespace, so the namespace is kept."""
    service = {"name": "metrics", "namespace": "default"}
    spec = {"group": "metrics.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100}
    broken = thing(
        "APIService",
        "v1.metrics.example.com",
        None,
        "apiregistration.k8s.io/v1",
        spec={**spec, "service": service, "insecureSkipTLSVerify": True},
    )
    apply(cluster, broken)
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.example.com"
    while not cluster.server.request("GET", path).json().get("status", {}).get("conditions"):
        time.sleep(0.1)
    objects = {"objects": [NAMESPACE, deployment(replicas=0)], **ONE}
    absent = {"objects": [NAMESPACE, deployment()], **ONE, "state": "absent"}
    _played, (made, again, kept) = tasks(OBJECTS, objects, objects, absent)
    assert made["changed"] and not again["changed"], (made, again)
    assert [item["action"] for item in kept["objects"]] == ["kept", "deleted"], kept
    why = "The Namespace hss-test is kept, since what is in it is not known. "
    assert kept["warnings"][0].startswith(why) and "metrics.example.com/v1" in kept["warnings"][0], kept
    assert "an API service of the cluster does not answer" in kept["warnings"][0]
    assert cluster.run("delete", "apiservice", "v1.metrics.example.com").returncode == 0
    _played, (gone,) = tasks(OBJECTS, absent)
    assert gone["changed"] and cluster.everything() == set(), gone


def test_an_object_that_another_tool_has_applied_on_the_server(cluster: Cluster, tasks: Any) -> None:
    """As Helm 4 and Argo CD do. Their fields stay, and there is neither a conflict nor a change in the second run."""
    theirs = deployment()
    theirs["spec"]["revisionHistoryLimit"] = 3
    apply(cluster, NAMESPACE)
    done = cluster.run("apply", "--server-side", "--field-manager=helm", "-f", "-", stdin=json.dumps(theirs))
    assert done.returncode == 0, done.stderr
    take_over = {**ONE, "take_over": ["unlabelled"]}
    _played, (taken, again, selector) = tasks(
        OBJECTS,
        {"objects": [NAMESPACE, deployment("agent:2")], **take_over},
        {"objects": [NAMESPACE, deployment("agent:2")], **ONE},
        {"objects": [NAMESPACE, deployment("agent:2", "other")], **ONE},
    )
    assert taken["changed"] and not again["changed"], again
    found = cluster.get("deployment", "agent", "hss-test") or {}
    assert found["spec"]["revisionHistoryLimit"] == 3
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "agent:2"
    # A selector cannot be changed.
    assert selector["failed"] and "Kubernetes does not allow this change. Delete the object" in selector["msg"]
    assert "field is immutable" in selector["msg"]


def test_a_quota_whose_status_is_not_known_yet(cluster: Cluster, tasks: Any) -> None:
    """A policy often creates one in each new namespace. Nothing is admitted until its controller has seen it."""
    hard = {"count/configmaps": "10"}
    quota = thing("ResourceQuota", "default", "hss-test", spec={"hard": hard})
    apply(cluster, NAMESPACE, quota)
    path = "/api/v1/namespaces/hss-test/resourcequotas/default/status"

    def see() -> None:
        seen = copy.deepcopy(cluster.server.request("GET", path).json())
        seen["status"] = {"hard": hard, "used": {"count/configmaps": "1"}}
        cluster.server.request("PUT", path, json=seen).raise_for_status()

    timer = threading.Timer(5, see)
    timer.start()
    config = thing("ConfigMap", "config", "hss-test", data={"a": "1"})
    _played, (made,) = tasks(OBJECTS, {"objects": [NAMESPACE, config]})
    timer.join()
    assert made["changed"] and not made.get("failed"), made
    hard["count/configmaps"] = "0"
    see()
    more = thing("ConfigMap", "more", "hss-test", data={})
    _played, (refused,) = tasks(OBJECTS, {"objects": [NAMESPACE, more]})
    assert "the policies of the cluster do not allow it" in refused["msg"] and "exceeded quota" in refused["msg"]
