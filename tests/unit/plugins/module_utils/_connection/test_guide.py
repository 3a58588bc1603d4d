# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that the guide for credentials matches the code, and that its examples work."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import yaml

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import cluster_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import (
    CREDENTIAL_VARIABLES,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.option_values import (
    INSECURE_VARIABLE,
    OPTION_VARIABLES,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.profiles import parse_sdk
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor

ROOT = Path(__file__).resolve().parents[5]
GUIDE = (ROOT / "docs/docsite/rst/credentials_guide.rst").read_text()
KNOWN = {
    INSECURE_VARIABLE,
    "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
    *(name for group in OPTION_VARIABLES.values() for name in group),
    *(name for place in CREDENTIAL_VARIABLES for name in place.values()),
}


def blocks(language):
    found = re.findall(rf"^\.\. code-block:: {re.escape(language)}\n\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def test_the_guide_names_exactly_the_variables_that_are_read():
    # Those of other tools have other names, and are not counted.
    ours = re.compile(r"\b(?:HW|HUAWEICLOUD_SDK|CLOUD_SDK)_[A-Z_]+\b")
    assert set(ours.findall(GUIDE)) == set(filter(ours.fullmatch, KNOWN))


def test_the_guide_names_only_existing_options():
    plays = [block for block in blocks("yaml") if block.startswith("- name")]
    assert len(plays) == 2
    spec = {**connection_spec(), **cluster_spec()}
    for play in plays:
        (parsed,) = yaml.safe_load(play)
        assert set(parsed["module_defaults"]["group/huaweicloud.hss.hss"]) <= set(spec)
    private = next(block for block in blocks("yaml") if block.startswith("region:"))
    assert set(yaml.safe_load(private)) <= set(spec)


def test_the_file_of_the_sdks_in_the_guide_is_valid():
    (text,) = blocks("ini")
    assert parse_sdk(text.replace("...", "value"), "path", None, Redactor()).values == {
        "access_key": "value",
        "secret_key": "value",
        "security_token": "value",
    }
