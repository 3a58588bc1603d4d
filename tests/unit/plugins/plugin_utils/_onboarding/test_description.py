# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line about a host that hss_onboard_no_log: false displays."""

from __future__ import annotations

import kubeconfigs
import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.register import description
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables

SERVER, PATH = "https://10.0.0.5:6443", "/etc/kubernetes/admin.conf"
PASSWORD = "canary-registry-password-7d1f"


def reading(**values):
    found = {"path": PATH, "server": SERVER, "user": "kubernetes-admin", "days_left": 312, **values}
    return HostReading("shop-1", Variables("shop", cluster={"image_repo_password": PASSWORD}), **found)


@pytest.mark.parametrize(
    "values, expected",
    [
        ({}, f"{PATH}, user kubernetes-admin, {SERVER}, 312 days left"),
        ({"days_left": None}, f"{PATH}, user kubernetes-admin, {SERVER}, no expiry date"),
        # A removal reads the file for kubectl alone.
        ({"server": "", "user": "", "days_left": None}, PATH),
        ({"path": "", "server": "", "user": "", "days_left": None}, ""),
        # The report gives the reason.
        ({"problem": "the certificate expired"}, ""),
    ],
)
def test_a_line_for_each_host(values, expected):
    assert description(reading(**values)) == expected


def test_a_name_that_is_a_secret_is_redacted():
    text = kubeconfigs.kubeadm(SERVER)
    key = yaml.safe_load(text)["users"][0]["user"]["client-key-data"]
    for secret in (key, PASSWORD):
        line = description(reading(kube_config=text, user=secret))
        assert secret[:20] not in line and line.endswith(", 312 days left")


def test_a_name_stays_in_its_line():
    assert "\n" not in description(reading(user="admin\n\x1b[31mok"))
