# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests batches: each entry has its own error, and refused credentials end the batch."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.batch import MAX_CONCURRENCY, Batch
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError
from ansible_collections.huaweicloud.hss.plugins.module_utils._core.outcome import failure_summary


@dataclass
class Item:
    label: str
    error: HssError | None = None


def items(count):
    return [Item(f"c{number}") for number in range(count)]


def test_an_error_belongs_to_its_entry():
    def work(item):
        if item.label == "c1":
            raise HssError("no")

    some = items(3)
    Batch(8).run_each(some, work)
    assert [str(item.error) for item in some] == ["None", "no.", "None"]


@pytest.mark.parametrize("count", [1, 5])
def test_refused_credentials_end_the_batch(count):
    tried = []

    def work(item):
        tried.append(item.label)
        raise HssError("refused", http_status=401, error_code="APIGW.0301", outcome="rejected")

    some, parallel = items(count), Batch(1)
    parallel.run_each(some, work)
    parallel.run_each(more := items(1), work)
    assert tried == ["c0"]
    assert all("was not processed" in str(item.error) for item in [*some[1:], *more])
    assert {item.error.outcome for item in more if item.error} == {"not_sent"}


def test_the_concurrency_is_limited():
    now, most, lock, meet = 0, 0, threading.Lock(), threading.Barrier(3)

    def work(item):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        meet.wait(10)
        with lock:
            now -= 1

    Batch(3).run_each(items(9), work)
    assert most == 3


@pytest.mark.parametrize("concurrency", [0, -1, MAX_CONCURRENCY + 1])
def test_the_concurrency_is_validated(concurrency):
    with pytest.raises(HssError, match="concurrency: must be from 1 to 32"):
        Batch(concurrency)


def test_a_summary_quotes_five_reasons():
    some = items(9)
    for item in some[1:]:
        item.error = HssError("no")
    text = failure_summary("node agents failed", some, "results")
    assert text == "8 of 9 node agents failed. c1, c2, c3, c4, c5 and 3 more: no."
    for number, item in enumerate(some[1:]):
        item.error = HssError("no" if number < 5 else f"no {number}")
    text = failure_summary("node agents failed", some, "results")
    assert text.startswith("8 of 9 node agents failed. c1, c2, c3, c4 and c5: no. | c6: no 5. | ")
    for number, item in enumerate(some[1:]):
        item.error = HssError(f"no {number}")
    text = failure_summary("node agents failed", some, "results")
    assert text.startswith("8 of 9 node agents failed. c1: no 0. | c2: no 1.")
    assert text.endswith("c5: no 4. | and 3 more, see results")
