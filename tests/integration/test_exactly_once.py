# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong on the way, a cluster ends up registered once: each fault, on creating and on listing.

The modules run for real against the simulator; their pauses are cut to a fiftieth.
"""

from __future__ import annotations

import threading
import time

import kubeconfigs
import pytest
from modules import finish, run, start

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster, hss_multicloud_clusters
from simulator import Fault, Simulator

CREATE, LIST, REMOVE = "CreateMultiCloudClusters", "ListMultiCloudClusters", "RemoveMultiCloudClusters"
SPEED = 50
# The 15 seconds that a lost create is looked for, at that speed, and some time for the looks themselves.
PATIENCE = 15 / SPEED


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda seconds: time.sleep(seconds / SPEED)))


@pytest.fixture(scope="module")
def kube_config():
    return kubeconfigs.kubeadm("https://10.0.0.5:6443")


def connection(simulator: Simulator, **options):
    return {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 3,
        "timeout": 2,
        **options,
    }


def register(simulator, kube_config, name="shop", **options):
    args = {**connection(simulator), "name": name, "kube_config": kube_config, **options}
    return run(hss_multicloud_cluster.main, args)


def names(simulator):
    return sorted(cluster.name for cluster in simulator.clusters())


# fault, times, does the run succeed, clusters afterwards, create calls
ON_CREATE = {
    "throttled": (Fault.throttle(), 2, True, 1, 3),
    "throttled for a minute": (Fault.throttle(unit="minute"), 1, True, 1, 2),
    "throttled with Retry-After": (Fault.throttle(retry_after=3), 1, True, 1, 2),
    "throttled for ever": (Fault.throttle(), 99, False, 0, 4),
    "500 before it was carried out": (Fault.status(500), 1, True, 1, 2),
    "503 and HTML before": (Fault.status(503, body="html"), 1, True, 1, 2),
    "504 twice before": (Fault.status(504, body="empty"), 2, False, 0, 2),
    "500 after it was carried out": (Fault.status(500, commit=True), 1, True, 1, 1),
    "502 and HTML after": (Fault.status(502, body="html", commit=True), 1, True, 1, 1),
    "504 and nothing after": (Fault.status(504, body="empty", commit=True), 1, True, 1, 1),
    "HTML in place of JSON, not carried out": (Fault.html(), 1, False, 0, 1),
    "HTML in place of JSON, carried out": (Fault.html(commit=True), 1, True, 1, 1),
    "redirected": (Fault.redirect("https://127.0.0.1:1/"), 1, False, 0, 1),
    "slow beyond the time-out, carried out before": (Fault.slow(3, commit="before"), 1, True, 1, 1),
    "cut, carried out": (Fault.truncated(), 1, True, 1, 1),
    "cut, not carried out": (Fault.truncated(commit=False), 1, False, 0, 1),
    "lost, not carried out": (Fault.lost(commit="never"), 1, False, 0, 1),
    "lost, carried out": (Fault.lost(commit="before"), 1, True, 1, 1),
    "lost, carried out late": (Fault.lost(commit="late", delay=PATIENCE / 3), 1, True, 1, 1),
    "refused, with an echo": (Fault.echo(), 1, False, 0, 1),
}


@pytest.mark.parametrize("case", ON_CREATE.values(), ids=ON_CREATE)
def test_a_fault_on_create(simulator, kube_config, case):
    fault, times, succeeds, clusters, creates = case
    simulator.fault(CREATE, fault, times=times)
    ran = register(simulator, kube_config)
    assert (not ran.failed, len(simulator.clusters()), simulator.count(CREATE)) == (succeeds, clusters, creates), (
        ran.msg
    )
    assert ran.result["changed"] is succeeds
    if not succeeds:
        lost = {"HTML in place of JSON, not carried out", "504 twice before", "cut, not carried out"}
        unknown = next(name for name, value in ON_CREATE.items() if value is case) in lost | {"lost, not carried out"}
        assert (ran.result["failure"]["outcome"] == "unknown") is unknown

    simulator.clear_faults()
    again = register(simulator, kube_config)
    assert (again.failed, again.result["changed"], names(simulator)) == (False, not succeeds, ["shop"])


def test_a_create_carried_out_later_than_anyone_waits_is_found_by_the_next_run(simulator, kube_config):
    simulator.fault(CREATE, Fault.lost(commit="late", delay=PATIENCE + 2), times=1)
    first = register(simulator, kube_config)
    assert first.failed and first.result["failure"]["outcome"] == "unknown"
    deadline = time.monotonic() + 20
    while not simulator.clusters() and time.monotonic() < deadline:
        time.sleep(0.05)
    second = register(simulator, kube_config)
    assert (second.result["changed"], names(simulator), simulator.count(CREATE)) == (False, ["shop"], 1)


class TheFirstComesThroughToo(type(Fault.status(504))):
    """The worst of the gateway: it said 504, the service went on, and the second try goes through as well."""

    def play(self, scene):
        scene.carry_out()
        return scene.carry_out()


def test_a_5xx_carried_out_late_beside_the_second_try_ends_with_one(simulator, kube_config):
    simulator.fault(CREATE, Fault.status(504), times=1)
    simulator.fault(CREATE, TheFirstComesThroughToo(504), times=1, skip=1)
    ran = register(simulator, kube_config)
    assert not ran.failed, ran.msg
    assert (names(simulator), simulator.count(CREATE)) == (["shop"], 2)
    assert ran.result["cluster_id"] == simulator.clusters()[0].cluster_id


ON_LIST = {
    "500": (Fault.status(500), 1, True),
    "503 and HTML": (Fault.status(503, body="html"), 2, True),
    "503 for ever": (Fault.status(503), 99, False),
    "403": (Fault.status(403), 1, False),
    "404, API not published": (Fault.status(404), 1, False),
    "400": (Fault.status(400), 1, False),
    "throttled": (Fault.throttle(), 2, True),
    "HTML": (Fault.html(), 1, False),
    "redirected": (Fault.redirect("https://127.0.0.1:1/"), 1, False),
    "cut": (Fault.truncated(), 2, True),
    "lost": (Fault.lost(), 2, True),
    "lost for ever": (Fault.lost(), 99, False),
    "slow beyond the time-out": (Fault.slow(3), 1, True),
    "rows missing": (Fault.short_listing(), 2, True),
    "rows missing for ever": (Fault.short_listing(), 99, False),
    "a row twice": (Fault.duplicate_row(), 99, True),
    "a row twice in place of another": (Fault.duplicate_row(replace_last=True), 99, False),
    "refused, with an echo": (Fault.echo(), 1, False),
}


@pytest.mark.parametrize("registered", [False, True], ids=["new", "registered"])
@pytest.mark.parametrize("case", ON_LIST.values(), ids=ON_LIST)
def test_a_fault_on_the_first_listing(simulator, kube_config, case, registered):
    """A listing that is not complete and sound never leads to a create."""
    fault, times, succeeds = case
    # So many that there are three pages, with the cluster itself on the last.
    simulator.seed_clusters(450)
    if registered:
        register(simulator, kube_config)
    before, creates = len(simulator.clusters()), simulator.count(CREATE)
    simulator.fault(LIST, fault, times=times)
    ran = register(simulator, kube_config)
    assert ran.failed is not succeeds, ran.msg
    new = 1 if succeeds and not registered else 0
    assert (len(simulator.clusters()) - before, simulator.count(CREATE) - creates) == (new, new)
    assert ran.result.get("changed", False) is bool(new)


@pytest.mark.parametrize("case", ON_LIST.values(), ids=ON_LIST)
def test_a_fault_on_the_listing_after_the_create(simulator, kube_config, case):
    fault, times, _succeeds = case
    simulator.fault(LIST, fault, times=times, skip=1)
    ran = register(simulator, kube_config)
    assert (names(simulator), simulator.count(CREATE)) == (["shop"], 1)
    assert ran.result["changed"] is True
    simulator.clear_faults()
    assert register(simulator, kube_config).result["changed"] is False


def test_a_stale_listing_does_not_make_a_second(simulator, kube_config):
    """Eventual consistency: what was just created is not listed for a while."""
    simulator.fault(LIST, Fault.stale(0.2), times=99)
    ran = register(simulator, kube_config)
    assert not ran.failed and names(simulator) == ["shop"]


@pytest.mark.parametrize(
    "fault", [Fault.status(503), Fault.status(503, commit=True), Fault.lost(commit="before"), Fault.throttle()]
)
def test_a_fault_on_remove(simulator, kube_config, fault):
    register(simulator, kube_config)
    simulator.fault(REMOVE, fault, times=1)
    ran = run(hss_multicloud_cluster.main, {**connection(simulator), "name": "shop", "state": "absent"})
    assert (ran.failed, ran.result["actions"], simulator.clusters()) == (False, ["delete"], [])


class Together(Fault):
    """Answers the listings only when all runs are listing, so that none sees what another creates."""

    def __init__(self, runs):
        self._barrier = threading.Barrier(runs)

    def play(self, scene):
        reply = scene.carry_out()
        self._barrier.wait(timeout=60)
        return reply


@pytest.mark.parametrize("runs", [2, 4, 8])
def test_runs_at_once_end_with_one_registration(simulator, kube_config, runs):
    simulator.fault(LIST, Together(runs), times=runs)
    args = {**connection(simulator, timeout=60), "name": "shop", "kube_config": kube_config}
    # Eight processes on few cores need time between two looks, as runs on different machines do not.
    started = [start("hss_multicloud_cluster", args, speed=5 if runs < 8 else 2) for _run in range(runs)]
    results = [finish(process) for process in started]
    assert simulator.count(CREATE) >= runs
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert names(simulator) == ["shop"]
    assert {result["cluster_id"] for result in results} == {simulator.clusters()[0].cluster_id}
    assert register(simulator, kube_config).result["changed"] is False


@pytest.mark.parametrize("runs", [2, 4])
def test_lists_at_once_that_overlap_end_with_one_registration_a_name(simulator, kube_config, runs):
    """As slices of a job or the twins of a control plane do: each run has half of its names in common with the next."""
    simulator.fault(LIST, Together(runs), times=runs)
    wanted = [[f"c{(3 * run_number + each) % (3 * runs)}" for each in range(6)] for run_number in range(runs)]

    def args(names):
        clusters = [{"name": name, "kube_config": kube_config} for name in names]
        return {**connection(simulator, timeout=60), "clusters": clusters}

    started = [start("hss_multicloud_clusters", args(names), speed=5) for names in wanted]
    results = [finish(process) for process in started]
    assert [result.get("msg") for result in results if result.get("failed")] == []
    registered = {cluster.name: cluster.cluster_id for cluster in simulator.clusters()}
    assert len(registered) == len(simulator.clusters()) == 3 * runs
    for result in results:
        assert {entry["name"]: entry["cluster_id"] for entry in result["results"]}.items() <= registered.items()
    second = [finish(start("hss_multicloud_clusters", args(names))) for names in wanted]
    assert [result["changed"] for result in second] == [False] * runs


def many(simulator, kube_config, count, **options):
    clusters = [{"name": f"c{number:03}", "kube_config": kube_config} for number in range(count)]
    return run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters, **options})


@pytest.mark.parametrize("count, requests", [(1, 3), (10, 12), (200, 202), (250, 253)])
def test_requests_are_one_a_cluster_and_two_listings(simulator, kube_config, count, requests):
    assert not many(simulator, kube_config, count).failed
    assert len(simulator.requests()) == requests
    again = many(simulator, kube_config, count)
    assert again.result["changed"] is False
    assert len(simulator.requests()) == requests + -(-count // 200)


def test_a_list_amid_faults_registers_each_once(simulator, kube_config):
    for skip, fault in enumerate(
        [
            Fault.throttle(),
            Fault.lost(commit="before"),
            Fault.status(503),
            Fault.status(500, commit=True),
            Fault.truncated(),
        ]
    ):
        simulator.fault(CREATE, fault, times=1, skip=2 * skip)
    ran = many(simulator, kube_config, 20)
    assert not ran.failed, ran.msg
    assert names(simulator) == [f"c{number:03}" for number in range(20)]
    assert {entry["cluster_id"] for entry in ran.result["results"]} == {c.cluster_id for c in simulator.clusters()}


def test_in_a_list_one_failure_leaves_the_others(simulator, kube_config):
    expired = kubeconfigs.kubeadm("https://10.0.0.7:6443", days=-1)
    clusters = [
        {"name": "a", "kube_config": kube_config},
        {"name": "b", "kube_config": expired},
        {"name": "c", "kube_config": kube_config},
    ]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters})
    assert ran.failed and ran.msg.startswith("1 of 3 clusters failed. 'b': kube_config: users[0]")
    assert [entry["failed"] for entry in ran.result["results"]] == [False, True, False]
    assert (ran.result["changed"], names(simulator)) == (True, ["a", "c"])


def test_after_a_refused_credential_the_rest_of_a_list_is_left_alone(simulator, kube_config):
    """Every further refusal brings the access key nearer to being locked."""
    simulator.fault(CREATE, Fault.status(401, error_code="APIGW.0301"), times=99)
    ran = many(simulator, kube_config, 30, concurrency=4)
    assert ran.failed and simulator.count(CREATE) <= 4
    assert {entry["failure"]["outcome"] for entry in ran.result["results"]} == {"rejected", "not_sent"}


def test_a_list_with_a_name_twice_is_refused_before_any_request(simulator, kube_config):
    clusters = [{"name": "a", "kube_config": kube_config}, {"name": "a", "kube_config": kube_config}]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters})
    assert ran.failed and ran.msg.startswith("clusters[1].name: 'a' is already given by clusters[0]")
    assert simulator.requests() == []


@pytest.mark.parametrize("concurrency", [0, 33])
def test_concurrency_has_bounds(simulator, kube_config, concurrency):
    ran = many(simulator, kube_config, 1, concurrency=concurrency)
    assert ran.failed and ran.msg.startswith("concurrency: must be from 1 to 32")


def test_check_mode_of_a_list_is_the_real_run_that_follows(simulator, kube_config):
    clusters = [{"name": name, "kube_config": kube_config} for name in ("a", "b")]
    args = {**connection(simulator), "clusters": clusters}
    checked = run(hss_multicloud_clusters.main, args, check=True)
    assert simulator.clusters() == []
    real = run(hss_multicloud_clusters.main, args)
    for key in ("changed", "diff"):
        assert checked.result[key] == real.result[key]
    assert [e["actions"] for e in checked.result["results"]] == [e["actions"] for e in real.result["results"]]
