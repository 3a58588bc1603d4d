# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the files in which the vendor's own tools keep credentials.

KooCLI's C(config.json), which Terraform's provider reads as well, and the SDKs' C(credentials). Both are read as they
are and never written. Whatever is wrong with one is said with its path and never with a word of what is in it.
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

_LARGEST = 1024 * 1024

KOOCLI_NAMES = {"access_key": "accessKeyId", "secret_key": "secretAccessKey", "security_token": "securityToken"}
SDK_NAMES = {"access_key": "ak", "secret_key": "sk", "security_token": "security_token"}

# The ways of signing in that KooCLI has beside a key in the file, and what to do instead.
_OTHER_MODES = {
    "ecsagency": "it signs in as the ECS it runs on; use profile=metadata for that",
    "sso": "it signs in with a browser",
    "assumerole": "it takes over an agency of another account",
    "agency": "it takes over an agency of another account",
    "token": "it holds a token of IAM; give that with auth_token or HW_AUTH_TOKEN",
}


# Tests have a tree of their own below it.
_TOP = "/"


class File(NamedTuple):
    """A file's text, and its mode if others than its owner can read or change it."""

    text: str
    wide_mode: int | None = None


@dataclass(frozen=True)
class Profile:
    """What a file says: the credential's parts by the options' names, and what belongs to them.

    :ivar where: to go on a message with, C( in profile 'prod' of 'PATH').
    """

    values: dict[str, str]
    where: str
    region: str | None = None
    project_id: str | None = None
    auth_url: str | None = None


class Unusable(Exception):
    """The file is sound and is of no use here. Its text says why, and goes on after the path and a colon."""


Parser = Callable[[str, str, "str | None", Redactor], Profile]


def read_file(path: str) -> File | None:
    """The file, or None if there is none.

    :raises OSError: if it cannot be read.
    :raises ValueError: if it is not a text, saying why.
    """
    path = os.path.expanduser(path)
    if path.startswith("~"):
        return None  # nobody has a home here, and a folder of this name in the current one is not meant
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError("it is not a regular file")
        with open(descriptor, "rb", closefd=False) as stream:
            data = stream.read(_LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(data) > _LARGEST:
        raise ValueError("it is larger than 1 MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    return File(text, stat.S_IMODE(mode) if mode & 0o066 and _can_be_reached(path) else None)


def _can_be_reached(path: str) -> bool:
    """Whether others may pass through the folders above a file: the usual home of root, in containers as well, keeps
    what is in it to itself whatever its mode.
    """
    folder = os.path.dirname(os.path.realpath(path))
    while True:
        if not os.stat(folder).st_mode & 0o011:
            return False
        if folder in (_TOP, os.path.dirname(folder)):
            return True
        folder = os.path.dirname(folder)


def koocli(text: str, path: str, name: str | None, secrets: Redactor) -> Profile:
    """A profile of KooCLI: the named one, else the one that the file calls C(current).

    :arg secrets: learns the keys of all profiles, for a message that names one profile must not show another's.
    :raises Unusable: if the keys are encrypted, or the profile signs in without any.
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
        secrets.add(*(value for value in map(item.get, KOOCLI_NAMES.values()) if isinstance(value, str)))
    if not profiles:
        raise Unusable("it holds no profile")
    asked = name or _text(config, "current", path)
    if not asked:
        raise Unusable("it names no current profile; choose one with profile")
    found = [item for item in profiles if item.get("name") == asked]
    if len(found) != 1:
        names = ", ".join(sorted(name for name in (item.get("name") for item in profiles) if isinstance(name, str)))
        count = "there is no profile" if not found else "there is more than one profile"
        raise HssError(f"profile: {count} '{asked}' in '{path}'. It has: {names}.")
    profile, where = found[0], f" in profile '{asked}' of '{path}'"
    # Who writes the file for Terraform leaves the mode out; there an agency's name is what asks for the agency.
    mode = _text(profile, "mode", path) or ("AssumeRole" if profile.get("agencyName") else "AKSK")
    if mode.lower() != "aksk":
        reason = _OTHER_MODES.get(mode.lower(), "only AKSK can be used here")
        raise Unusable(f"its profile '{asked}' has the mode {mode}: {reason}")
    values = {part: _text(profile, field, path) for part, field in KOOCLI_NAMES.items()}
    if _encrypted(config, values.values()):
        raise Unusable(
            f"the keys of its profile '{asked}' are encrypted, which is KooCLI's default, and only KooCLI can read "
            "them. Run 'hcloud configure set --cli-auth-encrypt=false' and keep the file to yourself, or give the "
            "credential in another way"
        )
    return Profile(
        {part: value for part, value in values.items() if value},
        where,
        region=_text(profile, "region", path) or None,
        project_id=_text(profile, "projectId", path) or None,
    )


def sdk(text: str, path: str, _name: str | None, secrets: Redactor) -> Profile:
    """The section C([basic]) of the SDKs' file.

    :raises Unusable: if there is no such section, or it asks for a federated login.
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
        secrets.add(*(section.get(field) for field in SDK_NAMES.values()))
    if not parser.has_section("basic"):
        raise Unusable("it has no section [basic]")
    basic = {field: value.strip() for field, value in parser.items("basic")}
    values = {part: basic[field] for part, field in SDK_NAMES.items() if basic.get(field)}
    if not values and basic.get("idp_id"):
        raise Unusable("its section [basic] asks for a federated login, which only the SDKs can do")
    return Profile(
        values,
        f" in section [basic] of '{path}'",
        project_id=basic.get("project_id") or None,
        auth_url=basic.get("iam_endpoint") or None,
    )


def _text(mapping: dict[str, Any], field: str, path: str) -> str:
    value = mapping.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise HssError(
            f"shared_config_file: {field} is not a text in '{path}'.", hint="Set it with 'hcloud configure set'."
        )
    return value.strip()


def _encrypted(config: dict[str, Any], values: Any) -> bool:
    """Whether the values are ciphertext. KooCLI says it for the whole file, with the words "true" and "false"."""
    flag = str(config.get("authEncrypt", "")).lower()
    if flag in ("true", "false"):
        return flag == "true"
    # A file without the flag was written by hand or by an old release. Keys are letters and digits.
    access_key = next(iter(values))
    return bool(access_key) and not re.fullmatch(r"[A-Za-z0-9_-]+", access_key)
