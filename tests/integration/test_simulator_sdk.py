# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's unchanged SDK works with the simulator, and describes the API in the same way."""

from __future__ import annotations

import json
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
    assert network.anp_address and network.agent_address
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
    assert commands.images_download_url
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
