# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host loads the images for the clusters that need the same, and what is said of an agent that does not run."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.agents import (
    image_loaders,
    record_applied,
    waiting_of,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import OnboardedCluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables

REGISTRY = {"image_repo": "registry.example.com", "organization": "security"}


def cluster(name, *, status="not_connect", problem="", registry=None, **variables):
    registry = REGISTRY if registry is None else registry
    host = HostReading(name, Variables(name, cluster=registry, **{"install_agent": True, **variables}))
    return OnboardedCluster(name, [host], [host], problem=problem, row={"status": status})


def test_one_cluster_loads_the_images_for_all_that_need_the_same():
    other = {**REGISTRY, "organization": "elsewhere"}
    assert image_loaders([cluster("a"), cluster("b", registry=other), cluster("c")]) == {"a": "a", "b": "b", "c": "a"}


def test_a_cluster_that_waits_for_the_images_loads_them_if_there_is_one():
    assert image_loaders([cluster("a", status="connect_success"), cluster("b")]) == {"a": "b", "b": "b"}
    assert image_loaders([cluster("a", status="connect_success")]) == {"a": "a"}


def test_clusters_that_get_no_agent_neither_load_images_nor_wait_for_them():
    others = [
        cluster("absent", state="absent"),
        cluster("plain", install_agent=False),
        cluster("failed", problem="no"),
        cluster("public", registry={}),
        OnboardedCluster("lost", []),
    ]
    assert image_loaders([*others, cluster("a")]) == {"a": "a"}


@pytest.mark.parametrize(
    "result, final, said",
    [
        ({"changed": True, "msg": "After 6 seconds: 0 of 2 pods run"}, True, "was applied, but does not run. After 6"),
        ({"answered": True, "msg": "After 6 seconds: 0 of 2 pods run"}, True, "was applied, but does not run. After 6"),
        (
            {"answered": True, "msg": "After 6 seconds: Namespace hss is still being deleted: x"},
            True,
            "could not be installed: After 6 seconds: Namespace hss is still being deleted",
        ),
        ({"answered": True, "msg": "While applying the objects"}, None, "could not be installed: While applying"),
        ({"msg": "After 6 seconds: no answer"}, None, "could not be installed: After 6 seconds"),
    ],
)
def test_an_agent_that_does_not_run_was_applied_if_that_is_so(result, final, said):
    found = cluster("shop")
    record_applied(found, {**result, **waiting_of(result)}, False)
    assert waiting_of(result).get("final") is final and f"the connection agent {said}" in found.problem
