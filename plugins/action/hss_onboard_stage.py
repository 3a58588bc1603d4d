# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin: runs a stage of the role hss_onboard on the control node, in the process of Ansible itself.

So no variable of the inventory (become, shell, interpreter, connection) reaches what runs on the control node, and only
the stages that do something on a host use its connection.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.huaweicloud.hss.plugins.module_utils._http import client
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import libraries_available
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.guard import guarded
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.heartbeat import heartbeat, show_progress
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.stages import Stage, stage_of
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import agents, protect, protection
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import (
    OnboardedCluster,
    group_by_cluster,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.host import plain_value
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.install import (
    change_agent,
    load_images,
    note_account,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.ledger import Ledger
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.read import read_host
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.register import (
    Connected,
    connections_of,
    description,
    fail_if_none_is_registered,
    leave_out_removals,
    record_account,
    register,
    secrets_of,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.report import (
    host_results,
    report_lines,
    warnings_of,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.tokens import Tokens
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import unknown_variables

RESULT = "hss_onboard_result"
# What is displayed while a stage takes long. The stage that waits for HSS shows more than this.
_GOING_ON = {
    "read": "reading its kubeconfig",
    "register": "asking HSS about the registrations",
    "images": "loading the images",
    "agent": "changing the connection agent",
    "agent_retry": "changing the connection agent",
}


class ActionModule(ActionBase):
    """Finds a stage's input in the variables and the ledger, runs the stage, and leaves its output there."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    _use = ""

    @guarded
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the stage."""
        result = super().run(tmp, task_vars)
        stages: dict[str, Stage] = {
            "read": self._read,
            "register": self._register,
            "images": self._images,
            "agent": self._agent,
            "agent_retry": self._agent_retry,
            "protect": self._protect,
            "report": self._report,
        }
        stage = stage_of(self, stages, "the role hss_onboard")
        self._use = self._find_use(task_vars or {})
        if client.requests is None or not libraries_available():
            raise AnsibleActionFail(
                "hss_onboard needs the Python packages requests, PyYAML and cryptography where Ansible itself runs."
            )
        return {"changed": False, **result, **self._shown(stage, task_vars or {})}

    def _shown(self, stage: Stage, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Runs a stage, and shows lines while it takes long."""
        name = str(self._task.args["stage"])
        if name not in _GOING_ON:
            return stage(task_vars)
        subject = "" if name == "register" else f"{task_vars['inventory_hostname']}: "
        with heartbeat(f"{subject}{_GOING_ON[name]}"):
            return stage(task_vars)

    def _find_use(self, task_vars: Mapping[str, Any]) -> str:
        """An id of this use of the role in a run: each use has a block of tasks of its own, in which hosts are read."""
        if self._task.args.get("stage") in ("read", "register"):
            return str(self._task._parent._uuid)
        # A later stage may be in another block. Of a task that runs once, the host may have reported already.
        hosts = [task_vars["inventory_hostname"], *task_vars["ansible_play_batch"]]
        readings = (_reading(task_vars, host) for host in hosts)
        return next((str(reading["use"]) for reading in readings if reading), str(self._task._parent._uuid))

    @property
    def _check_mode(self) -> bool:
        return bool(self._task.check_mode)

    @property
    def _rotates(self) -> bool:
        return bool(self._task.args.get("rotate"))

    @property
    def _may_end_early(self) -> bool:
        """Whether the failure of another host can end the play, so that this host has no second task to fail in."""
        percentage = self._task._parent._play.max_fail_percentage
        return bool(self._task.any_errors_fatal) or percentage is not None

    # --- Stages of every host -------------------------------------------------------------------------------------

    def _read(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        self._require_linear_strategy()
        reading = read_host(self, task_vars)
        for text in (*unknown_variables(task_vars), *reading.warnings):
            Display().warning(f"{reading.host}: {text}")
        if not reading.variables.no_log and (text := description(reading)):
            show_progress(f"{reading.host}: {text}")
        sealed = Ledger(self._use).seal(reading.host, reading.to_result())
        # The tasks use these.
        variables = {"image_host": reading.variables.image_host, "become": reading.variables.become}
        return {"reading": {"use": self._use, "sealed": sealed, **variables}, "_ansible_no_log": True}

    def _require_linear_strategy(self) -> None:
        strategy = str(self._task._parent._play.strategy)
        if not strategy.rpartition(".")[2].endswith(("linear", "debug")):
            raise AnsibleActionFail(
                f"hss_onboard needs the strategy linear; this play has {strategy}. Say strategy: linear in the play."
            )

    def _report(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        ledger, host = Ledger(self._use), str(task_vars["inventory_hostname"])
        if host in (ledger.read("noting") or ()) and (cluster := self._own_cluster(task_vars)):
            if not cluster.speaker.variables.become:
                self._connection.set_become_plugin(None)
            for text in self._note(task_vars, cluster).get("warnings") or ():
                Display().warning(f"{cluster.name}: {text}")
            ledger.forget_keys([host])
        result = ledger.read(f"result {host}")
        if result is None:
            raise AnsibleActionFail(
                "An earlier stage of the role was interrupted, so this host's cluster was not done."
            )
        reading = _reading(task_vars, host)
        following = "agents" if ledger.read("unfinished") else ""
        # Ansible counts no change of a task that fails.
        reports_twice = result["failed"] and result["changed"] and not self._may_end_early
        if reading and reports_twice and not reading.get("changed"):
            following = following or "report"
        if following:
            # The last report takes the place of the reading, which the stages in between need.
            reading = {**reading, "next": following, "changed": result["changed"]}
            return {"changed": result["changed"], "reading": reading, "_ansible_no_log": True}
        return dict(result)

    # --- Stages of the hosts that speak for their clusters --------------------------------------------------------

    def _images(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Of several clusters with the same images and registry, one loads them for all."""
        host, ledger = str(task_vars["inventory_hostname"]), Ledger(self._use)
        cluster = self._own_cluster(task_vars)
        if cluster and self._image_loader(cluster, ledger) == host == cluster.speaker.host:
            (connected,) = self._connections([cluster])
            # Programs on a host share its images, so one process must not remove what another is about to push.
            with ledger.one_at_a_time(f"image host {cluster.speaker.variables.image_host}"):
                ledger.write(f"images {host}", load_images(self, task_vars, cluster, connected))
        return {}

    def _agent(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        return self._change_agent(task_vars, attempt=0)

    def _agent_retry(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        return self._change_agent(task_vars, attempt=1)

    def _change_agent(self, task_vars: dict[str, Any], attempt: int) -> dict[str, Any]:
        """Runs on the host that speaks for its cluster; the second attempt runs on the others if that one failed."""
        host, ledger = str(task_vars["inventory_hostname"]), Ledger(self._use)
        cluster = self._own_cluster(task_vars)
        names = [speaker.host for speaker in cluster.speakers] if cluster else []
        if not cluster or not cluster.active or host not in names:
            return {}
        if not attempt and (noted := self._note(task_vars, cluster)):
            ledger.write(f"note {host}", noted)
        if not _needs_agent(cluster) or (names.index(host) > 0) != (attempt > 0):
            return {}
        first = ledger.read(f"agent {names[0]}") or {}
        if attempt and (first.get("objects") is not None or first.get("final")):
            return {}
        if self._image_failure(cluster, ledger):
            return {}
        speaker = cluster.speakers[names.index(host)]
        (connected,) = self._connections([cluster])
        made = plain_value(change_agent(self, task_vars, cluster, speaker, connected))
        if not self._task.diff:
            made.pop("diff", None)
        if any(made.get(name) for name in ("diff", "msg", "warnings", "conflicts")):
            # HSS's manifests have a part in these, and may quote what HSS was sent for another cluster.
            for reading in self._readings(task_vars).values():
                connected.redactor.add(*secrets_of(reading))
        result = connected.redacted(made)
        kept = ("objects", "conflicts", "changed", "bound", "answered", "final", "waited", "warnings", "msg")
        ledger.write(f"agent {host}", {key: result[key] for key in kept if key in result})
        shown = {"changed": True} if result.get("changed") or result.get("bound") else {}
        shown.update({"diff": result["diff"]} if result.get("diff") else {})
        lines = agents.object_lines(result)
        return {**shown, **({"msg": lines, "_ansible_verbose_always": True} if lines else {})}

    def _note(self, task_vars: dict[str, Any], cluster: OnboardedCluster) -> dict[str, Any]:
        """Notes in the cluster which token HSS has, if that is not noted yet and the host speaks for the cluster."""
        is_speaker = bool(cluster.speakers) and task_vars["inventory_hostname"] == cluster.speaker.host
        if not (_has_to_note(cluster) and is_speaker) or self._check_mode:
            return {}
        (connected,) = self._connections([cluster])
        noted: dict[str, Any] = connected.redacted(note_account(self, task_vars, cluster, cluster.speaker))
        return noted

    @staticmethod
    def _image_loader(cluster: OnboardedCluster, ledger: Ledger) -> str | None:
        """The host that loads the cluster's images; None if none are needed."""
        loaders: dict[str, str] = ledger.read("image loaders") or {}
        return loaders.get(cluster.speaker.host) if cluster.speakers else None

    def _image_failure(self, cluster: OnboardedCluster, ledger: Ledger) -> bool:
        loader = self._image_loader(cluster, ledger)
        return bool(loader and (ledger.read(f"images {loader}") or {}).get("failed"))

    # --- Stages for all hosts at once -----------------------------------------------------------------------------

    def _register(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        readings = self._readings(task_vars)
        clusters = group_by_cluster(readings.values())
        if self._rotates:
            leave_out_removals(clusters)
        for cluster in clusters:
            record_account(cluster, self._check_mode)
            protection.warn_about_variables(cluster)
        for connected in self._connections(clusters):
            removed = Connected(
                connected.session,
                connected.redactor,
                [cluster for cluster in connected.clusters if not cluster.speaker.variables.present],
                connected.progress,
            )
            protect.remove_node_agents(removed, self._check_mode)
            register(connected, self._check_mode, self._rotates)
            if not self._rotates:
                protection.require_any_quota(protection.with_freed_quotas(connected, clusters))
            for text in connected.warnings:
                Display().warning(connected.text(text))
        if self._rotates:
            fail_if_none_is_registered(clusters)
            return self._finish(task_vars, clusters)
        ledger = Ledger(self._use)
        ledger.write("image loaders", agents.image_loaders(clusters))
        # If one host has more to do, all report at the end: Ansible replaces what is registered even by a skipped task.
        if any(cluster.active and _has_more_to_do(cluster) for cluster in clusters):
            ledger.write("unfinished", True)
            ledger.write_clusters(clusters)
            self._write_results(ledger, clusters)
            return {}
        return self._finish(task_vars, clusters)

    def _protect(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        clusters = self._clusters(task_vars)
        if not clusters:
            # Every host that takes part has reported already.
            return {}
        ledger = Ledger(self._use)
        for cluster in clusters:
            if not cluster.speakers:
                continue
            noted = ledger.read(f"note {cluster.speaker.host}") or {}
            cluster.warnings += [f"{cluster.name}: {text}" for text in noted.get("warnings") or ()]
            attempts = [ledger.read(f"agent {speaker.host}") for speaker in cluster.speakers]
            result = next((made for made in attempts if (made or {}).get("objects") is not None), attempts[0])
            if cluster.speaker.variables.present:
                loader = self._image_loader(cluster, ledger)
                outcome = ledger.read(f"images {loader}") if loader else None
                if outcome and loader != cluster.speaker.host:
                    # The cluster that loaded them reports it.
                    outcome = {**outcome, "changed": False, "msg": outcome["msg"] if outcome["failed"] else ""}
                agents.record_images(cluster, outcome, self._check_mode)
                agents.record_applied(cluster, result, self._check_mode)
            elif _needs_agent(cluster):
                agents.record_removed(cluster, result, self._check_mode)
        present = [cluster for cluster in clusters if cluster.active and cluster.speaker.variables.present]
        for connected in self._connections(present):
            protect.connect(connected, self._check_mode)
            protect.check_permissions(connected)
            protect.install_node_agents(protection.with_freed_quotas(connected, clusters), self._check_mode)
        return self._finish(task_vars, clusters)

    def _finish(self, task_vars: Mapping[str, Any], clusters: list[OnboardedCluster]) -> dict[str, Any]:
        """Leave each host's result in the ledger, and show a line for each cluster."""
        for text in warnings_of(clusters):
            Display().warning(text)
        ledger = Ledger(self._use)
        ledger.write("unfinished", False)
        reported = self._write_results(ledger, clusters)
        # A host that has to note what was sent does that when it reports.
        noting = {cluster.speaker.host for cluster in clusters if self._rotates and _has_to_note(cluster)}
        if noting:
            ledger.write_clusters(clusters)
        ledger.write("noting", sorted(noting))
        ledger.forget_keys({str(host) for host in task_vars["ansible_play_hosts_all"]} - noting)
        lines = report_lines(clusters, self._lost_hosts(task_vars, ledger, reported), self._check_mode)
        return {"msg": lines, "_ansible_verbose_always": True}

    def _write_results(self, ledger: Ledger, clusters: list[OnboardedCluster]) -> set[str]:
        """Write an entry for each host, so that a host's report takes no longer with more hosts; return the hosts."""
        results = host_results(clusters, self._check_mode)
        for host, result in results.items():
            ledger.write(f"result {host}", result)
        return set(results)

    def _connections(self, clusters: list[OnboardedCluster]) -> list[Connected]:
        return connections_of(clusters, os.environ, show_progress, Tokens(Ledger(self._use)))

    def _readings(self, task_vars: Mapping[str, Any]) -> dict[str, HostReading]:
        """The readings of the hosts that take part in this use of the role, in the order of the play."""
        found = ((str(host), self._reading_of(task_vars, host)) for host in task_vars["ansible_play_batch"])
        return {host: reading for host, reading in found if reading}

    def _reading_of(self, task_vars: Mapping[str, Any], host: str) -> HostReading | None:
        """The reading of a host in this use of the role; None if there is none."""
        reading = _reading(task_vars, host)
        ours = reading and reading["use"] == self._use
        result = Ledger(self._use).unseal(host, str(reading["sealed"])) if ours else None
        return HostReading.from_result(result) if result else None

    def _clusters(self, task_vars: Mapping[str, Any]) -> list[OnboardedCluster]:
        """The clusters as the last stage for all hosts left them, also those whose hosts were lost since."""
        return Ledger(self._use).read_clusters(partial(self._reading_of, task_vars))

    def _own_cluster(self, task_vars: Mapping[str, Any]) -> OnboardedCluster | None:
        """The cluster of the task's host; None if there is nothing more to do for it. It costs no other host's time."""
        host = str(task_vars["inventory_hostname"])
        clusters = Ledger(self._use).read_clusters(partial(self._reading_of, task_vars), host)
        return clusters[0] if clusters else None

    @staticmethod
    def _lost_hosts(task_vars: Mapping[str, Any], ledger: Ledger, reported: set[str]) -> list[str]:
        """The hosts of the play that failed or were unreachable before they were read, each reported once.

        With serial, the report of each batch has those that were not in an earlier one.
        """
        every = [str(host) for host in task_vars["ansible_play_hosts_all"]]
        alive = {str(host) for host in task_vars["ansible_play_hosts"]}
        known = {*(ledger.read("known hosts") or ()), *reported}
        lost = [host for host in every if host not in alive and host not in known]
        ledger.write("known hosts", [*known, *lost])
        return lost


def _reading(task_vars: Mapping[str, Any], host: str) -> Any:
    """The reading of a host; None if it was not read, or has reported already. It may be of an earlier use."""
    # Making the variables of a host takes time, and those of the task's own host are here.
    own = host == task_vars["inventory_hostname"]
    result = (task_vars if own else task_vars["hostvars"].raw_get(host)).get(RESULT)
    return result.get("reading") if isinstance(result, Mapping) else None


def _has_more_to_do(cluster: OnboardedCluster) -> bool:
    return cluster.speaker.variables.needs_cluster or bool(cluster.account_note)


def _has_to_note(cluster: OnboardedCluster) -> bool:
    return cluster.active and bool(cluster.account_note)


def _needs_agent(cluster: OnboardedCluster) -> bool:
    variables = cluster.speaker.variables
    return variables.install_agent or variables.binds_account or (not variables.present and variables.service_account)
