# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the values of the connection options, from parameters or environment variables, checked.

The variables are those of Terraform's provider, the vendor's SDKs and the vendor's documentation, in that order.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from .._core.errors import invalid_option

# Option -> environment variables in order of precedence.
OPTION_VARIABLES = {
    "region": ("HW_REGION_NAME",),
    "endpoint": ("HW_HSS_ENDPOINT",),
    "auth_url": ("HW_AUTH_URL",),
    "project_id": ("HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
    "project_name": ("HW_PROJECT_NAME",),
    "enterprise_project_id": ("HW_ENTERPRISE_PROJECT_ID",),
    "cloud": ("HW_CLOUD",),
    "profile": ("HW_PROFILE",),
    "shared_config_file": ("HW_SHARED_CONFIG_FILE",),
    # The last two are those of requests. No other variable decides which certificates are trusted.
    "ca_path": ("HW_CA_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "max_retries": ("HW_MAX_RETRIES",),
}
INSECURE_VARIABLE = "HW_INSECURE"

_MAX_TIMEOUT = 3600
_LOOPBACK = re.compile(r"^(localhost|127(\.\d{1,3}){3}|::1)$")
_CA_PATH_SOURCES = " It is the option's, or that of HW_CA_PATH, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, in that order."


def option_value(params: Mapping[str, Any], environ: Mapping[str, str], name: str) -> str | None:
    """Returns the option, or the first of its variables that is set.

    An empty value counts as absent, because AWX passes unanswered survey questions as empty text.
    """
    if params.get(name) not in (None, ""):
        return str(params[name]).strip() or None
    variables = OPTION_VARIABLES[name]
    return next((environ[variable].strip() for variable in variables if environ.get(variable, "").strip()), None)


def passwords_in_url(url: str) -> list[str]:
    """Returns the password in a URL such as a proxy's, encoded and decoded; the user if there is no password."""
    if "@" not in url:
        return []
    user_info = url.rpartition("@")[0].rpartition("//")[2]
    password = user_info.partition(":")[2] or user_info
    return [password, unquote(password)]


def check_region(region: str | None) -> None:
    """:raises HssError: if the region is not a region's name."""
    if region and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", region):
        raise invalid_option(
            "region", f"'{region}' is not a region's name. Give one such as 'eu-west-101' or 'cn-north-4'."
        )


def check_id(option: str, value: str | None) -> None:
    """:raises HssError: if the value is not an id. An id becomes part of a URL or of a header."""
    if value and not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise invalid_option(option, "is not an id, which has letters, digits, '-' and '_' alone; copy it again.")


def base_url(option: str, value: str | None, warnings: list[str]) -> str | None:
    """Returns the URL of a service to which credentials may be sent.

    :arg warnings: receives a warning about plain HTTP.
    """
    if not value:
        return None
    url = value if "://" in value else f"https://{value}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    # urlsplit ignores line breaks, and other parsers may find another host in a URL with unusual characters.
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


def service_domain(region: str | None, cloud: str | None) -> str:
    """Returns the domain of the services: the option C(cloud), or the region's default."""
    if cloud:
        if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]+", cloud):
            raise invalid_option(
                "cloud", f"'{cloud}' is not a domain. Give one such as 'myhuaweicloud.com'; addresses go to endpoint."
            )
        return cloud.lower()
    # As in the vendor's SDK, this is the only region with another domain.
    return "myhuaweicloud.eu" if region == "eu-west-101" else "myhuaweicloud.com"


def tls_verification(params: Mapping[str, Any], environ: Mapping[str, str]) -> bool | str:
    """Returns the argument C(verify) of requests. An unusable CA is reported here, not by the first request."""
    if not _validate_certs(params, environ):
        return False
    path = option_value(params, environ, "ca_path")
    if not path:
        return True
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        if not any(re.fullmatch(r"[0-9a-f]{8}\.\d+", name) for name in _list_ca_folder(path)):
            raise invalid_option(
                "ca_path",
                f"the folder '{path}' has no certificate under its hash: run 'openssl rehash' on it.{_CA_PATH_SOURCES}",
            )
        return path
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as exc:
        reason = exc.strerror if exc.strerror and not isinstance(exc, ssl.SSLError) else "it holds no PEM certificate"
        raise invalid_option("ca_path", f"'{path}' cannot be used as a CA file: {reason}.{_CA_PATH_SOURCES}") from None
    return path


def _validate_certs(params: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Returns the option, or the opposite of Terraform's variable."""
    option = params.get("validate_certs")
    if option is not None:
        return bool(option)
    text = environ.get(INSECURE_VARIABLE, "").strip().lower()
    if text in ("1", "t", "true", "y", "yes", "on"):
        return False
    if text in ("", "0", "f", "false", "n", "no", "off"):
        return True
    raise invalid_option(INSECURE_VARIABLE, "must be true or false. True disables the verification of certificates.")


def _list_ca_folder(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as exc:
        raise invalid_option(
            "ca_path", f"the folder '{folder}' cannot be read: {exc.strerror}.{_CA_PATH_SOURCES}"
        ) from None


def timeout_seconds(params: Mapping[str, Any]) -> float:
    """Returns the option C(timeout)."""
    value = params.get("timeout")
    if value is None or not 0 < value <= _MAX_TIMEOUT:
        raise invalid_option("timeout", f"must be more than 0 seconds and at most {_MAX_TIMEOUT}, not {value}.")
    return float(value)


def max_retries(params: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    """Returns the option C(max_retries)."""
    text = option_value(params, environ, "max_retries") or "5"
    if not re.fullmatch(r"\d{1,3}", text):
        raise invalid_option("max_retries", f"must be a number from 0 on, not '{text}'.")
    return int(text)
