# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubectl_secret_info with the stand-in for a cluster. `./dev test-kube` runs this file with a real cluster."""

from __future__ import annotations

import base64
import json

import pytest

MODULE = "huaweicloud.hss.kubectl_secret_info"
VALUE = "canary-pässword-9876543210"
ENCODED = base64.b64encode(VALUE.encode()).decode()


@pytest.fixture
def secret(cluster):
    """Creates a Secret, and returns the options to read it."""
    made = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "registry.io", "namespace": "default"},
        "data": {"password": ENCODED, "empty": ""},
    }
    done = cluster.run("apply", "-f", "-", stdin=json.dumps(made))
    assert done.returncode == 0, done.stderr
    return {"name": "registry.io", "namespace": "default"}


def test_values_are_returned_but_not_shown(cluster, tasks, secret):
    before = cluster.everything()
    expected = {"data": {"password": ENCODED, "empty": ""}, "kubectl": cluster.kubectl, "changed": False}
    for arguments in (("-vvvvvv",), ("--check", "--diff")):
        played, results = tasks(MODULE, secret, {**secret, "keys": ["password"]}, arguments=arguments)
        assert [{name: result.get(name) for name in expected} for result in results] == [expected] * 2
        said = played.output + played.log
        assert [part for part in (VALUE, ENCODED, VALUE[-10:], ENCODED[:12]) if part in said] == []
    assert cluster.everything() == before


def test_a_missing_secret_is_reported_after_a_time_out(cluster, tasks, secret):
    _played, (nothing, no_key, empty) = tasks(
        MODULE,
        {**secret, "name": "other", "wait_timeout": 1},
        {**secret, "keys": ["password", "token", "user"], "wait_timeout": 0},
        {**secret, "keys": ["empty"], "wait_timeout": 0},
    )
    assert nothing["failed"] and no_key["failed"] and empty["failed"]
    assert "the Secret other in namespace default does not exist, even after 1 s" in nothing["msg"]
    assert "the Secret registry.io in namespace default has no token and no user" in no_key["msg"]
    assert "has no empty" in empty["msg"]
    assert ENCODED not in json.dumps([nothing, no_key, empty])


REFUSED = [
    ({"name": "-A"}, "name: '-A' is not a valid name in Kubernetes"),
    ({"name": "--output=yaml"}, "name: '--output=yaml' is not a valid name in Kubernetes"),
    ({"name": ""}, "name: '' is not a valid name in Kubernetes"),
    ({"namespace": "a b"}, "namespace: 'a b' is not a valid name in Kubernetes"),
    ({"namespace": "x\n"}, "is not a valid name in Kubernetes"),
    ({"wait_timeout": -1}, "wait_timeout: must be 0 or more seconds"),
    ({"kubectl": "/no/such/kubectl"}, "there is no /no/such/kubectl on this host"),
    ({"kubeconfig": "/no/such/config"}, "/no/such/config does not exist"),
    ({"kubectl": "/bin/false"}, "While getting the Secret registry.io, kubectl failed with exit code 1"),
    ({"kubectl": "/bin/echo"}, "is it really a kubectl?"),
]


def test_invalid_options_are_refused(tasks, secret):
    _played, results = tasks(MODULE, *({**secret, **options} for options, _words in REFUSED))
    for result, (options, words) in zip(results, REFUSED, strict=True):
        assert result.get("failed") and words in result["msg"], (options, result)
