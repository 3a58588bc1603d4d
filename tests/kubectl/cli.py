# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubectl's commands, in kubectl's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .api import Api, ApiError, public
from .hook import connect_agent
from .kinds import Kind
from .options import Options, UsageError, parse
from .store import Store
from .words import Words

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
class Said:
    """What kubectl came to."""

    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code: whatever complains, fails."""
        return 1 if any(not line.startswith(("Warning:", "No resources found")) for line in self.stderr) else 0


@dataclass(frozen=True)
class Stream:
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
    """Exit code, stdout and stderr.

    :arg folder: the cluster's; none without a kubeconfig.
    """
    said = Said()
    try:
        options = parse(arguments)
        if folder is None:
            raise UsageError(_UNREACHABLE["refused"].format(server="localhost:8080"))
        with Store(folder).opened() as store:
            _command(options, store, stdin, said)
    except (UsageError, ApiError) as error:
        said.stderr.append(str(error))
    return said.code, *("".join(f"{line}\n" for line in lines) for lines in (said.stdout, said.stderr))


def _command(options: Options, store: Store, stdin: str, said: Said) -> None:
    words = options.words
    commands: dict[str, Callable[[_Kubectl], None]] = {
        "apply": _Kubectl.apply,
        "auth": _Kubectl.auth,
        "create": _Kubectl.create,
        "delete": _Kubectl.delete,
        "get": _Kubectl.get,
        "version": _Kubectl.version,
    }
    if not words or words[0] not in commands:
        raise UsageError(f'error: unknown command "{" ".join(words[:1])}" for "kubectl"')
    if words[0] == "version":
        said.stdout.append("")
    if trouble := store.settings["unreachable"]:
        client = Words(store.settings["kubectl"]).client
        said.stdout[:] = [json.dumps({"clientVersion": client}, indent=2)] if words[0] == "version" else []
        said.stderr.append('E0101 00:00:00.000000   1 memcache.go:381] "Couldn\'t get current server API group list"')
        raise UsageError(_UNREACHABLE[trouble].format(server=SERVER))
    commands[words[0]](_Kubectl(options, store, Api(store, connect_agent(store)), stdin, said))


@dataclass
class _Kubectl:
    options: Options
    store: Store
    api: Api
    stdin: str
    said: Said

    @property
    def words(self) -> Words:
        """Its version's."""
        return Words(self.store.settings["kubectl"])

    # --- commands ---

    def get(self) -> None:
        if raw := self.options.get("raw"):
            self._raw(raw)
            return
        found: list[dict[str, Any]] = []
        many = True
        if self.options.get("filename"):
            for one in self._stream():
                with self._guarded():
                    found.append(self.api.get(one.kind, *one.place))
        else:
            kinds = [self._kind(word) for word in self.options.words[1].split(",")]
            names = self.options.words[2:]
            many = len(names) != 1
            for kind in kinds:
                self._collect(kind, names, found)
        self._print(found, many)

    def _collect(self, kind: Kind, names: Sequence[str], found: list[dict[str, Any]]) -> None:
        namespace = (self.options.get("namespace") or "default") if kind.namespaced else None
        for name in names:
            with self._guarded():
                found.append(self.api.get(kind, name, namespace))
        if not names:
            everywhere = None if self.options.on("all-namespaces") else namespace
            with self._guarded():
                found.extend(self._selected(self.api.list(kind, everywhere)))

    def apply(self) -> None:
        done = []
        complaints = len(self.said.stderr)
        server_side, dry_run = self.options.on("server-side"), self.options.get("dry-run") == "server"
        for one in self._stream():
            with self._guarded(self.words.creating(one.listed)):
                content, what = self.api.apply(one.kind, one.content, server_side=server_side, dry_run=dry_run)
                done.append((one.kind, content, what))
                if content["metadata"].get("deletionTimestamp") and (server_side or what != "unchanged"):
                    name = content["metadata"]["name"]
                    going = f"Warning: Detected changes to resource {name} which is currently being deleted."
                    self.said.stderr.append(going)
        if self.options.get("output") == "json":
            # All or nothing.
            if len(self.said.stderr) == complaints:
                self._print([content for _kind, content, _what in done], len(done) != 1)
            return
        for kind, content, what in done:
            shown = kind.shown(content["metadata"]["name"])
            what = "serverside-applied" if server_side else what
            suffix = " (server dry run)" if dry_run else ""
            self.said.stdout.append(shown if self.options.get("output") == "name" else f"{shown} {what}{suffix}")

    def delete(self) -> None:
        if self.options.get("filename"):
            for one in self._stream():
                self._delete(one.kind, *one.place)
            return
        kind = self._kind(self.options.words[1])
        namespace = (self.options.get("namespace") or "default") if kind.namespaced else None
        for name in self.options.words[2:]:
            self._delete(kind, name, namespace)

    def _delete(self, kind: Kind, name: str, namespace: str | None) -> None:
        with self._guarded():
            self.api.delete(kind, name, namespace)
            self.said.stdout.append(self.words.deleted(kind, name, namespace))
            if self.options.get("wait") != "false":
                self.api.wait_until_gone(kind, name, namespace)

    def create(self) -> None:
        for one in self._stream():
            if one.kind.kind != "SelfSubjectAccessReview":
                raise UsageError(f"error: the stand-in creates no {one.kind.kind}")
            asked = one.content["spec"]["resourceAttributes"]
            spec = {"resourceAttributes": {key: value for key, value in asked.items() if value}}
            status = {"allowed": self.api.review(asked)}
            answer = {**one.content, "metadata": {"creationTimestamp": None}, "spec": spec, "status": status}
            self.said.stdout.append(json.dumps(answer, indent=4))

    def auth(self) -> None:
        verb, word = self.options.words[2:4]
        kind = self._kind(word)
        allowed = self.api.review({"verb": verb, "resource": kind.plural, "group": kind.group})
        self.said.stdout.append("yes" if allowed else "no")
        if not allowed:
            # It ends with 1, and with nothing to say.
            self.said.stderr.append("")

    def version(self) -> None:
        version = self.store.settings["version"]
        number = re.match(r"v(\d+)\.(\d+)", version)
        major, minor = number.groups() if number else ("", "")
        server = {"major": major, "minor": minor, "gitVersion": version, "platform": "linux/amd64"}
        self.said.stderr += self.words.skew(server)
        self.said.stdout[:] = [json.dumps({"clientVersion": self.words.client, "serverVersion": server}, indent=2)]

    # --- what they have in common ---

    def _raw(self, path: str) -> None:
        if path == "/api/v1/nodes":
            with self._guarded():
                nodes = [public(one) for one in self.api.list(self._kind("nodes"), None)]
                # In a list of one kind, the objects do not say it again.
                nodes = [{key: one[key] for key in one if key not in ("apiVersion", "kind")} for one in nodes]
                self.said.stdout.append(json.dumps({"kind": "NodeList", "apiVersion": "v1", "items": nodes}))
            return
        api_version = re.sub(r"^/apis?/", "", path)
        kinds = [kind for kind in self.api.kinds.all if kind.api_version == api_version]
        if not kinds:
            raise UsageError("Error from server (NotFound): the server could not find the requested resource")
        resources = [{"name": one.plural, "kind": one.kind, "namespaced": one.namespaced} for one in kinds]
        answer = {"kind": "APIResourceList", "groupVersion": api_version, "resources": resources}
        self.said.stdout.append(json.dumps(answer))

    def _kind(self, word: str) -> Kind:
        found = self.api.kinds.named(word)
        if found is None:
            raise UsageError(f'error: the server doesn\'t have a resource type "{word}"')
        return found

    def _stream(self) -> Iterable[Stream]:
        """The objects on standard input, apart from those of unknown kinds."""
        if self.options.get("filename") != "-":
            raise UsageError("error: the stand-in reads standard input alone")
        contents: list[tuple[dict[str, Any], bool]] = []
        for document in _documents(self.stdin):
            listed = document.get("kind") == "List"
            contents += [(content, listed) for content in (document["items"] if listed else [document])]
        if not contents:
            raise UsageError("error: no objects passed to " + self.options.words[0])
        # The kinds as they are at first: one that is defined here is not known yet.
        known = self.api.kinds
        found = []
        for content, listed in contents:
            kind = known.of(content)
            if kind is None:
                self.said.stderr += self.words.unknown_kind(content, listed)
                continue
            content.setdefault("metadata", {})
            if kind.namespaced:
                content["metadata"].setdefault("namespace", self.options.get("namespace") or "default")
            found.append(Stream(kind, content, listed))
        return found

    @contextmanager
    def _guarded(self, prefix: str = "") -> Iterator[None]:
        """One object's trouble does not keep the others from their turn."""
        try:
            yield
        except ApiError as error:
            if error.reason == "NotFound" and self.options.on("ignore-not-found"):
                return
            shown = str(error) if error.reason == "Invalid" else f"Error from server ({error.reason}): {prefix}{error}"
            self.said.stderr.append(shown)

    def _selected(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = [part.partition("=") for part in (self.options.get("selector") or "").split(",") if part]
        return [
            one
            for one in found
            if all((one["metadata"].get("labels") or {}).get(key) == value for key, _equals, value in wanted)
        ]

    def _print(self, found: list[dict[str, Any]], many: bool) -> None:
        found = [public(one) for one in found]
        output = self.options.get("output") or ""
        if output.startswith("jsonpath="):
            self.said.stdout += [_filled(output[9:], one) for one in found]
        elif output == "json":
            if found or not self.options.on("ignore-not-found"):
                answer = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": found}
                self.said.stdout.append(json.dumps(answer if many else found[0], indent=4) if many or found else "")
        else:
            for one in found:
                kind = self.api.kinds.of(one)
                self.said.stdout.append(kind.shown(one["metadata"]["name"]) if kind else one["metadata"]["name"])


def _documents(text: str) -> list[dict[str, Any]]:
    if not text.lstrip().startswith("{"):
        # Takes its time to load, and to read.
        import yaml

        return [document for document in yaml.safe_load_all(text) if document]
    found, rest = [], text.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    return found


def _filled(template: str, one: dict[str, Any]) -> str:
    return re.sub(r"\{([^}]*)\}", lambda path: _at(one, path[1]), template)


def _at(one: Any, path: str) -> str:
    """The value at a path such as .data.token."""
    for key in filter(None, path.split(".")):
        one = one.get(key, "") if isinstance(one, dict) else ""
    return str(one)
