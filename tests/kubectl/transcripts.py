# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real kubectls were asked and answered, as `./dev test-kube --record` writes it down for the stand-in to be like.

A transcript is a JSON file of calls in their order: args, stdin, stdout, stderr, rc. Both sides of a comparison are
brought into the same form first: without what is another with each run, and without what a real API server fills in and
nobody here looks at. A call that was made again and again until something came of it is there once for each answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "transcripts"

# About the machine, not about the question.
_OWN_FLAGS = ("--kubeconfig", "--cache-dir", "--request-timeout")
_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_NOTE = "kubectl.kubernetes.io/last-applied-configuration"
# What the API server adds to what is not given, by the field that has it.
_DEFAULTS = {
    "container": "imagePullPolicy resources terminationMessagePath terminationMessagePolicy",
    "pod": "dnsPolicy restartPolicy schedulerName securityContext terminationGracePeriodSeconds serviceAccount",
    "workload": "progressDeadlineSeconds revisionHistoryLimit strategy updateStrategy",
    "probe": "failureThreshold successThreshold timeoutSeconds",
    "port": "protocol",
}


def write(name: str, version: str, calls: Iterable[Mapping[str, Any]]) -> None:
    """Write down what a kubectl of this version said in a test."""
    folder = FOLDER / version
    folder.mkdir(parents=True, exist_ok=True)
    kept: list[dict[str, Any]] = []
    for call in calls:
        form = normalised(call)
        if not kept or form != kept[-1]:
            kept.append(form)
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def normalised(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call in the form that is compared; stdout is parsed if it is JSON."""
    return {
        "args": arguments(call["args"]),
        "stdin": call["stdin"],
        "stdout": _stdout(call["stdout"]),
        "stderr": _stderr(call["stderr"]),
        "rc": call["rc"],
    }


def arguments(words: Iterable[str]) -> list[str]:
    """What kubectl was asked, without where."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word.startswith(tuple(f"{flag}=" for flag in _OWN_FLAGS)):
            skip = False
        elif word in _OWN_FLAGS:
            skip = True
        else:
            kept.append(word)
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
    # Its log says the time and the line of its source.
    return "".join(f"{_masked(line)}\n" for line in text.splitlines() if not re.match(r"[EWIF]\d{4} ", line))


def _masked(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID", text)
    text = re.sub(r"\b(127\.0\.0\.1|10\.0\.0\.5):\d+\b", "SERVER", text)
    text = re.sub(r"\[[A-Za-z0-9+/]{60,}=*\]", "[TOKEN]", text)
    # The place of what the API server cannot read, and what stands around it, values included.
    text = re.sub(r"at input byte \d+, error found in #\d+ byte of .*", "at some PLACE", text)
    return re.sub(r"\bv1\.\d+\.\d+\S*", "VERSION", text)


def _document(document: dict[str, Any]) -> dict[str, Any]:
    if document.get("kind") == "List":
        return {"List": [_object(item) for item in document["items"]]}
    if "clientVersion" in document:
        return {part: "VERSION" for part in sorted(document) if part in ("clientVersion", "serverVersion")}
    if "items" in document:
        kind = str(document["kind"])
        return {kind: [_object(item, kind.removesuffix("List")) for item in document["items"]]}
    return _object(document)


def _object(content: dict[str, Any], kind: str = "") -> dict[str, Any]:
    kind = kind or content["kind"]
    metadata = {key: value for key, value in content.get("metadata", {}).items() if key not in _METADATA}
    if "deletionTimestamp" in metadata:
        metadata["deletionTimestamp"] = "NOW"
        metadata.pop("deletionGracePeriodSeconds", None)
    annotations = dict(metadata.pop("annotations", None) or {})
    # An object that is being made bears its uid there.
    annotations.pop("kubernetes.io/service-account.uid", None)
    if _NOTE in annotations:
        annotations[_NOTE] = json.loads(annotations[_NOTE])
        annotations[_NOTE].get("metadata", {}).pop("annotations", None)
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
    status = content.get("status") or {}
    if kind == "Namespace":
        return {"phase": status.get("phase")}
    if kind == "Node":
        information = {part: status["nodeInfo"][part] for part in ("architecture", "operatingSystem")}
        conditions = [{part: one[part] for part in ("type", "status")} for one in status["conditions"]]
        return {"nodeInfo": information, "conditions": conditions}
    return {}


def _workload(spec: dict[str, Any]) -> dict[str, Any]:
    template = dict(spec["template"])
    metadata = {key: value for key, value in template["metadata"].items() if key != "creationTimestamp"}
    pod = _without(template["spec"], "pod")
    for part in ("containers", "initContainers"):
        if part in pod:
            pod[part] = [_container(one) for one in pod[part]]
    return {**_without(spec, "workload"), "template": {"metadata": metadata, "spec": pod}}


def _container(one: dict[str, Any]) -> dict[str, Any]:
    kept = _without(one, "container")
    for part in ("livenessProbe", "readinessProbe"):
        if part in kept:
            kept[part] = _without(kept[part], "probe")
    if "ports" in kept:
        kept["ports"] = [_without(port, "port") for port in kept["ports"]]
    return kept


def _without(content: dict[str, Any], what: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in _DEFAULTS[what].split()}
