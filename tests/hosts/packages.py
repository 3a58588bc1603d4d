# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that the machine does not have, from the distribution's packages: unpacked into .cache, not installed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"


class HostsError(Exception):
    """The hosts cannot be started; the text says what would help."""


def unpacked(package: str, program: str, hint: str = "") -> Path:
    """The folder with the unpacked files of a Debian package and of the libraries that this machine does not have.

    :arg program: a path pattern of the program in the package whose libraries are needed.
    :arg hint: the packages to install on machines without apt-get.
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
    # If the system's package lists are missing or outdated, use separate lists, which need no root.
    lists = work / "apt"
    (lists / "lists" / "partial").mkdir(parents=True)
    (lists / "archives" / "partial").mkdir(parents=True)
    own = ["-o", f"Dir::State::Lists={lists}/lists/", "-o", f"Dir::Cache={lists}/", "-o", "Debug::NoLocking=1"]
    message = ""
    for options in ([], own):
        # apt's user for downloads may not enter these folders, so download as the caller.
        apt = ["apt-get", "-o", "APT::Sandbox::User=root", *options]
        try:
            if options:
                output([*apt, "update"], debs)
            _download(apt, package, program, debs)
            break
        except subprocess.CalledProcessError as error:
            message = error.output
    else:
        raise HostsError(
            f"there is no {target.name}, and apt-get could not download one; please install {package}.\n{message}"
        )
    root = work / "root"
    for deb in sorted(debs.glob("*.deb")):
        output(["dpkg-deb", "--extract", deb.name, str(root)], debs)
    # No setuid or setgid program remains in the cache. sudo gets the bit in its host's root, which nobody else sees.
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
    # ldd fails for a static program, which needs no libraries.
    linked = subprocess.run(["ldd", next(trial.glob(program))], capture_output=True, text=True).stdout
    if {line.split()[0] for line in linked.splitlines() if "not found" in line} - own:
        # The lines of a dry run are Inst NAME …; the libraries among them are missing on this machine.
        planned = output([*apt, "--simulate", "--no-install-recommends", "install", package], debs).splitlines()
        names = {line.split()[1] for line in planned if line.startswith("Inst lib")}
        if names:
            output([*apt, "download", *sorted(names)], debs)
    shutil.rmtree(trial)


def output(command: list[str], folder: Path) -> str:
    """Run a command that must succeed, and return its output."""
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
