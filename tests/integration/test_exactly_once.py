# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster is registered exactly once, with each fault of the create and list requests.

The modules run with the simulator, and their pauses are divided by 50.
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
# The 15 seconds for which a lost create is polled, at that speed, plus the duration of the requests.
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


# fault, times, whether the run succeeds, clusters afterwards, create requests
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


def test_a_create_carried_out_after_the_run_is_found_by_the_next_run(simulator, kube_config):
    simulator.fault(CREATE, Fault.lost(commit="late", delay=PATIENCE + 2), times=1)
    first = register(simulator, kube_config)
    assert first.failed and first.result["failure"]["outcome"] == "unknown"
    deadline = time.monotonic() + 20
    while not simulator.clusters() and time.monotonic() < deadline:
        time.sleep(0.05)
    second = register(simulator, kube_config)
    assert (second.result["changed"], names(simulator), simulator.count(CREATE)) == (False, ["shop"], 1)


class FirstCreateSucceedsLate(type(Fault.status(504))):
    """Carries out a request twice: once for the first attempt, to which the gateway responded with 504."""

    def play(self, scene):
        scene.carry_out()
        return scene.carry_out()


def test_one_registration_remains_if_a_5xx_request_and_its_retry_are_both_carried_out(simulator, kube_config):
    simulator.fault(CREATE, Fault.status(504), times=1)
    simulator.fault(CREATE, FirstCreateSucceedsLate(504), times=1, skip=1)
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
    """An incomplete or invalid listing never leads to a create request."""
    fault, times, succeeds = case
    # The listing has three pages, with the cluster on the last one.
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


def test_a_stale_listing_does_not_cause_a_second_registration(simulator, kube_config):
    """Eventual consistency: a new cluster is not listed for some time."""
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


class SimultaneousListings(Fault):
    """Delays the first listings until all runs have requested one, so that no run sees the clusters of another."""

    def __init__(self, runs):
        self._barrier = threading.Barrier(runs)

    def play(self, scene):
        reply = scene.carry_out()
        self._barrier.wait(timeout=60)
        return reply


@pytest.mark.parametrize("runs", [2, 4, 8])
def test_simultaneous_runs_end_with_one_registration(simulator, kube_config, runs):
    simulator.fault(LIST, SimultaneousListings(runs), times=runs)
    args = {**connection(simulator, timeout=60), "name": "shop", "kube_config": kube_config}
    # Eight processes on few cores need more time between two polls than runs on different machines.
    started = [start("hss_multicloud_cluster", args, speed=5 if runs < 8 else 2) for _run in range(runs)]
    results = [finish(process) for process in started]
    assert simulator.count(CREATE) >= runs
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert names(simulator) == ["shop"]
    assert {result["cluster_id"] for result in results} == {simulator.clusters()[0].cluster_id}
    assert register(simulator, kube_config).result["changed"] is False


@pytest.mark.parametrize("runs", [2, 4])
def test_simultaneous_runs_with_overlapping_lists_end_with_one_registration_per_name(simulator, kube_config, runs):
    """As with slices of a job: each run has half of its names in common with the next run."""
    simulator.fault(LIST, SimultaneousListings(runs), times=runs)
    wanted = [[f"c{(3 * run_number + each) % (3 * runs)}" for each in range(6)] for run_number in range(runs)]

    def args(names):
        clusters = [{"name": name, "kube_config": kube_config, "server": f"10.0.1.{name[1:]}"} for name in names]
        return {**connection(simulator, timeout=60), "clusters": clusters}

    started = [start("hss_multicloud_clusters", args(names), speed=5) for names in wanted]
    results = [finish(process) for process in started]
    assert [result.get("msg") for result in results if result.get("failed")] == []
    registered = {cluster.name: cluster.cluster_id for cluster in simulator.clusters()}
    assert len(registered) == len(simulator.clusters()) == 3 * runs
    for result in results:
        assert {entry["name"]: entry["cluster_id"] for entry in result["results"]}.items() <= registered.items()
    second = [run(hss_multicloud_clusters.main, args(names)) for names in wanted]
    assert [ran.result["changed"] for ran in second] == [False] * runs


def many(simulator, kube_config, count, **options):
    clusters = [
        {"name": f"c{number:03}", "kube_config": kube_config, "server": f"10.0.1.{number}"} for number in range(count)
    ]
    return run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters, **options})


@pytest.mark.parametrize("count, requests", [(1, 3), (10, 12), (200, 202), (250, 253)])
def test_a_list_needs_one_request_per_cluster_and_two_listings(simulator, kube_config, count, requests):
    assert not many(simulator, kube_config, count).failed
    assert len(simulator.requests()) == requests
    again = many(simulator, kube_config, count)
    assert again.result["changed"] is False
    assert len(simulator.requests()) == requests + -(-count // 200)


def test_a_list_registers_each_cluster_once_despite_faults(simulator, kube_config):
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


def test_a_failure_in_a_list_does_not_affect_the_others(simulator, kube_config):
    expired = kubeconfigs.kubeadm("https://10.0.0.7:6443", days=-1)
    clusters = [
        {"name": "a", "kube_config": kube_config},
        {"name": "b", "kube_config": expired},
        {"name": "c", "kube_config": kube_config, "server": "10.0.0.9"},
    ]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters})
    assert ran.failed and ran.msg.startswith("1 of 3 clusters failed. 'b': kube_config: users[0]")
    assert [entry["failed"] for entry in ran.result["results"]] == [False, True, False]
    assert (ran.result["changed"], names(simulator)) == (True, ["a", "c"])


def test_after_a_refused_credential_no_further_requests_are_sent(simulator, kube_config):
    """Several refused requests lock the access key."""
    simulator.fault(CREATE, Fault.status(401, error_code="APIGW.0301"), times=99)
    ran = many(simulator, kube_config, 30, concurrency=4)
    assert ran.failed and simulator.count(CREATE) <= 4
    assert {entry["failure"]["outcome"] for entry in ran.result["results"]} == {"rejected", "not_sent"}


def test_a_list_in_which_every_entry_contradicts_another_sends_no_request(simulator, kube_config):
    clusters = [{"name": "a", "kube_config": kube_config}, {"name": "a", "kube_config": kube_config}]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters})
    assert [entry["msg"].partition(". ")[0] for entry in ran.result["results"]] == [
        "clusters[0].name: 'a' is also that of clusters[1]",
        "clusters[1].name: 'a' is also that of clusters[0]",
    ]
    assert ran.failed and simulator.requests() == []


def test_entries_that_contradict_each_other_fail_and_the_others_are_done(simulator, kube_config):
    other = kubeconfigs.kubeadm("https://10.0.0.8:6443")
    clusters = [
        {"name": "a", "kube_config": kube_config},
        {"name": "b", "kube_config": other},
        {"name": "a", "kube_config": kube_config, "server": "10.0.0.9"},
        {"name": "c", "kube_config": kube_config, "server": "10.0.0.7"},
        {"name": "d", "kube_config": kube_config, "server": "https://10.0.0.7:6443/"},
        {"cluster_id": "an-id", "state": "absent"},
        {"cluster_id": "an-id", "state": "absent"},
        {"name": "e", "kube_config": kube_config, "server": "10.0.0.6"},
    ]
    args = {**connection(simulator), "clusters": [{k: v for k, v in c.items() if k != "state"} for c in clusters]}
    ran = run(hss_multicloud_clusters.main, args)
    results = ran.result["results"]
    assert [entry["failed"] for entry in results] == [True, False, True, True, True, True, True, False]
    assert ran.failed and ran.msg.startswith("6 of 8 clusters failed.")
    assert results[2]["name"] == "a" and results[2]["msg"].startswith(
        "clusters[2].name: 'a' is also that of clusters[0]"
    )
    assert results[3]["msg"].startswith("clusters[3].kube_config: is a kubeconfig of the same cluster")
    assert "clusters[4]" in results[3]["msg"] and "clusters[3]" in results[4]["msg"]
    assert results[6]["msg"].startswith("clusters[6].cluster_id: 'an-id' is also that of clusters[5]")
    assert all(entry["failure"]["outcome"] == "not_sent" for entry in results if entry["failed"])
    assert names(simulator) == ["b", "e"]


def test_control_planes_of_one_cluster_under_two_names_are_refused(simulator):
    """Each has a certificate of its own; the server and the CA are the same."""
    ca = kubeconfigs.Authority()
    texts = [kubeconfigs.kubeadm("https://10.0.0.5:6443", ca=ca, days=days) for days in (100, 300)]
    clusters = [{"name": f"cp{number}", "kube_config": text} for number, text in enumerate(texts)]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters})
    assert [entry["failed"] for entry in ran.result["results"]] == [True, True] and simulator.requests() == []


def test_two_clusters_at_one_address_are_a_warning(simulator):
    """Two networks may have the same addresses, so that another CA makes it another cluster."""
    texts = [kubeconfigs.kubeadm("https://10.0.0.5:6443") for _number in range(2)]
    clusters = [{"name": f"c{number}", "kube_config": text} for number, text in enumerate(texts)]
    args = {**connection(simulator), "clusters": clusters}
    for check in (True, False):
        ran = run(hss_multicloud_clusters.main, args, check=check)
        assert not ran.failed
        for other, entry in zip(("'c1'", "'c0'"), ran.result["results"], strict=True):
            (warning,) = (text for text in entry["warnings"] if "same cluster?" in text)
            assert f"is also the server of {other} in this list" in warning
    assert names(simulator) == ["c0", "c1"]
    assert not any("same cluster?" in text for text in run(hss_multicloud_clusters.main, args).warnings)


def test_one_registration_by_its_name_and_by_its_id_is_a_contradiction(simulator, kube_config):
    first, second = simulator.seed_clusters([{"name": "a"}, {"name": "b"}])
    clusters = [{"name": "a"}, {"cluster_id": first}, {"cluster_id": second}]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters})
    assert [entry["failed"] for entry in ran.result["results"]] == [True, True, False]
    assert f"clusters[0].cluster_id: '{first}' is also that of clusters[1]" in ran.result["results"][0]["msg"]


def test_registrations_with_one_name_can_be_removed_by_their_ids(simulator):
    ids = simulator.seed_clusters([{"name": "a"}, {"name": "a"}])
    clusters = [{"name": "a", "cluster_id": cluster_id} for cluster_id in ids]
    ran = run(hss_multicloud_clusters.main, {**connection(simulator), "clusters": clusters, "state": "absent"})
    assert not ran.failed and simulator.clusters() == []


@pytest.mark.parametrize("concurrency", [0, 33])
def test_concurrency_is_limited(simulator, kube_config, concurrency):
    ran = many(simulator, kube_config, 1, concurrency=concurrency)
    assert ran.failed and ran.msg.startswith("concurrency: must be from 1 to 32")


def test_check_mode_of_a_list_predicts_the_real_run(simulator, kube_config):
    clusters = [
        {"name": name, "kube_config": kube_config, "server": server} for name, server in (("a", "10.1"), ("b", "10.2"))
    ]
    args = {**connection(simulator), "clusters": clusters}
    checked = run(hss_multicloud_clusters.main, args, check=True)
    assert simulator.clusters() == []
    real = run(hss_multicloud_clusters.main, args)
    for key in ("changed", "diff"):
        assert checked.result[key] == real.result[key]
    assert [e["actions"] for e in checked.result["results"]] == [e["actions"] for e in real.result["results"]]
