# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What applying an object would make of it, in clusters that cannot say so themselves."""

from __future__ import annotations

import json

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.merge import predicted
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import LAST_APPLIED, KubeObject


def thing(**spec):
    return {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "spec": spec}


def container(**fields):
    return {"containers": [{"name": "c", **fields}]}


UNCHANGED = [
    ({"a": 1}, {"a": 1}),
    ({"a": 1}, {"a": 1, "default": True}),
    (container(image="i"), container(image="i", imagePullPolicy="Always")),
    ({"rules": []}, {"rules": None}),
    ({"rules": [{"verbs": ["get"]}]}, {"rules": [{"verbs": ["get"], "default": 1}]}),
    ({"cpu": "0.5", "memory": "1024Mi"}, {"cpu": "500m", "memory": "1Gi"}),
    ({"subjects": [{"kind": "S", "name": "a"}]}, {"subjects": [{"kind": "S", "name": "a", "apiGroup": ""}]}),
]
CHANGED = [
    ({"a": 1}, {"a": 2}),
    ({"a": 1}, {}),
    (container(image="i"), container(image="j")),
    ({"cpu": "0.5"}, {"cpu": "600m"}),
    ({"args": ["a"]}, {"args": ["a", "b"]}),
    ({"text": "1e3"}, {"text": "1000"}),
]


@pytest.mark.parametrize("desired, live, changed", [*((*c, False) for c in UNCHANGED), *((*c, True) for c in CHANGED)])
def test_what_would_change(desired, live, changed):
    now = KubeObject(thing(**live))
    now.content["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(thing(**desired))}
    assert (predicted(now, KubeObject(thing(**desired))).content != now.content) is changed


def test_fields_that_were_applied_and_are_no_longer_given_are_removed():
    now = KubeObject(thing(mine=1, theirs=2, env=[{"name": "A"}, {"name": "B"}, {"name": "C"}]))
    last = thing(mine=1, env=[{"name": "A"}, {"name": "B"}])
    now.content["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(last)}
    after = predicted(now, KubeObject(thing(env=[{"name": "B", "value": "x"}]))).content["spec"]
    assert after == {"theirs": 2, "env": [{"name": "B", "value": "x"}, {"name": "C"}]}
