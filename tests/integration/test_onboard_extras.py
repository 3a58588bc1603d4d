# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Optional features of the onboard role: several hosts of a cluster, a ServiceAccount, the check of the certificate."""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
import ssl
import threading

import kubeconfigs
import pytest
import yaml
from cryptography import x509

from hosts import SshHosts
from playbooks import play

ONBOARD = "huaweicloud.hss.onboard"


@pytest.fixture
def onboard(simulator, tmp_path):
    """Runs the playbook for hosts {name: (kubeconfig, variables)} with a local connection."""

    def run(hosts, *arguments, environment=(), playbook=ONBOARD, **extra):
        members = {}
        for name, (text, variables) in hosts.items():
            path = tmp_path / f"{name}.conf"
            if text is not None:
                path.write_text(text)
            members[name] = {"hss_onboard_kubeconfig_path": str(path), **variables}
        variables = {"ansible_connection": "local", "hss_onboard_become": False}
        inventory = tmp_path / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": members, "vars": variables}}))
        variables = {**simulator.environment(), **dict(environment)}
        return play(playbook, inventory, tmp_path, variables, *arguments, **extra)

    return run


def twins(*texts, name="shop"):
    return {f"{name}-{number}": (text, {"hss_onboard_name": name}) for number, text in enumerate(texts, start=1)}


def test_the_first_usable_host_is_registered_and_an_unusable_one_is_skipped(onboard, simulator):
    ca = kubeconfigs.Authority()
    good = kubeconfigs.kubeadm("https://10.0.0.9:6443", ca=ca)
    expired = kubeconfigs.kubeadm("https://10.0.0.9:6443", ca=ca, days=-2)
    played = onboard(twins(expired, good, None, kubeconfigs.kubeadm("https://10.0.0.9:6443", ca=ca)))
    assert (played.code, played.hosts_with("failed")) == (0, set())
    (cluster,) = simulator.clusters()
    spoken = yaml.safe_load(cluster.kube_config)["users"][0]["user"]["client-key-data"]
    assert spoken == yaml.safe_load(good)["users"][0]["user"]["client-key-data"]
    assert [line for line in played.report if "host shop-1 was passed over: " in line and "expired" in line]
    assert [line for line in played.report if "host shop-3 was passed over: " in line and "does not exist" in line]
    assert [line for line in played.report if line.startswith("shop: registered, ")]


@pytest.mark.parametrize("what", ["server", "ca"])
def test_contradicting_hosts_of_a_cluster_are_refused(onboard, simulator, what):
    ca = kubeconfigs.Authority()
    other = kubeconfigs.Authority() if what == "ca" else ca
    server = "https://10.0.0.8:6443" if what == "server" else "https://10.0.0.9:6443"
    hosts = {
        **twins(kubeconfigs.kubeadm("https://10.0.0.9:6443", ca=ca), kubeconfigs.kubeadm(server, ca=other)),
        "bank": (kubeconfigs.kubeadm("https://10.0.0.7:6443"), {}),
    }
    played = onboard(hosts)
    assert played.hosts_with("failed") == {"shop-1", "shop-2"}
    assert "the hosts shop-1 and shop-2 are both called shop" in played.output
    assert [cluster.name for cluster in simulator.clusters()] == ["bank"]


def test_if_no_host_of_a_cluster_is_usable_each_reports_its_reason(onboard, simulator):
    played = onboard(twins(kubeconfigs.k3s(), kubeconfigs.kubeadm("https://10.0.0.9:6443", days=-2)))
    assert played.hosts_with("failed") == {"shop-1", "shop-2"} and simulator.clusters() == []
    assert "loopback" in played.output and "expired" in played.output


def test_a_policy_and_further_options_reach_the_module(onboard, simulator):
    text = yaml.safe_load(kubeconfigs.kubeadm("https://10.0.0.9:6443"))
    text["clusters"][0]["cluster"] = {"server": "https://10.0.0.9:6443", "insecure-skip-tls-verify": True}
    more = {"kube_config_allow_insecure": True, "organization": "security", "image_arch": "arm"}
    assert onboard({"shop": (yaml.safe_dump(text), {})}).code == 2
    assert onboard({"shop": (yaml.safe_dump(text), {"hss_onboard_cluster": more})}).code == 0
    (cluster,) = simulator.clusters()
    assert (cluster.organization, cluster.image_arch) == ("security", "arm")


def service_account_variables(cluster, **variables):
    """Returns the variables of a host for a ServiceAccount in the cluster of its kubectl."""
    return {
        "hss_onboard_service_account": True,
        "hss_onboard_kubectl": cluster.kubectl,
        "hss_onboard_server": "10.0.0.9",
        "hss_onboard_kubeconfig_path": cluster.kubeconfig,
        **variables,
    }


def test_a_service_account_is_registered_instead_of_the_administrator(onboard, simulator, cluster):
    hosts = {"shop": (None, service_account_variables(cluster))}
    assert onboard(hosts, "--check").code == 0
    assert cluster.everything() == set()

    first = onboard(hosts, "-vvvv", "--diff", environment={"ANSIBLE_DEBUG": "1"})
    assert first.code == 0, first.output[-3000:]
    (registered,) = simulator.clusters()
    uploaded = yaml.safe_load(registered.kube_config)
    encoded = cluster.get("Secret", "hss-token", "hss-access")["data"]["token"]
    token = base64.b64decode(encoded).decode()
    assert [user["user"] for user in uploaded["users"]] == [{"token": token}]
    assert uploaded["clusters"][0]["cluster"]["server"] == "https://10.0.0.9:6443"
    assert [secret for secret in (token, encoded) if secret in first.output + first.log] == []

    second = onboard(hosts)
    assert (second.code, second.hosts_with("changed"), simulator.count("CreateMultiCloudClusters")) == (0, set(), 1)


def test_the_variables_determine_the_service_account(onboard, cluster):
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    variables = {"hss_onboard_service_account_namespace": "watched", "hss_onboard_service_account_rules": rules}
    assert onboard({"shop": (None, service_account_variables(cluster, **variables))}).code == 0
    assert cluster.everything() == {
        ("Namespace", None, "watched"),
        ("ServiceAccount", "watched", "hss"),
        ("Secret", "watched", "hss-token"),
        ("ClusterRole", None, "watched"),
        ("ClusterRoleBinding", None, "watched"),
    }
    assert cluster.get("ClusterRole", "watched")["rules"] == rules
    secret = cluster.get("Secret", "hss-token", "watched")
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert secret["metadata"]["annotations"]["kubernetes.io/service-account.name"] == "hss"


@pytest.mark.parametrize(
    "script, words",
    [
        ("#!/bin/sh\necho 'Unable to connect to the server' >&2; exit 1\n", "Unable to connect to the server"),
        (None, "/kubectl on this host. Set hss_onboard_kubectl"),
    ],
)
def test_if_the_service_account_cannot_be_created_nothing_is_registered(onboard, simulator, tmp_path, script, words):
    path = tmp_path / "kubectl"
    if script:
        path.write_text(script)
        path.chmod(0o755)
    variables = {"hss_onboard_service_account": True, "hss_onboard_kubectl": str(path)}
    played = onboard({"shop": (kubeconfigs.kubeadm("https://10.0.0.9:6443"), variables)})
    assert played.code == 2 and simulator.requests("CreateMultiCloudClusters") == []
    assert words in played.output


def test_the_token_of_the_account_is_sent_once_and_kept(onboard, simulator, cluster):
    account = service_account_variables(cluster)
    admin = {name: value for name, value in account.items() if name != "hss_onboard_service_account"}
    assert onboard({"shop": (None, admin)}).code == 0
    (registered,) = simulator.clusters()

    def has_token():
        (sent,) = simulator.clusters()
        (user,) = yaml.safe_load(sent.kube_config)["users"]
        secret = cluster.get("Secret", "hss-token", "hss-access")
        return user["user"] == {"token": base64.b64decode(secret["data"]["token"]).decode()}

    # Switched on later, sent once, and noted in the cluster.
    switched = onboard({"shop": (None, account)})
    assert (switched.code, switched.hosts_with("changed"), has_token()) == (0, {"shop"}, True), switched.output
    assert [line for line in switched.report if "ServiceAccount created, with the token of a ServiceAccount" in line]
    note = cluster.get("Secret", "hss-token", "hss-access")["metadata"]["annotations"]["huaweicloud.hss/sent"]
    assert note.startswith(f"{registered.cluster_id} ")
    assert onboard({"shop": (None, account)}).hosts_with("changed") == set()

    # A repaired account is a change, and a token that was made anew is sent.
    assert cluster.run("delete", "clusterrolebinding", "hss-access").returncode == 0
    rotated = onboard({"shop": (None, account)}, playbook="huaweicloud.hss.rotate")
    assert (rotated.code, rotated.hosts_with("changed")) == (0, set()), rotated.output
    assert cluster.get("ClusterRoleBinding", "hss-access") is None
    assert cluster.run("delete", "secret", "hss-token", "-n", "hss-access").returncode == 0
    repaired = onboard({"shop": (None, account)})
    assert (repaired.code, repaired.hosts_with("changed"), has_token()) == (0, {"shop"}, True), repaired.output
    assert any("ServiceAccount updated" in line for line in repaired.report)

    # The token of an account that was deleted is not that of the one that is made in its place.
    before = simulator.clusters()[0].kube_config
    assert cluster.run("delete", "serviceaccount", "hss", "-n", "hss-access").returncode == 0
    assert onboard({"shop": (None, account)}).code == 0 and has_token()
    assert simulator.clusters()[0].kube_config != before

    # HSS cannot connect: it is sent again, and once only.
    simulator.set_status(registered.cluster_id, "connect_fail")
    updates = simulator.count("UpdateMultiCloudClusters")
    assert onboard({"shop": (None, account)}).code == 0
    simulator.set_status(registered.cluster_id, "connect_fail")
    assert onboard({"shop": (None, account)}).hosts_with("changed") == set()
    assert simulator.count("UpdateMultiCloudClusters") == updates + 1


@pytest.mark.long
def test_the_token_of_the_account_is_not_replaced_and_not_missed(onboard, simulator, cluster, tmp_path):
    account = service_account_variables(cluster)
    refused = tmp_path / "refused-kubectl"
    refused.write_text("#!/bin/sh\necho 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1\n")
    refused.chmod(0o755)
    deaf = {**account, "hss_onboard_kubectl": str(refused)}
    admin = {name: value for name, value in deaf.items() if name != "hss_onboard_service_account"}
    always = {**admin, "hss_onboard_cluster": {"update_kube_config": "always"}}

    def run(variables, playbook="huaweicloud.hss.rotate", **text):
        """Returns the run, and the user in the kubeconfig that HSS has afterwards."""
        played = onboard({"cp-1": (None, {"hss_onboard_name": "shop", **variables})}, playbook=playbook, **text)
        return played, yaml.safe_load(simulator.clusters()[0].kube_config)["users"][0]["user"]

    # Registered with the token; then the token is made anew, for a registration without any date.
    assert run(account, ONBOARD)[0].code == 0
    assert cluster.run("delete", "secret", "hss-token", "-n", "hss-access").returncode == 0
    would = onboard({"cp-1": (None, {"hss_onboard_name": "shop", **account})}, "--check")
    assert (would.code, would.hosts_with("changed")) == (0, {"cp-1"}) and "shop: would be updated" in would.report[0]
    missing, before = run(account)
    assert "cp-1: the Secret hss-token in the namespace hss-access does not exist" in missing.failure("cp-1")
    assert missing.code == 2 and "Create the ServiceAccount and its token with the playbook onboard" in missing.text
    repaired, after = run(account, ONBOARD)
    assert (repaired.code, repaired.hosts_with("changed")) == (0, {"cp-1"}), repaired.output
    assert list(after) == ["token"] and before != after

    # The cluster cannot be asked, and what is there is good.
    unread, token = run(deaf)
    assert (unread.code, unread.hosts_with("changed"), token) == (0, set(), after), unread.output
    assert "could not be read on cp-1: " in unread.text and "HSS has a token without an end" in unread.text
    switched_off, token = run(admin)
    assert (switched_off.code, switched_off.hosts_with("changed"), token) == (0, set(), after)
    assert "the kubeconfig of cp-1 is not sent, because HSS has the token of a ServiceAccount" in switched_off.text
    assert "hss_onboard_cluster.update_kube_config=always replaces it" in switched_off.text

    # The administrator's is sent on request, and the token again when the account is switched on again.
    replaced, certificate = run(always)
    assert replaced.code == 0 and "client-certificate-data" in certificate
    unread, certificate = run(deaf)
    assert (unread.code, list(certificate)) == (2, ["client-certificate-data", "client-key-data"])
    assert "is not sent in place of the ServiceAccount's" in unread.failure("cp-1")
    assert "HSS has another credential, as the dates" in unread.failure("cp-1")
    switched_on, token = run(account)
    assert (switched_on.code, switched_on.hosts_with("changed"), token) == (0, {"cp-1"}, after)
    assert run(account, ONBOARD)[0].hosts_with("changed") == set()

    # The dates show it as well if HSS keeps that of the certificate.
    assert run(admin)[1] == after and simulator.clusters()[0].certificate_expiration_date is not None


@pytest.mark.long
def test_two_registrations_share_the_account_of_a_cluster(onboard, simulator, cluster):
    second = {"hss_onboard_connection": {"project_id": simulator.add_project("second")}}

    def run(variables, playbook=ONBOARD):
        return onboard({"shop": (None, service_account_variables(cluster, **variables))}, playbook=playbook)

    for variables, changed in (({}, {"shop"}), (second, {"shop"}), ({}, set()), (second, set())):
        played = run(variables)
        assert (played.code, played.hosts_with("changed")) == (0, changed), played.output
    assert simulator.count("UpdateMultiCloudClusters") == 0
    left = run(second, "huaweicloud.hss.offboard")
    (registered,) = simulator.clusters()
    assert left.code == 0 and "its token was sent for other registrations as well: " in left.text, left.output
    assert registered.cluster_id in left.text and cluster.get("ServiceAccount", "hss", "hss-access")
    assert run({}).hosts_with("changed") == set()
    assert run({}, "huaweicloud.hss.offboard").code == 0
    assert cluster.everything() == set()


@pytest.mark.long
def test_a_changed_value_that_hss_never_returns_is_named_until_it_is_registered(onboard, simulator, cluster):
    variables = service_account_variables(cluster, hss_onboard_service_account=False)
    variables.update(hss_onboard_install_agent=True, hss_onboard_wait=False, hss_onboard_preflight=False)
    login = {
        "image_repo": "127.0.0.1:8443/security",
        "image_repo_username": "robot-1",
        "image_repo_password": "pw-1234",
    }
    renewed = {**login, "image_repo_username": "robot-2", "image_repo_password": "pw-5678"}

    def run(options, playbook=ONBOARD):
        return onboard({"shop": (None, {**variables, "hss_onboard_cluster": options})}, playbook=playbook)

    assert run(login).code == 0
    for changed in ({"shop"}, set()):
        # The Secret with which the cluster pulls images changes, and HSS keeps what it has.
        played = run(renewed)
        assert (played.code, played.hosts_with("changed")) == (0, changed), played.output
        warned = (
            "HSS has the earlier value of image_repo_username ('robot-1'), image_repo_password, and cannot change it"
        )
        assert warned in played.text and "pw-" not in played.text
    assert run(renewed, "huaweicloud.hss.offboard").code == 0 and cluster.everything() == set()
    anew = run(renewed)
    assert anew.code == 0 and "HSS has the earlier value" not in anew.text
    assert [registered.image_repo_username for registered in simulator.clusters()] == ["robot-2"]
    assert "HSS has the earlier value of image_repo_username ('robot-2')" in run(login).text


PROTECTION = {"SwitchContainerProtectStatus", "ListHostStatus", "ShowResourceQuotas", "UninstallAgents"}


@pytest.mark.long
def test_hosts_are_recognized_by_the_nodes_that_the_cluster_has(onboard, simulator, cluster):
    """HSS may list hosts without their cluster. Nothing asks the cluster or HSS for them without being told to."""
    simulator.configure(node_num=2, hosts_name_cluster=False)
    for number in (1, 2):
        cluster.add(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": f"shop-node-{number}"},
                "status": {
                    "nodeInfo": {"operatingSystem": "linux", "architecture": "amd64"},
                    "conditions": [{"type": "Ready", "status": "True"}],
                    "addresses": [
                        {"type": "Hostname", "address": f"shop-node-{number}"},
                        {"type": "InternalIP", "address": f"10.0.0.{number}"},
                    ],
                },
            }
        )
    variables = {"hss_onboard_server": "10.0.0.9", "hss_onboard_kubeconfig_path": cluster.kubeconfig}
    variables["hss_onboard_kubectl"] = cluster.kubectl
    pays = {**variables, "hss_onboard_charging_mode": "packet_cycle"}
    nodes = {"hss_onboard_protect_nodes": True}

    def calls():
        return len(cluster.calls()), sum(map(simulator.count, (*PROTECTION, "CreateAgentDaemonset")))

    played = onboard({"shop": (None, pays)})
    assert played.code == 0 and calls() == (0, 0), played.output
    assert "hss_onboard_charging_mode has no effect without hss_onboard_protect_nodes" in played.text
    opened = onboard({"shop": (None, {**pays, **nodes})})
    assert opened.code == 0 and "protection opened on 2, open on 2" in opened.report[0], opened.output
    assert {host.charging_mode for host in simulator.hosts()} == {"packet_cycle"}
    before = calls()
    rotated = onboard({"shop": (None, {**pays, **nodes})}, playbook="huaweicloud.hss.rotate")
    assert (rotated.code, calls()) == (0, before), rotated.output
    # Without the variable that says what pays, HSS lists the hosts, and nothing is switched.
    assert onboard({"shop": (None, {**variables, **nodes})}).code == 0
    assert {host.switches for host in simulator.hosts()} == {1}
    back = onboard({"shop": (None, {**variables, **nodes})}, playbook="huaweicloud.hss.offboard")
    assert back.code == 0 and "protection closed on 2 nodes" in back.report[0], back.output
    assert {(host.switches, host.protected) for host in simulator.hosts()} == {(2, False)}


@pytest.mark.parametrize(
    "namespace, words", [("prod", "Namespace prod in the cluster"), ("kube-system", "Kubernetes itself")]
)
def test_the_namespace_of_somebody_else_is_refused_for_the_account(onboard, simulator, cluster, namespace, words):
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"}}
    assert cluster.run("apply", "--filename", "-", stdin=json.dumps(foreign)).returncode == 0
    variables = service_account_variables(cluster, hss_onboard_service_account_namespace=namespace)
    played = onboard({"shop": (None, variables)})
    assert (played.code, simulator.clusters(), cluster.everything()) == (2, [], {("Namespace", None, "prod")})
    assert words in played.failure("shop") and "hss_onboard_service_account_namespace" in played.failure("shop")


def test_pods_that_do_not_run_are_a_failure_with_the_reason(onboard, simulator, cluster):
    reason = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
    cluster.configure(pods={"conditions": [reason]})
    variables = service_account_variables(cluster, hss_onboard_install_agent=True, hss_onboard_wait_timeout=4)
    variables = {**variables, "hss_onboard_service_account": False, "hss_onboard_name": "shop"}
    played = onboard({"shop-1": (None, variables), "shop-2": (None, variables)})
    assert played.code == 2 and len(simulator.clusters()) == 1
    said = played.failure("shop-1")
    assert "the connection agent was applied, but does not run. After 4 seconds: 0 of 2 pods" in said, said
    assert said.count("exceeded quota: small") == 1 and "wait_for_pods" not in said
    # The second host does not wait for the same pods again.
    applied = [call["args"] for call in cluster.calls() if {"apply", "name"} <= set(call["args"])]
    assert len(applied) == 1, applied


@pytest.fixture
def api_server(tmp_path):
    """An API server with a certificate for kubernetes and 10.0.0.5."""
    issued = kubeconfigs.Authority().issue(
        "kube-apiserver",
        names=[x509.DNSName("kubernetes"), x509.IPAddress(ipaddress.ip_address("10.0.0.5"))],
        usage=x509.ExtendedKeyUsageOID.SERVER_AUTH,
    )
    (tmp_path / "server.pem").write_bytes(issued.pem + issued.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


@pytest.mark.parametrize(
    "variables, accepted",
    [
        ({"hss_onboard_server": "10.0.0.5"}, True),
        ({"hss_onboard_server": "10.0.0.6"}, False),
        ({"hss_onboard_server": "10.0.0.6", "hss_onboard_tls_server_name": "kubernetes"}, True),
        ({"hss_onboard_server": "api.example.com"}, False),
        ({"hss_onboard_server": "api.example.com", "hss_onboard_check_server_name": False}, True),
    ],
)
def test_the_certificate_of_the_api_server_is_checked_for_the_new_name(
    onboard, simulator, api_server, variables, accepted
):
    text = kubeconfigs.k3s(server=f"https://127.0.0.1:{api_server}")
    played = onboard({"edge": (text, {"hss_onboard_check_server_name": True, **variables})})
    assert (played.code == 0) is accepted, played.output
    assert len(simulator.clusters()) == accepted
    if not accepted:
        name = variables["hss_onboard_server"]
        assert f"not valid for '{name}', but for: kubernetes, 10.0.0.5" in played.output
        assert "--tls-san" in played.output


@pytest.mark.parametrize("place", ["/etc/kubernetes/admin.conf", "~/.kube/config"])
def test_the_token_is_read_with_the_kubectl_that_created_the_account(simulator, cluster, on_host, tmp_path, place):
    """The kubectl may be in a folder that is not in the PATH of sudo. The token is not written to the host's disk."""
    with SshHosts(traits={"edge": {"root": True}}) as hosts:
        on_host(hosts, "edge", "/opt/bin/hss-kubectl")
        if place.startswith("~/"):
            (hosts.home("edge") / ".kube").mkdir()
            (hosts.root("edge") / "etc/kubernetes/admin.conf").rename(hosts.home("edge") / place[2:])
        before = {str(path) for path in hosts.root("edge").rglob("*")}
        variables = {
            "hss_onboard_service_account": True,
            "hss_onboard_kubectl": "hss-kubectl",
            "hss_onboard_server": "10.0.0.9",
            "hss_onboard_become": False,
        }
        played = play(ONBOARD, hosts.inventory_path, tmp_path, simulator.environment(), **variables)
        assert played.code == 0, played.output
        assert {str(path) for path in hosts.root("edge").rglob("*")} == before
    (registered,) = simulator.clusters()
    token = base64.b64decode(cluster.get("Secret", "hss-token", "hss-access")["data"]["token"]).decode()
    assert yaml.safe_load(registered.kube_config)["users"][0]["user"] == {"token": token}
