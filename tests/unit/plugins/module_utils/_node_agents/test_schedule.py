# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node selectors and tolerations in the forms that people write, and entries that no node can match."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents.schedule import node_selector, tolerations


@pytest.mark.parametrize(
    "given, texts",
    [
        ([], ()),
        (["disk=ssd", " zone=a ", "disk=ssd"], ("disk=ssd", "zone=a")),
        (["kubernetes.io/os=linux"], ("kubernetes.io/os=linux",)),
        (["empty="], ("empty=",)),
        ([{"disk": "ssd", "fast": True, "rank": 1}], ("disk=ssd", "fast=true", "rank=1")),
    ],
)
def test_labels(given, texts):
    assert node_selector(given) == texts


@pytest.mark.parametrize(
    "item",
    [
        "disk",
        "",
        "=ssd",
        "disk=a=b",
        "disk=a b",
        "-disk=a",
        "a/b/c=d",
        {"disk": ["a"]},
        {"di sk": "a"},
        None,
        1.5,
        ["a=b"],
    ],
)
def test_an_entry_that_is_not_a_label_is_refused(item):
    with pytest.raises(HssError, match=r"^schedule_info\.node_selector\[1\]: "):
        node_selector(["a=b", item])


@pytest.mark.parametrize(
    "item, text",
    [
        ("dedicated=gpu:NoSchedule", "dedicated=gpu:NoSchedule"),
        (" node-role.kubernetes.io/control-plane:NoSchedule", "node-role.kubernetes.io/control-plane:NoSchedule"),
        ("dedicated", "dedicated"),
        ("dedicated=gpu", "dedicated=gpu"),
        ({"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}, "dedicated=gpu:NoSchedule"),
        ({"key": "dedicated", "value": "gpu", "effect": "PreferNoSchedule"}, "dedicated=gpu:PreferNoSchedule"),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, "dedicated:NoExecute"),
        ({"key": "dedicated", "operator": "Exists", "value": "", "effect": None}, "dedicated"),
        ({"key": "on", "value": True}, "on=true"),
    ],
)
def test_tolerations(item, text):
    assert tolerations([item, item]) == (text,)


@pytest.mark.parametrize(
    "item, reason",
    [
        ("dedicated=gpu:NoSchedul", ": must end with one of the effects NoSchedule"),
        ("dedicated:", ": must end with one of the effects"),
        (":NoSchedule", ": is not a toleration"),
        ("", ": is not a toleration"),
        ("a b", ": is not a toleration"),
        ("a=b=c", ": is not a toleration"),
        ("{'key': 'a'}", ": must end with one of the effects"),
        (["a"], ": is not a toleration"),
        (None, ": is not a toleration"),
        ({"operator": "Exists"}, ".key: is needed"),
        ({"key": "a", "operator": "exists"}, ".operator: must be one of Equal, Exists"),
        ({"key": "a", "operator": "Exists", "value": "b"}, ".value: does not go with operator=Exists"),
        ({"key": "a", "effect": "NoSchedul"}, ": must end with one of the effects"),
        ({"key": "a", "value": ["b"]}, ": is not a toleration"),
        ({"key": "a", "tolerationSeconds": 60}, ": HSS has no form for tolerationSeconds"),
    ],
)
def test_an_entry_that_is_not_a_toleration_is_refused(item, reason):
    with pytest.raises(HssError) as caught:
        tolerations([item])
    assert str(caught.value).startswith(f"schedule_info.pod_tolerances[0]{reason}")
    assert caught.value.outcome == "not_sent"
