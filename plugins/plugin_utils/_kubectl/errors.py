# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what kubectl complains about, in a sentence that says what to do about it."""

from __future__ import annotations

import re

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError, Reply, plain_text

_LONGEST = 400
# kubectl's own log, and what it says beside an error. It shows the patch that was refused, with the data of a Secret.
_NOISE = re.compile(r"^([EWIF]\d{4} |W\w*\[\d+\] |Warning: |See '|&?\{)|^ensure CRDs are installed first$|^\s*$")

# The first pattern that an error line matches says what it means.
_MEANINGS = (
    # Before what else may stand in the same line: the API server answers, and has somebody to ask who does not.
    (
        r"failed calling webhook|failed to call webhook",
        "an admission webhook of the cluster does not answer, and the API server accepts nothing without it. See to "
        "the webhook, or to its ValidatingWebhookConfiguration or MutatingWebhookConfiguration",
    ),
    (
        r"localhost:8080",
        "kubectl has no kubeconfig on this host. Name it with kubeconfig, such as /etc/kubernetes/admin.conf",
    ),
    (
        r"error loading config file.*permission denied|open .*permission denied|Unable to read .*k3s\.yaml",
        "kubectl cannot read its kubeconfig as this user; use become",
    ),
    (r"error loading config file|invalid configuration", "kubectl cannot use the kubeconfig on this host"),
    (
        r"x509: certificate has expired|certificate is not yet valid|certificate signed by unknown|x509:|tls: ",
        "kubectl and the API server do not trust each other's certificates. Check that the kubeconfig is the one of "
        "this cluster and that its certificates have not ended (kubeadm certs check-expiration, k3s certificate check)",
    ),
    (
        r"Unauthorized|must be logged in|provide credentials",
        "the API server does not accept the credential in the kubeconfig. Renew it, or name another kubeconfig",
    ),
    (
        r"because it is being terminated",
        "a namespace is being deleted. Run it again when it is gone; kubectl get namespace -o yaml says what keeps it",
    ),
    (
        r"attempting to grant RBAC permissions not currently held",
        "the kubeconfig's account may not hand out rights that it does not have itself. Use a cluster admin's",
    ),
    # Of an admission webhook or a policy, too; its own words say which.
    (r"denied the request|exceeded quota|violates PodSecurity", "the cluster's policies refuse it"),
    (
        r"\(Forbidden\)| is forbidden: |cannot \w+ resource",
        "the kubeconfig's account has not the right to do this. Use a cluster admin's kubeconfig, or grant the right",
    ),
    (
        r"no matches for kind|the server doesn't have a resource type|could not find the requested resource",
        "the cluster does not know this kind of object. Check apiVersion and kind, and install what brings the kind",
    ),
    (
        r'namespaces? "[^"]*" not found',
        "the namespace does not exist. Put it among objects, or create it before",
    ),
    (
        r"immutable|cannot change roleRef|may not be changed|updates to .* are forbidden",
        "Kubernetes does not let this be changed. Delete the object (state=absent) and create it again",
    ),
    (
        r"unknown (shorthand )?flag|unknown command",
        "the kubectl on this host is too old. It has to be 1.19 or newer; name another one with kubectl",
    ),
    (
        r"was refused|refused$|connection refused|no such host|i/o timeout|no route to host|network is unreachable"
        r"|TLS handshake timeout|context deadline exceeded|Client\.Timeout|connection reset|Unable to connect"
        r"|unexpected EOF|: EOF$|ServiceUnavailable|currently unable to handle",
        "the API server cannot be reached from this host. Check that it runs there, and the server in the kubeconfig",
    ),
    (
        r"is invalid: |BadRequest|strict decoding error|error validating data|unknown field|cannot unmarshal",
        "the API server does not accept an object as it is. Check it",
    ),
)


def error_lines(stderr: str) -> list[str]:
    """kubectl's complaints, without its log and its warnings."""
    lines = [line.strip() for line in plain_text(stderr).split("\n")]
    return [line for line in lines if not _NOISE.search(line)]


def failure(doing: str, reply: Reply, hidden: Redactor, lines: list[str] | None = None) -> KubectlError:
    """The error for a call that failed.

    :arg doing: what was being done, in words that come after C(while).
    :arg hidden: the values that must not be seen.
    :arg lines: the complaints that count, where not all do.
    """
    # Its log says more than nothing, where there is nothing else.
    complaints = lines or error_lines(reply.stderr) or plain_text(reply.stderr).strip().split("\n")
    said = complaints[-1]
    for pattern, meaning in _MEANINGS:
        matching = [line for line in complaints if re.search(pattern, line)]
        if matching:
            return KubectlError(f"While {doing}, {meaning}. kubectl said: {_quoted(matching[-1], hidden)}")
    quoted = f": {_quoted(said, hidden)}" if said else "."
    return KubectlError(f"While {doing}, kubectl failed with exit code {reply.rc}{quoted}")


def _quoted(line: str, hidden: Redactor) -> str:
    # Some versions print the whole object as Go shows a map, and some API servers the place that they do not like.
    text = re.sub(r"&\{.*\}|map\[.*\]|, error found in #\d+ byte of .*", "...", line)
    # To look for secrets takes its time, so not in more than may be shown, and a piece that the end may cut off.
    text = hidden.redact(text[: 3 * _LONGEST])
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
