# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for the forge: its CI calls the commands of people, and no template invites to paste a secret."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
TEMPLATES = [FORGE / "PULL_REQUEST_TEMPLATE.md", *sorted((FORGE / "ISSUE_TEMPLATE").glob("*_*.yml"))]


def jobs():
    """Yields the jobs of all workflows."""
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            yield f"{path.stem}-{name}", job


def commands():
    """Returns the commands that the jobs run."""
    return [step["run"] for _name, job in jobs() for step in job["steps"] if "run" in step]


def test_ci_calls_commands_that_exist():
    known = set(re.findall(r"^\./dev ([a-z-]+)", (ROOT / "dev").read_text(), re.MULTILINE))
    called = {match[1] for command in commands() if (match := re.match(r"\./dev ([a-z-]+)", command))}
    assert called == {"docs", "matrix", "release", "test-canary", "test-kube"}
    assert called <= known
    assert ".ci/run" in commands() and (ROOT / ".ci" / "run").exists()


def test_ci_runs_every_supported_core_with_its_oldest_and_newest_python(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "steps"))
    import cells

    cores = [f"{core}-3.{python}" for core, pythons in cells.CORES.items() for python in pythons]
    for name in ("cells", "work"):
        sys.modules.pop(name)
    (matrix,) = (job["strategy"]["matrix"]["cell"] for _name, job in jobs() if "strategy" in job)
    assert matrix == cores[1:]  # .ci/run runs the first


@pytest.mark.parametrize(("name", "job"), list(jobs()))
def test_a_job_has_a_limit_and_keeps_no_credentials(name, job):
    assert job.get("timeout-minutes") or all("run" not in step for step in job["steps"])
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}
        # An expression in a script would be replaced before the shell reads it, whatever it contains.
        assert "${{ github." not in step.get("run", ""), name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_ask_not_to_paste_secrets(path):
    assert re.search("never paste a kubeconfig", path.read_text(), re.IGNORECASE)


def test_hooks_use_the_tools_of_the_project():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in hooks] == ["local"]
    assert {hook["id"] for hook in hooks[0]["hooks"]} >= {"ruff-check", "ruff-format", "mypy", "ansible-lint", "reuse"}
