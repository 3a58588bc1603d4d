# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials in the files of KooCLI and of the SDKs, and the precedence of these files."""

from __future__ import annotations

import json
import os
import pwd
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection import profiles
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import Credential
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.profiles import ProfileFile, read_file
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor

KOOCLI, SDK = "~/.hcloud/config.json", "~/.huaweicloud/credentials"
BASE = {"region": "cn-north-4", "timeout": 30}
KEYS = {"access_key": "OPTIONACCESS", "secret_key": "option-secret"}
ENVIRON = {"HW_ACCESS_KEY": "HWACCESS", "HW_SECRET_KEY": "hw-secret"}


def profile(name, **fields):
    return {
        "name": name,
        "mode": "AKSK",
        "accessKeyId": f"ACCESS{name.upper()}",
        "secretAccessKey": f"secret-of-{name}",
        "securityToken": "",
        "region": "",
        "projectId": "",
        "readTimeout": 10,
        **fields,
    }


def koocli(*profiles, current="default", **fields):
    config = {"language": "en", "authEncrypt": "false", "current": current, "profiles": list(profiles), **fields}
    return json.dumps({key: value for key, value in config.items() if value is not None})


def sdk(*lines):
    return "\n".join(["[basic]", *lines])


def key(name, token=None):
    return Credential(f"ACCESS{name.upper()}", f"secret-of-{name}", token)


DEFAULT = koocli(profile("default"), profile("other"))
BASIC = sdk("ak = SDKACCESS", "sk = sdk-secret")
OF_SDK = Credential("SDKACCESS", "sdk-secret")


def connection(options=None, environ=None, files=None, secrets=None):
    def read(path):
        content = (files or {}).get(path)
        if isinstance(content, Exception):
            raise content
        return ProfileFile(content) if isinstance(content, str) else content

    return resolve({**BASE, **(options or {})}, environ or {}, secrets or Redactor(), read)


def refusal(options=None, environ=None, files=None):
    with pytest.raises(HssError) as caught:
        connection(options, environ, files)
    assert caught.value.outcome == "not_sent"
    for secret in ("secret-of", "sdk-secret"):
        assert secret not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "options, environ, files, expected",
    [
        ({}, {}, {KOOCLI: DEFAULT}, key("default")),
        ({"profile": "other"}, {}, {KOOCLI: DEFAULT}, key("other")),
        ({}, {"HW_PROFILE": "other"}, {KOOCLI: DEFAULT}, key("other")),
        ({"profile": "default"}, {"HW_PROFILE": "other"}, {KOOCLI: DEFAULT}, key("default")),
        ({"shared_config_file": "/k"}, {}, {"/k": DEFAULT, KOOCLI: "broken"}, key("default")),
        ({}, {"HW_SHARED_CONFIG_FILE": "/k"}, {"/k": DEFAULT, KOOCLI: "broken"}, key("default")),
        ({}, {}, {KOOCLI: koocli(profile("default", securityToken="sts"))}, key("default", "sts")),
        # Written by hand, for Terraform: no mode, no flag.
        ({}, {}, {KOOCLI: koocli(profile("default", mode=None), authEncrypt=None)}, key("default")),
        ({}, {}, {KOOCLI: koocli(profile("default", mode="aksk"), authEncrypt=False)}, key("default")),
        ({}, {}, {SDK: BASIC}, OF_SDK),
        (
            {},
            {},
            {SDK: sdk("AK=SDKACCESS", "sk=100%(x)s", "security_token = t")},
            Credential("SDKACCESS", "100%(x)s", "t"),
        ),
        ({}, {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "/s"}, {"/s": BASIC, KOOCLI: DEFAULT}, OF_SDK),
        # The order.
        ({}, {}, {KOOCLI: DEFAULT, SDK: BASIC}, key("default")),
        ({}, ENVIRON, {KOOCLI: DEFAULT, SDK: BASIC}, Credential("HWACCESS", "hw-secret")),
        ({}, {**ENVIRON, "HW_PROFILE": "other"}, {KOOCLI: DEFAULT}, Credential("HWACCESS", "hw-secret")),
        ({"profile": "other"}, ENVIRON, {KOOCLI: DEFAULT}, key("other")),
        ({"shared_config_file": "/k"}, ENVIRON, {"/k": DEFAULT}, key("default")),
        ({**KEYS, "profile": "other"}, ENVIRON, {KOOCLI: DEFAULT}, Credential("OPTIONACCESS", "option-secret")),
        ({"profile": "metadata"}, ENVIRON, {KOOCLI: DEFAULT}, Credential(metadata=True)),
        ({"profile": "metadata", **KEYS}, {}, {}, Credential("OPTIONACCESS", "option-secret")),
        ({}, {"HW_PROFILE": "metadata"}, {KOOCLI: DEFAULT, SDK: BASIC}, Credential(metadata=True)),
        ({}, {"HW_PROFILE": "metadata", **ENVIRON}, {}, Credential("HWACCESS", "hw-secret")),
        # A file that nobody asked for and that cannot be used is passed over.
        ({}, {}, {KOOCLI: koocli(profile("default"), authEncrypt="true"), SDK: BASIC}, OF_SDK),
        ({}, {}, {KOOCLI: koocli(profile("default", mode="SSO")), SDK: BASIC}, OF_SDK),
        ({}, {}, {KOOCLI: koocli(), SDK: BASIC}, OF_SDK),
    ],
)
def test_a_credential_is_taken_whole_from_the_first_place_that_has_one(options, environ, files, expected):
    assert connection(options, environ, files).credential == expected


@pytest.mark.parametrize(
    "options, environ, region, project_id, project_name",
    [
        ({"region": None}, {}, "eu-west-101", "of-profile", "eu-west-101"),
        ({}, {"HW_REGION_NAME": "eu-west-101"}, "eu-west-101", "of-profile", "eu-west-101"),
        ({"region": "eu-west-101"}, {}, "eu-west-101", "of-profile", "eu-west-101"),
        # The profile's project is none of another region's, and none of another name.
        ({"region": "cn-north-4"}, {}, "cn-north-4", None, "cn-north-4"),
        ({}, {"HW_REGION_NAME": "cn-north-4"}, "cn-north-4", None, "cn-north-4"),
        ({"project_name": "named"}, {}, "eu-west-101", None, "named"),
        ({"project_id": "given"}, {}, "eu-west-101", "given", "eu-west-101"),
        ({}, {"HW_PROJECT_ID": "given"}, "eu-west-101", "given", "eu-west-101"),
    ],
)
def test_region_and_project_of_a_profile(options, environ, region, project_id, project_name):
    file = koocli(profile("default", region="eu-west-101", projectId="of-profile"))
    found = connection({"region": None, **options}, environ, {KOOCLI: file})
    assert found.endpoint.startswith(f"https://hss.{region}.")
    assert (found.project_id, found.project_name) == (project_id, project_name)


def test_a_profile_is_not_used_with_a_credential_of_another_place():
    file = koocli(profile("default", region="eu-west-101", projectId="of-profile"))
    assert connection({**KEYS, "region": "eu-west-101"}, {}, {KOOCLI: file}).project_id is None


@pytest.mark.parametrize(
    "options, environ, auth_url, project_id",
    [
        ({}, {}, "https://iam.private", "of-file"),
        ({"auth_url": "https://iam.option"}, {}, "https://iam.option", "of-file"),
        ({}, {"HW_AUTH_URL": "https://iam.variable"}, "https://iam.variable", "of-file"),
        ({"project_id": "given"}, {}, "https://iam.private", "given"),
        ({"project_name": "named"}, {}, "https://iam.private", None),
    ],
)
def test_project_and_iam_are_read_from_the_file_of_the_sdks(options, environ, auth_url, project_id):
    file = sdk("ak = SDKACCESS", "sk = sdk-secret", "project_id = of-file", "iam_endpoint = https://iam.private")
    found = connection(options, environ, {SDK: file})
    assert (found.auth_url, found.project_id) == (auth_url, project_id)


ENCRYPTED = koocli(profile("default"), authEncrypt="true")
ITS_KOOCLI = f"shared_config_file: '{KOOCLI}'"
ITS_SDK = f"HUAWEICLOUD_SDK_CREDENTIALS_FILE: '{SDK}'"


@pytest.mark.parametrize(
    "options, environ, files, words",
    [
        # Half a pair.
        (
            {},
            {},
            {KOOCLI: koocli(profile("default", secretAccessKey="")), SDK: BASIC},
            "secretAccessKey: missing beside accessKeyId in profile 'default' of '~/.hcloud/config.json'. A credential",
        ),
        ({}, {}, {KOOCLI: koocli(profile("default", accessKeyId=None))}, "accessKeyId: missing beside secretAccessKey"),
        ({}, {}, {SDK: sdk("ak = A")}, "sk: missing beside ak in section [basic] of '~/.huaweicloud/credentials'."),
        ({}, {}, {SDK: sdk("security_token = t")}, "ak: missing beside security_token in section [basic]"),
        (
            {},
            {},
            {SDK: sdk("ak = A B", "sk = s")},
            "ak: holds a space, a line break or a non-ASCII character in section",
        ),
        # Named, and not of use.
        ({"shared_config_file": "/k"}, {}, {}, "shared_config_file: '/k' cannot be used: there is no such file."),
        ({"profile": "other"}, {}, {}, f"{ITS_KOOCLI} cannot be used: there is no such"),
        ({"profile": "other"}, ENVIRON, {}, f"{ITS_KOOCLI} cannot be used: there is no"),
        (
            {},
            {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "/s"},
            {KOOCLI: DEFAULT},
            "HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/s' cannot be used: there is no such file.",
        ),
        ({"profile": "default"}, {}, {KOOCLI: ENCRYPTED}, f"{ITS_KOOCLI} cannot be used: the keys"),
        (
            {"profile": "prod"},
            {},
            {KOOCLI: DEFAULT},
            "profile: there is no profile 'prod' in '~/.hcloud/config.json'. It has: default, other.",
        ),
        ({}, {}, {KOOCLI: koocli(profile("x"))}, "profile: there is no profile 'default' in"),
        (
            {},
            {},
            {KOOCLI: koocli(profile("default"), profile("default"))},
            "profile: there is more than one profile 'default'",
        ),
        # Broken.
        ({}, {}, {KOOCLI: '{"profiles": [{"secretAccessKey": "secret-of-x"'}, f"{ITS_KOOCLI} is not KooCLI's"),
        ({}, {}, {KOOCLI: "[" * 100_000}, f"{ITS_KOOCLI} is not KooCLI's"),
        ({}, {}, {KOOCLI: "[]"}, f"{ITS_KOOCLI} is not KooCLI's"),
        ({}, {}, {KOOCLI: '{"profiles": ["secret-of-x"]}'}, f"{ITS_KOOCLI} is not KooCLI's"),
        (
            {},
            {},
            {KOOCLI: koocli(profile("default", accessKeyId=7))},
            "shared_config_file: accessKeyId is not a text in",
        ),
        ({}, {}, {SDK: "sk = sdk-secret"}, f"{ITS_SDK} is not an INI"),
        ({}, {}, {SDK: sdk("sk = sdk-secret", "sk = sdk-secret")}, f"{ITS_SDK} is not an INI"),
        (
            {"profile": "default"},
            {},
            {KOOCLI: PermissionError(13, "Permission denied")},
            f"{ITS_KOOCLI} cannot be used: Permission denied: it must belong to the user that runs the module.",
        ),
        ({}, {}, {KOOCLI: OSError(5, "Input/output error")}, f"{ITS_KOOCLI} cannot be read: Input/output error."),
        ({}, {}, {SDK: ValueError("it is not UTF-8 text")}, f"{ITS_SDK} cannot be read: it is not UTF-8 text."),
    ],
)
def test_an_invalid_file_is_refused_with_its_path(options, environ, files, words):
    assert refusal(options, environ, files).startswith(words)


@pytest.mark.parametrize(
    "file, words",
    [
        (ENCRYPTED, "the keys of its profile 'default' are encrypted, which is KooCLI's default"),
        (koocli(profile("default"), authEncrypt=True), "encrypted"),
        (koocli(profile("default", accessKeyId="aGVsbG8+d29ybGQ="), authEncrypt=None), "encrypted"),
        (
            koocli(profile("default", mode="ecsAgency")),
            "has the mode ecsAgency: it signs in as the ECS it runs on; use profile=metadata for that",
        ),
        (koocli(profile("default", mode="SSO")), "has the mode SSO: it signs in with a browser"),
        (koocli(profile("default", mode="AssumeRole")), "has the mode AssumeRole: it takes over an agency"),
        (koocli(profile("default", mode="agency")), "has the mode agency: it takes over an agency"),
        (koocli(profile("default", mode=None, agencyName="ops")), "has the mode AssumeRole"),
        (
            koocli(profile("default", mode="token")),
            "has the mode token: it holds a token of IAM; give that with auth_token",
        ),
        (koocli(profile("default", mode="quantum")), "has the mode quantum: only AKSK can be used here"),
        (
            koocli(profile("default", accessKeyId="", secretAccessKey="")),
            "no accessKeyId and secretAccessKey in profile 'default'",
        ),
        (koocli(profile("default"), current=None), "it names no current profile; choose one with profile"),
        (koocli(), "it holds no profile"),
    ],
)
def test_an_unusable_profile_is_named_with_the_reason(file, words):
    message = refusal({}, {}, {KOOCLI: file})
    assert message.startswith("access_key: no credential found.")
    assert words in message.split("~/.hcloud/config.json: ")[1].split("; ~/.huaweicloud")[0]
    assert words in refusal({"shared_config_file": "/k"}, {}, {"/k": file})


@pytest.mark.parametrize(
    "file, words",
    [
        ("[global]\nak = A\nsk = sdk-secret", "~/.huaweicloud/credentials: it has no section [basic]"),
        (sdk("idp_id = i", "id_token_file = /t"), "asks for a federated login"),
        (sdk("project_id = p"), "no ak and sk in section [basic]"),
    ],
)
def test_an_unusable_file_of_the_sdks_is_named_with_the_reason(file, words):
    assert words in refusal({}, {}, {SDK: file})


def test_an_unreadable_home_does_not_hide_the_other_places():
    denied = PermissionError(13, "Permission denied")
    message = refusal({}, {}, {KOOCLI: denied, SDK: denied})
    assert message.startswith("access_key: no credential found.") and message.count("Permission denied") == 2


def test_an_encrypted_profile_is_named_with_the_remedy():
    assert "hcloud configure set --cli-auth-encrypt=false" in refusal({"profile": "default"}, {}, {KOOCLI: ENCRYPTED})


@pytest.mark.parametrize("files", [{KOOCLI: DEFAULT}, {SDK: BASIC}, {KOOCLI: koocli(profile("default"), current="no")}])
def test_the_keys_of_a_file_are_registered_for_redaction(files):
    secrets = Redactor()
    try:
        connection({}, {}, files, secrets)
    except HssError:
        pass
    known = secrets.redact("secret-of-default sdk-secret ACCESSDEFAULT SDKACCESS")
    assert known.count("********") == 2


def test_the_keys_of_other_profiles_are_registered_for_redaction():
    secrets = Redactor()
    connection({}, {}, {KOOCLI: DEFAULT}, secrets)
    assert "secret-of-other" not in secrets.redact("secret-of-other")


@pytest.mark.parametrize("path, text", [(KOOCLI, DEFAULT), (SDK, BASIC)])
def test_a_file_that_others_may_read_is_a_warning(path, text):
    (warning,) = connection({}, {}, {path: ProfileFile(text, 0o644)}).warnings
    assert (
        warning.startswith(f"'{path}' holds a credential, and others") and "0644" in warning and "chmod 600" in warning
    )
    assert connection({}, {}, {path: ProfileFile(text)}).warnings == ()


# Reading itself.


@pytest.mark.parametrize(
    "mode, wide", [(0o600, None), (0o400, None), (0o644, 0o644), (0o640, 0o640), (0o602, 0o602), (0o711, None)]
)
def test_the_mode_of_a_file_is_examined(tmp_path, monkeypatch, mode, wide):
    monkeypatch.setattr(profiles, "_ROOT", str(tmp_path))
    tmp_path.chmod(0o755)
    path = tmp_path / "file"
    path.write_text("text")
    path.chmod(mode)
    assert read_file(str(path)) == ProfileFile("text", wide)


@pytest.mark.parametrize("folders, reached", [((0o755, 0o755), True), ((0o755, 0o700), False), ((0o700, 0o755), False)])
def test_a_mode_does_not_matter_in_a_private_folder(tmp_path, monkeypatch, folders, reached):
    monkeypatch.setattr(profiles, "_ROOT", str(tmp_path))
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "file").write_text("text")
    (inner / "file").chmod(0o666)
    (tmp_path / "link").symlink_to(inner / "file")
    for folder, mode in zip((tmp_path, inner), folders, strict=True):
        folder.chmod(mode)
    assert read_file(str(tmp_path / "link")) == ProfileFile("text", 0o666 if reached else None)


def test_without_a_home_nothing_is_read_from_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "file").write_text("text")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", mock.Mock(side_effect=KeyError))
    assert read_file("~/file") is None


def test_a_linked_file_with_a_byte_order_mark_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "real").write_bytes(b"\xef\xbb\xbftext")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    assert read_file("~/link") == ProfileFile("text")


def test_a_missing_file_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    assert read_file(str(tmp_path / "none")) is None
    assert read_file(str(tmp_path / "none" / "none")) is None
    assert read_file(str(tmp_path / "file" / "none")) is None


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda path: path.mkdir(), "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.write_bytes(b"x" * (1024 * 1024 + 1)), "larger than 1 MiB"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "not UTF-8"),
        (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
        (lambda path: path.symlink_to(path.name), "Too many levels"),
    ],
)
def test_anything_but_a_small_text_file_is_refused(tmp_path, make, words):
    make(tmp_path / "file")
    with pytest.raises((ValueError, OSError), match=words):
        read_file(str(tmp_path / "file"))


def names_and_values(leaf):
    """What a file may hold that is nearly right."""
    fields = st.sampled_from(["current", "profiles", "name", "mode", "accessKeyId", "secretAccessKey", "authEncrypt"])
    deeper = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4))
    return (
        st.fixed_dictionaries({"profiles": st.lists(st.dictionaries(fields, deeper, max_size=5), max_size=2)}) | deeper
    )


@given(content=names_and_values(st.none() | st.booleans() | st.integers() | st.text(max_size=9)).map(json.dumps))
def test_any_json_is_a_profile_or_an_error(content):
    try:
        connection({}, {}, {KOOCLI: content})
    except HssError as error:
        assert error.outcome == "not_sent"


@given(
    content=st.lists(st.sampled_from("[basic] ak sk = : ; # % \t é \x00 [x [DEFAULT] idp_id \n".split(" "))).map(
        "".join
    )
)
def test_any_lines_are_a_file_of_the_sdks_or_an_error(content):
    try:
        connection({}, {}, {SDK: content})
    except HssError as error:
        assert error.outcome == "not_sent"


def test_a_name_that_is_not_text_is_not_quoted():
    odd = koocli({"name": {"secretAccessKey": "secret-of-nested"}, "accessKeyId": "A"}, current="other")
    assert "nested" not in refusal({}, {}, {KOOCLI: odd})
