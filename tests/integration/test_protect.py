# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role from a kubeconfig to protected nodes and back, with a simulated HSS.

The tests run with a stand-in for the cluster, and with a real API server.
"""

from __future__ import annotations

import json
import socket
import threading

import clusters
import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.agents import ASSUMED_OBJECTS, CLUSTER_KINDS
from playbooks import play
from simulator import Fault, manifests

AGENT = {
    ("Namespace", None, "hss"),
    ("ServiceAccount", "hss", "hss-user"),
    ("Role", "hss", "hssRole"),
    ("RoleBinding", "hss", "hssRoleBinding"),
    ("ClusterRole", None, "hssClusterRole"),
    ("ClusterRoleBinding", None, "hssClusterRoleBinding"),
    ("ConfigMap", "hss", "proxy-agent-config"),
    ("Secret", "hss", "proxy-agent-token"),
    ("Secret", "hss", "hss-registration"),
    ("Deployment", "hss", "proxy-agent"),
}
ALL = {"hss_onboard_install_agent": True, "hss_onboard_protect_nodes": True}
# What the report says about nodes as long as no variable says what pays for their protection.
CLOSED = ", protection is closed: set hss_onboard_charging_mode"
STAY = "3 nodes (shop-node-1, shop-node-2 and shop-node-3)"


@pytest.fixture
def agent_dials(cluster, simulator):
    """Simulates the connection agent, which connects to HSS when its Deployment is in the cluster."""
    simulator.configure(agent_auto_applied=False)
    over = threading.Event()

    def run_pods(deployment):
        # No controller of workloads runs there.
        wanted = deployment["spec"]["replicas"]
        numbers = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), wanted)
        status = {"observedGeneration": deployment["metadata"]["generation"], **numbers}
        if not status.items() <= deployment.get("status", {}).items():
            path = "/apis/apps/v1/namespaces/hss/deployments/proxy-agent/status"
            cluster.run("replace", "--raw", path, "--filename", "-", stdin=json.dumps({**deployment, "status": status}))

    def watch():
        dialled = set()
        while not over.wait(0.5):
            config = cluster.get("ConfigMap", "proxy-agent-config", "hss")
            deployment = cluster.get("Deployment", "proxy-agent", "hss") if config else None
            if config and deployment:
                run_pods(deployment)
                cluster_id = config["data"]["CLUSTER_ID"]
                if cluster_id not in dialled:
                    dialled.add(cluster_id)
                    simulator.agent_applied(cluster_id)

    if not clusters.REAL:
        cluster.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file})
        yield
        return
    thread = threading.Thread(target=watch)
    thread.start()
    yield
    over.set()
    thread.join(30)


@pytest.fixture
def role(cluster, simulator, agent_dials, tmp_path):
    """Runs the role for the hosts of a cluster with a local connection.

    :arg hosts: the variables of each host. By default there is one host.
    """

    def run(*arguments, state="present", hosts=None, **variables):
        book = [
            {
                "hosts": "all",
                "gather_facts": False,
                "roles": ["huaweicloud.hss.hss_onboard"],
            }
        ]
        (tmp_path / "play.yml").write_text(json.dumps(book))
        local = {
            "ansible_connection": "local",
            "hss_onboard_become": False,
            "hss_onboard_name": "shop",
            "hss_onboard_server": "10.0.0.5",
            "hss_onboard_kubeconfig_path": cluster.kubeconfig,
            "hss_onboard_kubectl": cluster.kubectl,
            "hss_onboard_wait_timeout": 30,
            "hss_onboard_state": state,
            **variables,
        }
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts or {"cp-1": {}}, "vars": local}}))
        return play(str(tmp_path / "play.yml"), inventory, tmp_path, simulator.environment(), *arguments)

    return run


def line(played):
    """Returns the report's line for the only cluster."""
    reported, _tally = played.report
    return reported


def error(played):
    """Returns the message with which the only host failed."""
    return played.failure("cp-1")


def test_onboarding_to_protected_nodes(role, cluster, simulator):
    checked = role("--check", "--diff", **ALL)
    assert (checked.code, checked.hosts_with("changed")) == (0, {"cp-1"}), checked.output
    assert "would be registered" in line(checked)
    unknown = "connection agent would be installed, with objects that HSS names once it is registered"
    assert unknown in line(checked) and "Deployment" not in checked.output
    assert (simulator.clusters(), cluster.everything()) == ([], set())

    first = role(**ALL)
    assert first.code == 0, first.output
    assert "connect_success" in line(first)
    assert line(first).endswith(f", connection agent installed, node agents installed, agents on 3 of 3 nodes{CLOSED}")
    (registered,) = simulator.clusters()
    assert registered.daemonset is not None and cluster.everything() == AGENT

    second = role(**ALL)
    assert (second.code, second.hosts_with("changed")) == (0, set()), second.output
    assert line(second).startswith("shop: unchanged, ") and line(second).endswith(f", agents on 3 of 3 nodes{CLOSED}")
    checked = role("--check", **ALL)
    assert (checked.code, checked.hosts_with("changed")) == (0, set()), checked.output


def test_a_failed_preflight_does_not_prevent_the_registration(role, simulator):
    agent = {"hss_onboard_install_agent": True, "hss_onboard_kubectl": "/no/kubectl"}
    why = "the connection agent could not be installed: there is no /no/kubectl on this host"
    checked = role("--check", **agent)
    assert (checked.code, simulator.clusters()) == (2, []) and f"; but {why}" in error(checked), checked.output
    for preflight in (True, False):
        played = role(**agent, hss_onboard_preflight=preflight)
        assert (played.code, len(simulator.clusters())) == (2, 1), played.output
        assert f"; but {why}" in error(played), played.output


def test_the_preflight_and_the_removal_cover_every_kind_of_the_manifests():
    asked = {(item["kind"], item["metadata"].get("namespace")) for item in ASSUMED_OBJECTS}
    assert {(kind, namespace) for kind, namespace, _name in AGENT} <= asked
    outside = {f"{kind.lower()}s" for kind, namespace in asked if namespace is None and kind != "Namespace"}
    assert outside <= set(CLUSTER_KINDS)


def test_the_addresses_of_hss_are_checked_on_request(role, cluster, simulator, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        reached, refused = (f"127.0.0.1:{each.getsockname()[1]}" for each in (listener, closed))
        told = {"anp_address": reached, "agent_address": refused, "region_id": "cn-north-4"}
        monkeypatch.setattr(manifests, "network", lambda _region, ports=False: told)
        agent = {"hss_onboard_install_agent": True}
        played = role(**agent, hss_onboard_check_network=True)
        assert played.code == 2 and cluster.everything() == set(), played.output
        assert f"This host cannot reach {refused} " in error(played) and reached not in error(played)
        # The agents use the proxies. What cannot be checked is a warning.
        proxies = {"anp_proxy": refused, "hostguard_proxy": f"http://hss:canary-password@{reached}"}
        played = role(**agent, hss_onboard_check_network=True, hss_onboard_cluster=proxies)
        assert played.code == 2 and f"This host cannot reach {refused} " in error(played), played.output
        assert "canary-password" not in played.output
        simulator.fault("ShowAgentAddress", Fault.status(400, error_code="HSS.0010"), times=1)
        played = role("--check", **agent, hss_onboard_check_network=True)
        assert played.code == 0 and "HSS did not name its addresses" in played.text, played.output
        told["agent_address"] = reached
        assert role(**agent, hss_onboard_check_network=True).code == 0
        told["agent_address"] = refused
        assert role(**agent).code == 0


@pytest.mark.long
def test_the_variables_determine_the_daemonset(role, simulator):
    scheduled = {"schedule_info": {"node_selector": ["pool=web"]}}
    assert role(**ALL, hss_onboard_daemonset=scheduled).code == 0
    (registered,) = simulator.clusters()
    assert registered.daemonset.fields["schedule_info"]["node_selector"] == ["pool=web"]
    assert role(**ALL, hss_onboard_daemonset=scheduled).hosts_with("changed") == set()
    scheduled["schedule_info"]["node_selector"] = ["pool=db"]
    checked = role("--check", **ALL, hss_onboard_daemonset=scheduled)
    assert line(checked).endswith(f", node agents would be changed{CLOSED}"), checked.output
    changed = role(**ALL, hss_onboard_daemonset=scheduled)
    assert line(changed).startswith("shop: registration unchanged, ")
    assert line(changed).endswith(f", node agents changed, agents on 3 of 3 nodes{CLOSED}")
    assert simulator.clusters()[0].daemonset.fields["schedule_info"]["node_selector"] == ["pool=db"]


def test_complete_removal(role, cluster, simulator):
    """With the ServiceAccount, whose token HSS has."""
    whole = {**ALL, "hss_onboard_service_account": True}
    assert role(**whole).code == 0
    made = cluster.everything()
    assert AGENT < made and {("Secret", "hss-access", "hss-token"), ("ClusterRole", None, "hss-access")} < made
    again = role(**whole)
    assert (again.code, again.hosts_with("changed")) == (0, set()), again.output
    checked = role("--check", state="absent", **whole)
    assert (checked.code, checked.hosts_with("changed")) == (0, {"cp-1"}), checked.output
    assert line(checked).startswith("shop: would be removed, ") and cluster.everything() == made

    back = role(state="absent", **whole)
    assert back.code == 0, back.output
    assert line(back).startswith("shop: removed, ")
    assert line(back).endswith(f", node agents removed, agents stay on {STAY}, connection agent removed")
    assert (simulator.clusters(), cluster.everything()) == ([], set())
    again = role(state="absent", **whole)
    assert (again.code, again.hosts_with("changed"), line(again)) == (0, set(), "shop: not registered")


def test_protection_is_opened_and_taken_back(role, cluster, simulator):
    paid = {**ALL, "hss_onboard_charging_mode": "packet_cycle"}
    simulator.configure(quotas=0)
    refused = role(**paid)
    assert refused.code == 2 and "1 node needs a quota, and 0 are left of 0" in error(refused), refused.output
    assert (cluster.everything(), len(simulator.clusters()), simulator.hosts()) == (set(), 1, [])
    simulator.configure(quotas=3)
    opened = role(**paid)
    assert opened.code == 0, opened.output
    assert line(opened).endswith("agents on 3 of 3 nodes, protection opened on 3, open on 3")
    assert "3 of 3 nodes done" in opened.output and all(host.protected for host in simulator.hosts())
    again = role(**paid)
    assert (again.code, again.hosts_with("changed")) == (0, set()), again.output
    assert line(again).endswith(", agents on 3 of 3 nodes, protection open on 3")
    back = role(state="absent", **ALL, hss_onboard_uninstall_agents=True)
    assert back.code == 0, back.output
    done = (
        ", protection closed on 3 nodes, node agents removed, agents uninstalled from 3 nodes, connection agent removed"
    )
    assert line(back).endswith(done) and (simulator.clusters(), cluster.everything()) == ([], set())
    assert {(host.protected, host.agent_status) for host in simulator.hosts()} == {(False, "not_installed")}


@pytest.mark.long
def test_each_stage_has_its_own_variable_and_check_mode_predicts_it(role, cluster, simulator):
    assert role().code == 0
    (registered,) = simulator.clusters()
    assert (registered.daemonset, cluster.everything()) == (None, set())
    checked = role("--check", "--diff", **ALL)
    assert line(checked).endswith(
        ", connection agent would be installed, node agents would be installed once it is connected"
        ", protection would stay closed: set hss_onboard_charging_mode"
    )
    assert "+++ after: Deployment hss/proxy-agent" in checked.output and cluster.everything() == set()
    assert simulator.agent_token(registered.cluster_id) not in checked.output

    assert role(hss_onboard_install_agent=True).code == 0
    assert (simulator.clusters()[0].daemonset, cluster.everything()) == (None, AGENT)
    checked = role("--check", **ALL)
    assert line(checked).startswith("shop: registration unchanged, ")
    assert ", node agents would be installed, protection would stay closed" in line(
        checked
    ) and "connection agent" not in line(checked)
    assert simulator.clusters()[0].daemonset is None

    assert cluster.run("delete", "deployment", "proxy-agent", "-n", "hss").returncode == 0
    assert role(hss_onboard_protect_nodes=True).code == 0
    assert simulator.clusters()[0].daemonset is not None
    left = AGENT - {("Deployment", "hss", "proxy-agent")}
    assert cluster.everything() == left
    back = role(state="absent", hss_onboard_protect_nodes=True)
    assert line(back).startswith("shop: removed, ") and line(back).endswith(
        f", node agents removed, agents stay on {STAY}"
    )
    assert (simulator.clusters(), cluster.everything()) == ([], left)
    # A namespace in which somebody else has something is kept.
    theirs = thing("ConfigMap", "theirs", data={"x": "1"})
    theirs["metadata"]["namespace"] = "hss"
    assert cluster.run("apply", "--filename", "-", stdin=json.dumps(theirs)).returncode == 0
    back = role(state="absent", hss_onboard_install_agent=True)
    assert (back.code, line(back)) == (0, "shop: not registered, connection agent removed"), back.output
    assert "shop: The Namespace hss is kept, since it contains objects that were not created for " in back.text
    assert "ConfigMap hss/theirs." in back.text
    assert cluster.everything() == {("Namespace", None, "hss"), ("ConfigMap", "hss", "theirs")}
    assert cluster.run("delete", "configmap", "theirs", "-n", "hss").returncode == 0
    assert role(state="absent", hss_onboard_install_agent=True).hosts_with("changed") == {"cp-1"}
    assert cluster.everything() == set()


@pytest.mark.long
def test_an_interrupted_removal_keeps_its_order(role, cluster, simulator):
    """Nothing is removed that is still needed to remove the rest."""
    assert role(**ALL).code == 0
    simulator.fault("DeleteAgentDaemonset", Fault.status(400, error_code="HSS.0010"), times=1)
    played = role(state="absent", **ALL)
    assert played.code == 2 and "HSS.0010" in error(played), played.output
    assert (len(simulator.clusters()), simulator.count("RemoveMultiCloudClusters"), cluster.everything()) == (
        1,
        0,
        AGENT,
    )

    simulator.fault("RemoveMultiCloudClusters", Fault.status(400, error_code="HSS.0010"), times=1)
    played = role(state="absent", **ALL)
    assert played.code == 2 and "HSS.0010" in error(played), played.output
    (registered,) = simulator.clusters()
    assert (registered.daemonset, cluster.everything()) == (None, AGENT)

    back = role(state="absent", **ALL)
    assert line(back).startswith("shop: removed, ") and line(back).endswith(", connection agent removed")
    assert (simulator.clusters(), cluster.everything()) == ([], set())


@pytest.mark.long
def test_a_namespace_that_is_not_deleted_is_a_failure_and_the_next_run_continues(role, cluster, simulator):
    """The cluster responds, so remaining objects are a failure and not a warning."""
    agent = {"hss_onboard_install_agent": True}
    assert role(**agent).code == 0
    labels = {"huaweicloud.hss/cluster-id": simulator.clusters()[0].cluster_id}
    metadata = {"name": "kept", "namespace": "hss", "finalizers": ["example.com/kept"], "labels": labels}
    kept = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    # Uses the same kind of apply as below, or else the field would be kept.
    made = cluster.run("apply", "--server-side", "--filename", "-", stdin=json.dumps(kept))
    assert made.returncode == 0, made.stderr
    back = role(state="absent", **{**agent, "hss_onboard_wait_timeout": 8})
    assert (back.code, simulator.clusters(), back.hosts_with("changed")) == (2, [], {"cp-1"}), back.output
    assert error(back).startswith("removed, ")
    assert "; but the connection agent could not be removed completely: " in error(back)
    assert "Namespace hss was deleted, but still exists" in error(back) and "example.com/kept" in error(back)
    metadata["finalizers"] = []
    freed = cluster.run("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=json.dumps(kept))
    assert freed.returncode == 0, freed.stderr
    again = role(state="absent", **agent)
    assert (again.code, cluster.everything()) == (0, set()), again.output


def test_the_registration_of_a_lost_cluster_is_removed(role, cluster, simulator):
    assert role(hss_onboard_install_agent=True).code == 0
    gone = {"cp-1": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}}
    for expected in ("removed", "not registered"):
        back = role(state="absent", hosts=gone, hss_onboard_install_agent=True)
        assert (back.code, simulator.clusters()) == (0, []), back.output
        assert line(back).startswith(f"shop: {expected}"), back.output
        assert "shop: nothing was removed in the cluster itself, which may be gone: " in back.text
    # The cluster is reachable again.
    assert cluster.everything() == AGENT
    again = role(state="absent", hss_onboard_install_agent=True)
    assert (again.code, line(again)) == (0, "shop: not registered, connection agent removed")
    assert cluster.everything() == set()


@pytest.mark.long
def test_another_host_removes_the_agent_if_the_first_one_fails(role, cluster, simulator):
    assert role(**ALL).code == 0
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    hosts = {"cp-1": gone, "cp-2": {"hss_onboard_kubectl": "/no/kubectl"}, "cp-3": {}}
    checked = role("--check", state="absent", hosts=hosts, **ALL)
    assert line(checked).startswith("shop: would be removed, ")
    assert line(checked).endswith(
        f", node agents would be removed, agents would stay on {STAY}, connection agent would be removed"
    )
    back = role(state="absent", hosts=hosts, **ALL)
    assert (back.code, simulator.clusters(), cluster.everything()) == (0, [], set()), back.output
    assert line(back).endswith(f", node agents removed, agents stay on {STAY}, connection agent removed")
    assert "nothing was removed" not in back.text


@pytest.mark.long
def test_changes_of_others_in_the_cluster_are_reverted(role, cluster):
    assert role(**ALL).code == 0
    assert cluster.run("delete", "deployment", "proxy-agent", "-n", "hss").returncode == 0
    repaired = role(**ALL)
    assert (repaired.code, repaired.hosts_with("changed")) == (0, {"cp-1"}), repaired.output
    assert "connection agent installed" in line(repaired) and cluster.everything() == AGENT
    assert role(**ALL).hosts_with("changed") == set()


ACCOUNT = {"hss_onboard_service_account": True}
BOUND = "ServiceAccount bound to the Role hssRole"


@pytest.mark.long
def test_the_service_account_may_manage_agents_as_long_as_they_are_desired(role, cluster, simulator):
    def bindings():
        return {entry for entry in cluster.everything() if entry[0] == "RoleBinding"}

    def changed(played):
        assert played.code == 0, played.output
        return played.hosts_with("changed") == {"cp-1"}

    own, binding = ("RoleBinding", "hss", "hssRoleBinding"), ("RoleBinding", "hss", "hss-access")
    assert BOUND.replace("bound", "would be bound") in line(role("--check", **ALL, **ACCOUNT))
    assert cluster.everything() == set()
    first = role(**ALL, **ACCOUNT)
    assert changed(first) and BOUND in line(first) and bindings() == {own, binding}
    made = cluster.get("RoleBinding", "hss-access", "hss")
    assert made["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "hssRole"}
    assert made["subjects"] == [{"kind": "ServiceAccount", "name": "hss", "namespace": "hss-access"}]
    assert made["metadata"]["labels"]["huaweicloud.hss/cluster-id"] == "shop"
    assert {verb for rule in cluster.get("ClusterRole", "hss-access")["rules"] for verb in rule["verbs"]} == {
        "get",
        "list",
        "watch",
    }
    assert not changed(role(**ALL, **ACCOUNT))

    # Without agents, the rights are taken back, and given again if HSS is to install node agents only.
    checked = role("--check", **ACCOUNT)
    assert changed(checked) and "ServiceAccount would be updated" in line(checked) and binding in bindings()
    without = role(**ACCOUNT)
    assert changed(without) and "ServiceAccount updated" in line(without) and bindings() == {own}
    assert not changed(role(**ACCOUNT))
    nodes = {**ACCOUNT, "hss_onboard_protect_nodes": True}
    again = role(**nodes)
    assert changed(again) and BOUND in line(again) and bindings() == {own, binding}
    assert not changed(role(**nodes))

    back = role(state="absent", **ALL, **ACCOUNT)
    assert (back.code, cluster.everything(), simulator.clusters()) == (0, set(), []), back.output


def test_a_namespace_and_a_binding_of_somebody_else_stay_as_they_are(role, cluster):
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hss"}}
    theirs = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "hss-access", "namespace": "hss"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "theirs"},
        "subjects": [],
    }
    text = "\n".join(map(json.dumps, (namespace, theirs)))
    assert cluster.run("apply", "--filename", "-", stdin=text).returncode == 0
    # HSS is not connected, so there are no nodes to protect yet.
    nodes = {"hss_onboard_protect_nodes": True, "hss_onboard_wait": False, **ACCOUNT}
    refused = role(**nodes).text
    assert "did not get the rights of the Role hssRole: RoleBinding hss/hss-access belongs" in refused
    assert cluster.get("RoleBinding", "hss-access", "hss")["roleRef"]["name"] == "theirs"
    assert cluster.run("delete", "rolebinding", "hss-access", "-n", "hss").returncode == 0
    assert BOUND in role(**nodes).text and cluster.get("RoleBinding", "hss-access", "hss")
    assert role(state="absent", **ACCOUNT).code == 0
    assert cluster.everything() == {("Namespace", None, "hss")}


@pytest.mark.parametrize("required", [False, True])
def test_missing_permissions_are_reported_with_advice(role, simulator, required):
    row = {
        "api_groups": "",
        "resources": "pods",
        "function": "check",
        "is_authed": False,
        "advice": "grant get on pods",
    }
    simulator.set_permissions([row])
    played = role(**ALL, hss_onboard_require_permissions=required)
    assert (played.code == 0) is not required, played.output
    assert "pods for check: grant get on pods" in played.text
    (registered,) = simulator.clusters()
    assert (registered.daemonset is None) is required
    if not required:
        assert role(**ALL).hosts_with("changed") == set()


@pytest.mark.long
def test_a_failed_connection_quotes_the_reason_from_hss_and_the_next_run_continues(role, simulator):
    assert role(hss_onboard_install_agent=True).code == 0
    (registered,) = simulator.clusters()
    simulator.set_status(registered.cluster_id, "connect_fail", failed_message="the tunnel was refused")
    played = role(**ALL)
    assert played.code == 2 and "the tunnel was refused" in error(played)
    assert simulator.clusters()[0].daemonset is None
    simulator.set_status(registered.cluster_id, "connect_success")
    assert role(**ALL).code == 0 and simulator.clusters()[0].daemonset is not None


@pytest.mark.long
def test_failed_node_agents_are_reported(role, simulator):
    assert role(hss_onboard_install_agent=True).code == 0
    (registered,) = simulator.clusters()
    assert role(**ALL, hss_onboard_wait=False).code == 0
    simulator.set_daemonset_status(registered.cluster_id, "install_failed", failed_message="ImagePullBackOff")
    played = role(**ALL)
    assert played.code == 2 and "ImagePullBackOff" in error(played), played.output


def test_without_an_agent_the_nodes_cannot_be_protected_yet(role, simulator):
    played = role(hss_onboard_protect_nodes=True, hss_onboard_wait=False)
    assert played.code == 2 and "HSS is not connected to it; run again once it is" in error(played)
    assert len(simulator.clusters()) == 1


def test_no_secret_of_the_agent_or_the_registry_is_shown(role, cluster, simulator):
    password = "canary-registry-password-93b1"
    registry = {
        "image_repo": "registry.example.com",
        "image_repo_username": "robot",
        "image_repo_password": password,
        "organization": "security",
    }
    played = role("-vvvv", "--diff", **ALL, hss_onboard_cluster=registry, hss_onboard_no_log=False)
    assert played.code == 0, played.output
    secrets = [
        cluster.get("Secret", "proxy-agent-token", "hss")["data"]["TOKEN"],
        cluster.get("Secret", "hss-registry", "hss")["data"][".dockerconfigjson"],
        password,
    ]
    assert [secret for secret in secrets if secret in played.output + played.log] == []
    assert role(**ALL, hss_onboard_cluster=registry).hosts_with("changed") == set()


def thing(kind, name, version="v1", **content):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}


def test_objects_of_others_are_neither_changed_nor_removed(role, cluster, simulator):
    rbac = "rbac.authorization.k8s.io/v1"
    others = [thing("Namespace", "hss"), thing("ClusterRole", "hssClusterRole", rbac, rules=[])]
    for item in others:
        made = cluster.run("apply", "--filename", "-", stdin=json.dumps(item))
        assert made.returncode == 0, made.stderr
    agent = {"hss_onboard_install_agent": True}
    theirs = cluster.everything()
    checked = role("--check", **agent)
    assert checked.code == 2 and "Namespace hss was not created for HSS" in error(checked), checked.output

    refused = role(**agent)
    (registered,) = simulator.clusters()
    assert refused.code == 2 and cluster.everything() == theirs, refused.output
    assert "Namespace hss, ClusterRole hssClusterRole were not created for HSS" in error(refused)
    assert f"Nothing was applied for the registration {registered.cluster_id}" in error(refused)

    taken = role("--diff", **agent, hss_onboard_agent_take_over=True)
    assert (taken.code, cluster.everything()) == (0, AGENT), taken.output
    (registered,) = simulator.clusters()
    taken_over = f"taken over for the registration {registered.cluster_id}: ClusterRole hssClusterRole was not created"
    assert f"shop: {taken_over} for HSS" in taken.text
    assert (
        "ClusterRole hssClusterRole: updated" in taken.output and "Deployment hss/proxy-agent: created" in taken.output
    )
    again = role(**agent)
    assert (again.code, again.hosts_with("changed")) == (0, set()), again.output

    back = role(state="absent", **agent)
    assert (back.code, cluster.everything()) == (0, {("Namespace", None, "hss")}), back.output
    assert "Namespace hss remains in the cluster, since this registration did not create it" in back.text


def test_the_agent_of_another_registration_runs_on(role, cluster, simulator):
    agent = {"hss_onboard_install_agent": True, "hss_onboard_allow_several_names": True}
    assert role(**agent).code == 0
    (shop,) = simulator.clusters()
    played = role(**agent, hss_onboard_name="bank", hss_onboard_server="10.0.0.6")
    assert played.code == 2 and f"to the registration {shop.cluster_id} (shop)" in error(played), played.output
    assert cluster.get("ConfigMap", "proxy-agent-config", "hss")["data"]["CLUSTER_ID"] == shop.cluster_id
    back = role(state="absent", **agent, hss_onboard_name="bank")
    assert (back.code, cluster.everything()) == (0, AGENT), back.output
    assert "remain in the cluster" in back.text or "remains in the cluster" in back.text


def test_manifests_with_more_than_an_agent_needs_are_refused(role, cluster, monkeypatch):
    own = manifests._agent_manifests
    pod = {"containers": [{"name": "a", "image": "a", "securityContext": {"privileged": True}}]}
    spec = {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": pod},
        "replicas": 0,
    }
    more = manifests._object("apps/v1", "Deployment", "more", spec=spec)
    monkeypatch.setattr(manifests, "_agent_manifests", lambda *given: [*own(*given), more])
    agent = {"hss_onboard_install_agent": True, "hss_onboard_wait": False}
    played = role(**agent)
    assert played.code == 2 and cluster.everything() == set(), played.output
    assert "Deployment hss/more has a privileged or less confined container (privileged)" in error(played)
    assert "add to hss_onboard_agent_allow: privileged" in error(played)
    assert role(**agent, hss_onboard_agent_allow=["privileged"]).code == 0
    assert cluster.everything() == AGENT | {("Deployment", "hss", "more")}
