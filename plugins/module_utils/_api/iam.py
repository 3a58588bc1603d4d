# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the requests to IAM: tokens and projects."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.errors import NOT_SENT, REJECTED, UNKNOWN, HssError, enumerate_some
from .._http.client import HttpClient

_SIGN_IN_HINT = (
    "Check user_name (an IAM user's, not an e-mail address), password, domain_name (the account's name), that the user "
    "may use programmatic access, and that region or project_name is a project of that user. "
    "Repeated failures lock the user for some minutes, so it was not tried again."
)


@dataclass(frozen=True)
class Token:
    """A token from IAM, and the id of its project if the response contains it."""

    value: str = field(repr=False)
    project_id: str | None


class IamApi:
    """A client of IAM.

    :arg auth_url: the address of IAM, with or without C(/v3).
    """

    def __init__(self, http: HttpClient, auth_url: str) -> None:
        self._http = http
        base_url = auth_url.rstrip("/")
        self._base_url = base_url if base_url.endswith("/v3") else f"{base_url}/v3"

    def create_token(
        self,
        user_name: str,
        password: str,
        domain_name: str,
        *,
        project_id: str | None,
        project_name: str | None,
    ) -> Token:
        """Signs in. Connection errors are retried, but a refusal is not: repeated refusals lock the user.

        :arg domain_name: the account of the user.
        :arg project_name: used if the project's id is not known.
        """
        operation = "KeystoneCreateUserTokenByPassword"
        purpose = f"sign in to IAM as the user '{user_name}' of the account '{domain_name}'"
        user = {"name": user_name, "password": password, "domain": {"name": domain_name}}
        project = {"id": project_id} if project_id else {"name": project_name}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": project},
            }
        }
        try:
            response = self._http.request(operation, purpose, "POST", f"{self._base_url}/auth/tokens", body=body)
        except HssError as error:
            # A token changes nothing in HSS, so that the outcome is never unknown.
            if error.outcome == UNKNOWN:
                error.outcome = REJECTED if error.http_status else NOT_SENT
            if error.http_status in (400, 401, 403):
                error.hint = _SIGN_IN_HINT
            elif error.http_status == 404:
                error.hint = "Check auth_url: is it the address of IAM?"
            raise
        value = response.headers.get("X-Subject-Token")
        if not value:
            raise HssError(
                f"Could not {purpose}: the response holds no token",
                operation=operation,
                hint="Check auth_url: is it the address of IAM? A proxy may also have dropped X-Subject-Token.",
                outcome=REJECTED,
            )
        token = response.data.get("token")
        scope = token.get("project") if isinstance(token, dict) else None
        scope_id = scope.get("id") if isinstance(scope, dict) else None
        return Token(value, scope_id if isinstance(scope_id, str) and scope_id else None)

    def find_project_id(self, name: str) -> str:
        """Returns the id of the project with a name. The default project of a region has the region's name.

        :raises HssError: if there is none, or more than one.
        """
        operation = "KeystoneListProjects"
        purpose = f"look up the project '{name}' in IAM"
        try:
            response = self._http.request(operation, purpose, "GET", f"{self._base_url}/projects", query={"name": name})
        except HssError as error:
            if error.http_status == 403:
                error.hint = (
                    "The credential may not list projects in IAM. Give project_id, or grant it that permission."
                )
            raise
        projects = response.data.get("projects")
        ids = [item.get("id") for item in projects if isinstance(item, dict)] if isinstance(projects, list) else []
        if len(ids) == 1 and isinstance(ids[0], str):
            return ids[0]
        reason = (
            f"several projects have that name: {enumerate_some(list(map(str, ids)))}"
            if ids
            else "there is no such project"
        )
        raise HssError(
            f"Could not {purpose}: {reason}",
            operation=operation,
            hint="Give project_id, and check that region is spelled right and that the credential may use it.",
        )
