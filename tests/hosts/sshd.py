# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an OpenSSH server comes from, and what it needs to run here."""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"
PACKAGE = "openssh-server"
PRIVSEP = "/run/sshd"


class HostsError(Exception):
    """The hosts cannot be had; the text says what would help."""


@dataclass(frozen=True)
class Sshd:
    """An sshd and its surroundings."""

    binary: Path
    environment: dict[str, str] = field(default_factory=dict)
    configuration: str = ""

    def wrapper(self, private: Path) -> list[str]:
        """The command in front of what starts sshd.

        As root sshd wants a user `sshd` and an empty folder, which only the installed package brings. They are made
        in a mount namespace, where nobody else sees them and nothing of them is left afterwards.
        """
        if os.getuid() != 0 or (_has_user("sshd") and os.path.isdir(PRIVSEP)):
            return []
        commands = ["mount -t tmpfs -o mode=755 hosts /run", f"mkdir {PRIVSEP}"]
        if not _has_user("sshd"):
            passwd = private / "passwd"
            line = f"sshd:x:{_free_id()}:{pwd.getpwnam('nobody').pw_gid}::{PRIVSEP}:/bin/false\n"
            passwd.write_text(Path("/etc/passwd").read_text() + line)
            passwd.chmod(0o644)
            commands.append(f"mount --bind {shlex.quote(str(passwd))} /etc/passwd")
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0:
            return ["unshare", "--mount", "sh", "-e", "-c", f'{"; ".join(commands)}; exec "$@"', "hosts"]
        # No namespaces, as in some containers: then the folder is made for real; a user is not ours to make.
        if not _has_user("sshd"):
            raise HostsError(f"as root, sshd needs a user 'sshd': please install {PACKAGE}, which makes it")
        os.makedirs(PRIVSEP, mode=0o755, exist_ok=True)
        return []


def find_sshd() -> Sshd:
    """The machine's own sshd, or one unpacked into .cache from the distribution's package."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"]
    if found := shutil.which("sshd", path=os.pathsep.join(folders)):
        return Sshd(Path(found).absolute())
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise HostsError(f"there is no sshd: please install it (Debian, Fedora: {PACKAGE}; Alpine, Arch: openssh)")
    unpacked = CACHE / "sshd"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "sshd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not unpacked.exists():
            _unpack(unpacked)
    return _unpacked_sshd(unpacked)


def _unpacked_sshd(root: Path) -> Sshd:
    libraries = {str(library.parent) for library in root.glob("**/lib*.so.*")}
    configuration = ""
    # Since 9.8 sshd is several programs, and looks for the others where the package would have put them.
    for option, name in (("SshdSessionPath", "sshd-session"), ("SshdAuthPath", "sshd-auth")):
        for program in root.glob(f"usr/lib*/*/{name}"):
            configuration += f'{option} "{program}"\n'
    environment = {"LD_LIBRARY_PATH": os.pathsep.join(sorted(libraries))} if libraries else {}
    return Sshd(root / "usr" / "sbin" / "sshd", environment, configuration)


def _unpack(target: Path) -> None:
    """Download the package and the libraries that it misses, and unpack them; nothing is installed."""
    work = target.with_name("sshd.new")
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
                _output([*apt, "update"], debs)
            _download(apt, debs)
            break
        except subprocess.CalledProcessError as error:
            said = error.output
    else:
        raise HostsError(f"there is no sshd, and apt-get could not download one; please install {PACKAGE}.\n{said}")
    root = work / "root"
    for deb in sorted(debs.glob("*.deb")):
        _output(["dpkg-deb", "--extract", deb.name, str(root)], debs)
    root.rename(target)
    shutil.rmtree(work)


def _download(apt: list[str], debs: Path) -> None:
    _output([*apt, "download", PACKAGE], debs)
    (deb,) = debs.glob(f"{PACKAGE}_*.deb")
    trial = debs / "trial"
    _output(["dpkg-deb", "--extract", deb.name, str(trial)], debs)
    if "not found" in _output(["ldd", str(trial / "usr" / "sbin" / "sshd")], debs):
        # The lines of a dry run: Inst NAME …; the libraries among them are what this machine lacks.
        planned = _output([*apt, "--simulate", "--no-install-recommends", "install", PACKAGE], debs).splitlines()
        names = {line.split()[1] for line in planned if line.startswith("Inst lib")}
        if names:
            _output([*apt, "download", *sorted(names)], debs)
    shutil.rmtree(trial)


def _output(command: list[str], folder: Path) -> str:
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


def _has_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _free_id() -> int:
    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    return next(number for number in range(999, 100, -1) if number not in taken)
