# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One contract about protection: the vendor's SDK, the argument specs, the documentation and the simulator agree."""

from __future__ import annotations

import re

import pytest
import yaml
from documentation import documented_options
from huaweicloudsdkhss.v5 import model

from ansible_collections.huaweicloud.hss.plugins.module_utils._api import hosts, schema
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._protection import options
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_cluster_protection,
    hss_host_info,
    hss_quota_info,
)
from simulator import contract

SWITCH = model.SwitchContainerHostsProtectStatusRequestInfo


def values_in(text: str, prefix: str = r"[-\w.]+") -> set[str]:
    """Return the values that a description of the SDK lists."""
    return set(re.findall(rf"- ({prefix}) ?[：:]", text))


def description(request: type, field: str) -> str:
    """Return the SDK's description of a field."""
    text = request.__init__.__doc__ or ""
    return text.split(f":param {field}:")[1].split(":type")[0]


def test_the_names_of_what_is_switched_are_the_sdks():
    fields = {"cluster_id", "clusters", "nodes", "state", "uninstall_agents"}
    switched = set(options.protection_spec()) - fields
    assert switched | {"version", "host_id_list"} == set(SWITCH.openapi_types)
    sent = options.Desired("opened", ("c",), (), "on_demand", "r", ({"key": "a", "value": "b"},)).body
    assert {*sent, "host_id_list"} == set(SWITCH.openapi_types) == set(contract.SWITCH_FIELDS)
    assert set(sent["tags"][0]) == set(model.TagInfo.openapi_types)


def test_the_values_are_the_sdks_and_the_simulators():
    assert options.VERSIONS == contract.VERSIONS
    assert set(options.VERSIONS) == values_in(description(model.Host, "version"), r"hss[.\w]+")
    assert {options.CONTAINER_VERSION, options.NO_VERSION} == values_in(description(SWITCH, "version"), r"hss[.\w]+")
    assert options.CHARGING_MODES == contract.CHARGING_MODES
    assert set(options.CHARGING_MODES) == values_in(description(SWITCH, "charging_mode"))
    assert options.AGENT_STATUSES == contract.AGENT_STATUSES
    assert set(options.AGENT_STATUSES) == values_in(description(model.Host, "agent_status"))
    assert options.PROTECT_STATUSES == contract.PROTECT_STATUSES
    assert set(options.PROTECT_STATUSES) == values_in(description(model.Host, "protect_status"))


def test_the_limits_are_the_sdks_and_the_simulators():
    def limit(request: type, field: str) -> int:
        (found,) = re.findall(r"(?:个数|长度为)1-(\d+)", description(request, field))
        return int(found)

    request = model.ListHostStatusRequest
    for name, value in (
        ("host_name_list", hosts.MAX_NAMES),
        ("host_id_list", hosts.MAX_IDS),
        ("private_ip_list", hosts.MAX_ADDRESSES),
    ):
        assert limit(request, name) == value == contract.FILTER_LIMITS[name]
    uninstalled = limit(model.UninstallAgentsRequestInfo, "host_id_list")
    assert uninstalled == hosts.MAX_HOSTS == contract.MAX_HOSTS


@pytest.mark.parametrize(
    ("module", "spec"),
    [
        (hss_cluster_protection, {**options.protection_spec(), **options.wait_spec()}),
        (hss_host_info, None),
        (hss_quota_info, None),
    ],
)
def test_the_documentation_is_the_argument_spec(module, spec):
    documented = documented_options(module)
    own = {name: option for name, option in documented.items() if name not in connection_spec()}
    if spec is not None:
        keys = ("type", "elements", "choices", "default")
        assert {name: {key: option.get(key) for key in keys} for name, option in own.items()} == {
            name: {key: option.get(key) for key in keys} for name, option in spec.items()
        }
        return
    choices = {"version": options.VERSIONS, "charging_mode": options.CHARGING_MODES}
    choices |= {"agent_status": options.AGENT_STATUSES, "protect_status": options.PROTECT_STATUSES}
    for name, option in own.items():
        assert option.get("choices") == (list(choices[name]) if name in choices else None), name


def test_what_is_shown_is_what_the_sdk_reads():
    shown = yaml.safe_load(hss_host_info.RETURN)["hosts"]["contains"]
    assert set(shown) <= set(model.Host.openapi_types) == set(contract.HOST_FIELDS)
    nodes = yaml.safe_load(hss_cluster_protection.RETURN)["nodes"]["contains"]
    own = {"changed", "actions", "failed", "msg", "failure", "warnings", "progress"}
    assert set(nodes) - own <= set(model.Host.openapi_types)
    shown = yaml.safe_load(hss_quota_info.RETURN)["quotas"]["contains"]
    assert set(shown) == set(model.ResourceQuotasInfo.openapi_types) == set(contract.QUOTA_FIELDS)


def test_the_responses_are_checked_for_the_types_of_the_sdk():
    kinds = {"str": "a text", "bool": "true or false", "int": "a number"}
    checked = {name: kind for name, (kind, _check) in schema._FIELDS.items()}
    for fields in (model.Host, model.ResourceQuotasInfo, model.AvailableResourceIdsInfo):
        for name, kind in fields.openapi_types.items():
            if name in checked and name != "total_num":
                expected = "an id of" if name == "cluster_id" else kinds.get(kind, "a list of objects")
                assert checked[name].startswith(expected), name
