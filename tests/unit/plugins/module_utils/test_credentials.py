# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where credentials come from: tables of options and variables."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._credentials import Credential, resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._secrets import Secrets

BASE = {"region": "cn-north-4", "timeout": 30, "validate_certs": True}
KEYS = {"access_key": "option-access", "secret_key": "option-secret"}
EMPTY = {"access_key": "", "secret_key": ""}
HW = {"HW_ACCESS_KEY": "hw-access", "HW_SECRET_KEY": "hw-secret"}
SDK = {"HUAWEICLOUD_SDK_AK": "sdk-access", "HUAWEICLOUD_SDK_SK": "sdk-secret"}
PAGE = {"CLOUD_SDK_AK": "page-access", "CLOUD_SDK_SK": "page-secret"}


def connection(options=None, environ=None):
    return resolve({**BASE, **(options or {})}, environ or {}, Secrets())


def refusal(options=None, environ=None):
    with pytest.raises(HssError) as caught:
        connection(options, environ)
    assert caught.value.outcome == "not_sent"
    return str(caught.value)


@pytest.mark.parametrize(
    "options, environ, expected",
    [
        (KEYS, {**HW, **SDK, **PAGE}, Credential("option-access", "option-secret")),
        ({**KEYS, "security_token": "option-sts"}, HW, Credential("option-access", "option-secret", "option-sts")),
        ({"auth_token": "option-token"}, HW, Credential(auth_token="option-token")),
        ({}, {**HW, **SDK, **PAGE}, Credential("hw-access", "hw-secret")),
        ({}, {**HW, "HW_SECURITY_TOKEN": "hw-sts"}, Credential("hw-access", "hw-secret", "hw-sts")),
        ({}, {"HW_AUTH_TOKEN": "hw-token", **SDK}, Credential(auth_token="hw-token")),
        ({}, {**SDK, **PAGE}, Credential("sdk-access", "sdk-secret")),
        ({}, {**SDK, "HUAWEICLOUD_SDK_SECURITY_TOKEN": "sdk-sts"}, Credential("sdk-access", "sdk-secret", "sdk-sts")),
        ({}, PAGE, Credential("page-access", "page-secret")),
        # Empty is not given: AWX injects empty strings for survey answers left out.
        (
            {"access_key": "", "secret_key": ""},
            {"HW_ACCESS_KEY": "", "HW_SECRET_KEY": " ", **SDK},
            Credential("sdk-access", "sdk-secret"),
        ),
        (
            {"access_key": " option-access\n", "secret_key": "option-secret "},
            {},
            Credential("option-access", "option-secret"),
        ),
    ],
)
def test_the_first_place_with_a_credential_gives_all_of_it(options, environ, expected):
    assert connection(options, environ).credential == expected


@pytest.mark.parametrize(
    "options, environ, missing, present",
    [
        ({"access_key": "a"}, HW, "secret_key", "access_key"),
        ({"secret_key": "s"}, HW, "access_key", "secret_key"),
        ({"security_token": "t"}, HW, "access_key", "security_token"),
        ({}, {"HW_ACCESS_KEY": "a", **SDK}, "HW_SECRET_KEY", "HW_ACCESS_KEY"),
        ({}, {"HW_SECRET_KEY": "s", **SDK}, "HW_ACCESS_KEY", "HW_SECRET_KEY"),
        ({}, {"HUAWEICLOUD_SDK_AK": "a", **PAGE}, "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_AK"),
        ({}, {"CLOUD_SDK_SK": "s"}, "CLOUD_SDK_AK", "CLOUD_SDK_SK"),
    ],
)
def test_half_a_credential_is_refused_and_not_completed_from_elsewhere(options, environ, missing, present):
    assert refusal(options, environ).startswith(f"{missing}: missing beside {present}.")


def test_no_credential_names_every_place():
    message = refusal()
    for name in ("access_key", *HW, *SDK, *PAGE, "HW_AUTH_TOKEN", "auth_token"):
        assert name in message


def test_two_credentials_in_one_place_are_refused():
    assert refusal({**KEYS, "auth_token": "t"}).startswith("auth_token: given together with access_key")


@pytest.mark.parametrize("value", ["with space", "line\nbreak", "ümlaut"])
def test_a_key_that_was_copied_badly_is_refused(value):
    assert refusal({**KEYS, "secret_key": value}).startswith("secret_key: holds a space")
    assert value not in refusal({**KEYS, "secret_key": value})


@pytest.mark.parametrize(
    "options, endpoint, auth_url",
    [
        ({}, "https://hss.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com"),
        (
            {"region": "eu-west-101"},
            "https://hss.eu-west-101.myhuaweicloud.eu",
            "https://iam.eu-west-101.myhuaweicloud.eu",
        ),
        ({"endpoint": "https://hss.private/"}, "https://hss.private", "https://iam.cn-north-4.myhuaweicloud.com"),
        ({"endpoint": "hss.private:8443"}, "https://hss.private:8443", "https://iam.cn-north-4.myhuaweicloud.com"),
        ({"auth_url": "https://iam.private/v3"}, "https://hss.cn-north-4.myhuaweicloud.com", "https://iam.private/v3"),
        ({"region": None, "endpoint": "https://hss.private", "project_id": "p"}, "https://hss.private", None),
    ],
)
def test_addresses(options, endpoint, auth_url):
    found = connection({**KEYS, **options})
    assert (found.endpoint, found.auth_url) == (endpoint, auth_url)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"region": None}, "region: no region is given"),
        ({"region": "CN North 4"}, "region: 'CN North 4' is not a region's name"),
        ({"region": None, "endpoint": "https://hss.private"}, "project_id: no project is given"),
        ({"endpoint": "ftp://hss.private"}, "endpoint: not an address"),
        ({"endpoint": "https://"}, "endpoint: not an address"),
        ({"endpoint": "https://hss.private:port"}, "endpoint: not an address"),
        ({"endpoint": "https://user:word@hss.private"}, "endpoint: holds a user or password"),
        ({"timeout": 0}, "timeout: must be more than 0 seconds"),
        ({"max_retries": -1}, "max_retries: must be a number from 0 on"),
        (
            {"ca_path": "/nonexistent/ca.pem"},
            "ca_path: '/nonexistent/ca.pem' cannot be used as a CA file: No such file",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_its_option(options, words):
    assert refusal({**KEYS, **options}).startswith(words)


def test_a_ca_file_without_a_certificate_is_refused(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    assert "it holds no PEM certificate" in refusal({**KEYS, "ca_path": str(tmp_path / "ca.pem")})


def test_a_ca_may_be_a_folder(tmp_path):
    assert connection({**KEYS, "ca_path": str(tmp_path)}).verify == str(tmp_path)


def test_other_options_fall_back_to_variables():
    environ = {
        **HW,
        "HW_REGION_NAME": "eu-west-101",
        "HW_PROJECT_ID": "project",
        "HW_ENTERPRISE_PROJECT_ID": "ep",
        "HW_MAX_RETRIES": "0",
        "HW_HSS_ENDPOINT": "https://hss.private",
    }
    found = connection({"region": None}, environ)
    assert (found.project_id, found.enterprise_project_id, found.max_retries) == ("project", "ep", 0)
    assert found.endpoint == "https://hss.private"


@pytest.mark.parametrize(
    "endpoint, warned", [("http://127.0.0.1:80", False), ("http://[::1]:80", False), ("http://hss.private", True)]
)
def test_plain_http_is_a_warning_except_on_loopback(endpoint, warned):
    assert bool(connection({**KEYS, "endpoint": endpoint}).warnings) is warned


def test_the_secrets_are_known_to_the_scrubber_even_if_refused():
    secrets = Secrets()
    with pytest.raises(HssError):
        resolve({**BASE, "secret_key": "half-a-credential"}, {"HW_SECRET_KEY": "the-other-secret"}, secrets)
    assert secrets.scrub("half-a-credential the-other-secret") == "******** ********"
