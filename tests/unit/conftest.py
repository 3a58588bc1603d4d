# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the unit tests: no real pauses, no credentials from the environment, a fixed cluster."""

from __future__ import annotations

import os

import kubeconfigs
import pytest
import responses
from responses import registries


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("HW_", "HUAWEICLOUD_", "CLOUD_SDK_")):
            monkeypatch.delenv(name)


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """The pauses of the modules in seconds, which are not slept."""
    # Not imported at the top, because conftest files are read before the plugin makes the collection importable.
    from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session

    slept: list[float] = []
    monkeypatch.setattr(Session, "sleep", staticmethod(slept.append))
    return slept


@pytest.fixture
def transcript(pauses):
    """Mocks the responses. Any other number or order of requests fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=True, registry=registries.OrderedRegistry) as mocked:
        yield mocked


@pytest.fixture(scope="session")
def kube_config() -> str:
    """A kubeconfig of kubeadm for https://10.0.0.5:6443."""
    return kubeconfigs.kubeadm("https://10.0.0.5:6443", days=365)
