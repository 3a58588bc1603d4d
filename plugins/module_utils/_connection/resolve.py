# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: where credentials come from, and which address they go to.

One credential comes whole from one place: a key from the options and a secret from the environment would belong to two
accounts as often as to one. The variables' names are those of Terraform's provider, the vendor's SDKs and the vendor's
documentation, in that order.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable, NamedTuple, Union
from urllib.parse import unquote, urlsplit

from .._core.errors import HssError, invalid_option
from .._core.redaction import Redactor
from . import profiles as _profiles

# Option -> variables, first set one wins.
VARIABLES = {
    "region": ("HW_REGION_NAME",),
    "endpoint": ("HW_HSS_ENDPOINT",),
    "auth_url": ("HW_AUTH_URL",),
    "project_id": ("HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
    "project_name": ("HW_PROJECT_NAME",),
    "enterprise_project_id": ("HW_ENTERPRISE_PROJECT_ID",),
    "cloud": ("HW_CLOUD",),
    "profile": ("HW_PROFILE",),
    "shared_config_file": ("HW_SHARED_CONFIG_FILE",),
    # The latter two are what requests looks at; nothing else in the environment says which certificates are trusted.
    "ca_path": ("HW_CA_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "max_retries": ("HW_MAX_RETRIES",),
}
INSECURE = "HW_INSECURE"
_CA_FROM = " It is the option's, or that of HW_CA_PATH, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, in that order."
_LONGEST_TIMEOUT = 3600
# The profile that stands for the key of the instance the module runs on.
METADATA = "metadata"


class _Kind(NamedTuple):
    """A kind of credential: the parts that belong together, and those that may be there as well."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def telling(self) -> tuple[str, ...]:
        """The parts that show that this kind is meant. The account's name stands beside keys as well, unused."""
        return tuple(part for part in self.needed + self.optional if part != "domain_name")


_KINDS = (
    _Kind(("access_key", "secret_key"), ("security_token",)),
    _Kind(("auth_token",)),
    _Kind(("user_name", "password", "domain_name")),
)
_PARTS = tuple(part for kind in _KINDS for part in kind.needed + kind.optional)
_SECRET_PARTS = ("access_key", "secret_key", "security_token", "auth_token", "password")

# Part -> its name, for each place that may hold a whole credential.
OPTIONS = {part: part for part in _PARTS}
ENVIRONMENT = (
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


class _Kept(NamedTuple):
    """A file of another tool: what names another path, its usual path, how it is read, and its names of the parts."""

    label: str
    path: str
    parse: _profiles.Parser
    names: Mapping[str, str]


_KOOCLI = _Kept("shared_config_file", "~/.hcloud/config.json", _profiles.koocli, _profiles.KOOCLI_NAMES)
_SDK = _Kept("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "~/.huaweicloud/credentials", _profiles.sdk, _profiles.SDK_NAMES)

_LOOPBACK = re.compile(r"^(localhost|127(\.\d{1,3}){3}|::1)$")


@dataclass(frozen=True)
class Credential:
    """One of: an access key (with a security token if it is temporary), a token of IAM, a user's password for IAM to
    give a token for, or C(metadata): the instance is yet to be asked.
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
        """What nobody may see."""
        return tuple(getattr(self, part) for part in _SECRET_PARTS)


@dataclass(frozen=True)
class Connection:
    """Whom to talk to, as whom. C(project_id) is None where IAM has to be asked for C(project_name)."""

    credential: Credential
    region: str | None
    endpoint: str
    auth_url: str | None
    project_id: str | None
    project_name: str | None
    enterprise_project_id: str | None
    verify: bool | str
    timeout: float
    max_retries: int
    warnings: tuple[str, ...] = ()


class _Found(NamedTuple):
    """A credential, and what its place says about where it is good for."""

    credential: Credential
    beside: _profiles.Profile = _profiles.Profile({}, "")


# A place either has a credential, or says what is missing there.
_Looked = Union[_Found, str]
Reader = Callable[[str], "_profiles.File | None"]


def resolve(
    params: Mapping[str, Any], environ: Mapping[str, str], secrets: Redactor, read: Reader = _profiles.read_file
) -> Connection:
    """Options, environment and files to a connection. Sends nothing.

    :arg params: the module's parameters.
    :arg secrets: learns the credential's values before anything can fail.
    :arg read: gives the file at a path, or None if there is none.
    :raises HssError: naming the option and the remedy.
    """
    for names, values in ((OPTIONS, params), *((names, environ) for names in ENVIRONMENT)):
        secrets.add(*(values.get(names[part]) for part in _SECRET_PARTS if part in names))
    for name, value in environ.items():
        if name.lower().endswith("_proxy"):
            secrets.add(*passwords_in(value))

    warnings: list[str] = []
    credential, beside = _credential(params, environ, secrets, read, warnings)
    region = _option(params, environ, "region") or beside.region
    if region and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", region):
        raise invalid_option(
            "region", f"'{region}' is not a region's name. Give one such as 'eu-west-101' or 'cn-north-4'."
        )
    domain = _domain(region, _option(params, environ, "cloud"))
    endpoint = _address("endpoint", _option(params, environ, "endpoint"), warnings)
    auth_url = _address("auth_url", _option(params, environ, "auth_url") or beside.auth_url, warnings)
    project_id, project_name = _project(params, environ, beside, region)
    if not endpoint:
        if not region:
            raise invalid_option(
                "region",
                "no region is given. Set region (or HW_REGION_NAME), or endpoint together with project_id.",
            )
        endpoint = f"https://hss.{region}.{domain}"
    if not auth_url and region:
        auth_url = f"https://iam.{region}.{domain}"
    if not project_id and not (project_name and auth_url):
        raise invalid_option(
            "project_id",
            "no project is given. Set project_id (or HW_PROJECT_ID), or region, whose project is then looked up.",
        )
    if credential.password and not auth_url:
        raise invalid_option("auth_url", "needed to sign in with user_name. Set it (or HW_AUTH_URL), or region.")
    enterprise_project_id = _option(params, environ, "enterprise_project_id")
    _check_id("project_id", project_id)
    _check_id("enterprise_project_id", enterprise_project_id)
    if project_name and not project_name.isprintable():
        raise invalid_option("project_name", "holds a line break or another control character; copy it again.")
    verify = _verification(params, environ)
    if verify is False:
        warnings.append("validate_certs is off: whoever answers at the endpoint receives the kubeconfigs.")
    return Connection(
        credential=credential,
        region=region,
        endpoint=endpoint,
        auth_url=auth_url,
        project_id=project_id,
        project_name=project_name,
        enterprise_project_id=enterprise_project_id,
        verify=verify,
        timeout=_seconds("timeout", params.get("timeout")),
        max_retries=_retries(params, environ),
        warnings=tuple(warnings),
    )


def _option(params: Mapping[str, Any], environ: Mapping[str, str], name: str) -> str | None:
    """The option, else the first variable that is set; empty counts as not given, as empty survey answers do in AWX."""
    if params.get(name) not in (None, ""):
        return str(params[name]).strip() or None
    return next((environ[variable].strip() for variable in VARIABLES[name] if environ.get(variable, "").strip()), None)


def _credential(
    params: Mapping[str, Any], environ: Mapping[str, str], secrets: Redactor, read: Reader, warnings: list[str]
) -> _Found:
    """The first whole credential: of the options, the environment, a profile's file, the instance."""
    profile = _option(params, environ, "profile")
    named = (
        (_KOOCLI, _option(params, environ, "shared_config_file")),
        (_SDK, environ.get(_SDK.label, "").strip() or None),
    )
    options: list[Callable[[], _Looked]] = [partial(_in_values, "the options", OPTIONS, params)]
    variables: list[Callable[[], _Looked]] = [
        partial(_in_values, "the environment", names, environ) for names in ENVIRONMENT
    ]
    kept: list[Callable[[], _Looked]]
    if profile == METADATA:
        kept = [lambda: _Found(Credential(metadata=True))]
    else:
        # A file that somebody names is the one that is meant; without, both are tried.
        meant = [(file, path) for file, path in named if path or (file is _KOOCLI and profile)]
        look = partial(_in_file, secrets=secrets, read=read, warnings=warnings, profile=profile)
        kept = [partial(look, file, path or file.path, bool(meant)) for file, path in meant or named]
    # A profile that the task itself asks for is as good as a credential in its options.
    asked = any(params.get(name) for name in ("profile", "shared_config_file"))
    missing = []
    for place in options + (kept + variables if asked else variables + kept):
        looked = place()
        if isinstance(looked, _Found):
            return looked
        missing.append(looked)
    missing.append("the instance's metadata: only with profile=metadata")
    raise HssError(
        f"access_key: no credential found. Looked at {'; '.join(missing)}",
        hint="Set one of these where the module runs: on the control node, if the task is delegated there.",
    )


def _in_values(title: str, names: Mapping[str, str], values: Mapping[str, Any]) -> _Looked:
    given = {part: values.get(name) for part, name in names.items()}
    credential = _whole(names, given)
    if credential:
        return _Found(credential)
    kinds = [_and(names[part] for part in kind.needed) for kind in _KINDS if kind.needed[0] in names]
    return f"{title}: no {', no '.join(kinds)}"


def _in_file(
    file: _Kept,
    path: str,
    meant: bool,
    *,
    profile: str | None,
    secrets: Redactor,
    read: Reader,
    warnings: list[str],
) -> _Looked:
    """The credential in a file. One that is not usable is passed over, unless it is the one that is meant."""
    try:
        try:
            content = read(path)
        except PermissionError as exc:
            # In a container the home is often somebody else's; that alone must not hide the list of all places.
            raise _profiles.Unusable(f"{exc.strerror}: it must belong to the user that runs the module") from None
        except (OSError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise invalid_option(file.label, f"'{path}' cannot be read: {reason}. It must be a text file.") from None
        if content is None:
            raise _profiles.Unusable("there is no such file")
        found = file.parse(content.text, path, profile, secrets)
        credential = _whole(file.names, found.values, found.where)
        if not credential:
            raise _profiles.Unusable(f"no {_and(list(file.names.values())[:2])}{found.where}")
    except _profiles.Unusable as exc:
        if meant:
            raise invalid_option(file.label, f"'{path}' cannot be used: {exc}.") from None
        return f"{path}: {exc}"
    if content.wide_mode is not None:
        warnings.append(
            f"'{path}' holds a credential, and others on this machine may read or change it "
            f"(mode {content.wide_mode:04o}): run chmod 600 on it."
        )
    return _Found(credential, found)


def _whole(names: Mapping[str, str], values: Mapping[str, Any], where: str = "") -> Credential | None:
    """The credential that a place holds, or None if it holds nothing of one.

    :arg names: the place's names of the parts, for messages.
    :raises HssError: if a part is missing, there are two credentials, or a value cannot be right.
    """
    # A password may begin with a space, everything else was copied with one.
    texts = {part: value if part == "password" else value.strip() for part, value in values.items() if value}
    given = {part: text for part, text in texts.items() if text.strip()}
    kinds = [(kind, [part for part in kind.telling if part in given]) for kind in _KINDS]
    kinds = [(kind, present) for kind, present in kinds if present]
    if not kinds:
        return None
    kind, present = kinds[0]
    if len(kinds) > 1:
        raise invalid_option(
            names[kinds[1][1][0]],
            f"given together with {names[present[0]]}; one of the two credentials has to go.",
        )
    for part in kind.needed:
        if part not in given:
            raise invalid_option(
                names[part],
                f"missing beside {_and(sorted(names[one] for one in present))}{where}. A credential must be whole in "
                f"one place: give {_and(names[one] for one in kind.needed)} together.",
            )
    for part in kind.needed + kind.optional:
        value = given.get(part, "")
        if part in ("user_name", "domain_name", "password"):
            if not value.isprintable():
                raise invalid_option(
                    names[part], f"holds a line break or another control character{where}; copy it again."
                )
        elif re.search(r"\s", value) or not value.isascii() or not value.isprintable():
            raise invalid_option(
                names[part], f"holds a space, a line break or a non-ASCII character{where}; copy it again."
            )
    return Credential(**{part: given[part] for part in kind.needed + kind.optional if part in given})


def _and(names: Any) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def passwords_in(address: str) -> list[str]:
    """The password in an address such as a proxy's, as it stands there and in earnest; or the user, if that is all."""
    if "@" not in address:
        return []
    user_info = address.rpartition("@")[0].rpartition("//")[2]
    password = user_info.partition(":")[2] or user_info
    return [password, unquote(password)]


def _check_id(option: str, value: str | None) -> None:
    """An id becomes a part of an address or of a header."""
    if value and not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise invalid_option(option, "is not an id, which has letters, digits, '-' and '_' alone; copy it again.")


def _project(
    params: Mapping[str, Any], environ: Mapping[str, str], beside: _profiles.Profile, region: str | None
) -> tuple[str | None, str | None]:
    """Id, and the name to look it up by. A profile's project is that of the profile's region, and of no other."""
    project_id = _option(params, environ, "project_id")
    name = _option(params, environ, "project_name")
    if not project_id and not name and beside.region in (None, region):
        project_id = beside.project_id
    return project_id, name or region


def _address(option: str, value: str | None, warnings: list[str]) -> str | None:
    """A base URL that credentials may be sent to."""
    if not value:
        return None
    url = value if "://" in value else f"https://{value}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    # urlsplit passes over line breaks, and whoever reads the address next may see another host in a strange one.
    if not re.fullmatch(r"[!-~]+", url) or not re.fullmatch(r"[a-z0-9_.-]+|[0-9a-f:.]+", host or ""):
        host = None
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment:
        raise invalid_option(
            option, "not an address. Give scheme and host, such as 'https://hss.eu-west-101.myhuaweicloud.eu'."
        )
    if "@" in parts.netloc:
        raise invalid_option(
            option, "holds a user or password. Give the address alone, and the credential with its options."
        )
    if parts.scheme == "http" and not _LOOPBACK.match(host):
        warnings.append(f"{option} is plain http: credentials and kubeconfigs travel unencrypted. Use https.")
    return url.rstrip("/")


def _domain(region: str | None, cloud: str | None) -> str:
    if cloud:
        if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]+", cloud):
            raise invalid_option(
                "cloud", f"'{cloud}' is not a domain. Give one such as 'myhuaweicloud.com'; addresses go to endpoint."
            )
        return cloud.lower()
    # As the vendor's SDK has it: the one region under another domain.
    return "myhuaweicloud.eu" if region == "eu-west-101" else "myhuaweicloud.com"


def _validates(params: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """The option, else the opposite of Terraform's variable."""
    given = params.get("validate_certs")
    if given is not None:
        return bool(given)
    text = environ.get(INSECURE, "").strip().lower()
    if text in ("1", "t", "true", "y", "yes", "on"):
        return False
    if text in ("", "0", "f", "false", "n", "no", "off"):
        return True
    raise invalid_option(INSECURE, "must be true or false. It is true where certificates are not to be checked.")


def _verification(params: Mapping[str, Any], environ: Mapping[str, str]) -> bool | str:
    """What requests takes as C(verify); a CA that cannot be used is found here rather than at the first request."""
    if not _validates(params, environ):
        return False
    path = _option(params, environ, "ca_path")
    if not path:
        return True
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        if not any(re.fullmatch(r"[0-9a-f]{8}\.\d+", name) for name in _names_in(path)):
            raise invalid_option(
                "ca_path",
                f"the folder '{path}' has no certificate under its hash: run 'openssl rehash' on it.{_CA_FROM}",
            )
        return path
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as exc:
        reason = exc.strerror if exc.strerror and not isinstance(exc, ssl.SSLError) else "it holds no PEM certificate"
        raise invalid_option("ca_path", f"'{path}' cannot be used as a CA file: {reason}.{_CA_FROM}") from None
    return path


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as exc:
        raise invalid_option("ca_path", f"the folder '{folder}' cannot be read: {exc.strerror}.{_CA_FROM}") from None


def _seconds(option: str, value: Any) -> float:
    if value is None or not 0 < value <= _LONGEST_TIMEOUT:
        raise invalid_option(option, f"must be more than 0 seconds and at most {_LONGEST_TIMEOUT}, not {value}.")
    return float(value)


def _retries(params: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    text = _option(params, environ, "max_retries") or "5"
    if not re.fullmatch(r"\d{1,3}", text):
        raise invalid_option("max_retries", f"must be a number from 0 on, not '{text}'.")
    return int(text)
