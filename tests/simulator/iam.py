# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: tokens for a password, and the projects of the account."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any

from .accounts import Account, Project, Tokens
from .call import Call, Handler
from .errors import IamError
from .wire import Reply


class Iam:
    """The two IAM operations that an HSS client needs."""

    def __init__(self, account: Account, tokens: Tokens) -> None:
        self._account = account
        self._tokens = tokens
        self.handlers: dict[str, Handler] = {
            "KeystoneCreateUserTokenByPassword": self.create_token,
            "KeystoneListProjects": self.list_projects,
        }

    def create_token(self, call: Call) -> Reply:
        """POST /v3/auth/tokens: the token is in a header of the response, not in its body."""
        auth = _member(_json_object(call.request.body), "auth")
        self._check_password(_member(auth, "identity"))
        project = self._scope(auth.get("scope"))
        token = self._tokens.issue(project, call.settings.token_lifetime)
        domain = {"id": self._account.domain_id, "name": self._account.user.domain}
        body: dict[str, Any] = {
            "methods": ["password"],
            "issued_at": _iso(token.issued_at),
            "expires_at": _iso(token.expires_at),
            "user": {
                "id": self._account.user_id,
                "name": self._account.user.name,
                "domain": domain,
                "password_expires_at": "",
            },
            "roles": [{"id": "0", "name": "te_admin"}],
            "catalog": [],
        }
        if project is None:
            body["domain"] = domain
        else:
            body["project"] = {"id": project.id, "name": project.name, "domain": domain}
        return Reply.of_json({"token": body}, 201, {"X-Subject-Token": token.value})

    def list_projects(self, call: Call) -> Reply:
        """GET /v3/projects: all projects, or those with a name."""
        name = call.request.query.get("name")
        projects = self._account.projects if name is None else self._account.projects_named(name)
        rows = [
            {
                "id": project.id,
                "name": project.name,
                "domain_id": self._account.domain_id,
                "parent_id": self._account.domain_id,
                "is_domain": False,
                "enabled": True,
                "description": "",
            }
            for project in projects
        ]
        return Reply.of_json({"projects": rows, "links": {"self": "", "next": None, "previous": None}})

    def _check_password(self, identity: dict[str, Any]) -> None:
        methods = identity.get("methods")
        if methods != ["password"]:
            raise IamError(400, "The simulator knows the method password alone.")
        user = _member(_member(identity, "password"), "user")
        domain = _member(user, "domain")
        known = self._account.user
        sent = (domain.get("name"), user.get("name"), user.get("password"))
        if not all(isinstance(value, str) and value for value in sent):
            raise IamError(400, "The request body is invalid: domain name, user name and password are needed.")
        if not hmac.compare_digest(repr(sent).encode(), repr(tuple(known)).encode()):
            raise IamError(401, "The username or password is wrong.")

    def _scope(self, scope: Any) -> Project | None:
        if scope is None:
            # IAM then scopes to the account, which no regional service accepts.
            return None
        requested = scope.get("project") if isinstance(scope, dict) else None
        if requested is None and isinstance(scope, dict) and "domain" in scope:
            return None
        if not isinstance(requested, dict):
            raise IamError(400, "The request body is invalid: scope needs a project or a domain.")
        if "id" in requested:
            project = self._account.project_by_id(str(requested["id"]))
        else:
            named = self._account.projects_named(str(requested.get("name")))
            project = named[0] if named else None
        if project is None:
            raise IamError(401, "The project is not found or the user has no access to it.")
        return project


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise IamError(400, "The request body is not a JSON object.")
    return value


def _member(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise IamError(400, f"The request body is invalid: {name} is missing.")
    return value


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(seconds))
