# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contents of responses: install script, daemonset YAML, image commands, agent addresses, permissions."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Sequence
from typing import Any

import yaml

from . import images
from .daemonset import Daemonset
from .state import Cluster

NAMESPACE = "hss"
_RBAC = "rbac.authorization.k8s.io"
# What the agent reads in every namespace. The vendor's example lists resources by name as well.
_READ = ["configmaps", "endpoints", "events", "namespaces", "nodes", "pods", "serviceaccounts", "services"]
_CHANGE = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
# A reserved top-level domain, so that nothing that uses these texts can reach a real host.
_DOMAIN = "simulator.example"


def network(region: str, ports: bool) -> dict[str, str]:
    """The response of agent-network. In the vendor's example, the addresses have no port."""
    return {
        "anp_address": f"hss-proxy.{region}.{_DOMAIN}{':8091' if ports else ''}",
        "region_id": region,
        "agent_address": f"hss-agent.{region}.{_DOMAIN}{':10180' if ports else ''}",
    }


def permission(
    api_groups: str = "apps",
    resources: str = "daemonsets",
    function: str = "node agent",
    is_authed: bool = True,
    advice: str = "",
) -> dict[str, Any]:
    """A row of the permissions; a missing right has advice."""
    if not is_authed and not advice:
        advice = f"Grant {resources} of the API group {api_groups or 'core'} to the account in the kubeconfig."
    return {
        "api_groups": api_groups,
        "resources": resources,
        "function": function,
        "is_authed": is_authed,
        "advice": advice,
    }


def permissions() -> list[dict[str, Any]]:
    """The rows of a credential with all the rights that HSS needs."""
    rows = (
        ("", "nodes", "asset"),
        ("", "pods", "asset"),
        ("", "services", "asset"),
        ("", "namespaces", "asset"),
        ("", "secrets", "node agent"),
        ("", "configmaps", "node agent"),
        ("", "serviceaccounts", "node agent"),
        ("apps", "daemonsets", "node agent"),
        ("apps", "deployments", "asset"),
        ("batch", "jobs", "baseline"),
        (_RBAC, "roles", "baseline"),
        (_RBAC, "clusterroles", "baseline"),
    )
    return [permission(group, resource, function) for group, resource, function in rows]


def install_script(cluster: Cluster, token: str, region: str, form: str) -> str:
    """The connection agent's manifests as a sequence of JSON documents or a YAML stream."""
    documents = _agent_manifests(cluster, token, region)
    if form == "yaml":
        return str(yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True))
    return "\n".join(json.dumps(document) for document in documents) + "\n"


def image_commands(
    image_repo: str, organization: str, username: str, password: str, plug_type: str, url: str
) -> dict[str, str]:
    """The response of image-upload-command. The commands contain the password.

    In the vendor's example, the first one begins with unzip.
    """
    image = images.IMAGES[plug_type]
    target = f"{image_repo}/{organization}/{image}:latest"
    quoted = {
        name: shlex.quote(value)
        for name, value in (("repo", image_repo), ("user", username), ("password", password), ("target", target))
    }
    return {
        "image_command": (
            f"unzip {images.NAME} && docker login -u {quoted['user']} -p {quoted['password']} {quoted['repo']} && "
            f"docker load -i {image}.tar && docker tag {image}:latest {quoted['target']} && "
            f"docker push {quoted['target']}"
        ),
        "secret_command": (
            f"kubectl create secret docker-registry hss-registry -n {NAMESPACE} --docker-server={quoted['repo']} "
            f"--docker-username={quoted['user']} --docker-password={quoted['password']}"
        ),
        "images_download_url": url,
    }


def daemonset_yaml(cluster: Cluster, daemonset: Daemonset, region: str) -> str:
    """The manifest of the node agent."""
    fields = daemonset.fields
    limits = {
        name: value
        for name, value in (
            ("cpu", (fields.get("resource_info") or {}).get("cpu_limit")),
            ("memory", (fields.get("resource_info") or {}).get("mem_limit")),
        )
        if value
    }
    container: dict[str, Any] = {
        "name": "hostguard",
        "image": _image(cluster, region, "hostguard", daemonset.agent_version),
        "securityContext": {"privileged": True},
    }
    if limits:
        container["resources"] = {"limits": limits}
    schedule = fields.get("schedule_info") or {}
    pod = {
        "hostNetwork": True,
        "hostPID": True,
        "nodeSelector": _pairs(schedule.get("node_selector") or ()),
        "tolerations": [{"key": text, "operator": "Exists"} for text in schedule.get("pod_tolerances") or ()],
        "containers": [container],
    }
    manifest = _object(
        "apps/v1",
        "DaemonSet",
        "hostguard",
        spec={
            "selector": {"matchLabels": {"app": "hostguard"}},
            "template": {"metadata": {"labels": {"app": "hostguard"}}, "spec": pod},
        },
    )
    return str(yaml.safe_dump(manifest, sort_keys=False))


def _agent_manifests(cluster: Cluster, token: str, region: str) -> list[dict[str, Any]]:
    account = {"kind": "ServiceAccount", "name": "hss-user", "namespace": NAMESPACE}
    secret = base64.b64encode(token.encode()).decode()
    labels = {"app": "proxy-agent"}
    container = {
        "name": cluster.container_name or "proxy-agent",
        "image": _image(cluster, region, "proxy-agent", "latest"),
        "envFrom": [{"configMapRef": {"name": "proxy-agent-config"}}, {"secretRef": {"name": "proxy-agent-token"}}],
    }
    pod: dict[str, Any] = {"serviceAccountName": account["name"], "containers": [container], **_dns(cluster)}
    if cluster.image_repo_username:
        pod["imagePullSecrets"] = [{"name": "hss-registry"}]
    if cluster.image_arch:
        pod["nodeSelector"] = {"kubernetes.io/arch": "arm64" if cluster.image_arch == "arm" else "amd64"}
    return [
        _object("v1", "Namespace", NAMESPACE, namespaced=False),
        _object("v1", "ServiceAccount", account["name"]),
        _object(
            f"{_RBAC}/v1",
            "Role",
            "hssRole",
            # The vendor's example begins with these.
            rules=[
                {"apiGroups": [""], "resources": ["configmaps"], "verbs": _CHANGE},
                {
                    "apiGroups": ["apps"],
                    "resources": ["daemonsets", "deployments", "deployments/rollback"],
                    "verbs": _CHANGE,
                },
            ],
        ),
        _object(
            f"{_RBAC}/v1",
            "RoleBinding",
            "hssRoleBinding",
            subjects=[account],
            roleRef={"apiGroup": _RBAC, "kind": "Role", "name": "hssRole"},
        ),
        _object(
            f"{_RBAC}/v1",
            "ClusterRole",
            "hssClusterRole",
            namespaced=False,
            rules=[
                {"apiGroups": [""], "resources": _READ, "verbs": ["get", "list", "watch"]},
                {"apiGroups": ["apps", "batch", _RBAC], "resources": ["*"], "verbs": ["get", "list", "watch"]},
            ],
        ),
        _object(
            f"{_RBAC}/v1",
            "ClusterRoleBinding",
            "hssClusterRoleBinding",
            namespaced=False,
            subjects=[account],
            roleRef={"apiGroup": _RBAC, "kind": "ClusterRole", "name": "hssClusterRole"},
        ),
        _object(
            "v1",
            "ConfigMap",
            "proxy-agent-config",
            data={
                "ANP_ADDRESS": cluster.anp_proxy or network(region, ports=True)["anp_address"],
                "CLUSTER_ID": cluster.cluster_id,
            },
        ),
        _object("v1", "Secret", "proxy-agent-token", type="Opaque", data={"TOKEN": secret}),
        _object(
            "apps/v1",
            "Deployment",
            "proxy-agent",
            spec={
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        ),
    ]


def _object(api_version: str, kind: str, name: str, *, namespaced: bool = True, **content: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE} if namespaced else {"name": name}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def _image(cluster: Cluster, region: str, name: str, version: str) -> str:
    if cluster.image_repo:
        return f"{cluster.image_repo}/{cluster.organization or NAMESPACE}/{name}:{version}"
    return f"images.{region}.{_DOMAIN}/{NAMESPACE}/{name}:{version}"


def _dns(cluster: Cluster) -> dict[str, Any]:
    names = {"default": "Default", "clusterfirst": "ClusterFirst", "clusterfirstwithhostnet": "ClusterFirstWithHostNet"}
    if cluster.dns_policy == "none":
        return {"dnsPolicy": "None", "dnsConfig": {"nameservers": (cluster.dns_config or "").split(";")}}
    return {"dnsPolicy": names[cluster.dns_policy]} if cluster.dns_policy else {}


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, _dummy, value = text.partition("=" if "=" in text else ":")
        pairs[name.strip()] = value.strip()
    return pairs
