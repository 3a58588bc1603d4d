# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that the machine lacks, from the distribution's packages: unpacked into .cache, never installed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"


class HostsError(Exception):
    """The hosts cannot be had; the text says what would help."""


def unpacked(package: str, program: str, hint: str = "") -> Path:
    """The folder with what a Debian package and the libraries missing here would bring.

    :arg program: a path pattern in the package, whose libraries count.
    :arg hint: what to install on machines without apt-get.
    """
    name = Path(program).name
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise HostsError(f"there is no {name}: please install it{f' ({hint})' if hint else ''}")
    folder = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(package, program, folder)
    return folder


def _unpack(package: str, program: str, target: Path) -> None:
    work = target.with_name(f"{target.name}.new")
    shutil.rmtree(work, ignore_errors=True)
    debs = work / "debs"
    debs.mkdir(parents=True)
    # Where the system's package lists are missing or too old, lists of our own, so that no root is needed.
    lists = work / "apt"
    (lists / "lists" / "partial").mkdir(parents=True)
    (lists / "archives" / "partial").mkdir(parents=True)
    own = ["-o", f"Dir::State::Lists={lists}/lists/", "-o", f"Dir::Cache={lists}/", "-o", "Debug::NoLocking=1"]
    said = ""
    for options in ([], own):
        # The system's user for downloads may not enter our folders; who calls this is allowed to be here.
        apt = ["apt-get", "-o", "APT::Sandbox::User=root", *options]
        try:
            if options:
                output([*apt, "update"], debs)
            _download(apt, package, program, debs)
            break
        except subprocess.CalledProcessError as error:
            said = error.output
    else:
        raise HostsError(
            f"there is no {target.name}, and apt-get could not download one; please install {package}.\n{said}"
        )
    root = work / "root"
    for deb in sorted(debs.glob("*.deb")):
        output(["dpkg-deb", "--extract", deb.name, str(root)], debs)
    # No program that is somebody else is left lying about; who needs that makes a copy where nobody else sees it.
    for file in root.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.stat().st_mode & 0o6000:
            file.chmod(file.stat().st_mode & 0o1777)
    root.rename(target)
    shutil.rmtree(work)


def _download(apt: list[str], package: str, program: str, debs: Path) -> None:
    output([*apt, "download", package], debs)
    (deb,) = debs.glob(f"{package}_*.deb")
    trial = debs / "trial"
    output(["dpkg-deb", "--extract", deb.name, str(trial)], debs)
    own = {library.name for library in trial.glob("**/lib*.so*")}
    # A static program makes ldd fail, and misses nothing.
    said = subprocess.run(["ldd", next(trial.glob(program))], capture_output=True, text=True).stdout
    if {line.split()[0] for line in said.splitlines() if "not found" in line} - own:
        # The lines of a dry run: Inst NAME …; the libraries among them are what this machine lacks.
        planned = output([*apt, "--simulate", "--no-install-recommends", "install", package], debs).splitlines()
        names = {line.split()[1] for line in planned if line.startswith("Inst lib")}
        if names:
            output([*apt, "download", *sorted(names)], debs)
    shutil.rmtree(trial)


def output(command: list[str], folder: Path) -> str:
    """What a command prints; it has to succeed."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=300,
    ).stdout
