# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the event source."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._events.options import read_options


def test_defaults():
    options = read_options({}, Redactor())
    assert (options.interval, options.limits, options.state_file) == (300, (30,), None)
    assert options.connection["timeout"] == 30 and options.connection["validate_certs"] is None
    assert options.filters == {"name": None, "provider": None}


def test_texts_become_numbers_and_booleans():
    given = {
        "interval": "60",
        "expires_within_days": ["7", 30, 7],
        "validate_certs": "no",
        "timeout": "5",
        "provider": "aws",
        "name": [1, "b"],
        "region": "",
    }
    options = read_options(given, Redactor())
    assert (options.interval, options.limits) == (60, (30, 7))
    assert options.connection["validate_certs"] is False and options.connection["timeout"] == 5
    assert options.filters == {"name": ["1", "b"], "provider": ["aws"]} and options.connection["region"] is None
    assert read_options({"expires_within_days": 5}, Redactor()).limits == (5,)
    assert read_options({"expires_within_days": []}, Redactor()).limits == ()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"intervall": 5}, "intervall: did you mean interval?"),
        ({"interval": 0}, "interval: must be from 1 to 86400"),
        ({"interval": "soon"}, "interval: must be a whole number"),
        ({"interval": True}, "interval: must be a whole number"),
        ({"expires_within_days": [[1]]}, "expires_within_days: must be a value"),
        ({"expires_within_days": "x"}, "expires_within_days: must be a whole number"),
        ({"validate_certs": "maybe"}, "validate_certs: must be true or false"),
        ({"region": ["x"]}, "region: must be a text"),
        ({"provider": "gcp"}, "provider: 'gcp' is not one of"),
    ],
)
def test_arguments_that_cannot_work_are_refused(arguments, reason):
    with pytest.raises(HssError) as caught:
        read_options(arguments, Redactor())
    assert reason in str(caught.value)


def test_secrets_are_registered_before_anything_fails():
    redactor = Redactor()
    with pytest.raises(HssError):
        read_options({"secret_key": "S" * 40, "interval": "x"}, redactor)
    assert "S" * 8 not in redactor.redact("S" * 40)
