# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One contract: the vendor's page, the vendor's SDK, the argument specs, the documentation and the simulator agree."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml
from documentation import documented_options
from huaweicloudsdkhss.v5 import model

from ansible_collections.huaweicloud.hss.plugins.module_utils._api.schema import documented_fields
from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters import options
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.options import connection_spec
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import VERSION
from ansible_collections.huaweicloud.hss.plugins.modules import (
    hss_multicloud_cluster,
    hss_multicloud_clusters,
    kubeconfig_info,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import VARIABLES
from simulator import contract

ROOT = Path(__file__).resolve().parents[2]

# As on the vendor's page of the create call, table 4 (2025-08-29): the fields in their order, with the types' names.
VENDOR_PAGE = {
    "name": "String",
    "provider": "String",
    "server": "String",
    "image_repo": "String",
    "image_repo_username": "String",
    "image_repo_password": "String",
    "organization": "String",
    "image_repo_type": "String",
    "current_expiration_date": "Long",
    "certificate_expiration_date": "Long",
    "kube_config": "String",
    "image_arch": "String",
    "anp_proxy": "String",
    "hostguard_proxy": "String",
    "container_name": "String",
    "dns_policy": "String",
    "dns_config": "String",
}
VENDOR_CHOICES = {
    "provider": ["ali", "tencent", "azure", "aws", "self_built_hw", "self_built_idc"],
    "image_repo_type": ["harbor", "quay", "jfrog", "other"],
    "image_arch": ["x86", "arm"],
    "dns_policy": ["default", "clusterfirst", "clusterfirstwithhostnet", "none"],
}
ANSIBLE_TYPES = {"String": "str", "Long": "int"}


def cluster_options():
    """Options that describe a cluster, by the place where they are defined."""
    return {
        "argument spec": options.cluster_spec(),
        "documentation of one": documented_options(hss_multicloud_cluster),
        "documentation of many": documented_options(hss_multicloud_clusters)["clusters"]["suboptions"],
    }


def test_the_create_call_of_the_sdk_is_the_vendor_pages():
    types = {"str": "String", "int": "Long"}
    body = model.MultiCloudClusterCreateRequestBody
    assert {name: types[kind] for name, kind in body.openapi_types.items()} == VENDOR_PAGE
    assert body.attribute_map == {name: name for name in VENDOR_PAGE}


def test_the_create_fields_are_the_vendor_pages():
    assert options.CREATE_FIELDS == tuple(VENDOR_PAGE)
    assert list(contract.CREATE_FIELDS) == list(VENDOR_PAGE)


@pytest.mark.parametrize("place", cluster_options())
def test_every_documented_field_is_an_option_of_its_name_and_type(place):
    described = cluster_options()[place]
    for name, kind in VENDOR_PAGE.items():
        # Name servers are a list for people; the documented string is accepted and sent.
        expected = "list" if name == "dns_config" else ANSIBLE_TYPES[kind]
        assert (name, described[name]["type"]) == (name, expected)
        assert described[name].get("choices") == VENDOR_CHOICES.get(name)


def test_choices_are_the_simulators():
    assert {name: list(values) for name, values in contract.CREATE_CHOICES.items()} == VENDOR_CHOICES


def test_what_is_read_back_is_what_the_sdk_reads_back():
    listed = set(model.MultiCloudClusterInfo.openapi_types)
    assert set(options.READ_NAMES.values()) <= listed
    assert listed == set(contract.LIST_FIELDS)
    assert set(options.READ_NAMES) <= set(VENDOR_PAGE)
    # Whatever is written under the same name that it is read back under is compared; nothing is forgotten.
    assert {name for name in VENDOR_PAGE if name in listed} | {"name"} == set(options.READ_NAMES)


SAMPLES = {"str": "a", "int": 1, "bool": True, "list[str]": ["a"]}


@pytest.mark.parametrize(
    "name",
    [
        "MultiCloudClusterInfo",
        "MultiCloudClusterAuthInfo",
        "MultiCloudClusterConfigInfo",
        "ClusterInfoResponse",
        "ClusterInfoResponseDsInfo",
        "ClusterInfoResponseRegistryInfo",
        "ClusterInfoResponseResourceInfo",
        "ShowAgentAddressResponse",
        "ShowMultiCloudClusterProxyScriptResponse",
        "ShowMultiCloudClusterImageCommandResponse",
        "ShowAgentDaemonsetDeployTemplateResponse",
        "ResourceQuotasInfo",
        "AvailableResourceIdsInfo",
        "Host",
    ],
)
def test_the_documented_fields_of_responses_are_those_of_the_sdk(name):
    fields = {
        field: SAMPLES.get(kind, [] if kind.startswith("list[") else {})
        for field, kind in getattr(model, name).openapi_types.items()
    }
    if name == "Host":
        # No module returns these.
        del fields["node_runtime_info"], fields["common_login_area_codes"]
    assert documented_fields(fields) == fields


def test_secrets_are_marked():
    spec = {**connection_spec(), **options.cluster_spec()}
    marked = {name for name, option in spec.items() if option.get("no_log")}
    assert marked == {
        "access_key",
        "secret_key",
        "security_token",
        "auth_token",
        "password",
        "kube_config",
        "image_repo_password",
    }
    assert set(options.SECRET_FIELDS) <= marked


def properties(options):
    """Type, default and choices of the options by name."""
    return {name: {key: option.get(key) for key in ("type", "default", "choices")} for name, option in options.items()}


def test_the_documented_options_of_both_modules_match_the_argument_spec():
    state = {"state": {"type": "str", "default": "present", "choices": ["present", "absent"]}}
    common = {**state, **connection_spec(), **options.policy_spec(), **options.wait_spec()}
    single = documented_options(hss_multicloud_cluster)
    assert properties(single) == properties({**common, **options.cluster_spec()})
    many = documented_options(hss_multicloud_clusters)
    suboptions = many.pop("clusters")["suboptions"]
    assert properties(many) == properties({**common, "concurrency": {"type": "int", "default": 8}})
    assert properties(suboptions) == properties({**options.cluster_spec(), **options.policy_spec(defaults=False)})


def test_policies_are_options_of_both_modules():
    policies = set(options.policy_spec())
    assert policies <= set(documented_options(hss_multicloud_cluster))
    many = documented_options(hss_multicloud_clusters)
    assert policies <= set(many) and policies <= set(many["clusters"]["suboptions"])
    assert set(options.cluster_spec()) | policies == set(many["clusters"]["suboptions"])


def specs_of_action_plugins():
    """(name, spec) for each that does a module's work on the control node."""
    for path in sorted((ROOT / "plugins/action").glob("[!_]*.py")):
        plugin = importlib.import_module(f"ansible_collections.huaweicloud.hss.plugins.action.{path.stem}")
        if hasattr(plugin, "_SPEC"):
            yield pytest.param(path.stem, plugin._SPEC, id=path.stem)


@pytest.mark.parametrize("name, spec", list(specs_of_action_plugins()))
def test_the_action_plugins_take_what_is_documented(name, spec):
    options = documented_options(importlib.import_module(f"ansible_collections.huaweicloud.hss.plugins.modules.{name}"))
    assert options.keys() == spec.keys()
    for option, described in options.items():
        taken = spec[option]
        for key in ("type", "elements"):
            # What must not be quoted when it is wrong is looked at by the plugin itself.
            assert taken.get(key) in (described.get(key), "raw"), option
        for key in ("default", "required", "choices"):
            assert taken.get(key) == described.get(key), option


def test_the_well_known_places_are_documented():
    from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import WELL_KNOWN_KUBECONFIGS

    for path in WELL_KNOWN_KUBECONFIGS:
        shown = path.rsplit("/", maxsplit=1)[-1] if "openshift" in path or "lb-ext" in path else path
        assert shown in str(documented_options(kubeconfig_info)["path"]["description"])


def test_every_module_that_talks_to_hss_is_in_the_action_group():
    group = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["hss"]
    modules = {path.stem: path.read_text() for path in (ROOT / "plugins/modules").glob("*.py")}
    with_connection = {name for name, text in modules.items() if "  - huaweicloud.hss.connection\n" in text}
    # The stages of the role document no options of their own.
    assert set(group) == {*with_connection, "hss_onboard_stage"}
    assert {"kubeconfig_info"} <= set(modules) - set(group)


def test_the_version_stands_in_one_way():
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == VERSION


def test_every_variable_of_the_role_stands_in_its_page_and_its_defaults():
    role = ROOT / "roles/hss_onboard"
    options = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["onboard"]["options"]
    rows = "".join(line for line in (role / "README.md").read_text().splitlines() if line.startswith("| `hss_onboard_"))
    assert set(re.findall(r"`(hss_onboard_\w+)`", rows)) == set(options)
    # Those without a value are there as a comment.
    given = re.findall(r"^(?:# )?(hss_onboard_\w+):", (role / "defaults/main.yml").read_text(), re.MULTILINE)
    assert set(given) == set(options)
    assert set(options) == set(VARIABLES)


def test_the_roles_defaults_are_its_documented_ones():
    defaults = yaml.safe_load((ROOT / "roles/hss_onboard/defaults/main.yml").read_text())
    specs = yaml.safe_load((ROOT / "roles/hss_onboard/meta/argument_specs.yml").read_text())
    options = specs["argument_specs"]["onboard"]["options"]
    assert set(defaults) <= set(options)
    documented_defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    assert {name: value for name, value in defaults.items() if name != "hss_onboard_name"} == documented_defaults
    assert options["hss_onboard_provider"]["choices"] == VENDOR_CHOICES["provider"]
