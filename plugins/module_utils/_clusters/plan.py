# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what is wanted + what is registered -> a plan. Pure functions, no I/O.

Check mode is a plan that is not carried out, so C(changed), C(actions) and C(diff) of both modes agree by construction.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import REJECTED, HssError, invalid
from .._kubeconfig import canonical as _kubeconfig
from .._kubeconfig.server import Server, ServerError

PROVIDERS = ("ali", "tencent", "azure", "aws", "self_built_hw", "self_built_idc")
IMAGE_REPO_TYPES = ("harbor", "quay", "jfrog", "other")
IMAGE_ARCHS = ("x86", "arm")
DNS_POLICIES = ("default", "clusterfirst", "clusterfirstwithhostnet", "none")

# The create call's fields, in the order of the vendor's page.
CREATE_FIELDS = (
    "name",
    "provider",
    "server",
    "image_repo",
    "image_repo_username",
    "image_repo_password",
    "organization",
    "image_repo_type",
    "current_expiration_date",
    "certificate_expiration_date",
    "kube_config",
    "image_arch",
    "anp_proxy",
    "hostguard_proxy",
    "container_name",
    "dns_policy",
    "dns_config",
)
SECRET_FIELDS = ("kube_config", "image_repo_password")
# What the listing gives back, by the listing's names; the rest can be written and never read.
READ_NAMES = {
    "name": "cluster_name",
    "provider": "provider",
    "server": "server",
    "image_repo": "image_repo",
    "current_expiration_date": "current_expiration_date",
    "certificate_expiration_date": "certificate_expiration_date",
}
_DATES = ("current_expiration_date", "certificate_expiration_date")
STATUSES = ("not_connect", "connect_success", "connect_fail", "connect_disruption")
ON_DRIFT = ("fail", "warn", "recreate")
UPDATE_KUBE_CONFIG = ("on_change", "always", "on_create")
_LAST_DATE = 253_402_300_799_999  # the end of the year 9999


@dataclass(frozen=True)
class Desired:
    """One cluster as it is wanted.

    :arg body: what would create it.
    :arg given: the fields of the body that the user gave.
    :arg warnings: worth saying at every run; C(upload_warnings) only when the kubeconfig is sent.
    """

    state: str
    name: str | None
    cluster_id: str | None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    given: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    upload_warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """For messages."""
        return f"'{self.name}'" if self.name else str(self.cluster_id)


@dataclass(frozen=True)
class Policy:
    """How a registered cluster that is not as wanted is treated.

    :arg on_drift: for what HSS cannot update: C(fail), C(warn) or C(recreate).
    :arg update_kube_config: C(on_change), C(always) or C(on_create).
    :arg upgrade: have HSS upgrade the connection agent.
    """

    on_drift: str = "fail"
    update_kube_config: str = "on_change"
    upgrade: bool = False


@dataclass(frozen=True)
class Plan:
    """What has to be done so that a cluster is as wanted.

    :arg actions: of C(create), C(update) and C(delete), in order; empty if nothing has to be done.
    :arg cluster_id: of the registered cluster; None if there is none.
    :arg body: what a create sends.
    :arg changes: what an update sends, by the update call's names.
    :arg cluster: the cluster as it will be listed, as far as that is known beforehand; None if it will not be.
    :arg before: the readable fields, by the options' names, for the diff; C(after) likewise.
    """

    desired: Desired
    actions: tuple[str, ...] = ()
    cluster_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cluster: Mapping[str, Any] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Registered:
    """A complete listing, indexed once so that planning many clusters stays linear."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.by_id: dict[str, Mapping[str, Any]] = {}
        self.by_name: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._by_server: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            self.by_id[row["cluster_id"]] = row
            self.by_name[str(row.get("cluster_name"))].append(row)
            self._by_server[_server_key(row.get("server"))].append(row)

    def at_server(self, server: str) -> list[Mapping[str, Any]]:
        """The clusters registered under an address, however it is spelt."""
        return self._by_server.get(_server_key(server), [])


def _server_key(text: Any) -> Any:
    try:
        return Server.parse(str(text)).key
    except ServerError:
        return text


# --- options to what is wanted ----------------------------------------------------------------------------------------


def desire(options: Mapping[str, Any], state: str, now: float | None = None) -> Desired:
    """Checks a cluster's options and fills what the kubeconfig tells.

    :arg options: the module's, C(None) for what is not given.
    :arg now: seconds since the epoch.
    :raises HssError: naming the option and the remedy; nothing has been sent.
    """
    name, cluster_id = options.get("name"), options.get("cluster_id")
    if not name and not cluster_id:
        raise invalid("name", "is missing. Give the cluster's name, or its cluster_id.")
    if name is not None and (not name or name != name.strip() or not name.isprintable()):
        raise invalid("name", "must not be empty, or begin or end with white space, or hold control characters.")
    if state == "absent":
        return Desired(state, name, cluster_id)

    body = {key: options[key] for key in CREATE_FIELDS if options.get(key) not in (None, "", [])}
    given = frozenset(body)
    for key in _DATES:
        _check_date(key, body.get(key))
    _check_dns(body)
    warnings: list[str] = []
    upload_warnings: list[str] = []
    if "kube_config" in body:
        warnings, upload_warnings = _fill_from_kubeconfig(body, options, now)
    elif "server" in body:
        body["server"] = _server(body["server"]).url
    current, certificate = body.get("current_expiration_date"), body.get("certificate_expiration_date")
    if current and certificate and current > certificate:
        upload_warnings.append(
            f"current_expiration_date, {_kubeconfig.date(current)}, is later than the certificate's end, "
            f"{_kubeconfig.date(certificate)}"
        )
    return Desired(state, name, cluster_id, body, given, tuple(warnings), tuple(upload_warnings))


def _check_date(option: str, value: int | None) -> None:
    if value is None:
        return
    if 0 < value < 100_000_000_000:
        raise invalid(option, f"{value} looks like seconds. It must be epoch milliseconds: {value * 1000}?")
    if not 0 < value <= _LAST_DATE:
        raise invalid(option, f"{value} is not a date in epoch milliseconds.")


def _check_dns(body: dict[str, Any]) -> None:
    """C(dns_config) as the API takes it: addresses separated by semicolons."""
    if "dns_config" in body:
        given = body["dns_config"]
        parts = (
            given.split(";") if isinstance(given, str) else [part for item in given for part in str(item).split(";")]
        )
        addresses = [part.strip() for part in parts if part.strip()]
        for address in addresses:
            try:
                ipaddress.ip_address(address)
            except ValueError:
                raise invalid("dns_config", f"'{address}' is not an IP address.") from None
        body["dns_config"] = ";".join(addresses)
    if ("dns_config" in body) != (body.get("dns_policy") == "none"):
        raise invalid("dns_config", "goes with dns_policy=none, and dns_policy=none needs it.")


def _server(text: str) -> Server:
    try:
        server = Server.parse(text)
        server.require_usable()
    except ServerError as exc:
        raise invalid("server", str(exc)) from None
    return server


def _fill_from_kubeconfig(
    body: dict[str, Any], options: Mapping[str, Any], now: float | None
) -> tuple[list[str], list[str]]:
    """Replaces the text by its canonical form and derives what is not given.

    :returns: warnings for every run, and those for sending the kubeconfig.
    """
    config = uploadable(options, now)
    upload_warnings = [*config.server_warnings, *config.upload_warnings]
    expiry, said = config.certificate_expiration_date, body.get("certificate_expiration_date")
    if said and expiry and said // 1000 != expiry // 1000:
        upload_warnings.append(
            f"certificate_expiration_date says {_kubeconfig.date(said)}, the kubeconfig {_kubeconfig.date(expiry)}; "
            "the former, as given, is registered"
        )
    body["kube_config"] = config.text
    body["server"] = config.server
    if expiry:
        body.setdefault("certificate_expiration_date", expiry)
    if "certificate_expiration_date" in body:
        body.setdefault("current_expiration_date", body["certificate_expiration_date"])
    return list(config.expiry_warnings), upload_warnings


def uploadable(options: Mapping[str, Any], now: float | None = None) -> _kubeconfig.Kubeconfig:
    """The kubeconfig as it may be sent.

    :arg now: seconds since the epoch.
    :raises HssError: if HSS could not use it.
    """
    policy = _kubeconfig.Policy(
        context=options.get("kube_config_context"),
        server=options.get("server"),
        tls_server_name=options.get("kube_config_tls_server_name"),
        allow_insecure=bool(options.get("kube_config_allow_insecure")),
        expiry_warning_days=options.get("expiry_warning_days") or 0,
    )
    try:
        return _kubeconfig.to_canonical(options["kube_config"], policy, now=now)
    except _kubeconfig.KubeconfigError as exc:
        if exc.where == "server":
            raise invalid("server", exc.reason) from None
        raise invalid("kube_config", f"{exc}") from None


def check_unique(wanted: Iterable[Desired]) -> None:
    """:raises HssError: if a list asks for one cluster twice."""
    seen: dict[tuple[str, str], int] = {}
    for index, desired in enumerate(wanted):
        for key in ("name", "cluster_id"):
            value = getattr(desired, key)
            if value is None:
                continue
            first = seen.setdefault((key, value), index)
            if first != index:
                raise invalid(f"clusters[{index}].{key}", f"'{value}' is already given by clusters[{first}].")


# --- what is wanted and what is registered, to a plan -----------------------------------------------------------------


def plan(desired: Desired, registered: Registered, policy: Policy = Policy()) -> Plan:
    """What to do. Sends nothing.

    :raises HssError: if it cannot be done as the options say.
    """
    row = _find(desired, registered)
    if desired.state == "absent":
        if row is None:
            return Plan(desired)
        return Plan(desired, ("delete",), row["cluster_id"], before=_readable(row))
    if row is None:
        return _plan_create(desired, registered)
    drift = _drift(desired, row)
    if not drift:
        return _plan_update(desired, row, policy)
    told = "; ".join(f"{name} is {old}, wanted is {new}" for name, old, new in drift)
    told = f"is registered ({row['cluster_id']}) with values that HSS cannot change: {told}"
    if policy.on_drift == "recreate":
        return _plan_recreate(desired, row, registered)
    if policy.on_drift == "warn":
        update = _plan_update(desired, row, policy)
        return replace(update, warnings=(*update.warnings, f"the cluster {desired.label} {told}"))
    raise HssError(
        f"The cluster {desired.label} {told}",
        hint="Nothing was changed. Correct the options, or let the registration be replaced with on_drift=recreate, or "
        "left as it is with on_drift=warn.",
        outcome=REJECTED,
    )


def _find(desired: Desired, registered: Registered) -> Mapping[str, Any] | None:
    if desired.cluster_id:
        row = registered.by_id.get(desired.cluster_id)
        if row is None and desired.state == "present":
            raise HssError(
                f"cluster_id: no cluster {desired.cluster_id} is registered",
                hint="To register a new cluster, give its name and leave cluster_id out. HSS chooses the id. "
                "Check region, project_id and enterprise_project_id.",
            )
        if row is not None and desired.name and row.get("cluster_name") != desired.name and desired.state == "absent":
            raise HssError(
                f"cluster_id: the cluster {desired.cluster_id} is registered as '{row.get('cluster_name')}', "
                f"not as '{desired.name}'",
                hint="Nothing was removed. Give one of the two, or correct them.",
            )
        return row
    rows = registered.by_name.get(str(desired.name), [])
    if len(rows) > 1:
        ids = ", ".join(sorted(row["cluster_id"] for row in rows))
        raise HssError(
            f"name: {len(rows)} clusters are registered as {desired.label}: {ids}",
            hint="Say which one is meant with cluster_id; remove the others with state=absent and their cluster_id.",
        )
    return rows[0] if rows else None


def _plan_create(desired: Desired, registered: Registered, instead_of: str | None = None) -> Plan:
    if "kube_config" not in desired.body:
        raise invalid(
            "kube_config",
            f"is needed to register the cluster {desired.label}, which is not registered yet. Give the kubeconfig's "
            "text; the kubeconfig_info module reads it from a host.",
        )
    warnings = [*desired.warnings, *desired.upload_warnings]
    twins = [row for row in registered.at_server(desired.body["server"]) if row["cluster_id"] != instead_of]
    if twins:
        names = ", ".join(f"'{row.get('cluster_name')}' ({row['cluster_id']})" for row in twins)
        warnings.append(f"{desired.body['server']} is registered already as {names}; is it the same cluster?")
    return Plan(
        desired,
        ("create",),
        body=desired.body,
        cluster={READ_NAMES[key]: value for key, value in desired.body.items() if key in READ_NAMES},
        after={key: _shown(key, desired.body[key]) for key in CREATE_FIELDS if key in desired.body},
        warnings=tuple(warnings),
    )


def _plan_recreate(desired: Desired, row: Mapping[str, Any], registered: Registered) -> Plan:
    """What the user does not say of the readable fields stays as it was; what can only be written is lost."""
    kept = {key: row[name] for key, name in READ_NAMES.items() if key not in _DATES and row.get(name) not in (None, "")}
    if not desired.name and kept.get("name"):
        desired = replace(desired, name=kept["name"])
    desired = replace(desired, body={**kept, **desired.body})
    create = _plan_create(desired, registered, instead_of=row["cluster_id"])
    return replace(
        create, actions=("delete", "create"), cluster_id=row["cluster_id"], before=_readable(row, with_id=False)
    )


def _plan_update(desired: Desired, row: Mapping[str, Any], policy: Policy) -> Plan:
    body, before = desired.body, _readable(row)
    current, certificate = (row.get(name) for name in _DATES)
    wanted, wanted_current = body.get("certificate_expiration_date"), body.get("current_expiration_date")
    # HSS never gives a kubeconfig back. It may keep the old certificate date of a renewed one; then the current date,
    # which is sent with it, tells that it was sent: by being the same, or by a note in the date that the user wants.
    renewed = wanted is not None and not any(_same_second(wanted, old) for old in (current, certificate))
    renewed = renewed and not _is_noted(wanted_current, wanted, current)
    if renewed and "kube_config" not in body:
        raise invalid(
            "certificate_expiration_date",
            f"is registered as {_date_text(certificate)}, and HSS changes it with the kubeconfig alone. Give "
            "kube_config as well, or leave it out.",
        )
    send = "kube_config" in body and policy.update_kube_config != "on_create"
    send = send and (renewed or policy.update_kube_config == "always")
    moved = "current_expiration_date" in desired.given and not _same_second(wanted_current, current)
    if not (send or moved or policy.upgrade):
        return Plan(desired, (), row["cluster_id"], cluster=row, before=before, after=before, warnings=desired.warnings)

    # The update call wants this date, whatever else it changes.
    date = wanted_current if wanted_current is not None and (send or moved) else current
    after, cluster, changes = dict(before), dict(row), {}
    if send:
        changes["kubeconfig"] = body["kube_config"]
        after["kube_config"] = "(hidden, sent anew)"
    for name, value in (("current_expiration_date", date), ("certificate_expiration_date", wanted if send else None)):
        if value is not None:
            after[name] = _date_text(value)
            cluster[name] = value
    if date is not None:
        changes["current_expiration_date"] = date
    if policy.upgrade:
        changes["upgrade"] = True
        after["upgrade"] = "asked for"
    return Plan(
        desired,
        ("update",),
        row["cluster_id"],
        changes=changes,
        cluster=cluster,
        before=before,
        after=after,
        warnings=(*desired.warnings, *(desired.upload_warnings if send else ())),
    )


def _drift(desired: Desired, row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(option, registered, wanted) for every readable field that is not as wanted and that HSS cannot change."""
    body, found = desired.body, []
    for option in ("name", "provider", "image_repo"):
        old = row.get(READ_NAMES[option])
        if option in body and body[option] != old:
            found.append((option, f"'{old}'", f"'{body[option]}'"))
    if "server" in body and not Server.parse(body["server"]).same(row.get("server")):
        found.append(("server", str(row.get("server")), body["server"]))
    return found


def stale_date(the_plan: Plan, row: Mapping[str, Any]) -> str | None:
    """A warning if HSS, after it got a kubeconfig, still reports another end of its certificate."""
    wanted = the_plan.desired.body.get("certificate_expiration_date")
    reported = row.get("certificate_expiration_date")
    if "kubeconfig" not in the_plan.changes or wanted is None or _same_second(wanted, reported):
        return None
    return (
        f"HSS took the kubeconfig of {the_plan.desired.label}, and still reports {_date_text(reported)} as the end of "
        f"its certificate instead of {_date_text(wanted)}"
    )


def date_note(the_plan: Plan, row: Mapping[str, Any]) -> int | None:
    """The C(current_expiration_date) that notes with HSS which kubeconfig it got; None where the dates tell already.

    The user's date stays as it is in whole seconds, and nothing needs more. Its milliseconds say which end the
    kubeconfig has: never 0, so that a service which rounds leaves no note, rather than a wrong one.
    """
    wanted, given = (the_plan.desired.body.get(name) for name in reversed(_DATES))
    if "kubeconfig" not in the_plan.changes or wanted is None or given is None:
        return None
    if any(_same_second(wanted, row.get(name)) for name in _DATES):
        return None
    return None if _is_noted(given, wanted, row.get("current_expiration_date")) else _with_note(given, wanted)


def _with_note(given: int, end: int) -> int:
    return given // 1000 * 1000 + 1 + end // 1000 % 999


def _is_noted(given: int | None, end: int | None, current: Any) -> bool:
    # A date that is just as the user gave it holds no note, whatever its milliseconds are.
    return given is not None and end is not None and current != given and current == _with_note(given, end)


def _same_second(one: Any, other: Any) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one // 1000 == other // 1000


def _date_text(value: Any) -> str:
    return f"{value} ({_kubeconfig.date(value)})" if isinstance(value, int) and 0 < value <= _LAST_DATE else str(value)


def _shown(key: str, value: Any) -> Any:
    if key in SECRET_FIELDS:
        return "(hidden)"
    return _date_text(value) if key in _DATES else value


def _readable(row: Mapping[str, Any], with_id: bool = True) -> dict[str, Any]:
    """A listed cluster by the options' names, for the diff."""
    shown = {"cluster_id": row["cluster_id"]} if with_id else {}
    shown.update((key, _shown(key, row[name])) for key, name in READ_NAMES.items() if row.get(name) not in (None, ""))
    return shown


# --- what is registered, for reading ----------------------------------------------------------------------------------


def days_left(row: Mapping[str, Any], now_ms: int) -> int | None:
    """Whole days until the earlier of the two dates; negative if it is over, None if there is no date."""
    dates = [row[name] for name in _DATES if isinstance(row.get(name), int) and row[name] > 0]
    return (min(dates) - now_ms) // 86_400_000 if dates else None


def selected(rows: Iterable[dict[str, Any]], filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that pass every filter that is given: C(cluster_id), the lists C(name), C(provider) and C(status), and
    C(expires_within_days), for which the rows must have C(days_left)."""

    def passes(row: Mapping[str, Any]) -> bool:
        if filters.get("cluster_id") and row["cluster_id"] != filters["cluster_id"]:
            return False
        for option, name in (("name", "cluster_name"), ("provider", "provider"), ("status", "status")):
            if filters.get(option) and row.get(name) not in filters[option]:
                return False
        within = filters.get("expires_within_days")
        return within is None or (row["days_left"] is not None and row["days_left"] < within)

    return [row for row in rows if passes(row)]
