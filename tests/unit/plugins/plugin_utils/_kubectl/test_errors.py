# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explanations for the error messages of kubectl, as printed by its versions 1.20 and 1.37."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import CallResult
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.errors import (
    PassingError,
    call_error,
    error_lines,
    is_passing,
    pauses,
    warning_lines,
)

UNABLE = "the server is currently unable to handle the request"
LOG = 'E1123 16:01:00.2 9998 memcache.go:381] "Couldn\'t get current server API group list" err="refused"\n'
THROTTLED = "I1123 16:08:51.5 19963 request.go:655] Throttling request took 1.1s, request: GET:https://127.0.0.1/\n"
FORBIDDEN = (
    'configmaps "c" is forbidden: User "u" cannot get resource "configmaps" in API group "" in the namespace "a"'
)
PATCHED = """\
Error from server (Forbidden): error when applying patch:
{"data":{"p":"c2hvcnQ="},"metadata":{"annotations":{"x":"field is immutable"}}}
to:
Resource: "/v1, Resource=redactor", GroupVersionKind: "/v1, Kind=Secret"
Name: "sx", Namespace: "default"
for: "STDIN": error when patching "STDIN": redactor "sx" is forbidden: User "u" cannot patch resource "redactor"
"""
EXPLAINED = [
    (
        LOG + "The connection to the server 10.0.0.5:6443 was refused - did you specify the right host or port?",
        "cannot be",
    ),
    (LOG + 'error: unable to recognize "STDIN": Get "https://a:1/api": dial tcp: lookup a: no such host', "cannot be"),
    (
        'error: error validating "STDIN": error validating data: Get "https://a:1/openapi/v2": dial tcp 1.2.3.4:1: '
        "connect: connection refused; if you choose to ignore these errors, turn validation off",
        "cannot be reached",
    ),
    ("Unable to connect to the server: net/http: TLS handshake timeout", "cannot be reached"),
    (
        "error: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently "
        "unable to handle the request",
        "an API service of the cluster does not answer",
    ),
    (
        'Error from server (GKE Warden constraints violations): admission webhook "gkepolicy.example.com" denied the '
        "request: GKE Warden rejected the request because it violates one or more constraints.\nViolations details: "
        '{"[denied by autogke-disallow-privilege]":["container agent is privileged; not allowed in Autopilot"]}',
        "policies of the cluster do not allow it",
    ),
    ("Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded)", "cannot be reached"),
    (
        "Error from server (ServiceUnavailable): the server is currently unable to handle the request",
        "cannot be reached",
    ),
    (
        'unable to recognize "STDIN": Get "http://localhost:8080/api": dial tcp 127.0.0.1:8080: connection refused',
        "has no kubeconfig on this host. Set kubeconfig to its path",
    ),
    ("The connection to the server localhost:8080 was refused - did you specify", "has no kubeconfig"),
    (
        'error: error loading config file "e": yaml: line 1: did not find expected node content',
        "cannot use the kubeconfig",
    ),
    ('error: error loading config file "/etc/k.yaml": open /etc/k.yaml: permission denied', "use become"),
    ("Unable to connect to the server: x509: certificate has expired or is not yet valid", "each other's certificates"),
    (
        "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown",
        "other's",
    ),
    ("error: You must be logged in to the server (Unauthorized)", "does not accept the credential"),
    (LOG + 'unable to recognize "STDIN": the server has asked for the client to provide credentials', "the credential"),
    (f"Error from server (Forbidden): {FORBIDDEN}", "does not have the permission for this"),
    (PATCHED, "does not have the permission for this"),
    (
        'Error from server (Forbidden): error when creating "STDIN": roles "x" is forbidden: user "u" is attempting to '
        'grant RBAC permissions not currently held:\n{APIGroups:["apps"], Resources:["deployments"], Verbs:["*"]}',
        "cannot grant permissions that it does not have itself",
    ),
    (
        'Error from server (Forbidden): error when creating "STDIN": configmaps "c" is forbidden: unable to create new '
        "content in namespace tt because it is being terminated",
        "a namespace is being deleted",
    ),
    (
        'Error from server (Forbidden): error when creating "STDIN": pods "p" is forbidden: violates PodSecurity '
        '"baseline:latest": privileged',
        "policies of the cluster do not allow it",
    ),
    (
        'Error from server: admission webhook "policy.example.com" denied the request: no latest tag',
        "policies of the cluster do not allow it",
    ),
    (
        'Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling '
        'webhook "w.example.com": Post "https://w.ns.svc:443/x": dial tcp 10.96.0.7:443: connect: connection refused',
        "an admission webhook of the cluster does not answer",
    ),
    (
        'Error from server (InternalError): Internal error occurred: failed calling webhook "w.example.com": failed to '
        'call webhook: Post "https://w.ns.svc:443/x": x509: certificate signed by unknown authority',
        "an admission webhook of the cluster does not answer",
    ),
    (
        THROTTLED + 'error: unable to recognize "STDIN": no matches for kind "Foo" in version "x.io/v1"',
        "not know this kind",
    ),
    (
        'error: resource mapping not found for name: "d" namespace: "" from "STDIN": no matches for kind "Foo" '
        'in version "x.io/v1"\nensure CRDs are installed first',
        "does not know this kind",
    ),
    ('error: the server doesn\'t have a resource type "Foo"', "does not know this kind"),
    (
        'Error from server (NotFound): error when creating "STDIN": namespaces "nope" not found',
        "namespace does not exist",
    ),
    ('The Secret "sx" is invalid: type: Invalid value: "other": field is immutable', "does not allow this change"),
    (
        'The RoleBinding "b" is invalid: roleRef: Invalid value: {}: cannot change roleRef',
        "does not allow this change",
    ),
    ('The ConfigMap "C_c" is invalid: metadata.name: Invalid value: "C_c": a lowercase', "does not accept an object"),
    (
        'error: error validating "STDIN": error validating data: unknown field "bogus" in DeploymentSpec',
        "Correct the object",
    ),
    ("error: unknown flag: --cache-dir\nSee 'kubectl get --help' for usage.", "too old. Version 1.19 or newer"),
    ("error: something that nobody has heard of", "kubectl failed with exit code 1: error: something that nobody"),
    (LOG, "kubectl failed with exit code 1: E1123 16:01:00.2 9998 memcache.go:381] \"Couldn't get"),
    ("", "kubectl failed with exit code 1."),
]


@pytest.mark.parametrize("stderr, explanation", EXPLAINED)
def test_each_message_has_its_explanation(stderr, explanation):
    message = str(call_error("looking", CallResult(1, "", stderr), Redactor()))
    assert message.startswith("While looking, ") and explanation in message
    assert "\n" not in message


def test_the_log_and_warnings_are_not_error_messages():
    stderr = (
        LOG
        + THROTTLED
        + "Warning: policy/v1beta1 PodSecurityPolicy is deprecated\nWARN[0000] Unable\n\n\x1b[31merror: x\x1b[0m\n"
        + "Warning: version difference between client (1.37) and server (1.20) exceeds the skew\n"
    )
    assert error_lines(stderr) == ["error: x"]


QUOTES = [
    'The request is invalid: patch: Invalid value: "map[data:map[a:CANARY] x:<nil>]": error decoding from json',
    'Secret in version "v1" cannot be handled: illegal base64 data at input byte 3, error found in #10 byte of '
    '...|4 CANARY"},"kind":"|..., bigger context ...|"data":{"a":"not CANARY"}|...',
    'Error from server (Conflict): Object: &{map["data":map["p":"CANARY"]]} for: "STDIN": it has been modified',
    PATCHED.replace("c2hvcnQ=", "CANARY"),
    'Error from server (Conflict): error when applying patch:\n{"data":{"p":"CANARY"},"x":"Unauthorized"}\nto:\n'
    'Name: "sx", Namespace: "default"\nfor: "STDIN": Operation cannot be fulfilled',
    "error: it is \x1b[31ma-long-CANARY-value-0123\x1b[0m",
]


@pytest.mark.parametrize("stderr", QUOTES)
def test_no_secret_is_quoted_however_short(stderr):
    redactor = Redactor()
    redactor.add("a-long-CANARY-value-0123")
    message = str(call_error("applying", CallResult(1, "", stderr), redactor))
    assert "CANARY" not in message and "\x1b" not in message


def test_a_long_message_is_truncated():
    assert len(str(call_error("looking", CallResult(1, "", "x" * 10_000), Redactor()))) < 1600


def test_only_relevant_messages_are_explained():
    result = CallResult(1, "", f'no matches for kind "A" in version "b/v1"\nError from server (Forbidden): {FORBIDDEN}')
    message = str(call_error("looking", result, Redactor(), [f"Error from server (Forbidden): {FORBIDDEN}"]))
    assert "does not have the permission" in message


KYVERNO = """\
Error from server: error when creating "STDIN": admission webhook "validate.kyverno.svc-fail" denied the request:

resource Deployment/hss/proxy-agent was blocked due to the following policies

disallow-latest-tag:
  autogen-validate-image-tag: 'validation error: Using a mutable image tag is not allowed.'
"""
GATEKEEPER = """\
Error from server (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [no-root] first
[labels] second
[limits] \x1b[31mthird\u202e
"""


WARDEN = """\
Error from server (GKE Warden): error when applying patch:
{"data":{"p":"c2hvcnQ="}}
to:
for: "STDIN": admission webhook "warden.example.com" denied the request: GKE Warden rejected the request. Violations:
{"[denied by autogke-disallow-hostnamespaces]":["enabling hostPID is not allowed in Autopilot."]}
"""


@pytest.mark.parametrize("activity", ["applying the objects", "deleting the objects"])
@pytest.mark.parametrize(
    "stderr, words",
    [
        (KYVERNO, ["validate.kyverno.svc-fail", "disallow-latest-tag: autogen-validate-image-tag: ", "not allowed"]),
        (WARDEN, ["denied the request: GKE Warden rejected", "hostnamespaces]", "enabling hostPID is not allowed"]),
        (GATEKEEPER, ["[no-root] first [labels] second [limits] third"]),
        ("error: one thing\nError from server (Forbidden): x is forbidden: User\n", ["forbidden: User", "error: one"]),
    ],
)
def test_messages_in_several_lines_arrive_whole(activity, stderr, words):
    message = str(call_error(activity, CallResult(1, "", stderr), Redactor()))
    assert [word for word in words if word not in message] == []
    assert "\n" not in message and "\x1b" not in message and "\u202e" not in message and "c2hvcnQ" not in message


@pytest.mark.parametrize(
    "stderr, passing, slowly",
    [
        ("Error from server: etcdserver: leader changed", True, True),
        ("Error from server (TooManyRequests): the server has received too many requests", True, True),
        ('Error from server (Conflict): error when applying patch:\n{"a":1}\nto:\nfor: "STDIN": modified', True, True),
        (EXPLAINED[0][0], True, True),
        ("Unable to connect to the server: dial tcp 10.0.0.5:6443: i/o timeout", False, True),
        ("Error from server: etcdserver: leader changed\nerror: something else", False, False),
        ('Error from server (Forbidden): configmaps "c" is forbidden: status unknown for quota: q', True, True),
        (f"error: unable to retrieve the complete list of server APIs: a/v1: {UNABLE}", False, False),
        ("error: You must be logged in to the server (Unauthorized)", False, False),
        ("Unable to connect to the server: x509: certificate has expired", False, False),
        ("", False, False),
    ],
)
def test_errors_that_pass_by_themselves(stderr, passing, slowly):
    result = CallResult(1, "", stderr)
    assert (is_passing(result), is_passing(result, slowly=True)) == (passing, slowly)
    assert isinstance(call_error("looking", result, Redactor()), PassingError) is slowly


def test_an_api_server_that_has_answered_is_given_a_minute_to_restart():
    for has_answered, seconds in ((True, 60), (False, 7)):
        *before, last = pauses(has_answered)
        assert (last, sum(before), before) == (None, seconds, sorted(before))


def test_a_call_that_was_stopped():
    stopped = CallResult(137, "", "")
    assert "did not end in time and was stopped" in str(call_error("looking", stopped, Redactor()))
    assert (is_passing(stopped), is_passing(stopped, slowly=True)) == (False, True)


def test_warnings_of_the_api_server():
    stderr = (
        'Warning: would violate PodSecurity "restricted:latest": x\nerror: y\nWarning: \x1b[31mdeprecated\n'
        "Warning: version difference between client (1.37) and server (1.20) exceeds\nWarning: deprecated\n"
        "Warning: resource namespaces/a is missing the kubectl.kubernetes.io/last-applied-configuration annotation\n"
    )
    assert warning_lines(stderr) == ['would violate PodSecurity "restricted:latest": x', "deprecated"]
