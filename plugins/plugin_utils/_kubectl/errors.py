# Copyright: (c) 2026, the huaweicloud.hss collection authors
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

_MAX_QUOTED = 400
# Lines of stderr that are not errors: the log of kubectl, warnings, and hints. They can also contain a rejected patch,
# with the data of a Secret.
_NOISE = re.compile(r"^([EWIF]\d{4} |W\w*\[\d+\] |Warning: |See '|&?\{)|^ensure CRDs are installed first$|^\s*$")

# The first pattern that matches an error line gives the explanation.
_EXPLANATIONS = (
    # First, since the same line can also say that the webhook cannot be reached, although the API server can.
    (
        r"failed calling webhook|failed to call webhook",
        "an admission webhook of the cluster does not answer, and the API server accepts nothing without it. Repair "
        "the webhook, or check its ValidatingWebhookConfiguration or MutatingWebhookConfiguration",
    ),
    (
        r"localhost:8080",
        "kubectl has no kubeconfig on this host. Set kubeconfig to its path, such as /etc/kubernetes/admin.conf",
    ),
    (
        r"error loading config file.*permission denied|open .*permission denied|Unable to read .*k3s\.yaml",
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
        r"immutable|cannot change roleRef|may not be changed|updates to .* are forbidden",
        "Kubernetes does not allow this change. Delete the object (state=absent) and create it again",
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


def error_lines(stderr: str) -> list[str]:
    """Return the error messages of kubectl, without its log and its warnings."""
    lines = [line.strip() for line in printable_text(stderr).split("\n")]
    return [line for line in lines if not _NOISE.search(line)]


def call_error(activity: str, result: CallResult, redactor: Redactor, lines: list[str] | None = None) -> KubectlError:
    """Return the error for a call that failed.

    :arg activity: what the call was made for, in words that can follow C(While).
    :arg redactor: masks values that must not be shown.
    :arg lines: the relevant error messages, if not all of them are.
    """
    # If there is no error message, the log is better than nothing.
    messages = lines or error_lines(result.stderr) or printable_text(result.stderr).strip().split("\n")
    for pattern, explanation in _EXPLANATIONS:
        matching = [line for line in messages if re.search(pattern, line)]
        if matching:
            quoted = _redacted(matching[-1], redactor)
            return KubectlError(f"While {activity}, {explanation}. kubectl reported: {quoted}")
    quoted = f": {_redacted(messages[-1], redactor)}" if messages[-1] else "."
    return KubectlError(f"While {activity}, kubectl failed with exit code {result.rc}{quoted}")


def _redacted(line: str, redactor: Redactor) -> str:
    # Some versions of kubectl print the object as a Go map, and some API servers print the text that they cannot parse.
    text = re.sub(r"&\{.*\}|map\[.*\]|, error found in #\d+ byte of .*", "...", line)
    # Redaction is slow, so only the quoted part is redacted, with enough text after it for secrets at its end.
    text = redactor.redact(text[: 3 * _MAX_QUOTED])
    return text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "..."
