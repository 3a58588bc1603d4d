# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests which option is named for a misspelled one."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.spelling import spelling_hint

SPEC = {
    "kube_config": {"aliases": ["kubeconfig"]},
    "wait_timeout": {},
    "clusters": {"options": {"image_repo": {}, "provider": {}}},
}


@pytest.mark.parametrize(
    ("unsupported", "hint"),
    [
        ({"kube_conf"}, " kube_conf: did you mean kube_config?"),
        ({"Wait-Timeout"}, " Wait-Timeout: did you mean wait_timeout?"),
        ({"kubeconfg"}, " kubeconfg: did you mean kubeconfig?"),
        ({("clusters", "image_rep")}, " clusters.image_rep: did you mean image_repo?"),
        ({"provder", ("clusters", "provder")}, " clusters.provder: did you mean provider?"),
        ({"kube_conf", "wait_timeot"}, " kube_conf: did you mean kube_config? wait_timeot: did you mean wait_timeout?"),
        ({("nothing", "image_repo")}, ""),
        ({"something_else"}, ""),
        (set(), ""),
    ],
)
def test_the_nearest_option_is_named(unsupported, hint):
    assert spelling_hint(unsupported, SPEC) == hint
