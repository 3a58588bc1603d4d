# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pytest plugin of C(./dev test-kube): the fixture C(cluster), a real cluster, with each of the kubectls.

With C(--record) it writes the transcripts that the stand-in is compared with.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubectl import transcripts

from .apiserver import ApiServer
from .build import programs
from .cluster import Cluster, kubectls
from .debian import KubeError
from .objects import Objects
from .record import Recorder

# Recorded are tests of these files, in which only kubectl changes the cluster, one call after the other; if they use no
# other commands than these, which the stand-in knows; and unless their input is larger, as in tests of limits.
RECORDED = {"test_kubectl_objects", "test_kubectl_preflight", "test_kubectl_secret_info", "test_real_cluster"}
COMMANDS = {"apply", "create", "delete", "get", "version"}
RECORDED_AT_MOST = 100_000
# The role calls kubectl with plugins that the other tests run with both.
NEWEST_ALONE = {"test_protect"}


@dataclass
class Run:
    """The programs of a run of pytest, and the time that building and starting took."""

    programs: dict[str, Path]
    kubectls: dict[str, Path]
    build_seconds: float
    start_seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)


RUN = pytest.StashKey[Run]()
PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of C(./dev test-kube)."""
    parser.addoption("--record", action="store_true", help="write the transcripts for the stand-in's tests")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Build the programs, outside of any test's time limit."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    started = time.monotonic()
    try:
        made = programs(lambda line: terminal.write_line(f"kube: {line}", flush=True))
    except KubeError as error:
        pytest.exit(f"kube: {error}", 1)
    session.config.stash[RUN] = run = Run(made, kubectls(made), time.monotonic() - started)
    if session.config.getoption("--record") and run.kubectls.keys() != set(transcripts.VERSIONS):
        pytest.exit(f"kube: VERSIONS in {transcripts.__file__} must be {', '.join(run.kubectls)} to record", 1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that has a cluster with every kubectl, and the role with the newest one."""
    if "kubectl_version" in metafunc.fixturenames:
        versions = list(metafunc.config.stash[RUN].kubectls)
        chosen = versions[-1:] if metafunc.definition.path.stem in NEWEST_ALONE else versions
        metafunc.parametrize("kubectl_version", chosen, ids="kubectl-{}".format)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the role that do not look at the cluster: they are the same with a stand-in."""
    left = [item for item in items if item.path.stem in NEWEST_ALONE and not _looks_at_cluster(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _looks_at_cluster(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "cluster" in inspect.signature(item.function).parameters


@pytest.fixture(scope="session")
def api_server(pytestconfig: pytest.Config) -> Iterator[ApiServer]:
    """The API server, one for all tests."""
    run = pytestconfig.stash[RUN]
    with ApiServer(made=run.programs) as server:
        run.start_seconds = server.started_in
        yield server


@pytest.fixture(scope="session")
def cluster_objects(api_server: ApiServer) -> Objects:
    """The cluster's objects; made before the first test, when the cluster has only its own."""
    return Objects(api_server)


@pytest.fixture
def cluster(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    api_server: ApiServer,
    cluster_objects: Objects,
    kubectl_version: str,
) -> Iterator[Cluster]:
    """The empty cluster with one of the kubectls."""
    kubectl = request.config.stash[RUN].kubectls[kubectl_version]
    recording = request.config.getoption("--record") and request.path.stem in RECORDED
    recorder = Recorder(tmp_path_factory.mktemp("kubectl"), kubectl) if recording else None
    yield Cluster(api_server, kubectl, cluster_objects, recorder)
    cluster_objects.clean()
    if recorder and request.node.stash.get(PASSED, False):
        _record(recorder.calls(), request.node, kubectl_version)


def _record(calls: list[dict[str, Any]], test: pytest.Function, version: str) -> None:
    commands = {transcripts.arguments(call["args"])[0] for call in calls}
    if calls and commands <= COMMANDS and sum(len(call["stdin"]) for call in calls) <= RECORDED_AT_MOST:
        parameters = {name: value for name, value in test.callspec.params.items() if name != "kubectl_version"}
        parts = [test.path.stem, test.originalname, *map(str, parameters.values())]
        name = "-".join(re.sub(r"\W+", "_", part.removeprefix("test_")) for part in parts)
        transcripts.write(name, version, calls)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note whether a test has passed: only passed ones are recorded."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long building, starting and the tests took."""
    run = terminalreporter.config.stash.get(RUN, None)
    if run is None:  # the programs could not be built
        return
    times = {"build": run.build_seconds, "start": run.start_seconds}
    times["tests"] = time.monotonic() - run.began - run.start_seconds
    terminalreporter.write_line("kube: " + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in times.items()))
