# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: finds the credential among options, environment variables, files and the instance.

A credential must be complete in one place: an access key from the options and a secret key from the environment could
belong to different accounts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable, NamedTuple, Union

from .._core.errors import HssError, enumerate_some, invalid_option
from .._core.redaction import Redactor
from .option_values import option_value
from .profiles import (
    KOOCLI_NAMES,
    SDK_NAMES,
    Profile,
    ProfileFile,
    ProfileParser,
    UnusableProfile,
    parse_koocli,
    parse_sdk,
)

# The profile that stands for the temporary key of the instance on which the module runs.
METADATA_PROFILE = "metadata"


class _CredentialType(NamedTuple):
    """A type of credential, with its required and optional parts."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.required + self.optional

    @property
    def identifying_parts(self) -> tuple[str, ...]:
        """The parts that only this type has. An account's name may also be set beside keys, where it is unused."""
        return tuple(part for part in self.parts if part != "domain_name")


_TYPES = (
    _CredentialType(("access_key", "secret_key"), ("security_token",)),
    _CredentialType(("auth_token",)),
    _CredentialType(("user_name", "password", "domain_name")),
)
SECRET_PARTS = ("access_key", "secret_key", "security_token", "auth_token", "password")

# Part -> its name, for each place that can hold a complete credential.
CREDENTIAL_OPTIONS = {part: part for credential_type in _TYPES for part in credential_type.parts}
CREDENTIAL_VARIABLES = (
    {
        "access_key": "HW_ACCESS_KEY",
        "secret_key": "HW_SECRET_KEY",
        "security_token": "HW_SECURITY_TOKEN",
        "auth_token": "HW_AUTH_TOKEN",
        "user_name": "HW_USER_NAME",
        "password": "HW_USER_PASSWORD",
        "domain_name": "HW_DOMAIN_NAME",
    },
    {
        "access_key": "HUAWEICLOUD_SDK_AK",
        "secret_key": "HUAWEICLOUD_SDK_SK",
        "security_token": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    },
    {"access_key": "CLOUD_SDK_AK", "secret_key": "CLOUD_SDK_SK"},
)


class _FileFormat(NamedTuple):
    """A file of another tool: the option or variable for its path, the default path, parser and names of the parts."""

    label: str
    default_path: str
    parse: ProfileParser
    names: Mapping[str, str]


_KOOCLI = _FileFormat("shared_config_file", "~/.hcloud/config.json", parse_koocli, KOOCLI_NAMES)
_SDK = _FileFormat("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "~/.huaweicloud/credentials", parse_sdk, SDK_NAMES)


@dataclass(frozen=True)
class Credential:
    """One of: an access key, with a security token if it is temporary; a token from IAM; a user's password, with which
    IAM issues a token; or C(metadata), for the instance's temporary key, which has not been requested yet.
    """

    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    auth_token: str | None = field(default=None, repr=False)
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    domain_name: str | None = None
    metadata: bool = False

    @property
    def secrets(self) -> tuple[str | None, ...]:
        """The secret parts."""
        return tuple(getattr(self, part) for part in SECRET_PARTS)


class FoundCredential(NamedTuple):
    """A credential, and the profile in which it was found."""

    credential: Credential
    profile: Profile = Profile({}, "")


# The credential in a place, or a text that describes what is missing there.
_SearchResult = Union[FoundCredential, str]
FileReader = Callable[[str], Union[ProfileFile, None]]


def find_credential(
    params: Mapping[str, Any],
    environ: Mapping[str, str],
    redactor: Redactor,
    read_file: FileReader,
    warnings: list[str],
) -> FoundCredential:
    """Returns the first complete credential in the options, the environment, the profile files or the instance.

    :arg redactor: receives every secret in the files.
    :arg warnings: receives warnings about the files.
    :raises HssError: if there is none, or one is incomplete or invalid.
    """
    profile = option_value(params, environ, "profile")
    options: list[Callable[[], _SearchResult]] = [
        partial(_search_values, "the options", CREDENTIAL_OPTIONS, params),
    ]
    variables: list[Callable[[], _SearchResult]] = [
        partial(_search_values, "the environment", names, environ) for names in CREDENTIAL_VARIABLES
    ]
    files: list[Callable[[], _SearchResult]]
    if profile == METADATA_PROFILE:
        files = [lambda: FoundCredential(Credential(metadata=True))]
    else:
        given_paths = (
            (_KOOCLI, option_value(params, environ, "shared_config_file")),
            (_SDK, environ.get(_SDK.label, "").strip() or None),
        )
        # If a file is named, only named files are used and must be usable. Otherwise both are tried.
        named = [(file, path) for file, path in given_paths if path or (file is _KOOCLI and profile)]
        search = partial(_search_file, redactor=redactor, read_file=read_file, warnings=warnings, profile=profile)
        files = [partial(search, file, path or file.default_path, bool(named)) for file, path in named or given_paths]
    # A profile that the task's options name precedes the environment, like a credential in the options.
    profile_first = any(params.get(name) for name in ("profile", "shared_config_file"))
    missing = []
    for search_place in options + (files + variables if profile_first else variables + files):
        result = search_place()
        if isinstance(result, FoundCredential):
            return result
        missing.append(result)
    missing.append("the instance's metadata: only with profile=metadata")
    raise HssError(
        f"access_key: no credential found. Looked at {'; '.join(missing)}",
        hint="Set one of these where the module runs: on the control node, if the task is delegated there.",
    )


def _search_values(title: str, names: Mapping[str, str], values: Mapping[str, Any]) -> _SearchResult:
    credential = _complete_credential(names, {part: values.get(name) for part, name in names.items()})
    if credential:
        return FoundCredential(credential)
    missing = [enumerate_some(names[part] for part in kind.required) for kind in _TYPES if kind.required[0] in names]
    return f"{title}: no {', no '.join(missing)}"


def _search_file(
    file: _FileFormat,
    path: str,
    named: bool,
    *,
    profile: str | None,
    redactor: Redactor,
    read_file: FileReader,
    warnings: list[str],
) -> _SearchResult:
    """Searches a file. An unusable file is an error if the user named it, and is skipped otherwise."""
    try:
        try:
            content = read_file(path)
        except PermissionError as exc:
            # In a container the home folder often belongs to another user. That alone is no reason to fail.
            raise UnusableProfile(f"{exc.strerror}: it must belong to the user that runs the module") from None
        except (OSError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise invalid_option(file.label, f"'{path}' cannot be read: {reason}. It must be a text file.") from None
        if content is None:
            raise UnusableProfile("there is no such file")
        found = file.parse(content.text, path, profile, redactor)
        credential = _complete_credential(file.names, found.values, found.location)
        if not credential:
            raise UnusableProfile(f"no {enumerate_some(list(file.names.values())[:2])}{found.location}")
    except UnusableProfile as exc:
        if named:
            raise invalid_option(file.label, f"'{path}' cannot be used: {exc}.") from None
        return f"{path}: {exc}"
    if content.open_mode is not None:
        warnings.append(
            f"'{path}' holds a credential, and others on this machine may read or change it "
            f"(mode {content.open_mode:04o}): run chmod 600 on it."
        )
    return FoundCredential(credential, found)


def _complete_credential(names: Mapping[str, str], values: Mapping[str, Any], location: str = "") -> Credential | None:
    """Returns the credential in a place; None if no part of one is there.

    :arg names: the names of the parts in that place, for messages.
    :raises HssError: if a part is missing, there are two credentials, or a value is invalid.
    """
    # A leading space may belong to a password. In other values it was copied by mistake.
    texts = {part: value if part == "password" else value.strip() for part, value in values.items() if value}
    given = {part: text for part, text in texts.items() if text.strip()}
    candidates = [(kind, [part for part in kind.identifying_parts if part in given]) for kind in _TYPES]
    candidates = [(kind, present) for kind, present in candidates if present]
    if not candidates:
        return None
    kind, present = candidates[0]
    if len(candidates) > 1:
        raise invalid_option(
            names[candidates[1][1][0]],
            f"given together with {names[present[0]]}. Remove one of the two credentials.",
        )
    for part in kind.required:
        if part not in given:
            raise invalid_option(
                names[part],
                f"missing beside {enumerate_some(sorted(names[other] for other in present))}{location}. "
                "A credential must be complete in one place: give "
                f"{enumerate_some(names[other] for other in kind.required)} together.",
            )
    parts = {part: given[part] for part in kind.parts if part in given}
    for part, value in parts.items():
        if part in ("user_name", "domain_name", "password"):
            if not value.isprintable():
                raise invalid_option(
                    names[part], f"holds a line break or another control character{location}; copy it again."
                )
        elif re.search(r"\s", value) or not value.isascii() or not value.isprintable():
            raise invalid_option(
                names[part], f"holds a space, a line break or a non-ASCII character{location}; copy it again."
            )
    return Credential(**parts)
