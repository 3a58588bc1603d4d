# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the stages of onboarding that ask HSS, for all clusters of a play at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.options import DISCONNECTED_STATUSES
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.outcome import ClusterOutcome
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.plan import NOT_SENT, Plan, noted_end
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.reconcile import reconcile
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.secrets import secret_values
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session, TokenStore
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, sanitize
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import single_result
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor

from .account import Note, place_of
from .clusters import OnboardedCluster, fail_all
from .reading import HostReading

CONCURRENCY = 8
# How messages call an entry of the list.
_ENTRY = re.compile(r"\bclusters\[(\d+)\]")


@dataclass
class Connected:
    """The clusters that are registered through one connection.

    :arg redactor: knows every secret of the connection and of its clusters.
    :arg progress: gets texts while HSS is waited for.
    :arg freed_quotas: the quotas that the removals of the play would free, in check mode.
    """

    session: Session
    redactor: Redactor
    clusters: list[OnboardedCluster]
    progress: Callable[[str], None]
    warnings: list[str] = field(default_factory=list)
    freed_quotas: int = 0

    def text(self, error: object) -> str:
        """A text that HSS may have a part in, fit to be shown."""
        return sanitize(self.redactor.redact(str(error)))

    def redacted(self, value: Any) -> Any:
        """A result in which no text has a secret. A text may have several lines, as that of a diff has."""
        if isinstance(value, str):
            return "\n".join(self.redactor.redact(line) for line in value.split("\n"))
        if isinstance(value, Mapping):
            return {key: self.redacted(item) for key, item in value.items()}
        return [self.redacted(item) for item in value] if isinstance(value, (list, tuple)) else value


def connections_of(
    clusters: Iterable[OnboardedCluster],
    environment: Mapping[str, str],
    progress: Callable[[str], None],
    tokens: TokenStore | None = None,
) -> list[Connected]:
    """The active clusters by connection, each with a session of its own.

    :arg environment: the control node's.
    :arg progress: gets texts while HSS is waited for.
    :arg tokens: keeps the tokens of sign-ins for later stages.
    """
    groups: dict[str, list[OnboardedCluster]] = {}
    for cluster in clusters:
        if cluster.active:
            groups.setdefault(cluster.speaker.connection_key, []).append(cluster)
    return [_connected(group, environment, progress, tokens) for group in groups.values()]


def _connected(
    clusters: list[OnboardedCluster],
    environment: Mapping[str, str],
    progress: Callable[[str], None],
    tokens: TokenStore | None,
) -> Connected:
    speaker = clusters[0].speaker
    redactor = Redactor()
    warnings: list[str] = []
    for cluster in clusters:
        for member in cluster.members:
            redactor.add(*secrets_of(member))
    options, variables = {"timeout": 30, **speaker.connection}, {**environment, **speaker.environment}
    session = Session(options, variables, redactor, warnings.append, tokens)
    return Connected(session, redactor, clusters, progress, warnings)


def secrets_of(reading: HostReading) -> list[str]:
    """Every secret of a host's cluster and its variables."""
    secrets = secret_values({**reading.variables.cluster, "kube_config": reading.kube_config or None})
    if reading.local_kube_config not in ("", reading.kube_config):
        secrets += secret_values({"kube_config": reading.local_kube_config})
    return secrets


def description(reading: HostReading) -> str:
    """What was read on a host, without any credential; empty if there is nothing to say."""
    if reading.problem or not reading.path:
        return ""
    days = "no expiry date" if reading.days_left is None else f"{reading.days_left} days left"
    parts = [reading.path, *([f"user {reading.user}", reading.server, days] if reading.server else [])]
    redactor = Redactor()
    redactor.add(*secrets_of(reading))
    return sanitize(redactor.redact(", ".join(parts)))


def register(connected: Connected, check_mode: bool, rotate: bool = False) -> None:
    """Creates, updates or removes the registrations of a connection's clusters, and records what became of each.

    :arg rotate: only send renewed kubeconfigs; neither register nor remove anything.
    """
    # A cluster whose node agents could not be removed stays registered.
    clusters = [cluster for cluster in connected.clusters if cluster.active]
    entries = [_options(cluster.speaker, rotate) for cluster in clusters]
    params = {"wait": False, "wait_timeout": 300, "wait_sleep": 10}
    try:
        # A cluster under several names was refused already, unless its hosts allow it.
        outcomes = reconcile(connected.session, entries, params, check_mode, CONCURRENCY, allow_several_names=True)
    except HssError as error:
        fail_all(clusters, connected.text(error))
        return
    for cluster, outcome in zip(clusters, outcomes):
        _record(connected, cluster, outcome)
        cluster.problem = _ENTRY.sub(lambda match: clusters[int(match[1])].name, cluster.problem)


def _options(speaker: HostReading, rotate: bool) -> dict[str, Any]:
    """The options of the module for one cluster."""
    variables = speaker.variables
    policies = {
        "kube_config_allow_insecure": False,
        "expiry_warning_days": variables.expiry_warning_days,
        "update_kube_config": "on_change",
        "on_drift": variables.on_drift,
        "upgrade": False,
    }
    options = {**policies, **variables.cluster, "state": variables.state, "name": variables.name}
    options.update(_account_policies(speaker))
    if variables.present:
        options = {"provider": variables.provider, **options, "kube_config": speaker.kube_config or None}
    if rotate:
        # Replacing a registration would remove it.
        options.update(register=False, on_drift="fail" if options["on_drift"] == "recreate" else options["on_drift"])
    return options


def _account_policies(speaker: HostReading) -> dict[str, Any]:
    """Whether HSS has the token of the cluster's ServiceAccount, as far as the cluster notes it."""
    account = speaker.credential == "service_account"
    # A token that was made anew is another one. Without it in hand, it only counts that some token was sent.
    sent = [note for note in Note.parse(speaker.account_note) if not account or note.digest == speaker.account_digest]
    return {
        "account": account,
        "account_sent": {note.cluster_id: note.end for note in sent},
        "account_failed": [note.cluster_id for note in sent if note.failed],
    }


def _record_account(cluster: OnboardedCluster, place: str, made: Plan, sent: bool) -> None:
    """Which kind of credential HSS has, and what the cluster has to note about it.

    :arg place: see L(place_of).
    :arg sent: whether this run has sent the kubeconfig.
    """
    speaker, cluster_id = cluster.speaker, str(cluster.cluster_id)
    if speaker.account_problem:
        _record_unread_account(cluster, made)
        return
    account = speaker.credential == "service_account"
    if sent:
        cluster.credential = speaker.credential
    elif made.account_noted:
        cluster.credential = "service_account"
    if not ((sent or made.account_noted) and account and cluster.cluster_id):
        return
    cluster.notes.append("with the token of a ServiceAccount")
    failing = cluster.row.get("status") in DISCONNECTED_STATUSES
    failed = failing and (sent or cluster_id in made.desired.policy.account_failed)
    note = Note(cluster_id, place, speaker.account_digest, noted_end(cluster.row), failed)
    text = note.added_to(speaker.account_note)
    if text != speaker.account_note:
        cluster.account_note = text


def _record_unread_account(cluster: OnboardedCluster, made: Plan) -> None:
    """Whether HSS needs a token of a ServiceAccount that could not be read."""
    speaker = cluster.speaker
    reason = f"the token of the ServiceAccount could not be read on {speaker.host}: {speaker.account_problem}"
    if not reason.endswith((".", "?", "!")):
        reason += "."
    shown = "a token without an end" if made.account_shown else "another credential"
    known = f"HSS has {shown}, as the dates of the registration show"
    if made.account_shown and not speaker.account_missing:
        cluster.warnings.append(f"{cluster.name}: {reason} Nothing was sent. {known}")
        return
    remedy = (
        "Create the ServiceAccount and its token with the playbook onboard"
        if speaker.account_missing
        else "Run this again when the API server answers"
    )
    cluster.fail(f"{reason} {known}. The administrator's is not sent in place of the ServiceAccount's. {remedy}")


def _record(connected: Connected, cluster: OnboardedCluster, outcome: ClusterOutcome) -> None:
    result = single_result(outcome, header=cluster.name)
    cluster.cluster_id = (outcome.observed or {}).get("cluster_id") or outcome.own_id or outcome.plan.cluster_id
    cluster.row = connected.redacted(dict(outcome.observed or {}))
    not_sent = NOT_SENT.replace("the kubeconfig", f"the kubeconfig of {cluster.speaker.host}")
    warnings = [connected.text(text.replace(NOT_SENT, not_sent)) for text in outcome.warnings]
    cluster.warnings += [f"{cluster.name}: {text}" for text in warnings]
    if result["diff"]["before"] != result["diff"]["after"]:
        cluster.diff = connected.redacted(result["diff"])
    if not cluster.row and outcome.plan.before:
        # A removed registration is no longer listed, so the report says which one it was.
        known = [outcome.plan.before.get(key) for key in ("server", "cluster_id")]
        cluster.notes[:0] = [connected.text(value) for value in known if value]
    cluster.actions += outcome.actions
    if outcome.error:
        cluster.fail(connected.text(outcome.error))
    elif not outcome.observed and not outcome.plan.desired.policy.register:
        cluster.left_out = "not registered, and this only sends renewed kubeconfigs"
    else:
        cluster.registered = list(outcome.actions)
        if cluster.speaker.variables.present:
            sent = "create" in outcome.actions or "kubeconfig" in outcome.plan.changes
            place = place_of(connected.session.api().project_id, cluster.name)
            _record_account(cluster, place, outcome.plan, sent)


def record_account(cluster: OnboardedCluster, check_mode: bool) -> None:
    """What became of the ServiceAccount while the hosts were read."""
    done = [member.account_action for member in cluster.members if member.account_action]
    if done and cluster.speakers:
        cluster.did("account", f"ServiceAccount {'would be ' if check_mode else ''}{done[0]}")


def leave_out_removals(clusters: Iterable[OnboardedCluster]) -> None:
    """Leaves out the clusters that should not be registered."""
    for cluster in clusters:
        if cluster.active and not cluster.speaker.variables.present:
            cluster.left_out = "hss_onboard_state is absent, and this only sends renewed kubeconfigs"


def fail_if_none_is_registered(clusters: Iterable[OnboardedCluster]) -> None:
    """Fails the clusters if none of them is registered: a wrong project or region would look as if all was well."""
    every = [cluster for cluster in clusters if cluster.speakers and cluster.speaker.variables.present]
    if every and all(cluster.left_out for cluster in every):
        for cluster in every:
            cluster.problem = (
                f"{cluster.left_out}. None of the clusters of this play is registered: register them first, with the "
                "playbook onboard. If they are registered already, check region and project in hss_onboard_connection, "
                "and hss_onboard_name"
            )
