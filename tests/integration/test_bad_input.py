# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes of users: the message names the option or the code from HSS, and the remedy. Nothing is created."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import kubeconfigs
import pytest
from modules import run

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import Session
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster, hss_multicloud_clusters
from simulator import Fault, Simulator

CREATE, LIST = "CreateMultiCloudClusters", "ListMultiCloudClusters"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(Session, "sleep", staticmethod(lambda _seconds: None))


@pytest.fixture(scope="module")
def kube_config():
    return kubeconfigs.kubeadm("https://10.0.0.5:6443")


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Case:
    """Options that differ from valid ones (None removes an option), a preparation of the simulator, and the message."""

    words: list[str]
    options: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Simulator], Any] = lambda _simulator: None
    outcome: str | None = "not_sent"
    requests: int = 0
    code: str | None = None
    environ: dict[str, str] = field(default_factory=dict)


CASES = {
    # Options: refused before any request.
    "unknown provider": Case(["provider", "self_built_idc", "gcp"], {"provider": "gcp"}, outcome=None),
    "unknown option": Case(["Unsupported parameters", "cluster_name"], {"cluster_name": "x"}, outcome=None),
    "name missing": Case(["name", "cluster_id"], {"name": None}, outcome=None),
    "name empty": Case(["name: is missing"], {"name": ""}),
    "name with spaces around": Case(["name: must not", "white space"], {"name": " shop"}),
    "date in seconds": Case(
        ["current_expiration_date: 1795435200 looks like seconds", "1795435200000"],
        {"current_expiration_date": 1795435200},
    ),
    "date negative": Case(["certificate_expiration_date: -1"], {"certificate_expiration_date": -1}),
    "date not a number": Case(["current_expiration_date", "int"], {"current_expiration_date": "soon"}, outcome=None),
    "dns_config without its policy": Case(
        ["dns_config: must be set if dns_policy is none"], {"dns_config": ["192.0.2.1"]}
    ),
    "dns_policy none without addresses": Case(
        ["dns_config: must be set if dns_policy is none"], {"dns_policy": "none"}
    ),
    "dns_config no address": Case(
        ["dns_config: 'ns.example.com' is not an IP address"], {"dns_policy": "none", "dns_config": "ns.example.com"}
    ),
    "server with a space": Case(["server: must not hold white space"], {"server": "10.0.0.5 :6443"}),
    "server loopback": Case(["server: '127.0.0.1'", "HSS cannot reach"], {"server": "https://127.0.0.1:6443"}),
    # Kubeconfigs.
    "kubeconfig broken": Case(
        ["kube_config: kubeconfig: is not a YAML or JSON document"], {"kube_config": "clusters: [\n"}
    ),
    "kubeconfig empty": Case(["kube_config", "is needed", "kubeconfig_info"], {"kube_config": ""}, requests=1),
    "kubeconfig of another kind": Case(
        ["kube_config: kind: is Secret", "b64decode"], {"kube_config": "kind: Secret\n"}
    ),
    "kubeconfig expired": Case(
        ["kube_config: users[0].user.client-certificate-data: the certificate expired on", "kubeadm certs renew"],
        {"kube_config": kubeconfigs.kubeadm("https://10.0.0.5:6443", days=-1)},
    ),
    "kubeconfig with loopback": Case(
        ["kube_config: clusters[0].cluster.server: '127.0.0.1'", "option server"], {"kube_config": kubeconfigs.k3s()}
    ),
    "kubeconfig with a path": Case(
        ["kube_config: users[0].user.tokenFile", "kubeconfig_info"],
        {
            "kube_config": str(
                kubeconfigs.document("https://10.0.0.5:6443", kubeconfigs.Authority().pem, {"tokenFile": "/run/token"})
            )
        },
    ),
    "context unknown": Case(
        ["kube_config: context: there is no context 'prod'. The file has: admin@kubernetes"],
        {"kube_config_context": "prod"},
    ),
    # Credentials and addresses.
    "half a credential": Case(["secret_key: missing beside access_key"], {"secret_key": None}),
    "half a credential in the environment": Case(
        ["HW_SECRET_KEY: missing beside HW_ACCESS_KEY"],
        {"access_key": None, "secret_key": None},
        environ={"HW_ACCESS_KEY": "an-access-key"},
    ),
    "no credential": Case(
        ["access_key: no credential found", "HW_ACCESS_KEY and HW_SECRET_KEY"], {"access_key": None, "secret_key": None}
    ),
    "no region": Case(["region: no region is given", "HW_REGION_NAME"], {"endpoint": None, "project_id": None}),
    "region misspelt": Case(["region: 'CN North' is not a region's name"], {"region": "CN North"}),
    "region unknown": Case(
        ["hss.cn-nowhere-9.myhuaweicloud.com cannot be reached: the name does not resolve", "Check region"],
        {"endpoint": None, "region": "cn-nowhere-9", "max_retries": 0, "ca_path": None},
    ),
    "endpoint unreachable": Case(
        ["refused the connection", "Check region, endpoint"],
        {"endpoint": f"https://127.0.0.1:{closed_port()}", "max_retries": 1},
    ),
    "TLS not trusted": Case(["TLS certificate that is not trusted", "ca_path"], {"ca_path": None}),
    "endpoint is plain http": Case(["does not speak TLS"], {"ca_path": None}),  # see the special case below
    "project not found": Case(
        ["look up the project 'nowhere' in IAM: there is no such project", "Give project_id"],
        {"project_id": None, "project_name": "nowhere"},
        requests=1,
    ),
    # Errors from HSS and its gateway.
    "secret wrong": Case(
        ["APIGW.0301", "check access_key, secret_key"],
        {"secret_key": "x" * 40},
        outcome="rejected",
        requests=1,
        code="APIGW.0301",
    ),
    "AK locked": Case(
        ["APIGW.0301", "locked"],
        prepare=lambda sim: sim.fault(
            LIST, Fault.status(401, error_code="APIGW.0301", error_msg="The access key is locked."), times=9
        ),
        outcome="rejected",
        requests=1,
        code="APIGW.0301",
    ),
    "token expired": Case(
        ["APIGW.0307", "auth_token"],
        prepare=lambda sim: sim.fault(LIST, Fault.status(401, error_code="APIGW.0307"), times=9),
        outcome="rejected",
        requests=1,
        code="APIGW.0307",
    ),
    "no permission": Case(
        ["HSS.0013", "HSS FullAccess"],
        prepare=lambda sim: sim.fault(LIST, Fault.status(400, error_code="HSS.0013"), times=9),
        outcome="rejected",
        requests=1,
        code="HSS.0013",
    ),
    "older error body": Case(
        ["00000010", "Access denied"],
        prepare=lambda sim: sim.fault(LIST, Fault.status(400, error_code="00000010", error_msg="拒绝访问"), times=9),
        outcome="rejected",
        requests=1,
        code="00000010",
    ),
    "quota used up": Case(
        ["register the cluster 'shop'", "HSS.1002", "buy quota"],
        prepare=lambda sim: sim.configure(max_clusters=0),
        outcome="rejected",
        requests=2,
        code="HSS.1002",
    ),
    "throttled": Case(
        ["APIGW.0308", "lower the concurrency"],
        prepare=lambda sim: sim.fault(LIST, Fault.throttle(), times=99),
        outcome="rejected",
        requests=3,
        code="APIGW.0308",
    ),
    "HTML instead of JSON": Case(
        ["did not answer with a JSON object", "proxy or a login page"],
        prepare=lambda sim: sim.fault(LIST, Fault.html(), times=99),
        outcome="rejected",
        requests=1,
    ),
    "redirected to a login page": Case(
        ["answered with a redirect", "Check endpoint"],
        prepare=lambda sim: sim.fault(LIST, Fault.redirect("https://login.example.com/"), times=99),
        outcome="rejected",
        requests=1,
    ),
    "API not published in the region": Case(
        ["APIGW.0101", "in some regions only"],
        prepare=lambda sim: sim.configure(published=False),
        outcome="rejected",
        requests=1,
        code="APIGW.0101",
    ),
    "the other gateway prefix": Case(
        ["APIG.0101", "in some regions only"],
        prepare=lambda sim: sim.configure(published=False, gateway_prefix="APIG"),
        outcome="rejected",
        requests=1,
        code="APIG.0101",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_message_names_the_problem_and_nothing_is_created(simulator, kube_config, monkeypatch, case, request):
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in case.environ.items():
        monkeypatch.setenv(name, value)
    case.prepare(simulator)
    args = {
        "name": "shop",
        "provider": "aws",
        "kube_config": kube_config,
        "endpoint": simulator.endpoint,
        "auth_url": simulator.endpoint,
        "ca_path": simulator.ca_file,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "max_retries": 2,
        "timeout": 5,
        **case.options,
    }
    if "plain http" in request.node.callspec.id:
        with Simulator(tls=False) as plain:
            args["endpoint"] = plain.endpoint.replace("http:", "https:")
            ran = run_without_nones(args)
    else:
        ran = run_without_nones(args)

    assert ran.failed and ran.code != 0
    for words in case.words:
        assert words in ran.msg
    if case.outcome:
        assert ran.result["failure"]["outcome"] == case.outcome
        assert ran.result["failure"]["error_code"] == case.code
    if case.code:
        assert ran.result["failure"]["request_id"]
    assert len(simulator.requests()) == case.requests
    assert simulator.clusters() == []
    assert args.get("secret_key") is None or args["secret_key"] not in ran.output


def run_without_nones(args):
    return run(hss_multicloud_cluster.main, {key: value for key, value in args.items() if value is not None})


def test_no_request_is_sent_if_every_cluster_of_a_list_is_invalid(simulator):
    clusters = [{"name": "a", "kube_config": "clusters: ["}, {"name": "b", "kube_config": kubeconfigs.k3s()}]
    args = {
        "endpoint": simulator.endpoint,
        "project_id": simulator.project_id,
        "access_key": simulator.access_key,
        "secret_key": simulator.secret_key,
        "clusters": clusters,
    }
    ran = run(hss_multicloud_clusters.main, args)
    assert ran.failed and ran.msg.startswith("2 of 2 clusters failed.")
    assert simulator.requests() == []
