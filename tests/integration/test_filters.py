# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All filters are documented with their arguments, and their examples give the documented results."""

from __future__ import annotations

import importlib
import inspect

import yaml

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import agent_objects as _agent_objects
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import images as _images
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding import stages as _onboarding
from playbooks import ROOT, play

FOLDER = ROOT / "plugins" / "filter"
FUNCTIONS = {
    "hss_onboard_clusters": _onboarding.clusters_of,
    "hss_onboard_noted": _onboarding.noted,
    "hss_onboard_results": _onboarding.results,
    "hss_onboard_agent_objects": _agent_objects.agent_objects,
    "hss_onboard_image_plan": _images.plan,
    "hss_onboard_image_outcome": _images.outcome,
}
PAGES = {path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yml")}


def test_every_filter_is_documented_in_its_own_file():
    modules = [path.stem for path in FOLDER.glob("*.py")]
    loaded = [importlib.import_module(f"ansible_collections.huaweicloud.hss.plugins.filter.{name}") for name in modules]
    filters = {name for module in loaded for name in module.FilterModule().filters()}
    assert filters == set(PAGES) == set(FUNCTIONS)


def test_the_documentation_lists_the_arguments_in_order():
    for name, function in FUNCTIONS.items():
        documented = PAGES[name]["DOCUMENTATION"]
        parameters = list(inspect.signature(function).parameters.values())[1:]
        options = documented["options"]
        assert list(options) == ["_input", *(parameter.name for parameter in parameters)], name
        assert documented.get("positional", "_input") == ", ".join(options), name
        for parameter in parameters:
            assert bool(options[parameter.name].get("required")) is (parameter.default is parameter.empty), name
    assert PAGES["hss_onboard_noted"]["DOCUMENTATION"]["options"]["stage"]["choices"] == list(_onboarding.STAGES)


def test_the_examples_give_the_documented_results(tmp_path):
    tasks = [task for name in sorted(PAGES) for task in yaml.safe_load(PAGES[name]["EXAMPLES"])]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
    played = play(str(tmp_path / "play.yml"), tmp_path / "hosts.yml", tmp_path, {})
    assert (played.code, played.recap["localhost"]["ok"]) == (0, len(PAGES)), played.output
