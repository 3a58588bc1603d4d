# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what `./dev test` shows: the counts of a step that runs pytest, and what other steps are doing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from progress import Progress

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def work(monkeypatch, tmp_path):
    """A step with the name sample, whose log is in a folder of this test."""
    monkeypatch.syspath_prepend(str(TESTS / "steps"))
    for name in ("work", "display"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import work as module  # type: ignore[import-not-found]

    monkeypatch.setattr(module, "CACHE", tmp_path)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    with module.Work("sample", []) as step:
        yield step
    for name in ("work", "display"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def report(when, failed=False):
    return SimpleNamespace(when=when, failed=failed)


def test_tests_are_counted_with_and_without_workers(tmp_path):
    for workers in (False, True):
        counting = Progress(tmp_path / "counts")
        if workers:
            counting.pytest_xdist_node_collection_finished(None, ["a", "b", "c"])
        else:
            counting.pytest_collection_finish(SimpleNamespace(items=["a", "b", "c"]))
        for each in (report("setup"), report("call", failed=True), report("teardown"), report("setup", failed=True)):
            counting.pytest_runtest_logreport(each)
        assert (tmp_path / "counts").read_text() == "1 3 2"


def test_pytest_writes_the_counts_and_keeps_the_variable_from_what_a_test_starts(tmp_path):
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text("import os\ndef test_it(): assert 'HSS_PROGRESS' not in os.environ\n")
    counts = tmp_path / "counts"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environ = {**clean, "HSS_PROGRESS": str(counts), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path)]
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts.read_text() == "1 1 0"


def test_the_activity_of_a_step_is_its_counts_or_a_line_of_its_log(work, tmp_path):
    assert work.activity() == ""
    work.say("$ first --command")
    work.say("output")
    work.say("$ second --command")
    assert work.activity() == "second --command"
    (tmp_path / "logs" / "sample.progress").write_text("3 7 0")
    assert work.activity() == "3/7"
    (tmp_path / "logs" / "sample.progress").write_text("4 7 2")
    assert work.activity() == "4/7, 2 failed"


def test_lines_without_control_characters_if_there_is_no_terminal(work, monkeypatch, capsys):
    import display  # type: ignore[import-not-found]

    monkeypatch.setattr(display, "PAUSE", {False: 0.05})
    with display.Display() as shown:
        shown.begin(work, "what it is for")
        work.say("$ doing --this")
        said = ""
        while "..." not in said:
            time.sleep(0.01)
            said += capsys.readouterr().out
        shown.end(work, "it failed")
    lines = (said + capsys.readouterr().out).split("\n")
    assert all(line.isprintable() for line in lines)
    assert "begin sample       what it is for" in lines[0]
    assert "  ... sample doing --this, 0 s" in lines
    assert any(line.startswith("FAIL  sample") and "it failed, see logs/sample.log" in line for line in lines)
    assert "      | $ doing --this" in lines
