# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs with the files in extensions/awx, run as AWX runs them, and no secret in what AWX stores."""

from __future__ import annotations

import base64
import json
import os
import threading
import urllib.parse
from pathlib import Path

import awx
import kubeconfigs
import modules
import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.credentials import (
    CREDENTIAL_VARIABLES,
    SECRET_PARTS,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.option_values import OPTION_VARIABLES
from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.resolve import resolve
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.modules import hss_multicloud_cluster_info
from simulator import Fault

# ansible-runner opens files in a way that is deprecated in Python 3.14.
pytestmark = pytest.mark.filterwarnings("ignore:codecs.open:DeprecationWarning")

SERVER = "https://10.0.0.5:6443"
CREATE = "CreateMultiCloudClusters"


def keys(simulator):
    return {"access_key": simulator.access_key, "secret_key": simulator.secret_key}


def temporary_keys(simulator):
    parts = simulator.temporary
    return {"access_key": parts.ak, "secret_key": parts.sk, "security_token": parts.security_token + "\n"}


def user(simulator):
    return {
        "user_name": simulator.user.name,
        "user_password": simulator.user.password,
        "domain_name": simulator.user.domain,
    }


def token(simulator):
    return {"auth_token": simulator.issue_token(), "project_id": simulator.project_id}


def credential(simulator, kind=keys):
    """Returns the inputs of a credential for a private cloud. AWX stores empty fields as empty texts."""
    inputs = {
        **dict.fromkeys(awx.CredentialType().fields, ""),
        "region": simulator.region,
        "endpoint": simulator.endpoint,
        "auth_url": simulator.endpoint,
        "ca_certificates": Path(simulator.ca_file).read_text(),
    }
    return {**inputs, **kind(simulator)}


@pytest.fixture
def launch(simulator, tmp_path):
    """Launches a job for hosts {name: kubeconfig}. Further arguments are passed to awx.run().

    variables has the variables of all hosts, and own those of each.
    """
    numbers = iter(range(100))

    def launch(playbook, hosts, kind=keys, inputs=None, variables=None, own=None, **options):
        folder = tmp_path / f"job{next(numbers)}"
        members = {}
        for name, text in hosts.items():
            path = tmp_path / f"{name}.conf"
            path.write_text(text)
            members[name] = {
                "ansible_connection": "local",
                "hss_onboard_become": False,
                "hss_onboard_kubeconfig_path": str(path),
                **(variables or {}),
                **(own or {}).get(name, {}),
            }
        return awx.run(playbook, members, folder, inputs or credential(simulator, kind), **options)

    return launch


# The credential type

KINDS = [keys, temporary_keys, user, token]
# Variables without an input: an execution environment has no profiles, and the others are options of a task.
NOT_ASKED = {"HW_CLOUD", "HW_MAX_RETRIES", "HW_PROFILE", "HW_PROJECT_NAME", "HW_SHARED_CONFIG_FILE"}
# Some of the variables that AWX refuses, besides all that begin with ANSIBLE_.
BLOCKED = {"PATH", "PYTHONPATH", "VIRTUAL_ENV", "JOB_ID", "INVENTORY_ID", "CACHE", "PROJECT_REVISION"}


def test_awx_accepts_the_credential_type():
    described = awx.CredentialType().described
    assert set(described) == {"name", "description", "kind", "inputs", "injectors"} and described["kind"] == "cloud"
    assert set(described["inputs"]) == {"fields", "required"}
    fields = described["inputs"]["fields"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert set(described["inputs"]["required"]) <= {field["id"] for field in fields}
    for field in fields:
        assert set(field) <= {"id", "type", "label", "help_text", "secret", "multiline"} and field["type"] == "string"
        assert field["id"].isidentifier() and field["id"] != "tower" and field["label"]
    assert set(described["injectors"]) == {"file", "env"}
    for name, template in described["injectors"]["env"].items():
        assert name.isidentifier() and template.isascii()
        assert not name.startswith("ANSIBLE_") and name not in BLOCKED
    awx.CredentialType().validate()


def test_the_credential_type_injects_the_variables_that_the_modules_read():
    terraform = CREDENTIAL_VARIABLES[0]
    read = {names[0] for names in OPTION_VARIABLES.values()} | set(terraform.values())
    env = awx.CredentialType().injectors["env"]
    assert set(env) == read - NOT_ASKED
    secret = {terraform[part] for part in SECRET_PARTS}
    assert {name for name in env if env[name].strip("{} ") in awx.CredentialType().secret} == secret


@pytest.mark.parametrize("kind", KINDS)
def test_empty_fields_count_as_not_set(simulator, tmp_path, kind):
    inputs = credential(simulator, kind)
    env, _shown = awx.CredentialType().inject(inputs, tmp_path, tmp_path)
    empty = {name for name, value in env.items() if not value}
    assert {"HW_ACCESS_KEY", "HW_USER_NAME", "HW_AUTH_TOKEN", "HW_PROJECT_ID", "HW_ENTERPRISE_PROJECT_ID"} & empty
    params = {"timeout": 30}
    with_empty = resolve(params, env, Redactor(), lambda _path: None)
    assert with_empty == resolve(params, {name: env[name] for name in set(env) - empty}, Redactor(), lambda _path: None)
    assert with_empty.credential.access_key == (inputs["access_key"] or None)


def test_without_ca_certificates_the_default_authorities_are_trusted(simulator, tmp_path):
    inputs = {**credential(simulator), "ca_certificates": ""}
    env, _shown = awx.CredentialType().inject(inputs, tmp_path, tmp_path)
    assert (tmp_path / "env" / "injected").read_text() == ""  # as AWX does it
    assert resolve({"timeout": 30}, env, Redactor(), lambda _path: None).verify is True


@pytest.mark.parametrize("kind", KINDS)
def test_the_modules_sign_in_with_the_injected_variables(simulator, tmp_path, monkeypatch, kind):
    for name in [name for name in os.environ if name.startswith(("HW_", "HUAWEICLOUD_", "CLOUD_SDK_"))]:
        monkeypatch.delenv(name)
    env, _shown = awx.CredentialType().inject(credential(simulator, kind), tmp_path, tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    ran = modules.run(hss_multicloud_cluster_info.main, {})
    assert not ran.failed and ran.result["clusters"] == [], ran.msg


# The survey


def survey():
    return json.loads((awx.AWX / "surveys" / "onboard.json").read_text())


def test_awx_accepts_the_survey():
    spec = survey()
    assert set(spec) == {"name", "description", "spec"}
    assert len({question["variable"] for question in spec["spec"]}) == len(spec["spec"])
    for question in spec["spec"]:
        assert question["type"] in ("text", "multiplechoice")
        assert question["question_name"] and question["question_description"]
        assert isinstance(question["required"], bool)
        assert all(isinstance(question.get(limit, 0), int) for limit in ("min", "max"))
        if question["type"] == "multiplechoice":
            # The form always sends an answer to such a question, even if it is not required.
            assert question["required"] and question["default"] in question["choices"]
            assert all(isinstance(choice, str) for choice in question["choices"])


def test_the_survey_matches_the_options_of_the_role():
    role = awx.ROOT / "roles" / "hss_onboard"
    options = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["onboard"]["options"]
    playbook = (awx.ROOT / "playbooks" / "onboard.yml").read_text()
    for question in survey()["spec"]:
        name = question["variable"]
        if name == "hss_onboard_hosts":
            assert "hss_onboard_hosts | default('all')" in playbook and question["default"] == "all"
            continue
        option = options[name]
        if option["type"] == "bool":
            assert sorted(question["choices"]) == ["false", "true"]
            assert question["default"] == str(option["default"]).lower()
        elif "choices" in option:
            assert set(question["choices"]) == set(option["choices"]) and question["default"] == option["default"]
        else:
            assert (question["type"], option["type"], question["required"]) == ("text", "str", False)
            assert "default" not in question and "default" not in option


def test_the_survey_does_not_ask_what_decides_about_the_credential():
    """Its answers would decide which file is read as root, and which server receives the credential."""
    asked = {question["variable"] for question in survey()["spec"]}
    decisive = {"server", "kubeconfig_path", "context", "proxy_url", "tls_server_name", "cluster", "connection"}
    assert asked.isdisjoint(f"hss_onboard_{name}" for name in decisive) and "hss_onboard_hosts" in asked


def answers(empty="", **given):
    """Returns the variables that a job gets from the survey.

    :arg empty: the value of a question without an answer.
    """
    return {question["variable"]: question.get("default", empty) for question in survey()["spec"]} | given


# The value of a question without an answer depends on the version of AWX.
@pytest.mark.parametrize("empty", ["", None], ids=["empty text", "null"])
def test_a_job_with_the_default_answers(simulator, launch, empty):
    given = answers(empty)
    job = launch("onboard.yml", {"shop": kubeconfigs.kubeadm(SERVER)}, answers=given)
    assert job.status == "successful", job.output
    (cluster,) = simulator.clusters()
    assert (cluster.server, cluster.provider) == (SERVER, "self_built_idc")


def test_a_job_with_other_answers(simulator, launch):
    simulator.seed_clusters(1)
    (cluster,) = simulator.clusters()
    given = answers(hss_onboard_hosts=cluster.name, hss_onboard_state="absent")
    job = launch("onboard.yml", {cluster.name: "", "another": ""}, answers=given)
    assert (job.status, job.hosts_with("changed"), simulator.clusters()) == ("successful", {cluster.name}, [])
    assert job.hosts_with("ok") == {cluster.name}


# ansible-core 2.19 and later convert them to booleans, earlier versions keep texts.
@pytest.mark.long
def test_true_and_false_are_read_as_booleans(simulator, cluster, launch):
    cluster.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file})
    variables = {"hss_onboard_kubectl": cluster.kubectl}
    where = {"hss_onboard_kubeconfig_path": cluster.kubeconfig}
    agents = {"hss_onboard_install_agent": "true", "hss_onboard_protect_nodes": "true"}

    def job(**given):
        given = answers(**where, **given)
        done = launch("onboard.yml", {"shop": ""}, variables=variables, answers=given, verbosity=4)
        assert done.status == "successful", done.output
        told = (cluster.get("Secret", "proxy-agent-token", "hss") or {"data": {}})["data"].values()
        agents_own = [*told, *(base64.b64decode(value).decode() for value in told)]
        assert_no_secret_stored(done, [*secrets_of(simulator, Path(cluster.kubeconfig).read_text()), *agents_own])

    job()
    assert [cluster.name for cluster in simulator.clusters()] == ["shop"] and cluster.everything() == set()
    job(**agents)
    (registered,) = simulator.clusters()
    assert registered.daemonset is not None and ("Namespace", None, "hss") in cluster.everything()
    # Without the variables, the agents are not removed.
    there = cluster.everything()
    job(hss_onboard_state="absent")
    assert simulator.clusters() == [] and cluster.everything() == there
    job(hss_onboard_state="absent", **agents)
    assert cluster.everything() == set()


def test_answers_are_not_evaluated_as_templates(simulator, launch):
    """Otherwise an operator could read variables with a template in an answer."""
    given = answers(hss_onboard_server="{{ lookup('ansible.builtin.env', 'HW_SECRET_KEY') }}.example.com")
    job = launch("onboard.yml", {"shop": kubeconfigs.kubeadm(SERVER)}, answers=given)
    assert job.status == "failed" and simulator.clusters() == []
    assert simulator.secret_key not in job.kept


# What AWX stores

REGISTRY_PASSWORD = "canary-registry-password-7d1f"


def forms(text):
    """Returns a text unchanged, as in JSON, as in a URL, and in base64 at every offset."""
    data = text.encode()
    yield from {text, json.dumps(text)[1:-1], urllib.parse.quote(text, safe="")}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        # The characters that do not depend on the data before and after it.
        yield encoded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]


def needles(secrets):
    """Returns pieces of the secrets in every form. For a long secret, some pieces are sufficient."""
    for secret in secrets:
        pieces = [secret] if len(secret) <= 60 else [secret[at : at + 24] for at in range(30, len(secret) - 24, 60)]
        for piece in pieces:
            yield from forms(piece)


def holds(text, secrets):
    """Returns whether a text contains a secret or a part of one, also across lines."""
    said = "".join(text.split()).replace("\\n", "").replace("\\r", "")
    return [needle for needle in needles(secrets) if needle in said]


def secrets_of(simulator, *texts):
    yield from (simulator.access_key, simulator.secret_key, *simulator.temporary)
    yield from (simulator.user.password, REGISTRY_PASSWORD, *simulator._gateway.tokens._tokens)
    for text in texts:
        for entry in yaml.safe_load(text)["users"]:
            data = entry["user"]["client-key-data"]
            yield from (data, base64.b64decode(data).decode().replace("\n", ""))


def assert_no_secret_stored(job, secrets):
    """Checks AWX's database, the artifacts of ansible-runner, and the files that remain on the other node."""
    secrets = list(secrets)
    assert holds(job.kept, secrets) == []
    assert not job.worker.exists()
    files = [path for place in (job.artifacts, job.folder.parent / "home") for path in place.rglob("*")]
    files = [path for path in files if path.is_file()]
    assert {"stdout", "rc"} <= {path.name for path in files} and len(files) > len(job.events) > 5
    told = {path.name for path in files if holds(path.read_text(errors="replace"), secrets)}
    # The file with the environment, which AWX deletes, is described in the guide.
    assert told == {"command"}
    command = job.artifacts / "command"
    assert command.stat().st_mode & 0o077 == 0
    content = json.loads(command.read_text())
    assert holds(json.dumps([content["command"], content["cwd"]]), secrets) == []


def test_no_secret_of_a_registration_is_stored(simulator, launch):
    ca = kubeconfigs.Authority()
    old, new = kubeconfigs.kubeadm(SERVER, ca=ca, days=20), kubeconfigs.kubeadm(SERVER, ca=ca)
    # The inventory refers to a variable from another credential of the job.
    registry = {"image_repo": "registry.example.com", "image_repo_password": "{{ registry_password }}"}
    injected = {"registry_password": REGISTRY_PASSWORD}

    def job(playbook, text, kind=keys, no_log=True, **options):
        variables = {"hss_onboard_cluster": registry, "hss_onboard_no_log": no_log}
        options |= {"variables": variables, "answers": injected, "verbosity": 4}
        done = launch(playbook, {"shop": text}, kind, **options)
        assert done.status == "successful", done.output
        assert_no_secret_stored(done, secrets_of(simulator, old, new))
        return done.hosts_with("changed")

    assert (job("onboard.yml", old, check=True), simulator.clusters()) == ({"shop"}, [])
    assert (job("onboard.yml", old, no_log=False), simulator.count(CREATE)) == ({"shop"}, 1)
    (cluster,) = simulator.clusters()
    assert cluster.image_repo_password == REGISTRY_PASSWORD
    # With a password, with which a token is requested from IAM.
    assert (job("onboard.yml", old, user), simulator.count(CREATE)) == (set(), 1)
    assert (job("rotate.yml", new), simulator.count("UpdateMultiCloudClusters")) == ({"shop"}, 1)
    assert (job("offboard.yml", new), simulator.clusters()) == ({"shop"}, [])


def test_no_secret_of_a_failed_job_is_stored(simulator, launch):
    text = kubeconfigs.kubeadm(SERVER)
    wrong = "a-wrong-secret-canary-0123456789"
    inputs = {**credential(simulator), "secret_key": wrong}
    job = launch("onboard.yml", {"shop": text}, inputs=inputs, verbosity=4)
    assert job.status == "failed" and "APIGW.0301" in job.output and "check access_key, secret_key" in job.output
    assert_no_secret_stored(job, [wrong, *secrets_of(simulator, text)])


def test_the_search_finds_secrets_in_every_form(simulator):
    secret = simulator.secret_key
    for text in (secret, f"x{secret}y", base64.b64encode(f"user:{secret}@host".encode()).decode()):
        assert holds(f"some\n{text}\nwords", [secret])
    data, _pem = list(secrets_of(simulator, kubeconfigs.kubeadm(SERVER)))[-2:]
    pem = base64.b64decode(data).decode()
    for text in (data, pem, json.dumps(pem), base64.encodebytes(data.encode()).decode()):
        assert holds(f"some\n{text}\nwords", [data, pem.replace("\n", "")])
    assert not holds("some words", [secret, data])


# Relaunch on failed hosts


def test_a_relaunch_on_failed_hosts_finishes_what_failed(simulator, launch):
    ca, pair = kubeconfigs.Authority(), kubeconfigs.Authority()
    bad, good = kubeconfigs.kubeadm("https://10.0.0.1:6443", days=-3), kubeconfigs.kubeadm("https://10.0.0.1:6443")
    hosts = {
        "alone": kubeconfigs.kubeadm("https://10.0.0.2:6443"),
        "bad": bad,
        "away": kubeconfigs.kubeadm("https://10.0.0.3:6443"),
        # One control plane of two is not usable.
        "shop-1": kubeconfigs.kubeadm("https://10.0.0.4:6443", ca=ca, days=-3),
        "shop-2": kubeconfigs.kubeadm("https://10.0.0.4:6443", ca=ca),
        # One control plane of two has a credential that ends soon.
        "old-1": kubeconfigs.kubeadm("https://10.0.0.5:6443", ca=ca, days=20),
        "old-2": kubeconfigs.kubeadm("https://10.0.0.5:6443", ca=ca),
        # Two control planes contradict each other, so nothing is done for their cluster.
        "pair-1": kubeconfigs.kubeadm("https://10.0.0.6:6443", ca=pair),
        "pair-2": kubeconfigs.kubeadm("https://10.0.0.7:6443", ca=pair),
    }
    own = {name: {"hss_onboard_name": name.partition("-")[0]} for name in hosts}
    own["away"] |= {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    variables = {"hss_onboard_min_days_left": 30, "hss_onboard_connection": {"max_retries": 0}}

    def job(**options):
        return launch("onboard.yml", hosts, variables=variables, own=own, **options)

    # HSS cannot be asked: every host fails, and the relaunch has all of them.
    simulator.fault("ListMultiCloudClusters", Fault.status(503), times=9)
    outage = job()
    assert (outage.status, outage.failed_hosts, simulator.clusters()) == ("failed", set(hosts), []), outage.output
    simulator.clear_faults()
    first = job(limit=sorted(outage.failed_hosts))
    assert first.failed_hosts == {"bad", "away", "old-1", "pair-1", "pair-2"}, first.output
    assert {cluster.name for cluster in simulator.clusters()} == {"alone", "shop", "old"}
    assert any(line.startswith("shop: host shop-1 was passed over: ") for line in first.report)
    assert first.report[-1] == "3 registered, 2 failed, 1 unreachable, 1 with too few days left"

    # The reasons are gone, except for the credential that ends soon. Alone, it does not replace the better one in HSS.
    hosts |= {"bad": good, "pair-2": kubeconfigs.kubeadm("https://10.0.0.6:6443", ca=pair)}
    own["away"] = {"hss_onboard_name": "away"}
    requests = {what: simulator.count(what) for what in (CREATE, "UpdateMultiCloudClusters")}
    second = job(limit=sorted(first.failed_hosts))
    assert (second.hosts, second.failed_hosts) == (first.failed_hosts, {"old-1"}), second.output
    assert {line.partition(":")[0] for line in second.report[:-1]} == {"bad", "away", "old", "pair"}
    assert second.report[-1] == "3 registered, 1 unchanged, 1 with too few days left"
    assert simulator.count("UpdateMultiCloudClusters") == requests["UpdateMultiCloudClusters"] == 0
    assert simulator.count(CREATE) - requests[CREATE] == 3 and len(simulator.clusters()) == 6


# Fact storage

STALE = {
    # What a job that gathered facts stored when the host was another one.
    "ansible_hostname": "another",
    "ansible_fqdn": "another.example.com",
    "ansible_user_id": "nobody",
    "ansible_user_dir": "/nonexistent",
    "ansible_env": {"HOME": "/nonexistent", "KUBECONFIG": "/nonexistent", "HW_REGION_NAME": "nowhere"},
    "ansible_default_ipv4": {"address": "192.0.2.1"},
    "ansible_system": "Win32NT",
    "ansible_pkg_mgr": "unknown",
    "discovered_interpreter_python": "/nonexistent/python",
    "ansible_connection": "ssh",
    "ansible_become": True,
    "module_setup": True,
    # What a playbook may have stored of the role's result.
    "hss_onboard_result": {"name": "another", "cluster_id": "1", "failed": True, "reading": {"use": "another"}},
}


def test_stored_facts_change_nothing_and_get_nothing(simulator, launch):
    # The reports of two jobs are compared, and have its end in minutes.
    kubeconfig = kubeconfigs.kubeadm(SERVER)

    def job(facts, **options):
        done = launch("onboard.yml", {"shop": kubeconfig}, facts=facts, **options)
        assert done.facts == awx.fact_files(facts), done.output
        return done

    options = {"variables": {"hss_onboard_install_agent": True, "hss_onboard_kubectl": "/no/kubectl"}, "verbosity": 4}
    fresh, stale = (job(facts, check=True, **options) for facts in ({}, {"shop": STALE}))
    assert fresh.report == stale.report and "would be registered" in stale.report[0], stale.output
    # The facts were read: one with the name of a variable of the role counts, as a variable of the inventory would.
    done = job({"shop": {**STALE, "hss_onboard_provider": "aws"}})
    assert done.status == "successful", done.output
    (cluster,) = simulator.clusters()
    assert (cluster.name, cluster.server, cluster.provider) == ("shop", SERVER, "aws")


# Approvals


def test_a_job_in_check_mode_shows_what_an_approval_would_remove(simulator, launch):
    """The differences, which the workflows for approvals show, have the server that is registered now."""
    simulator.seed_clusters([{"name": "shop", "server": "https://10.9.9.9:6443", "provider": "self_built_idc"}])
    policy = {"hss_onboard_on_drift": "recreate"}

    def job(playbook, **options):
        done = launch(playbook, {"shop": kubeconfigs.kubeadm(SERVER)}, variables=policy, **options)
        assert done.status == "successful", done.output
        return done

    check = job("onboard.yml", check=True)
    assert check.report[0].startswith(f"shop: would be removed and registered again, {SERVER}, "), check.output
    assert check.report[1] == "1 would be removed and registered again"
    assert "-server: https://10.9.9.9:6443" in check.output and f"+server: {SERVER}" in check.output
    (before,) = simulator.clusters()
    done = job("onboard.yml")
    (after,) = simulator.clusters()
    assert done.report[1] == "1 removed and registered again" and before.cluster_id != after.cluster_id
    check = job("offboard.yml", check=True)
    assert check.report == [f"shop: would be removed, {SERVER}, {after.cluster_id}", "1 would be removed"]
    assert simulator.clusters() == [after]


# Job slices


def test_slices_that_share_a_cluster_end_with_one_registration(simulator, launch):
    """AWX distributes hosts by name, so the control planes of a cluster are in different slices at the same time."""
    ca = kubeconfigs.Authority()
    hosts = {f"shop-{number}": kubeconfigs.kubeadm(SERVER, ca=ca) for number in (1, 2)}
    # One control plane of another cluster is not usable.
    hosts["edge-1"], hosts["edge-2"] = (kubeconfigs.kubeadm("https://10.0.0.6:6443", days=days) for days in (-3, 365))
    own = {name: {"hss_onboard_name": name.partition("-")[0]} for name in hosts}

    def both(playbook, *different):
        """Launches two jobs at the same time, and returns the hosts of each and those that failed."""
        jobs = {}

        def work(number):
            jobs[number] = launch(playbook, hosts, own=own, **different[number])

        threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [(jobs[number].hosts, jobs[number].failed_hosts) for number in (0, 1)], jobs

    slices = [{"slice_of": (number, 2)} for number in (1, 2)]
    first, jobs = both("onboard.yml", *slices)
    assert first == [({"edge-1", "shop-1"}, {"edge-1"}), ({"edge-2", "shop-2"}, set())], [
        job.output for job in jobs.values()
    ]
    assert sorted(cluster.name for cluster in simulator.clusters()) == ["edge", "shop"]
    # Jobs that are limited to whole clusters have no such failure.
    whole, jobs = both("onboard.yml", *({"limit": [name for name in hosts if name[0] == letter]} for letter in "es"))
    assert whole == [({"edge-1", "edge-2"}, set()), ({"shop-1", "shop-2"}, set())]
    assert jobs[0].report[-1] == jobs[1].report[-1] == "1 unchanged"
    gone, jobs = both("offboard.yml", *slices)
    assert all(not failed for _ok, failed in gone) and simulator.clusters() == []
