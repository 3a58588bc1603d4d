# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps. The first line of each docstring is the description of the step in `./dev test --list`."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from pathlib import Path

import cells
from docs_site import docs
from first_steps import play
from publishing import galaxy, release, reuse
from work import CACHE, ROOT, Failed, Work

COLLECTION = "huaweicloud.hss"
# Only these may be at the top level of the artefact. All other files in the checkout are for developers.
SHIPPED = {
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "README.zh-CN.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}


def sanity(work: Work) -> None:
    """ansible-test sanity, without ignore files, on every installed Python"""
    ignored = [path.name for path in (ROOT / "tests" / "sanity").glob("ignore*")]
    if ignored:
        raise Failed(f"ignore files are not allowed: {', '.join(ignored)}")
    # ansible-test requires a folder with a certain path, and refuses a link to one. Therefore it gets a copy of the
    # files that git would commit, with the collection and its unit tests. ruff checks the other tests.
    copy = CACHE / "sanity" / "ansible_collections" / "huaweicloud" / "hss"
    work.copy_checkout(
        copy, lambda name: not name.startswith("tests/") or name.startswith(("tests/config", "tests/unit/"))
    )
    # ansible-test lists the files with git. If the copy were not a repository, it would belong to the one of the
    # checkout, which ignores .cache, and ansible-test would pass without testing anything.
    work.run("git", "init", "--quiet", copy)
    # ansible-core 2.18 to 2.21 look for get-pip under these names.
    downloads = Path.home() / ".ansible" / "test" / "cache"
    downloads.mkdir(parents=True, exist_ok=True)
    for version in ("24_2", "25_2"):
        shutil.copy(ROOT / "tests" / "steps" / "get_pip.py", downloads / f"get_pip_{version}.py")
    work.failure_pattern = "^(ERROR|FATAL)"  # the output of pip is between these lines
    work.activity_pattern = r"^Running sanity test '?([\w-]+)"
    pythons = os.pathsep.join([os.environ["PATH"], os.environ.get("HSS_PYTHONS", "")])
    only = ["--python", os.environ["HSS_CELL_PYTHON"]] if "HSS_CELL_PYTHON" in os.environ else []
    work.run("ansible-test", "sanity", "--color", "no", *only, cwd=copy, env={"PATH": pythons})


def molecule(work: Work) -> None:
    """the role against real hosts and the simulated service: the scenario of molecule"""
    work.activity_pattern = r"^INFO +\[([^]]+)\] Executing"
    work.run("molecule", "test")


def unit(work: Work) -> None:
    """pytest tests/unit: each file in plugins, without network"""
    work.pytest("tests/unit", "-m", "not long")


def integration(work: Work) -> None:
    """pytest tests/integration: modules, playbooks and examples against the simulated service"""
    work.pytest("tests/integration", "-m", "not long")


def long(work: Work) -> None:
    """pytest -m long: the unit and integration tests that take too long for ./dev test"""
    work.pytest("tests/unit", "tests/integration", "-m", "long")


def canary(work: Work) -> None:
    """pytest tests/canary: a part of the search for leaked secrets; ./dev test-canary runs all of it"""
    work.pytest("tests/canary")


def oldest(work: Work) -> None:
    """what depends on ansible-core, with the oldest one: sanity, unit, integration and canary"""
    chosen, missing = cells.outermost(next(iter(cells.CORES)))
    if not chosen:
        work.note = f"no Python for it is installed: {' and '.join(missing)}"
        return
    work.activity_pattern = r"^  \.\.\. (.*)"
    work.failure_pattern = r"^(FAIL|      \|)"
    try:
        with chosen[0].environment(work) as env:
            pytest_args = ["--", *work.pytest_args] if work.pytest_args else []
            work.run("python", ROOT / "tests" / "steps", *cells.STEPS, *pytest_args, env=env)
    finally:
        log = work.log_path.read_text(errors="replace")
        if found := re.search(r"^(\d+) passed, (\d+) failed$", log, re.MULTILINE):
            work.pytest_counts = int(found[1]), int(found[2])
            work.note = f"{found[0]} (ansible-core {chosen[0].core}, Python {chosen[0].python})"


def lint(work: Work) -> None:
    """ruff, mypy and ansible-lint with the production profile"""
    # All tools run, so that the log contains all findings.
    results = {
        "ruff check": work.exit_code("ruff", "check", "--output-format", "concise"),
        "ruff format": work.exit_code("ruff", "format", "--check", "--output-format", "concise"),
        "mypy": work.exit_code("mypy"),
        "ansible-lint": work.exit_code("ansible-lint", "--offline"),
    }
    failed = [tool for tool, code in results.items() if code]
    if failed:
        raise Failed(f"{', '.join(failed)}: not clean")


def build(work: Work) -> None:
    """the artefact: build it, check its contents, install it, read its documentation and load its playbooks"""
    place = CACHE / "build"
    artefact, env = _install(work, place)
    with tarfile.open(artefact) as archive:
        names = archive.getnames()
    strays = {name.split("/")[0] for name in names} - SHIPPED
    strays |= {name for name in names if re.match("extensions/(?!awx|eda)", name)}
    if strays:
        raise Failed(f"unexpected files in the artefact: {', '.join(sorted(strays))}; see manifest in galaxy.yml")
    home = place / "collections" / "ansible_collections" / "huaweicloud" / "hss"
    for kind, folder in (("module", "modules"), ("inventory", "inventory")):
        names = [f"{COLLECTION}.{path.stem}" for path in sorted((home / "plugins" / folder).glob("[!_]*.py"))]
        if names:
            work.run("ansible-doc", "--type", kind, *names, cwd=place, env=env)
    for playbook in sorted((home / "playbooks").glob("*.yml")):
        name = f"{COLLECTION}.{playbook.stem}"
        work.run("ansible-playbook", "--syntax-check", "--inventory", "localhost,", name, cwd=place, env=env)


def ee(work: Work) -> None:
    """the execution environment: its definition, and the playbooks with only the packages that it declares"""
    place = CACHE / "ee"
    _install(work, place)
    definition = ROOT / "extensions" / "ee" / "execution-environment.yml"
    create = ["ansible-builder", "create", "--output-filename", "Containerfile"]
    work.run(*create, "--file", definition, "--context", place / "context")
    packages = place / "requirements.txt"
    work.run("ansible-builder", "introspect", "--write-pip", packages, place / "collections")
    work.run("python", "-m", "venv", place / "venv")
    install = [place / "venv" / "bin" / "python", "-m", "pip", "install", "--no-input"]
    constraints = place / "constraints.txt"
    constraints.write_text("\n".join([*cells.constraints_of((cells.PINS / "test.txt").read_text()), ""]))
    work.run(*install, "--constraint", constraints, "--requirement", packages, "ansible-core")
    work.run("python", "tests/steps/first_run.py", place / "venv", place / "collections")


def demo(work: Work) -> None:
    """./dev demo"""
    work.run(ROOT / "dev", "demo")


# The longest steps start first, so that no core is idle at the end.
_SHORT = (integration, molecule, sanity, canary, unit, lint, ee, demo, play, docs, build, galaxy, release, reuse)
_LONG = (oldest, long)
STEPS = {step.__name__: step for step in (*_SHORT, *_LONG)}
SHORT = [step.__name__ for step in _SHORT]
LONG = [step.__name__ for step in _LONG]


def purpose(name: str) -> str:
    """Returns the description of a step."""
    return (STEPS[name].__doc__ or "").splitlines()[0]


def _install(work: Work, place: Path) -> tuple[Path, dict[str, str]]:
    """Builds the artefact, and installs it into C(place/collections).

    :returns: the artefact, and environment variables with which Ansible uses only the installed copy.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    artefact = work.build_collection(place)
    (place / "ansible.cfg").touch()
    collections = place / "collections"
    env = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_CONFIG": str(place / "ansible.cfg")}
    # In the checkout, it would consider the collection as installed.
    install = ["ansible-galaxy", "collection", "install", "--offline", "--collections-path"]
    work.run(*install, collections, artefact, cwd=place, env=env)
    return artefact, env
