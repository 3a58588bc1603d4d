# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletion of exactly the objects that were looked at."""

from __future__ import annotations

import json

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import CallResult
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.deletion import delete_call, is_gone
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import Resource

RBAC = "rbac.authorization.k8s.io"


@pytest.mark.parametrize(
    "version, resource, name, namespace, path",
    [
        ("v1", Resource("namespaces", "", False), "hss", None, "/api/v1/namespaces/hss"),
        ("apps/v1", Resource("deployments", "apps", True), "d", "n", "/apis/apps/v1/namespaces/n/deployments/d"),
        (
            f"{RBAC}/v1",
            Resource("clusterroles", RBAC, False),
            "a:b/c?",
            None,
            f"/apis/{RBAC}/v1/clusterroles/a:b%2Fc%3F",
        ),
    ],
)
def test_the_api_server_is_asked_with_the_uid(version, resource, name, namespace, path):
    metadata = {"name": name, "uid": "u-1", **({"namespace": namespace} if namespace else {})}
    call = delete_call(KubeObject({"apiVersion": version, "kind": "X", "metadata": metadata}), resource)
    assert call.arguments == ["delete", "--raw", path, "-f", "-"] and not call.reads_stdin
    options = json.loads(call.text)
    assert options["preconditions"] == {"uid": "u-1"} and options["propagationPolicy"] == "Background"


@pytest.mark.parametrize(
    "stderr, gone",
    [
        ('Error from server (NotFound): configmaps "a" not found', True),
        ("Error from server (Conflict): Precondition failed: UID in precondition: a, UID in object meta: b", True),
        (
            'Error from server (Conflict): Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition '
            "(a) does not match the UID in record (b). The object might have been deleted and then recreated",
            True,
        ),
        ("Error from server (Conflict): the object has been modified", False),
        ("Error from server (Forbidden): no", False),
    ],
)
def test_an_object_that_is_gone_need_not_be_deleted(stderr, gone):
    assert is_gone(CallResult(1, "", stderr)) is gone
