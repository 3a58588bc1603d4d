# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: checks of a connection: names, TLS, clock, credential, project, and what is allowed."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Callable
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.base import ALL_ENTERPRISE_PROJECTS
from ansible_collections.huaweicloud.hss.plugins.module_utils._api.hss import HssApi
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import Credential
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import Connection, resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.auth import NoAuth
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.client import describe_failure
from ansible_collections.huaweicloud.hss.plugins.module_utils._http.transport import (
    TRANSPORT_ERRORS,
    InvalidRequest,
    Transport,
)

from .checks import Check, Deadline, Masks, clean, masked

REQUEST_SECONDS = 5
NAME_SECONDS = 4
# The gateway accepts signatures up to 15 minutes.
MAX_CLOCK_DIFFERENCE = 300
_NO_ANSWER = "Check the network, the firewall and the proxy variables."


def check_connection(
    options: Mapping[str, Any], environment: Mapping[str, str], redactor: Redactor, deadline: Deadline
) -> Iterator[Check]:
    """Yields the checks. Each request is sent once, and nothing is tried after HSS refused the credential.

    :arg options: the connection options.
    :arg environment: the variables that stand in for options.
    """
    options = {**options, "timeout": min(int(options.get("timeout") or REQUEST_SECONDS), REQUEST_SECONDS)}
    options["max_retries"] = 0
    try:
        connection = resolve(options, environment, redactor)
    except HssError as error:
        yield clean(Check.failed("credential", error), redactor.redact)
        return
    credential = connection.credential
    masks = Masks((credential.access_key, credential.user_name, credential.domain_name, connection.project_id))

    def shown(text: str) -> str:
        return masks.apply(redactor.redact(text))

    for check in _checks(connection, options, environment, redactor, deadline):
        yield clean(check, shown)


def _checks(
    connection: Connection,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    redactor: Redactor,
    deadline: Deadline,
) -> Iterator[Check]:
    for text in connection.warnings:
        yield Check("settings", False, text, "Set it for tests only.")
    yield Check("credential", True, _describe(connection.credential))
    needs_iam = bool(connection.credential.password) or not connection.project_id
    dates: list[float] = []
    reached = yield from _reach("HSS", connection.endpoint, connection, deadline, dates)
    iam_reached = True
    if needs_iam:
        iam_reached = yield from _reach("IAM", str(connection.auth_url), connection, deadline, dates)
    else:
        yield Check("IAM", None, "not needed, because the project is known and nobody signs in with a password")
    if dates:
        yield _clock(dates[0])
    if not reached or not iam_reached:
        yield Check("project", None, "not tried, because a service cannot be reached")
        return
    session = Session(options, environment, redactor, lambda _text: None)
    try:
        api = deadline.run(session.api, 3 * REQUEST_SECONDS)
    except HssError as error:
        yield Check.failed("project", error)
        return
    except TimeoutError:
        yield Check("project", False, "IAM or the metadata service did not answer in time", _NO_ANSWER)
        return
    yield _project(connection)
    yield from _requests(api, deadline)


def _describe(credential: Credential) -> str:
    if credential.metadata:
        return "the temporary key of this instance, by its agency"
    if credential.user_name:
        return f"IAM user {masked(credential.user_name)} of the account {masked(credential.domain_name)}"
    if credential.auth_token:
        return "an IAM token"
    kind = "temporary" if credential.security_token else "permanent"
    return f"{kind} access key {masked(credential.access_key)}"


def _reach(
    service: str, url: str, connection: Connection, deadline: Deadline, dates: list[float]
) -> Generator[Check, None, bool]:
    """Yields whether a service's name resolves and a request gets a response. Returns whether it does.

    :arg dates: receives how far the service's clock is ahead, in seconds.
    """
    host = urlsplit(url).hostname or ""
    proxied = _uses_proxy(url)
    resolved = ""
    if not proxied:
        try:
            found = deadline.run(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM), NAME_SECONDS)
            resolved = ", ".join(sorted({str(entry[4][0]) for entry in found})[:4])
        except TimeoutError:  # a kind of OSError
            yield Check(service, False, f"no name server answered for {host} in {NAME_SECONDS} seconds", "Check DNS.")
            return False
        except (OSError, UnicodeError):
            yield Check(service, False, f"the name {host} does not resolve", "Check region, endpoint and DNS.")
            return False
    transport = Transport(connection.verify, connection.timeout)
    try:
        response = deadline.run(
            lambda: transport.send("GET", f"{url}/", {"Accept": "application/json"}, NoAuth()),
            2 * connection.timeout + 1,
        )
    except TimeoutError:
        yield Check(service, False, f"{url} did not answer in time", _NO_ANSWER)
        return False
    except InvalidRequest:
        yield Check(service, False, f"{url} cannot be addressed", "Check endpoint and the proxy variables.")
        return False
    except TRANSPORT_ERRORS as exc:
        failure = describe_failure(exc, connection.timeout)
        yield Check(service, False, f"{url} {failure.reason}", failure.hint)
        return False
    finally:
        transport.close()
    try:
        dates.append(parsedate_to_datetime(response.headers["Date"]).timestamp() - time.time())
    except (ArithmeticError, IndexError, KeyError, OSError, TypeError, ValueError):
        pass  # without a date, or with an unusable one
    way = "through the proxy" if proxied else f"at {resolved}"
    tls = "TLS" if url.startswith("https:") else "without TLS"
    yield Check(service, True, f"{url} answers {way}, {tls}")
    return True


def _uses_proxy(url: str) -> bool:
    from requests.utils import get_environ_proxies, select_proxy

    return bool(select_proxy(url, get_environ_proxies(url)))


def _clock(difference: float) -> Check:
    if abs(difference) <= MAX_CLOCK_DIFFERENCE:
        return Check("clock", True, f"differs from the service's by {abs(difference):.0f} s")
    return Check(
        "clock",
        False,
        f"this machine's clock is {abs(difference):.0f} seconds {'behind' if difference > 0 else 'ahead'}",
        "Set it with NTP. Signatures are refused from 15 minutes on.",
    )


def _project(connection: Connection) -> Check:
    project = "given by its id" if connection.project_id else f"found by the name {connection.project_name}"
    enterprise = connection.enterprise_project_id
    if enterprise == ALL_ENTERPRISE_PROJECTS:
        text = "all enterprise projects (a new registration goes where HSS chooses)"
    elif enterprise in (None, "0"):
        text = "the default enterprise project"
    else:
        text = f"enterprise project {masked(enterprise)}"
    region = f", region {connection.region}" if connection.region else ""
    return Check("project", True, f"{project}{region}, {text}")


def _requests(api: HssApi, deadline: Deadline) -> Iterator[Check]:
    """Yields a check for each request of onboarding that only reads."""
    refused = False
    for operation, what, read in _reads(api):
        name = f"request {operation}"
        if refused:
            yield Check(name, None, "not tried, because HSS had refused the credential")
            continue
        try:
            yield Check(name, True, deadline.run(read, 2 * REQUEST_SECONDS))
        except HssError as error:
            # Repeated refusals lock the access key.
            refused = error.http_status == 401
            yield Check.failed(name, error)
        except TimeoutError:
            yield Check(name, False, f"could not {what}: no answer in time", _NO_ANSWER)


def _reads(api: HssApi) -> list[tuple[str, str, Callable[[], str]]]:
    """The name of each request, its purpose, and a function that sends it and describes the response."""

    def clusters() -> str:
        rows = api.list_clusters()
        connected = sum(row.get("status") == "connect_success" for row in rows)
        return f"clusters registered: {len(rows)}, of them connected: {connected}"

    def network() -> str:
        found = api.show_agent_network()
        addresses = [str(found[name]) for name in ("anp_address", "agent_address") if found.get(name)]
        return f"agents connect to {' and '.join(addresses)}" if addresses else "HSS names no addresses for agents"

    def template() -> str:
        api.show_daemonset_template()
        return "HSS has a template for node agents"

    def require_region() -> None:
        try:
            api.require_region()
        except HssError:
            raise HssError(
                "the region is not known, and HSS expects it in a header", hint="Set region (or HW_REGION_NAME)."
            ) from None

    def agents() -> str:
        require_region()
        return f"clusters with node agents: {len(api.list_daemonsets())}"

    def hosts() -> str:
        require_region()
        rows = api.list_hosts({})
        opened = sum(row.get("protect_status") == "opened" for row in rows)
        return f"hosts listed: {len(rows)}, of them with open protection: {opened}"

    def quotas() -> str:
        rows = [row for row in api.show_quotas() if row.get("total_num")]
        left = [f"{row.get('available_num')} of {row.get('total_num')} of {row.get('version')}" for row in rows]
        return f"quota left: {', '.join(left)}" if left else "there is no quota, so that only on_demand can pay"

    return [
        ("ListMultiCloudClusters", "list the registered clusters", clusters),
        ("ShowAgentAddress", "read the agents' addresses", network),
        ("ShowAgentDaemonsetDeployTemplate", "read the template of node agents", template),
        ("ListAgentDaemonsetInfo", "list the node agents", agents),
        ("ListHostStatus", "list the hosts", hosts),
        ("ShowResourceQuotas", "read the quotas", quotas),
    ]
