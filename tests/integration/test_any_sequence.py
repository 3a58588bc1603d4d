# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of runs and faults: one registration per name, unchanged second runs, and a correct check mode."""

from __future__ import annotations

import time
from collections import Counter

import kubeconfigs
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster
from simulator import Fault, Simulator

NAMES = ("shop", "bank")
CA = kubeconfigs.Authority()
# Two servers, each with a kubeconfig and a renewed one.
KUBE_CONFIGS = {
    (server, days): kubeconfigs.kubeadm(f"https://10.0.0.{server}:6443", ca=CA, days=days)
    for server in (1, 2)
    for days in (40, 365)
}
# Each of these faults is applied once, to the first matching request.
FAULTS = {
    "ListMultiCloudClusters": [Fault.status(503), Fault.lost(), Fault.short_listing(), Fault.truncated()],
    "CreateMultiCloudClusters": [
        Fault.throttle(),
        Fault.status(500),
        Fault.status(504, commit=True),
        Fault.lost(commit="never"),
        Fault.lost(commit="before"),
        Fault.lost(commit="late", delay=0.1),
        Fault.truncated(),
        Fault.html(commit=True),
    ],
    "UpdateMultiCloudClusters": [Fault.status(503, commit=True), Fault.lost(), Fault.throttle()],
    "RemoveMultiCloudClusters": [Fault.status(502), Fault.lost(commit="before"), Fault.truncated()],
}
EVERY_FAULT = [(operation, fault) for operation, faults in FAULTS.items() for fault in faults]

present = st.fixed_dictionaries(
    {
        "state": st.just("present"),
        "name": st.sampled_from(NAMES),
        "kube_config": st.sampled_from(sorted(KUBE_CONFIGS)).map(KUBE_CONFIGS.__getitem__),
        "on_drift": st.sampled_from(["warn", "recreate"]),
        "update_kube_config": st.sampled_from(["on_change", "on_create"]),
    },
    optional={
        "provider": st.sampled_from(["aws", "azure"]),
        "current_expiration_date": st.sampled_from([int((time.time() + days * 86400) * 1000) for days in (10, 20)]),
    },
)
absent = st.fixed_dictionaries({"state": st.just("absent"), "name": st.sampled_from(NAMES)})


class AnySequence(RuleBasedStateMachine):
    """Hypothesis chooses the steps. The invariants must hold after each of them."""

    def __init__(self):
        super().__init__()
        self.simulator = Simulator().start()
        self.sleep = Session.sleep
        Session.sleep = staticmethod(lambda seconds: time.sleep(seconds / 50))

    def teardown(self):
        Session.sleep = self.sleep
        self.simulator.stop()

    @initialize(temperament=st.sampled_from(["reparse", "keep", "round"]))
    def choose_a_temper(self, temperament):
        self.temperament = temperament
        self.simulator.configure(temperament=temperament)

    def module(self, wish, check=False):
        if self.temperament == "keep":
            # Then no date shows which kubeconfig HSS has, and it is sent in every run, with a warning.
            wish = {key: value for key, value in wish.items() if key != "current_expiration_date"}
        connection = {
            "endpoint": self.simulator.endpoint,
            "ca_path": self.simulator.ca_file,
            "project_id": self.simulator.project_id,
            "access_key": self.simulator.access_key,
            "secret_key": self.simulator.secret_key,
            "timeout": 5,
        }
        return run(hss_multicloud_cluster.main, {**connection, **wish}, check=check)

    @rule(wish=present | absent)
    def get_a_wish_fulfilled(self, wish):
        before = [dict(vars(cluster)) for cluster in self.simulator.clusters()]
        checked = self.module(wish, check=True)
        assert [dict(vars(cluster)) for cluster in self.simulator.clusters()] == before
        real = self.module(wish)
        assert not real.failed, real.msg
        for key in ("changed", "actions", "diff"):
            assert checked.result[key] == real.result[key], key
        self.is_quiet(wish)

    @rule(wish=present | absent, trouble=st.sampled_from(EVERY_FAULT))
    def get_it_fulfilled_in_spite_of_a_fault(self, wish, trouble):
        operation, fault = trouble
        self.simulator.fault(operation, fault, times=1)
        ran = self.module(wish)
        if ran.failed:
            # The result is not known, or not yet; the next run determines it.
            assert ran.result["failure"]["outcome"] == "unknown", ran.msg
        self.simulator.clear_faults()
        assert self.simulator.settle()
        again = self.module(wish)
        assert not again.failed, again.msg
        self.is_quiet(wish)

    def is_quiet(self, wish):
        assert self.module(wish).result["changed"] is False
        registered = {cluster.name for cluster in self.simulator.clusters()}
        assert (wish["name"] in registered) is (wish["state"] == "present")

    @invariant()
    def each_name_stands_once(self):
        counts = Counter(cluster.name for cluster in self.simulator.clusters())
        assert all(count == 1 for count in counts.values()), counts


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(
    max_examples=25,
    stateful_step_count=8,
    deadline=None,
    # Steps take real time, and shrinking a failure would take minutes.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
