# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: explanations and remedies for the error messages of kubectl."""

from __future__ import annotations

import re

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import (
    CallResult,
    KubectlError,
    printable_text,
)

# Policies explain themselves in several lines, which must arrive as a whole.
_MAX_QUOTED = 1500
# An error message of kubectl can be long, but not what is looked for in it.
_MAX_MESSAGE = 4000
_MAX_MESSAGES = 40
# Lines of stderr that are not errors: the log of kubectl, warnings, and hints. They can also contain a rejected patch,
# with the data of a Secret. The missing permissions of an RBAC escalation begin in the same way, and are shown.
_NOISE = re.compile(
    r"([EWIF]\d{4} |W\w*\[\d+\] |Warning: |See '|&?\{(?!APIGroups:)|to:$|Resource: \"|Name: \"|\s*$)"
    r"|ensure CRDs are installed first$"
)
# The beginning of an error message. Other lines continue the message before them.
_BEGINNING = re.compile(
    r"(error|Error|[Uu]nable|The |You |no matches|[Ff]ailed|the server|Get |Post |Patch |for: |exit status|panic)"
)
_WARNING = "Warning: "
# Warnings of kubectl itself that say nothing about the objects.
_OWN_WARNING = re.compile(
    r"Warning: (?:version difference between|Detected changes to resource|resource \S+ is missing the kubectl)"
)
# Errors that pass by themselves: a leader election of etcd, an API server that restarts or is busy, an object that
# somebody else has changed at the same moment.
_PASSING = re.compile(
    r"etcdserver: (?:leader changed|request timed out|too many requests|no leader)|TooManyRequests|too many requests"
    r"|\(Conflict\)|the object has been modified|try again later|was refused|connection refused|connection reset"
    r"|broken pipe|client connection lost|unexpected EOF|: EOF$|ServiceUnavailable|currently unable to handle"
    r"|\(ServerTimeout\)|apiserver not ready|is shutting down|status unknown for quota"
)
# These contain such a message of another server, which does not come back soon.
_LASTING = re.compile(r"complete list of server APIs")
# These have taken their time already, so they are tried again only while something is waited for anyway.
_PASSING_SLOWLY = re.compile(
    r"i/o timeout|TLS handshake timeout|context deadline exceeded|Client\.Timeout|\(Timeout\)|no route to host"
)

# The first pattern that matches an error line gives the explanation.
_EXPLANATIONS = (
    # First, since the same line can also say that the webhook cannot be reached, although the API server can.
    (
        r"failed calling webhook|failed to call webhook",
        "an admission webhook of the cluster does not answer, and the API server accepts nothing without it. Repair "
        "the webhook, or check its ValidatingWebhookConfiguration or MutatingWebhookConfiguration",
    ),
    # An API service of the cluster, such as metrics.k8s.io, is another server.
    (
        r"unable to retrieve the complete list of server APIs|Discovery failed for some groups",
        "an API service of the cluster does not answer, so that its kinds are not known. kubectl get apiservices shows "
        "which one. Repair it, or delete it if nobody needs it",
    ),
    (
        r"localhost:8080",
        "kubectl has no kubeconfig on this host. Set kubeconfig to its path, such as /etc/kubernetes/admin.conf",
    ),
    (
        r"open \S+: permission denied|Unable to read \S*k3s\.yaml",
        "kubectl cannot read its kubeconfig as this user; use become",
    ),
    (r"error loading config file|invalid configuration", "kubectl cannot use the kubeconfig on this host"),
    (
        r"x509: certificate has expired|certificate is not yet valid|certificate signed by unknown|x509:|tls: ",
        "kubectl and the API server do not trust each other's certificates. Check that the kubeconfig belongs to this "
        "cluster and that its certificates have not expired (kubeadm certs check-expiration, k3s certificate check)",
    ),
    (
        r"Unauthorized|must be logged in|provide credentials",
        "the API server does not accept the credential in the kubeconfig. Renew it, or use another kubeconfig",
    ),
    (
        r"does not support dry run",
        "an admission webhook of the cluster cannot say what would change. Its configuration needs "
        "sideEffects: NoneOnDryRun",
    ),
    (
        r"Precondition failed: UID|the UID in the precondition",
        "the object was deleted and created again in the meantime, so that it is another one. Run the task again",
    ),
    (
        r"because it is being terminated",
        "a namespace is being deleted. Run the task again when it is gone; kubectl get namespace -o yaml shows what "
        "delays the deletion",
    ),
    (
        r"attempting to grant RBAC permissions not currently held",
        "the account in the kubeconfig cannot grant permissions that it does not have itself. Use the kubeconfig of a "
        "cluster admin",
    ),
    # Admission webhooks and policies. The quoted message says which of them.
    (r"denied the request|exceeded quota|violates PodSecurity", "the policies of the cluster do not allow it"),
    (
        r"\(Forbidden\)| is forbidden: |cannot \w+ resource",
        "the account in the kubeconfig does not have the permission for this. Use the kubeconfig of a cluster admin, "
        "or grant the permission",
    ),
    (
        r"no matches for kind|the server doesn't have a resource type|could not find the requested resource",
        "the cluster does not know this kind of object. Check apiVersion and kind, and install what provides the kind",
    ),
    (
        r'namespaces? "[^"]*" not found',
        "the namespace does not exist. Add it to objects, or create it before",
    ),
    (
        r"immutable|cannot change roleRef|may not be changed|updates to \w+ (?:spec|are forbidden)",
        "Kubernetes does not allow this change. Delete the object with kubectl, and run again to create it anew",
    ),
    (
        r"unknown (shorthand )?flag|unknown command",
        "the kubectl on this host is too old. Version 1.19 or newer is required; set kubectl to another command",
    ),
    (
        r"was refused|refused$|connection refused|no such host|i/o timeout|no route to host|network is unreachable"
        r"|TLS handshake timeout|context deadline exceeded|Client\.Timeout|connection reset|Unable to connect"
        r"|unexpected EOF|: EOF$|ServiceUnavailable|currently unable to handle",
        "the API server cannot be reached from this host. Check that it runs there, and check the server in the "
        "kubeconfig",
    ),
    (
        r"is invalid: |BadRequest|strict decoding error|error validating data|unknown field|cannot unmarshal",
        "the API server does not accept an object. Correct the object",
    ),
)


class PassingError(KubectlError):
    """Error that is likely to pass by itself."""


def error_lines(stderr: str) -> list[str]:
    """Return the error messages of kubectl, without its log and its warnings. Each is one line, and bounded."""
    messages: list[str] = []
    for line in map(str.strip, printable_text(stderr).split("\n")):
        # A rejected patch comes before the denial. What follows it is a list of violations.
        is_denial = line.startswith("{") and bool(messages) and "denied the request" in messages[-1]
        if _NOISE.match(line) and not is_denial:
            continue
        if messages and not _BEGINNING.match(line):
            if len(messages[-1]) < _MAX_MESSAGE:
                messages[-1] = f"{messages[-1]} {line}"[:_MAX_MESSAGE]
        elif len(messages) < _MAX_MESSAGES:
            # The beginning of a message about a patch was on the line before.
            if line.startswith("for: ") and messages and messages[-1].endswith("patch:"):
                messages[-1] = f"{messages[-1][:-1]} {line}"[:_MAX_MESSAGE]
            else:
                messages.append(line[:_MAX_MESSAGE])
    return messages


def warning_lines(stderr: str) -> list[str]:
    """Return the warnings of the API server, such as those of PodSecurity, each once and bounded."""
    found = [
        line[len(_WARNING) :][:_MAX_QUOTED]
        for line in map(str.strip, printable_text(stderr).split("\n"))
        if line.startswith(_WARNING) and not _OWN_WARNING.match(line)
    ]
    return list(dict.fromkeys(found))[:_MAX_MESSAGES]


def is_passing(result: CallResult, slowly: bool = False) -> bool:
    """Return whether each error of a call is likely to pass by itself.

    :arg slowly: also errors that have taken a time-out.
    """
    if result.was_stopped:
        return slowly
    messages = error_lines(result.stderr)
    patterns = [_PASSING, _PASSING_SLOWLY] if slowly else [_PASSING]
    return bool(messages) and all(
        any(pattern.search(message) for pattern in patterns) and not _LASTING.search(message) for message in messages
    )


def pauses(has_answered: bool) -> tuple[float | None, ...]:
    """Return the seconds before each repetition of a call whose error is likely to pass, and None for the last attempt.

    :arg has_answered: whether the API server has answered before. Then it, or a webhook, may be restarting. Otherwise
        it is more likely that nothing will answer.
    """
    return (1, 2, 4, 8, 15, 30, None) if has_answered else (1, 2, 4, None)


def call_error(activity: str, result: CallResult, redactor: Redactor, lines: list[str] | None = None) -> KubectlError:
    """Return the error for a call that failed.

    :arg activity: what the call was made for, in words that can follow C(While).
    :arg redactor: masks values that must not be shown.
    :arg lines: the relevant error messages, if not all of them are.
    """
    kind = PassingError if is_passing(result, slowly=True) else KubectlError
    if result.was_stopped:
        return kind(
            f"While {activity}, kubectl did not end in time and was stopped. Check that the API server answers this "
            "host, and its load."
        )
    # If there is no error message, the log is better than nothing.
    messages = lines or error_lines(result.stderr) or printable_text(result.stderr).strip().split("\n")
    messages = [message[:_MAX_MESSAGE] for message in messages[:_MAX_MESSAGES]]
    for pattern, explanation in _EXPLANATIONS:
        matching = [line for line in messages if re.search(pattern, line)]
        if matching:
            return kind(f"While {activity}, {explanation}. kubectl reported: {_quoted(matching, messages, redactor)}")
    quoted = f": {_quoted([], messages, redactor)}" if messages[-1] else "."
    return kind(f"While {activity}, kubectl failed with exit code {result.rc}{quoted}")


def _quoted(matching: list[str], messages: list[str], redactor: Redactor) -> str:
    """Return the messages in one line, those that were explained first."""
    text = " ".join(dict.fromkeys(map(_without_objects, [*matching, *messages])))
    # Redaction is slow, so only the quoted part is redacted, with enough text after it for secrets at its end.
    text = redactor.redact(text[: 3 * _MAX_QUOTED])
    return text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "..."


def _without_objects(line: str) -> str:
    """Return a message without objects in it, which some kubectls print as a Go map, and some API servers as text."""
    for opening, closing in (("&{", "}"), ("map[", "]")):
        start, end = line.find(opening), line.rfind(closing)
        if start >= 0:
            line = f"{line[:start]}...{line[end + 1 :] if end > start else ''}"
    excerpt = line.find(", error found in #")
    return line if excerpt < 0 else f"{line[:excerpt]}..."
