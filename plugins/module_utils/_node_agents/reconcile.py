# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what the modules of one and of many node agents share: options, way, and result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._api.hss import HssApi
from .._clusters.wait import Wait
from .._core.batch import Parallel
from .._core.errors import HssError, invalid
from .._module.frame import HssModule, diff_text
from . import plan as _daemonset
from .execute import Done, carry_out, read
from .plan import Desired, Observed, Plan, desire, needs_template, plan
from .status import RESOURCE_FIELDS, SCHEDULE_FIELDS, installed_status, progress_of
from .wait import Waiting

# Of what HSS shows; the manifest as such is left out, since nobody knows what stands in it.
_SHOWN = (
    "installed_status",
    "ds_info",
    "node_num",
    "cluster_status",
    "runtime_info",
    "schedule_info",
    "resource_info",
)


def daemonset_spec() -> dict[str, dict[str, Any]]:
    """The options that describe one node agent."""
    return {
        "cluster_id": {"type": "str", "required": True},
        "cluster_name": {"type": "str"},
        "auto_upgrade": {"type": "bool"},
        "runtime_info": {
            "type": "list",
            "elements": "dict",
            "options": {
                "runtime_name": {"type": "str", "required": True, "choices": list(_daemonset.RUNTIMES)},
                "runtime_path": {"type": "str"},
            },
        },
        "schedule_info": {
            "type": "dict",
            "options": {name: {"type": "list", "elements": "str"} for name in SCHEDULE_FIELDS},
        },
        "resource_info": {
            "type": "dict",
            "options": {
                name: {"type": "str", **({"choices": list(_daemonset.RESOURCE_MODES)} if name == "mode" else {})}
                for name in RESOURCE_FIELDS
            },
        },
        "agent_version": {"type": "str"},
    }


def wait_spec() -> dict[str, dict[str, Any]]:
    """The options of waiting; seconds."""
    return {
        # No default here: it depends on the state.
        "wait": {"type": "bool"},
        "wait_timeout": {"type": "int", "default": 600},
        "wait_sleep": {"type": "int", "default": 10},
    }


def reconcile(
    module: HssModule, daemonsets: Sequence[Mapping[str, Any]], state: str, concurrency: int = 1
) -> list[Done]:
    """The way of every node agent: options, plan, and in earnest its carrying out, and waiting for all at once.

    :arg daemonsets: the options of each; one that cannot work has its error in its place.
    """
    parallel = Parallel(concurrency)
    wait = _wait(module.params, state)
    done = [_wanted(options, state) for options in daemonsets]
    _daemonset.check_unique([item.plan.desired for item in done])
    sound = [item for item in done if not item.error]
    if not sound:
        return done
    api = module.api()
    api.require_region()
    _plan(sound, api, parallel)
    for item in sound:
        item.daemonset, item.warnings = item.plan.daemonset, list(item.plan.warnings)
        item.actions = list(item.plan.actions) if module.check_mode else []
    sound = [item for item in sound if not item.error]
    if not module.check_mode:
        carry_out(sound, api, parallel)
        waiting = Waiting(api, parallel, wait)
        if state == "present":
            waiting.until_ready([item for item in sound if not item.error])
        else:
            waiting.until_gone([item for item in sound if not item.error and item.actions])
    return done


def _wait(params: Mapping[str, Any], state: str) -> Wait | None:
    for option in ("wait_timeout", "wait_sleep"):
        if params[option] <= 0:
            raise invalid(option, f"must be more than 0 seconds, not {params[option]}.")
    # A registration that is removed before its node agents are leaves them behind.
    waits = params["wait"] if params["wait"] is not None else state == "absent"
    return Wait(params["wait_timeout"], params["wait_sleep"]) if waits else None


def _wanted(options: Mapping[str, Any], state: str) -> Done:
    try:
        return Done(Plan(desire(options, state)))
    except HssError as error:
        return Done(Plan(Desired(state, options["cluster_id"], options.get("cluster_name"))), error=error)


def _plan(items: Sequence[Done], api: HssApi, parallel: Parallel) -> None:
    """One listing for all, and one look at each; then it is only thinking."""
    one = items[0].cluster_id if len(items) == 1 else None
    rows = {row["cluster_id"]: row for row in api.list_clusters(one)}
    registered = [item for item in items if item.cluster_id in rows]
    versions: dict[str, Any] = {}
    if any(item.plan.desired.agent_version for item in registered):
        versions = {row["cluster_id"]: row.get("agent_version") for row in api.list_daemonsets()}
    for item in registered:
        item.plan = Plan(item.plan.desired, Observed(rows[item.cluster_id]))  # its name is known from here on
    parallel.each(registered, lambda item: read(api, item))
    for item in registered:
        seen = Observed(rows[item.cluster_id], item.daemonset, versions.get(item.cluster_id))
        item.plan = Plan(item.plan.desired, seen, daemonset=item.daemonset)
    template: dict[str, Any] = {}
    asking = [item for item in items if not item.error and needs_template(item.plan.desired, item.plan.observed)]
    if asking:
        try:
            template = api.show_daemonset_template()
        except HssError as error:
            for item in asking:
                item.error = error
    for item in items:
        if not item.error:
            try:
                item.plan = plan(item.plan.desired, item.plan.observed, template)
            except HssError as error:
                item.error = error


def result_of(item: Done) -> dict[str, Any]:
    """What a module returns for a node agent, apart from an error."""
    return {
        "changed": bool(item.actions),
        "actions": list(item.actions),
        "cluster_id": item.cluster_id,
        "daemonset": shown(item.daemonset),
        **({"progress": list(item.progress)} if item.progress else {}),
        "diff": {
            "before_header": item.label,
            "after_header": item.label,
            "before": diff_text(item.plan.before),
            "after": diff_text(item.plan.after),
        },
    }


def shown(daemonset: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A node agent for the result."""
    return None if daemonset is None else {name: daemonset[name] for name in _SHOWN if name in daemonset}


def failure_of(module: HssModule, error: HssError) -> dict[str, Any]:
    """C(msg) and C(failure); HSS's reasons come out of a listing, where nothing was scrubbed."""
    failure = {
        name: module.secrets.scrub(value) if isinstance(value, str) else value
        for name, value in error.failure().items()
    }
    return {"msg": module.secrets.scrub(str(error)), "failure": failure}


def in_words(item: Done, check_mode: bool) -> str:
    """What became of a node agent, or would, for a line in a report."""
    if not item.actions:
        if item.daemonset is None:
            return "no node agent"
        return f"unchanged, {progress_of(item.daemonset)}"
    verb = {"create": "installed", "update": "changed", "delete": "removed"}[item.actions[0]]
    if check_mode:
        return f"would be {verb}"
    if item.daemonset is None:
        return verb
    return f"{'to be removed' if verb == 'removed' else verb}, {progress_of(item.daemonset)}"


def status_of(item: Done) -> str | None:
    """C(installed_status), if there is something installed."""
    return installed_status(item.daemonset) if (item.daemonset or {}).get("installed_status") else None
