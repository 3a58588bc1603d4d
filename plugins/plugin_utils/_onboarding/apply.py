# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: applies what belongs to a registration in its cluster, and removes nothing else.

Every object bears the id of its registration, and a label for the registration's project and name. The latter proves
that an object of an id that HSS no longer lists is left from an earlier registration of the same cluster.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import agents
from .variables import Variables

# Runs kubectl_objects with these options, in check mode or in that of the task, and returns its result.
Kubectl = Callable[[dict[str, Any], bool], dict[str, Any]]
# Returns the names of the registrations that HSS lists, by id.
Listed = Callable[[], Mapping[str, str]]

# An owner that no object has: everything that is found with it is somebody else's.
_NOBODY = "not-registered"
_UNLABELLED = "unlabelled"
# In the warnings of kubectl_objects.
_TAKEN_OVER = "is taken over by"


class Budget:
    """The seconds that all calls of a stage have together."""

    def __init__(self, seconds: int) -> None:
        self._deadline = time.monotonic() + seconds

    @property
    def left(self) -> int:
        """The seconds that are left, at least one."""
        return max(1, math.ceil(self._deadline - time.monotonic()))


class AgentObjects:
    """The objects of a cluster's connection agent.

    :arg listed: the registrations that HSS has; it is asked only if somebody else's objects are found.
    """

    def __init__(self, kubectl: Kubectl, variables: Variables, labels: Mapping[str, str], listed: Listed) -> None:
        self._kubectl = kubectl
        self._variables = variables
        self._labels = dict(labels)
        self._selector = ",".join(f"{key}={value}" for key, value in labels.items())
        self._listed = listed
        self._budget = Budget(variables.wait_timeout)

    def apply(self, objects: Sequence[Mapping[str, Any]], cluster_id: str) -> dict[str, Any]:
        """Applies the objects for a registration. What belongs to somebody else is refused, or taken over on request.

        :returns: the result of kubectl_objects.
        """
        options: dict[str, Any] = {
            "objects": list(objects),
            "owner": cluster_id,
            "restricted": True,
            "allow": self._variables.agent_allow,
            "restart_pods": True,
            "wait_for_pods": self._variables.wait,
        }
        result = self._run(options)
        conflicts = list(result.get("conflicts") or ())
        if not conflicts:
            return result
        listed = self._listed()
        allowed = self._take_over(conflicts, listed)
        # A namespace that somebody else has made is used as it is, and is not removed later.
        foreign = [each for each in conflicts if each["owner"] is None]
        namespaces_only = all(each["kind"] == "Namespace" for each in foreign)
        used = bool(foreign) and (
            _UNLABELLED in allowed
            or (namespaces_only and self._uses(objects, [each["name"] for each in foreign], cluster_id))
        )
        refused = [each for each in conflicts if (each["owner"] or _UNLABELLED) not in allowed]
        if used:
            refused = [each for each in refused if each["owner"] is not None or each["kind"] != "Namespace"]
        if refused:
            return {**result, "msg": agents.conflict_message(refused, cluster_id, listed), "final": True}
        taken = [each for each in conflicts if not used or each["owner"] is not None or each["kind"] != "Namespace"]
        result = self._run({**options, "take_over": sorted(allowed), "existing_namespaces": used})
        # One warning says it, instead of one for each object.
        warnings = [text for text in result.get("warnings") or () if _TAKEN_OVER not in text]
        return {**result, "warnings": [*warnings, *agents.take_over_messages(taken, cluster_id, listed)]}

    def _take_over(self, conflicts: Sequence[Mapping[str, Any]], listed: Mapping[str, str]) -> set[str]:
        """The owners whose objects may be taken over."""
        owners = {str(each["owner"]) for each in conflicts if each["owner"] is not None}
        if self._variables.agent_take_over:
            return {*owners, _UNLABELLED}
        return owners & self._earlier_owners(listed) if owners else set()

    def _earlier_owners(self, listed: Mapping[str, str]) -> set[str]:
        """The ids of earlier registrations of this cluster: objects bear its label, and HSS does not list the ids."""
        found = self._labelled_owners()
        return {owner for owner in found if owner not in listed}

    def _labelled_owners(self) -> set[str]:
        options = {"state": "absent", "owner": _NOBODY, "selector": self._selector, "kinds": list(agents.KINDS)}
        result = self._run(options, check_mode=True)
        return {str(each["owner"]) for each in result.get("conflicts") or () if each["owner"]}

    def _uses(self, objects: Iterable[Mapping[str, Any]], namespaces: Sequence[str], cluster_id: str) -> bool:
        """Whether objects of this registration are in each of the namespaces already.

        If those in one were enough, newer manifests could lead the agent into every other namespace.
        """
        inside = [item for item in objects if item["kind"] != "Namespace"]
        result = self._run({"state": "absent", "owner": cluster_id, "objects": inside}, check_mode=True)
        used = {item["namespace"] for item in result.get("objects") or () if item["action"] == "deleted"}
        return used >= set(namespaces)

    def foretell(self) -> dict[str, Any]:
        """Whether the agent's namespace could be used for a registration that does not exist yet."""
        options = {"objects": [agents.NAMESPACE_OBJECT], "owner": _NOBODY}
        result = self._run(options, check_mode=True)
        conflicts = list(result.get("conflicts") or ())
        if conflicts and not self._variables.agent_take_over:
            listed = self._listed()
            allowed = self._take_over(conflicts, listed)
            refused = [each for each in conflicts if (each["owner"] or _UNLABELLED) not in allowed]
            if refused:
                return {**result, "msg": agents.conflict_message(refused, "", listed), "final": True}
        if conflicts or not result.get("failed"):
            return {"objects": [], "changed": False, "warnings": result.get("warnings") or []}
        return result

    def remove(self, cluster_id: str | None) -> dict[str, Any]:
        """Removes what was applied for a registration, and for earlier ones of this cluster.

        :returns: like the result of kubectl_objects.
        """
        options = {"state": "absent", "objects": [agents.NAMESPACE_OBJECT], "kinds": list(agents.KINDS)}
        found = self._run(
            {"state": "absent", "owner": _NOBODY, "selector": self._selector, "kinds": list(agents.KINDS)},
            check_mode=True,
        )
        if found.get("failed"):
            return found
        owners = {str(each["owner"]) for each in found.get("conflicts") or () if each["owner"]}
        if owners - {cluster_id}:
            listed = self._listed()
            owners = {owner for owner in owners if owner not in listed}
        if cluster_id:
            owners.add(cluster_id)
        if not owners:
            # Nothing is removed. What has the agent's name is reported.
            return self._run({**options, "owner": _NOBODY}, check_mode=True)
        # All at once: in the namespace of one of them may be objects of the others.
        first, *others = sorted(owners, key=lambda owner: (owner != cluster_id, owner))
        return self._run({**options, "owner": first, "take_over": others})

    def _run(self, options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
        return self._kubectl({**options, "wait_timeout": self._budget.left}, check_mode)


def merged(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One result for several calls of kubectl_objects. The last one has failed, or none."""
    total: dict[str, Any] = {"changed": any(result.get("changed") for result in results)}
    for name in ("objects", "conflicts", "warnings", "diff"):
        total[name] = [item for result in results for item in result.get(name) or ()]
    # What one call has removed, another one reports as kept.
    gone = {_identity(item) for item in total["objects"] if item["action"] == "deleted"}
    total["objects"] = [item for item in total["objects"] if item["action"] == "deleted" or _identity(item) not in gone]
    total["conflicts"] = [item for item in total["conflicts"] if _identity(item) not in gone]
    failed = next((result for result in results if result.get("failed")), None)
    if failed is not None:
        del total["objects"]
        total.update(failed=True, msg=failed.get("msg"), answered=any(map(_answered, results)))
    return total


def _answered(result: Mapping[str, Any]) -> bool:
    return bool(result.get("answered") or not result.get("failed"))


def _identity(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return item["kind"], item["namespace"], item["name"]
