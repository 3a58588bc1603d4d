# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: checks the options of one cluster and completes them from its kubeconfig. No I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .._core.dates import LAST_DATE, utc_text
from .._core.errors import invalid_option
from .._kubeconfig.server import IN_CLUSTER_HINT, Server, ServerError
from .options import CREATE_FIELDS, DATE_FIELDS
from .secrets import require_kubeconfig_packages

# The prefix of the options for the kubeconfig.
_OPTION_PREFIX = "kube_config_"


@dataclass(frozen=True)
class Policy:
    """How a registered cluster that differs from the options is treated.

    :arg on_drift: for fields that HSS cannot update: C(fail), C(warn) or C(recreate).
    :arg update_kube_config: C(on_change), C(always) or C(on_create).
    :arg upgrade: ask HSS to upgrade the connection agent.
    :arg register: whether a cluster that is not registered is registered; otherwise it is left as it is.
    :arg account: whether the kubeconfig has the token of a ServiceAccount that was made for HSS; None if that is not
        known.
    :arg account_sent: the registrations for which that token was sent, by id, each with the C(current_expiration_date)
        that HSS listed afterwards, in seconds; 0 if it listed none.
    :arg account_failed: those of them for which it was sent because HSS could not connect.
    """

    on_drift: str = "fail"
    update_kube_config: str = "on_change"
    upgrade: bool = False
    register: bool = True
    account: bool | None = None
    account_sent: Mapping[str, int] = field(default_factory=dict)
    account_failed: Collection[str] = ()


_POLICIES = tuple(field.name for field in fields(Policy))


@dataclass(frozen=True)
class Desired:
    """The desired state of one cluster.

    :arg body: the body of a create request.
    :arg given: the fields of the body that the user gave; the others come from the kubeconfig.
    :arg credential_end: when the credential in the kubeconfig ends, in epoch milliseconds; None if it does not, or if
        that is not known.
    :arg warnings: for every run; C(upload_warnings) only for a run that sends the kubeconfig.
    :arg kubeconfig_identity: equal for kubeconfigs of the same cluster; None if there is none, or it cannot be known.
    """

    state: str
    name: str | None
    cluster_id: str | None
    policy: Policy = Policy()
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    given: frozenset[str] = frozenset()
    credential_end: int | None = None
    warnings: tuple[str, ...] = ()
    upload_warnings: tuple[str, ...] = ()
    kubeconfig_identity: str | None = None

    @property
    def label(self) -> str:
        """The cluster's name or id, for messages."""
        return f"'{self.name}'" if self.name else str(self.cluster_id)


def identity(options: Mapping[str, Any], state: str) -> Desired:
    """The desired state as far as it is known without checking: enough to report an error about it."""
    return Desired(state, options.get("name"), options.get("cluster_id"))


def desire(options: Mapping[str, Any], state: str, now: float | None = None) -> Desired:
    """Checks the options of a cluster and derives from the kubeconfig what they leave out.

    :arg options: the module's; C(None) for what is not given.
    :arg now: seconds since the epoch.
    :raises HssError: naming the option and the remedy.
    """
    name, cluster_id = options.get("name"), options.get("cluster_id")
    if not name and not cluster_id:
        raise invalid_option("name", "is missing. Give the cluster's name, or its cluster_id.")
    if name is not None and (not name or name != name.strip() or not name.isprintable()):
        raise invalid_option("name", "must not be empty, begin or end with white space, or hold control characters.")
    if state == "absent":
        return identity(options, state)

    body = {key: options[key] for key in CREATE_FIELDS if options.get(key) not in (None, "", [])}
    given = frozenset(body)
    for key in DATE_FIELDS:
        _check_date(key, body.get(key))
    _normalize_dns(body)
    warnings: list[str] = []
    upload_warnings: list[str] = []
    kubeconfig_identity = None
    credential_end = body.get("certificate_expiration_date")
    if "kube_config" in body:
        config = checked_kube_config(options, now)
        credential_end = credential_end or config.certificate_expiration_date
        upload_warnings = _complete_from_kubeconfig(body, config)
        warnings, kubeconfig_identity = list(config.expiry_warnings), config.identity
    elif "server" in body:
        body["server"] = _usable_server(body["server"], bool(options.get("kube_config_allow_in_cluster_server"))).url
    current, certificate = (body.get(key) for key in DATE_FIELDS)
    if current and certificate and current > certificate:
        upload_warnings.append(
            f"current_expiration_date, {utc_text(current)}, is later than the end of the certificate, "
            f"{utc_text(certificate)}"
        )
    policy = Policy(**{name: options[name] for name in _POLICIES if options.get(name) is not None})
    return Desired(
        state,
        name,
        cluster_id,
        policy,
        body,
        given,
        credential_end,
        tuple(warnings),
        tuple(upload_warnings),
        kubeconfig_identity,
    )


def _check_date(option: str, value: int | None) -> None:
    if value is None:
        return
    if 0 < value < 100_000_000_000:
        raise invalid_option(option, f"{value} looks like seconds. It must be epoch milliseconds: {value * 1000}?")
    if not 0 < value <= LAST_DATE:
        raise invalid_option(option, f"{value} is not a date in epoch milliseconds.")


def _normalize_dns(body: dict[str, Any]) -> None:
    """Makes C(dns_config) what the API takes: addresses separated by semicolons."""
    if "dns_config" in body:
        given = body["dns_config"]
        parts = [given] if isinstance(given, str) else map(str, given)
        addresses = [address.strip() for part in parts for address in part.split(";") if address.strip()]
        for address in addresses:
            try:
                ipaddress.ip_address(address)
            except ValueError:
                raise invalid_option("dns_config", f"'{address}' is not an IP address.") from None
        body["dns_config"] = ";".join(addresses)
    if ("dns_config" in body) != (body.get("dns_policy") == "none"):
        raise invalid_option("dns_config", "must be set if dns_policy is none, and only then.")


def _usable_server(text: str, in_cluster: bool) -> Server:
    """The address that may be registered.

    :arg in_cluster: whether names inside the cluster are accepted.
    """
    hint = ""
    try:
        server = Server.parse(text)
        hint = f" {IN_CLUSTER_HINT.format(_OPTION_PREFIX)}" if server.is_in_cluster else ""
        server.require_reachable(in_cluster)
    except ServerError as exc:
        raise invalid_option("server", f"{exc}{hint}") from None
    return server


def _complete_from_kubeconfig(body: dict[str, Any], config: Any) -> list[str]:
    """Replaces the kubeconfig by its canonical text and derives from it what is not given.

    :returns: warnings for a run that sends the kubeconfig.
    """
    upload_warnings = [*config.edit_warnings, *config.upload_warnings]
    expiry, given_expiry = config.certificate_expiration_date, body.get("certificate_expiration_date")
    if given_expiry and expiry and given_expiry // 1000 != expiry // 1000:
        upload_warnings.append(
            f"certificate_expiration_date is {utc_text(given_expiry)}, but the kubeconfig ends on {utc_text(expiry)}; "
            "the option's value is registered"
        )
    body["kube_config"] = config.text
    body["server"] = config.server
    if expiry and config.has_certificate:
        # A token has no certificate. An update does not change this date where HSS does not read it from a certificate,
        # and HSS probably refuses a token that ends later.
        body.setdefault("certificate_expiration_date", expiry)
    if end := body.get("certificate_expiration_date") or expiry:
        body.setdefault("current_expiration_date", end)
    return upload_warnings


def checked_kube_config(options: Mapping[str, Any], now: float | None = None) -> Any:
    """The C(Kubeconfig) that may be sent.

    :arg now: seconds since the epoch.
    :raises HssError: if HSS could not use it, or the packages that read it are not installed.
    """
    # This takes cryptography, which takes a while to load and is not needed where there is no kubeconfig.
    from .._kubeconfig.canonical import KubeconfigPolicy, canonicalize
    from .._kubeconfig.text import KubeconfigError

    require_kubeconfig_packages()
    policy = KubeconfigPolicy(
        context=options.get("kube_config_context"),
        server=options.get("server"),
        tls_server_name=options.get("kube_config_tls_server_name"),
        allow_insecure=bool(options.get("kube_config_allow_insecure")),
        expiry_warning_days=options.get("expiry_warning_days") or 0,
        proxy_url=options.get("kube_config_proxy_url"),
        allow_in_cluster_server=bool(options.get("kube_config_allow_in_cluster_server")),
        allow_server_without_ca=bool(options.get("kube_config_allow_server_without_ca")),
        option_prefix=_OPTION_PREFIX,
    )
    try:
        return canonicalize(options["kube_config"], policy, now=now)
    except KubeconfigError as exc:
        if exc.field in ("server", f"{_OPTION_PREFIX}proxy_url"):
            raise invalid_option(exc.field, exc.reason) from None
        raise invalid_option("kube_config", f"{exc}") from None
