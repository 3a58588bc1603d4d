# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of the matrix: pairs of ansible-core and Python, each with its own environment, HOME and folder."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from work import CACHE, ROOT, Failed, Work

# Every supported ansible-core, with the minor versions of the oldest and the newest Python 3 that it supports.
CORES = {"2.18": (11, 13), "2.19": (11, 13), "2.20": (12, 14), "2.21": (12, 14)}
# What runs in a cell. The longest steps start first, so that no core is idle at the end.
STEPS = ("integration", "sanity", "canary", "unit")
PINS = ROOT / "tests" / "requirements"
# These pins apply to the newest ansible-core. The other versions determine theirs themselves.
OF_CORE = ("ansible-core", "resolvelib")


@dataclass(frozen=True)
class Cell:
    """One ansible-core on one Python."""

    core: str
    python: str
    interpreter: Path

    @property
    def name(self) -> str:
        """The name of the cell, such as 2.18-3.11."""
        return f"{self.core}-{self.python}"

    @property
    def folder(self) -> Path:
        """The folder with all files of the cell."""
        return CACHE / "matrix" / self.name

    @contextlib.contextmanager
    def environment(self, work: Work) -> Iterator[dict[str, str]]:
        """Creates the virtual environment, and returns the variables with which commands run in the cell."""
        self._install(work)
        home = self.folder / "home"
        (home / ".config").mkdir(parents=True, exist_ok=True)
        pip = home / ".config" / "pip"  # for the packages that ansible-test installs
        pip.unlink(missing_ok=True)
        pip.symlink_to(Path.home() / ".config" / "pip")
        path = [str(self.folder / "venv" / "bin"), *os.environ["PATH"].split(os.pathsep)]
        # Not in the cell's folder, because the path of a socket may have only about 100 characters.
        with tempfile.TemporaryDirectory(prefix="hss-cell-", ignore_cleanup_errors=True) as temporary:
            yield {
                "ANSIBLE_HOME": str(home / ".ansible"),
                "HOME": str(home),
                "HSS_CACHE": str(self.folder),
                "HSS_CELL_PYTHON": self.python,
                "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder / "hypothesis"),
                "PATH": os.pathsep.join(entry for entry in path if entry != str(ROOT / ".venv" / "bin")),
                "PYTEST_ADDOPTS": f"-o cache_dir={self.folder / 'pytest'}",
                "TMPDIR": temporary,
            }

    def _install(self, work: Work) -> None:
        """Creates the virtual environment, unless it exists and was created for the same pins and interpreter."""
        pins = (PINS / "test.txt").read_text()
        stamp = f"{ROOT} {self.interpreter}\n{(PINS / 'cell.in').read_text()}{pins}"
        made_for = self.folder / "made-for"
        if made_for.exists() and made_for.read_text() == stamp:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        constraints = self.folder / "constraints.txt"
        kept = [line for line in constraints_of(pins) if re.split("[=;]", line)[0] not in OF_CORE]
        constraints.write_text("\n".join([*kept, f"ansible-core=={self.core}.*", ""]))
        work.run(self.interpreter, "-m", "venv", self.folder / "venv")
        install = [self.folder / "venv" / "bin" / "python", "-m", "pip", "install", "--no-input"]
        work.run(*install, "--constraint", constraints, "--requirement", PINS / "cell.in")
        made_for.write_text(stamp)

    def versions(self) -> tuple[str, str]:
        """Returns the exact versions of ansible-core and Python."""
        code = "import ansible.release as r, platform as p; print(r.__version__, p.python_version())"
        python = self.folder / "venv" / "bin" / "python"
        core, python_version = subprocess.check_output([python, "-c", code], text=True).split()
        return core, python_version


def constraints_of(pins: str) -> list[str]:
    """Returns the pinned versions without their hashes.

    With hashes, pip would refuse packages that are not pinned, such as another ansible-core.
    """
    return [line.removesuffix(" \\") for line in pins.splitlines() if re.match(r"[A-Za-z0-9]", line)]


def cell(name: str) -> Cell | None:
    """Returns the cell with a name such as 2.18-3.11, or None if its Python is not installed.

    :raises Failed: if the pair is not supported.
    """
    match = re.fullmatch(r"(\d\.\d+)-3\.(\d+)", name)
    if not match or match[1] not in CORES or not CORES[match[1]][0] <= int(match[2]) <= CORES[match[1]][1]:
        pairs = ", ".join(f"{core}-3.{oldest} to {core}-3.{newest}" for core, (oldest, newest) in CORES.items())
        raise Failed(f"{name}: the cells are {pairs}")
    interpreter = find(int(match[2]))
    return Cell(match[1], f"3.{match[2]}", interpreter) if interpreter else None


def outermost(core: str) -> tuple[list[Cell], list[str]]:
    """Returns the cells of an ansible-core with the oldest and the newest installed Python, and the missing cells."""
    pythons = range(CORES[core][0], CORES[core][1] + 1)
    installed = {number: found for number in pythons if (found := find(number))}
    missing = [f"{core}-3.{number}" for number in (pythons[0], pythons[-1]) if number not in installed]
    chosen = sorted({min(installed), max(installed)}) if installed else []
    return [Cell(core, f"3.{number}", installed[number]) for number in chosen], missing


def find(minor: int) -> Path | None:
    """Returns a Python 3 with this minor version and the venv module, or None."""
    folders = [*os.environ["PATH"].split(os.pathsep), *os.environ.get("HSS_PYTHONS", "").split(os.pathsep)]
    for folder in folders:
        path = Path(folder) / f"python3.{minor}"
        # The environment of the checkout may be replaced while a cell is in use.
        if ROOT / ".venv" in path.parents or not path.exists():
            continue
        code = f"import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"
        if subprocess.run([path, "-c", code], capture_output=True, check=False).returncode == 0:
            return path
    return None
