# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: resolves options, environment variables and files to the connection of a module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import invalid_option
from .._core.redaction import Redactor
from .credentials import (
    CREDENTIAL_OPTIONS,
    CREDENTIAL_VARIABLES,
    SECRET_PARTS,
    Credential,
    FileReader,
    find_credential,
)
from .option_values import (
    base_url,
    check_id,
    check_region,
    max_retries,
    option_value,
    passwords_in_url,
    service_domain,
    timeout_seconds,
    tls_verification,
)
from .profiles import Profile, read_file


@dataclass(frozen=True)
class Connection:
    """The services' addresses, the project and the credential.

    C(project_id) is None if it must be looked up in IAM by C(project_name).
    """

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

    @property
    def place(self) -> dict[str, str | None]:
        """Where clusters are registered through this connection, without the credential."""
        return {
            "region": self.region,
            "endpoint": self.endpoint,
            "project_id": self.project_id,
            "project_name": self.project_name,
            "enterprise_project_id": self.enterprise_project_id,
        }


def resolve(
    params: Mapping[str, Any], environ: Mapping[str, str], redactor: Redactor, read: FileReader = read_file
) -> Connection:
    """Resolves the connection without sending a request.

    :arg params: the module's parameters.
    :arg redactor: receives all secrets before anything can fail.
    :arg read: returns the file at a path, or None if it does not exist.
    :raises HssError: with the option's name and the remedy.
    """
    _register_secrets(params, environ, redactor)
    warnings: list[str] = []
    credential, profile = find_credential(params, environ, redactor, read, warnings)
    region = option_value(params, environ, "region") or profile.region
    check_region(region)
    domain = service_domain(region, option_value(params, environ, "cloud"))
    endpoint = base_url("endpoint", option_value(params, environ, "endpoint"), warnings)
    auth_url = base_url("auth_url", option_value(params, environ, "auth_url") or profile.auth_url, warnings)
    project_id, project_name = _project(params, environ, profile, region)
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
    enterprise_project_id = option_value(params, environ, "enterprise_project_id")
    check_id("project_id", project_id)
    check_id("enterprise_project_id", enterprise_project_id)
    if project_name and not project_name.isprintable():
        raise invalid_option("project_name", "holds a line break or another control character; copy it again.")
    verify = tls_verification(params, environ)
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
        timeout=timeout_seconds(params),
        max_retries=max_retries(params, environ),
        warnings=tuple(warnings),
    )


def _register_secrets(params: Mapping[str, Any], environ: Mapping[str, str], redactor: Redactor) -> None:
    for names, values in ((CREDENTIAL_OPTIONS, params), *((names, environ) for names in CREDENTIAL_VARIABLES)):
        redactor.add(*(values.get(names[part]) for part in SECRET_PARTS if part in names))
    for name, value in environ.items():
        if name.lower().endswith("_proxy"):
            redactor.add(*passwords_in_url(value))


def _project(
    params: Mapping[str, Any], environ: Mapping[str, str], profile: Profile, region: str | None
) -> tuple[str | None, str | None]:
    """Returns the project's id, and the name by which it is looked up otherwise.

    The project of a profile belongs to the region of the profile, and is not used for another region.
    """
    project_id = option_value(params, environ, "project_id")
    name = option_value(params, environ, "project_name")
    if not project_id and not name and profile.region in (None, region):
        project_id = profile.project_id
    return project_id, name or region
