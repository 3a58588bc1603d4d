# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import clusters
import pytest
from clusters import on_host, tasks

from simulator import Simulator
from simulator.caller import Caller

__all__ = ["call", "on_host", "simulator", "tasks"]

# These do not depend on ansible-core: they test the simulators, or what the modules do after their options are read.
# Therefore they do not run again in the cells of the matrix.
if "HSS_CELL_PYTHON" in os.environ:
    collect_ignore = [
        "test_any_sequence.py",
        "test_exactly_once.py",
        "test_hostile_answers.py",
        "test_kubectl_transcripts.py",
        "test_simulator_faults.py",
        "test_simulator_rules.py",
        "test_simulator_sdk.py",
    ]

if not clusters.REAL:
    cluster = clusters.cluster


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulator with TLS for each test."""
    with Simulator() as sim:
        yield sim


@pytest.fixture
def call(simulator: Simulator) -> Iterator[Caller]:
    """Sends requests to the test's simulator."""
    caller = Caller(simulator)
    yield caller
    caller.close()
