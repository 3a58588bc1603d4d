# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is applied in a cluster: HSS's manifests, their namespace, and the pull secret, in an order that works."""

from __future__ import annotations

import base64
import json

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.agent_objects import agent_objects

REGISTRY = {"server": "registry.example.com", "username": "robot", "password": "canary-password", "secret_name": "told"}


def an_object(kind, name="proxy-agent", namespace="hss", **content):
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


def deployment(*secrets):
    pod = {"imagePullSecrets": [{"name": name} for name in secrets]} if secrets else {}
    return an_object("Deployment", spec={"template": {"spec": pod}})


def names(objects):
    return [(item["kind"], item["metadata"]["name"]) for item in objects]


def test_the_namespace_comes_first_and_is_added_where_it_is_missing():
    assert names(agent_objects([deployment()])) == [("Namespace", "hss"), ("Deployment", "proxy-agent")]
    given = an_object("Namespace", "hss", None, spec={"kept": True})
    objects = agent_objects([deployment(), given])
    assert names(objects) == [("Namespace", "hss"), ("Deployment", "proxy-agent")] and objects[0] == given


def test_every_object_is_labelled_also_what_the_manifests_do_not_bring():
    role = an_object("ClusterRole", "hss", None)
    role["metadata"]["labels"] = {"app": "hss"}
    objects = agent_objects([role, deployment()], REGISTRY, {"owner": "one"})
    labels = {item["kind"]: item["metadata"]["labels"] for item in objects}
    own = {"owner": "one"}
    assert labels == {"Namespace": own, "Secret": own, "ClusterRole": {"app": "hss", **own}, "Deployment": own}
    assert role["metadata"]["labels"] == {"app": "hss"}, "what was given is not changed"


def test_the_pull_secret_has_the_name_that_the_manifests_use():
    objects = agent_objects([deployment("hss-registry"), an_object("ServiceAccount", imagePullSecrets=[])], REGISTRY)
    assert names(objects)[:2] == [("Namespace", "hss"), ("Secret", "hss-registry")]
    config = json.loads(base64.b64decode(objects[1]["data"][".dockerconfigjson"]))
    auth = base64.b64encode(b"robot:canary-password").decode()
    assert config == {
        "auths": {"registry.example.com": {"username": "robot", "password": "canary-password", "auth": auth}}
    }
    assert objects[1]["type"] == "kubernetes.io/dockerconfigjson" and objects[1]["metadata"]["namespace"] == "hss"


def test_without_such_a_name_it_is_the_one_that_hss_told():
    assert ("Secret", "told") in names(agent_objects([deployment()], REGISTRY))
    assert names(agent_objects([deployment()], {**REGISTRY, "secret_name": ""})) == names(agent_objects([deployment()]))


def test_no_pull_secret_without_a_password():
    assert names(agent_objects([deployment("hss-registry")], {**REGISTRY, "password": ""}))[1][0] == "Deployment"
