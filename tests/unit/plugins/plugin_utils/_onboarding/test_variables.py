# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables of one host: what is accepted, and how a mistake is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.variables import (
    VARIABLES,
    InvalidVariable,
    Variables,
    in_terms_of_the_role,
    read_variables,
    unknown_variables,
    variables_spec,
)

ROLE = Path(__file__).resolve().parents[5] / "roles" / "hss_onboard"
NAME = {"hss_onboard_name": "shop"}


def test_defaults():
    assert read_variables(NAME) == Variables("shop")


def test_nodes_are_waited_for_longer_by_default():
    assert (Variables("shop").wait_timeout, Variables("shop").node_wait_timeout) == (600, 1200)
    given = read_variables({**NAME, "hss_onboard_wait_timeout": "30"})
    assert (given.wait_timeout, given.node_wait_timeout) == (30, 30)
    assert "hss_onboard_node_wait_timeout" not in given.of_the_cluster()


def test_the_role_documents_exactly_these_variables():
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    # With an entry for main, Ansible would check the variables as well.
    assert specs.keys() == {"onboard"}
    documented = specs["onboard"]["options"]
    assert set(documented) == set(VARIABLES)
    spec = variables_spec()
    for name, option in documented.items():
        keys = ("type", "choices", "elements")
        assert (name, [option.get(key) for key in keys]) == (name, [spec[name].get(key) for key in keys])


def test_the_defaults_are_those_of_the_role():
    """hss_onboard_name and hss_onboard_service_account_rules are expressions or long; the rest is compared."""
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    left_out = ("hss_onboard_name", "hss_onboard_service_account_rules")
    given = {name: value for name, value in defaults.items() if name not in left_out}
    assert read_variables({**NAME, **given}) == Variables("shop")
    assert set(defaults) <= set(VARIABLES)


@pytest.mark.parametrize(
    "value",
    [{"image_repo": "r.example.com"}, json.dumps({"image_repo": "r.example.com"}), ' {"image_repo": "r.example.com"} '],
)
def test_json_text_is_as_good_as_a_mapping(value):
    assert read_variables({**NAME, "hss_onboard_cluster": value}).cluster == {"image_repo": "r.example.com"}


def test_json_text_is_as_good_as_a_list():
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    given = {**NAME, "hss_onboard_service_account_rules": json.dumps(rules)}
    assert read_variables(given).service_account_rules == rules


@pytest.mark.parametrize("text", ["true", "yes", True, "1"])
def test_texts_for_booleans(text):
    assert read_variables({**NAME, "hss_onboard_install_agent": text}).install_agent is True


def test_empty_texts_and_mappings_count_as_not_given():
    given = {**NAME, "hss_onboard_server": "", "hss_onboard_context": None, "hss_onboard_cluster": ""}
    given["hss_onboard_connection"] = {}
    assert read_variables(given) == Variables("shop")


@pytest.mark.parametrize(
    "given, message",
    [
        ({"hss_onboard_state": "presnt"}, "hss_onboard_state must be one of: present, absent, got: presnt"),
        ({"hss_onboard_provider": "gcp"}, "hss_onboard_provider must be one of"),
        ({"hss_onboard_cluster": {"provider": "gcp"}}, "got: gcp found in hss_onboard_cluster"),
        (
            {"hss_onboard_cluster": {"image_repo_tipe": "x"}},
            "'image_repo_tipe' is not an option of it. Is 'image_repo_type'",
        ),
        ({"hss_onboard_cluster": {"zzzzzz": "x"}}, "'zzzzzz' is not an option of it. Known options: "),
        ({"hss_onboard_cluster": {"name": "x"}}, "'name' has a variable of its own; set hss_onboard_name"),
        ({"hss_onboard_cluster": {"server": "x"}}, "'server' has a variable of its own; set hss_onboard_server"),
        ({"hss_onboard_cluster": {"kubeconfig": "x"}}, "set hss_onboard_kubeconfig_path"),
        ({"hss_onboard_cluster": "image_repo=x"}, "hss_onboard_cluster: must be a mapping; this text is not JSON"),
        ({"hss_onboard_cluster": "[]"}, "hss_onboard_cluster: must be a mapping; this JSON text is something else"),
        (
            {"hss_onboard_connection": {"regoin": "x"}},
            "hss_onboard_connection: 'regoin' is not an option of it. Is 'region'",
        ),
        ({"hss_onboard_daemonset": {"runtime_info": [{"runtime_name": "x"}]}}, "found in hss_onboard_daemonset"),
        ({"hss_onboard_become": "perhaps"}, "hss_onboard_become"),
        ({"hss_onboard_wait_timeout": "soon"}, "hss_onboard_wait_timeout"),
        ({"hss_onboard_wait_timeout": 0}, "hss_onboard_wait_timeout: must be more than 0 seconds"),
        ({"hss_onboard_name": None}, "hss_onboard_name"),
        ({"hss_onboard_provider": {}}, "hss_onboard_provider must be one of"),
        ({"hss_onboard_wait_timeout": {}}, "hss_onboard_wait_timeout"),
    ],
)
def test_a_mistake_is_named(given, message):
    with pytest.raises(InvalidVariable) as caught:
        read_variables({**NAME, **given})
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_variables_of_no_use_are_named_with_the_nearest():
    names = {"hss_onboard_stat": 1, "hss_onboard_result": 1, "hss_onboard_hosts": 1, "hss_onboard_zzzzzz": 1, "x": 1}
    assert unknown_variables(names) == [
        "hss_onboard_stat is no variable of the role hss_onboard; is hss_onboard_state meant?",
        "hss_onboard_zzzzzz is no variable of the role hss_onboard",
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("server: is loopback", "hss_onboard_server: is loopback"),
        ("region: no region is given", "hss_onboard_connection.region: no region is given"),
        ("Use on_drift=recreate.", "Use hss_onboard_on_drift=recreate."),
        (
            "with state=absent and their cluster_id=x",
            "with hss_onboard_state=absent and their hss_onboard_cluster.cluster_id=x",
        ),
        ("the server: is down", "the server: is down"),
        ("or allow it with allow_insecure.", "or allow it with hss_onboard_cluster.kube_config_allow_insecure."),
        (
            "server: 'a' replaces it, or allow it with allow_server_without_ca.",
            "hss_onboard_server: 'a' replaces it, or allow it with "
            "hss_onboard_cluster.kube_config_allow_server_without_ca.",
        ),
        (
            "allow it with kube_config_allow_in_cluster_server.",
            "allow it with hss_onboard_cluster.kube_config_allow_in_cluster_server.",
        ),
        ("disallow_insecure: x", "disallow_insecure: x"),
        ("server is 'a' in HSS, but server='b' here", "server is 'a' in HSS, but hss_onboard_server='b' here"),
        ("provider is 'a', but provider='b' here", "provider is 'a', but hss_onboard_provider='b' here"),
        (
            "image_repo is '', but image_repo='b' here",
            "image_repo is '', but hss_onboard_cluster.image_repo='b' here",
        ),
        ("update_kube_config=always sends it", "hss_onboard_cluster.update_kube_config=always sends it"),
        ("Increase wait_timeout if", "Increase hss_onboard_wait_timeout if"),
        (
            "Check node_selector and pod_tolerances.",
            "Check node_selector and pod_tolerances in hss_onboard_daemonset.schedule_info.",
        ),
        ("Increase wait_timeout, and run again.", "Increase hss_onboard_wait_timeout, and run again."),
        ("Increase hss_onboard_wait_timeout.", "Increase hss_onboard_wait_timeout."),
    ],
)
def test_messages_name_the_roles_variables(text, expected):
    # Some parts of a message may have passed here before.
    assert in_terms_of_the_role(text) == expected == in_terms_of_the_role(expected)


# What a survey, an inventory or a file with variables can have in any place.
ANYTHING = [
    *(
        "{{ 7 * 7 }}",
        "a\nb",
        "\x1b[31m\u202e",
        "\ud800",
        "x" * 50_000,
        "[",
        "{}",
        "[]",
        '{"a": [null]}',
        "-1",
        "9" * 5000,
    ),
    *(0, -1, 1.5, 10**30, True, None, [], {}, [[]], [{}], [None], ["\0"], {"a": {"b": [None]}}, {1: 2}, b"x"),
]


@pytest.mark.parametrize(
    "name", [*VARIABLES, "hss_onboard_daemonset.schedule_info", "hss_onboard_daemonset.runtime_info"]
)
def test_any_value_is_accepted_or_refused_with_a_message(name):
    variable, _dot, option = name.partition(".")
    for value in ANYTHING:
        try:
            read = read_variables({**NAME, variable: {option: value} if option else value})
        except InvalidVariable as error:
            assert variable in str(error), (value, str(error)[:500])
        else:
            assert isinstance(read, Variables) and read.of_the_cluster()
