# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of pytest that counts the tests in a file, from which `./dev test` reads how far a step is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


class Progress:
    """Writes "DONE TOTAL FAILED" after each test. With several workers, only their controller sees all tests."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = self._total = self._failed = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Stores the number of tests, if there are no workers."""
        self._total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Stores the number of tests, which is the same for each worker."""
        self._total = len(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts the end of each test, and each failure of a test or its fixtures."""
        self._done += report.when == "teardown"
        self._failed += report.failed
        new = self._path.with_suffix(".new")
        new.write_text(f"{self._done} {self._total} {self._failed}")
        new.replace(self._path)  # so that no reader sees a part of the text
