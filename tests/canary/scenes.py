# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenes: tasks with every module in every situation. A task after each of them prints its result if it failed, as
users do.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from simulator import Fault
from simulator.errors import GatewayError, HssError
from simulator.faults import Scene as Request
from simulator.wire import Reply

from .stage import SERVER, Stage

HSS = "huaweicloud.hss."
Task = dict[str, Any]
# Variables of a host with a local connection.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
# The results of these modules are secret, and hidden if the module succeeds. A task that prints them reveals them.
SECRET_RESULTS = {
    "hss_multicloud_agent_info",
    "hss_multicloud_image_command_info",
    "kubeconfig_info",
    "kubectl_secret_info",
}


@dataclass(frozen=True)
class Scene:
    """The tasks of a playbook, its preparation, and its expected result."""

    name: str
    tasks: Callable[[Stage], Iterable[Task]]
    arrange: Callable[[Stage], Any] = lambda _stage: None
    sign_in: str = "keys"
    # Whether all tasks with modules of the collection fail; None if only some do.
    fails: bool | None = False


def task(module: str, register: str = "", /, **options: Any) -> Task:
    """Returns a task with a module of the collection. An underscore marks keywords of the task itself."""
    made: Task = {"name": f"{module} {register}".strip(), HSS + module: {}}
    for name, value in options.items():
        if name.startswith("_"):
            made[name[1:]] = value
        else:
            made[HSS + module][name] = value
    if register:
        made["register"] = register
    return made


def playbook(stage: Stage, scene: Scene) -> Path:
    """Writes the playbook of a scene, and returns its path."""
    tasks: list[Task] = []
    for number, scene_task in enumerate(scene.tasks(stage)):
        tasks += _with_output(scene_task, f"result_{number}")
    play = {
        "name": scene.name,
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {
            "group/huaweicloud.hss.hss": {name: f"{{{{ account.{name} }}}}" for name in stage.connection(scene.sign_in)}
        },
        "tasks": tasks,
    }
    return stage.put("play.yml", json.dumps([play], indent=1))


def variables(stage: Stage, sign_in: str = "keys", **more: Any) -> Path:
    """Writes the variables of the playbooks, including secrets, and returns the path of the file."""
    texts = {name: Path(path).read_bytes().decode("utf-8", "replace") for name, path in stage.kubeconfigs.items()}
    known = {
        "account": stage.connection(sign_in),
        "kube": texts,
        "path": stage.kubeconfigs,
        "registry_password": stage.registry_password,
        "proxy_password": stage.proxy_password,
        "cluster": {"kubectl": stage.cluster.kubectl, "kubeconfig": stage.cluster.kubeconfig},
        **more,
    }
    return stage.put("variables.json", json.dumps(known))


def _with_output(original: Task, register: str) -> list[Task]:
    """Returns a task, and further tasks that print its result and store it in the fact cache."""
    if "register" not in original and not any(key.startswith(HSS) for key in original):
        return [original]
    name = original.setdefault("register", register)
    original.setdefault("ignore_errors", True)
    tasks = [original, {"ansible.builtin.debug": {"var": name}, "when": f"{name} is failed"}]
    module = next((key.removeprefix(HSS) for key in original if key.startswith(HSS)), "")
    if module and module not in SECRET_RESULTS:
        fact = {f"fact_{name}": f"{{{{ {name} }}}}", "cacheable": True}
        tasks += [{"ansible.builtin.debug": {"var": name}}, {"ansible.builtin.set_fact": fact}]
    return tasks


# --- Tasks that succeed -----------------------------------------------------------------------------------------------

REGISTRY = {
    "image_repo": "registry.example.com",
    "organization": "security",
    "image_repo_username": "robot",
    "image_repo_password": "{{ registry_password }}",
}
PUBLIC = {name: value for name, value in REGISTRY.items() if name != "image_repo_password"}
PROXIES = {
    "anp_proxy": "http://op:{{ proxy_password }}@10.0.0.1:3128",
    "hostguard_proxy": "http://op:{{ proxy_password }}@10.0.0.1:3128",
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "registry", "namespace": "default"},
    "stringData": {"password": "{{ registry_password }}"},
}
KUBECTL = {"kubectl": "{{ cluster.kubectl }}", "kubeconfig": "{{ cluster.kubeconfig }}"}


def life(_stage: Stage) -> Iterable[Task]:
    """The life of registrations, from kubeconfigs to protected nodes and back."""
    for name in ("shop", "token", "token_file", "files"):
        yield task("kubeconfig_info", f"read_{name}", path=f"{{{{ path.{name} }}}}")
    yield task("hss_multicloud_config_info", kube_config="{{ kube.shop }}")
    shop = {"name": "shop", "provider": "self_built_idc", **REGISTRY, **PROXIES}
    yield task("hss_multicloud_cluster", "shop", kube_config="{{ read_shop.kube_config }}", **shop)
    yield task("hss_multicloud_cluster", kube_config="{{ kube.renewed }}", **shop, update_kube_config="always")
    clusters = [
        {"name": name, "provider": "aws", "server": f"https://10.1.0.{number}:6443", "kube_config": f"{{{{ {text} }}}}"}
        for number, (name, text) in enumerate(
            {"a": "kube.other", "b": "read_token.kube_config", "c": "read_files.kube_config"}.items(), 1
        )
    ]
    yield task("hss_multicloud_clusters", "all", clusters=clusters)
    yield task(
        "hss_multicloud_cluster",
        # With -v, Ansible shows the items of a loop, even if they have a label.
        kube_config="{{ {'looped': read_token_file.kube_config}[item] }}",
        name="{{ item }}",
        server="https://10.2.0.1:6443",
        _loop=["looped"],
    )
    later = {"async": 60, "poll": 1}
    yield task(
        "hss_multicloud_cluster",
        name="later",
        kube_config="{{ kube.other }}",
        server="https://10.2.0.2:6443",
        **{f"_{name}": value for name, value in later.items()},
    )
    yield task("hss_multicloud_cluster_info", include=["permissions", "daemonset"])
    yield task("hss_multicloud_agent_info", "agent", cluster_id="{{ shop.cluster_id }}")
    yield task("hss_multicloud_agent_info", cluster_ids=["{{ shop.cluster_id }}"])
    yield task("hss_multicloud_image_command_info", **REGISTRY)
    yield task("hss_multicloud_image_command_info", **REGISTRY, show_commands=True)
    yield task("kubectl_preflight", **KUBECTL, objects="{{ agent.manifests }}")
    yield task("kubectl_objects", **KUBECTL, objects="{{ agent.manifests }}")
    yield task("kubectl_objects", **KUBECTL, objects=[SECRET])
    changed = {
        **SECRET,
        "stringData": {"password": "{{ registry_password }} and more", "other": "{{ proxy_password }}"},
    }
    yield task("kubectl_objects", **KUBECTL, objects=[changed])
    yield task("kubectl_secret_info", **KUBECTL, name="registry", namespace="default", keys=["password"])
    yield task("hss_multicloud_cluster", cluster_id="{{ shop.cluster_id }}", wait=True, wait_sleep=1)
    yield task("hss_cluster_daemonset", cluster_id="{{ shop.cluster_id }}", wait=True, wait_sleep=1)
    yield task("hss_cluster_daemonsets", daemonsets=[{"cluster_id": "{{ shop.cluster_id }}"}])
    yield task("hss_cluster_daemonset_info")
    yield task("hss_quota_info")
    yield task("hss_host_info", cluster_id="{{ shop.cluster_id }}")
    protection = {"cluster_id": "{{ shop.cluster_id }}", "wait_sleep": 1}
    yield task("hss_cluster_protection", **protection, state="opened", charging_mode="packet_cycle")
    yield task("hss_cluster_protection", **protection, state="closed")
    yield task("hss_cluster_daemonset", cluster_id="{{ shop.cluster_id }}", state="absent", wait=True, wait_sleep=1)
    yield task("kubectl_objects", **KUBECTL, objects=[SECRET], state="absent")
    names = [{"name": name} for name in ("shop", "a", "b", "c", "looped", "later")]
    yield task("hss_multicloud_clusters", clusters=names, state="absent")


def check_mode(_stage: Stage) -> Iterable[Task]:
    """The same modules in check mode, in which earlier tasks create nothing."""
    yield task("kubeconfig_info", "read", path="{{ path.shop }}")
    yield task("hss_multicloud_cluster", kube_config="{{ read.kube_config }}", name="new", **REGISTRY, **PROXIES)
    yield task("hss_multicloud_cluster", kube_config="{{ kube.renewed }}", name="shop", update_kube_config="always")
    yield task("hss_multicloud_clusters", clusters=[{"name": "new-other", "kube_config": "{{ kube.other }}"}])
    yield task("hss_multicloud_config_info", kube_config="{{ kube.other }}")
    yield task("hss_multicloud_cluster_info", "all")
    yield task("hss_multicloud_agent_info", "agent", cluster_id="{{ all.clusters[0].cluster_id }}")
    yield task("hss_multicloud_image_command_info", **REGISTRY)
    yield task("kubectl_preflight", **KUBECTL, objects="{{ agent.manifests }}")
    yield task("kubectl_objects", **KUBECTL, objects="{{ agent.manifests }}")
    yield task("kubectl_objects", **KUBECTL, objects=[SECRET])
    yield task("hss_cluster_daemonset", cluster_id="{{ all.clusters[0].cluster_id }}")
    yield task("hss_cluster_daemonsets", daemonsets=[{"cluster_id": "{{ all.clusters[0].cluster_id }}"}])
    yield task("hss_cluster_daemonset_info")
    yield task("hss_multicloud_cluster", name="shop", state="absent")


def seeded(stage: Stage) -> None:
    """Registers the cluster before the run."""
    stage.simulator.seed_clusters([{"name": "shop", "provider": "self_built_idc", "server": SERVER}])


# --- Faults of HSS, IAM and the gateway -------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuotingFault(Fault):
    """Any status, with a message that quotes the complete request several times, as the gateway does with 401."""

    kind: ClassVar[str] = "quoting"
    code: int
    number: str

    def play(self, scene: Request) -> Reply:
        request = scene.request
        body = request.body.decode("utf-8", "replace")
        headers = "\n".join(f"{name.lower()}:{value}" for name, value in request.headers)
        canonical = f"{request.method}\n{request.path}/\n{request.query_string}\n{headers}\n\n{body}"
        message = f"verify failed, canonicalRequest:{body}{canonical} {json.dumps(canonical)}"
        if self.code == 200:
            return Reply.of_json({"total_num": message, "data_list": [message], "token": message, "id": body})
        error: Any = GatewayError(self.code, self.number, message)
        if self.code == 400:
            error = HssError(self.number, message)
        return error.reply(scene.settings, request.request_id)


# Fields that decide what a module does next. Everything else is only reported.
_DECISIVE = re.compile(
    r"(?:.*_)?(?:ids?|status|type|repo|date|version|mode|address)|(?:cluster_|image_)?name|server|provider|.*kind"
    # What HSS suggests for a node agent is sent back to it.
    r"|(?:runtime|schedule|resource)_info"
)


@dataclass(frozen=True)
class QuotingService(Fault):
    """Carries everything out, and quotes every earlier request in every field of every later response.

    :arg heard: the words of the requests, which several runs can share.
    :arg unknown: texts that no request has had, for the manifests: ConfigMaps, and the environment of containers.
    :arg of_the_run: whether a word is a secret of this run alone. A later run, which finds it in the cluster, cannot
        know it.
    """

    kind: ClassVar[str] = "quoting service"
    heard: list[str] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    of_the_run: Callable[[str], bool] = bool

    def play(self, scene: Request) -> Reply:
        request = scene.request
        reply = scene.carry_out()
        if reply.good and reply.body.startswith(b"{"):
            answer = self._quoted(json.loads(reply.body), "")
            reply = Reply.of_json(answer, reply.status, reply.headers)
        given = [request.query_string, *(value for _name, value in request.headers), *_texts_in(request.body)]
        words = [word for text in given for word in re.split(r"[\s&=,]+", unquote(text)) if len(word) >= 8]
        self.heard[:] = list(dict.fromkeys([*words, *self.heard]))[:2000]
        return reply

    def _quotation(self) -> str:
        """The next words, so that each of them is at the beginning of some field."""
        words, self.heard[:3] = self.heard[:3], []
        self.heard.extend(words)
        return " ".join([*words, *words[:1]])

    def _quoted(self, value: Any, name: str) -> Any:
        if _DECISIVE.fullmatch(name):
            return value
        if isinstance(value, dict):
            return {key: self._quoted(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._quoted(item, name) for item in value]
        if not isinstance(value, str):
            return value
        if name == "install_script":
            return "".join(json.dumps(self._manifest(document)) for document in _documents(value))
        if name.endswith("command"):
            return f"{value}; echo {shlex.quote(self._quotation())}"
        if name.endswith("url"):
            return f"{value}?{quote(self._quotation())}"
        return f"{value} {self._quotation()}"

    def _manifest(self, document: dict[str, Any]) -> dict[str, Any]:
        document["metadata"]["annotations"] = {"quoted": self._quotation()}
        if document["kind"] == "ConfigMap":
            document["data"].update(quoted=self._quotation(), unknown=self.unknown[0])
        if document["kind"] == "Deployment":
            (container,) = document["spec"]["template"]["spec"]["containers"]
            container.update(args=[self.unknown[1], self._quotation()], command=["/agent", self.unknown[2]])
            # A diff shows this, also that of a later run.
            words = " ".join(self._quotation() for _more in range(20)).split()
            container["workingDir"] = "/".join(word for word in words if not self.of_the_run(word))
            container["env"] = [{"name": "UNKNOWN", "value": self.unknown[3]}]
        return document


def _documents(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        yield json.loads(line)


def _texts_in(body: bytes) -> Iterator[str]:
    """Yields the texts in the JSON of a request."""
    pending = [json.loads(body)] if body else []
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            pending += value.values() if isinstance(value, dict) else value


FAULTS: dict[str, Fault] = {
    "200 of another kind": QuotingFault(200, ""),
    "400": QuotingFault(400, "0001"),
    "400 quota": QuotingFault(400, "1002"),
    "400 rights": QuotingFault(400, "0013"),
    "401": QuotingFault(401, "0301"),
    "403": QuotingFault(403, "0302"),
    "401 token": QuotingFault(401, "0307"),
    "404": QuotingFault(404, "0101"),
    "413": QuotingFault(413, "0201"),
    "429": QuotingFault(429, "0308"),
    "500": QuotingFault(500, "0601"),
    "502": QuotingFault(502, "0203"),
    "504": QuotingFault(504, "0203"),
    "echo": Fault.echo(),
    "html": Fault.html(),
    "cut": Fault.truncated(),
    "lost": Fault.lost(),
    "elsewhere": Fault.redirect("https://127.0.0.1:1/"),
    "slow": Fault.slow(12),
}


def asked(_stage: Stage) -> Iterable[Task]:
    """Each module that sends requests to HSS, once."""
    yield task("hss_multicloud_cluster", name="shop", kube_config="{{ kube.shop }}", **REGISTRY, **PROXIES)
    clusters = [{"name": "shop", "kube_config": "{{ kube.shop }}", **REGISTRY}]
    yield task("hss_multicloud_clusters", clusters=clusters)
    yield task("hss_multicloud_cluster_info")
    yield task("hss_multicloud_config_info", kube_config="{{ kube.renewed }}")
    yield task("hss_multicloud_agent_info", cluster_id="11111111-2222-3333-4444-555555555555")
    yield task("hss_multicloud_image_command_info", **REGISTRY)
    yield task("hss_cluster_daemonset", cluster_id="11111111-2222-3333-4444-555555555555")
    yield task("hss_cluster_daemonsets", daemonsets=[{"cluster_id": "11111111-2222-3333-4444-555555555555"}])
    yield task("hss_cluster_daemonset_info")
    yield task("hss_quota_info")
    yield task("hss_host_info")
    protected = {"cluster_id": "11111111-2222-3333-4444-555555555555", "charging_mode": "packet_cycle"}
    yield task("hss_cluster_protection", **protected, state="opened")


def written(_stage: Stage) -> Iterable[Task]:
    """The requests that contain secrets, after successful listings."""
    yield task("hss_multicloud_cluster", name="new", kube_config="{{ kube.other }}", **REGISTRY, **PROXIES)
    yield task("hss_multicloud_cluster", name="shop", kube_config="{{ kube.renewed }}", update_kube_config="always")


def fault(kind: str) -> Callable[[Stage], None]:
    """Returns a preparation that makes every request fail in this way."""

    def arrange(stage: Stage) -> None:
        seeded(stage)
        stage.simulator.fault("*", FAULTS[kind], times=None)

    return arrange


def fault_when_writing(kind: str) -> Callable[[Stage], None]:
    """Returns a preparation that makes only requests that create or update fail in this way."""

    def arrange(stage: Stage) -> None:
        seeded(stage)
        for operation in ("CreateMultiCloudClusters", "UpdateMultiCloudClusters"):
            stage.simulator.fault(operation, FAULTS[kind], times=None)

    return arrange


# --- Options that are refused -----------------------------------------------------------------------------------------

GOOD = {"shop", "renewed", "other", "token", "token_file", "files"}


def refused_kubeconfigs(stage: Stage) -> Iterable[Task]:
    """Unusable kubeconfigs, on disk and as options of the single and the list module."""
    for name in sorted(stage.kubeconfigs.keys() - GOOD - {"insecure", "loopback"}):
        yield task("kubeconfig_info", path=f"{{{{ path['{name}'] }}}}")
        text = f"{{{{ kube['{name}'] }}}}"
        yield task("hss_multicloud_cluster", name="new", kube_config=text)
        yield task("hss_multicloud_clusters", clusters=[{"name": "new", "kube_config": text}])
        yield task("hss_multicloud_config_info", kube_config=text)
    for name in ("token_file", "files", "insecure", "loopback"):
        yield task("hss_multicloud_cluster", name="new", kube_config=f"{{{{ kube['{name}'] }}}}")
    yield task("kubeconfig_info", path="{{ path.shop }}", context="no such")


def refused_options(_stage: Stage) -> Iterable[Task]:
    """Options with wrong types and wrong names, and secrets in wrong places."""
    parsed = "{{ kube.shop | from_yaml }}"
    for value in (parsed, ["{{ kube.shop }}"], {"text": "{{ kube.shop }}"}):
        yield task("hss_multicloud_cluster", name="new", kube_config=value)
        yield task("hss_multicloud_clusters", clusters=[{"name": "new", "kube_config": value}])
        yield task("hss_multicloud_config_info", kube_config=value)
    yield task("hss_multicloud_clusters", clusters="{{ kube.shop }}")
    yield task("hss_multicloud_clusters", clusters=["{{ kube.shop }}"])
    yield task("hss_multicloud_clusters", clusters={"name": "new", "kube_config": "{{ kube.shop }}"})
    for name in ("kubeconfg", "kube_config_text", "config"):
        yield task("hss_multicloud_cluster", name="new", **{name: "{{ kube.shop }}"})
        yield task("hss_multicloud_clusters", clusters=[{"name": "new", name: "{{ kube.shop }}"}])
    for name in ("secretkey", "passwd", "image_repo_pasword"):
        yield task("hss_multicloud_cluster", name="new", **{name: "{{ registry_password }}"})
        yield task("hss_multicloud_image_command_info", **{**REGISTRY, name: "{{ registry_password }}"})
    for name in ("secret_key", "auth_token", "password", "security_token"):
        yield task("hss_multicloud_cluster_info", **{name: ["{{ registry_password }}"]})
        yield task("hss_multicloud_cluster_info", **{name: {"value": "{{ registry_password }}"}})
    address = "https://op:{{ proxy_password }}@10.0.0.5"
    yield task("hss_multicloud_cluster", name="new", kube_config="{{ kube.shop }}", server=address)
    yield task("hss_multicloud_cluster", name="new", kube_config="{{ kube.shop }}", anp_proxy=f"{address}:nothing")
    yield task("hss_multicloud_cluster_info", endpoint=address)
    yield task("hss_multicloud_cluster_info", auth_url=address)
    yield task("kubeconfig_info", path="{{ path.shop }}", server=address)
    secret = {**SECRET, "data": {"password": "{{ registry_password }}"}}
    for broken in (
        [{**secret, "metadata": "{{ registry_password }}"}],
        [{**secret, "metadata": {}}],
        [{**secret, "kind": ["{{ registry_password }}"]}],
        "{{ [registry_password] | to_json }}",
        [secret, secret],
    ):
        yield task("kubectl_objects", **KUBECTL, objects=broken)
        yield task("kubectl_preflight", **KUBECTL, objects=broken)
    # The value is not base64, and the stand-in for the API server reports this.
    yield task("kubectl_objects", **KUBECTL, objects=[secret])


def leaking_kubectl(stage: Stage) -> Iterable[Task]:
    """A kubectl that prints all its input, and fails."""
    path = stage.put("leaking-kubectl", '#!/bin/sh\necho "$@" >&2\ncat >&2\ncat "$KUBECONFIG" "$2" "$3" >&2\nexit 1\n')
    path.chmod(0o700)
    leaking = {**KUBECTL, "kubectl": str(path)}
    yield task("kubectl_objects", **leaking, objects=[SECRET])
    yield task("kubectl_objects", **leaking, objects=[SECRET], state="absent")
    yield task("kubectl_preflight", **leaking, objects=[SECRET])


# An image tool that finds all images in the registry, and one that prints all its input and fails.
SKOPEO = '#!/bin/sh\ncase $1 in login) cat >/dev/null;; esac\necho "{}"\n'
LEAKING_SKOPEO = '#!/bin/sh\ncase $1 in login) cat; cat "$REGISTRY_AUTH_FILE"; exit 1;; esac >&2\necho "{}"\n'


def every_read(_stage: Stage) -> Iterable[Task]:
    """Modules that read files on a host, or send requests from it."""
    for name in ("shop", "token_file", "files", "exec", "cut", "address"):
        yield task("kubeconfig_info", path=f"{{{{ path['{name}'] }}}}")
    yield task("hss_multicloud_config_info", kube_config="{{ kube.shop }}")
    yield task("hss_multicloud_cluster", kube_config="{{ kube.other }}", name="other", **REGISTRY)
    yield task("hss_multicloud_agent_info", cluster_ids="{{ shop_ids }}")
    yield task("hss_multicloud_image_command_info", **REGISTRY)
    yield task("kubectl_objects", **KUBECTL, objects=[SECRET])


# --- The role and the playbooks ---------------------------------------------------------------------------------------

ROLE = {
    "hss_onboard_become": False,
    "hss_onboard_name": "shop",
    "hss_onboard_server": "10.0.0.5",
    "hss_onboard_kubeconfig_path": "{{ cluster.kubeconfig }}",
    "hss_onboard_kubectl": "{{ cluster.kubectl }}",
    "hss_onboard_connection": "{{ account }}",
    "hss_onboard_cluster": {**REGISTRY, **PROXIES},
    "hss_onboard_install_agent": True,
    "hss_onboard_protect_nodes": True,
    "hss_onboard_wait_timeout": 30,
    # Shows as much as possible.
    "hss_onboard_no_log": False,
}


def leaks(_stage: Stage) -> Iterable[Task]:
    """The leaking module in every encoding, and the failure of a host whose name is a secret."""
    for form in ("plain", "base64", "url", "json", "lines"):
        options = {"secret_key": "{{ account.secret_key }}", "kube_config": "{{ kube.shop }}", "form": form}
        yield {"leaking_twin": options, "register": f"leaked_{form}"}
        yield {"ansible.builtin.set_fact": {f"fact_{form}": f"{{{{ leaked_{form} }}}}", "cacheable": True}}
    yield {"ansible.builtin.fail": {"msg": "the end"}, "ignore_errors": False}
