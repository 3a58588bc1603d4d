# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the canary suite, and its summary."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubectl.standin import StandIn

from simulator import Simulator

from .canaries import Hit
from .scenes import LOCAL, Scene, playbook, variables
from .stage import Stage
from .surroundings import COLLECTIONS, SYSLOG, Manner, Run, Surroundings


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage for each test."""
    with Simulator() as simulator, StandIn(tmp_path / "cluster") as cluster:
        yield Stage(tmp_path / "given", simulator, cluster)


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    """An empty folder in which the run of a test takes place."""
    # Not in pytest's folder, because the path of a socket may have only about 100 characters.
    with tempfile.TemporaryDirectory(prefix="hss-canary-") as folder:
        yield Surroundings(Path(folder))


@pytest.fixture
def perform(
    stage: Stage, surroundings: Surroundings, record_property: Callable[[str, Any], None]
) -> Callable[..., tuple[Run, list[Hit]]]:
    """Runs a scene, or a playbook with an inventory, and returns the run and the secrets that were found."""

    def perform(scene: Scene, manner: Manner, **options: Any) -> tuple[Run, list[Hit]]:
        scene.arrange(stage)
        inventory = options.get("inventory")
        if inventory is None:
            hosts = options.get("hosts", {"controller": {}})
            inventory = stage.put("hosts.json", json.dumps({"all": {"hosts": hosts, "vars": LOCAL}}))
        book = options.get("playbook") or str(playbook(stage, scene))
        known = variables(stage, scene.sign_in, **options.get("variables", {}))
        run = surroundings.play(book, inventory, manner, known, options.get("folders", ()))
        stage.learn()
        hits = run.hits(stage.canaries)
        record_property("canary", {"bytes": run.size(), "hits": len(hits), "results": len(run.results("ok", "failed"))})
        return run, hits

    return perform


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints how much was run and searched, and what was found of the intended leaks."""
    total: Counter[str] = Counter()
    twin: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "canary" and report.when == "call":
                total.update(value, runs=1)
            elif name == "twin" and report.when == "call":
                twin.update(value)
    terminalreporter.write_line(
        f"{total['runs']} runs with {total['results']} results, {total['bytes'] / 1e6:.0f} MB searched"
        + ("" if SYSLOG else "; without syslog, because this machine does not allow namespaces")
        + ("" if COLLECTIONS else "; without the callbacks of ansible.posix, see ./dev test-canary")
    )
    if twin:
        found = ", ".join(f"{place} {hits}" for place, hits in sorted(twin.items()))
        terminalreporter.write_line(f"{twin.total()} hits of the leaking twin in {len(twin)} places: {found}")
