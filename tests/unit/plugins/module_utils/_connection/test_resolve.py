# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests where credentials are taken from, with tables of options and variables."""

from __future__ import annotations

import kubeconfigs
import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import (
    CREDENTIAL_OPTIONS,
    CREDENTIAL_VARIABLES,
    Credential,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.option_values import (
    INSECURE_VARIABLE,
    OPTION_VARIABLES,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor

BASE = {"region": "cn-north-4", "timeout": 30, "validate_certs": True}
KEYS = {"access_key": "option-access", "secret_key": "option-secret"}
EMPTY = {"access_key": "", "secret_key": ""}
HW = {"HW_ACCESS_KEY": "hw-access", "HW_SECRET_KEY": "hw-secret"}
SDK = {"HUAWEICLOUD_SDK_AK": "sdk-access", "HUAWEICLOUD_SDK_SK": "sdk-secret"}
PAGE = {"CLOUD_SDK_AK": "page-access", "CLOUD_SDK_SK": "page-secret"}
USER = {"user_name": "option-user", "password": "option-password", "domain_name": "option-account"}
HW_USER = {"HW_USER_NAME": "hw-user", "HW_USER_PASSWORD": "hw-password", "HW_DOMAIN_NAME": "hw-account"}


def no_files(_path):
    return None


def connection(options=None, environ=None):
    return resolve({**BASE, **(options or {})}, environ or {}, Redactor(), no_files)


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
        (
            USER,
            HW,
            Credential(user_name="option-user", password="option-password", domain_name="option-account"),
        ),
        (
            {},
            {**HW_USER, **SDK},
            Credential(user_name="hw-user", password="hw-password", domain_name="hw-account"),
        ),
        # Terraform's users have the account's name beside their keys.
        ({}, {**HW, "HW_DOMAIN_NAME": "hw-account"}, Credential("hw-access", "hw-secret")),
        ({**KEYS, "domain_name": "option-account"}, {}, Credential("option-access", "option-secret")),
        ({"domain_name": "option-account"}, SDK, Credential("sdk-access", "sdk-secret")),
        # A password may hold whatever can be typed; names are copied with spaces.
        (
            {"user_name": " üser ", "password": " pass wörd ", "domain_name": "account\n"},
            {},
            Credential(user_name="üser", password=" pass wörd ", domain_name="account"),
        ),
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
def test_a_credential_is_taken_whole_from_the_first_place_that_has_one(options, environ, expected):
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
        ({"user_name": "u"}, HW_USER, "password", "user_name"),
        ({"password": "p"}, HW_USER, "user_name", "password"),
        ({"user_name": "u", "password": "p"}, HW_USER, "domain_name", "password and user_name"),
        ({}, {"HW_USER_NAME": "u", "HW_USER_PASSWORD": "p"}, "HW_DOMAIN_NAME", "HW_USER_NAME and HW_USER_PASSWORD"),
        ({"domain_name": "d"}, {"HW_USER_NAME": "u", "HW_USER_PASSWORD": "p"}, "HW_DOMAIN_NAME", "HW_USER_NAME and"),
    ],
)
def test_an_incomplete_credential_is_refused_and_not_completed(options, environ, missing, present):
    assert refusal(options, environ).startswith(f"{missing}: missing beside {present}")


def test_a_missing_credential_is_reported_for_every_place():
    assert refusal() == (
        "access_key: no credential found. Looked at "
        "the options: no access_key and secret_key, no auth_token, no user_name, password and domain_name; "
        "the environment: no HW_ACCESS_KEY and HW_SECRET_KEY, no HW_AUTH_TOKEN, "
        "no HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME; "
        "the environment: no HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; "
        "the environment: no CLOUD_SDK_AK and CLOUD_SDK_SK; "
        "~/.hcloud/config.json: there is no such file; "
        "~/.huaweicloud/credentials: there is no such file; "
        "the instance's metadata: only with profile=metadata. "
        "Set one of these where the module runs: on the control node, if the task is delegated there."
    )


@pytest.mark.parametrize(
    "options, environ, words",
    [
        ({**KEYS, "auth_token": "t"}, {}, "auth_token: given together with access_key"),
        ({"security_token": "s", "auth_token": "t"}, {}, "auth_token: given together with security_token"),
        ({**KEYS, **USER}, {}, "user_name: given together with access_key"),
        ({**USER, "auth_token": "t"}, {}, "user_name: given together with auth_token"),
        ({}, {**HW, "HW_AUTH_TOKEN": "t"}, "HW_AUTH_TOKEN: given together with HW_ACCESS_KEY"),
        ({}, {**HW, "HW_USER_PASSWORD": "p"}, "HW_USER_PASSWORD: given together with HW_ACCESS_KEY"),
    ],
)
def test_two_credentials_in_one_place_are_refused(options, environ, words):
    assert refusal(options, environ).startswith(words)


@pytest.mark.parametrize("part", USER)
def test_a_password_with_a_line_break_is_refused(part):
    message = refusal({**USER, part: "two\nlines"})
    assert message.startswith(f"{part}: holds a line break") and "lines;" not in message


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
        ({"cloud": "Cloud.Example.com"}, "https://hss.cn-north-4.cloud.example.com", None),
        ({"cloud": "example.com", "region": "eu-west-101"}, "https://hss.eu-west-101.example.com", None),
        ({"cloud": "example.com", "endpoint": "https://hss.private"}, "https://hss.private", None),
        ({"cloud": "example.com", "auth_url": "https://iam.private"}, None, "https://iam.private"),
    ],
)
def test_the_addresses_of_the_services(options, endpoint, auth_url):
    found = connection({**KEYS, **options})
    if "cloud" in options:
        domain = options["cloud"].lower()
        region = options.get("region", "cn-north-4")
        endpoint = endpoint or f"https://hss.{region}.{domain}"
        auth_url = auth_url or f"https://iam.{region}.{domain}"
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
        ({"cloud": "https://example.com"}, "cloud: 'https://example.com' is not a domain"),
        ({"cloud": "example.com/v3"}, "cloud: 'example.com/v3' is not a domain"),
        ({"cloud": "example"}, "cloud: 'example' is not a domain"),
        ({"auth_url": "https://iam.private?x=1"}, "auth_url: not an address"),
        ({"timeout": 0}, "timeout: must be more than 0 seconds"),
        ({"timeout": 10**12}, "timeout: must be more than 0 seconds and at most 3600"),
        # What would become another header, another path or another host.
        ({"region": "cn-north-4\r\nX-Evil: 1"}, "region: 'cn-north-4 X-Evil: 1' is not a region's name"),
        ({"region": "cn-nörth-4"}, "region: 'cn-nörth-4' is not a region's name"),
        ({"region": "../evil"}, "region: '../evil' is not a region's name"),
        ({"endpoint": "https://hss.private\r\nX-Evil: 1"}, "endpoint: not an address"),
        ({"endpoint": "https://hss.private\x00"}, "endpoint: not an address"),
        ({"endpoint": "https://hss.private/a b"}, "endpoint: not an address"),
        ({"endpoint": "https://hss.private\\@evil.example.com"}, "endpoint: holds a user or password"),
        ({"endpoint": "https://hss.private\\.evil.example.com"}, "endpoint: not an address"),
        ({"endpoint": "https://hss。private"}, "endpoint: not an address"),
        ({"endpoint": "https://hss.private%00.evil.example.com"}, "endpoint: not an address"),
        ({"auth_url": "https://iam.private\r\nX-Evil: 1"}, "auth_url: not an address"),
        ({"project_id": "a/b"}, "project_id: is not an id"),
        ({"project_id": ".."}, "project_id: is not an id"),
        ({"project_id": "a?b"}, "project_id: is not an id"),
        ({"project_id": "a%2fb"}, "project_id: is not an id"),
        ({"project_id": "a\r\nb"}, "project_id: is not an id"),
        ({"project_id": "ａ"}, "project_id: is not an id"),
        ({"enterprise_project_id": "0\r\nX-Evil: 1"}, "enterprise_project_id: is not an id"),
        ({"enterprise_project_id": "0&limit=1"}, "enterprise_project_id: is not an id"),
        ({"project_name": "cn-north-4\r\nX"}, "project_name: holds a line break"),
        ({"cloud": "example.com\r\nX"}, "cloud: 'example.com X' is not a domain"),
        ({"max_retries": -1}, "max_retries: must be a number from 0 on"),
        (
            {"ca_path": "/nonexistent/ca.pem"},
            "ca_path: '/nonexistent/ca.pem' cannot be used as a CA file: No such file",
        ),
    ],
)
def test_an_invalid_value_is_refused_with_the_name_of_its_option(options, words):
    assert refusal({**KEYS, **options}).startswith(words)


def test_a_ca_file_without_a_certificate_is_refused(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    assert "it holds no PEM certificate" in refusal({**KEYS, "ca_path": str(tmp_path / "ca.pem")})


@pytest.mark.parametrize("part", [*KEYS, "security_token", "auth_token"])
@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "a\x7f", "naïve-value", "a\u2028b", "a b"])
def test_control_characters_do_not_reach_a_header(part, value):
    given = {"auth_token": value} if part == "auth_token" else {**KEYS, part: value}
    message = refusal(given)
    assert message.startswith(f"{part}: holds a space, a line break or a non-ASCII character") and "Evil" not in message


BUNDLES = ("HW_CA_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture
def bundles(tmp_path, monkeypatch):
    """A file for each variable, and the system's own certificates."""
    found = {}
    for name in (*BUNDLES, "the option"):
        found[name] = str(tmp_path / f"{name}.pem")
        (tmp_path / f"{name}.pem").write_bytes(kubeconfigs.Authority().pem)
    return found


@pytest.mark.parametrize("first", range(4))
def test_the_trusted_certificates_come_from_option_or_variables(bundles, first):
    """The option, then the variables in their order, then nothing but what comes with requests."""
    environ = {name: bundles[name] for name in BUNDLES[first:]}
    expected = bundles[BUNDLES[first]] if first < 3 else True
    assert connection(KEYS, {**environ, "SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/"}).verify == expected
    assert connection({**KEYS, "ca_path": bundles["the option"]}, environ).verify == bundles["the option"]
    assert connection({**KEYS, "validate_certs": False}, environ).verify is False


@pytest.mark.parametrize("name", BUNDLES)
def test_a_variable_without_usable_certificates_is_named(name):
    message = refusal(KEYS, {name: "/nonexistent"})
    assert message.startswith("ca_path: '/nonexistent' cannot be used as a CA file: No such file") and name in message


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "Ftp_Proxy"])
@pytest.mark.parametrize(
    "address, hidden",
    [
        ("http://user:p%40ss-w0rd-1@proxy:3128", ["p%40ss-w0rd-1", "p@ss-w0rd-1"]),
        ("user:pass-w0rd-12@proxy:3128", ["pass-w0rd-12"]),
        ("socks5h://an-access-token@proxy", ["an-access-token"]),
        ("http://user:p@ss:w0rd/12@proxy", ["p@ss:w0rd/12"]),
    ],
)
def test_the_password_of_a_proxy_is_registered_for_redaction(name, address, hidden):
    secrets = Redactor()
    resolve({**BASE, **KEYS}, {name: address}, secrets, no_files)
    assert [secrets.redact(text) for text in hidden] == ["********"] * len(hidden)


def test_a_ca_may_be_a_folder_that_openssl_can_use(tmp_path):
    (tmp_path / "ca.pem").write_text("whatever")
    assert "has no certificate under its hash: run 'openssl rehash'" in refusal({**KEYS, "ca_path": str(tmp_path)})
    (tmp_path / "12ab34cd.0").write_text("whatever")
    assert connection({**KEYS, "ca_path": str(tmp_path)}).verify == str(tmp_path)


@pytest.mark.parametrize(
    "option, variable, verify",
    [
        (None, None, True),
        (None, "", True),
        (None, "false", True),
        (None, "0", True),
        (None, "true", False),
        (None, "True", False),
        (None, "1", False),
        (True, "true", True),
        (False, "false", False),
        (False, None, False),
        (True, None, True),
    ],
)
def test_certificates_are_checked_unless_option_or_variable_say_otherwise(option, variable, verify):
    found = connection({**KEYS, "validate_certs": option}, {} if variable is None else {"HW_INSECURE": variable})
    assert found.verify is verify
    assert any("validate_certs is off" in text for text in found.warnings) is not verify


def test_a_variable_that_is_neither_true_nor_false_is_refused():
    message = refusal({**KEYS, "validate_certs": None}, {"HW_INSECURE": "maybe"})
    assert message.startswith("HW_INSECURE: must be true or false")
    assert connection({**KEYS, "validate_certs": True}, {"HW_INSECURE": "maybe"}).verify is True


def test_a_password_needs_iam():
    options = {**USER, "region": None, "endpoint": "https://hss.private", "project_id": "p"}
    assert refusal(options).startswith("auth_url: needed to sign in with user_name")
    assert connection({**options, "auth_url": "https://iam.private/v3/"}).auth_url == "https://iam.private/v3"


def test_other_options_fall_back_to_variables():
    environ = {
        **HW,
        "HW_REGION_NAME": "eu-west-101",
        "HW_PROJECT_ID": "project",
        "HW_ENTERPRISE_PROJECT_ID": "ep",
        "HW_MAX_RETRIES": "0",
        "HW_HSS_ENDPOINT": "https://hss.private",
        "HW_PROJECT_NAME": "name",
        "HW_CLOUD": "example.com",
    }
    found = connection({"region": None}, environ)
    assert (found.project_name, found.auth_url) == ("name", "https://iam.eu-west-101.example.com")
    assert (found.project_id, found.enterprise_project_id, found.max_retries) == ("project", "ep", 0)
    assert found.endpoint == "https://hss.private"


@pytest.mark.parametrize(
    "endpoint, warned", [("http://127.0.0.1:80", False), ("http://[::1]:80", False), ("http://hss.private", True)]
)
def test_plain_http_is_a_warning_except_on_loopback(endpoint, warned):
    assert bool(connection({**KEYS, "endpoint": endpoint}).warnings) is warned


@pytest.mark.parametrize("part", ["access_key", "secret_key", "security_token", "auth_token", "password"])
def test_refused_secrets_are_registered_for_redaction(part):
    secrets = Redactor()
    options, variable = {**BASE, **USER, **KEYS, part: "of-the-option"}, CREDENTIAL_VARIABLES[0][part]
    with pytest.raises(HssError):
        resolve(options, {variable: "in-the-variable"}, secrets, no_files)
    assert secrets.redact("of-the-option in-the-variable") == "******** ********"


def test_the_representation_of_a_credential_shows_no_secret():
    values = {part: f"the-{part}" for part in CREDENTIAL_OPTIONS}
    shown = repr(Credential(**values))
    assert [part for part, value in values.items() if value in shown] == ["user_name", "domain_name"]


def test_the_guide_documents_the_options():
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    spec = connection_spec()
    assert {name: (option["type"], option.get("default")) for name, option in documented.items()} == {
        name: (option["type"], option.get("default")) for name, option in spec.items()
    }


def test_every_variable_is_documented():
    names = {INSECURE_VARIABLE, "HUAWEICLOUD_SDK_CREDENTIALS_FILE"}
    names |= {name for group in OPTION_VARIABLES.values() for name in group}
    names |= {name for place in CREDENTIAL_VARIABLES for name in place.values()}
    assert [name for name in sorted(names) if f"E({name})" not in ModuleDocFragment.DOCUMENTATION] == []
