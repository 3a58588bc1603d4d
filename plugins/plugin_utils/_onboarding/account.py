# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a ServiceAccount for HSS, and the cluster's own note about which token HSS has. No I/O.

HSS never returns a kubeconfig, and a token without an end has no date. So the token's Secret has an annotation with the
registrations for which the token was sent, a digest of what was sent, and the date that HSS listed afterwards. A Secret
that is made anew has none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.limits import NAMESPACE as AGENT_NAMESPACE

from .agent_objects import enumerate_objects, label_of
from .variables import Variables

_RBAC = "rbac.authorization.k8s.io"
_TOKEN_SECRET = "hss-token"
# The Role in the manifests of the connection agent, with which HSS manages its agents.
AGENT_ROLE = "hssRole"
_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
NOTE = "huaweicloud.hss/sent"
_TEXT = re.compile(
    r"(?P<cluster_id>[A-Za-z0-9_.-]{1,63}) (?P<place>[0-9a-f]{8}) (?P<digest>[0-9a-f]{32}) (?P<end>[0-9]{1,12})"
    r"(?P<failed> connect_fail)?"
)
# Registrations of one cluster, in projects or accounts of their own. Those that were noted first are forgotten.
_MAX_NOTES = 8


@dataclass(frozen=True)
class Note:
    """Which token was sent for which registration.

    :arg place: identifies the registration's project and name, see L(place_of).
    :arg digest: see L(digest_of).
    :arg end: the C(current_expiration_date) of the registration afterwards, in seconds; 0 if it had none.
    :arg failed: whether it was sent while HSS could not connect. It is not sent for that reason again.
    """

    cluster_id: str
    place: str
    digest: str
    end: int = 0
    failed: bool = False

    @classmethod
    def parse(cls, text: str) -> list[Note]:
        """The notes in an annotation, without what cannot be understood."""
        found = (_TEXT.fullmatch(part) for part in text.split("; "))
        return [
            cls(part["cluster_id"], part["place"], part["digest"], int(part["end"]), bool(part["failed"]))
            for part in found
            if part
        ]

    def added_to(self, text: str) -> str:
        """The annotation with this note in place of one about an earlier registration of the same place."""
        return annotation_of([*other_notes(text, self.place)[1 - _MAX_NOTES :], self])

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.place} {self.digest} {self.end}{' connect_fail' if self.failed else ''}"


def other_notes(text: str, place: str) -> list[Note]:
    """The notes in an annotation about registrations in other places, such as another account of the cloud."""
    return [note for note in Note.parse(text) if note.place != place]


def annotation_of(notes: Iterable[Note]) -> str:
    """The annotation with these notes."""
    return "; ".join(map(str, notes))


def place_of(project_id: str, name: str) -> str:
    """Identifies the registrations of one name in one project, whatever their ids."""
    return hashlib.sha256(f"{project_id}/{name}".encode()).hexdigest()[:8]


def digest_of(cluster: Mapping[str, Any], token: str) -> str:
    """Identifies what HSS gets: a token, and the server and the CA with which HSS uses it.

    A token is too long to be guessed, so the digest does not help to do so.

    :arg cluster: of the kubeconfig.
    """
    return hashlib.sha256(json.dumps([dict(cluster), token], sort_keys=True).encode()).hexdigest()[:32]


def account_owner(variables: Variables) -> str:
    """The owner of a ServiceAccount's objects: the cluster's name, since they are made before it is registered."""
    name = variables.name
    return name if _LABEL_VALUE.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:40]


def service_account_objects(variables: Variables) -> list[dict[str, Any]]:
    """A ServiceAccount for HSS with its rights, and a token that does not end by itself.

    HSS keeps the kubeconfig and cannot fetch a new token. The account is revoked by deleting its namespace.
    """
    name = variables.service_account_namespace
    account = _account(variables)
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account, "automountServiceAccountToken": False},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": _TOKEN_SECRET,
                "namespace": name,
                "annotations": {"kubernetes.io/service-account.name": "hss"},
            },
        },
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": variables.service_account_rules,
        },
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", **account}],
        },
    ]


def account_binding_options(variables: Variables) -> dict[str, Any]:
    """The options of kubectl_objects that bind the ServiceAccount to HSS's own Role in the namespace of the agents.

    So it gets what HSS itself says it needs there, and nothing in other namespaces. While no agents are desired, the
    binding is removed.
    """
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": variables.service_account_namespace, "namespace": AGENT_NAMESPACE},
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": AGENT_ROLE},
        "subjects": [{"kind": "ServiceAccount", **_account(variables)}],
    }
    state = "present" if variables.binds_account else "absent"
    return {"state": state, "owner": account_owner(variables), "objects": [binding]}


def _account(variables: Variables) -> dict[str, str]:
    return {"name": "hss", "namespace": variables.service_account_namespace}


def makes_token(made: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the token is made by applying the objects.

    :arg made: the rows of kubectl_objects about the objects.
    """
    return any(row["kind"] == "Secret" and row["action"] == "created" for row in made)


def stale_token(made: Sequence[Mapping[str, Any]], objects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The token's Secret, if it is older than the account, which was deleted and has just been made anew.

    The API server does not accept the token of the deleted account, and removes the Secret some time later.

    :arg made: the rows of kubectl_objects about the objects.
    """
    is_new = any(row["kind"] == "ServiceAccount" and row["action"] == "created" for row in made)
    if not is_new or makes_token(made):
        return []
    return [item for item in objects if item["kind"] == "Secret"]


def account_removal_options(variables: Variables) -> dict[str, Any]:
    """The options of kubectl_objects that remove a cluster's ServiceAccount, and what else was made with it."""
    return {
        "state": "absent",
        "owner": account_owner(variables),
        "objects": service_account_objects(variables),
        "kinds": ["clusterrolebindings", "clusterroles", "namespaces", "rolebindings"],
    }


def account_conflict_message(conflicts: Sequence[Mapping[str, Any]], variables: Variables) -> str:
    """Why the ServiceAccount was not made: objects belong to somebody else."""
    owners = [owner for owner in dict.fromkeys(conflict["owner"] for conflict in conflicts) if owner]
    whose = f"belong to the cluster {owners[0]}" if owners else "were not created by this role"
    return (
        f"{enumerate_objects([label_of(conflict) for conflict in conflicts])} in the cluster {whose}, so nothing was "
        f"made for {variables.name}. Choose another hss_onboard_service_account_namespace, which is the name of "
        "the ClusterRole as well."
    )


def binding_conflict_message(conflicts: Sequence[Mapping[str, Any]]) -> str:
    """Why the ServiceAccount was not bound: the name of the binding is taken."""
    labels = enumerate_objects([label_of(conflict) for conflict in conflicts])
    return (
        f"{labels} belongs to somebody else. Rename or delete it, or choose another "
        "hss_onboard_service_account_namespace, which is the name of the RoleBinding as well."
    )


def note_options(variables: Variables, note: str) -> dict[str, Any]:
    """The options of kubectl_objects that note in the cluster which token HSS has."""
    (secret,) = (item for item in service_account_objects(variables) if item["kind"] == "Secret")
    metadata = {**secret["metadata"], "annotations": {**secret["metadata"]["annotations"], NOTE: note}}
    return {"owner": account_owner(variables), "objects": [{**secret, "metadata": metadata}]}


def no_token_message(variables: Variables) -> str:
    """Why there is no token to read, although the API server answers."""
    return (
        f"the Secret {_TOKEN_SECRET} in the namespace {variables.service_account_namespace} does not exist, or is empty"
    )


def token_secret_options(variables: Variables) -> dict[str, Any]:
    """The options of kubectl_secret_info that read the ServiceAccount's token."""
    return {"name": _TOKEN_SECRET, "namespace": variables.service_account_namespace, "keys": ["token"]}
