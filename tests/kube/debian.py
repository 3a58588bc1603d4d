# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages and sources of one Debian release, whatever the machine runs: downloaded and unpacked, never installed."""

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
    """The cluster cannot be had; the text says why."""


class Archive:
    """The release, by an apt with lists and sources of its own in a folder: the machine's are left alone."""

    def __init__(self, folder: Path) -> None:
        missing = [program for program in ("apt-get", "dpkg-deb", "tar", "gzip") if not shutil.which(program)]
        if missing:
            raise KubeError(f"a machine with Debian's package tools is needed; there is no {', '.join(missing)}")
        folder.mkdir(parents=True)
        for part in ("lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True)
        trust = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        sources = folder / "sources.list"
        address = mirror()
        sources.write_text("".join(f"{kind} {trust}{address} {RELEASE} main\n" for kind in ("deb", "deb-src")))
        self._apt = ["apt-get", "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null"]
        self._apt += ["-o", f"Dir::State::Lists={folder}/lists/", "-o", f"Dir::Cache={folder}/"]
        # Neither root nor the system's user for downloads is needed; the latter may not enter our folders.
        self._apt += ["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "--quiet"]
        self._run("update", folder=folder)

    def packages(self, *names: str, into: Path) -> Path:
        """Unpack packages, without what they depend on, over each other."""
        debs = into.with_name(f"{into.name}-debs")
        debs.mkdir()
        self._run("download", *names, folder=debs)
        for deb in sorted(debs.glob("*.deb")):
            _unpack(["dpkg-deb", "--extract", deb.name, str(into)], debs)
        shutil.rmtree(debs)
        return into

    def source(self, name: str, into: Path) -> Path:
        """Unpack the sources as their authors published them, without the distribution's patches."""
        download = into.with_name(f"{into.name}-source")
        download.mkdir(parents=True)
        self._run("source", "--download-only", name, folder=download)
        (tar,) = download.glob("*.orig.tar.*")
        into.mkdir()
        _unpack(["tar", "-xf", str(tar), "--strip-components=1", "--no-same-owner"], into)
        shutil.rmtree(download)
        return into

    def _run(self, *words: str, folder: Path) -> None:
        try:
            output([*self._apt, *words], folder)
        except subprocess.CalledProcessError as error:
            raise KubeError(f"apt-get {' '.join(words)} failed:\n{error.output}") from None


def mirror(apt: Path = APT) -> str:
    """Where the machine gets Debian from, if it does."""
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
