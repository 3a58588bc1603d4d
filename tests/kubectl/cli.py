# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of kubectl, with kubectl's messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .api import Api, ApiError, public
from .hook import connect_agent
from .kinds import Kind
from .messages import Messages
from .options import Options, UsageError, parse
from .store import Store

_UNREACHABLE = {
    "refused": "The connection to the server {server} was refused - did you specify the right host or port?",
    "timeout": "Unable to connect to the server: dial tcp {server}: i/o timeout",
    "unknown": "Unable to connect to the server: dial tcp: lookup {server}: no such host",
    "certificate": "Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired "
    "or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z",
    "unauthorized": "error: You must be logged in to the server (Unauthorized)",
}
SERVER = "127.0.0.1:6443"


@dataclass
class Output:
    """The output of a command, as lines."""

    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code: 1 if there is an error on stderr."""
        return 1 if any(not line.startswith(("Warning:", "No resources found")) for line in self.stderr) else 0


@dataclass(frozen=True)
class InputObject:
    """An object from standard input, with its kind, and whether it was in a List."""

    kind: Kind
    content: dict[str, Any]
    listed: bool

    @property
    def place(self) -> tuple[str, str | None]:
        """Name and namespace."""
        metadata = self.content["metadata"]
        return metadata["name"], metadata.get("namespace")


def run(folder: Path | None, arguments: Sequence[str], stdin: str) -> tuple[int, str, str]:
    """Run a command; returns exit code, stdout and stderr.

    :arg folder: the cluster's folder; None without a kubeconfig.
    """
    output = Output()
    try:
        options = parse(arguments)
        if folder is None:
            raise UsageError(_UNREACHABLE["refused"].format(server="localhost:8080"))
        with Store(folder).opened() as store:
            _command(options, store, stdin, output)
    except (UsageError, ApiError) as error:
        output.stderr.append(str(error))
    return output.code, *("".join(f"{line}\n" for line in lines) for lines in (output.stdout, output.stderr))


def _command(options: Options, store: Store, stdin: str, output: Output) -> None:
    positional = options.positional
    commands: dict[str, Callable[[_Kubectl], None]] = {
        "api-resources": _Kubectl.api_resources,
        "apply": _Kubectl.apply,
        "auth": _Kubectl.auth,
        "create": _Kubectl.create,
        "delete": _Kubectl.delete,
        "get": _Kubectl.get,
        "version": _Kubectl.version,
    }
    if not positional or positional[0] not in commands:
        raise UsageError(f'error: unknown command "{" ".join(positional[:1])}" for "kubectl"')
    if positional[0] == "version":
        output.stdout.append("")
    if trouble := store.settings["unreachable"]:
        client = Messages(store.settings["kubectl"]).client
        output.stdout[:] = [json.dumps({"clientVersion": client}, indent=2)] if positional[0] == "version" else []
        output.stderr.append('E0101 00:00:00.000000   1 memcache.go:381] "Couldn\'t get current server API group list"')
        raise UsageError(_UNREACHABLE[trouble].format(server=SERVER))
    if fault := store.take_fault(positional[0], stdin):
        raise UsageError(fault)
    commands[positional[0]](_Kubectl(options, store, Api(store, connect_agent(store)), stdin, output))


@dataclass
class _Kubectl:
    options: Options
    store: Store
    api: Api
    stdin: str
    output: Output

    @property
    def messages(self) -> Messages:
        """The messages of this version of kubectl."""
        return Messages(self.store.settings["kubectl"])

    # --- commands ---

    def get(self) -> None:
        if raw := self.options.get("raw"):
            self._raw(raw)
            return
        found: list[dict[str, Any]] = []
        many = True
        if self.options.get("filename"):
            for item in self._input_objects():
                with self._reported_errors():
                    found.append(self.api.get(item.kind, *item.place))
        else:
            kinds = [self._kind(name) for name in self.options.positional[1].split(",")]
            names = self.options.positional[2:]
            many = len(names) != 1
            for kind in kinds:
                self._collect(kind, names, found)
        self._print(found, many)

    def _collect(self, kind: Kind, names: Sequence[str], found: list[dict[str, Any]]) -> None:
        namespace = (self.options.get("namespace") or "default") if kind.namespaced else None
        for name in names:
            with self._reported_errors():
                found.append(self.api.get(kind, name, namespace))
        if not names:
            everywhere = None if self.options.on("all-namespaces") else namespace
            with self._reported_errors():
                found.extend(self._selected(self.api.list(kind, everywhere)))

    def apply(self) -> None:
        applied = []
        errors = len(self.output.stderr)
        server_side, dry_run = self.options.on("server-side"), self.options.get("dry-run") == "server"
        for item in self._input_objects():
            with self._reported_errors(self.messages.creating(item.listed)):
                content, what = self.api.apply(item.kind, item.content, server_side=server_side, dry_run=dry_run)
                applied.append((item.kind, content, what))
                for text in self.store.settings["warnings"].get(item.kind.kind, ()):
                    self.output.stderr.append(f"Warning: {text}")
                if content["metadata"].get("deletionTimestamp") and (server_side or what != "unchanged"):
                    name = content["metadata"]["name"]
                    warning = f"Warning: Detected changes to resource {name} which is currently being deleted."
                    self.output.stderr.append(warning)
        if self.options.get("output") == "json":
            # Nothing is printed if an object has failed.
            if not [line for line in self.output.stderr[errors:] if not line.startswith("Warning: ")]:
                self._print([content for _kind, content, _what in applied], len(applied) != 1)
            return
        for kind, content, what in applied:
            name = kind.object_name(content["metadata"]["name"])
            what = "serverside-applied" if server_side else what
            suffix = " (server dry run)" if dry_run else ""
            self.output.stdout.append(name if self.options.get("output") == "name" else f"{name} {what}{suffix}")

    def api_resources(self) -> None:
        """The names of the resources."""
        if self.options.get("verbs") != "list,delete" or self.options.get("output") != "name":
            raise UsageError("error: the stand-in lists the names of resources with the verbs list and delete alone")
        listed = [kind for kind in self.api.kinds.all if kind.kind != "SelfSubjectAccessReview"]
        self.output.stdout += [kind.resource for kind in listed if kind.namespaced is self.options.on("namespaced")]

    def delete(self) -> None:
        if raw := self.options.get("raw"):
            self._raw_delete(raw)
            return
        if self.options.get("filename"):
            for item in self._input_objects():
                self._delete(item.kind, *item.place)
            return
        kind = self._kind(self.options.positional[1])
        namespace = (self.options.get("namespace") or "default") if kind.namespaced else None
        for name in self.options.positional[2:]:
            self._delete(kind, name, namespace)

    def _delete(self, kind: Kind, name: str, namespace: str | None) -> None:
        with self._reported_errors():
            self.api.delete(kind, name, namespace)
            self.output.stdout.append(self.messages.deleted(kind, name, namespace))
            if self.options.get("wait") != "false":
                self.api.wait_until_gone(kind, name, namespace)

    def create(self) -> None:
        for item in self._input_objects():
            if item.kind.kind != "SelfSubjectAccessReview":
                raise UsageError(f"error: the stand-in creates no {item.kind.kind}")
            attributes = item.content["spec"]["resourceAttributes"]
            spec = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
            status = {"allowed": self.api.review(attributes)}
            answer = {**item.content, "metadata": {"creationTimestamp": None}, "spec": spec, "status": status}
            self.output.stdout.append(json.dumps(answer, indent=4))

    def auth(self) -> None:
        verb, name = self.options.positional[2:4]
        kind = self._kind(name)
        allowed = self.api.review({"verb": verb, "resource": kind.plural, "group": kind.group})
        self.output.stdout.append("yes" if allowed else "no")
        if not allowed:
            # The exit code is 1, without a message.
            self.output.stderr.append("")

    def version(self) -> None:
        version = self.store.settings["version"]
        number = re.match(r"v(\d+)\.(\d+)", version)
        major, minor = number.groups() if number else ("", "")
        server = {"major": major, "minor": minor, "gitVersion": version, "platform": "linux/amd64"}
        self.output.stderr += self.messages.skew(server)
        self.output.stdout[:] = [json.dumps({"clientVersion": self.messages.client, "serverVersion": server}, indent=2)]

    # --- common parts ---

    def _raw(self, path: str) -> None:
        if path.partition("?")[0] == "/api/v1/nodes":
            with self._reported_errors():
                nodes = [public(item) for item in self.api.list(self._kind("nodes"), None)]
                # In a list of one kind, the objects do not have the fields apiVersion and kind.
                nodes = [{key: item[key] for key in item if key not in ("apiVersion", "kind")} for item in nodes]
                self.output.stdout.append(json.dumps({"kind": "NodeList", "apiVersion": "v1", "items": nodes}))
            return
        api_version = re.sub(r"^/apis?/", "", path)
        kinds = [kind for kind in self.api.kinds.all if kind.api_version == api_version]
        if not kinds:
            raise UsageError("Error from server (NotFound): the server could not find the requested resource")
        resources = [{"name": item.plural, "kind": item.kind, "namespaced": item.namespaced} for item in kinds]
        answer = {"kind": "APIResourceList", "groupVersion": api_version, "resources": resources}
        self.output.stdout.append(json.dumps(answer))

    def _raw_delete(self, path: str) -> None:
        """Delete an object by its path; standard input has the DeleteOptions."""
        found = re.fullmatch(r"/apis?/((?:[^/]+/)?v[^/]+)(?:/namespaces/([^/]+))?/([^/]+)/([^/]+)", path)
        version, namespace, plural, name = found.groups() if found else (None, None, None, None)
        kind = next((each for each in self.api.kinds.all if (each.api_version, each.plural) == (version, plural)), None)
        if kind is None or kind.namespaced != bool(namespace):
            raise UsageError("Error from server (NotFound): the server could not find the requested resource")
        options = json.loads(self.stdin)
        with self._reported_errors():
            self.api.delete(kind, unquote(str(name)), namespace, options.get("preconditions", {}).get("uid", ""))
            self.output.stdout.append(json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Success"}))

    def _kind(self, name: str) -> Kind:
        found = self.api.kinds.named(name)
        if found is None:
            raise UsageError(f'error: the server doesn\'t have a resource type "{name}"')
        return found

    def _input_objects(self) -> Iterable[InputObject]:
        """The objects on standard input, without those of unknown kinds."""
        if self.options.get("filename") != "-":
            raise UsageError("error: the stand-in reads standard input alone")
        contents: list[tuple[dict[str, Any], bool]] = []
        for document in _documents(self.stdin):
            listed = document.get("kind") == "List"
            contents += [(content, listed) for content in (document["items"] if listed else [document])]
        if not contents:
            raise UsageError("error: no objects passed to " + self.options.positional[0])
        # The kinds before the command: a kind that this input defines is not known yet.
        known = self.api.kinds
        found = []
        for content, listed in contents:
            kind = known.of(content)
            if kind is None:
                self.output.stderr += self.messages.unknown_kind(content, listed)
                continue
            content.setdefault("metadata", {})
            if kind.namespaced:
                content["metadata"].setdefault("namespace", self.options.get("namespace") or "default")
            found.append(InputObject(kind, content, listed))
        return found

    @contextmanager
    def _reported_errors(self, prefix: str = "") -> Iterator[None]:
        """Report an error of an object, so that the command continues with the next item."""
        try:
            yield
        except ApiError as error:
            if error.reason == "NotFound" and self.options.on("ignore-not-found"):
                return
            message = (
                str(error) if error.reason == "Invalid" else f"Error from server ({error.reason}): {prefix}{error}"
            )
            self.output.stderr.append(message)

    def _selected(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # Each part is key=value or key in (value,value).
        parts = re.findall(r"([^\s,=]+)(?:=([^,]*)| in \(([^)]*)\))", self.options.get("selector") or "")
        conditions = [(key, (value or values).split(",")) for key, value, values in parts]
        if self.options.get("field-selector") == "type=Warning":
            found = [item for item in found if item.get("type") == "Warning"]
        return [
            item
            for item in found
            if all((item["metadata"].get("labels") or {}).get(key) in values for key, values in conditions)
        ]

    def _print(self, found: list[dict[str, Any]], many: bool) -> None:
        found = [public(item) for item in found]
        output = self.options.get("output") or ""
        if output.startswith("jsonpath={range .items[*]}"):
            template = output.partition("}")[2].removesuffix("{end}")
            self.output.stdout.append("".join(_jsonpath(template, item) for item in found))
        elif output.startswith("jsonpath="):
            self.output.stdout += [_jsonpath(output[9:], item) for item in found]
        elif output == "json":
            if found or not self.options.on("ignore-not-found"):
                answer = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": found}
                self.output.stdout.append(json.dumps(answer if many else found[0], indent=4) if many or found else "")
        else:
            for item in found:
                kind = self.api.kinds.of(item)
                self.output.stdout.append(
                    kind.object_name(item["metadata"]["name"]) if kind else item["metadata"]["name"]
                )


def _documents(text: str) -> list[dict[str, Any]]:
    if not text.lstrip().startswith("{"):
        # Imported here because it takes long to load.
        import yaml

        return [document for document in yaml.safe_load_all(text) if document]
    found, rest = [], text.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    return found


def _jsonpath(template: str, content: dict[str, Any]) -> str:
    return re.sub(r"\{([^}]*)\}", lambda path: _value_at(content, path[1]), template)


def _value_at(value: Any, path: str) -> str:
    """The values at a path such as .data.token or .metadata.ownerReferences[*].uid, as text."""
    found = [value]
    for key in re.findall(r"(?:[^.\\]|\\.)+", path):
        name, every = re.sub(r"\\(.)", r"\1", key.removesuffix("[*]")), key.endswith("[*]")
        found = [item[name] for item in found if isinstance(item, dict) and item.get(name) is not None]
        found = [inner for item in found for inner in item] if every else found
    return " ".join(map(str, found))
