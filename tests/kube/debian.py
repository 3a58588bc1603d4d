# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages and sources of a fixed Debian release, which are downloaded and unpacked but not installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from hosts.packages import output

RELEASE = "bookworm"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT = Path("/etc/apt")


class KubeError(Exception):
    """The cluster cannot be built or started; the text says why."""


class Archive:
    """The release, through an apt with its own lists and sources in a folder; the machine's are not changed."""

    def __init__(self, folder: Path) -> None:
        missing = [program for program in ("apt-get", "dpkg-deb", "tar", "gzip") if not shutil.which(program)]
        if missing:
            raise KubeError(f"this needs Debian's package tools; missing: {', '.join(missing)}")
        folder.mkdir(parents=True)
        for part in ("lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True)
        trust = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        sources = folder / "sources.list"
        address = mirror()
        sources.write_text("".join(f"{kind} {trust}{address} {RELEASE} main\n" for kind in ("deb", "deb-src")))
        self._apt = ["apt-get", "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null"]
        self._apt += ["-o", f"Dir::State::Lists={folder}/lists/", "-o", f"Dir::Cache={folder}/"]
        # Works without root, and without apt's user for downloads, who may not enter this folder.
        self._apt += ["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "--quiet"]
        self._run("update", folder=folder)

    def packages(self, *names: str, into: Path) -> Path:
        """Unpack packages without their dependencies into one folder."""
        debs = into.with_name(f"{into.name}-debs")
        debs.mkdir()
        self._run("download", *names, folder=debs)
        for deb in sorted(debs.glob("*.deb")):
            _unpack(["dpkg-deb", "--extract", deb.name, str(into)], debs)
        shutil.rmtree(debs)
        return into

    def source(self, name: str, into: Path) -> Path:
        """Unpack the original sources without the distribution's patches."""
        download = into.with_name(f"{into.name}-source")
        download.mkdir(parents=True)
        self._run("source", "--download-only", name, folder=download)
        (tar,) = download.glob("*.orig.tar.*")
        into.mkdir()
        _unpack(["tar", "-xf", str(tar), "--strip-components=1", "--no-same-owner"], into)
        shutil.rmtree(download)
        return into

    def _run(self, *arguments: str, folder: Path) -> None:
        try:
            output([*self._apt, *arguments], folder)
        except subprocess.CalledProcessError as error:
            raise KubeError(f"apt-get {' '.join(arguments)} failed:\n{error.output}") from None


def mirror(apt: Path = APT) -> str:
    """The Debian mirror in the machine's apt configuration, or the default one."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            found = re.search(r"^(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s*)(\S+/debian)/?\s", file.read_text(), re.MULTILINE)
            if found:
                return found[1]
    return "http://deb.debian.org/debian"


def _unpack(command: list[str], folder: Path) -> None:
    try:
        output(command, folder)
    except subprocess.CalledProcessError as error:
        raise KubeError(f"{' '.join(command)} failed:\n{error.output}") from None
