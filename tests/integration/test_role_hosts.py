# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host speaks for itself: whichever host of a play is different, the others' clusters are as they should be."""

from __future__ import annotations

import json
import re
import shutil

import kubeconfigs
import pytest
import yaml

from playbooks import play
from simulator import Simulator

# The hosts that differ, and what is expected of each: whether it fails, and whether its cluster is registered then.
KINDS = {
    "gone": (False, False),
    "typo": (True, False),
    "choice": (True, False),
    "kind": (True, False),
    "become": (True, False),
    "template": (True, False),
    "json": (False, True),
    "abroad": (False, False),
    "refused": (True, False),
    "expired": (True, False),
    "lost": (True, False),
    "short": (True, True),
}
GOOD = ("good-1", "good-2", "good-3")
ORDERS = {
    **{f"{kind} first": (kind, *GOOD[:1], *(name for name in KINDS if name != kind), *GOOD[1:]) for kind in KINDS},
    "all in the middle": (*GOOD[:1], *KINDS, *GOOD[1:]),
    "all last": (*GOOD, *reversed(KINDS)),
}


@pytest.fixture(scope="module")
def texts():
    """A kubeconfig for each host."""
    names = [*GOOD, *KINDS]
    return {
        name: kubeconfigs.kubeadm(f"https://10.0.0.{number}:6443", days=-3 if name == "expired" else 20)
        for number, name in enumerate(names, start=1)
    }


@pytest.fixture
def abroad():
    """Another HSS, with other credentials."""
    with Simulator() as other:
        yield other


@pytest.fixture
def hosts(texts, abroad, simulator, tmp_path):
    """The variables of each host."""
    found = {}
    for name, text in texts.items():
        (tmp_path / f"{name}.conf").write_text(text)
        found[name] = {"hss_onboard_kubeconfig_path": str(tmp_path / f"{name}.conf")}
    different = {
        "gone": {"hss_onboard_state": "absent"},
        "typo": {"hss_onboard_cluster": {"image_repo_tipe": "harbor"}},
        "choice": {"hss_onboard_provider": "gcp"},
        "kind": {"hss_onboard_wait_timeout": "soon"},
        "become": {"hss_onboard_become": "perhaps"},
        "template": {"hss_onboard_server": "{{ nowhere.to_be_found }}"},
        "json": {"hss_onboard_cluster": '{"organization": "security"}'},
        "abroad": {
            "hss_onboard_connection": {
                "endpoint": abroad.endpoint,
                "ca_path": abroad.ca_file,
                "project_id": abroad.project_id,
                "access_key": abroad.access_key,
                "secret_key": abroad.secret_key,
            }
        },
        "refused": {"hss_onboard_connection": {"access_key": "AK-OF-NOBODY-0000", "secret_key": "a-wrong-secret-key"}},
        "lost": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
        "short": {"hss_onboard_min_days_left": 30},
    }
    return {name: {**variables, **different.get(name, {})} for name, variables in found.items()}


@pytest.fixture
def run(simulator, tmp_path):
    """Runs plays or a playbook of the collection for hosts {name: variables}, in their order."""

    def run(plays, hosts, *arguments, environment=None, **group):
        variables = {"ansible_connection": "local", "hss_onboard_become": False, **group}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
        if not isinstance(plays, str):
            (tmp_path / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
            plays = str(tmp_path / "play.yml")
        variables = {**simulator.environment(), **(environment or {})}
        return play(plays, tmp_path / "hosts.json", tmp_path, variables, *arguments)

    return run


def names(simulator):
    return {cluster.name for cluster in simulator.clusters()}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_one_different_host_decides_nothing_for_the_others(run, hosts, simulator, abroad, order):
    simulator.seed_clusters([{"name": "gone"}, {"name": "good-2"}, {"name": "bystander"}])
    seeded = {cluster.name: cluster.cluster_id for cluster in simulator.clusters()}
    played = run("huaweicloud.hss.onboard", {name: hosts[name] for name in order})
    failed = {name for name, (fails, _registered) in KINDS.items() if fails}
    # The seeded one has another address, which is not changed unasked.
    assert played.hosts_with("failed") | played.hosts_with("unreachable") == failed | {"good-2"}, played.output
    assert names(simulator) == {"bystander", *GOOD, *(name for name, (_fails, there) in KINDS.items() if there)}
    assert names(abroad) == {"abroad"}
    assert {cluster.name: cluster.cluster_id for cluster in simulator.clusters()}["good-2"] == seeded["good-2"]
    for name, variable in {
        "typo": "hss_onboard_cluster: 'image_repo_tipe'",
        "choice": "hss_onboard_provider",
        "kind": "hss_onboard_wait_timeout",
        "become": "hss_onboard_become",
        "template": "hss_onboard_server",
        "refused": "check access_key, secret_key",
        "expired": "the certificate expired",
        "short": "hss_onboard_min_days_left (30)",
        "good-2": "hss_onboard_on_drift",
    }.items():
        assert variable in played.failure(name), (name, played.output)
    *_lines, tally = played.report
    assert tally == "5 registered, 1 removed, 8 failed, 1 unreachable, 1 with too few days left"
    # The host whose credential has too few days left fails after its cluster was registered.
    assert played.hosts_with("changed") == {"gone", "good-1", "good-3", "json", "abroad", "short"}


@pytest.mark.parametrize("first", ["gone", "good-1"])
def test_rotate_neither_registers_nor_removes(run, hosts, simulator, first):
    kinds = {name: hosts[name] for name in (first, "gone", "good-1", "good-2")}
    assert (
        run(
            "huaweicloud.hss.onboard",
            {name: {**kinds[name], "hss_onboard_state": "present"} for name in ("gone", "good-1")},
        ).code
        == 0
    )
    played = run("huaweicloud.hss.rotate", kinds)
    assert played.code == 0 and names(simulator) == {"gone", "good-1"}, played.output
    assert simulator.count("RemoveMultiCloudClusters") == 0 and simulator.count("CreateMultiCloudClusters") == 2
    assert any(line.startswith("gone: left out: hss_onboard_state is absent") for line in played.report)
    assert any(line.startswith("good-2: left out: not registered") for line in played.report)
    # A wrong region or project would look as if all was well.
    nothing = run("huaweicloud.hss.rotate", {"good-2": hosts["good-2"]})
    assert nothing.code == 2 and "None of the clusters of this play is registered" in nothing.failure("good-2")


ROLE = {"ansible.builtin.include_role": {"name": "huaweicloud.hss.hss_onboard"}}
IMPORT = {"ansible.builtin.import_role": {"name": "huaweicloud.hss.hss_onboard"}}
ROTATE = {"ansible.builtin.import_role": {"name": "huaweicloud.hss.hss_onboard", "tasks_from": "rotate.yml"}}
OF_THE_PLAY = {"role": "huaweicloud.hss.hss_onboard"}
SHOW_RESULT = {
    "ansible.builtin.debug": {"msg": "{{ inventory_hostname }} has {{ hss_onboard_result.name | default('none') }}"}
}


def test_a_use_of_the_role_concerns_the_hosts_that_take_part_in_it(run, hosts, simulator, tmp_path):
    """All ways to use the role several times, in one run."""
    plays = [
        # Two uses in one play; the second must not know the hosts of the first.
        {
            "hosts": "good-1,gone,good-2",
            "gather_facts": False,
            "tasks": [
                {**ROLE, "when": "inventory_hostname != 'gone'"},
                {**ROLE, "when": "inventory_hostname == 'gone'", "vars": {"hss_onboard_state": "absent"}},
            ],
        },
        # A condition of the role itself, with the first host out; nothing of the play before is left.
        {
            "hosts": "gone,good-1,good-3",
            "gather_facts": False,
            "roles": [{**OF_THE_PLAY, "when": "inventory_hostname == 'good-3'"}],
        },
        # Batches.
        {"hosts": "json,short,good-3", "gather_facts": False, "serial": 1, "roles": [OF_THE_PLAY]},
        # A loop, in which a host is first registered under one name and then under another.
        {
            "hosts": "good-1",
            "gather_facts": False,
            "tasks": [
                {
                    **ROLE,
                    "loop": ["present", "absent"],
                    "vars": {
                        "hss_onboard_name": "looped",
                        "hss_onboard_state": "{{ item }}",
                        "hss_onboard_allow_several_names": True,
                    },
                }
            ],
        },
    ]
    simulator.seed_clusters([{"name": "bystander"}])
    played = run(plays, hosts, "-e", "hss_onboard_min_days_left=0")
    assert played.code == 0, played.output
    assert names(simulator) == {"bystander", "good-1", "good-2", "good-3", "json", "short"}
    assert simulator.count("CreateMultiCloudClusters") == 6  # the looped one as well
    assert simulator.count("RemoveMultiCloudClusters") == 1
    assert "'gone': " not in played.output


@pytest.mark.parametrize("serial", [0, 2])
def test_a_condition_that_the_first_host_does_not_meet_decides_for_it_alone(run, hosts, simulator, serial):
    """Neither is its cluster touched, nor its result of an earlier use."""
    chosen = {name: hosts[name] for name in ("good-1", "typo", "good-2", "good-3")}
    every = {"hosts": "all", "gather_facts": False, **({"serial": serial} if serial else {})}
    out = {"when": "inventory_hostname != 'good-1'"}
    only = {"when": "inventory_hostname == 'good-1'"}
    uses = {"pre_tasks": [{**IMPORT, **only}], "roles": [{**OF_THE_PLAY, **out}]}
    played = run([{**every, **uses, "tasks": [SHOW_RESULT]}], chosen)
    assert played.hosts_with("failed") == {"typo"}, played.output
    assert played.hosts_with("changed") == set(GOOD) and names(simulator) == set(GOOD)
    assert simulator.count("CreateMultiCloudClusters") == 3 and "good-1 has good-1" in played.output
    if not serial:
        assert played.report[-1] == "2 registered, 1 failed"
    simulator.clear_requests()
    del chosen["typo"]
    rotated = run([{**every, "tasks": [{**ROTATE, **out}, SHOW_RESULT]}], chosen)
    assert rotated.code == 0 and rotated.hosts_with("changed") == set(), rotated.output
    assert simulator.count("ListMultiCloudClusters") == (2 if serial else 1)
    assert rotated.report[-1] == ("1" if serial else "2") + " unchanged" and "good-1 has none" in rotated.output


def test_the_stages_for_agents_follow_if_the_first_host_does_not_take_part(run, hosts, simulator):
    chosen = {name: {**hosts[name], "hss_onboard_kubectl": "/no/kubectl"} for name in ("good-1", "good-2", "good-3")}
    chosen["good-3"]["hss_onboard_install_agent"] = True
    role = {**OF_THE_PLAY, "when": "inventory_hostname != 'good-1'"}
    played = run([{"hosts": "all", "gather_facts": False, "roles": [role]}], chosen)
    assert "there is no /no/kubectl on this host" in played.failure("good-3"), played.output
    assert played.hosts_with("failed") == {"good-3"} and played.hosts_with("changed") == {"good-2", "good-3"}
    assert played.report[-1] == "1 registered, 1 failed" and names(simulator) == {"good-2", "good-3"}


def test_two_imports_in_one_play_know_nothing_of_each_other(run, hosts, simulator):
    absent = {"vars": {"hss_onboard_state": "absent"}}
    tasks = [
        {**IMPORT, "when": "inventory_hostname != 'good-3'"},
        {**IMPORT, **absent, "when": "inventory_hostname != 'good-1'"},
        {**IMPORT, "when": "inventory_hostname == 'good-2'"},
    ]
    played = run([{"hosts": "all", "gather_facts": False, "tasks": tasks}], {name: hosts[name] for name in GOOD})
    assert played.code == 0 and names(simulator) == {"good-1", "good-2"}, played.output
    assert simulator.count("CreateMultiCloudClusters") == 3 and simulator.count("RemoveMultiCloudClusters") == 1


@pytest.mark.parametrize("end", [{"any_errors_fatal": True}, {"max_fail_percentage": 10}], ids=["fatal", "percentage"])
def test_a_host_fails_with_its_message_if_another_one_ends_the_play(run, hosts, simulator, end):
    """Otherwise, a host that fails after a change reports twice, so that its change is counted."""
    ending = {"hosts": "all", "gather_facts": False, **end, "roles": [OF_THE_PLAY]}
    played = run([ending], {name: hosts[name] for name in ("good-1", "short", "typo")})
    assert played.hosts_with("failed") == {"short", "typo"} and names(simulator) == {"good-1", "short"}, played.output
    assert "hss_onboard_min_days_left" in played.failure("short") and "registered" in played.failure("short")


def test_an_omitted_variable_is_not_given(run, hosts, simulator):
    omitted = {"hss_onboard_context": "{{ omit }}", "hss_onboard_cluster": {"organization": "{{ omit }}"}}
    played = run("huaweicloud.hss.onboard", {"good-1": {**hosts["good-1"], **omitted}})
    assert played.code == 0 and names(simulator) == {"good-1"}, played.output


@pytest.mark.parametrize("first", ["good-1", "good-2"])
def test_hosts_of_one_cluster_that_disagree_are_refused(run, hosts, simulator, first):
    """Even if only one of them needs the stages for agents."""
    simulator.seed_clusters([{"name": "shop"}])
    there = {**hosts["good-1"], "hss_onboard_name": "shop"}
    gone = {**hosts["good-1"], "hss_onboard_name": "shop", "hss_onboard_state": "absent"}
    agents = {"hss_onboard_service_account": True, "hss_onboard_kubectl": "/no/kubectl"}
    members = {"good-1": {**there, **agents}, "good-2": gone}
    order = {name: members[name] for name in (first, *members.keys() - {first})}
    played = run([{"hosts": "all", "gather_facts": False, "roles": ["huaweicloud.hss.hss_onboard"]}], order)
    assert played.hosts_with("failed") == set(members) and simulator.requests() == [], played.output
    differ = "are both called shop, but differ in hss_onboard_state"
    assert any(differ in played.failure(name) for name in members)


def test_nothing_secret_stays_in_a_variable(run, hosts, texts, simulator, tmp_path):
    secret = yaml.safe_load(texts["good-1"])["users"][0]["user"]["client-key-data"]
    folder = tmp_path / "left"
    folder.mkdir()
    plays = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"block": [ROLE], "rescue": [{"ansible.builtin.meta": "noop"}]},
                {
                    "ansible.builtin.copy": {
                        "content": "{{ hostvars[item] | dict2items | to_json }}",
                        "dest": f"{folder}/{{{{ item }}}}",
                        "mode": "0600",
                    },
                    "loop": "{{ ansible_play_hosts_all }}",
                    "when": "inventory_hostname == 'good-1'",
                },
            ],
        }
    ]
    chosen = {name: hosts[name] for name in ("typo", "choice", "good-1", "expired", "gone", "lost", "short", "json")}
    # This host has been read when it is lost.
    chosen["json"].update(
        ansible_connection="{{ 'local' if hss_onboard_result is undefined else 'nowhere' }}",
        hss_onboard_install_agent=True,
        hss_onboard_kubectl="/no/kubectl",
    )
    played = run(plays, chosen)
    left = {path.name: path.read_text() for path in folder.iterdir()}
    assert left.keys() == chosen.keys(), played.output
    for name, text in left.items():
        result = {item["key"]: item["value"] for item in json.loads(text)}.get("hss_onboard_result")
        assert "PRIVATE KEY" not in text and secret[:40] not in text
        if name == "json":
            assert "sealed" in result["reading"]
            continue
        assert result["name"] == name and result["failed"] is (name in ("typo", "choice", "expired", "short")), result
        assert {"cluster_id", "changed", "actions", "status", "days_left", "msg"} <= result.keys()
        assert "reading" not in result


@pytest.mark.parametrize("strategy", ["free", "ansible.builtin.host_pinned"])
def test_strategies_other_than_linear_are_refused_with_the_remedy(run, hosts, simulator, strategy):
    chosen = {name: hosts[name] for name in ("good-1", "good-2")}
    plays = [{"hosts": "all", "gather_facts": False, "roles": ["huaweicloud.hss.hss_onboard"]}]
    played = run(plays, chosen, environment={"ANSIBLE_STRATEGY": strategy})
    assert played.code == 2 and simulator.requests() == []
    assert "Say strategy: linear in the play" in played.failure("good-1")
    # The playbooks of the collection say so themselves.
    assert run("huaweicloud.hss.onboard", chosen, environment={"ANSIBLE_STRATEGY": strategy}).code == 0
    assert names(simulator) == set(chosen)


@pytest.mark.parametrize(
    "inventory",
    [
        {"ansible_become": True, "ansible_become_exe": shutil.which("false")},
        {"ansible_become": True, "ansible_become_method": "su", "ansible_become_user": "nobody"},
        {"ansible_python_interpreter": "/no/python", "ansible_remote_tmp": "/proc/nowhere"},
        {"ansible_shell_executable": "/bin/dash"},
    ],
    ids=["become", "su", "interpreter", "shell"],
)
def test_connection_variables_of_the_inventory_do_not_reach_the_control_node(run, hosts, simulator, inventory):
    """hss_onboard_become is false, which precedes ansible_become on the hosts as well."""
    chosen = {name: hosts[name] for name in ("good-1", "good-2")}
    played = run("huaweicloud.hss.onboard", chosen, **inventory)
    assert played.code == 0 and names(simulator) == set(chosen), played.output


def test_one_cluster_under_two_names_is_refused_unless_it_is_allowed(run, simulator, tmp_path):
    ca = kubeconfigs.Authority()
    paths = {}
    for name, server in {
        "cp-1": "https://10.0.0.1:6443",
        "cp-2": "https://10.0.0.1:6443",
        "other": "https://10.0.0.2:6443",
    }.items():
        (tmp_path / f"{name}.conf").write_text(kubeconfigs.kubeadm(server, ca=ca))
        paths[name] = {"hss_onboard_kubeconfig_path": str(tmp_path / f"{name}.conf")}
    played = run("huaweicloud.hss.onboard", paths)
    assert played.hosts_with("failed") == {"cp-1", "cp-2"} and names(simulator) == {"other"}, played.output
    assert "cp-1 (cp-1) and cp-2 (cp-2) have the same server and CA" in played.failure("cp-1")
    assert "hss_onboard_allow_several_names" in played.failure("cp-1")
    assert played.failure("cp-2") == "the cluster cp-2 failed, see the error of host cp-1"
    named = {name: {**variables, "hss_onboard_name": name[:2]} for name, variables in paths.items()}
    assert run("huaweicloud.hss.onboard", {name: named[name] for name in ("cp-1", "cp-2")}).code == 0
    assert names(simulator) == {"other", "cp"}
    allowed = run("huaweicloud.hss.onboard", paths, hss_onboard_allow_several_names=True)
    assert allowed.code == 0 and names(simulator) == {"other", "cp", "cp-1", "cp-2"}, allowed.output
    assert "is already registered as 'cp'" in allowed.text


def test_a_misspelt_variable_is_named_with_the_nearest_name(run, hosts, simulator):
    played = run(
        "huaweicloud.hss.onboard", {"good-1": {**hosts["good-1"], "hss_onboard_instal_agent": True}}, "--check"
    )
    said = played.text
    assert (
        "good-1: hss_onboard_instal_agent is no variable of the role hss_onboard; is hss_onboard_install_agent meant?"
        in said
    )


def test_without_no_log_the_read_displays_a_line_for_the_host(run, hosts):
    chosen = {name: hosts[name] for name in ("good-1", "good-2")}
    chosen["good-1"] = {**chosen["good-1"], "hss_onboard_no_log": False}
    played = run("huaweicloud.hss.onboard", chosen, "--check")
    path = chosen["good-1"]["hss_onboard_kubeconfig_path"]
    assert re.findall(r"^good-\d: (?=/).*$", played.output, re.MULTILINE) == [
        f"good-1: {path}, user kubernetes-admin, https://10.0.0.1:6443, 19 days left"
    ]


def test_an_unreachable_host_is_explained_in_the_words_of_ssh(run, hosts):
    played = run("huaweicloud.hss.onboard", {"lost": hosts["lost"]})
    assert played.code == 4 and "Connection refused" in played.output


def test_a_host_that_is_lost_after_it_was_read_takes_nobody_along(run, hosts, simulator):
    """Neither does a host whose image host cannot be used."""
    files = {"lost-1": "kind", "good-1": "good-1", "image": "typo", "good-2": "good-2", "lost-2": "gone"}
    variable = "hss_onboard_kubeconfig_path"
    chosen = {name: {variable: hosts[file][variable]} for name, file in files.items()}
    # Once the host was read, no other task can begin on it.
    lost = {"ansible_connection": "{{ 'local' if hss_onboard_result is undefined else nowhere }}"}
    agent = {"hss_onboard_install_agent": True, "hss_onboard_kubectl": "/no/kubectl"}
    for name in ("lost-1", "lost-2"):
        chosen[name].update(lost, **agent)
    chosen["image"].update(agent, hss_onboard_image_host="{{ nowhere }}")
    played = run("huaweicloud.hss.onboard", chosen)
    assert played.hosts_with("failed") == {"lost-1", "image", "lost-2"}, played.output
    assert "hss_onboard_image_host: 'nowhere' is undefined" in played.failure("image")
    assert names(simulator) == {"lost-1", "good-1", "good-2", "lost-2"}
    *lines, tally = played.report
    assert tally == "2 registered, 3 failed"
    assert any(line.startswith("lost-2: registered, ") and line.endswith("host lost-2") for line in lines)
