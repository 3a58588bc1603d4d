# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of the role sign in once, and nothing secret is in the file that has the token in between."""

from __future__ import annotations

import pytest
from ansible import constants

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.ledger import Ledger
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.tokens import Tokens
from simulator import Simulator

SIGN_IN = "KeystoneCreateUserTokenByPassword"


@pytest.fixture
def simulator():
    """A simulated HSS and IAM."""
    with Simulator() as started:
        yield started


@pytest.fixture
def stage(simulator, monkeypatch, tmp_path):
    """Lists the clusters in a session of its own, and returns the session."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    user = simulator.user

    def run(use="use", **different):
        options = {
            "endpoint": simulator.endpoint,
            "auth_url": simulator.endpoint,
            "ca_path": simulator.ca_file,
            "region": simulator.region,
            "user_name": user.name,
            "password": user.password,
            "domain_name": user.domain,
            "max_retries": 0,
            "timeout": 10,
            **different,
        }
        session = Session(options, {}, Redactor(), lambda _text: None, Tokens(Ledger(use)))
        session.api().list_clusters()
        return session

    return run


def test_later_stages_use_and_hide_the_token_of_the_first(simulator, stage, tmp_path):
    first = stage()
    (token,) = simulator._gateway.tokens._tokens
    later = stage()
    assert len(simulator.requests(SIGN_IN)) == 1
    assert later.api().project_id == first.api().project_id == simulator.project_id
    assert later.redactor.redact(f"see {token}") == first.redactor.redact(f"see {token}") == "see ********"
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.stat().st_mode & 0o077 == 0
    assert not any(secret in file.read_text() for secret in (token, token[:20], simulator.user.password))


def test_another_use_of_the_role_and_another_user_sign_in_themselves(simulator, stage):
    stage()
    stage(use="another")
    stage(project_id=simulator.project_id)
    assert len(simulator.requests(SIGN_IN)) == 3


def test_a_token_is_of_no_use_without_the_password(simulator, stage):
    stage()
    with pytest.raises(Exception, match="refused"):
        stage(password="another-password")
    assert len(simulator.requests(SIGN_IN)) == 2
