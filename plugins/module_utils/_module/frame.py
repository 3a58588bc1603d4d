# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the modules share of Ansible: argument specs, set-up, and errors as results."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import missing_required_lib

from .._api.hss import ALL_ENTERPRISE_PROJECTS, HssApi, IamApi, Token
from .._clusters import plan as _cluster
from .._clusters.execute import carry_out
from .._clusters.plan import Desired, Plan, Policy, Registered, desire, plan
from .._clusters.wait import Wait, wait_connected
from .._clusters.workers import Done
from .._connection import metadata as _metadata
from .._connection.resolve import Connection, Credential, passwords_in, resolve
from .._core.errors import HssError, invalid, plain, unexpected
from .._core.redaction import SHORTEST, Secrets
from .._http import client as _http
from .._http.auth import NoAuth, SigningAuth, TokenAuth
from .._http.client import HttpClient
from .._kubeconfig import canonical as _kubeconfig
from .redacting import WordedModule

VERSION = "0.1.0"


def connection_spec() -> dict[str, dict[str, Any]]:
    """The options of the doc fragment C(connection)."""
    return {
        "region": {"type": "str"},
        "endpoint": {"type": "str"},
        "access_key": {"type": "str", "no_log": True},
        "secret_key": {"type": "str", "no_log": True},
        "security_token": {"type": "str", "no_log": True},
        "auth_token": {"type": "str", "no_log": True},
        "user_name": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "domain_name": {"type": "str"},
        "auth_url": {"type": "str"},
        "project_id": {"type": "str"},
        "project_name": {"type": "str"},
        "enterprise_project_id": {"type": "str"},
        "cloud": {"type": "str"},
        "profile": {"type": "str"},
        "shared_config_file": {"type": "path"},
        # No default here: what is not given, HW_INSECURE decides.
        "validate_certs": {"type": "bool"},
        "ca_path": {"type": "path"},
        "timeout": {"type": "int", "default": 30},
        "max_retries": {"type": "int"},
    }


def cluster_spec() -> dict[str, dict[str, Any]]:
    """The options that describe one cluster: the identity and the 17 documented fields of the create call."""
    return {
        "cluster_id": {"type": "str"},
        "name": {"type": "str"},
        "provider": {"type": "str", "choices": list(_cluster.PROVIDERS)},
        "server": {"type": "str"},
        "image_repo": {"type": "str"},
        "image_repo_username": {"type": "str"},
        "image_repo_password": {"type": "str", "no_log": True},
        "organization": {"type": "str"},
        "image_repo_type": {"type": "str", "choices": list(_cluster.IMAGE_REPO_TYPES)},
        "current_expiration_date": {"type": "int"},
        "certificate_expiration_date": {"type": "int"},
        # The update call spells it kubeconfig. Without the alias, Ansible would show a misspelt option's value.
        "kube_config": {"type": "str", "no_log": True, "aliases": ["kubeconfig"]},
        "image_arch": {"type": "str", "choices": list(_cluster.IMAGE_ARCHS)},
        "anp_proxy": {"type": "str"},
        "hostguard_proxy": {"type": "str"},
        "container_name": {"type": "str"},
        "dns_policy": {"type": "str", "choices": list(_cluster.DNS_POLICIES)},
        "dns_config": {"type": "list", "elements": "str"},
        "kube_config_context": {"type": "str"},
        "kube_config_tls_server_name": {"type": "str"},
    }


def policy_spec(defaults: bool = True) -> dict[str, dict[str, Any]]:
    """The options that say how a cluster is treated.

    :arg defaults: False for a cluster of a list, where what is not given is taken from the whole list's.
    """
    spec: dict[str, dict[str, Any]] = {
        "kube_config_allow_insecure": {"type": "bool", "default": False},
        "expiry_warning_days": {"type": "int", "default": 30},
        "update_kube_config": {"type": "str", "choices": list(_cluster.UPDATE_KUBE_CONFIG), "default": "on_change"},
        "on_drift": {"type": "str", "choices": list(_cluster.ON_DRIFT), "default": "fail"},
        "upgrade": {"type": "bool", "default": False},
    }
    if not defaults:
        for option in spec.values():
            del option["default"]
    return spec


def wait_spec() -> dict[str, dict[str, Any]]:
    """The options of waiting for a connection; seconds."""
    return {
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 300},
        "wait_sleep": {"type": "int", "default": 10},
    }


class HssModule:
    """An AnsibleModule with a connection to HSS.

    Secrets are known to Ansible and to the scrubber before anything can fail.
    """

    sleep = staticmethod(time.sleep)

    def __init__(self, spec: Mapping[str, Mapping[str, Any]], **constraints: Any) -> None:
        self.ansible = WordedModule(
            argument_spec={**connection_spec(), **spec}, supports_check_mode=True, **constraints
        )
        self.params: dict[str, Any] = self.ansible.params
        self.check_mode: bool = self.ansible.check_mode
        self.secrets = self.ansible.secrets = Secrets()
        self._token: Token | None = None

    def hide(self, *values: str | None) -> None:
        """Keeps values out of everything the module says."""
        self.secrets.add(*values)
        self.ansible.no_log_values.update(value for value in values if value and len(value) >= SHORTEST)

    def hide_cluster(self, options: Mapping[str, Any]) -> None:
        """Hides the secrets in the options of one cluster, those inside its kubeconfig included."""
        self.hide(options.get("image_repo_password"))
        for option in ("anp_proxy", "hostguard_proxy"):
            self.hide(*passwords_in(options.get(option) or ""))
        text = options.get("kube_config")
        if text:
            self.hide(*_kubeconfig.secret_values(text))

    def reconcile(self, clusters: Sequence[Mapping[str, Any]], state: str, concurrency: int = 1) -> list[Done]:
        """The way of every cluster: options, plan, and in earnest its carrying out. One listing plans them all.

        :arg clusters: the options of each; one that cannot work has its error in its place.
        """
        for options in clusters:
            self.hide_cluster(options)
        wait = self._wait(state)
        # A cluster of a list may have policies of its own.
        clusters = [{**self.params, **{key: own for key, own in each.items() if own is not None}} for each in clusters]
        done = [self._wanted(options, state) for options in clusters]
        _cluster.check_unique([item.plan.desired for item in done])
        sound = [item for item in done if not item.error]
        if not sound:
            return done
        api = self.api()
        registered = Registered(api.list_clusters())
        for item, options in zip(done, clusters):
            if item.error:
                continue
            try:
                item.plan = plan(item.plan.desired, registered, _policy(options))
                refuse_creating_everywhere(api.enterprise_project_id, item.plan)
                item.cluster, item.warnings = item.plan.cluster, list(item.plan.warnings)
                item.actions = list(item.plan.actions) if self.check_mode else []
            except HssError as error:
                item.error = error
        if not self.check_mode:
            carry_out([item for item in sound if not item.error], api, concurrency)
            if wait:
                wait_connected([item for item in sound if not item.error], api, wait)
        return done

    def _wait(self, state: str) -> Wait | None:
        for option in ("wait_timeout", "wait_sleep"):
            if self.params[option] <= 0:
                raise invalid(option, f"must be more than 0 seconds, not {self.params[option]}.")
        waits = self.params["wait"] and state == "present"
        return Wait(self.params["wait_timeout"], self.params["wait_sleep"]) if waits else None

    def _wanted(self, options: Mapping[str, Any], state: str) -> Done:
        try:
            return Done(Plan(desire(options, state)))
        except HssError as error:
            desired = Desired(state, options.get("name"), options.get("cluster_id"))
            return Done(Plan(desired), error=error)

    def api(self) -> HssApi:
        """The API as the connection options say. IAM is asked for a token and the project's id, if they are needed."""
        connection = resolve(self.params, os.environ, self.secrets)
        for text in connection.warnings:
            self.ansible.warn(text)
        credential = connection.credential
        self.hide(*credential.secrets)
        if credential.metadata:
            credential = _metadata.fetch(self.hide)
        project_id = connection.project_id
        if credential.password:
            token = self._sign_in(connection)
            credential = Credential(auth_token=token.value)
            project_id = project_id or token.project_id
        auth: Any
        if credential.auth_token:
            auth = TokenAuth(credential.auth_token)
        else:
            auth = SigningAuth(str(credential.access_key), str(credential.secret_key), credential.security_token)
        http = self._client(connection, auth)
        project_id = project_id or IamApi(http, str(connection.auth_url)).find_project(str(connection.project_name))
        return HssApi(
            http,
            connection.endpoint,
            project_id,
            connection.enterprise_project_id,
            region=connection.region,
            sleep=self.sleep,
        )

    def _sign_in(self, connection: Connection) -> Token:
        """A token for a user's password, asked for once in a run and kept in memory alone."""
        if self._token is None:
            credential = connection.credential
            http = self._client(connection, NoAuth())
            self._token = IamApi(http, str(connection.auth_url)).create_token(
                str(credential.user_name),
                str(credential.password),
                str(credential.domain_name),
                project_id=connection.project_id,
                project_name=connection.project_name,
            )
            self.hide(self._token.value)
            http.close()
        return self._token

    def _client(self, connection: Connection, auth: Any) -> HttpClient:
        return HttpClient(
            auth,
            verify=connection.verify,
            timeout=connection.timeout,
            max_retries=connection.max_retries,
            secrets=self.secrets,
            user_agent=f"ansible-huaweicloud.hss/{VERSION}",
            sleep=self.sleep,
        )

    def fail(self, error: HssError, **result: Any) -> None:
        """Ends the module with an error as every module reports it."""
        self.ansible.fail_json(msg=str(error), failure=error.failure(), **result)

    def run(self, main: Callable[[], Mapping[str, Any]]) -> None:
        """Runs the module's work and reports what it returns, or why it failed."""
        self._require_libraries()
        trouble: Exception | None = None
        try:
            result = main()
        except Exception as exc:
            trouble = exc
        # Not while it is handled: Ansible may show the traceback of an exception that is, with all its words.
        if isinstance(trouble, HssError):
            self.fail(trouble)
        elif trouble:
            self.ansible.fail_json(msg=unexpected(trouble))
        else:
            self.ansible.exit_json(**result)

    def _require_libraries(self) -> None:
        if _http.requests is None:
            self.ansible.fail_json(msg=missing_required_lib("requests"))
        if _kubeconfig.yaml is None:
            self.ansible.fail_json(msg=missing_required_lib("PyYAML and cryptography"))


def _policy(options: Mapping[str, Any]) -> Policy:
    return Policy(options["on_drift"], options["update_kube_config"], options["upgrade"])


def refuse_creating_everywhere(enterprise_project_id: str | None, the_plan: Plan) -> None:
    """C(all_granted_eps) reads everywhere, but a cluster is created in one enterprise project."""
    if enterprise_project_id == ALL_ENTERPRISE_PROJECTS and "create" in the_plan.actions:
        raise invalid(
            "enterprise_project_id",
            f"'{ALL_ENTERPRISE_PROJECTS}' means all projects; name the one to register the cluster in.",
        )


def result_of(done: Done) -> dict[str, Any]:
    """What a module returns for a cluster, apart from an error."""
    cluster = dict(done.cluster) if done.cluster else None
    header = done.plan.desired.label.strip("'")
    return {
        "changed": bool(done.actions),
        "actions": list(done.actions),
        "cluster": cluster,
        "cluster_id": (cluster or {}).get("cluster_id") or done.own_id or done.plan.cluster_id,
        **({"progress": list(done.progress)} if done.progress else {}),
        "diff": {
            "before_header": header,
            "after_header": header,
            "before": diff_text(done.plan.before),
            "after": diff_text(done.plan.after),
        },
    }


def diff_text(fields: Mapping[str, Any]) -> str:
    """A side of a diff."""
    # Text, not a mapping: Ansible would sort a mapping's keys and show it as JSON. A field is one line, come what may.
    return "".join(f"{key}: {plain(str(value))}\n" for key, value in fields.items())
