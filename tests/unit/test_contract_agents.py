# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One contract about agents: the vendor's SDK, the argument specs, the documentation and the simulator agree."""

from __future__ import annotations

import re

import pytest
import yaml
from documentation import documented_options
from huaweicloudsdkhss.v5 import model

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents import options as agent_options
from ansible_collections.huaweicloud.hss.plugins.module_utils._node_agents import status, summary
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_daemonset,
    hss_cluster_daemonset_info,
    hss_cluster_daemonsets,
    hss_multicloud_agent_info,
    hss_multicloud_image_command_info,
)
from simulator import contract

ANSIBLE_TYPES = {"str": "str", "bool": "bool", "list[RuntimeRequestBody]": "list", "list[str]": "list"}
NESTED = {
    "schedule_info": model.CreateDaemonsetRequestBodyScheduleInfo,
    "resource_info": model.CreateDaemonsetRequestBodyResourceInfo,
    "runtime_info": model.RuntimeRequestBody,
}
# What the update call has for Huawei Cloud's own clusters alone.
CCE_ONLY = {"invoked_service", "charging_mode", "cce_protection_type", "prefer_packet_cycle"}


def described(options):
    """Return the properties of options by name, without their descriptions."""
    return {
        name: {
            "type": option.get("type"),
            "required": option.get("required", False),
            "choices": option.get("choices"),
            "elements": option.get("elements"),
            "default": option.get("default"),
            "inner": described(option.get("options") or option.get("suboptions") or {}),
        }
        for name, option in options.items()
    }


def test_the_options_of_a_node_agent_are_the_fields_of_the_sdk():
    spec = agent_options.daemonset_spec()
    created, updated = model.CreateDaemonsetRequestBody.openapi_types, model.UpdateDaemonsetRequestBody.openapi_types
    assert tuple(created) == agent_options.CREATE_FIELDS == tuple(contract.DAEMONSET_FIELDS)
    assert set(spec) == {"cluster_id", *created, "agent_version"} == {"cluster_id", *updated} - CCE_ONLY
    for name, kind in updated.items():
        if name in spec:
            assert spec[name]["type"] == ("dict" if kind.endswith("Info") else ANSIBLE_TYPES[kind]), name
    for name, inner in NESTED.items():
        options = spec[name]["options"]
        assert {field: option["type"] for field, option in options.items()} == {
            field: ANSIBLE_TYPES[kind] for field, kind in inner.openapi_types.items()
        }


def test_choices_are_the_sdks_and_the_simulators():
    spec = agent_options.daemonset_spec()
    runtimes = set(spec["runtime_info"]["options"]["runtime_name"]["choices"])
    assert runtimes == set(contract.RUNTIMES)
    assert runtimes == set(re.findall(r"\w+_endpoint", model.RuntimeRequestBody.__init__.__doc__ or ""))
    modes = spec["resource_info"]["options"]["mode"]["choices"]
    assert tuple(modes) == contract.RESOURCE_MODES
    words = model.CreateDaemonsetRequestBodyResourceInfo.__init__.__doc__ or ""
    assert all(f"- {mode}：" in words for mode in modes)
    assert hss_multicloud_image_command_info.PLUG_TYPES == contract.PLUG_TYPES
    assert documented_options(hss_cluster_daemonset_info)["type"]["choices"] == ["cce", *contract.PROVIDERS]


def test_every_status_of_hss_is_known():
    ends = {*status.SUCCEEDED, *status.FAILED} - {"partically_success"}
    assert ends | {"installing", "upgrading", "none"} == set(contract.INSTALLED_STATUSES)


@pytest.mark.parametrize("module", [hss_cluster_daemonset, hss_cluster_daemonsets], ids=["one", "many"])
def test_the_documentation_is_the_argument_spec(module):
    options = documented_options(module)
    common = {*connection_spec(), *agent_options.wait_spec(), "state"}
    if module is hss_cluster_daemonsets:
        assert set(options) == {*common, "daemonsets", "concurrency"}
        options = options["daemonsets"]["suboptions"]
    options = {name: option for name, option in options.items() if name not in common}
    assert described(options) == described(agent_options.daemonset_spec())


@pytest.mark.parametrize("module", [hss_cluster_daemonset, hss_cluster_daemonsets], ids=["one", "many"])
def test_waiting_is_documented_as_it_is(module):
    spec = agent_options.wait_spec()
    options = documented_options(module)
    assert described({name: options[name] for name in spec}) == described(spec)


def test_what_is_shown_is_what_the_sdk_reads():
    detail = set(model.ShowAgentDaemonsetDetailInfoResponse.openapi_types)
    assert {*summary._RETURNED, "yaml_content"} == detail == set(contract.DAEMONSET_DETAIL_FIELDS)
    returned = yaml.safe_load(hss_cluster_daemonset.RETURN)["daemonset"]["contains"]
    assert set(returned) == set(summary._RETURNED)
    rows = set(yaml.safe_load(hss_cluster_daemonset_info.RETURN)["daemonsets"]["contains"])
    assert rows - {"runtime_info", "schedule_info"} <= set(model.ClusterInfoResponse.openapi_types)


def test_addresses_and_commands_are_those_of_the_sdk():
    network = yaml.safe_load(hss_multicloud_agent_info.RETURN)["network"]["contains"]
    assert set(network) == set(model.ShowAgentAddressResponse.openapi_types) == set(hss_multicloud_agent_info._NETWORK)
    returned = set(yaml.safe_load(hss_multicloud_image_command_info.RETURN)) - {"secret_name", "failure"}
    assert returned == set(model.ShowMultiCloudClusterImageCommandResponse.openapi_types)
    options = set(documented_options(hss_multicloud_image_command_info)) - set(connection_spec())
    asked = set(model.ShowMultiCloudClusterImageCommandRequest.openapi_types)
    renamed = {"username": "image_repo_username", "password": "image_repo_password"}
    assert options == {renamed.get(name, name) for name in asked} | {"show_commands"}
