# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what an audit can find, how severe it is, and how it is described. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ERROR, WARNING = "error", "warning"

# Code -> severity, and the description in English and Chinese.
CODES: dict[str, tuple[str, str, str]] = {
    "connection_failed": (
        ERROR,
        "HSS could not be asked, so nothing is known about this connection: {reason}",
        "无法查询 HSS，此连接的状态未知：{reason}",
    ),
    "expired": (
        ERROR,
        "The credential expired {days} days ago. Renew it on the cluster, and run the playbook rotate.",
        "凭证已过期 {days} 天。请在集群上更新凭证，然后运行 rotate。",
    ),
    "connect_fail": (
        ERROR,
        "HSS could not connect to the cluster. {reason}",
        "HSS 无法连接集群。{reason}",
    ),
    "connect_disruption": (
        ERROR,
        "HSS has lost the connection. Check the deployment proxy-agent in the namespace hss. {reason}",
        "HSS 与集群的连接已中断。请检查命名空间 hss 中的 proxy-agent。{reason}",
    ),
    "not_registered": (
        ERROR,
        "The host should be registered as {name}, and is not. Run the playbook onboard.",
        "该主机应注册为 {name}，但尚未注册。请运行 onboard。",
    ),
    "duplicate_server": (
        ERROR,
        "The address {server} is registered several times: {others}. Remove all but one, unless these are networks "
        "with the same addresses.",
        "地址 {server} 被重复注册：{others}。除非是地址相同的不同网络，否则请只保留一个。",
    ),
    "duplicate_name": (
        ERROR,
        "Several registrations are called {name}. Modules then need cluster_id.",
        "存在多个名为 {name} 的注册。模块需要使用 cluster_id。",
    ),
    "agents_failed": (
        ERROR,
        "The node agents were not installed: {status}. {reason}",
        "节点 Agent 安装失败：{status}。{reason}",
    ),
    "expires_soon": (
        WARNING,
        "The credential expires in {days} days. Renew it on the cluster, and run the playbook rotate.",
        "凭证将在 {days} 天后过期。请在集群上更新凭证，然后运行 rotate。",
    ),
    "not_connect": (
        WARNING,
        "HSS has never been connected. Set hss_onboard_install_agent, and run the playbook onboard.",
        "HSS 尚未连接集群。请设置 hss_onboard_install_agent 并运行 onboard。",
    ),
    "no_agents": (
        WARNING,
        "There are no node agents. Set hss_onboard_protect_nodes, and run the playbook onboard.",
        "没有节点 Agent。请设置 hss_onboard_protect_nodes 并运行 onboard。",
    ),
    "agents_incomplete": (
        WARNING,
        "The node agents are ready on {ready} of {desired} nodes.",
        "节点 Agent 就绪 {ready}/{desired}。",
    ),
    "unprotected": (
        WARNING,
        "Protection is open on {protected} of {nodes} nodes.",
        "已开启防护的节点：{protected}/{nodes}。",
    ),
    "unknown_registration": (
        WARNING,
        "No host of the inventory answers for this registration.",
        "清单中没有与此注册对应的主机。",
    ),
    "should_be_removed": (
        WARNING,
        "The host has hss_onboard_state absent, and is still registered as {name}. Run the playbook offboard.",
        "该主机的 hss_onboard_state 为 absent，但仍注册为 {name}。请运行 offboard。",
    ),
    "renewed_credential": (
        WARNING,
        "The host has a credential with {days} days left, which HSS does not have yet. Run the playbook rotate.",
        "主机上的凭证剩余 {days} 天，尚未发送给 HSS。请运行 rotate。",
    ),
    "host_unreadable": (
        WARNING,
        "The host could not be read: {reason}",
        "无法读取该主机：{reason}",
    ),
    "partly_unknown": (
        WARNING,
        "HSS did not report everything: {reason}",
        "HSS 未返回全部信息：{reason}",
    ),
    "no_quota": (
        WARNING,
        "No quota is left of the version {version}.",
        "版本 {version} 没有剩余配额。",
    ),
}


def finding(code: str, kind: str, subject: str, **values: Any) -> dict[str, str]:
    """A finding.

    :arg kind: C(cluster), C(host) or C(connection).
    :arg subject: the name of the cluster, the host or the connection.
    :arg values: for the description.
    """
    severity, english, chinese = CODES[code]
    return {
        "code": code,
        "severity": severity,
        "kind": kind,
        "subject": subject,
        "message": english.format(**values).strip(),
        "message_zh": chinese.format(**values).strip(),
    }


def worst(findings: list[Mapping[str, str]]) -> str | None:
    """The greatest severity; None if there is no finding."""
    severities = {item["severity"] for item in findings}
    return next((severity for severity in (ERROR, WARNING) if severity in severities), None)
