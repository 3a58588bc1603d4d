# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a registration: renewal, extension, waiting and listing, for each way in which HSS may update dates."""

from __future__ import annotations

import time

import kubeconfigs
import pytest
import yaml
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters.summary import summary
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_daemonset_info,
    hss_multicloud_cluster,
    hss_multicloud_cluster_info,
    hss_multicloud_clusters,
    hss_multicloud_config_info,
)
from simulator import Fault, Simulator

CREATE, LIST, REMOVE, UPDATE = (
    "CreateMultiCloudClusters",
    "ListMultiCloudClusters",
    "RemoveMultiCloudClusters",
    "UpdateMultiCloudClusters",
)
SERVER = "https://10.0.0.5:6443"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda seconds: time.sleep(seconds / 50)))


@pytest.fixture(scope="module")
def ca():
    return kubeconfigs.Authority()


@pytest.fixture
def cluster(simulator):
    """Runs the module for a cluster, or another module with main=."""
    connection = {
        "endpoint": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "region": simulator.region,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 2,
        "timeout": 5,
    }

    def call(main=hss_multicloud_cluster.main, *, check=False, **options):
        return run(main, {**connection, **options}, check=check)

    return call


def key_in(kube_config):
    """The client's key, which tells two kubeconfigs apart."""
    return yaml.safe_load(kube_config)["users"][0]["user"]["client-key-data"]


@pytest.mark.parametrize("temperament", ["reparse", "keep", "round"])
@pytest.mark.parametrize("first", [30, 300])
def test_a_rotation_converges_however_hss_updates_the_dates(simulator, cluster, ca, temperament, first):
    """Registered, renewed, and unchanged from the third run on, even if HSS keeps the old date or rounds dates."""
    simulator.configure(temperament=temperament)
    old, new = kubeconfigs.kubeadm(SERVER, ca=ca, days=first), kubeconfigs.kubeadm(SERVER, ca=ca, days=365)
    assert cluster(name="shop", kube_config=old).result["actions"] == ["create"]
    assert cluster(name="shop", kube_config=old).result["actions"] == []
    checked = cluster(name="shop", kube_config=new, check=True)
    renewed = cluster(name="shop", kube_config=new)
    assert renewed.result["actions"] == checked.result["actions"] == ["update"]
    assert renewed.result["diff"] == checked.result["diff"]
    assert any("still reports" in text for text in renewed.warnings) is (temperament == "keep")
    (stored,) = simulator.clusters()
    assert key_in(stored.kube_config) == key_in(new)
    assert cluster(name="shop", kube_config=new).result["actions"] == []


@pytest.mark.parametrize("temperament", ["reparse", "keep", "round"])
def test_two_control_planes_converge_to_the_certificate_that_ends_last(simulator, cluster, ca, temperament):
    """Each has a certificate of its own; one after the other, the runs must not replace each other's for ever."""
    simulator.configure(temperament=temperament)
    first, second = (kubeconfigs.kubeadm(SERVER, ca=ca, days=days) for days in (100, 300))
    for text, actions in ((first, ["create"]), (second, ["update"]), (first, []), (second, []), (first, [])):
        ran = cluster(name="shop", kube_config=text)
        assert ran.result["actions"] == actions
        kept_back = [warning for warning in ran.warnings if "update_kube_config=always" in warning]
        # If HSS keeps the old date of the certificate, the first kubeconfig looks like the registered one.
        assert len(kept_back) == (text == first and actions == [] and temperament != "keep")
    (stored,) = simulator.clusters()
    assert key_in(stored.kube_config) == key_in(second)


@pytest.mark.parametrize("temperament", ["reparse", "round"])
def test_a_certificate_that_ends_sooner_is_sent_where_hss_cannot_connect(simulator, cluster, ca, temperament):
    simulator.configure(temperament=temperament)
    long, short = (kubeconfigs.kubeadm(SERVER, ca=ca, days=days) for days in (300, 100))
    cluster_id = cluster(name="shop", kube_config=long).result["cluster_id"]
    simulator.set_status(cluster_id, "connect_fail")
    for actions in (["update"], []):
        ran = cluster(name="shop", kube_config=short)
        assert ran.result["actions"] == actions and not any("kept" in warning for warning in ran.warnings)
    (stored,) = simulator.clusters()
    assert key_in(stored.kube_config) == key_in(short)


@pytest.mark.parametrize("temperament", ["reparse", "round"])
@pytest.mark.parametrize("milliseconds", [0, 667])
def test_a_rotation_converges_with_a_given_date(simulator, cluster, ca, temperament, milliseconds):
    simulator.configure(temperament=temperament)
    date = int(time.time() + 20 * 86400) * 1000 + milliseconds
    texts = [kubeconfigs.kubeadm(SERVER, ca=ca, days=days) for days in (40, 365, 100)]
    for text, action, kept in zip(texts, (["create"], ["update"], []), (texts[0], texts[1], texts[1]), strict=True):
        for actions in (action, [], []):
            ran = cluster(name="shop", kube_config=text, current_expiration_date=date)
            assert ran.result["actions"] == actions
            assert not any("next run sends" in warning for warning in ran.warnings)
            assert any("update_kube_config=always" in warning for warning in ran.warnings) is (text != kept)
        (stored,) = simulator.clusters()
        assert stored.current_expiration_date // 1000 == date // 1000
        assert key_in(stored.kube_config) == key_in(kept)
    if temperament == "reparse":
        assert stored.current_expiration_date == date


def test_a_warning_if_no_date_shows_that_the_kubeconfig_was_sent(simulator, cluster, ca):
    """HSS keeps the old end of the certificate, and the user sets the other date."""
    simulator.configure(temperament="keep")
    date = int(time.time() + 20 * 86400) * 1000
    cluster(name="shop", kube_config=kubeconfigs.kubeadm(SERVER, ca=ca, days=40), current_expiration_date=date)
    text = kubeconfigs.kubeadm(SERVER, ca=ca)
    for _run in range(2):
        renewed = cluster(name="shop", kube_config=text, current_expiration_date=date)
        assert not renewed.failed and renewed.result["actions"] == ["update"]
        assert any("the next run sends the kubeconfig again" in warning for warning in renewed.warnings)


def with_token(ca, **claims):
    """A kubeconfig with a token, and the token."""
    document = yaml.safe_load(kubeconfigs.kubeadm(SERVER, ca=ca))
    token = kubeconfigs.jwt(sub="system:serviceaccount:hss-access:hss", **claims)
    document["users"][0]["user"] = {"token": token}
    return yaml.safe_dump(document), token


@pytest.mark.parametrize("temperament", ["reparse", "keep", "round"])
def test_each_token_that_ends_is_sent_once(simulator, cluster, ca, temperament):
    simulator.configure(temperament=temperament)
    for hours, action in ((1, "create"), (2, "update"), (30, "update")):
        text, token = with_token(ca, exp=kubeconfigs.now() + hours * 3600)
        sent = cluster(name="shop", provider="self_built_idc", kube_config=text)
        assert sent.result["actions"] == [action] and "still reports" not in " ".join(sent.warnings)
        assert yaml.safe_load(simulator.clusters()[0].kube_config)["users"][0]["user"] == {"token": token}
        assert cluster(name="shop", provider="self_built_idc", kube_config=text).result["actions"] == []
        assert "credential until 20" in summary([], simulator.clusters()[0].row(), False)


def test_a_token_after_a_certificate(simulator, cluster, ca):
    certificate = kubeconfigs.kubeadm(SERVER, ca=ca, days=30)
    cluster(name="shop", provider="self_built_idc", kube_config=certificate)
    refused = cluster(name="shop", kube_config=with_token(ca, exp=kubeconfigs.now() + 90 * 86_400)[0])
    assert refused.failed and "as the end of an earlier certificate" in refused.result["failure"]["hint"]
    # A token without an end does not exceed the end of the certificate, and an update always has a date.
    endless, token = with_token(ca)
    sent = cluster(name="shop", kube_config=endless, update_kube_config="always")
    assert any("which has no end, but still reports" in text for text in sent.warnings)
    (registered,) = simulator.clusters()
    assert registered.current_expiration_date == registered.certificate_expiration_date - 1000
    cluster(name="bank", provider="self_built_idc", kube_config=endless)
    assert cluster(name="bank", kube_config=endless, update_kube_config="always").result["actions"] == ["update"]
    assert simulator.clusters()[-1].current_expiration_date == 253_402_300_799_000
    (listed,) = cluster(hss_multicloud_cluster_info.main, name=["bank"]).result["clusters"]
    assert listed["days_left"] is None and "credential until" not in summary([], listed, False)


@pytest.mark.parametrize("temperament", ["reparse", "keep", "round"])
def test_an_extension_converges(simulator, cluster, ca, temperament):
    simulator.configure(temperament=temperament)
    text = kubeconfigs.kubeadm(SERVER, ca=ca)
    cluster(name="shop", kube_config=text)
    date = int(time.time() + 100 * 86400) * 1000 + 667
    for actions in (["update"], []):
        assert cluster(name="shop", kube_config=text, current_expiration_date=date).result["actions"] == actions


def test_a_recreation_interrupted_after_the_removal_is_completed_by_the_next_run(simulator, cluster, ca):
    text = kubeconfigs.kubeadm(SERVER, ca=ca)
    cluster(name="shop", kube_config=text, provider="aws")
    simulator.fault(CREATE, Fault.status(400, error_code="HSS.0010"), times=1)
    broken = cluster(name="shop", kube_config=text, provider="azure", on_drift="recreate")
    assert broken.failed and broken.result["actions"] == ["delete"] and simulator.clusters() == []
    again = cluster(name="shop", kube_config=text, provider="azure", on_drift="recreate")
    assert again.result["actions"] == ["create"]
    assert cluster(name="shop", kube_config=text, provider="azure", on_drift="recreate").result["changed"] is False


@pytest.mark.parametrize(
    "fault",
    [
        Fault.status(503),
        Fault.status(504, commit=True),
        Fault.lost(commit="before"),
        Fault.throttle(),
        Fault.truncated(),
    ],
)
def test_a_fault_on_an_update(simulator, cluster, ca, fault):
    cluster(name="shop", kube_config=kubeconfigs.kubeadm(SERVER, ca=ca, days=30))
    new = kubeconfigs.kubeadm(SERVER, ca=ca)
    simulator.fault(UPDATE, fault, times=1)
    assert cluster(name="shop", kube_config=new).result["actions"] == ["update"]
    assert cluster(name="shop", kube_config=new).result["actions"] == []


def test_waiting_for_several_clusters_of_which_one_cannot_connect(simulator, cluster, ca):
    clusters = [
        {"name": name, "kube_config": kubeconfigs.kubeadm(f"https://10.0.0.{number}:6443", ca=ca)}
        for number, name in enumerate(("a", "b", "c"), start=5)
    ]
    cluster(hss_multicloud_clusters.main, clusters=clusters)
    b = next(stored.cluster_id for stored in simulator.clusters() if stored.name == "b")
    simulator.set_status(b, "connect_fail", failed_message="the certificate is not made for 10.0.0.5")
    ran = cluster(hss_multicloud_clusters.main, clusters=clusters, wait=True)
    statuses = {entry["name"]: entry["cluster"]["status"] for entry in ran.result["results"]}
    assert statuses == {"a": "connect_success", "b": "connect_fail", "c": "connect_success"}
    assert ran.failed and "'b'" in ran.msg and "the certificate is not made for 10.0.0.5" in ran.msg


def test_waiting_for_a_missing_agent_times_out(simulator, cluster, ca):
    simulator.configure(agent_auto_applied=False)
    ran = cluster(name="shop", kube_config=kubeconfigs.kubeadm(SERVER, ca=ca), wait=True, wait_timeout=20)
    assert ran.failed and ran.result["failure"]["outcome"] == "timeout" and ran.result["actions"] == ["create"]


def days_from_now(days):
    return int((time.time() + days * 86400 + 60) * 1000)


@pytest.fixture
def registered(simulator):
    rows = [
        {"name": "soon", "provider": "aws", "certificate_expiration_date": days_from_now(5)},
        {"name": "late", "provider": "aws", "certificate_expiration_date": days_from_now(300)},
        {"name": "over", "provider": "ali", "certificate_expiration_date": days_from_now(-3)},
        {"name": "never", "provider": "ali", "certificate_expiration_date": None},
    ]
    for row in rows:
        row["current_expiration_date"] = row["certificate_expiration_date"]
    return dict(zip([row["name"] for row in rows], simulator.seed_clusters(rows), strict=True))


@pytest.mark.parametrize(
    "filters, names",
    [
        ({}, ["soon", "late", "over", "never"]),
        ({"name": ["late", "absent"]}, ["late"]),
        ({"provider": ["ali"]}, ["over", "never"]),
        ({"status": ["connect_fail"]}, []),
        ({"status": ["connect_fail", "connect_success"]}, ["soon", "late", "over", "never"]),
        ({"expires_within_days": 30}, ["soon", "over"]),
        ({"expires_within_days": 5}, ["over"]),
        ({"expires_within_days": 0}, ["over"]),
        ({"provider": ["aws"], "expires_within_days": 30}, ["soon"]),
        ({"name": []}, []),
        ({"provider": []}, []),
        ({"status": [], "name": ["late"]}, []),
        ({"name": [""]}, []),
    ],
)
def test_filters_are_applied_together(cluster, registered, filters, names):
    ran = cluster(hss_multicloud_cluster_info.main, **filters)
    assert [found["cluster_name"] for found in ran.result["clusters"]] == names
    assert ran.result["changed"] is False


@pytest.mark.parametrize("option", ["name", "provider", "status"])
def test_an_empty_filter_sends_no_request(simulator, cluster, registered, option):
    ran = cluster(hss_multicloud_cluster_info.main, include=["permissions"], **{option: []})
    assert ran.result["clusters"] == [] and simulator.requests() == []


def test_an_empty_id_does_not_select_every_cluster(simulator, cluster, registered):
    for main in (hss_multicloud_cluster_info.main, hss_cluster_daemonset_info.main):
        ran = cluster(main, cluster_id="")
        assert ran.failed and ran.msg.startswith("cluster_id: must not be empty")
    assert simulator.requests() == []


@pytest.mark.parametrize(
    ("filters", "names"), [({}, ["shop-7"]), ({"name": ["shop-7"]}, ["shop-7"]), ({"name": ["shop-8"]}, [])]
)
def test_an_id_is_looked_up_with_one_request(simulator, cluster, filters, names):
    ids = simulator.seed_clusters([{"name": f"shop-{number}"} for number in range(450)])
    ran = cluster(hss_multicloud_cluster_info.main, cluster_id=ids[7], **filters)
    assert [found["cluster_name"] for found in ran.result["clusters"]] == names
    assert len(simulator.requests()) == simulator.count(LIST) == 1


def test_an_id_that_is_not_registered_selects_nothing(simulator, cluster, registered):
    ran = cluster(hss_multicloud_cluster_info.main, cluster_id="6f2b5593-7855-4dbd-aebe-4f736708b8db")
    assert not ran.failed and ran.result["clusters"] == [] and simulator.count(LIST) == 1


def test_days_left(cluster, registered):
    found = cluster(hss_multicloud_cluster_info.main).result["clusters"]
    assert {each["cluster_name"]: each["days_left"] for each in found} == {
        "soon": 5,
        "late": 300,
        "over": -3,
        "never": None,
    }
    by_id = cluster(hss_multicloud_cluster_info.main, cluster_id=registered["late"]).result["clusters"]
    assert [each["cluster_name"] for each in by_id] == ["late"]


def test_permissions_and_the_node_agent_are_included_on_request(simulator, cluster, registered):
    simulator.set_permissions([{"resources": "pods", "function": "check", "is_authed": False, "advice": "grant get"}])
    for cluster_id in registered.values():
        simulator.set_status(cluster_id, "connect_success")
    options = {"name": ["soon", "late"], "include": ["permissions", "daemonset"]}
    for found in cluster(hss_multicloud_cluster_info.main, **options).result["clusters"]:
        assert [row["advice"] for row in found["permissions"]] == ["grant get"]
        assert found["daemonset"] is None


def test_a_failed_query_for_one_cluster_does_not_affect_the_others(simulator, cluster, registered):
    simulator.fault("ShowMultiCloudClusterAuth", Fault.status(400, error_code="HSS.0011"), times=1)
    ran = cluster(hss_multicloud_cluster_info.main, include=["permissions"])
    assert not ran.failed and len(ran.warnings) == 1
    assert [found["permissions"] is None for found in ran.result["clusters"]].count(True) == 1


def test_hss_and_the_collection_interpret_a_kubeconfig_alike(simulator, cluster, ca):
    text = kubeconfigs.kubeadm(SERVER, ca=ca)
    ran = cluster(hss_multicloud_config_info.main, kube_config=text)
    cluster(name="shop", kube_config=text)
    (stored,) = simulator.clusters()
    assert ran.result["configs"] == [
        {"address": stored.server, "certificate_expiration_date": stored.certificate_expiration_date}
    ]


def test_an_unusable_kubeconfig_is_not_sent_for_analysis(simulator, cluster):
    ran = cluster(hss_multicloud_config_info.main, kube_config=kubeconfigs.k3s())
    assert ran.failed and "loopback" in ran.msg and simulator.requests() == []
    assert "LS0tLS1CRUdJTi" not in ran.output


def test_five_thousand_are_listed_in_25_requests():
    with Simulator() as simulator:
        simulator.seed_clusters(5000)
        args = {
            "endpoint": simulator.endpoint,
            "ca_path": simulator.ca_file,
            "project_id": simulator.project_id,
            "access_key": simulator.access_key,
            "secret_key": simulator.secret_key,
        }
        ran = run(hss_multicloud_cluster_info.main, args)
        assert (len(ran.result["clusters"]), simulator.count(LIST)) == (5000, 25)
