# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for kubectl compared with transcripts: every recorded call, answered as the real kubectl answered it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from kubectl import api, cli, control, transcripts
from kubectl.standin import StandIn

PATHS = sorted(transcripts.FOLDER.glob("*.jsonl"))
SERVER = "v1.20.2"
# In seconds of the clock.
DELAY = 3
PATIENCE = 30


class Clock:
    """The module time of the stand-in, in which time passes only if something sleeps."""

    def __init__(self) -> None:
        self._now = time.time()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        """Returns the time."""
        return self._now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        """Advances the clock."""
        self._now += seconds


def answer(standin: StandIn, folder: Path, call: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """The call as the stand-in answers it."""
    arguments = ["--kubeconfig", standin.kubeconfig, *call["args"]]
    until = clock.monotonic() + PATIENCE
    while True:
        code, stdout, stderr = cli.run(folder, arguments, call["stdin"])
        answered = transcripts.normalized_call({**call, "rc": code, "stdout": stdout, "stderr": stderr})
        # A get changes nothing and can be repeated: the cluster's controllers may need a moment.
        if answered == call or call["args"][0] != "get" or clock.monotonic() > until:
            return answered
        clock.sleep(0.1)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", transcripts.VERSIONS)
def test_the_stand_in_answers_as_kubectl_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path, version: str
) -> None:
    clock = Clock()
    for module in (api, control):
        monkeypatch.setattr(module, "time", clock)
    with StandIn(tmp_path / "cluster") as standin:
        standin.configure(kubectl=version, version=SERVER, delay=DELAY)
        for number, call in enumerate(transcripts.read(path)[version]):
            assert (number, answer(standin, tmp_path / "cluster" / "state", call, clock)) == (number, call)


def test_every_transcript_has_calls_of_both_kubectls() -> None:
    assert len(PATHS) >= 10
    for path in PATHS:
        recorded = transcripts.read(path)
        assert tuple(recorded) == transcripts.VERSIONS and all(recorded.values()), path.name


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def calls(*stderrs: str) -> list[dict[str, Any]]:
        return [{"args": ["get"], "stdin": "\u2028", "stdout": "a\n", "stderr": text, "rc": 1} for text in stderrs]

    monkeypatch.setattr(transcripts, "FOLDER", tmp_path / "transcripts")
    newest, oldest = calls("a\n", "new\n", "b\n", "c\n"), calls("a\n", "old\n", "only old\n", "b\n", "c\n", "d\n")
    # An outdated record is replaced, and a call that was repeated is stored once.
    transcripts.write("test", transcripts.OLDEST, calls("z\n"))
    transcripts.write("test", transcripts.NEWEST, newest)
    transcripts.write("test", transcripts.OLDEST, [*oldest, oldest[-1]])
    path = tmp_path / "transcripts" / "test.jsonl"
    assert transcripts.read(path) == {transcripts.NEWEST: newest, transcripts.OLDEST: oldest}
    with path.open() as file:
        lines = [json.loads(line) for line in file]
    assert [(line["stderr"], line.get("kubectl")) for line in lines] == [
        ("a\n", None),
        ("new\n", transcripts.NEWEST),
        ("old\n", transcripts.OLDEST),
        ("only old\n", transcripts.OLDEST),
        ("b\n", None),
        ("c\n", None),
        ("d\n", transcripts.OLDEST),
    ]
