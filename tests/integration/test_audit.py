# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audit with the simulator: what it reads, what it writes, and how it fails."""

from __future__ import annotations

import json
import time

import kubeconfigs

from playbooks import play

FILES = ("json", "csv", "junit", "prometheus", "html")
READING = {"ListMultiCloudClusters", "ListAgentDaemonsetInfo", "ListHostStatus", "ShowResourceQuotas"}


def paths(folder):
    return {f"hss_audit_{name}": str(folder / f"report.{name}") for name in FILES}


def test_the_registrations_are_compared_with_hosts_and_their_kubeconfigs(simulator, tmp_path):
    now = int(time.time())
    simulator.seed_clusters(
        [
            {"name": "shop", "server": "https://10.0.0.5:6443", "certificate_expiration_date": (now + 864_500) * 1000},
            {"name": "forgotten", "server": "https://10.0.0.5:6443", "status": "connect_disruption"},
            {"name": "{{ 6 * 7 }}<b>"},
        ]
    )
    (tmp_path / "shop.conf").write_text(kubeconfigs.kubeadm("https://10.0.0.5:6443", days=365))
    local = {"ansible_connection": "local", "hss_onboard_become": False}
    hosts = {
        "cp-1": {
            **local,
            "hss_onboard_name": "{{ 'sh' ~ 'op' }}",
            "hss_onboard_kubeconfig_path": str(tmp_path / "shop.conf"),
        },
        "cp-2": {**local, "hss_onboard_name": "new", "hss_onboard_kubeconfig_path": str(tmp_path / "none")},
        "cp-3": {"ansible_host": "127.0.0.1", "ansible_port": 1, "hss_onboard_service_account": True},
    }
    (tmp_path / "hosts.json").write_text(
        json.dumps({"all": {"children": {"cps": {"hosts": hosts}, "other": {"hosts": {"worker": {}}}}}})
    )
    simulator.clear_requests()
    played = play(
        "huaweicloud.hss.audit",
        tmp_path / "hosts.json",
        tmp_path,
        simulator.environment(),
        "-vvv",
        hss_audit_hosts="cps",
        hss_audit_read_kubeconfigs=True,
        hss_audit_fail_on=["not_registered"],
        **paths(tmp_path),
    )
    assert played.code == 2 and "not_registered: cp-2, cp-3" in played.output, played.output
    report = json.loads((tmp_path / "report.json").read_text())
    found = {(item["code"], item["subject"]) for item in report["findings"]}
    assert found >= {
        ("renewed_credential", "cp-1"),
        ("not_registered", "cp-2"),
        ("host_unreadable", "cp-2"),
        ("host_unreadable", "cp-3"),
        ("expires_soon", "shop"),
        ("connect_disruption", "forgotten"),
        ("duplicate_server", "shop"),
        ("duplicate_server", "forgotten"),
        ("unknown_registration", "forgotten"),
        ("unknown_registration", "{{ 6 * 7 }}<b>"),
        ("no_agents", "shop"),
    }
    assert not {subject for code, subject in found if code == "unknown_registration"} & {"shop"}
    assert all((tmp_path / f"report.{name}").stat().st_size for name in FILES)
    assert "<b>" not in (tmp_path / "report.html").read_text()
    assert {entry.operation for entry in simulator.requests()} == READING
    assert report["connections"][0]["quotas"][0]["version"] == "hss.version.container.enterprise"
    written = "".join((tmp_path / f"report.{name}").read_text() for name in FILES)
    for secret in (simulator.secret_key, simulator.access_key, "client-key-data", "PRIVATE KEY"):
        assert secret not in written + played.output + played.log


def test_without_an_inventory_in_check_mode_and_with_a_failing_connection(simulator, tmp_path):
    simulator.seed_clusters([{"name": "shop"}])
    (tmp_path / "none").write_text("")
    other = {"project_id": "f" * 32, "max_retries": 0}
    variables = {"hss_audit_connections": [{"max_retries": 1}, other], **paths(tmp_path)}
    played = play("huaweicloud.hss.audit", tmp_path / "none", tmp_path, simulator.environment(), **variables)
    assert played.code == 2 and "APIGW.0306" in played.output, played.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["complete"] is False and [row["name"] for row in report["clusters"]] == ["shop"]
    assert report["hosts"] == []

    for name in FILES:
        (tmp_path / f"report.{name}").unlink()
    variables["hss_audit_connections"] = [{}]
    played = play("huaweicloud.hss.audit", tmp_path / "none", tmp_path, simulator.environment(), "--check", **variables)
    assert played.code == 0 and "1 clusters registered, 1 connected" in played.output, played.output
    assert not (tmp_path / "report.json").exists()
