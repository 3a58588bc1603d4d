# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: compares a desired cluster with the registered ones and makes a plan. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.dates import NO_END, date_text, same_second
from .._core.errors import REJECTED, HssError, enumerate_some, invalid_option
from .._kubeconfig.server import Server, ServerError
from .desired import Desired, Policy
from .options import CREATE_FIELDS, DATE_FIELDS, DISCONNECTED_STATUSES, READ_NAMES, SECRET_FIELDS

# Begins the warnings about a kubeconfig that is kept back.
NOT_SENT = "the kubeconfig is not sent"


@dataclass(frozen=True)
class Plan:
    """The requests that make a registration what it should be.

    :arg actions: C(create), C(update) and C(delete) in order; empty if there is nothing to do.
    :arg cluster_id: the registered cluster's; None if there is none.
    :arg body: the body of the create request.
    :arg changes: the body of the update request.
    :arg expected: the cluster as HSS will list it, as far as that is known beforehand; None if it will not be listed.
    :arg account_noted: whether the cluster notes that HSS has the token of its ServiceAccount.
    :arg account_shown: whether the dates that HSS lists show that it has a token without an end.
    :arg before: the readable fields under the options' names, for the diff; C(after) likewise.
    """

    desired: Desired
    actions: tuple[str, ...] = ()
    cluster_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    expected: Mapping[str, Any] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    account_noted: bool = False
    account_shown: bool = False

    @property
    def label(self) -> str:
        """The cluster's name or id, for messages."""
        return self.desired.label


class RegisteredClusters:
    """A complete listing, indexed once so that the time for planning many clusters stays linear."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.by_id: dict[str, Mapping[str, Any]] = {}
        self.by_name: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._by_server: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            self.by_id[row["cluster_id"]] = row
            self.by_name[str(row.get("cluster_name"))].append(row)
            self._by_server[_server_key(row.get("server"))].append(row)

    def at_server(self, server: str) -> list[Mapping[str, Any]]:
        """The clusters registered with an address, in whatever spelling."""
        return self._by_server.get(_server_key(server), [])


def _server_key(text: Any) -> Any:
    try:
        return Server.parse(str(text)).key
    except ServerError:
        return text


def plan(desired: Desired, registered: RegisteredClusters) -> Plan:
    """Makes the plan for one cluster.

    :raises HssError: if the options cannot be fulfilled.
    """
    row = _find(desired, registered)
    if desired.state == "absent":
        if row is None:
            return Plan(desired)
        return Plan(desired, ("delete",), row["cluster_id"], before=_readable(row))
    if row is None:
        return _plan_create(desired, registered) if desired.policy.register else Plan(desired)
    drift = _drift(desired, row)
    if not drift:
        return _plan_update_with_account(desired, row)
    differences = "; ".join(f"{name} is {old} in HSS, but {name}={new} here" for name, old, new in drift)
    message = f"is registered ({row['cluster_id']}) with values that HSS cannot change: {differences}"
    if desired.policy.on_drift == "recreate":
        return _plan_recreate(desired, row, registered)
    if desired.policy.on_drift == "warn":
        update = _plan_update_with_account(desired, row)
        return replace(update, warnings=(*update.warnings, f"the cluster {desired.label} {message}"))
    raise HssError(
        f"The cluster {desired.label} {message}",
        hint="Nothing was changed. Correct the options, or replace the registration with on_drift=recreate, or keep it "
        "with on_drift=warn.",
        outcome=REJECTED,
    )


def _find(desired: Desired, registered: RegisteredClusters) -> Mapping[str, Any] | None:
    if desired.cluster_id:
        row = registered.by_id.get(desired.cluster_id)
        if row is None and desired.state == "present":
            raise HssError(
                f"cluster_id: no cluster {desired.cluster_id} is registered",
                hint="To register a new cluster, give its name and leave cluster_id out: HSS chooses the id. "
                "Check region, project_id and enterprise_project_id.",
            )
        if row is not None and desired.name and row.get("cluster_name") != desired.name and desired.state == "absent":
            raise HssError(
                f"cluster_id: the cluster {desired.cluster_id} is registered as '{row.get('cluster_name')}', "
                f"not as '{desired.name}'",
                hint="Nothing was removed. Correct name or cluster_id, or give only one of them.",
            )
        return row
    rows = registered.by_name.get(str(desired.name), [])
    if len(rows) > 1:
        ids = enumerate_some(sorted(row["cluster_id"] for row in rows))
        raise HssError(
            f"name: {len(rows)} clusters are registered as {desired.label}: {ids}",
            hint="Choose one with cluster_id; remove the others with state=absent and their cluster_id.",
        )
    return rows[0] if rows else None


def _plan_create(desired: Desired, registered: RegisteredClusters, instead_of: str | None = None) -> Plan:
    if "kube_config" not in desired.body:
        raise invalid_option(
            "kube_config",
            f"is needed to register the cluster {desired.label}, which is not registered yet. Give the kubeconfig's "
            "text; the kubeconfig_info module reads it from a host.",
        )
    warnings = [*desired.warnings, *desired.upload_warnings]
    others = [row for row in registered.at_server(desired.body["server"]) if row["cluster_id"] != instead_of]
    if others:
        names = enumerate_some([f"'{row.get('cluster_name')}' ({row['cluster_id']})" for row in others])
        warnings.append(f"{desired.body['server']} is already registered as {names}; is it the same cluster?")
    return Plan(
        desired,
        ("create",),
        body=desired.body,
        expected={READ_NAMES[key]: value for key, value in desired.body.items() if key in READ_NAMES},
        after={key: _diff_value(key, desired.body[key]) for key in CREATE_FIELDS if key in desired.body},
        warnings=tuple(warnings),
    )


def _plan_recreate(desired: Desired, row: Mapping[str, Any], registered: RegisteredClusters) -> Plan:
    """Keeps the readable fields that the user does not give; fields that can only be written are lost."""
    kept = {
        key: row[name] for key, name in READ_NAMES.items() if key not in DATE_FIELDS and row.get(name) not in (None, "")
    }
    if not desired.name and kept.get("name"):
        desired = replace(desired, name=kept["name"])
    desired = replace(desired, body={**kept, **desired.body})
    create = _plan_create(desired, registered, instead_of=row["cluster_id"])
    return replace(
        create, actions=("delete", "create"), cluster_id=row["cluster_id"], before=_readable(row, with_id=False)
    )


def _plan_update_with_account(desired: Desired, row: Mapping[str, Any]) -> Plan:
    return replace(
        _plan_update(desired, row), account_noted=_is_noted(desired.policy, row), account_shown=_shows_account(row)
    )


def _plan_update(desired: Desired, row: Mapping[str, Any]) -> Plan:
    body, policy, before = desired.body, desired.policy, _readable(row)
    current, certificate = (row.get(name) for name in DATE_FIELDS)
    desired_current, desired_certificate = (body.get(name) for name in DATE_FIELDS)
    end = desired.credential_end
    differs = _is_another_end(end, row)
    if differs and "kube_config" not in body:
        raise invalid_option(
            "certificate_expiration_date",
            f"is registered as {date_text(certificate)}, and HSS changes it only together with the kubeconfig. Give "
            "kube_config as well, or leave certificate_expiration_date out.",
        )
    on_change = "kube_config" in body and policy.update_kube_config == "on_change"
    send = "kube_config" in body and policy.update_kube_config == "always"
    kept = on_change and _has_account(desired, row)
    send = send or (on_change and not kept and (_is_due(end, row) or _is_unsent(policy, row)))
    warnings = [*desired.warnings, *(desired.upload_warnings if send else ())]
    if kept and differs:
        warnings.append(
            f"{NOT_SENT}, because HSS has the token of a ServiceAccount, or another credential without "
            "an end; update_kube_config=always replaces it"
        )
    elif on_change and differs and not send:
        latest = max(date for date in (current, certificate) if date is not None)
        warnings.append(
            f"{NOT_SENT}, because its credential ends on {date_text(end)}, and HSS "
            f"reports a later date for the registered one, {date_text(latest)}; update_kube_config=always sends it"
        )
    moved = "current_expiration_date" in desired.given and not same_second(desired_current, current)
    if not (send or moved or policy.upgrade):
        return Plan(desired, (), row["cluster_id"], expected=row, before=before, after=before, warnings=tuple(warnings))

    date = desired_current if send or moved else current
    if date is None:
        # The update call requires this date, whatever else it changes.
        date = _date_without_end(certificate)
    after, expected, changes = dict(before), dict(row), {}
    if send:
        changes["kubeconfig"] = body["kube_config"]
        after["kube_config"] = "(hidden, sent again)"
    for name, value in zip(DATE_FIELDS, (date, desired_certificate if send else None)):
        if value is not None:
            after[name] = date_text(value)
            expected[name] = value
    changes["current_expiration_date"] = date
    if policy.upgrade:
        changes["upgrade"] = True
        after["upgrade"] = "requested"
    return Plan(
        desired,
        ("update",),
        row["cluster_id"],
        changes=changes,
        expected=expected,
        before=before,
        after=after,
        warnings=tuple(warnings),
    )


def _is_another_end(expiry: int | None, row: Mapping[str, Any]) -> bool:
    """Whether neither date that HSS reports is the end of a kubeconfig's credential.

    HSS never returns a kubeconfig, so only its end tells it from the registered one. HSS may keep the old certificate
    date after a renewal; then the current date, which is sent along, is the end of the new kubeconfig.
    """
    return expiry is not None and not any(same_second(expiry, row.get(name)) for name in DATE_FIELDS)


def _is_due(expiry: int | None, row: Mapping[str, Any]) -> bool:
    """Whether C(on_change) sends a kubeconfig: it was renewed, or HSS cannot connect with the registered one.

    A different end alone is not a renewal. The control planes of a cluster have certificates that end at different
    times, and runs with one after the other must not replace them for ever.
    """
    if expiry is None or not _is_another_end(expiry, row):
        return False
    dates = [row[name] for name in DATE_FIELDS if row.get(name) is not None]
    return row.get("status") in DISCONNECTED_STATUSES or all(expiry // 1000 > date // 1000 for date in dates)


def _date_without_end(certificate: int | None) -> int:
    """The C(current_expiration_date) that is sent with a credential without an end, and is recognized afterwards.

    :arg certificate: the end of a certificate that HSS had before. HSS probably refuses a later date, and it may keep
        this one for ever. The second before it shows that HSS has something else by now.
    """
    return certificate // 1000 * 1000 - 1000 if certificate else NO_END


def _shows_account(row: Mapping[str, Any]) -> bool:
    """Whether the dates of a registration show that HSS has a token without an end."""
    current, certificate = (row.get(name) or None for name in DATE_FIELDS)
    return (current is None and certificate is None) or same_second(current, _date_without_end(certificate))


def _has_account(desired: Desired, row: Mapping[str, Any]) -> bool:
    """Whether HSS has the token of a ServiceAccount, as far as that is known, and the kubeconfig has something else.

    Without the end of a certificate, HSS has some token: one that ends is replaced by the next one only.
    """
    policy = desired.policy
    is_token = not row.get("certificate_expiration_date") and "certificate_expiration_date" in desired.body
    return policy.account is False and (is_token or _shows_account(row) or _is_noted(policy, row))


def noted_end(row: Mapping[str, Any]) -> int:
    """What a cluster notes about the dates of its registration, so that another credential is noticed later."""
    return int(row.get("current_expiration_date") or 0) // 1000


def _is_noted(policy: Policy, row: Mapping[str, Any]) -> bool:
    """Whether a cluster notes that HSS has the token of its ServiceAccount, and nothing else was sent since."""
    return policy.account_sent.get(row["cluster_id"]) == noted_end(row)


def _is_unsent(policy: Policy, row: Mapping[str, Any]) -> bool:
    """Whether the token of a ServiceAccount was not sent for this registration yet, or HSS cannot connect with it."""
    if not policy.account:
        return False
    failed = row.get("status") in DISCONNECTED_STATUSES and row["cluster_id"] not in policy.account_failed
    return not _is_noted(policy, row) or failed


def _drift(desired: Desired, row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The readable fields that differ and that HSS cannot change, as (option, registered, desired)."""
    body, drift = desired.body, []
    for option in ("name", "provider", "image_repo"):
        old = row.get(READ_NAMES[option])
        if option in body and body[option] != old:
            drift.append((option, f"'{old}'", f"'{body[option]}'"))
    if "server" in body and not Server.parse(body["server"]).is_same_as(row.get("server")):
        drift.append(("server", str(row.get("server")), body["server"]))
    return drift


def sent_kubeconfig_warnings(sent: Plan, row: Mapping[str, Any]) -> list[str]:
    """Warnings if HSS, after it received a kubeconfig, still reports another end of its certificate.

    :arg row: the cluster as listed after the update.
    """
    end, certificate = sent.desired.credential_end, sent.desired.body.get("certificate_expiration_date")
    reported = row.get("certificate_expiration_date")
    warnings: list[str] = []
    if "kubeconfig" not in sent.changes:
        return warnings
    if end is None and reported:
        warnings.append(
            f"HSS accepted the token of {sent.label}, which has no end, but still reports {date_text(reported)}, which "
            "was the end of the certificate before. The date goes if the cluster is registered anew"
        )
    if certificate is not None and not same_second(certificate, reported):
        warnings.append(
            f"HSS accepted the kubeconfig of {sent.label}, but still reports {date_text(reported)} as the end of its "
            f"certificate instead of {date_text(certificate)}"
        )
    if _is_due(end, row):
        warnings.append(
            f"neither date that HSS reports for {sent.label} is the end of this kubeconfig's credential, so "
            "the next run sends the kubeconfig again; leave current_expiration_date out, or use "
            "update_kube_config=on_create"
        )
    return warnings


def refused_token_hint(sent: Plan) -> str:
    """The remedy if HSS refuses a token that ends later than the certificate that it had before; empty otherwise."""
    certificate, end = (sent.expected or {}).get("certificate_expiration_date"), sent.desired.credential_end
    is_token = "kubeconfig" in sent.changes and "certificate_expiration_date" not in sent.desired.body
    if not (is_token and certificate and end and end > certificate):
        return ""
    return (
        f"HSS has {date_text(certificate)} as the end of an earlier certificate, and probably accepts no token that "
        "ends later. Remove the registration with state=absent and register the cluster anew: a token is then "
        "registered without the end of a certificate."
    )


def upgrade_warnings(sent: Plan, row: Mapping[str, Any]) -> list[str]:
    """A warning if HSS, after it was asked to upgrade the connection agent, reports the same version as before.

    :arg row: the cluster as listed after the update.
    """
    before = (sent.expected or {}).get("version")
    if "upgrade" not in sent.changes or row.get("version") != before:
        return []
    return [
        f"HSS was asked to upgrade the connection agent of {sent.label}, but still reports "
        f"{f'version {before}' if before else 'no version'}. It may be the latest, or the upgrade may take longer; the "
        "documentation of HSS says that it upgrades agents of CCE clusters only"
    ]


def _diff_value(key: str, value: Any) -> Any:
    if key in SECRET_FIELDS:
        return "(hidden)"
    return date_text(value) if key in DATE_FIELDS else value


def _readable(row: Mapping[str, Any], with_id: bool = True) -> dict[str, Any]:
    """A listed cluster under the options' names, for the diff."""
    fields = {"cluster_id": row["cluster_id"]} if with_id else {}
    for key, name in READ_NAMES.items():
        if row.get(name) not in (None, ""):
            fields[key] = _diff_value(key, row[name])
    return fields
