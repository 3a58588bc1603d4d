# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's unchanged SDK works with the simulator, and describes the API in the same way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import yaml
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException, SdkException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from huaweicloudsdkhss import v5 as hss
from kubeconfigs import Authority, certificate_user, document

from simulator import OPERATIONS, Fault, Operation, Simulator, contract

# The SDK gets the time in a way that is deprecated in newer versions of Python.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

Connect = Callable[..., hss.HssClient]
HSS_OPERATIONS = [operation for operation in OPERATIONS if operation.service == "HSS"]


@pytest.fixture
def connect(simulator: Simulator) -> Iterator[Connect]:
    """Creates SDK clients, which are closed after the test."""
    made: list[hss.HssClient] = []

    def build(credentials: BasicCredentials | None = None, region: Region | None = None) -> hss.HssClient:
        if credentials is None:
            credentials = BasicCredentials(simulator.access_key, simulator.secret_key, simulator.project_id)
        builder = hss.HssClient.new_builder().with_credentials(credentials)
        builder.with_http_config(HttpConfig(ssl_ca_cert=simulator.ca_file, timeout=10))
        client = builder.with_region(region).build() if region else builder.with_endpoints([simulator.endpoint]).build()
        made.append(client)
        return client

    yield build
    for client in made:
        http = client.get_http_client()
        http.close()
        http.executor.shutdown()


@pytest.fixture
def client(connect: Connect) -> hss.HssClient:
    """A client with the permanent keys."""
    return connect()


def create(client: hss.HssClient, name: str = "one", **fields: Any) -> str:
    """Registers a cluster with the SDK."""
    body = hss.MultiCloudClusterCreateRequestBody(name=name, **{"kube_config": "kind: Config", **fields})
    return str(client.create_multi_cloud_clusters(hss.CreateMultiCloudClustersRequest(body=body)).cluster_id)


def rows(client: hss.HssClient, **query: Any) -> list[Any]:
    """Returns the rows of a page."""
    return list(client.list_multi_cloud_clusters(hss.ListMultiCloudClustersRequest(**query)).data_list)


def synchronise(client: hss.HssClient, *cluster_ids: str) -> None:
    """Requests a synchronization of clusters."""
    named = [hss.MultiCloudClusterIdInfo(cluster_id) for cluster_id in cluster_ids]
    body = hss.MultiCloudClusterSyncStatusRequestBody(total_num=len(named), data_list=named)
    client.sync_multi_cloud_cluster_status(hss.SyncMultiCloudClusterStatusRequest(body=body))


def kubeconfig(days: float = 365, server: str = "https://api.example.com:6443") -> tuple[str, int]:
    """A kubeconfig and the end of its certificate."""
    authority = Authority()
    issued = authority.issue("admin", ["kubeadm:cluster-admins"], days=days)
    return yaml.safe_dump(document(server, authority.pem, certificate_user(issued))), issued.end


# The description of the API


def snake_case(name: str) -> str:
    """ListX -> list_x."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


@pytest.mark.parametrize("operation", HSS_OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_is_described_as_in_the_sdk(operation: Operation) -> None:
    request_class = getattr(hss, f"{operation.name}Request")
    request = request_class(**dict.fromkeys(request_class.openapi_types, "x"))
    info = getattr(hss.HssClient, f"_{snake_case(operation.name)}_http_info")(request)
    assert (info["method"], info["resource_path"]) == (operation.method, operation.path)
    assert {name for name, _dummy in info["query_params"]} == set(operation.query)
    assert ("region" in info["header_params"]) == operation.needs_region
    assert set(info["path_params"]) == ({"cluster_id"} if "{cluster_id}" in operation.path else set())


KINDS = {"str": str, "int": int, "bool": bool}


def fields_of(model: Any) -> dict[str, type]:
    """Returns the fields of a model and their types."""
    types = model.openapi_types.items()
    return {name: KINDS.get(kind, list if kind.startswith("list[") else dict) for name, kind in types}


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (hss.MultiCloudClusterCreateRequestBody, contract.CREATE_FIELDS),
        (hss.UpdateMultiCloudClusterRequestBody, contract.UPDATE_FIELDS),
        (hss.RuntimeRequestBody, contract.RUNTIME_FIELDS),
        (hss.CreateDaemonsetRequestBodyScheduleInfo, contract.SCHEDULE_FIELDS),
        (hss.CreateDaemonsetRequestBodyResourceInfo, contract.RESOURCE_FIELDS),
        (hss.CreateDaemonsetRequestBody, contract.DAEMONSET_FIELDS),
        (hss.UpdateDaemonsetRequestBody, contract.DAEMONSET_UPDATE_FIELDS),
        (hss.SwitchContainerHostsProtectStatusRequestInfo, contract.SWITCH_FIELDS),
        (hss.TagInfo, contract.TAG_FIELDS),
        (hss.UninstallAgentsRequestInfo, contract.UNINSTALL_FIELDS),
    ],
)
def test_the_fields_sent_are_those_of_the_sdk(model: Any, fields: dict[str, type]) -> None:
    assert fields_of(model) == fields


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (hss.MultiCloudClusterInfo, contract.LIST_FIELDS),
        (hss.MultiCloudClusterAuthInfo, contract.PERMISSION_FIELDS),
        (hss.ShowAgentAddressResponse, contract.NETWORK_FIELDS),
        (hss.ShowMultiCloudClusterImageCommandResponse, contract.IMAGE_COMMAND_FIELDS),
        (hss.ClusterInfoResponse, contract.DAEMONSET_ROW_FIELDS),
        (hss.ShowAgentDaemonsetDetailInfoResponse, contract.DAEMONSET_DETAIL_FIELDS),
        (hss.Host, contract.HOST_FIELDS),
        (hss.ResourceQuotasInfo, contract.QUOTA_FIELDS),
    ],
)
def test_the_fields_of_responses_are_those_of_the_sdk(model: Any, fields: tuple[str, ...]) -> None:
    assert set(model.openapi_types) == set(fields)


# The operations


def test_the_life_of_a_cluster(simulator: Simulator, client: hss.HssClient) -> None:
    text, end = kubeconfig()
    fields = {
        "provider": "self_built_idc",
        "server": "https://api.example.com:6443",
        "image_repo": "images.example.com",
        "image_repo_username": "puller",
        "image_repo_password": "a-registry-password-of-some-length",
        "organization": "platform",
        "image_repo_type": "harbor",
        "current_expiration_date": end,
        "certificate_expiration_date": end,
        "kube_config": text,
        "image_arch": "arm",
        "anp_proxy": "proxy.example.com:3128",
        "hostguard_proxy": "proxy.example.com:3129",
        "container_name": "agent",
        "dns_policy": "none",
        "dns_config": "192.0.2.1;192.0.2.2",
    }
    cluster_id = create(client, "eins-\u00e4", **fields)
    listed = rows(client)
    assert [row.to_dict() for row in listed] == [
        {
            "cluster_id": cluster_id,
            "cluster_name": "eins-\u00e4",
            "provider": "self_built_idc",
            "server": "https://api.example.com:6443",
            "image_repo": "images.example.com",
            "status": "not_connect",
            "version": None,
            "current_expiration_date": end,
            "certificate_expiration_date": end,
        }
    ]
    kept = simulator.cluster(cluster_id).as_dict()
    assert {name: kept[name] for name in fields} == fields

    synchronise(client, cluster_id)
    assert rows(client)[0].status == "connect_success"
    assert rows(client)[0].version

    client.remove_multi_cloud_clusters(hss.RemoveMultiCloudClustersRequest(cluster_id=cluster_id))
    assert rows(client) == []
    with pytest.raises(ClientRequestException) as caught:
        client.remove_multi_cloud_clusters(hss.RemoveMultiCloudClustersRequest(cluster_id=cluster_id))
    assert (caught.value.status_code, caught.value.error_code) == (400, "HSS.0011")
    assert caught.value.request_id == simulator.requests()[-1].request_id


def test_an_update_reads_the_new_certificate(simulator: Simulator, client: hss.HssClient) -> None:
    old, old_end = kubeconfig(days=30)
    new, new_end = kubeconfig(days=90)
    cluster_id = create(client, kube_config=old, certificate_expiration_date=old_end)
    body = hss.UpdateMultiCloudClusterRequestBody(current_expiration_date=new_end, kubeconfig=new, upgrade=True)
    client.update_multi_cloud_clusters(hss.UpdateMultiCloudClustersRequest(cluster_id=cluster_id, body=body))
    row = rows(client)[0]
    assert (row.current_expiration_date, row.certificate_expiration_date) == (new_end, new_end)
    assert simulator.cluster(cluster_id).kube_config == new
    assert simulator.cluster(cluster_id).upgrades == 1


def test_every_page_of_a_listing(simulator: Simulator, client: hss.HssClient) -> None:
    seeded = simulator.seed_clusters(205)
    for limit in (10, 200):
        found: list[str] = []
        while True:
            query = hss.ListMultiCloudClustersRequest(offset=len(found), limit=limit)
            page = client.list_multi_cloud_clusters(query)
            assert page.total_num == 205
            if not page.data_list:
                break
            found += [row.cluster_id for row in page.data_list]
        assert found == seeded
    assert [row.cluster_id for row in rows(client, cluster_id=seeded[77])] == [seeded[77]]
    assert len(rows(client)) == 10
    with pytest.raises(ClientRequestException, match="limit"):
        rows(client, limit=201)


def test_enterprise_projects_are_separate(simulator: Simulator, client: hss.HssClient) -> None:
    simulator.seed_clusters([{"name": "here"}, {"name": "there", "enterprise_project_id": "ep-1"}])
    names = {
        asked: [row.cluster_name for row in rows(client, enterprise_project_id=asked)]
        for asked in (None, "0", "ep-1", "ep-2", "all_granted_eps")
    }
    assert names == {
        None: ["here"],
        "0": ["here"],
        "ep-1": ["there"],
        "ep-2": [],
        "all_granted_eps": ["here", "there"],
    }


def test_analysing_a_kubeconfig(client: hss.HssClient) -> None:
    text, end = kubeconfig(server="https://192.0.2.7:6443")
    body = hss.MultiCloudClusterConfigRequestBody(kube_config=text)
    answer = client.parse_multi_cloud_cluster_config(hss.ParseMultiCloudClusterConfigRequest(body=body))
    assert answer.total_num == 1
    assert answer.data_list[0].to_dict() == {"address": "https://192.0.2.7:6443", "certificate_expiration_date": end}


def test_permissions(simulator: Simulator, client: hss.HssClient) -> None:
    cluster_id = create(client)
    answer = client.show_multi_cloud_cluster_auth(hss.ShowMultiCloudClusterAuthRequest(cluster_id=cluster_id, limit=50))
    assert answer.total_num == len(answer.data_list) > 0
    assert all(row.is_authed for row in answer.data_list)
    simulator.set_permissions([{"resources": "secrets", "api_groups": "", "is_authed": False}], cluster_id)
    answer = client.show_multi_cloud_cluster_auth(hss.ShowMultiCloudClusterAuthRequest(cluster_id=cluster_id))
    assert [(row.resources, row.is_authed, bool(row.advice)) for row in answer.data_list] == [("secrets", False, True)]


def documents(text: str) -> list[dict[str, Any]]:
    """Parses concatenated JSON documents."""
    decoder, found, position = json.JSONDecoder(), [], 0
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        found.append(value)
        position += len(text[position:]) - len(text[position:].lstrip())
    return found


def test_the_install_script(simulator: Simulator, client: hss.HssClient) -> None:
    scripts = {}
    for name in ("one", "two"):
        cluster_id = create(client, name)
        request = hss.ShowMultiCloudClusterProxyScriptRequest(cluster_id=cluster_id)
        scripts[name] = client.show_multi_cloud_cluster_proxy_script(request).install_script
        again = client.show_multi_cloud_cluster_proxy_script(request).install_script
        assert again == scripts[name]
    manifests = documents(scripts["one"])
    assert [manifest["kind"] for manifest in manifests] == [
        "Namespace",
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "Secret",
        "Deployment",
    ]
    secrets = [documents(script)[7]["data"] for script in scripts.values()]
    assert secrets[0] != secrets[1]
    simulator.configure(install_script="yaml")
    text = client.show_multi_cloud_cluster_proxy_script(request).install_script
    assert list(yaml.safe_load_all(text)) == documents(scripts["two"])


def test_agent_network_and_image_command(simulator: Simulator, client: hss.HssClient) -> None:
    network = client.show_agent_address(hss.ShowAgentAddressRequest())
    assert network.region_id == simulator.region
    assert not any(":" in address for address in (network.anp_address, network.agent_address))
    simulator.configure(agent_ports=True)
    network = client.show_agent_address(hss.ShowAgentAddressRequest())
    assert (network.anp_address[-5:], network.agent_address[-6:]) == (":8091", ":10180")
    password = "a registry password with $igns & blanks"
    commands = client.show_multi_cloud_cluster_image_command(
        hss.ShowMultiCloudClusterImageCommandRequest(
            image_repo="images.example.com",
            organization="platform",
            username="puller",
            password=password,
            plug_type="agent",
        )
    )
    assert f"'{password}'" in commands.image_command
    assert f"'{password}'" in commands.secret_command
    assert commands.image_command.startswith("unzip hss-images.zip && ")
    downloaded = requests.get(str(commands.images_download_url), verify=simulator.ca_file, timeout=10)
    archive = zipfile.ZipFile(io.BytesIO(downloaded.content))
    assert archive.namelist() == ["hss-docker-plugin.tar", "hostguard.tar"]
    # It was sent in the query, which the journal does not store.
    assert password not in str(simulator.requests())


def test_the_daemonset_operations(simulator: Simulator, client: hss.HssClient) -> None:
    region = simulator.region
    cluster_id = create(client, "one", provider="aws", image_repo="images.example.com", image_repo_username="puller")
    synchronise(client, cluster_id)
    template = client.show_agent_daemonset_deploy_template(hss.ShowAgentDaemonsetDeployTemplateRequest())
    assert template.is_default and template.runtime_info and template.schedule_info

    def detail() -> Any:
        return client.show_agent_daemonset_detail_info(hss.ShowAgentDaemonsetDetailInfoRequest(cluster_id=cluster_id))

    def row() -> Any:
        request = hss.ListAgentDaemonsetInfoRequest(region=region, type="aws", access_status=True)
        answer = client.list_agent_daemonset_info(request)
        assert answer.total_num == 1
        return answer.data_list[0]

    absent = detail()
    assert (absent.runtime_info, absent.yaml_content, absent.installed_status) == (None, None, "none")
    assert row().registry_info.registry_username == "puller"

    body = {
        "cluster_name": "one",
        "auto_upgrade": True,
        "runtime_info": template.runtime_info,
        "schedule_info": hss.CreateDaemonsetRequestBodyScheduleInfo(node_selector=["disk=ssd"]),
        "resource_info": hss.CreateDaemonsetRequestBodyResourceInfo(mode="customized", cpu_limit="1", mem_limit="1Gi"),
    }
    client.create_agent_daemonset(
        hss.CreateAgentDaemonsetRequest(cluster_id=cluster_id, body=hss.CreateDaemonsetRequestBody(**body))
    )
    first = detail()
    assert first.installed_status == "installing"
    assert first.ds_info.ready_num < first.ds_info.desired_num
    second = row()
    assert (second.installed_status, second.combined_status) == ("install_success", "running")
    assert second.ds_info.ready_num == second.ds_info.desired_num == second.node_num
    assert yaml.safe_load(detail().yaml_content)["kind"] == "DaemonSet"

    update = hss.UpdateDaemonsetRequestBody(agent_version="9.9.9", **body)
    client.update_agent_daemonset(hss.UpdateAgentDaemonsetRequest(region=region, cluster_id=cluster_id, body=update))
    assert row().installed_status == "upgrading"
    assert row().installed_status == "upgrade_success"
    assert row().agent_version == "9.9.9"

    client.delete_agent_daemonset(hss.DeleteAgentDaemonsetRequest(region=region, cluster_id=cluster_id))
    assert detail().runtime_info is not None
    assert detail().runtime_info is None


@pytest.fixture
def nodes(simulator: Simulator, client: hss.HssClient) -> list[str]:
    """The ids of the 3 hosts of a cluster whose agents are online."""
    simulator.seed_clusters([{"name": "shop", "cluster_id": "shop-id"}])
    body = hss.CreateDaemonsetRequestBody(
        cluster_name="shop", auto_upgrade=True, runtime_info=[hss.RuntimeRequestBody("containerd_endpoint")]
    )
    client.create_agent_daemonset(hss.CreateAgentDaemonsetRequest(cluster_id="shop-id", body=body))
    statuses = [[row.agent_status for row in hosts(client, cluster_id="shop-id")] for _poll in range(2)]
    assert statuses == [["online", "installing"], ["online"] * 3]
    return [row.host_id for row in hosts(client)]


def hosts(client: hss.HssClient, **query: Any) -> list[Any]:
    """Returns a page of hosts."""
    answer = client.list_host_status(hss.ListHostStatusRequest(region="cn-north-4", **{"limit": 200, **query}))
    assert answer.total_num == len(answer.data_list)
    return list(answer.data_list)


def switch(client: hss.HssClient, ids: list[str], version: str = contract.CONTAINER_VERSION, **fields: Any) -> None:
    """Switches protection."""
    body = hss.SwitchContainerHostsProtectStatusRequestInfo(version=version, host_id_list=ids, **fields)
    client.switch_container_protect_status(hss.SwitchContainerProtectStatusRequest(body=body))


def free_quotas(client: hss.HssClient) -> int:
    """Returns how many quotas are left for container protection."""
    request = hss.ShowResourceQuotasRequest(version=contract.CONTAINER_VERSION, charging_mode="packet_cycle")
    (row,) = client.show_resource_quotas(request).data_list
    assert row.total_num == row.used_num + row.available_num and len(row.available_resources_list) == row.available_num
    return int(row.available_num)


def test_protection_takes_quotas_and_gives_them_back(
    simulator: Simulator, client: hss.HssClient, nodes: list[str]
) -> None:
    simulator.configure(quotas=3, protection_polls=2)
    switch(client, nodes[:2], charging_mode="packet_cycle", tags=[hss.TagInfo(key="team", value="shop")])
    assert free_quotas(client) == 1
    assert [row.protect_status for row in hosts(client)] == ["closed"] * 3
    opened = hosts(client, protect_status="opened", agent_status="installed")
    assert [(row.host_id, row.version, row.charging_mode) for row in opened] == [
        (host_id, contract.CONTAINER_VERSION, "packet_cycle") for host_id in nodes[:2]
    ]
    switch(client, nodes, charging_mode="on_demand")
    assert free_quotas(client) == 1  # those that are open stay as they are
    switch(client, nodes, version=contract.NO_VERSION)
    assert free_quotas(client) == 3
    hosts(client)
    assert [row.protect_status for row in hosts(client)] == ["closed"] * 3


@pytest.mark.parametrize("split", [False, True])
def test_quotas_that_run_out(simulator: Simulator, client: hss.HssClient, nodes: list[str], split: bool) -> None:
    simulator.configure(quotas=2, quotas_split=split)
    with pytest.raises(ClientRequestException) as caught:
        switch(client, nodes, charging_mode="packet_cycle")
    assert (caught.value.status_code, caught.value.error_code) == (400, "HSS.1002")
    assert [host.protected for host in simulator.hosts()] == [split, split, False]


def test_protection_that_fails_on_one_node(simulator: Simulator, client: hss.HssClient, nodes: list[str]) -> None:
    simulator.hold_host(nodes[1], protect_status="protection_exception", interrupt_reason="kernel")
    switch(client, nodes, charging_mode="on_demand")
    assert [row.protect_status for row in hosts(client)] == ["opened", "protection_exception", "opened"]
    simulator.hold_host(nodes[1], protect_status=None)
    assert [row.protect_status for row in hosts(client)] == ["opened"] * 3


def test_what_a_switch_refuses(simulator: Simulator, client: hss.HssClient, nodes: list[str]) -> None:
    simulator.hold_host(nodes[0], agent_status="offline")
    for ids, fields, code in (
        (nodes, {"charging_mode": "on_demand"}, "HSS.1007"),
        (nodes[1:], {}, "HSS.0001"),
        ([], {"charging_mode": "on_demand"}, "HSS.0001"),
        (["x"] * 201, {"charging_mode": "on_demand"}, "HSS.0001"),
        (["nobody"], {"charging_mode": "on_demand"}, "HSS.0011"),
        (nodes[1:], {"charging_mode": "on_demand", "version": "hss.version.premium"}, "HSS.0001"),
    ):
        with pytest.raises(ClientRequestException) as caught:
            switch(client, ids, **fields)
        assert caught.value.error_code == code
    assert not any(host.protected for host in simulator.hosts())


def test_the_filters_of_hosts(simulator: Simulator, client: hss.HssClient, nodes: list[str]) -> None:
    simulator.add_host("bastion", private_ip="192.0.2.9")
    every = [*nodes, simulator.hosts()[-1].host_id]

    def found(**query: Any) -> list[int]:
        return [every.index(row.host_id) for row in hosts(client, **query)]

    assert found() == [0, 1, 2, 3]
    assert found(cluster_id="shop-id") == [0, 1, 2]
    assert found(host_name_list="bastion,shop-node-2,nobody") == [1, 3]
    assert found(private_ip_list="192.0.2.9") == [3]
    assert found(host_id_list=",".join(every[2:])) == [2, 3]
    assert found(agent_status="not_online") == []
    simulator.configure(hosts_name_cluster=False)
    assert (found(cluster_id="shop-id"), found(host_name="shop-")) == ([], [0, 1, 2])
    for query in ({"host_name_list": ",".join("x" * 61)}, {"limit": 201}, {"agent_status": "fine"}):
        with pytest.raises(ClientRequestException):
            hosts(client, **query)


def test_uninstalling_agents(simulator: Simulator, client: hss.HssClient, nodes: list[str]) -> None:
    def uninstall() -> list[str]:
        body = hss.UninstallAgentsRequestInfo(host_id_list=nodes)
        client.uninstall_agents(hss.UninstallAgentsRequest(body=body))
        return [row.agent_status for row in hosts(client)]

    assert uninstall() == ["online"] * 3  # the daemonset has installed them again
    client.delete_agent_daemonset(hss.DeleteAgentDaemonsetRequest(region=simulator.region, cluster_id="shop-id"))
    assert [row.agent_status for row in hosts(client)] == ["online"] * 3  # they stay on the nodes
    assert uninstall() == ["not_installed"] * 3


def test_quotas_that_are_taken_automatically(simulator: Simulator, client: hss.HssClient, nodes: list[str]) -> None:
    assert client.list_auto_open_quota_status(hss.ListAutoOpenQuotaStatusRequest()).enabled is False
    body = hss.ChangeAutoOpenQuotaStatusRequestInfo(enabled=True)
    client.change_auto_open_quota_status(hss.ChangeAutoOpenQuotaStatusRequest(body=body))
    assert client.list_auto_open_quota_status(hss.ListAutoOpenQuotaStatusRequest()).enabled is True
    for host in simulator.hosts():
        host.agent_status = "not_installed"
    assert [(row.host_id, row.protect_status) for row in hosts(client)] == [(each, "opened") for each in nodes]


def test_the_tests_above_call_every_operation() -> None:
    with open(__file__, encoding="utf-8") as stream:
        text = stream.read()
    assert [op.name for op in HSS_OPERATIONS if f"client.{snake_case(op.name)}(" not in text] == []


# Credentials


def test_temporary_keys_need_their_token(simulator: Simulator, connect: Connect) -> None:
    ak, sk, security_token = simulator.temporary
    credentials = BasicCredentials(ak, sk, simulator.project_id)
    with pytest.raises(ClientRequestException) as caught:
        rows(connect(credentials))
    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")
    assert rows(connect(BasicCredentials(ak, sk, simulator.project_id).with_security_token(security_token))) == []


def test_a_wrong_secret_key(simulator: Simulator, connect: Connect) -> None:
    wrong = BasicCredentials(simulator.access_key, simulator.secret_key[::-1], simulator.project_id)
    with pytest.raises(ClientRequestException) as caught:
        create(connect(wrong))
    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")
    assert caught.value.request_id
    # The gateway quotes the request that it expected to be signed.
    assert f"canonicalRequest:POST|/v5/{simulator.project_id}/" in caught.value.error_msg
    assert simulator.clusters() == []


def test_the_project_id_comes_from_iam(simulator: Simulator, connect: Connect) -> None:
    def credentials() -> BasicCredentials:
        return BasicCredentials(simulator.access_key, simulator.secret_key).with_iam_endpoint(simulator.endpoint)

    with pytest.raises(SdkException, match="Failed to get project id"):
        connect(credentials(), Region("nowhere-1", simulator.endpoint))
    client = connect(credentials(), Region(simulator.region, simulator.endpoint))
    assert rows(client) == []
    assert simulator.count("KeystoneListProjects") == 2
    assert simulator.project_id in simulator.requests("ListMultiCloudClusters")[0].path
    for _dummy in range(2):
        simulator.add_project("twice")
    with pytest.raises(SdkException, match="Multiple project ids"):
        connect(credentials(), Region("twice", simulator.endpoint))


def test_throttling_reaches_the_sdk(simulator: Simulator, client: hss.HssClient) -> None:
    simulator.fault("ListMultiCloudClusters", Fault.throttle())
    with pytest.raises(ClientRequestException) as caught:
        rows(client)
    # The SDK fails in its connection pool without reading the body, so its users do not get the code of the gateway.
    assert (caught.value.status_code, caught.value.error_code) == (429, "429")
    assert rows(client) == []


# The signature


class Signed:
    """A request signed by the SDK that can be altered afterwards."""

    def __init__(self, simulator: Simulator, *, date: datetime | None = None, temporary: bool = False) -> None:
        self.method = "POST"
        self.path = f"/v5/{simulator.project_id}/container/kubernetes/multi-cloud/clusters"
        self.query = "enterprise_project_id=a%20b"
        self.body = b'{"name": "one", "kube_config": "kind: Config"}'
        moment = date or datetime.now(UTC)
        self.headers = {"X-Sdk-Date": moment.strftime("%Y%m%dT%H%M%SZ"), "Content-Type": "application/json"}
        keys = BasicCredentials(simulator.access_key, simulator.secret_key)
        if temporary:
            keys = BasicCredentials(simulator.temporary.ak, simulator.temporary.sk)
            self.headers["X-Security-Token"] = simulator.temporary.security_token
        self._simulator = simulator
        request = SdkRequest(
            method=self.method,
            schema="https",
            host=simulator.endpoint.partition("//")[2],
            resource_path=self.path,
            query_params=[("enterprise_project_id", "a b")],
            header_params=self.headers,
            body=self.body,
        )
        Signer(keys).sign(request)

    def without_signing(self, header: str) -> None:
        """Removes a header from the list of signed headers."""
        self.headers["Authorization"] = self.headers["Authorization"].replace(f"{header};", "")

    def send(self) -> requests.Response:
        """Sends the request."""
        url = f"{self._simulator.endpoint}{self.path}?{self.query}"
        return requests.request(
            self.method, url, headers=self.headers, data=self.body, verify=self._simulator.ca_file, timeout=10
        )


def test_a_signed_request_is_accepted(simulator: Simulator) -> None:
    assert Signed(simulator).send().status_code == 200
    assert Signed(simulator, temporary=True).send().status_code == 200
    assert [cluster.enterprise_project_id for cluster in simulator.clusters()] == ["a b", "a b"]


def set_header(name: str, value: str | None) -> Callable[[Signed], None]:
    """Changes or removes a header."""

    def alter(signed: Signed) -> None:
        if value is None:
            del signed.headers[name]
        else:
            signed.headers[name] = value

    return alter


ALTERATIONS: dict[str, Callable[[Signed], Any]] = {
    "body": lambda signed: setattr(signed, "body", signed.body.replace(b"one", b"two")),
    "body removed": lambda signed: setattr(signed, "body", b""),
    "query": lambda signed: setattr(signed, "query", "enterprise_project_id=a%20c"),
    "query added": lambda signed: setattr(signed, "query", signed.query + "&x=1"),
    "query removed": lambda signed: setattr(signed, "query", ""),
    "a plus sign for a blank": lambda signed: setattr(signed, "query", "enterprise_project_id=a+b"),
    "path": lambda signed: setattr(signed, "path", signed.path.replace("/clusters", "/config-analyze")),
    "method": lambda signed: setattr(signed, "method", "GET"),
    "signed header": set_header("Content-Type", "text/plain"),
    "signed header removed": set_header("Content-Type", None),
    "host": set_header("Host", "hss.example.com"),
    "date": lambda signed: set_header("X-Sdk-Date", signed.headers["X-Sdk-Date"].replace("Z", "z"))(signed),
    "date removed": set_header("X-Sdk-Date", None),
    "host not signed": lambda signed: signed.without_signing("host"),
    "content type not signed": lambda signed: signed.without_signing("content-type"),
    "signature": lambda signed: set_header("Authorization", signed.headers["Authorization"][:-1] + "x")(signed),
    "authorization removed": set_header("Authorization", None),
    "a token of nobody": set_header("X-Security-Token", "x" * 40),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_any_single_alteration_is_refused(simulator: Simulator, alteration: str) -> None:
    signed = Signed(simulator)
    ALTERATIONS[alteration](signed)
    answer = signed.send()
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")
    assert simulator.clusters() == []


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_date_too_far_off_is_refused(simulator: Simulator, minutes: int) -> None:
    answer = Signed(simulator, date=datetime.now(UTC) + timedelta(minutes=minutes)).send()
    assert answer.status_code == 401
    assert "signature expired" in answer.json()["error_msg"]
    near = Signed(simulator, date=datetime.now(UTC) + timedelta(minutes=minutes - minutes // 8))
    assert near.send().status_code == 200


def test_a_security_token_must_be_signed_and_right(simulator: Simulator) -> None:
    unsigned = Signed(simulator, temporary=True)
    unsigned.headers["Authorization"] = unsigned.headers["Authorization"].replace(";x-security-token", "")
    assert unsigned.send().status_code == 401
    removed = Signed(simulator, temporary=True)
    del removed.headers["X-Security-Token"]
    assert removed.send().status_code == 401


def test_wrong_signatures_in_a_row_lock_the_key(simulator: Simulator) -> None:
    for _dummy in range(4):
        altered = Signed(simulator)
        altered.body = b"{}"
        assert altered.send().status_code == 401
    assert Signed(simulator).send().status_code == 200, "a right one in between starts the count again"
    for _dummy in range(5):
        altered = Signed(simulator)
        altered.body = b"{}"
        assert "locked" not in altered.send().text
    answer = Signed(simulator).send()
    assert answer.status_code == 401
    assert "locked" in answer.json()["error_msg"]
    assert simulator.locked()
    simulator.advance_clock(301)
    assert Signed(simulator, date=datetime.now(UTC) + timedelta(seconds=301)).send().status_code == 200
