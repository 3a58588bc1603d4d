# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transcripts: what real kubectls were called with and printed, which the stand-in is compared with.

`./dev test-kube --record` writes them. A transcript is the file of one test in JSON Lines, one call a line in the order
of the calls: args, stdin, stdout, stderr, rc. Most calls are the same for both kubectls. A call that only one of them
made, or answered in this way, has its version as `kubectl`.

Calls are normalized before they are stored and before they are compared: values that differ between two runs are
removed, and so are the API server's own fields and defaults, which nothing here depends on. Where the same call was
repeated with the same result, it is stored once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "transcripts"
# The kubectls that are recorded: the newest, and the one that is as old as the API server.
NEWEST = "1.37"
OLDEST = "1.20"
VERSIONS = (NEWEST, OLDEST)

# Options that depend on the machine. They do not change the result.
_OWN_FLAGS = ("--kubeconfig", "--context", "--cache-dir", "--request-timeout")
_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Fields that the API server sets where a manifest does not, by the kind of the field that holds them.
_DEFAULTS = {
    "container": "imagePullPolicy resources terminationMessagePath terminationMessagePolicy",
    "pod": "dnsPolicy restartPolicy schedulerName securityContext terminationGracePeriodSeconds serviceAccount",
    "workload": "progressDeadlineSeconds revisionHistoryLimit strategy updateStrategy",
    "probe": "failureThreshold successThreshold timeoutSeconds",
    "port": "protocol",
}


def write(name: str, version: str, calls: Iterable[Mapping[str, Any]]) -> None:
    """Store the calls that a kubectl of this version received in a test; the other version's calls are kept."""
    path = FOLDER / f"{name}.jsonl"
    recorded = read(path) if path.exists() else {known: [] for known in VERSIONS}
    recorded[version] = []
    for call in map(normalized_call, calls):
        if recorded[version][-1:] != [call]:
            recorded[version].append(call)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in _lines(recorded[NEWEST], recorded[OLDEST])))


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The calls of a transcript by the version of kubectl."""
    recorded: dict[str, list[dict[str, Any]]] = {version: [] for version in VERSIONS}
    with path.open() as file:
        for line in file:
            call = json.loads(line)
            only = call.pop("kubectl", None)
            for version in [only] if only else VERSIONS:
                recorded.setdefault(version, []).append(call)
    return recorded


def _lines(newest: list[dict[str, Any]], oldest: list[dict[str, Any]]) -> Iterable[str]:
    """The lines of a transcript: calls that are the same in both versions once, the others with their version."""
    lines, old_lines = ([_line(call) for call in calls] for calls in (newest, oldest))
    changes = SequenceMatcher(None, lines, old_lines, autojunk=False).get_opcodes()
    for change, start, end, old_start, old_end in changes:
        if change == "equal":
            yield from lines[start:end]
        else:
            yield from (_line({**call, "kubectl": NEWEST}) for call in newest[start:end])
            yield from (_line({**call, "kubectl": OLDEST}) for call in oldest[old_start:old_end])


def _line(call: Mapping[str, Any]) -> str:
    return json.dumps(call, ensure_ascii=False, sort_keys=True)


def normalized_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as it is compared; stdout is parsed if it is JSON."""
    return {
        "args": arguments(call["args"]),
        "stdin": call["stdin"],
        "stdout": _stdout(call["stdout"]),
        "stderr": _stderr(call["stderr"]),
        "rc": call["rc"],
    }


def arguments(command_line: Iterable[str]) -> list[str]:
    """The arguments of a call without the options that depend on the machine."""
    kept: list[str] = []
    skip = False
    for argument in command_line:
        if skip or argument.startswith(tuple(f"{flag}=" for flag in _OWN_FLAGS)):
            skip = False
        elif argument in _OWN_FLAGS:
            skip = True
        else:
            kept.append(argument)
    return kept


def _stdout(text: str) -> Any:
    decoder, found, rest = json.JSONDecoder(), [], text.strip()
    while rest.startswith("{"):
        document, end = decoder.raw_decode(rest)
        found.append(_document(document))
        rest = rest[end:].lstrip()
    if rest:
        return _masked(text)
    return found


def _stderr(text: str) -> str:
    # Lines of kubectl's log are left out: they have the time and a line number of its source.
    return "".join(f"{_masked(line)}\n" for line in text.splitlines() if not re.match(r"[EWIF]\d{4} ", line))


def _masked(text: str) -> str:
    """A text without addresses, versions, UIDs and tokens."""
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID", text)
    text = re.sub(r"\b(127\.0\.0\.1|10\.0\.0\.5):\d+\b", "SERVER", text)
    text = re.sub(r"\[[A-Za-z0-9+/]{60,}=*\]", "[TOKEN]", text)
    # Where the API server could not decode the input, and an excerpt of the input around that place.
    text = re.sub(r"at input byte \d+, error found in #\d+ byte of .*", "at some PLACE", text)
    return re.sub(r"\bv1\.\d+\.\d+\S*", "VERSION", text)


def _document(document: dict[str, Any]) -> dict[str, Any]:
    """A normalized JSON document of kubectl's output: a list, versions, or an object."""
    if document.get("kind") == "List":
        return {"List": [_object(item) for item in document["items"]]}
    if "clientVersion" in document:
        return {part: "VERSION" for part in sorted(document) if part in ("clientVersion", "serverVersion")}
    if "items" in document:
        kind = str(document["kind"])
        return {kind: [_object(item, kind.removesuffix("List")) for item in document["items"]]}
    return _object(document)


def _object(content: dict[str, Any], kind: str = "") -> dict[str, Any]:
    """A normalized Kubernetes object."""
    kind = kind or content["kind"]
    metadata = {key: value for key, value in content.get("metadata", {}).items() if key not in _METADATA}
    if "deletionTimestamp" in metadata:
        metadata["deletionTimestamp"] = "NOW"
        metadata.pop("deletionGracePeriodSeconds", None)
    annotations = dict(metadata.pop("annotations", None) or {})
    # The token's Secret has the UID of its ServiceAccount here.
    annotations.pop("kubernetes.io/service-account.uid", None)
    if _LAST_APPLIED in annotations:
        annotations[_LAST_APPLIED] = json.loads(annotations[_LAST_APPLIED])
        annotations[_LAST_APPLIED].get("metadata", {}).pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    kept = {**content, "metadata": metadata}
    kept.pop("status", None)
    status = _status(kind, content)
    if status:
        kept["status"] = status
    if kind == "Secret" and content.get("type") == "kubernetes.io/service-account-token":
        kept["data"] = dict.fromkeys(sorted(content.get("data") or {}), "GIVEN")
    if kind == "ServiceAccount":
        kept.pop("secrets", None)
    if kind in ("Deployment", "DaemonSet"):
        kept["spec"] = _workload(content["spec"])
    return kept


def _status(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """The part of an object's status that the plugins read."""
    status = content.get("status") or {}
    if kind == "Namespace":
        return {"phase": status.get("phase")}
    if kind == "Node":
        information = {part: status["nodeInfo"][part] for part in ("architecture", "operatingSystem")}
        conditions = [{part: condition[part] for part in ("type", "status")} for condition in status["conditions"]]
        return {"nodeInfo": information, "conditions": conditions}
    return {}


def _workload(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of a Deployment or DaemonSet without defaults."""
    template = dict(spec["template"])
    metadata = {key: value for key, value in template["metadata"].items() if key != "creationTimestamp"}
    pod = _without_defaults(template["spec"], "pod")
    for part in ("containers", "initContainers"):
        if part in pod:
            pod[part] = [_container(container) for container in pod[part]]
    return {**_without_defaults(spec, "workload"), "template": {"metadata": metadata, "spec": pod}}


def _container(container: dict[str, Any]) -> dict[str, Any]:
    """A container of a pod without defaults."""
    kept = _without_defaults(container, "container")
    for part in ("livenessProbe", "readinessProbe"):
        if part in kept:
            kept[part] = _without_defaults(kept[part], "probe")
    if "ports" in kept:
        kept["ports"] = [_without_defaults(port, "port") for port in kept["ports"]]
    return kept


def _without_defaults(content: dict[str, Any], holder: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in _DEFAULTS[holder].split()}
