# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenSSH server that the hosts run, and what it needs on this machine."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from .packages import HostsError, unpacked

PACKAGE = "openssh-server"
PRIVSEP = "/run/sshd"


@dataclass(frozen=True)
class Sshd:
    """An sshd with its environment and configuration."""

    binary: Path
    environment: dict[str, str] = field(default_factory=dict)
    configuration: str = ""
    unpacked: Path | None = None

    def moved(self, machine: Path, unpacked: Path) -> Sshd:
        """The same sshd in a root in which the machine's files and the unpacked ones have other paths."""
        if self.unpacked is None:
            return replace(self, binary=machine / self.binary.resolve().relative_to("/"))
        old, new = str(self.unpacked), str(unpacked)
        return Sshd(
            Path(str(self.binary).replace(old, new)),
            {name: value.replace(old, new) for name, value in self.environment.items()},
            self.configuration.replace(old, new),
            unpacked,
        )

    def wrapper(self, private: Path) -> list[str]:
        """The command that the process which starts sshd needs in front of it.

        As root, sshd requires a user `sshd` and an empty folder, which only the installed package has. They are made
        in a mount namespace, where no other process sees them and from which nothing remains.
        """
        if os.getuid() != 0 or (has_user("sshd") and os.path.isdir(PRIVSEP)):
            return []
        commands = ["mount -t tmpfs -o mode=755 hosts /run", f"mkdir {PRIVSEP}"]
        if not has_user("sshd"):
            passwd = private / "passwd"
            line = f"sshd:x:{free_id()}:{pwd.getpwnam('nobody').pw_gid}::{PRIVSEP}:/bin/false\n"
            passwd.write_text(Path("/etc/passwd").read_text() + line)
            passwd.chmod(0o644)
            commands.append(f"mount --bind {shlex.quote(str(passwd))} /etc/passwd")
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0:
            return ["unshare", "--mount", "sh", "-e", "-c", f'{"; ".join(commands)}; exec "$@"', "hosts"]
        # Some containers allow no namespaces. Then make the folder on the machine, but never a user.
        if not has_user("sshd"):
            raise HostsError(f"as root, sshd needs a user 'sshd': please install {PACKAGE}, which makes it")
        os.makedirs(PRIVSEP, mode=0o755, exist_ok=True)
        return []


def find_sshd() -> Sshd:
    """The machine's own sshd, or one unpacked into .cache from the distribution's package."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"]
    if found := shutil.which("sshd", path=os.pathsep.join(folders)):
        return Sshd(Path(found).absolute())
    hint = f"Debian, Fedora: {PACKAGE}; Alpine, Arch: openssh"
    return _unpacked_sshd(unpacked(PACKAGE, "usr/sbin/sshd", hint))


def _unpacked_sshd(root: Path) -> Sshd:
    libraries = {str(library.parent) for library in root.glob("**/lib*.so.*")}
    configuration = ""
    # Since 9.8 sshd consists of several programs and expects the others where the package installs them.
    for option, name in (("SshdSessionPath", "sshd-session"), ("SshdAuthPath", "sshd-auth")):
        for program in root.glob(f"usr/lib*/*/{name}"):
            configuration += f'{option} "{program}"\n'
    environment = {"LD_LIBRARY_PATH": os.pathsep.join(sorted(libraries))} if libraries else {}
    return Sshd(root / "usr" / "sbin" / "sshd", environment, configuration, root)


def has_user(name: str) -> bool:
    """Whether the machine has a user with this name."""
    return any(entry.pw_name == name for entry in pwd.getpwall())


def free_id() -> int:
    """An id that no user and no group of the machine has."""
    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    return next(number for number in range(999, 100, -1) if number not in taken)
