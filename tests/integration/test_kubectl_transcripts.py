# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for kubectl answers as real ones did: whatever these were asked in tests with a real API server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from kubectl import cli, transcripts
from kubectl.standin import StandIn

SERVER = "v1.20.2"
# Longer than anything here takes between two calls, so that what the cluster does by itself is never done too early.
DELAY = 3
PATIENCE = 30


def answer(standin: StandIn, folder: Path, call: dict[str, Any]) -> dict[str, Any]:
    arguments = ["--kubeconfig", standin.kubeconfig, *call["args"]]
    until = time.monotonic() + PATIENCE
    while True:
        code, stdout, stderr = cli.run(folder, arguments, call["stdin"])
        said = transcripts.normalised({**call, "rc": code, "stdout": stdout, "stderr": stderr})
        # To look changes nothing, and what the cluster does by itself may not be done yet.
        if said == call or call["args"][0] != "get" or time.monotonic() > until:
            return said
        time.sleep(0.1)


@pytest.mark.parametrize(
    "path", sorted(transcripts.FOLDER.glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_the_stand_in_answers_as_kubectl_does(tmp_path: Path, path: Path) -> None:
    with StandIn(tmp_path / "cluster") as standin:
        standin.configure(kubectl=path.parent.name, version=SERVER, delay=DELAY)
        for number, call in enumerate(json.loads(path.read_text())):
            assert (number, answer(standin, tmp_path / "cluster" / "state", call)) == (number, call)


def test_there_are_transcripts_of_an_old_and_of_a_new_kubectl() -> None:
    versions = {path.name: {file.name for file in path.iterdir()} for path in transcripts.FOLDER.iterdir()}
    assert len(versions) == 2
    old, new = versions.values()
    assert old == new and len(old) >= 10
