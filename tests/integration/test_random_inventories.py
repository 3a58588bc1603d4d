# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random inventories: what HSS has after a play equals what the hosts say one by one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import kubeconfigs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import (
    KubeconfigPolicy,
    canonicalize,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.clusters import group_by_cluster
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.reading import HostReading
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.register import connections_of, register
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.report import host_results
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import (
    InvalidVariable,
    Variables,
    read_variables,
)
from simulator import Simulator

NAMES = ("ape", "bee", "cat", "dog")
# Kubeconfigs whose server and CA are those of one cluster, by the cluster.
CLUSTERS = (1, 2, 3)


@dataclass(frozen=True)
class Host:
    """A host of the inventory; all that it says differs from host to host."""

    name: str
    cluster: int
    state: str
    hss: int
    usable: bool
    bad_option: bool
    several: bool


HOSTS = st.lists(
    st.builds(
        Host,
        name=st.sampled_from(NAMES),
        cluster=st.sampled_from(CLUSTERS),
        state=st.sampled_from(["present", "present", "absent"]),
        hss=st.sampled_from([0, 0, 0, 1]),
        usable=st.sampled_from([True, True, True, False]),
        bad_option=st.sampled_from([False, False, False, True]),
        several=st.sampled_from([False, False, True]),
    ),
    min_size=1,
    max_size=6,
)
SEEDED = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)


@pytest.fixture(scope="module")
def services():
    """Two services with accounts of their own."""
    with Simulator() as first, Simulator() as second:
        yield first, second


@pytest.fixture(scope="module")
def texts():
    """A kubeconfig of each cluster."""
    return {number: kubeconfigs.kubeadm(f"https://10.0.0.{number}:6443") for number in CLUSTERS}


def read(number: int, host: Host, texts, services) -> HostReading:
    """Returns what the first stage finds out about a host."""
    hss = services[host.hss]
    connection = {
        "endpoint": hss.endpoint,
        "ca_path": hss.ca_file,
        "project_id": hss.project_id,
        "access_key": hss.access_key,
        "secret_key": hss.secret_key,
    }
    variables = {
        "hss_onboard_name": host.name,
        "hss_onboard_state": host.state,
        "hss_onboard_connection": connection,
        "hss_onboard_allow_several_names": host.several,
        "hss_onboard_cluster": {"image_repo_tipe": "harbor"} if host.bad_option else {},
    }
    name = f"host-{number}"
    try:
        known = read_variables(variables)
    except InvalidVariable as exc:
        return HostReading(name, Variables(host.name), variables_valid=False, problem=str(exc))
    reading = HostReading(name, known)
    if not known.present:
        return reading
    if not host.usable:
        return dataclasses.replace(reading, problem="ssh: connection refused", unreachable=True)
    config = canonicalize(texts[host.cluster], KubeconfigPolicy())
    return dataclasses.replace(
        reading,
        kube_config=config.text,
        server=config.server,
        ca=config.ca,
        user="admin",
        days_left=config.days_left,
    )


def play(readings, check_mode):
    """Runs the stage that asks HSS, and returns the clusters and the results of the hosts."""
    clusters = group_by_cluster(readings)
    for connected in connections_of(clusters, {}, lambda _text: None):
        register(connected, check_mode)
    return clusters, host_results(clusters, check_mode)


def expected(hosts, registered):
    """Returns what each service should have, by name: derived from the hosts alone."""
    groups = {}
    for host in hosts:
        groups.setdefault(host.name, []).append(host)
    wanted = {}
    for name, members in groups.items():
        valid = [host for host in members if not host.bad_option]
        speakers = [host for host in valid if host.usable or host.state == "absent"]
        said = {(host.state, host.hss, host.several) for host in valid}
        kubeconfigs_differ = valid and valid[0].state == "present" and len({host.cluster for host in speakers}) > 1
        if len(said) == 1 and speakers and not kubeconfigs_differ:
            wanted[name] = speakers[0]
    present = {name: host for name, host in wanted.items() if host.state == "present"}
    refused = {
        name
        for name, host in present.items()
        for other_name, other in present.items()
        if name != other_name
        and (host.hss, host.cluster) == (other.hss, other.cluster)
        and not (host.several and other.several)
    }
    after = [dict(names) for names in registered]
    for name, host in wanted.items():
        if name in refused:
            continue
        if host.state == "absent":
            after[host.hss].pop(name, None)
        else:
            after[host.hss][name] = f"https://10.0.0.{host.cluster}:6443"
    return after


def registered_in(services):
    return [{cluster.name: cluster.server for cluster in service.clusters()} for service in services]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hosts=HOSTS, seeded=SEEDED)
def test_hss_has_what_the_hosts_say_one_by_one(services, texts, monkeypatch, hosts, seeded):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda _seconds: None))
    for service in services:
        service.reset()
    # A seeded cluster has the address that its first host has, since another address is not changed unasked.
    servers = {host.name: f"https://10.0.0.{host.cluster}:6443" for host in reversed(hosts) if not host.bad_option}
    services[0].seed_clusters([{"name": name, "server": servers.get(name, "https://10.9.9.9:6443")} for name in seeded])
    before = registered_in(services)
    after = expected(hosts, before)
    drifted = {name for name in before[0] if name in after[0] and before[0][name] != after[0][name]}
    for name in drifted:
        after[0][name] = before[0][name]
    readings = [read(number, host, texts, services) for number, host in enumerate(hosts)]

    _clusters, foretold = play(readings, check_mode=True)
    assert registered_in(services) == before
    clusters, results = play(readings, check_mode=False)
    assert registered_in(services) == after
    for host, result in results.items():
        for key in ("changed", "actions", "failed"):
            assert result[key] == foretold[host][key], (host, key)

    # A host fails, or its cluster is as it says.
    for reading, host in zip(readings, hosts, strict=True):
        result = results[reading.host]
        if not result["failed"] and "unreachable" not in result and reading.usable and host.state == "present":
            assert host.name in after[host.hss]
    _clusters, again = play(readings, check_mode=False)
    assert registered_in(services) == after
    assert not any(result["changed"] for result in again.values())
    assert {host: result["failed"] for host, result in again.items()} == {
        host: result["failed"] for host, result in results.items()
    }
    assert len(clusters) == len({host.name for host in hosts})
