# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is leaked anywhere, whatever is done with the collection, and whatever fails."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
import yaml

from hosts import SshHosts
from simulator import manifests

from . import scenes
from .scenes import FAULTS, LOCAL, ROLE, Scene
from .surroundings import COLLECTIONS, PLACES, ROOT, Manner

WHOLE = os.environ.get("HSS_CANARY") == "whole"
LOUD = Manner()
QUIET = Manner(arguments=(), debug=False)
CHECK = Manner(arguments=("-vvvvvv", "--check", "--diff"), result_format="yaml")
RUNNER = Manner(arguments=("-vvvv", "--diff"), debug=False, runner=True)
CALLBACKS = ["ansible.builtin.minimal", "ansible.builtin.oneline", *(["ansible.posix.json"] if COLLECTIONS else [])]
# The scenes with faults take these in turn, so that each is used often.
MANNERS = itertools.cycle(
    [
        LOUD,
        Manner(result_format="yaml"),
        Manner(arguments=("-v",), debug=False),
        *(Manner(arguments=("-vvv", "--diff"), stdout_callback=name) for name in CALLBACKS),
        QUIET,
        RUNNER,
    ]
)


def _cases():
    yield Scene("life", scenes.life), LOUD
    yield Scene("check mode", scenes.check_mode, scenes.seeded), CHECK
    yield Scene("refused options", scenes.refused_options, fails=None), LOUD
    yield Scene("401", scenes.asked, scenes.fault("401"), fails=True), LOUD
    yield Scene("life", scenes.life, sign_in="user"), RUNNER
    if not WHOLE:
        return
    for sign_in in ("temporary keys", "token", "user"):
        yield Scene("life", scenes.life, sign_in=sign_in), next(MANNERS)
    for manner in (*(Manner(stdout_callback=name) for name in CALLBACKS), QUIET, Manner(result_format="yaml")):
        yield Scene("life", scenes.life), manner
    for arguments in (("--check",), ("--check", "--diff"), ("-vvv", "--check", "--diff")):
        yield Scene("check mode", scenes.check_mode, scenes.seeded), Manner(arguments=arguments, debug=False)
    yield Scene("refused kubeconfigs", scenes.refused_kubeconfigs, fails=True), LOUD
    yield Scene("refused kubeconfigs", scenes.refused_kubeconfigs, fails=True), Manner(("--check", "-v"), debug=False)
    yield Scene("refused options", scenes.refused_options, fails=None), RUNNER
    yield Scene("leaking kubectl", scenes.leaking_kubectl, fails=True), LOUD
    for kind in FAULTS:
        sign_in = "user" if kind in ("401", "echo", "200 of another kind") else "keys"
        yield Scene(kind, scenes.asked, scenes.fault(kind), sign_in, fails=True), next(MANNERS)
    for kind in ("400", "401", "500", "502", "echo", "html", "cut", "lost", "slow"):
        scene = Scene(f"{kind} when writing", scenes.written, scenes.fault_when_writing(kind), fails=None)
        yield scene, next(MANNERS)


def _name(case):
    scene, manner = case
    return f"{scene.name}-{scene.sign_in}-{manner}".replace(" ", "_")


def assert_nothing_leaked(hits):
    assert not hits, "\n".join(map(str, hits[:20]))


def assert_searched(run):
    """Checks that output was collected in the most important places."""
    assert not [place for place in ("stdout", "ansible.log", "every callback", "junit") if not run.found[place]]


@pytest.mark.parametrize("case", list(_cases()), ids=_name)
def test_modules(stage, perform, case):
    scene, manner = case
    run, hits = perform(scene, manner)
    assert_nothing_leaked(hits)
    assert_searched(run)
    failed = run.results("failed")
    if scene.fails is not None:
        expected = len(list(scene.tasks(stage))) if scene.fails else 0
        assert (run.code, len(failed)) == (0, expected), json.dumps(failed, indent=1, default=str)[:5000]


@pytest.mark.parametrize(
    "broken",
    [
        "requests.adapters:HTTPAdapter.send",
        "yaml:parse",
        "ansible.plugins.action:ActionBase._low_level_execute_command",
    ]
    if WHOLE
    else ["requests.adapters:HTTPAdapter.send"],
)
def test_an_unexpected_exception(perform, broken):
    """The text of the exception contains all arguments."""
    environment = {"PYTHONPATH": str(Path(__file__).parent / "broken"), "HSS_CANARY_BREAK": broken}
    run, hits = perform(Scene("bug", scenes.life, fails=None), Manner(environment=tuple(environment.items())))
    assert_nothing_leaked(hits)
    assert "RuntimeError" in run.output and len(run.results("failed")) > 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM] if WHOLE else [signal.SIGINT])
def test_an_interrupted_run(perform, number):
    scene = Scene("interrupted", scenes.written, scenes.fault_when_writing("slow"), fails=None)
    run, hits = perform(scene, Manner(interrupt=(number, 4)))
    assert_nothing_leaked(hits)
    assert run.code != 0


@pytest.mark.parametrize("arguments", [("-vvvvvv", "--diff"), ("-vvvvvv", "--check")] if WHOLE else [("-vvvvvv",)])
def test_hosts_behind_ssh(stage, perform, arguments):
    with SshHosts(names=["far"]) as hosts:
        known = {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "shop_ids": stage.simulator.seed_clusters(2),
        }
        _run, hits = perform(
            Scene("behind ssh", scenes.every_read, fails=None),
            Manner(arguments=arguments),
            inventory=hosts.inventory_path,
            variables=known,
            folders=[hosts.home("far")],
        )
    assert_nothing_leaked(hits)


def role(stage, others=None, **variables):
    # The playbooks that only read ask HSS for localhost.
    control_node = {**LOCAL, "hss_onboard_connection": ROLE["hss_onboard_connection"]}
    listed = {"all": {"hosts": {"cp-1": {**LOCAL, **ROLE, **variables}, **(others or {}), "localhost": control_node}}}
    return stage.put("role.json", json.dumps(listed))


AUDIT_FORMATS = ("json", "csv", "html", "junit", "prometheus")
PLAYBOOKS = ("onboard", "rotate", "audit", "check", "offboard")


def _roles():
    for playbook in PLAYBOOKS:
        yield playbook, LOUD, {}
    if WHOLE:
        yield "onboard", RUNNER, {}
        yield "onboard", Manner(result_format="yaml"), {"hss_onboard_service_account": True}
        yield "onboard", QUIET, {"hss_onboard_no_log": True}
        for playbook in PLAYBOOKS:
            yield playbook, CHECK, {}


@pytest.mark.parametrize("playbook, manner, variables", list(_roles()), ids=str)
def test_playbooks(stage, perform, playbook, manner, variables):
    if playbook != "onboard":
        stage.simulator.seed_clusters(
            [{"name": "shop", "provider": "self_built_idc", "server": scenes.SERVER, **scenes.PUBLIC}]
        )
    run, hits = perform(
        Scene(playbook, lambda _stage: []),
        manner,
        playbook=f"huaweicloud.hss.{playbook}",
        inventory=role(stage, **variables),
        variables={
            "hss_onboard_hosts": "cp-1",
            "hss_audit_hosts": "cp-1",
            "hss_check_hosts": "cp-1",
            "hss_audit_read_kubeconfigs": True,
            **{f"hss_audit_{name}": str(stage.folder / f"audit.{name}") for name in AUDIT_FORMATS},
        },
    )
    assert_nothing_leaked(hits)
    assert run.code == 0, run.output[-3000:]


def images(stage, tool):
    """Returns the variables and the manner with which the role loads images with this tool."""
    folder = stage.folder / "bin"
    folder.mkdir()
    (folder / "skopeo").write_text(tool)
    (folder / "skopeo").chmod(0o700)
    path = (("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}"),)
    return {"hss_onboard_image_tool": "skopeo"}, dataclasses.replace(LOUD, environment=path)


def test_the_role_with_a_private_registry(stage, perform):
    variables, manner = images(stage, scenes.SKOPEO)
    run, hits = perform(
        Scene("images", lambda _stage: []),
        manner,
        playbook="huaweicloud.hss.onboard",
        inventory=role(stage, **variables),
        variables={"hss_onboard_hosts": "cp-1"},
    )
    assert_nothing_leaked(hits)
    assert run.code == 0, run.output[-3000:]


ROLE_TROUBLES = [*FAULTS, "kubeconfig", "kubectl", "skopeo"] if WHOLE else ["echo", "kubeconfig"]


@pytest.mark.parametrize("trouble", ROLE_TROUBLES)
def test_playbooks_that_fail(stage, perform, trouble):
    variables, manner = {}, LOUD
    if trouble == "skopeo":
        variables, manner = images(stage, scenes.LEAKING_SKOPEO)
    elif trouble == "kubeconfig":
        variables = {"hss_onboard_kubeconfig_path": "{{ path.address }}", "hss_onboard_server": None}
    elif trouble == "kubectl":
        list(scenes.leaking_kubectl(stage))
        variables = {"hss_onboard_kubectl": str(stage.folder / "leaking-kubectl")}
    else:
        stage.simulator.fault("*", FAULTS[trouble], times=None)
    scene = Scene("onboard", lambda _stage: [], sign_in="user")
    run, hits = perform(
        scene,
        manner,
        playbook="huaweicloud.hss.onboard",
        inventory=role(stage, **variables),
        variables={"hss_onboard_hosts": "cp-1"},
    )
    assert_nothing_leaked(hits)
    assert run.code == 2, run.output[-3000:]


# A cluster whose kubeconfig HSS can quote in the manifests of the first one.
ANOTHER = {
    "hss_onboard_name": "bank",
    "hss_onboard_server": "10.0.0.6",
    "hss_onboard_kubeconfig_path": "{{ path.other }}",
    "hss_onboard_install_agent": False,
    "hss_onboard_protect_nodes": False,
}
QUOTING = [
    {"hss_onboard_service_account": True},
    *([{}, {"hss_onboard_no_log": True}, {"hss_onboard_require_permissions": True}] if WHOLE else []),
]


@pytest.mark.parametrize("variables", QUOTING, ids=str)
def test_the_role_with_a_service_that_quotes_every_earlier_request(stage, perform, variables):
    """Every stage, twice and back. The values in the manifests are none of ours, and are shown nowhere all the same."""
    places = ("ConfigMap", "argument", "command", "environment")
    unknown = tuple(stage.canaries.new(f"{place} in the manifests") for place in places)
    tokens = stage.simulator._gateway.tokens._tokens
    service = scenes.QuotingService(
        unknown=unknown, of_the_run=lambda word: word in tokens or word.strip("\"'").startswith("eyJ")
    )
    stage.simulator.fault("*", service, times=None)
    stage.simulator.set_permissions([manifests.permission(is_authed=False), manifests.permission("batch", "jobs")])
    image_variables, manner = images(stage, scenes.SKOPEO)
    variables = {**image_variables, "hss_onboard_charging_mode": "packet_cycle", **variables}
    scene = Scene("quoting", lambda _stage: [], sign_in="user")
    ran: list[str] = []
    heard: list[int] = []
    for playbook, more in (("onboard", {}), ("onboard", {"hss_onboard_expiry_warning_days": 999}), ("offboard", {})):
        inventory = role(stage, {"cp-2": {**LOCAL, **ROLE, **ANOTHER, **more}}, **variables, **more)
        known = {"hss_onboard_hosts": "cp-1,cp-2"}
        name = f"huaweicloud.hss.{playbook}"
        run, hits = perform(scene, manner, playbook=name, inventory=inventory, variables=known)
        assert_nothing_leaked(hits)
        ran.append(run.output)
        heard.append(len(service.heard))
        # A run cannot know the tokens of an earlier one, which the security guide names as a limit.
        service.heard.clear()
    assert min(heard[:2]) > 15
    # It went through every stage, and the service was quoted.
    assert "connection agent installed" in ran[0] and "protection opened" in ran[0], ran[0][-3000:]
    assert "connection agent removed" in ran[2], ran[2][-3000:]
    assert all("********" in output for output in ran[:2])


def test_every_plugin_is_covered():
    keys = [key for task in scenes.life(None) for key in task]
    played = {key.removeprefix(scenes.HSS) for key in keys if key.startswith(scenes.HSS)}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}
    # The playbooks run the stages, and a stage runs the module for the archive, which gets no secret of these.
    assert played == {name for name in modules if not name.endswith("_stage")} - {"hss_onboard_image_archive"}
    # The one that sets up a controller handles none of the secrets here, except for those that it is told.
    assert {*PLAYBOOKS, "awx_setup"} == {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["hss"]


@pytest.mark.parametrize("manner", [Manner(), RUNNER], ids=str)
def test_the_leaking_twin_is_found_in_every_place(stage, perform, manner, record_property):
    """Proves that the search finds secrets in every place and in every encoding."""
    name = stage.canaries.new("name of a host")
    run, hits = perform(Scene("twin", scenes.leaks, fails=None), manner, hosts={name: {}})
    assert run.code != 0
    # ansible-runner has everything in its artifacts, including facts, and creates no retry files.
    places = set(PLACES) - ({"stderr", "fact cache", "retry files"} if manner.runner else {"runner artifacts"})
    assert {hit.place for hit in hits} >= places
    assert {"secret key", "client key of the context", "token of another context"} <= {hit.secret for hit in hits}
    record_property("twin", dict(Counter(hit.place for hit in hits)))


@pytest.mark.parametrize("form", ["plain", "base64", "url", "json", "lines"])
def test_every_encoding_is_found(stage, form):
    """The search must find a secret without its beginning or its end."""
    from .plugins.library.leaking_twin import FORMS

    secret = stage.canaries.new("awkward", 40, awkward=True)
    for cut in (secret, secret[3:], secret[:-3]):
        assert [name for name, _ in stage.canaries.found_in(f"before {FORMS[form](cut)} after")] == ["awkward"]
    assert not list(stage.canaries.found_in(FORMS[form]("nothing that anybody would want to hide from others")))
