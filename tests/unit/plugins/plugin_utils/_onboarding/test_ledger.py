# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stages of the role hand on to each other, and who can read it."""

from __future__ import annotations

import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible import constants

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.ledger import Ledger


@pytest.fixture
def ledger(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return Ledger("a use")


def test_an_entry_is_read_by_its_name_and_by_nobody_else(ledger, tmp_path):
    ledger.write("result ../../é\n", {"changed": True})
    ledger.write("result ../../é\n", {"changed": False})
    assert ledger.read("result ../../é\n") == {"changed": False}
    assert ledger.read("result") is None and Ledger("another use").read("result ../../é\n") is None
    (folder,) = tmp_path.iterdir()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700, 0o600}


def test_what_is_known_of_a_host_can_be_read_until_the_keys_are_forgotten(ledger):
    sealed = {host: ledger.seal(host, {"kube_config": f"secret of {host}"}) for host in ("a", "b", "lost")}
    assert not any("secret" in text for text in sealed.values())
    assert ledger.unseal("a", sealed["a"]) == {"kube_config": "secret of a"}
    assert ledger.unseal("a", sealed["b"]) is None and Ledger("another use").unseal("a", sealed["a"]) is None
    again = ledger.seal("b", {"kube_config": "new"})
    assert (ledger.unseal("b", sealed["b"]), ledger.unseal("b", again)) == (None, {"kube_config": "new"})
    ledger.forget_keys(["a", "b", "lost", "never read"])
    assert [ledger.unseal(host, text) for host, text in sealed.items()] == [None, None, None]


def test_processes_take_turns(ledger):
    inside, most = [], []

    def work(number):
        with ledger.one_at_a_time("image host"):
            inside.append(number)
            time.sleep(0.02)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert most == [1] * 8
