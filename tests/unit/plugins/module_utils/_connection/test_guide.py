# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that the guide for credentials matches the code, and that its examples work."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import jinja2
import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import cluster_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import (
    CREDENTIAL_VARIABLES,
    Credential,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.option_values import (
    INSECURE_VARIABLE,
    OPTION_VARIABLES,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.profiles import parse_sdk
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
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


@pytest.mark.parametrize(
    "given",
    [
        {"access_key": "an-access-key", "secret_key": "a-secret-key"},
        {"access_key": "an-access-key", "secret_key": "a-secret-key", "security_token": "a-security-token"},
        {"user_name": "a-user", "user_password": "a-password", "domain_name": "an-account"},
    ],
)
def test_the_credential_type_for_awx_sets_the_variables(given):
    inputs = next(yaml.safe_load(block) for block in blocks("yaml") if block.startswith("fields:"))
    (injectors,) = map(yaml.safe_load, blocks("yaml+jinja"))
    fields = {item["id"]: item for item in inputs["fields"]}
    assert set(inputs["required"]) <= set(fields)
    assert {name for name, item in fields.items() if item.get("secret")} == {
        "secret_key",
        "security_token",
        "user_password",
    }
    # AWX renders what was not filled in as nothing, and a variable must not be of a field that does not exist.
    values = dict.fromkeys(fields, "")
    values.update(given, region="eu-west-101")
    template = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environ = {name: template.from_string(text).render(values) for name, text in injectors["env"].items()}
    assert set(environ) <= KNOWN
    found = resolve({"timeout": 30}, environ, Redactor(), lambda _path: None)
    assert found.endpoint == "https://hss.eu-west-101.myhuaweicloud.eu"
    parts = {"password" if name == "user_password" else name: value for name, value in given.items()}
    assert found.credential == Credential(**parts)


def test_the_file_of_the_sdks_in_the_guide_is_valid():
    (text,) = blocks("ini")
    assert parse_sdk(text.replace("...", "value"), "path", None, Redactor()).values == {
        "access_key": "value",
        "secret_key": "value",
        "security_token": "value",
    }
