# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role makes of a service that answers too much, or quotes what it was told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import install, protect
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import group_by_cluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.register import Connected
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import Variables

SECRET = "canary-password-1"


def connected(clusters=(), **answers):
    """The clusters, and a service that gives these answers."""
    api = SimpleNamespace(**{name: lambda *_given, answer=answer: answer for name, answer in answers.items()})
    redactor = Redactor()
    redactor.add(SECRET)
    return Connected(SimpleNamespace(api=lambda: api), redactor, list(clusters), print)


def test_missing_rights_are_named_in_part_and_without_secrets():
    (cluster,) = group_by_cluster([HostReading("a", Variables("shop", install_agent=True))])
    cluster.cluster_id, cluster.row = "id", {"status": "connect_success"}
    row = {"resources": "pods", "function": "f", "is_authed": False, "advice": f"\x1b[31m {SECRET} {'x' * 9000}"}
    protect.check_permissions(connected([cluster], list_permissions=[row] * 5000))
    (warning,) = cluster.warnings
    assert "and 4980 more" in warning and SECRET not in warning and "\x1b" not in warning
    assert warning.count("pods for f") == 20 and len(warning) < 20_000


@pytest.mark.parametrize("name", ["image_command", "secret_command"])
def test_commands_that_are_too_long_are_refused(name):
    options = {"image_repo": "r.example.com"}
    assert install._image_commands(connected(show_image_command={name: "x" * 6000}), options)[name] == "x" * 6000
    with pytest.raises(HssError, match=f"{name} exceeds 6000 characters"):
        install._image_commands(connected(show_image_command={name: "x" * 6001}), options)
