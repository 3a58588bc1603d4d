# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the files in which the vendor's own tools store credentials.

These are KooCLI's C(config.json), which Terraform's provider reads as well, and the SDKs' C(credentials). They are only
read, never written. Error messages name the file's path, but never quote its content.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import stat
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

from .._core.errors import HssError
from .._core.redaction import Redactor

_MAX_BYTES = 1024 * 1024

KOOCLI_NAMES = {"access_key": "accessKeyId", "secret_key": "secretAccessKey", "security_token": "securityToken"}
SDK_NAMES = {"access_key": "ak", "secret_key": "sk", "security_token": "security_token"}

# KooCLI's modes of authentication other than a key in the file, and the alternative.
_UNSUPPORTED_MODES = {
    "ecsagency": "it signs in as the ECS it runs on; use profile=metadata for that",
    "sso": "it signs in with a browser",
    "assumerole": "it takes over an agency of another account",
    "agency": "it takes over an agency of another account",
    "token": "it holds a token of IAM; give that with auth_token or HW_AUTH_TOKEN",
}

# The folder above which permissions are not checked. Tests replace it with a folder of their own.
_ROOT = "/"


class ProfileFile(NamedTuple):
    """A file's text, and its mode if other users can read or change the file."""

    text: str
    open_mode: int | None = None


@dataclass(frozen=True)
class Profile:
    """The content of a file: the parts of the credential by option, and the options that belong to it.

    :ivar location: completes a message, such as C( in profile 'prod' of 'PATH').
    """

    values: dict[str, str]
    location: str
    region: str | None = None
    project_id: str | None = None
    auth_url: str | None = None


class UnusableProfile(Exception):
    """A valid file without a usable credential. The exception's text follows the path and a colon in a message."""


ProfileParser = Callable[[str, str, "str | None", Redactor], Profile]


def read_file(path: str) -> ProfileFile | None:
    """Reads a file; returns None if it does not exist.

    :raises OSError: if it cannot be read.
    :raises ValueError: if it is not text, with the reason.
    """
    path = os.path.expanduser(path)
    if path.startswith("~"):
        return None  # there is no home folder; a folder named ~ in the current one is not meant
    try:
        # Without O_NONBLOCK, opening a named pipe would block until another process opens it for writing.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError("it is not a regular file")
        with open(descriptor, "rb", closefd=False) as stream:
            data = stream.read(_MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > _MAX_BYTES:
        raise ValueError("it is larger than 1 MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    return ProfileFile(text, stat.S_IMODE(mode) if mode & 0o066 and _is_reachable_by_others(path) else None)


def _is_reachable_by_others(path: str) -> bool:
    """Returns whether other users may traverse the folders above a file.

    The usual home folder of root, also in containers, protects the files in it whatever their modes are.
    """
    folder = os.path.dirname(os.path.realpath(path))
    while True:
        if not os.stat(folder).st_mode & 0o011:
            return False
        if folder in (_ROOT, os.path.dirname(folder)):
            return True
        folder = os.path.dirname(folder)


def parse_koocli(text: str, path: str, name: str | None, redactor: Redactor) -> Profile:
    """Returns the named profile in a configuration of KooCLI, or its C(current) profile.

    :arg redactor: receives the keys of all profiles, since a message about one must not quote another.
    :raises UnusableProfile: if the keys are encrypted, or the profile signs in without any.
    """
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        config = None
    profiles = config.get("profiles") or [] if isinstance(config, dict) else None
    if not isinstance(profiles, list) or not all(isinstance(item, dict) for item in profiles):
        raise HssError(
            f"shared_config_file: '{path}' is not KooCLI's configuration: a JSON object with a list 'profiles'.",
            hint="Run 'hcloud configure test', or name the right file.",
        )
    for item in profiles:
        redactor.add(*(value for value in map(item.get, KOOCLI_NAMES.values()) if isinstance(value, str)))
    if not profiles:
        raise UnusableProfile("it holds no profile")
    selected = name or _text_field(config, "current", path)
    if not selected:
        raise UnusableProfile("it names no current profile; choose one with profile")
    found = [item for item in profiles if item.get("name") == selected]
    if len(found) != 1:
        names = ", ".join(sorted(name for name in (item.get("name") for item in profiles) if isinstance(name, str)))
        count = "there is no profile" if not found else "there is more than one profile"
        raise HssError(
            f"profile: {count} '{selected}' in '{path}'",
            hint=f"It has: {names}.",
        )
    profile, location = found[0], f" in profile '{selected}' of '{path}'"
    # Files written for Terraform have no mode; there, an agency's name selects the agency.
    mode = _text_field(profile, "mode", path) or ("AssumeRole" if profile.get("agencyName") else "AKSK")
    if mode.lower() != "aksk":
        reason = _UNSUPPORTED_MODES.get(mode.lower(), "only AKSK can be used here")
        raise UnusableProfile(f"its profile '{selected}' has the mode {mode}: {reason}")
    values = {part: _text_field(profile, field, path) for part, field in KOOCLI_NAMES.items()}
    if _is_encrypted(config, values.values()):
        raise UnusableProfile(
            f"the keys of its profile '{selected}' are encrypted, which is KooCLI's default, and only KooCLI can read "
            "them. Run 'hcloud configure set --cli-auth-encrypt=false' and keep the file to yourself, or give the "
            "credential in another way"
        )
    return Profile(
        {part: value for part, value in values.items() if value},
        location,
        region=_text_field(profile, "region", path) or None,
        project_id=_text_field(profile, "projectId", path) or None,
    )


def parse_sdk(text: str, path: str, _name: str | None, redactor: Redactor) -> Profile:
    """Returns the section C([basic]) of the SDKs' file.

    :raises UnusableProfile: if there is no such section, or it asks for a federated login.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        raise HssError(
            f"HUAWEICLOUD_SDK_CREDENTIALS_FILE: '{path}' is not an INI file.",
            hint="It needs a line [basic], and below it the lines 'ak = …' and 'sk = …'.",
        ) from None
    for section in parser.values():
        redactor.add(*(section.get(field) for field in SDK_NAMES.values()))
    if not parser.has_section("basic"):
        raise UnusableProfile("it has no section [basic]")
    basic = {field: value.strip() for field, value in parser.items("basic")}
    values = {part: basic[field] for part, field in SDK_NAMES.items() if basic.get(field)}
    if not values and basic.get("idp_id"):
        raise UnusableProfile("its section [basic] asks for a federated login, which only the SDKs can do")
    return Profile(
        values,
        f" in section [basic] of '{path}'",
        project_id=basic.get("project_id") or None,
        auth_url=basic.get("iam_endpoint") or None,
    )


def _text_field(mapping: dict[str, Any], field: str, path: str) -> str:
    """Returns a field, or an empty text if it is absent."""
    value = mapping.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise HssError(
            f"shared_config_file: {field} is not a text in '{path}'.", hint="Set it with 'hcloud configure set'."
        )
    return value.strip()


def _is_encrypted(config: dict[str, Any], values: Any) -> bool:
    """Returns whether the values are encrypted. KooCLI stores this for the whole file, as "true" or "false"."""
    flag = str(config.get("authEncrypt", "")).lower()
    if flag in ("true", "false"):
        return flag == "true"
    # A file without the flag was written by hand or by an old release. Keys are letters and digits.
    access_key = next(iter(values))
    return bool(access_key) and not re.fullmatch(r"[A-Za-z0-9_-]+", access_key)
