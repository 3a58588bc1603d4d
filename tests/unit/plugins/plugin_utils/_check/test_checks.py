# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of the playbook check, its deadline, and the checks that need no network."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check import control_node
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.checks import (
    Check,
    Deadline,
    Masks,
    clean,
    masked,
    not_ok,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._check.control_node import check_control_node


def test_lines():
    assert Check("a", True, "fine").line == "ok      a: fine"
    assert Check("a", None, "not tried").line == "-       a: not tried"
    assert Check("a", False, "broken.", "Mend it.").line == "NOT OK  a: broken. Mend it."
    assert Check("a", False, "broken", "Mend it.").line == "NOT OK  a: broken. Mend it."


def test_the_hint_of_an_error_is_the_remedy():
    check = Check.failed("a", HssError("Could not read", hint="Do this.", http_status=500))
    assert (check.detail, check.remedy) == ("Could not read (HTTP 500).", "Do this.")
    assert Check.failed("a", HssError("x", hint="")).remedy == ""


def test_what_is_not_ok():
    checks = [Check(name, ok, "").to_result() for name, ok in (("a", True), ("b", False), ("c", None))]
    assert not_ok(checks) == ["b"]


def test_a_function_that_does_not_return_is_abandoned():
    release = threading.Event()
    deadline = Deadline(60)
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        deadline.run(lambda: release.wait(30), 0.05)
    assert time.monotonic() - before < 5
    release.set()
    assert deadline.run(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        deadline.run(lambda: 1 / 0, 5)


def test_when_the_time_is_over_nothing_is_waited_for():
    deadline = Deadline(0)
    release = threading.Event()
    with pytest.raises(TimeoutError):
        deadline.run(lambda: release.wait(30), 30)
    assert deadline.left == 0
    release.set()


def test_names_are_masked_everywhere():
    masks = Masks(["alice", "acme-account", None, "ab"])
    assert masks.apply("user alice of acme-account\n ab") == "user al*** of acme*** ab"
    assert [masked(value) for value in ("", None, "a", "ab", "abcdefghij")] == ["***", "***", "***", "a***", "abcd***"]
    checked = clean(Check("alice", False, "alice", "alice"), masks.apply)
    assert "alice" not in checked.line and checked.ok is False


def by_name(environment=None, core="2.21.5"):
    return {check.name: check for check in check_control_node(core, environment or {})}


def test_this_control_node_is_ok():
    checks = by_name()
    assert all(check.ok for check in checks.values()) and "2.21.5" in checks["versions"].detail


def test_an_old_ansible_core_and_missing_libraries(monkeypatch):
    monkeypatch.setattr(control_node, "REQUIRED", {"requests": "999", "no-such-package": ""})
    checks = by_name(core="2.17.3")
    assert checks["versions"].ok is False and "2.18" in checks["versions"].remedy
    assert checks["libraries"].ok is False and "no-such-package is missing" in checks["libraries"].detail
    assert checks["libraries"].remedy.endswith("-m pip install 'requests>=999' 'no-such-package'")
    assert by_name(core="2.18.0")["versions"].ok and by_name(core="2.9.27")["versions"].ok is False


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://user:s3cret-password@proxy:3128", "proxy:3128"),
        ("user:s3cret-password@proxy", "proxy"),
        ("http://user:s3cret-password@[bad", "invalid"),
        ("http://s3cret-password", "s3cret-password"),  # without @ it is the host
    ],
)
def test_proxies_are_shown_without_their_password(value, shown):
    detail = by_name({"HTTPS_PROXY": value, "no_proxy": "10.0.0.0/8"})["proxies"].detail
    assert detail == f"HTTPS_PROXY is {shown}, no_proxy is 10.0.0.0/8"
