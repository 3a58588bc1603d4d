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
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ._errors import HssError, invalid
from ._secrets import Secrets

# Option -> variables, first set one wins.
VARIABLES = {
    "region": ("HW_REGION_NAME",),
    "endpoint": ("HW_HSS_ENDPOINT",),
    "auth_url": ("HW_AUTH_URL",),
    "project_id": ("HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
    "project_name": ("HW_PROJECT_NAME",),
    "enterprise_project_id": ("HW_ENTERPRISE_PROJECT_ID",),
    "ca_path": ("HW_CA_PATH",),
    "max_retries": ("HW_MAX_RETRIES",),
}

_CREDENTIAL_OPTIONS = ("access_key", "secret_key", "security_token", "auth_token")
_CREDENTIAL_VARIABLES = (
    {
        "access_key": "HW_ACCESS_KEY",
        "secret_key": "HW_SECRET_KEY",
        "security_token": "HW_SECURITY_TOKEN",
        "auth_token": "HW_AUTH_TOKEN",
    },
    {
        "access_key": "HUAWEICLOUD_SDK_AK",
        "secret_key": "HUAWEICLOUD_SDK_SK",
        "security_token": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    },
    {"access_key": "CLOUD_SDK_AK", "secret_key": "CLOUD_SDK_SK"},
)

_LOOPBACK = re.compile(r"^(localhost|127(\.\d{1,3}){3}|::1)$")


@dataclass(frozen=True)
class Credential:
    """Either an access key (with a security token if it is temporary), or a token of IAM."""

    access_key: str | None = None
    secret_key: str | None = None
    security_token: str | None = None
    auth_token: str | None = None


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


def resolve(params: Mapping[str, Any], environ: Mapping[str, str], secrets: Secrets) -> Connection:
    """Options and environment to a connection. Sends nothing.

    :arg params: the module's parameters.
    :arg secrets: learns the credential's values before anything can fail.
    :raises HssError: naming the option and the remedy.
    """
    for source in (params, environ):
        for name, value in source.items():
            if name in _CREDENTIAL_OPTIONS or any(name in place.values() for place in _CREDENTIAL_VARIABLES):
                secrets.add(value)

    region = _option(params, environ, "region")
    if region and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", region):
        raise invalid("region", f"'{region}' is not a region's name. Give one such as 'eu-west-101' or 'cn-north-4'.")
    warnings: list[str] = []
    endpoint = _address("endpoint", _option(params, environ, "endpoint"), warnings)
    auth_url = _address("auth_url", _option(params, environ, "auth_url"), warnings)
    project_id = _option(params, environ, "project_id")
    project_name = _option(params, environ, "project_name") or region
    if not endpoint:
        if not region:
            raise invalid(
                "region",
                "no region is given. Set region (or HW_REGION_NAME), or endpoint together with project_id.",
            )
        endpoint = f"https://hss.{region}.{_domain(region)}"
    if not auth_url and region:
        auth_url = f"https://iam.{region}.{_domain(region)}"
    if not project_id and not (project_name and auth_url):
        raise invalid(
            "project_id",
            "no project is given. Set project_id (or HW_PROJECT_ID), or region, whose project is then looked up.",
        )
    if not params.get("validate_certs", True):
        warnings.append("validate_certs is off: whoever answers at the endpoint receives the kubeconfigs.")
    return Connection(
        credential=_credential(params, environ),
        region=region,
        endpoint=endpoint,
        auth_url=auth_url,
        project_id=project_id,
        project_name=project_name,
        enterprise_project_id=_option(params, environ, "enterprise_project_id"),
        verify=_verification(params, environ),
        timeout=_positive("timeout", params.get("timeout")),
        max_retries=_retries(params, environ),
        warnings=tuple(warnings),
    )


def _option(params: Mapping[str, Any], environ: Mapping[str, str], name: str) -> str | None:
    """The option, else the first variable that is set; empty counts as not given, as empty survey answers do in AWX."""
    if params.get(name) not in (None, ""):
        return str(params[name]).strip()
    return next((environ[variable].strip() for variable in VARIABLES[name] if environ.get(variable, "").strip()), None)


def _credential(params: Mapping[str, Any], environ: Mapping[str, str]) -> Credential:
    places = [{name: (name, params.get(name)) for name in _CREDENTIAL_OPTIONS}]
    places += [{name: (var, environ.get(var)) for name, var in place.items()} for place in _CREDENTIAL_VARIABLES]
    for place in places:
        given = {name: value.strip() for name, (_label, value) in place.items() if value and value.strip()}
        labels = {name: label for name, (label, _value) in place.items()}
        if not given:
            continue
        for name in ("access_key", "secret_key"):
            if name not in given and set(given) - {"auth_token"}:
                present = " and ".join(sorted(labels[one] for one in given))
                raise invalid(
                    labels[name],
                    f"missing beside {present}. A credential must be whole in one place: "
                    f"give {labels['access_key']} and {labels['secret_key']} together.",
                )
        for name, value in given.items():
            if re.search(r"\s", value) or not value.isascii():
                raise invalid(labels[name], "holds a space, a line break or a non-ASCII character; copy it again.")
        if "auth_token" in given and "access_key" in given:
            raise invalid(
                labels["auth_token"],
                f"given together with {labels['access_key']}; one of the two credentials has to go.",
            )
        return Credential(**given)
    looked_at = "; ".join(" and ".join([place["access_key"], place["secret_key"]]) for place in _CREDENTIAL_VARIABLES)
    raise HssError(
        "access_key: no credential found. Looked at the options access_key and secret_key, or auth_token, "
        f"and the environment: {looked_at}; HW_AUTH_TOKEN",
        hint="Set one of these pairs where the module runs: on the control node, if the task is delegated there.",
    )


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
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment:
        raise invalid(
            option, "not an address. Give scheme and host, such as 'https://hss.eu-west-101.myhuaweicloud.eu'."
        )
    if "@" in parts.netloc:
        raise invalid(option, "holds a user or password. Give the address alone, and the credential with its options.")
    if parts.scheme == "http" and not _LOOPBACK.match(host):
        warnings.append(f"{option} is plain http: credentials and kubeconfigs travel unencrypted. Use https.")
    return url.rstrip("/")


def _domain(region: str) -> str:
    # As the vendor's SDK has it: the one region under another domain.
    return "myhuaweicloud.eu" if region == "eu-west-101" else "myhuaweicloud.com"


def _verification(params: Mapping[str, Any], environ: Mapping[str, str]) -> bool | str:
    """What requests takes as C(verify); a CA that cannot be used is found here rather than at the first request."""
    if not params.get("validate_certs", True):
        return False
    path = _option(params, environ, "ca_path")
    if not path:
        return True
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        return path
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as exc:
        reason = exc.strerror if exc.strerror and not isinstance(exc, ssl.SSLError) else "it holds no PEM certificate"
        raise invalid("ca_path", f"'{path}' cannot be used as a CA file: {reason}.") from None
    return path


def _positive(option: str, value: Any) -> float:
    if value is None or value <= 0:
        raise invalid(option, f"must be more than 0 seconds, not {value}.")
    return float(value)


def _retries(params: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    text = _option(params, environ, "max_retries") or "5"
    if not re.fullmatch(r"\d{1,3}", text):
        raise invalid("max_retries", f"must be a number from 0 on, not '{text}'.")
    return int(text)
